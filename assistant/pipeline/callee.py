"""The callee's side of a call: their clock, the hours in which they may be called, their holidays, their best time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from assistant.model.planning import Avoided
from assistant.pipeline import daysoff, reaching
from assistant.plan.grid import WEEKDAYS, wall
from assistant.plan.reasons import clock_of
from assistant.settings import CALLEE_LIMITS as LIMITS
from assistant.standards import phone

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from assistant.model.call import E164, Window
    from assistant.model.callback import Callback
    from assistant.model.planning import Timetable
    from assistant.pipeline.parts import Parts
    from assistant.pipeline.people import Person
    from assistant.pipeline.reaching import Reach

ANY_HOUR = ("00:00", "24:00")
HOLIDAY = 4.0
"""What a start on a public holiday of the callee costs for ten minutes: twice what leaving the slot does."""
_ROOM = timedelta(hours=1)
"""Permitted hours that several zones have in common must leave at least so much of a day."""
_CALL = timedelta(minutes=15)
"""So much of a working day must lie in the permitted hours for a call to have a chance."""
_LOOK = timedelta(days=8)
_DAY = timedelta(days=1)
_Stretch = tuple[float, float]
_Hours = tuple[str, str]


class Side(NamedTuple):
    """What the planner has to mind for the callee.

    `hours` are wall-clock bounds in each of `zones`, None where no zone is known. `notes` say where a zone is from and
    why hours are not the usual ones. `never` says that the user's working hours have none of them, and what to do.
    """

    zones: tuple[str, ...] = ()
    hours: _Hours | None = None
    avoid: tuple[Avoided, ...] = ()
    notes: tuple[str, ...] = ()
    reach: Reach | None = None
    never: str = ""

    def told(self, start: datetime) -> tuple[str, ...]:
        """Return what a hold that starts then has to say of the callee."""
        best = self.reach.told(start) if self.reach is not None else None
        return (*self.notes, *([best] if best else []))


def side_of(parts: Parts, callback: Callback, who: Person, asked: Window | None) -> Side:
    """Return the callee's side of one call."""
    now, table = parts.clock.now(), parts.timetable
    zones, notes = who.place
    hours, more = _hours(zones, table, asked, now) if zones else (None, ())
    never = _never(zones, table) if hours not in {None, ANY_HOUR} and not _meet(zones, LIMITS, table, now) else ""
    if hours is None:
        zones = ()
    zone = ZoneInfo(zones[0]) if zones else parts.zone
    reach = reaching.learned(parts.ledger, callback, zone)
    avoid = [*_holidays(parts, who.number, zone), *(reaching.avoided(reach, zone, _days(table, now)) if reach else ())]
    return Side(zones, hours, tuple(avoid), (*notes, *more), reach, never)


def _hours(
    zones: tuple[str, ...], table: Timetable, asked: Window | None, now: datetime
) -> tuple[_Hours | None, tuple[str, ...]]:
    """Return the hours in which the callee is called, None where the zones have none in common.

    The limits count where the usual hours leave too little: in all the zones, or of the user's working hours.
    """
    permitted, today, notes = table.callee_hours, now.astimezone(UTC).date(), tuple[str, ...]()
    if _shared(zones, permitted, today) < _ROOM:
        if _shared(zones, LIMITS, today) < _ROOM:
            return None, ("no hour of the day suits all their zones: put a zone on the contact",)
        permitted = LIMITS
    elif not _meet(zones, permitted, table, now) and _meet(zones, LIMITS, table, now):
        usual = " to ".join(permitted)
        permitted, notes = LIMITS, (f"early or late for them: your working hours and {usual} there never meet",)
    if asked is None or asked.not_before is None or asked.not_after is None or asked.not_after <= now:
        return permitted, notes
    for hours in (permitted, LIMITS):
        if longest(zones, hours, asked.not_before, asked.not_after) > timedelta():
            return hours, ()
    return ANY_HOUR, ("they asked for this hour",)


def _never(zones: tuple[str, ...], table: Timetable) -> str:
    theirs, further = f"{' to '.join(LIMITS)} {clock_of(zones[0])}", ""
    if len(zones) > 1:
        theirs, further = f"those of all their {len(zones)} zones", ", or put a zone on the contact"
    own = clock_of(table.zone)
    return f"your working hours ({own}) and {theirs} never meet: agree on a time and note it with `promise`{further}"


def _meet(zones: tuple[str, ...], hours: _Hours, table: Timetable, now: datetime) -> bool:
    """Tell whether the hours hold in every zone for a while of some coming working day of the user's."""
    today = now.astimezone(ZoneInfo(table.zone)).date()
    return _meets(zones, hours, table.zone, tuple(table.working_hours.items()), today)


@lru_cache(maxsize=1024)
def _meets(
    zones: tuple[str, ...], hours: _Hours, mine: str, working: tuple[tuple[str, _Hours], ...], today: date
) -> bool:
    worked = dict(working)
    for number in range(_LOOK.days):
        day = today + number * _DAY
        own = worked.get(WEEKDAYS[day.weekday()])
        if own is not None:
            start, end = (datetime.fromtimestamp(wall(day, text, ZoneInfo(mine)), UTC) for text in own)
            if longest(zones, hours, start, end) >= _CALL:
                return True
    return False


@lru_cache(maxsize=1024)  # many callees share a zone
def _shared(zones: tuple[str, ...], hours: _Hours, today: date) -> timedelta:
    """Return the longest stretch of the coming days in which the hours hold in every zone."""
    start = datetime.combine(today, time(), UTC)
    return longest(zones, hours, start, start + _LOOK)


def longest(zones: Sequence[str], hours: _Hours, start: datetime, end: datetime) -> timedelta:
    """Return the longest stretch between two times in which these wall-clock hours hold in every zone."""
    found: list[_Stretch] = [(start.timestamp(), end.timestamp())]
    for zone in zones:
        theirs = list(_stretches(ZoneInfo(zone), hours, start, end))
        both = [(max(one[0], two[0]), min(one[1], two[1])) for one in found for two in theirs]
        found = [one for one in both if one[0] < one[1]]
    return timedelta(seconds=max((stop - begin for begin, stop in found), default=0.0))


def _stretches(zone: ZoneInfo, hours: _Hours, start: datetime, end: datetime) -> Iterator[_Stretch]:
    day = start.astimezone(zone).date() - _DAY
    while day <= end.astimezone(zone).date():
        yield wall(day, hours[0], zone), wall(day, hours[1], zone)
        day += _DAY


def _days(table: Timetable, now: datetime) -> list[date]:
    today = now.astimezone(ZoneInfo(table.zone)).date()
    return [today + number * _DAY for number in range(-1, table.horizon_days + 1)]


@lru_cache(maxsize=4096)
def _country(number: E164) -> str | None:
    return phone.country(number)


def _holidays(parts: Parts, number: E164 | None, zone: ZoneInfo) -> Iterator[Avoided]:
    country = _country(number) if number is not None else None
    now = parts.clock.now()
    known: Mapping[date, str] = (daysoff.public(parts.ledger, country, now.date()) if country else None) or {}
    for day in _days(parts.timetable, now):
        if day in known:
            begin, end = (datetime.combine(one, time(), zone).astimezone(UTC) for one in (day, day + _DAY))
            yield Avoided(start=begin, end=end, cost=HOLIDAY, why=f"a public holiday there: {known[day]}")
