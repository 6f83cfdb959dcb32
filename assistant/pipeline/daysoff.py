"""Days without work: public holidays, dates of the settings, and the user's leave.

The library of holidays is asked once a month, since it is slow to load. Leave is kept when it is over: calendars are
not read backwards, and deadlines count working days from calls of long ago.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from assistant.model.calendar import FbType
from assistant.plan.grid import WEEKDAYS, wall
from assistant.standards import holiday

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assistant.ledger.journal import Ledger
    from assistant.model.calendar import Entry
    from assistant.model.planning import Timetable

MARK = "holidays"
"""Name of the mark in the ledger that keeps what the library said."""
LASTS = timedelta(days=30)
"""Governments move holidays, and new releases of the library know of it."""
LEAVE = "leave"
"""Name of the mark that keeps the dates of the user's leave."""
AWAY = "you are out of office"
_YEAR = timedelta(days=400)
_DAY = timedelta(days=1)


class _Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the library said of a region: `days` of the years from last year to next, None where it knows none."""

    on: date
    days: dict[date, str] | None


_Kept = dict[str, _Asked]


def public(ledger: Ledger, region: str, today: date) -> Mapping[date, str] | None:
    """Return the holidays of a region with their names, from last year to next; None where the region is not known."""
    kept = _decoded(ledger.mark(MARK))
    asked = kept.get(region)
    if asked is None or asked.on.year != today.year or not timedelta() <= today - asked.on <= LASTS:
        asked = _ask(region, today)
        ledger.put_mark(MARK, msgspec.json.encode({**kept, region: asked}).decode())
    return asked.days


@lru_cache(maxsize=4)  # asked for each callee
def _decoded(text: str | None) -> _Kept:
    try:
        return msgspec.json.decode(text, type=_Kept) if text is not None else {}
    except msgspec.DecodeError:
        return {}  # of another release: the library is asked again


def _ask(region: str, today: date) -> _Asked:
    years = [holiday.public(region, year) for year in range(today.year - 1, today.year + 2)]
    if any(days is None for days in years):
        return _Asked(on=today, days=None)
    return _Asked(on=today, days={day: name for days in years if days for day, name in days.items()})


def unknown(region: str) -> str:
    """Return what to do about a region without known holidays."""
    return (
        f"hours.holiday_region: no public holidays are known of {region!r}. Write a country or one of its parts, such "
        "as IE or DE-BY, or public_holidays = false"
    )


def of_user(ledger: Ledger, timetable: Timetable, now: datetime) -> Mapping[date, str]:
    """Return the user's days without work with their names, which are empty for days of the settings."""
    known = public(ledger, timetable.holiday_region, now.date()) if timetable.holiday_region else None
    return {**dict.fromkeys(timetable.holidays, ""), **dict.fromkeys(_leave(ledger), AWAY), **(known or {})}


def note_leave(ledger: Ledger, agenda: Sequence[Entry], timetable: Timetable, now: datetime) -> None:
    """Keep the days whose working hours the user is out of office from beginning to end.

    Args:
        ledger: keeps them.
        agenda: from yesterday to the day after the horizon; what was kept of these days is forgotten.
        timetable: says when the user works.
        now: the present instant.
    """
    today = now.astimezone(ZoneInfo(timetable.zone)).date()
    first = today - _DAY
    seen = [first + _DAY * number for number in range(timetable.horizon_days + 3)]
    away = sorted(
        (one.start.timestamp(), one.end.timestamp())
        for one in agenda
        if one.key is None and one.fbtype == FbType.BUSY_UNAVAILABLE
    )
    before = _leave(ledger)
    past_and_later = {day for day in before if not first <= day <= seen[-1] and day >= today - _YEAR}
    found = tuple(sorted(past_and_later | {day for day in seen if _is_off(day, away, timetable)}))
    if found != before:
        ledger.put_mark(LEAVE, msgspec.json.encode(found).decode())


def _is_off(day: date, away: Sequence[tuple[float, float]], timetable: Timetable) -> bool:
    hours = timetable.working_hours.get(WEEKDAYS[day.weekday()])
    if hours is None:
        return False
    begin, end = (wall(day, text, ZoneInfo(timetable.zone)) for text in hours)
    for start, stop in away:
        if start > begin:
            break
        begin = max(begin, stop)
    return begin >= end


def _leave(ledger: Ledger) -> tuple[date, ...]:
    text = ledger.mark(LEAVE)
    try:
        return msgspec.json.decode(text, type=tuple[date, ...]) if text is not None else ()
    except msgspec.DecodeError:
        return ()


def kept(ledger: Ledger, timetable: Timetable, now: datetime) -> Timetable:
    """Return the timetable with public holidays and the user's leave among its days without work."""
    return replace(timetable, holidays=tuple(sorted(of_user(ledger, timetable, now))))
