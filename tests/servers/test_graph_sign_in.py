"""Signing in to our Microsoft with the real msal, being renewed, being refused, and signing out."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from assistant.errors import AuthError, ConfigError, ProviderError, TransientError, UsageError
from providers import _redirect as redirect
from providers import microsoft365
from providers._net import Patience
from providers.microsoft365 import entra, scopes, token
from providers.microsoft365.service import Graph, at
from tests.servers.graph.browser import visit
from tests.servers.graph.faults import Broken, Error, Fault, Status
from tests.unit.providers.graph_user import Person, User

if TYPE_CHECKING:
    from assistant.ports import Finding
    from tests.servers.graph.faults import Kind
    from tests.servers.graph.server import GraphServer

NOBODY = timedelta(seconds=0.2)
SHORT = Patience(request=timedelta(seconds=1), total=timedelta(seconds=1), throttled=timedelta(seconds=1))


@pytest.fixture
def user(graph_server: GraphServer) -> User:
    """Return a user of the server who has not signed in yet."""
    return User(graph_server)


def _ask(user: User) -> object:
    """Ask as a pass does that has just started."""
    graph = Graph(user.tokens(), root=user.server.url, patience=SHORT)
    try:
        return graph.call("mailbox.changes", "GET", at("me"))["mail"]
    finally:
        graph.close()


def _findings(user: User, now: datetime | None = None) -> dict[str, Finding]:
    found = microsoft365.examine(user.settings, user.secrets, now or datetime.now(UTC))
    return {one.subject: one for one in found}


def test_signing_in_asks_as_a_public_client_should(user: User) -> None:
    """PKCE, a loopback redirect, the rights of the services with offline_access, and the answer not in an address."""
    person = Person()
    assert user.sign_in(person) == user.server.address
    asked = person.asked
    assert urlsplit(asked["redirect_uri"]).hostname == "localhost"
    assert (asked["code_challenge_method"], asked["response_mode"], asked["prompt"]) == (
        "S256",
        "form_post",
        "select_account",
    )
    assert set(asked["scope"].split()) == {
        *scopes.wanted(("mail", "calendar", "contacts")),
        "offline_access",
        "openid",
        "profile",
    }
    assert person.told[0].startswith("Microsoft will ask whether Ringback may:")
    assert "You can close this page" in person.page
    assert [one.operation for one in user.server.traffic] == ["entra.authorize", "entra.token", "GET /me"]


def test_what_is_kept(user: User) -> None:
    """One secret has msal's cache and for whom it is; a repr shows no token."""
    user.sign_in()
    assert set(user.secrets.values) == {"token"}
    kept = user.kept
    assert (kept["address"], kept["tenant"]) == (user.server.address, "common")
    assert kept["client_id"] == user.server.state.entra.client_id
    (refresh,) = user.server.state.entra.grants
    assert refresh in kept["cache"]
    assert refresh not in repr(token.load(user.secrets))


def test_starting_costs_no_request(user: User) -> None:
    """An access token that is good is used again by the next process: no discovery and no renewal."""
    user.sign_in()
    user.server.reset_traffic()
    assert _ask(user) == user.server.address
    assert [one.operation for one in user.server.traffic] == ["GET /me"]


def test_it_is_renewed_in_silence(user: User) -> None:
    """An access token that ended is traded for a new one, which is kept."""
    user.sign_in()
    before = user.kept["cache"]
    user.server.state.entra.end_access()
    user.server.reset_traffic()
    assert _ask(user) == user.server.address
    assert [one.operation for one in user.server.traffic] == ["GET /me", "entra.token", "GET /me"]
    assert user.kept["cache"] != before
    user.server.reset_traffic()
    _ask(user)
    assert user.server.calls("entra.*") == []


