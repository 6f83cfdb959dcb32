"""A bounded local search over rooms: moves that lower the cost of a board, until none is found or the steps are spent.

`descend` fills one room after the other with what saves most there. `chains` forces a call into a room that would suit
it better, and those that it drives out into others. `pairs` empties two rooms and fills both anew. Effort is counted in
steps (`Rooms.spent`), never in time, and chance is a fixed sequence: the same board always ends the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.plan.board import NOWHERE
from assistant.plan.knapsack import EPSILON

if TYPE_CHECKING:
    from assistant.plan.rooms import Rooms

CHAIN_LENGTH = 4
RESTART = 3
ROUNDS = 8
WORTH = 0.003
"""What a dear move must promise, as a share of what the calls cost above their ideal."""
ENOUGH = 0.0002
"""How far above the bound a board is good enough, as a share of it."""
CHOICES = 5
CHAINS = 0.4
"""The share of the steps that chains may take before pairs are tried; the same for pairs."""
PAIRS = 0.4
PICKING = 40
"""The steps that it takes to pick a pair."""


class Search:
    """The search on one board.

    `prices` are what a tick of each room is worth to others: an estimate that only guides where to look. `bound` is
    what no plan costs less than.
    """

    def __init__(self, rooms: Rooms, prices: list[float], bound: float = 0.0) -> None:
        self.rooms = rooms
        self.board = rooms.board
        self.prices = prices
        self._chance = 1
        self._worth = max(EPSILON, WORTH * (self.board.total - sum(rooms.ideal)))
        self.bound = bound

    def run(self, budget: float) -> None:
        """Move calls as long as that pays and the budget lasts."""
        end, first = self.rooms.spent + budget, self.board.total
        while self.rooms.spent < end and not self.is_good():
            before = self.board.total
            self.chains(min(end, self.rooms.spent + CHAINS * budget))
            self.pairs(min(end, self.rooms.spent + PAIRS * budget))
            if self.board.total >= before - EPSILON:
                self.pairs(end)
                break
        if self.board.total < first - EPSILON:
            self.descend()

    def is_good(self, share: float = ENOUGH) -> bool:
        """Tell whether the board is nearer to the bound than that share of it: more effort is not worth its time."""
        return self.board.total <= (1 + share) * self.bound + EPSILON

    def descend(self) -> None:
        """Fill every room anew, and move every call to a cheaper free time, until neither helps."""
        for _ in range(ROUNDS):
            gained = [self.rooms.fill(room) for room in self.rooms.sought()]
            if not any([*gained, self._relocate()]):
                break

    def _relocate(self) -> bool:
        board, gained = self.board, False
        for number in self._regretful():
            start, cost = board.starts[number], board.costs[number]
            board.lift(number)
            if board.best(number)[0] < cost - EPSILON:
                gained |= board.insert(number)
            elif start is not None:
                board.put(number, start, cost)
        return gained

    def _regretful(self, least: float = EPSILON) -> list[int]:
        """Return the calls that stand dearer than they could, by more than `least`, the dearest first."""
        ideal = self.rooms.ideal
        regrets = [(ideal[number] - cost, number) for number, cost in self.rooms.regretful()]
        return [number for regret, number in sorted(regrets) if regret < -least]

    def chains(self, end: float) -> None:
        """Force calls into rooms, the most promising pairs of the two first, as long as that pays."""
        gained = 1
        while gained and self.rooms.spent < end:
            gained = 0
            for number, room in self._promising():
                if self._chain(number, room):
                    gained += 1
                if gained == RESTART or self.rooms.spent >= end:
                    break

    def _promising(self) -> list[tuple[int, int]]:
        """Return calls and rooms that would suit them better, by what is gained if those driven out lose least."""
        board, least = self.board, self.rooms.least
        losses: dict[int, list[tuple[float, int]]] = {}
        found = []
        for number in self._regretful():
            cost, row = board.costs[number], least[number]
            for room in range(self.rooms.count):
                gain = cost - row[room]
                if gain > self._worth:
                    if room not in losses:
                        losses[room] = self._losses(room)
                    gain -= _least_loss(losses[room], board.pieces[number].length)
                    if gain > self._worth:
                        found.append((-gain, number, room))
        return [(number, room) for _, number, room in sorted(found)]

    def _losses(self, room: int) -> list[tuple[float, int]]:
        """Return what each call in a room would lose at least by leaving it, per tick, with its length; least first."""
        board, least = self.board, self.rooms.least
        start, end = self.rooms.spans[room]
        found, free = [], end - start
        for number in board.standing(start, end):
            row, length = least[number], board.pieces[number].length
            other = min([*row[:room], *row[room + 1 :]])
            found.append((max(0.0, other - board.costs[number]) / length, length))
            free -= length
        return sorted([(0.0, free), *found])

    def _chain(self, number: int, room: int) -> bool:
        """Force a call into a room, then the one that lost most by it into its next best, and so on, if that pays."""
        board, before, costs = self.board, self.board.total, list(self.board.costs)
        if self.rooms.least[number][room] >= costs[number] - EPSILON:
            return False
        board.mark()
        forced, used = {number}, {room}
        while self.rooms.force(number, room, forced):
            if board.total < before - EPSILON:
                return True
            number = self._loser(costs, forced)
            room = self._next_room(number, used) if number >= 0 else -1
            if room < 0 or len(forced) > CHAIN_LENGTH:
                break
            if board.total - (board.costs[number] - self.rooms.least[number][room]) > before - EPSILON:
                break  # even the best that the next link can do is not enough
            forced.add(number)
            used.add(room)
        board.undo()
        return False

    def _loser(self, costs: list[float], forced: set[int]) -> int:
        """Return the call that lost most since costs were these; -1 for none."""
        losses = [(self.board.costs[other] - costs[other], -other) for other in self.board.touched() - forced]
        loss, number = max(losses, default=(0.0, 1))
        return -number if loss > EPSILON else -1

    def _next_room(self, number: int, used: set[int]) -> int:
        """Return the room that would suit a call best at the prices, cheaper than where it stands; -1 for none."""
        row, length, limit = self.rooms.least[number], self.board.pieces[number].length, self.board.costs[number]
        prices = self.prices
        least, found = NOWHERE, -1
        for room in range(self.rooms.count):
            if row[room] < limit - EPSILON and row[room] + prices[room] * length < least and room not in used:
                least, found = row[room] + prices[room] * length, room
        return found

    def pairs(self, end: float) -> None:
        """Empty two rooms and fill both anew, for pairs picked by chance; equal cost is taken too, as a way on."""
        board = self.board
        while self.rooms.spent < end:
            self.rooms.spent += PICKING
            regretful = self._regretful(self._worth)
            if not regretful:
                break
            before = board.total
            board.mark()
            self._pair(regretful)
            if board.total > before + EPSILON:
                board.undo()

    def _pair(self, regretful: list[int]) -> None:
        """Empty a room that would suit a call better, and one that would suit one of those inside; fill both."""
        board, rooms = self.board, self.rooms
        number = regretful[self._pick(len(regretful))]
        better = [room for room, cost in enumerate(rooms.least[number][:-1]) if cost < board.costs[number] - EPSILON]
        if not better:
            return  # it would rather be left out
        room = better[self._pick(len(better))]
        inside = rooms.inside(room)
        others = inside if inside and self._pick(3) else regretful
        other = self._choice(others[self._pick(len(others))], room)
        lifted = list(dict.fromkeys([number, *inside, *(rooms.inside(other) if other >= 0 else ())]))
        for one in lifted:
            board.lift(one)
        both = [room, other] if self._pick(2) else [other, room]
        for one in both:
            if one >= 0:
                rooms.refill(
                    one, [call for call in lifted if board.starts[call] is None], rooms.wanting(one, placed=True)
                )
        rooms.insert_all(lifted)
        rooms.insert_all(regretful)

    def _choice(self, number: int, room: int) -> int:
        """Pick one of the few rooms that would suit a call best, other than the one given; -1 when there is none."""
        row = self.rooms.least[number][:-1]
        choices = sorted((cost, other) for other, cost in enumerate(row) if cost < NOWHERE and other != room)[:CHOICES]
        return choices[self._pick(len(choices))][1] if choices else -1

    def _pick(self, count: int) -> int:
        """Return a number below `count`. Source: the linear congruential generator of Knuth's MMIX."""
        self._chance = (self._chance * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF
        return (self._chance >> 33) % count


def _least_loss(losses: list[tuple[float, int]], ticks: int) -> float:
    """Return what making room for so many ticks loses at least."""
    total = 0.0
    for loss, length in losses:
        if ticks <= 0:
            break
        total += loss * min(length, ticks)
        ticks -= length
    return total
