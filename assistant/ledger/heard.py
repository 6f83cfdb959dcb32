"""Messages and calls in the ledger: every message considered is accounted for, and what callers said can be erased."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from assistant.ledger.journal import stamp
from assistant.model.call import E164, Call
from assistant.model.heard import Disposition, Envelope, KnownCall, Message
from assistant.model.journal import CallId, ContentId, MessageId, Subject
from assistant.model.mailbox import Ref

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from assistant.ledger.journal import Ledger
    from assistant.model.callback import Status
    from assistant.model.mailbox import Label

_CALL = msgspec.json.Decoder(Call)
_ENVELOPE = msgspec.json.Decoder(Envelope)


def put_message(ledger: Ledger, message: Message, envelope: Envelope | None = None) -> None:
    """Account for a message; a second time changes its disposition. The envelope is kept only where it is needed."""
    values = msgspec.structs.asdict(message)
    del values["label"], values["gone"]
    ledger.run("put_message", **{**values, "received_at": stamp(message.received_at)})
    if envelope is not None:
        put_text(ledger, _envelope_id(message.id), "envelope", msgspec.json.encode(envelope).decode())


def put_text(ledger: Ledger, content: str, kind: str, value: str) -> ContentId:
    """Store erasable text under an id."""
    nothing = {"subject": None, "called_at": None, "number": None, "name": None}
    ledger.run("put_content", id=content, type=kind, value=value, **nothing)
    return ContentId(content)


def text(ledger: Ledger, content: ContentId | None) -> str | None:
    """Return erasable text, None when it was erased or never there."""
    return None if content is None else ledger.value("content", id=content)


def _envelope_id(message: MessageId) -> str:
    return f"envelope-{message}"


def envelope(ledger: Ledger, message: MessageId) -> Envelope:
    """Return the heads kept of a message, empty when erased."""
    found = ledger.value("content", id=_envelope_id(message))
    return Envelope() if found is None else _ENVELOPE.decode(found)


def put_call(ledger: Ledger, known: KnownCall) -> None:
    """Store what a caller said, under the callback it belongs to."""
    ledger.run(
        "put_content",
        id=known.id,
        type="call",
        subject=known.subject,
        called_at=stamp(known.call.start_time),
        number=known.number,
        name=known.name,
        value=msgspec.json.encode(known.call).decode(),
    )


def move_call(ledger: Ledger, call: CallId, to: Subject) -> None:
    """Let a call belong to another callback."""
    ledger.run("move_call", id=call, subject=to)


def erase(ledger: Ledger, content: ContentId | CallId) -> None:
    """Erase a text or what a caller said; the journal and its fold never needed it."""
    ledger.run("erase_content", id=content)


def add_report(ledger: Ledger, message: MessageId, call: CallId) -> None:
    """Note that a message reports a call."""
    ledger.run("add_report", message=message, call=call)


def calls_of(ledger: Ledger, subject: Subject) -> list[KnownCall]:
    """Return the calls of a callback, oldest first."""
    return _known(ledger.rows("calls_of_subject", subject=subject))


def calls_with_status(ledger: Ledger, *statuses: Status) -> dict[Subject, list[KnownCall]]:
    """Return the calls of all callbacks with these statuses, oldest first."""
    found: dict[Subject, list[KnownCall]] = {}
    for status in statuses:
        for known in _known(ledger.rows("calls_with_status", status=status)):
            found.setdefault(known.subject, []).append(known)
    return found


def names_with_status(ledger: Ledger, *statuses: Status) -> dict[Subject, tuple[str | None, str | None]]:
    """Return name and number to show for each callback with these statuses, without reading what was said."""
    found: dict[Subject, tuple[str | None, str | None]] = {}
    for status in statuses:
        for row in ledger.rows("callers_with_status", status=status):
            name, number = found.get(row["subject"], (None, None))
            found[row["subject"]] = (row["name"] or name, row["number"] or number)
    return found


def calls_by_number(ledger: Ledger, numbers: Iterable[E164]) -> list[KnownCall]:
    """Return all calls from these numbers, oldest first."""
    rows = [row for number in numbers for row in ledger.rows("calls_by_number", number=number)]
    return sorted(_known(rows), key=lambda known: known.call.start_time)


def calls_by_name(ledger: Ledger, name: str) -> list[KnownCall]:
    """Return all calls without a number from a caller of this name."""
    return _known(ledger.rows("calls_by_name", name=name))


def message_by_ref(ledger: Ledger, mailbox: str, ref: Ref) -> Message | None:
    """Return the message that lies at a ref, None when it was never considered."""
    rows = ledger.rows("message_by_ref", mailbox=mailbox, ref=ref)
    return _message(rows[0]) if rows else None


def message(ledger: Ledger, message_id: MessageId) -> Message | None:
    """Return a message by our id."""
    rows = ledger.rows("message", id=message_id)
    return _message(rows[0]) if rows else None


def messages(ledger: Ledger, disposition: Disposition) -> list[Message]:
    """Return the messages of one disposition, oldest first."""
    return list(map(_message, ledger.rows("messages_with_disposition", disposition=disposition)))


def messages_of_call(ledger: Ledger, call: CallId) -> list[Message]:
    """Return the messages that report a call."""
    return list(map(_message, ledger.rows("messages_of_call", call=call)))


def subjects_of_message(ledger: Ledger, message_id: MessageId) -> list[Subject]:
    """Return the callbacks that the calls of a message belong to."""
    return [Subject(row[0]) for row in ledger.rows("subjects_of_message", message=message_id)]


def messages_with_subjects(ledger: Ledger) -> list[tuple[Message, list[Subject]]]:
    """Return the messages still in a mailbox that report calls, each with the callbacks of its calls."""
    found: dict[str, tuple[Message, list[Subject]]] = {}
    for row in ledger.rows("messages_with_subject"):
        found.setdefault(row["id"], (_message(row), []))[1].append(Subject(row["subject"]))
    return list(found.values())


def known_refs(ledger: Ledger, mailbox: str, since: datetime) -> set[Ref]:
    """Return the refs of the messages considered in a mailbox, received since then and not known to be gone."""
    return {Ref(row[0]) for row in ledger.rows("known_refs", mailbox=mailbox, since=stamp(since))}


def mark_back(ledger: Ledger, mailbox: str, ref: Ref) -> None:
    """Note that a message that had left its mailbox is there again."""
    ledger.run("mark_back", mailbox=mailbox, ref=ref)


def mark_gone(ledger: Ledger, mailbox: str, ref: Ref) -> None:
    """Note that a message left its mailbox."""
    ledger.run("mark_gone", mailbox=mailbox, ref=ref)


def set_label(ledger: Ledger, message_id: MessageId, label: Label | None) -> None:
    """Note which label of ours a message shows."""
    ledger.run("set_label", id=message_id, label=label)


def digest(ledger: Ledger) -> str:
    """Return a digest of all that is kept of messages and calls beside the journal; the user's notes aside."""
    made = hashlib.blake2b(digest_size=16)
    for name in ("messages_considered", "contents"):
        for row in ledger.rows(name):
            made.update(repr(tuple(row)).encode("utf-8", "surrogatepass"))
    return made.hexdigest()


def _known(rows: Iterable[sqlite3.Row]) -> list[KnownCall]:
    return [
        KnownCall(
            id=CallId(row["id"]),
            subject=Subject(row["subject"]),
            number=row["number"],
            name=row["name"],
            call=_CALL.decode(row["value"]),
        )
        for row in rows
    ]


def _message(row: sqlite3.Row) -> Message:
    values = {name: row[name] for name in Message.__struct_fields__}
    values["received_at"] = datetime.fromisoformat(row["received_at"])
    return msgspec.convert({**values, "gone": bool(row["gone"])}, Message)
