"""Time of `plan` at several sizes, and its cost beside the proven optimum and beside two usual ways.

Run by `make bench` as `python -m tests.bench.planning`. The problems are made from fixed seeds; the optima were proven
with CP-SAT and are stored (`tests/planning_exact.py`).
"""

from __future__ import annotations

import random
import sys
from datetime import UTC, datetime, timedelta
from statistics import mean, median
from time import process_time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from assistant.model.planning import Bucket, Period, Problem, Request, SlotRule
from assistant.plan import plan
from assistant.plan.board import Board, piece
from assistant.plan.candidates import Ground, openings
from assistant.plan.grid import Grid
from assistant.plan.slots import obstacles, place_slots
from tests.planning_exact import Optimum, stored
from tests.planning_instances import KINDS, instance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.model.planning import Plan

# Calls, days, and the least and the most appointments a day.
SIZES = ((10, 10, 3, 6), (40, 10, 3, 6), (100, 20, 3, 6), (1000, 60, 3, 6), (1000, 60, 50, 50), (10_000, 366, 3, 6))
SMALL = 100
REPEATED = 5
TEN = range(1, 11)
BUCKETS = (Bucket.NOW, Bucket.TODAY, Bucket.TOMORROW, Bucket.FEW_DAYS)
ZONES = ("America/New_York", "America/Los_Angeles", "Europe/Dublin", "Asia/Kolkata")
WEEK = ("mon", "tue", "wed", "thu", "fri")


def problem(calls: int, days: int, seed: int = 1, appointments: tuple[int, int] = (3, 6)) -> Problem:
    """Return a busy office's problem: some appointments a day, a third of the callers with wishes."""
    chance, zone = random.Random(seed), ZoneInfo("America/New_York")
    now = datetime(2026, 11, 23, 8, tzinfo=zone).astimezone(UTC)
    busy = []
    for day in range(days):
        for _ in range(chance.randint(*appointments)):
            start = now + timedelta(days=day, minutes=5 * chance.randint(0, 108))
            busy.append(Period(start=start, end=start + timedelta(minutes=chance.choice((15, 30, 30, 60, 90)))))
    return Problem(
        now=now,
        zone="America/New_York",
        horizon_days=days,
        working_hours=dict.fromkeys(WEEK, ("09:00", "17:00")),
        slot=SlotRule(at="16:00", minutes=45, min_minutes=15, max_minutes=120),
        buffer_minutes=5,
        busy=tuple(busy),
        callbacks=tuple(_request(chance, now, number, days) for number in range(calls)),
    )


