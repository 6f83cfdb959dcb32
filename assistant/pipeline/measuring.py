"""Capacity: which days are full by the plan, and how fast calls come and go by the ledger."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from assistant.model.callback import Status
from assistant.model.capacity import Capacity
from assistant.plan.grid import WEEKDAYS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assistant.model.callback import Callback
    from assistant.model.planning import Plan, PlannedSlot, Timetable

WINDOW = 10
"""Working days over which rates are taken."""
LEAST = 3
"""Working days that a ledger must have seen before rates say anything."""
_FAR = timedelta(days=60)
_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)


def measured(made: Plan, callbacks: Sequence[Callback], table: Timetable, minutes: int, now: datetime) -> Capacity:
    """Return what a plan and all callbacks say of room.

    Args:
        made: the plan.
        callbacks: all that ever were, closed ones too.
        table: with public holidays among its days without work.
        minutes: of an ordinary call.
        now: the present instant.
    """
    full = tuple(_full(made, table, minutes, now))
    days = _worked(callbacks, table, now)
    if len(days) < LEAST:
        return Capacity(full=full)
    zone = ZoneInfo(table.zone)
    begin = datetime.combine(days[-1], time(), zone)
    end = datetime.combine(now.astimezone(zone).date(), time(), zone)
    real = [one for one in callbacks if not one.withdrawn and one.merged_into is None]
    coming = sum(begin <= one.waiting_since < end for one in real)
    closed = (one.closed_at for one in real if one.status == Status.CLOSED)
    going = sum(at is not None and begin <= at < end for at in closed)
    return Capacity(full=full, days=len(days), coming=coming / len(days), going=going / len(days))


def _full(made: Plan, table: Timetable, minutes: int, now: datetime) -> Iterator[date]:
    """Yield the days with slots still ahead of which none has room for another call."""
    by_day: dict[date, list[PlannedSlot]] = {}
    for slot in made.slots:
        if slot.end > now:
            by_day.setdefault(slot.start.astimezone(ZoneInfo(table.zone)).date(), []).append(slot)
    yield from sorted(day for day, slots in by_day.items() if all(_left(made, one, now) < minutes for one in slots))


def _left(made: Plan, slot: PlannedSlot, now: datetime) -> float:
    """Return the longest stretch of a slot, in minutes, that no hold takes."""
    cursor, longest = max(slot.start, now), timedelta()
    for hold in sorted(made.holds, key=lambda hold: hold.start):
        if hold.start < slot.end and hold.end > cursor:
            longest = max(longest, hold.start - cursor)
            cursor = hold.end
    return max(longest, slot.end - cursor) / _MINUTE


def _worked(callbacks: Sequence[Callback], table: Timetable, now: datetime) -> list[date]:
    """Return the last working days before today, newest first, as far back as the ledger goes."""
    zone = ZoneInfo(table.zone)
    today = now.astimezone(zone).date()
    born = min((one.opened_at.astimezone(zone).date() for one in callbacks), default=today)
    found: list[date] = []
    day = today - _DAY
    while day >= max(born, today - _FAR) and len(found) < WINDOW:
        if WEEKDAYS[day.weekday()] in table.working_hours and day not in table.holidays:
            found.append(day)
        day -= _DAY
    return found
