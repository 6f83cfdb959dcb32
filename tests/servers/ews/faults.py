"""Faults on the way: what servers and networks do on bad days, on order."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import NamedTuple


class Busy(NamedTuple):
    """The SOAP fault ErrorServerBusy, with the wait that the server asks for."""

    back_off: int = 1000
    """Milliseconds."""


class Error(NamedTuple):
    """A response message of class Error for everything that the request asks, in place of doing it."""

    code: str
    text: str = ""


class Refused(NamedTuple):
    """A SOAP fault with any code, in place of doing it."""

    code: str
    text: str = ""


class Status(NamedTuple):
    """A bare HTTP status in place of doing it, as proxies and IIS answer."""

    code: int
    retry_after: str | None = None


class Redirect(NamedTuple):
    """Send the client somewhere else."""

    url: str
    code: int = 302


class Delay(NamedTuple):
    """Do it, and answer only after so many seconds."""

    seconds: float


class Broken(enum.Enum):
    """An answer that never comes, or that nobody can read."""

    UNAUTHORIZED = enum.auto()
    """401, as for a password that is no longer right."""
    DROP_BEFORE = enum.auto()
    """Close the connection without doing it."""
    DROP_AFTER = enum.auto()
    """Do it, then close the connection without an answer."""
    CUT = enum.auto()
    """Do it, then close the connection after half the answer."""
    GARBAGE = enum.auto()
    """Do it, then answer 200 with a page of HTML, as a captive portal does."""
    WRONG_CHARSET = enum.auto()
    """Do it, then answer bytes that are not what the answer says they are."""
    HUGE = enum.auto()
    """Answer without end."""
    ZIP_BOMB = enum.auto()
    """Answer a little that unpacks to gigabytes."""
    DRIP = enum.auto()
    """Do it, then answer one byte now and then."""
    BOMB = enum.auto()
    """Answer with entities that expand to gigabytes."""
    OUTSIDE = enum.auto()
    """Answer with an entity that names a file of the client's machine."""


Kind = Busy | Error | Refused | Status | Redirect | Delay | Broken


@dataclass
class Fault:
    """A fault of one kind at some of the coming requests.

    Args:
        operation: its name, or a glob; "Autodiscover" is a request to discovery.
        kind: what happens.
        times: at how many requests.
        after: how many pass first.
    """

    operation: str
    kind: Kind
    times: int = 1
    after: int = 0


class Faults:
    """The faults that are still to come. The first that fits a request and is not used up strikes."""

    def __init__(self) -> None:
        self._pending: list[Fault] = []

    def add(self, *faults: Fault) -> None:
        """Order faults."""
        self._pending.extend(faults)

    def clear(self) -> None:
        """Forget those that have not struck."""
        self._pending.clear()

    @property
    def pending(self) -> int:
        """Return how often faults are still to strike."""
        return sum(each.times for each in self._pending)

    def strike(self, operation: str) -> Kind | None:
        """Return what happens to a request that has just come."""
        struck = None
        for fault in [each for each in self._pending if fnmatchcase(operation, each.operation)]:
            if fault.after:
                fault.after -= 1
            elif struck is None:
                struck = fault
        if struck is None:
            return None
        struck.times -= 1
        if not struck.times:
            self._pending.remove(struck)
        return struck.kind
