"""Bad days: after every fault of Exchange or on the way nothing is doubled, nothing lost, and one message says why."""

from __future__ import annotations

import contextlib
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from assistant.errors import (
    AuthError,
    CursorExpiredError,
    InvalidResponseError,
    NotFoundError,
    ProviderError,
    TransientError,
    UnsupportedError,
    WrongETagError,
)
from assistant.model.mailbox import Ref
from providers._net import Patience
from providers.exchange.calendar import ExchangeCalendar
from providers.exchange.calendars import CalendarOptions
from tests.contract.exchange import connected
from tests.contract.harness import MONDAY, ZONE, event, ics
from tests.servers.ews.faults import Broken, Busy, Delay, Error, Fault, Refused, Status
from tests.servers.ews.server import EwsServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from assistant.model.calendar import EventRef
    from providers.exchange.service import Exchange
    from tests.servers.ews.faults import Kind

DAY = (MONDAY, MONDAY + timedelta(days=1))
PATIENT = Patience(request=timedelta(seconds=5), total=timedelta(seconds=4), throttled=timedelta(seconds=4))
HASTY = Patience(request=timedelta(seconds=5), total=timedelta(seconds=0.3), throttled=timedelta(seconds=0.3))
SLOW = Delay(0.9)
AWAY = (Busy(0), Status(503), Status(429, "0"), Error("ErrorInternalServerTransientError"), Error("ErrorServerBusy"))
LOST = (Broken.DROP_BEFORE, Broken.DROP_AFTER, Broken.CUT, SLOW)
RUBBISH = (Broken.GARBAGE, Broken.BOMB, Broken.OUTSIDE)
WRITES = {"create": "CreateItem", "update": "UpdateItem", "delete": "DeleteItem"}


@pytest.fixture
def server() -> Iterator[EwsServer]:
    """Return Exchange with an empty account; all that was asked of it is allowed, and nobody was told anything."""
    with EwsServer("owner@example.org") as running:
        yield running
        assert running.violations == []
        assert running.sends() == []


@pytest.fixture
def exchange(server: EwsServer) -> Iterator[Exchange]:
    """Return a connection."""
    found = connected(server, PATIENT)
    yield found
    found.close()


@pytest.fixture
def calendar(exchange: Exchange) -> ExchangeCalendar:
    """Return the mailbox's own calendar."""
    return opened(exchange)


@contextlib.contextmanager
def hasty(server: EwsServer, fault: Kind, patience: Patience = HASTY) -> Iterator[Exchange]:
    """Open a connection that gives up soon; one that waits for answers no longer than a slow one takes."""
    found = connected(server, patience._replace(request=timedelta(seconds=0.4)) if fault is SLOW else patience)
    yield found
    found.close()


def opened(exchange: Exchange) -> ExchangeCalendar:
    """Open the mailbox's own calendar as a new process would."""
    return ExchangeCalendar(exchange, CalendarOptions(), ZONE, lambda _: None)


def written(server: EwsServer) -> list[str]:
    """Return the titles of all events that stand."""
    return [each.text("Subject") for each in server.state.calendar.living()]


def prepare(calendar: ExchangeCalendar, write: str) -> Callable[[], EventRef | None]:
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


def settle(calendar: ExchangeCalendar, write: str) -> None:
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


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("fault", [*AWAY, *LOST], ids=str)
def test_one_bad_moment_is_not_noticed(server: EwsServer, write: str, fault: Kind) -> None:
    """A write that was refused for now, or whose request or answer was lost, is done once all the same."""
    with hasty(server, fault, PATIENT) as exchange:
        act = prepare(opened(exchange), write)
        server.faults.add(Fault(WRITES[write], fault))
        act()
    assert written(server) == outcome(write)
    assert server.faults.pending == 0


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("fault", [Busy(0), Status(503), *LOST, *RUBBISH, Broken.WRONG_CHARSET], ids=str)
def test_a_bad_day_ends_with_one_event(server: EwsServer, exchange: Exchange, write: str, fault: Kind) -> None:
    """When patience ends one error at most says so; the next pass leaves one event in the wanted state."""
    with hasty(server, fault) as weak:
        act = prepare(opened(weak), write)
        server.faults.add(Fault(WRITES[write], fault, times=99))
        # Done on the way and found done is as good: then nothing is to be said.
        with contextlib.suppress(TransientError, InvalidResponseError):
            act()
    assert server.faults.pending < 99
    server.faults.clear()
    settle(opened(exchange), write)
    assert written(server) == outcome(write)


