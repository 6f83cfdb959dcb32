"""Share the rooms among the calls as at an auction: a first plan that looks at all of them at once.

Each call bids for the room that is best for it at the prices of the moment, as much as it would lose with its second
choice; a room that is overfull gives up its lowest bids, and its price rises to them. Prices are per tick.
Source: Bertsekas, "The auction algorithm for the transportation problem", 1989.
"""

from __future__ import annotations

from heapq import heappop, heappush
from operator import add
from typing import TYPE_CHECKING

from assistant.plan.board import NOWHERE

if TYPE_CHECKING:
    from assistant.plan.rooms import Rooms

BIDS = 12


class Auction:
    """The rooms' prices and who holds which room; the last room of all is being left out, and costs nothing.

    Every bid is `step` higher than it need be, so that the auction ends.
    """

    def __init__(self, rooms: Rooms, step: float) -> None:
        self.rooms = rooms
        self._step = step
        self.lengths = [piece.length for piece in rooms.board.pieces]
        self.prices = [0.0] * (rooms.count + 1)
        self.room = [rooms.count] * len(self.lengths)
        self._left = [end - start for start, end in rooms.spans[: rooms.count]]
        self._bids: list[list[tuple[float, int, int]]] = [[] for _ in range(rooms.count)]
        self._costs = [[cost / length for cost in row] for row, length in zip(rooms.least, self.lengths, strict=True)]

    def run(self) -> None:
        """Let the calls bid until each has a room, or the bids are spent."""
        pieces = self.rooms.board.pieces
        waiting = sorted(range(len(pieces)), key=lambda number: (pieces[number].density, pieces[number].length))
        for _ in range(BIDS * len(pieces)):
            if not waiting:
                break
            waiting.extend(self._bid(waiting.pop()))

    def _bid(self, number: int) -> list[int]:
        """Give a call the room it likes best; return the calls that lose theirs."""
        net = list(map(add, self._costs[number], self.prices))
        least = min(net)
        room = self.room[number] = net.index(least)
        if room == len(self._left):
            return []
        net[room] = NOWHERE
        bid = self.prices[room] + min(net) - least + self._step
        heappush(self._bids[room], (bid, -self.lengths[number], number))
        self._left[room] -= self.lengths[number]
        return self._outbid(room)

    def _outbid(self, room: int) -> list[int]:
        lost = []
        while self._left[room] < 0:
            bid, length, number = heappop(self._bids[room])
            self._left[room] -= length
            self.room[number] = len(self._left)
            self.prices[room] = max(self.prices[room], bid)
            lost.append(number)
        return lost

    def settle(self) -> None:
        """Put the calls on the board: each room filled with those that won it, the others where there is room."""
        board = self.rooms.board
        won: list[list[int]] = [[] for _ in self.prices]
        for number, room in enumerate(self.room):
            won[room].append(number)
        for room, numbers in enumerate(won[:-1]):
            if numbers:
                self.rooms.refill(room, numbers, [])
        self.rooms.insert_all(list(range(len(board.pieces))))

    def bound(self) -> float:
        """Return what no plan can cost less than, as far as rooms and their prices tell."""
        paid: list[float] = [
            min(map(add, costs, self.prices)) * length for costs, length in zip(self._costs, self.lengths, strict=True)
        ]
        rents = [price * (end - start) for price, (start, end) in zip(self.prices, self.rooms.spans, strict=False)]
        return sum(paid) - sum(rents)
