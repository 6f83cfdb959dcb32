"""Pose the planning problem: which callbacks want a time, what must not move, what is busy."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec

from assistant.model.calendar import FbType
from assistant.model.call import Window
from assistant.model.callback import Callback, DraftStatus, Gone, Placed, Slot
from assistant.model.planning import Avoided, Bucket, GivenSlot, Period, Problem, Request, SlotState
from assistant.plan.grid import WEEKDAYS, wall

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from assistant.model.calendar import Entry
    from assistant.model.journal import Subject
    from assistant.model.planning import Plan, Timetable

SOON = timedelta(minutes=30)
"""A hold that starts within this time stays where it is."""
SLOT_PREFIX = "slot-"
_GRID = timedelta(minutes=5)
_ALL_DAY = {FbType.BUSY_UNAVAILABLE: "you are out of office all day", FbType.BUSY: "your calendar is busy all day"}


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A callback with what triage and the address book say of it.

    `callee_hours` are the timetable's when None. `further_zones` and `avoid` are as in `Request`.
    """

    callback: Callback
    minutes: int
    bucket: Bucket
    due: datetime
    requested: Window | None = None
    callee_zone: str | None = None
    callee_hours: tuple[str, str] | None = None
    further_zones: tuple[str, ...] = ()
    avoid: tuple[Avoided, ...] = ()


def pose(
    candidates: Iterable[Candidate],
    slots: Iterable[Slot],
    agenda: Sequence[Entry],
    timetable: Timetable,
    now: datetime,
    keep: Collection[Subject] = (),
    held: Collection[str] = (),
) -> Problem:
    """Return the problem for `plan`; our own events never count as busy.

    Args:
        candidates: the callbacks that want a time.
        slots: as they stand.
        agenda: of the horizon.
        timetable: the user's wall-clock rules.
        now: the present instant.
        keep: slots that stay as they are.
        held: callbacks of `holding` that may have no time but the one they have, instead of a pin.
    """
    busy = tuple(busy_periods(agenda))
    return Problem(
        now=now,
        zone=timetable.zone,
        horizon_days=timetable.horizon_days,
        working_hours=timetable.working_hours,
        slot=timetable.slot,
        holidays=timetable.holidays,
        slots=tuple(settled_slots(slots, now, keep)),
        buffer_minutes=timetable.buffer_minutes,
        busy=busy,
        callbacks=tuple(_request(one, busy, timetable, now, is_held=one.callback.id in held) for one in candidates),
    )


def holding(candidates: Iterable[Candidate], agenda: Sequence[Entry], now: datetime) -> set[str]:
    """Return the callbacks that must have one time, and get it without a pin: nothing else that is fixed lies there.

    Slots are sized for the calls that are not pinned. A time that this pass offers may not change what the next one
    plans, so such a call counts as one that can be moved, with one time to be moved to.
    """
    busy = tuple(busy_periods(agenda))
    pins = [(one, pin) for one in candidates if (pin := pinned_at(one.callback, busy, now)) is not None]
    spans = [(one.callback.id, pin, pin + timedelta(minutes=one.minutes)) for one, pin in pins]
    return {
        one.callback.id
        for one, pin in pins
        if pin >= now
        and not ((hold := one.callback.hold) is not None and hold.pinned and hold.start == pin)
        and not any(
            key != one.callback.id and start < pin + timedelta(minutes=one.minutes) and pin < end
            for key, start, end in spans
        )
    }


def let_go(problem: Problem, made: Plan, held: Collection[str]) -> set[str]:
    """Return the callbacks of `held` that did not get the one time they may have: they need a pin."""
    starts = {hold.id: hold.start for hold in made.holds}
    return {one.id for one in problem.callbacks if one.id in held and starts.get(one.id) != one.not_before}


def busy_periods(agenda: Iterable[Entry]) -> Iterable[Period]:
    """Yield the periods in which the user is not free, all-day ones included: these say what they are."""
    for entry in agenda:
        if entry.key is None and entry.fbtype != FbType.FREE:
            why = _ALL_DAY.get(entry.fbtype, "") if entry.all_day else ""
            yield Period(start=entry.start, end=max(entry.start, entry.end), why=why)


def stranding(slots: Iterable[Slot], problem: Problem, made: Plan) -> set[Subject]:
    """Return the slots that the plan moved or shrank off a hold inside them without need.

    The length of a slot follows the calls that can still be moved. Where a draft has named the time of one it would
    shrink, and leave that caller, or another who keeps a time that was in it, outside.
    """
    buffer = timedelta(minutes=problem.buffer_minutes)
    outside = {(hold.id, hold.start): hold.end for hold in made.holds if not hold.in_slot}
    had = [(one.id, at) for one in problem.callbacks if (at := one.pinned_at or one.previous) is not None]
    spans = [(at, outside[key, at]) for key, at in had if (key, at) in outside]
    off = [start for start, end in spans if not any(slot.start <= start and end <= slot.end for slot in made.slots)]
    return {
        slot.id
        for slot in slots
        if (event := slot.event) is not None
        and event.gone is None
        and event.start > problem.now
        and any(event.start <= moment < event.end for moment in off)
        and not any(busy.start - buffer < event.end and event.start < busy.end + buffer for busy in problem.busy)
    }


def settled_slots(slots: Iterable[Slot], now: datetime, keep: Collection[Subject] = ()) -> Iterable[GivenSlot]:
    """Yield the slots that the planner must keep as they are; a settled bookend settles the other one of its day."""
    by_day: dict[date, list[Slot]] = {}
    for slot in slots:
        if slot.event is not None:
            by_day.setdefault(day_of(slot), []).append(slot)
    for day, found in by_day.items():
        settled = [_settled(day, slot, now) for slot in found]
        if any(settled) or any(slot.id in keep for slot in found):
            yield from (one or _kept(day, slot) for one, slot in zip(settled, found, strict=True))


