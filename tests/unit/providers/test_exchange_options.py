"""The settings of an Exchange account, what a sign-in leaves, and Exchange Online."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import exchangelib.transport
import pytest

from assistant.errors import AuthError, ConfigError, MissingExtraError, UsageError
from providers.exchange import auth, online, options, remembered
from providers.exchange.remembered import Signed
from tests.unit.providers.exchange_user import Memory

ADDRESS = "dana@whitfieldlegal.example"
ENDPOINT = "https://mail.whitfieldlegal.example/EWS/Exchange.asmx"
SIGNED = Signed(endpoint=ENDPOINT, address=ADDRESS, user="WHITFIELD\\dana", secret="correct horse")


def test_without_keys_all_is_asked_or_found() -> None:
    """No key is needed."""
    assert options.of({"provider": "exchange"}) == options.Options()


def test_all_keys() -> None:
    """Each key is read."""
    found = options.of(
        {
            "provider": "exchange",
            "address": ADDRESS,
            "endpoint": ENDPOINT,
            "user": "WHITFIELD\\dana",
            "auth": "oauth",
            "services": ["calendar", "mail"],
            "calendar": "Calls",
            "busy": ["Team"],
            "patience": 7,
            "client_id": "ringback",
            "token_url": "https://sts.whitfieldlegal.example/adfs/oauth2/token",
            "scope": "openid",
        }
    )
    assert found.services == ("mail", "calendar")
    assert found.patience.request == found.patience.total == timedelta(seconds=7)
    assert found.patience.throttled == timedelta(seconds=42)
    assert (found.auth, found.calendar, found.busy, found.scope) == ("oauth", "Calls", ("Team",), "openid")


def test_all_mistakes_at_once() -> None:
    """Each wrong key is named with what to write."""
    with pytest.raises(ConfigError) as caught:
        options.of(
            {
                "address": "dana",
                "endpoint": "http://mail.example.org/EWS/Exchange.asmx",
                "user": 1,
                "auth": "digest",
                "services": ["fax"],
                "calendar": "",
                "busy": "Team",
                "patience": 0,
                "token_url": "ftp://a/",
                "server": "mail",
            }
        )
    keys = sorted(problem.partition(":")[0] for problem in caught.value.problems)
    assert keys == sorted(
        ["address", "endpoint", "user", "auth", "services", "calendar", "busy", "patience", "token_url", "server"]
    )


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        (ENDPOINT, True),
        ("http://127.0.0.1:8080/EWS/Exchange.asmx", True),
        ("http://localhost/EWS/Exchange.asmx", True),
        ("http://[::1]:81/EWS/Exchange.asmx", True),
        ("http://mail.whitfieldlegal.example/EWS/Exchange.asmx", False),
        ("https://mail.example\\@evil.example/EWS", False),
        ("https://user:word@mail.example/EWS", False),
        ("https://mail.example", False),
        ("file:///etc/passwd", False),
        ("http://127.0.0.1.evil.example/", False),
    ],
)
def test_a_password_goes_over_tls_or_stays_on_this_machine(url: str, *, safe: bool) -> None:
    """Plain HTTP is for this machine alone, and an address has one meaning."""
    assert options.is_safe(url) is safe


def test_oauth_needs_its_client() -> None:
    """Where the token comes from must be said."""
    with pytest.raises(ConfigError, match="client_id, token_url and endpoint"):
        options.of({"auth": "oauth"})


@pytest.mark.parametrize(
    ("address", "is_online"),
    [
        ("dana@outlook.com", True),
        ("dana@hotmail.co.uk", True),
        ("dana@LIVE.com", True),
        ("dana@msn.com", True),
        ("dana@contoso.onmicrosoft.com", True),
        (ADDRESS, False),
        ("dana@outlook.whitfieldlegal.example", False),
        ("dana@myhotmail.com", False),
    ],
)
def test_addresses_of_exchange_online(address: str, *, is_online: bool) -> None:
    """A domain of Microsoft's own is on Exchange Online; of another nobody can tell."""
    assert online.is_address(address) is is_online


