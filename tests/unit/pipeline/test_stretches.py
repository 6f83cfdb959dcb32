"""Until when time alone leaves a decision as it is: each time that a decision looks at, on its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from assistant.model.calendar import EventRef
from assistant.model.call import Call, Kind, Window
from assistant.model.callback import Callback, Gone, Placed, Promise, Slot, Status
from assistant.model.heard import KnownCall
from assistant.model.journal import CallId, Ranked, Source, Subject
from assistant.model.mailbox import ETag, Ref
from assistant.model.planning import Bucket, Period, SlotRule, Timetable
from assistant.pipeline.deciding import NO_CALENDAR, NO_NUMBER
from assistant.pipeline.settling import (
    AFTER,
    BEFORE,
    LONGEST,
    Stretch,
    of_agenda,
    of_callbacks,
    of_day,
    of_slots,
    rest,
    wants_room,
)
from assistant.plan.pose import SOON

if TYPE_CHECKING:
    from collections.abc import Iterable

NOW = datetime(2026, 11, 16, 15, tzinfo=UTC)  # 10:00 in New York
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SECOND = timedelta(seconds=1)
WEEK = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), ("09:00", "17:00"))
TABLE = Timetable(
    zone="America/New_York",
    working_hours=WEEK,
    slot=SlotRule(at="16:00", minutes=45, min_minutes=15, max_minutes=120),
)
OPEN = Callback(id=Subject("1"), opened_at=NOW - 24 * HOUR)
RANK = Ranked(bucket=Bucket.TODAY, due=NOW + 100 * HOUR, minutes=20)


def placed(start: datetime, minutes: int = 10) -> Placed:
    ref = EventRef(ref=Ref("e"), etag=ETag("1"))
    return Placed(uid="k.1", generation=1, ref=ref, start=start, end=start + minutes * MINUTE, title="t", body="b")


def moments(found: Iterable[Stretch]) -> set[Stretch]:
    return set(found)


def at(*times: datetime) -> set[Stretch]:
    return {Stretch(time, time) for time in times}


def asked(window: Window) -> dict[Subject, list[KnownCall]]:
    call = Call(kind=Kind.CALLBACK_REQUEST, start_time=NOW, requested=window)
    return {Subject("1"): [KnownCall(id=CallId("c"), subject=Subject("1"), number=None, name=None, call=call)]}


# --- how long a mark holds


def test_nothing_at_hand_is_an_hour() -> None:
    """Without any time to come a mark holds as long as marks may."""
    assert rest([], NOW) == NOW + LONGEST


@pytest.mark.parametrize(
    ("start", "end", "until"),
    [
        (40 * MINUTE, 40 * MINUTE, 30 * MINUTE),
        (BEFORE + SECOND, HOUR, SECOND),
        (BEFORE, BEFORE, 0 * MINUTE),
        (BEFORE / 2, BEFORE / 2, 0 * MINUTE),
        (0 * MINUTE, 0 * MINUTE, 0 * MINUTE),
        (-AFTER, -AFTER, 0 * MINUTE),
        (-AFTER - SECOND, -AFTER - SECOND, LONGEST),
        (-10 * HOUR, HOUR, 0 * MINUTE),
        (-10 * HOUR, -AFTER, 0 * MINUTE),
        (LONGEST + BEFORE, LONGEST + BEFORE, LONGEST),
        (LONGEST + BEFORE - SECOND, 10 * HOUR, LONGEST - SECOND),
    ],
)
def test_a_mark_ends_before_a_time_comes(start: timedelta, end: timedelta, until: timedelta) -> None:
    """Some minutes before something begins until some minutes after it ended nothing is taken for granted."""
    assert rest([Stretch(NOW + start, NOW + end)], NOW) == NOW + until


def test_the_nearest_time_counts() -> None:
    """Of many times the first decides, in whatever order they come."""
    times = [Stretch(NOW + hours * MINUTE, NOW + hours * MINUTE) for hours in (50, 30, 40)]
    assert rest(times, NOW) == NOW + 20 * MINUTE


def test_the_ends_of_time_are_no_fault() -> None:
    """An appointment from the year 1 to the year 9999 is under way, one in 9999 is far."""
    ever = Stretch(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
    assert rest([ever], NOW) == NOW
    assert rest([Stretch(ever.end, ever.end), Stretch(ever.start, ever.start)], NOW) == NOW + LONGEST


# --- the times of callbacks


def test_a_hold_counts_when_it_is_soon_begins_and_ends() -> None:
    """A hold is fixed shortly before it begins, and is over when it ends."""
    hold = placed(NOW + HOUR)
    found = moments(of_callbacks([replace(OPEN, hold=hold)], {}))
    assert found == at(hold.start - SOON, hold.start, hold.end)


def test_the_hold_of_a_closed_call_counts() -> None:
    """Once its time has come, the hold of a call that was not made stays as evidence."""
    closed = replace(OPEN, status=Status.CLOSED, hold=placed(NOW + HOUR))
    assert moments(of_callbacks([closed], {})) >= at(NOW + HOUR)


def test_a_deadline_counts() -> None:
    """From then on a call is overdue."""
    assert moments(of_callbacks([replace(OPEN, rank=RANK)], {})) == at(RANK.due)


def test_a_wait_counts() -> None:
    """A wait is over at its end, and an agreed time some minutes later."""
    until = NOW + HOUR
    assert moments(of_callbacks([replace(OPEN, until=until)], {})) == {Stretch(until, until + 5 * MINUTE)}


def test_a_promise_counts() -> None:
    """A promised time is kept free until some minutes after it came."""
    told = Promise(at=NOW + HOUR, source=Source.SENT)
    assert moments(of_callbacks([replace(OPEN, promises=(told,))], {})) == {Stretch(told.at, told.at + 5 * MINUTE)}


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (Window(not_before=NOW + HOUR), at(RANK.due, NOW + HOUR)),
        (Window(not_after=NOW + HOUR), at(RANK.due, NOW + 40 * MINUTE, NOW + HOUR)),
    ],
)
def test_a_wish_counts(window: Window, expected: set[Stretch]) -> None:
    """What the caller asked for begins, and ends when there is no time left for the call."""
    assert moments(of_callbacks([replace(OPEN, rank=RANK)], asked(window))) == expected


@pytest.mark.parametrize(
    ("callback", "wants"),
    [
        (replace(OPEN, no_hold="the slot of Monday is full"), True),
        (replace(OPEN, rank=RANK, no_hold="the slot of Monday is full"), True),
        (OPEN, False),
        (replace(OPEN, no_hold=NO_NUMBER), False),
        (replace(OPEN, no_hold=NO_CALENDAR), False),
        (replace(OPEN, status=Status.CLOSED, no_hold="the slot of Monday is full"), False),
        (replace(OPEN, rank=replace(RANK, bucket=Bucket.NEVER), no_hold="it is in the bucket never"), False),
        (replace(OPEN, hold=replace(placed(NOW), gone=Gone.BY_USER), no_hold="you deleted its hold"), False),
    ],
)
def test_a_call_without_room_is_planned_in_each_pass(callback: Callback, *, wants: bool) -> None:
    """Why there is no room may change at any time; all other reasons stay until somebody does something."""
    assert wants_room(callback) == wants


# --- slots, the day and the agenda


def test_a_slot_counts_when_it_begins_and_ends() -> None:
    """A slot at its usual time counts at both ends."""
    usual = datetime(2026, 11, 16, 21, tzinfo=UTC)
    slot = Slot(id=Subject("slot-2026-11-16"), event=placed(usual, 45))
    assert moments(of_slots([slot], TABLE)) == at(usual, usual + 45 * MINUTE)


def test_a_late_slot_counts_from_its_usual_time() -> None:
    """A slot that was put off says what time it was, so it may say another thing each time until it begins."""
    usual = datetime(2026, 11, 16, 21, tzinfo=UTC)
    slot = Slot(id=Subject("slot-2026-11-16"), event=placed(usual + HOUR, 45))
    assert Stretch(usual, usual + HOUR) in moments(of_slots([slot], TABLE))
    early = Slot(id=Subject("slot-2026-11-16"), event=placed(usual - HOUR, 45))
    assert moments(of_slots([early], TABLE)) == at(usual - HOUR, usual - 15 * MINUTE)


def test_a_lost_slot_has_no_times() -> None:
    """A day without a slot has only its hours."""
    assert moments(of_slots([Slot(id=Subject("slot-2026-11-16"), lost="full")], TABLE)) == set()


def test_the_hours_of_a_day_count() -> None:
    """Work begins and ends, the last minutes being counted, and midnight comes, in the user's zone."""
    midnight = datetime(2026, 11, 17, 5, tzinfo=UTC)
    begin, end = datetime(2026, 11, 16, 14, tzinfo=UTC), datetime(2026, 11, 16, 22, tzinfo=UTC)
    expected = at(begin, midnight, midnight - 24 * HOUR) | {Stretch(end - 15 * MINUTE, end)}
    assert moments(of_day(TABLE, NOW)) == expected


def test_a_day_off_has_midnights_only() -> None:
    """On a Saturday, and with the clocks changing that night, only the day itself ends."""
    found = moments(of_day(TABLE, datetime(2026, 10, 31, 15, tzinfo=UTC)))
    assert found == at(datetime(2026, 10, 31, 4, tzinfo=UTC), datetime(2026, 11, 1, 4, tzinfo=UTC))


def test_appointments_count_at_both_ends() -> None:
    """What the user is busy with begins and ends."""
    assert moments(of_agenda([Period(start=NOW, end=NOW + HOUR)])) == at(NOW, NOW + HOUR)
