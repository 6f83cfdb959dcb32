"""Bad days: after every fault of Graph or on the way nothing is doubled, nothing lost, and one message says why."""

from __future__ import annotations

import contextlib
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import (
    AuthError,
    CursorExpiredError,
    InvalidResponseError,
    NotFoundError,
    ProviderError,
    TransientError,
    WrongETagError,
)
from assistant.model.mailbox import Ref
from providers._net import Patience
from providers._outlook import KEPT, KEY, UID
from providers.microsoft365.appointments import held, property_id
from providers.microsoft365.calendar import GraphCalendar
from providers.microsoft365.calendars import CalendarOptions
from providers.microsoft365.contacts import contact
from providers.microsoft365.entries import entry
from providers.microsoft365.events import UnreadableError, is_same, read, write
from tests.contract.harness import MONDAY, REGION, ZONE, event, ics
from tests.contract.microsoft365 import connected
from tests.servers.graph import ids
from tests.servers.graph.faults import Broken, Delay, Error, Fault, Status
from tests.servers.graph.server import GraphServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from assistant.model.calendar import EventRef
    from providers.microsoft365.service import Graph
    from tests.servers.graph.faults import Kind

DAY = (MONDAY, MONDAY + timedelta(days=1))
PATIENT = Patience(request=timedelta(seconds=5), total=timedelta(seconds=4), throttled=timedelta(seconds=4))
HASTY = Patience(request=timedelta(seconds=5), total=timedelta(seconds=0.3), throttled=timedelta(seconds=0.3))
SLOW = Delay(0.9)
AWAY = (Status(429, "0"), Status(503), Status(504), Error("ErrorServerBusy"), Error("ErrorInternalServerError"))
LOST = (Broken.DROP_BEFORE, Broken.DROP_AFTER, Broken.CUT, SLOW)
RUBBISH = (Broken.GARBAGE, Broken.HUGE)
WRITES = {"create": "POST *events", "update": "PATCH *events*", "delete": "DELETE *events*"}


@pytest.fixture
def server() -> Iterator[GraphServer]:
    """Return Graph with an empty account; all that was asked of it is allowed, and nobody was told anything."""
    with GraphServer("owner@example.org") as running:
        running.clock.set(MONDAY)
        yield running
        assert running.violations == []
        assert running.sends() == []


@pytest.fixture
def graph(server: GraphServer) -> Iterator[Graph]:
    """Return a connection."""
    found = connected(server, PATIENT)
    yield found
    found.close()


@pytest.fixture
def calendar(graph: Graph, server: GraphServer) -> GraphCalendar:
    """Return the mailbox's own calendar."""
    return opened(graph, server)


@contextlib.contextmanager
def hasty(server: GraphServer, fault: Kind, patience: Patience = HASTY) -> Iterator[Graph]:
    """Open a connection that gives up soon; one that waits for answers no longer than a slow one takes."""
    found = connected(server, patience._replace(request=timedelta(seconds=0.4)) if fault is SLOW else patience)
    yield found
    found.close()


def opened(graph: Graph, server: GraphServer, calendar: str = "", busy: tuple[str, ...] = ()) -> GraphCalendar:
    """Open a calendar as a new process would."""
    return GraphCalendar(graph, CalendarOptions(calendar, busy), ZONE, lambda _: None, server.clock.now)


def written(server: GraphServer) -> list[str]:
    """Return the titles of all events that stand."""
    return [each.text("Subject") for each in server.state.calendar.living()]


def prepare(calendar: GraphCalendar, write: str) -> Callable[[], EventRef | None]:
    """Return what does one write, repeatable as the core repeats it; what it needs is there already."""
    if write == "create":
        return lambda: calendar.put(event())
    ref = calendar.put(event())
    if write == "update":
        return lambda: calendar.put(event(summary="Call Bob"), ref)
    return lambda: calendar.delete(ref)


