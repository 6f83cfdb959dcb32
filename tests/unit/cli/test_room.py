"""Room for calls as a sentence."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from assistant.cli.room import room
from assistant.cli.times import Times
from assistant.ledger import planned
from assistant.ledger.database import Database
from assistant.ledger.journal import Ledger
from assistant.model.capacity import Capacity
from assistant.model.planning import Plan, Problem, SlotRule

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 11, 16, 13, tzinfo=UTC)
TIMES = Times(ZoneInfo("America/New_York"), NOW)
RULE = SlotRule(at="16:00", minutes=45, min_minutes=15, max_minutes=120)
PROBLEM = Problem(now=NOW, zone="America/New_York", horizon_days=4, working_hours={}, slot=RULE)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Open an empty ledger."""
    database = Database.open(tmp_path / "ledger.sqlite")
    yield Ledger(database, lambda: NOW)
    database.close()


def days(*numbers: int) -> tuple[date, ...]:
    return tuple(date(2026, 11, number) for number in numbers)


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (
            Capacity(full=days(19), days=10, coming=8, going=5),
            "Thursday is full; at today's rate the queue grows by 3 calls a day.",
        ),
        (Capacity(full=days(16, 17)), "Today and Tuesday are full."),
        (Capacity(full=days(16, 17, 18, 19)), "Today, Tuesday, Wednesday and 1 more days are full."),
        (Capacity(full=days(25)), "Wed 25 Nov is full."),
        (Capacity(days=10, coming=2.0, going=1.0), "At today's rate the queue grows by 1 call a day."),
        (Capacity(days=10, coming=1.0, going=3.5), "At today's rate the queue shrinks by 2.5 calls a day."),
        (Capacity(days=10, coming=2.4, going=2.0), None),
        (Capacity(full=days(13)), None),
    ],
)  # fmt: skip
def test_room_as_a_sentence(ledger: Ledger, found: Capacity, text: str | None) -> None:
    """Days are named as one says them, a rate that is next to nothing is not told, and days gone are not full."""
    planned.keep(ledger, PROBLEM, Plan(), {}, found)
    assert room(ledger, TIMES).text == text


def test_nothing_is_said_before_the_first_plan(ledger: Ledger) -> None:
    """An empty ledger has no plan, no rates and no sentence."""
    said = room(ledger, TIMES)
    assert (said.text, said.days, planned.last(ledger)) == (None, 0, None)


def test_what_another_release_kept_counts_for_nothing(ledger: Ledger) -> None:
    """Marks that cannot be read are as good as none; the next plan replaces them."""
    for mark in (planned.MARK, planned.ROOM):
        ledger.put_mark(mark, '{"problem": 3, "full": 3}')
    assert (planned.last(ledger), room(ledger, TIMES).text) == (None, None)


def test_a_plan_is_kept_as_it_was(ledger: Ledger) -> None:
    """What `why` and `week` read is what was planned."""
    planned.keep(ledger, PROBLEM, Plan(cost=3.5), {date(2026, 11, 26): "Thanksgiving Day"}, Capacity())
    kept = planned.last(ledger)
    assert kept is not None
    assert (kept.problem, kept.plan.cost) == (PROBLEM, 3.5)
    assert kept.days_off == {date(2026, 11, 26): "Thanksgiving Day"}
