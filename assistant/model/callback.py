"""What the ledger knows of each callback and slot: the state folded from its entries."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from assistant.model.calendar import EventRef
from assistant.model.journal import (
    Attempted,
    CallId,
    MessageId,
    Outcome,
    Purpose,
    Ranked,
    Source,
    Subject,
    Verdict,
)
from assistant.model.mailbox import DraftRef
from assistant.model.planning import Bucket


class Status(StrEnum):
    """A callback is open, waiting until a date, or closed with an outcome."""

    OPEN = "open"
    WAITING = "waiting"
    CLOSED = "closed"


class Gone(StrEnum):
    """How an event left the calendar."""

    BY_USER = "by_user"
    BY_FAULT = "by_fault"


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """An event of ours as last written or read. `pinned`: the user moved it. `edited`: the title is the user's."""

    uid: str
    generation: int
    ref: EventRef
    start: datetime
    end: datetime
    title: str
    body: str
    pinned: bool = False
    edited: bool = False
    done: bool = False
    gone: Gone | None = None


class CallLink(msgspec.Struct, frozen=True, kw_only=True):
    """A call of the callback with the messages that report it."""

    call: CallId
    called_at: datetime
    messages: tuple[MessageId, ...] = ()


class DraftStatus(StrEnum):
    """Where a draft stands. `missing`: not seen in one pass."""

    STANDING = "standing"
    EDITED = "edited"
    MISSING = "missing"
    DROPPED = "dropped"
    REMOVED = "removed"
    SENT = "sent"


class DraftState(msgspec.Struct, frozen=True, kw_only=True):
    """A draft of the callback."""

    purpose: Purpose
    key: str
    ref: DraftRef
    digest: str
    message_id: str
    account: str
    written_at: datetime
    named_time: datetime | None = None
    status: DraftStatus = DraftStatus.STANDING
    edited: bool = False


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """A time the user told the caller; `verdict` is None until it is over."""

    at: datetime
    source: Source
    verdict: Verdict | None = None


class Callback(msgspec.Struct, frozen=True, kw_only=True):
    """A debt: one caller who is owed a call. `withdrawn`: the command that opened it was undone."""

    id: Subject
    opened_at: datetime
    status: Status = Status.OPEN
    added: bool = False
    previous: Subject | None = None
    merged_into: Subject | None = None
    withdrawn: bool = False
    calls: tuple[CallLink, ...] = ()
    rank: Ranked | None = None
    bucket_set: Bucket | None = None
    planned_why: tuple[str, ...] = ()
    in_slot: bool = False
    hold: Placed | None = None
    generation: int = 0
    no_hold: str | None = None
    drafts: tuple[DraftState, ...] = ()
    promises: tuple[Promise, ...] = ()
    attempts: tuple[Attempted, ...] = ()
    until: datetime | None = None
    outcome: Outcome | None = None
    closed_at: datetime | None = None
    closed_by: Source | None = None

    @property
    def waiting_since(self) -> datetime:
        """Return the instant of the first call that is still owed."""
        return min((link.called_at for link in self.calls), default=self.opened_at)

    @property
    def last_called_at(self) -> datetime:
        """Return the instant of the newest call."""
        return max((link.called_at for link in self.calls), default=self.opened_at)

    @property
    def promise(self) -> Promise | None:
        """Return the newest promise that is not settled, None when there is none."""
        return next((p for p in reversed(self.promises) if p.verdict is None), None)

    def draft(self, purpose: Purpose) -> DraftState | None:
        """Return the draft of that purpose, None when none was ever written."""
        return next((d for d in self.drafts if d.purpose == purpose), None)


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """The call time of one day. `lost` says why there is none; the user acknowledges that."""

    id: Subject
    event: Placed | None = None
    generation: int = 0
    lost: str | None = None
    acknowledged: bool = False


class CalendarState(msgspec.Struct, frozen=True, kw_only=True):
    """What the user was asked about the calendar as a whole; None when nothing is open."""

    id: Subject
    question: str | None = None


State = Callback | Slot | CalendarState
