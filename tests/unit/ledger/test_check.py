"""The check is silent about a right ledger and finds each way in which one can be wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assistant.errors import LedgerError
from assistant.ledger import check, decisions, heard
from assistant.ledger.undo import undo
from assistant.model.callback import Status
from assistant.model.heard import Disposition
from assistant.model.journal import (
    AttemptResult,
    CallId,
    CallsTaken,
    Closed,
    EventGone,
    EventRemoved,
    Outcome,
    Promised,
    PromiseSettled,
    Ranked,
    Snoozed,
    Told,
    Undone,
    Verdict,
)
from assistant.model.planning import Bucket
from assistant.pipeline import checking
from tests.unit.ledger.book import HOUR, MONDAY, draft_written, event_written
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from assistant.model.journal import AnyFact
    from tests.unit.ledger.book import Book


def _tamper(book: Book, statement: str) -> list[str]:
    book.ledger.database.connection.execute(statement)
    return check.faults(book.reopen())


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        (
            "UPDATE state SET value = replace(value, 'call-m1', 'call-m8') WHERE subject = '1'",
            "the state of 1 is not what",
        ),
        ("UPDATE state SET status = 'closed' WHERE subject = '1'", "the state of 1 is not what its 2 entries say"),
        ("DELETE FROM state WHERE subject = '1'", "the state of 1 is not what"),
        ("UPDATE state SET subject = '8' WHERE subject = '2'", "the state of 8 has no entries"),
        ("DELETE FROM report WHERE message = 'm1'", "message m1 is a call and none of its calls is in a callback"),
        ("DELETE FROM report WHERE message = 'm3'", "only the journal knows that message m3 reports call-m2"),
        ("INSERT INTO report VALUES ('me', 'm1', 'call-m2')", "only the table of reports knows that message m1"),
        ("INSERT INTO report VALUES ('me', 'm1', 'call-m9')", "call-m9 is in no callback"),
        ("DELETE FROM message WHERE id = 'm3'", "message m3 reports call-m2 and is not accounted for"),
        ("UPDATE message SET disposition = 'call' WHERE id = 'm9'", "message m9 is a call and none of its calls"),
        ("UPDATE content SET subject = '2' WHERE id = 'call-m1'", "call-m1 is listed under 2 and belongs to 1"),
        ("UPDATE content SET id = 'call-m7' WHERE id = 'call-m1'", "call-m7 is in no callback"),
    ],
)
def test_each_tampering_is_found(book: Book, statement: str, fault: str) -> None:
    """A row that was changed, lost or added behind the ledger's back is named."""
    book.calls()
    second = book.calls("Bo Tan", "+12125550142")
    book.again(second)
    book.message("m9", Disposition.NO_CALL)
    assert check.faults(book.ledger) == []
    faults = _tamper(book, statement)
    assert any(one.startswith(fault) for one in faults), faults


@pytest.mark.parametrize("value", ["", "{}", "[]", "no JSON"])
def test_a_state_that_cannot_be_read(book: Book, value: str) -> None:
    """A state that is none is told with its subject and what to do."""
    book.calls()
    with pytest.raises(LedgerError, match=r"the state of 1 in the ledger cannot be read .* newest backup"):
        _tamper(book, f"UPDATE state SET value = '{value}'")


def test_a_call_in_two_callbacks(book: Book) -> None:
    """A call that two callbacks claim is named with their number."""
    first, second = book.calls(), book.calls("Bo Tan", "+12125550142")
    (link,) = book.callback(first).calls
    book.passes(second, CallsTaken(calls=((link.call, link.called_at, link.messages),), source=first))
    faults = check.faults(book.ledger)
    assert "call-m1 is in 2 callbacks" in faults
    assert "call-m1 is listed under 1 and belongs to 2" in faults


def test_an_opening_that_was_taken_back_with_a_call_left(book: Book) -> None:
    """A callback that nobody is owed may not keep a call."""
    subject = book.calls()
    book.passes(subject, Undone(entries=(1,)))
    book.ledger.refold(subject)
    assert "callback 1 was taken back and still has calls that nobody is owed" in check.faults(book.ledger)