def _request(chance: random.Random, now: datetime, number: int, days: int) -> Request:
    bucket = chance.choices(BUCKETS, (1, 6, 8, 5))[0]
    due = now + timedelta(days=chance.randint(-3, max(2, days // 4)), hours=chance.randint(0, 9))
    wish = now + timedelta(days=chance.randint(0, 3), hours=chance.randint(2, 7)) if chance.random() < 0.1 else None
    return Request(
        id=f"c{number}",
        minutes=chance.choice((5, 10, 10, 10, 15, 15, 20, 30)),
        bucket=bucket,
        due=due,
        waiting_since=now - timedelta(minutes=chance.randint(1, 9000)),
        not_before=wish,
        not_after=wish + timedelta(hours=3) if wish else None,
        callee_zone=chance.choice(ZONES) if chance.random() < 0.25 else None,
        callee_hours=("09:00", "18:00"),
    )


def by_hand(given: Problem) -> tuple[float, float]:
    """Return the cost of two usual ways, both with the earliest due first and the same slots.

    The first takes the first gap that is long enough, the second scores every place and takes the cheapest.
    """
    grid = Grid(given)
    found = obstacles(given, grid)
    slots, _ = place_slots(given, grid, found)
    ground = Ground(given, grid, found, slots)
    calls = ground.candidates()
    order = sorted(range(len(calls)), key=lambda number: calls[number].request.due)
    boards = [Board([piece(call) for call in calls], ground.days(), ground.slot_ticks()) for _ in range(2)]
    for number in order:
        call = calls[number]
        starts = openings(boards[0].free, call.length) & (call.in_slot | call.outside)
        if starts:
            start = (starts & -starts).bit_length() - 1
            boards[0].put(number, start, boards[0].price(number, start))
        cost, start = boards[1].best(number)
        if start >= 0:
            boards[1].put(number, start, cost)
    return boards[0].total, boards[1].total


def _print(widths: Sequence[int], *cells: object) -> None:
    sys.stdout.write("  ".join(str(cell).rjust(width) for cell, width in zip(cells, widths, strict=True)) + "\n")


def _timed(given: Problem, times: int) -> tuple[Plan, float]:
    """Return the plan of a problem and the milliseconds of the processor that it takes, the best of some times."""
    made, least = plan(given), float("inf")
    for _ in range(times):
        began = process_time()
        made = plan(given)
        least = min(least, 1000 * (process_time() - began))
    return made, least


def forty() -> None:
    """Print the time of a plan of 40 calls over 10 days: ten ordinary problems, and ten with more in the way."""
    widths = (30, 8, 8, 8)
    _print(widths, "40 calls, 10 days", "least ms", "median", "most")
    ordinary, contested = (
        [_timed(given, REPEATED)[1] for given in many]
        for many in ([problem(40, 10, seed) for seed in TEN], [instance("forty", seed) for seed in TEN])
    )
    for name, spent in (("seeds 1 to 10", ordinary), ("kind forty, seeds 1 to 10", contested)):
        _print(widths, name, *(f"{figure:.1f}" for figure in (min(spent), median(spent), max(spent))))


def sizes() -> None:
    """Print the time of `plan` at several sizes; of the processor, the best of five where it is short."""
    widths = (6, 5, 12, 10, 12, 12, 9)
    _print(widths, "calls", "days", "appointments", "ms", "us a call", "cost", "unplaced")
    for calls, days, *appointments in SIZES:
        given = problem(calls, days, appointments=(appointments[0], appointments[1]))
        made, least = _timed(given, REPEATED if calls <= SMALL else 1)
        figures = (f"{least:.1f}", f"{1000 * least / calls:.0f}", f"{made.cost:.1f}", len(made.unplaced))
        _print(widths, calls, days, len(given.busy), *figures)


def comparison() -> None:
    """Print how far `plan` and two usual ways are above the optimum, by kind of problem."""
    widths = (10, 5, 9, 9, 9, 16, 16, 10)
    _print(widths, "kind", "seeds", "proven", "gap mean", "worst", "greedy mean/max", "first gap m/max", "ms a plan")
    every: list[list[float]] = [[], [], []]
    for kind in KINDS:
        known = [one for one in stored() if one.kind == kind]
        began = process_time()
        costs = [plan(instance(one.kind, one.seed)).cost for one in known]
        spent = 1000 * (process_time() - began) / len(known)
        hands = [by_hand(instance(one.kind, one.seed)) for one in known]
        gaps = [
            _gaps(known, costs),
            _gaps(known, [hand[1] for hand in hands]),
            _gaps(known, [hand[0] for hand in hands]),
        ]
        for total, part in zip(every, gaps, strict=True):
            total.extend(part)
        proven = sum(one.proven for one in known)
        _print(widths, kind, f"0-{known[-1].seed}", proven, *_figures(gaps), f"{spent:.0f}")
    _print(widths, "all", len(every[0]), sum(one.proven for one in stored()), *_figures(every), "")


def _gaps(known: list[Optimum], costs: list[float]) -> list[float]:
    return [100 * (cost / one.bound - 1) for one, cost in zip(known, costs, strict=True)]


def _figures(gaps: list[list[float]]) -> tuple[str, ...]:
    ours, greedy, first_gap = gaps
    usual = [f"{mean(part):.1f} / {max(part):.0f} %" for part in (greedy, first_gap)]
    return (f"{mean(ours):.2f} %", f"{max(ours):.2f} %", *usual)


def main() -> None:
    """Print the tables."""
    forty()
    sys.stdout.write("\n")
    sizes()
    sys.stdout.write("\n")
    comparison()


if __name__ == "__main__":
    main()
