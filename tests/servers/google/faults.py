"""Faults on the way: what servers and networks do on bad days, on order."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import NamedTuple


class Status(NamedTuple):
    """An error answer in place of doing it; `retry_after` is the text of the header field."""

    code: int
    reason: str
    retry_after: str | None = None
    message: str = ""


class Delay(NamedTuple):
    """Do it, and answer only after so many seconds."""

    seconds: float


class Broken(enum.Enum):
    """An answer that never comes, or that nobody can read. In a batch the whole batch is broken."""

    DROP_BEFORE = enum.auto()
    """Close the connection without doing it."""
    DROP_AFTER = enum.auto()
    """Do it, then close the connection without an answer."""
    GARBAGE = enum.auto()
    """Do it, then answer 200 with text that is no JSON, as a captive portal does."""
    CUT = enum.auto()
    """Do it, then close the connection after half the answer."""


Kind = Status | Delay | Broken


@dataclass
class Fault:
    """A fault of one kind at some of the coming requests.

    Args:
        method: id of the methods, or a glob; "batch" is a batch as a whole, "oauth2.token" the token endpoint.
        kind: what happens.
        times: at how many requests.
        after: how many pass first.
    """

    method: str
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

    def strike(self, method: str) -> Kind | None:
        """Return what happens to a request that has just come."""
        struck = None
        for fault in [each for each in self._pending if fnmatchcase(method, each.method)]:
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
