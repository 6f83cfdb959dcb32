"""The fake of `calendar.events.list`: ranges, recurring events, sync tokens, pages. Driven by Google's own client."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.harness import MONDAY, ics
from tests.servers.google.asking import ID, body, insert, listed, reason, token
from tests.servers.google.client import Made, built

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.google.calendar import Calendars
    from tests.servers.google.server import GoogleServer

WEEK = {"timeMin": MONDAY.isoformat(), "timeMax": (MONDAY + timedelta(days=7)).isoformat()}
SERIES = "UID:w\nDTSTART;TZID=Europe/Berlin:20260323T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=4\nSUMMARY:Daily"


@pytest.fixture
def api(server: GoogleServer) -> Iterator[Made]:
    with built(server, "calendar") as client:
        yield client


@pytest.fixture
def mine(server: GoogleServer) -> Calendars:
    return server.state.calendars


def test_the_range_is_exclusive_on_both_sides(api: Made, mine: Calendars) -> None:
    """What ends at timeMin or starts at timeMax is not listed, so neither is an event of no length at timeMin."""
    mine.add_events(
        ics(
            "DTSTART:20260323T080000Z\nDTEND:20260323T090000Z\nSUMMARY:before",
            "DTSTART:20260323T090000Z\nSUMMARY:moment",
            "DTSTART:20260323T090000Z\nDTEND:20260323T093000Z\nSUMMARY:in",
            "DTSTART:20260323T100000Z\nDTEND:20260323T110000Z\nSUMMARY:after",
        )
    )
    found = listed(api, timeMin="2026-03-23T09:00:00Z", timeMax="2026-03-23T10:00:00.9Z")
    assert [each["summary"] for each in found] == ["in"]


def test_a_series_is_one_event_or_its_instances(api: Made, mine: Calendars) -> None:
    """Unexpanded a series is listed once with its rule; expanded each instance has an id of its own and no rule."""
    (series,) = mine.add_events(ics(SERIES))
    (one,) = listed(api)
    assert (one["id"], one["recurrence"]) == (series, ["RRULE:FREQ=DAILY;COUNT=4"])
    found = listed(api, singleEvents=True, orderBy="startTime", **WEEK)
    assert [each["start"]["dateTime"][:13] for each in found] == [f"2026-03-{day}T09" for day in (23, 24, 25, 26)]
    assert {each["recurringEventId"] for each in found} == {series}
    assert found[0]["id"] == f"{series}_20260323T080000Z"
    assert found[0]["originalStartTime"] == found[0]["start"]
    assert not any("recurrence" in each for each in found)
    assert api.events().get(calendarId="primary", eventId=found[2]["id"]).execute() == found[2]
    assert api.events().instances(calendarId="primary", eventId=series).execute()["items"] == found


def test_a_moved_instance_is_an_exception(api: Made, mine: Calendars) -> None:
    """A changed instance stands where it was moved to, keeps its original start, and is listed beside its series."""
    (series,) = mine.add_events(ics(SERIES))
    moved = f"{series}_20260324T080000Z"
    times = {"start": {"dateTime": "2026-04-07T15:00:00+02:00"}, "end": {"dateTime": "2026-04-07T16:00:00+02:00"}}
    api.events().patch(calendarId="primary", eventId=moved, body=times).execute()
    within = listed(api, singleEvents=True, **WEEK)
    assert [each["id"][-16:-8] for each in within] == ["20260323", "20260325", "20260326"]
    (later,) = listed(api, singleEvents=True, timeMin="2026-04-01T00:00:00Z")
    assert later["id"] == moved
    assert later["originalStartTime"]["dateTime"] == "2026-03-24T09:00:00+01:00"
    assert {each["id"] for each in listed(api)} == {series, moved}


def test_a_cancelled_instance_is_listed_unless_expanded(api: Made, mine: Calendars) -> None:
    """A deleted instance is a cancelled exception with its identity alone; the expansion leaves it out."""
    (series,) = mine.add_events(ics(SERIES))
    gone = f"{series}_20260324T080000Z"
    api.events().delete(calendarId="primary", eventId=gone).execute()
    exception = next(each for each in listed(api) if each["id"] == gone)
    assert exception.keys() == {"kind", "etag", "id", "status", "recurringEventId", "originalStartTime"}
    assert exception["status"] == "cancelled"
    assert gone not in {each["id"] for each in listed(api, singleEvents=True)}
    assert len(listed(api, singleEvents=True)) == 3
    assert len(listed(api, singleEvents=True, showDeleted=True)) == 4


def test_a_deleted_series_takes_its_exceptions_along(api: Made, mine: Calendars) -> None:
    """Once a series is deleted nothing of it is listed, and a sync reports all of it as cancelled."""
    (series,) = mine.add_events(ics(SERIES))
    mine.rename_event(f"{series}_20260324T080000Z", "Special")
    since = token(api)
    mine.delete_event(series)
    assert listed(api) == listed(api, singleEvents=True) == []
    assert {(each["id"], each["status"]) for each in listed(api, syncToken=since)} == {
        (series, "cancelled"),
        (f"{series}_20260324T080000Z", "cancelled"),
    }


def test_a_file_is_imported_as_google_would(api: Made, mine: Calendars) -> None:
    """Floating times get the calendar's zone, a custom zone one with the same hours, exceptions their own id."""
    zone = (
        "BEGIN:VTIMEZONE\r\nTZID:Customized\r\nBEGIN:STANDARD\r\nDTSTART:16010101T000000\r\n"
        "TZOFFSETFROM:+0500\r\nTZOFFSETTO:+0500\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    )
    raw = ics(
        "UID:a\nDTSTART:20260323T090000\nRRULE:FREQ=DAILY;UNTIL=20260325T090000\nEXDATE:20260324T090000",
        "UID:a\nRECURRENCE-ID:20260325T090000\nDTSTART:20260325T110000\nSUMMARY:moved",
        "UID:b\nDTSTART;TZID=Customized:20260323T100000\nDURATION:PT1H",
        "UID:c\nDTSTART;VALUE=DATE:20260324\nDTEND;VALUE=DATE:20260324",
        "UID:d\nDTSTART;TZID=W. Europe Standard Time:20260326T090000\nX-MICROSOFT-CDO-BUSYSTATUS:OOF",
    ).replace(b"BEGIN:VEVENT", zone.encode() + b"BEGIN:VEVENT", 1)
    mine.add_events(raw)
    found = {each["id"]: each for each in listed(api, singleEvents=True, timeZone="UTC")}
    starts = sorted(each["start"].get("dateTime", each["start"].get("date")) for each in found.values())
    assert starts == [
        "2026-03-23T05:00:00Z", "2026-03-23T08:00:00Z", "2026-03-24", "2026-03-25T10:00:00Z", "2026-03-26T08:00:00Z",
    ]  # fmt: skip
    assert found["_c8"]["start"]["timeZone"] == "Etc/GMT-5"
    assert found["_cc"]["end"] == {"date": "2026-03-25"}
    assert found["_cg"]["eventType"] == "outOfOffice"
    assert found["_c8"]["iCalUID"] == "b"


def test_a_sync_reports_what_changed_since(api: Made, mine: Calendars) -> None:
    """A sync token brings new, changed and deleted events once; deleted ones tell their id and status alone."""
    one, two = (mine.add_event(body(id=each)) for each in ("one00", "two00"))
    first = token(api)
    mine.rename_event(one, "Call Bob")
    mine.delete_event(two)
    three = mine.add_event(body(id="three"))
    news = api.events().list(calendarId="primary", syncToken=first).execute()
    assert {each["id"]: each["status"] for each in news["items"]} == {
        one: "confirmed",
        two: "cancelled",
        three: "confirmed",
    }
    assert next(each for each in news["items"] if each["id"] == two).keys() == {"kind", "etag", "id", "status"}
    again = api.events().list(calendarId="primary", syncToken=news["nextSyncToken"], showDeleted=True).execute()
    assert again["items"] == []
    assert again["nextSyncToken"] != news["nextSyncToken"]


@pytest.mark.parametrize(
    "params",
    [
        {"timeMin": "2026-03-23T00:00:00Z"},
        {"timeMax": "2026-03-23T00:00:00Z"},
        {"updatedMin": "2026-03-23T00:00:00Z"},
        {"q": "x"},
        {"iCalUID": "x"},
        {"orderBy": "updated"},
        {"privateExtendedProperty": "a=b"},
        {"sharedExtendedProperty": "a=b"},
        {"showDeleted": False},
    ],
)
def test_a_sync_token_forbids_filters(api: Made, params: dict[str, Any]) -> None:
    """Filters, an order and showDeleted=false are refused beside a sync token."""
    since = token(api)
    assert reason(api.events().list(calendarId="primary", syncToken=since, **params)) == (400, "invalid")


def test_a_bounded_list_gives_a_sync_token_and_a_filtered_one_none(api: Made) -> None:
    """The first list may be bounded in time and still be synced from; one with a filter or an order may not."""
    since = token(api, timeMin=WEEK["timeMin"])
    insert(api)
    assert [each["id"] for each in listed(api, syncToken=since)] == [ID]
    for params in ({"q": "Ann"}, {"orderBy": "updated"}, {"iCalUID": "x"}, {"privateExtendedProperty": "a=b"}):
        assert "nextSyncToken" not in api.events().list(calendarId="primary", **params).execute()


def test_an_expired_sync_token_needs_a_full_list(api: Made, mine: Calendars) -> None:
    """A token that is no longer honoured is gone with fullSyncRequired, garbage is invalid; a new one works."""
    since = token(api)
    mine.expire_sync_tokens()
    assert reason(api.events().list(calendarId="primary", syncToken=since)) == (410, "fullSyncRequired")
    assert reason(api.events().list(calendarId="primary", syncToken="garbage")) == (400, "invalid")
    assert listed(api, syncToken=token(api)) == []


def test_pages_hold_the_moment_of_the_first(api: Made, mine: Calendars) -> None:
    """The token on the last page covers what changed while the pages were read, and only that page has one."""
    for number in range(5):
        mine.add_event(body(id=f"event{number}"))
    mine.events.page = 2
    request, seen, answer = api.events().list(calendarId="primary"), 0, {}
    while request is not None:
        answer = request.execute()
        seen += len(answer["items"])
        assert ("nextSyncToken" in answer) != ("nextPageToken" in answer)
        if seen == 2:
            mine.rename_event("event4", "changed meanwhile")
        request = api.events().list_next(request, answer)
    assert seen == 5
    assert [each["summary"] for each in listed(api, syncToken=answer["nextSyncToken"])] == ["changed meanwhile"]
    assert reason(api.events().list(calendarId="primary", pageToken="nonsense")) == (400, "invalid")


def test_filters(api: Made, mine: Calendars) -> None:
    """Private properties, words, UIDs and types each narrow a list; several properties must all fit."""
    mine.add_event(body(id="aaaaa", extendedProperties={"private": {"k": "1", "m": "2"}}, description="About lunch"))
    mine.add_event(body(id="bbbbb", extendedProperties={"private": {"k": "1"}}, eventType="outOfOffice"))
    for params, expected in (
        ({"privateExtendedProperty": "k=1"}, ["aaaaa", "bbbbb"]),
        ({"privateExtendedProperty": ["k=1", "m=2"]}, ["aaaaa"]),
        ({"q": "LUNCH ann"}, ["aaaaa"]),
        ({"iCalUID": "bbbbb@google.com"}, ["bbbbb"]),
        ({"eventTypes": "outOfOffice"}, ["bbbbb"]),
        ({"updatedMin": "2100-01-01T00:00:00Z"}, []),
    ):
        assert [each["id"] for each in listed(api, **params)] == expected


def test_ordering_by_start_needs_single_events(api: Made) -> None:
    """orderBy=startTime without singleEvents is refused, and so is an empty range."""
    assert reason(api.events().list(calendarId="primary", orderBy="startTime")) == (400, "invalid")
    empty = {"timeMin": WEEK["timeMax"], "timeMax": WEEK["timeMin"]}
    assert reason(api.events().list(calendarId="primary", **empty)) == (400, "timeRangeEmpty")


def test_an_endless_series_keeps_its_wall_clock(api: Made, mine: Calendars) -> None:
    """A rule without end is expanded within the range, or up to a limit; nine stays nine when summer time begins."""
    mine.add_events(ics("UID:e\nDTSTART;TZID=Europe/Berlin:20200106T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY"))
    found = listed(api, singleEvents=True, timeMin="2026-03-28T00:00:00Z", timeMax="2026-03-30T00:00:00Z")
    assert [each["start"]["dateTime"] for each in found] == ["2026-03-28T09:00:00+01:00", "2026-03-29T09:00:00+02:00"]
    assert [each["id"][-16:] for each in found] == ["20260328T080000Z", "20260329T070000Z"]
    assert len(listed(api, singleEvents=True, maxResults=2500)) == 730


def test_an_all_day_series_has_instances_by_date(api: Made, mine: Calendars) -> None:
    """An instance of an all-day series is named by its date, changed alone, and guarded by its etag."""
    (series,) = mine.add_events(ics("UID:y\nDTSTART;VALUE=DATE:20260323\nRRULE:FREQ=WEEKLY;COUNT=2"))
    first, second = listed(api, singleEvents=True)
    assert (first["id"], second["start"]) == (f"{series}_20260323", {"date": "2026-03-30"})
    rename = api.events().patch(calendarId="primary", eventId=second["id"], body={"summary": "Off"})
    rename.headers["If-Match"] = second["etag"]
    assert rename.execute()["recurringEventId"] == series
    assert reason(rename) == (412, "conditionNotMet")
    assert [each.get("summary") for each in listed(api, singleEvents=True)] == [None, "Off"]
    assert reason(api.events().get(calendarId="primary", eventId=f"{series}_20260324")) == (404, "notFound")


def test_deleted_events_are_listed_on_demand(api: Made, mine: Calendars) -> None:
    """A deleted event is listed with showDeleted and all its fields, or since an update, and otherwise not."""
    insert(api)
    mine.delete_event(ID)
    assert listed(api) == []
    (found,) = listed(api, showDeleted=True)
    assert (found["status"], found["summary"]) == ("cancelled", "Call Ann")
    (known,) = listed(api, updatedMin="2020-01-01T00:00:00Z")
    assert "summary" not in known


def test_only_the_user_is_left_of_many_attendees(api: Made, mine: Calendars) -> None:
    """With maxAttendees a longer list is cut down to the user and marked as cut."""
    others = [{"email": f"a{number}@acme.example"} for number in range(3)]
    mine.add_event(body(attendees=[*others, {"email": "me@example.org", "self": True, "responseStatus": "accepted"}]))
    assert [each["responseStatus"] for each in listed(api)[0]["attendees"]] == [*["needsAction"] * 3, "accepted"]
    (cut,) = listed(api, maxAttendees=2)
    assert [each["email"] for each in cut["attendees"]] == ["me@example.org"]
    assert cut["attendeesOmitted"] is True
