"""The page of this machine to which Google sends the browser back after the consent (RFC 8252 7.3)."""

from __future__ import annotations

import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from datetime import timedelta

_DONE = "Ringback has its answer. You can close this page and go back to the terminal.\n"
_HOST = "127.0.0.1"


class Redirect:
    """A web server on the loopback that takes one answer; anything else that asks, a favicon say, gets nothing."""

    def __init__(self) -> None:
        self._answers: queue.Queue[str] = queue.Queue()
        self._server = ThreadingHTTPServer((_HOST, 0), _handler(self._answers))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)

    @property
    def address(self) -> str:
        """Return the address of the page."""
        return f"http://{_HOST}:{self._server.server_port}/"

    def __enter__(self) -> Self:
        """Start listening."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

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


def _handler(answers: queue.Queue[str]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """One request of the browser."""

        timeout = 30

        def do_GET(self) -> None:
            """Take the answer."""
            if urlsplit(self.path).path != "/" or not is_answer(self.path):
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(_DONE)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(_DONE.encode())
            answers.put(f"http://{_HOST}{self.path}")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name is the library's
            """Log nothing: the address has the code in it."""

    return Handler
