"""The planning problem: what must not move, what is busy, and when each call may be made."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from msgspec.structs import replace

from assistant.model.calendar import Entry, EventRef, FbType
from assistant.model.call import Window
from assistant.model.callback import Callback, DraftState, DraftStatus, Gone, Placed, Promise, Slot, Status
from assistant.model.journal import Purpose, Source, Subject, Verdict
from assistant.model.mailbox import DraftRef, ETag, Ref
from assistant.model.planning import Bucket, GivenSlot, Period, Request, SlotRule, SlotState, Timetable
from assistant.plan import plan
from assistant.plan.pose import Candidate, busy_periods, gone_reason, next_working_start, pinned_at, pose, settled_slots
from tests.world import NEW_YORK, new_york

NOW = datetime(2026, 11, 16, 15, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = 60 * MINUTE
WEEK = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), ("09:00", "17:00"))
TABLE = Timetable(
    zone="America/New_York",
    working_hours=WEEK,
    slot=SlotRule(at="16:00", minutes=45, min_minutes=15, max_minutes=120),
)


def hold(start: datetime = NOW + 3 * HOUR, minutes: int = 10) -> Placed:
    return Placed(
        uid="k.1",
        generation=1,
        ref=EventRef(ref=Ref("e"), etag=ETag("1")),
        start=start,
        end=start + minutes * MINUTE,
        title="t",
        body="b",
    )


HOLD = hold()
OPEN = Callback(id=Subject("1"), opened_at=NOW - 24 * HOUR, hold=HOLD)
PINNED = replace(OPEN, hold=replace(HOLD, pinned=True))


def promised(at: datetime, verdict: Verdict | None = None) -> Callback:
    return replace(OPEN, promises=(Promise(at=at, source=Source.SENT, verdict=verdict),))


def drafted(status: DraftStatus, named_time: datetime | None = HOLD.start) -> Callback:
    draft = DraftState(
        purpose=Purpose.WILL_CALL_AT,
        key="k",
        ref=DraftRef(ref=Ref("d"), etag=ETag("1")),
        digest="d",
        message_id="<a@b.example>",
        account="home",
        written_at=NOW,
        named_time=named_time,
        status=status,
    )
    return replace(OPEN, drafts=(draft,))


def request(candidate: Candidate, now: datetime = NOW) -> Request:
    (found,) = pose([candidate], [], [], TABLE, now).callbacks
    return found


def candidate(callback: Callback = OPEN, requested: Window | None = None) -> Candidate:
    return Candidate(callback=callback, minutes=10, bucket=Bucket.TODAY, due=NOW + 5 * HOUR, requested=requested)


# --- pins


def test_an_ordinary_hold_may_move() -> None:
    """A hold that nobody promised, moved or named is for the planner to place, near where it stands."""
    assert pinned_at(OPEN, (), NOW) is None
    assert pinned_at(replace(OPEN, hold=None), (), NOW) is None
    assert (request(candidate()).previous, request(candidate()).pinned_at) == (HOLD.start, None)


@pytest.mark.parametrize(
    ("at", "pin"),
    [(6 * HOUR, True), (timedelta(0), True), (-4 * MINUTE, True), (-5 * MINUTE, False), (-HOUR, False)],
)
def test_a_promise_pins_until_it_is_over(at: timedelta, pin: bool) -> None:  # noqa: FBT001  a parameter of the test
    """A promised time does not move until its five minutes have begun and gone, with or without a hold."""
    for callback in (promised(NOW + at), replace(promised(NOW + at), hold=None)):
        assert pinned_at(callback, (), NOW) == (NOW + at if pin else None)


def test_a_settled_promise_pins_nothing() -> None:
    """A promise that was kept says nothing about the next call."""
    assert pinned_at(promised(NOW + HOUR, Verdict.KEPT), (), NOW) is None


def test_a_moved_hold_stays() -> None:
    """Where the user dragged a hold it stays, on top of a meeting and away from a promise too."""
    meeting = (Period(start=HOLD.start, end=HOLD.end),)
    assert pinned_at(PINNED, meeting, NOW) == HOLD.start
    assert pinned_at(replace(promised(NOW + HOUR), hold=replace(HOLD, pinned=True)), (), NOW) == HOLD.start


@pytest.mark.parametrize(
    "left",
    [
        replace(HOLD, pinned=True, gone=Gone.BY_USER),
        replace(HOLD, pinned=True, gone=Gone.BY_FAULT),
        replace(HOLD, pinned=True, done=True),
        replace(hold(NOW - HOUR), pinned=True),
        replace(hold(NOW - 10 * MINUTE), pinned=True),
    ],
)
def test_pins_that_are_over(left: Placed) -> None:
    """A hold that vanished, was ticked or has ended pins nothing and is no previous time."""
    callback = replace(OPEN, hold=left)
    assert pinned_at(callback, (), NOW) is None
    assert request(candidate(callback)).previous is None


@pytest.mark.parametrize(
    ("start", "pin"),
    [(31 * MINUTE, False), (30 * MINUTE, True), (timedelta(0), True), (-9 * MINUTE, True)],
)
def test_what_is_about_to_start_or_under_way_stays(start: timedelta, pin: bool) -> None:  # noqa: FBT001  a parameter of the test
    """A hold within half an hour, or under way, does not move."""
    callback = replace(OPEN, hold=hold(NOW + start))
    assert pinned_at(callback, (), NOW) == (NOW + start if pin else None)


MEETING = Period(start=HOLD.start - HOUR, end=HOLD.start + MINUTE)
BEFORE = Period(start=HOLD.start - HOUR, end=HOLD.start)
AFTER = Period(start=HOLD.end, end=HOLD.end + HOUR)


@pytest.mark.parametrize(
    ("callback", "busy", "pin"),
    [
        (drafted(DraftStatus.STANDING), (), True),
        (drafted(DraftStatus.STANDING), (BEFORE, AFTER), True),
        (drafted(DraftStatus.STANDING), (MEETING,), False),
        (drafted(DraftStatus.EDITED), (MEETING,), True),
        (drafted(DraftStatus.MISSING), (MEETING,), True),
        (drafted(DraftStatus.DROPPED), (), False),
        (drafted(DraftStatus.REMOVED), (), False),
        (drafted(DraftStatus.SENT), (), False),
        (drafted(DraftStatus.STANDING, HOLD.start + HOUR), (), False),
        (drafted(DraftStatus.STANDING, None), (), False),
    ],
)
def test_a_time_named_in_a_draft(
    callback: Callback,
    busy: tuple[Period, ...],
    pin: bool,  # noqa: FBT001  a parameter of the test
) -> None:
    """A time in a draft stays; in an untouched one it gives way to a meeting, in the user's own it does not."""
    assert pinned_at(callback, busy, NOW) == (HOLD.start if pin else None)


