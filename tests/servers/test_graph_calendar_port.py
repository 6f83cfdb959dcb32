"""The Microsoft 365 calendar beyond the contract: what it costs, what users see, and what Graph does in its own way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import CursorExpiredError, NotFoundError, UnsupportedError, WrongETagError
from assistant.model.calendar import EventStatus, FbType
from assistant.model.mailbox import ETag, Ref
from providers.microsoft365 import zones
from providers.microsoft365.calendar import GraphCalendar
from providers.microsoft365.calendars import CalendarOptions
from tests.contract.harness import MONDAY, ZONE, event, ics, instants
from tests.contract.microsoft365 import connected
from tests.contract.microsoft365_calendar import OWN
from tests.servers.ews.soap import e
from tests.servers.graph import attending, ids
from tests.servers.graph.server import GraphServer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.servers.ews.items import Item
    from tests.servers.graph.calls import Request

DAY = (MONDAY, MONDAY + timedelta(days=1))
SERIES = "UID:w\nDTSTART:20260323T090000Z\nDTEND:20260323T100000Z\nRRULE:FREQ=WEEKLY"


class Open:
    """Opens the calendar as a new process would; `now` is the clock of all of them, and the server's."""

    def __init__(self, server: GraphServer) -> None:
        self.server = server
        self.problems: list[str] = []
        self._connections: list[Any] = []

    def __call__(self, calendar: str = "", busy: Sequence[str] | None = ()) -> GraphCalendar:
        graph = connected(self.server)
        self._connections.append(graph)
        options = CalendarOptions(calendar=calendar, busy=None if busy is None else tuple(busy))
        return GraphCalendar(graph, options, ZONE, self.problems.append, self.server.clock.now)

    def close(self) -> None:
        """Close all connections."""
        for each in self._connections:
            each.close()


@pytest.fixture
def server() -> Iterator[GraphServer]:
    """Return Graph with an empty account; all that was asked of it is allowed, and nobody was told anything."""
    with GraphServer("owner@example.org") as running:
        running.clock.set(MONDAY)
        yield running
        assert running.violations == []
        assert running.sends() == []


@pytest.fixture
def opened(server: GraphServer) -> Iterator[Open]:
    """Return what opens the calendar."""
    found = Open(server)
    yield found
    found.close()


def trips(server: GraphServer) -> int:
    """Return the round trips since the last look."""
    found = server.round_trips("* /*")
    server.reset_traffic()
    return found


def living(server: GraphServer, folder: str | None = None) -> list[Item]:
    """Return the events that stand in a calendar."""
    return server.state.calendar.living(folder)


# --- what it costs


@pytest.mark.parametrize("busy", [(), ("Team",), None], ids=str)
def test_a_quiet_pass_asks_once_and_reads_no_agenda(
    server: GraphServer, opened: Open, busy: tuple[str, ...] | None
) -> None:
    """Where nothing changed one batch for all calendars says so, and the version stays."""
    server.state.calendar.add_calendar(OWN)
    server.state.calendar.add_calendar("Team")
    opened(OWN).put(event())
    cursor = opened(OWN, busy).changes(None).cursor
    trips(server)
    versions = set()
    for _ in range(3):
        calendar = opened(OWN, busy)
        news = calendar.changes(cursor)
        assert (news.changed, news.removed, news.cursor) == ((), (), cursor)
        versions.add(calendar.version())
        assert trips(server) == 1
        server.clock.advance(timedelta(minutes=5))
    assert len(versions) == 1
    assert versions != {None}


def test_a_cursor_is_renewed_while_nothing_changes(server: GraphServer, opened: Open) -> None:
    """After an hour the newest links are stored, after a month another stretch of time is watched; one version."""
    cursor = opened().changes(None).cursor
    calendar = opened()
    calendar.changes(cursor)
    version, cursors = calendar.version(), {cursor}
    for wait in (timedelta(minutes=61), timedelta(days=31)):
        server.clock.advance(wait)
        calendar = opened()
        cursor = calendar.changes(cursor).cursor
        assert cursor not in cursors
        assert calendar.version() == version
        assert opened().changes(cursor).cursor == cursor
        cursors.add(cursor)


