"""Rows of the ledger about messages and calls, as values."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from assistant.model.call import E164, Call, Kind, Trust
from assistant.model.journal import CallId, MessageId, Subject
from assistant.model.mailbox import Label, Ref


class Disposition(StrEnum):
    """What became of a message: not a call, in the review bin, or each of its calls in exactly one callback."""

    NO_CALL = "no_call"
    BIN = "bin"
    CALL = "call"
    DISMISSED = "dismissed"


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A message that was considered. `label` is what we last showed on it, `gone` that it left the mailbox."""

    id: MessageId
    mailbox: str
    ref: Ref
    received_at: datetime
    thread: str | None
    disposition: Disposition
    kind: Kind
    trust: Trust
    vendor: str | None
    reason: str
    label: Label | None = None
    gone: bool = False


class KnownCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call in the ledger with the callback it belongs to; `name` is the best one known, of contacts or caller id."""

    id: CallId
    subject: Subject
    number: E164 | None
    name: str | None
    call: Call


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """The heads of a message that a draft or the review bin needs; erasable."""

    sender: str = ""
    subject: str = ""
    message_id: str | None = None
    references: tuple[str, ...] = ()
    reply_to: str | None = None