def test_a_moved_hold_keeps_its_length() -> None:
    """A hold that the user stretched takes that long, in whole steps of five minutes."""
    for minutes, asked in ((30, 30), (12, 15), (1, 5)):
        callback = replace(OPEN, hold=replace(hold(minutes=minutes), pinned=True))
        assert request(candidate(callback)).minutes == asked
    assert request(candidate(replace(OPEN, hold=hold(minutes=30)))).minutes == 10


# --- windows


@pytest.mark.parametrize(
    ("asked", "until", "window"),
    [
        (None, None, (None, None)),
        ((1, 4), None, (1, 4)),
        ((None, 4), None, (None, 4)),
        ((-5, -1), None, (None, None)),
        ((-5, 0), None, (None, None)),
        ((5, None), None, (5, None)),
        (None, 3, (3, None)),
        (None, 0, (None, None)),
        (None, -3, (None, None)),
        ((1, 9), 3, (3, 9)),
        ((5, 9), 3, (5, 9)),
        ((1, 4), 4, (4, None)),
        ((1, 4), 9, (9, None)),
        ((1, None), 9, (9, None)),
        ((1, 4), -1, (1, 4)),
    ],
)
def test_windows(
    asked: tuple[int | None, int | None] | None,
    until: int | None,
    window: tuple[int | None, int | None],
) -> None:
    """A call is made inside the caller's window unless it is over, and never before the user's own date."""

    def at(hours: int | None) -> datetime | None:
        return None if hours is None else NOW + hours * HOUR

    wish = None if asked is None else Window(not_before=at(asked[0]), not_after=at(asked[1]))
    status = Status.OPEN if until is None else Status.WAITING
    found = request(candidate(replace(OPEN, status=status, until=at(until)), wish))
    assert (found.not_before, found.not_after) == (at(window[0]), at(window[1]))


