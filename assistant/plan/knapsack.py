"""Fill one room best: which calls it takes and in which order, given what each costs when it is left out.

Calls enter in the order in which they would stand. A row holds the best saving for each number of ticks used up; the
rows together tell which calls it is made of.
"""

from __future__ import annotations

from operator import itemgetter
from typing import NamedTuple

from assistant.plan.candidates import openings

EPSILON = 1e-7
_NEVER = float("inf")


class Item(NamedTuple):
    """A call that wants into a room.

    `costs` are those of each start in the room, infinite where it may not start; `rank` sorts the calls as they would
    stand: where in the room each may be, then by what waits dearest, then by due time, the longest first. `reach` is
    the tick up to which the room is needed for a call that wants a certain time.
    """

    rank: tuple[float, ...]
    number: int
    length: int
    costs: list[float]
    reach: int
    least: float


Offer = tuple[Item, float]
"""An item, and what it costs elsewhere."""
Place = tuple[int, int]

_by_rank = itemgetter(0)


def knapsack(free: int, ticks: int, offers: list[Offer]) -> tuple[float, list[Place]]:
    """Return the largest sum that a room can save, and the calls to put into it for that with their starts in it.

    Args:
        free: the free ticks of the room, as a set.
        ticks: how long it is.
        offers: the calls that want in.
    """
    offers = sorted([offer for offer in offers if offer[1] > offer[0].least + EPSILON], key=_by_rank)
    need = sum([item.length for item, _ in offers])
    ticks = min(ticks, max([need, *[item.reach for item, _ in offers]]))
    whole = (1 << ticks) - 1
    rows = [[0.0]]
    row = rows[0]
    for item, otherwise in offers:
        if item.reach or free & whole != whole:
            costs = _blocked(item, openings(free, item.length))
            row = _offered(item.length, costs, otherwise, row + [row[-1]] * (ticks + 1 - len(row)))
        else:
            more = min(item.length, ticks + 1 - len(row))
            row = _offered(item.length, item.costs, otherwise, row + [row[-1]] * more)
        rows.append(row)
    return row[-1], _taken(offers, rows)


def _blocked(item: Item, free: int) -> list[float]:
    """Return the costs of a call in a room that is not all free."""
    return [cost if free >> tick & 1 else _NEVER for tick, cost in enumerate(item.costs)]


def _offered(length: int, costs: list[float], otherwise: float, row: list[float]) -> list[float]:
    """Return the row with one call more to choose from; a longer room never saves less."""
    later = row[length:]
    if not later:
        return row
    best = row[length - 1]
    offers = [
        best := best if best > (more := saved if saved > (offer := before - cost + otherwise) else offer) else more
        for before, cost, saved in zip(row, costs, later, strict=False)
    ]
    offers.extend([max(best, saved) for saved in later[len(offers) :]])
    return row[:length] + offers


def _taken(offers: list[Offer], rows: list[list[float]]) -> list[Place]:
    """Read from the rows which calls the best saving is made of, and where they start."""
    chosen, end = [], len(rows[-1]) - 1
    for place in range(len(offers), 0, -1):
        row, before = rows[place], rows[place - 1]
        end = min(end, len(row) - 1)
        if row[end] > before[min(end, len(before) - 1)] + EPSILON:
            while end and row[end - 1] == row[end]:
                end -= 1
            item, _ = offers[place - 1]
            end -= item.length
            chosen.append((item.number, end))
    return chosen
