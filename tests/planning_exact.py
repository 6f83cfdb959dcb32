"""The exact optimum of a planning problem, by OR-tools' CP-SAT: the same slots, the same cost, nothing else shared.

Rules and cost are written down a second time here, tick by tick and with plain sets. `python -m tests.planning_exact`
solves what `tests/plan_optima/optima.csv` lacks and appends it; it needs ortools and may be stopped at any time.
"""

from __future__ import annotations

import argparse
import csv
import importlib
from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from assistant.model.planning import Bucket, PlannedSlot, Problem, Request
from assistant.plan import plan, violations
from tests.planning_instances import instance, instances

STORE = Path(__file__).parent / "plan_optima" / "optima.csv"
TICK = 300
SCALE = 100_000
WEIGHTS = {Bucket.NOW: 100, Bucket.TODAY: 20, Bucket.TOMORROW: 5, Bucket.FEW_DAYS: 1}
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Optimum(NamedTuple):
    """The best plan found for a problem, what no plan can cost less than, and whether the two are proven to be one."""

    kind: str
    seed: int
    cost: float
    bound: float
    proven: bool


def stored() -> list[Optimum]:
    """Return the optima on file."""
    with STORE.open(newline="") as file:
        return [
            Optimum(row["kind"], int(row["seed"]), float(row["cost"]), float(row["bound"]), row["proven"] == "yes")
            for row in csv.DictReader(file)
        ]


class Solved(NamedTuple):
    """What a solver found: the cost of the best plan, what none can cost less than, and whether the two are one."""

    cost: float
    bound: float
    proven: bool


