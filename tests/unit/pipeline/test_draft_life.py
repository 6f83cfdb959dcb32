"""The life of a draft: written once, the user's when touched, told when sent, gone when it no longer holds true."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assistant.ledger import decisions
from assistant.model.callback import DraftStatus, Status
from assistant.model.journal import Outcome
from tests.unit.pipeline.desk import ANN, BO

if TYPE_CHECKING:
    from tests.unit.pipeline.desk import Desk

WEDNESDAY = "2026-11-18 11:00"


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """A desk with a draft that tells Ann when she will be called."""
    desk.missed("Ann Byrne", ANN, "2026-11-13 15:10")
    desk.sync()
    desk.drag("Ann Byrne", WEDNESDAY)
    desk.sync()
    assert states(desk) == [("will_call_at", DraftStatus.STANDING)]
    return desk


def states(desk: Desk) -> list[tuple[str, str]]:
    """Return what became of Ann's drafts."""
    return desk.draft_states("Ann Byrne")


def promised(desk: Desk) -> list[str]:
    """Return the times promised to Ann."""
    return [f"{one.at.astimezone(desk.zone):%a %H:%M}" for one in desk.callback("Ann Byrne").promises]


def settled(desk: Desk) -> None:
    """Run a pass; the one after it must find nothing to do and nothing wrong."""
    desk.sync()
    assert desk.sync().nothing_to_do
    assert desk.faults() == []


def test_the_hold_is_tentative_while_it_is_only_offered(desk: Desk) -> None:
    """A time named in an unsent draft is tentative, a promised one is confirmed."""
    assert desk.event("Ann Byrne").status == "TENTATIVE"
    desk.send_draft()
    settled(desk)
    assert desk.event("Ann Byrne").status == "CONFIRMED"


def test_an_edited_draft_is_kept(desk: Desk) -> None:
    """Words of the user's stay, though the hold moves."""
    desk.edit_draft("thank you for your call", "good to hear from you")
    settled(desk)
    desk.drag("Ann Byrne", "2026-11-19 14:00")
    settled(desk)
    assert states(desk) == [("will_call_at", DraftStatus.EDITED)]
    assert "good to hear from you" in desk.draft_text()


def test_an_edited_draft_is_kept_after_closing(desk: Desk) -> None:
    """A draft of the user's is not removed when the call was made."""
    desk.edit_draft("thank you for your call", "good to hear from you")
    settled(desk)
    decisions.close(desk.ledger, desk.id("Ann Byrne"), Outcome.REACHED)
    settled(desk)
    assert len(desk.state.drafts) == 1


def test_a_draft_edited_at_the_moment_of_closing_is_kept(desk: Desk) -> None:
    """An edit that no pass has seen yet is seen before the draft would be removed."""
    desk.edit_draft("thank you for your call", "good to hear from you")
    decisions.close(desk.ledger, desk.id("Ann Byrne"), Outcome.REACHED)
    settled(desk)
    assert len(desk.state.drafts) == 1


def test_a_draft_saved_anew_by_a_mail_program_is_the_users(desk: Desk) -> None:
    """A draft under another file name and without our header is found, and nothing is written beside it."""
    desk.resave_draft()
    settled(desk)
    assert states(desk) == [("will_call_at", DraftStatus.EDITED)]
    assert len(desk.state.drafts) == 1


def test_a_draft_saved_anew_and_sent_is_told(desk: Desk) -> None:
    """A draft that a mail program sends under ids of its own makes the promise all the same."""
    desk.resave_draft()
    settled(desk)
    desk.send_draft()
    settled(desk)
    assert promised(desk) == ["Wed 11:00"]


def test_a_draft_saved_anew_and_sent_between_two_passes_is_told(desk: Desk) -> None:
    """No pass has to see the draft in between."""
    desk.resave_draft()
    desk.send_draft()
    settled(desk)
    assert states(desk) == [("will_call_at", DraftStatus.SENT)]
    assert promised(desk) == ["Wed 11:00"]


def test_a_sent_draft_is_a_promise(desk: Desk) -> None:
    """The time in a sent draft is promised, and the hold says so."""
    desk.send_draft()
    settled(desk)
    assert promised(desk) == ["Wed 11:00"]
    assert desk.title("Ann Byrne") == "Call Ann Byrne 11:00 (promised)"


def test_a_draft_sent_without_its_time_promises_nothing(desk: Desk) -> None:
    """Who took the time out of the words told the caller something, but no time."""
    desk.edit_draft("11:00", "some time")
    desk.send_draft()
    settled(desk)
    assert states(desk) == [("will_call_at", DraftStatus.SENT)]
    assert promised(desk) == []


def test_another_mail_to_the_caller_leaves_the_draft_a_draft(desk: Desk) -> None:
    """A mail of the user's to the same person is not the draft, which still lies there."""
    desk.write("ann@byrne.example", "The papers are ready, come at 11:00.")
    settled(desk)
    assert states(desk) == [("will_call_at", DraftStatus.STANDING)]
    assert promised(desk) == []


def test_a_mail_to_the_caller_does_not_reopen_a_closed_callback(desk: Desk) -> None:
    """A mail that happens to name the old time is no promise once our draft was removed."""
    decisions.close(desk.ledger, desk.id("Ann Byrne"), Outcome.REACHED)
    settled(desk)
    desk.write("ann@byrne.example", "See you at 11:00.")
    settled(desk)
    assert desk.callback("Ann Byrne").status == Status.CLOSED


