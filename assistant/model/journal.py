"""The entries of the journal, one struct a kind of fact; ids and times, never a name, number or transcript."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NewType

import msgspec

from assistant.model.calendar import EventRef
from assistant.model.mailbox import DraftRef
from assistant.model.planning import Bucket

Subject = NewType("Subject", str)
"""What an entry is about: a callback ("12"), a slot ("slot-2026-11-23") or the calendar ("calendar")."""
CallId = NewType("CallId", str)
MessageId = NewType("MessageId", str)
ContentId = NewType("ContentId", str)


class Outcome(StrEnum):
    """Why a callback is closed. `abandoned` needs a reason."""

    REACHED = "reached"
    UPDATE_GIVEN = "update_given"
    DECLINED = "declined"
    HANDLED_ELSEWHERE = "handled_elsewhere"
    DELEGATED = "delegated"
    WRONG_NUMBER = "wrong_number"
    SPAM = "spam"
    OPTED_OUT = "opted_out"
    ABANDONED = "abandoned"


CALLED = frozenset({Outcome.REACHED, Outcome.UPDATE_GIVEN, Outcome.DECLINED})
"""Outcomes of a call that was made."""


class AttemptResult(StrEnum):
    """What came of one try at calling back, when the caller was not reached."""

    NO_ANSWER = "no_answer"
    BUSY = "busy"
    LEFT_VOICEMAIL = "left_voicemail"
    LEFT_MESSAGE = "left_message"
    FAILED = "failed"


class Purpose(StrEnum):
    """What a draft is for; at most one draft a purpose and callback."""

    APOLOGY = "apology"
    WILL_CALL_AT = "will_call_at"


class Verdict(StrEnum):
    """What became of a promise."""

    KEPT = "kept"
    LATE = "late"
    MISSED = "missed"


class Source(StrEnum):
    """Who or what decided."""

    COMMAND = "command"
    CALENDAR = "calendar"
    LABEL = "label"
    SENT = "sent"
    RULE = "rule"


class Fact(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", omit_defaults=True):
    """The base of all entries."""


class Opened(Fact, frozen=True, kw_only=True, tag="opened"):
    """A new debt. `previous` is the closed callback of the same caller; `added` marks one that the user added."""

    previous: Subject | None = None
    added: bool = False


class Heard(Fact, frozen=True, kw_only=True, tag="heard"):
    """A message reported a call; `message` is None for a call added by hand."""

    call: CallId
    called_at: datetime
    message: MessageId | None = None


class CallsMoved(Fact, frozen=True, kw_only=True, tag="calls_moved"):
    """Calls went to another callback (merge, split); that one has the matching `CallsTaken`."""

    calls: tuple[CallId, ...]
    to: Subject


class CallsTaken(Fact, frozen=True, kw_only=True, tag="calls_taken"):
    """Calls came from another callback, with the times of the calls and the messages behind each."""

    calls: tuple[tuple[CallId, datetime, tuple[MessageId, ...]], ...]
    source: Subject


class Ranked(Fact, frozen=True, kw_only=True, tag="ranked"):
    """Triage put the callback into a bucket until `due`; the reasons may quote the caller and are content."""

    bucket: Bucket
    due: datetime
    minutes: int


class BucketSet(Fact, frozen=True, kw_only=True, tag="bucket_set"):
    """The user chose the bucket."""

    bucket: Bucket


class Planned(Fact, frozen=True, kw_only=True, tag="planned"):
    """The plan gave the call a time, with the reasons."""

    start: datetime
    end: datetime
    in_slot: bool
    why: tuple[str, ...]


class Unplannable(Fact, frozen=True, kw_only=True, tag="unplannable"):
    """The callback has no hold, for a stated reason."""

    why: str


class EventWritten(Fact, frozen=True, kw_only=True, tag="event_written"):
    """A hold or slot was written. The digests tell a later edit of the user's; `done` marks the ticked evidence."""

    uid: str
    generation: int
    ref: EventRef
    start: datetime
    end: datetime
    title: str
    body: str
    done: bool = False


class EventSeen(Fact, frozen=True, kw_only=True, tag="event_seen"):
    """The event is there, with a new etag. `title` is its digest where the user wrote a sign over ours, else None."""

    ref: EventRef
    title: str | None = None


class EventMoved(Fact, frozen=True, kw_only=True, tag="event_moved"):
    """The user moved the event: it is pinned."""

    ref: EventRef
    start: datetime
    end: datetime


class EventEdited(Fact, frozen=True, kw_only=True, tag="event_edited"):
    """The user changed the title: the words are the user's from now on."""

    ref: EventRef
    title: str


class EventGone(Fact, frozen=True, kw_only=True, tag="event_gone"):
    """The event is no longer on the calendar. By the user where `fault` is false; else many went at once."""

    fault: bool = False


class EventRemoved(Fact, frozen=True, kw_only=True, tag="event_removed"):
    """Ringback removed its own event."""


