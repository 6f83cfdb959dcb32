"""The fake of Google Calendar as far as it writes events and knows calendars, driven by Google's own client."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.servers.google.asking import ID, body, insert, listed, reason
from tests.servers.google.client import Made, built

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.google.calendar import Calendars
    from tests.servers.google.server import GoogleServer


@pytest.fixture
def api(server: GoogleServer) -> Iterator[Made]:
    with built(server, "calendar") as client:
        yield client


@pytest.fixture
def mine(server: GoogleServer) -> Calendars:
    return server.state.calendars


def test_a_new_event_is_answered_as_google_does(api: Made) -> None:
    """Defaults are left out, what is computed is there, and the time is in the calendar's offset with its zone."""
    made = insert(api, transparency="opaque", visibility="default", description="", reminders={"useDefault": True})
    assert made == api.events().get(calendarId="primary", eventId=ID).execute()
    assert made["start"] == {"dateTime": "2026-03-23T10:00:00+01:00", "timeZone": "Europe/Berlin"}
    assert made["organizer"] == made["creator"] == {"email": "me@example.org", "self": True}
    assert (made["status"], made["sequence"], made["eventType"]) == ("confirmed", 0, "default")
    assert made["iCalUID"] == f"{ID}@google.com"
    assert not made.keys() & {"transparency", "visibility", "description", "extendedProperties", "recurrence"}


def test_times_are_shown_in_the_zone_asked_for(api: Made) -> None:
    """A time keeps the zone it was written with; its offset is that of the calendar or of the one asked for."""
    zone = {"timeZone": "America/New_York"}
    insert(
        api,
        start={"dateTime": "2026-03-23T09:00:00-04:00", **zone},
        end={"dateTime": "2026-03-23T10:00:00-04:00", **zone},
    )
    assert listed(api)[0]["start"] == {"dateTime": "2026-03-23T14:00:00+01:00", **zone}
    assert listed(api, timeZone="UTC")[0]["start"] == {"dateTime": "2026-03-23T13:00:00Z", **zone}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"id": "xyz-1"}, "invalid"),
        ({"id": "abcd"}, "invalid"),
        ({"id": "a" * 1025}, "invalid"),
        ({"end": {"date": "2026-03-24"}}, "invalid"),
        ({"end": {}}, "required"),
        ({"end": {"dateTime": "2026-03-23T09:00:00+01:00"}}, "timeRangeEmpty"),
        ({"start": {"dateTime": "2026-03-23T09:00:00Z", "timeZone": "Mars/Phobos"}}, "invalid"),
        ({"start": {"dateTime": "2026-03-23T09:00:00Z"}, "recurrence": ["RRULE:FREQ=DAILY"]}, "required"),
        ({"recurrence": ["FREQ=DAILY"]}, "invalid"),
        (
            {"reminders": {"useDefault": True, "overrides": [{"method": "popup", "minutes": 5}]}},
            "cannotUseDefaultRemindersAndSpecifyOverride",
        ),
        (
            {"reminders": {"useDefault": False, "overrides": [{"method": "popup", "minutes": n} for n in range(6)]}},
            "eventRemindersCountExceedsLimit",
        ),
    ],
)
def test_an_event_google_would_not_have(api: Made, fields: dict[str, Any], expected: str) -> None:
    """A wrong id, time, zone, rule or reminder is refused with 400, and nothing is stored."""
    assert reason(api.events().insert(calendarId="primary", body=body(**fields))) == (400, expected)
    assert listed(api) == []


def test_an_id_is_used_up_for_ever(api: Made) -> None:
    """A second event under an id is refused, also after the first was deleted; deleting twice is refused too."""
    insert(api)
    events = api.events()
    assert reason(events.insert(calendarId="primary", body=body(summary="Call Bob"))) == (409, "duplicate")
    events.delete(calendarId="primary", eventId=ID).execute()
    assert events.get(calendarId="primary", eventId=ID).execute()["status"] == "cancelled"
    assert reason(events.insert(calendarId="primary", body=body())) == (409, "duplicate")
    assert reason(events.delete(calendarId="primary", eventId=ID)) == (410, "deleted")
    assert reason(events.patch(calendarId="primary", eventId=ID, body={"summary": "x"})) == (403, "forbidden")
    assert listed(api) == []


def test_a_status_brings_a_deleted_event_back(api: Made) -> None:
    """Writing "confirmed" to a deleted event restores it: a careless update undoes what the user deleted."""
    insert(api)
    api.events().delete(calendarId="primary", eventId=ID).execute()
    api.events().update(calendarId="primary", eventId=ID, body=body(status="confirmed")).execute()
    assert [each["status"] for each in listed(api)] == ["confirmed"]


