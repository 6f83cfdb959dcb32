"""The Exchange calendar beyond the contract: what it costs, what users see, and servers that are not Microsoft's."""

from __future__ import annotations

import functools
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import CursorExpiredError, NotFoundError, UnsupportedError, WrongETagError
from assistant.model.calendar import EventStatus, FbType
from assistant.model.mailbox import ETag, Ref
from providers.exchange import appointments, zones
from providers.exchange.calendar import ExchangeCalendar
from providers.exchange.calendars import CalendarOptions
from tests.contract import test_agenda, test_calendar
from tests.contract.exchange import ExchangeHarness, connected
from tests.contract.exchange_calendar import OWN
from tests.contract.harness import MONDAY, ZONE, event, ics, instants
from tests.contract.test_suites import checks
from tests.servers.ews.faults import Error, Fault
from tests.servers.ews.server import EwsServer
from tests.servers.ews.soap import e

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import ModuleType

    from assistant.model.mailbox import Cursor

DAY = (MONDAY, MONDAY + timedelta(days=1))
SERIES = "UID:w\nDTSTART:20260323T090000Z\nDTEND:20260323T100000Z\nRRULE:FREQ=WEEKLY"
QUIRKS = (
    (test_agenda, ("no_expansion",)),
    (test_agenda, ("no_expansion", "only_first")),
    (test_agenda, ("no_expansion", "only_first", "no_restrictions")),
    (test_calendar, ("no_expansion", "no_folder_marks", "no_restrictions")),
    (test_calendar, ("no_server_time_zones", "no_greater_or_equal", "no_configurations", "no_streaming")),
)


class Open:
    """Opens the calendar as a new process would; `now` is the clock of all of them, and the server's."""

    def __init__(self, server: EwsServer) -> None:
        self.server = server
        self.problems: list[str] = []
        self._connections: list[Any] = []

    def __call__(self, calendar: str = "", busy: Sequence[str] = ()) -> ExchangeCalendar:
        exchange = connected(self.server)
        self._connections.append(exchange)
        options = CalendarOptions(calendar=calendar, busy=tuple(busy))
        return ExchangeCalendar(exchange, options, ZONE, self.problems.append, self.server.clock.now)

    def close(self) -> None:
        """Close all connections."""
        for each in self._connections:
            each.close()


@pytest.fixture
def server() -> Iterator[EwsServer]:
    """Return Exchange with an empty account; all that was asked of it is allowed, and nobody was told anything."""
    with EwsServer("owner@example.org") as running:
        yield running
        assert running.violations == []
        assert running.sends() == []


@pytest.fixture
def opened(server: EwsServer) -> Iterator[Open]:
    """Return what opens the calendar."""
    found = Open(server)
    yield found
    found.close()


def asked(server: EwsServer) -> list[str]:
    """Return the operations since the last look."""
    found = [each.operation for each in server.calls()]
    server.reset_traffic()
    return found


def settled(server: EwsServer, opened: Open, **named: Any) -> Cursor:  # noqa: ANN401  of any calendar
    """Return a cursor after which nothing is left to find out."""
    server.clock.advance(timedelta(minutes=15))
    found = opened(**named).changes(None).cursor
    server.reset_traffic()
    return found


# --- what it costs


def test_a_quiet_pass_asks_once_and_reads_no_agenda(server: EwsServer, opened: Open) -> None:
    """Where nothing changed one request for all calendars says so, and the version stays."""
    server.state.calendar.add_calendar(OWN)
    calendar = opened(OWN)
    calendar.put(event())
    cursor = settled(server, opened, calendar=OWN)
    versions = set()
    for _ in range(3):
        calendar = opened(OWN)
        news = calendar.changes(cursor)
        assert (news.changed, news.removed, news.cursor) == ((), (), cursor)
        versions.add(calendar.version())
        assert asked(server) == ["GetFolder"]
        server.clock.advance(timedelta(minutes=5))
    assert len(versions) == 1
    assert versions != {None}