def day_of(slot: Slot) -> date:
    """Return the day of a slot; the second bookend of a day has a suffix."""
    return date.fromisoformat(slot.id.removeprefix(SLOT_PREFIX)[:10])


def _settled(day: date, slot: Slot, now: datetime) -> GivenSlot | None:
    event = slot.event
    if event is None:
        return None
    if event.gone is not None:
        return GivenSlot(date=day, state=SlotState.SKIPPED)
    if event.start <= now:
        return GivenSlot(date=day, state=SlotState.BEGUN, start=event.start, end=event.end)
    if event.pinned:
        return GivenSlot(date=day, state=SlotState.PINNED, start=event.start, end=event.end)
    return None


def _kept(day: date, slot: Slot) -> GivenSlot:
    assert slot.event is not None
    return GivenSlot(date=day, state=SlotState.BEGUN, start=slot.event.start, end=slot.event.end)


def pinned_at(callback: Callback, busy: Sequence[Period], now: datetime) -> datetime | None:
    """Return the start that must not move, None when the planner may choose; see `pin_of`."""
    pin = pin_of(callback, busy, now)
    return pin[0] if pin is not None else None


def pin_of(callback: Callback, busy: Sequence[Period], now: datetime) -> tuple[datetime, str] | None:
    """Return the start that must not move and why, None when the planner may choose.

    Moved by the user, promised, agreed upon in the last try, named in a draft, under way or about to start, in this
    order: a later promise unpins a moved hold. Pins that have ended are dropped. A time that only an untouched, unsent
    draft names gives way to a meeting: the draft is updated with the hold. A draft that is missing may be on its way to
    the caller. A hold that starts before the time until which the callback now waits is free to move.
    """
    promise, hold = callback.promise, callback.hold
    if hold is not None and (hold.gone is not None or hold.done or hold.end <= now):
        hold = None
    if hold is not None and hold.pinned:
        return hold.start, "you moved it here"
    if promise is not None and promise.at + _GRID > now:
        return promise.at, "you promised this time"
    until, last = callback.until, callback.attempts[-1] if callback.attempts else None
    if until is not None and last is not None and last.exact and last.next_at == until and until + _GRID > now:
        return until, "this time was agreed upon in the last try"
    if hold is None or (until is not None and hold.start < until):
        return None
    if hold.start <= now + SOON:
        return hold.start, "it is about to start, or under way"
    return (hold.start, "a draft names this time") if _is_offered(callback, hold, busy) else None


def _is_offered(callback: Callback, hold: Placed, busy: Sequence[Period]) -> bool:
    met = any(period.start < hold.end and hold.start < period.end for period in busy)
    statuses = {draft.status for draft in callback.drafts if draft.named_time == hold.start}
    if statuses & {DraftStatus.EDITED, DraftStatus.MISSING}:
        return True
    return DraftStatus.STANDING in statuses and not met


def _request(
    one: Candidate, busy: Sequence[Period], timetable: Timetable, now: datetime, *, is_held: bool = False
) -> Request:
    callback, hold = one.callback, one.callback.hold
    pin = pinned_at(callback, busy, now)
    stands = hold is not None and hold.gone is None and not hold.done and hold.end > now
    minutes = one.minutes
    if stands and hold is not None and hold.pinned and pin == hold.start:
        minutes = max(5, -(-(hold.end - hold.start) // _GRID) * 5)
    not_before, not_after = _window(one, now)
    if is_held and pin is not None:
        not_before, not_after, pin = pin, pin + timedelta(minutes=minutes), None
    return Request(
        id=callback.id,
        minutes=minutes,
        bucket=one.bucket,
        due=one.due,
        waiting_since=callback.waiting_since,
        not_before=not_before,
        not_after=not_after,
        callee_zone=one.callee_zone,
        callee_hours=(one.callee_hours or timetable.callee_hours) if one.callee_zone else None,
        pinned_at=pin,
        previous=hold.start if stands and hold is not None else None,
        further_zones=one.further_zones,
        avoid=one.avoid,
    )


def _window(one: Candidate, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Return the caller's window unless it is over, and no earlier than the user's own date."""
    asked = one.requested or Window()
    over = asked.not_after is not None and asked.not_after < now + timedelta(minutes=one.minutes)
    start, end = (None, None) if over else (asked.not_before, asked.not_after)
    until = one.callback.until
    if until is None or until <= now:
        return start, end
    if end is not None and end < until + timedelta(minutes=one.minutes):
        return until, None
    return max(filter(None, (start, until))), end


def next_working_start(timetable: Timetable, now: datetime) -> datetime:
    """Return when the next working day after today begins, in the user's zone; a week on where no day is worked."""
    today = now.astimezone(ZoneInfo(timetable.zone)).date()
    days = [today + timedelta(days=number) for number in range(1, 366)]
    worked = (day for day in days if WEEKDAYS[day.weekday()] in timetable.working_hours)
    day = next((day for day in worked if day not in timetable.holidays), today + timedelta(days=7))
    begins = timetable.working_hours.get(WEEKDAYS[day.weekday()], ("09:00", ""))[0]
    return datetime.fromtimestamp(wall(day, begins, ZoneInfo(timetable.zone)), ZoneInfo(timetable.zone))


def gone_reason(callback: Callback) -> str | None:
    """Return why an owed callback gets no hold although it could have one, None when it gets one."""
    hold = callback.hold
    if hold is None or hold.gone is None:
        return None
    if hold.gone == Gone.BY_USER:
        return "you deleted its hold: close it with `done`, or `ringback restore` puts the hold back"
    return "its hold vanished together with others: `ringback restore` puts them back"
