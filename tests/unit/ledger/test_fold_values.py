"""What a fact leaves in the state, to the last field: later passes compare each of them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from assistant.ledger.fold import CALENDAR, fold
from assistant.model.callback import Callback, CallLink, DraftState, DraftStatus, Gone, Placed, Promise, Status
from assistant.model.journal import (
    AnyFact,
    CallsMoved,
    CallsTaken,
    DraftEdited,
    DraftSeen,
    DraftWritten,
    EventEdited,
    EventGone,
    EventRemoved,
    EventSeen,
    EventWritten,
    FaultAsked,
    Heard,
    MessageId,
    Promised,
    Purpose,
    Reopened,
    Restored,
    SlotLost,
    Source,
    Subject,
    Unplannable,
)
from tests.unit.ledger.book import HOUR, MONDAY, draft_ref, draft_written, event_ref, event_written
from tests.unit.ledger.test_fold import (
    CALL,
    CLOSED,
    HEARD,
    MOVED,
    OTHER,
    SNOOZED,
    TICKED,
    TRIED,
    calendar,
    callback,
    entries,
    slot,
)

PROMISED = Promised(at=MONDAY + 9 * HOUR, source=Source.LABEL)
AWAY = CallsMoved(calls=(CALL,), to=Subject("2"))


def hold_after(*facts: AnyFact) -> Placed:
    hold = callback(*facts).hold
    assert hold is not None
    return hold


def draft_after(*facts: AnyFact) -> DraftState:
    draft = callback(*facts).draft(Purpose.WILL_CALL_AT)
    assert draft is not None
    return draft


# --- events


def test_a_written_event_is_known_in_every_field() -> None:
    """Of an event that was written all is known by which a later edit of the user's is told."""
    fact = EventWritten(
        uid="key.3",
        generation=3,
        ref=event_ref("7"),
        start=MONDAY,
        end=MONDAY + timedelta(minutes=25),
        title="digest of the title",
        body="digest of the body",
        done=True,
    )
    assert hold_after(fact) == Placed(
        uid="key.3",
        generation=3,
        ref=event_ref("7"),
        start=MONDAY,
        end=MONDAY + timedelta(minutes=25),
        title="digest of the title",
        body="digest of the body",
        done=True,
    )
    assert hold_after(replace(fact, done=False)).done is False


def test_a_moved_event_has_the_users_times_and_is_else_the_same() -> None:
    """A move changes version, start and end, and pins."""
    before = hold_after(event_written())
    assert hold_after(event_written(), MOVED) == replace(
        before, ref=MOVED.ref, start=MOVED.start, end=MOVED.end, pinned=True
    )


def test_an_edited_event_has_the_users_title_and_is_else_the_same() -> None:
    """A new title changes version and title, and is the user's."""
    before = hold_after(event_written())
    edited = EventEdited(ref=event_ref("2"), title="mine")
    assert hold_after(event_written(), edited) == replace(before, ref=event_ref("2"), title="mine", edited=True)


def test_a_seen_event_keeps_its_title_unless_one_was_read() -> None:
    """A new version alone leaves the title; one with a sign is known from then on as ours, to be written over."""
    before = hold_after(event_written())
    seen = EventSeen(ref=event_ref("2"))
    assert hold_after(event_written(), seen) == replace(before, ref=event_ref("2"))
    signed = hold_after(event_written(), replace(seen, title="signed"))
    assert signed == replace(before, ref=event_ref("2"), title="signed", body="")


@pytest.mark.parametrize("fault", [False, True])
def test_a_vanished_event_that_is_seen_again_is_back(fault: bool) -> None:  # noqa: FBT001  a parameter of the test
    """An event that was gone and lies on the calendar again is not gone, as if it had never been."""
    gone = EventGone(fault=fault)
    for seen in (EventSeen(ref=event_ref("2")), EventSeen(ref=event_ref("2"), title="signed")):
        assert hold_after(event_written(), gone, seen) == hold_after(event_written(), seen)


