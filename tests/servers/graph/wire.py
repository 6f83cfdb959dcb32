"""Sockets on loopback: those of the fake Google, and answers that nobody can read."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import TYPE_CHECKING

from tests.servers.google import wire
from tests.servers.graph.calls import Reply
from tests.servers.graph.faults import Broken

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from tests.servers.graph.calls import Request

_GARBAGE = b"<html><title>Welcome</title>Please accept the terms of this network.</html>"
_EMPTY = {204, 304}


class Connection(wire.Connection):
    """One kept-alive connection."""

    def _write(self, told: wire.Told) -> None:
        if told.broken in {Broken.DROP_AFTER, Broken.DROP_BEFORE}:
            self.close_connection = True
            return
        reply, body = told.reply, told.reply.body
        if told.broken is Broken.GARBAGE:
            reply = Reply(200, {"Content-Type": "text/html"}, _GARBAGE)
        if told.broken is Broken.WRONG_CHARSET:
            reply = reply._replace(body=body.replace(b'"', b'"\xff\xfe\xc3', 1))
        if told.broken is Broken.HUGE:
            self._endless()
            return
        self._head(reply)
        if reply.status in _EMPTY:
            return
        if told.broken is Broken.CUT:
            self.close_connection = True
            self.wfile.write(body[: len(body) // 2])
        elif told.broken is Broken.DRIP:
            self._drip(body)
        else:
            self.wfile.write(reply.body)

    def _head(self, reply: Reply) -> None:
        self.send_response(reply.status, HTTPStatus(reply.status).phrase)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status not in _EMPTY:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()

    def _drip(self, body: bytes) -> None:
        for each in body:
            self.wfile.write(bytes([each]))
            self.wfile.flush()
            time.sleep(0.2)

    def _endless(self) -> None:
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        chunk = b'"' + b"a" * 65534 + b","
        self.wfile.write(b"1\r\n[\r\n")
        while True:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))


class Wire(wire.Wire):
    """A free port of this machine. A context manager.

    Args:
        answer: answers one request; called by several threads.
        violations: gets the traceback of what it raises; the client sees a dropped connection.
        tls: speaks TLS with this; plain HTTP unless given.
    """

    def __init__(
        self, answer: Callable[[Request], wire.Told], violations: list[str], tls: ssl.SSLContext | None = None
    ) -> None:
        super().__init__(answer, violations, Connection, tls)
