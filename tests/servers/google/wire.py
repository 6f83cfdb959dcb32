"""Sockets on loopback, before whatever answers requests."""

from __future__ import annotations

import ssl
import sys
import threading
import time
import traceback
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Protocol, Self

from tests.servers.google.calls import Reply, Request, lower
from tests.servers.google.faults import Broken

if TYPE_CHECKING:
    import enum
    from collections.abc import Callable
    from types import TracebackType


_GARBAGE = b"<html><title>Welcome</title>Please accept the terms of this network.</html>"
_EMPTY = {204, 304}


class Told(Protocol):
    """An answer, and what happens to it on the way."""

    @property
    def reply(self) -> Reply:
        """Return the answer."""

    @property
    def broken(self) -> enum.Enum | None:
        """Return what spoils it."""

    @property
    def delay(self) -> float:
        """Return how many seconds it waits."""


class Wire:
    """A free port of this machine. A context manager.

    Args:
        answer: answers one request; called by several threads.
        violations: gets the traceback of what it raises; the client sees a dropped connection.
        connection: what reads requests and writes answers; `Connection` unless given.
        tls: speaks TLS with this; plain HTTP unless given.
    """

    def __init__(
        self,
        answer: Callable[[Request], Told],
        violations: list[str],
        connection: type[Connection] | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.scheme = "http" if tls is None else "https"
        """Also told to `answer`, as the header field ":scheme" of HTTP/2."""
        self.answer = answer
        self.violations = violations
        self.connections = 0
        """How many connections clients have opened."""
        self._lock = threading.Lock()
        self._sockets = _Sockets(self, connection or Connection, tls)
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
        """Return its address."""
        return f"{self.scheme}://127.0.0.1:{self._sockets.server_address[1]}/"

    def connected(self) -> None:
        """Count a connection."""
        with self._lock:
            self.connections += 1


class _Sockets(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, wire: Wire, connection: type[Connection], tls: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), connection)
        if tls is not None:  # the handshake is made by the thread that serves the connection
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.wire = wire

    def handle_error(self, request: object, client_address: object) -> None:
        del request, client_address
        if isinstance(sys.exception(), (ConnectionError, ssl.SSLError)):
            return  # the client was killed
        self.wire.violations.append(f"this server failed: {traceback.format_exc()}")


class Connection(BaseHTTPRequestHandler):
    """One kept-alive connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Sockets

    def setup(self) -> None:
        super().setup()
        self.server.wire.connected()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  named so in the standard library
        """Keep quiet."""

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        headers = lower(self.headers.items()) | {":scheme": self.server.wire.scheme}
        told = self.server.wire.answer(Request(self.command, self.path, headers, body))
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
        if reply.status not in _EMPTY:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD" and reply.status not in _EMPTY:
            self.wfile.write(reply.body[: len(reply.body) // 2] if broken is Broken.CUT else reply.body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815  the standard library calls them