def outcome(write: str) -> list[str]:
    """Return the titles that stand once the write is done."""
    return {"create": ["Call Ann Byrne"], "update": ["Call Bob"], "delete": []}[write]


def settle(calendar: GraphCalendar, write: str) -> None:
    """Do what a pass does with a write of which nobody knows whether it was done: look, and do it if not."""
    found = calendar.find("cb1.0")
    if write == "create":
        assert calendar.put(event()) == (found.ref if found else calendar.put(event()))
    elif write == "update":
        assert found is not None
        if found.event.summary != "Call Bob":
            calendar.put(event(summary="Call Bob"), found.ref)
    elif found is not None:
        calendar.delete(found.ref)


# --- writing


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("fault", [*AWAY, *LOST], ids=str)
def test_one_bad_moment_is_not_noticed(server: GraphServer, write: str, fault: Kind) -> None:
    """A write that was refused for now, or whose request or answer was lost, is done once all the same."""
    with hasty(server, fault, PATIENT) as graph:
        act = prepare(opened(graph, server), write)
        server.faults.add(Fault(WRITES[write], fault))
        act()
    assert written(server) == outcome(write)
    assert server.faults.pending == 0


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("fault", [Status(429, "0"), Status(503), *LOST, *RUBBISH, Broken.WRONG_CHARSET], ids=str)
def test_a_bad_day_ends_with_one_event(server: GraphServer, graph: Graph, write: str, fault: Kind) -> None:
    """When patience ends one error at most says so; the next pass leaves one event in the wanted state."""
    with hasty(server, fault) as weak:
        act = prepare(opened(weak, server), write)
        server.faults.add(Fault(WRITES[write], fault, times=99))
        # Done on the way and found done is as good: then nothing is to be said.
        with contextlib.suppress(TransientError, InvalidResponseError):
            act()
    assert server.faults.pending < 99
    server.faults.clear()
    settle(opened(graph, server), write)
    assert written(server) == outcome(write)


def test_the_same_request_twice_is_one_event(server: GraphServer, calendar: GraphCalendar, graph: Graph) -> None:
    """Where a look finds nothing yet of what an answer that was lost had made, Microsoft knows the request again."""
    bookings = server.state.bookings
    server.faults.add(Fault("POST *events", Broken.DROP_AFTER))
    server.faults.add(Fault("GET *events", Error("ErrorServerBusy"), after=1))
    ref = calendar.put(event())
    assert written(server) == ["Call Ann Byrne"]
    again = opened(graph, server)
    again._looking.by_uid = lambda *_: {}  # type: ignore[method-assign]  # a search that is behind
    again._looking.absent["cb1.0"] = server.clock.now()
    assert again.put(event()) == ref
    assert written(server) == ["Call Ann Byrne"]
    assert len(bookings._made) == 1


def test_a_transaction_of_another_event_is_looked_at(server: GraphServer, calendar: GraphCalendar) -> None:
    """A 409 is taken for no success: what is there is compared, and what is not there is said."""
    conflict = Fault("POST *events", Error("ErrorDuplicateTransactionId"))
    server.faults.add(conflict)
    with pytest.raises(ProviderError, match="deleted"):
        calendar.put(event())
    ref = calendar.put(event())
    assert calendar.find("cb2.0") is None
    calendar._looking.absent["cb1.0"] = server.clock.now()
    server.faults.add(conflict)
    assert calendar.put(event()).ref == ref.ref
    assert written(server) == ["Call Ann Byrne"]


def test_a_change_refused_by_exchange_itself_is_tried_again(server: GraphServer, calendar: GraphCalendar) -> None:
    """A 412 while Exchange works on an event that nobody changed is no change of the user's."""
    ref = calendar.put(event())
    server.faults.add(Fault("PATCH *events*", Error("ErrorIrresolvableConflict")))
    ref = calendar.put(event(summary="Call Bob"), ref)
    assert written(server) == ["Call Bob"]
    server.faults.add(Fault("DELETE *events*", Error("ErrorIrresolvableConflict")))
    calendar.delete(ref)
    assert written(server) == []


