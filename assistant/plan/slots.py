"""The daily slot: where it goes on each working day, or why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from assistant.model.planning import LostSlot, PlannedSlot, SlotState
from assistant.plan.grid import TICK_MINUTES, TICK_SECONDS, Grid, Span, gaps, wall
from assistant.plan.reasons import clock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from assistant.model.planning import GivenSlot, Period, Problem, SlotRule
    from assistant.plan.grid import Day

BOOKEND_TICKS = 30 // TICK_MINUTES


class Obstacles(NamedTuple):
    """What a slot has to mind: busy periods by start, the ticks each takes with its buffers, and pinned holds.

    `busy` and `blocked` stand in the same order. A pinned hold may lie wholly inside a slot.
    """

    busy: list[Period]
    blocked: list[Span]
    pinned: list[Span]


def obstacles(problem: Problem, grid: Grid) -> Obstacles:
    """Return the busy periods and pinned holds of a problem, with the ticks they take."""
    periods = sorted(problem.busy, key=lambda period: (period.start.timestamp(), period.end.timestamp()))
    pins = [(request.pinned_at.timestamp(), 60 * request.minutes) for request in problem.callbacks if request.pinned_at]
    return Obstacles(
        periods,
        [grid.around(period, problem.buffer_minutes) for period in periods],
        sorted(grid.outer(start, start + length) for start, length in pins),
    )


def place_slots(problem: Problem, grid: Grid, found: Obstacles) -> tuple[list[PlannedSlot], list[LostSlot]]:
    """Return the slots of the horizon, and the working days that have no room for one.

    Slots that `problem.slots` settles are kept as they are, wherever they lie. The first slot still ahead is sized for
    everything due until then, a later one for what is due on its day.
    """
    slots = [_given(problem.slot, grid, slot) for slot in problem.slots if slot.start and slot.end]
    lost: list[LostSlot] = []
    settled = {slot.date for slot in problem.slots}
    first_ahead = min((slot.date for slot in slots if grid.floor(slot.end.timestamp()) > 0), default=None)
    due = _minutes_due(problem, grid)
    for day in grid.days:
        if day.work is None or day.date in settled:
            continue
        first = first_ahead is None or day.date < first_ahead
        made = _place(problem, grid, _DayRoom(grid, day, found), _due_on(due, day.date, first=first))
        if isinstance(made, LostSlot):
            lost.append(made)
        else:
            slots.extend(made)
            first_ahead = day.date if first else first_ahead
    return sorted(slots, key=lambda slot: slot.start.timestamp()), lost


def _minutes_due(problem: Problem, grid: Grid) -> dict[date, int]:
    minutes: dict[date, int] = {}
    for request in problem.callbacks:
        if request.pinned_at is None:
            day = grid.date_of(request.due)
            minutes[day] = minutes.get(day, 0) + request.minutes
    return minutes


def _due_on(due: dict[date, int], day: date, *, first: bool) -> int:
    return sum(minutes for other, minutes in due.items() if other <= day) if first else due.get(day, 0)


def _given(rule: SlotRule, grid: Grid, given: GivenSlot) -> PlannedSlot:
    assert given.start is not None
    assert given.end is not None
    why = "begun: kept as it is" if given.state is SlotState.BEGUN else "where you put it: kept as it is"
    moved = given.start.timestamp() != wall(given.date, rule.at, grid.zone)
    start, end = (grid.moment(moment.timestamp()) for moment in (given.start, given.end))
    return PlannedSlot(date=given.date, start=start, end=end, moved=moved, why=why)


class _DayRoom:
    """What is free on one day, and where slots can stand in it."""

    def __init__(self, grid: Grid, day: Day, found: Obstacles) -> None:
        assert day.work is not None
        self.day = day
        self.work = day.work
        near = [number for number, busy in enumerate(found.blocked) if busy.end >= day.whole.start]
        near = [number for number in near if found.blocked[number].start <= day.whole.end]
        self.busy = [found.busy[number] for number in near]
        self.blocked = [found.blocked[number] for number in near]
        self.exact = [grid.inner(busy.start.timestamp(), busy.end.timestamp()) for busy in self.busy]
        self.pinned = [pin for pin in found.pinned if pin.meets(day.whole)]
        self.free = gaps(Span(max(0, day.work.start), day.work.end), self.blocked)

    def cuts(self, span: Span) -> bool:
        """Tell whether a pinned hold would lie partly inside the span."""
        return any(span.meets(pin) and not span.holds(pin) for pin in self.pinned)

    def nearest(self, wanted: float, ticks: int) -> Span | None:
        """Return the span of that length whose start is nearest to `wanted`, the earlier of two equally near.

        The nearest start of a gap is the wanted one or an end of the gap; where pinned holds forbid that, it is one
        that touches an end of a pinned hold. No other start need be tried.
        """
        edges = [edge - back for pin in self.pinned for edge in pin for back in (0, ticks)]
        starts = {int(wanted // 1), int(-(-wanted // 1)), *edges}
        found = {
            Span(tick, tick + ticks)
            for gap in self.free
            if gap.end - gap.start >= ticks
            for tick in (min(max(start, gap.start), gap.end - ticks) for start in starts)
        }
        return min(
            (span for span in found if not self.cuts(span)),
            key=lambda span: (abs(span.start - wanted), span.start),
            default=None,
        )

    def bookends(self, least: int) -> Iterator[Span]:
        """Yield the pieces just before the first and just after the last busy period that touches working hours."""
        touching = [
            blocked
            for blocked, (start, end) in zip(self.blocked, self.exact, strict=True)
            if start <= self.work.end and end >= self.work.start
        ]
        if not touching:
            return
        first = min(blocked.start for blocked in touching)
        last = max(blocked.end for blocked in touching)
        before = [Span(start, first) for start in range(first - BOOKEND_TICKS, first - least + 1)]
        begin = max(last, 0)  # a piece that now cuts into is shorter; one that is over is none
        after = [Span(begin, end) for end in range(last + BOOKEND_TICKS, begin + least - 1, -1)]
        for pieces in (before, after):
            yield from [piece for piece in pieces if self._bookend(piece)][:1]

    def _bookend(self, piece: Span) -> bool:
        room = Span(max(0, self.day.wide.start), self.day.wide.end)
        return room.holds(piece) and not self.cuts(piece) and not any(piece.meets(busy) for busy in self.blocked)


def _place(problem: Problem, grid: Grid, room: _DayRoom, minutes_due: int) -> list[PlannedSlot] | LostSlot:
    rule, day = problem.slot, room.day.date
    ticks = -(-min(max(rule.minutes, minutes_due), rule.max_minutes) // TICK_MINUTES)
    least = rule.min_minutes // TICK_MINUTES
    at = wall(day, rule.at, grid.zone)
    wanted = at / TICK_SECONDS - (grid.seconds(0) // TICK_SECONDS)
    for length in range(ticks, least - 1, -1):
        span = room.nearest(wanted, length)
        if span:
            asked = Span(int(wanted // 1), int(wanted // 1) + length)
            why = "at the usual time" if span.start == wanted else _why(problem, grid, room, asked)
            return [_slot(grid, day, span, why + _sized(rule, length, ticks), moved=span.start != wanted)]
    ends = list(room.bookends(least))
    if ends:
        why = f"no {rule.min_minutes} minutes are free in working hours: split around the day's appointments"
        return [_slot(grid, day, span, why, moved=True) for span in ends]
    return LostSlot(date=day, why=_lost(problem, room))


def _slot(grid: Grid, day: date, span: Span, why: str, *, moved: bool) -> PlannedSlot:
    return PlannedSlot(date=day, start=grid.at(span.start), end=grid.at(span.end), moved=moved, why=why)


def _sized(rule: SlotRule, length: int, wanted: int) -> str:
    minutes = length * TICK_MINUTES
    if length < wanted:
        return f"; shortened to {minutes} minutes: no {wanted * TICK_MINUTES} are free in one piece"
    if minutes > rule.minutes:
        return f"; lengthened to {minutes} minutes for the calls due"
    return ""


def _why(problem: Problem, grid: Grid, room: _DayRoom, wanted: Span) -> str:
    text = f"moved from {problem.slot.at}: "
    busy = [period for period, span in zip(room.busy, room.blocked, strict=True) if span.meets(wanted)]
    if busy:
        return text + _busy(problem, grid, busy)
    if wanted.start < 0:
        return f"{text}it is already {clock(grid.moment(grid.now))}"
    if not room.work.holds(wanted):
        return f"{text}working hours are {clock(grid.at(room.work.start))} to {clock(grid.at(room.work.end))}"
    if room.cuts(wanted):
        return f"{text}it would cut a call whose time is fixed"
    return f"{text}calls start every {TICK_MINUTES} minutes"


def _busy(problem: Problem, grid: Grid, busy: list[Period]) -> str:
    start, end = (grid.moment(moment.timestamp()) for moment in (busy[0].start, busy[0].end))
    more = f" and {len(busy) - 1} more" if len(busy) > 1 else ""
    buffer = f", {problem.buffer_minutes} minutes kept free around" if problem.buffer_minutes else ""
    return f"busy {clock(start)} to {clock(end)}{more}{buffer}"


def _is_off(room: _DayRoom, busy: Period, span: Span) -> bool:
    """Tell whether an all-day event of the user's takes the whole of the working hours."""
    return bool(busy.why) and span.holds(room.work)


def _lost(problem: Problem, room: _DayRoom) -> str:
    least = problem.slot.min_minutes
    spans = zip(room.busy, room.blocked, strict=True)
    away = next((busy.why for busy, span in spans if _is_off(room, busy, span)), None)
    if away is not None:
        return away
    left = (room.work.end - max(0, room.work.start)) * TICK_MINUTES
    if left <= 0:
        return "the working hours are over"
    if left < least:
        return f"only {left} minutes of the working hours are left"
    return f"no {least} minutes are free, nor just before or after the appointments"
