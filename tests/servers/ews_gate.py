"""A gate before our Exchange that lets in by NTLM, by a bearer's token or by a ticket, and hands out tokens."""

from __future__ import annotations

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs

import requests
import spnego
from requests.auth import HTTPBasicAuth
from spnego.exceptions import SpnegoError

if TYPE_CHECKING:
    from types import TracebackType

    from tests.servers.ews.server import EwsServer

TICKET = "Negotiate a-ticket"
_HOP = {"content-length", "transfer-encoding", "connection", "www-authenticate", "date", "server"}


class Gate:
    """The gate while it is open.

    Args:
        server: that it stands before.
        way: "NTLM", "Bearer", "Negotiate", or another for a place where nobody is asked who they are.
    """

    def __init__(self, server: EwsServer, way: str) -> None:
        self.server, self.way = server, way
        self.requests = 0
        """Requests to the service, with those that signing in takes."""
        self.asked: list[dict[str, str]] = []
        """What tokens were asked for with."""
        self.refresh_token = "refresh-0"
        self.secret = "a secret"
        self.expires_in = 3600
        self.rotates = True
        self.tokens: set[str] = set()
        self._served = ThreadingHTTPServer(("127.0.0.1", 0), type("_Door", (_Door,), {"gate": self}))
        self._served.daemon_threads = True
        self._thread = threading.Thread(target=self._served.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._served.shutdown()
        self._served.server_close()
        self._thread.join()

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self._served.server_address[1]}"

    @property
    def url(self) -> str:
        return f"{self.root}/EWS/Exchange.asmx"

    @property
    def token_url(self) -> str:
        return f"{self.root}/adfs/oauth2/token"

    def token(self, asked: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Return status and answer of a request for a token (RFC 6749 5)."""
        self.asked.append(asked)
        right = {"refresh_token": self.refresh_token, "client_credentials": self.secret}
        given = asked.get("refresh_token") or asked.get("client_secret")
        if given != right.get(asked.get("grant_type", "")):
            return 400, {"error": "invalid_grant", "error_description": "not that one"}
        token = f"access-{len(self.asked)}"
        self.tokens = {token}
        answer: dict[str, Any] = {"access_token": token, "token_type": "Bearer", "expires_in": self.expires_in}
        if asked["grant_type"] == "refresh_token" and self.rotates:
            self.refresh_token = f"refresh-{len(self.asked)}"
            answer["refresh_token"] = self.refresh_token
        return 200, answer


class _Door(BaseHTTPRequestHandler):
    """One connection: NTLM signs in the connection, not the request."""

    protocol_version = "HTTP/1.1"
    gate: Gate

    def setup(self) -> None:
        super().setup()
        self._handshake: Any = None
        self._inside = False

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.path.startswith("/adfs/"):
            self._token(body)
            return
        self.gate.requests += 1
        ways = {"NTLM": self._ntlm, "Bearer": self._bearer, "Negotiate": self._ticket}
        if self.gate.way not in ways:
            self._answer(200, {}, b"<html>Welcome</html>")
            return
        challenge = ways[self.gate.way]()
        if challenge is not None:
            self._answer(401, {"WWW-Authenticate": challenge}, b"")
            return
        server = self.gate.server
        with requests.Session() as session:
            through = session.post(
                server.root + self.path,
                data=body,
                headers={"Content-Type": self.headers.get("Content-Type", "text/xml")},
                auth=HTTPBasicAuth(server.user, server.password),
                timeout=30,
            )
        head = {name: value for name, value in through.headers.items() if name.lower() not in _HOP}
        self._answer(through.status_code, head, through.content)

    def _token(self, body: bytes) -> None:
        asked = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        basic = self.headers.get("Authorization", "").removeprefix("Basic ")
        if basic:
            asked["client_secret"] = base64.b64decode(basic).decode().partition(":")[2]
        status, found = self.gate.token(asked)
        self._answer(status, {"Content-Type": "application/json"}, json.dumps(found).encode())

    def _ntlm(self) -> str | None:
        if self._inside:
            return None
        kind, _, text = self.headers.get("Authorization", "").partition(" ")
        if kind != "NTLM":
            return "NTLM"
        token = base64.b64decode(text)
        if self._handshake is None:
            self._handshake = spnego.server(protocol="ntlm")
            return f"NTLM {base64.b64encode(self._handshake.step(token)).decode()}"
        try:
            self._handshake.step(token)
        except SpnegoError:
            return "NTLM"
        self._inside = True
        return None

    def _bearer(self) -> str | None:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        return None if token in self.gate.tokens else "Bearer"

    def _ticket(self) -> str | None:
        return None if self.headers.get("Authorization") == TICKET else "Negotiate"

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
