"""Sockets on loopback, before whatever answers requests."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self

from tests.servers.google.calls import Reply, Request, lower
from tests.servers.google.faults import Broken

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from tests.servers.google.desk import Told

_GARBAGE = b"<html><title>Welcome</title>Please accept the terms of this network.</html>"
_EMPTY = {204, 304}


class Wire:
    """A free port of this machine. A context manager.

    Args:
        answer: answers one request; called by several threads.
        violations: gets the traceback of what it raises; the client sees a dropped connection.
    """

    def __init__(self, answer: Callable[[Request], Told], violations: list[str]) -> None:
        self.answer = answer
        self.violations = violations
        self.connections = 0
        """How many connections clients have opened."""
        self._lock = threading.Lock()
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
        """Return its address."""
        return f"http://127.0.0.1:{self._sockets.server_address[1]}/"

    def connected(self) -> None:
        """Count a connection."""
        with self._lock:
            self.connections += 1


class _Sockets(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, wire: Wire) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.wire = wire

    def handle_error(self, request: object, client_address: object) -> None:
        del request, client_address
        if isinstance(sys.exception(), ConnectionError):
            return  # the client was killed
        self.wire.violations.append(f"this server failed: {traceback.format_exc()}")


class _Connection(BaseHTTPRequestHandler):
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
        told = self.server.wire.answer(Request(self.command, self.path, lower(self.headers.items()), body))
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
