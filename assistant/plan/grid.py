"""Time as whole ticks of five minutes, counted from the first grid point that is not before now."""

from __future__ import annotations

import math
from bisect import bisect_right
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from assistant.model.planning import Period, Problem

TICK_MINUTES = 5
TICK_SECONDS = 60 * TICK_MINUTES
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WIDE_HOURS = ("08:00", "21:00")


class Span(NamedTuple):
    """Ticks from `start` up to `end`. As an obstacle one of no length still forbids to run across it."""

    start: int
    end: int

    def meets(self, other: Span) -> bool:
        """Tell whether the two overlap; touching ends do not."""
        return self.start < other.end and other.start < self.end

    def holds(self, other: Span) -> bool:
        """Tell whether the other lies wholly inside."""
        return self.start <= other.start and other.end <= self.end


class Day(NamedTuple):
    """A date of the problem: midnight to midnight, its working hours (None when not worked) and 08:00 to 21:00."""

    date: date
    whole: Span
    work: Span | None
    wide: Span


@lru_cache(maxsize=8192)
def wall(day: date, text: str, zone: ZoneInfo) -> float:
    """Return the epoch seconds of a wall-clock time "HH:MM" on a date; "24:00" is the midnight after it.

    A time that the clocks skip is read with the offset before the change, one that comes twice is its first
    (RFC 5545 3.3.5), so the length between two wall-clock times is what really elapses.
    """
    hour, minute = int(text[:2]), int(text[3:])
    if hour == 24:  # noqa: PLR2004 - the one time of day that `time` cannot hold
        day, hour = day + timedelta(days=1), 0
    return datetime.combine(day, time(hour, minute), zone).timestamp()


class Grid:
    """The problem's ticks, days and working-day counts. Tick 0 is the first grid point not before `now`."""

    def __init__(self, problem: Problem) -> None:
        self.zone = ZoneInfo(problem.zone)
        self.now = problem.now.timestamp()
        self._origin = math.ceil(self.now / TICK_SECONDS)
        self._week = frozenset(WEEKDAYS.index(name) for name in problem.working_hours)
        self._holidays = sorted({day for day in problem.holidays if day.weekday() in self._week})
        today = problem.now.astimezone(self.zone).date()
        dates = [today + timedelta(days=number) for number in range(problem.horizon_days)]
        self.days = tuple(self._day(day, problem.working_hours) for day in dates)
        self.end = self.days[-1].whole.end
        self._midnights = [day.whole.start for day in self.days]

    def _day(self, day: date, hours: dict[str, tuple[str, str]]) -> Day:
        free = day.weekday() not in self._week or day in self._holidays
        work = None if free else self.inner(*(wall(day, text, self.zone) for text in hours[WEEKDAYS[day.weekday()]]))
        midnight, next_midnight = (wall(day, text, self.zone) for text in ("00:00", "24:00"))
        wide = self.inner(*(wall(day, text, self.zone) for text in WIDE_HOURS))
        return Day(day, Span(self.floor(midnight), self.floor(next_midnight)), work, wide)

    def floor(self, seconds: float) -> int:
        """Return the last tick not after an epoch time."""
        return math.floor(seconds / TICK_SECONDS) - self._origin

    def ceil(self, seconds: float) -> int:
        """Return the first tick not before an epoch time."""
        return math.ceil(seconds / TICK_SECONDS) - self._origin

    def inner(self, start: float, end: float) -> Span:
        """Return the ticks wholly inside two epoch times; the end may come out before the start."""
        return Span(self.ceil(start), self.floor(end))

    def outer(self, start: float, end: float) -> Span:
        """Return the ticks that two epoch times touch: what an obstacle between them takes away."""
        return Span(self.floor(start), self.ceil(end))

    def around(self, period: Period, buffer_minutes: int) -> Span:
        """Return the ticks that a busy period takes away with its buffers."""
        buffer = 60 * buffer_minutes
        return self.outer(period.start.timestamp() - buffer, period.end.timestamp() + buffer)

    def seconds(self, tick: int) -> int:
        """Return the epoch seconds of a tick."""
        return (tick + self._origin) * TICK_SECONDS

    def moment(self, seconds: float) -> datetime:
        """Return an epoch time in the problem's zone, with a fixed offset.

        Two times with one ZoneInfo are subtracted by their wall clocks; a fixed offset makes every difference elapsed.
        """
        local = datetime.fromtimestamp(seconds, self.zone)
        return local.replace(tzinfo=timezone(local.utcoffset() or timedelta()), fold=0)

    def at(self, tick: int) -> datetime:
        """Return the time of a tick in the problem's zone, with a fixed offset."""
        return self.moment(self.seconds(tick))

    def date_of(self, moment: datetime) -> date:
        """Return the date of a time in the problem's zone."""
        return moment.astimezone(self.zone).date()

    def index(self, tick: int) -> int:
        """Return the number of the day a tick lies on; 0 also for what is earlier."""
        return max(0, bisect_right(self._midnights, tick) - 1)

    def works(self, day: date) -> bool:
        """Tell whether a date is worked: one of the working weekdays and no holiday."""
        return day.weekday() in self._week and day not in self._holidays

    def working_days(self, after: date, until: date) -> int:
        """Count the working days after one date up to and including another; 0 when that is not later."""
        if until <= after:
            return 0
        weeks, rest = divmod((until - after).days, 7)
        tail = sum((after.weekday() + step) % 7 in self._week for step in range(1, rest + 1))
        off = bisect_right(self._holidays, until) - bisect_right(self._holidays, after)
        return weeks * len(self._week) + tail - off


def gaps(span: Span, blocked: list[Span]) -> list[Span]:
    """Return the parts of a span that no obstacle takes; `blocked` is sorted, obstacles may overlap."""
    found, cursor = [], span.start
    for obstacle in blocked:
        if obstacle.start >= span.end:
            break
        if obstacle.start > cursor:
            found.append(Span(cursor, obstacle.start))
        cursor = max(cursor, obstacle.end)
    if cursor < span.end:
        found.append(Span(cursor, span.end))
    return found
