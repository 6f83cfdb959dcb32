"""What the user decides by command, each with the words of its refusal."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from assistant.errors import UsageError
from assistant.ledger import check, decisions, heard
from assistant.ledger.journal import slot_subject
from assistant.model.callback import Status
from assistant.model.journal import (
    AttemptResult,
    CallId,
    EventGone,
    FaultAsked,
    Outcome,
    Purpose,
    SlotLost,
    Source,
    Subject,
    Told,
)
from assistant.model.planning import Bucket
from tests.unit.ledger.book import HOUR, MONDAY, draft_written, event_written

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistant.ledger.journal import Ledger
    from tests.unit.ledger.book import Book

EACH: dict[str, Callable[[Ledger, Subject], object]] = {
    "done": lambda ledger, subject: decisions.close(ledger, subject, Outcome.REACHED),
    "tried": lambda ledger, subject: decisions.attempt(ledger, subject, AttemptResult.BUSY, None),
    "snooze": lambda ledger, subject: decisions.snooze(ledger, subject, MONDAY + 24 * HOUR),
    "promise": lambda ledger, subject: decisions.promise(ledger, subject, MONDAY + 24 * HOUR),
    "bucket": lambda ledger, subject: decisions.set_bucket(ledger, subject, Bucket.NOW),
    "merge": lambda ledger, subject: decisions.merge(ledger, subject, [Subject("2")]),
    "merged": lambda ledger, subject: decisions.merge(ledger, Subject("2"), [subject]),
    "split": lambda ledger, subject: decisions.split(ledger, subject, [CallId("call-m1")]),
}


@pytest.mark.parametrize("command", EACH)
def test_nothing_is_decided_about_a_closed_callback(book: Book, command: str) -> None:
    """A closed callback refuses each command with its outcome and how to take that back."""
    subject = book.calls()
    book.calls("Bo Tan", "+12125550142")
    decisions.close(book.ledger, subject, Outcome.SPAM)
    before = book.ledger.entry_count()
    with pytest.raises(UsageError, match=r"Callback 1 is closed already \(spam\)\. `ringback undo` takes"):
        EACH[command](book.ledger, subject)
    assert book.ledger.entry_count() == before


@pytest.mark.parametrize("command", EACH)
def test_nothing_is_decided_about_a_merged_callback(book: Book, command: str) -> None:
    """A merged callback refuses each command with the id to use."""
    subject, other = book.calls(), book.calls("Bo Tan", "+12125550142")
    decisions.merge(book.ledger, other, [subject])
    with pytest.raises(UsageError, match=r"Callback 1 was merged into 2\. Use that id\."):
        EACH[command](book.ledger, subject)


@pytest.mark.parametrize("command", EACH)
def test_nothing_is_decided_about_a_callback_that_is_not_there(book: Book, command: str) -> None:
    """An unknown id is told as such."""
    book.calls()
    book.calls()
    with pytest.raises(UsageError, match="There is no callback '9'"):
        EACH[command](book.ledger, Subject("9"))


# --- done, tried, snooze, promise, bucket


def test_done(book: Book) -> None:
    """A closing is dated, has its outcome and keeps its note as content."""
    subject = book.calls()
    decisions.close(book.ledger, subject, Outcome.DECLINED, "too far away")
    callback = book.callback(subject)
    assert (callback.status, callback.outcome, callback.closed_at, callback.closed_by) == (
        Status.CLOSED,
        Outcome.DECLINED,
        MONDAY,
        Source.COMMAND,
    )
    fact = book.ledger.entries(subject)[-1].fact
    assert heard.text(book.ledger, getattr(fact, "note", None)) == "too far away"


def test_giving_up_needs_a_reason(book: Book) -> None:
    """A caller is given up with a reason or not at all."""
    subject = book.calls()
    for note in (None, ""):
        with pytest.raises(UsageError, match=r"needs a reason: ringback done ID abandoned --note 'why'"):
            decisions.close(book.ledger, subject, Outcome.ABANDONED, note)
    decisions.close(book.ledger, subject, Outcome.ABANDONED, "no line to Mars")
    assert book.callback(subject).outcome == Outcome.ABANDONED


def test_two_notes_are_two(book: Book) -> None:
    """A later note does not take the place of an earlier one."""
    subject = book.calls()
    for note in ("first", "second"):
        decisions.attempt(book.ledger, subject, AttemptResult.BUSY, None, note)
    notes = [heard.text(book.ledger, attempt.note) for attempt in book.callback(subject).attempts]
    assert notes == ["first", "second"]


@pytest.mark.parametrize("late", [timedelta(0), timedelta(seconds=-1), timedelta(days=-400)])
def test_the_past_is_refused(book: Book, late: timedelta) -> None:
    """Waiting until, trying again at, or promising a time that is not to come is refused with that time."""
    subject = book.calls()
    then = book.now + late
    words = f"{then:%Y-%m-%d %H:%M} is past"
    with pytest.raises(UsageError, match=words):
        decisions.snooze(book.ledger, subject, then)
    with pytest.raises(UsageError, match=words):
        decisions.promise(book.ledger, subject, then)
    with pytest.raises(UsageError, match=words):
        decisions.attempt(book.ledger, subject, AttemptResult.BUSY, then)
    assert book.callback(subject).status == Status.OPEN


def test_the_bucket_of_the_user(book: Book) -> None:
    """The user's bucket is kept."""
    subject = book.calls()
    decisions.set_bucket(book.ledger, subject, Bucket.NEVER)
    assert book.callback(subject).bucket_set == Bucket.NEVER


