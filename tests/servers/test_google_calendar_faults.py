"""Bad days: after every fault of Google or on the way nothing is doubled, nothing lost, and one message says why."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from assistant.errors import (
    AlreadyExistsError,
    AuthError,
    CursorExpiredError,
    InvalidResponseError,
    NotFoundError,
    TransientError,
    UnsupportedError,
    WrongETagError,
)
from assistant.model.call import E164
from providers._net import Patience
from providers.google.calendar import GoogleCalendar
from providers.google.contacts import GoogleContacts
from providers.google.events import CalendarOptions
from tests.contract.google import connected
from tests.contract.harness import MONDAY, REGION, ZONE, event
from tests.servers.google.faults import Broken, Delay, Fault, Status
from tests.servers.google.server import GoogleServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from assistant.model.calendar import EventRef
    from providers.google.service import Google
    from tests.servers.google.faults import Kind

DAY = (MONDAY, MONDAY + timedelta(days=1))
PATIENT = Patience(request=timedelta(seconds=5), total=timedelta(seconds=4), throttled=timedelta(seconds=4))
HASTY = Patience(request=timedelta(seconds=5), total=timedelta(seconds=0.4), throttled=timedelta(seconds=0.4))
SLOW = Delay(0.9)
BUSY = (
    Status(429, "rateLimitExceeded"),
    Status(429, "rateLimitExceeded", retry_after="0"),
    Status(403, "rateLimitExceeded"),
    Status(403, "userRateLimitExceeded"),
    Status(500, "backendError"),
    Status(503, "backendError"),
)
LOST = (Broken.DROP_BEFORE, Broken.DROP_AFTER, Broken.CUT, SLOW)
WRITES = ("insert", "patch", "delete")


@pytest.fixture
def server() -> Iterator[GoogleServer]:
    """Return Google with an empty account; all that was asked of it is allowed."""
    with GoogleServer("owner@example.org") as running:
        yield running
        assert running.violations == []
        assert running.sends() == []


@pytest.fixture
def google(server: GoogleServer) -> Iterator[Google]:
    """Return a connection."""
    found = connected(server, PATIENT)
    yield found
    found.close()


@pytest.fixture
def calendar(google: Google) -> GoogleCalendar:
    """Return the primary calendar, alone."""
    return opened(google)


@contextlib.contextmanager
def hasty(server: GoogleServer, fault: Kind) -> Iterator[Google]:
    """Open a connection that gives up soon; one that waits for answers no longer than a slow one takes."""
    found = connected(server, HASTY._replace(request=timedelta(seconds=0.4)) if fault is SLOW else HASTY)
    yield found
    found.close()


def opened(google: Google, *busy: str) -> GoogleCalendar:
    """Open the primary calendar as a new process would."""
    return GoogleCalendar(google, CalendarOptions(busy=busy), ZONE, lambda _: None)


def written(server: GoogleServer) -> list[str]:
    """Return the titles of all events that stand."""
    return [each["summary"] for each in server.state.calendars.living()]


def prepare(calendar: GoogleCalendar, write: str) -> Callable[[], EventRef | None]:
    """Return what does one write, repeatable as the core repeats it; what it needs is there already."""
    if write == "insert":
        return lambda: calendar.put(event())
    ref = calendar.put(event())
    if write == "patch":
        return lambda: calendar.put(event(summary="Call Bob"), ref)
    return lambda: calendar.delete(ref)


def outcome(write: str) -> list[str]:
    """Return the titles that stand once the write is done."""
    return {"insert": ["Call Ann Byrne"], "patch": ["Call Bob"], "delete": []}[write]


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("fault", [*BUSY, *LOST], ids=str)
def test_one_bad_moment_is_not_noticed(server: GoogleServer, write: str, fault: Kind) -> None:
    """A write that was refused for now, or whose request or answer was lost, is done once all the same."""
    patience = PATIENT._replace(request=timedelta(seconds=0.5)) if fault is SLOW else PATIENT
    google = connected(server, patience)
    act = prepare(opened(google), write)
    server.faults.add(Fault(f"calendar.events.{write}", fault))
    act()
    google.close()
    assert written(server) == outcome(write)
    assert server.faults.pending == 0


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("fault", [Status(503, "backendError"), Status(403, "rateLimitExceeded"), *LOST], ids=str)
def test_a_bad_day_ends_with_one_event(server: GoogleServer, google: Google, write: str, fault: Kind) -> None:
    """When patience ends one error at most says so; the next pass leaves one event in the wanted state."""
    with hasty(server, fault) as weak:
        act = prepare(opened(weak), write)
        server.faults.add(Fault(f"calendar.events.{write}", fault, times=99))
        # Done on the way and found done is as good: then nothing is to be said.
        with contextlib.suppress(TransientError):
            act()
    assert server.faults.pending < 99
    server.faults.clear()
    settle(opened(google), write)
    assert written(server) == outcome(write)
    assert len(server.state.calendars.books["owner@example.org"].events) == 1


def settle(calendar: GoogleCalendar, write: str) -> None:
    """Do what a pass does with a write of which nobody knows whether it was done: look, and do it if not."""
    found = calendar.find("cb1.0")
    if write == "insert":
        assert calendar.put(event()) == (found.ref if found else calendar.put(event()))
    elif write == "patch":
        assert found is not None
        if found.event.summary != "Call Bob":
            calendar.put(event(summary="Call Bob"), found.ref)
    elif found is not None:
        calendar.delete(found.ref)


@pytest.mark.parametrize("fault", [Broken.GARBAGE, Broken.CUT, Broken.DROP_AFTER], ids=str)
@pytest.mark.parametrize("write", WRITES)
def test_an_answer_that_nobody_can_read_doubles_nothing(
    server: GoogleServer, calendar: GoogleCalendar, write: str, fault: Broken
) -> None:
    """What was done though its answer was rubbish is found done by the next try."""
    act = prepare(calendar, write)
    server.faults.add(Fault(f"calendar.events.{write}", fault))
    with contextlib.suppress(InvalidResponseError):
        act()
    act()
    assert written(server) == outcome(write)


READS: dict[str, Callable[[GoogleCalendar], object]] = {
    "calendar.events.list": lambda calendar: calendar.agenda(*DAY),
    "calendar.events.get": lambda calendar: calendar.find("cb1.0"),
    "calendar.settings.get": lambda calendar: calendar.zone(),
}


@pytest.mark.parametrize("fault", [*BUSY, Broken.DROP_BEFORE, Broken.DROP_AFTER, Broken.CUT], ids=str)
@pytest.mark.parametrize("method", READS)
def test_reading_is_tried_again(server: GoogleServer, calendar: GoogleCalendar, method: str, fault: Kind) -> None:
    """One bad moment changes nothing of what is read."""
    calendar.put(event())
    before = READS[method](calendar)
    server.faults.add(Fault(method, fault))
    assert READS[method](calendar) == before


@pytest.mark.parametrize("method", READS)
def test_reading_rubbish_is_an_error(server: GoogleServer, calendar: GoogleCalendar, method: str) -> None:
    """A captive portal's page is told of, and not taken for an empty calendar."""
    calendar.put(event())
    server.faults.add(Fault(method, Broken.GARBAGE))
    with pytest.raises(InvalidResponseError, match=r"captive portal|no JSON"):
        READS[method](calendar)


