"""What the calendar carries."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from assistant.model.mailbox import Cursor, ETag, Ref


class FbType(StrEnum):
    """Free/busy type of a period (RFC 5545 3.2.9). BUSY_UNAVAILABLE is out of office."""

    FREE = "FREE"
    BUSY = "BUSY"
    BUSY_TENTATIVE = "BUSY-TENTATIVE"
    BUSY_UNAVAILABLE = "BUSY-UNAVAILABLE"


class EventStatus(StrEnum):
    """Status of an event (RFC 5545 3.8.1.11)."""

    TENTATIVE = "TENTATIVE"
    CONFIRMED = "CONFIRMED"
    CANCELLED = "CANCELLED"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One occurrence on the agenda, recurrences expanded, in aware times.

    `title` is None where the calendar shows only free/busy. `people` are the other attendees' addresses. `key` marks
    our own events and is None for the user's. An all-day entry runs from midnight to midnight in the user's zone.
    """

    start: datetime
    end: datetime
    fbtype: FbType = FbType.BUSY
    title: str | None = None
    people: tuple[str, ...] = ()
    key: str | None = None
    all_day: bool = False


class EventRef(msgspec.Struct, frozen=True, kw_only=True):
    """Where an event lies, and in which version."""

    ref: Ref
    etag: ETag


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """An event of ours: a slot or a hold.

    `uid` is `key` + "." + generation and unique for ever (RFC 7986 5.3); `key` marks the event as ours and names its
    subject (a callback id, or "slot-" and a date). `start` and `end` are aware and written in `zone` (IANA).
    `opaque` is TRANSP:OPAQUE, `private` CLASS:PRIVATE, `reminders` are lengths before the start.
    """

    uid: str
    key: str
    start: datetime
    end: datetime
    zone: str
    summary: str
    description: str = ""
    location: str = ""
    opaque: bool = False
    status: EventStatus = EventStatus.CONFIRMED
    private: bool = True
    categories: tuple[str, ...] = ()
    reminders: tuple[timedelta, ...] = ()


class StoredEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event of ours as the calendar holds it now; the user may have edited any field."""

    ref: EventRef
    event: Event


class CalendarChanges(msgspec.Struct, frozen=True, kw_only=True):
    """Events that are new or changed (anybody's), refs that are gone, and the cursor to store once applied.

    With its etag a change that we made ourselves is known again without reading the event.
    """

    changed: tuple[EventRef, ...]
    removed: tuple[Ref, ...]
    cursor: Cursor