def test_a_claims_challenge_is_answered(user: User) -> None:
    """Continuous access evaluation: the challenge is carried to the sign-in, and the pass goes on."""
    user.sign_in()
    user.server.state.entra.demand_claims()
    user.server.clock.advance(timedelta(seconds=1))
    assert _ask(user) == user.server.address


@pytest.mark.parametrize("code", [50173, 700082])
def test_a_revoked_sign_in_names_the_command(user: User, code: int) -> None:
    """A new password, a revocation and long disuse end it; what is kept stays for `doctor` to look at."""
    user.sign_in()
    user.server.state.entra.revoke(code)
    with pytest.raises(AuthError, match=rf"AADSTS{code}.*Run: ringback connect microsoft365"):
        _ask(user)
    assert _findings(user)["sign-in"].sign_in
    user.server.state.entra.grants.clear()
    assert user.sign_in() == user.server.address
    assert _ask(user) == user.server.address


@pytest.mark.parametrize("kind", [Broken.DROP_BEFORE, Broken.GARBAGE, Status(503), Status(429, "5"), Broken.CUT])
def test_a_sign_in_service_that_is_away_is_not_the_end(user: User, kind: Kind) -> None:
    """Where a renewal gets no answer that counts, the next pass tries again; nothing is lost."""
    user.sign_in()
    before = user.kept
    user.server.state.entra.end_access()
    user.server.faults.add(Fault("entra.token", kind, times=20))
    with pytest.raises(TransientError):
        _ask(user)
    assert user.kept == before
    user.server.faults.clear()
    assert _ask(user) == user.server.address


def test_device_code(user: User) -> None:
    """`--headless` shows an address and a code, waits until it was entered, and opens no browser."""
    user.server.state.entra.waits = 1
    person = Person()
    assert user.sign_in(person, headless=True) == user.server.address
    assert person.opened == []
    assert "/common/oauth2/deviceauth" in person.told[-1]
    assert "enter the code" in person.told[-1]
    assert len(user.server.calls("entra.token")) == 2
    assert _ask(user) == user.server.address


def test_a_device_code_that_nobody_agrees_to(user: User) -> None:
    """The user's no is told as that, and nothing is kept."""
    user.server.state.entra.refuses = 65004
    with pytest.raises(AuthError, match="did not agree"):
        user.sign_in(headless=True)
    assert user.secrets.values == {}


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (65004, "you did not agree"),
        (65001, "you did not agree"),
        (90008, "you did not agree"),
        (90094, "https://login.microsoftonline.com/organizations/adminconsent"),
    ],
)
@pytest.mark.parametrize("headless", [False, True])
def test_refusals_are_told_plainly(user: User, code: int, said: str, *, headless: bool) -> None:
    """Consent denied and an administrator's right each have their own words; nothing is stored."""
    user.server.state.entra.refuses = code
    with pytest.raises(AuthError, match="Nothing was stored") as caught:
        user.sign_in(headless=headless)
    assert said in str(caught.value)
    assert f"AADSTS{code}" in str(caught.value)
    assert user.secrets.values == {}


@pytest.mark.parametrize("headless", [False, True])
def test_an_unknown_registration_is_a_setting(user: User, *, headless: bool) -> None:
    """Microsoft shows a page of its own in the browser, so the time runs out with a hint; a device code says it."""
    user.settings["client_id"] = "11111111-2222-3333-4444-555555555555"
    if headless:
        with pytest.raises(ConfigError, match="does not know this client_id"):
            user.sign_in(headless=True)
    else:
        with pytest.raises(AuthError, match="AADSTS700016 that the client_id is wrong"):
            user.sign_in_within(NOBODY, Person())
    assert user.secrets.values == {}


def test_nobody_answers(user: User) -> None:
    """When the time is over, the likeliest error pages are told with their remedies."""
    with pytest.raises(AuthError, match="Need admin approval"):
        user.sign_in_within(NOBODY, Person(browser=lambda _: True))


