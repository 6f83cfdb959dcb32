"""What each kind of fact does to the state of a callback, a slot and the calendar."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import TYPE_CHECKING, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.ledger.fold import CALENDAR, apply, fold
from assistant.model.callback import CalendarState, Callback, DraftStatus, Gone, Slot, Status
from assistant.model.journal import (
    AnyFact,
    Attempted,
    AttemptResult,
    BucketSet,
    CallId,
    CallsMoved,
    CallsTaken,
    Closed,
    DraftDropped,
    DraftEdited,
    DraftMissing,
    DraftRemoved,
    DraftSeen,
    DraftWritten,
    Entry,
    EventEdited,
    EventGone,
    EventMoved,
    EventRemoved,
    EventSeen,
    EventWritten,
    FaultAnswered,
    FaultAsked,
    Heard,
    MessageId,
    Opened,
    Outcome,
    Planned,
    Promised,
    PromiseSettled,
    Purpose,
    Ranked,
    Reopened,
    Restored,
    SlotAcknowledged,
    SlotLost,
    Snoozed,
    Source,
    Subject,
    Told,
    Undone,
    Unplannable,
    Verdict,
)
from assistant.model.mailbox import DraftRef, ETag, Ref
from assistant.model.planning import Bucket
from tests.unit.ledger.book import HOUR, MONDAY, draft_ref, draft_written, event_ref, event_written

if TYPE_CHECKING:
    from collections.abc import Sequence

CLOSED = Closed(outcome=Outcome.REACHED, at=MONDAY)
TICKED = Closed(outcome=Outcome.REACHED, at=MONDAY, source=Source.CALENDAR)
SNOOZED = Snoozed(until=MONDAY + 5 * HOUR)
TRIED = Attempted(at=MONDAY, result=AttemptResult.NO_ANSWER, next_at=MONDAY + 24 * HOUR)
MOVED = EventMoved(ref=event_ref("2"), start=MONDAY + 3 * HOUR, end=MONDAY + 4 * HOUR)
CALL = CallId("call-m1-0")
HEARD = Heard(call=CALL, called_at=MONDAY, message=MessageId("m1"))
OTHER = Heard(call=CallId("call-m2-0"), called_at=MONDAY + HOUR, message=MessageId("m2"))


def entries(*facts: AnyFact, subject: str = "1") -> list[Entry]:
    return [
        Entry(seq=number, change=1, at=MONDAY, subject=Subject(subject), fact=fact)
        for number, fact in enumerate(facts, 1)
    ]


def callback(*facts: AnyFact) -> Callback:
    state = fold(entries(Opened(), *facts))
    assert isinstance(state, Callback)
    return state


def slot(*facts: AnyFact) -> Slot:
    state = fold(entries(*facts, subject="slot-2026-11-16"))
    assert isinstance(state, Slot)
    return state


def calendar(*facts: AnyFact) -> CalendarState:
    state = fold(entries(*facts, subject=CALENDAR))
    assert isinstance(state, CalendarState)
    return state


# --- calls


def test_nothing_is_known_without_entries() -> None:
    """A subject without entries has no state."""
    assert fold([]) is None


def test_opened() -> None:
    """A new callback is open since the moment of its entry and knows the callback before it."""
    state = fold(entries(Opened(previous=Subject("3"), added=True)))
    assert state == Callback(id=Subject("1"), opened_at=MONDAY, previous=Subject("3"), added=True)


def test_heard_adds_a_call_and_then_its_further_reports() -> None:
    """Two mails about one call are one call with two messages, also when one of them is read twice."""
    again = Heard(call=CALL, called_at=MONDAY, message=MessageId("m9"))
    (link,) = callback(HEARD, again, again).calls
    assert link.messages == ("m1", "m9")


def test_a_new_call_wakes_a_waiting_callback() -> None:
    """A caller for whom a message was left and who rings again is owed a call now."""
    assert callback(HEARD, TRIED).status == Status.WAITING
    woken = callback(HEARD, TRIED, OTHER)
    assert (woken.status, woken.until) == (Status.OPEN, None)


def test_a_second_report_of_a_known_call_wakes_nothing() -> None:
    """The voicemail mail of a ring that is snoozed already leaves it snoozed."""
    again = Heard(call=CALL, called_at=MONDAY, message=MessageId("m9"))
    assert callback(HEARD, SNOOZED, again).status == Status.WAITING


def test_some_calls_moved_leave_the_callback_open() -> None:
    """A callback that keeps a call stays open after a split."""
    state = callback(HEARD, OTHER, CallsMoved(calls=(CALL,), to=Subject("2")))
    assert [link.call for link in state.calls] == [OTHER.call]
    assert (state.status, state.merged_into) == (Status.OPEN, None)


def test_all_calls_moved_merge_the_callback_away() -> None:
    """A callback without calls is closed and says where they went."""
    state = callback(HEARD, CallsMoved(calls=(CALL,), to=Subject("2")))
    assert (state.status, state.merged_into, state.calls) == (Status.CLOSED, "2", ())


def test_calls_taken_are_sorted_by_time() -> None:
    """Calls that come from another callback stand in the order in which they rang."""
    taken = CallsTaken(calls=((CALL, MONDAY, (MessageId("m1"),)),), source=Subject("2"))
    state = callback(OTHER, taken)
    assert [link.call for link in state.calls] == [CALL, OTHER.call]
    assert state.waiting_since == MONDAY
    assert state.last_called_at == MONDAY + HOUR


@pytest.mark.parametrize("fact", [SNOOZED, TRIED, Reopened(why="x"), OTHER])
def test_what_was_merged_away_stays_closed(fact: AnyFact) -> None:
    """Nothing that happens to a merged callback makes it owed a second time."""
    assert callback(HEARD, CallsMoved(calls=(CALL,), to=Subject("2")), fact).status == Status.CLOSED


# --- decisions


def test_ranked_and_bucket_set() -> None:
    """The user's bucket stands beside triage's."""
    ranked = Ranked(bucket=Bucket.TODAY, due=MONDAY, minutes=10)
    state = callback(ranked, BucketSet(bucket=Bucket.NOW))
    assert (state.rank, state.bucket_set) == (ranked, Bucket.NOW)


def test_planned_takes_a_stated_reason_away() -> None:
    """A call that has a time again has no reason for having none."""
    planned = Planned(start=MONDAY, end=MONDAY + HOUR, in_slot=True, why=("today",))
    state = callback(Unplannable(why="no room"), planned)
    assert (state.no_hold, state.in_slot, state.planned_why) == (None, True, ("today",))
    assert callback(planned, Unplannable(why="no room")).no_hold == "no room"


def test_attempted_with_a_next_time_waits() -> None:
    """An attempt with a next time lets the callback wait until then."""
    state = callback(TRIED)
    assert (state.status, state.until, state.attempts) == (Status.WAITING, MONDAY + 24 * HOUR, (TRIED,))


def test_attempted_without_a_next_time_is_open() -> None:
    """An attempt without a next time leaves the time to the plan."""
    state = callback(SNOOZED, Attempted(at=MONDAY, result=AttemptResult.BUSY))
    assert (state.status, state.until) == (Status.OPEN, None)


@pytest.mark.parametrize("fact", [TRIED, SNOOZED, Promised(at=MONDAY + 9 * HOUR)])
def test_a_new_time_unpins_the_hold(fact: AnyFact) -> None:
    """What the user decided later about the time weighs more than where the hold was dragged before."""
    moved = callback(event_written(), MOVED).hold
    assert moved is not None
    assert moved.pinned
    unpinned = callback(event_written(), MOVED, fact).hold
    assert unpinned is not None
    assert not unpinned.pinned


def test_a_promise_for_the_time_of_the_moved_hold_keeps_it_pinned() -> None:
    """Telling the caller the time to which the hold was dragged changes nothing about it."""
    hold = callback(event_written(), MOVED, Promised(at=MOVED.start)).hold
    assert hold is not None
    assert hold.pinned


def test_closed_and_reopened() -> None:
    """A closed callback that is reopened carries nothing of its closing."""
    closed = callback(SNOOZED, CLOSED)
    assert (closed.status, closed.outcome, closed.closed_at, closed.until) == (
        Status.CLOSED,
        Outcome.REACHED,
        MONDAY,
        None,
    )
    reopened = callback(SNOOZED, CLOSED, Reopened(why="x"))
    assert (reopened.status, reopened.outcome, reopened.closed_at, reopened.closed_by) == (
        Status.OPEN,
        None,
        None,
        None,
    )


def test_a_tick_goes_when_the_callback_is_reopened_elsewhere() -> None:
    """A title with the user's tick is ours again once a label reopens the callback, else it would read as done."""
    edited = EventEdited(ref=event_ref("2"), title="ticked")
    by_label = callback(event_written(), edited, TICKED, Reopened(why="x", source=Source.LABEL)).hold
    by_title = callback(event_written(), edited, TICKED, Reopened(why="x", source=Source.CALENDAR)).hold
    assert by_label is not None
    assert by_title is not None
    assert (by_label.edited, by_title.edited) == (False, True)


