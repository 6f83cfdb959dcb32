"""Signing in to Google and out: what is asked, shown, stored and refused."""

from __future__ import annotations

import json
import logging
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec
import pytest
import requests
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request

from assistant.errors import AssistantError, AuthError, ConfigError, ProviderError, TransientError, UsageError
from providers import _redirect as redirect
from providers import google
from providers.google import scopes, token
from tests.servers.google.faults import Broken, Fault, Status
from tests.servers.google.server import GoogleServer
from tests.unit.providers.google_user import Person, User, agreed, asked, client_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ALL = scopes.wanted(("mail", "calendar", "contacts"))


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[User]:
    """Return a user of a server in Google's place; the library takes plain HTTP for it by this variable only."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    with GoogleServer("dana@whitfieldlegal.example") as server:
        yield User(server, tmp_path)
        assert server.violations == []
        assert server.sends() == []


def _age(user: User, by: timedelta) -> None:
    """Let the stored sign-in have happened so long ago."""
    found = msgspec.json.decode(user.secrets.values["token"], type=token.Token)
    token.store(user.secrets, msgspec.structs.replace(found, signed_in=found.signed_in - by))


def _refused(user: User, person: Person | None = None, *, headless: bool = False) -> str:
    """Return what a sign-in that must fail says; nothing may be stored."""
    with pytest.raises(AssistantError) as caught:
        user.sign_in(person, headless=headless)
    assert user.secrets.values == {}
    return str(caught.value)


def test_signing_in_asks_for_what_lasts_and_proves_who_asked(user: User) -> None:
    """The consent asks for offline access, with PKCE (S256), a state, and a redirect to a free port of the loopback."""
    person = Person()
    assert user.sign_in(person) == "dana@whitfieldlegal.example"
    (url,) = person.opened
    found = asked(url)
    assert (found["access_type"], found["prompt"], found["response_type"]) == ("offline", "consent", "code")
    assert (found["code_challenge_method"], len(found["code_challenge"])) == ("S256", 43)
    assert len(found["state"]) >= 16
    assert found["scope"].split() == ALL
    assert urlsplit(found["redirect_uri"]).hostname == "127.0.0.1"
    assert urlsplit(found["redirect_uri"]).port not in {None, 80, 443}
    assert "go back to the terminal" in person.page


def test_what_is_stored_has_no_access_token(user: User) -> None:
    """Stored are the refresh token, whose it is, since when and for what; nothing that opens the account by itself."""
    user.sign_in()
    stored = user.token
    assert stored["refresh_token"] in user.server.state.oauth.grants
    assert stored["address"] == "dana@whitfieldlegal.example"
    assert stored["client_id"] == user.server.state.oauth.client_id
    assert sorted(stored["scopes"]) == sorted(ALL)
    assert abs(datetime.fromisoformat(stored["signed_in"]) - datetime.now(UTC)) < timedelta(minutes=1)
    assert "ya29." not in user.secrets.values["token"]
    assert user.server.state.oauth.client_secret not in user.secrets.values["token"]
    assert len(user.secrets.values["token"]) < 1280, "what the smallest keyring takes"


def test_every_right_is_explained_before_the_browser_opens(user: User) -> None:
    """Each scope stands with its reason in the first thing that is shown, and so does what never happens."""
    person = Person(browser=lambda _: False)
    with pytest.raises(AuthError):
        user.sign_in_within(timedelta(seconds=0.1), person)
    first = person.told[0]
    assert [
        scope.name for scope in scopes.SCOPES if scope.url in ALL and f"{scope.why} ({scope.name})" not in first
    ] == []
    assert "no\ncode that sends" in first


def test_only_the_services_wanted_are_asked_for(user: User) -> None:
    """An account for the calendar alone asks for no mail and no contacts, and knows its address all the same."""
    user.settings["services"] = ["calendar"]
    person = Person()
    assert user.sign_in(person) == "dana@whitfieldlegal.example"
    assert asked(person.opened[0])["scope"].split() == scopes.wanted(("calendar",))
    assert "gmail" not in person.told[0]
    assert "drafts" not in person.told[0]


def test_contacts_alone_have_no_address(user: User) -> None:
    """An account for contacts alone signs in without asking for a right to learn the address."""
    user.settings["services"] = ["contacts"]
    assert user.sign_in() == "your Google account"
    assert user.server.calls("gmail.*") == user.server.calls("calendar.*") == []


def test_a_calendar_of_its_own_is_made_once(user: User) -> None:
    """Where the settings want a calendar of its own, its right is asked for and it is made, once for two sign-ins."""
    user.settings |= {"calendar": "Calls", "own_calendar": True}
    for _ in range(2):
        person = Person()
        user.sign_in(person)
        assert f"{scopes._ROOT}calendar.app.created" in asked(person.opened[0])["scope"].split()
        assert "make a calendar of its own" in person.told[0]
    assert len(user.server.calls("calendar.calendars.insert")) == 1
    del user.settings["own_calendar"]
    assert {one.subject for one in google.examine(user.settings, user.secrets, datetime.now(UTC))} >= {"calendar"}
    assert token.credentials(user.settings, user.secrets).refresh_token == user.token["refresh_token"]


def test_a_calendar_of_its_own_that_fails_keeps_the_sign_in(user: User) -> None:
    """Where the calendar cannot be made, the error is told and the sign-in stands."""
    user.settings |= {"calendar": "Calls", "own_calendar": True}
    user.server.faults.add(Fault("calendar.calendars.insert", Status(403, "quotaExceeded2")))
    with pytest.raises(ProviderError, match="you are signed in, but the calendar 'Calls' could not be made") as caught:
        user.sign_in()
    assert "make that calendar yourself in Google Calendar" in str(caught.value)
    assert "What happened: google calendar." in str(caught.value)
    assert user.token["address"] == "dana@whitfieldlegal.example"
    assert user.sign_in()


@pytest.mark.parametrize("lacks", [("calendar.app.created",), ("calendar.app.created", "contacts.readonly")])
def test_a_right_to_a_calendar_of_its_own_that_is_not_given(user: User, lacks: tuple[str, ...]) -> None:
    """Without that right the message says how to do without it, and speaks of services only where one lacks a right."""
    user.settings |= {"calendar": "Calls", "own_calendar": True}
    asks = frozenset(scopes.wanted(("mail", "calendar", "contacts", "own calendar")))
    user.server.state.oauth.ticks = asks - {f"{scopes._ROOT}{name}" for name in lacks}
    text = _refused(user)
    assert "calendar.app.created (without it no calendar can be made for the calls)" in text
    assert "make that calendar yourself in Google Calendar and leave out --own-calendar" in text
    assert ("`services`" in text) == (len(lacks) > 1)


def test_without_a_browser_the_address_is_shown(user: User) -> None:
    """Where no browser opens, the address is shown, and signing in there by hand works."""
    person = Person(browser=lambda _: False)
    by_hand = threading.Thread(target=lambda: requests.get(_shown(person), timeout=10))
    by_hand.start()
    assert user.sign_in(person) == "dana@whitfieldlegal.example"
    by_hand.join()
    assert "--headless" in person.told[-1]


def _shown(person: Person) -> str:
    """Wait until an address is shown, as a user does."""
    while not person.opened:
        threading.Event().wait(0.01)
    return person.opened[0]


def test_headless_takes_the_address_of_the_page_that_failed(user: User) -> None:
    """Without a browser here, the address that a browser elsewhere was sent to is pasted."""
    person = Person()
    assert user.sign_in(person, headless=True) == "dana@whitfieldlegal.example"
    assert person.opened == []
    assert asked(person.address())["redirect_uri"].startswith("http://127.0.0.1:")


def test_headless_asks_again_for_what_is_no_address(user: User) -> None:
    """What carries no code and no state is refused in words and asked for again, three times at most."""
    person = Person(answers=("4/0AX4XfWh", "https://accounts.example/"))
    assert user.sign_in(person, headless=True) == "dana@whitfieldlegal.example"
    assert sum("That is not it" in text for text in person.told) == 2
    user.secrets.values.clear()
    with pytest.raises(UsageError, match="was not given"):
        user.sign_in(Person(answers=("a", "b", "c", "d")), headless=True)


def test_an_answer_to_another_sign_in_is_refused(user: User) -> None:
    """The address that another sign-in was sent back to has another state, and is not taken."""
    other = Person()
    user.sign_in(other)
    user.secrets.values.clear()
    text = _refused(user, Person(answers=(agreed(other.opened[0]),)), headless=True)
    assert "state differs" in text


@pytest.mark.parametrize("state", [["evil"], [""], ["evil", "right"], ["\xe9"]])
def test_a_forged_answer_at_the_page_is_passed_over(user: User, state: list[str]) -> None:
    """An answer with a state that is not ours gets an error page, and the sign-in goes on to its own answer."""
    pages: list[requests.Response] = []

    def forge_and_agree(url: str) -> bool:
        forged = {"code": "4/evil", "state": [asked(url)["state"] if one == "right" else one for one in state]}
        pages.append(requests.get(asked(url)["redirect_uri"], params=forged, timeout=10))
        pages.append(requests.get(url, timeout=10))
        return True

    assert user.sign_in(Person(browser=forge_and_agree)) == "dana@whitfieldlegal.example"
    assert [page.ok for page in pages] == [False, True]
    assert len(user.server.calls("oauth2.token")) == 1


def test_an_answer_of_a_page_left_open_is_told_what_it_is(user: User) -> None:
    """Whoever agrees on the page of an earlier sign-in reads there that Ringback waits for another answer."""
    pages: list[requests.Response] = []

    def late(url: str) -> bool:
        answer = {"error": "access_denied", "state": "of an earlier one"}
        pages.append(requests.get(asked(url)["redirect_uri"], params=answer, timeout=10))
        return bool(requests.get(url, timeout=10))

    assert user.sign_in(Person(browser=late)) == "dana@whitfieldlegal.example"
    assert (pages[0].status_code, "belongs to another sign-in" in pages[0].text) == (400, True)


def test_signing_in_again_leaves_the_new_sign_in_alive(user: User) -> None:
    """Nothing is revoked on signing in anew: revoking the former sign-in would end the new one with it."""
    user.sign_in()
    first = user.token["refresh_token"]
    user.sign_in()
    assert user.token["refresh_token"] != first
    token.credentials(user.settings, user.secrets).refresh(Request())
    assert user.server.calls("oauth2.revoke") == []


def test_another_address_than_before_is_refused(user: User) -> None:
    """Whoever agrees as somebody else is told whose account it is and what to do; the former sign-in stays."""
    user.sign_in()
    before = dict(user.secrets.values)
    with GoogleServer("Bo@whitfieldlegal.example") as other:
        user.settings["endpoint"] = other.url
        user.client.write_text(json.dumps(client_json(other)))
        with pytest.raises(AuthError) as caught:
            user.sign_in()
        assert "agreed as Bo@whitfieldlegal.example, but this account is that of dana@whitf" in str(caught.value)
        assert "--account NAME" in str(caught.value)
        assert user.secrets.values == before
        google.sign_out(user.settings, user.secrets)
        assert user.sign_in() == "Bo@whitfieldlegal.example"
    with GoogleServer("bo@whitfieldlegal.example") as same:
        user.settings["endpoint"] = same.url
        user.client.write_text(json.dumps(client_json(same)))
        assert user.sign_in() == "bo@whitfieldlegal.example"


def test_saying_no_is_told(user: User) -> None:
    """Whoever does not agree is told that nothing was stored and how to begin again, with exit code 2."""
    user.server.state.oauth.denies = True
    for headless in (False, True):
        text = _refused(user, headless=headless)
        assert "did not agree" in text
        assert "Nothing was stored. Run: ringback connect google" in text
    assert AuthError.EXIT_CODE == 2


def test_fewer_rights_than_asked_are_named_with_what_fails(user: User) -> None:
    """Boxes left unticked are listed with what does not work without them, and nothing is stored."""
    user.server.state.oauth.ticks = frozenset(ALL) - {f"{scopes._ROOT}gmail.modify", f"{scopes._ROOT}contacts.readonly"}
    text = _refused(user)
    assert "gmail.modify (without it no mail is read, no label set and no draft written)" in text
    assert "contacts.readonly (without it callers have no names)" in text
    assert "calendar.events" not in text


def test_nobody_answers(user: User) -> None:
    """When the time is over, the likeliest reason of an error page is told with the remedy."""
    with pytest.raises(AuthError, match="test users") as caught:
        user.sign_in_within(timedelta(seconds=0.1), Person(browser=lambda _: True))
    assert "https://console.cloud.google.com/auth/audience" in str(caught.value)
    assert user.secrets.values == {}


def test_the_page_takes_nothing_but_an_answer() -> None:
    """A request for a favicon or without a code is 404 and the page waits on; the answer comes through whole."""
    with redirect.Redirect() as page:
        page.state = "a b"
        assert requests.get(f"{page.address}favicon.ico", timeout=10).status_code == 404
        assert requests.get(page.address, timeout=10).status_code == 404
        assert page.wait(timedelta(seconds=0.05)) is None
        assert requests.get(f"{page.address}?state=a%20b&code=4/x", timeout=10).status_code == 200
        answer = page.wait(timedelta(seconds=5))
    assert answer is not None
    assert answer.endswith("/?state=a%20b&code=4/x")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "there is no OAuth client yet"),
        ("{", "is no JSON"),
        ("\xff", "is no JSON"),
        ("[]", "is no OAuth client"),
        ('{"type": "service_account"}', "service account"),
        ('{"installed": {"client_id": "a"}}', "is incomplete"),
        ('{"installed": 1}', "is incomplete"),
    ],
)
def test_a_wrong_client_file_is_told(user: User, text: str | None, said: str) -> None:
    """A file that is missing, damaged or of another kind is named with its path and the remedy; nothing opens."""
    user.client.unlink()
    if text is not None:
        user.client.write_text(text, encoding="latin-1")
    person = Person()
    found = _refused(user, person)
    assert said in found
    assert str(user.client) in found
    assert "https://console.cloud.google.com/auth/clients" in found
    assert "ownload" in found
    assert person.told == person.opened == []


def test_a_web_client_is_refused(user: User) -> None:
    """A client of the type "Web application" is refused with the type that is needed."""
    user.write_client("web")
    assert 'Create an OAuth client of the type "Desktop app"' in _refused(user)


@pytest.mark.parametrize("key", ["auth_uri", "token_uri"])
def test_a_client_file_cannot_lead_elsewhere_unencrypted(user: User, key: str) -> None:
    """Addresses of a client file are https, but for a test server on this machine."""
    user.write_client(**{key: "http://accounts.example/token"})
    assert f"{key}: http://accounts.example/token is no https address" in _refused(user)
    user.write_client()
    del user.settings["endpoint"]
    assert "is no https address" in _refused(user)


def test_a_client_that_google_does_not_know(user: User) -> None:
    """A client that was deleted, or whose secret was replaced, is told with the file to download again."""
    user.write_client(client_secret="GOCSPX-an-old-one")
    text = _refused(user)
    assert "does not accept this OAuth client (invalid_client)" in text
    assert text.startswith(f"{user.client}: ")
    assert "Put a new file here in its place" in text


@pytest.mark.parametrize("kind", [Broken.DROP_BEFORE, Broken.CUT])
def test_no_answer_to_the_exchange(user: User, kind: Broken) -> None:
    """Where Google cannot be reached, signing in can be tried again, and nothing is stored."""
    user.server.faults.add(Fault("oauth2.token", kind))
    with pytest.raises((TransientError, AuthError)) as caught:
        user.sign_in()
    assert "ringback connect google" in str(caught.value)
    assert user.secrets.values == {}
    assert user.sign_in() == "dana@whitfieldlegal.example"


def test_a_captive_portal_is_no_sign_in(user: User) -> None:
    """A page of some network in place of the tokens is refused."""
    user.server.faults.add(Fault("oauth2.token", Broken.GARBAGE))
    assert "Google refused it (missing_token" in _refused(user)


def test_an_api_that_is_off_is_told_and_the_sign_in_kept(user: User) -> None:
    """Where the Gmail API is not enabled, the sign-in stands and the message says what to enable."""
    user.server.faults.add(Fault("gmail.users.getProfile", Status(403, "accessNotConfigured", message="Enable it.")))
    person = Person()
    assert user.sign_in(person) == "your Google account"
    assert "not enabled" in person.told[-1]
    assert user.token["address"] == ""


def test_testing_mode_is_told_at_once(user: User) -> None:
    """Where Google says that the sign-in ends, the day and the way to keep it are told and stored."""
    user.server.state.oauth.testing = True
    person = Person()
    user.sign_in(person)
    ends = datetime.fromisoformat(user.token["expires"])
    assert abs(ends - datetime.now(UTC) - timedelta(days=7)) < timedelta(minutes=1)
    assert f"ends this sign-in on {ends:%Y-%m-%d}" in person.told[-1]
    assert "Publish app" in person.told[-1]
    assert user.token["short_lived"] is True


@pytest.mark.parametrize(("days", "expected"), [(7, True), (10, True), (60, False)])
def test_a_sign_in_that_died_after_a_week_is_remembered(user: User, days: int, expected: bool) -> None:  # noqa: FBT001  a value of the table
    """A former sign-in that ended about a week after it began makes the next one suspect, one that ended later not."""
    user.sign_in()
    _age(user, timedelta(days=days))
    user.server.state.oauth.revoke_all()
    user.sign_in()
    assert user.token["short_lived"] is expected


def test_a_sign_in_that_outlived_the_week_clears_the_suspicion(user: User) -> None:
    """A former sign-in that still works after more than a week was of a published app."""
    user.server.state.oauth.testing = True
    user.sign_in()
    user.server.state.oauth.testing = False
    _age(user, timedelta(days=9))
    user.sign_in()
    assert user.token["short_lived"] is False


def test_credentials_open_the_account(user: User) -> None:
    """What was stored is enough to get an access token that the services take."""
    user.sign_in()
    signed = token.credentials(user.settings, user.secrets)
    signed.refresh(Request())
    head = {"Authorization": f"Bearer {signed.token}"}
    answer = requests.get(f"{user.server.url}gmail/v1/users/me/profile", headers=head, timeout=10)
    assert answer.json()["emailAddress"] == "dana@whitfieldlegal.example"


def test_without_a_sign_in_the_command_is_told(user: User) -> None:
    """Opening an account that nobody signed in to is an AuthError that names the command; so is a damaged secret."""
    for stored in ({}, {"token": "{"}, {"token": '{"refresh_token": 1}'}):
        user.secrets.values = dict(stored)
        with pytest.raises(AuthError, match="ringback connect google"):
            token.credentials(user.settings, user.secrets)


def test_a_sign_in_for_less_than_the_settings_want(user: User) -> None:
    """A service added to the settings later needs a new sign-in, and the right that lacks is named."""
    user.settings["services"] = ["calendar"]
    user.sign_in()
    user.settings["services"] = ["calendar", "contacts"]
    with pytest.raises(AuthError, match=r"contacts\.readonly \(without it callers have no names\)"):
        token.credentials(user.settings, user.secrets)


def test_a_sign_in_with_another_client(user: User) -> None:
    """A client file that was replaced after signing in is noticed without asking Google."""
    user.sign_in()
    user.write_client(client_id="another.apps.googleusercontent.com")
    with pytest.raises(AuthError, match="another OAuth client"):
        token.credentials(user.settings, user.secrets)


def test_a_refresh_token_that_google_replaces_is_stored(user: User) -> None:
    """Where a refresh brings another refresh token, that one is stored; an access token is not."""
    user.sign_in()
    before = user.token
    oauth = user.server.state.oauth
    real = oauth._tokens

    def rotating(refresh: str) -> dict[str, object]:
        new = oauth._granted(oauth.grants[refresh].scopes)
        return real(new) | {"refresh_token": new}

    oauth._tokens = rotating  # type: ignore[method-assign]  # the server rotates from now on
    token.credentials(user.settings, user.secrets).refresh(Request())
    assert user.token["refresh_token"] not in {before["refresh_token"], None}
    assert {**user.token, "refresh_token": 0} == {**before, "refresh_token": 0}
    token.credentials(user.settings, user.secrets).refresh(Request())


def test_signing_out_revokes_and_deletes(user: User) -> None:
    """After signing out the refresh token is dead at Google and gone here, and the page to check it is named."""
    user.sign_in()
    signed = token.credentials(user.settings, user.secrets)
    told = google.sign_out(user.settings, user.secrets)
    assert told is not None
    assert "revoked and deleted" in told
    assert "https://myaccount.google.com/connections" in told
    assert user.secrets.values == {}
    with pytest.raises(RefreshError):
        signed.refresh(Request())
    assert google.sign_out(user.settings, user.secrets) is None


@pytest.mark.parametrize("kind", [Status(503, "backendError"), Broken.DROP_BEFORE, Broken.GARBAGE])
def test_signing_out_deletes_in_any_case(user: User, kind: Status | Broken) -> None:
    """Where revoking fails, the sign-in is deleted all the same, and what is left to do is said."""
    user.sign_in()
    user.server.faults.add(Fault("oauth2.revoke", kind))
    told = google.sign_out(user.settings, user.secrets)
    assert user.secrets.values == {}
    assert told is not None
    assert ("take the right away yourself" in told) == (kind is not Broken.GARBAGE)


def test_signing_out_with_wrong_settings(user: User) -> None:
    """Mistakes in the account's section keep nobody signed in: the right is taken back and deleted all the same."""
    user.sign_in()
    user.settings |= {"services": ["post"], "shade": 2, "client": "nowhere.json"}
    told = google.sign_out(user.settings, user.secrets)
    assert told is not None
    assert "revoked and deleted" in told
    assert user.secrets.values == {}
    assert [grant.revoked for grant in user.server.state.oauth.grants.values()] == [True]