@pytest.mark.parametrize("fact", [MOVED, EventGone(), EventSeen(ref=event_ref("2"))])
def test_only_writing_takes_a_stated_reason_away(fact: AnyFact) -> None:
    """A hold or slot that is merely seen, moved or gone does not end the reason why there is no room for it."""
    assert callback(event_written(), Unplannable(why="no room"), fact).no_hold == "no room"
    assert slot(event_written(), SlotLost(why="full"), fact).lost == "full"


@pytest.mark.parametrize(
    "fact",
    [
        event_written(MONDAY + 8 * HOUR, 2),
        MOVED,
        EventEdited(ref=event_ref("2"), title="mine"),
        EventSeen(ref=event_ref("2")),
        EventGone(fault=True),
        EventRemoved(),
    ],
)
def test_a_fact_about_an_event_does_to_a_slot_what_it_does_to_a_hold(fact: AnyFact) -> None:
    """Slots and holds are events alike: written, moved, edited, seen, gone, removed and brought back."""
    assert slot(event_written(), fact).event == callback(event_written(), fact).hold
    assert slot(event_written(), fact).event != slot(event_written()).event
    assert slot(event_written(), EventGone(), Restored()).event is None


def test_a_state_knows_its_subject() -> None:
    """Slots and the calendar are known by the subject of their entries."""
    assert slot(SlotLost(why="full")).id == "slot-2026-11-16"
    assert calendar(FaultAsked(what="Five holds vanished.", count=5)).id == CALENDAR


def test_a_callback_whose_opening_is_not_the_first_entry() -> None:
    """A callback is there from its first entry on, whatever that is, as one that nobody added by hand."""
    state = fold(entries(HEARD))
    assert isinstance(state, Callback)
    assert (state.id, state.added, len(state.calls)) == ("1", False, 1)


# --- calls


def test_a_call_added_by_hand_has_no_message() -> None:
    """A call that no mail reports is a call without messages, until a mail reports it."""
    by_hand = replace(HEARD, message=None)
    assert callback(by_hand).calls == (CallLink(call=CALL, called_at=MONDAY),)
    assert callback(by_hand, HEARD).calls == (CallLink(call=CALL, called_at=MONDAY, messages=(MessageId("m1"),)),)


def test_a_further_report_leaves_the_other_calls_alone() -> None:
    """The second mail about one call changes nothing about another call of the same caller."""
    first, second = callback(HEARD, OTHER).calls
    again = Heard(call=CALL, called_at=MONDAY, message=MessageId("m9"))
    assert callback(HEARD, OTHER, again).calls == (replace(first, messages=("m1", "m9")), second)


def test_a_call_does_not_reopen_what_is_closed() -> None:
    """A call heard on a closed callback leaves it closed: a call after the closing has a callback of its own."""
    state = callback(HEARD, CLOSED, OTHER)
    assert (state.status, state.outcome, len(state.calls)) == (Status.CLOSED, CLOSED.outcome, 2)


def test_calls_taken_keep_their_messages() -> None:
    """Calls that come from another callback bring the mails that report them."""
    taken = CallsTaken(calls=((CALL, MONDAY, (MessageId("m1"), MessageId("m9"))),), source=Subject("2"))
    assert callback(taken).calls == (
        CallLink(call=CALL, called_at=MONDAY, messages=(MessageId("m1"), MessageId("m9"))),
    )


@pytest.mark.parametrize("facts", [[SNOOZED, AWAY], [AWAY, SNOOZED], [AWAY, TRIED]])
def test_a_waiting_callback_that_is_merged_away_waits_no_more(facts: list[AnyFact]) -> None:
    """A merged callback waits for nothing, whatever was agreed upon before or after the merge."""
    state = callback(HEARD, *facts)
    assert (state.status, state.until) == (Status.CLOSED, None)


def test_a_merged_callback_is_closed_from_the_moment_of_the_merge() -> None:
    """The time of a merge is that of its entry."""
    assert callback(HEARD, AWAY).closed_at == MONDAY


