"""What `doctor` finds about a Google account."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest

from providers import google
from providers.google import token
from tests.servers.google.faults import Broken, Fault, Status
from tests.servers.google.server import GoogleServer
from tests.unit.providers.google_user import User

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from assistant.ports import Finding


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[User]:
    """Return a user of a server in Google's place; the library takes plain HTTP for it by this variable only."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    with GoogleServer("dana@whitfieldlegal.example") as server:
        yield User(server, tmp_path)
        assert server.violations == []
        assert server.sends() == []


@pytest.fixture
def signed(user: User) -> User:
    """Return a user who is signed in."""
    user.sign_in()
    user.server.reset_traffic()
    return user


def _found(user: User, now: datetime | None = None) -> list[Finding]:
    return list(google.examine(user.settings, user.secrets, now or datetime.now(UTC)))


def _about(user: User, subject: str, now: datetime | None = None) -> Finding:
    (found,) = (one for one in _found(user, now) if one.subject == subject)
    return found


def _signed_in_before(user: User, age: timedelta) -> None:
    found = msgspec.json.decode(user.secrets.values["token"], type=token.Token)
    ends = found.expires and found.expires - age
    token.store(user.secrets, msgspec.structs.replace(found, signed_in=found.signed_in - age, expires=ends))


def test_all_is_well(signed: User) -> None:
    """A good account has one line a service, the sign-in with its age, the client and the clock, and no fault."""
    found = _found(signed)
    assert {one.level for one in found} == {"ok"}
    assert [one.subject for one in found] == ["OAuth client", "sign-in", "mail", "calendar", "contacts", "clock"]
    assert _about(signed, "sign-in").text == "of dana@whitfieldlegal.example, less than a day old"
    assert "gets slots and holds (owner)" in _about(signed, "calendar").text


def test_looking_only_reads(signed: User) -> None:
    """No request of an examination changes anything, and it takes four of them with a refresh."""
    _found(signed)
    assert {one.http for one in signed.server.calls() if not one.method_id.startswith("oauth2")} == {"GET"}
    assert signed.server.round_trips() == 4


def test_nobody_is_signed_in(user: User) -> None:
    """Without a sign-in there is one fault, which signing in mends, and Google is not asked."""
    (found,) = _found(user)
    assert (found.level, found.subject, found.sign_in) == ("fault", "sign-in", True)
    assert "Run: ringback connect google" in found.text
    assert user.server.calls() == []


def test_the_clients_file_is_missing(signed: User) -> None:
    """A client's file that went away is a fault that signing in alone does not mend."""
    signed.client.unlink()
    (found,) = _found(signed)
    assert (found.level, found.sign_in) == ("fault", False)
    assert str(signed.client) in found.text


def test_a_right_is_missing(user: User) -> None:
    """A service added later lacks its right, which is named."""
    user.settings["services"] = ["mail"]
    user.sign_in()
    user.settings["services"] = ["mail", "contacts"]
    found = _about(user, "sign-in")
    assert (found.level, found.sign_in) == ("fault", True)
    assert "contacts.readonly" in found.text


@pytest.mark.parametrize(("days", "level"), [(0, "ok"), (4, "ok"), (5, "warning"), (6, "warning")])
def test_testing_mode_is_told_before_it_bites(user: User, days: int, level: str) -> None:
    """A sign-in of which Google said when it ends names the day, and is a warning from the fifth day on."""
    user.server.state.oauth.testing = True
    user.sign_in()
    _signed_in_before(user, timedelta(days=days))
    found = _about(user, "sign-in")
    ends = datetime.now(UTC) + timedelta(days=7 - days)
    assert found.level == level
    assert f"ends this sign-in on {ends:%Y-%m-%d}" in found.text
    assert "Publish app" in found.text


@pytest.mark.parametrize(("days", "level"), [(4, "ok"), (5, "warning"), (7, "warning"), (9, "ok")])
def test_one_that_died_after_a_week_warns_of_the_next(user: User, days: int, level: str) -> None:
    """Where a former sign-in died after a week, the next is a warning from its fifth day until it has lived longer."""
    user.sign_in()
    _signed_in_before(user, timedelta(days=7))
    user.server.state.oauth.revoke_all()
    user.sign_in()
    _signed_in_before(user, timedelta(days=days))
    found = _about(user, "sign-in")
    assert found.level == level
    assert ("An earlier one ended after a week" in found.text) == (level == "warning")


