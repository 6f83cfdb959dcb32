"""Several mailboxes, one of which is away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assistant.errors import TransientError
from assistant.model.mailbox import Label
from assistant.pipeline import run_pass
from tests.unit.pipeline.desk import ANN, BO, Desk

if TYPE_CHECKING:
    from pathlib import Path


def _away(operation: str, moment: str) -> None:
    if operation.startswith("mailbox.") and moment == "before":
        raise TransientError("memory", operation, "no route to the server")


@pytest.fixture
def two(tmp_path: Path) -> Desk:
    """A desk with a mailbox at home and one at the office, a caller in each."""
    desk = Desk(tmp_path, "2026-11-16 08:00", accounts=("home", "office"))
    desk.missed("Ann Byrne", ANN, "2026-11-13 15:10")
    desk.missed("Bo Tan", BO, "2026-11-13 16:10", account="office")
    return desk


def test_one_dead_mailbox_does_not_stop_the_others(two: Desk) -> None:
    """The callers of the mailbox that answers get their holds, and the report names the one that does not."""
    two.states["office"].hook = _away
    report = run_pass(two.parts())
    assert [callback.id for callback in two.ledger.owed()] == ["1"]
    assert two.hold("Ann Byrne").gone is None
    assert list(report.unread) == ["office"]
    assert "no route to the server" in report.unread["office"]
    assert not report.nothing_to_do


def test_the_next_pass_reads_what_was_missed(two: Desk) -> None:
    """A mailbox that is back is read from where it was left."""
    two.states["office"].hook = _away
    run_pass(two.parts())
    two.states["office"].hook = None
    two.sync()
    assert len(two.ledger.owed()) == 2
    assert two.faults() == []


def test_no_mailbox_at_all_is_an_error(two: Desk) -> None:
    """Where nothing could be read, the pass says so instead of claiming to have done its work."""
    for state in two.states.values():
        state.hook = _away
    with pytest.raises(TransientError):
        run_pass(two.parts())


def test_reading_anew_forgets_mails_that_are_gone(two: Desk) -> None:
    """A mail deleted while the cursor expired is labelled no more, and the pass does not stumble over it."""
    two.sync()
    ref = next(iter(two.states["office"].mails))
    two.states["office"].delete_mail(ref)
    two.states["office"].expire_cursors()
    two.sync()
    assert [row[0] for row in two.ledger.rows("known_refs", mailbox="office", since="")] == []
    assert next(iter(two.states["home"].mails.values())).label == Label.TO_CALL
