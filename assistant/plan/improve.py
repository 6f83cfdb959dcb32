"""A bounded local search: moves that lower the cost of a board, until none is found or the trials are spent.

`_relocate` moves one call to a cheaper free time, `_eject` to a taken one whose calls go elsewhere, `_repack` lifts a
few neighbours and puts them back in the best order. Effort is counted in trials, never in time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.plan.board import Board, cheapest
from assistant.plan.candidates import first
from assistant.plan.cost import MOVED

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistant.plan.candidates import Candidate

EPSILON = 1e-7
TRIALS = 6000
TARGETS = 24
MOST_VICTIMS = 4
REPACK_TARGETS = 4
REPACKED = 4

Places = list[tuple[int, int | None]]


class Search:
    """The search on one board: what each call would cost at its best, where it could start, and the effort left."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.ideal = [(cheapest(call, -1) or (call.price.unplaced, 0))[0] for call in board.candidates]
        self.rims = [_rims(call) for call in board.candidates]
        self.trials = TRIALS

    def run(self) -> None:
        """Move calls as long as that pays; the dearer moves only where the cheaper ones find nothing."""
        while self._round(self._shift) or self._round(self._repack):
            pass

    def _round(self, move: Callable[[int], bool]) -> bool:
        """Try a move on each call that stands dearer than it could, the dearest first."""
        gained = False
        regrets = sorted((cost - self.board.paid(number), number) for number, cost in enumerate(self.ideal))
        for regret, number in regrets:
            if regret > -EPSILON or self.trials <= 0:
                break
            gained |= move(number)
        return gained

    def _shift(self, number: int) -> bool:
        targets = _targets(self.board, number, self.rims[number])
        self.trials -= 1 + len(targets)
        return _relocate(self.board, number) or _eject(self.board, number, targets)

    def _repack(self, number: int) -> bool:
        for start in _targets(self.board, number, self.rims[number])[:REPACK_TARGETS]:
            group = [number, *_neighbours(self.board, number, start)]
            before = sum(self.board.paid(other) for other in group)
            places = [(other, self.board.lift(other)) for other in group]
            best = self._reorder(group, before - EPSILON)
            _place(self.board, places if best is None else best[1])
            if best is not None:
                return True
        return False

    def _reorder(self, group: list[int], limit: float) -> tuple[float, Places] | None:
        """Return the cheapest way below `limit` to insert calls one after the other, in any order."""
        if not group:
            return (0.0, []) if limit > 0 else None
        found: tuple[float, Places] | None = None
        for number in group:
            rest = [other for other in group if other != number]
            self.trials -= 1
            offer = self.board.best(number)
            spent = offer[0] if offer else self.board.candidates[number].price.unplaced
            if spent + sum(self.ideal[other] for other in rest) >= limit:
                continue
            start = offer[1] if offer else None
            _place(self.board, [(number, start)])
            more = self._reorder(rest, limit - spent)
            self.board.lift(number)
            if more is not None:
                limit = spent + more[0]
                found = (limit, [(number, start), *more[1]])
        return found


def _neighbours(board: Board, number: int, start: int) -> list[int]:
    """Return the few other calls that stand nearest to a start."""
    return [other for other in board.nearest(start, REPACKED) if other != number][: REPACKED - 1]


def _rims(call: Candidate) -> int:
    """Return the first and last starts of each stretch in which a call may start."""
    return _ends(call.in_slot) | _ends(call.outside)


def _ends(starts: int) -> int:
    return starts & ~(starts << 1 & starts >> 1)


def _relocate(board: Board, number: int) -> bool:
    before = board.paid(number)
    start = board.lift(number)
    offer = board.best(number)
    if offer and offer[0] < before - EPSILON:
        board.put(number, offer[1])
        return True
    if start is not None:
        board.put(number, start)
    return False


def _targets(board: Board, number: int, rims: int) -> list[int]:
    """Return the cheapest starts, taken or not, where a call would cost less than it does."""
    call, limit = board.candidates[number], board.paid(number) - EPSILON
    marks = board.edges(call.length) | rims
    offers: list[tuple[float, int]] = []
    for starts, outside in ((marks & call.in_slot, False), (marks & call.outside, True)):
        left = starts
        for _ in range(TARGETS):
            if not left:
                break
            tick = first(left)
            price = call.price.at(tick, outside=outside)
            if price >= limit + MOVED:  # it only grows from here; the previous start alone may be cheaper by MOVED
                break
            if price < limit:
                offers.append((price, tick))
            left &= left - 1
    return [start for _, start in sorted(offers)[:TARGETS]]


def _eject(board: Board, number: int, targets: list[int]) -> bool:
    """Put a call where others stand and those where they cost least, by the target at which the sum falls most."""
    best: tuple[float, list[tuple[int, int | None]]] = (EPSILON, [])
    for start in targets:
        best = max(best, _trial(board, number, start, best[0]), key=_gain)
    for other, _ in best[1]:
        board.lift(other)
    _place(board, best[1])
    return bool(best[1])


def _gain(offer: tuple[float, list[tuple[int, int | None]]]) -> float:
    return offer[0]


def _trial(board: Board, number: int, start: int, least: float) -> tuple[float, list[tuple[int, int | None]]]:
    """Return what a call at a start would gain and where all calls concerned would stand; none below `least`."""
    victims = [other for other in board.standing(start, start + board.candidates[number].length) if other != number]
    if len(victims) > MOST_VICTIMS:
        return 0.0, []
    victims.sort(key=lambda other: -board.candidates[other].price.weight)
    moved = [number, *victims]
    limit = sum(board.paid(other) for other in moved) - least
    places = [(other, board.lift(other)) for other in moved]
    board.put(number, start)
    spent = board.price(number, start)
    for other in victims:
        offer = board.best(other)
        spent += offer[0] if offer else board.candidates[other].price.unplaced
        if spent >= limit:
            break
        if offer:
            board.put(other, offer[1])
    made = [(other, board.lift(other)) for other in moved]
    _place(board, places)
    return (limit - spent + least, made) if spent < limit else (0.0, [])


def _place(board: Board, places: list[tuple[int, int | None]]) -> None:
    for number, place in places:
        if place is not None:
            board.put(number, place)