def test_a_change_within_the_second_of_a_look_is_seen(server: EwsServer, opened: Open) -> None:
    """The server's marks have whole seconds; an edit in the second of the last look is among the next changes."""
    calendar = opened()
    ref = calendar.put(event())
    cursor = calendar.changes(None).cursor
    changed = []
    for title in ("a", "b", "c"):
        server.state.calendar.rename(ref.ref, title)
        news = opened().changes(cursor)
        cursor = news.cursor
        changed.append([each.ref for each in news.changed])
    assert changed == [[ref.ref]] * 3


@pytest.mark.parametrize("ours", [True, False], ids=["our calendar", "another one"])
def test_a_change_on_any_calendar_is_another_version(server: EwsServer, opened: Open, ours: bool) -> None:  # noqa: FBT001  a parameter
    """The version is another one after each change of any calendar that counts, also within one second."""
    server.state.calendar.add_calendar(OWN)
    calendar = opened() if ours else opened(OWN)
    cursor, versions = None, set()
    for number in range(4):
        cursor = calendar.changes(cursor).cursor
        versions.add(calendar.version())
        server.state.calendar.add_events(ics(f"UID:{number}\nDTSTART:20260323T090000Z"))
    assert len(versions) == 4


def test_the_agenda_of_all_calendars_is_one_request(server: EwsServer, opened: Open) -> None:
    """Two calendars with a series are read in one request; who attends is asked in one more, and only once."""
    server.state.calendar.add_events(ics(SERIES))
    calendar = opened("", ["Team"])
    team = server.state.calendar.add_calendar("Team")
    server.state.calendar.add_events(ics("UID:t\nDTSTART:20260323T120000Z\nSUMMARY:Team"), team)
    calendar.agenda(*DAY)
    assert asked(server) == ["GetFolder", "FindFolder", "FindItem"]
    assert [each.title for each in calendar.agenda(*DAY)] == ["", "Team"]
    assert asked(server) == ["FindItem"]
    server.state.calendar.add_events(
        ics("UID:m\nDTSTART:20260323T140000Z\nORGANIZER:mailto:owner@example.org\nATTENDEE:mailto:ann@acme.example")
    )
    assert calendar.agenda(*DAY)[-1].people == ("ann@acme.example",)
    assert asked(server) == ["FindItem", "GetItem"]
    assert calendar.agenda(*DAY)[-1].people == ("ann@acme.example",)
    assert asked(server) == ["FindItem"]


def test_whether_series_are_expanded_is_learned_once(server: EwsServer, opened: Open) -> None:
    """As long as no occurrence was seen series are looked for; the next process knows from the cursor."""
    server.state.calendar.add_events(ics(SERIES))
    calendar = opened()
    early = (MONDAY - timedelta(days=14), MONDAY - timedelta(days=10))
    assert calendar.agenda(*early) == []
    assert asked(server) == ["FindItem", "FindItem"]
    calendar.agenda(*DAY)
    cursor = calendar.changes(None).cursor
    another = opened()
    another.changes(cursor)
    server.reset_traffic()
    assert another.agenda(*early) == []
    assert asked(server) == ["FindItem"]


def test_what_writing_costs(server: EwsServer, opened: Open) -> None:
    """A new event costs a look and a write, one that was looked for before the write alone, a known one too."""
    calendar = opened()
    ref = calendar.put(event())
    assert asked(server) == ["FindItem", "CreateItem"]
    assert calendar.find("cb2.0") is None
    calendar.put(event("cb2.0"))
    assert asked(server) == ["FindItem", "CreateItem"]
    calendar.get(ref.ref)
    asked(server)
    ref = calendar.put(event(summary="Call Bob"), ref)
    assert asked(server) == ["UpdateItem"]
    ref = calendar.put(event(summary="Call Eve"), ref)
    assert asked(server) == ["GetItem", "UpdateItem"]
    calendar.agenda(*DAY)
    asked(server)
    ref = calendar.put(event(summary="Call Dan"), ref)
    assert asked(server) == ["UpdateItem"]
    calendar.delete(ref)
    assert asked(server) == ["GetItem", "DeleteItem"]