def test_promises_are_settled_by_their_time() -> None:
    """A verdict belongs to the promise of its time that is not settled yet."""
    first, second = Promised(at=MONDAY), Promised(at=MONDAY + HOUR)
    state = callback(first, second, PromiseSettled(at=MONDAY, verdict=Verdict.MISSED))
    assert [one.verdict for one in state.promises] == [Verdict.MISSED, None]
    assert state.promise == state.promises[1]
    again = callback(first, PromiseSettled(at=MONDAY, verdict=Verdict.MISSED), first)
    assert [one.verdict for one in again.promises] == [Verdict.MISSED, None]


# --- events


def test_a_written_event_is_where_it_was_put() -> None:
    """A hold that was written stands, without a reason for having none."""
    state = callback(Unplannable(why="no room"), event_written())
    assert state.hold is not None
    assert (state.hold.start, state.hold.pinned, state.hold.gone) == (MONDAY + HOUR, False, None)
    assert (state.generation, state.no_hold) == (1, None)


def test_seen_changes_the_ref_alone() -> None:
    """A new version of an event without a change of ours changes its ref alone."""
    state = callback(event_written(), EventSeen(ref=event_ref("2")))
    assert state.hold is not None
    assert state.hold.ref == event_ref("2")
    assert (state.hold.pinned, state.hold.edited) == (False, False)