# --- merge and split


def test_merge(book: Book) -> None:
    """The calls of both stand in the target, in the journal's state as in the content, and nothing is lost."""
    first = book.calls()
    book.now += HOUR
    second = book.calls("Ann's mobile", "+12125550149")
    book.again(second)
    decisions.merge(book.ledger, first, [second])
    target, source = book.callback(first), book.callback(second)
    assert [(link.call, link.messages) for link in target.calls] == [("call-m1", ("m1",)), ("call-m2", ("m2", "m3"))]
    assert (source.status, source.merged_into, source.calls) == (Status.CLOSED, first, ())
    assert [known.id for known in heard.calls_of(book.ledger, first)] == ["call-m1", "call-m2"]
    assert heard.calls_of(book.ledger, second) == []
    assert check.faults(book.ledger) == []


def test_merge_keeps_what_the_caller_was_told(book: Book) -> None:
    """A promise to the one is a promise of the other after a merge, once."""
    first, second = book.calls(), book.calls("Ann's mobile", "+12125550149")
    book.passes(second, draft_written(), Told(purpose=Purpose.WILL_CALL_AT, named_time=MONDAY + HOUR))
    decisions.promise(book.ledger, second, MONDAY + 2 * HOUR)
    decisions.promise(book.ledger, first, MONDAY + 2 * HOUR)
    decisions.merge(book.ledger, first, [second])
    told = sorted((one.at, one.source) for one in book.callback(first).promises)
    assert told == [(MONDAY + HOUR, Source.SENT), (MONDAY + 2 * HOUR, Source.COMMAND)]


def test_a_callback_is_not_merged_with_itself(book: Book) -> None:
    """Naming one callback twice is refused and changes nothing."""
    first, second = book.calls(), book.calls()
    for others in ([first], [second, second], [second, first]):
        with pytest.raises(UsageError, match=r"Callback \d cannot be merged with itself\."):
            decisions.merge(book.ledger, first, others)
    assert [len(one.calls) for one in book.ledger.callbacks()] == [1, 1]