def test_signing_out_with_a_wrong_address_of_google(user: User) -> None:
    """Where nobody knows whom to tell, the sign-in is deleted, and what is wrong and left to do is said."""
    user.sign_in()
    user.settings["endpoint"] = "https://evil.example/"
    told = google.sign_out(user.settings, user.secrets)
    assert user.secrets.values == {}
    assert told is not None
    assert "could not be told (endpoint: is for tests" in told
    assert "take the right away yourself" in told


def test_signing_out_of_what_was_revoked_elsewhere(user: User) -> None:
    """A right that the user took back at Google is no failure of signing out."""
    user.sign_in()
    user.server.state.oauth.revoke_all()
    told = google.sign_out(user.settings, user.secrets)
    assert told is not None
    assert "revoked and deleted" in told


def test_a_damaged_secret_can_be_deleted(user: User) -> None:
    """A secret that cannot be read is deleted by signing out."""
    user.secrets.values = {"token": "{"}
    assert google.sign_out(user.settings, user.secrets) is None
    assert user.secrets.values == {}


def test_no_secret_is_logged(user: User, caplog: pytest.LogCaptureFixture) -> None:
    """With logs of every level on, no code, token or verifier of a sign-in, a refresh or a sign-out stands in them."""
    caplog.set_level(logging.DEBUG)
    person = Person()
    user.sign_in(person)
    signed = token.credentials(user.settings, user.secrets)
    signed.refresh(Request())
    refresh, access = user.token["refresh_token"], str(signed.token)
    google.sign_out(user.settings, user.secrets)
    assert refresh not in caplog.text
    assert access not in caplog.text
    assert user.server.state.oauth.client_secret not in caplog.text
    assert "code_verifier" not in caplog.text


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"clint": "/x"}, "clint: unknown"),
        ({"services": ["post"]}, "services: 'post' is none"),
        ({"services": []}, "services: name at least one"),
        ({"services": "mail"}, "services: must be a list"),
        ({"client": "google.json"}, "client: must be a path that begins with / or ~"),
        ({"client": "~nobody-of-this-name/x.json"}, "unknown home"),
        ({"calendar": ""}, "calendar: must be a text"),
        ({"busy": [1]}, "busy: must be a list"),
        ({"own_calendar": "Calls"}, "own_calendar: must be true or false"),
        ({"own_calendar": True}, "own_calendar: name the calendar too"),
        ({"endpoint": "https://evil.example/"}, "endpoint: is for tests"),
        ({"endpoint": "http://127.0.0.1.evil.example/"}, "endpoint: is for tests"),
        ({"endpoint": "ftp://127.0.0.1/"}, "endpoint: is for tests"),
        ({"endpoint": 1}, "endpoint: must be a text"),
    ],
)
def test_wrong_settings_are_told(user: User, settings: dict[str, object], said: str) -> None:
    """Each wrong key is named with what to write, before anything is asked."""
    user.settings |= settings
    assert said in _refused(user)


def test_all_wrong_settings_are_told_at_once(user: User) -> None:
    """Several mistakes are one error."""
    user.settings |= {"services": ["post"], "busy": 1, "shade": 2}
    with pytest.raises(ConfigError) as caught:
        user.sign_in()
    assert len(caught.value.problems) == 3


def test_the_client_of_the_console_is_understood(user: User) -> None:
    """The file is taken as the console offers it, with keys that nobody needs."""
    assert set(client_json(user.server)["installed"]) > {"project_id", "redirect_uris"}
    assert user.sign_in()
