"""Fill one room best: which calls it takes and in which order, given what each costs when it is left out.

Calls enter in the order in which they would stand. A row holds the best saving for each number of ticks used up; the
rows together tell which calls it is made of.
"""

from __future__ import annotations

from itertools import accumulate
from typing import NamedTuple

from assistant.plan.candidates import openings

EPSILON = 1e-7
_NEVER = float("inf")


class Item(NamedTuple):
    """A call that wants into a room.

    `costs` are those of each start in the room, infinite where it may not start; `rank` sorts the calls as they would
    stand: where in the room each may be, then by what waits dearest, then by due time, the longest first. `reach` is
    the tick up to which the room is needed for a call that wants a certain time. `otherwise` is its cost elsewhere.
    """

    number: int
    length: int
    costs: list[float]
    rank: tuple[float, ...]
    reach: int
    otherwise: float = 0.0


def knapsack(free: int, ticks: int, items: list[Item]) -> list[tuple[int, int]]:
    """Return the calls to put into a room and their starts in it, so that the sum saved is largest.

    Args:
        free: the free ticks of the room, as a set.
        ticks: how long it is.
        items: the calls that want in.
    """
    items = sorted(items, key=_rank)
    ticks = min(ticks, max(sum(item.length for item in items), *(item.reach for item in items), 0))
    whole = (1 << ticks) - 1
    rows = [[0.0] * (ticks + 1)]
    for item in items:
        costs = item.costs if free & whole == whole else _blocked(item, openings(free, item.length))
        rows.append(_offered(item, costs, rows[-1]))
    return _taken(items, rows)


def _rank(item: Item) -> tuple[float, ...]:
    return item.rank


def _blocked(item: Item, free: int) -> list[float]:
    """Return the costs of a call in a room that is not all free."""
    return [cost if free >> tick & 1 else _NEVER for tick, cost in enumerate(item.costs)]


def _offered(item: Item, costs: list[float], row: list[float]) -> list[float]:
    """Return the row with one call more to choose from."""
    length, otherwise = item.length, item.otherwise
    later = row[length:]
    offers = [
        saved if saved > (offer := before - cost + otherwise) else offer
        for before, cost, saved in zip(row, costs, later, strict=False)
    ]
    return list(accumulate(row[:length] + offers + later[len(offers) :], max))


def _taken(items: list[Item], rows: list[list[float]]) -> list[tuple[int, int]]:
    """Read from the rows which calls the best saving is made of, and where they start."""
    chosen, end = [], len(rows[0]) - 1
    for place in range(len(items), 0, -1):
        row = rows[place]
        if row[end] > rows[place - 1][end] + EPSILON:
            while end and row[end - 1] == row[end]:
                end -= 1
            end -= items[place - 1].length
            chosen.append((items[place - 1].number, end))
    return chosen