@pytest.mark.parametrize(
    ("url", "is_online"),
    [
        ("https://outlook.office365.com/EWS/Exchange.asmx", True),
        ("https://OUTLOOK.office.com/EWS/Exchange.asmx", True),
        ("https://autodiscover-s.outlook.com/autodiscover/autodiscover.svc", True),
        (ENDPOINT, False),
        ("https://outlook.office365.com.evil.example/", False),
    ],
)
def test_servers_of_exchange_online(url: str, *, is_online: bool) -> None:
    """They are known by their names."""
    assert online.is_host(url) is is_online


def test_the_refusal_names_the_way_and_the_dates() -> None:
    """Whoever is on Exchange Online is told what to run instead, and why."""
    found = online.refusal(ADDRESS)
    assert isinstance(found, UsageError)
    for part in ("ringback connect microsoft365", "2026-10-01", "2027-04-01", ADDRESS):
        assert part in str(found)


def test_a_sign_in_is_kept_whole() -> None:
    """What is stored is read again, and shows no secret when it is printed."""
    secrets = Memory()
    remembered.store(secrets, SIGNED)
    assert remembered.load(secrets) == SIGNED
    assert "correct horse" not in repr(SIGNED)


@pytest.mark.parametrize("text", [None, "", "{}", '{"endpoint": 1}', "[]"])
def test_a_sign_in_that_cannot_be_read_is_none(text: str | None) -> None:
    """Then the user is asked to sign in."""
    secrets = Memory()
    if text is not None:
        secrets.set(remembered.SECRET, text)
    with pytest.raises(AuthError, match="ringback connect exchange"):
        remembered.signed(secrets, options.Options())


@pytest.mark.parametrize(
    "settings",
    [{"address": "sam@whitfieldlegal.example"}, {"endpoint": "https://b.example/EWS"}, {"user": "x"}, {"auth": "ntlm"}],
)
def test_other_settings_need_another_sign_in(settings: dict[str, object]) -> None:
    """A password is not sent elsewhere than where it was given for."""
    secrets = Memory()
    remembered.store(secrets, SIGNED)
    assert remembered.signed(secrets, options.of({"address": ADDRESS, "endpoint": ENDPOINT})) == SIGNED
    with pytest.raises(AuthError, match="another"):
        remembered.signed(secrets, options.of(settings))


@pytest.mark.parametrize(
    ("passed", "waits"),
    [(timedelta(), True), (timedelta(minutes=14), True), (timedelta(minutes=15), False), (-timedelta(hours=1), False)],
)
def test_a_sign_in_that_was_refused_rests(passed: timedelta, *, waits: bool) -> None:
    """For a quarter of an hour, unless somebody signs in anew; a clock that was set back makes nobody wait."""
    secrets, moment = Memory(), datetime(2026, 3, 2, 9, tzinfo=UTC)
    remembered.heed(secrets, moment)
    remembered.refuse(secrets, moment)
    if waits:
        with pytest.raises(AuthError, match="ringback connect exchange"):
            remembered.heed(secrets, moment + passed)
    remembered.store(secrets, SIGNED)
    remembered.heed(secrets, moment + passed)
    remembered.refuse(secrets, moment)
    remembered.forget(secrets)
    assert secrets.values == {}


def test_kerberos_without_its_library_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """The install line is exact."""
    monkeypatch.delitem(exchangelib.transport.AUTH_TYPE_MAP, "gssapi", raising=False)
    with pytest.raises(MissingExtraError, match=r"pip install 'ringback\[exchange,exchange-kerberos\]'"):
        auth.type_of("kerberos")


def test_the_package_loads_no_library() -> None:
    """A look at which functions the provider has costs nothing."""
    code = "import sys, providers.exchange; print([name for name in sys.modules if 'exchangelib' in name])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
