"""What the words are made of: the variables of every template, and the finished texts.

Times are aware and shown in the user's zone. A str is empty where nothing is known, so that a template can ask `if`.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import msgspec

from assistant.model.planning import Bucket


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who is to be called, as shown to the user.

    `number_display` is the international form ("+1 415-555-0123"), `tel_uri` the dialling link (RFC 3966). `zone` is
    the IANA zone the caller is thought to be in, None when nothing hints at one.
    """

    name: str = ""
    organisation: str = ""
    number_display: str = ""
    tel_uri: str = ""
    zone: str | None = None


class ApologyFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Variables of `apology`. `called_at` is the oldest call still unanswered, `at` the time offered, None without."""

    caller: Caller
    user: str
    called_at: datetime
    calls: int
    now: datetime
    at: datetime | None = None


class WillCallAtFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Variables of `will_call_at`; `at` is the start of the hold that stands."""

    caller: Caller
    user: str
    called_at: datetime
    calls: int
    now: datetime
    at: datetime


class PastAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try at calling back; `result` is the ledger's word for it."""

    at: datetime
    result: str


class HoldFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Variables of `hold`.

    `said` is the caller's own words (a transcript), `reasons` why the call stands where it stands, `promised_at` None
    without a promise. `sms_text` is the body of the draft when no mail address is known, else empty. `outcome` is the
    ledger's word once the callback is closed.
    """

    caller: Caller
    user: str
    start: datetime
    waiting_since: datetime
    calls: int = 1
    reasons: tuple[str, ...] = ()
    said: str = ""
    attempts: tuple[PastAttempt, ...] = ()
    promised_at: datetime | None = None
    sensitive: bool = False
    sms_text: str = ""
    outcome: str = ""


class SlotCall(msgspec.Struct, frozen=True, kw_only=True):
    """One call of a slot; a sensitive one shows no name."""

    caller: Caller
    start: datetime
    promised: bool = False
    sensitive: bool = False


class SlotFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Variables of `slot`. `moved` is true when it is not at the wanted time, and `why` then says why."""

    start: datetime
    end: datetime
    calls: tuple[SlotCall, ...] = ()
    moved: bool = False
    why: str = ""


class BucketCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many open callbacks a bucket has."""

    bucket: Bucket
    count: int


class QuestionKind(StrEnum):
    """What only the user can answer."""

    HOLD_DELETED = "hold_deleted"
    HOLD_OVER = "hold_over"
    HOLDS_GONE = "holds_gone"
    CALENDAR_MISSING = "calendar_missing"
    OTHER = "other"


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One question of the digest; `id` is the callback's. `count` belongs to `holds_gone`, `text` to `other`."""

    kind: QuestionKind
    id: str = ""
    caller: Caller | None = None
    at: datetime | None = None
    count: int = 0
    text: str = ""


class LostDay(msgspec.Struct, frozen=True, kw_only=True):
    """A working day without room for a slot; the user must acknowledge it."""

    date: date
    why: str


class DigestItem(msgspec.Struct, frozen=True, kw_only=True):
    """One open callback of the digest. `start` is its hold's, None when it has none; then `no_hold` says why."""

    id: str
    caller: Caller
    bucket: Bucket
    waiting_since: datetime
    start: datetime | None = None
    promised_at: datetime | None = None
    calls: int = 1
    attempts: int = 0
    no_hold: str = ""


class DigestFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Variables of `digest`. `items` come in the order to call, `review` counts the mails in the review bin.

    `full_days` are coming days without room for another call. `growth` is by how many calls a working day the queue
    grows, None where it does not or where that is not known.
    """

    now: datetime
    counts: tuple[BucketCount, ...] = ()
    oldest: DigestItem | None = None
    promises: tuple[DigestItem, ...] = ()
    questions: tuple[Question, ...] = ()
    lost_days: tuple[LostDay, ...] = ()
    full_days: tuple[date, ...] = ()
    growth: float | None = None
    items: tuple[DigestItem, ...] = ()
    review: int = 0


Facts = ApologyFacts | WillCallAtFacts | HoldFacts | SlotFacts | DigestFacts


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A subject of one line and a plain text body that ends with a line break."""

    subject: str
    body: str


class HoldText(msgspec.Struct, frozen=True, kw_only=True):
    """The texts of an event; `summary` and `location` are one line each."""

    summary: str
    description: str
    location: str = ""
