"""Signing in to our Exchange and out: the ways in, finding the server, Exchange Online, and what `doctor` sees."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import exchangelib.transport
import msgspec
import pytest

from assistant.errors import AuthError, ConfigError, ProviderError, TransientError, UsageError
from providers.exchange import discovery, examine, options, remembered, sign_in, sign_out
from providers.exchange.service import Exchange
from tests.servers.ews.faults import Broken, Error, Fault, Status
from tests.servers.ews.server import EwsServer
from tests.servers.ews_gate import TICKET, Gate
from tests.unit.providers.exchange_user import Memory, Person

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import requests

    from assistant.ports import Finding

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _nothing_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "_named", lambda _: ())
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")


class Locked(Memory):
    """A keyring that keeps nothing now."""

    def set(self, name: str, value: str) -> None:
        """Refuse."""
        del name, value
        raise AuthError("keyring", "set", "locked")


def _settings(server: EwsServer, **more: object) -> dict[str, object]:
    return {"provider": "exchange", "endpoint": server.url, "auth": "basic", **more}


def _known(monkeypatch: pytest.MonkeyPatch, *roots: str) -> None:
    """Have these as the places that may know where a server is."""
    monkeypatch.setattr(discovery, "places", lambda _: iter(f"{root}/" for root in roots))


def _signed(secrets: Memory) -> remembered.Signed:
    found = remembered.load(secrets)
    assert found is not None
    return found


def _used(signed: remembered.Signed) -> None:
    """Use a sign-in as a pass does."""
    exchange = Exchange(signed)
    try:
        exchange.call("mailbox.changes", lambda account: account.inbox.total_count)
    finally:
        exchange.close()


def test_all_is_asked_once_tried_and_remembered(ews_server: EwsServer) -> None:
    """Address, user and password are asked for, the last one hidden; one request tries them; all is kept."""
    secrets, person = Memory(), Person(ews_server.address, "", ews_server.password)
    assert sign_in(_settings(ews_server), secrets, person, headless=False) == ews_server.address
    assert ews_server.round_trips() == 1
    assert (len(person.shown), len(person.hidden)) == (2, 1)
    assert "calls no operation that sends mail" in person.told[0]
    signed = _signed(secrets)
    assert (signed.user, signed.secret, signed.auth) == (ews_server.address, ews_server.password, "basic")
    assert signed.build[0] == 15
    assert signed.endpoint == ews_server.url


def test_what_the_settings_say_is_not_asked(ews_server: EwsServer) -> None:
    """Then only the password is."""
    person = Person(ews_server.password)
    settings = _settings(ews_server, address=ews_server.address, user=ews_server.user)
    sign_in(settings, Memory(), person, headless=True)
    assert person.shown == []


def test_a_wrong_password_is_told_within_five_seconds_and_nothing_is_kept(ews_server: EwsServer) -> None:
    """The server is asked once."""
    secrets, begun = Memory(), time.monotonic()
    with pytest.raises(AuthError, match="not accepted"):
        sign_in(_settings(ews_server), secrets, Person(ews_server.address, "", "wrong"), headless=False)
    assert time.monotonic() - begun < 5
    assert ews_server.round_trips() == 1
    assert secrets.values == {}


@pytest.mark.parametrize(
    "address", ["dana", "dana@", "@b", "a@b@c", "a@b..c", "a@evil.example/", "a@b:80", "a@b\\c", "a@[::1]"]
)
def test_an_address_that_is_none_is_told_before_a_password_is_asked(address: str) -> None:
    """The user typed something else, or something of which a web address of another host could be made."""
    person = Person(address)
    with pytest.raises(UsageError, match="no mail address"):
        sign_in({}, Memory(), person, headless=False)
    assert person.hidden == []


def test_a_place_without_exchange(ews_server: EwsServer) -> None:
    """A wrong path is told as that, without waiting."""
    ews_server.faults.add(Fault("*", Status(404)))
    with pytest.raises(ProviderError, match="no Exchange at this address"):
        sign_in(_settings(ews_server), Memory(), Person(ews_server.address, "", ews_server.password), headless=False)


def test_a_dead_server_is_told_in_time() -> None:
    """Nobody waits for half a minute at a prompt."""
    begun = time.monotonic()
    settings = {"endpoint": "http://127.0.0.1:9/EWS/Exchange.asmx", "auth": "basic"}
    with pytest.raises(TransientError, match="no answer"):
        sign_in(settings, Memory(), Person("dana@whitfieldlegal.example", "", "x"), headless=False)
    assert time.monotonic() - begun < 8


# --- Exchange Online ---


@pytest.mark.parametrize("address", ["dana@outlook.com", "dana@contoso.onmicrosoft.com"])
def test_an_address_of_exchange_online_is_noticed_before_a_password_is_asked(address: str) -> None:
    """The user is pointed to the provider for it."""
    person = Person(address)
    with pytest.raises(UsageError, match="ringback connect microsoft365"):
        sign_in({}, Memory(), person, headless=False)
    assert person.hidden == []


def test_an_endpoint_of_exchange_online_is_noticed() -> None:
    """A domain of one's own may be there too, and the settings show it."""
    settings = {"endpoint": "https://outlook.office365.com/EWS/Exchange.asmx"}
    person = Person("dana@whitfieldlegal.example")
    with pytest.raises(UsageError, match="ringback connect microsoft365"):
        sign_in(settings, Memory(), person, headless=False)
    assert person.hidden == []


