"""The stretches of time that a board has, and what each is best filled with.

A room is a stretch free of appointments on one day, inside a slot or outside all. What fills it best is found exactly
(`knapsack`): which calls, in which order, given what each would cost elsewhere.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING

from assistant.plan.board import NOWHERE
from assistant.plan.candidates import first
from assistant.plan.knapsack import EPSILON, Item, knapsack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.plan.board import Board
    from assistant.plan.knapsack import Offer, Place

FORCED = 1e9
"""What leaving out a call is said to cost that a room must take."""

MOST_WANTING = 8
"""How many calls outside a room are looked at to fill it: those that would gain most for each tick."""
AMPLE = 1.5
"""How many times its length a room is offered, in calls from outside."""

OFFERING = 8
"""The steps that a call offered to a room takes besides one for each tick; the same for a room."""
PACKING = 60

Span = tuple[int, int]
Found = tuple[int, int]


class Rooms:
    """The rooms of a board, and the least that each call costs in each.

    The first `count` of `spans` overlap nowhere; each of the others is several of them that touch, for calls that lie
    across the beginning or the end of a slot. `least[number][room]` is `NOWHERE` where a call cannot start; one more
    column is the cost of leaving it out. `columns` are the same by room, of all spans. `spent` counts steps of work.
    """

    def __init__(self, board: Board) -> None:
        self.board = board
        self.spans = list(_spans(board))
        self.count = len(self.spans)
        self.spans.extend(_joined(self.spans, board.days))
        self._items: dict[tuple[int, int], Item | None] = {}
        self.spent = 0
        self._stamp = -1
        self._regretful: list[tuple[int, float]] = []
        self._vain: set[tuple[float, ...]] = set()
        self._begins = [start for start, _ in self.spans[: self.count]]
        cuts: dict[tuple[int, int], list[Found]] = {}
        self.least = [self._row(number, cuts) for number in range(len(board.pieces))]
        self.columns = list(zip(*self.least, strict=True))
        self._orders = [
            sorted([(cost, room) for room, cost in enumerate(row[:-1]) if cost < NOWHERE]) for row in self.least
        ]
        self.least = [[*row[: self.count], row[-1]] for row in self.least]
        self.ideal = [min(row) for row in self.least]

    def _row(self, number: int, cuts: dict[tuple[int, int], list[Found]]) -> list[float]:
        """Return the least that a call costs in each room; `cuts` spares the same work for calls of one kind."""
        board, piece = self.board, self.board.pieces[number]
        row = [NOWHERE] * len(self.spans)
        for starts, extra in piece.tiers:
            if (starts, piece.length) not in cuts:
                cuts[starts, piece.length] = self._firsts(starts, piece.length)
            surcharge = extra + piece.moved
            for room, start in cuts[starts, piece.length]:
                cost = board.base(piece, start) + surcharge
                row[room] = min(row[room], cost)
        if piece.previous >= 0:
            room = bisect_right(self._begins, piece.previous) - 1
            if piece.previous + piece.length <= self.spans[room][1]:
                row[room] = min(row[room], board.price(number, piece.previous))
        row.append(piece.unplaced)
        return row

    def _firsts(self, starts: int, length: int) -> list[Found]:
        """Return each room that has one of the starts, with its first."""
        found = ((room, span[0], _within(starts, span, length)) for room, span in enumerate(self.spans))
        return [(room, start + first(inside)) for room, start, inside in found if inside]

    def inside(self, room: int) -> list[int]:
        """Return the calls that lie wholly inside a room."""
        start, end = self.spans[room]
        standing = self.board.standing(start, end)
        return [number for number in standing if self._holds(room, number)]

    def _holds(self, room: int, number: int) -> bool:
        start = self.board.starts[number]
        low, high = self.spans[room]
        return start is not None and low <= start and start + self.board.pieces[number].length <= high

    def regretful(self) -> list[tuple[int, float]]:
        """Return the calls that stand dearer than they could, with what they cost."""
        if self._stamp != self.board.stamp:
            self._stamp = self.board.stamp
            costs, ideal = self.board.costs, self.ideal
            self._regretful = [(number, cost) for number, cost in enumerate(costs) if cost - ideal[number] > EPSILON]
        return self._regretful

    def sought(self) -> list[int]:
        """Return the rooms in which some call would cost less than it does."""
        found = set()
        for number, cost in self.regretful():
            limit = cost - EPSILON
            for least, room in self._orders[number]:
                if least >= limit:
                    break
                found.add(room)
        return sorted(found)

    def wanting(self, room: int, *, placed: bool = False) -> list[int]:
        """Return the calls outside a room that would gain most by being inside; `placed` leaves out the unplaced."""
        board, (start, end) = self.board, self.spans[room]
        pieces, starts, column = board.pieces, board.starts, self.columns[room]
        found = [
            ((column[number] - cost) / pieces[number].length, number)
            for number, cost in self.regretful()
            if column[number] < cost - EPSILON
        ]
        chosen, left = [], AMPLE * (end - start)
        for _, number in sorted(found):
            at, length = starts[number], pieces[number].length
            if placed if at is None else start <= at and at + length <= end:
                continue
            chosen.append(number)
            left -= length
            if left <= 0 or len(chosen) == MOST_WANTING:
                break
        return chosen

    def fill(self, room: int) -> bool:
        """Give a room to the calls for which that saves most; return whether the board costs less for it.

        The others of the room go to their cheapest free place, and calls left out go to places that came free.
        """
        board, before = self.board, self.board.total
        wanting, inside = self.wanting(room), self.inside(room)
        if not wanting and all(board.pieces[number].late for number in inside):
            return False  # only calls that pay by the minute may stand in a wrong order
        key = room, *wanting, -1, *inside, sum([board.costs[number] for number in (*wanting, *inside)])
        if key in self._vain:
            return False
        offers, free, stands = self._offers(room, inside, wanting)
        saved, chosen = self._packed(room, free, offers)
        if saved <= stands + EPSILON:
            self._vain.add(key)
            return False
        board.mark()
        self._take(room, inside, chosen)
        self.insert_all([*inside, *wanting])
        if board.total < before - EPSILON:
            return True
        board.undo()
        self._vain.add(key)
        return False

    def _offers(self, room: int, inside: list[int], wanting: list[int]) -> tuple[list[Offer], int, float]:
        """Return what a room can be given anew, its ticks free but for others, and what those inside save by it now."""
        board, start = self.board, self.spans[room][0]
        offers: list[Offer] = []
        free, stands = board.free >> start, 0.0
        for number in inside:
            item, at = self.item(number, room), board.starts[number]
            if item is not None and at is not None:
                otherwise = self._elsewhere(number, room)
                offers.append((item, otherwise))
                free |= ((1 << item.length) - 1) << (at - start)
                stands += otherwise - board.costs[number]
        offers.extend((item, board.costs[item.number]) for item in self._items_of(wanting, room))
        return offers, free, stands

    def _items_of(self, numbers: list[int], room: int) -> list[Item]:
        found = [self.item(number, room) for number in numbers]
        return [item for item in found if item is not None]

    def refill(self, room: int, lifted: list[int], wanting: list[int]) -> None:
        """Give an emptied room to the best of the lifted calls and of others that want in."""
        costs = self.board.costs
        offers = [(item, costs[item.number]) for item in self._items_of(wanting, room)]
        offers.extend((item, self._elsewhere(item.number, room)) for item in self._items_of(lifted, room))
        self._give(room, offers)

    def force(self, number: int, room: int, forced: set[int]) -> bool:
        """Put a call into a room with the best of those inside and of those that want in; insert the others.

        The forced ones inside stay.

        Returns:
            Whether it has room there.
        """
        board, inside, wanting = self.board, self.inside(room), self.wanting(room)
        for other in (number, *inside):
            board.lift(other)
        costs = board.costs
        offers = [(item, FORCED) for item in self._items_of([number], room)]
        offers.extend((item, costs[item.number]) for item in self._items_of(wanting, room) if item.number != number)
        offers.extend(
            (item, FORCED if item.number in forced else self._elsewhere(item.number, room))
            for item in self._items_of(inside, room)
            if item.number != number
        )
        self._give(room, offers)
        placed = board.starts[number] is not None
        self.insert_all([number, *inside])
        return placed

    def _elsewhere(self, number: int, room: int) -> float:
        """Return what a call that is off the board costs at best outside a room."""
        start, end = self.spans[room]
        least, _ = self.board.best(number, ~((1 << end) - (1 << start)))
        return min(least, self.board.pieces[number].unplaced)

    def _packed(self, room: int, free: int, offers: list[Offer]) -> tuple[float, list[Place]]:
        """Return what filling a room best saves, and with what, and count the steps that takes."""
        start, end = self.spans[room]
        self.spent += len(offers) * (end - start + OFFERING) + PACKING
        return knapsack(free, end - start, offers)

    def _give(self, room: int, offers: list[Offer]) -> None:
        if offers:
            _, chosen = self._packed(room, self.board.free >> self.spans[room][0], offers)
            self._take(room, [], chosen)

    def _take(self, room: int, inside: list[int], chosen: list[Place]) -> None:
        """Empty a room and put the chosen calls into it."""
        board, start = self.board, self.spans[room][0]
        for number in inside:
            board.lift(number)
        for number, _ in chosen:
            board.lift(number)
        for number, tick in chosen:
            board.put(number, start + tick, board.price(number, start + tick))

    def insert_all(self, numbers: list[int]) -> None:
        """Insert those of the calls that are off the board, the dearest to leave out first."""
        board = self.board
        left = [number for number in numbers if board.starts[number] is None]
        for number in sorted(left, key=lambda number: -board.pieces[number].unplaced):
            if board.starts[number] is None:
                board.insert(number)

    def item(self, number: int, room: int) -> Item | None:
        """Return a call as one of those that a room may be filled with; None where it cannot start there."""
        key = number, room
        if key not in self._items:
            self._items[key] = self._new_item(number, room)
        return self._items[key]

    def _new_item(self, number: int, room: int) -> Item | None:
        board, piece, span = self.board, self.board.pieces[number], self.spans[room]
        start, last = span[0], span[1] - span[0] - piece.length
        costs = [NOWHERE] * (last + 1)
        for all_starts, extra in piece.tiers:
            surcharge = extra + piece.moved
            starts = _within(all_starts, span, piece.length)
            for tick in range(starts.bit_length()):
                if starts >> tick & 1:
                    costs[tick] = board.base(piece, start + tick) + surcharge
        if last < 0 or min(costs) == NOWHERE:
            return None
        previous = piece.previous - start
        wants = 0 <= previous <= last and costs[previous] < NOWHERE
        if wants:
            costs[previous] -= piece.moved
        early, late = costs[0] < NOWHERE, costs[-1] < NOWHERE
        reach = last + piece.length if not early else previous + piece.length if wants else 0
        return Item(
            (late - early, -piece.density, piece.due, -piece.length), number, piece.length, costs, reach, min(costs)
        )


def _spans(board: Board) -> Iterator[Span]:
    """Yield the stretches that calls may take, cut where slots begin and end and at midnight."""
    ticks = 0
    for starts, length in {(starts, piece.length) for piece in board.pieces for starts, _ in piece.tiers}:
        ticks |= _spread(starts, length)
    yield from sorted([*_runs(ticks & board.slots, board.days), *_runs(ticks & ~board.slots, board.days)])


def _spread(starts: int, length: int) -> int:
    """Return the ticks that calls of a length take from those starts."""
    have = 1
    while have < length:
        step = min(have, length - have)
        starts |= starts << step
        have += step
    return starts


def _joined(spans: list[Span], days: list[int]) -> Iterator[Span]:
    """Yield the stretches of which some are cut by a slot's beginning or end."""
    start, cut = spans[0][0] if spans else 0, False
    for (low, high), (after, _) in pairwise([*spans, (-1, -1)]):
        if high == after and days[low] == days[after]:
            cut = True
            continue
        if cut:
            yield start, high
        start, cut = after, False


def _runs(ticks: int, days: list[int]) -> Iterator[Span]:
    while ticks:
        start = first(ticks)
        end = bisect_right(days, days[start], start, start + first(~(ticks >> start)))
        ticks &= -1 << end
        yield start, end


def _within(starts: int, span: Span, length: int) -> int:
    """Return those of the starts from which a call of a length stays in a span, counted from where that begins."""
    ticks = span[1] - span[0] - length + 1
    return starts >> span[0] & ((1 << ticks) - 1) if ticks > 0 else 0
