"""Answers that are lost after a write took effect, and writes that are refused."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from assistant.errors import TransientError
from assistant.ledger import decisions
from assistant.model.callback import DraftStatus, Gone, Status
from assistant.model.journal import Attempted, AttemptResult, EventMoved, Outcome, Promised
from assistant.model.mailbox import Label
from tests.unit.pipeline.desk import ANN, BO, CY, WRITES

if TYPE_CHECKING:
    from tests.unit.pipeline.desk import Desk


@pytest.fixture
def called(desk: Desk) -> Desk:
    """Ann called on Friday."""
    desk.missed("Ann Byrne", ANN, "2026-11-13 15:10")
    return desk


@pytest.fixture
def drafted(called: Desk) -> Desk:
    """Ann's hold was dragged to Wednesday, so that there is a draft for her."""
    called.sync()
    called.drag("Ann Byrne", "2026-11-18 11:00")
    called.sync()
    assert len(called.state.drafts) == 1
    return called


def settled(desk: Desk) -> None:
    """Run the next pass; the one after it must find nothing to do and nothing wrong."""
    desk.sync()
    assert desk.sync().nothing_to_do
    assert desk.faults() == []


def test_a_lost_answer_to_a_new_event_makes_one_event(called: Desk) -> None:
    """A hold whose creation was never confirmed is found by its uid and not made again."""
    called.lost("calendar.put")
    settled(called)
    assert called.start("Ann Byrne") == "Mon 16 16:00"
    assert called.hold("Ann Byrne").generation == 1


def test_an_unconfirmed_event_moved_by_the_user_is_pinned(called: Desk) -> None:
    """A hold that was created without an answer and then dragged stays where it was dragged."""
    called.lost("calendar.put")
    (ref,) = [ref for ref, event in called.state.events.items() if "Ann" in event.summary]
    called.state.move_event(ref, called.moment("2026-11-18 11:00"), timedelta(minutes=10))
    settled(called)
    assert called.start("Ann Byrne") == "Wed 18 11:00"
    assert called.hold("Ann Byrne").pinned


def test_a_lost_answer_to_a_move_is_no_move_of_the_users(called: Desk) -> None:
    """A hold that we moved without hearing so is not pinned."""
    called.sync()
    called.busy("2026-11-16 15:45", 75)
    called.lost("calendar.put")
    settled(called)
    assert called.start("Ann Byrne") != "Mon 16 16:00"
    assert not called.hold("Ann Byrne").pinned


def test_a_retitling_after_an_unconfirmed_move_pins_nothing(called: Desk) -> None:
    """Words that the user gave a hold between the passes are the user's, the new time is still ours."""
    called.sync()
    called.busy("2026-11-16 15:45", 75)
    called.lost("calendar.put")
    called.retitle("Ann Byrne", "{} about the lease")
    settled(called)
    assert called.title("Ann Byrne") == "Call Ann Byrne about the lease"
    assert called.hold("Ann Byrne").edited
    assert not called.hold("Ann Byrne").pinned


def test_a_drag_after_an_unconfirmed_move_stands(called: Desk) -> None:
    """The user's own time wins over the one that we wrote without hearing so."""
    called.sync()
    called.busy("2026-11-16 15:45", 75)
    called.lost("calendar.put")
    called.drag("Ann Byrne", "2026-11-18 11:00")
    settled(called)
    assert called.start("Ann Byrne") == "Wed 18 11:00"
    assert len(called.facts("Ann Byrne", EventMoved)) == 1


def test_a_lost_answer_to_a_deletion_is_no_deletion_of_the_users(called: Desk) -> None:
    """A hold that we removed without hearing so is not asked about."""
    called.sync()
    decisions.close(called.ledger, called.id("Ann Byrne"), Outcome.HANDLED_ELSEWHERE)
    called.lost("calendar.delete")
    settled(called)
    assert called.callback("Ann Byrne").hold is None
    assert called.events("Ann Byrne") == []


def test_a_hold_deleted_by_the_user_before_an_unconfirmed_move_settles_stays_away(called: Desk) -> None:
    """A hold that the user deletes while a move of ours is unconfirmed is the user's decision."""
    called.sync()
    called.busy("2026-11-16 15:45", 75)
    called.lost("calendar.put")
    called.remove("Ann Byrne")
    settled(called)
    assert called.hold("Ann Byrne").gone == Gone.BY_USER
    assert called.events("Ann Byrne") == []


def test_a_lost_answer_to_a_new_draft_makes_one_draft(called: Desk) -> None:
    """A draft whose creation was never confirmed is found by its key and not written again."""
    called.sync()
    called.drag("Ann Byrne", "2026-11-18 11:00")
    called.lost("drafts.put")
    settled(called)
    assert called.draft_states("Ann Byrne") == [("will_call_at", DraftStatus.STANDING)]
    assert len(called.state.drafts) == 1


def test_an_unconfirmed_draft_edited_by_the_user_is_the_users(called: Desk) -> None:
    """Words changed before the next pass are kept."""
    called.sync()
    called.drag("Ann Byrne", "2026-11-18 11:00")
    called.lost("drafts.put")
    called.edit_draft("thank you for your call", "good to hear from you")
    settled(called)
    assert called.draft_states("Ann Byrne") == [("will_call_at", DraftStatus.EDITED)]
    assert "good to hear from you" in called.draft_text()