def test_a_change_while_the_stretch_is_renewed_is_told(server: GraphServer, opened: Open) -> None:
    """What changed before another stretch of time is begun is among the changes all the same."""
    calendar = opened()
    one, two = calendar.put(event()), calendar.put(event("cb2.0"))
    cursor = calendar.changes(None).cursor
    server.state.calendar.delete(ids.stored(one.ref))
    server.state.calendar.rename(ids.stored(two.ref), "mine")
    server.clock.advance(timedelta(days=120))
    news = opened().changes(cursor)
    assert (news.removed, [each.ref for each in news.changed]) == ((one.ref,), [two.ref])
    assert opened().changes(news.cursor).changed == ()
    three = opened().put(event("cb3.0", start=MONDAY + timedelta(days=121)))
    server.reset_traffic()
    assert opened().changes(news.cursor).changed == (three,)
    assert trips(server) == 1


@pytest.mark.parametrize("ours", [True, False], ids=["our calendar", "another one"])
def test_a_change_on_any_calendar_is_another_version(server: GraphServer, opened: Open, ours: bool) -> None:  # noqa: FBT001  a parameter
    """The version is another one after each change of any calendar that counts, also within one second."""
    server.state.calendar.add_calendar(OWN)
    calendar = opened() if ours else opened(OWN)
    cursor, versions = None, set()
    for number in range(4):
        cursor = calendar.changes(cursor).cursor
        versions.add(calendar.version())
        server.state.calendar.add_events(ics(f"UID:{number}\nDTSTART:20260323T090000Z"))
    assert len(versions) == 4


def test_the_agenda_of_all_calendars_is_one_batch(server: GraphServer, opened: Open) -> None:
    """Calendars with series and meetings are read in one round trip, after one for the list of calendars."""
    raw = "UID:m\nDTSTART:20260323T140000Z\nORGANIZER:mailto:owner@example.org\nATTENDEE:mailto:ann@acme.example"
    server.state.calendar.add_events(ics(SERIES, raw))
    team = server.state.calendar.add_calendar("Team")
    server.state.calendar.add_events(ics("UID:t\nDTSTART:20260323T120000Z\nSUMMARY:Team"), team)
    calendar = opened("", ["Team"])
    assert [each.title for each in calendar.agenda(*DAY)] == ["", "Team", ""]
    assert trips(server) == 2
    assert calendar.agenda(*DAY)[-1].people == ("ann@acme.example",)
    assert trips(server) == 1


