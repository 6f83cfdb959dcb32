"""What a pass costs the ledger, counted in statements: it grows with the mails, not with their square."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.pipeline.desk import Desk

if TYPE_CHECKING:
    from pathlib import Path


def statements(root: Path, mails: int, callers: int) -> int:
    """Return how many statements the first pass over so many mails needs."""
    root.mkdir()
    desk = Desk(root, "2026-11-16 08:00")
    for number in range(mails):
        caller = number % callers
        at = f"2026-11-{3 + number % 10:02} {8 + number // 60 % 12:02}:{number % 60:02}"
        desk.missed(f"Caller {caller}", f"21255{50000 + caller}", at)
    traced: list[str] = []
    desk.ledger.database.connection.set_trace_callback(traced.append)
    desk.sync()
    desk.ledger.database.connection.set_trace_callback(None)
    return len(traced)


@pytest.mark.parametrize("one_caller", [False, True])
def test_statements_grow_with_the_mails(tmp_path: Path, *, one_caller: bool) -> None:
    """Four times the mails, of as many callers or of one, need about four times the statements."""
    small = statements(tmp_path / "small", 25, 1 if one_caller else 25)
    large = statements(tmp_path / "large", 100, 1 if one_caller else 100)
    assert large < 5 * small


def test_five_hundred_mails_are_read_in_a_first_pass(tmp_path: Path) -> None:
    """A first pass over 500 mails of 25 callers needs at most 25 statements for each mail."""
    assert statements(tmp_path / "many", 500, 25) < 25 * 500


def test_a_pass_without_news_reads_little(desk: Desk) -> None:
    """A second pass over sixty callers needs a few statements for each."""
    for number in range(60):
        desk.missed(f"Caller {number}", f"21255{50000 + number}", f"2026-11-13 08:{number:02}")
    desk.sync()
    desk.sync()
    traced: list[str] = []
    desk.ledger.database.connection.set_trace_callback(traced.append)
    desk.sync()
    assert len(traced) < 8 * 60