def test_a_sign_in_that_ended_says_why(user: User) -> None:
    """A sign-in that died in testing mode is a fault with the reason; nothing else can be looked at."""
    user.server.state.oauth.testing = True
    user.sign_in()
    user.server.clock.advance(timedelta(days=7, minutes=1))
    later = datetime.now(UTC) + timedelta(days=7, minutes=1)
    client, found = _found(user, later)
    assert (client.subject, found.level, found.subject, found.sign_in) == ("OAuth client", "fault", "sign-in", True)
    assert "7 days old: Google ends sign-ins after 7 days while an app is in testing mode" in found.text


def test_a_right_taken_back_is_no_testing_mode(signed: User) -> None:
    """A sign-in revoked after a month is a fault without talk of testing mode as its reason."""
    _signed_in_before(signed, timedelta(days=31))
    signed.server.state.oauth.revoke_all()
    found = _about(signed, "sign-in")
    assert found.sign_in
    assert "days old" not in found.text


def test_an_api_that_is_off(signed: User) -> None:
    """An API that is not enabled is a fault of its service with Google's words, and hides no other."""
    fault = Status(403, "accessNotConfigured", message="Gmail API has not been used in project 12 before.")
    signed.server.faults.add(Fault("gmail.users.getProfile", fault))
    found = {one.subject: one for one in _found(signed)}
    assert found["mail"].level == "fault"
    assert "not enabled" in found["mail"].text
    assert "project 12" in found["mail"].text
    assert found["calendar"].level == found["contacts"].level == "ok"


def test_a_calendar_without_the_right_to_write(signed: User) -> None:
    """A calendar that is only shared for reading is a fault with the right it has."""
    team = signed.server.state.calendars.add_calendar("Team", role="reader")
    signed.settings["calendar"] = "Team"
    found = _about(signed, "calendar")
    assert found.level == "fault"
    assert "Team: you may not write there (reader)" in found.text
    signed.server.state.calendars.share(team, "writer")
    assert _about(signed, "calendar").level == "ok"


def test_calendars_that_do_not_exist(signed: User) -> None:
    """A calendar and a busy one that nobody knows are a fault each, with those that there are."""
    signed.server.state.calendars.add_calendar("Team")
    signed.settings |= {"calendar": "Calls", "busy": ["Team", "Choir"]}
    texts = [one.text for one in _found(signed) if one.level == "fault"]
    assert texts == [
        "there is no calendar 'Calls'. There are: primary, dana@whitfieldlegal.example, Team",
        "busy: there is no calendar 'Choir'. There are: primary, dana@whitfieldlegal.example, Team",
    ]


@pytest.mark.parametrize(("minutes", "said"), [(9, "9 minutes ahead of"), (-9, "9 minutes behind"), (3, "agrees")])
def test_the_clock_is_compared(signed: User, minutes: int, said: str) -> None:
    """A clock more than five minutes from Google's is a warning that says which way."""
    found = _about(signed, "clock", datetime.now(UTC) + timedelta(minutes=minutes))
    assert said in found.text
    assert found.level == ("ok" if said == "agrees" else "warning")


def test_a_network_that_is_down(signed: User) -> None:
    """Where a service cannot be read, that is a fault of it and no exception."""
    signed.settings["services"] = ["mail"]
    signed.server.faults.add(Fault("gmail.users.getProfile", Broken.GARBAGE))
    found = _about(signed, "mail")
    assert (found.level, found.sign_in) == ("fault", False)
    assert "Try again later" in found.text


def test_wrong_settings_are_a_finding(user: User) -> None:
    """Wrong keys are a fault that lists them."""
    user.settings["services"] = ["post"]
    (found,) = _found(user)
    assert (found.level, found.subject) == ("fault", "settings")
    assert "services: 'post'" in found.text
