"""One account over our Exchange: what it costs, what is tried again, what ends, and what must never be asked twice."""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import TYPE_CHECKING

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from exchangelib.protocol import CachingProtocol
from exchangelib.services import GetFolder

from assistant.errors import AuthError, InvalidResponseError, ProviderError, TransientError
from providers._net import Patience, ThrottledError
from providers.exchange import remembered, transport
from providers.exchange.folders import distinguished
from providers.exchange.remembered import Signed
from providers.exchange.service import Exchange
from tests.servers.ews.faults import Broken, Busy, Delay, Error, Fault, Status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import exchangelib

    from tests.servers.ews.faults import Kind
    from tests.servers.ews.server import EwsServer

OPERATION = "mailbox.changes"
SHORT = Patience(request=timedelta(seconds=0.5), total=timedelta(seconds=1), throttled=timedelta(seconds=2))


def _signed(server: EwsServer) -> Signed:
    return Signed(endpoint=server.url, address=server.address, user=server.user, secret=server.password)


@pytest.fixture
def exchange(ews_server: EwsServer) -> Iterator[Exchange]:
    """Return the account of the server's user, with little patience."""
    opened = Exchange(_signed(ews_server), patience=SHORT)
    yield opened
    opened.close()


def _look(account: exchangelib.Account) -> str:
    inbox = distinguished(account, "inbox")
    return str(GetFolder(account=account).get(folders=[inbox], additional_fields=None, shape="IdOnly").id)


def test_a_start_guesses_nothing(ews_server: EwsServer, exchange: Exchange) -> None:
    """From nothing to the first answer is one request: way of signing in and version are remembered."""
    assert exchange.call(OPERATION, _look)
    assert [one.operation for one in ews_server.traffic] == ["GetFolder"]


def test_the_library_keeps_nothing_of_an_account(exchange: Exchange) -> None:
    """No password stays in the library's cache of connections, which other tests fill."""
    before = dict(CachingProtocol._protocol_cache)
    exchange.call(OPERATION, _look)
    assert before == CachingProtocol._protocol_cache


def test_a_wrong_password_is_told_at_once_and_tried_once(ews_server: EwsServer) -> None:
    """It is told within five seconds, whatever patience there is, and no try more locks the account."""
    exchange = Exchange(msgspec.structs.replace(_signed(ews_server), secret="wrong"))
    begun = time.monotonic()
    for _ in range(3):
        with pytest.raises(AuthError, match="Run: ringback connect exchange"):
            exchange.call(OPERATION, _look)
    exchange.close()
    assert time.monotonic() - begun < 5
    assert ews_server.round_trips() == 1


def test_a_password_in_any_script(ews_server: EwsServer) -> None:
    """Letters beyond Latin-1 are let through as they are."""
    ews_server.password = "пароль 合言葉"
    exchange = Exchange(_signed(ews_server), patience=SHORT)
    assert exchange.call(OPERATION, _look)
    exchange.close()


