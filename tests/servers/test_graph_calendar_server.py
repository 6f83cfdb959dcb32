"""The fake Graph as far as it keeps calendars and events, driven by plain requests."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.servers.graph import ids
from tests.servers.graph.booked import BERLIN, HOUR, KEY, NINE, at, event, keyed, made, seen
from tests.servers.graph.client import client, forgiven
from tests.servers.graph.faults import Broken, Fault, Status

if TYPE_CHECKING:
    from tests.servers.ews.calendar_hands import CalendarHands
    from tests.servers.graph.client import Client
    from tests.servers.graph.server import GraphServer

TEXT = 'outlook.body-content-type="text"'
EXPAND = f"singleValueExtendedProperties($filter=id eq '{KEY}')"


@pytest.fixture
def hands(graph_server: GraphServer) -> CalendarHands:
    return graph_server.state.calendar


def test_an_event_keeps_what_it_is_given(graph: Client) -> None:
    """Every property of an event is read back."""
    given: dict[str, Any] = {
        "showAs": "tentative",
        "sensitivity": "private",
        "importance": "high",
        "categories": ["Callbacks/Held", "x"],
        "isReminderOn": True,
        "reminderMinutesBeforeStart": 10,
        "transactionId": "cb1",
    }
    body = {"contentType": "text", "content": "One\nTwo"}
    item = made(graph, **given, body=body, location={"displayName": "Room 5"}, **keyed("cb1"))
    again = graph.get(f"me/events/{item['id']}", expand=EXPAND)
    assert {name: again[name] for name in given} == given
    assert again["location"]["displayName"] == "Room 5"
    assert again["singleValueExtendedProperties"] == [{"id": KEY, "value": "cb1"}]
    assert (again["type"], again["isOrganizer"], again["isAllDay"]) == ("singleInstance", True, False)
    assert (again["@odata.etag"], again["changeKey"]) == (item["@odata.etag"], item["changeKey"])


def test_defaults_are_those_of_outlook(graph: Client) -> None:
    """An event with nothing but times is busy, reminds 15 minutes before and gets an iCalUId of Exchange's own."""
    item = made(graph)
    assert (item["showAs"], item["isReminderOn"], item["reminderMinutesBeforeStart"]) == ("busy", True, 15)
    assert item["iCalUId"].startswith("040000008200E00074C5B7101A82E008")
    assert item["transactionId"] is None


@pytest.mark.parametrize(
    ("zone", "start"),
    [("Europe/Berlin", "09:00"), ("W. Europe Standard Time", "09:00"), ("UTC", "08:00"), ("", "08:00")],
)
def test_times_are_in_the_zone_that_is_preferred(graph: Client, zone: str, start: str) -> None:
    """Times come in UTC unless the request prefers a zone, by its IANA or its Windows name."""
    item = made(graph)
    prefer = {"prefer": f'outlook.timezone="{zone}"'} if zone else {}
    shown = graph.get(f"me/events/{item['id']}", **prefer)["start"]
    assert shown == {"dateTime": f"2026-03-23T{start}:00.0000000", "timeZone": zone or "UTC"}
    assert item["originalStartTimeZone"] == "W. Europe Standard Time"


def test_a_zone_that_is_none_is_refused(graph: Client) -> None:
    """A zone that nobody knows is refused, in a body and as a preference."""
    wrong = (400, "TimeZoneNotSupportedException")
    body = event() | {"start": at(NINE, "Middle-earth/Shire")}
    assert graph.refused("POST", "me/events", json=body) == wrong
    item = made(graph)
    assert graph.refused("GET", f"me/events/{item['id']}", prefer='outlook.timezone="Moon"') == wrong


@pytest.mark.parametrize("zone", ["UTC", "Pacific Standard Time"])
def test_days_are_midnights_in_every_zone(graph: Client, zone: str) -> None:
    """An all-day event begins and ends at midnight whatever zone is asked for; its own zone is told beside."""
    midnight = NINE.replace(hour=0)
    body = event(midnight, isAllDay=True) | {"end": at(midnight + timedelta(days=1))}
    item = graph.post("me/events", **body)
    shown = graph.get(f"me/events/{item['id']}", prefer=f'outlook.timezone="{zone}"')
    assert shown["start"] == {"dateTime": "2026-03-23T00:00:00.0000000", "timeZone": zone}
    assert shown["end"] == {"dateTime": "2026-03-24T00:00:00.0000000", "timeZone": zone}
    assert shown["originalStartTimeZone"] == "W. Europe Standard Time"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"start": None}, "ErrorPropertyValidationFailure"),
        ({"end": at(NINE - HOUR)}, "ErrorCalendarEndDateIsEarlierThanStartDate"),
        ({"isAllDay": True}, "ErrorInvalidRequest"),
        ({"start": {"dateTime": "soon", "timeZone": "UTC"}}, "ErrorInvalidRequest"),
    ],
)
def test_an_event_that_cannot_be_is_refused(graph: Client, change: dict[str, Any], code: str) -> None:
    """An event without a start, one that ends before it and a day that is none are refused; nothing is made."""
    assert graph.refused("POST", "me/events", json=event() | change) == (400, code)
    assert graph.get("me/events")["value"] == []