def test_without_a_browser_the_address_is_shown(user: User) -> None:
    """It can be opened by hand on this machine."""
    person = Person(browser=lambda _: False)

    def by_hand() -> None:
        while len(person.opened) == 0 or len(person.told) < 2:
            time.sleep(0.01)
        visit(person.opened[0])

    thread = threading.Thread(target=by_hand)
    thread.start()
    assert user.sign_in(person) == user.server.address
    thread.join()
    assert "No browser could be opened" in person.told[-1]


def test_rights_that_were_not_given(user: User) -> None:
    """Each missing right is told with what does not work without it."""
    user.server.state.entra.ticks = frozenset({"User.Read", "Mail.ReadWrite", "MailboxSettings.ReadWrite"})
    with pytest.raises(AuthError, match=r"Calendars\.ReadWrite \(without it no call gets a time") as caught:
        user.sign_in()
    assert "callers have no names" in str(caught.value)
    assert user.secrets.values == {}


def test_another_user_is_refused(user: User) -> None:
    """The calls that are known are those of one mailbox; the former sign-in stays."""
    user.sign_in()
    kept = json.loads(user.secrets.values["token"])
    kept |= {"address": "other@example.org", "home": "1.2"}
    user.secrets.values["token"] = json.dumps(kept)
    with pytest.raises(AuthError, match=r"this account is that of other@example\.org"):
        user.sign_in()
    assert user.kept == kept


def test_signing_in_again_suggests_the_account(user: User) -> None:
    """The page of the second sign-in knows who is meant, and the id of the app is not asked again."""
    user.sign_in()
    del user.settings["client_id"]
    person = Person()
    user.sign_in(person)
    assert person.asked["login_hint"] == user.server.address
    assert "prompt" not in person.asked


def test_the_id_of_the_app_is_asked_for(user: User) -> None:
    """Without it in the settings it is pasted once, and kept; what is no id is told."""
    given = str(user.settings.pop("client_id"))
    with pytest.raises(UsageError, match="no application"):
        user.sign_in(Person(answers=("ringback",)))
    assert user.sign_in(Person(answers=(f" {given.upper()} ",))) == user.server.address
    assert user.kept["client_id"] == given
    assert _ask(user) == user.server.address


def test_personal_and_work_accounts(user: User) -> None:
    """Which kind it is stands in the id token, and says where to look after a logout."""
    user.sign_in()
    kept = user.kept
    assert kept["personal"] is True
    assert "https://account.live.com/consent/Manage" in str(microsoft365.sign_out(user.settings, user.secrets))
    user.secrets.values["token"] = json.dumps(kept | {"personal": False})
    assert "https://myapps.microsoft.com" in str(microsoft365.sign_out(user.settings, user.secrets))


def test_a_tenant_of_its_own(user: User) -> None:
    """`tenant` is where the sign-in is asked; another one in the settings needs another sign-in."""
    user.settings["tenant"] = "WhitfieldLegal.example"
    person = Person()
    user.sign_in(person)
    assert "/whitfieldlegal.example/oauth2/v2.0/authorize" in person.opened[0]
    assert _ask(user) == user.server.address
    user.settings["tenant"] = "organizations"
    with pytest.raises(AuthError, match=r"tenant whitfieldlegal\.example"):
        _ask(user)


def test_signing_out(user: User) -> None:
    """What is kept is deleted, even where the settings are wrong; a second time there is nothing to say."""
    user.sign_in()
    user.settings["patience"] = "wrong"
    assert user.server.address in str(microsoft365.sign_out(user.settings, user.secrets))
    assert user.secrets.values == {}
    assert microsoft365.sign_out(user.settings, user.secrets) is None