@pytest.mark.parametrize("fault", [*BUSY, Broken.DROP_AFTER, Broken.CUT], ids=str)
def test_one_bad_calendar_of_several_is_asked_again(server: GoogleServer, google: Google, fault: Kind) -> None:
    """In a batch a part that failed is repeated; no calendar is left out of the agenda or of the cursor."""
    for name in ("Team", "Family"):
        team = server.state.calendars.add_calendar(name)
        times = {"start": {"dateTime": "2026-03-23T10:00:00Z"}, "end": {"dateTime": "2026-03-23T11:00:00Z"}}
        server.state.calendars.add_event({"summary": name, **times}, team)
    calendar = opened(google, "Team", "Family")
    cursor = calendar.changes(None).cursor
    where = "calendar.events.list" if isinstance(fault, Status) else "batch"
    server.faults.add(Fault(where, fault, after=1 if isinstance(fault, Status) else 0))
    assert [entry.title for entry in calendar.agenda(*DAY)] == ["Family", "Team"]
    server.faults.add(Fault(where, fault))
    assert calendar.changes(cursor).cursor == cursor


def test_a_calendar_that_stays_away_stops_the_agenda(server: GoogleServer) -> None:
    """An agenda without one of the calendars would be planned over: there is none."""
    server.state.calendars.add_calendar("Team")
    fault = Status(503, "backendError")
    with hasty(server, fault) as google:
        calendar = opened(google, "Team")
        calendar.changes(None)
        server.faults.add(Fault("calendar.events.list", fault, times=99, after=1))
        with pytest.raises(TransientError, match="next pass"):
            calendar.agenda(*DAY)


