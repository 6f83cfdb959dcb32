"""The server itself, and what went over its sockets."""

from __future__ import annotations

import copy
from datetime import datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from google.oauth2.credentials import Credentials

from tests.servers.google.clock import Clock
from tests.servers.google.desk import Desk, Told
from tests.servers.google.state import State
from tests.servers.google.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from tests.servers.google.calls import Request
    from tests.servers.google.faults import Faults
    from tests.servers.google.quota import Limit

_SENDING = "gmail.users.*.send"


class Exchange(NamedTuple):
    """One request to a method as it was answered; the parts of a batch share one round trip.

    The status is 0 for a connection that was closed before anything was done.
    A batch is also one by itself, with the method "batch", and so are requests to the sign-in ("oauth2.token", ...).
    """

    method_id: str
    http: str
    status: int
    units: int
    round_trip: int


class GoogleServer:
    """Google for one user, on a free port of this machine. A context manager.

    Args:
        email: the user's address.
    """

    def __init__(self, email: str = "me@example.org") -> None:
        self.clock = Clock()
        self.state = State(self.clock, email)
        self.lock = self.state.lock
        self.traffic: list[Exchange] = []
        self.watch: Callable[[str, Request], None] = lambda *_: None
        """Called "before" a request on the wire takes effect and "after", when nobody has heard of it yet."""
        self._desk = Desk(self.state.handlers(), self.state.oauth, self.clock)
        self._trips = 0
        self._wire = Wire(self.answer, self._desk.violations)

    def __enter__(self) -> Self:
        self._wire.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._wire.__exit__(kind, error, trace)

    @property
    def url(self) -> str:
        """Return the address in place of https://gmail.googleapis.com/ and the others."""
        return self._wire.url

    @property
    def connections(self) -> int:
        """Return how many connections clients have opened."""
        return self._wire.connections

    @property
    def faults(self) -> Faults:
        """Return the faults to come."""
        return self._desk.faults

    @property
    def violations(self) -> list[str]:
        """Return what the discovery documents do not allow: requests, and answers of this server."""
        return self._desk.violations

    def limit(self, *limits: Limit) -> None:
        """Set the limits of use; none of them is none."""
        self._desk.limits[:] = limits

    def shuffle_batches(self) -> None:
        """From now on answer the parts of a batch in another order than asked, as Google may."""
        self._desk.shuffled = True

    def sign_in(self, scopes: Iterable[str]) -> dict[str, Any]:
        """Return a token as an authorised user's file holds it, without going through the browser."""
        with self.lock:
            return self.state.oauth.sign_in(scopes, self.url)

    def calls(self, method: str = "*") -> list[Exchange]:
        """Return the requests to methods whose id fits a glob."""
        with self.lock:
            return [each for each in self.traffic if fnmatchcase(each.method_id, method)]

    def credentials(self, scopes: Iterable[str]) -> Credentials:
        """Return such a token as the client takes it. Its `from_authorized_user_info` would refresh at Google."""
        token = self.sign_in(scopes)
        expiry = datetime.fromisoformat(token["expiry"]).replace(tzinfo=None)
        return Credentials(**token | {"expiry": expiry})  # type: ignore[no-untyped-call]  # the library has no types here

    def client(self) -> dict[str, Any]:
        """Return the file that the user downloads for an OAuth client of a desktop app."""
        oauth = self.state.oauth
        return {
            "installed": {
                "client_id": oauth.client_id,
                "client_secret": oauth.client_secret,
                "auth_uri": f"{self.url}o/oauth2/auth",
                "token_uri": f"{self.url}token",
                "redirect_uris": ["http://localhost"],
            }
        }

    def round_trips(self, method: str = "*") -> int:
        """Return how often a client waited for an answer to such methods; a batch is one."""
        return len({each.round_trip for each in self.calls(method)})

    def units(self, method: str = "*") -> int:
        """Return the published cost of all requests."""
        return sum(each.units for each in self.calls(method))

    def sends(self) -> list[Exchange]:
        """Return the requests that would have sent a mail."""
        return self.calls(_SENDING)

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
            self._desk.serve(self.state.handlers(), self.state.oauth)

    def _copied(self, state: State) -> State:
        shared: dict[int, object] = {id(self.clock): self.clock, id(self.lock): self.lock}
        return copy.deepcopy(state, shared)

    def answer(self, request: Request) -> Told:
        """Answer one request on the wire and note it."""
        with self.lock:
            self.watch("before", request)
            told = self._desk.answer(request)
            self.watch("after", request)
            self._trips += 1
            self.traffic += [
                Exchange(each.method, each.http, each.reply.status, each.units, self._trips) for each in told.done
            ]
        return told