def test_many_events_of_an_agenda_come_in_pages(
    server: GraphServer, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What does not fit into one answer is read to its last page, for each calendar."""
    monkeypatch.setattr("providers.microsoft365.agenda.PAGE", "4")
    team = server.state.calendar.add_calendar("Team")
    for folder, many in ((None, 9), (team, 5)):
        lines = [f"UID:{number}\nDTSTART:20260323T{9 + number:02}0000Z\nDURATION:PT1H" for number in range(many)]
        server.state.calendar.add_events(ics(*lines), folder)
    assert len(opened("", None).agenda(*DAY)) == 14
    assert trips(server) == 4


def test_what_writing_costs(server: GraphServer, opened: Open) -> None:
    """A new event costs a look and a write, one that was looked for before the write alone, a known one too."""
    calendar = opened()
    ref = calendar.put(event())
    assert trips(server) == 2
    assert calendar.find("cb2.0") is None
    calendar.put(event("cb2.0"))
    assert trips(server) == 2
    ref = calendar.put(event(summary="Call Bob"), ref)
    assert trips(server) == 1
    calendar = opened()
    ref = calendar.put(event(summary="Call Eve"), ref)
    assert trips(server) == 2
    assert calendar.get(ref.ref).ref == ref
    assert trips(server) == 2
    calendar.delete(ref)
    assert trips(server) == 2


def test_many_events_are_written_together(server: GraphServer, opened: Open) -> None:
    """Sixty new events are three looks and three writes; done again they are the same ones, and are only looked for."""
    events = [event(f"cb{number}.0", MONDAY + timedelta(minutes=20 * number)) for number in range(60)]
    calendar = opened()
    first = calendar.put_new(events)
    assert trips(server) == 6
    assert opened().put_new(events) == first
    assert trips(server) == 3
    assert {each.ref for each in calendar.changes(None).changed} == {Ref(ids.address(one.id)) for one in living(server)}
    assert len(living(server)) == 60


def test_one_bad_event_of_many_stops_no_other(opened: Open) -> None:
    """One that exists with other fields, and one that cannot be held, are told of; the others are written."""
    calendar = opened()
    calendar.put(event("cb1.0"))
    wanted = [event("cb1.0", summary="other"), event("cb2.0", status=EventStatus.CANCELLED), event("cb3.0")]
    kinds = [type(each).__name__ for each in calendar.put_new(wanted)]
    assert kinds == ["AlreadyExistsError", "UnsupportedError", "EventRef"]


# --- how an event looks


def test_an_event_is_written_as_users_expect(server: GraphServer, opened: Open) -> None:
    """A hold has a popup, is shown as wanted, private, in its category and zone, and without attendees."""
    opened().put(
        event(
            description="+49 30 901820\nwhy",
            location="+49 30 901820",
            opaque=True,
            categories=("Callbacks",),
            reminders=(timedelta(minutes=5), timedelta(0)),
        )
    )
    (item,) = living(server)
    names = ("Subject", "Location", "Sensitivity", "LegacyFreeBusyStatus", "ReminderMinutesBeforeStart")
    shown = [item.text(name) for name in names]
    assert shown == ["Call Ann Byrne", "+49 30 901820", "Private", "Busy", "5"]
    assert item.text("ReminderIsSet") in {"true", "1"}
    assert item.values["StartTimeZone"].get("Id") == "W. Europe Standard Time"  # type: ignore[union-attr]  # an element
    assert [each.text for each in item.values["Categories"]] == ["Callbacks"]  # type: ignore[union-attr]  # an element
    assert "RequiredAttendees" not in item.values


def test_an_event_without_a_reminder_has_none(server: GraphServer, opened: Open) -> None:
    """Outlook's reminder of a quarter of an hour is not taken where none is wanted."""
    opened().put(event())
    (item,) = living(server)
    assert item.text("ReminderIsSet") == "false"


def test_a_hold_of_a_mailbox_that_moved_is_found(server: GraphServer, opened: Open) -> None:
    """Properties are those that the Exchange provider writes: an event that it made is ours here too."""
    ref = opened().put(event("x" * 300 + ".0", zone="Europe/Vienna", reminders=(timedelta(minutes=5),)))
    (item,) = living(server)
    assert {key.name: key.group for key in item.extended} == dict.fromkeys(
        ("ringbackUid", "ringbackKey", "ringbackFields"), "7d1a7c0e-5a3b-4f3c-9c57-2b1f9a4e6d21"
    )
    from providers.exchange import appointments, events  # noqa: PLC0415  no other test here needs it

    there = appointments.Held(id=item.id, change="1", properties={k.name: str(v) for k, v in item.extended.items()})
    assert (events.own_uid(there), events.own_key(there)) == ("x" * 300 + ".0", "x" * 300)
    assert events.kept(there).zone == opened().get(ref.ref).event.zone == "Europe/Vienna"


def test_a_replaced_event_keeps_what_the_user_added(server: GraphServer, opened: Open) -> None:
    """A reminder and a category of the user's stay when we want none of ours; ours are taken away."""
    calendar = opened()
    ref = calendar.put(event(categories=("Callbacks", "Promised, at ten"), reminders=(timedelta(0),)))
    users = e("t:Categories", *[e("t:String", text=each) for each in ("Callbacks", "Promised at ten", "Mine")])
    server.state.calendar.edit(ids.stored(ref.ref), Categories=users, ReminderMinutesBeforeStart="15")
    found = calendar.get(ref.ref)
    assert found.event.categories == ("Callbacks", "Promised, at ten")
    assert found.event.reminders == ()
    calendar.put(event(categories=("Callbacks",)), found.ref)
    (item,) = living(server)
    assert [each.text for each in item.values["Categories"]] == ["Callbacks", "Mine"]  # type: ignore[union-attr]  # an element
    assert item.text("ReminderMinutesBeforeStart") == "15"


def test_our_own_reminder_goes_with_what_it_was_for(server: GraphServer, opened: Open) -> None:
    """A reminder of ours is taken away when none is wanted any more."""
    calendar = opened()
    ref = calendar.put(event(reminders=(timedelta(minutes=5),)))
    calendar.put(event(), ref)
    (item,) = living(server)
    assert item.text("ReminderIsSet") in {"false", "0"}


def copied(server: GraphServer, ref: Ref) -> str:
    """Let the user copy an event, with all that lies on it; return the id of the copy."""
    original = server.state.items.get(ids.stored(ref))
    server.clock.advance(timedelta(minutes=1))
    copy = server.state.calendar.put({name: value for name, value in original.values.items() if name != "UID"})
    copy.extended |= original.extended
    return ids.address(copy.id)


def test_a_copy_of_a_hold_is_the_users(server: GraphServer, opened: Open) -> None:
    """A copy has all our properties: it is on the agenda without a key, and no event of ours."""
    calendar = opened()
    ref = calendar.put(event())
    copy = Ref(copied(server, ref.ref))
    assert sorted(each.key or "" for each in calendar.agenda(*DAY)) == ["", "cb1"]
    found = calendar.find("cb1.0")
    assert found is not None
    assert found.ref.ref == ref.ref
    assert opened().get(copy).event.key == ""
    assert opened().get(ref.ref).event.key == "cb1"


def test_a_copy_left_behind_takes_the_place(server: GraphServer, opened: Open) -> None:
    """When the user keeps the copy and deletes the original the copy is the event with that uid."""
    calendar = opened()
    ref = calendar.put(event())
    copy = copied(server, ref.ref)
    server.state.calendar.delete(ids.stored(ref.ref))
    found = opened().find("cb1.0")
    assert found is not None
    assert found.ref.ref == copy


def test_edits_in_outlook_win_over_what_was_kept(server: GraphServer, opened: Open) -> None:
    """A long title comes back whole until the user changes it; a zone until the event is in another one."""
    calendar = opened()
    ref = calendar.put(event(summary="x" * 300, zone="Asia/Gaza"))
    found = calendar.get(ref.ref).event
    assert (found.summary, found.zone) == ("x" * 300, "Asia/Gaza")
    tokyo = e("t:StartTimeZone", Id="Tokyo Standard Time", Name="Tokyo")
    server.state.calendar.edit(ids.stored(ref.ref), Subject="short", StartTimeZone=tokyo)
    found = calendar.get(ref.ref).event
    assert (found.summary, found.zone) == ("short", "Asia/Tokyo")


def test_a_description_that_outlook_wrote_is_text(server: GraphServer, opened: Open) -> None:
    """The description is asked for as text, and what Outlook adds at its end does not count."""
    calendar = opened()
    ref = calendar.put(event(description="one\ntwo"))
    server.state.calendar.edit(ids.stored(ref.ref), Body=e("t:Body", text="one\r\ntwo\r\n\r\n", BodyType="Text"))
    assert calendar.get(ref.ref).event.description == "one\ntwo"
    server.state.calendar.annotate(ids.stored(ref.ref), "a < b & c")
    assert calendar.get(ref.ref).event.description == "a < b & c"


# --- changes


@settings(max_examples=15, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["put", "replace", "edit", "far", "delete", "remove", "look"]), st.integers(0, 3))
    )
)
def test_changes_summed_up_are_the_calendar(steps: list[tuple[str, int]]) -> None:
    """Whatever we and the user do in whatever order, the changes added together are what the calendar holds."""
    with GraphServer("owner@example.org") as server:
        server.clock.set(MONDAY)
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
        assert known == {Ref(ids.address(each.id)): ETag(ids.etag(each)) for each in living(server)}
        assert server.violations == []


