"""Which call starts when: a board to put calls on and lift them off, with the cost of each place."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from typing import TYPE_CHECKING

from assistant.plan.candidates import first, openings

if TYPE_CHECKING:
    from assistant.plan.candidates import Candidate


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

    def nearest(self, start: int, count: int) -> list[int]:
        """Return up to `count` placed calls whose starts are nearest to a tick, nearest first."""
        place = bisect_left(self._row, (start, -1))
        around = self._row[max(0, place - count) : place + count]
        return [number for _, number in sorted(around, key=lambda item: (abs(item[0] - start), item))[:count]]

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
            ticks = {first(starts), *(kept_start(call, starts) if keep else ())}
            offers.extend((call.price.at(tick, outside=outside), tick) for tick in ticks)
    return min(offers, default=None)


def kept_start(call: Candidate, starts: int) -> tuple[int, ...]:
    """Return the previous start if it is in the set."""
    previous = call.price.previous
    if previous is None or previous < 0 or previous != int(previous):
        return ()
    return (int(previous),) if starts >> int(previous) & 1 else ()