def test_what_the_settings_want_must_have_been_granted(user: User) -> None:
    """Without a sign-in, with that of another app, or with too few rights, the command is named."""
    with pytest.raises(AuthError, match="nobody is signed in"):
        user.tokens()
    user.settings["services"] = ["calendar"]
    user.sign_in()
    user.settings["services"] = ["calendar", "contacts"]
    with pytest.raises(AuthError, match=r"Contacts\.Read \(without it callers have no names\)"):
        user.tokens()
    user.settings |= {"services": ["calendar"], "client_id": "11111111-2222-3333-4444-555555555555"}
    with pytest.raises(AuthError, match="another app registration"):
        user.tokens()


@pytest.mark.parametrize("text", ["{", '{"cache": 5}', "[]", ""])
def test_a_damaged_sign_in_is_none(user: User, text: str) -> None:
    """It is as if nobody were signed in."""
    user.secrets.values["token"] = text
    with pytest.raises(AuthError, match="nobody is signed in"):
        user.tokens()


@pytest.mark.parametrize("cache", ["", "{}", "{", "[]", '{"Account": 5}', '{"Account": {"a": []}}'])
def test_a_damaged_cache_is_told(user: User, cache: str) -> None:
    """What msal cannot read is mended by signing in, not by waiting."""
    user.sign_in()
    user.secrets.values["token"] = json.dumps(user.kept | {"cache": cache})
    with pytest.raises(AuthError, match="cannot be read"):
        _ask(user)


def test_no_secret_is_logged(user: User, caplog: pytest.LogCaptureFixture) -> None:
    """With everything logged neither codes nor tokens show, by the libraries' own loggers either."""
    caplog.set_level(logging.DEBUG)
    user.sign_in()
    user.server.state.entra.end_access()
    _ask(user)
    (refresh,) = user.server.state.entra.grants
    assert refresh not in caplog.text
    assert "M.C5_BAY" not in caplog.text
    assert "EwB" not in caplog.text
    assert [one for one in caplog.records if one.name.split(".")[0] in {"msal", "httpx", "httpcore"}] == []


def test_a_forged_answer_does_not_end_the_waiting(user: User) -> None:
    """A page of somebody else that posts to the listener is refused, and the right answer still counts."""

    def browser(url: str) -> bool:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        back = asked["redirect_uri"].replace("localhost", "127.0.0.1")
        forged = httpx.post(back, data={"state": "forged", "code": "theirs"})
        assert forged.status_code == 400
        assert httpx.post(f"{back}/x", data={"state": asked["state"], "code": "1"}).status_code == 404
        assert httpx.post(back, data={"state": asked["state"]}).status_code == 404
        assert httpx.post(back, content=b"x" * 70_000).status_code == 404
        visit(url)
        return True

    assert user.sign_in(Person(browser=browser)) == user.server.address


def test_the_page_listens_on_the_loopback_alone() -> None:
    """Nobody else on the network can reach it, whatever the browser calls it."""
    with redirect.Redirect("localhost") as page:
        assert page._server.server_address[0] == "127.0.0.1"
        assert page.address.startswith("http://localhost:")


def test_the_verifier_proves_who_asked(user: User) -> None:
    """The code is traded with the verifier of the challenge that the page saw."""
    person, sent = Person(), []

    def watch(moment: str, request: object) -> None:
        body = bytes(getattr(request, "body", b""))
        if moment == "before" and b"code_verifier" in body:
            sent.append(parse_qs(body.decode())["code_verifier"][0])

    user.server.watch = watch
    user.sign_in(person)
    (verifier,) = sent
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    assert person.asked["code_challenge"] == digest


def test_a_sign_in_that_cannot_be_reached(user: User) -> None:
    """Nothing is stored, and it is told as an outage."""
    user.server.faults.add(Fault("entra.token", Broken.DROP_BEFORE, times=9))
    with pytest.raises(TransientError):
        user.sign_in()
    user.server.faults.add(Fault("entra.devicecode", Broken.GARBAGE, times=9))
    with pytest.raises(TransientError):
        user.sign_in(headless=True)
    assert user.secrets.values == {}


