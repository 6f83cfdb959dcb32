"""Choose a start for every call: a first plan, local search, and ties settled.

Everything is deterministic: ties go to who has waited longest, then to the order of the problem, never to ids.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from assistant.plan.auction import Auction
from assistant.plan.board import Board, piece
from assistant.plan.cost import MOVED
from assistant.plan.improve import Search
from assistant.plan.knapsack import EPSILON
from assistant.plan.rooms import Rooms
from assistant.plan.sweep import sweep
from assistant.plan.ties import settle_ties, trade

if TYPE_CHECKING:
    from assistant.plan.candidates import Candidate, Ground

MOST_AT_ONCE = 72
"""With more calls than these the horizon is searched in parts."""
CALM = 0.001
"""By what share of its cost a plan must become cheaper before it is compared with the last plan at all."""
CALMLY = 250
"""How many steps a search that starts from the last plan may take for each call."""
STANDING = 0.7
"""The share of the calls of the last plan that stand as they did from which on a change is small."""
KNOWN = 0.25
"""The share of all calls that stand so at least, for a change to be small."""
MOVING = 0.1
"""The share of the calls that stand which a small change may move; one call may always."""
FEW = 10
PATIENCE = 0.01
"""How much dearer a plan of few calls may be for calm, as a share of what the plan that moves more costs."""
PINNED = 1e7
"""What a move is said to cost that nothing is worth."""
RELUCTANCE = (MOVED, 9.0, 27.0, 50.0, 100.0, 400.0, PINNED)
"""What a move is said to cost, one after the other, until few enough move."""

STEPS = (0.1, 0.8, 6.0)
"""The least raise of a bid in auctions that are tried one after the other: each ends in another plan."""
NEAR = 0.002
"""How far above the bound, as a share of it, a plan is near enough not to try another."""
FURTHER = 2
"""How many of the plans are searched further, at most."""
LEAST = 20_000
"""How many steps that may take in all, where the best of them is `FAR` above the bound: so many at least."""
CUBE = 0.3
"""The same for each call, times the number of calls squared: the more calls, the harder."""
FAR = 0.06
MOST = 5.0
"""How many times as many steps at most, where the best is further above the bound than that."""

Starts = list[int | None]
Try = tuple[float, int, Starts, Search]


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
        if _is_small_change(board, standing):
            _improve(board, standing)
            board = _again(board, standing, board.starts, PINNED)
        else:
            _improve_calmly(board)
            other = Board(board.pieces, days, slots)
            _from_scratch(other, _order(candidates))
            if other.total < board.total - _worth(board.total):
                board = other
    _place_all(board)
    trade(board)
    settle_ties(board, candidates)
    return board.starts


def _order(candidates: list[Candidate]) -> list[int]:
    """Return the calls in the order in which they choose: whose lateness costs most, then who is due first."""
    keys = [
        (-call.price.weight / call.length, call.request.due.timestamp(), call.request.waiting_since.timestamp())
        for call in candidates
    ]
    return sorted(range(len(candidates)), key=keys.__getitem__)


def _keep(board: Board) -> list[int]:
    """Put the calls where they were in the last plan as far as that is allowed and free; return those that stand."""
    standing = []
    for number in sorted(range(len(board.pieces)), key=lambda number: -board.pieces[number].density):
        one = board.pieces[number]
        if one.previous >= 0 and board.is_free(one.previous, one.length):
            board.put(number, one.previous, board.price(number, one.previous))
            standing.append(number)
    return standing


def _is_small_change(board: Board, standing: list[int]) -> bool:
    """Tell whether so much of the last plan stands that a plan from scratch is not looked at."""
    known = sum(one.moved > 0 for one in board.pieces)
    return len(standing) >= max(STANDING * known, KNOWN * len(board.pieces))


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
    tries: list[Try] = []
    bound = 0.0
    for step in STEPS:
        auction = Auction(rooms, step)
        auction.run()
        bound = max(bound, auction.bound())
        board.reset([None] * len(order))
        auction.settle()
        one = Search(rooms, auction.prices, bound=bound)
        one.descend()
        tries.append((board.total, len(tries), list(board.starts), one))
        if one.is_good(NEAR):
            break
    _search_best(board, tries, bound)


def _search_best(board: Board, tries: list[Try], bound: float) -> None:
    """Search on from the best of several boards, and from the next that differs: the more, the further the bound is."""
    tries = sorted(tries)
    count = len(board.pieces)
    far = (tries[0][0] - bound) / (FAR * bound + EPSILON)
    budget = max(LEAST, CUBE * count**3) * min(MOST, far)
    others = [one for before, one in pairwise(tries) if one[0] > before[0] + EPSILON]
    distinct = [tries[0], *others][:FURTHER]
    found: list[tuple[float, int, Starts]] = []
    for _, place, starts, one in distinct:
        board.reset(starts)
        one.bound = bound
        one.run(budget / len(distinct))
        found.append((board.total, place, list(board.starts)))
        if one.is_good(NEAR):
            break
    board.reset(min(found)[2])


def _improve(kept: Board, standing: list[int]) -> None:
    """Make a board cheaper than the last plan's that moves few of the calls that stand.

    A move is said to cost more and more until few enough calls move: then those move that gain most by it. With fewer
    than `FEW` calls, of which a tenth is less than one, calm may cost no more than `PATIENCE`.
    """
    firm = [number for number in standing if kept.pieces[number].late]  # who is to be called now never waits for calm
    before, most = list(kept.starts), max(1, int(MOVING * (len(standing) - 1)))
    tries: list[tuple[float, Starts]] = []
    for reluctance in RELUCTANCE:
        board = _again(kept, firm, before, reluctance)
        _improve_calmly(board)
        kept.reset(board.starts)
        tries.append((kept.total, board.starts))
        if sum(board.starts[number] != before[number] for number in standing) <= most:
            break
    if len(standing) < FEW and kept.total > (1 + PATIENCE) * tries[0][0]:
        kept.reset(tries[0][1])


def _again(kept: Board, standing: list[int], starts: Starts, reluctance: float) -> Board:
    """Return a board like another, filled as given, with another price of moving what stands."""
    pieces = list(kept.pieces)
    for number in standing:
        one = pieces[number]
        pieces[number] = one._replace(moved=reluctance, unplaced=one.unplaced + reluctance - one.moved)
    board = Board(pieces, kept.days, kept.slots)
    board.reset(starts)
    return board


def _improve_calmly(board: Board) -> None:
    """Improve a board by the cheaper moves, and by the others only where they gain enough."""
    if len(board.pieces) > MOST_AT_ONCE:
        sweep(board, budget=0)
        return
    rooms = Rooms(board)
    one = Search(rooms, [0.0] * rooms.count)
    one.descend()
    starts, cost = list(board.starts), board.total
    one.run(CALMLY * len(board.pieces))
    if board.total > cost - _worth(cost):
        board.reset(starts)


def _worth(cost: float) -> float:
    return max(1.0, CALM * cost)


def _place_all(board: Board) -> None:
    """Place what was left out where there is room, be it dear: only what has no room may stay unplaced."""
    for number in sorted(range(len(board.pieces)), key=lambda number: -board.pieces[number].unplaced):
        if board.starts[number] is None:
            cost, start = board.best(number)
            if start >= 0:
                board.put(number, start, cost)
