"""The journal only grows, its changes stand or fall whole, and the states are what it says."""

from __future__ import annotations

import sqlite3
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from assistant.errors import LedgerError, UsageError
from assistant.ledger import check
from assistant.ledger.fold import fold
from assistant.ledger.journal import slot_subject, stamp, type_of
from assistant.model.callback import Status
from assistant.model.journal import Closed, FaultAsked, Opened, Outcome, SlotLost, Snoozed, Subject
from tests.unit.ledger.book import HOUR, MONDAY, event_written
from tests.world import NEW_YORK

if TYPE_CHECKING:
    from tests.unit.ledger.book import Book

CLOSED = Closed(outcome=Outcome.REACHED, at=MONDAY)


@pytest.mark.parametrize("statement", ["UPDATE entry SET fact = '{}'", "DELETE FROM entry"])
def test_the_journal_only_grows(book: Book, statement: str) -> None:
    """No statement changes or removes an entry."""
    book.calls()
    before = book.ledger.entries()
    with pytest.raises(sqlite3.IntegrityError, match="the journal only grows"):
        book.ledger.database.connection.execute(statement)
    assert book.ledger.entries() == before


def test_a_command_is_one_change(book: Book) -> None:
    """All entries of a command, about whatever subjects, have one change."""
    with book.ledger.change("done 1 reached"):
        first = book.ledger.open_callback()
        second = book.ledger.open_callback()
        book.ledger.append(first, CLOSED)
    (change,) = book.ledger.changes()
    assert (change.command, change.is_pass, change.at) == ("done 1 reached", False, MONDAY)
    assert [entry.subject for entry in book.ledger.entries_of_change(change.id)] == [first, second, first]
    assert book.ledger.change_by_id(change.id) == change


@pytest.mark.parametrize("is_pass", [False, True])
def test_a_change_without_entries_leaves_none(book: Book, is_pass: bool) -> None:  # noqa: FBT001  a parameter of the test
    """A command or pass that notes nothing is not in the log."""
    with book.ledger.change("sync", is_pass=is_pass):
        assert book.ledger.owed() == []
    assert book.ledger.changes() == []


def test_a_command_that_fails_leaves_nothing(book: Book) -> None:
    """An exception in the middle of a command takes back its entries, states, content and change."""
    subject = book.calls()
    before = book.ledger.database.connection.iterdump
    dump = list(before())
    with pytest.raises(KeyboardInterrupt), book.ledger.change("done"):  # noqa: PT012  the last line raises
        book.ledger.append(subject, CLOSED)
        book.ledger.open_callback()
        raise KeyboardInterrupt
    assert [line for line in before() if "sqlite_sequence" not in line] == [
        line for line in dump if "sqlite_sequence" not in line
    ]


def test_a_pass_that_is_cut_off_keeps_its_steps(book: Book) -> None:
    """What a pass committed before it was cut off stays."""
    with pytest.raises(KeyboardInterrupt), book.ledger.change("sync", is_pass=True):  # noqa: PT012  the last line raises
        subject = book.ledger.open_callback()
        raise KeyboardInterrupt
    assert book.callback(subject).status == Status.OPEN


def test_entries_after_a_step_that_failed_stand_in_a_change_that_exists(book: Book) -> None:
    """A step of a pass that was rolled back does not leave later entries without their change."""
    with book.ledger.change("sync", is_pass=True):
        with pytest.raises(ZeroDivisionError), book.ledger.transaction():  # noqa: PT012  the last line raises
            book.ledger.open_callback()
            raise ZeroDivisionError
        book.ledger.open_callback()
    assert {entry.change for entry in book.ledger.entries()} == {change.id for change in book.ledger.changes()}
    assert len(book.ledger.entries()) == 1


def test_an_entry_outside_a_change_is_refused(book: Book) -> None:
    """Nothing is noted that no command or pass answers for."""
    with pytest.raises(LedgerError, match="outside a change"):
        book.ledger.append(Subject("1"), CLOSED)
    assert book.ledger.entries() == []


