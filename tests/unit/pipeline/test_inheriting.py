"""A ledger that was lost, before a calendar that still has its events."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assistant.errors import LedgerError
from assistant.pipeline import run_pass, take_over
from tests.unit.pipeline.desk import ANN, BO, Desk

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def lost(desk: Desk, tmp_path: Path) -> Desk:
    """A desk that had two calls planned, with a new ledger and the old calendar."""
    desk.missed("Ann Byrne", ANN, "2026-11-13 15:10")
    desk.missed("Bo Tan", BO, "2026-11-13 16:10")
    desk.sync()
    other = Desk(tmp_path / "new", "2026-11-16 08:00")
    other.states, other.state = desk.states, desk.state
    return other


def test_a_new_ledger_does_not_double_an_old_calendar(lost: Desk) -> None:
    """The first pass refuses, says what to do, and writes nothing."""
    before = dict(lost.state.events)
    with pytest.raises(LedgerError, match="ringback sync --take-over"):
        run_pass(lost.parts())
    assert lost.state.events == before
    assert lost.ledger.last_entry() == 0


def test_taking_over_leaves_one_hold_for_each_caller(lost: Desk) -> None:
    """The coming events of the lost ledger go, the user's stay, and everybody is planned once."""
    lost.busy("2026-11-17 09:00", 30)
    count = len(lost.state.events)
    assert take_over(lost.parts()) == count
    lost.sync()
    assert len(lost.ledger.owed()) == 2
    assert lost.faults() == []
    assert lost.sync().nothing_to_do


def test_what_has_been_stays(lost: Desk) -> None:
    """Events of the lost ledger that are over are evidence and are not removed."""
    lost.at("2026-11-18 08:00")
    gone = {uid for uid, event in lost.state.events.items() if event.end > lost.clock.now()}
    kept = set(lost.state.events) - gone
    assert kept
    assert take_over(lost.parts()) == len(gone)
    assert set(lost.state.events) == kept