def test_moved_is_pinned_until_it_is_put_elsewhere() -> None:
    """A moved hold is pinned, stays so when it is written again at its place, and not when it goes elsewhere."""
    again = callback(event_written(), MOVED, event_written(MOVED.start)).hold
    away = callback(event_written(), MOVED, event_written(MONDAY + 8 * HOUR)).hold
    assert again is not None
    assert away is not None
    assert (again.pinned, away.pinned) == (True, False)


def test_an_edited_title_stays_the_users() -> None:
    """An edited title stays the user's when the event is written again."""
    state = callback(event_written(), EventEdited(ref=event_ref("2"), title="mine"), event_written())
    assert state.hold is not None
    assert state.hold.edited


@pytest.mark.parametrize(("fault", "gone"), [(False, Gone.BY_USER), (True, Gone.BY_FAULT)])
def test_gone(fault: bool, gone: Gone) -> None:  # noqa: FBT001  a parameter of the test
    """A vanished event is known as such, with whose doing it was."""
    state = callback(event_written(), EventGone(fault=fault))
    assert state.hold is not None
    assert state.hold.gone == gone


def test_restored_takes_the_vanished_event_away() -> None:
    """A restored callback has no hold and the next one a new generation; a hold that stands is not touched."""
    state = callback(event_written(generation=4), EventGone(), Restored())
    assert (state.hold, state.generation) == (None, 4)
    assert callback(event_written(), Restored()).hold is not None


