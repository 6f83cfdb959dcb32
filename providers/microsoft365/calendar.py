"""The Calendar port on Microsoft 365."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NoReturn

import msgspec

from assistant.errors import (
    AuthError,
    InvalidResponseError,
    NotFoundError,
    ProviderError,
    TransientError,
    UnsupportedError,
    WrongETagError,
)
from assistant.model.calendar import EventRef, StoredEvent
from assistant.model.mailbox import ETag, Ref
from providers._outlook import InexpressibleError
from providers.microsoft365 import zones
from providers.microsoft365.agenda import Agenda
from providers.microsoft365.appointments import TEXT, held
from providers.microsoft365.calendars import Calendars, missing, path
from providers.microsoft365.errors import NAME
from providers.microsoft365.events import UnreadableError, is_same, properties, read, write
from providers.microsoft365.looking import Looking
from providers.microsoft365.once import Creating
from providers.microsoft365.service import at
from providers.microsoft365.synced import Synced

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from zoneinfo import ZoneInfo

    from assistant.model.calendar import CalendarChanges, Entry, Event
    from assistant.model.mailbox import Cursor
    from providers.microsoft365.appointments import Held
    from providers.microsoft365.calendars import Wanted
    from providers.microsoft365.service import Graph

_REF = re.compile(r"[A-Za-z0-9+/_=-]{16,512}", re.ASCII)
"""Ids of items are base64; anything else never was one."""
_TRIES = 3
"""Exchange refuses a change also while it works on the event itself (msgraph-sdk-dotnet#1201)."""


def _present() -> datetime:
    return datetime.now(UTC)


class GraphCalendar:
    """Events in one calendar of the mailbox, with all calendars that count on the agenda.

    The ref of an event is its immutable id, its etag the one of OData.

    Args:
        graph: the account.
        options: which calendars count.
        zone: the user's.
        problems: receives a line for each event that cannot be read, once for each version of it.
        now: the present instant, aware.
    """

    def __init__(
        self,
        graph: Graph,
        options: Wanted,
        zone: ZoneInfo,
        problems: Callable[[str], None],
        now: Callable[[], datetime] = _present,
    ) -> None:
        self._graph = graph
        self._zone = zone
        self._calendars = Calendars(graph, options, now)
        self._looking = Looking(graph, self._calendars, now)
        self._synced = Synced(graph, self._calendars, self._looking, options, now)
        self._creating = Creating(graph, self._calendars, self._looking, zone)
        self._agenda = Agenda(graph, self._calendars, self._looking, zone, problems)
        self._version: str | None = None
        self._seen: dict[str, Held] = {}

    # --- reading

    def agenda(self, start: datetime, end: datetime) -> Sequence[Entry]:
        """List all calendars in one batch; Microsoft expands recurrences."""
        entries, ours = self._agenda.between(start, end)
        self._seen |= {each.id: each for each in ours}
        return entries

    def get(self, ref: Ref) -> StoredEvent:
        """Read one event, and look whether it stands in its calendar and is no copy."""
        return self._read("calendar.get", self._stored("calendar.get", ref))

    def find(self, uid: str) -> StoredEvent | None:
        """Search for the event with our uid; that it is absent counts only where its calendar is."""
        found = self._looking.by_uid("calendar.find", [uid]).get(uid)
        return None if found is None or found.is_cancelled else self._read("calendar.find", found, uid)

    def _read(self, operation: str, found: Held, uid: str | None = None) -> StoredEvent:
        self._seen[found.id] = found
        try:
            return StoredEvent(ref=_ref(found), event=read(found, self._zone, uid))
        except UnreadableError as error:
            message = f"the event {found.id}: {error}; open and save it in the calendar, or delete it"
            raise InvalidResponseError(NAME, operation, message) from error

    def _stored(self, operation: str, ref: Ref, known: str | None = None) -> Held:
        """Read an event that stands: not deleted, not cancelled."""
        found = self._looking.by_id(operation, [ref], known).get(ref) if _REF.fullmatch(ref) else None
        if found is None:
            raise NotFoundError(NAME, operation, f"the event {ref} is gone from the calendar")
        return found

    # --- writing

    def put(self, event: Event, previous: EventRef | None = None) -> EventRef:
        """Create after a look for the uid, or change under a condition; nobody is told of either."""
        try:
            found = self._create(event) if previous is None else self._replace(event, previous)
        except InexpressibleError as error:
            raise UnsupportedError(NAME, "calendar.put", f"event {event.uid}: {error}") from error
        self._seen[found.id] = found
        return _ref(found)

    def _create(self, event: Event) -> Held:
        write(event)  # says what cannot be held
        found = self._creating.many([event])[event.uid]
        if isinstance(found, ProviderError):
            raise found
        return found

    def put_new(self, events: Sequence[Event]) -> Sequence[EventRef | ProviderError]:
        """Create many events, twenty in two requests; one whose answer was not sound is looked at by itself."""
        made = self._creating.many(events)
        return [self._one_of_many(event, made.get(event.uid)) for event in events]

    def _one_of_many(self, event: Event, answer: Held | ProviderError | None) -> EventRef | ProviderError:
        if isinstance(answer, TransientError):
            return answer
        if answer is not None and not isinstance(answer, ProviderError):
            self._seen[answer.id] = answer
            return _ref(answer)
        try:
            return self.put(event)
        except ProviderError as error:
            return error

    def _replace(self, event: Event, previous: EventRef) -> Held:
        operation = "calendar.put"
        before = self._seen.pop(previous.ref, None)
        if before is None or before.etag != previous.etag:
            before = self._stored(operation, previous.ref, previous.etag)
        for _ in range(_TRIES):
            if before.etag != previous.etag:
                break
            try:
                return self._patch(operation, event, before)
            except (NotFoundError, WrongETagError):
                # Gone, changed by the user, by our own try whose answer was lost, or by Exchange itself.
                before = self._stored(operation, previous.ref, previous.etag)
        return self._unless_same(event, before)

    def _patch(self, operation: str, event: Event, before: Held) -> Held:
        _bother_nobody(operation, before)
        where = path(self._calendars.main(operation), "events", before.id)
        headers = {**TEXT, "If-Match": before.etag}
        try:
            answer = self._graph.call(operation, "PATCH", where, body=write(event, before), headers=headers)
        except UnsupportedError as error:
            raise missing(operation, error) from error
        return msgspec.structs.replace(held(operation, answer), properties=properties(event))

    def _unless_same(self, event: Event, found: Held) -> Held:
        """Return an event that changed if it is what it shall be: the answer to our own change was lost."""
        if not is_same(event, found, self._zone):
            self._changed("calendar.put", found.id)
        return found

    def _changed(self, operation: str, ref: str) -> NoReturn:
        raise WrongETagError(NAME, operation, f"the event {ref} was changed meanwhile; read it again")

    def delete(self, ref: EventRef) -> None:
        """Delete if the version is the same; what is gone already is success, unless the whole calendar is.

        It is read first: nothing says that Microsoft compares versions when it deletes.

        Raises:
            UnsupportedError: the user invited others to it, who would be told.
        """
        operation = "calendar.delete"
        self._seen.pop(ref.ref, None)
        where = path(self._calendars.main(operation), "events", ref.ref)
        for _ in range(_TRIES):
            try:
                before = self._stored(operation, ref.ref, ref.etag)
                if before.etag != ref.etag:
                    break
                _bother_nobody(operation, before)
                self._graph.call(operation, "DELETE", where, headers={"If-Match": ref.etag})
            except WrongETagError:
                continue
            except NotFoundError as error:
                if isinstance(error.__cause__, ProviderError):
                    raise  # the calendar itself
            return
        self._changed(operation, ref.ref)

    # --- changes

    def changes(self, cursor: Cursor | None) -> CalendarChanges:
        """Read what changed on all calendars in one batch."""
        self._version = None
        self._looking.absent.clear()  # of the pass before
        step = self._synced.step(cursor)
        self._version = step.version
        for ref in (*(one.ref for one in step.changes.changed), *step.changes.removed):
            self._seen.pop(ref, None)
        return step.changes

    def version(self) -> str | None:
        """Return the version of all agendas as of the last `changes` of this connection, None before and while unsure.

        An event that cannot be read is told of at each look, so that there is none while there is one.
        """
        return None if self._agenda.has_told else self._version

    def zone(self) -> ZoneInfo | None:
        """Return the zone of the mailbox's settings; None where it is not known or may not be read."""
        try:
            found = self._graph.call(
                "calendar.zone", "GET", at("me", "mailboxSettings"), params={"$select": "timeZone"}
            )
        except (AuthError, NotFoundError, UnsupportedError):
            return None
        return zones.known(zones.iana(str(found.get("timeZone") or "")) or "")


def _bother_nobody(operation: str, before: Held) -> None:
    """Refuse to touch an event of ours to which the user invited others: Microsoft itself would write to them."""
    if before.has_guests:
        text = "others were invited to it, and Microsoft would write to them; change or delete it in the calendar"
        raise UnsupportedError(NAME, operation, f"the event {before.subject or before.id!r}: {text}")


def _ref(found: Held) -> EventRef:
    return EventRef(ref=Ref(found.id), etag=ETag(found.etag))
