"""The Calendar port in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from assistant.errors import AlreadyExistsError, CursorExpiredError, NotFoundError, WrongETagError
from assistant.model.calendar import CalendarChanges, Entry, Event, EventRef, EventStatus, FbType, StoredEvent
from assistant.standards.ical import canonical
from providers.memory.state import NAME, State

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from assistant.model.mailbox import Cursor, Ref


class MemoryCalendar:
    """Events of a `State`, with its `agenda` as the user's own entries."""

    def __init__(self, state: State) -> None:
        self._state = state

    def agenda(self, start: datetime, end: datetime) -> Sequence[Entry]:
        """Return the user's entries and ours."""
        with self._state.operation("calendar.agenda"):
            self._require("calendar.agenda")
            ours = [_entry(event) for event in self._state.events.values() if not _cancelled(event)]
            found = [each for each in (*self._state.agenda, *ours) if _overlaps(each, start, end)]
            return sorted(found, key=lambda entry: entry.start.timestamp())

    def _require(self, operation: str) -> None:
        if self._state.calendar_missing:
            raise NotFoundError(NAME, operation, "the calendar is missing; restore it")

    def get(self, ref: Ref) -> StoredEvent:
        """Read one event."""
        with self._state.operation("calendar.get"):
            event = self._state.events.get(ref)
            if event is None or _cancelled(event):
                raise NotFoundError(NAME, "calendar.get", f"the event {ref} is gone")
            return StoredEvent(ref=self._ref(ref), event=event)

    def find(self, uid: str) -> StoredEvent | None:
        """Look a uid up."""
        with self._state.operation("calendar.find"):
            ref = self._of(uid)
            found = ref and self._state.events[ref]
            return StoredEvent(ref=self._ref(ref), event=found) if ref and found and not _cancelled(found) else None

    def _of(self, uid: str) -> Ref | None:
        return next((ref for ref, event in self._state.events.items() if event.uid == uid), None)

    def _ref(self, ref: Ref) -> EventRef:
        return EventRef(ref=ref, etag=self._state.etag("event", ref))

    def put(self, event: Event, previous: EventRef | None = None) -> EventRef:
        """Write under a new ref, or in place."""
        with self._state.operation("calendar.put"):
            self._require("calendar.put")
            wanted = msgspec.structs.replace(canonical(event), start=event.start, end=event.end)
            ref = self._target(wanted, previous)
            if ref not in self._state.events or canonical(self._state.events[ref]) != canonical(wanted):
                self._state.events[ref] = wanted
                self._state.touch("event", ref)
            return self._ref(ref)

    def _target(self, wanted: Event, previous: EventRef | None) -> Ref:
        """Return the ref to write to, after the checks."""
        ref = self._of(wanted.uid) if previous is None else previous.ref
        current = self._state.events.get(ref) if ref else None
        same = current is not None and canonical(current) == canonical(wanted)
        if previous is None:
            if wanted.uid in self._state.deleted_uids or (current is not None and not same):
                raise AlreadyExistsError(NAME, "calendar.put", f"{wanted.uid} exists and differs, or was deleted")
            return ref or self._state.new_ref("e")
        if current is None:
            raise NotFoundError(NAME, "calendar.put", f"the event {previous.ref} is gone")
        if self._ref(previous.ref) != previous and not same:
            raise WrongETagError(NAME, "calendar.put", f"the event {previous.ref} was changed meanwhile")
        return previous.ref

    def delete(self, ref: EventRef) -> None:
        """Delete an event in this version."""
        with self._state.operation("calendar.delete"):
            if ref.ref in self._state.events:
                if self._ref(ref.ref) != ref:
                    raise WrongETagError(NAME, "calendar.delete", f"the event {ref.ref} was changed meanwhile")
                self._state.delete_event(ref.ref)

    def changes(self, cursor: Cursor | None) -> CalendarChanges:
        """Return what has a newer serial than the cursor."""
        with self._state.operation("calendar.changes"):
            self._require("calendar.changes")
            since = self._state.since(cursor)
            if since is None:
                raise CursorExpiredError(NAME, "calendar.changes", "the cursor is too old; read from the beginning")
            refs = self._state.changed("event", since)
            changed = tuple(self._ref(ref) for ref in refs if ref in self._state.events)
            removed = tuple(ref for ref in refs if ref not in self._state.events) if since else ()
            return CalendarChanges(changed=changed, removed=removed, cursor=self._state.cursor())

    def zone(self) -> ZoneInfo | None:
        """Return None: a state has no zone."""
        return None


def _cancelled(event: Event) -> bool:
    return event.status is EventStatus.CANCELLED


def _entry(event: Event) -> Entry:
    busy = FbType.BUSY_TENTATIVE if event.status is EventStatus.TENTATIVE else FbType.BUSY
    fbtype = busy if event.opaque else FbType.FREE
    return Entry(start=event.start, end=event.end, fbtype=fbtype, title=event.summary, key=event.key)


def _overlaps(entry: Entry, start: datetime, end: datetime) -> bool:
    if entry.start.timestamp() == entry.end.timestamp():
        return start.timestamp() <= entry.start.timestamp() < end.timestamp()
    return entry.start.timestamp() < end.timestamp() and entry.end.timestamp() > start.timestamp()