# --- decisions


@pytest.mark.parametrize("fact", [TRIED, SNOOZED, PROMISED])
def test_a_new_time_asks_for_a_hold_in_place_of_a_deleted_one(fact: AnyFact) -> None:
    """Who deletes a hold and then names another time gets a new hold; one lost by a fault is asked about still."""
    assert callback(event_written(), EventGone(), fact).hold is None
    assert hold_after(event_written(), EventGone(fault=True), fact).gone == Gone.BY_FAULT


@pytest.mark.parametrize("fact", [TRIED, SNOOZED, PROMISED])
def test_a_new_time_changes_nothing_of_the_hold_but_the_pin(fact: AnyFact) -> None:
    """A hold whose callback gets another time stands where it was, free to move."""
    moved = hold_after(event_written(), MOVED)
    assert hold_after(event_written(), MOVED, fact) == replace(moved, pinned=False)


@pytest.mark.parametrize("fault", [False, True])
def test_reopening_asks_for_a_hold_in_place_of_a_vanished_one(fault: bool) -> None:  # noqa: FBT001  a parameter
    """A call that is owed again gets a hold, however the old one went."""
    assert callback(event_written(), EventGone(fault=fault), CLOSED, Reopened(why="x")).hold is None


def test_a_snoozed_callback_waits_until_its_time() -> None:
    """A wait ends at the time that was named."""
    assert callback(SNOOZED).until == SNOOZED.until


def test_reopening_ends_a_wait() -> None:
    """A caller who is put back to be called waits for no date any more."""
    state = callback(SNOOZED, Reopened(why="x"))
    assert (state.status, state.until) == (Status.OPEN, None)


@pytest.mark.parametrize("closed", [CLOSED, TICKED])
@pytest.mark.parametrize("fact", [TRIED, replace(TRIED, next_at=None), SNOOZED, Reopened(why="x")])
def test_what_is_owed_carries_nothing_of_a_closing(closed: AnyFact, fact: AnyFact) -> None:
    """However a closed callback comes to be owed again, no outcome, time or source of the closing stays with it."""
    state = callback(closed, fact)
    assert state.status != Status.CLOSED
    assert (state.outcome, state.closed_at, state.closed_by) == (None, None, None)


def test_a_promise_knows_who_made_it() -> None:
    """A promise keeps its time and whether a command, a label or a sent mail made it."""
    assert callback(PROMISED).promises == (Promise(at=PROMISED.at, source=Source.LABEL),)


# --- drafts


def test_a_written_draft_is_known_in_every_field() -> None:
    """Of a draft all is known by which it is found again, and when it was written."""
    fact = DraftWritten(
        purpose=Purpose.WILL_CALL_AT,
        key="k",
        ref=draft_ref("5"),
        digest="d",
        message_id="<k@whitfieldlegal.example>",
        account="home",
        named_time=MONDAY + HOUR,
    )
    assert draft_after(fact) == DraftState(
        purpose=Purpose.WILL_CALL_AT,
        key="k",
        ref=draft_ref("5"),
        digest="d",
        message_id="<k@whitfieldlegal.example>",
        account="home",
        written_at=MONDAY,
        named_time=MONDAY + HOUR,
    )


def test_an_edited_or_re_saved_draft_lies_where_it_was_seen_last() -> None:
    """An edit and a re-save give the draft its new place and leave the rest."""
    before = draft_after(draft_written())
    edited = DraftEdited(purpose=Purpose.WILL_CALL_AT, ref=draft_ref("2"))
    seen = DraftSeen(purpose=Purpose.WILL_CALL_AT, ref=draft_ref("3"))
    assert draft_after(draft_written(), edited) == replace(
        before, ref=draft_ref("2"), status=DraftStatus.EDITED, edited=True
    )
    assert draft_after(draft_written(), seen) == replace(before, ref=draft_ref("3"))
