"""Messages are accounted for, what people said can be erased, and the rest of the ledger knows no names."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from assistant.ledger import check, decisions, heard, outbox
from assistant.model.call import E164
from assistant.model.callback import Status
from assistant.model.heard import Disposition, Envelope
from assistant.model.journal import AttemptResult, CallId, MessageId, Outcome, Subject
from assistant.model.mailbox import Label, Ref
from assistant.model.operation import SetLabel
from tests.unit.ledger.book import HOUR
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from assistant.ledger.journal import Ledger
    from tests.unit.ledger.book import Book

ANN = ("Ann Byrne", "+12125550141")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


# --- messages


def test_a_message_is_accounted_for_once(book: Book) -> None:
    """A second account of a message changes what became of it and nothing else."""
    message_id = book.message("m1", Disposition.BIN)
    heard.set_label(book.ledger, message_id, Label.CHECK)
    message = heard.message(book.ledger, message_id)
    assert message is not None
    heard.put_message(book.ledger, replace(message, disposition=Disposition.DISMISSED, label=None, ref=Ref("other")))
    (now,) = heard.messages(book.ledger, Disposition.DISMISSED)
    assert (now.label, now.ref, now.received_at) == (Label.CHECK, "ref-m1", book.now)
    assert heard.messages(book.ledger, Disposition.BIN) == []
    assert heard.message_by_ref(book.ledger, "home", Ref("ref-m1")) == now


def test_unknown_messages(book: Book) -> None:
    """What was never considered is not known."""
    assert heard.message(book.ledger, MessageId("m1")) is None
    assert heard.message_by_ref(book.ledger, "home", Ref("ref")) is None
    assert heard.envelope(book.ledger, MessageId("m1")) == Envelope()
    assert heard.text(book.ledger, None) is None


def test_a_message_that_left_its_mailbox(book: Book) -> None:
    """A message that is gone stays accounted for and is no longer among those to label."""
    subject = book.calls()
    book.message("m9", Disposition.NO_CALL)
    assert heard.known_refs(book.ledger, "home", LONG_AGO) == {"ref-m1", "ref-m9"}
    assert [subjects for _, subjects in heard.messages_with_subjects(book.ledger)] == [[subject]]
    heard.mark_gone(book.ledger, "home", Ref("ref-m1"))
    assert heard.known_refs(book.ledger, "home", LONG_AGO) == {"ref-m9"}
    assert heard.messages_with_subjects(book.ledger) == []
    assert [message.gone for message in heard.messages(book.ledger, Disposition.CALL)] == [True]
    assert check.faults(book.ledger) == []


def test_one_message_with_calls_of_two_callers(book: Book) -> None:
    """A message with two calls belongs to both callbacks, and each call knows its messages."""
    first, second = book.calls(), book.calls("Bo Tan", "+12125550142")
    heard.add_report(book.ledger, MessageId("m1"), CallId("call-m2"))
    assert heard.subjects_of_message(book.ledger, MessageId("m1")) == [first, second]
    assert {one.id for one in heard.messages_of_call(book.ledger, CallId("call-m2"))} == {"m1", "m2"}


# --- calls


def test_calls_are_found_by_number_and_by_name(book: Book) -> None:
    """Calls with a number are found by it, those without by their name in any case."""
    first = book.calls(*ANN)
    book.now += HOUR
    book.calls("Bo Tan", "+12125550142")
    book.now += HOUR
    second = book.calls(*ANN)
    added = book.adds("Cy Dunn")
    found = heard.calls_by_number(book.ledger, [E164("+12125550142"), E164("+12125550141")])
    assert [one.name for one in found] == ["Ann Byrne", "Bo Tan", "Ann Byrne"]
    assert [one.subject for one in heard.calls_by_name(book.ledger, "CY DUNN")] == [added]
    assert heard.calls_by_name(book.ledger, "Ann Byrne") == []
    decisions.close(book.ledger, first, Outcome.REACHED)
    assert set(heard.calls_with_status(book.ledger, Status.OPEN)) == {"2", second, added}
    assert heard.names_with_status(book.ledger, Status.CLOSED) == {first: ANN}


# --- erasing


def test_erasing_a_caller_leaves_journal_and_fold_intact(book: Book) -> None:
    """Who called is forgotten, that somebody called is not."""
    subject = book.calls(*ANN)
    decisions.attempt(book.ledger, subject, AttemptResult.BUSY, None, note="her sister answered")
    entries, state = book.ledger.entries(), book.callback(subject)
    heard.erase(book.ledger, CallId("call-m1"))
    note = state.attempts[0].note
    assert note is not None
    assert heard.text(book.ledger, note) == "her sister answered"
    heard.erase(book.ledger, note)
    assert heard.text(book.ledger, note) is None
    ledger = book.reopen()
    assert (ledger.entries(), ledger.callback(subject)) == (entries, state)
    assert heard.calls_of(ledger, subject) == []
    assert check.faults(ledger) == []


def test_erased_text_leaves_no_trace_in_the_file(book: Book) -> None:
    """What was erased is overwritten, not only unlinked."""
    book.calls("Zebulon Quartermain")
    book.reopen()
    assert b"Zebulon" in book.path.read_bytes()
    heard.erase(book.ledger, CallId("call-m1"))
    book.reopen()
    assert b"Zebulon" not in book.path.read_bytes()


# --- what stands outside the content


def _cells(ledger: Ledger, table: str) -> str:
    return "\n".join(str(cell) for row in ledger.database.connection.execute(f"SELECT * FROM {table}") for cell in row)


def test_names_numbers_and_words_stand_in_the_content_alone(tmp_path: Path) -> None:
    """After a life of passes, commands and edits no other table holds a name, a number or what was said."""
    world = World(tmp_path, "2026-11-16 08:00")
    world.contact("Zebulon Quartermain", "+1 212 555 0141", "zebulon@quartermain.example")
    world.missed_call("Zebulon Quartermain", "2125550141", "2026-11-13 15:10")
    world.voicemail("Ottoline Pemberton", "2125550142", "2026-11-14 10:30")
    world.sync()
    world.drag("Zebulon Quartermain", "2026-11-18 11:00")
    world.retitle("Ottoline Pemberton", "Ring Ottoline about the deeds")
    world.sync()
    world.edit_draft("thank you for your call", "good to hear from you, Zebulon")
    world.sync()
    world.send_draft()
    world.sync()
    ledger = world.ledger()
    decisions.close(ledger, world.id("Ottoline Pemberton"), Outcome.ABANDONED, "Ottoline moved to Peru")
    world.sync()
    private = ["zebulon", "quartermain", "ottoline", "pemberton", "deeds", "peru", "5550141", "5550142", "555-0141"]
    for table in ("entry", "state", "change", "cursor", "outbox", "meta", "message", "report"):
        cells = _cells(ledger, table).casefold()
        assert [word for word in private if word in cells] == [], table
    assert "zebulon" in _cells(ledger, "content").casefold()


def test_the_payload_of_an_operation_goes_when_it_is_settled(tmp_path: Path) -> None:
    """The words of events and drafts stand in the outbox only as long as nobody knows whether they were written."""
    world = World(tmp_path, "2026-11-16 08:00")
    world.voicemail("Ottoline Pemberton", "2125550142", "2026-11-14 10:30")
    world.sync()
    rows = world.ledger().database.connection.execute("SELECT state, operation FROM outbox").fetchall()
    assert len(rows) > 1
    assert {tuple(row) for row in rows} == {("done", None)}


# --- outbox

LABEL = SetLabel(subject=Subject("1"), why="x", message=MessageId("m1"), mailbox="home", ref=Ref("r"), label=Label.DONE)


def test_an_announced_operation_is_pending_until_it_is_settled(book: Book) -> None:
    """What was announced is known to a new process in full, until it is settled."""
    outbox.announce(book.ledger, LABEL)
    book.now += HOUR
    outbox.announce(book.ledger, replace(LABEL, message=MessageId("m0")))
    assert outbox.pending(book.reopen()) == [LABEL, replace(LABEL, message=MessageId("m0"))]
    outbox.settle(book.ledger, LABEL, "ref", "etag")
    (pending,) = outbox.pending(book.ledger)
    assert pending == replace(LABEL, message=MessageId("m0"))


@pytest.mark.parametrize(("end", "state"), [(outbox.settle, "done"), (outbox.withdraw, "withdrawn")])
def test_an_ended_operation_can_be_announced_again(book: Book, end: object, state: str) -> None:
    """A later operation on the same object takes the place of the ended one."""
    outbox.announce(book.ledger, LABEL)
    assert callable(end)
    end(book.ledger, LABEL)
    assert outbox.pending(book.ledger) == []
    row = book.ledger.database.connection.execute("SELECT state, operation FROM outbox").fetchone()
    assert tuple(row) == (state, None)
    outbox.announce(book.ledger, replace(LABEL, label=None))
    assert outbox.pending(book.ledger) == [replace(LABEL, label=None)]


def test_the_newest_operation_on_an_object_counts(book: Book) -> None:
    """Two operations on one object are one row."""
    outbox.announce(book.ledger, LABEL)
    outbox.announce(book.ledger, replace(LABEL, label=None))
    (row,) = book.ledger.database.connection.execute("SELECT operation FROM outbox").fetchall()
    assert "label" not in json.loads(row[0])
