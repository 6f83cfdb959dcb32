"""A ledger with shorthands for what tests write into it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from assistant.ledger import heard
from assistant.ledger.database import Database
from assistant.ledger.journal import Ledger
from assistant.model.calendar import EventRef
from assistant.model.call import E164, Call, Kind, Trust
from assistant.model.heard import Disposition, KnownCall, Message
from assistant.model.journal import (
    CallId,
    DraftWritten,
    EventWritten,
    Heard,
    MessageId,
    Opened,
    Purpose,
    Subject,
)
from assistant.model.mailbox import DraftRef, ETag, Ref

if TYPE_CHECKING:
    from pathlib import Path

    from assistant.model.callback import Callback
    from assistant.model.journal import AnyFact

MONDAY = datetime(2026, 11, 16, 13, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Book:
    """A ledger in a file; `now` moves by hand."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now = MONDAY
        self.ledger = Ledger(Database.open(path), lambda: self.now)
        self._calls = 0

    def reopen(self) -> Ledger:
        """Close the file and open it as a new process would."""
        self.ledger.database.close()
        self.ledger = Ledger(Database.open(self.path), lambda: self.now)
        return self.ledger

    def close(self) -> None:
        """Close the file."""
        self.ledger.database.close()

    def passes(self, subject: str, *facts: AnyFact) -> None:
        """Append facts as a pass does."""
        with self.ledger.change("sync", is_pass=True):
            self.ledger.append(Subject(subject), *facts)

    def message(self, name: str, disposition: Disposition = Disposition.CALL, ref: str | None = None) -> MessageId:
        """Account for a message."""
        message = Message(
            id=MessageId(name),
            mailbox="home",
            ref=Ref(ref or f"ref-{name}"),
            received_at=self.now,
            thread=None,
            disposition=disposition,
            kind=Kind.MISSED_CALL,
            trust=Trust.PLAIN,
            vendor=None,
            reason="",
        )
        heard.put_message(self.ledger, message)
        return message.id

    def calls(self, name: str = "Ann Byrne", number: str = "+12125550141", into: Subject | None = None) -> Subject:
        """Let a mail report a call, as a pass does; returns its callback, a new one unless it is named."""
        self._calls += 1
        message = self.message(f"m{self._calls}")
        call = Call(kind=Kind.MISSED_CALL, calling_number=E164(number), caller_name=name, start_time=self.now)
        call_id = CallId(f"call-{message}")
        with self.ledger.change("sync", is_pass=True), self.ledger.transaction():
            subject = into or self.ledger.open_callback()
            heard.put_call(
                self.ledger, KnownCall(id=call_id, subject=subject, number=E164(number), name=name, call=call)
            )
            heard.add_report(self.ledger, message, call_id)
            self.ledger.append(subject, Heard(call=call_id, called_at=self.now, message=message))
        return subject

    def adds(self, name: str = "Cy Dunn") -> Subject:
        """Add a call by hand, as the command does."""
        self._calls += 1
        call = Call(kind=Kind.PHONE_MESSAGE, caller_name=name, start_time=self.now)
        call_id = CallId(f"added-{self._calls}")
        with self.ledger.change("add"):
            subject = self.ledger.open_callback(Opened(added=True))
            heard.put_call(self.ledger, KnownCall(id=call_id, subject=subject, number=None, name=name, call=call))
            self.ledger.append(subject, Heard(call=call_id, called_at=self.now))
        return subject

    def again(self, subject: Subject, number: int = 0) -> MessageId:
        """Let a second mail report one of a callback's calls."""
        self._calls += 1
        message = self.message(f"m{self._calls}")
        link = self.callback(subject).calls[number]
        heard.add_report(self.ledger, message, link.call)
        self.passes(subject, Heard(call=link.call, called_at=link.called_at, message=message))
        return message

    def callback(self, subject: str) -> Callback:
        """Return a callback."""
        return self.ledger.callback(Subject(subject))


def event_written(start: datetime = MONDAY + HOUR, generation: int = 1, *, done: bool = False) -> EventWritten:
    """Return that a hold of ten minutes was written."""
    return EventWritten(
        uid=f"key.{generation}",
        generation=generation,
        ref=event_ref("1"),
        start=start,
        end=start + timedelta(minutes=10),
        title="t",
        body="b",
        done=done,
    )


def event_ref(etag: str) -> EventRef:
    """Return where an event lies."""
    return EventRef(ref=Ref("event"), etag=ETag(etag))


def draft_ref(etag: str) -> DraftRef:
    """Return where a draft lies."""
    return DraftRef(ref=Ref("draft"), etag=ETag(etag))


def draft_written(named_time: datetime | None = MONDAY + HOUR) -> DraftWritten:
    """Return that a draft was written that names a time."""
    return DraftWritten(
        purpose=Purpose.WILL_CALL_AT,
        key="key",
        ref=draft_ref("1"),
        digest="d",
        message_id="<key@whitfieldlegal.example>",
        account="home",
        named_time=named_time,
    )