def test_many_events_are_written_together(server: EwsServer, opened: Open) -> None:
    """Sixty new events are two looks and two writes; done again they are the same ones."""
    events = [event(f"cb{number}.0", MONDAY + timedelta(minutes=20 * number)) for number in range(60)]
    calendar = opened()
    first = calendar.put_new(events)
    assert asked(server) == ["FindItem", "CreateItem"] * 2
    assert opened().put_new(events) == first
    assert asked(server) == ["FindItem", "GetItem"] * 2
    assert calendar.put_new([event(status=EventStatus.CANCELLED)])[0] != first[0]
    assert asked(server) == []
    assert {each.ref for each in calendar.changes(None).changed} == {
        Ref(one.id) for one in server.state.calendar.living()
    }
    assert len(server.state.calendar.living()) == 60


def test_one_bad_event_of_many_stops_no_other(opened: Open) -> None:
    """One that exists with other fields, and one that Exchange cannot hold, are told of; the others are written."""
    calendar = opened()
    calendar.put(event("cb1.0"))
    wanted = [event("cb1.0", summary="other"), event("cb2.0", status=EventStatus.CANCELLED), event("cb3.0")]
    kinds = [type(each).__name__ for each in calendar.put_new(wanted)]
    assert kinds == ["AlreadyExistsError", "UnsupportedError", "EventRef"]


# --- how an event looks


def test_an_event_is_written_as_users_expect(server: EwsServer, opened: Open) -> None:
    """A hold has a popup, is shown as wanted, private, in its category and zone, with our UID and without attendees."""
    opened().put(
        event(
            description="+49 30 901820\nwhy",
            location="+49 30 901820",
            opaque=True,
            categories=("Callbacks",),
            reminders=(timedelta(minutes=5), timedelta(0)),
        )
    )
    (item,) = server.state.calendar.living()
    names = ("Subject", "Location", "Sensitivity", "LegacyFreeBusyStatus", "UID", "ReminderMinutesBeforeStart")
    shown = [item.text(name) for name in names]
    assert shown == ["Call Ann Byrne", "+49 30 901820", "Private", "Busy", "cb1.0", "5"]
    assert item.text("ReminderIsSet") in {"true", "1"}
    assert item.values["StartTimeZone"].get("Id") == "W. Europe Standard Time"  # type: ignore[union-attr]  # an element
    assert [each.text for each in item.values["Categories"]] == ["Callbacks"]  # type: ignore[union-attr]  # an element
    assert "RequiredAttendees" not in item.values


def test_a_replaced_event_keeps_what_the_user_added(server: EwsServer, opened: Open) -> None:
    """A reminder and a category of the user's stay when we want none of ours; ours are taken away."""
    calendar = opened()
    ref = calendar.put(event(categories=("Callbacks", "Promised, at ten"), reminders=(timedelta(0),)))
    users = e("t:Categories", *[e("t:String", text=each) for each in ("Callbacks", "Promised at ten", "Mine")])
    server.state.calendar.edit(ref.ref, Categories=users, ReminderMinutesBeforeStart="15")
    found = calendar.get(ref.ref)
    assert found.event.categories == ("Callbacks", "Promised, at ten")
    assert found.event.reminders == ()
    calendar.put(event(categories=("Callbacks",)), found.ref)
    (item,) = server.state.calendar.living()
    assert [each.text for each in item.values["Categories"]] == ["Callbacks", "Mine"]  # type: ignore[union-attr]  # an element
    assert item.text("ReminderMinutesBeforeStart") == "15"


def test_our_own_reminder_goes_with_what_it_was_for(server: EwsServer, opened: Open) -> None:
    """A reminder of ours is taken away when none is wanted any more."""
    calendar = opened()
    ref = calendar.put(event(reminders=(timedelta(minutes=5),)))
    calendar.put(event(), ref)
    (item,) = server.state.calendar.living()
    assert item.text("ReminderIsSet") in {"false", "0"}


def test_a_copy_of_a_hold_is_the_users(server: EwsServer, opened: Open) -> None:
    """A copy has all our properties and another UID: it is on the agenda without a key, and no event of ours."""
    calendar = opened()
    ref = calendar.put(event())
    original = server.state.items.get(ref.ref)
    server.clock.advance(timedelta(minutes=1))
    values = {name: value for name, value in original.values.items() if name != "UID"}
    copy = server.state.calendar.put(values | {"UID": "040000008200E00074C5B7101A82E008AA"})
    copy.extended |= original.extended
    assert sorted(each.key or "" for each in calendar.agenda(*DAY)) == ["", "cb1"]
    found = calendar.find("cb1.0")
    assert found is not None
    assert found.ref.ref == ref.ref
    assert opened().get(Ref(copy.id)).event.key == ""
    assert opened().get(ref.ref).event.key == "cb1"


