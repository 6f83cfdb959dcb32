"""What a plan costs: the sum that planning minimises.

`Price` prices one call anywhere on the grid; the search asks it thousands of times. `cost` sums a finished plan.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from assistant.model.planning import Bucket
from assistant.plan.grid import TICK_SECONDS, Grid

if TYPE_CHECKING:
    from datetime import date, datetime

    from assistant.model.planning import Plan, Problem, Request

WEIGHTS = {Bucket.NOW: 100.0, Bucket.TODAY: 20.0, Bucket.TOMORROW: 5.0, Bucket.FEW_DAYS: 1.0}
LATE_DAY = 8.0
WAITING_HOUR = 0.005
OUTSIDE = 2.0
MOVED = 1.0
UNPLACED_MINUTE = 5.0
_HOUR = 3600.0


def weight(request: Request) -> float:
    """Return what an hour of lateness costs for this call: by bucket, times its length in tens of minutes."""
    return WEIGHTS[request.bucket] * request.minutes / 10


class Lateness:
    """How late each day of the horizon is for a due date, in working days; shared by calls due the same day."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self.of = lru_cache(maxsize=None)(self._of)

    def _of(self, due: date) -> tuple[int, ...]:
        counts, count = [], self._grid.working_days(due, self._grid.days[0].date)
        for number, day in enumerate(self._grid.days):
            if number and day.date > due and self._grid.works(day.date):
                count += 1
            counts.append(count)
        return tuple(counts)


class Price:
    """The cost of one unpinned call, by its start in ticks.

    For a given class (inside a slot, outside all) it only grows with the start, `previous` aside: the search relies on
    that and looks at the first free start of each class alone.
    """

    __slots__ = ("_day", "_due", "_late", "_length", "_now", "_rate", "outside", "previous", "unplaced", "weight")

    def __init__(self, request: Request, grid: Grid, lateness: Lateness) -> None:
        self.weight = weight(request)
        self._rate = WAITING_HOUR * self.weight * TICK_SECONDS / _HOUR
        self._now = (grid.seconds(0) - grid.now) / TICK_SECONDS
        self._length = 60 * request.minutes / TICK_SECONDS
        self._day = grid.index
        self._due: float | None = None
        self._late: tuple[float, ...] = ()
        if request.bucket is Bucket.NOW:
            self._due = (request.due.timestamp() - grid.seconds(0)) / TICK_SECONDS
            end_late = self.weight * max(0.0, grid.end - self._due) * TICK_SECONDS / _HOUR
        else:
            days = lateness.of(grid.date_of(request.due))
            self._late = tuple(LATE_DAY * self.weight * count for count in days)
            end_late = self._late[-1]
        self.outside = 0.0 if request.bucket is Bucket.NOW else OUTSIDE * request.minutes / 10
        self.unplaced = UNPLACED_MINUTE * request.minutes + end_late
        self.previous = _tick(request.previous, grid)

    def at(self, tick: int, *, outside: bool) -> float:
        """Return the cost of a start; `outside` tells that the hold lies in no slot."""
        total = self._rate * (tick + self._now)
        if self._due is None:
            total += self._late[self._day(tick)]
        else:
            total += self.weight * max(0.0, tick + self._length - self._due) * TICK_SECONDS / _HOUR
        if outside:
            total += self.outside
        return total if self.previous is None or self.previous == tick else total + MOVED


def _tick(moment: datetime | None, grid: Grid) -> float | None:
    """Return a time in ticks; one off the grid is a fraction that no start equals."""
    return None if moment is None else (moment.timestamp() - grid.seconds(0)) / TICK_SECONDS


def cost(problem: Problem, plan: Plan) -> float:
    """Return the cost of a plan by the starts, `in_slot` marks and unplaced ids that it states.

    Pinned calls cost nothing. Whether the plan keeps the hard rules is `violations`' question.
    """
    grid = Grid(problem)
    lateness = Lateness(grid)
    holds = {hold.id: hold for hold in plan.holds}
    total = 0.0
    for request in problem.callbacks:
        if request.pinned_at is not None:
            continue
        price = Price(request, grid, lateness)
        hold = holds.get(request.id)
        if hold is None:
            total += price.unplaced
        else:
            total += price.at(grid.floor(hold.start.timestamp()), outside=not hold.in_slot)
    return total
