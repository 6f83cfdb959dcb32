"""Providers that break one promise each. A suite that lets one of them pass would let a real one pass."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from assistant.errors import AlreadyExistsError, CursorExpiredError, NotFoundError, PreconditionError
from assistant.model.calendar import CalendarChanges, FbType, StoredEvent
from assistant.model.mailbox import Folder, MailChanges
from providers.memory.calendar import MemoryCalendar
from providers.memory.contacts import MemoryContacts
from providers.memory.drafts import MemoryDraftBox
from providers.memory.mailbox import MemoryMailbox
from tests.contract.memory import MemoryHarness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from assistant.model.calendar import Entry, Event, EventRef
    from assistant.model.call import E164
    from assistant.model.mailbox import Contact, Cursor, Draft, DraftRef, ETag, Head, Label, Ref
    from assistant.ports import Account
    from providers.memory import StoredDraft, StoredMail


class DoublesMail(MemoryMailbox):
    """Appends a key again when asked again."""

    def append(self, raw: bytes, key: str) -> Ref:
        return super().append(raw, f"{key}-{self._state.serial}")


class LosesLabels(MemoryMailbox):
    """Accepts a label and does not keep it."""

    def set_state(self, ref: Ref, label: Label | None) -> None:
        super().set_state(ref, None if label else label)


class ReadsMail(MemoryMailbox):
    """Marks a message as read in labelling it."""

    def set_state(self, ref: Ref, label: Label | None) -> None:
        super().set_state(ref, label)
        self._state.mails[ref] = replace(self._state.mails[ref], unread=False)


class HidesUserLabels(MemoryMailbox):
    """Reports new messages alone, never changed ones."""

    def changes(self, cursor: Cursor | None, since: datetime | None = None) -> MailChanges:
        found = super().changes(cursor, since)
        serial = self._state.since(cursor) or 0
        fresh = (head for head in found.heads if int(head.ref.rpartition("-")[2]) > serial)
        return MailChanges(heads=fresh, removed=found.removed, cursor=found.cursor)


class DropsHeader(MemoryMailbox):
    """Returns the usual header fields only."""

    def _head(self, ref: Ref, mail: StoredMail) -> Head:
        head = super()._head(ref, mail)
        usual = {"from", "to", "subject", "date", "message-id"}
        return msgspec.structs.replace(head, headers=tuple(each for each in head.headers if each[0].lower() in usual))


class ShowsTrash(MemoryMailbox):
    """Reports junk and trash with the rest."""

    def _shown(self, ref: Ref) -> StoredMail | None:
        return self._state.mails.get(ref)


class ForgetsRemoved(MemoryMailbox):
    """Never says that a message is gone."""

    def changes(self, cursor: Cursor | None, since: datetime | None = None) -> MailChanges:
        found = super().changes(cursor, since)
        return msgspec.structs.replace(found, removed=())


class HidesDrafts(MemoryMailbox):
    """Reports mail alone, never what becomes of a draft."""

    def _shown(self, ref: Ref) -> StoredMail | None:
        found = super()._shown(ref)
        return None if found is None or found.folder == Folder.DRAFTS else found


class LooksBackTooShort(MemoryMailbox):
    """Leaves out mail that came after the time asked for."""

    def changes(self, cursor: Cursor | None, since: datetime | None = None) -> MailChanges:
        found = super().changes(cursor, since)
        late = (head for head in found.heads if since is None or head.received_at > since + timedelta(days=9999))
        return msgspec.structs.replace(found, heads=late)


class TrustsAnyCursor(MemoryMailbox):
    """Takes a cursor that it does not know for the present."""

    def changes(self, cursor: Cursor | None, since: datetime | None = None) -> MailChanges:
        try:
            return super().changes(cursor, since)
        except CursorExpiredError:
            return super().changes(self._state.cursor(), since)


class DropsLastPortion(MemoryMailbox):
    """Takes a portion that is not full for the end of the one before."""

    def _heads(self, refs: Sequence[Ref]) -> Iterator[Head]:
        return super()._heads(refs[: len(refs) // 20 * 20 or None])


class RepeatsPortion(MemoryMailbox):
    """Sends the last heads of a portion at the begin of the next one again."""

    def _heads(self, refs: Sequence[Ref]) -> Iterator[Head]:
        for start in range(0, len(refs), 20):
            yield from super()._heads(refs[max(0, start - 1) : start + 20])


class NeverRepeats(MemoryMailbox):
    """Keeps for itself how far it was read, whatever the cursor says."""

    def _heads(self, refs: Sequence[Ref]) -> Iterator[Head]:
        told: set[Ref] = vars(self._state).setdefault("told", set())
        for head in super()._heads([ref for ref in refs if ref not in told]):
            told.add(head.ref)
            yield head


class SkipsWhatComesMeanwhile(MemoryMailbox):
    """Lets a cursor begin where reading ended, not where it was given out."""

    def changes(self, cursor: Cursor | None, since: datetime | None = None) -> MailChanges:
        late: dict[Cursor | None, Cursor] = vars(self._state).setdefault("late", {})
        found = super().changes(late.get(cursor, cursor), since)

        def heads() -> Iterator[Head]:
            yield from found.heads
            late[found.cursor] = self._state.cursor()

        return msgspec.structs.replace(found, heads=heads())


class StumblesOverGone(MemoryMailbox):
    """Breaks off at a message that went after it was listed."""

    def _heads(self, refs: Sequence[Ref]) -> Iterator[Head]:
        for ref in refs:
            if ref not in self._state.mails:
                raise NotFoundError("broken", "mailbox.changes", ref)
            yield from super()._heads([ref])


class ExpiresLate(MemoryMailbox):
    """Tells that a cursor is too old when the heads are read, not before."""

    def changes(self, cursor: Cursor | None, since: datetime | None = None) -> MailChanges:
        try:
            return super().changes(cursor, since)
        except CursorExpiredError as error:
            fault = error

        def heads() -> Iterator[Head]:
            yield from ()
            raise fault

        return MailChanges(heads=heads(), removed=(), cursor=self._state.cursor())


class Overcounts(MemoryMailbox):
    """Counts hidden mail too in saying how many heads will come."""

    def changes(self, cursor: Cursor | None, since: datetime | None = None) -> MailChanges:
        return msgspec.structs.replace(super().changes(cursor, since), total=len(self._state.versions))


class BreaksThreads(MemoryMailbox):
    """Gives every message a thread of its own."""

    def _head(self, ref: Ref, mail: StoredMail) -> Head:
        return msgspec.structs.replace(super()._head(ref, mail), thread=ref)


class ShufflesFetch(MemoryMailbox):
    """Returns the messages in an order of its own."""

    def fetch(self, refs: Sequence[Ref], *, audio: bool = False) -> Iterator[tuple[Ref, bytes]]:
        return super().fetch(sorted(refs), audio=audio)


class DoublesDrafts(MemoryDraftBox):
    """Makes a second draft when a put is repeated."""

    def _target(self, wanted: StoredDraft, previous: DraftRef | None) -> Ref:
        return super()._target(wanted, previous) if previous else self._state.new_ref("d")


class OverwritesDrafts(MemoryDraftBox):
    """Replaces a draft that the user edited."""

    def put(self, raw: bytes, key: str, thread: str | None = None, previous: DraftRef | None = None) -> DraftRef:
        current = super().find(key)
        return super().put(raw, key, thread, current.ref if previous and current else previous)


class RevivesDrafts(MemoryDraftBox):
    """Makes a draft anew that the user discarded."""

    def put(self, raw: bytes, key: str, thread: str | None = None, previous: DraftRef | None = None) -> DraftRef:
        try:
            return super().put(raw, key, thread, previous)
        except NotFoundError:
            return super().put(raw, key, thread)


class KeepsOldDraft(MemoryDraftBox):
    """Leaves the replaced version beside the new one."""

    def put(self, raw: bytes, key: str, thread: str | None = None, previous: DraftRef | None = None) -> DraftRef:
        old = self._state.drafts.get(previous.ref) if previous else None
        made = super().put(raw, key, thread, previous)
        if old is not None and old != self._state.drafts[made.ref]:
            self._state.save_draft(old.raw)
        return made


class DropsKey(MemoryDraftBox):
    """Loses the header field with the key."""

    def get(self, ref: Ref) -> Draft:
        found = super().get(ref)
        lines = [line for line in found.raw.split(b"\n") if not line.startswith(b"X-Ringback-Key")]
        return msgspec.structs.replace(found, raw=b"\n".join(lines))


class DeletesEdited(MemoryDraftBox):
    """Deletes a draft whatever its version."""

    def delete(self, ref: Ref, etag: ETag) -> None:
        super().delete(ref, self._ref(ref).etag if ref in self._state.drafts else etag)


class HidesOwnDrafts(MemoryDraftBox):
    """Lists drafts of ours only."""

    def list(self) -> Iterator[Draft]:
        return (draft for draft in super().list() if draft.key)


class StaleETag(MemoryDraftBox):
    """Returns one etag for all versions."""

    def _ref(self, ref: Ref) -> DraftRef:
        return msgspec.structs.replace(super()._ref(ref), etag="same")


class FindsByPrefix(MemoryDraftBox):
    """Takes a key that begins alike for the key."""

    def find(self, key: str) -> Draft | None:
        return next((draft for draft in super().list() if draft.key and draft.key.startswith(key)), None)


class FailsOnGone(MemoryDraftBox):
    """Raises when a draft to be deleted is gone already."""

    def delete(self, ref: Ref, etag: ETag) -> None:
        self.get(ref)
        super().delete(ref, etag)


class DoublesEvents(MemoryCalendar):
    """Makes a second event when a put is repeated."""

    def _of(self, uid: str) -> Ref | None:
        del uid
        return None

    def find(self, uid: str) -> StoredEvent | None:
        ref = super()._of(uid)
        return super().get(ref) if ref else None


class IgnoresETag(MemoryCalendar):
    """Replaces an event whatever its version."""

    def put(self, event: Event, previous: EventRef | None = None) -> EventRef:
        known = previous is not None and previous.ref in self._state.events
        return super().put(event, self._ref(previous.ref) if previous and known else previous)


class WrongZone(MemoryCalendar):
    """Keeps the clock time and forgets the zone."""

    def put(self, event: Event, previous: EventRef | None = None) -> EventRef:
        start, end = (each.replace(tzinfo=None).astimezone() for each in (event.start, event.end))
        return super().put(msgspec.structs.replace(event, start=start, end=end), previous)


class HidesTransparency(MemoryCalendar):
    """Shows every entry as busy."""

    def agenda(self, start: datetime, end: datetime) -> Sequence[Entry]:
        return [msgspec.structs.replace(entry, fbtype=FbType.BUSY) for entry in super().agenda(start, end)]


class ForgetsKey(MemoryCalendar):
    """Does not tell our events from the user's."""

    def agenda(self, start: datetime, end: datetime) -> Sequence[Entry]:
        return [msgspec.structs.replace(entry, key=None) for entry in super().agenda(start, end)]


