"""The server itself, and what went over its sockets."""

from __future__ import annotations

import copy
import threading
import time
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from tests.servers.google.clock import Clock
from tests.servers.graph.certificates import certified
from tests.servers.graph.desk import AT_ONCE, Desk, Told
from tests.servers.graph.state import State
from tests.servers.graph.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from tests.servers.graph.calls import Request
    from tests.servers.graph.faults import Faults

SCOPES = ("Mail.ReadWrite", "Calendars.ReadWrite", "Contacts.Read", "MailboxSettings.ReadWrite", "User.Read")


class Exchange(NamedTuple):
    """One request as it was answered; the parts of a batch share one round trip.

    The status is 0 for a connection that was closed before anything was done.
    A batch is also one by itself ("POST /$batch"), and so are requests to the sign-in ("entra.token", ...).
    """

    operation: str
    target: str
    status: int
    code: str
    round_trip: int


class GraphServer:
    """Microsoft Graph and Entra ID for one user, on a free port of this machine. A context manager.

    Args:
        address: the user's.
    """

    def __init__(self, address: str = "me@example.org") -> None:
        self.clock = Clock()
        self.address = address
        self.state = State(self.clock, address)
        self.lock = self.state.lock
        self.traffic: list[Exchange] = []
        self.watch: Callable[[str, Request], None] = lambda *_: None
        """Called "before" a request on the wire takes effect and "after", when nobody has heard of it yet."""
        self.at_once = AT_ONCE
        """How many requests may be at work at the same time; above it they are refused with 429."""
        self._desk = Desk(self.state)
        self._trips = self._working = 0
        self._gate = threading.Lock()
        self._wire = Wire(self.answer, self._desk.violations)
        self._safe = Wire(self.answer, self._desk.violations, certified())

    def __enter__(self) -> Self:
        self._wire.__enter__()
        self._safe.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.state.streaming.running = False
        self._safe.__exit__(kind, error, trace)
        self._wire.__exit__(kind, error, trace)

    @property
    def root(self) -> str:
        """Return scheme, host and port, with a slash."""
        return self._wire.url

    @property
    def url(self) -> str:
        """Return the address in place of https://graph.microsoft.com/v1.0/."""
        return f"{self.root}v1.0/"

    @property
    def authority(self) -> str:
        """Return the address in place of https://login.microsoftonline.com/common: over TLS, as msal insists."""
        return f"{self._safe.url}common"

    @property
    def safe_url(self) -> str:
        """Return the address of Graph over TLS, with the certificate of `certificates`."""
        return f"{self._safe.url}v1.0/"

    @property
    def connections(self) -> int:
        """Return how many connections clients have opened."""
        return self._wire.connections + self._safe.connections

    @property
    def faults(self) -> Faults:
        """Return the faults to come."""
        return self._desk.faults

    @property
    def violations(self) -> list[str]:
        """Return what the types and the rules of OData do not allow: requests, and answers of this server."""
        return self._desk.violations

    def crowd_batches(self) -> None:
        """From now on refuse the fifth and later parts of a batch: learn.microsoft.com/answers/questions/968767."""
        self._desk.crowded = True

    def sign_in(self, scopes: Iterable[str] = SCOPES) -> dict[str, Any]:
        """Return what the token endpoint answers, without going through the browser."""
        with self.lock:
            return self.state.entra.sign_in(scopes)

    def calls(self, operation: str = "*") -> list[Exchange]:
        """Return the requests whose operation fits a glob: "GET /me/messages/*", "entra.*"."""
        with self.lock:
            return [each for each in self.traffic if fnmatchcase(each.operation, operation)]

    def round_trips(self, operation: str = "*") -> int:
        """Return how often a client waited for an answer to such requests; a batch is one."""
        return len({each.round_trip for each in self.calls(operation)})

    def sends(self) -> list[str]:
        """Return what would have sent something to anybody: operation and subject."""
        with self.lock:
            return list(self.state.sent)

    def reset_traffic(self) -> None:
        """Begin measuring anew."""
        with self.lock:
            self.traffic.clear()

    def keep(self) -> State:
        """Return a copy of all that the account holds now."""
        with self.lock:
            return self._copied(self.state)

    def restore(self, kept: State) -> None:
        """Let the account hold what it held when the copy was made."""
        with self.lock:
            self.state = self._copied(kept)
            self._desk.serve(self.state)

    def _copied(self, state: State) -> State:
        shared: dict[int, object] = {id(each): each for each in (self.clock, self.lock, self.state.sent)}
        return copy.deepcopy(state, shared)

    def answer(self, request: Request) -> Told:
        """Answer one request on the wire and note it. A delay counts as work."""
        with self._gate:
            self._working += 1
            refused = self._working > self.at_once and request.target.startswith("/v1.0/")
        try:
            told = self._answered(request, refused=refused)
            if told.delay:
                time.sleep(told.delay)
            return told
        finally:
            with self._gate:
                self._working -= 1

    def _answered(self, request: Request, *, refused: bool) -> Told:
        with self.lock:
            self.watch("before", request)
            told = self._desk.throttled(request) if refused else self._desk.answer(request)
            self.watch("after", request)
            self._trips += 1
            self.traffic += [Exchange(*each, self._trips) for each in told.done]
        return told
