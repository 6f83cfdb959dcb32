"""Explain the time of one call from the very problem and plan: each better time, and what it was lost to.

Nothing is remembered or guessed: the starts that would cost less are priced as the search prices them, and every one of
them is put down to the first rule that forbids it, or to the calls that have it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from assistant.model.explaining import Explanation, Passed, Rule, Standing
from assistant.model.planning import Bucket
from assistant.plan.candidates import Ground, openings, run, starts_within
from assistant.plan.cost import MOVED, WEIGHTS
from assistant.plan.grid import Grid, Span, gaps
from assistant.plan.reasons import clock, clock_of, day_name
from assistant.plan.slots import obstacles

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from assistant.model.planning import Period, Plan, PlannedHold, Problem, Request
    from assistant.plan.candidates import Candidate
    from assistant.plan.slots import Obstacles

_EPSILON = 1e-6
_NAMED = 3
"""So many calls are named that take a time; `by` has them all."""


def explain(problem: Problem, plan: Plan, name: str) -> Explanation | None:
    """Return why a call of a problem has its time in a plan, or none; None for a call that the problem does not have.

    Args:
        problem: as it was posed.
        plan: its answer.
        name: id of the call.
    """
    request = next((one for one in problem.callbacks if one.id == name), None)
    if request is None:
        return None
    hold = next((one for one in plan.holds if one.id == name), None)
    start = hold.start if hold is not None else None
    avoided = tuple(one.why for one in request.avoid if start is not None and one.start <= start < one.end)
    standing = _standing(problem, request)
    if request.pinned_at is not None or _has_one_time(request):
        return Explanation(id=name, start=start, cost=0.0, fixed=True, standing=standing, avoided=avoided)
    view = _View(problem, plan, request)
    cost = view.paid(hold)
    return Explanation(
        id=name,
        start=start,
        cost=round(cost, 3),
        standing=standing,
        passed=tuple(view.passed(cost - _EPSILON)),
        kept=view.kept(hold, cost) if hold is not None else None,
        avoided=avoided,
    )


def _has_one_time(request: Request) -> bool:
    """Tell whether the call may be at one time alone, which is how a time that a draft names is kept."""
    begin, end = request.not_before, request.not_after
    return begin is not None and end is not None and end - begin == timedelta(minutes=request.minutes)


def _standing(problem: Problem, request: Request) -> Standing:
    """Return the place of a call by bucket, then by due date, then by how long it has waited."""
    own = _order(request)
    ahead = [key for one in problem.callbacks if (key := _order(one)) < own]
    return Standing(
        place=len(ahead) + 1,
        of=len(problem.callbacks),
        more_urgent=sum(key[0] < own[0] for key in ahead),
        due_sooner=sum(key[0] == own[0] and key[1] < own[1] for key in ahead),
        waiting_longer=sum(key[:2] == own[:2] for key in ahead),
    )


def _order(request: Request) -> tuple[float, float, float]:
    return -WEIGHTS[request.bucket], request.due.timestamp(), request.waiting_since.timestamp()


class _Group(NamedTuple):
    """A run of starts of one day that one rule forbids."""

    first: int
    last: int
    rule: Rule


class _View:
    """The ticks of a problem as one call sees them once everything else stands."""

    def __init__(self, problem: Problem, plan: Plan, request: Request) -> None:
        self.problem, self.request = problem, request
        self.grid = Grid(problem)
        self.found: Obstacles = obstacles(problem, self.grid)
        self.ground = Ground(replace(problem, callbacks=(request,)), self.grid, self.found, list(plan.slots))
        self.call: Candidate = self.ground.candidates()[0]
        pinned = {one.id for one in problem.callbacks if one.pinned_at is not None}
        others = [one for one in plan.holds if one.id != request.id]
        self.taken = [one for one in others if one.id not in pinned]
        self.fixed = [one for one in others if one.id in pinned]
        self._in_slot = starts_within(self.ground.slots, self.call.length)
        self._rules = list(self._forbidden())

    def paid(self, hold: PlannedHold | None) -> float:
        """Return what the time of the call costs, or that it has none."""
        if hold is None:
            return self.call.price.unplaced
        return self.call.price.at(self.grid.floor(hold.start.timestamp()), outside=not hold.in_slot)

    def price(self, tick: int) -> float:
        """Return what a start would cost if it were to be had."""
        return self.call.price.at(tick, outside=not self._in_slot >> tick & 1)

    def rule(self, tick: int) -> Rule:
        """Return the first rule that forbids a start."""
        return next((rule for rule, starts in self._rules if starts >> tick & 1), Rule.FREE)

    def passed(self, limit: float) -> Iterator[Passed]:
        """Yield the stretches of starts that would cost less than `limit`."""
        for group in self._groups(limit):
            by = tuple(one.id for one in self._holders(group))
            first, last = self.grid.at(group.first), self.grid.at(group.last)
            yield Passed(first=first, last=last, rule=group.rule, by=by, why=self._why(group))

    def kept(self, hold: PlannedHold, cost: float) -> str | None:
        """Return why a call with a better free time stays where it was planned before, None without such a time."""
        if self.request.previous is None or hold.start != self.request.previous:
            return None
        own = self.grid.floor(hold.start.timestamp())
        better = (tick for tick in range(self.grid.end) if tick != own and self.price(tick) - MOVED < cost - _EPSILON)
        free = next((tick for tick in better if self.rule(tick) is Rule.FREE), None)
        if free is None:
            return None
        moment = self.grid.at(free)
        return f"it stays where it was planned: {_at(moment)} is free, and too little better to move for"

    def _forbidden(self) -> Iterator[tuple[Rule, int]]:
        """Yield each rule with the starts that it forbids, the widest first: a night needs no other reason."""
        every, length, grid = run(0, self.grid.end), self.call.length, self.grid
        wide = self.request.bucket is Bucket.NOW
        works = starts_within([day.work for day in grid.days if day.work], length)
        if wide:
            works |= starts_within([day.wide for day in grid.days], length)
        works |= self._in_slot
        off = 0
        for day in grid.days:
            off |= run(max(0, day.whole.start), day.whole.end) if day.work is None and not wide else 0
        yield Rule.DAY_OFF, off & ~works
        yield Rule.HOURS, every & ~works
        yield Rule.ASKED, every & ~self.ground.in_window(self.request)
        yield Rule.CALLEE, every & ~self.ground.in_callee_hours(self.request)
        yield Rule.BUSY, every & ~self._open(self.found.blocked)
        yield Rule.FIXED, every & ~self._open(self.found.pinned)
        yield Rule.TAKEN, every & ~self._open(sorted(self._span(one) for one in self.taken))

    def _open(self, obstacles: list[Span]) -> int:
        free = 0
        for gap in gaps(Span(0, self.grid.end), obstacles):
            free |= run(gap.start, gap.end)
        return openings(free, self.call.length)

    def _span(self, hold: PlannedHold) -> Span:
        return self.grid.outer(hold.start.timestamp(), hold.end.timestamp())

    def _groups(self, limit: float) -> Iterator[_Group]:
        group: _Group | None = None
        for tick in range(self.grid.end):
            if self.price(tick) >= limit:
                continue
            rule = self.rule(tick)
            joins = group is not None and (group.last, group.rule) == (tick - 1, rule)
            if group is not None and joins and self.grid.index(group.last) == self.grid.index(tick):
                group = group._replace(last=tick)
                continue
            if group is not None:
                yield group
            group = _Group(tick, tick, rule)
        if group is not None:
            yield group

    def _holders(self, group: _Group) -> list[PlannedHold]:
        holds = {Rule.TAKEN: self.taken, Rule.FIXED: self.fixed}.get(group.rule, [])
        return [one for one in holds if self._span(one).meets(self._wanted(group))]

    def _wanted(self, group: _Group) -> Span:
        return Span(group.first, group.last + self.call.length)

    def _why(self, group: _Group) -> str:
        if group.rule is Rule.BUSY:
            return self._busy(group)
        if group.rule is Rule.HOURS:
            day = self.grid.days[self.grid.index(group.first)]
            hours = day.wide if self.request.bucket is Bucket.NOW or day.work is None else day.work
            return f"outside of {clock(self.grid.at(hours.start))} to {clock(self.grid.at(hours.end))}"
        told = {
            Rule.ASKED: "not in the time asked for",
            Rule.CALLEE: f"outside the hours in which the callee may be called{self._theirs()}",
            Rule.DAY_OFF: "a day off",
            Rule.FREE: "free, and better by too little to be looked for",
        }
        fixed = ", whose time is fixed" if group.rule is Rule.FIXED else ""
        return told.get(group.rule) or f"taken by {_listed(self._takers(group))}{fixed}"

    def _takers(self, group: _Group) -> Iterator[str]:
        holders = self._holders(group)
        yield from map(self._told, holders[:_NAMED])
        if len(holders) > _NAMED:
            yield f"{len(holders) - _NAMED} more {'call' if len(holders) == _NAMED + 1 else 'calls'}"

    def _theirs(self) -> str:
        if self.request.callee_hours is None:
            return ""
        zones = (self.request.callee_zone or self.problem.zone, *self.request.further_zones)
        named = clock_of(zones[0]) if len(zones) == 1 else f"in each of {len(zones)} zones"
        return f" ({' to '.join(self.request.callee_hours)} {named})"

    def _busy(self, group: _Group) -> str:
        pairs = zip(self.found.busy, self.found.blocked, strict=True)
        met = [period for period, span in pairs if span.meets(self._wanted(group))]
        buffer = self.problem.buffer_minutes
        around = f", {buffer} minutes kept free around" if buffer else ""
        return f"{_listed(map(self._period, met)) or 'busy'}{around}"

    def _period(self, period: Period) -> str:
        if period.why:
            return period.why
        start, end = (self.grid.moment(moment.timestamp()) for moment in (period.start, period.end))
        return f"busy {clock(start)} to {clock(end)}"

    def _told(self, hold: PlannedHold) -> str:
        other = next(one for one in self.problem.callbacks if one.id == hold.id)
        due = self.grid.moment(other.due.timestamp())
        return f"{other.id} (bucket {other.bucket.replace('_', ' ')}, due {_at(due)})"


def _at(moment: datetime) -> str:
    return f"{clock(moment)} on {day_name(moment.date())}"


def _listed(parts: Iterable[str]) -> str:
    """Return the parts with commas between, the last one after "and"; each once."""
    found = list(dict.fromkeys(parts))
    return " and ".join(filter(None, (", ".join(found[:-1]), *found[-1:])))