def test_edits_in_outlook_win_over_what_was_kept(server: EwsServer, opened: Open) -> None:
    """A long title comes back whole until the user changes it; a zone until the event is in another one."""
    calendar = opened()
    ref = calendar.put(event(summary="x" * 300, zone="Asia/Gaza"))
    found = calendar.get(ref.ref).event
    assert (found.summary, found.zone) == ("x" * 300, "Asia/Gaza")
    tokyo = e("t:StartTimeZone", Id="Tokyo Standard Time", Name="Tokyo")
    server.state.calendar.edit(ref.ref, Subject="short", StartTimeZone=tokyo)
    found = calendar.get(ref.ref).event
    assert (found.summary, found.zone) == ("short", "Asia/Tokyo")


def test_a_body_that_outlook_wrote_is_text(server: EwsServer, opened: Open) -> None:
    """The description is asked for as text, and what Outlook adds at its end does not count."""
    calendar = opened()
    ref = calendar.put(event(description="one\ntwo"))
    server.state.calendar.edit(ref.ref, Body=e("t:Body", text="one\r\ntwo\r\n\r\n", BodyType="Text"))
    assert calendar.get(ref.ref).event.description == "one\ntwo"


def test_a_server_that_gives_uids_of_its_own(server: EwsServer, opened: Open) -> None:
    """Where ours are refused events are made without, found by our property, and the oldest of copies is ours."""
    server.faults.add(Fault("CreateItem", Error("ErrorInvalidPropertySet")))
    calendar = opened()
    refs = [calendar.put(event()), calendar.put(event("cb2.0"))]
    assert asked(server) == ["FindItem", "CreateItem", "CreateItem", "FindItem", "CreateItem"]
    assert [each.text("UID") in {"cb1.0", "cb2.0"} for each in server.state.calendar.living()] == [False, False]
    assert [opened().put(event()), opened().put(event("cb2.0"))] == refs
    assert opened().get(refs[0].ref).event.uid == "cb1.0"
    assert sorted(each.key or "" for each in opened().agenda(*DAY)) == ["cb1", "cb2"]


# --- changes


@settings(max_examples=15, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["put", "replace", "edit", "delete", "remove", "look"]), st.integers(0, 3))
    )
)
def test_changes_summed_up_are_the_calendar(steps: list[tuple[str, int]]) -> None:
    """Whatever we and the user do in whatever order, the changes added together are what the calendar holds."""
    with EwsServer("owner@example.org") as server:
        opened = Open(server)
        calendar, cursor, known = opened(), None, dict[Ref, ETag]()
        for step, number in [*steps, ("look", 0)]:
            if step == "look":
                news = calendar.changes(cursor)
                known = {ref: etag for ref, etag in known.items() if ref not in news.removed}
                known |= {each.ref: each.etag for each in news.changed}
                cursor = news.cursor
            else:
                act(server, calendar, step, number)
        opened.close()
        assert known == {Ref(each.id): ETag(each.key) for each in server.state.calendar.living()}
        assert server.violations == []


def act(server: EwsServer, calendar: ExchangeCalendar, step: str, number: int) -> None:
    """Let us or the user do something with one of four events, where it is there."""
    found = calendar.find(f"cb{number}.0")
    if found is None:
        calendar.put(event(f"cb{number}.0"))
    elif step == "replace":
        calendar.put(event(f"cb{number}.0", summary="again"), found.ref)
    elif step == "edit":
        server.state.calendar.rename(found.ref.ref, "mine")
    elif step == "delete":
        calendar.delete(found.ref)
    elif step == "remove":
        server.state.calendar.delete(found.ref.ref)


# --- the agenda