@pytest.mark.parametrize("name", ["iCalUId", "type", "seriesMasterId", "webLink"])
def test_what_outlook_says_is_not_set(graph: Client, name: str) -> None:
    """Properties that Outlook computes are refused, when an event is made and later."""
    wrong = (400, "ErrorInvalidPropertySet")
    value = "occurrence" if name == "type" else "x"
    assert graph.refused("POST", "me/events", json=event() | {name: value}) == wrong
    item = made(graph)
    assert graph.refused("PATCH", f"me/events/{item['id']}", json={name: value}) == wrong


def test_text_comes_back_as_html_unless_text_is_preferred(graph: Client, hands: CalendarHands) -> None:
    """A description written as text is HTML when it is read, and text where that is preferred."""
    item = made(graph, body={"contentType": "text", "content": "One <1>\nTwo"})
    assert item["body"]["contentType"] == "html"
    assert "One &lt;1&gt;<br>\r\nTwo" in item["body"]["content"]
    path = f"me/events/{item['id']}"
    assert graph.get(path, prefer=TEXT)["body"] == {"contentType": "text", "content": "One <1>\r\nTwo"}
    hands.annotate(ids.stored(item["id"]), "New & better")
    assert graph.get(path, prefer=TEXT)["body"]["content"] == "New & better"
    assert graph.get(path)["bodyPreview"] == "New & better"


# Doing it twice.


def test_the_same_request_with_a_transaction_makes_one_event(graph: Client) -> None:
    """A request that is repeated with its transactionId gets the event that is there already."""
    first = made(graph, transactionId="t")
    again = made(graph, transactionId="t")
    assert (first["id"], first["@odata.etag"]) == (again["id"], again["@odata.etag"])
    assert len(graph.get("me/events")["value"]) == 1


def test_a_transaction_is_not_for_another_event(graph: Client, hands: CalendarHands) -> None:
    """A transactionId is refused for another event, and for another calendar."""
    made(graph, transactionId="t")
    taken = (409, "ErrorDuplicateTransactionId")
    assert graph.refused("POST", "me/events", json=event(transactionId="t", subject="Other")) == taken
    other = ids.address(hands.add_calendar("Other"))
    assert graph.refused("POST", f"me/calendars/{other}/events", json=event(transactionId="t")) == taken
    item = made(graph)
    wrong = (400, "ErrorInvalidPropertySet")
    assert graph.refused("PATCH", f"me/events/{item['id']}", json={"transactionId": "u"}) == wrong


def test_an_event_whose_answer_was_lost_is_made_once(graph: Client, graph_server: GraphServer) -> None:
    """A request that was done without an answer, and is repeated with its transactionId, makes one event."""
    graph_server.faults.add(Fault("POST /me/events", Broken.DROP_AFTER, times=1))
    with pytest.raises(httpx.RemoteProtocolError):
        made(graph, transactionId="t")
    (kept,) = graph.get("me/events")["value"]
    assert made(graph, transactionId="t")["id"] == kept["id"]
    assert len(graph.get("me/events")["value"]) == 1


def test_one_part_of_a_batch_fails(graph: Client, graph_server: GraphServer) -> None:
    """A fault strikes one creation of a batch, and the others are done."""
    graph_server.faults.add(Fault("POST /me/events", Status(429, "3"), times=1, after=1))
    parts = [
        {
            "id": str(number),
            "method": "POST",
            "url": "/me/events",
            "headers": {"Content-Type": "application/json"},
            "body": event(subject=f"Hold {number}", transactionId=f"t{number}"),
        }
        for number in range(3)
    ]
    answers = {each["id"]: each for each in graph.post("$batch", requests=parts)["responses"]}
    assert [answers[each]["status"] for each in "012"] == [201, 429, 201]
    assert answers["1"]["headers"]["Retry-After"] == "3"
    assert [each["subject"] for each in graph.get("me/events")["value"]] == ["Hold 0", "Hold 2"]