def test_states_are_the_fold_of_their_entries(book: Book) -> None:
    """Each stored state is what a fold of its subject's entries gives, also after reopening the file."""
    subject = book.calls()
    book.calls(into=subject)
    book.passes(subject, event_written())
    book.passes(slot_subject(date(2026, 11, 16)), SlotLost(why="full"))
    book.passes("calendar", FaultAsked(what="Gone.", count=4))
    ledger = book.reopen()
    assert sorted(ledger.subjects()) == ["1", "calendar", "slot-2026-11-16"]
    for each in ledger.subjects():
        assert ledger.state(each) == fold(ledger.entries(each))
    assert check.faults(ledger) == []


def test_the_clock_of_the_user_and_utc_are_one_time(book: Book) -> None:
    """A state written with the user's zone equals the one folded from UTC text, in the hour that comes twice too."""
    book.now = MONDAY.astimezone(NEW_YORK).replace(month=11, day=1, hour=1, minute=30, fold=1)
    subject = book.calls()
    assert book.callback(subject).opened_at.timestamp() == book.now.timestamp()
    assert stamp(book.now) == "2026-11-01T06:30:00.000000+00:00"
    assert check.faults(book.ledger) == []


def test_text_order_of_stamps_is_time_order() -> None:
    """Stamps sort as their times do, with and without a part of a second."""
    moments = [MONDAY + timedelta(milliseconds=number) for number in (0, 1, 999, 1000, 60_000)]
    assert sorted(map(stamp, reversed(moments))) == list(map(stamp, moments))


def test_callbacks_are_numbered_and_listed_in_order(book: Book) -> None:
    """Ids are the next number, and ten comes after nine."""
    with book.ledger.change("sync", is_pass=True):
        ids = [book.ledger.open_callback() for _ in range(11)]
        book.ledger.append(ids[1], CLOSED)
        book.ledger.append(ids[2], Snoozed(until=MONDAY + HOUR))
    assert ids == [str(number) for number in range(1, 12)]
    assert [one.id for one in book.ledger.callbacks()] == ids
    assert [one.id for one in book.ledger.owed()] == [ids[0], *ids[2:]]
    assert book.ledger.counts() == {"open": 9, "waiting": 1, "closed": 1}


@pytest.mark.parametrize("subject", ["9", "slot-2026-11-16", "calendar", "", "one", "-1", "²"])
def test_what_is_no_callback(book: Book, subject: str) -> None:
    """A wrong id is told with where the right ones are."""
    book.passes("slot-2026-11-16", SlotLost(why="full"))
    with pytest.raises(UsageError, match=r"There is no callback .*ringback list --all"):
        book.callback(subject)


def test_an_unknown_change(book: Book) -> None:
    """A wrong number of a change is told with where the right ones are."""
    with pytest.raises(UsageError, match=r"There is no change 7\. `ringback log`"):
        book.ledger.change_by_id(7)


def test_cursors(book: Book) -> None:
    """A cursor is stored as it is, replaced, and forgotten with None."""
    assert book.ledger.cursor("mail home") is None
    for value in ("18446744073709551617", "b"):
        book.ledger.put_cursor("mail home", value)
        assert book.ledger.cursor("mail home") == value
    book.ledger.put_cursor("mail home", None)
    assert book.ledger.cursor("mail home") is None


def test_principals_do_not_see_each_other(book: Book) -> None:
    """Each query and statement is about one principal's calls alone."""
    book.calls()
    other = type(book.ledger)(book.ledger.database, lambda: book.now, principal="you")
    assert other.owed() == []
    with other.change("sync", is_pass=True):
        assert other.open_callback(Opened()) == "1"
    other.put_mark("tag", "theirs")
    assert book.ledger.mark("tag") is None
    assert len(book.ledger.entries()) == 2
    assert len(other.entries()) == 1


def test_subjects() -> None:
    """Slots are named by their day, the second bookend with a suffix."""
    assert slot_subject(date(2026, 11, 16)) == "slot-2026-11-16"
    assert slot_subject(date(2026, 11, 16), 1) == "slot-2026-11-16-2"
    assert [type_of(Subject(one)) for one in ("calendar", "slot-2026-11-16-2", "12")] == [
        "calendar",
        "slot",
        "callback",
    ]
