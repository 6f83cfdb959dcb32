"""What a plan costs: the sum that planning minimises.

`Price` prices one call anywhere on the grid; the search asks it thousands of times. `cost` sums a finished plan.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate
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
TICK_HOURS = TICK_SECONDS / _HOUR


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

    For a given class (inside a slot, outside all) it only grows with the start, `previous` and what is to be avoided
    aside: the search relies on that and looks at the first free start of each class and tier alone. `avoided` are ticks
    in order, each with what a start costs besides from there up to the next. `late` is the cost of each day of the
    horizon, empty for bucket `now`, which pays by the tick after `due`; `rate` is what each tick of waiting costs.
    """

    __slots__ = (
        "_day", "_length", "avoided", "due", "fixed", "late", "outside", "previous", "rate", "unplaced", "weight",
    )  # fmt: skip

    def __init__(self, request: Request, grid: Grid, lateness: Lateness) -> None:
        self.weight = weight(request)
        self.rate = WAITING_HOUR * self.weight * TICK_HOURS
        self.fixed = self.rate * (grid.seconds(0) - grid.now) / TICK_SECONDS
        self._length = 60 * request.minutes / TICK_SECONDS
        self._day = grid.index
        self.due: float | None = None
        self.late: tuple[float, ...] = ()
        if request.bucket is Bucket.NOW:
            self.due = (request.due.timestamp() - grid.seconds(0)) / TICK_SECONDS
            end_late = self.weight * max(0.0, grid.end - self.due) * TICK_HOURS
        else:
            days = lateness.of(grid.date_of(request.due))
            self.late = tuple(LATE_DAY * self.weight * count for count in days)
            end_late = self.late[-1]
        self.outside = 0.0 if request.bucket is Bucket.NOW else OUTSIDE * request.minutes / 10
        self.unplaced = UNPLACED_MINUTE * request.minutes + end_late
        self.previous = _tick(request.previous, grid)
        self.avoided = _steps(request, grid)

    def at(self, tick: int, *, outside: bool) -> float:
        """Return the cost of a start; `outside` tells that the hold lies in no slot."""
        total = self.fixed + self.rate * tick
        if self.due is None:
            total += self.late[self._day(tick)]
        else:
            total += self.weight * max(0.0, tick + self._length - self.due) * TICK_HOURS
        if outside:
            total += self.outside
        if self.avoided:
            total += self.avoided[bisect_right(self.avoided, (tick, math.inf)) - 1][1]
        return total if self.previous is None or self.previous == tick else total + MOVED


def _tick(moment: datetime | None, grid: Grid) -> float | None:
    """Return a time in ticks; one off the grid is a fraction that no start equals."""
    return None if moment is None else (moment.timestamp() - grid.seconds(0)) / TICK_SECONDS


def _steps(request: Request, grid: Grid) -> tuple[tuple[float, float], ...]:
    """Return from which ticks on a start costs how much besides, for what the call is to avoid; empty for nothing."""
    changes: dict[float, float] = {}
    for one in request.avoid:
        amount = one.cost * request.minutes / 10
        for moment, change in ((one.start, amount), (one.end, -amount)):
            tick = grid.ceil(moment.timestamp())
            changes[tick] = changes.get(tick, 0.0) + change
    totals = accumulate(change for _, change in sorted(changes.items()))
    steps = zip(sorted(changes), (round(total, 9) for total in totals), strict=True)  # so that equal sums are equal
    return ((-math.inf, 0.0), *steps) if changes else ()


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