@pytest.mark.parametrize("fault", [*AWAY, *LOST], ids=str)
def test_many_new_events_are_written_once(server: EwsServer, fault: Kind) -> None:
    """When the answer about many is lost they are looked for, and what is missing alone is written."""
    events = [event(f"cb{number}.0", MONDAY + timedelta(minutes=20 * number)) for number in range(5)]
    with hasty(server, fault, PATIENT) as exchange:
        server.faults.add(Fault("CreateItem", fault))
        found = opened(exchange).put_new(events)
        assert [isinstance(each, ProviderError) for each in found] == [False] * 5
        assert opened(exchange).put_new(events) == found
    assert len(written(server)) == 5


@pytest.mark.parametrize("fault", [Broken.DROP_BEFORE, Broken.DROP_AFTER, Status(503)], ids=str)
def test_many_new_events_on_a_bad_day(server: EwsServer, exchange: Exchange, fault: Kind) -> None:
    """When nobody knows whether many were written an error says so, and the next pass doubles none."""
    events = [event(f"cb{number}.0", MONDAY + timedelta(minutes=20 * number)) for number in range(5)]
    with hasty(server, fault) as weak:
        server.faults.add(Fault("CreateItem", fault, times=99))
        with contextlib.suppress(TransientError):
            opened(weak).put_new(events)
    server.faults.clear()
    assert not any(isinstance(each, ProviderError) for each in opened(exchange).put_new(events))
    assert len(written(server)) == 5


READS: dict[str, Callable[[ExchangeCalendar], object]] = {
    "FindItem": lambda calendar: calendar.agenda(*DAY),
    "GetItem": lambda calendar: calendar.find("cb1.0"),
    "GetFolder": lambda calendar: calendar.changes(None),
    "SyncFolderItems": lambda calendar: calendar.changes(None),
    "GetUserConfiguration": lambda calendar: calendar.zone(),
}


@pytest.mark.parametrize("operation", READS)
@pytest.mark.parametrize("fault", [*AWAY, Broken.DROP_AFTER, Broken.CUT], ids=str)
def test_reading_is_tried_again(server: EwsServer, calendar: ExchangeCalendar, operation: str, fault: Kind) -> None:
    """One answer that was refused for now or lost is asked for again."""
    calendar.put(event())
    server.faults.add(Fault(operation, fault))
    assert READS[operation](calendar)
    assert server.faults.pending == 0


@pytest.mark.parametrize("operation", READS)
@pytest.mark.parametrize("fault", RUBBISH, ids=str)
def test_reading_rubbish_is_an_error(
    server: EwsServer, calendar: ExchangeCalendar, operation: str, fault: Kind
) -> None:
    """What cannot be read is said to be so, and is neither an empty calendar nor an event that is gone."""
    calendar.put(event())
    server.faults.add(Fault(operation, fault, times=99))
    with pytest.raises((InvalidResponseError, TransientError)):
        READS[operation](calendar)


def test_a_wait_that_is_asked_for_is_kept(server: EwsServer, calendar: ExchangeCalendar) -> None:
    """A busy server is left alone for as long as it asks."""
    server.faults.add(Fault("CreateItem", Busy(700)))
    begun = time.monotonic()
    calendar.put(event())
    assert time.monotonic() - begun >= 0.7
    assert written(server) == ["Call Ann Byrne"]


def test_a_wrong_password_is_said_at_once(server: EwsServer, calendar: ExchangeCalendar) -> None:
    """A password that is no longer right is an error of signing in, tried once: more tries would lock the account."""
    server.faults.add(Fault("*", Broken.UNAUTHORIZED, times=99))
    with pytest.raises(AuthError):
        calendar.put(event())
    assert server.faults.pending >= 97


def test_an_expired_state_is_said_and_all_is_read(server: EwsServer, exchange: Exchange) -> None:
    """A sync state that the server forgot is a cursor that expired, never a calendar without events."""
    calendar = opened(exchange)
    ref = calendar.put(event())
    cursor = calendar.changes(None).cursor
    server.state.sync.expire()
    with pytest.raises(CursorExpiredError):
        opened(exchange).changes(cursor)
    assert opened(exchange).changes(None).changed == (ref,)