class EmptyWhenMissing(MemoryCalendar):
    """Takes a missing calendar for an empty one."""

    def changes(self, cursor: Cursor | None) -> CalendarChanges:
        try:
            return super().changes(cursor)
        except NotFoundError:
            return CalendarChanges(changed=(), removed=tuple(self._state.events), cursor=self._state.cursor())


class ShowsCancelled(MemoryCalendar):
    """Returns an event that was cancelled."""

    def get(self, ref: Ref) -> StoredEvent:
        with contextlib.suppress(NotFoundError):
            return super().get(ref)
        if ref not in self._state.events:
            raise NotFoundError("broken", "calendar.get", ref)
        return StoredEvent(ref=self._ref(ref), event=self._state.events[ref])


class LosesReminders(MemoryCalendar):
    """Drops the reminders of an event."""

    def put(self, event: Event, previous: EventRef | None = None) -> EventRef:
        return super().put(msgspec.structs.replace(event, reminders=()), previous)


class OverwritesUid(MemoryCalendar):
    """Replaces an event of the same uid where it should refuse."""

    def put(self, event: Event, previous: EventRef | None = None) -> EventRef:
        try:
            return super().put(event, previous)
        except AlreadyExistsError:
            found = super().find(event.uid)
            return super().put(event, found.ref if found else previous)


