"""What the user does to holds: moves, titles, ticks, deletions."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from assistant.ledger import decisions
from assistant.model.calendar import EventStatus
from assistant.model.callback import Gone, Status
from assistant.model.journal import Attempted, AttemptResult, Outcome
from assistant.model.mailbox import Label
from tests.unit.pipeline.desk import ANN, BO

if TYPE_CHECKING:
    from tests.unit.pipeline.desk import Desk


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """Bo, who is in no address book, called on Friday and has his hold on Monday at 16:00."""
    desk.missed("Bo Tan", BO, "2026-11-13 15:10")
    desk.sync()
    assert desk.start("Bo Tan") == "Mon 16 16:00"
    return desk


def settled(desk: Desk) -> None:
    """Run a pass; the one after it must find nothing to do and nothing wrong."""
    desk.sync()
    assert desk.sync().nothing_to_do
    assert desk.faults() == []


def test_a_moved_hold_stays(desk: Desk) -> None:
    """A hold that the user moved is pinned, says so, and does not follow the slot."""
    desk.drag("Bo Tan", "2026-11-18 11:00")
    settled(desk)
    desk.busy("2026-11-16 09:00", 480)
    settled(desk)
    assert desk.start("Bo Tan") == "Wed 18 11:00"
    assert "you moved it here" in desk.event("Bo Tan").description


def test_a_moved_hold_outside_the_slot_blocks_its_time(desk: Desk) -> None:
    """A hold inside a slot is transparent, outside it is opaque."""
    assert not desk.event("Bo Tan").opaque
    desk.drag("Bo Tan", "2026-11-18 11:00")
    settled(desk)
    assert desk.event("Bo Tan").opaque


def test_a_length_that_the_user_chose_stays(desk: Desk) -> None:
    """A hold that the user made longer keeps its length when the pass writes it anew."""
    ref = desk.hold("Bo Tan").ref.ref
    desk.state.move_event(ref, desk.moment("2026-11-18 11:00"), timedelta(minutes=40))
    settled(desk)
    assert desk.event("Bo Tan").end - desk.event("Bo Tan").start == timedelta(minutes=40)


def test_a_title_of_the_users_stays_on_later_moves(desk: Desk) -> None:
    """Words that the user wrote are kept when the hold moves."""
    desk.retitle("Bo Tan", "{} about the lease")
    settled(desk)
    desk.busy("2026-11-16 15:45", 75)
    settled(desk)
    assert desk.start("Bo Tan") != "Mon 16 16:00"
    assert desk.title("Bo Tan") == "Call Bo Tan about the lease"


def test_time_and_title_edited_at_once_are_both_kept(desk: Desk) -> None:
    """A hold that was moved and retitled between two passes keeps both."""
    desk.drag("Bo Tan", "2026-11-18 11:00")
    desk.retitle("Bo Tan", "Bo: the lease")
    settled(desk)
    assert (desk.start("Bo Tan"), desk.title("Bo Tan")) == ("Wed 18 11:00", "Bo: the lease")


def test_a_tick_closes(desk: Desk) -> None:
    """A ticked title means that the caller was reached."""
    desk.retitle("Bo Tan", "✓ {}")
    settled(desk)
    assert desk.callback("Bo Tan").outcome == Outcome.REACHED


def test_a_ticked_and_moved_hold_is_closed(desk: Desk) -> None:
    """A hold that was dragged to when the call was made and ticked is done."""
    desk.drag("Bo Tan", "2026-11-16 09:00")
    desk.retitle("Bo Tan", "✓ {}")
    settled(desk)
    assert desk.callback("Bo Tan").status == Status.CLOSED


def test_a_tick_taken_out_again_reopens(desk: Desk) -> None:
    """The call is owed again when its tick is gone, and a second tick closes it a second time."""
    desk.retitle("Bo Tan", "✓ {}")
    settled(desk)
    desk.retitle("Bo Tan", "Call Bo Tan")
    settled(desk)
    assert desk.callback("Bo Tan").status == Status.OPEN
    desk.retitle("Bo Tan", "✓ Call Bo Tan")
    settled(desk)
    assert desk.callback("Bo Tan").status == Status.CLOSED


def test_a_tick_of_ours_taken_out_reopens(desk: Desk) -> None:
    """The tick that Ringback set after a command is one that the user can take out."""
    desk.at("2026-11-16 16:05")
    decisions.close(desk.ledger, desk.id("Bo Tan"), Outcome.REACHED)
    settled(desk)
    assert desk.title("Bo Tan") == "✓ Call Bo Tan: reached"
    desk.retitle("Bo Tan", "Call Bo Tan")
    settled(desk)
    assert desk.callback("Bo Tan").status == Status.OPEN


def test_a_title_edited_before_the_command_does_not_reopen(desk: Desk) -> None:
    """Words that the user wrote into the title before closing by command are no tick taken out."""
    desk.retitle("Bo Tan", "{} about the lease")
    decisions.close(desk.ledger, desk.id("Bo Tan"), Outcome.REACHED)
    settled(desk)
    assert desk.callback("Bo Tan").status == Status.CLOSED


def test_reopening_by_label_takes_the_users_tick_out(desk: Desk) -> None:
    """A title with a tick of the user's does not stay on a call that is owed again."""
    (mail,) = desk.state.mails
    desk.retitle("Bo Tan", "✓ {}")
    settled(desk)
    desk.label(mail, Label.TO_CALL)
    settled(desk)
    assert desk.title("Bo Tan") == "Call Bo Tan"