def act(server: GraphServer, calendar: GraphCalendar, step: str, number: int) -> None:
    """Let us or the user do something with one of four events, where it is there."""
    found = calendar.find(f"cb{number}.0")
    if found is None:
        calendar.put(event(f"cb{number}.0"))
    elif step == "replace":
        calendar.put(event(f"cb{number}.0", summary="again"), found.ref)
    elif step == "edit":
        server.state.calendar.rename(ids.stored(found.ref.ref), "mine")
    elif step == "far":
        server.state.calendar.move(ids.stored(found.ref.ref), MONDAY + timedelta(days=900))
    elif step == "delete":
        calendar.delete(found.ref)
    elif step == "remove":
        server.state.calendar.delete(ids.stored(found.ref.ref))


def test_an_event_outside_the_stretch_is_not_gone(server: GraphServer, opened: Open) -> None:
    """Graph tells what changes outside the stretch that it watches as removed; it stands, and so it changed."""
    calendar = opened()
    far, near = calendar.put(event(start=MONDAY + timedelta(days=900))), calendar.put(event("cb2.0"))
    cursor = calendar.changes(None).cursor
    server.state.calendar.rename(ids.stored(far.ref), "mine")
    server.state.calendar.move(ids.stored(near.ref), MONDAY - timedelta(days=900))
    news = opened().changes(cursor)
    assert news.removed == ()
    assert set(news.changed) == {opened().get(each.ref).ref for each in (far, near)}
    server.state.calendar.delete(ids.stored(far.ref))
    assert opened().changes(news.cursor).removed == (far.ref,)