def test_a_change_refused_for_ever_is_said(server: GraphServer, calendar: GraphCalendar) -> None:
    """Where Exchange refuses each change of an event that stays the same one error says so."""
    ref = calendar.put(event())
    server.faults.add(Fault("* *events/{event}", Error("ErrorIrresolvableConflict"), times=99))
    with pytest.raises(WrongETagError):
        calendar.put(event(summary="Call Bob"), ref)
    assert server.faults.pending >= 95
    server.faults.clear()
    server.faults.add(Fault("DELETE *", Error("ErrorIrresolvableConflict"), times=99))
    with pytest.raises(WrongETagError):
        calendar.delete(ref)


def test_somebody_else_was_faster(server: GraphServer, calendar: GraphCalendar) -> None:
    """When the user changes an event between our look and our write the user's change stays."""
    ref = calendar.put(event())
    held = calendar.get(ref.ref)
    server.state.calendar.rename(ids.stored(ref.ref), "mine")
    for known in (held.ref, ref):
        with pytest.raises(WrongETagError):
            calendar.put(event(summary="Call Bob"), known)
    assert written(server) == ["mine"]


# --- many at once


@pytest.mark.parametrize("operation", ["POST *events", "POST /$batch"])
@pytest.mark.parametrize("fault", [*AWAY, *LOST], ids=str)
def test_many_new_events_are_written_once(server: GraphServer, fault: Kind, operation: str) -> None:
    """When a part was refused or the answer was lost all are looked for, and what is missing alone is written."""
    events = [event(f"cb{number}.0", MONDAY + timedelta(minutes=20 * number)) for number in range(5)]
    with hasty(server, fault, PATIENT) as graph:
        server.faults.add(Fault(operation, fault, after=1))
        found = opened(graph, server).put_new(events)
        assert [isinstance(each, ProviderError) for each in found] == [False] * 5
        assert opened(graph, server).put_new(events) == found
    assert len(written(server)) == 5
    assert server.faults.pending == 0


@pytest.mark.parametrize("fault", [Broken.DROP_BEFORE, Broken.DROP_AFTER, Broken.GARBAGE, Status(503)], ids=str)
def test_many_new_events_on_a_bad_day(server: GraphServer, graph: Graph, fault: Kind) -> None:
    """When nobody knows whether many were written an error says so, and the next pass doubles none."""
    events = [event(f"cb{number}.0", MONDAY + timedelta(minutes=20 * number)) for number in range(5)]
    with hasty(server, fault) as weak:
        server.faults.add(Fault("POST *events", fault, times=99))
        with contextlib.suppress(TransientError, InvalidResponseError):
            opened(weak, server).put_new(events)
    server.faults.clear()
    assert not any(isinstance(each, ProviderError) for each in opened(graph, server).put_new(events))
    assert len(written(server)) == 5


def test_one_part_that_fails_stops_no_other(server: GraphServer, graph: Graph) -> None:
    """A part that is refused for good is told of at its place; the others of the batch are written."""
    events = [event(f"cb{number}.0", MONDAY + timedelta(minutes=20 * number)) for number in range(5)]
    server.faults.add(Fault("POST *events", Error("ErrorQuotaExceeded"), times=2, after=4))
    found = opened(graph, server).put_new(events)
    assert len(written(server)) == 4
    assert [isinstance(each, ProviderError) for each in found].count(True) == 1
    (refused,) = (each for each in found if isinstance(each, ProviderError))
    assert "full" in str(refused)


def test_a_part_that_is_throttled_is_waited_for(server: GraphServer, graph: Graph) -> None:
    """A part with Retry-After is tried again alone when its time has come."""
    events = [event(f"cb{number}.0", MONDAY + timedelta(minutes=20 * number)) for number in range(4)]
    server.faults.add(Fault("POST *events", Status(429, "1"), after=1))
    begun = time.monotonic()
    found = opened(graph, server).put_new(events)
    assert time.monotonic() - begun >= 1
    assert not any(isinstance(each, ProviderError) for each in found)
    assert len(written(server)) == 4
    assert len(server.calls("POST *events")) == 5
    assert len(server.calls("GET *events")) == 4


