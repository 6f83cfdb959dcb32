"""What a pass wants to write: one operation an object, each with the key under which it is found again."""

from __future__ import annotations

from datetime import datetime

import msgspec

from assistant.model.calendar import Event, EventRef
from assistant.model.journal import MessageId, Purpose, Subject
from assistant.model.mailbox import DraftRef, Label, Ref


class Operation(msgspec.Struct, frozen=True, kw_only=True, tag_field="op", omit_defaults=True):
    """The base: which subject it serves and why it is done."""

    subject: Subject
    why: str


class PutEvent(Operation, frozen=True, kw_only=True, tag="put_event"):
    """Write a slot or a hold; `previous` is None for a new one. `done` marks the ticked evidence of a call made."""

    event: Event
    generation: int
    previous: EventRef | None = None
    moved_from: datetime | None = None
    done: bool = False


class DeleteEvent(Operation, frozen=True, kw_only=True, tag="delete_event"):
    """Remove a slot or a hold of ours."""

    uid: str
    ref: EventRef
    summary: str = ""


class PutDraft(Operation, frozen=True, kw_only=True, tag="put_draft"):
    """Write a draft; `previous` is None for a new one."""

    purpose: Purpose
    key: str
    account: str
    raw: bytes
    digest: str
    message_id: str
    to: str
    text: str
    named_time: datetime | None = None
    thread: str | None = None
    previous: DraftRef | None = None


class DeleteDraft(Operation, frozen=True, kw_only=True, tag="delete_draft"):
    """Remove an untouched draft of ours."""

    purpose: Purpose
    key: str
    account: str
    ref: DraftRef


class SetLabel(Operation, frozen=True, kw_only=True, tag="set_label"):
    """Show a label of ours on a message; None shows none."""

    message: MessageId
    mailbox: str
    ref: Ref
    label: Label | None = None


AnyOperation = PutEvent | DeleteEvent | PutDraft | DeleteDraft | SetLabel


def key_of(operation: AnyOperation) -> str:
    """Return the key under which the operation stands in the outbox and its effect is found again."""
    match operation:
        case PutEvent(event=event):
            return f"event {event.uid}"
        case DeleteEvent(uid=uid):
            return f"event {uid}"
        case PutDraft(account=account, key=key) | DeleteDraft(account=account, key=key):
            return f"draft {account} {key}"
        case SetLabel(message=message):
            return f"label {message}"