@pytest.mark.parametrize(
    ("facts", "faults"),
    [
        ([event_written(), draft_written()], 0),
        ([draft_written(None)], 0),
        ([draft_written()], 1),
        ([event_written(MONDAY), draft_written()], 1),
        ([event_written(), draft_written(), EventGone()], 1),
        ([event_written(), draft_written(), EventRemoved()], 1),
        ([draft_written(), Told(purpose=draft_written().purpose, named_time=MONDAY)], 0),
    ],
)
def test_a_standing_draft_names_the_time_of_a_hold(book: Book, facts: list[AnyFact], faults: int) -> None:
    """An untouched draft that names a time at which no hold stands is a fault."""
    subject = book.calls()
    book.passes(subject, *facts)
    found = check.faults(book.ledger)
    assert found == ["callback 1: the draft will_call_at names a time at which no hold stands"] * faults


def test_a_normal_life_is_clean(book: Book) -> None:
    """After commands of every kind, some of them undone, all promises hold."""
    first = book.calls()
    book.calls(into=first)
    second = book.calls("Bo Tan", "+12125550142")
    third = book.adds()
    decisions.attempt(book.ledger, first, AttemptResult.BUSY, MONDAY + HOUR, "later")
    decisions.merge(book.ledger, first, [second])
    undo(book.ledger)
    split = decisions.split(book.ledger, first, [CallId("call-m1")])
    decisions.merge(book.ledger, first, [split])
    decisions.close(book.ledger, third, Outcome.ABANDONED, "no answer in a year")
    undo(book.ledger)
    decisions.snooze(book.ledger, second, MONDAY + HOUR)
    heard.mark_gone(book.ledger, "home", heard.messages(book.ledger, Disposition.CALL)[0].ref)
    assert check.faults(book.reopen()) == []


def test_a_life_of_passes_is_clean(tmp_path: Path) -> None:
    """Calls, passes, commands, a merge, a split and their undoing leave ledger, calendar and drafts in balance."""
    world = World(tmp_path, "2026-11-16 08:00")
    world.contact("Ann Byrne", "+1 212 555 0141", "ann@byrne.example")
    world.missed_call("Ann Byrne", "2125550141", "2026-11-13 15:10")
    world.voicemail("Bo Tan", "2125550142", "2026-11-14 10:30")
    world.sync()
    ledger = world.ledger()
    decisions.merge(ledger, world.id("Ann Byrne"), [world.id("Bo Tan")])
    world.sync()
    assert checking.faults(world.parts()) == []
    undo(ledger)
    world.sync()
    assert checking.faults(world.parts()) == []
    assert world.start("Bo Tan") == "Mon 16:10"
    decisions.close(ledger, world.id("Bo Tan"), Outcome.SPAM)
    world.sync()
    undo(ledger)
    world.sync()
    assert checking.faults(world.parts()) == []
    assert world.sync().nothing_to_do


# --- overdue

DUE = Ranked(bucket=Bucket.TODAY, due=MONDAY + HOUR, minutes=10)


@pytest.mark.parametrize(
    ("facts", "hours", "overdue"),
    [
        ([DUE], 1, False),
        ([DUE], 2, True),
        ([], 2, False),
        ([DUE, Closed(outcome=Outcome.REACHED, at=MONDAY)], 2, False),
        ([DUE, Snoozed(until=MONDAY + 3 * HOUR)], 2, False),
        ([DUE, Snoozed(until=MONDAY + 3 * HOUR)], 3, True),
        ([Promised(at=MONDAY), PromiseSettled(at=MONDAY, verdict=Verdict.MISSED)], 0, True),
        ([Promised(at=MONDAY), PromiseSettled(at=MONDAY, verdict=Verdict.KEPT)], 0, False),
    ],
)
def test_overdue(book: Book, facts: list[AnyFact], hours: int, overdue: bool) -> None:  # noqa: FBT001  a parameter of the test
    """A callback is overdue past its deadline or after a missed promise, unless it is closed or waits still."""
    subject = book.calls()
    book.passes(subject, *facts)
    book.now += hours * HOUR
    assert [one.id for one in check.overdue(book.ledger)] == ([subject] if overdue else [])


def test_a_waiting_callback_without_a_date(book: Book) -> None:
    """Waiting for ever is not waiting: a state that claims so is a fault of its own."""
    subject = book.calls()
    state = book.callback(subject)
    book.ledger.put_state(type(state)(id=state.id, opened_at=state.opened_at, status=Status.WAITING, calls=state.calls))
    assert "callback 1 waits, and nobody said until when" in check.faults(book.ledger)
    book.ledger.put_state(type(state)(id=state.id, opened_at=state.opened_at, status=Status.CLOSED, calls=state.calls))
    assert "callback 1 is closed without an outcome" in check.faults(book.ledger)
