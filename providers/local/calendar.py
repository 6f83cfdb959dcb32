"""The Calendar port on vdirs: one that gets our events, and any number that only count as busy."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NoReturn

from assistant.errors import (
    AlreadyExistsError,
    CursorExpiredError,
    InvalidResponseError,
    NotFoundError,
    UnsupportedError,
    WrongETagError,
)
from assistant.model.calendar import CalendarChanges, Entry, Event, EventRef, EventStatus, StoredEvent
from assistant.model.mailbox import Cursor, ETag, Ref
from assistant.standards import ical, recurrence
from providers.local.cursors import StaleCursorError, pack, unpack
from providers.local.errors import NAME, guarded
from providers.local.vdir import EventFile, Vdir, name_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from zoneinfo import ZoneInfo


def _present() -> datetime:
    return datetime.now(UTC)


class LocalCalendar:
    """Events as files that khal, vdirsyncer and others share. The ref of an event is its file name.

    Args:
        folder: the vdir that gets our events.
        busy: further vdirs (or .ics files) that count as busy; never written to, and no event there is ours.
        zone: the user's.
        problems: receives a line for each file that cannot be read, once for each version of it.
        now: the present instant, for DTSTAMP.
    """

    def __init__(
        self,
        folder: Path,
        busy: Sequence[Path],
        zone: ZoneInfo,
        problems: Callable[[str], None],
        now: Callable[[], datetime] = _present,
    ) -> None:
        self._own = Vdir(folder, zone)
        others = {path.resolve(): path for path in busy if path.resolve() != folder.resolve()}
        self._busy = [Vdir(path, zone) for path in others.values()]
        self._zone = zone
        self._problems = problems
        self._now = now
        self._told: set[tuple[Path, str]] = set()

    @guarded("calendar.agenda")
    def agenda(self, start: datetime, end: datetime) -> Sequence[Entry]:
        """Expand every file of the calendar and the busy folders."""
        found: list[Entry] = []
        for vdir in (self._own, *self._busy):
            for file in self._files(vdir, "calendar.agenda"):
                self._tell(file, file.faults)
                found += self._entries(file, start, end, ours=vdir is self._own)
        return sorted(found, key=lambda entry: (entry.start.timestamp(), entry.end.timestamp(), entry.title or ""))

    def _entries(self, file: EventFile, start: datetime, end: datetime, *, ours: bool) -> Iterator[Entry]:
        for series in file.series:
            try:
                yield from recurrence.entries(series, start, end, self._zone, ours=ours)
            except ical.ICalendarError as error:
                self._tell(file, [str(error)])

    def _tell(self, file: EventFile, faults: Sequence[str]) -> None:
        if faults and (file.path, file.etag) not in self._told:
            self._told.add((file.path, file.etag))
            self._problems(f"{file.path}: {'; '.join(faults)}; its time may be unknown: repair or remove the file")

    def _files(self, vdir: Vdir, operation: str) -> list[EventFile]:
        try:
            return vdir.files()
        except FileNotFoundError as error:
            message = f"the calendar folder {vdir.root} is missing; restore it or correct the settings"
            raise NotFoundError(NAME, operation, message) from error

    @guarded("calendar.get")
    def get(self, ref: Ref) -> StoredEvent:
        """Read the file; one that another program renamed is found by the uid that its old name stands for."""
        file = self._locate(ref)
        if file is None:
            self._gone("calendar.get", ref)
        self._check(file, "calendar.get")
        stored = self._stored(file)
        if stored is None or stored.event.status is EventStatus.CANCELLED:
            self._gone("calendar.get", ref)
        return stored

    def _locate(self, ref: Ref) -> EventFile | None:
        file = self._own.read(ref)
        if file is not None or not self._own.root.is_dir():
            return file
        renamed = (each for each in self._own.files() if any(name_for(series.uid) == ref for series in each.series))
        return next(renamed, None)

    def _gone(self, operation: str, ref: Ref) -> NoReturn:
        raise NotFoundError(NAME, operation, f"the event {ref} is gone from {self._own.root}")

    def _check(self, file: EventFile, operation: str) -> None:
        if file.fault is not None:
            message = f"{file.path}: {file.fault}; repair or remove the file"
            raise InvalidResponseError(NAME, operation, message)

    def _stored(self, file: EventFile, uid: str | None = None) -> StoredEvent | None:
        component = ical.find_event(ical.parse(file.raw), uid)
        if component is None:
            return None
        try:
            event = ical.read_event(component, self._zone)
        except ical.ICalendarError as error:
            message = f"{file.path}: {error}; repair or remove the file"
            raise InvalidResponseError(NAME, "calendar.get", message) from error
        return StoredEvent(ref=EventRef(ref=file.ref, etag=file.etag), event=event)

    @guarded("calendar.find")
    def find(self, uid: str) -> StoredEvent | None:
        """Look under the name that we would give the file, then in all files."""
        file = self._with_uid(uid)
        stored = None if file is None else self._stored(file, uid)
        return None if stored is None or stored.event.status is EventStatus.CANCELLED else stored

    def _with_uid(self, uid: str) -> EventFile | None:
        expected = self._own.read(name_for(uid))
        if expected is not None and expected.holds(uid):
            return expected
        return next((file for file in self._files(self._own, "calendar.find") if file.holds(uid)), None)

    @guarded("calendar.put")
    def put(self, event: Event, previous: EventRef | None = None) -> EventRef:
        """Create by a link that fails if the name is taken; replace by a rename, right after comparing the content."""
        try:
            return self._create(event) if previous is None else self._replace(event, previous)
        except ical.ICalendarError as error:
            raise UnsupportedError(NAME, "calendar.put", f"event {event.uid}: {error}") from error

    def _create(self, event: Event) -> EventRef:
        if not self._own.root.is_dir():
            self._files(self._own, "calendar.put")
        file = self._with_uid(event.uid)
        if file is None:
            try:
                file = self._own.create(name_for(event.uid), ical.write_event(event, self._now()))
            except FileExistsError as error:
                self._taken(event, error)
            return EventRef(ref=file.ref, etag=file.etag)
        if not self._same(file, event):
            self._taken(event)
        return EventRef(ref=file.ref, etag=file.etag)

    def _taken(self, event: Event, cause: OSError | None = None) -> NoReturn:
        message = f"an event with the uid {event.uid} exists and differs, or was deleted; read it first"
        raise AlreadyExistsError(NAME, "calendar.put", message) from cause

    def _same(self, file: EventFile, event: Event) -> bool:
        stored = self._stored(file, event.uid)
        return stored is not None and ical.canonical(stored.event) == ical.canonical(event)

    def _replace(self, event: Event, previous: EventRef) -> EventRef:
        file = self._locate(previous.ref)
        if file is None:
            self._gone("calendar.put", previous.ref)
        self._check(file, "calendar.put")
        if file.etag != previous.etag:
            if self._same(file, event):
                return EventRef(ref=file.ref, etag=file.etag)
            self._changed("calendar.put", previous.ref)
        written = self._own.replace(file, ical.write_event(event, self._now(), file.raw))
        if written is None:
            self._changed("calendar.put", previous.ref)
        return EventRef(ref=written.ref, etag=written.etag)

    def _changed(self, operation: str, ref: Ref) -> NoReturn:
        raise WrongETagError(NAME, operation, f"the event {ref} was changed meanwhile; read it again")

    @guarded("calendar.delete")
    def delete(self, ref: EventRef) -> None:
        """Remove the file if its content is still this version."""
        file = self._locate(ref.ref)
        if file is None:
            return
        if file.etag != ref.etag:
            self._changed("calendar.delete", ref.ref)
        self._own.remove(file)

    @guarded("calendar.changes")
    def changes(self, cursor: Cursor | None) -> CalendarChanges:
        """Compare names and contents with those of last time; a file merely renamed is not gone."""
        before = self._before(cursor)
        now: dict[str, str] = {file.ref: file.etag for file in self._files(self._own, "calendar.changes")}
        changed = tuple(EventRef(ref=Ref(ref), etag=ETag(etag)) for ref, etag in now.items() if before.get(ref) != etag)
        arrived = {one.etag for one in changed if one.ref not in before}
        removed = tuple(Ref(ref) for ref, etag in before.items() if ref not in now and etag not in arrived)
        return CalendarChanges(changed=changed, removed=removed, cursor=pack(self._own.root, sorted(now.items())))

    def _before(self, cursor: Cursor | None) -> dict[str, str]:
        if cursor is None:
            return {}
        try:
            return unpack(self._own.root, cursor)
        except StaleCursorError as error:
            message = f"the place where reading stopped is not known any more ({error}); read again from the beginning"
            raise CursorExpiredError(NAME, "calendar.changes", message) from error

    @guarded("calendar.version")
    def version(self) -> str | None:
        """Return a digest of every file that counts for the agenda; None once one was damaged: it is to be told of."""
        if self._told:
            return None
        read = hashlib.sha256()
        for vdir in (self._own, *self._busy):
            for file in self._files(vdir, "calendar.agenda"):
                read.update(f"{file.path}\0{file.etag}\0".encode("utf-8", "surrogateescape"))
        return read.hexdigest()

    def zone(self) -> ZoneInfo | None:
        """Return None: a folder has no zone."""
        return None
