"""The work of a plan is counted in steps, and bounded whatever the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assistant.plan import plan, rooms, search
from tests.bench.planning import problem

if TYPE_CHECKING:
    from assistant.plan.board import Board

TEN = range(1, 11)
MOST = 50_000


class Counted(rooms.Rooms):
    """Rooms that remember all of their kind."""

    made: list[rooms.Rooms]

    def __init__(self, board: Board) -> None:
        self.made.append(self)
        super().__init__(board)


@pytest.mark.parametrize("seed", TEN)
def test_forty_calls_over_ten_days_take_few_steps(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """An ordinary week takes so few steps that it is planned in less than 30 ms, and the same number each time."""
    monkeypatch.setattr(search, "Rooms", Counted)
    counts = []
    for _ in range(2):
        monkeypatch.setattr(Counted, "made", [], raising=False)
        plan(problem(40, 10, seed))
        counts.append(sum(one.spent for one in Counted.made))
    assert counts[0] == counts[1]
    assert 0 < counts[0] <= MOST