def test_a_draft_missing_twice_is_dropped(desk: Desk) -> None:
    """A draft that is nowhere in two passes was thrown away and is not written again."""
    desk.state.delete_draft(desk.only_draft())
    desk.sync()
    assert states(desk) == [("will_call_at", DraftStatus.MISSING)]
    desk.sync()
    desk.sync()
    assert states(desk) == [("will_call_at", DraftStatus.DROPPED)]
    assert desk.state.drafts == {}
    assert desk.faults() == []


def test_a_draft_missing_in_one_pass_is_ours_when_it_is_back(desk: Desk) -> None:
    """A mail program that saves by removing and writing is given time."""
    ref = desk.only_draft()
    draft = desk.state.drafts.pop(ref)
    desk.sync()
    desk.state.drafts[ref] = draft
    settled(desk)
    assert states(desk) == [("will_call_at", DraftStatus.STANDING)]


def test_passes_that_read_no_mail_do_not_judge_a_missing_draft(desk: Desk) -> None:
    """A draft sent before two commands of the user's is told, not dropped: Sent is looked at first."""
    desk.send_draft()
    for _ in range(3):
        desk.sync(read_mail=False)
    assert states(desk) == [("will_call_at", DraftStatus.STANDING)]
    settled(desk)
    assert promised(desk) == ["Wed 11:00"]


def test_an_untouched_draft_goes_with_the_call(desk: Desk) -> None:
    """A draft that nobody touched is removed when the call was made."""
    decisions.close(desk.ledger, desk.id("Ann Byrne"), Outcome.REACHED)
    settled(desk)
    assert states(desk) == [("will_call_at", DraftStatus.REMOVED)]
    assert desk.state.drafts == {}


def test_a_moved_hold_takes_its_draft_along(desk: Desk) -> None:
    """A draft that nobody touched is re-timed in place."""
    ref = desk.only_draft()
    desk.drag("Ann Byrne", "2026-11-19 14:00")
    settled(desk)
    assert desk.only_draft() == ref
    assert "Thursday 19 November, 14:00" in desk.draft_text()


def test_a_draft_sent_after_closing_reopens(desk: Desk) -> None:
    """Who tells a caller a time after closing the callback owes that call."""
    decisions.close(desk.ledger, desk.id("Ann Byrne"), Outcome.HANDLED_ELSEWHERE)
    desk.send_draft()
    settled(desk)
    assert desk.callback("Ann Byrne").status == Status.OPEN
    assert promised(desk) == ["Wed 11:00"]
    assert desk.start("Ann Byrne") == "Wed 18 11:00"


def test_a_draft_that_a_program_still_had_open_reopens(desk: Desk) -> None:
    """A draft that we removed after closing, and that the user sends all the same, is told."""
    raw = desk.state.drafts[desk.only_draft()].raw
    decisions.close(desk.ledger, desk.id("Ann Byrne"), Outcome.HANDLED_ELSEWHERE)
    settled(desk)
    desk.state.save_draft(raw)
    desk.send_draft()
    settled(desk)
    assert desk.callback("Ann Byrne").status == Status.OPEN


def test_an_overdue_call_gets_an_apology_instead(desk: Desk) -> None:
    """Once the call is overdue the draft with the time gives way to one that says sorry; there is never a third."""
    decisions.snooze(desk.ledger, desk.id("Ann Byrne"), desk.moment("2026-11-19 09:00"))
    desk.at("2026-11-18 15:00")
    settled(desk)
    assert states(desk) == [("apology", DraftStatus.STANDING), ("will_call_at", DraftStatus.REMOVED)]
    assert "sorry for the delay" in desk.draft_text()


def test_who_was_told_is_not_told_again_while_the_promise_stands(desk: Desk) -> None:
    """One acknowledgement for each wait."""
    desk.send_draft()
    settled(desk)
    desk.at("2026-11-17 15:00")
    settled(desk)
    assert desk.state.drafts == {}


def test_no_draft_goes_to_the_sender_of_a_notification(desk: Desk) -> None:
    """A caller without a known mail address gets no draft at all."""
    desk.missed("Bo Tan", BO, "2026-11-16 07:10")
    desk.sync()
    desk.drag("Bo Tan", "2026-11-19 15:00")
    settled(desk)
    assert desk.draft_states("Bo Tan") == []


def test_a_text_message_is_offered_where_no_address_is_known(desk: Desk) -> None:
    """The hold of such a caller carries the words as a link that opens the phone's messages."""
    desk.missed("Bo Tan", BO, "2026-11-16 07:10")
    desk.sync()
    desk.drag("Bo Tan", "2026-11-19 15:00")
    settled(desk)
    assert "sms:+12125550142" in desk.event("Bo Tan").description
    assert "sms:" not in desk.event("Ann Byrne").description


def test_a_person_who_asked_by_mail_is_answered_in_the_thread(desk: Desk) -> None:
    """A draft for somebody who wrote goes to that address and answers that mail."""
    desk.asked("Cy Dunn", "cy@dunn.example", "(212) 555-0143", "2026-11-15 10:00")
    desk.sync()
    desk.drag("Cy Dunn", "2026-11-19 15:00")
    settled(desk)
    (raw,) = [draft.raw for draft in desk.state.drafts.values() if b"cy@dunn.example" in draft.raw]
    assert b"Subject: Re: Please call me back" in raw
    assert b"In-Reply-To: <mail-2@pbx.whitfieldlegal.example>" in raw