class Rules:
    """Where the unpinned calls of a problem may start, and what each start costs; ticks are epoch seconds / 300."""

    def __init__(self, problem: Problem, slots: tuple[PlannedSlot, ...]) -> None:
        self.problem = problem
        self.zone = ZoneInfo(problem.zone)
        self.now = problem.now.timestamp()
        today = problem.now.astimezone(self.zone).date()
        self.dates = [today + timedelta(days=number) for number in range(problem.horizon_days)]
        self.end = self._wall(self.dates[-1], "24:00", self.zone)
        self.slots = [(slot.start.timestamp(), slot.end.timestamp()) for slot in slots]
        self.work = [self._hours(day, self._working(day), self.zone) for day in self.dates if self._works(day)]
        self.wide = [self._hours(day, ("08:00", "21:00"), self.zone) for day in self.dates]
        buffer = 60 * problem.buffer_minutes
        self.taken = [(busy.start.timestamp() - buffer, busy.end.timestamp() + buffer) for busy in problem.busy]
        pins = [(call.pinned_at.timestamp(), 60 * call.minutes) for call in problem.callbacks if call.pinned_at]
        self.taken += [(start, start + length) for start, length in pins]
        self.calls = [call for call in problem.callbacks if call.pinned_at is None]

    @staticmethod
    def _wall(day: date, text: str, zone: ZoneInfo) -> float:
        hour, minute = (int(part) for part in text.split(":"))
        return datetime.combine(day + timedelta(days=hour // 24), time(hour % 24, minute), zone).timestamp()

    def _hours(self, day: date, hours: tuple[str, str], zone: ZoneInfo) -> tuple[float, float]:
        return self._wall(day, hours[0], zone), self._wall(day, hours[1], zone)

    def _works(self, day: date) -> bool:
        return DAYS[day.weekday()] in self.problem.working_hours and day not in self.problem.holidays

    def _working(self, day: date) -> tuple[str, str]:
        return self.problem.working_hours[DAYS[day.weekday()]]

    def starts(self, call: Request) -> dict[int, bool]:
        """Return every tick at which a call may start, with whether it then lies in a slot."""
        length = 60 * call.minutes
        rooms = [*self.slots, *self.work, *(self.wide if call.bucket is Bucket.NOW else ())]
        allowed = _starts(rooms, length) & _starts([(self.now, self.end)], length)
        if call.not_before is not None:
            allowed &= _starts([(call.not_before.timestamp(), self.end)], length)
        if call.not_after is not None:
            allowed &= _starts([(self.now, call.not_after.timestamp())], length)
        if call.callee_hours is not None:
            around = [self.dates[0] - timedelta(days=1), *self.dates, self.dates[-1] + timedelta(days=1)]
            for name in (call.callee_zone or self.problem.zone, *call.further_zones):
                hours = call.callee_hours
                allowed &= _starts([self._hours(day, hours, ZoneInfo(name)) for day in around], length)
        for start, end in self.taken:
            # a start is forbidden strictly between `start - length` and `end`
            allowed.difference_update(range(int((start - length) // TICK) + 1, -int(-end // TICK)))
        inside = _starts(self.slots, length)
        return {tick: tick in inside for tick in sorted(allowed)}

    def _late(self, due: datetime, until: date) -> int:
        day, count = due.astimezone(self.zone).date(), 0
        while day < until:
            day += timedelta(days=1)
            count += self._works(day)
        return count

    def cost(self, call: Request, tick: int, *, in_slot: bool) -> float:
        """Return what a call costs at a start."""
        start = tick * TICK
        weight = WEIGHTS[call.bucket] * call.minutes / 10
        total = 0.005 * weight * (start - self.now) / 3600
        if call.bucket is Bucket.NOW:
            total += weight * max(0.0, start + 60 * call.minutes - call.due.timestamp()) / 3600
        else:
            total += weight * 8 * self._late(call.due, datetime.fromtimestamp(start, UTC).astimezone(self.zone).date())
            total += 0 if in_slot else 2 * call.minutes / 10
        total += call.previous is not None and call.previous.timestamp() != start
        avoided = [one.cost for one in call.avoid if one.start.timestamp() <= start < one.end.timestamp()]
        return total + sum(avoided) * call.minutes / 10

    def unplaced(self, call: Request) -> float:
        """Return what a call costs that is left out."""
        weight = WEIGHTS[call.bucket] * call.minutes / 10
        if call.bucket is Bucket.NOW:
            return 5 * call.minutes + weight * max(0.0, self.end - call.due.timestamp()) / 3600
        return 5 * call.minutes + weight * 8 * self._late(call.due, self.dates[-1])


def _starts(rooms: list[tuple[float, float]], length: int) -> set[int]:
    """Return the ticks at which something so long may start inside one of the rooms."""
    return {tick for start, end in rooms for tick in range(-int(-start // TICK), int((end - length) // TICK) + 1)}


def solve(problem: Problem, seconds: float) -> Solved:
    """Solve a problem exactly, in that time or less; a plan of ours is where the solver begins."""
    made = plan(problem)
    faults = violations(problem, made)
    assert not faults, faults
    rules = Rules(problem, made.slots)
    held = {hold.id: int(hold.start.timestamp()) // TICK for hold in made.holds}
    options: list[dict[int | None, float]] = []
    for call in rules.calls:
        prices: dict[int | None, float] = {
            tick: rules.cost(call, tick, in_slot=inside) for tick, inside in rules.starts(call).items()
        }
        options.append(prices | {None: rules.unplaced(call)})
    known = [held.get(call.id) for call in rules.calls]
    paid = sum(prices[start] for prices, start in zip(options, known, strict=True))
    # a start that costs more above its call's best than the whole plan costs above all bests is in no better plan
    spare = paid - sum(min(prices.values()) for prices in options) + 1e-6
    kept = [
        {start: price for start, price in prices.items() if price <= min(prices.values()) + spare or start == here}
        for prices, here in zip(options, known, strict=True)
    ]
    return _solve(kept, [call.minutes // 5 for call in rules.calls], known, seconds)


def _solve(
    options: list[dict[int | None, float]], lengths: list[int], known: list[int | None], seconds: float
) -> Solved:
    cp_model: Any = importlib.import_module("ortools.sat.python.cp_model")  # only tests have it
    model, cover, terms = cp_model.CpModel(), defaultdict[int, list[Any]](list), []
    for prices, length, here in zip(options, lengths, known, strict=True):
        row = []
        for start, price in prices.items():
            chosen = model.new_bool_var("")
            model.add_hint(chosen, start == here)
            row.append(chosen)
            terms.append((price, chosen))
            for tick in range(start, start + length) if start is not None else ():
                cover[tick].append(chosen)
        model.add_exactly_one(row)
    for row in cover.values():
        model.add_at_most_one(row)
    model.minimize(sum(round(SCALE * price) * chosen for price, chosen in terms))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = 1
    solver.parameters.linearization_level = 2
    proven = solver.solve(model) == cp_model.OPTIMAL
    cost = sum(price for price, chosen in terms if solver.value(chosen))
    return Solved(cost, cost if proven else solver.best_objective_bound / SCALE, proven)


def main() -> None:
    """Solve and append what the file lacks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="for each problem")
    parser.add_argument("--stop", type=int, default=len(instances()), help="how many problems to have in the end")
    given = parser.parse_args()
    done = {(one.kind, one.seed) for one in stored()} if STORE.exists() else set()
    with STORE.open("a", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        if not done:
            out.writerow(Optimum._fields)
        for kind, seed in [one for one in instances()[: given.stop] if one not in done]:
            found = solve(instance(kind, seed), given.seconds)
            out.writerow((kind, seed, f"{found.cost:.5f}", f"{found.bound:.5f}", "yes" if found.proven else "no"))
            file.flush()


if __name__ == "__main__":
    main()