def test_a_batch_that_is_too_much_at_once_is_whole_in_the_end(server: GraphServer) -> None:
    """Where a mailbox takes four parts of a batch at a time the others are tried until all are there."""
    events = [event(f"cb{number}.0", MONDAY + timedelta(minutes=20 * number)) for number in range(9)]
    with hasty(server, Status(429), PATIENT._replace(throttled=timedelta(seconds=30))) as graph:
        server.crowd_batches()
        found = opened(graph, server).put_new(events)
    assert not any(isinstance(each, ProviderError) for each in found)
    assert len(written(server)) == 9


# --- reading


READS: dict[str, Callable[[GraphCalendar], object]] = {
    "GET /me/calendar/calendarView": lambda calendar: calendar.agenda(*DAY),
    "GET /me/calendars": lambda calendar: calendar.agenda(*DAY),
    "GET /me/calendar/events": lambda calendar: calendar.find("cb1.0"),
    "GET /me/calendarView/delta": lambda calendar: calendar.changes(None),
    "GET /me/mailboxSettings": lambda calendar: calendar.zone(),
}


@pytest.mark.parametrize("operation", READS)
@pytest.mark.parametrize("fault", [*AWAY, Broken.DROP_AFTER, Broken.CUT], ids=str)
def test_reading_is_tried_again(server: GraphServer, calendar: GraphCalendar, operation: str, fault: Kind) -> None:
    """One answer that was refused for now or lost is asked for again."""
    calendar.put(event())
    server.faults.add(Fault(operation, fault))
    assert READS[operation](calendar)
    assert server.faults.pending == 0


@pytest.mark.parametrize("operation", READS)
@pytest.mark.parametrize("fault", RUBBISH, ids=str)
def test_reading_rubbish_is_an_error(server: GraphServer, calendar: GraphCalendar, operation: str, fault: Kind) -> None:
    """What cannot be read is said to be so, and is neither an empty calendar nor an event that is gone."""
    calendar.put(event())
    server.faults.add(Fault(operation, fault, times=99))
    with pytest.raises((InvalidResponseError, TransientError)):
        READS[operation](calendar)


def test_a_wait_that_is_asked_for_is_kept(server: GraphServer, calendar: GraphCalendar) -> None:
    """A busy service is left alone for as long as it asks."""
    server.faults.add(Fault("GET /me/calendarView/delta", Status(429, "1")))
    begun = time.monotonic()
    calendar.changes(None)
    assert time.monotonic() - begun >= 1


def test_a_sign_in_that_ended_is_said(server: GraphServer, calendar: GraphCalendar) -> None:
    """A sign-in that is no longer accepted is an error of signing in, for reading and writing."""
    server.faults.add(Fault("* /*", Broken.UNAUTHORIZED, times=99))
    with pytest.raises(AuthError):
        calendar.put(event())
    with pytest.raises(AuthError):
        calendar.changes(None)


@pytest.mark.parametrize("code", ["SyncStateNotFound", "resyncRequired"])
def test_an_expired_link_is_said_and_all_is_read(server: GraphServer, graph: Graph, code: str) -> None:
    """A token that Microsoft forgot is a cursor that expired, never a calendar without events."""
    calendar = opened(graph, server)
    ref = calendar.put(event())
    cursor = calendar.changes(None).cursor
    server.state.delta.expire(code)
    with pytest.raises(CursorExpiredError):
        opened(graph, server).changes(cursor)
    assert opened(graph, server).changes(None).changed == (ref,)