class Restored(Fact, frozen=True, kw_only=True, tag="restored"):
    """The user wants the vanished hold or slot back."""


class SlotLost(Fact, frozen=True, kw_only=True, tag="slot_lost"):
    """A working day has no room for the slot."""

    why: str


class SlotAcknowledged(Fact, frozen=True, kw_only=True, tag="slot_acknowledged"):
    """The user knows that the slot is lost."""


class DraftWritten(Fact, frozen=True, kw_only=True, tag="draft_written"):
    """A draft lies in the drafts folder. `named_time` is the time it offers, None when it offers none."""

    purpose: Purpose
    key: str
    ref: DraftRef
    digest: str
    message_id: str
    account: str
    named_time: datetime | None = None


class DraftSeen(Fact, frozen=True, kw_only=True, tag="draft_seen"):
    """The draft has a new ref or etag, and its words are the same."""

    purpose: Purpose
    ref: DraftRef


class DraftEdited(Fact, frozen=True, kw_only=True, tag="draft_edited"):
    """The user changed the draft or saved it under another id: it is the user's now."""

    purpose: Purpose
    ref: DraftRef


class DraftMissing(Fact, frozen=True, kw_only=True, tag="draft_missing"):
    """The draft was in neither Drafts nor Sent for the first time."""

    purpose: Purpose


class DraftDropped(Fact, frozen=True, kw_only=True, tag="draft_dropped"):
    """The draft was nowhere in two passes: the user threw it away. It is not written again."""

    purpose: Purpose


class DraftRemoved(Fact, frozen=True, kw_only=True, tag="draft_removed"):
    """Ringback removed its own untouched draft because it no longer holds true."""

    purpose: Purpose


class Told(Fact, frozen=True, kw_only=True, tag="told"):
    """The caller was told something: the draft was sent. A named time is a promise."""

    purpose: Purpose
    named_time: datetime | None = None


class Promised(Fact, frozen=True, kw_only=True, tag="promised"):
    """The user named a time to the caller."""

    at: datetime
    source: Source = Source.COMMAND


class PromiseSettled(Fact, frozen=True, kw_only=True, tag="promise_settled"):
    """What became of the promise for `at`."""

    at: datetime
    verdict: Verdict


class Attempted(Fact, frozen=True, kw_only=True, tag="attempted"):
    """One try at calling back; `next_at` is None for "as soon as the plan has room". `note` is in the content table.

    `exact` means that the next try is at that moment (when the caller can be reached), not merely no earlier.
    """

    at: datetime
    result: AttemptResult
    next_at: datetime | None = None
    exact: bool = False
    note: ContentId | None = None
    source: Source = Source.COMMAND


class Snoozed(Fact, frozen=True, kw_only=True, tag="snoozed"):
    """The callback waits until a time."""

    until: datetime
    source: Source = Source.COMMAND


class Closed(Fact, frozen=True, kw_only=True, tag="closed"):
    """The debt is settled."""

    outcome: Outcome
    at: datetime
    note: ContentId | None = None
    source: Source = Source.COMMAND


class Reopened(Fact, frozen=True, kw_only=True, tag="reopened"):
    """The callback is owed again."""

    why: str
    source: Source = Source.COMMAND


class FaultAsked(Fact, frozen=True, kw_only=True, tag="fault_asked"):
    """Many events vanished at once, or the calendar was read anew without them; the user was asked."""

    what: str
    count: int


class FaultAnswered(Fact, frozen=True, kw_only=True, tag="fault_answered"):
    """The user answered."""


class Undone(Fact, frozen=True, kw_only=True, tag="undone"):
    """The entries of these numbers no longer count."""

    entries: tuple[int, ...]


AnyFact = (
    Opened
    | Heard
    | CallsMoved
    | CallsTaken
    | Ranked
    | BucketSet
    | Planned
    | Unplannable
    | EventWritten
    | EventSeen
    | EventMoved
    | EventEdited
    | EventGone
    | EventRemoved
    | Restored
    | SlotLost
    | SlotAcknowledged
    | DraftWritten
    | DraftSeen
    | DraftEdited
    | DraftMissing
    | DraftDropped
    | DraftRemoved
    | Told
    | Promised
    | PromiseSettled
    | Attempted
    | Snoozed
    | Closed
    | Reopened
    | FaultAsked
    | FaultAnswered
    | Undone
)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A fact in its place: numbered, dated, in a change (one command or one pass)."""

    seq: int
    change: int
    at: datetime
    subject: Subject
    fact: AnyFact


DECISIONS = (CallsMoved, CallsTaken, BucketSet, Attempted, Snoozed, Closed, Reopened, Restored, SlotAcknowledged)
"""What a user decided and `undo` can take back."""
TOLD = (Heard, Told, EventMoved, EventEdited, EventGone, DraftEdited, DraftDropped)
"""What happened in the world; nothing takes it back."""
