"""The stretches of time that a board has, and what each is best filled with.

A room is a stretch free of appointments on one day, inside a slot or outside all. What fills it best is found exactly
(`knapsack`): which calls, in which order, given what each would cost elsewhere.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from assistant.plan.board import NOWHERE
from assistant.plan.candidates import first
from assistant.plan.knapsack import EPSILON, Item, knapsack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.plan.board import Board, Piece

FORCED = 1e9
"""What leaving out a call is said to cost that a room must take."""

MOST_WANTING = 16
"""How many calls outside a room are looked at to fill it: those that would gain most for each tick."""

Span = tuple[int, int]
Options = tuple[tuple[int, float], ...]


class Rooms:
    """The rooms of a board, and for each call where in each it may start and the least that costs.

    `least[number][room]` is `NOWHERE` where it cannot start; one more column is the cost of leaving the call out.
    """

    def __init__(self, board: Board) -> None:
        self.board = board
        self.spans = list(_spans(board))
        self.options: list[list[Options]] = []
        self.least: list[list[float]] = []
        self._items: dict[tuple[int, int], Item] = {}
        cuts: dict[tuple[int, int], list[int]] = {}
        for number, piece in enumerate(board.pieces):
            rows = self._options(piece, cuts)
            self.options.append(rows)
            least = [
                self._least(number, start, row) if row else NOWHERE
                for (start, _), row in zip(self.spans, rows, strict=True)
            ]
            self.least.append([*least, piece.unplaced])
        self.ideal = [min(row) for row in self.least]

    def _options(self, piece: Piece, cuts: dict[tuple[int, int], list[int]]) -> list[Options]:
        """Return the starts of a call in each room by tier; `cuts` spares the same work for calls of one kind."""
        rows = []
        for starts, extra in piece.tiers:
            if (starts, piece.length) not in cuts:
                cuts[starts, piece.length] = [_within(starts, span, piece.length) for span in self.spans]
            rows.append([(found, extra) if found else None for found in cuts[starts, piece.length]])
        return [tuple(filter(None, row)) for row in zip(*rows, strict=True)] or [()] * len(self.spans)

    def _least(self, number: int, origin: int, options: Options) -> float:
        board, piece = self.board, self.board.pieces[number]
        costs = [board.base(piece, origin + first(starts)) + extra for starts, extra in options]
        least = min(costs) + piece.moved
        previous = piece.previous - origin
        if previous >= 0 and any(starts >> previous & 1 for starts, _ in options):
            least = min(least, board.price(number, piece.previous))
        return least

    def inside(self, room: int) -> list[int]:
        """Return the calls that lie wholly inside a room."""
        start, end = self.spans[room]
        standing = self.board.standing(start, end)
        return [number for number in standing if self._holds(room, number)]

    def _holds(self, room: int, number: int) -> bool:
        start = self.board.starts[number]
        low, high = self.spans[room]
        return start is not None and low <= start and start + self.board.pieces[number].length <= high

    def wanting(self, room: int, *, placed: bool = False) -> list[int]:
        """Return the calls outside a room that would gain most by being inside; `placed` leaves out the unplaced."""
        least, starts, pieces = self.least, self.board.starts, self.board.pieces
        found = [
            ((least[number][room] - cost) / pieces[number].length, number)
            for number, cost in enumerate(self.board.costs)
            if least[number][room] < cost - EPSILON
            and not self._holds(room, number)
            and not (placed and starts[number] is None)
        ]
        return [number for _, number in sorted(found)[:MOST_WANTING]]

    def fill(self, room: int) -> bool:
        """Give a room to the calls for which that saves most; return whether the board costs less for it.

        The others of the room go to their cheapest free place, and calls left out go to places that came free.
        """
        board, before = self.board, self.board.total
        wanting, inside = self.wanting(room), self.inside(room)
        if not wanting and all(board.pieces[number].late for number in inside):
            return False  # only calls that pay by the minute may stand in a wrong order
        board.mark()
        for number in inside:
            board.lift(number)
        self.refill(room, inside, wanting)
        self.insert_all([*inside, *wanting])
        if board.total < before - EPSILON:
            return True
        board.undo()
        return False

    def refill(self, room: int, lifted: list[int], wanting: list[int]) -> None:
        """Give an emptied room to the best of the lifted calls and of others that want in."""
        items = [self._item(number, room, self.board.costs[number]) for number in wanting]
        items.extend(self._item(number, room, self._elsewhere(number, room)) for number in lifted)
        self._give(room, items)

    def force(self, number: int, room: int, forced: set[int]) -> bool:
        """Put a call into a room with the best of those inside and of those that want in; insert the others.

        The forced ones inside stay.

        Returns:
            Whether it has room there.
        """
        board, inside, wanting = self.board, self.inside(room), self.wanting(room)
        for other in (number, *inside):
            board.lift(other)
        items = [self._item(number, room, FORCED)]
        items.extend(self._item(other, room, board.costs[other]) for other in wanting if other != number)
        items.extend(
            self._item(other, room, FORCED if other in forced else self._elsewhere(other, room))
            for other in inside
            if other != number
        )
        self._give(room, items)
        placed = board.starts[number] is not None
        self.insert_all([number, *inside])
        return placed

    def _elsewhere(self, number: int, room: int) -> float:
        """Return what a call that is off the board costs at best outside a room."""
        start, end = self.spans[room]
        least, _ = self.board.best(number, ~((1 << end) - (1 << start)))
        return min(least, self.board.pieces[number].unplaced)

    def _give(self, room: int, items: list[Item]) -> None:
        board = self.board
        start, end = self.spans[room]
        items = [item for item in items if item.costs]
        if not items:
            return
        chosen = knapsack(board.free >> start, end - start, items)
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

    def _item(self, number: int, room: int, otherwise: float) -> Item:
        item = self._items.get((number, room))
        if item is None:
            item = self._items[number, room] = self._new_item(number, room)
        return item._replace(otherwise=otherwise)

    def _new_item(self, number: int, room: int) -> Item:
        board, piece, (start, end) = self.board, self.board.pieces[number], self.spans[room]
        options, last = self.options[number][room], end - start - piece.length
        if not options:
            return Item(number, piece.length, [], (), 0)
        costs = [NOWHERE] * (last + 1)
        for starts, extra in options:
            surcharge = extra + piece.moved
            for tick in range(first(starts), starts.bit_length()):
                if starts >> tick & 1:
                    costs[tick] = board.base(piece, start + tick) + surcharge
        previous = piece.previous - start
        wants = 0 <= previous <= last and costs[previous] < NOWHERE
        if wants:
            costs[previous] -= piece.moved
        early, late = costs[0] < NOWHERE, costs[-1] < NOWHERE
        reach = last + piece.length if not early else previous + piece.length if wants else 0
        return Item(number, piece.length, costs, (late - early, -piece.density, piece.due, -piece.length), reach)


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