def test_an_expired_state_of_another_calendar_is_no_matter(server: EwsServer, exchange: Exchange) -> None:
    """Where a server has no marks the states of busy calendars are begun anew, and the version is another one."""
    server.state.quirks.no_folder_marks = True
    team = server.state.calendar.add_calendar("Team")
    calendar = ExchangeCalendar(exchange, CalendarOptions(busy=("Team",)), ZONE, lambda _: None)
    cursor = calendar.changes(None).cursor
    version = calendar.version()
    assert calendar.changes(cursor).cursor == cursor
    assert calendar.version() == version
    stale = Fault("SyncFolderItems", Error("ErrorInvalidSyncStateData"), after=1)
    server.faults.add(stale)
    assert calendar.changes(cursor).removed == ()
    assert calendar.version() not in {None, version}
    server.state.calendar.add_events(ics("DTSTART:20260323T090000Z"), team)
    before = calendar.version()
    calendar.changes(calendar.changes(cursor).cursor)
    assert calendar.version() != before


@pytest.mark.parametrize("away", ["deleted", "denied"])
def test_a_calendar_taken_away_is_no_deletion(server: EwsServer, exchange: Exchange, away: str) -> None:
    """A calendar deleted or no longer shared is an error at each look and write; no event is said to be gone."""
    own = server.state.calendar.add_calendar("Calls")
    options = CalendarOptions(calendar="Calls")
    calendar = ExchangeCalendar(exchange, options, ZONE, lambda _: None)
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
        lambda: calendar.put_new([event("cb2.0"), event("cb3.0")]),
        lambda: calendar.find("cb1.0"),
    ]
    for act in acts:
        with pytest.raises(NotFoundError):
            act()
    if away == "deleted":
        with pytest.raises(NotFoundError):
            calendar.delete(ref)


def test_a_refusal_is_no_calendar_that_is_away(server: EwsServer, calendar: ExchangeCalendar) -> None:
    """What the server refuses for another reason is told as that."""
    server.faults.add(Fault("CreateItem", Error("ErrorQuotaExceeded")))
    with pytest.raises(ProviderError, match="full") as caught:
        calendar.put(event())
    assert not isinstance(caught.value, NotFoundError | TransientError)
    server.faults.add(Fault("GetUserConfiguration", Refused("ErrorInvalidOperation")))
    assert calendar.zone() is None


def test_somebody_else_was_faster(server: EwsServer, calendar: ExchangeCalendar) -> None:
    """When the user changes an event between our look and our write the user's change stays."""
    ref = calendar.put(event())
    held = calendar.get(ref.ref)
    server.state.calendar.rename(ref.ref, "mine")
    with pytest.raises(WrongETagError):
        calendar.put(event(summary="Call Bob"), held.ref)
    with pytest.raises(WrongETagError):
        calendar.put(event(summary="Call Bob"), ref)
    assert written(server) == ["mine"]


def test_changes_without_an_end_are_not_taken_for_whole(
    server: EwsServer, calendar: ExchangeCalendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that always says there is more and never goes on is an error."""
    monkeypatch.setattr(server.state.sync, "_written", lambda *_: "AAAA")
    monkeypatch.setattr("tests.servers.ews.sync._MOST", 0)
    calendar.put(event())
    with pytest.raises(ProviderError):
        calendar.changes(None)


def test_an_answer_about_too_few_is_an_error(
    server: EwsServer, calendar: ExchangeCalendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that leaves items out is not taken for one about others."""
    del server
    ref = calendar.put(event())
    monkeypatch.setattr("providers.exchange.querying._Get.call", lambda *_: iter(()))
    with pytest.raises(InvalidResponseError):
        calendar.get(Ref(ref.ref))


def test_a_server_without_searches_is_asked_once_for_one(server: EwsServer, calendar: ExchangeCalendar) -> None:
    """Where restrictions on our properties are refused the whole calendar is looked through from then on."""
    server.state.quirks.no_restrictions = True
    for uid in ("cb1.0", "cb2.0"):
        calendar.put(event(uid))
    assert server.round_trips("FindItem") == 3
    with pytest.raises(UnsupportedError):
        calendar.put(event("cb3.0", zone="Mars/Base"))