def test_a_window_too_short_for_the_call_is_over() -> None:
    """A rest of a window in which the call has no room does not hold it back, after now as after the user's date."""
    now = candidate(requested=Window(not_after=NOW + 9 * MINUTE))
    assert request(now).not_after is None
    just = candidate(requested=Window(not_after=NOW + 10 * MINUTE))
    assert request(just).not_after == NOW + 10 * MINUTE
    waiting = replace(OPEN, status=Status.WAITING, until=NOW + HOUR)
    rest = candidate(waiting, Window(not_after=NOW + HOUR + 5 * MINUTE))
    assert (request(rest).not_before, request(rest).not_after) == (NOW + HOUR, None)


def test_the_callees_hours_need_a_zone() -> None:
    """Hours in which others are called hold where their zone is known."""
    assert request(candidate()).callee_hours is None
    there = request(replace(candidate(), callee_zone="Europe/Dublin"))
    assert (there.callee_zone, there.callee_hours) == ("Europe/Dublin", ("09:00", "18:00"))


# --- busy time


def test_busy_periods() -> None:
    """The user's own entries are busy unless they are free, and leave says so; ours never count."""
    later = NOW + HOUR
    entries = [
        Entry(start=NOW, end=later),
        Entry(start=NOW, end=later, fbtype=FbType.BUSY_TENTATIVE),
        Entry(start=NOW, end=later, fbtype=FbType.BUSY_UNAVAILABLE, all_day=True),
        Entry(start=NOW, end=later, fbtype=FbType.FREE, all_day=True),
        Entry(start=NOW, end=later, key="ringback-abcd-1"),
        Entry(start=later, end=NOW),
    ]
    assert list(busy_periods(entries)) == [
        *[Period(start=NOW, end=later)] * 2,
        Period(start=NOW, end=later, why="you are out of office all day"),
        Period(start=later, end=later),
    ]


# --- slots


def slot(name: str, start: str, *, pinned: bool = False, gone: Gone | None = None) -> Slot:
    event = replace(hold(new_york(start), 45), pinned=pinned, gone=gone)
    return Slot(id=Subject(name), event=event)


def given(slots: list[Slot], now: str) -> list[tuple[str, SlotState]]:
    return [(f"{one.date:%d}", one.state) for one in settled_slots(slots, new_york(now))]


def test_slots_to_come_are_for_the_planner() -> None:
    """A slot that nobody touched and that has not begun may be placed anew, and so may one that was never written."""
    assert given([slot("slot-2026-11-16", "2026-11-16 16:00")], "2026-11-16 15:59") == []
    assert given([Slot(id=Subject("slot-2026-11-16"), lost="full")], "2026-11-16 15:59") == []


def test_slots_that_are_settled() -> None:
    """A slot stays when it has begun or was moved, and a deleted one is skipped, whatever else it was."""
    slots = [
        slot("slot-2026-11-16", "2026-11-16 16:00"),
        slot("slot-2026-11-17", "2026-11-17 10:00", pinned=True),
        slot("slot-2026-11-18", "2026-11-18 16:00", gone=Gone.BY_USER),
        slot("slot-2026-11-19", "2026-11-19 16:00", pinned=True, gone=Gone.BY_FAULT),
    ]
    assert given(slots, "2026-11-16 16:00") == [
        ("16", SlotState.BEGUN),
        ("17", SlotState.PINNED),
        ("18", SlotState.SKIPPED),
        ("19", SlotState.SKIPPED),
    ]


