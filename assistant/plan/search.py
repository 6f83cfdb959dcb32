"""Choose a start for every call: cheapest insertion from several orders, local search, and ties settled.

Everything is deterministic: ties go to who has waited longest, then to the order of the problem, never to ids.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from assistant.plan.board import Board, kept_start
from assistant.plan.improve import EPSILON, Search

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistant.plan.candidates import Candidate

NEIGHBOUR_ROUNDS = 10


def search(candidates: list[Candidate], ticks: int) -> list[int | None]:
    """Return a start for each call, None for those that have no room, at a cost that no tried move lowers.

    Where nothing changed, every call still having its previous start, only plans reached from there by gainful moves
    are considered, so that a plan does not change without a reason.
    """
    kept = _kept(candidates, ticks)
    if kept is not None and all(
        call.price.previous == start for call, start in zip(candidates, kept.starts, strict=True)
    ):
        boards = [kept]
    else:
        boards = [min(_seeds(candidates, ticks), key=Board.total), *([kept] if kept is not None else [])]
    for board in boards:
        Search(board).run()
    best = min(boards, key=Board.total)
    for number in _order(candidates, _by_weight):
        if best.starts[number] is None:
            _insert(best, number)
    _settle_ties(best)
    return best.starts


def _kept(candidates: list[Candidate], ticks: int) -> Board | None:
    """Return the board of the previous plan as far as it still holds, the rest inserted; None without a previous."""
    board = Board(candidates, ticks)
    for number in _order(candidates, _by_weight):
        call = candidates[number]
        for start in kept_start(call, call.in_slot | call.outside):
            if board.is_free(number, start):
                board.put(number, start)
    if not any(start is not None for start in board.starts):
        return None
    for number in _order(candidates, _by_weight):
        if board.starts[number] is None:
            _insert(board, number)
    return board


def _seeds(candidates: list[Candidate], ticks: int) -> list[Board]:
    """Return boards filled in several orders as if there were no previous plan: that one is a board of its own."""
    boards = []
    for key in (_by_weight, _by_due, _by_length):
        board = Board(candidates, ticks)
        for number in _order(candidates, key):
            _insert(board, number, keep=False)
        boards.append(board)
    return boards


def _insert(board: Board, number: int, *, keep: bool = True) -> None:
    offer = board.best(number, keep=keep)
    if offer:
        board.put(number, offer[1])


def _by_weight(call: Candidate) -> tuple[float, ...]:
    density = call.price.weight / call.length
    return (-density, call.request.due.timestamp(), call.request.waiting_since.timestamp())


def _by_due(call: Candidate) -> tuple[float, ...]:
    return (call.request.due.timestamp(), -call.price.weight / call.length, call.request.waiting_since.timestamp())


def _by_length(call: Candidate) -> tuple[float, ...]:
    density = call.price.weight / call.length
    return (-density, -call.length, call.request.waiting_since.timestamp())


def _order(candidates: list[Candidate], key: Callable[[Candidate], tuple[float, ...]]) -> list[int]:
    return sorted(range(len(candidates)), key=lambda number: key(candidates[number]))


def _settle_ties(board: Board) -> None:
    """Give the earlier of two equally dear times to who has waited longer."""
    groups: dict[tuple[int, float], list[int]] = {}
    for number in board.row():
        call = board.candidates[number]
        groups.setdefault((call.length, call.price.weight), []).append(number)
    for group in groups.values():
        _settle(board, group)
    for _ in range(NEIGHBOUR_ROUNDS):
        turned = [_turn(board, early, late) for early, late in pairwise(board.row())]
        if not any(turned):
            break


def _settle(board: Board, group: list[int]) -> None:
    """Sort calls of one length by waiting time as far as swaps of two cost nothing."""
    waiting = [board.candidates[number].request.waiting_since.timestamp() for number in group]
    for low in range(len(group)):
        for high in range(low + 1, len(group)):
            if waiting[high] < waiting[low] and _swap(board, group[low], group[high]):
                group[low], group[high] = group[high], group[low]
                waiting[low], waiting[high] = waiting[high], waiting[low]


def _swap(board: Board, one: int, other: int) -> bool:
    """Let two calls of one length change places unless that costs."""
    here, there = board.starts[one], board.starts[other]
    assert here is not None
    assert there is not None
    return _replace(board, {one: there, other: here})


def _turn(board: Board, early: int, late: int) -> bool:
    """Let the second of two calls back to back go first, where it has waited longer and that costs nothing."""
    calls = [board.candidates[number] for number in (early, late)]
    if calls[0].request.waiting_since <= calls[1].request.waiting_since:
        return False
    start, next_start = board.starts[early], board.starts[late]
    assert start is not None
    assert next_start is not None
    if next_start != start + calls[0].length:
        return False
    return _replace(board, {late: start, early: start + calls[1].length})


def _replace(board: Board, starts: dict[int, int]) -> bool:
    """Give calls other starts among the ticks that they take together, unless one may not or the sum grows."""
    calls = board.candidates
    if not all((calls[number].in_slot | calls[number].outside) >> start & 1 for number, start in starts.items()):
        return False
    change = sum(board.price(number, start) - board.paid(number) for number, start in starts.items())
    if change > EPSILON:
        return False
    for number in starts:
        board.lift(number)
    for number, start in starts.items():
        board.put(number, start)
    return True