def test_a_wait_that_is_asked_for_is_kept(server: GoogleServer, calendar: GoogleCalendar) -> None:
    """Retry-After beyond all patience ends the tries at once and is passed on."""
    server.faults.add(Fault("calendar.events.insert", Status(429, "rateLimitExceeded", retry_after="3600")))
    with pytest.raises(TransientError) as raised:
        calendar.put(event())
    assert raised.value.retry_after == timedelta(hours=1)
    assert len(server.calls("calendar.events.insert")) == 1


@pytest.mark.parametrize("batched", [False, True])
def test_a_sign_in_that_ended_is_said(server: GoogleServer, google: Google, batched: bool) -> None:  # noqa: FBT001  a parameter
    """A dead refresh token asks for a new sign-in, and concludes nothing from what it cannot read."""
    server.state.calendars.add_calendar("Team")
    calendar = opened(google, *(["Team"] if batched else []))
    ref = calendar.put(event())
    cursor = calendar.changes(None).cursor
    server.state.oauth.end_access()
    server.state.oauth.revoke_all()
    acts: tuple[Callable[[], object], ...] = (
        lambda: calendar.put(event("cb2.0")),
        lambda: calendar.find("cb1.0"),
        lambda: calendar.delete(ref),
        lambda: calendar.changes(cursor),
        lambda: calendar.agenda(*DAY),
        lambda: GoogleContacts(google, REGION).find(E164("+493012345")),
    )
    for act in acts:
        with pytest.raises(AuthError, match="ringback connect google"):
            act()
    assert written(server) == ["Call Ann Byrne"]


@pytest.mark.parametrize("batched", [False, True])
def test_an_access_token_that_ended_early_is_renewed(server: GoogleServer, google: Google, batched: bool) -> None:  # noqa: FBT001  a parameter
    """Google may end one before its time; nobody notices."""
    server.state.calendars.add_calendar("Team")
    calendar = opened(google, *(["Team"] if batched else []))
    cursor = calendar.changes(None).cursor
    server.state.oauth.end_access()
    assert calendar.changes(cursor).cursor == cursor


def test_an_expired_sync_token_is_said_and_all_is_read(server: GoogleServer, google: Google) -> None:
    """410 is a cursor that expired; one of a calendar that only counts as busy is renewed without a word."""
    team = server.state.calendars.add_calendar("Team")
    calendar = opened(google, "Team")
    ref = calendar.put(event())
    cursor = calendar.changes(None).cursor
    version = calendar.version()
    server.state.calendars.books[team].expired = 99
    news = calendar.changes(cursor)
    assert (news.changed, news.removed) == ((), ())
    assert calendar.version() not in {version, None}
    server.state.calendars.expire_sync_tokens()
    with pytest.raises(CursorExpiredError, match="read all again"):
        calendar.changes(news.cursor)
    assert calendar.version() is None
    assert calendar.changes(None).changed == (ref,)


def test_a_damaged_sync_token_is_a_cursor_that_expired(server: GoogleServer, calendar: GoogleCalendar) -> None:
    """Google calls such a token invalid (400), and that must not stop every pass from then on."""
    cursor = calendar.changes(None).cursor
    server.faults.add(Fault("calendar.events.list", Status(400, "invalid")))
    with pytest.raises(CursorExpiredError):
        calendar.changes(cursor)