def test_a_sign_of_a_message_left_is_an_attempt(desk: Desk) -> None:
    """A tick with "left message" is one attempt; the title is ours again on the next working day."""
    desk.at("2026-11-16 16:05")
    desk.retitle("Bo Tan", "✓ left message {}")
    settled(desk)
    assert [fact.result for fact in desk.callback("Bo Tan").attempts] == ["left_message"]
    assert desk.title("Bo Tan") == "Call Bo Tan"
    assert desk.start("Bo Tan") == "Tue 17 16:00"


def test_a_sign_before_the_users_words_goes_and_the_words_stay(desk: Desk) -> None:
    """A message left, noted in front of a title of the user's, is read once and taken out; the title stays."""
    desk.retitle("Bo Tan", "Bo: the lease")
    settled(desk)
    desk.retitle("Bo Tan", "Left message - {}")
    settled(desk)
    assert len(desk.facts("Bo Tan", Attempted)) == 1
    assert desk.title("Bo Tan") == "Bo: the lease"


def test_a_sign_and_new_words_at_once_are_both_read(desk: Desk) -> None:
    """A title that says "later" and something new is put off, and keeps what is new."""
    desk.retitle("Bo Tan", "later: Bo, the lease")
    settled(desk)
    assert desk.callback("Bo Tan").status == Status.WAITING
    assert desk.title("Bo Tan") == "Bo, the lease"


def test_a_sign_goes_though_the_hold_stays_where_it_is(desk: Desk) -> None:
    """A promised call that is marked "later" keeps its time and loses the word, so that a tick can be read."""
    desk.retitle("Bo Tan", "Bo: the lease")
    decisions.promise(desk.ledger, desk.id("Bo Tan"), desk.moment("2026-11-18 11:00"))
    settled(desk)
    desk.retitle("Bo Tan", "later {}")
    settled(desk)
    assert (desk.start("Bo Tan"), desk.title("Bo Tan")) == ("Wed 18 11:00", "Bo: the lease")
    desk.retitle("Bo Tan", "✓ {}")
    settled(desk)
    assert desk.callback("Bo Tan").outcome == Outcome.REACHED


def test_later_puts_the_call_off(desk: Desk) -> None:
    """A title with "later" makes the call wait for the next working day."""
    desk.at("2026-11-16 15:50")
    desk.retitle("Bo Tan", "later {}")
    settled(desk)
    assert desk.callback("Bo Tan").status == Status.WAITING
    assert (desk.start("Bo Tan"), desk.title("Bo Tan")) == ("Tue 17 16:00", "Call Bo Tan")


def test_a_sign_on_a_moved_hold_is_read_once(desk: Desk) -> None:
    """A hold that was moved and marked "left message" counts as one attempt, and its time is free again."""
    desk.drag("Bo Tan", "2026-11-16 09:00")
    desk.retitle("Bo Tan", "left message {}")
    settled(desk)
    assert len(desk.facts("Bo Tan", Attempted)) == 1
    assert desk.start("Bo Tan") == "Tue 17 16:00"


def test_a_sign_counts_once_though_the_hold_could_not_be_written(desk: Desk) -> None:
    """A sign that stays in the title, since the calendar refuses us, is not read again when the hold is moved."""
    desk.retitle("Bo Tan", "left message {}")
    desk.refused("calendar.put")
    desk.drag("Bo Tan", "2026-11-18 11:00")
    settled(desk)
    assert len(desk.facts("Bo Tan", Attempted)) == 1


def test_two_messages_left_are_two_attempts(desk: Desk) -> None:
    """The same sign on another day counts again."""
    desk.retitle("Bo Tan", "left message {}")
    settled(desk)
    desk.at("2026-11-17 16:05")
    desk.retitle("Bo Tan", "left message {}")
    settled(desk)
    assert len(desk.facts("Bo Tan", Attempted)) == 2