def test_a_mailbox_that_says_no_does_not_end_the_sign_in(user: User) -> None:
    """Where /me is refused, the name of the sign-in is the address, and the refusal is told."""
    user.server.faults.add(Fault("GET /me", Error("MailboxNotEnabledForRESTAPI"), times=9))
    person = Person()
    assert user.sign_in(person) == user.server.address
    assert "ringback connect exchange" in person.told[-1]


def test_an_answer_of_the_sign_in_without_end_ends(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not read further than a sign-in can be long."""
    user.sign_in()
    monkeypatch.setattr(entra, "_LARGEST", 1 << 20)
    user.server.state.entra.end_access()
    user.server.faults.add(Fault("entra.token", Broken.HUGE, times=9))
    with pytest.raises(ProviderError):
        _ask(user)


def test_doctor_finds_a_good_account_well(user: User) -> None:
    """Sign-in, mail, labels, calendar, contacts and clock are looked at, and nothing is written."""
    user.sign_in()
    found = _findings(user)
    assert {one.level for one in found.values()} == {"ok"}, found
    assert set(found) == {"sign-in", "mail", "labels", "calendar", "contacts", "clock"}
    assert "a personal account, less than a day old" in found["sign-in"].text
    assert {one.operation.split()[0] for one in user.server.calls("* *")} == {"GET"}


def test_doctor_finds_what_is_wrong(user: User) -> None:
    """A calendar that is not there, a list and contacts that are refused are each told; nothing hides another."""
    user.sign_in()
    user.settings |= {"calendar": "Calls", "busy": ["Team"]}
    user.server.faults.add(Fault("GET /me/outlook/masterCategories", Error("ErrorAccessDenied")))
    user.server.faults.add(Fault("GET /me/contacts", Error("ErrorAccessDenied")))
    found = _findings(user)
    assert "busy: there is no calendar 'Team'. There are: " in found["calendar"].text
    assert (found["labels"].level, found["contacts"].level, found["mail"].level) == ("warning", "fault", "ok")


def test_doctor_knows_a_clock_that_is_wrong(user: User) -> None:
    """Five minutes are forgiven."""
    user.sign_in()
    ahead = _findings(user, datetime.now(UTC) + timedelta(minutes=20))["clock"]
    assert (ahead.level, "20 minutes ahead of Microsoft's" in ahead.text) == ("warning", True)
    assert "20 minutes behind" in _findings(user, datetime.now(UTC) - timedelta(minutes=20))["clock"].text


def test_doctor_without_a_sign_in(user: User) -> None:
    """It says that signing in mends it; settings that are wrong are their own fault."""
    assert _findings(user)["sign-in"].sign_in
    user.settings["patience"] = "wrong"
    assert _findings(user)["settings"].level == "fault"


def test_doctor_does_not_wait_long(user: User) -> None:
    """Where nothing answers, it is told within seconds."""
    user.sign_in()
    user.server.faults.add(Fault("GET *", Broken.DROP_BEFORE, times=10_000))
    begun = time.monotonic()
    found = _findings(user)
    assert time.monotonic() - begun < 12
    assert found["mail"].level == "fault"


def test_a_calendar_of_its_own(user: User) -> None:
    """`own_calendar` makes it at sign-in once, by its name."""
    user.settings |= {"calendar": "Calls", "own_calendar": True}
    user.sign_in()
    user.sign_in()
    assert len(user.server.calls("POST /me/calendars")) == 1
    assert _findings(user)["calendar"].text == "Calls gets slots and holds"


def test_a_calendar_that_cannot_be_made(user: User) -> None:
    """The sign-in is kept, and the message says how to go on."""
    user.settings |= {"calendar": "Calls", "own_calendar": True}
    user.server.faults.add(Fault("POST /me/calendars", Error("ErrorAccessDenied")))
    with pytest.raises(ProviderError, match="you are signed in, but the calendar 'Calls' could not be made"):
        user.sign_in()
    assert user.kept["address"] == user.server.address
