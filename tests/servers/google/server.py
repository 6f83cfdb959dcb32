"""The server itself: sockets on loopback, and what went over them."""

from __future__ import annotations

import copy
import sys
import threading
import time
import traceback
from datetime import datetime
from fnmatch import fnmatchcase
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from google.oauth2.credentials import Credentials

from tests.servers.google.calls import Reply, Request, lower
from tests.servers.google.clock import Clock
from tests.servers.google.desk import Desk, Told
from tests.servers.google.faults import Broken
from tests.servers.google.state import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from tests.servers.google.faults import Faults
    from tests.servers.google.quota import Limit

_GARBAGE = b"<html><title>Welcome</title>Please accept the terms of this network.</html>"
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
        self.connections = 0
        """How many connections clients have opened."""
        self.watch: Callable[[str, Request], None] = lambda *_: None
        """Called "before" a request on the wire takes effect and "after", when nobody has heard of it yet."""
        self._desk = Desk(self.state.handlers(), self.state.oauth, self.clock)
        self._trips = 0
        self._sockets = _Sockets(self)
        self._thread = threading.Thread(target=self._sockets.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._sockets.shutdown()
        self._sockets.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Return the address in place of https://gmail.googleapis.com/ and the others."""
        return f"http://127.0.0.1:{self._sockets.server_address[1]}/"

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


class _Sockets(ThreadingHTTPServer):
    """Listens; a fault of this server is a violation, and the client sees a dropped connection."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, server: GoogleServer) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.google = server

    def handle_error(self, request: object, client_address: object) -> None:
        del request, client_address
        if isinstance(sys.exception(), ConnectionError):
            return  # the client was killed
        self.google.violations.append(f"this server failed: {traceback.format_exc()}")


class _Connection(BaseHTTPRequestHandler):
    """One kept-alive connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Sockets

    def setup(self) -> None:
        super().setup()
        with self.server.google.lock:
            self.server.google.connections += 1

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  named so in the standard library
        """Keep quiet."""

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        told = self.server.google.answer(Request(self.command, self.path, lower(self.headers.items()), body))
        if told.delay:
            time.sleep(told.delay)
        try:
            self._write(told)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the client did not wait

    def _write(self, told: Told) -> None:
        reply, broken = told.reply, told.broken
        self.close_connection = self.close_connection or broken in {
            Broken.CUT,
            Broken.DROP_AFTER,
            Broken.DROP_BEFORE,
        }
        if broken in {Broken.DROP_AFTER, Broken.DROP_BEFORE}:
            return
        if broken is Broken.GARBAGE:
            reply = Reply(200, {"Content-Type": "text/html"}, _GARBAGE)
        self.send_response(reply.status, HTTPStatus(reply.status).phrase)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status not in {204, 304}:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD" and reply.status != 204:
            self.wfile.write(reply.body[: len(reply.body) // 2] if broken is Broken.CUT else reply.body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815  the standard library calls them