def test_a_patch_merges_and_an_update_replaces(api: Made) -> None:
    """A patch keeps what it does not name, a null removes one property; an update drops what it does not name."""
    private = {"ringbackKey": "cb1", "other": "x"}
    insert(api, location="here", extendedProperties={"private": private})
    change = {"summary": "Call Bob", "extendedProperties": {"private": {"other": None}}}
    patched = api.events().patch(calendarId="primary", eventId=ID, body=change).execute()
    assert (patched["summary"], patched["location"]) == ("Call Bob", "here")
    assert patched["extendedProperties"] == {"private": {"ringbackKey": "cb1"}}
    replaced = api.events().update(calendarId="primary", eventId=ID, body=body()).execute()
    assert not replaced.keys() & {"location", "extendedProperties"}


def test_if_match_guards_a_write(api: Made) -> None:
    """With the etag of an older version patch, update and delete are refused; with the present one they are done."""
    old = insert(api)["etag"]
    new = api.events().patch(calendarId="primary", eventId=ID, body={"summary": "Call Bob"}).execute()["etag"]
    assert new != old
    writes = [
        api.events().patch(calendarId="primary", eventId=ID, body={"summary": "x"}),
        api.events().update(calendarId="primary", eventId=ID, body=body()),
        api.events().delete(calendarId="primary", eventId=ID),
    ]
    for each in writes:
        each.headers["If-Match"] = old
        assert reason(each) == (412, "conditionNotMet")
    writes[2].headers["If-Match"] = new
    writes[2].execute()
    assert listed(api) == []


def test_moving_counts_the_sequence_and_an_old_number_is_reason(api: Made) -> None:
    """The sequence counts changes of time alone; a client that sends a smaller one is refused."""
    insert(api)
    events = api.events()
    later = {"dateTime": "2026-03-23T10:30:00+01:00"}, {"dateTime": "2026-03-23T11:00:00+01:00"}
    moved = events.patch(calendarId="primary", eventId=ID, body={"start": later[0], "end": later[1]}).execute()
    renamed = events.patch(calendarId="primary", eventId=ID, body={"summary": "x"}).execute()
    assert (moved["sequence"], renamed["sequence"]) == (1, 1)
    assert reason(events.patch(calendarId="primary", eventId=ID, body={"sequence": 0})) == (400, "invalid")


def test_reminders_come_back_rewritten(api: Made) -> None:
    """Reminders are put in bounds and in another order, each once; changing them alone leaves `updated` as it was."""
    minutes = (0, 5, 5, 50000, -3)
    made = insert(
        api, reminders={"useDefault": False, "overrides": [{"method": "popup", "minutes": each} for each in minutes]}
    )
    assert [each["minutes"] for each in made["reminders"]["overrides"]] == [40320, 5, 0]
    none = {"reminders": {"useDefault": False, "overrides": []}}
    changed = api.events().patch(calendarId="primary", eventId=ID, body=none).execute()
    assert changed["reminders"] == {"useDefault": False}
    assert changed["updated"] == made["updated"]
    assert changed["etag"] != made["etag"]


def test_an_all_day_event_has_reminders_of_its_own(api: Made) -> None:
    """An all-day event is answered with the calendar's default reminders written out."""
    made = insert(api, start={"date": "2026-03-23"}, end={"date": "2026-03-24"})
    assert made["start"] == {"date": "2026-03-23"}
    assert made["reminders"] == {"useDefault": False, "overrides": [{"method": "popup", "minutes": 30}]}


def test_properties_are_cut_without_a_word(api: Made) -> None:
    """A property with a long name is dropped and a long value is cut, as the guide says."""
    made = insert(api, extendedProperties={"private": {"n" * 45: "x", "n" * 44: "v" * 2000}})
    assert made["extendedProperties"] == {"private": {"n" * 44: "v" * 1024}}