def test_an_event_in_another_calendar_is_gone(server: GraphServer, opened: Open) -> None:
    """A hold that the user moved to another calendar is no longer in ours; moved back it is the same event."""
    own = server.state.calendar.add_calendar(OWN)
    calendar = opened(OWN)
    ref = calendar.put(event())
    cursor = calendar.changes(None).cursor
    item = server.state.items.get(ids.stored(ref.ref))
    server.state.items.move(item, server.state.calendar.main)
    news = opened(OWN).changes(cursor)
    assert news.removed == (ref.ref,)
    assert opened(OWN).find("cb1.0") is None
    server.state.items.move(item, own)
    news = opened(OWN).changes(news.cursor)
    assert [each.ref for each in news.changed] == [ref.ref]


def test_a_deleted_event_is_left_in_the_trash(server: GraphServer, opened: Open) -> None:
    """An event that the user deleted can be taken out of the trash again: deleting it once more leaves it there."""
    calendar = opened()
    ref = calendar.put(event())
    server.state.calendar.delete(ids.stored(ref.ref))
    trash = server.state.folders.named("deleteditems").id
    calendar.delete(ref)
    assert len(living(server, trash)) == 1
    server.state.calendar.restore(ids.stored(ref.ref))
    assert opened().get(ref.ref).event.key == "cb1"


def test_a_transaction_that_microsoft_remembers(server: GraphServer, opened: Open) -> None:
    """Where a deleted event is answered in place of a new one, that is said, and the next generation works."""
    server.state.bookings.remembers_deleted = True
    calendar = opened()
    ref = calendar.put(event())
    server.state.calendar.delete(ids.stored(ref.ref))
    server.clock.advance(timedelta(minutes=15))
    (found,) = opened().put_new([event()])
    assert type(found).__name__ == "AlreadyExistsError"
    assert opened().put(event("cb1.1")).ref != ref.ref
    assert len(living(server)) == 1


# --- the agenda


@pytest.mark.parametrize(
    ("values", "fbtype"),
    [
        ({"LegacyFreeBusyStatus": "WorkingElsewhere"}, FbType.FREE),
        ({"LegacyFreeBusyStatus": "NoData"}, FbType.BUSY),
        ({"LegacyFreeBusyStatus": "OOF"}, FbType.BUSY_UNAVAILABLE),
        ({"LegacyFreeBusyStatus": "Tentative"}, FbType.BUSY_TENTATIVE),
        ({"IsCancelled": "true"}, None),
    ],
)
def test_what_takes_time(server: GraphServer, opened: Open, values: dict[str, str], fbtype: FbType | None) -> None:
    """Cancelled events take no time, others what they are shown as."""
    (ref,) = server.state.calendar.add_events(ics("DTSTART:20260323T090000Z\nDTEND:20260323T100000Z"))
    server.state.calendar.edit(ref, **values)
    assert [each.fbtype for each in opened().agenda(*DAY)] == ([] if fbtype is None else [fbtype])