@pytest.mark.parametrize("remembers", [False, True])
def test_the_transaction_of_a_deleted_event(graph: Client, graph_server: GraphServer, *, remembers: bool) -> None:
    """What a transactionId does after its event was deleted can be chosen: both are to be expected."""
    graph_server.state.bookings.remembers_deleted = remembers
    first = made(graph, transactionId="t")
    graph.ask("DELETE", f"me/events/{first['id']}")
    assert (made(graph, transactionId="t")["id"] == first["id"]) is remembers
    assert len(graph.get("me/events")["value"]) == (not remembers)


# Changing and deleting.


def test_a_change_needs_the_version_it_is_made_to(graph: Client, hands: CalendarHands) -> None:
    """A change and a deletion with an ETag of old are refused with 412; with the present one they are made."""
    item = made(graph)
    path = f"me/events/{item['id']}"
    hands.rename(ids.stored(item["id"]), "Mine")
    old, conflict = {"If-Match": item["@odata.etag"]}, (412, "ErrorIrresolvableConflict")
    assert graph.refused("PATCH", path, headers=old, json={"subject": "Ours"}) == conflict
    assert graph.refused("DELETE", path, headers=old) == conflict
    present = graph.get(path, select="subject")
    assert present["subject"] == "Mine"
    changed = graph.patch(path, present["@odata.etag"], subject="Ours")
    assert (changed["subject"], changed["@odata.etag"] == present["@odata.etag"]) == ("Ours", False)


def test_a_change_that_is_refused_changes_nothing(graph: Client) -> None:
    """An event keeps all its properties when one of those that are sent cannot be set."""
    path = f"me/events/{made(graph)['id']}"
    before = graph.get(path)
    wrong = (400, "ErrorCalendarEndDateIsEarlierThanStartDate")
    assert graph.refused("PATCH", path, json={"subject": "New", "end": at(NINE - HOUR)}) == wrong
    assert graph.get(path) == before


def test_a_property_is_changed_and_taken_away(graph: Client) -> None:
    """A property of a program's own is changed by its id, and gone when it is null."""
    item = made(graph, **keyed("a"))
    path = f"me/events/{item['id']}"
    graph.patch(path, **keyed("b"))
    assert graph.get(path, expand=EXPAND)["singleValueExtendedProperties"] == [{"id": KEY, "value": "b"}]
    graph.patch(path, singleValueExtendedProperties=[{"id": KEY, "value": None}])
    assert "singleValueExtendedProperties" not in graph.get(path, expand=EXPAND)


def test_a_deleted_event_is_found_by_its_immutable_id(graph: Client, hands: CalendarHands) -> None:
    """A deleted event is in Deleted Items by the same id, no longer in its calendar; restored it is there again."""
    item = made(graph)
    inside = f"me/calendars/{ids.address(hands.main)}/events/{item['id']}"
    assert graph.ask("DELETE", f"me/events/{item['id']}").status_code == 204
    assert graph.get(f"me/events/{item['id']}")["id"] == item["id"]
    assert graph.refused("GET", inside) == (404, "ErrorItemNotFound")
    assert seen(graph) == []
    assert ids.address(hands.restore(ids.stored(item["id"]))) == item["id"]
    assert graph.get(inside)["subject"] == "Review"


def test_another_id_is_no_longer_one_when_the_event_moves(graph_server: GraphServer) -> None:
    """Without the preference for immutable ids, a deleted event is not found by the id that it had."""
    with client(graph_server, prefer="x=y") as plain:
        item = made(plain)
        assert plain.get(f"me/events/{item['id']}")["id"] == item["id"]
        plain.ask("DELETE", f"me/events/{item['id']}")
        assert plain.refused("GET", f"me/events/{item['id']}") == (404, "ErrorItemNotFound")


def test_from_deleted_items_an_event_is_gone_for_good(graph: Client) -> None:
    """An event that is deleted twice is nowhere."""
    item = made(graph)
    for _ in range(2):
        assert graph.ask("DELETE", f"me/events/{item['id']}").status_code == 204
    assert graph.refused("GET", f"me/events/{item['id']}") == (404, "ErrorItemNotFound")
    assert graph.refused("DELETE", f"me/events/{item['id']}") == (404, "ErrorItemNotFound")


