"""Time and cost of `plan` at several sizes, beside a bare baseline: earliest due first into the first gap.

Run by `make bench` as `python -m tests.bench.planning`. The problems are made from a fixed seed.
"""

from __future__ import annotations

import random
import sys
from datetime import UTC, datetime, timedelta
from time import perf_counter
from zoneinfo import ZoneInfo

from assistant.model.planning import Bucket, Period, Problem, Request, SlotRule
from assistant.plan import plan
from assistant.plan.board import Board
from assistant.plan.candidates import Ground, first, openings
from assistant.plan.grid import Grid
from assistant.plan.slots import obstacles, place_slots

SIZES = ((10, 10), (40, 10), (100, 20), (1000, 60))
BUCKETS = (Bucket.NOW, Bucket.TODAY, Bucket.TOMORROW, Bucket.FEW_DAYS)
ZONES = ("America/New_York", "America/Los_Angeles", "Europe/Dublin", "Asia/Kolkata")
WEEK = ("mon", "tue", "wed", "thu", "fri")


def problem(calls: int, days: int, seed: int = 1) -> Problem:
    """Return a busy office's problem: three to six appointments a day, a third of the callers with wishes."""
    chance, zone = random.Random(seed), ZoneInfo("America/New_York")
    now = datetime(2026, 11, 23, 8, tzinfo=zone).astimezone(UTC)
    busy = []
    for day in range(days):
        for _ in range(chance.randint(3, 6)):
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


def baseline(given: Problem) -> float:
    """Return the cost of the plan that a few lines make: earliest due first, each into the first gap."""
    grid = Grid(given)
    found = obstacles(given, grid)
    slots, _ = place_slots(given, grid, found)
    candidates = Ground(given, grid, found, slots).candidates()
    board, free = Board(candidates, grid.end), (1 << grid.end) - 1
    for number in sorted(range(len(candidates)), key=lambda number: candidates[number].request.due):
        call = candidates[number]
        starts = openings(free, call.length) & (call.in_slot | call.outside)
        if starts:
            board.put(number, first(starts))
            free &= ~(((1 << call.length) - 1) << first(starts))
    return board.total()


def main() -> None:
    """Print a line for each size."""
    row = "{:>6} {:>5} {:>11} {:>11} {:>12} {:>12} {:>7} {:>9}\n"
    heads = ("calls", "days", "plan ms", "bare ms", "plan cost", "bare cost", "ratio", "unplaced")
    sys.stdout.write(row.format(*heads))
    for calls, days in SIZES:
        given = problem(calls, days)
        began = perf_counter()
        made = plan(given)
        between = perf_counter()
        bare = baseline(given)
        ended = perf_counter()
        times = (f"{1000 * (between - began):.1f}", f"{1000 * (ended - between):.1f}")
        costs = (f"{made.cost:.1f}", f"{bare:.1f}", f"{made.cost / bare:.3f}")
        sys.stdout.write(row.format(calls, days, *times, *costs, len(made.unplaced)))


if __name__ == "__main__":
    main()