def test_split(book: Book) -> None:
    """A call that is another caller's gets a callback of its own, linked to the old one."""
    subject = book.calls()
    book.now += HOUR
    book.calls(into=subject)
    new = decisions.split(book.ledger, subject, [CallId("call-m2"), CallId("call-m2")])
    assert (book.callback(new).previous, book.callback(new).status) == (subject, Status.OPEN)
    assert [link.call for link in book.callback(new).calls] == ["call-m2"]
    assert [known.id for known in heard.calls_of(book.ledger, new)] == ["call-m2"]
    assert [link.call for link in book.callback(subject).calls] == ["call-m1"]
    assert check.faults(book.ledger) == []


@pytest.mark.parametrize(
    ("calls", "words"),
    [
        ([], "Name the calls to split off. `ringback show 1` lists them."),
        (["call-m9"], "Callback 1 has no call call-m9. `ringback show 1` lists its calls."),
        (["call-m2", "call-m3"], "Callback 1 has no call call-m3."),
        (["call-m1", "call-m2"], "Callback 1 has no other calls; there is nothing to split."),
    ],
)
def test_what_cannot_be_split(book: Book, calls: list[CallId], words: str) -> None:
    """A split that names nothing, too much or what is another's is refused and changes nothing."""
    subject = book.calls()
    book.calls(into=subject)
    book.calls("Bo Tan", "+12125550142")
    before = book.ledger.entries()
    with pytest.raises(UsageError) as refused:
        decisions.split(book.ledger, subject, calls)
    assert words in str(refused.value)
    assert book.ledger.entries() == before


def test_merge_and_split_round_trip(book: Book) -> None:
    """What a merge put together a split parts again, with the content."""
    first = book.calls()
    second = book.calls("Bo Tan", "+12125550142")
    decisions.merge(book.ledger, first, [second])
    third = decisions.split(book.ledger, first, [CallId("call-m2")])
    assert [known.name for known in heard.calls_of(book.ledger, third)] == ["Bo Tan"]
    assert [known.name for known in heard.calls_of(book.ledger, first)] == ["Ann Byrne"]
    assert check.faults(book.ledger) == []


# --- restore and acknowledge


def test_restore_brings_back_all_or_those_named(book: Book) -> None:
    """Vanished holds and slots come back, those that stand are left alone, and the question is answered."""
    subjects = [book.calls(number=f"+1212555014{number}") for number in range(3)]
    for subject in subjects:
        book.passes(subject, event_written())
    book.passes(subjects[0], EventGone())
    book.passes(subjects[1], EventGone(fault=True))
    book.passes("slot-2026-11-16", event_written(), EventGone(fault=True))
    book.passes("calendar", FaultAsked(what="Gone.", count=2))
    assert decisions.restore(book.ledger, [subjects[0]]) == [subjects[0]]
    assert decisions.restore(book.ledger) == [subjects[1], "slot-2026-11-16"]
    assert book.callback(subjects[2]).hold is not None
    assert book.ledger.calendar_state().question is None
    with pytest.raises(UsageError, match="No hold or slot has vanished; there is nothing to bring back"):
        decisions.restore(book.ledger)


def test_restore_answers_a_question_without_holds(book: Book) -> None:
    """A missing calendar is a question that is answered although nothing vanished."""
    book.passes("calendar", FaultAsked(what="The calendar is missing.", count=0))
    assert decisions.restore(book.ledger) == []
    assert book.ledger.calendar_state().question is None


def test_acknowledge(book: Book) -> None:
    """Lost slots are acknowledged one day or all, once."""
    days = [date(2026, 11, 16), date(2026, 11, 17), date(2026, 11, 18)]
    for day in days:
        book.passes(slot_subject(day), SlotLost(why="full"))
    assert decisions.acknowledge(book.ledger, days[1]) == [slot_subject(days[1])]
    with pytest.raises(UsageError, match="No lost slot waits to be acknowledged"):
        decisions.acknowledge(book.ledger, days[1])
    assert decisions.acknowledge(book.ledger) == [slot_subject(days[0]), slot_subject(days[2])]
    with pytest.raises(UsageError, match="No lost slot waits to be acknowledged"):
        decisions.acknowledge(book.ledger)