def test_an_expired_link_of_another_calendar_is_no_matter(server: GraphServer, graph: Graph) -> None:
    """The link of a further calendar is begun anew, and the version is another one."""
    server.state.calendar.add_calendar("Team")
    calendar = opened(graph, server, busy=("Team",))
    cursor = calendar.changes(None).cursor
    version = calendar.version()
    server.clock.advance(timedelta(minutes=1))
    server.faults.add(Fault("GET /me/calendars/{calendar}/calendarView/delta", Error("SyncStateNotFound")))
    news = calendar.changes(cursor)
    assert news.removed == ()
    assert calendar.version() not in {None, version}
    assert calendar.changes(news.cursor).cursor == news.cursor


def test_a_calendar_whose_changes_nobody_tells_counts_all_the_same(server: GraphServer, graph: Graph) -> None:
    """Where Microsoft tracks no changes of a further calendar there is no version, and the agenda is read each time."""
    team = server.state.calendar.add_calendar("Team")
    server.state.calendar.add_events(ics("DTSTART:20260323T090000Z"), team)
    calendar = opened(graph, server, busy=("Team",))
    cursor = calendar.changes(None).cursor
    refused = Fault("GET /me/calendars/{calendar}/calendarView/delta", Error("BadRequest"), times=99)
    server.faults.add(refused)
    for _ in range(3):
        cursor = calendar.changes(cursor).cursor
        assert calendar.version() is None
        assert len(calendar.agenda(*DAY)) == 1
    server.faults.clear()
    cursor = calendar.changes(cursor).cursor
    assert calendar.version() is not None
    assert calendar.changes(cursor).cursor == cursor