def test_after_a_quarter_of_an_hour_it_is_tried_again(
    ews_server: EwsServer, exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A 401 may also be a bad hour of the server's, so nothing is given up for good."""
    ews_server.faults.add(Fault("*", Broken.UNAUTHORIZED))
    with pytest.raises(AuthError):
        exchange.call(OPERATION, _look)
    monkeypatch.setattr(remembered, "QUIET", timedelta())
    assert exchange.call(OPERATION, _look)


def test_what_may_be_repeated_is_repeated(ews_server: EwsServer, exchange: Exchange) -> None:
    """A dropped connection, a 503 and a mailbox on the move are waited out."""
    ews_server.faults.add(
        Fault("GetFolder", Broken.DROP_BEFORE),
        Fault("GetFolder", Status(503)),
        Fault("GetFolder", Error("ErrorMailboxMoveInProgress")),
    )
    assert exchange.call(OPERATION, _look)
    assert ews_server.faults.pending == 0


@pytest.mark.parametrize("kind", [Broken.DROP_AFTER, Broken.CUT, Busy(100), Status(502)])
def test_what_may_not_be_repeated_is_sent_once(ews_server: EwsServer, exchange: Exchange, kind: Kind) -> None:
    """Then it is up to the caller to look whether it was done."""
    ews_server.faults.add(Fault("GetFolder", kind))
    with pytest.raises(TransientError):
        exchange.call(OPERATION, _look, again=False)
    assert ews_server.round_trips() == 1


def test_the_wait_that_a_busy_server_asks_for_is_kept(ews_server: EwsServer, exchange: Exchange) -> None:
    """`BackOffMilliseconds` is waited, and then it works."""
    ews_server.faults.add(Fault("GetFolder", Busy(600)))
    begun = time.monotonic()
    assert exchange.call(OPERATION, _look)
    assert time.monotonic() - begun >= 0.6


@pytest.mark.parametrize("kind", [Busy(3_600_000), Status(429, "3600"), Status(503, "3600")])
def test_a_wait_beyond_our_patience_ends_the_tries(ews_server: EwsServer, exchange: Exchange, kind: Kind) -> None:
    """An hour is not waited for: the next pass tries again."""
    ews_server.faults.add(Fault("GetFolder", kind))
    begun = time.monotonic()
    with pytest.raises(ThrottledError) as caught:
        exchange.call(OPERATION, _look)
    assert caught.value.retry_after == timedelta(hours=1)
    assert time.monotonic() - begun < 1
    assert ews_server.round_trips() == 1


def test_patience_is_used_up_once(ews_server: EwsServer, exchange: Exchange) -> None:
    """What is out of order costs a pass its patience once, then one try each until one works."""
    ews_server.faults.add(Fault("GetFolder", Status(502), times=1000))
    with pytest.raises(TransientError):
        exchange.call(OPERATION, _look)
    begun, tries = time.monotonic(), ews_server.round_trips()
    for _ in range(5):
        with pytest.raises(TransientError):
            exchange.call(OPERATION, _look)
    assert time.monotonic() - begun < 0.5
    assert ews_server.round_trips() == tries + 5
    ews_server.faults.clear()
    exchange.call(OPERATION, _look)
    ews_server.faults.add(Fault("GetFolder", Status(502), times=2))
    assert exchange.call(OPERATION, _look)


def test_a_server_that_is_away_costs_its_patience_once_for_everything(exchange: Exchange) -> None:
    """Nobody at the address: each other operation knows it after one try."""
    exchange.signed = msgspec.structs.replace(exchange.signed, endpoint="http://127.0.0.1:9/EWS/Exchange.asmx")
    begun = time.monotonic()
    with pytest.raises(TransientError, match="no answer from the server"):
        exchange.call(OPERATION, _look)
    first = time.monotonic() - begun
    assert first < 2 * SHORT.total.total_seconds()
    for operation in ("calendar.changes", "contacts.find", "drafts.put"):
        with pytest.raises(TransientError):
            exchange.call(operation, _look)
    assert time.monotonic() - begun - first < 0.5


def test_a_server_that_does_not_answer_is_left_in_time(ews_server: EwsServer, exchange: Exchange) -> None:
    """It takes the connection and says nothing: the tries end with our patience."""
    ews_server.faults.add(Fault("GetFolder", Delay(1.5), times=10))
    begun = time.monotonic()
    with pytest.raises(TransientError):
        exchange.call(OPERATION, _look)
    assert time.monotonic() - begun < 3


def test_a_drip_ends(ews_server: EwsServer, exchange: Exchange) -> None:
    """An answer of single bytes, each in time, ends after twice the time of a request."""
    ews_server.faults.add(Fault("GetFolder", Broken.DRIP, times=10))
    begun = time.monotonic()
    with pytest.raises(TransientError):
        exchange.call(OPERATION, _look, again=False)
    assert time.monotonic() - begun < 2


def test_an_answer_without_end_ends(ews_server: EwsServer, exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read up to a bound, and not asked for again."""
    monkeypatch.setattr(transport.Adapter, "LARGEST", 1 << 20)
    ews_server.faults.add(Fault("GetFolder", Broken.HUGE))
    with pytest.raises(InvalidResponseError, match="more than 1 MiB"):
        exchange.call(OPERATION, _look)
    assert exchange.call(OPERATION, _look)


@pytest.mark.parametrize("kind", [Broken.BOMB, Broken.OUTSIDE, Broken.GARBAGE])
def test_what_is_not_of_exchange_is_not_parsed(ews_server: EwsServer, exchange: Exchange, kind: Broken) -> None:
    """A document type, and the page of a captive portal, are refused, and the next request works."""
    ews_server.faults.add(Fault("GetFolder", kind))
    with pytest.raises(InvalidResponseError, match="Try again later"):
        exchange.call(OPERATION, _look)
    assert exchange.call(OPERATION, _look)


def test_bytes_in_the_wrong_charset_do_no_harm(ews_server: EwsServer, exchange: Exchange) -> None:
    """They are an answer or an error of the ports."""
    ews_server.faults.add(Fault("GetFolder", Broken.WRONG_CHARSET))
    with contextlib.suppress(ProviderError):
        exchange.call(OPERATION, _look)
    assert exchange.call(OPERATION, _look)


def test_nothing_of_a_mail_is_written_to_a_log(
    ews_server: EwsServer, exchange: Exchange, capfd: pytest.CaptureFixture[str]
) -> None:
    """The library logs whole requests when something fails; nobody sees them."""
    ews_server.faults.add(Fault("GetFolder", Broken.HUGE))
    transport.Adapter.LARGEST, before = 1 << 16, transport.Adapter.LARGEST
    try:
        with pytest.raises(InvalidResponseError):
            exchange.call(OPERATION, _look)
    finally:
        transport.Adapter.LARGEST = before
    assert capfd.readouterr().err == ""


class _Scripted(BaseHTTPRequestHandler):
    """Answers each request as the next line of a script says: status, headers, body."""

    protocol_version = "HTTP/1.1"
    script: list[tuple[int, dict[str, str], bytes]]
    seen: list[dict[str, str]]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.seen.append(dict(self.headers))
        status, headers, body = self.script[0] if len(self.script) == 1 else self.script.pop(0)
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def _answering(
    *script: tuple[int, dict[str, str], bytes], certificate: Path | None = None
) -> Iterator[tuple[Exchange, list[dict[str, str]]]]:
    """Serve a script and return an account on it, with the headers that come."""
    seen: list[dict[str, str]] = []
    handler = type("Handler", (_Scripted,), {"script": list(script), "seen": seen})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http{'s' if certificate else ''}://127.0.0.1:{server.server_address[1]}/EWS/Exchange.asmx"
        exchange = Exchange(Signed(endpoint=url, address="a@b.example", user="a", secret="x"), patience=SHORT)
        try:
            yield exchange, seen
        finally:
            exchange.close()
            server.shutdown()
            thread.join()


def test_a_wrong_password_with_a_closed_connection_is_told_at_once() -> None:
    """The library takes this for a busy server and would try until the account is locked."""
    with (
        _answering((401, {"Connection": "close", "WWW-Authenticate": "Basic"}, b"")) as (exchange, seen),
        pytest.raises(AuthError),
    ):
        exchange.call(OPERATION, _look)
    assert len(seen) == 1


def test_a_redirect_takes_the_password_nowhere() -> None:
    """No redirect is followed; the user is told where it goes."""
    head = {"Location": "https://elsewhere.example/EWS/Exchange.asmx"}
    with (
        _answering((302, head, b"")) as (exchange, seen),
        pytest.raises(InvalidResponseError, match="elsewhere"),
    ):
        exchange.call(OPERATION, _look)
    assert len(seen) == 1


@pytest.mark.parametrize("challenge", [b"", b"NTLMSSP\x00\x02", b"NTLMSSP\x00\x02\x00\x00\x00", b"\xff" * 60])
def test_a_challenge_that_is_none_is_an_error_of_ours(challenge: bytes) -> None:
    """What the library of NTLM cannot read is told in our words, and the password tried once."""
    head = {"WWW-Authenticate": f"NTLM {base64.b64encode(challenge).decode()}"}
    with _answering((401, {"WWW-Authenticate": "NTLM"}, b""), (401, head, b"")) as (exchange, seen):
        by_ntlm = Exchange(msgspec.structs.replace(exchange.signed, auth="ntlm", user="D\\a"), patience=SHORT)
        with contextlib.closing(by_ntlm), pytest.raises((InvalidResponseError, AuthError)):
            by_ntlm.call(OPERATION, _look)
    assert len(seen) <= 3


def test_a_request_that_is_not_understood_is_sent_once() -> None:
    """The library would send it again in every version it knows, and keep to the last."""
    body = (
        b'<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>'
        b"<faultcode>a:ErrorInvalidRequest</faultcode><faultstring>The request is invalid.</faultstring><detail>"
        b'<e:ResponseCode xmlns:e="http://schemas.microsoft.com/exchange/services/2006/errors">ErrorInvalidRequest'
        b"</e:ResponseCode></detail></s:Fault></s:Body></s:Envelope>"
    )
    with _answering((500, {}, body)) as (exchange, seen), pytest.raises(ProviderError, match="request is invalid"):
        exchange.call(OPERATION, _look)
    assert len(seen) == 1


def test_a_quiet_netrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password of ~/.netrc for the same host does not take the place of the account's."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login other password other\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with _answering((403, {}, b"no")) as (exchange, seen), pytest.raises(AuthError):
        exchange.call(OPERATION, _look)
    assert seen[0]["Authorization"] == "Basic YTp4"


def test_a_head_that_drips_ends() -> None:
    """An answer whose head comes byte by byte, each in time, is left in time too."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/EWS/Exchange.asmx"
        exchange = Exchange(Signed(endpoint=url, address="a@b.example", user="a"), patience=SHORT)
        thread = threading.Thread(target=_drip, args=(listening,))
        thread.start()
        begun = time.monotonic()
        with pytest.raises(TransientError):
            exchange.call(OPERATION, _look, again=False)
        assert time.monotonic() - begun < 2
        exchange.close()
        thread.join()


def _drip(listening: socket.socket) -> None:
    connection, _ = listening.accept()
    with connection, contextlib.suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-A: ")
        for _ in range(50):
            connection.sendall(b"a")
            time.sleep(0.1)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Return a file with a certificate for 127.0.0.1 that nobody signed, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "certificate.pem"
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path


def test_a_certificate_is_checked_and_a_company_may_have_its_own(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The password goes to nobody whose certificate is not trusted, and it is not tried twice."""
    with _answering((403, {}, b"no"), certificate=certificate) as (exchange, seen):
        begun = time.monotonic()
        with pytest.raises(ProviderError, match="REQUESTS_CA_BUNDLE"):
            exchange.call(OPERATION, _look)
        assert time.monotonic() - begun < 0.5
        assert seen == []
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        with pytest.raises(AuthError):
            exchange.call(OPERATION, _look)
        assert len(seen) == 1