class RepeatsChanges(MemoryCalendar):
    """Reports all events at every look."""

    def changes(self, cursor: Cursor | None) -> CalendarChanges:
        found = super().changes(cursor)
        return msgspec.structs.replace(found, changed=tuple(map(self._ref, self._state.events)))


class ForgetsDeleted(MemoryCalendar):
    """Never says that an event is gone."""

    def changes(self, cursor: Cursor | None) -> CalendarChanges:
        return msgspec.structs.replace(super().changes(cursor), removed=())


class FirstContactOnly(MemoryContacts):
    """Returns one contact where several share a number."""

    def find(self, number: E164) -> Sequence[Contact]:
        return super().find(number)[:1]


class ContactsByEnding(MemoryContacts):
    """Takes a number that ends alike for the number."""

    def find(self, number: E164) -> Sequence[Contact]:
        return [each for each in self._state.contacts if any(own.endswith(number[-8:]) for own in each.numbers)]


class ContactsByPart(MemoryContacts):
    """Takes part of a name for the name."""

    def named(self, name: str) -> Sequence[Contact]:
        return [each for each in self._state.contacts if name.strip().casefold() in each.name.casefold()]


class ContactsOnce(MemoryContacts):
    """Reads the address book when it connects and never again."""

    def find(self, number: E164) -> Sequence[Contact]:
        self._known: Sequence[Contact] = getattr(self, "_known", tuple(self._state.contacts))
        return [each for each in self._known if number in each.numbers]