@pytest.mark.parametrize(
    ("told", "value"),
    [
        ("endpoint", "https://outlook.office365.com/EWS/Exchange.asmx"),
        ("redirect_url", "https://autodiscover-s.outlook.com/autodiscover/autodiscover.svc"),
        ("redirect_address", "dana@contoso.mail.onmicrosoft.com"),
    ],
)
def test_discovery_that_leads_to_exchange_online_is_noticed(
    ews_server: EwsServer, monkeypatch: pytest.MonkeyPatch, told: str, value: str
) -> None:
    """A company that has moved its mailboxes there answers so; the password does not follow."""
    _known(monkeypatch, ews_server.root)
    setattr(ews_server.discovery, told, value)
    with pytest.raises(UsageError, match="ringback connect microsoft365"):
        sign_in({"auth": "basic"}, Memory(), Person(ews_server.address, "", ews_server.password), headless=False)


# --- Finding the server ---


@pytest.mark.parametrize("soap", [True, False])
def test_the_server_is_found(ews_server: EwsServer, monkeypatch: pytest.MonkeyPatch, *, soap: bool) -> None:
    """By SOAP as Exchange speaks it, or by the older way that other servers know alone."""
    _known(monkeypatch, "http://127.0.0.1:9", ews_server.root)
    ews_server.discovery.soap = soap
    secrets = Memory()
    sign_in({"auth": "basic"}, secrets, Person(ews_server.address, "", ews_server.password), headless=False)
    assert _signed(secrets).endpoint == ews_server.url
    ews_server.reset_traffic()
    _used(_signed(secrets))
    assert ews_server.calls("Autodiscover") == []


@pytest.mark.parametrize("is_there", [True, False])
def test_a_place_that_cannot_be_trusted_is_passed_over(
    ews_server: EwsServer, monkeypatch: pytest.MonkeyPatch, *, is_there: bool
) -> None:
    """Many a domain has a web site there with the certificate of its host; it is told of if nobody else knows."""
    tasted = discovery._tasted

    def taste(url: str) -> object:
        if url.startswith("https://web.example"):
            raise ProviderError("exchange", "autodiscover", "its certificate is not trusted")
        return tasted(url)

    monkeypatch.setattr(discovery, "_tasted", taste)
    _known(monkeypatch, "https://web.example", ews_server.root if is_there else "http://127.0.0.1:9")
    secrets, person = Memory(), Person(ews_server.address, "", ews_server.password)
    if is_there:
        assert sign_in({"auth": "basic"}, secrets, person, headless=False) == ews_server.address
    else:
        with pytest.raises(ProviderError, match="certificate"):
            sign_in({"auth": "basic"}, secrets, person, headless=False)