def test_an_event_written_after_a_vanished_one_has_nothing_of_it() -> None:
    """Neither pin nor title of a vanished event pass on to the next."""
    edited = EventEdited(ref=event_ref("2"), title="mine")
    hold = callback(event_written(), MOVED, edited, EventGone(), event_written(MOVED.start, 2)).hold
    assert hold is not None
    assert (hold.pinned, hold.edited, hold.gone) == (False, False, None)


@pytest.mark.parametrize("fact", [EventSeen(ref=event_ref("2")), MOVED, EventGone(), EventRemoved(), Restored()])
def test_facts_about_an_event_that_is_not_there_change_nothing(fact: AnyFact) -> None:
    """A removed hold is none, and a late fact about it brings nothing back."""
    assert callback(event_written(), EventRemoved(), fact).hold is None


# --- drafts


def draft_after(*facts: AnyFact) -> tuple[DraftStatus, bool]:
    draft = callback(draft_written(), *facts).draft(Purpose.WILL_CALL_AT)
    assert draft is not None
    return draft.status, draft.edited


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ([], DraftStatus.STANDING),
        ([DraftMissing(purpose=Purpose.WILL_CALL_AT)], DraftStatus.MISSING),
        ([DraftDropped(purpose=Purpose.WILL_CALL_AT)], DraftStatus.DROPPED),
        ([DraftRemoved(purpose=Purpose.WILL_CALL_AT)], DraftStatus.REMOVED),
        ([Told(purpose=Purpose.WILL_CALL_AT)], DraftStatus.SENT),
        (
            [
                DraftMissing(purpose=Purpose.WILL_CALL_AT),
                DraftSeen(purpose=Purpose.WILL_CALL_AT, ref=draft_ref("2")),
            ],
            DraftStatus.STANDING,
        ),
        ([DraftRemoved(purpose=Purpose.WILL_CALL_AT), draft_written()], DraftStatus.STANDING),
    ],
)
def test_what_becomes_of_a_draft(facts: list[AnyFact], status: DraftStatus) -> None:
    """Each fact about a draft gives it its status."""
    assert draft_after(*facts) == (status, False)


def test_an_edited_draft_stays_edited_when_it_is_seen_again() -> None:
    """A draft that was the user's, went missing and came back is the user's still."""
    edited = DraftEdited(purpose=Purpose.WILL_CALL_AT, ref=draft_ref("2"))
    seen = DraftSeen(purpose=Purpose.WILL_CALL_AT, ref=draft_ref("3"))
    assert draft_after(edited) == (DraftStatus.EDITED, True)
    assert draft_after(edited, DraftMissing(purpose=Purpose.WILL_CALL_AT), seen) == (DraftStatus.EDITED, True)


@pytest.mark.parametrize(
    "fact",
    [
        DraftSeen(purpose=Purpose.APOLOGY, ref=draft_ref("2")),
        DraftEdited(purpose=Purpose.APOLOGY, ref=draft_ref("2")),
        DraftMissing(purpose=Purpose.APOLOGY),
        Told(purpose=Purpose.APOLOGY),
    ],
)
def test_facts_about_a_draft_that_was_never_written_change_nothing(fact: AnyFact) -> None:
    """A draft of one purpose says nothing about another's."""
    assert callback(draft_written(), fact) == callback(draft_written())


def test_told_a_time_is_a_promise() -> None:
    """A sent draft that names a time is a promise for it, one that names none is not."""
    told = callback(draft_written(), Told(purpose=Purpose.WILL_CALL_AT, named_time=MONDAY + HOUR))
    assert [(one.at, one.source) for one in told.promises] == [(MONDAY + HOUR, Source.SENT)]
    assert callback(draft_written(), Told(purpose=Purpose.WILL_CALL_AT)).promises == ()


# --- slots and the calendar