# Finding.


def test_events_are_found_by_a_property_of_ones_own(graph: Client) -> None:
    """A list is filtered by the value of an extended property, and shows it where it is expanded."""
    for number in range(3):
        made(graph, NINE + number * HOUR, **keyed(f"cb{number}"))
    made(graph, NINE + 5 * HOUR)
    condition = f"singleValueExtendedProperties/Any(ep: ep/id eq '{KEY}' and ep/value eq 'cb1')"
    (found,) = graph.get("me/events", filter=condition, expand=EXPAND)["value"]
    assert found["singleValueExtendedProperties"] == [{"id": KEY, "value": "cb1"}]
    every = f"singleValueExtendedProperties/Any(ep: ep/id eq '{KEY}' and ep/value ne null)"
    assert len(graph.get("me/events", filter=every)["value"]) == 3


def test_what_cannot_be_filtered_by_is_refused(graph: Client) -> None:
    """The transactionId cannot be searched for, the iCalUId can."""
    item = made(graph, transactionId="t")
    refused = graph.refused("GET", "me/events", params={"$filter": "transactionId eq 't'"})
    assert refused == (400, "ErrorInvalidProperty")
    found = graph.get("me/events", filter=f"iCalUId eq '{item['iCalUId']}'")["value"]
    assert [each["id"] for each in found] == [item["id"]]


def test_a_list_comes_in_pages_of_ten(graph: Client) -> None:
    """A list without $top is cut after ten, and the link tells the rest."""
    for number in range(12):
        made(graph, NINE + number * HOUR)
    page = graph.get("me/events", select="subject")
    assert len(page["value"]) == 10
    assert len(graph.get(page["@odata.nextLink"])["value"]) == 2
    assert set(page["value"][0]) == {"@odata.etag", "id", "subject"}


# What goes for all of it.


def test_events_are_asked_for_in_a_batch(graph: Client, hands: CalendarHands, graph_server: GraphServer) -> None:
    """One batch reads the views of several calendars, each part with its own status."""
    made(graph)
    other, gone = (ids.address(hands.add_calendar(each)) for each in ("Other", "Gone"))
    graph_server.state.folders.remove(graph_server.state.folders.all[ids.stored(gone)])
    view = "calendarView?startDateTime=2026-03-23T00:00:00Z&endDateTime=2026-03-24T00:00:00Z"
    urls = [f"/me/{view}", f"/me/calendars/{other}/{view}", f"/me/calendars/{gone}/{view}"]
    parts = [{"id": str(number), "method": "GET", "url": url} for number, url in enumerate(urls)]
    answers = sorted(graph.post("$batch", requests=parts)["responses"], key=lambda each: each["id"])
    assert [(each["status"], len(each["body"].get("value", ()))) for each in answers] == [(200, 1), (200, 0), (404, 0)]


def test_a_calendar_is_kept_and_restored(graph: Client, graph_server: GraphServer, hands: CalendarHands) -> None:
    """What the account held when it was kept is there again, and the hands are those of the account that answers."""
    item = made(graph, transactionId="t")
    kept = graph_server.keep()
    hands.delete(ids.stored(item["id"]))
    graph_server.restore(kept)
    assert seen(graph) == [("2026-03-23T08:00", "singleInstance")]
    assert made(graph, transactionId="t")["id"] == item["id"]
    graph_server.state.calendar.rename(ids.stored(item["id"]), "Mine")
    assert graph.get(f"me/events/{item['id']}")["subject"] == "Mine"


def test_the_mailbox_tells_its_zone(graph: Client, graph_server: GraphServer) -> None:
    """The zone of the user is among the settings of the mailbox, as it was chosen."""
    assert graph.get("me/mailboxSettings", select="timeZone")["timeZone"] == "W. Europe Standard Time"
    graph_server.state.user.zone = BERLIN
    assert graph.get("me/mailboxSettings", select="timeZone")["timeZone"] == BERLIN


def test_an_option_that_is_not_known_is_a_violation(graph: Client, graph_server: GraphServer) -> None:
    """An option that Graph does not know is refused and noted, a property that events do not have is refused."""
    assert graph.refused("GET", "me/events", params={"$format": "json"}) == (400, "BadRequest")
    (noted,) = forgiven(graph_server)
    assert noted.endswith("The query parameter '$format' is not supported.")
    assert graph.refused("GET", "me/events", params={"$select": "title"}) == (400, "RequestBroker--ParseUri")
