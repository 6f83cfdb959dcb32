"""Put slots, holds, clashes and what found no room together, each with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from assistant.model.planning import Bucket, Clash, Plan, PlannedHold, Unplaced
from assistant.plan.board import paid
from assistant.plan.candidates import Ground, openings, run
from assistant.plan.check import check
from assistant.plan.grid import TICK_MINUTES, Grid
from assistant.plan.reasons import clock, day_name
from assistant.plan.search import search
from assistant.plan.slots import obstacles, place_slots

if TYPE_CHECKING:
    from assistant.model.planning import PlannedSlot, Problem, Request
    from assistant.plan.candidates import Candidate


def plan(problem: Problem) -> Plan:
    """Place the slots, then a hold for every call, at a cost that the search cannot lower.

    Pure and deterministic; ids do not matter. All times of the plan are in the problem's zone with a fixed offset.

    Raises:
        UsageError: the problem makes no sense; the message names every field.
    """
    check(problem)
    grid = Grid(problem)
    found = obstacles(problem, grid)
    slots, lost = place_slots(problem, grid, found)
    ground = Ground(problem, grid, found, slots)
    candidates = ground.candidates()
    starts = search(ground, candidates)
    made = _Placed(ground, slots, _taken(candidates, starts))
    placed = list(zip(candidates, starts, strict=True))
    holds = [_pinned(made, request) for request in problem.callbacks if request.pinned_at is not None]
    holds.extend(_hold(made, call, start) for call, start in placed if start is not None)
    return Plan(
        slots=tuple(slots),
        lost_slots=tuple(lost),
        holds=tuple(sorted(holds, key=lambda hold: hold.start.timestamp())),
        clashes=_clashes(problem, grid),
        unplaced=tuple(
            Unplaced(id=call.request.id, why=_no_room(made, call)) for call, start in placed if start is None
        ),
        cost=round(sum(paid(call, start) for call, start in placed), 6),
    )


class _Placed(NamedTuple):
    """The outcome of the search, with what reasons need to look at."""

    ground: Ground
    slots: list[PlannedSlot]
    taken: int

    def free_for(self, call: Candidate, start: int | None) -> int:
        """Return the ticks that no other unpinned hold takes."""
        own = 0 if start is None else run(start, start + call.length)
        return run(0, self.ground.grid.end) & (~self.taken | own)


def _taken(candidates: list[Candidate], starts: list[int | None]) -> int:
    taken = 0
    for call, start in zip(candidates, starts, strict=True):
        if start is not None:
            taken |= run(start, start + call.length)
    return taken


def _pinned(made: _Placed, request: Request) -> PlannedHold:
    assert request.pinned_at is not None
    start = request.pinned_at.timestamp()
    end = start + 60 * request.minutes
    in_slot = any(slot.start.timestamp() <= start and end <= slot.end.timestamp() for slot in made.slots)
    begin, finish = made.ground.grid.moment(start), made.ground.grid.moment(end)
    return PlannedHold(id=request.id, start=begin, end=finish, in_slot=in_slot, why=("its time is fixed",))


def _hold(made: _Placed, call: Candidate, start: int) -> PlannedHold:
    grid = made.ground.grid
    in_slot = bool(call.in_slot >> start & 1)
    why = [_place(made, call, start, in_slot=in_slot), _due(grid, call.request, start)]
    if call.request.previous is not None and call.price.previous != start:
        before = grid.moment(call.request.previous.timestamp())
        why.append(f"was planned for {clock(before)} on {day_name(before.date())}")
    begin, end = grid.at(start), grid.at(start + call.length)
    return PlannedHold(id=call.request.id, start=begin, end=end, in_slot=in_slot, why=tuple(why))


def _due(grid: Grid, request: Request, start: int) -> str:
    due, held = grid.moment(request.due.timestamp()), grid.at(start).date()
    if request.due.timestamp() <= grid.now:
        return f"overdue since {clock(due)} on {day_name(due.date())}"
    if due.date() == held:
        return f"due that day at {clock(due)}"
    return f"{'due' if held < due.date() else 'late: it is due'} on {day_name(due.date())} at {clock(due)}"


def _place(made: _Placed, call: Candidate, start: int, *, in_slot: bool) -> str:
    if in_slot:
        return "in the slot"
    room = openings(made.free_for(call, start), call.length)
    if call.request.bucket is Bucket.NOW:
        soonest = not (call.in_slot | call.outside) & room & run(0, start)
        return "now: the first time that is free for it" if soonest else "now: outside the slot"
    return f"outside the slot: {_not_in_slot(made, call, start, room)}"


def _not_in_slot(made: _Placed, call: Candidate, start: int, room: int) -> str:
    grid = made.ground.grid
    day = grid.days[grid.index(start)]
    name = day_name(day.date)
    slots = [slot for slot in made.ground.slots if slot.meets(day.whole)]
    within = made.ground.slot_starts(call.length) & run(max(0, day.whole.start), day.whole.end)
    if not slots:
        return f"{name} has none"
    if not within:
        return f"the slot of {name} has no {call.length * TICK_MINUTES} minutes free of appointments and fixed calls"
    if not call.in_slot & within:
        return f"the slot of {name} is not in the hours the call may be made"
    if not call.in_slot & within & room:
        return f"the slot of {name} is full"
    if start < slots[0].start:
        return f"sooner than the slot of {name}"
    return "a time that suits the other calls"


def _no_room(made: _Placed, call: Candidate) -> str:
    ground, request = made.ground, call.request
    if call.in_slot | call.outside:
        return f"other calls take every time that is free for its {request.minutes} minutes"
    window, hours = ground.in_window(request), ground.in_callee_hours(request)
    if not window:
        return f"the time asked for does not leave {request.minutes} minutes before the last planned day ends"
    if not window & hours:
        return "the time asked for is outside the hours in which the callee may be called"
    open_hours = ground.slot_starts(call.length) | ground.open_starts(call.length, request.bucket is Bucket.NOW)
    if not open_hours:
        return f"no {request.minutes} minutes are free in one piece in any slot or working hours"
    return f"no {request.minutes} minutes are free at a time when the callee may be called"


def _clashes(problem: Problem, grid: Grid) -> tuple[Clash, ...]:
    """Report each pinned hold on busy time once, and each two pinned holds that overlap once, under the later one."""
    fixed = [(number, request.pinned_at) for number, request in enumerate(problem.callbacks)]
    pins = sorted((at.timestamp(), number) for number, at in fixed if at is not None)
    found: list[Clash] = []
    for place, (start, number) in enumerate(pins):
        request = problem.callbacks[number]
        end = start + 60 * request.minutes
        text = f"fixed at {clock(grid.moment(start))}, on top of "
        found.extend(_on_busy(problem, grid, request.id, start, end, text))
        for other_start, other in pins[:place]:
            earlier = problem.callbacks[other]
            if start < other_start + 60 * earlier.minutes:
                why = f"{text}the call fixed at {clock(grid.moment(other_start))} for {earlier.minutes} minutes"
                found.append(Clash(id=request.id, with_=earlier.id, why=why))
    return tuple(found)


def _on_busy(problem: Problem, grid: Grid, name: str, start: float, end: float, text: str) -> list[Clash]:
    for period in problem.busy:
        begin, finish = period.start.timestamp(), period.end.timestamp()
        if begin < end and start < finish:
            times = " to ".join(clock(grid.moment(moment)) for moment in (begin, finish))
            return [Clash(id=name, with_="busy", why=f"{text}an appointment from {times}")]
    return []
