"""The fake Graph's views of calendars: series and their occurrences, and what has changed in a span of time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.harness import MONDAY, ics
from tests.servers.graph import ids
from tests.servers.graph.booked import DAILY, HOUR, KEY, NINE, at, event, follow, keyed, made, seen, span, tracked
from tests.servers.graph.client import forgiven
from tests.servers.graph.faults import Fault, Status

if TYPE_CHECKING:
    from tests.servers.ews.calendar_hands import CalendarHands
    from tests.servers.graph.client import Client
    from tests.servers.graph.server import GraphServer

DAY = timedelta(days=1)
BARE = {"@odata.type", "@odata.etag", "id", "type", "seriesMasterId", "start", "end"}


@pytest.fixture
def hands(graph_server: GraphServer) -> CalendarHands:
    return graph_server.state.calendar


def told(found: list[dict[str, Any]]) -> list[str]:
    """Return what a delta tells, in short: the type of an event, or that it was removed."""
    return ["removed" if "@removed" in each else str(each["type"]) for each in found]


# Views.


def test_a_view_shows_occurrences_and_no_masters(graph: Client) -> None:
    """A series is shown day by day with the properties of its master, beside the single events."""
    master = made(graph, recurrence=DAILY, subject="Stand-up", **keyed("k"))
    made(graph, NINE + 2 * HOUR)
    expand = f"singleValueExtendedProperties($filter=id eq '{KEY}')"
    found = graph.get(f"me/calendarView?{span(2, expand=expand)}")["value"]
    shown = [(each["start"]["dateTime"][:16], each["type"], each["subject"]) for each in found]
    assert shown == [
        ("2026-03-23T08:00", "occurrence", "Stand-up"),
        ("2026-03-23T10:00", "singleInstance", "Review"),
        ("2026-03-24T08:00", "occurrence", "Stand-up"),
    ]
    assert found[2]["seriesMasterId"] == master["id"]
    assert found[2]["originalStart"] == "2026-03-24T08:00:00Z"
    assert found[0]["singleValueExtendedProperties"][0]["value"] == "k"
    assert len({each["id"] for each in found} | {master["id"]}) == 4
    assert len({each["iCalUId"] for each in found}) == 3


def test_a_list_of_events_shows_masters_and_no_occurrences(graph: Client) -> None:
    """The events of a calendar are its singles and its series, each once."""
    made(graph, recurrence=DAILY)
    made(graph)
    assert [each["type"] for each in graph.get("me/events")["value"]] == ["seriesMaster", "singleInstance"]


@pytest.mark.parametrize(
    "pattern",
    [
        {"type": "daily", "interval": 2},
        {"type": "weekly", "interval": 1, "daysOfWeek": ["monday", "friday"], "firstDayOfWeek": "monday"},
        {"type": "absoluteMonthly", "interval": 3, "dayOfMonth": 23},
        {"type": "relativeMonthly", "interval": 1, "daysOfWeek": ["monday"], "index": "fourth"},
        {"type": "absoluteYearly", "interval": 1, "dayOfMonth": 23, "month": 3},
        {"type": "relativeYearly", "interval": 1, "daysOfWeek": ["monday"], "index": "fourth", "month": 3},
    ],
    ids=lambda pattern: pattern["type"],
)
@pytest.mark.parametrize(
    "reach",
    [{"type": "noEnd"}, {"type": "endDate", "endDate": "2027-12-31"}, {"type": "numbered", "numberOfOccurrences": 3}],
    ids=lambda reach: reach["type"],
)
def test_a_series_keeps_its_pattern(graph: Client, pattern: dict[str, Any], reach: dict[str, Any]) -> None:
    """Every kind of pattern and end of a series is read back as it was written."""
    given = {"pattern": pattern, "range": {**reach, "startDate": "2026-03-23"}}
    kept = made(graph, recurrence=given)["recurrence"]
    assert kept["pattern"] | pattern == kept["pattern"]
    assert kept["range"] | reach | {"startDate": "2026-03-23"} == kept["range"]
    assert kept["range"]["recurrenceTimeZone"] == "W. Europe Standard Time"


def test_a_pattern_that_says_too_little_is_refused(graph: Client) -> None:
    """A weekly series without its days is refused."""
    given = {"pattern": {"type": "weekly", "interval": 1}, "range": DAILY["range"]}
    assert graph.refused("POST", "me/events", json=event(recurrence=given)) == (400, "ErrorPropertyValidationFailure")


def test_instances_are_the_occurrences_of_one_series(graph: Client) -> None:
    """The instances of a series are shown for a span of time; a single event has none."""
    master, single = made(graph, recurrence=DAILY), made(graph)
    found = graph.get(f"me/events/{master['id']}/instances?{span(3)}")["value"]
    assert [each["seriesMasterId"] for each in found] == [master["id"]] * 3
    assert graph.refused("GET", f"me/events/{single['id']}/instances?{span(3)}") == (400, "ErrorInvalidRequest")


def test_one_occurrence_is_changed(graph: Client) -> None:
    """An occurrence that is changed becomes an exception, at a new time too, and the others stay."""
    made(graph, recurrence=DAILY)
    second = graph.get(f"me/calendarView?{span(5)}")["value"][1]
    later = {"start": at(NINE + DAY + 5 * HOUR), "end": at(NINE + DAY + 6 * HOUR), "subject": "Moved"}
    changed = graph.patch(f"me/events/{second['id']}", second["@odata.etag"], **later)
    assert (changed["id"], changed["type"], changed["subject"]) == (second["id"], "exception", "Moved")
    assert [each[1] for each in seen(graph)] == ["occurrence", "exception", "occurrence", "occurrence", "occurrence"]
    assert seen(graph)[1] == ("2026-03-24T13:00", "exception")


def test_an_occurrence_does_not_pass_its_neighbours(graph: Client) -> None:
    """An occurrence cannot be moved to or over another one of its series."""
    made(graph, recurrence=DAILY)
    second = graph.get(f"me/calendarView?{span(5)}")["value"][1]
    body = {"start": at(NINE + 3 * DAY), "end": at(NINE + 3 * DAY + HOUR)}
    wrong = (400, "ErrorOccurrenceCrossingBoundary")
    assert graph.refused("PATCH", f"me/events/{second['id']}", json=body) == wrong
    assert [each[1] for each in seen(graph)] == ["occurrence"] * 5


def test_one_occurrence_is_deleted(graph: Client) -> None:
    """A deleted occurrence is shown no more; the series tells the day where it is asked to."""
    master = made(graph, recurrence=DAILY)
    second = graph.get(f"me/calendarView?{span(5)}")["value"][1]
    assert graph.ask("DELETE", f"me/events/{second['id']}").status_code == 204
    assert len(seen(graph)) == 4
    assert graph.refused("GET", f"me/events/{second['id']}") == (404, "ErrorItemNotFound")
    told_of = graph.get(f"me/events/{master['id']}", select="cancelledOccurrences")["cancelledOccurrences"]
    assert told_of == [f"OID.{master['id']}.2026-03-24"]


def test_a_series_whose_times_change_loses_its_exceptions(graph: Client) -> None:
    """The exceptions of a series are gone when the series itself is moved."""
    master = made(graph, recurrence=DAILY)
    second = graph.get(f"me/calendarView?{span(5)}")["value"][1]
    graph.patch(f"me/events/{second['id']}", subject="Other")
    graph.patch(f"me/events/{master['id']}", start=at(NINE + HOUR), end=at(NINE + 2 * HOUR))
    assert seen(graph)[1] == ("2026-03-24T09:00", "occurrence")


def test_an_imported_series_is_a_series(graph: Client, hands: CalendarHands) -> None:
    """What a calendar file says by RRULE and EXDATE is a series with a hole."""
    rule = "RRULE:FREQ=DAILY;COUNT=3\r\nEXDATE:20260324T090000Z"
    hands.add_events(ics(f"DTSTART:20260323T090000Z\r\nDTEND:20260323T093000Z\r\n{rule}"))
    assert [each[0] for each in seen(graph)] == ["2026-03-23T09:00", "2026-03-25T09:00"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "ErrorInvalidParameter"),
        ("?startDateTime=2026-03-23T00:00:00Z", "ErrorInvalidParameter"),
        ("?startDateTime=monday&endDateTime=2026-03-24", "ErrorInvalidParameter"),
        ("?startDateTime=2026-03-24&endDateTime=2026-03-23", "ErrorInvalidParameter"),
        ("?startDateTime=2020-01-01&endDateTime=2026-01-01", "ErrorCalendarViewRangeTooBig"),
    ],
)
def test_a_view_needs_a_span(graph: Client, query: str, code: str) -> None:
    """A view without a span, with one that is none, and with one of more than five years is refused."""
    assert graph.refused("GET", f"me/calendarView{query}") == (400, code)


def test_a_view_cannot_be_filtered_by_ones_own_property(graph: Client) -> None:
    """A view breaks on a filter by an extended property."""
    query = span(1, filter=f"singleValueExtendedProperties/Any(ep: ep/id eq '{KEY}' and ep/value eq 'x')")
    assert graph.refused("GET", f"me/calendarView?{query}") == (500, "ErrorInternalServerError")


def test_a_view_leaves_out_its_stamps_where_they_are_selected(graph: Client) -> None:
    """The times of creation and change are told by a view only as long as nothing is selected."""
    made(graph)
    (whole,) = graph.get(f"me/calendarView?{span(1)}")["value"]
    (part,) = graph.get(f"me/calendarView?{span(1, select='subject,lastModifiedDateTime')}")["value"]
    assert "lastModifiedDateTime" in whole
    assert set(part) == {"@odata.etag", "id", "subject"}


def test_a_view_comes_in_pages(graph: Client) -> None:
    """A view is cut after ten, or where $top says; the link keeps the span."""
    made(graph, recurrence=DAILY | {"range": DAILY["range"] | {"numberOfOccurrences": 12}})
    page = graph.get(f"me/calendarView?{span(30)}")
    assert len(page["value"]) == 10
    assert len(graph.get(page["@odata.nextLink"])["value"]) == 2
    assert len(graph.get(f"me/calendarView?{span(30)}&$top=100")["value"]) == 12


# What has changed.


def test_events_are_not_tracked_but_views_are(graph: Client) -> None:
    """In version 1.0 the events of a calendar have no delta, only a view has."""
    main = graph.get("me/calendar")["id"]
    for path in ("me/events/delta", f"me/calendars/{main}/events/delta"):
        assert graph.refused("GET", path) == (400, "BadRequest")
    found, link = tracked(graph, calendar=f"me/calendars/{main}")
    assert (found, "$deltatoken=" in link) == ([], True)


def test_a_delta_tells_single_events_whole(graph: Client, hands: CalendarHands) -> None:
    """What is made, changed and deleted in the span is told, once; events with all their properties."""
    item = made(graph)
    (first,), link = tracked(graph)
    assert (first["id"], first["subject"], first["@odata.etag"]) == (item["id"], "Review", item["@odata.etag"])
    assert follow(graph, link)[0] == []
    hands.rename(ids.stored(item["id"]), "Mine")
    (changed,), link = follow(graph, link)
    assert (changed["subject"], changed["@odata.type"]) == ("Mine", "#microsoft.graph.event")
    graph.ask("DELETE", f"me/events/{item['id']}")
    (gone,), link = follow(graph, link)
    assert (gone["id"], gone["@removed"]) == (item["id"], {"reason": "deleted"})
    hands.restore(ids.stored(item["id"]))
    ((back,), link) = follow(graph, link)
    assert (back["id"], back["subject"]) == (item["id"], "Mine")
    assert follow(graph, link)[0] == []


def test_a_delta_tells_occurrences_by_their_times_alone(graph: Client) -> None:
    """Of a series its master is told whole, each occurrence in the span with hardly more than its times."""
    master = made(graph, recurrence=DAILY)
    found, _ = tracked(graph, days=3)
    assert told(found) == ["seriesMaster", "occurrence", "occurrence", "occurrence"]
    assert (found[0]["id"], found[0]["subject"]) == (master["id"], "Review")
    assert [set(each) for each in found[1:]] == [BARE] * 3


def test_a_delta_tells_a_series_again_when_one_day_changes(graph: Client) -> None:
    """When an occurrence is changed or deleted, all of the series is told, the deleted day by its absence."""
    made(graph, recurrence=DAILY)
    second, third = graph.get(f"me/calendarView?{span(3)}")["value"][1:]
    _, link = tracked(graph, days=3)
    graph.patch(f"me/events/{second['id']}", subject="Other")
    found, link = follow(graph, link)
    assert sorted(told(found)) == ["exception", "occurrence", "occurrence", "seriesMaster"]
    assert [each["subject"] for each in found if each["type"] == "exception"] == ["Other"]
    graph.ask("DELETE", f"me/events/{third['id']}")
    found, _ = follow(graph, link)
    assert sorted(told(found)) == ["exception", "occurrence", "seriesMaster"]


def test_what_changes_outside_the_span_is_told_as_removed(graph: Client, hands: CalendarHands) -> None:
    """An event that leaves the span, and one that is made or changed outside it, is told as if it were deleted."""
    item = made(graph)
    outside = made(graph, NINE + 60 * DAY)
    found, link = tracked(graph)
    assert [each["id"] for each in found] == [item["id"]]
    hands.move(ids.stored(item["id"]), MONDAY + 30 * DAY)
    hands.rename(ids.stored(outside["id"]), "Other")
    new = made(graph, NINE + 90 * DAY)
    found, _ = follow(graph, link)
    assert told(found) == ["removed"] * 3
    assert {each["id"] for each in found} == {item["id"], outside["id"], new["id"]}


def test_a_delta_is_of_one_calendar(graph: Client, hands: CalendarHands) -> None:
    """What happens in another calendar is not told, and a token is not for another calendar."""
    other = f"me/calendars/{ids.address(hands.add_calendar('Other'))}"
    made(graph)
    found, link = tracked(graph, calendar=other)
    assert found == []
    elsewhere = f"me/calendarView/delta?{link.partition('?')[2]}"
    assert graph.refused("GET", elsewhere) == (400, "BadRequest")


def test_a_delta_comes_in_pages(graph: Client) -> None:
    """A round is cut where the preference says, after ten without one."""
    for number in range(12):
        made(graph, NINE + number * HOUR)
    path = f"me/calendarView/delta?{span(7)}"
    assert len(graph.get(path)["value"]) == 10
    assert len(graph.get(path, prefer="odata.maxpagesize=5")["value"]) == 5
    assert len(follow(graph, path)[0]) == 12


@pytest.mark.parametrize("code", ["SyncStateNotFound", "resyncRequired"])
def test_a_token_is_worth_nothing_one_day(graph: Client, graph_server: GraphServer, code: str) -> None:
    """A token of old is refused with 410; a new round begins from the start."""
    made(graph)
    _, link = tracked(graph)
    graph_server.state.delta.expire(code)
    assert graph.refused("GET", link) == (410, code)
    assert len(tracked(graph)[0]) == 1


@pytest.mark.parametrize("option", ["$select=subject", "$expand=instances", "$filter=subject eq 'x'", "$top=5"])
def test_a_delta_takes_no_options(graph: Client, graph_server: GraphServer, option: str) -> None:
    """The delta of a view refuses what a view itself takes."""
    assert graph.refused("GET", f"me/calendarView/delta?{span(1)}&{option}") == (400, "BadRequest")
    assert len(forgiven(graph_server)) == 1


def test_a_delta_of_a_calendar_that_is_gone(graph: Client, graph_server: GraphServer, hands: CalendarHands) -> None:
    """A token of a calendar that was withdrawn or deleted is refused as the calendar is."""
    ref = hands.add_calendar("Team")
    _, link = tracked(graph, calendar=f"me/calendars/{ids.address(ref)}")
    folder = graph_server.state.folders.all[ref]
    folder.denied = True
    assert graph.refused("GET", link) == (403, "ErrorAccessDenied")
    folder.denied = False
    graph_server.state.folders.remove(folder)
    assert graph.refused("GET", link) == (404, "ErrorItemNotFound")


def test_a_view_is_throttled_for_a_while(graph: Client, graph_server: GraphServer) -> None:
    """A fault can strike the view of any calendar, and tells when to come again."""
    graph_server.faults.add(Fault("GET */calendarView", Status(429, "7"), times=1))
    answer = graph.ask("GET", f"me/calendarView?{span(1)}")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert seen(graph) == []
