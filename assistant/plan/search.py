"""Choose a start for every call: a first plan, local search, and ties settled.

Everything is deterministic: ties go to who has waited longest, then to the order of the problem, never to ids.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.plan.auction import Auction
from assistant.plan.board import Board, piece
from assistant.plan.cost import MOVED
from assistant.plan.improve import THOROUGH, Effort, Search
from assistant.plan.knapsack import EPSILON
from assistant.plan.rooms import Rooms
from assistant.plan.sweep import sweep
from assistant.plan.ties import settle_ties

if TYPE_CHECKING:
    from assistant.plan.candidates import Candidate, Ground

MOST_AT_ONCE = 72
"""With more calls than these the horizon is searched in parts."""
CALM = 0.001
"""By what share of its cost a plan must become cheaper before it is compared with the last plan at all."""
STANDING = 0.7
"""The share of calls that stand as they did from which on a plan from scratch is not looked at."""
MOVING = 0.08
"""The share of the calls that still stand which a new plan may move, if that can be had."""
PATIENCE = 0.01
"""How much dearer a plan may be for that, as a share of what the plan that moves them costs."""
RELUCTANCE = (MOVED, 5.0, 25.0, 125.0, 625.0, 5000.0)
"""What a move is said to cost, one after the other, until few enough move."""

STEPS = (0.1, 0.4, 1.6, 6.0)
"""The least raise of a bid in auctions that are tried one after the other: each ends in another plan."""
FURTHER = 2
"""How many of their plans are searched further, at most."""
FAR = 0.2
"""How far above the bound, as a share of it, more than one of them is, and more thoroughly."""

Starts = list[int | None]


def search(ground: Ground, candidates: list[Candidate]) -> Starts:
    """Return a start for each call, None for those that have no room, at a cost that no tried move lowers.

    What was planned before stays where that costs little more, so that a plan does not change without a reason.
    """
    days, slots = ground.days(), ground.slot_ticks()
    board = Board([piece(call) for call in candidates], days, slots)
    standing = _keep(board)
    if not standing:
        _from_scratch(board, _order(candidates))
    else:
        _insert(board, _order(candidates))
        calm = standing >= STANDING * sum(one.moved > 0 for one in board.pieces)
        _improve(board, RELUCTANCE if calm else RELUCTANCE[:1])
        if not calm:
            blind = Board([piece(call, blind=True) for call in candidates], days, slots)
            _from_scratch(blind, _order(candidates))
            _compare(board, blind.starts)
    _place_all(board)
    settle_ties(board, candidates)
    return board.starts


def _order(candidates: list[Candidate]) -> list[int]:
    """Return the calls in the order in which they choose: whose lateness costs most, then who is due first."""
    keys = [
        (-call.price.weight / call.length, call.request.due.timestamp(), call.request.waiting_since.timestamp())
        for call in candidates
    ]
    return sorted(range(len(candidates)), key=keys.__getitem__)


def _keep(board: Board) -> int:
    """Put the calls where they were in the last plan as far as that is allowed and free; return how many stand."""
    standing = 0
    for number in sorted(range(len(board.pieces)), key=lambda number: -board.pieces[number].density):
        one = board.pieces[number]
        if one.previous >= 0 and board.is_free(one.previous, one.length):
            board.put(number, one.previous, board.price(number, one.previous))
            standing += 1
    return standing


def _insert(board: Board, order: list[int]) -> None:
    for number in order:
        if board.starts[number] is None:
            board.insert(number)


def _from_scratch(board: Board, order: list[int]) -> None:
    """Fill an empty board."""
    if len(order) > MOST_AT_ONCE:
        _insert(board, order)
        sweep(board)
        return
    rooms = Rooms(board)
    tries: list[tuple[float, int, Starts, Search]] = []
    for step in STEPS:
        auction = Auction(rooms, step)
        auction.run()
        board.reset([None] * len(order))
        auction.settle()
        one = Search(rooms, auction.prices, bound=auction.bound())
        one.descend()
        tries.append((board.total, len(tries), list(board.starts), one))
        if one.is_good():
            break
    _search_best(board, tries)


def _search_best(board: Board, tries: list[tuple[float, int, Starts, Search]]) -> None:
    """Search on from the best of several boards, and from the next that differs where the bound is far."""
    found: list[tuple[float, int, Starts]] = []
    reached = -1.0
    for cost, place, starts, one in sorted(tries):
        if cost > reached + EPSILON:
            reached = cost
            board.reset(starts)
            if not one.is_good(FAR):
                one.allow(THOROUGH)
            one.run()
            found.append((board.total, place, list(board.starts)))
            if len(found) == FURTHER or one.is_good(FAR):
                break
    board.reset(min(found)[2])


def _improve(kept: Board, reluctances: tuple[float, ...]) -> None:
    """Make a board cheaper than the last plan's that moves few of the calls that stand, if that can be had.

    A move is said to cost more and more until few enough calls move, or calm costs too much; of the plans so found the
    one that moves fewest is taken.
    """
    standing = [number for number, one in enumerate(kept.pieces) if kept.starts[number] == one.previous >= 0]
    before, tries = list(kept.starts), list[tuple[int, float, Starts]]()
    for reluctance in reluctances:
        board = _again(kept, standing, before, reluctance)
        _improve_calmly(board)
        kept.reset(board.starts)
        if tries and kept.total > (1 + PATIENCE) * tries[0][1]:
            break
        moved = sum(board.starts[number] != before[number] for number in standing)
        tries.append((moved, kept.total, board.starts))
        if moved <= max(1, int(MOVING * len(standing))):
            break
    kept.reset(min(tries, key=lambda one: one[0])[2])


def _again(kept: Board, standing: list[int], starts: Starts, reluctance: float) -> Board:
    """Return a board like another, filled as given, with another price of moving what stands."""
    pieces = list(kept.pieces)
    for number in standing:
        pieces[number] = pieces[number]._replace(moved=reluctance)
    board = Board(pieces, kept.days, kept.slots)
    board.reset(starts)
    return board


def _improve_calmly(board: Board) -> None:
    """Improve a board by the cheaper moves, and by the others only where they gain enough."""
    if len(board.pieces) > MOST_AT_ONCE:
        sweep(board, Effort(chains=0, pairs=0))
        return
    rooms = Rooms(board)
    one = Search(rooms, [0.0] * len(rooms.spans))
    one.descend()
    starts, cost = list(board.starts), board.total
    one.run()
    if board.total > cost - _worth(cost):
        board.reset(starts)


def _compare(board: Board, starts: Starts) -> None:
    """Take over other starts if they cost less by enough, after an improvement that counts what moves."""
    kept, cost = list(board.starts), board.total
    board.reset(starts)
    if len(starts) <= MOST_AT_ONCE:
        rooms = Rooms(board)
        Search(rooms, [0.0] * len(rooms.spans)).descend()
    if board.total > cost - _worth(cost):
        board.reset(kept)


def _worth(cost: float) -> float:
    return max(1.0, CALM * cost)


def _place_all(board: Board) -> None:
    """Place what was left out where there is room, be it dear: only what has no room may stay unplaced."""
    for number in sorted(range(len(board.pieces)), key=lambda number: -board.pieces[number].unplaced):
        if board.starts[number] is None:
            cost, start = board.best(number)
            if start >= 0:
                board.put(number, start, cost)