def test_bookends_are_settled_together() -> None:
    """Once the morning bookend of a day has begun the evening one stays as it is, and the other day's do not."""
    slots = [
        slot("slot-2026-11-16", "2026-11-16 09:00"),
        slot("slot-2026-11-16-2", "2026-11-16 16:40"),
        slot("slot-2026-11-17", "2026-11-17 09:00"),
        slot("slot-2026-11-17-2", "2026-11-17 16:40"),
    ]
    found = list(settled_slots(slots, new_york("2026-11-16 09:05")))
    assert found == [
        GivenSlot(date=date(2026, 11, 16), state=SlotState.BEGUN, start=slots[0].event.start, end=slots[0].event.end)
        if slots[0].event
        else None,
        GivenSlot(date=date(2026, 11, 16), state=SlotState.BEGUN, start=slots[1].event.start, end=slots[1].event.end)
        if slots[1].event
        else None,
    ]


def test_a_deleted_bookend_leaves_the_other() -> None:
    """The user who deletes one bookend keeps the other and gets no third slot that day."""
    slots = [
        slot("slot-2026-11-16", "2026-11-16 09:00", gone=Gone.BY_USER),
        slot("slot-2026-11-16-2", "2026-11-16 16:40"),
    ]
    made = plan(pose([], slots, [], TABLE, new_york("2026-11-16 08:00")))
    assert [one.start for one in made.slots if one.date == date(2026, 11, 16)] == [new_york("2026-11-16 16:40")]


# --- the next working day


@pytest.mark.parametrize(
    ("now", "begins"),
    [
        ("2026-11-16 08:00", "2026-11-17 09:00"),
        ("2026-11-16 23:59", "2026-11-17 09:00"),
        ("2026-11-20 10:00", "2026-11-23 09:00"),
        ("2026-11-21 10:00", "2026-11-23 09:00"),
        ("2026-11-25 10:00", "2026-11-30 09:00"),
        ("2026-10-30 10:00", "2026-11-02 09:00"),
        ("2026-03-06 10:00", "2026-03-09 09:00"),
    ],
)
def test_the_next_working_day(now: str, begins: str) -> None:
    """Weekends and holidays are skipped, and the hour is the wall clock's on either side of a change of clocks."""
    table = replace(TABLE, holidays=(date(2026, 11, 26), date(2026, 11, 27)))
    found = next_working_start(table, new_york(now))
    assert (found, found.tzinfo) == (new_york(begins), NEW_YORK)


def test_the_next_day_is_the_users() -> None:
    """Which day is today is decided in the user's zone, not in the clock's."""
    assert next_working_start(TABLE, datetime(2026, 11, 17, 3, tzinfo=UTC)) == new_york("2026-11-17 09:00")


def test_each_day_begins_at_its_own_hour() -> None:
    """The hour is that of the day that is worked next."""
    table = replace(TABLE, working_hours={"sat": ("10:30", "12:00")})
    assert next_working_start(table, new_york("2026-11-16 08:00")) == new_york("2026-11-21 10:30")


def test_without_a_working_day_it_is_a_week_on() -> None:
    """A user who never works still has a next time."""
    table = replace(TABLE, working_hours={})
    assert next_working_start(table, new_york("2026-11-16 08:00")) == new_york("2026-11-23 09:00")


@pytest.mark.parametrize(
    ("gone", "reason"),
    [(None, None), (Gone.BY_USER, "you deleted its hold"), (Gone.BY_FAULT, "its hold vanished together with others")],
)
def test_why_a_vanished_hold_has_no_successor(gone: Gone | None, reason: str | None) -> None:
    """A vanished hold is asked about, with the command that brings it back."""
    found = gone_reason(replace(OPEN, hold=replace(HOLD, gone=gone)))
    assert (found or "").startswith(reason or "")
    assert ("ringback restore" in (found or "")) == (reason is not None)
    assert gone_reason(replace(OPEN, hold=None)) is None
