"""A pass comes to rest: the next one at the same instant has nothing to do, and `check` finds nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assistant.ledger import decisions, undo
from assistant.model.call import E164, Call, Kind
from assistant.model.journal import CallId, Outcome
from assistant.model.mailbox import Label
from assistant.model.planning import Bucket
from assistant.pipeline.reading import put_call
from tests.unit.pipeline.desk import ANN, BO, CY, DI

if TYPE_CHECKING:
    from tests.unit.pipeline.desk import Desk

CALLERS = (("Ann Byrne", ANN), ("Bo Tan", BO), ("Cy Dunn", CY), ("Di Okafor", DI), ("Eve Lund", "+442079460018"))


def at_rest(desk: Desk) -> None:
    """Run a pass; the one after it must find nothing to do, write nothing down, and leave nothing wrong."""
    desk.sync()
    entries = desk.ledger.entry_count()
    assert desk.sync().nothing_to_do
    assert desk.ledger.entry_count() == entries
    assert desk.faults() == []


def five_calls(desk: Desk, at: str) -> None:
    """Let five people ring, two of whom can be written to."""
    desk.contact("Cy Dunn", CY, address="cy@dunn.example")
    for name, number in CALLERS:
        desk.missed(name, number, at)


def test_a_slot_keeps_the_length_that_its_calls_gave_it(desk: Desk) -> None:
    """Drafts name times in a lengthened slot, and the next pass does not shrink it for that."""
    five_calls(desk, "2026-11-13 15:10")
    desk.at("2026-11-18 08:00")
    desk.sync()
    assert desk.slots("2026-11-18") == ["16:00-16:50"]
    at_rest(desk)
    assert desk.slots("2026-11-18") == ["16:00-16:50"]


def test_sent_drafts_move_nobody(desk: Desk) -> None:
    """Times that became promises stay in their slot, and so does every other call in it."""
    five_calls(desk, "2026-11-13 15:10")
    desk.at("2026-11-18 08:00")
    desk.sync()
    before = {name: desk.start(name) for name, _ in CALLERS}
    for ref in list(desk.state.drafts):
        desk.state.send_draft(ref)
    at_rest(desk)
    assert {name: desk.start(name) for name, _ in CALLERS} == before
    assert desk.callback("Ann Byrne").promise is not None


def test_a_meeting_on_an_offered_time_moves_the_call(desk: Desk) -> None:
    """A time that only an untouched draft names gives way to a meeting, and the draft follows."""
    desk.at("2026-11-16 17:30")
    desk.missed("Ann Byrne", ANN, "2026-11-16 17:10")
    desk.sync()
    assert "16:00" in desk.draft_text()
    desk.busy("2026-11-17 15:30", 60)
    at_rest(desk)
    assert desk.start("Ann Byrne") != "Tue 17 16:00"
    assert desk.start("Ann Byrne")[-5:] in desk.draft_text()


def test_a_slot_that_has_begun_says_nothing_of_its_move(desk: Desk) -> None:
    """Why a slot is not at its usual time is of interest before it begins."""
    desk.busy("2026-11-16 15:30", 60)
    desk.missed("Bo Tan", BO, "2026-11-16 07:50")
    desk.sync()
    titles = {event.summary for event in desk.state.events.values() if "slot-2026-11-16" in event.key}
    assert titles == {"Calls (1), moved"}
    (start, _) = desk.slots("2026-11-16")[0].split("-")
    desk.at(f"2026-11-16 {start}")
    at_rest(desk)
    (slot,) = [event for event in desk.state.events.values() if "slot-2026-11-16" in event.key]
    assert "begun" not in slot.description


def test_a_merged_callback_whose_draft_goes_is_confirmed(desk: Desk) -> None:
    """A hold is tentative while a draft offers its time, and not when that draft is removed in the same pass."""
    desk.at("2026-11-16 17:30")
    desk.missed("Ann Byrne", ANN, "2026-11-16 17:10")
    desk.missed("Bo Tan", BO, "2026-11-16 17:20")
    desk.sync()
    decisions.merge(desk.ledger, desk.id("Ann Byrne"), [desk.id("Bo Tan")])
    at_rest(desk)
    assert desk.state.drafts == {}


def test_a_question_is_answered_by_the_label_that_settles_it(desk: Desk) -> None:
    """A vanished hold is asked about no more once its call is labelled done, in the very same pass."""
    mail = desk.missed("Bo Tan", BO, "2026-11-13 15:10")
    desk.sync()
    desk.remove("Bo Tan")
    desk.state.expire_cursors()
    desk.label(mail, Label.DONE)
    at_rest(desk)
    assert desk.ledger.calendar_state().question is None


def test_the_hold_of_a_closed_call_that_vanished_long_ago_is_let_go(desk: Desk) -> None:
    """Nothing is written over and over to an event that went before its call was seen to be settled."""
    desk.missed("Bo Tan", BO, "2026-11-13 15:10")
    desk.sync()
    decisions.close(desk.ledger, desk.id("Bo Tan"), Outcome.HANDLED_ELSEWHERE)
    desk.remove("Bo Tan")
    desk.at("2026-12-07 08:00")
    at_rest(desk)


def test_a_hold_of_the_users_words_may_end_without_a_call_to_come(desk: Desk) -> None:
    """A hold that the user renamed stays where it ended when its caller is never to be called, and check is content."""
    desk.missed("Bo Tan", BO, "2026-11-13 15:10")
    desk.sync()
    desk.retitle("Bo Tan", "Lunch")
    desk.sync()
    decisions.set_bucket(desk.ledger, desk.id("Bo Tan"), Bucket.NEVER)
    desk.at("2026-11-18 08:00")
    at_rest(desk)
    assert desk.title("Bo Tan") == "Lunch"


@pytest.mark.parametrize("heard_by_mail", [True, False])
def test_undo_of_adding_somebody_known_keeps_the_call_that_was_known(desk: Desk, *, heard_by_mail: bool) -> None:
    """Somebody who was added twice is still owed the call when the second time is taken back."""
    for number in (1, 2):
        with desk.ledger.change("add"):
            call = Call(
                kind=Kind.CALLBACK_REQUEST,
                calling_number=E164(f"+1{BO}"),
                caller_name="Bo Tan",
                start_time=desk.clock.now(),
            )
            put_call(desk.parts(), call, CallId(f"call-added-{number}-0"), None)
        if heard_by_mail and number == 1:
            desk.missed("Bo Tan", BO, "2026-11-16 08:00")
            desk.sync()
    undo.undo(desk.ledger)
    at_rest(desk)
    assert desk.start("Bo Tan") == "Mon 16 16:00"


def test_a_call_owed_again_whose_evidence_was_deleted_gets_a_new_hold(desk: Desk) -> None:
    """The ticked hold of a call closed long ago is deleted unseen; when the call is owed again, it has a hold again."""
    mail = desk.missed("Bo Tan", BO, "2026-11-13 15:10")
    desk.sync()
    decisions.close(desk.ledger, desk.id("Bo Tan"), Outcome.REACHED)
    desk.at("2026-12-07 08:00")
    desk.sync()
    desk.remove("Bo Tan")
    desk.sync()
    desk.label(mail, Label.TO_CALL)
    at_rest(desk)
    assert desk.start("Bo Tan") == "Mon 07 16:00"


def test_a_caller_split_off_is_another_caller(desk: Desk) -> None:
    """What is said of the first caller afterwards is not held against the one that was split off."""
    desk.missed("Bo Tan", BO, "2026-11-13 15:10")
    desk.missed("Bo Tan", BO, "2026-11-13 16:10")
    desk.sync()
    first = desk.callback("Bo Tan")
    other = decisions.split(desk.ledger, first.id, [first.calls[0].call])
    decisions.close(desk.ledger, first.id, Outcome.WRONG_NUMBER)
    at_rest(desk)
    assert desk.ledger.callback(other).no_hold is None
