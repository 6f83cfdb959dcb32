"""Swaps of two calls: those that save something, and those that cost nothing and serve who has waited longer."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from assistant.plan.knapsack import EPSILON

if TYPE_CHECKING:
    from assistant.plan.board import Board
    from assistant.plan.candidates import Candidate

NEIGHBOUR_ROUNDS = 10
REACH = 30
"""How many of the next calls of its kind a call is compared with."""


def settle_ties(board: Board, candidates: list[Candidate]) -> None:
    """Give the earlier of two equally dear times to who has waited longer, as far as swaps of two do it."""
    waiting = [call.request.waiting_since.timestamp() for call in candidates]
    groups: dict[tuple[int, float], list[int]] = {}
    for number in _row(board):
        piece = board.pieces[number]
        groups.setdefault((piece.length, piece.density), []).append(number)
    for group in groups.values():
        _settle(board, group, waiting)
    for _ in range(NEIGHBOUR_ROUNDS):
        turned = [_turn(board, early, late, waiting) for early, late in pairwise(_row(board))]
        if not any(turned):
            break


def trade(board: Board) -> None:
    """Let calls of one length change places where that saves something, be it too little for the search to look at."""
    groups: dict[int, list[int]] = {}
    for number in _row(board):
        groups.setdefault(board.pieces[number].length, []).append(number)
    for _ in range(NEIGHBOUR_ROUNDS):
        traded = [_trade(board, group) for group in groups.values()]
        if not any(traded):
            break


def _trade(board: Board, group: list[int]) -> bool:
    traded = False
    for low in range(len(group)):
        for high in range(low + 1, min(len(group), low + REACH)):
            if _swap(board, group[low], group[high], most=-EPSILON):
                group[low], group[high] = group[high], group[low]
                traded = True
    return traded


def _row(board: Board) -> list[int]:
    """Return the placed calls by start."""
    return board.standing(0, len(board.holder))


def _settle(board: Board, group: list[int], waiting: list[float]) -> None:
    """Sort calls of one length and weight by waiting time as far as swaps of two cost nothing."""
    for low in range(len(group)):
        for high in range(low + 1, min(len(group), low + REACH)):
            early, late = group[low], group[high]
            if waiting[late] < waiting[early] and _swap(board, early, late):
                group[low], group[high] = late, early


def _swap(board: Board, one: int, other: int, most: float = EPSILON) -> bool:
    """Let two calls of one length change places unless that costs more than `most`."""
    here, there = board.starts[one], board.starts[other]
    assert here is not None
    assert there is not None
    return _replace(board, {one: there, other: here}, most)


def _turn(board: Board, early: int, late: int, waiting: list[float]) -> bool:
    """Let the second of two calls back to back go first, where it has waited longer and that costs nothing."""
    if waiting[early] <= waiting[late]:
        return False
    start, next_start = board.starts[early], board.starts[late]
    assert start is not None
    assert next_start is not None
    if next_start != start + board.pieces[early].length:
        return False
    return _replace(board, {late: start, early: start + board.pieces[late].length})


def _replace(board: Board, starts: dict[int, int], most: float = EPSILON) -> bool:
    """Give calls other starts among the ticks that they take together, unless one may not or the sum grows too much."""
    costs = {number: board.price(number, start) for number, start in starts.items()}
    if sum(cost - board.costs[number] for number, cost in costs.items()) > most:
        return False
    for number in starts:
        board.lift(number)
    for number, start in starts.items():
        board.put(number, start, costs[number])
    return True