def test_a_declined_meeting_takes_no_time(server: GraphServer, opened: Open) -> None:
    """What the user declined is not on the agenda, what they accepted is, with who invited them."""
    raw = "DTSTART:20260323T090000Z\nORGANIZER:mailto:ann@acme.example\nATTENDEE:mailto:owner@example.org"
    (ref,) = server.state.calendar.add_events(ics(raw))
    server.state.calendar.edit(ref, MyResponseType="Accept")
    assert [each.people for each in opened().agenda(*DAY)] == [("ann@acme.example",)]
    server.state.calendar.edit(ref, MyResponseType="Decline")
    assert opened().agenda(*DAY) == []


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Tokyo", "America/Los_Angeles"])
def test_a_whole_day_is_its_date(server: GraphServer, opened: Open, zone: str) -> None:
    """A whole day is that date in the user's zone, wherever it was written."""
    server.state.calendar.zone = zone
    server.state.calendar.add_events(ics("DTSTART;VALUE=DATE:20260324"))
    day = datetime(2026, 3, 24, tzinfo=ZONE)
    for start, end in ((0, 168), (0, 1), (23, 24)):
        (entry,) = opened().agenda(day + timedelta(hours=start), day + timedelta(hours=end))
        assert (entry.start, entry.end) == (day, day + timedelta(days=1))


def test_instants_of_the_agenda_are_right_in_another_zone(server: GraphServer, opened: Open) -> None:
    """A span given in another zone finds what is within it, and entries come in the user's zone."""
    server.state.calendar.add_events(ics("DTSTART:20260323T150000Z\nDTEND:20260323T160000Z"))
    tokyo = ZoneInfo("Asia/Tokyo")
    span = datetime(2026, 3, 24, tzinfo=tokyo), datetime(2026, 3, 24, 1, tzinfo=tokyo)
    (entry,) = opened().agenda(*span)
    assert instants((entry.start,)) == ["03-23 15:00"]
    assert entry.start.tzinfo == ZONE


def test_a_hold_that_the_user_repeats_stays_ours(server: GraphServer, opened: Open) -> None:
    """Occurrences of a hold that was made a series have its key, and the series is among the changes."""
    calendar = opened()
    ref = calendar.put(event())
    cursor = calendar.changes(None).cursor
    raw = ics("DTSTART:20260323T090000Z\nDURATION:PT10M\nRRULE:FREQ=DAILY;COUNT=3")
    (other,) = server.state.calendar.add_events(raw)
    series = server.state.items.get(other).values["Recurrence"]
    server.state.calendar.edit(ids.stored(ref.ref), Recurrence=series)
    server.state.calendar.delete(other)
    found = calendar.agenda(MONDAY, MONDAY + timedelta(days=7))
    assert [each.key for each in found] == ["cb1"] * 3
    assert [each.ref for each in calendar.changes(cursor).changed] == [ref.ref]