def test_a_wrong_password_is_told_to_one_place_alone(ews_server: EwsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each further place would be a step to a locked account."""
    _known(monkeypatch, ews_server.root, ews_server.root.replace("127.0.0.1", "localhost"))
    with pytest.raises(AuthError):
        sign_in({"auth": "basic"}, Memory(), Person(ews_server.address, "", "wrong"), headless=False)
    # One without a password, which shows the ways in, and one with it.
    assert ews_server.round_trips() == 2


def test_another_address_is_followed(ews_server: EwsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server may know the account by another address."""
    _known(monkeypatch, ews_server.root)
    with EwsServer() as other:
        other.discovery.redirect_address = ews_server.address
        monkeypatch.setattr(
            discovery, "places", lambda domain: iter([f"{other.root if domain == 'old.example' else ews_server.root}/"])
        )
        person = Person("dana@old.example", ews_server.user, ews_server.password)
        secrets = Memory()
        assert sign_in({"auth": "basic"}, secrets, person, headless=False) == ews_server.address
    signed = _signed(secrets)
    assert signed.endpoint == ews_server.url
    given = options.of({"address": "dana@old.example"})
    assert remembered.signed(secrets, given) == signed


@pytest.mark.parametrize(
    "url",
    [
        *("https://mail.evil.example/autodiscover/autodiscover.svc", "http://a.example.org/", "https://[1", "//[::x"),
        *("https://a.example.org\\@evil.example/", "https://example.org.evil.example/", "https://evilexample.org/"),
    ],
)
def test_a_redirect_to_anybody_is_not_followed(
    ews_server: EwsServer, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """The password would go there; the user is told and decides."""
    _known(monkeypatch, ews_server.root)
    ews_server.discovery.redirect_url = url
    with pytest.raises(ConfigError, match="may be anybody's"):
        sign_in({"auth": "basic"}, Memory(), Person(ews_server.address, "", ews_server.password), headless=False)


@pytest.mark.parametrize("url", ["https://[1", "http://mail.example.org/EWS", "ftp://a/", "javascript:x"])
def test_an_endpoint_to_which_no_password_may_go(
    ews_server: EwsServer, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """What autodiscover answers is held against the same rules as what the user writes."""
    _known(monkeypatch, ews_server.root)
    ews_server.discovery.endpoint = url
    with pytest.raises(ConfigError, match="no password may go"):
        sign_in({"auth": "basic"}, Memory(), Person(ews_server.address, "", ews_server.password), headless=False)


@pytest.mark.parametrize("elsewhere", ["https://[1", "https://evil.example/", "//", "\x1b[2J"])
def test_plain_http_that_sends_anywhere(monkeypatch: pytest.MonkeyPatch, elsewhere: str) -> None:
    """Anybody on the way can write what plain HTTP answers: it is told, without what a terminal obeys."""
    monkeypatch.setattr(discovery, "_redirected", lambda _: (elsewhere,))
    with pytest.raises(ConfigError, match="may be anybody's") as told:
        list(discovery.places("whitfieldlegal.example"))
    assert str(told.value).replace("\n", "").isprintable()


@pytest.mark.parametrize("primary", ["", "no address", "a@b@c", "dana@\x9b2Jexample.org"])
def test_a_primary_address_that_is_none(ews_server: EwsServer, monkeypatch: pytest.MonkeyPatch, primary: str) -> None:
    """Then the address that was given is the one."""
    _known(monkeypatch, ews_server.root)
    monkeypatch.setattr(discovery, "_soap", lambda *_: discovery._Answer(endpoint=ews_server.url, address=primary))
    person = Person(ews_server.address, "", ews_server.password)
    assert sign_in({"auth": "basic"}, Memory(), person, headless=False) == ews_server.address


def test_two_that_send_to_each_other(ews_server: EwsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ring of redirects ends."""
    _known(monkeypatch, ews_server.root)
    monkeypatch.setattr(discovery, "_trusted", lambda url, _: url)
    ews_server.discovery.redirect_url = f"{ews_server.root}/autodiscover/autodiscover.xml"
    with pytest.raises(ConfigError, match="no server of"):
        sign_in({"auth": "basic"}, Memory(), Person(ews_server.address, "", ews_server.password), headless=False)
    assert ews_server.round_trips() < 8


def test_nobody_who_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The user is told which key to write."""
    _known(monkeypatch, "http://127.0.0.1:9")
    with pytest.raises(TransientError, match='endpoint = "https://'):
        sign_in({"auth": "basic"}, Memory(), Person("dana@whitfieldlegal.example", "", "x"), headless=False)


def test_the_user_may_know_where_the_server_is(ews_server: EwsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has no configuration yet need not write one: the address is asked for, and remembered."""
    _known(monkeypatch, "http://127.0.0.1:9")
    secrets, person = Memory(), Person(ews_server.address, "", ews_server.password, f" {ews_server.url}")
    assert sign_in({"auth": "basic"}, secrets, person, headless=False) == ews_server.address
    assert _signed(secrets).endpoint == ews_server.url
    assert "no server of example.org answers" in person.told[-2]


@pytest.mark.parametrize("text", ["mail.example.org", "http://mail.example.org/EWS/", "https://a\\@b.example/"])
def test_an_address_of_the_server_that_is_none(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """No password goes there; it is told which addresses are some."""
    _known(monkeypatch, "http://127.0.0.1:9")
    with pytest.raises(UsageError, match="begins with https://"):
        sign_in({"auth": "basic"}, Memory(), Person("dana@other.example", "", "x", text), headless=False)


def test_the_address_of_exchange_online_is_noticed_when_it_is_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No password goes there either."""
    _known(monkeypatch, "http://127.0.0.1:9")
    person = Person("dana@other.example", "", "x", "https://outlook.office365.com/EWS/Exchange.asmx")
    with pytest.raises(UsageError, match="microsoft365"):
        sign_in({"auth": "basic"}, Memory(), person, headless=False)


def test_an_empty_answer_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who does not know is told again what was wrong."""
    _known(monkeypatch, "http://127.0.0.1:9")
    with pytest.raises(TransientError, match="no server of"):
        sign_in({"auth": "basic"}, Memory(), Person("dana@other.example", "", "x", ""), headless=False)


def test_an_unknown_account(ews_server: EwsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that does not know the address says so, and no other is asked."""
    _known(monkeypatch, ews_server.root)
    ews_server.discovery.address = "sam@example.org"
    with pytest.raises(AuthError, match="no mailbox here has this address"):
        sign_in({"auth": "basic"}, Memory(), Person(ews_server.address, "", ews_server.password), headless=False)


def test_the_places_are_those_of_the_domain(monkeypatch: pytest.MonkeyPatch) -> None:
    """First the domain's own, over TLS; a redirect or a DNS record counts where it stays in the domain."""
    monkeypatch.setattr(discovery, "_redirected", lambda _: ("https://mail.whitfieldlegal.example/autodiscover/",))
    monkeypatch.setattr(discovery, "_named", lambda _: ("https://x.whitfieldlegal.example/",))
    assert list(discovery.places("whitfieldlegal.example")) == [
        "https://autodiscover.whitfieldlegal.example/",
        "https://whitfieldlegal.example/",
        "https://mail.whitfieldlegal.example/",
        "https://x.whitfieldlegal.example/",
    ]
    monkeypatch.setattr(discovery, "_redirected", lambda _: ("https://outlook.office365.com/autodiscover/",))
    with pytest.raises(UsageError, match="microsoft365"):
        list(discovery.places("whitfieldlegal.example"))


# --- The ways in ---


@pytest.fixture
def ntlm(ews_server: EwsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """Return a gate that lets the user dana of the domain WHITFIELD in by NTLM."""
    users = tmp_path / "users"
    users.write_text("WHITFIELD:dana:correct horse\n")
    monkeypatch.setenv("NTLM_USER_FILE", str(users))
    with Gate(ews_server, "NTLM") as gate:
        yield gate


def test_the_way_in_is_found_and_remembered(ews_server: EwsServer, ntlm: Gate) -> None:
    """NTLM, where the server offers it, tells nobody the password; a later start asks no more which way."""
    secrets, person = Memory(), Person(ews_server.address, "WHITFIELD\\dana", "correct horse")
    sign_in({"endpoint": ntlm.url}, secrets, person, headless=False)
    assert _signed(secrets).auth == "ntlm"
    ntlm.requests = 0
    exchange = Exchange(_signed(secrets))
    for _ in range(3):
        exchange.call("mailbox.changes", lambda account: account.root.id)
    exchange.close()
    # Three legs of the handshake, the last with the request in it.
    assert ntlm.requests == 3


def test_a_wrong_password_by_ntlm_is_told_at_once(ews_server: EwsServer, ntlm: Gate) -> None:
    """One handshake, no more."""
    person = Person(ews_server.address, "WHITFIELD\\dana", "wrong")
    with pytest.raises(AuthError, match="not accepted"):
        sign_in({"endpoint": ntlm.url, "auth": "ntlm"}, Memory(), person, headless=False)
    assert ntlm.requests == 3


def test_an_endpoint_that_is_no_exchange(ews_server: EwsServer) -> None:
    """Where nobody asks for a sign-in there is no Exchange."""
    with Gate(ews_server, "Nobody") as gate, pytest.raises(ConfigError, match="no Exchange answers"):
        sign_in({"endpoint": gate.url}, Memory(), Person(ews_server.address, "", "x"), headless=False)


def test_a_way_in_that_is_offered_and_does_not_work(ews_server: EwsServer) -> None:
    """A proxy may break NTLM, which the server behind it offers; the user is told of the other way."""
    person = Person(ews_server.address, "", ews_server.password)
    with pytest.raises(AuthError, match='auth = "basic"'):
        sign_in({"endpoint": ews_server.url}, Memory(), person, headless=False)


@pytest.fixture
def bearer(ews_server: EwsServer) -> Iterator[Gate]:
    """Return a gate that lets in by tokens."""
    with Gate(ews_server, "Bearer") as gate:
        yield gate


def _oauth(gate: Gate) -> dict[str, object]:
    client = {"client_id": "ringback", "token_url": gate.token_url, "scope": "openid"}
    return {"address": gate.server.address, "endpoint": gate.url, "auth": "oauth", **client}


@pytest.mark.parametrize("secret", ["a secret", ""])
def test_a_refresh_token_signs_in_and_a_new_one_is_kept(bearer: Gate, secret: str) -> None:
    """Tokens that replace each other are stored at once: the old one may be dead."""
    secrets = Memory()
    sign_in(_oauth(bearer), secrets, Person(secret, "refresh-0"), headless=False)
    assert _signed(secrets).refresh_token == bearer.refresh_token != "refresh-0"
    signed = _signed(secrets)
    exchange = Exchange(signed, renewed=remembered.renewing(signed, secrets))
    exchange.call("mailbox.changes", lambda account: account.root.id)
    exchange.close()
    assert _signed(secrets).refresh_token == bearer.refresh_token
    assert len(bearer.asked) == 2


def test_no_log_tells_who_signs_in_with_what(bearer: Gate, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever has everything logged finds no token and no secret there."""
    secrets = Memory()
    with caplog.at_level(logging.DEBUG):
        sign_in(_oauth(bearer), secrets, Person("a secret", "refresh-0"), headless=False)
    assert caplog.text  # of those who tell no secrets
    for secret in ("a secret", "a+secret", "refresh-0", bearer.refresh_token):
        assert secret not in caplog.text


def test_a_client_secret_alone_is_the_right_of_an_application(bearer: Gate) -> None:
    """It acts for the user, whom each request names."""
    secrets = Memory()
    sign_in(_oauth(bearer), secrets, Person("a secret", ""), headless=False)
    assert [one["grant_type"] for one in bearer.asked] == ["client_credentials"]


def test_a_refresh_token_that_is_dead(bearer: Gate) -> None:
    """The user is told to sign in, and the token is asked for once."""
    with pytest.raises(AuthError, match="Run: ringback connect exchange"):
        sign_in(_oauth(bearer), Memory(), Person("", "revoked"), headless=False)
    assert len(bearer.asked) == 1


@pytest.mark.parametrize("answers", [("a secret", ""), ("", "refresh-0")])
def test_tokens_that_have_expired_when_they_come_end(bearer: Gate, answers: tuple[str, str]) -> None:
    """The library alone would ask for them for ever."""
    bearer.expires_in, bearer.rotates = -10, False
    with pytest.raises(AuthError):
        sign_in(_oauth(bearer), Memory(), Person(*answers), headless=False)
    assert len(bearer.asked) < 5


def test_neither_secret_nor_token(bearer: Gate) -> None:
    """One of them is needed."""
    with pytest.raises(UsageError, match="refresh token is needed"):
        sign_in(_oauth(bearer), Memory(), Person("", ""), headless=False)


class _Ticket:
    """Signs requests as a ticket of Kerberos does."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = TICKET
        return request


def test_kerberos_asks_for_no_password(ews_server: EwsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ticket that this machine has signs in; the library that finds it is stood in for."""
    monkeypatch.setitem(exchangelib.transport.AUTH_TYPE_MAP, exchangelib.GSSAPI, _Ticket)
    secrets, person = Memory(), Person(ews_server.address)
    with Gate(ews_server, "Negotiate") as gate:
        sign_in({"endpoint": gate.url, "auth": "kerberos"}, secrets, person, headless=False)
    assert person.hidden == []
    assert _signed(secrets).secret == ""


# --- Signing out, and doctor ---


def test_signing_out_deletes(ews_server: EwsServer) -> None:
    """What is kept here goes, and the user is told what that does not do."""
    secrets = Memory()
    sign_in(_settings(ews_server), secrets, Person(ews_server.address, "", ews_server.password), headless=False)
    told = sign_out(_settings(ews_server), secrets)
    assert told is not None
    assert "nothing to revoke" in told
    assert secrets.values == {}
    assert sign_out({}, secrets) is None


def _looked(server: EwsServer, now: datetime | None = None, **more: str | list[str]) -> list[Finding]:
    secrets = Memory()
    person = Person(server.address, "", server.password)
    sign_in(_settings(server), secrets, person, headless=False)
    server.reset_traffic()
    return list(examine(_settings(server, **more), secrets, now or datetime.now(UTC)))


def _levels(found: list[Finding]) -> dict[str, str]:
    return {one.subject: one.level for one in found}


def test_all_is_well(ews_server: EwsServer) -> None:
    """Server and version, sign-in, rights on the folders, categories and clock, in two requests."""
    found = _looked(ews_server)
    subjects = ["server", "sign-in", "mail", "drafts", "calendar", "contacts", "labels", "clock"]
    assert _levels(found) == dict.fromkeys(subjects, "ok")
    assert ews_server.url in found[0].text
    assert "Exchange Server 2016" in found[0].text
    assert ews_server.round_trips() == 2


def test_before_the_sign_in() -> None:
    """It is a fault that signing in mends."""
    (found,) = examine({}, Memory(), NOW)
    assert (found.level, found.sign_in) == ("fault", True)


def test_wrong_settings() -> None:
    """They are told."""
    (found,) = examine({"adress": "x"}, Memory(), NOW)
    assert (found.level, found.subject) == ("fault", "settings")


@pytest.mark.parametrize(
    ("fault", "subject", "sign_in_mends"),
    [(Broken.UNAUTHORIZED, "sign-in", True), (Status(403), "sign-in", True), (Status(404), "server", False)],
)
def test_nobody_lets_us_in(ews_server: EwsServer, fault: Broken | Status, subject: str, *, sign_in_mends: bool) -> None:
    """Then there is nothing else to look at."""
    secrets = Memory()
    sign_in(_settings(ews_server), secrets, Person(ews_server.address, "", ews_server.password), headless=False)
    ews_server.faults.add(Fault("*", fault, times=9))
    (found,) = examine(_settings(ews_server), secrets, datetime.now(UTC))
    assert (found.level, found.subject, found.sign_in) == ("fault", subject, sign_in_mends)


def test_a_password_that_was_refused_is_left_alone(ews_server: EwsServer) -> None:
    """Whoever runs doctor again and again locks no account; signing in anew is possible at once."""
    secrets = Memory()
    sign_in(_settings(ews_server), secrets, Person(ews_server.address, "", ews_server.password), headless=False)
    ews_server.password = "another"
    ews_server.reset_traffic()
    for _ in range(3):
        (found,) = examine(_settings(ews_server), secrets, NOW)
        assert (found.level, found.sign_in) == ("fault", True)
    assert ews_server.round_trips() == 1
    sign_in(_settings(ews_server), secrets, Person(ews_server.address, "", "another"), headless=False)
    assert {one.level for one in examine(_settings(ews_server), secrets, datetime.now(UTC))} == {"ok"}


def test_a_folder_that_is_denied(ews_server: EwsServer) -> None:
    """Other folders are looked at all the same."""
    ews_server.state.folders.named("calendar").denied = True
    levels = _levels(_looked(ews_server))
    assert levels["calendar"] == "fault"
    assert levels["mail"] == levels["contacts"] == "ok"


def test_calendars_that_the_settings_name(ews_server: EwsServer) -> None:
    """One that is not there is a fault, whether it gets the calls or counts as busy; one that is there has rights."""
    top = ews_server.state.folders.named("msgfolderroot").id
    ews_server.state.folders.add("Calls", top, "IPF.Appointment")
    found = _looked(ews_server, calendar="Calls")
    assert [one.level for one in found if one.subject == "calendar"] == ["ok", "ok"]
    assert any("'Calls'" in one.text for one in found)
    for settings in ({"calendar": "Cals"}, {"busy": ["Team"]}):
        levels = [one.level for one in _looked(ews_server, **settings) if one.subject == "calendar"]
        assert levels == ["ok", "fault"]


def test_a_server_without_categories(ews_server: EwsServer) -> None:
    """Labels show without colours; that is no fault."""
    ews_server.faults.add(Fault("GetUserConfiguration", Error("ErrorInvalidOperation")))
    assert _levels(_looked(ews_server))["labels"] == "warning"


def test_a_clock_that_is_wrong(ews_server: EwsServer) -> None:
    """An hour's difference is told with its direction."""
    found = {one.subject: one for one in _looked(ews_server, datetime.now(UTC) + timedelta(hours=1))}
    assert found["clock"].level == "warning"
    assert "60 minutes ahead of" in found["clock"].text


def test_a_clock_without_a_zone(ews_server: EwsServer) -> None:
    """A server that says that it does not know its zone (RFC 5322 3.3) tells UTC."""
    secrets = Memory()
    sign_in(_settings(ews_server), secrets, Person(ews_server.address, "", ews_server.password), headless=False)
    exchange = Exchange(_signed(secrets))
    exchange._policy.date = "Mon, 02 Mar 2026 09:00:00 -0000"
    assert exchange.served == NOW


def test_what_cannot_be_kept_stops_nothing() -> None:
    """Notes beside the sign-in are a convenience; a keyring that is locked just then is no error."""
    secrets = Locked()
    remembered.refuse(secrets, NOW)
    remembered.learn(secrets, "plain", NOW)
    assert secrets.values == {}


@pytest.mark.parametrize(("days", "expected"), [(-1, None), (0, "plain"), (29, "plain"), (30, None)])
def test_what_was_learned_of_the_directory_is_believed_for_a_month(days: int, expected: str | None) -> None:
    """Then it is tried again, and it goes with the sign-in."""
    secrets = Memory()
    assert remembered.learned(secrets, NOW) is None
    remembered.learn(secrets, "plain", NOW)
    assert remembered.learned(secrets, NOW + timedelta(days=days)) == expected
    remembered.forget(secrets)
    assert secrets.values == {}


def test_another_server_has_another_directory() -> None:
    """What was learned stays with a new token or password, and goes when the account moves elsewhere."""
    secrets = Memory()
    signed = remembered.Signed(endpoint="https://a.example/", address="dana@a.example", user="dana")
    remembered.store(secrets, signed)
    remembered.learn(secrets, "plain", NOW)
    remembered.store(secrets, msgspec.structs.replace(signed, secret="new"))
    assert remembered.learned(secrets, NOW) == "plain"
    remembered.store(secrets, msgspec.structs.replace(signed, endpoint="https://b.example/"))
    assert remembered.learned(secrets, NOW) is None


def test_a_sign_in_to_exchange_online_of_old(ews_server: EwsServer) -> None:
    """Whoever signed in before Microsoft blocked it is told where to go, and nothing is asked there."""
    secrets = Memory()
    sign_in(_settings(ews_server), secrets, Person(ews_server.address, "", ews_server.password), headless=False)
    old = msgspec.structs.replace(_signed(secrets), endpoint="https://outlook.office365.com/EWS/Exchange.asmx")
    remembered.store(secrets, old)
    (found,) = examine({"auth": "basic"}, secrets, NOW)
    assert "ringback connect microsoft365" in found.text