def test_an_unconfirmed_draft_that_was_sent_is_a_promise(called: Desk) -> None:
    """A draft that was sent before we heard that it was written is told, and not written again."""
    called.sync()
    called.drag("Ann Byrne", "2026-11-18 11:00")
    called.lost("drafts.put")
    called.send_draft()
    settled(called)
    assert called.state.drafts == {}
    assert [promise.at for promise in called.callback("Ann Byrne").promises] == [called.moment("2026-11-18 11:00")]


def test_a_lost_answer_to_a_new_time_in_a_draft_is_no_edit(drafted: Desk) -> None:
    """A draft that we re-timed without hearing so is still ours."""
    drafted.drag("Ann Byrne", "2026-11-19 14:00")
    drafted.lost("drafts.put")
    settled(drafted)
    assert drafted.draft_states("Ann Byrne") == [("will_call_at", DraftStatus.STANDING)]
    assert "Thursday 19 November, 14:00" in drafted.draft_text()


def test_an_edit_after_an_unconfirmed_new_time_keeps_that_time(drafted: Desk) -> None:
    """A draft that we re-timed unheard, then edited by the user and sent, promises the new time."""
    drafted.drag("Ann Byrne", "2026-11-19 14:00")
    drafted.lost("drafts.put")
    drafted.edit_draft("thank you for your call", "good to hear from you")
    settled(drafted)
    assert drafted.draft_states("Ann Byrne") == [("will_call_at", DraftStatus.EDITED)]
    drafted.send_draft()
    settled(drafted)
    assert [promise.at for promise in drafted.callback("Ann Byrne").promises] == [drafted.moment("2026-11-19 14:00")]


def test_a_lost_answer_to_the_removal_of_a_draft_is_no_decision(drafted: Desk) -> None:
    """A draft that we removed without hearing so was not thrown away by the user."""
    decisions.close(drafted.ledger, drafted.id("Ann Byrne"), Outcome.REACHED)
    drafted.lost("drafts.delete")
    settled(drafted)
    assert drafted.draft_states("Ann Byrne") == [("will_call_at", DraftStatus.REMOVED)]


def test_a_lost_answer_to_a_label_is_no_command(called: Desk) -> None:
    """A label that we set without hearing so does not count as the user's word."""
    called.sync()
    decisions.promise(called.ledger, called.id("Ann Byrne"), called.moment("2026-11-18 11:00"))
    called.lost("mailbox.set_state")
    settled(called)
    assert len(called.facts("Ann Byrne", Promised)) == 1


def test_a_lost_label_is_no_command_after_a_pass_that_failed_either(called: Desk) -> None:
    """What a pass that was cut off learned of lost labels is not forgotten by the next."""
    called.sync()
    later = called.moment("2026-11-18 11:00")
    decisions.attempt(called.ledger, called.id("Ann Byrne"), AttemptResult.LEFT_MESSAGE, later)
    called.lost("mailbox.set_state")
    with pytest.raises(TransientError):
        called.refused("calendar.changes")
    called.at("2026-11-18 11:05")
    settled(called)
    assert len(called.facts("Ann Byrne", Attempted)) == 1


def test_the_users_label_over_an_unconfirmed_one_is_a_command(called: Desk) -> None:
    """A label that the user set while ours was unconfirmed is obeyed."""
    (mail,) = called.state.mails
    called.lost("mailbox.set_state")
    called.label(mail, Label.DONE)
    settled(called)
    assert called.callback("Ann Byrne").status == Status.CLOSED


@pytest.mark.parametrize("operation", WRITES)
def test_a_refused_write_is_reported_and_made_good(drafted: Desk, operation: str) -> None:
    """What a service refuses stops nothing else, is told, and is written by the next pass."""
    drafted.missed("Bo Tan", BO, "2026-11-16 07:10")
    drafted.missed("Cy Dunn", CY, "2026-11-16 07:20")
    decisions.promise(drafted.ledger, drafted.id("Ann Byrne"), drafted.moment("2026-11-19 14:00"))
    drafted.refused("calendar.put")
    drafted.sync()
    decisions.close(drafted.ledger, drafted.id("Cy Dunn"), Outcome.HANDLED_ELSEWHERE)
    drafted.drag("Bo Tan", "2026-11-18 15:00")
    drafted.contact("Bo Tan", BO, address="bo@tan.example")
    report = drafted.refused(operation)
    assert bool(report.failed) == (operation != "drafts.delete")
    assert {failure.exit_code for failure in report.failed} <= {1}
    assert report.done
    settled(drafted)


def test_a_draft_waits_for_a_hold_that_could_not_be_moved(called: Desk) -> None:
    """A draft never names a time at which the calendar has no hold, not even between two passes."""
    called.busy("2026-11-16 08:00", 720)
    called.sync()
    assert called.start("Ann Byrne") == "Tue 17 16:00"
    assert len(called.state.drafts) == 1
    called.busy("2026-11-17 15:30", 120)
    called.refused("calendar.put")
    assert called.faults() == []
    settled(called)
    assert called.start("Ann Byrne") != "Tue 17 16:00"
