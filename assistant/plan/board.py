"""Which call starts when: a board to put calls on and lift them off, with the cost of each place."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from assistant.plan.candidates import openings
from assistant.plan.cost import MOVED, TICK_HOURS

if TYPE_CHECKING:
    from assistant.plan.candidates import Candidate

NOWHERE = float("inf")


Tiers = tuple[tuple[int, float], ...]
Place = tuple[int | None, float]


class Piece(NamedTuple):
    """A call as a board sees it; ticks are counted from the board's own beginning.

    `tiers` are the starts it may have, each set with what a start of it costs besides; within a tier the cost only
    grows with the start. `late` is the cost of each day; empty for a call that pays `hourly` a tick after `due`.
    `previous` is -1 for none. `density` is what lateness costs per tick of length: who has more goes first.
    """

    length: int
    tiers: Tiers
    late: tuple[float, ...]
    due: float
    hourly: float
    rate: float
    fixed: float
    moved: float
    previous: int
    unplaced: float
    density: float


def piece(call: Candidate) -> Piece:
    """Return a call for a board of the whole horizon."""
    price = call.price
    classes = ((call.in_slot, 0.0), (call.outside, price.outside))
    tiers = [(starts & ticks, extra + amount) for ticks, amount in call.tiers for starts, extra in classes]
    return Piece(
        length=call.length,
        tiers=tuple(tier for tier in tiers if tier[0]),
        late=price.late,
        due=price.due or 0.0,
        hourly=price.weight * TICK_HOURS,
        rate=price.rate,
        fixed=price.fixed,
        moved=0.0 if price.previous is None else MOVED,
        previous=kept_start(call),
        unplaced=price.unplaced,
        density=price.weight / call.length,
    )


def kept_start(call: Candidate) -> int:
    """Return the previous start of a call if it may still start there, else -1."""
    previous = call.price.previous
    if previous is None or previous < 0 or previous != int(previous):
        return -1
    return int(previous) if (call.in_slot | call.outside) >> int(previous) & 1 else -1


def paid(call: Candidate, start: int | None) -> float:
    """Return the cost of a call at a start that it may have, or unplaced."""
    if start is None:
        return call.price.unplaced
    return call.price.at(start, outside=not call.in_slot >> start & 1)


class Board:
    """Which call starts when; knows what is free and what everything costs.

    Args:
        pieces: the calls.
        days: the number of the day of each tick, for `Piece.late`.
        slots: the ticks inside slots, as a set.
    """

    def __init__(self, pieces: list[Piece], days: list[int], slots: int) -> None:
        self.pieces = pieces
        self.days = days
        self.slots = slots
        self.free = (1 << len(days)) - 1
        self.starts: list[int | None] = [None] * len(pieces)
        self.costs = [piece.unplaced for piece in pieces]
        self.total = sum(self.costs)
        self.holder = [-1] * len(days)
        self.stamp = 0
        self._before: dict[int, Place] = {}

    def base(self, piece: Piece, start: int) -> float:
        """Return what a start costs in a tier without surcharge."""
        total = piece.fixed + piece.rate * start
        if piece.late:
            return total + piece.late[self.days[start]]
        after = start + piece.length - piece.due
        return total + piece.hourly * after if after > 0 else total

    def price(self, number: int, start: int) -> float:
        """Return the cost of a call at a start that it may have."""
        piece = self.pieces[number]
        for starts, extra in piece.tiers:
            if starts >> start & 1:
                moved = 0.0 if piece.previous == start else piece.moved
                return self.base(piece, start) + extra + moved
        return NOWHERE

    def best(self, number: int, within: int = -1) -> tuple[float, int]:
        """Return the cheapest free start of a call, as cost and start; the cost is `NOWHERE` when none is free."""
        piece = self.pieces[number]
        free = openings(self.free & within, piece.length)
        least, found = NOWHERE, -1
        for starts, extra in piece.tiers:
            open_starts = starts & free
            if open_starts:
                start = (open_starts & -open_starts).bit_length() - 1
                cost = self.base(piece, start) + extra + piece.moved
                if cost < least:
                    least, found = cost, start
        if piece.previous >= 0 and free >> piece.previous & 1:
            cost = self.price(number, piece.previous)
            if cost <= least:
                return cost, piece.previous
        return least, found

    def put(self, number: int, start: int, cost: float) -> None:
        """Place a call that is off the board; its ticks must be free."""
        length = self.pieces[number].length
        if number not in self._before:
            self._before[number] = (None, self.costs[number])
        self.stamp += 1
        self.free ^= ((1 << length) - 1) << start
        self.starts[number] = start
        self.total += cost - self.costs[number]
        self.costs[number] = cost
        self.holder[start : start + length] = [number] * length

    def lift(self, number: int) -> None:
        """Take a call off the board, if it is on it."""
        start, cost = self.starts[number], self.costs[number]
        if number not in self._before:
            self._before[number] = (start, cost)
        if start is None:
            return
        self.stamp += 1
        piece = self.pieces[number]
        self.free ^= ((1 << piece.length) - 1) << start
        self.starts[number] = None
        self.total += piece.unplaced - cost
        self.costs[number] = piece.unplaced
        self.holder[start : start + piece.length] = [-1] * piece.length

    def insert(self, number: int, within: int = -1) -> bool:
        """Put a call that is off the board where it costs least, unless leaving it out costs less."""
        cost, start = self.best(number, within)
        if cost >= self.pieces[number].unplaced:
            return False
        self.put(number, start, cost)
        return True

    def mark(self) -> None:
        """Remember the board as it stands, for `undo`."""
        self._before = {}

    def undo(self) -> None:
        """Put every call back to where it stood at the last `mark`."""
        before, self._before = self._before, {}
        for number in before:
            self.lift(number)
        for number, (start, cost) in before.items():
            if start is not None:
                self.put(number, start, cost)
        self._before = {}

    def reset(self, starts: list[int | None]) -> None:
        """Put every call to where it is to start, all at once."""
        for number in range(len(self.pieces)):
            self.lift(number)
        for number, start in enumerate(starts):
            if start is not None:
                self.put(number, start, self.price(number, start))

    def is_free(self, start: int, length: int) -> bool:
        """Tell whether nobody takes the ticks."""
        ticks = (1 << length) - 1
        return self.free >> start & ticks == ticks

    def touched(self) -> set[int]:
        """Return the calls put or lifted since the last `mark`."""
        return set(self._before)

    def standing(self, start: int, end: int) -> list[int]:
        """Return the calls that take any of the ticks, by start."""
        found = dict.fromkeys(self.holder[max(start, 0) : end])
        found.pop(-1, None)
        return list(found)