def test_a_deleted_hold_is_asked_about(desk: Desk) -> None:
    """A hold that the user deleted is not put back, and nobody is closed because of it."""
    desk.remove("Bo Tan")
    settled(desk)
    assert desk.hold("Bo Tan").gone == Gone.BY_USER
    assert desk.callback("Bo Tan").status == Status.OPEN
    assert desk.events("Bo Tan") == []


def test_a_cancelled_hold_is_a_deleted_one(desk: Desk) -> None:
    """STATUS:CANCELLED on a hold is how some calendars delete."""
    desk.state.edit_event(desk.hold("Bo Tan").ref.ref, status=EventStatus.CANCELLED)
    settled(desk)
    assert desk.hold("Bo Tan").gone == Gone.BY_USER


def test_a_hold_taken_out_of_the_bin_of_the_calendar_stands_again(desk: Desk) -> None:
    """A hold that comes back on the calendar by itself is the hold, and no second one is made."""
    ref = desk.hold("Bo Tan").ref.ref
    desk.state.edit_event(ref, status=EventStatus.CANCELLED)
    settled(desk)
    desk.state.edit_event(ref, status=EventStatus.CONFIRMED)
    settled(desk)
    assert desk.hold("Bo Tan").gone is None
    assert len(desk.events("Bo Tan")) == 1


@pytest.mark.parametrize("decide", ["snooze", "tried", "promise"])
def test_answering_for_a_deleted_hold_with_a_time_makes_a_new_hold(desk: Desk, decide: str) -> None:
    """Whoever is asked about a deleted hold and names another time gets a hold then."""
    desk.remove("Bo Tan")
    settled(desk)
    bo, then = desk.id("Bo Tan"), desk.moment("2026-11-18 11:00")
    match decide:
        case "snooze":
            decisions.snooze(desk.ledger, bo, then)
        case "tried":
            decisions.attempt(desk.ledger, bo, AttemptResult.NO_ANSWER, then)
        case _:
            decisions.promise(desk.ledger, bo, then)
    settled(desk)
    assert desk.start("Bo Tan").startswith("Wed 18")


def test_a_hold_deleted_after_it_was_closed_comes_back_when_it_is_owed_again(desk: Desk) -> None:
    """Deleting the evidence of a call is no decision about a call that is owed later."""
    (mail,) = desk.state.mails
    desk.retitle("Bo Tan", "✓ {}")
    settled(desk)
    desk.remove("Bo Tan")
    settled(desk)
    desk.label(mail, Label.TO_CALL)
    settled(desk)
    assert len(desk.events("Bo Tan")) == 1


def test_a_hold_that_passed_without_a_word_moves_on(desk: Desk) -> None:
    """Time passing closes nothing: the hold moves on and the caller has waited since the first call."""
    desk.at("2026-11-17 08:00")
    settled(desk)
    assert desk.start("Bo Tan").startswith("Tue 17")
    assert desk.callback("Bo Tan").waiting_since == desk.moment("2026-11-13 15:10")


def test_a_hold_of_the_users_title_is_ticked_with_those_words(desk: Desk) -> None:
    """A call closed by command shows the tick before the words that the user gave it."""
    desk.retitle("Bo Tan", "Bo: the lease")
    settled(desk)
    desk.at("2026-11-16 16:05")
    decisions.close(desk.ledger, desk.id("Bo Tan"), Outcome.REACHED)
    settled(desk)
    assert desk.title("Bo Tan") == "✓ Bo: the lease"


def test_a_retitled_hold_of_a_call_that_need_not_be_made_is_ticked_in_place(desk: Desk) -> None:
    """A hold with the user's words is not deleted when the matter was settled elsewhere: it is ticked in place."""
    desk.retitle("Bo Tan", "Bo: the lease")
    settled(desk)
    decisions.close(desk.ledger, desk.id("Bo Tan"), Outcome.HANDLED_ELSEWHERE)
    settled(desk)
    assert (desk.title("Bo Tan"), desk.start("Bo Tan")) == ("✓ Bo: the lease", "Mon 16 16:00")


def test_events_of_the_users_are_never_touched(desk: Desk) -> None:
    """A copy of a hold that the user made is the user's: it is not moved, renamed or deleted."""
    copy = desk.event("Bo Tan")
    desk.busy("2026-11-16 15:45", 75)
    before = list(desk.state.agenda)
    settled(desk)
    assert desk.state.agenda == before
    assert desk.event("Bo Tan").uid == copy.uid


def test_a_second_caller_leaves_the_first_in_place(desk: Desk) -> None:
    """A new call is added to the slot without moving who already has a time."""
    desk.missed("Ann Byrne", ANN, "2026-11-16 07:55")
    settled(desk)
    assert desk.start("Bo Tan") == "Mon 16 16:00"
    assert desk.start("Ann Byrne") == "Mon 16 16:10"