def test_an_event_that_cannot_be_read_is_told_of_once(
    server: GraphServer, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An event without times that can be read is one line, once, and there is no version; others are on the agenda."""
    server.state.calendar.add_events(ics("UID:x\nDTSTART:20260323T120000Z\nSUMMARY:Lunch"))
    server.state.calendar.add_events(ics("UID:y\nDTSTART:20260323T130000Z\nSUMMARY:Odd"))
    read = "providers.microsoft365.appointments.moment"
    from providers.microsoft365 import appointments  # noqa: PLC0415  to keep what is replaced

    moment = appointments.moment
    noon = "2026-03-23T13:00:00.0000000"
    monkeypatch.setattr(read, lambda raw: None if raw.get("dateTime") == noon else moment(raw))
    calendar = opened()
    calendar.changes(None)
    for _ in range(2):
        assert [each.title for each in calendar.agenda(*DAY)] == ["Lunch"]
    assert len(opened.problems) == 1
    assert calendar.version() is None


# --- which calendar


def test_a_calendar_is_found_by_its_name(server: GraphServer, opened: Open) -> None:
    """A name is found whatever its case, an id too; the user's own calendar counts once, and always."""
    own = server.state.calendar.add_calendar(OWN)
    ref = opened(OWN.upper()).put(event())
    assert server.state.items.get(ids.stored(ref.ref)).folder == own
    assert opened(ids.address(own)).find("cb1.0") is not None
    server.state.calendar.add_events(ics("DTSTART:20260323T120000Z\nSUMMARY:Lunch"))
    assert len(opened("Calendar", ["calendar", OWN]).agenda(*DAY)) == 2
    assert len(opened(OWN, []).agenda(*DAY)) == 2
    with pytest.raises(NotFoundError, match="Nowhere"):
        opened("Nowhere").changes(None)
    with pytest.raises(NotFoundError, match="Nowhere"):
        opened("", ["Nowhere"]).agenda(*DAY)


def test_calendars_of_others_are_busy_only_by_name(server: GraphServer, opened: Open) -> None:
    """Without a setting all of the user's calendars count, and those that others share do not."""
    mine = server.state.calendar.add_calendar("Family")
    boss = server.state.calendar_parts.share("Boss", ("Boss", "boss@example.org"))
    for folder in (mine, boss):
        server.state.calendar.add_events(ics("DTSTART:20260323T090000Z\nDURATION:PT1H"), folder)
    assert len(opened("", None).agenda(*DAY)) == 1
    assert len(opened("", ["Boss"]).agenda(*DAY)) == 1
    assert len(opened("", ["Boss", "Family"]).agenda(*DAY)) == 2


def test_a_renamed_calendar_is_still_the_one(server: GraphServer, opened: Open) -> None:
    """The cursor remembers the calendar: renaming it in Outlook changes nothing."""
    own = server.state.calendar.add_calendar(OWN)
    cursor = opened(OWN).changes(None).cursor
    server.state.folders.get(own).name = "Other"
    calendar = opened(OWN)
    assert calendar.changes(cursor).removed == ()
    assert server.state.items.get(ids.stored(calendar.put(event()).ref)).folder == own


def test_another_calendar_in_the_settings_is_another_place(server: GraphServer, opened: Open) -> None:
    """A cursor of one calendar is none of another."""
    server.state.calendar.add_calendar(OWN)
    cursor = opened().changes(None).cursor
    with pytest.raises(CursorExpiredError):
        opened(OWN).changes(cursor)


def test_a_calendar_made_anew_is_read_anew(server: GraphServer, opened: Open) -> None:
    """When the calendar is gone it is missing, and nothing was removed; one of its name is another calendar."""
    own = server.state.calendar.add_calendar(OWN)
    opened(OWN).put(event())
    cursor = opened(OWN).changes(None).cursor
    server.state.folders.remove(server.state.folders.get(own))
    for each in (cursor, None):
        with pytest.raises(NotFoundError):
            opened(OWN).changes(each)
    made = server.state.calendar.add_calendar(OWN)
    with pytest.raises(CursorExpiredError):
        opened(OWN).changes(cursor)
    assert server.state.items.get(ids.stored(opened(OWN).put(event()).ref)).folder == made


def test_a_calendar_that_is_not_in_the_list_is_missing(
    server: GraphServer, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A calendar that the user deleted lies in the trash and can still be read: it is missing, nothing was removed."""
    own = server.state.calendar.add_calendar(OWN)
    opened(OWN).put(event())
    cursor = opened(OWN).changes(None).cursor
    folders = server.state.calendar_parts
    there = list(folders._all())
    monkeypatch.setattr(folders, "_all", lambda: iter([each for each in there if each.id != own]))
    with pytest.raises(NotFoundError):
        opened(OWN).changes(cursor)


def test_a_busy_calendar_taken_away_is_told_of(server: GraphServer, opened: Open) -> None:
    """One that the settings name and that is denied stops the agenda, not the changes; there is no version."""
    team = server.state.calendar.add_calendar("Team")
    cursor = opened("", ["Team"]).changes(None).cursor
    server.state.folders.get(team).denied = True
    calendar = opened("", ["Team"])
    cursor = calendar.changes(cursor).cursor
    assert calendar.version() is None
    assert calendar.changes(cursor).cursor == cursor
    with pytest.raises(NotFoundError, match="shared"):
        calendar.agenda(*DAY)
    server.state.folders.get(team).denied = False
    cursor = calendar.changes(cursor).cursor
    assert calendar.version() is not None
    assert calendar.changes(cursor).cursor == cursor


def test_a_busy_calendar_that_is_new_counts_at_once(server: GraphServer, opened: Open) -> None:
    """A calendar that the user makes is on the agenda and in the version with the next look, and goes as it came."""
    calendar = opened("", None)
    cursor = calendar.changes(None).cursor
    versions = [calendar.version()]
    made = server.state.calendar.add_calendar("New")
    server.state.calendar.add_events(ics("DTSTART:20260323T090000Z"), made)
    cursor = calendar.changes(cursor).cursor
    versions.append(calendar.version())
    assert len(calendar.agenda(*DAY)) == 1
    server.state.folders.remove(server.state.folders.get(made))
    cursor = calendar.changes(cursor).cursor
    versions.append(calendar.version())
    assert calendar.agenda(*DAY) == []
    assert len(set(versions)) == 3
    assert None not in versions
    assert calendar.changes(cursor).cursor == cursor


def test_an_event_that_changed_is_not_deleted(server: GraphServer, opened: Open) -> None:
    """The event is read first, for nothing says that Graph compares versions: one that the user changed stays."""
    calendar = opened()
    ref = calendar.put(event())
    server.state.calendar.rename(ids.stored(ref.ref), "mine")
    with pytest.raises(WrongETagError):
        calendar.delete(ref)
    assert server.calls("DELETE *") == []


def test_an_event_that_changes_while_it_is_deleted(server: GraphServer, opened: Open) -> None:
    """What the user changes between our look and our request stays, as far as Graph compares versions."""
    calendar = opened()
    ref = calendar.put(event())

    def rename(moment: str, request: Request) -> None:
        if moment == "before" and request.http == "DELETE":
            server.watch = lambda *_: None
            server.state.calendar.rename(ids.stored(ref.ref), "mine")

    server.watch = rename
    with pytest.raises(WrongETagError):
        calendar.delete(ref)
    assert [each.text("Subject") for each in living(server)] == ["mine"]


def test_what_cannot_be_written_is_said(opened: Open) -> None:
    """No program marks an event as cancelled; a zone that is none and a late reminder cannot be written either."""
    for wanted in (
        event(status=EventStatus.CANCELLED),
        event(zone="Mars/Base"),
        event(reminders=(timedelta(minutes=-5),)),
    ):
        with pytest.raises(UnsupportedError):
            opened().put(wanted)


def test_an_event_with_guests_is_left_alone(server: GraphServer, opened: Open) -> None:
    """To whom the user invited to a hold Microsoft would write when it is changed or deleted: neither is done."""
    calendar = opened()
    ref = calendar.put(event())
    with server.lock:
        item = server.state.items.get(ids.stored(ref.ref))
        attending.invite(item, [{"emailAddress": {"address": "ann@acme.example"}}])
        server.state.items.touch(item)
    found = calendar.get(ref.ref)
    with pytest.raises(UnsupportedError, match="invited"):
        calendar.put(event(summary="Call Bob"), found.ref)
    with pytest.raises(UnsupportedError, match="invited"):
        opened().put(event(summary="Call Bob"), found.ref)
    with pytest.raises(UnsupportedError, match="invited"):
        calendar.delete(found.ref)
    assert [each.text("Subject") for each in living(server)] == ["Call Ann Byrne"]
    assert server.calls("PATCH *") == server.calls("DELETE *") == []


# --- zones


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("Tokyo Standard Time", "Asia/Tokyo"),
        ("UTC", "UTC"),
        ("Europe/Paris", "Europe/Paris"),
        ("Customized", None),
        ("", None),
    ],
)
def test_the_zone_is_that_of_the_mailbox(server: GraphServer, opened: Open, name: str, expected: str | None) -> None:
    """The user's setting is found by its Windows or IANA name; without one, or with an unknown one, there is none."""
    server.state.user.zone = name
    found = opened().zone()
    assert (None if found is None else found.key) == expected


@pytest.mark.parametrize("name", ["Europe/Vienna", "America/Vancouver", "Asia/Kolkata", "Etc/GMT+5", "Africa/Monrovia"])
def test_a_time_is_the_same_in_any_zone(server: GraphServer, opened: Open, name: str) -> None:
    """Zones that share a Windows name, or have a new one or none, keep their name and the instants."""
    ref = opened().put(event(zone=name, start=datetime(2026, 12, 1, 10, tzinfo=UTC)))
    found = opened().get(ref.ref).event
    assert found.zone == name
    assert instants((found.start, found.end)) == ["12-01 10:00", "12-01 10:10"]
    assert opened().put(event(zone=name, start=datetime(2026, 12, 1, 10, tzinfo=UTC))) == ref
    assert len(living(server)) == 1


def test_names_of_zones() -> None:
    """A zone of either name is found; what nobody knows is none."""
    assert zones.windows("Europe/Vienna") == "W. Europe Standard Time"
    assert zones.windows("Nowhere/Land") == "UTC"
    assert zones.iana("../etc/passwd") is None