def test_a_link_without_an_end_is_an_error(
    server: GraphServer, calendar: GraphCalendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list that always says there is more is an error, not a calendar with nothing in it."""
    monkeypatch.setattr("providers.microsoft365.listing._MOST_PAGES", 3)
    monkeypatch.setattr("providers.microsoft365.synced.PAGE", "1")
    for number in range(5):
        calendar.put(event(f"cb{number}.0"))
    with pytest.raises(InvalidResponseError):
        calendar.changes(None)
    assert len(written(server)) == 5


# --- calendars that are away


@pytest.mark.parametrize("away", ["deleted", "denied"])
def test_a_calendar_taken_away_is_no_deletion(server: GraphServer, graph: Graph, away: str) -> None:
    """A calendar deleted or no longer shared is an error at each look and write; no event is said to be gone."""
    own = server.state.calendar.add_calendar("Calls")
    calendar = opened(graph, server, "Calls")
    ref = calendar.put(event())
    cursor = calendar.changes(None).cursor
    with server.lock:
        folder = server.state.folders.get(own)
        if away == "denied":
            folder.denied = True
        else:
            server.state.folders.remove(folder)
    acts: list[Callable[[], object]] = [
        lambda: calendar.changes(cursor),
        lambda: calendar.changes(None),
        lambda: calendar.agenda(*DAY),
        lambda: calendar.put(event("cb2.0")),
        lambda: calendar.put(event(summary="Call Bob"), ref),
        lambda: calendar.put_new([event("cb2.0"), event("cb3.0")]),
        lambda: calendar.find("cb1.0"),
        lambda: calendar.get(ref.ref),
        lambda: calendar.delete(ref),
    ]
    for act in acts:
        with pytest.raises(NotFoundError):
            act()


def test_a_calendar_taken_away_while_it_is_read(server: GraphServer, calendar: GraphCalendar) -> None:
    """A calendar that goes in the middle of the first look is missing, not empty."""
    calendar.put(event())
    server.faults.add(Fault("GET /me/calendar/events", Error("ErrorAccessDenied")))
    with pytest.raises(NotFoundError):
        calendar.changes(None)


def test_a_refusal_is_no_calendar_that_is_away(server: GraphServer, calendar: GraphCalendar) -> None:
    """What Microsoft refuses for another reason is told as that."""
    server.faults.add(Fault("POST *events", Error("ErrorQuotaExceeded")))
    with pytest.raises(ProviderError, match="full") as caught:
        calendar.put(event())
    assert not isinstance(caught.value, NotFoundError | TransientError)
    server.faults.add(Fault("GET /me/mailboxSettings", Error("ErrorAccessDenied")))
    assert calendar.zone() is None


def test_changes_are_not_lost_when_a_look_fails(server: GraphServer, graph: Graph) -> None:
    """When what is told as removed cannot be looked at the old cursor brings it again."""
    calendar = opened(graph, server)
    ref = calendar.put(event())
    cursor = calendar.changes(None).cursor
    server.state.calendar.delete(ids.stored(ref.ref))
    server.state.calendar.add_events(ics("DTSTART:20260323T090000Z"))
    server.faults.add(Fault("GET /me/calendar/events/{event}", Error("ErrorItemCorrupt"), times=1))
    with pytest.raises(InvalidResponseError):
        calendar.changes(cursor)
    assert calendar.version() is None
    assert calendar.changes(cursor).removed == (Ref(ref.ref),)


# --- hostile answers

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_MOMENT = st.fixed_dictionaries(
    {
        "dateTime": st.sampled_from(["0001-01-01T00:00:00.0000000", "9999-12-31T23:59:59", "2026-03-23T09:00:00", "x"]),
        "timeZone": st.sampled_from(["UTC", "Tokyo Standard Time", "Nowhere", "../x"]),
    }
)
_KEPT = st.sampled_from(['{"r":[99999999999999999999999,60]}', '{"z":"../x","s":"?"}', '{"u":1}', "[", "{}"])
_PROPERTIES = st.fixed_dictionaries(
    {"id": st.sampled_from([property_id(name) for name in (UID, KEY, KEPT)]), "value": _KEPT | st.just("cb1.0") | _JSON}
)
_EVENT = {
    **dict.fromkeys(("start", "end"), _MOMENT | _JSON),
    **{name: st.booleans() | _JSON for name in ("isAllDay", "isCancelled", "isReminderOn", "isOrganizer")},
    **dict.fromkeys(("body", "location", "organizer", "attendees", "categories", "responseStatus", "type"), _JSON),
    **{name: st.text(max_size=9) | _JSON for name in ("subject", "showAs", "sensitivity", "originalStartTimeZone")},
    "reminderMinutesBeforeStart": st.integers() | _JSON,
    "singleValueExtendedProperties": st.lists(_PROPERTIES, max_size=4) | _JSON,
}


@settings(max_examples=300, deadline=None)
@given(raw=st.fixed_dictionaries({}, optional=_EVENT))
def test_no_answer_breaks_the_reading(raw: dict[str, object]) -> None:
    """Whatever stands in an event, it is read as one, or said to be none that can be read."""
    found = held("test", {"id": "x" * 20, **raw})
    with contextlib.suppress(UnreadableError):
        assert read(found, ZONE).end >= read(found, ZONE).start
    with contextlib.suppress(UnreadableError):
        one = entry(found, ZONE, "me@example.org", ours=True)
        assert one is None or one.end >= one.start
    assert is_same(event(), found, ZONE) in {True, False}
    assert isinstance(write(event(), found)["categories"], list)


@settings(max_examples=200, deadline=None)
@given(
    raw=st.fixed_dictionaries(
        {},
        optional={
            **{name: st.text(max_size=9) | _JSON for name in ("displayName", "companyName", "department")},
            **{
                name: st.lists(_JSON, max_size=3) | _JSON for name in ("businessPhones", "emailAddresses", "categories")
            },
            "mobilePhone": st.text(max_size=12) | _JSON,
            "singleValueExtendedProperties": st.lists(_PROPERTIES, max_size=4) | _JSON,
        },
    )
)
def test_no_answer_breaks_the_book(raw: dict[str, object]) -> None:
    """Whatever stands in a contact, it is read as one; what of it is none is left out."""
    found = contact(raw, REGION)
    assert all("@" in each for each in found.addresses)