def test_a_lost_slot_is_acknowledged_until_it_was_there_again() -> None:
    """An acknowledged loss stays acknowledged with another reason, and is new after the slot stood."""
    known = slot(SlotLost(why="full"), SlotAcknowledged())
    assert (known.lost, known.acknowledged) == ("full", True)
    assert slot(SlotLost(why="full"), SlotAcknowledged(), SlotLost(why="fuller")).acknowledged
    again = slot(SlotLost(why="full"), SlotAcknowledged(), event_written(), EventRemoved(), SlotLost(why="full"))
    assert (again.lost, again.acknowledged) == ("full", False)


def test_a_slot_has_an_event_as_a_callback_has_a_hold() -> None:
    """A slot that was written and moved is pinned where the user put it."""
    state = slot(SlotLost(why="full"), event_written(generation=2), MOVED)
    assert state.event is not None
    assert (state.event.pinned, state.event.start, state.lost, state.generation) == (True, MOVED.start, None, 2)


def test_a_question_is_open_until_it_is_answered() -> None:
    """The calendar keeps the question that nobody has answered."""
    asked = FaultAsked(what="Five holds vanished.", count=5)
    assert calendar(asked).question == "Five holds vanished."
    assert calendar(asked, FaultAnswered()).question is None


# --- undone


def test_undone_entries_do_not_count() -> None:
    """State is what the entries say that are not undone."""
    assert callback(CLOSED, Undone(entries=(2,))) == callback()


def test_an_undone_opening_leaves_a_withdrawn_callback() -> None:
    """A callback whose opening was undone is closed as taken back, whatever passes noted about it before or after."""
    for fact in (Ranked(bucket=Bucket.TODAY, due=MONDAY, minutes=10), SNOOZED, TRIED, Reopened(why="x")):
        state = callback(HEARD, fact, Undone(entries=(1, 2)))
        assert (state.withdrawn, state.status, state.calls) == (True, Status.CLOSED, ())
        later = apply(state, entries(fact)[0])
        assert isinstance(later, Callback)
        assert later.status == Status.CLOSED


# --- random lives