def test_the_calendar_list(api: Made, mine: Calendars) -> None:
    """The list says which calendar is primary, which are shown, and what the user may do; hidden ones only if asked."""
    shared = mine.add_calendar("Team", role="reader", selected=False)
    mine.add_calendar("Old", hidden=True)
    made = api.calendars().insert(body={"summary": "Ringback", "timeZone": "Europe/Paris"}).execute()
    found = {each["summary"]: each for each in api.calendarList().list().execute()["items"]}
    assert found.keys() == {"me@example.org", "Team", "Ringback"}
    assert found["me@example.org"]["primary"] is True
    assert (found["Team"]["accessRole"], found["Team"].get("selected")) == ("reader", None)
    assert (found["Ringback"]["id"], found["Ringback"]["timeZone"]) == (made["id"], "Europe/Paris")
    writable = api.calendarList().list(minAccessRole="writer").execute()["items"]
    assert [each["summary"] for each in writable] == ["me@example.org", "Ringback"]
    assert len(api.calendarList().list(showHidden=True).execute()["items"]) == 4
    assert api.calendarList().get(calendarId=shared).execute() == found["Team"]
    assert api.calendars().get(calendarId="primary").execute()["id"] == "me@example.org"
    assert api.settings().get(setting="timezone").execute()["value"] == "Europe/Berlin"


def test_rights_limit_what_is_seen_and_done(api: Made, mine: Calendars) -> None:
    """Free/busy rights show times alone, readers cannot write, and a calendar that is withdrawn is not found."""
    team = mine.add_calendar("Team")
    mine.add_event(body(visibility="private"), team)
    mine.share(team, "freeBusyReader")
    (seen,) = api.events().list(calendarId=team).execute()["items"]
    assert not seen.keys() & {"summary", "organizer", "creator", "description"}
    assert seen["start"]["dateTime"] == "2026-03-23T10:00:00+01:00"
    mine.share(team, "reader")
    assert "summary" not in api.events().get(calendarId=team, eventId=ID).execute()
    write = api.events().insert(calendarId=team, body=body(id="other"))
    assert reason(write) == (403, "requiredAccessLevel")
    mine.withdraw(team)
    assert reason(write) == (404, "notFound")
    assert reason(api.events().list(calendarId=team)) == (404, "notFound")
    mine.give_back(team)
    assert len(api.events().list(calendarId=team).execute()["items"]) == 1


def test_free_busy(api: Made, mine: Calendars) -> None:
    """Busy spans are joined; free, declined and cancelled events do not count, an unknown calendar is an error."""
    declined = [{"email": "me@example.org", "self": True, "responseStatus": "declined"}]
    hours = {
        hour: {
            "start": {"dateTime": f"2026-03-23T{hour}:00:00Z"},
            "end": {"dateTime": f"2026-03-23T{hour + 1}:00:00Z"},
        }
        for hour in (10, 11, 12, 13, 14)
    }
    extras: list[dict[str, Any]] = [
        {}, {}, {"transparency": "transparent"}, {"attendees": declined}, {"status": "cancelled"},
    ]  # fmt: skip
    for number, extra in enumerate(extras):
        mine.add_event(body(id=f"event{number}", **hours[10 + number], **extra))
    asked = {"timeMin": "2026-03-23T00:00:00Z", "timeMax": "2026-03-24T00:00:00Z"}
    items = [{"id": "primary"}, {"id": "nobody@example.org"}]
    found = api.freebusy().query(body={**asked, "items": items}).execute()["calendars"]
    assert found["primary"] == {"busy": [{"start": "2026-03-23T10:00:00Z", "end": "2026-03-23T12:00:00Z"}]}
    assert found["nobody@example.org"]["errors"] == [{"domain": "global", "reason": "notFound"}]


def test_the_hands_of_the_user(api: Made, mine: Calendars) -> None:
    """Moving keeps the length, renaming the time; a deleted event can be restored, and one day is gone for good."""
    insert(api)
    mine.move_event(ID, datetime(2026, 3, 24, 9, tzinfo=UTC))
    mine.rename_event(ID, "✓ Call Ann")
    found = mine.event(ID)
    assert (found["summary"], found["start"]["dateTime"]) == ("✓ Call Ann", "2026-03-24T10:00:00+01:00")
    assert found["end"]["dateTime"] == "2026-03-24T10:30:00+01:00"
    mine.delete_event(ID)
    assert mine.living() == []
    mine.restore_event(ID)
    assert len(mine.living()) == 1
    mine.purge_event(ID)
    assert reason(api.events().get(calendarId="primary", eventId=ID)) == (404, "notFound")
    assert reason(api.events().insert(calendarId="primary", body=body())) == (409, "duplicate")


def test_invitations_are_noted(api: Made, mine: Calendars) -> None:
    """Whom a client would have invited is known, so that a test can say: nobody."""
    insert(api)
    assert mine.events.invited == []
    api.events().patch(calendarId="primary", eventId=ID, body={"attendees": [{"email": "ann@acme.example"}]}).execute()
    assert mine.events.invited == ["ann@acme.example"]
