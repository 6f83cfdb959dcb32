"""Where each call may start, as one bit per tick.

A set of starts is an int whose bit t stands for tick t. "Free for six ticks", "inside working hours" and "within the
callee's day" are then a few shifts and ands over the whole horizon at once, whatever the number of appointments.
"""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from assistant.model.planning import Bucket
from assistant.plan.cost import Lateness, Price
from assistant.plan.grid import TICK_MINUTES, Grid, Span, gaps, wall

if TYPE_CHECKING:
    from assistant.model.planning import PlannedSlot, Problem, Request
    from assistant.plan.slots import Obstacles


class Candidate(NamedTuple):
    """A call to place: its length in ticks, its price, and its starts inside a slot and outside all of them.

    `tiers` are the ticks by what a start there costs for being avoided: in each the price only grows with the start.
    """

    request: Request
    length: int
    price: Price
    in_slot: int
    outside: int
    tiers: tuple[tuple[int, float], ...] = ((-1, 0.0),)


def first(starts: int) -> int:
    """Return the lowest tick of a set that is not empty."""
    return (starts & -starts).bit_length() - 1


def run(start: int, end: int) -> int:
    """Return the set of ticks from `start` up to but without `end`; empty when there are none."""
    start = max(start, 0)
    return (1 << end) - (1 << start) if end > start else 0


def openings(free: int, length: int) -> int:
    """Return the ticks that begin `length` free ticks."""
    have = 1
    while have < length:
        step = min(have, length - have)
        free &= free >> step
        have += step
    return free


def starts_within(spans: list[Span], length: int) -> int:
    """Return the starts of which `length` ticks lie inside one of the spans."""
    found = 0
    for span in spans:
        found |= run(span.start, span.end - length + 1)
    return found


def _tiers(price: Price, end: int) -> tuple[tuple[int, float], ...]:
    """Return the ticks up to `end` by what a start there costs for being avoided; all in one where nothing is."""
    if not price.avoided:
        return ((-1, 0.0),)
    levels: dict[float, int] = {}
    bounds = [int(max(0, min(tick, end))) for tick, _ in price.avoided]
    for (_, amount), start, stop in zip(price.avoided, bounds, [*bounds[1:], end], strict=True):
        levels[amount] = levels.get(amount, 0) | run(start, stop)
    return tuple((ticks, amount) for amount, ticks in sorted(levels.items()) if ticks)


class Ground:
    """The free time of a problem once slots, appointments and pinned holds stand; makes candidates from it."""

    def __init__(self, problem: Problem, grid: Grid, found: Obstacles, slots: list[PlannedSlot]) -> None:
        self.problem = problem
        self.grid = grid
        blocked = sorted([*found.blocked, *found.pinned])
        horizon = gaps(Span(0, grid.end), blocked)
        self.slots = [grid.inner(slot.start.timestamp(), slot.end.timestamp()) for slot in slots]
        self._slot_rooms = _common(self.slots, horizon)
        self._work_rooms = _common([day.work for day in grid.days if day.work], horizon)
        self._wide_rooms = _common([day.wide for day in grid.days], horizon)
        self.slot_starts = lru_cache(maxsize=None)(self._slot_starts)
        self.open_starts = lru_cache(maxsize=None)(self._open_starts)
        self._callee_starts = lru_cache(maxsize=None)(self._within_callee_hours)

    def days(self) -> list[int]:
        """Return the number of the day of each tick of the horizon."""
        spans = [(number, max(0, day.whole.start), day.whole.end) for number, day in enumerate(self.grid.days)]
        return [number for number, start, end in spans for _ in range(start, end)]

    def slot_ticks(self) -> int:
        """Return the ticks of the horizon inside slots."""
        ticks = 0
        for slot in self.slots:
            ticks |= run(slot.start, min(slot.end, self.grid.end))
        return ticks

    def candidates(self) -> list[Candidate]:
        """Return the unpinned calls in the order of the problem."""
        lateness = Lateness(self.grid)
        return [self._candidate(request, lateness) for request in self.problem.callbacks if request.pinned_at is None]

    def _candidate(self, request: Request, lateness: Lateness) -> Candidate:
        length = request.minutes // TICK_MINUTES
        asked = self.asked(request)
        in_slot = self.slot_starts(length)
        outside = self.open_starts(length, request.bucket is Bucket.NOW) & ~in_slot
        price = Price(request, self.grid, lateness)
        return Candidate(request, length, price, in_slot & asked, outside & asked, _tiers(price, self.grid.end))

    def _slot_starts(self, length: int) -> int:
        return starts_within(self._slot_rooms, length)

    def _open_starts(self, length: int, wide: bool) -> int:  # noqa: FBT001 - a key of the cache
        starts = starts_within(self._work_rooms, length)
        return starts | starts_within(self._wide_rooms, length) if wide else starts

    def asked(self, request: Request) -> int:
        """Return the starts that the caller's window and the callee's hours leave, busy or not."""
        return self.in_window(request) & self.in_callee_hours(request)

    def in_window(self, request: Request) -> int:
        """Return the starts inside `not_before` and `not_after`, and inside the horizon."""
        length = request.minutes // TICK_MINUTES
        start, end = 0, self.grid.end
        if request.not_before is not None:
            start = max(start, self.grid.ceil(request.not_before.timestamp()))
        if request.not_after is not None:
            end = min(end, self.grid.floor(request.not_after.timestamp()))
        return run(start, end - length + 1)

    def in_callee_hours(self, request: Request) -> int:
        """Return the starts inside the callee's hours on the callee's own dates; without a zone, the problem's."""
        length = request.minutes // TICK_MINUTES
        if request.callee_hours is None:
            return run(0, self.grid.end - length + 1)
        found = self._callee_starts(request.callee_zone or self.problem.zone, request.callee_hours, length)
        for zone in request.further_zones:
            found &= self._callee_starts(zone, request.callee_hours, length)
        return found

    def _within_callee_hours(self, zone: str, hours: tuple[str, str], length: int) -> int:
        there, days = ZoneInfo(zone), self.grid.days
        dates = [days[0].date - timedelta(days=1), *(day.date for day in days), days[-1].date + timedelta(days=1)]
        return starts_within([self.grid.inner(*(wall(day, text, there) for text in hours)) for day in dates], length)


def _common(spans: list[Span], free: list[Span]) -> list[Span]:
    """Return the parts of the spans that are free, each inside one span and one gap; both lists are in order."""
    found, low = [], 0
    for span in sorted(spans):
        while low < len(free) and free[low].end <= span.start:
            low += 1
        for gap in free[low:]:
            if gap.start >= span.end:
                break
            found.append(Span(max(span.start, gap.start), min(span.end, gap.end)))
    return found
