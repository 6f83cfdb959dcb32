"""Choose a start for every call: cheapest insertion from several orders, then a bounded local search.

Everything is deterministic: effort is counted in trials, never in time, and ties go to who has waited longest, then to
the order of the problem; ids are never compared.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from itertools import pairwise
from typing import TYPE_CHECKING

from assistant.plan.candidates import first, openings
from assistant.plan.cost import MOVED

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistant.plan.candidates import Candidate

EPSILON = 1e-7
TRIALS = 6000
TARGETS = 24
MOST_VICTIMS = 4
NEIGHBOUR_ROUNDS = 10


class Board:
    """Which call starts when; knows what is still free and what everything costs."""

    def __init__(self, candidates: list[Candidate], ticks: int) -> None:
        self.candidates = candidates
        self.starts: list[int | None] = [None] * len(candidates)
        self._free = (1 << max(ticks, 0)) - 1
        self._row: list[tuple[int, int]] = []
        self._begun = 0
        self._ended = 0

    def put(self, number: int, start: int) -> None:
        """Place a call; its ticks must be free."""
        self._turn(number, start)
        self.starts[number] = start
        insort(self._row, (start, number))

    def lift(self, number: int) -> int | None:
        """Take a call off the board and return where it was, None when it was unplaced."""
        start = self.starts[number]
        if start is not None:
            self._turn(number, start)
            self.starts[number] = None
            del self._row[bisect_left(self._row, (start, number))]
        return start

    def _turn(self, number: int, start: int) -> None:
        """Take the ticks of a call if they are free, free them if they are taken."""
        end = start + self.candidates[number].length
        self._free ^= (1 << end) - (1 << start)
        self._begun ^= 1 << start
        self._ended ^= 1 << end

    def price(self, number: int, start: int) -> float:
        """Return the cost of a call at a start that it may have."""
        return paid(self.candidates[number], start)

    def paid(self, number: int) -> float:
        """Return the cost of a call as it stands."""
        return paid(self.candidates[number], self.starts[number])

    def total(self) -> float:
        """Return the cost of the board."""
        return sum(self.paid(number) for number in range(len(self.starts)))

    def best(self, number: int, *, keep: bool = True) -> tuple[float, int] | None:
        """Return the cheapest free start of a call with its cost, None when nothing is free for it."""
        call = self.candidates[number]
        return cheapest(call, openings(self._free, call.length), keep=keep)

    def is_free(self, number: int, start: int) -> bool:
        """Tell whether nobody takes the time of a call at a start."""
        ticks = ((1 << self.candidates[number].length) - 1) << start
        return self._free & ticks == ticks

    def standing(self, start: int, end: int) -> list[int]:
        """Return the calls that overlap the ticks, by start."""
        low = bisect_right(self._row, (start, -1))
        if low and self._ends(low - 1) > start:
            low -= 1
        high = bisect_left(self._row, (end, -1))
        return [number for _, number in self._row[low:high]]

    def _ends(self, place: int) -> int:
        start, number = self._row[place]
        return start + self.candidates[number].length

    def edges(self, length: int) -> int:
        """Return the starts at which a call of that length would begin or end where another begins or ends."""
        edges = self._begun | self._ended
        return edges | edges >> length

    def row(self) -> list[int]:
        """Return the placed calls by start."""
        return [number for _, number in self._row]


def paid(call: Candidate, start: int | None) -> float:
    """Return the cost of a call at a start that it may have, or unplaced."""
    if start is None:
        return call.price.unplaced
    return call.price.at(start, outside=not call.in_slot >> start & 1)


def cheapest(call: Candidate, free: int, *, keep: bool = True) -> tuple[float, int] | None:
    """Return the cheapest start of a set with its cost: the first inside a slot, the first outside, or the previous.

    Without `keep` the previous start is no candidate of its own.
    """
    offers: list[tuple[float, int]] = []
    for starts, outside in ((call.in_slot & free, False), (call.outside & free, True)):
        if starts:
            ticks = {first(starts), *(_kept_start(call, starts) if keep else ())}
            offers.extend((call.price.at(tick, outside=outside), tick) for tick in ticks)
    return min(offers, default=None)


def _kept_start(call: Candidate, starts: int) -> tuple[int, ...]:
    """Return the previous start if it is in the set."""
    previous = call.price.previous
    if previous is None or previous < 0 or previous != int(previous):
        return ()
    return (int(previous),) if starts >> int(previous) & 1 else ()


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
        _improve(board)
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
        for start in _kept_start(call, call.in_slot | call.outside):
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


def _improve(board: Board) -> None:
    """Move calls as long as that pays: to a cheaper free time, or to a taken one whose calls go elsewhere."""
    ideal = [(cheapest(call, -1) or (call.price.unplaced, 0))[0] for call in board.candidates]
    rims = [_rims(call) for call in board.candidates]
    trials = TRIALS
    gained = True
    while gained and trials > 0:
        gained = False
        regrets = sorted((ideal[number] - board.paid(number), number) for number in range(len(ideal)))
        for regret, number in regrets:
            if regret > -EPSILON or trials <= 0:
                break
            targets = _targets(board, number, rims[number])
            trials -= 1 + len(targets)
            gained |= _relocate(board, number) or _eject(board, number, targets)


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
