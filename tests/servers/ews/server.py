"""The server itself: sockets on loopback, and what went over them."""

from __future__ import annotations

import copy
import sys
import threading
import time
import traceback
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, NamedTuple, Self

from tests.servers.ews import signin
from tests.servers.ews.autodiscover import POX_PATH, SOAP_PATH, Discovery
from tests.servers.ews.broken import bodies
from tests.servers.ews.desk import Desk, Told
from tests.servers.ews.faults import Broken, Delay, Redirect, Status
from tests.servers.ews.state import State
from tests.servers.google.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

    from tests.servers.ews.faults import Faults

PATH = "/EWS/Exchange.asmx"


class Exchange(NamedTuple):
    """One request as it was answered.

    The status is 0 for a connection that was closed before anything was done, 401 for one that did not get in.
    `items` is for how many things there was an answer.
    """

    operation: str
    status: int
    codes: tuple[str, ...]
    items: int


class EwsServer:
    """Exchange for one user, on a free port of this machine. A context manager.

    Args:
        address: the user's address, and the user name at the same time.
        password: theirs.
    """

    def __init__(self, address: str = "me@example.org", password: str = "correct horse") -> None:
        self.clock = Clock()
        self.address, self.user, self.password = address, address, password
        self.state = State(self.clock, address)
        self.lock = self.state.lock
        self.traffic: list[Exchange] = []
        self.connections = 0
        """How many connections clients have opened."""
        self.watch: Callable[[str, bytes], None] = lambda *_: None
        """Called "before" a request takes effect and "after", when nobody has heard of it yet; with its body."""
        self.ways: tuple[str, ...] = (signin.NEGOTIATE, signin.NTLM, signin.BASIC)
        """What WWW-Authenticate offers. NTLM answers after `takes_ntlm`."""
        self.users: Path | None = None
        self.discovery = Discovery(address)
        self._desk = Desk(self.state)
        self._sockets = _Sockets(self)
        self.discovery.endpoint = self.url
        self._thread = threading.Thread(target=self._sockets.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.state.streaming.running = False
        self._sockets.shutdown()
        self._sockets.server_close()
        self._thread.join()

    @property
    def root(self) -> str:
        """Return scheme, host and port."""
        return f"http://127.0.0.1:{self._sockets.server_address[1]}"

    @property
    def url(self) -> str:
        """Return the address of the service."""
        return self.root + PATH

    @property
    def faults(self) -> Faults:
        """Return the faults to come."""
        return self._desk.faults

    @property
    def violations(self) -> list[str]:
        """Return what the schema does not allow: requests, and answers of this server."""
        return self._desk.violations

    def calls(self, operation: str = "*") -> list[Exchange]:
        """Return the requests whose operation fits a glob."""
        with self.lock:
            return [each for each in self.traffic if fnmatchcase(each.operation, operation)]

    def round_trips(self, operation: str = "*") -> int:
        """Return how often a client waited for an answer."""
        return len(self.calls(operation))

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

    def answer(self, body: bytes) -> Told:
        """Answer one request to the service and note it."""
        with self.lock:
            self.watch("before", body)
            told = self._desk.answer(body)
            self.watch("after", body)
            self.traffic.append(Exchange(told.operation, told.status, told.codes, told.items))
        return told

    def discover(self, path: str, body: bytes) -> Told:
        """Answer one request to discovery and note it."""
        with self.lock:
            kind = self.faults.strike("Autodiscover")
            status, found = self.discovery.answer(path, body)
            told = Told("Autodiscover", status, found, kind=kind)
            if isinstance(kind, Status | Redirect):
                told = Told("Autodiscover", kind.code, kind=kind)
            elif kind is Broken.UNAUTHORIZED:
                told = Told("Autodiscover", 401, kind=kind)
            self.traffic.append(Exchange(told.operation, told.status, (), 1))
        return told

    def refuse(self) -> Told:
        """Note a request of somebody who may not come in."""
        with self.lock:
            self.traffic.append(Exchange("?", 401, (), 0))
        return Told("?", 401)

    def takes_ntlm(self, users: Path, domain: str = "CORP") -> str:
        """Let NTLM be the only way in; return the name that the user signs in with.

        Args:
            users: where to write the file of users that the library reads.
            domain: the user's.
        """
        users.write_text(f"{domain}:{self.user}:{self.password}\n")
        self.users, self.ways = users, (signin.NEGOTIATE, signin.NTLM)
        return f"{domain}\\{self.user}"

    def admits(self, headers: dict[str, str]) -> bool:
        """Return whether a request with Basic comes from the user."""
        return signin.BASIC in self.ways and signin.basic(headers) == (self.user, self.password)


class _Sockets(ThreadingHTTPServer):
    """Listens; a fault of this server is a violation, and the client sees a dropped connection."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, server: EwsServer) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.ews = server

    def handle_error(self, request: object, client_address: object) -> None:
        del request, client_address
        if isinstance(sys.exception(), ConnectionError):
            return  # the client was killed
        self.ews.violations.append(f"this server failed: {traceback.format_exc()}")


class _Connection(BaseHTTPRequestHandler):
    """One kept-alive connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Sockets
    _handshake: signin.Handshake | None = None
    _signed_in = False
    _challenges: tuple[str, ...] = ()

    def setup(self) -> None:
        super().setup()
        with self.server.ews.lock:
            self.server.ews.connections += 1

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  named so in the standard library
        """Keep quiet."""

    def _answer(self) -> None:
        ews = self.server.ews
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        if self.path.lower() not in {PATH.lower(), SOAP_PATH, POX_PATH}:
            told = Told("?", 404)
        elif not self._admitted(headers):
            told = ews.refuse()
        elif self.command != "POST":
            told = Told("?", 405)
        elif self.path.lower() != PATH.lower():
            told = ews.discover(self.path, body)
        else:
            told = ews.answer(body)
        if isinstance(told.kind, Delay):
            time.sleep(told.kind.seconds)
        try:
            self._write(told)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the client did not wait

    def _admitted(self, headers: dict[str, str]) -> bool:
        """Return whether the request is the user's; note what is asked for otherwise."""
        ews = self.server.ews
        self._challenges = ews.ways
        held = signin.token(headers, signin.NTLM)
        if held is not None and ews.users is not None:
            self._handshake = self._handshake or signin.Handshake(ews.users)
            challenge = self._handshake.answer(held)
            self._signed_in = challenge is None
            self._challenges = (challenge or signin.NTLM,)
            if not self._signed_in and challenge == signin.NTLM:
                self._handshake = None
        return self._signed_in or ews.admits(headers)

    def _write(self, told: Told) -> None:
        if told.kind in {Broken.DROP_AFTER, Broken.DROP_BEFORE}:
            self.close_connection = True
            return
        if isinstance(told.kind, Broken) and told.kind is not Broken.UNAUTHORIZED:
            self.close_connection = True
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            for chunk in bodies(told.kind, told.body):
                self.wfile.write(chunk)
            return
        self._head(told)
        if told.stream is None:
            self.wfile.write(told.body)
            return
        for chunk in told.stream:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def _head(self, told: Told) -> None:
        self.send_response(told.status)
        if told.status == 401:
            for each in self._challenges or self.server.ews.ways:
                self.send_header("WWW-Authenticate", each)
        if isinstance(told.kind, Status) and told.kind.retry_after is not None:
            self.send_header("Retry-After", told.kind.retry_after)
        if isinstance(told.kind, Redirect):
            self.send_header("Location", told.kind.url)
        self.send_header("Content-Type", "text/xml; charset=utf-8" if told.body or told.stream else "text/html")
        self.send_header("X-FEServer", "EX01")
        if told.stream is None:
            self.send_header("Content-Length", str(len(told.body)))
        else:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    do_GET = do_POST = do_HEAD = _answer  # noqa: N815  the standard library calls them
