"""The trap of the client's own transport: it sends a request again by itself, and one insert becomes two."""

from __future__ import annotations

import itertools
import socket
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import httplib2
import pytest
from google.oauth2.credentials import Credentials
from google_auth_httplib2 import AuthorizedHttp  # type: ignore[import-untyped]  # it ships no types
from googleapiclient.discovery import build_from_document

from assistant.errors import TransientError
from providers._net import Patience
from providers.google.calendar import GoogleCalendar
from providers.google.documents import document
from providers.google.events import CalendarOptions, event_id
from providers.google.scopes import SCOPES
from providers.google.service import Google
from tests.contract.harness import ZONE, event
from tests.servers.google.server import GoogleServer

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENT = Patience(request=timedelta(seconds=5), total=timedelta(seconds=4), throttled=timedelta(seconds=4))


@pytest.fixture
def server() -> Iterator[GoogleServer]:
    """Return Google with an empty account; all that was asked of it is allowed."""
    with GoogleServer("owner@example.org") as running:
        yield running
        assert running.violations == []


def opened(google: Google) -> GoogleCalendar:
    """Open the primary calendar."""
    return GoogleCalendar(google, CalendarOptions(busy=()), ZONE, lambda _: None)


def written(server: GoogleServer) -> list[str]:
    """Return the titles of all events that stand."""
    return [each["summary"] for each in server.state.calendars.living()]


class Proxy:
    """Passes requests on, and on each connection drops the answer to the second one: it was done, nobody heard.

    To httplib2 that is a kept-alive connection that died while idle, and it sends the request again by itself.
    """

    def __init__(self, port: int) -> None:
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._numbers = itertools.count()
        self.drops = True
        self.dropped = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/"

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self._to)) as server:
            for number in itertools.count():
                request = _message(client)
                if not request:
                    return
                server.sendall(request)
                answer = _message(server)
                if self.drops and number == 1:
                    self.dropped += 1
                    return
                client.sendall(answer)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


def _message(connection: socket.socket) -> bytes:
    """Read one HTTP message of known length; nothing when the connection ends."""
    found = b""
    while b"\r\n\r\n" not in found:
        more = connection.recv(65536)
        if not more:
            return b""
        found += more
    head, _, body = found.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    left = int(lengths[0]) - len(body) if lengths else 0
    while left > 0:
        more = connection.recv(65536)
        found, left = found + more, left - len(more)
    return found


@pytest.fixture
def proxy(server: GoogleServer) -> Iterator[Proxy]:
    """Return a proxy before the server."""
    found = Proxy(int(server.url.rsplit(":", 1)[1].rstrip("/")))
    yield found
    found.close()


def credentials(server: GoogleServer) -> Credentials:
    """Sign in."""
    token = server.sign_in(scope.url for scope in SCOPES)
    return Credentials(token["token"])  # type: ignore[no-untyped-call]  # the library has no types


def test_the_clients_own_transport_makes_two_of_one(server: GoogleServer, proxy: Proxy) -> None:
    """This is the trap: one insert without an id, whose answer is dropped on a kept-alive connection, is two events."""
    http = AuthorizedHttp(credentials(server), http=httplib2.Http(timeout=2))
    service = build_from_document(document("calendar", proxy.url), http=http)
    service.settings().get(setting="timezone").execute()
    body = {"summary": "twice", "start": {"date": "2026-03-23"}, "end": {"date": "2026-03-24"}}
    service.events().insert(calendarId="primary", body=body).execute()
    http.close()
    assert proxy.dropped == 1
    assert written(server) == ["twice", "twice"]


def test_our_provider_makes_one_event_of_one(server: GoogleServer, proxy: Proxy) -> None:
    """Through the same proxy a hold is one event: its id is ours, and nothing is sent again unasked."""
    google = Google(credentials(server), root=proxy.url, patience=PATIENT)
    calendar = opened(google)
    calendar.zone()
    ref = calendar.put(event())
    assert ref.ref == event_id("cb1.0")
    assert proxy.dropped
    assert written(server) == ["Call Ann Byrne"]
    calendar.put(event(summary="Call Bob"), ref)
    assert written(server) == ["Call Bob"]
    google.close()


def test_a_request_that_may_not_be_repeated_is_sent_once(server: GoogleServer, proxy: Proxy) -> None:
    """Without an id of ours a lost answer is said, and nothing is sent twice: the caller looks first."""
    google = Google(credentials(server), root=proxy.url, patience=PATIENT)
    opened(google).zone()
    body = {"summary": "once", "start": {"date": "2026-03-23"}, "end": {"date": "2026-03-24"}}
    request = google.calendar.events().insert(calendarId="primary", body=body)
    with pytest.raises(TransientError):
        google.call("test", request, again=False)
    google.close()
    assert written(server) == ["once"]
