"""Operations are written down before they are tried: new ones many at a time, what removes or changes one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assistant.ledger import decisions, outbox
from assistant.model.callback import Gone
from assistant.model.journal import EventGone, Outcome
from assistant.model.mailbox import Label
from assistant.model.operation import DeleteEvent, PutDraft, PutEvent, SetLabel
from assistant.pipeline.writing import BATCH
from tests.unit.pipeline.desk import ANN, CutError, Desk

if TYPE_CHECKING:
    from pathlib import Path

    from assistant.model.operation import AnyOperation

CALLERS = 60


def crowd(root: Path) -> Desk:
    """Return a desk before whose first pass many people rang, some of them long ago and with an address."""
    desk = Desk(root, "2026-11-16 08:00", extra="max_minutes = 480\n")
    for number in range(CALLERS):
        name = f"Caller {number}"
        desk.contact(name, f"21255{50000 + number}", address=f"caller{number}@callers.example")
        desk.missed(name, f"21255{50000 + number}", f"2026-11-{9 + number % 5:02} 08:{number:02}")
    return desk


def cut(desk: Desk, operation: str, moment: str) -> list[AnyOperation]:
    """Kill a pass at the first call of an operation, and return what the ledger then takes for possible."""

    def hook(name: str, when: str) -> None:
        if (name, when) == (operation, moment):
            raise CutError

    with pytest.raises(CutError):
        desk.faulty(hook)
    return outbox.pending(desk.ledger)


def test_new_operations_are_announced_many_at_a_time(tmp_path: Path) -> None:
    """Before the first event is written, a whole batch is in the ledger, and no more."""
    pending = cut(crowd(tmp_path), "calendar.put", "before")
    assert len(pending) == BATCH
    assert all(isinstance(one, PutEvent) and one.previous is None for one in pending)


def test_a_first_pass_commits_about_once_an_operation(tmp_path: Path) -> None:
    """One commit settles an event or a draft; announcing, labels, ranks and plans are committed many at a time."""
    desk = crowd(tmp_path)
    traced: list[str] = []
    desk.ledger.database.connection.set_trace_callback(traced.append)
    done = desk.sync().done
    desk.ledger.database.connection.set_trace_callback(None)
    written = sum(isinstance(one, PutEvent | PutDraft) for one in done)
    assert written > 2 * CALLERS
    assert sum(isinstance(one, SetLabel) for one in done) == CALLERS
    assert sum(statement == "COMMIT" for statement in traced) < written + 20


@pytest.mark.parametrize("operation", ["calendar.put", "drafts.put", "mailbox.set_state"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_cut_batch_is_read_back(tmp_path: Path, operation: str, moment: str) -> None:
    """After a kill in the middle of a batch everybody has one hold, one draft and one label."""
    desk = crowd(tmp_path)
    assert cut(desk, operation, moment)
    desk.sync()
    assert desk.sync().nothing_to_do
    keys = [event.key for event in desk.state.events.values()]
    assert len(keys) == len(set(keys))
    assert len({key for key in keys if "-slot-" not in key}) == CALLERS
    letters = [draft.key for draft in desk.state.drafts.values()]
    assert len(letters) == len(set(letters)) == CALLERS
    assert all(mail.label == Label.TO_CALL for mail in desk.state.mails.values())
    assert desk.faults() == []


def test_a_deletion_is_announced_when_it_is_tried(tmp_path: Path) -> None:
    """A hold that the user deletes after a kill was deleted by the user, though we had wanted to remove it too."""
    desk = crowd(tmp_path)
    desk.sync()
    for name in ("Caller 1", "Caller 2", "Caller 3"):
        decisions.close(desk.ledger, desk.id(name), Outcome.HANDLED_ELSEWHERE)
    pending = [one for one in cut(desk, "calendar.delete", "before") if isinstance(one, DeleteEvent)]
    assert len(pending) == 1
    others = {desk.id(name) for name in ("Caller 1", "Caller 2", "Caller 3")} - {pending[0].subject}
    for subject in others:
        hold = desk.ledger.callback(subject).hold
        assert hold is not None
        desk.state.delete_event(hold.ref.ref)
    desk.sync()
    for subject in others:
        hold = desk.ledger.callback(subject).hold
        assert hold is not None
        assert hold.gone == Gone.BY_USER
        assert any(isinstance(entry.fact, EventGone) for entry in desk.ledger.entries(subject))


def test_a_label_of_a_cut_batch_is_still_a_command(desk: Desk) -> None:
    """A mail whose label was announced and never shown takes another label of the user's as said."""
    ref = desk.missed("Ann Byrne", ANN, "2026-11-13 15:10")
    pending = cut(desk, "mailbox.set_state", "before")
    assert [one.label for one in pending if isinstance(one, SetLabel)] == [Label.TO_CALL]
    desk.label(ref, Label.DONE)
    desk.sync()
    assert desk.callback("Ann Byrne").outcome == Outcome.REACHED
    assert outbox.pending(desk.ledger) == []


def test_a_draft_that_is_not_tried_is_not_pending(desk: Desk) -> None:
    """A draft whose hold could not be written is withdrawn at once, and written with the hold later."""
    desk.missed("Ann Byrne", ANN, "2026-11-09 15:10")
    report = desk.refused("calendar.put")
    assert report.failed
    assert not any(isinstance(one, PutDraft) for one in outbox.pending(desk.ledger))
    assert not desk.state.drafts
    desk.sync()
    assert len(desk.state.drafts) == 1
