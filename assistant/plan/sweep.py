"""Improve a long horizon part by part, so that effort grows with the number of calls and not faster.

A part is a few days with some dozens of calls. It is searched on a board of its own, on which leaving a call out costs
what its cheapest free place elsewhere does.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from assistant.plan.board import Board
from assistant.plan.improve import Search
from assistant.plan.knapsack import EPSILON
from assistant.plan.rooms import Rooms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.plan.board import Piece

MEMBERS = 40
GUESTS = 10
SWEEP = 500
"""How many steps a part's search may take for each call."""


def sweep(board: Board, budget: float = SWEEP) -> None:
    """Search the parts of a board one after the other, each with the calls in it and a few that want in."""
    wishes = _wishes(board)
    for start, end in _parts(board):
        members = board.standing(start, end)
        guests = _guests(board, wishes, start, end)
        _search(board, [*members, *(number for number in guests if number not in set(members))], start, end, budget)


def _wishes(board: Board) -> list[tuple[int, int, float]]:
    """Return the cheapest start of each call on an empty board, by start, with the call and that cost."""
    free, board.free = board.free, (1 << len(board.days)) - 1
    offers = [(board.best(number), number) for number in range(len(board.pieces))]
    board.free = free
    return sorted((start, number, cost) for (cost, start), number in offers if start >= 0)


def _guests(board: Board, wishes: list[tuple[int, int, float]], start: int, end: int) -> list[int]:
    """Return the calls that would be cheapest in a part and stand dearer, the dearest first, up to a few."""
    found = wishes[bisect_left(wishes, (start,)) : bisect_left(wishes, (end,))]
    regrets = [(cost - board.costs[number], number) for _, number, cost in found]
    return [number for regret, number in sorted(regrets) if regret < -EPSILON][:GUESTS]


def _parts(board: Board) -> Iterator[tuple[int, int]]:
    """Yield stretches of whole days with some dozens of calls each."""
    days, start, count = board.days, 0, 0
    for day in range(days[0], days[-1] + 1):
        low, high = bisect_left(days, day), bisect_left(days, day + 1)
        here = len(board.standing(low, high))
        if count and count + here > MEMBERS:
            yield start, low
            start, count = low, 0
        count += here
    yield start, len(days)


def _search(board: Board, numbers: list[int], start: int, end: int, budget: float) -> None:
    """Search one part with some calls; what it leaves out goes to its cheapest free place."""
    starts = [board.starts[number] for number in numbers]
    within = ((1 << (end - start)) - 1) << start
    for number in numbers:
        board.lift(number)
    pieces = [_local(board, number, start, end, within) for number in numbers]
    part = Board(pieces, board.days[start:end], board.slots >> start & within >> start)
    part.free = board.free >> start & within >> start
    for number, old in enumerate(starts):
        if old is not None and start <= old and old + pieces[number].length <= end:
            part.put(number, old - start, part.price(number, old - start))
    rooms = Rooms(part)
    one = Search(rooms, [0.0] * rooms.count)
    one.descend()
    one.run(budget * len(numbers))
    for number, new in zip(numbers, part.starts, strict=True):
        if new is not None:
            board.put(number, start + new, board.price(number, start + new))
    for number in numbers:
        if board.starts[number] is None:
            board.insert(number)


def _local(board: Board, number: int, start: int, end: int, within: int) -> Piece:
    """Return a call as the board of a part sees it."""
    piece = board.pieces[number]
    inside = (1 << max(0, end - start - piece.length + 1)) - 1
    tiers = [(starts >> start & inside, extra) for starts, extra in piece.tiers]
    elsewhere, _ = board.best(number, ~within)
    return piece._replace(
        tiers=tuple(tier for tier in tiers if tier[0]),
        due=piece.due - start,
        fixed=piece.fixed + piece.rate * start,
        previous=piece.previous - start if start <= piece.previous < end else -1,
        unplaced=min(elsewhere, piece.unplaced),
    )