@pytest.mark.parametrize(
    ("values", "fbtype"),
    [
        ({"LegacyFreeBusyStatus": "WorkingElsewhere"}, FbType.FREE),
        ({"LegacyFreeBusyStatus": "NoData"}, FbType.BUSY),
        ({"LegacyFreeBusyStatus": "OOF"}, FbType.BUSY_UNAVAILABLE),
        ({"MyResponseType": "Decline"}, None),
        ({"MyResponseType": "Tentative", "LegacyFreeBusyStatus": "Tentative"}, FbType.BUSY_TENTATIVE),
        ({"IsCancelled": "true"}, None),
    ],
)
def test_what_takes_time(server: EwsServer, opened: Open, values: dict[str, str], fbtype: FbType | None) -> None:
    """Declined and cancelled events take no time, others what they are shown as."""
    (ref,) = server.state.calendar.add_events(ics("DTSTART:20260323T090000Z\nDTEND:20260323T100000Z"))
    server.state.calendar.edit(ref, **values)
    assert [each.fbtype for each in opened().agenda(*DAY)] == ([] if fbtype is None else [fbtype])


@pytest.mark.parametrize(
    ("midnight", "written", "day"),
    [
        (datetime(2026, 3, 23, 23, tzinfo=UTC), "W. Europe Standard Time", date(2026, 3, 24)),
        (datetime(2026, 3, 23, 15, tzinfo=UTC), "Tokyo Standard Time", date(2026, 3, 24)),
        (datetime(2026, 3, 23, 15, tzinfo=UTC), None, date(2026, 3, 24)),
        (datetime(2026, 3, 24, 7, tzinfo=UTC), "Customized", date(2026, 3, 24)),
        (datetime(2026, 3, 23, 23, tzinfo=UTC), None, date(2026, 3, 24)),
    ],
)
def test_a_whole_day_is_its_date(midnight: datetime, written: str | None, day: date) -> None:
    """A whole day is stored as an instant; its date is that of the zone it was written in, known or not."""
    assert zones.day(midnight, written, ZONE) == day