@pytest.mark.parametrize("status", [Status(404, "notFound"), Status(403, "forbidden")], ids=str)
def test_a_calendar_taken_away_is_no_deletion(server: GoogleServer, calendar: GoogleCalendar, status: Status) -> None:
    """Whether Google says "not found" or "forbidden": nothing is reported as gone, and it is said what to do."""
    ref = calendar.put(event())
    cursor = calendar.changes(None).cursor
    acts: tuple[Callable[[], object], ...] = (
        lambda: calendar.changes(cursor),
        lambda: calendar.changes(None),
        lambda: calendar.agenda(*DAY),
    )
    for act in acts:
        server.faults.add(Fault("calendar.events.list", status))
        with pytest.raises(NotFoundError, match="share it again or correct the settings"):
            act()
    assert calendar.changes(cursor).removed == ()
    assert calendar.get(ref.ref).ref == ref


def test_an_api_that_is_not_enabled_is_said(server: GoogleServer, calendar: GoogleCalendar) -> None:
    """A new OAuth client without the Calendar API is not a calendar that went missing."""
    acts: tuple[Callable[[], object], ...] = (lambda: calendar.changes(None), lambda: calendar.agenda(*DAY))
    for act in acts:
        server.faults.add(Fault("calendar.events.list", Status(403, "accessNotConfigured")))
        with pytest.raises(UnsupportedError, match="not enabled"):
            act()


def test_a_list_without_an_end_is_not_taken_for_whole(
    calendar: GoogleCalendar, google: Google, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer without the token that belongs to its last page gives no cursor: news would be lost after it."""
    monkeypatch.setattr(google, "call", lambda *_: {"items": []})
    with pytest.raises(InvalidResponseError, match="try again later"):
        calendar.changes(None)


def test_a_list_that_goes_round_in_circles_ends(
    calendar: GoogleCalendar, google: Google, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages that always name another one are not followed for ever."""
    monkeypatch.setattr(google, "call", lambda *_: {"items": [], "nextPageToken": "again"})
    with pytest.raises(InvalidResponseError, match="does not end"):
        calendar.agenda(*DAY)


@pytest.mark.parametrize("status", [Status(404, "notFound"), Status(403, "forbidden")], ids=str)
def test_writing_where_nothing_may_be_written(server: GoogleServer, calendar: GoogleCalendar, status: Status) -> None:
    """A put into a calendar that is away fails with what to do, and is done once it is back."""
    server.faults.add(Fault("calendar.events.insert", status))
    with pytest.raises((NotFoundError, UnsupportedError), match=r"share|write access"):
        calendar.put(event())
    calendar.put(event())
    assert written(server) == ["Call Ann Byrne"]


def test_somebody_else_was_faster(server: GoogleServer, calendar: GoogleCalendar) -> None:
    """A change between our look and our write is never overwritten and never deleted."""
    ref = calendar.put(event())
    server.state.calendars.rename_event(ref.ref, "✓ done")
    for _ in range(2):
        with pytest.raises(WrongETagError, match="read it again"):
            calendar.put(event(summary="Call Bob"), ref)
        with pytest.raises(WrongETagError, match="read it again"):
            calendar.delete(ref)
    assert written(server) == ["✓ done"]


def test_an_id_that_is_taken_changes_nothing(server: GoogleServer, calendar: GoogleCalendar) -> None:
    """An event under our id with other fields, or a deleted one, is told apart from our own repeated write."""
    ref = calendar.put(event())
    server.faults.add(Fault("calendar.events.insert", Broken.DROP_AFTER))
    assert calendar.put(event()) == ref
    with pytest.raises(AlreadyExistsError):
        calendar.put(event(summary="Call Bob"))
    server.state.calendars.delete_event(ref.ref)
    with pytest.raises(AlreadyExistsError):
        calendar.put(event())
    assert written(server) == []