class LateAgenda(MemoryCalendar):
    """Shows entries an hour late."""

    def agenda(self, start: datetime, end: datetime) -> Sequence[Entry]:
        hour = timedelta(hours=1)
        found = super().agenda(start, end)
        return [msgspec.structs.replace(each, start=each.start + hour, end=each.end + hour) for each in found]


class ClosedSpan(MemoryCalendar):
    """Counts what only touches the span."""

    def agenda(self, start: datetime, end: datetime) -> Sequence[Entry]:
        return super().agenda(start - timedelta(seconds=1), end + timedelta(seconds=1))


class UnmarkedDays(MemoryCalendar):
    """Does not say which entries are all-day."""

    def agenda(self, start: datetime, end: datetime) -> Sequence[Entry]:
        return [msgspec.structs.replace(entry, all_day=False) for entry in super().agenda(start, end)]


class NamelessAgenda(MemoryCalendar):
    """Leaves the people out."""

    def agenda(self, start: datetime, end: datetime) -> Sequence[Entry]:
        return [msgspec.structs.replace(entry, people=()) for entry in super().agenda(start, end)]


class DeletesAnything(MemoryCalendar):
    """Deletes an event whatever its version."""

    def delete(self, ref: EventRef) -> None:
        with contextlib.suppress(PreconditionError):
            super().delete(self._ref(ref.ref) if ref.ref in self._state.events else ref)


class MixesFolders(MemoryMailbox):
    """Says inbox for every folder."""

    def _head(self, ref: Ref, mail: StoredMail) -> Head:
        return msgspec.structs.replace(super()._head(ref, mail), folder=Folder.INBOX)


MAILBOXES = (
    DoublesMail, LosesLabels, ReadsMail, HidesUserLabels, DropsHeader, ShowsTrash, ForgetsRemoved, TrustsAnyCursor,
    BreaksThreads, ShufflesFetch, MixesFolders, DropsLastPortion, RepeatsPortion, NeverRepeats, SkipsWhatComesMeanwhile,
    StumblesOverGone, ExpiresLate, Overcounts, HidesDrafts, LooksBackTooShort,
)  # fmt: skip
DRAFT_BOXES = (
    DoublesDrafts, OverwritesDrafts, RevivesDrafts, KeepsOldDraft, DropsKey, DeletesEdited, HidesOwnDrafts, StaleETag,
    FindsByPrefix, FailsOnGone,
)  # fmt: skip
CALENDARS = (
    DoublesEvents, IgnoresETag, WrongZone, HidesTransparency, ForgetsKey, EmptyWhenMissing, ShowsCancelled,
    LosesReminders, OverwritesUid, RepeatsChanges, ForgetsDeleted, DeletesAnything,
)  # fmt: skip
AGENDAS = (HidesTransparency, LateAgenda, ClosedSpan, UnmarkedDays, NamelessAgenda)
ADDRESS_BOOKS = (FirstContactOnly, ContactsByEnding, ContactsByPart, ContactsOnce)


class BrokenHarness(MemoryHarness):
    """The in-memory account with one service replaced.

    Args:
        service: its name in `Account`.
        broken: makes the service that takes its place.
    """

    def __init__(self, service: str, broken: Callable[..., object]) -> None:
        super().__init__()
        self._service = service
        self._broken = broken

    def connect(self) -> Account:
        return super().connect()._replace(**{self._service: self._broken(self.state)})  # type: ignore[arg-type]  # a double