def test_an_answer_that_is_cut_short_is_asked_for_in_halves(
    server: EwsServer, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that answers no more than so many events is asked for less time at once; none is missing or twice."""
    events = [f"UID:{number}\nDTSTART:20260323T{9 + number:02}0000Z\nDURATION:PT1H" for number in range(9)]
    server.state.calendar.add_events(ics(*events))
    finding = server.state.finding
    whole = finding._root

    def cut(folder: Any, call: Any) -> Any:  # noqa: ANN401  they are elements
        found = whole(folder, call)
        items = found[0]
        if call.find("m:CalendarView") is not None and len(items) > 3:
            for each in list(items)[3:]:
                items.remove(each)
            found.set("IncludesLastItemInRange", "false")
        return found

    monkeypatch.setattr(finding, "_root", cut)
    assert len(opened().agenda(*DAY)) == 9


def test_an_answer_that_would_be_too_long_is_asked_for_in_halves(server: EwsServer, opened: Open) -> None:
    """A server whose throttling policy allows no such answer says so instead of cutting it short."""
    events = [f"UID:{number}\nDTSTART:20260323T{9 + number:02}0000Z\nDURATION:PT1H" for number in range(9)]
    server.state.calendar.add_events(ics(*events))
    server.faults.add(Fault("FindItem", Error("ErrorExceededFindCountLimit"), times=3))
    assert len(opened().agenda(*DAY)) == 9


@pytest.mark.parametrize("written", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00"])
def test_a_time_at_the_end_of_all_times_is_none(written: str) -> None:
    """No program could show it in another zone."""
    assert appointments.moment(written) is None


def test_an_event_without_an_end_stops_no_other(server: EwsServer, opened: Open) -> None:
    """It is told of, and the others are read."""
    refs = server.state.calendar.add_events(
        ics("UID:1\nDTSTART:20260323T090000Z\nDURATION:PT1H", "UID:2\nDTSTART:20260323T100000Z\nDURATION:PT1H")
    )
    server.state.items.get(refs[1]).values["End"] = "9999-12-31T23:59:59Z"
    assert len(opened().agenda(*DAY)) == 1
    assert len(opened.problems) == 1


def test_a_series_that_cannot_be_read_is_told_of_once(
    server: EwsServer, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where we expand and a series has no rule that can be read, one line says so, and there is no version."""
    server.state.quirks.no_expansion = True
    server.state.calendar.add_events(ics(SERIES, "UID:x\nDTSTART:20260323T120000Z\nSUMMARY:Lunch"))
    monkeypatch.setattr(type(server.state.kinds["CalendarItem"]), "mime", lambda *_: b"no calendar")
    calendar = opened()
    calendar.changes(None)
    for _ in range(2):
        assert [each.title for each in calendar.agenda(*DAY)] == ["Lunch"]
    assert len(opened.problems) == 1
    assert calendar.version() is None


def test_instants_of_the_agenda_are_right_in_another_zone(server: EwsServer, opened: Open) -> None:
    """A span given in another zone finds what is within it, and entries come in the user's zone."""
    server.state.calendar.add_events(ics("DTSTART:20260323T150000Z\nDTEND:20260323T160000Z"))
    tokyo = ZoneInfo("Asia/Tokyo")
    span = datetime(2026, 3, 24, tzinfo=tokyo), datetime(2026, 3, 24, 1, tzinfo=tokyo)
    (entry,) = opened().agenda(*span)
    assert instants((entry.start,)) == ["03-23 15:00"]
    assert entry.start.tzinfo == ZONE


# --- which calendar


def test_a_calendar_is_found_by_its_name(server: EwsServer, opened: Open) -> None:
    """A name is found whatever its case; the name of the mailbox's own calendar is that one, and counts once."""
    own = server.state.calendar.add_calendar(OWN)
    ref = opened(OWN.upper()).put(event())
    assert server.state.items.get(ref.ref).folder == own
    assert len(opened("Calendar", ["calendar", OWN]).agenda(*DAY)) == 1
    with pytest.raises(NotFoundError, match="Nowhere"):
        opened("Nowhere").changes(None)
    with pytest.raises(NotFoundError, match="Nowhere"):
        opened("", ["Nowhere"]).agenda(*DAY)


def test_a_renamed_calendar_is_still_the_one(server: EwsServer, opened: Open) -> None:
    """The cursor remembers the folder: renaming it in Outlook changes nothing."""
    own = server.state.calendar.add_calendar(OWN)
    cursor = opened(OWN).changes(None).cursor
    server.state.folders.get(own).name = "Other"
    calendar = opened(OWN)
    assert calendar.changes(cursor).removed == ()
    assert server.state.items.get(calendar.put(event()).ref).folder == own


def test_another_calendar_in_the_settings_is_another_place(server: EwsServer, opened: Open) -> None:
    """A cursor of one calendar is none of another."""
    server.state.calendar.add_calendar(OWN)
    cursor = opened().changes(None).cursor
    with pytest.raises(CursorExpiredError):
        opened(OWN).changes(cursor)


def test_a_calendar_in_the_trash_is_missing(server: EwsServer, opened: Open) -> None:
    """A calendar that the user deleted lies in the trash with all that is in it: it is missing, nothing was removed."""
    own = server.state.calendar.add_calendar(OWN)
    opened(OWN).put(event())
    cursor = opened(OWN).changes(None).cursor
    server.state.folders.get(own).parent = server.state.folders.named("deleteditems").id
    for each in (cursor, None):
        with pytest.raises(NotFoundError):
            opened(OWN).changes(each)
    made = server.state.calendar.add_calendar(OWN)
    with pytest.raises(CursorExpiredError):
        opened(OWN).changes(cursor)
    assert server.state.items.get(opened(OWN).put(event()).ref).folder == made


def test_a_busy_calendar_taken_away_is_told_of(server: EwsServer, opened: Open) -> None:
    """One that the settings name and that is denied stops the agenda, not the changes; there is no version."""
    team = server.state.calendar.add_calendar("Team")
    cursor = opened("", ["Team"]).changes(None).cursor
    server.state.folders.get(team).denied = True
    calendar = opened("", ["Team"])
    assert calendar.changes(cursor).removed == ()
    assert calendar.version() is None
    with pytest.raises(NotFoundError, match="shared"):
        calendar.agenda(*DAY)


def test_a_busy_calendar_made_anew_counts_within_the_hour(server: EwsServer, opened: Open) -> None:
    """A calendar made again under its name is on the agenda at once, and in the version after an hour at most."""
    team = server.state.calendar.add_calendar("Team")
    cursor = opened("", ["Team"]).changes(None).cursor
    server.state.folders.remove(server.state.folders.get(team))
    cursor = opened("", ["Team"]).changes(cursor).cursor
    made = server.state.calendar.add_calendar("Team")
    server.state.calendar.add_events(ics("DTSTART:20260323T090000Z"), made)
    calendar = opened("", ["Team"])
    assert len(calendar.agenda(*DAY)) == 1
    cursor = calendar.changes(cursor).cursor
    assert calendar.version() is None
    server.clock.advance(timedelta(minutes=61))
    calendar.changes(cursor)
    assert calendar.version() is not None


def test_an_event_moved_to_the_trash_and_back_is_another_one(server: EwsServer, opened: Open) -> None:
    """Exchange gives a restored event another id: the old one is gone, and the uid finds the new one."""
    calendar = opened()
    ref = calendar.put(event())
    moved = calendar.changes(None).cursor
    server.state.calendar.delete(ref.ref)
    news = calendar.changes(moved)
    assert news.removed == (ref.ref,)
    (gone,) = server.state.calendar.living(server.state.folders.named("deleteditems").id)
    back = server.state.calendar.restore(gone.id)
    found = calendar.find("cb1.0")
    assert found is not None
    assert found.ref.ref == back


def test_a_hold_that_the_user_repeats_stays_ours(server: EwsServer, opened: Open) -> None:
    """Occurrences of a hold that was made a series have its key."""
    calendar = opened()
    ref = calendar.put(event())
    raw = ics("DTSTART:20260323T090000Z\nDURATION:PT10M\nRRULE:FREQ=DAILY;COUNT=3")
    (other,) = server.state.calendar.add_events(raw)
    server.state.calendar.edit(ref.ref, Recurrence=server.state.items.get(other).values["Recurrence"])
    server.state.calendar.delete(other)
    found = calendar.agenda(MONDAY, MONDAY + timedelta(days=7))
    assert [each.key for each in found] == ["cb1"] * 3


def test_an_event_that_changes_while_it_is_deleted(server: EwsServer, opened: Open) -> None:
    """DeleteItem does not compare versions, so the event is read first: one that the user changed stays."""
    calendar = opened()
    ref = calendar.put(event())
    server.state.calendar.rename(ref.ref, "mine")
    with pytest.raises(WrongETagError):
        calendar.delete(ref)
    assert server.calls("DeleteItem") == []


def test_a_cancelled_event_cannot_be_written(opened: Open) -> None:
    """Exchange lets no program mark an event as cancelled; a zone that is none cannot be written either."""
    for wanted in (event(status=EventStatus.CANCELLED), event(zone="Mars/Base")):
        with pytest.raises(UnsupportedError):
            opened().put(wanted)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("Tokyo Standard Time", "Asia/Tokyo"),
        ("UTC", "UTC"),
        ("Europe/Paris", "Europe/Paris"),
        ("Customized", None),
        (None, None),
    ],
)
def test_the_zone_is_that_of_outlook_on_the_web(
    server: EwsServer, opened: Open, name: str | None, expected: str | None
) -> None:
    """The user's setting is found by its Windows or IANA name; without one, or with an unknown one, there is none."""
    server.state.configurations.set_zone(name)
    found = opened().zone()
    assert (None if found is None else found.key) == expected


# --- other servers


@pytest.mark.parametrize(("suite", "quirks"), QUIRKS, ids=[" ".join(names) for _, names in QUIRKS])
def test_the_contract_holds_on_other_servers(suite: ModuleType, quirks: tuple[str, ...]) -> None:
    """All of the contract holds where a server expands no series, has no marks, searches nothing or has no zones."""
    failed = [named(each) for each in checks(suite) if not holds(each, quirks)]
    assert failed == []


def named(check: Any) -> str:  # noqa: ANN401  a test with its parameters
    """Return what to call a check in a message."""
    return f"{check.func.__name__} {check.keywords}" if isinstance(check, functools.partial) else check.__name__


def holds(check: Any, quirks: Sequence[str]) -> bool:  # noqa: ANN401  as above
    """Tell whether a check of the contract passes on a server with quirks."""
    harness = ExchangeHarness()
    for each in quirks:
        assert hasattr(harness.server.state.quirks, each)
        setattr(harness.server.state.quirks, each, True)
    try:
        check(harness)
    except AssertionError:
        return False
    finally:
        harness.close()
    return True
