"""The page of this machine to which a sign-in sends the browser back after the consent (RFC 8252 7.3)."""

from __future__ import annotations

import queue
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from datetime import timedelta

_DONE = "Ringback has its answer. You can close this page and go back to the terminal.\n"
_OTHER = (
    "This answer belongs to another sign-in than the one that Ringback is waiting for, which goes on waiting. Use the "
    "page that was opened last, or the address that stands in the terminal.\n"
)
_LOOPBACK = "127.0.0.1"
_LARGEST = 1 << 16


class Redirect:
    """A web server on the loopback that takes one answer; anything else that asks, a favicon say, gets nothing.

    An answer to another sign-in, of a page left open or forged, is refused and does not end the waiting.

    Args:
        host: by which the browser calls the loopback: what the service takes.
    """

    def __init__(self, host: str = _LOOPBACK) -> None:
        self._host = host
        self.state: str | None = None
        """What our answer says to be ours by (RFC 6749 10.12); None refuses every answer."""
        self._answers: queue.Queue[str] = queue.Queue()
        self._server = ThreadingHTTPServer((_LOOPBACK, 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)

    @property
    def address(self) -> str:
        """Return the address of the page."""
        return f"http://{self._host}:{self._server.server_port}/"

    def __enter__(self) -> Self:
        """Start listening."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def is_ours(self, path: str) -> bool:
        """Tell whether an answer belongs to this sign-in."""
        return parse_qs(urlsplit(path).query)["state"] == [self.state]

    def take(self, path: str) -> None:
        """Take the answer that was waited for."""
        self._answers.put(f"http://{self._host}{path}")

    def wait(self, timeout: timedelta) -> str | None:
        """Return the address that the browser was sent to, with the answer in it; None when nobody came in time."""
        try:
            return self._answers.get(timeout=timeout.total_seconds())
        except queue.Empty:
            return None


def is_answer(address: str) -> bool:
    """Tell whether an address carries an answer to a sign-in (RFC 6749 4.1.2)."""
    parts = parse_qs(urlsplit(address).query)
    return "state" in parts and ("code" in parts or "error" in parts)


def _handler(page: Redirect) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """One request of the browser."""

        timeout = 30

        def do_GET(self) -> None:
            """Take an answer in the address."""
            self._answer(self.path)

        def do_POST(self) -> None:
            """Take an answer in a form: OAuth 2.0 Form Post Response Mode."""
            length = self.headers.get("Content-Length", "")
            if self.path != "/" or not length.isdigit() or int(length) > _LARGEST:
                self.send_error(404)
                return
            self._answer(f"/?{self.rfile.read(int(length)).decode('ascii', 'replace')}")

        def _answer(self, path: str) -> None:
            if urlsplit(path).path != "/" or not is_answer(path):
                self.send_error(404)
                return
            is_ours = page.is_ours(path)
            status, text = (HTTPStatus.OK, _DONE) if is_ours else (HTTPStatus.BAD_REQUEST, _OTHER)
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(text)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(text.encode())
            if is_ours:
                page.take(path)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name is the library's
            """Log nothing: the address has the code in it."""

    return Handler