TIMES = st.integers(0, 200).map(lambda number: MONDAY + timedelta(minutes=15 * number))
PURPOSES = st.sampled_from(Purpose)
REFS = st.integers(1, 4).map(lambda number: event_ref(str(number)))
DRAFT_REFS = st.integers(1, 4).map(lambda number: DraftRef(ref=Ref("draft"), etag=ETag(str(number))))
CALLS = st.sampled_from([CallId(f"call-{number}") for number in range(4)])
SUBJECTS = st.sampled_from([Subject("1"), Subject("2")])
SHORT = st.sampled_from(["no room", "full", "x"])
FACTS: dict[type, st.SearchStrategy[AnyFact]] = {
    Opened: st.builds(Opened, previous=st.none(), added=st.booleans()),
    Heard: st.builds(
        Heard, call=CALLS, called_at=TIMES, message=st.sampled_from([None, MessageId("m1"), MessageId("m2")])
    ),
    CallsMoved: st.builds(CallsMoved, calls=st.lists(CALLS, min_size=1, max_size=2).map(tuple), to=SUBJECTS),
    CallsTaken: st.builds(
        CallsTaken,
        calls=st.lists(st.tuples(CALLS, TIMES, st.just((MessageId("m3"),))), max_size=2).map(tuple),
        source=SUBJECTS,
    ),
    Ranked: st.builds(Ranked, bucket=st.sampled_from(Bucket), due=TIMES, minutes=st.just(10)),
    BucketSet: st.builds(BucketSet, bucket=st.sampled_from(Bucket)),
    Planned: st.builds(Planned, start=TIMES, end=TIMES, in_slot=st.booleans(), why=st.just(("today",))),
    Unplannable: st.builds(Unplannable, why=SHORT),
    EventWritten: st.builds(
        EventWritten,
        uid=SHORT,
        generation=st.integers(1, 3),
        ref=REFS,
        start=TIMES,
        end=TIMES,
        title=SHORT,
        body=SHORT,
        done=st.booleans(),
    ),
    EventSeen: st.builds(EventSeen, ref=REFS),
    EventMoved: st.builds(EventMoved, ref=REFS, start=TIMES, end=TIMES),
    EventEdited: st.builds(EventEdited, ref=REFS, title=SHORT),
    EventGone: st.builds(EventGone, fault=st.booleans()),
    EventRemoved: st.just(EventRemoved()),
    Restored: st.just(Restored()),
    SlotLost: st.builds(SlotLost, why=SHORT),
    SlotAcknowledged: st.just(SlotAcknowledged()),
    DraftWritten: st.builds(
        DraftWritten,
        purpose=PURPOSES,
        key=SHORT,
        ref=DRAFT_REFS,
        digest=SHORT,
        message_id=SHORT,
        account=SHORT,
        named_time=st.none() | TIMES,
    ),
    DraftSeen: st.builds(DraftSeen, purpose=PURPOSES, ref=DRAFT_REFS),
    DraftEdited: st.builds(DraftEdited, purpose=PURPOSES, ref=DRAFT_REFS),
    DraftMissing: st.builds(DraftMissing, purpose=PURPOSES),
    DraftDropped: st.builds(DraftDropped, purpose=PURPOSES),
    DraftRemoved: st.builds(DraftRemoved, purpose=PURPOSES),
    Told: st.builds(Told, purpose=PURPOSES, named_time=st.none() | TIMES),
    Promised: st.builds(Promised, at=TIMES, source=st.sampled_from(Source)),
    PromiseSettled: st.builds(PromiseSettled, at=TIMES, verdict=st.sampled_from(Verdict)),
    Attempted: st.builds(Attempted, at=TIMES, result=st.sampled_from(AttemptResult), next_at=st.none() | TIMES),
    Snoozed: st.builds(Snoozed, until=TIMES),
    Closed: st.builds(Closed, outcome=st.sampled_from(Outcome), at=TIMES, source=st.sampled_from(Source)),
    Reopened: st.builds(Reopened, why=SHORT, source=st.sampled_from(Source)),
    FaultAsked: st.builds(FaultAsked, what=SHORT, count=st.integers(0, 9)),
    FaultAnswered: st.just(FaultAnswered()),
}
LIVES = st.lists(st.one_of(*FACTS.values()), min_size=1, max_size=25)


def test_the_random_facts_are_of_every_kind() -> None:
    """No kind of fact is forgotten by the strategy, taking back aside."""
    assert set(FACTS) == set(get_args(AnyFact)) - {Undone}


@pytest.mark.parametrize("subject", ["1", "slot-2026-11-16", "calendar"])
@given(life=LIVES)
def test_one_by_one_is_fold(subject: str, life: list[AnyFact]) -> None:
    """The state grown entry by entry is the fold of all of them, for every subject and any order of facts."""
    made = entries(*life, subject=subject)
    state = None
    for entry in made:
        state = apply(state, entry)
    assert state == fold(made)


@given(life=LIVES, chosen=st.sets(st.integers(2, 26)))
def test_undone_is_never_there(life: Sequence[AnyFact], chosen: set[int]) -> None:
    """Undoing entries gives the state in which they never happened."""
    made = entries(Opened(), *life)
    undone = {entry.seq for entry in made if entry.seq in chosen and not isinstance(entry.fact, Opened)}
    reverse = Entry(seq=len(made) + 1, change=2, at=MONDAY, subject=Subject("1"), fact=Undone(entries=tuple(undone)))
    assert fold([*made, reverse]) == fold([entry for entry in made if entry.seq not in undone])


@given(life=LIVES)
def test_a_waiting_callback_waits_until_a_time(life: Sequence[AnyFact]) -> None:
    """Whatever happens, a callback is open, waiting until a date, or closed for a reason."""
    for length in range(len(life) + 1):
        state = callback(*itertools.islice(life, length))
        assert (state.status == Status.WAITING) == (state.until is not None)
        assert state.status != Status.CLOSED or state.outcome or state.merged_into
