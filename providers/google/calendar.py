"""The Calendar port on Google Calendar."""

from __future__ import annotations

import contextlib
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn
from zoneinfo import ZoneInfo

from assistant.errors import (
    AlreadyExistsError,
    AuthError,
    InvalidResponseError,
    NotFoundError,
    ProviderError,
    TransientError,
    UnsupportedError,
    WrongETagError,
)
from assistant.model.calendar import Event, EventRef, StoredEvent
from assistant.model.mailbox import ETag, Ref
from providers._entries import overlaps
from providers.google import entries
from providers.google.calendars import PAGE, Calendars, Listing, events, is_away, missing
from providers.google.events import (
    FIELDS,
    InexpressibleError,
    UnreadableError,
    event_id,
    is_cancelled,
    is_same,
    own_key,
    read,
    write,
)
from providers.google.service import NAME
from providers.google.synced import Synced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from googleapiclient.http import HttpRequest

    from assistant.model.calendar import CalendarChanges, Entry
    from assistant.model.mailbox import Cursor
    from providers.google.events import CalendarOptions
    from providers.google.service import Google

_REF = re.compile(r"[A-Za-z0-9_]{5,1200}")
"""Ids of events: ours, Google's, and those of single repetitions. Anything else could be another address."""
_MARGIN = timedelta(days=1)


def _present() -> datetime:
    return datetime.now(UTC)


class GoogleCalendar:
    """Events in one calendar of the account, with all calendars that count on the agenda.

    The ref of an event is its id, which we choose from the uid: a request that was sent twice makes one event.

    Args:
        google: the account.
        options: which calendars count.
        zone: the user's.
        problems: receives a line for each event that cannot be read, once for each version of it.
        now: the present instant, aware.
    """

    def __init__(
        self,
        google: Google,
        options: CalendarOptions,
        zone: ZoneInfo,
        problems: Callable[[str], None],
        now: Callable[[], datetime] = _present,
    ) -> None:
        self._google = google
        self._calendars = Calendars(google, options, now)
        self._synced = Synced(google, self._calendars, options, now)
        self._zone = zone
        self._problems = problems
        self._told: set[tuple[str, str]] = set()
        self._version: str | None = None
        self._seen: dict[str, dict[str, Any]] = {}

    # --- the agenda

    def agenda(self, start: datetime, end: datetime) -> Sequence[Entry]:
        """List all calendars in one round trip; Google expands recurrences."""
        operation = "calendar.agenda"
        main = self._calendars.main(operation)
        listed = events(self._google, operation, self._wanted(main, operation, start, end))
        found: list[Entry] = []
        for calendar, listing in listed.items():
            if isinstance(listing, Listing):
                self._remember(listing if calendar == main else None)
                found += self._entries(listing, ours=calendar == main)
            else:
                self._say_missing(operation, calendar, listing, ours=calendar == main)
        inside = (each for each in found if overlaps(each, start, end))
        return sorted(inside, key=lambda each: (each.start.timestamp(), each.end.timestamp(), each.title or ""))

    def _wanted(self, main: str, operation: str, start: datetime, end: datetime) -> dict[str, dict[str, Any]]:
        """Return the lists to ask for, a day more on either side: dates count in each calendar's own zone."""
        span = {
            "timeMin": (start - _MARGIN).astimezone(UTC).isoformat(timespec="seconds"),
            "timeMax": (end + _MARGIN).astimezone(UTC).isoformat(timespec="seconds"),
            "singleEvents": True,
            "maxResults": PAGE,
            "fields": entries.FIELDS,
        }
        return dict.fromkeys((main, *self._calendars.busy(operation)), span)

    def _entries(self, listing: Listing, *, ours: bool) -> Iterator[Entry]:
        for raw in listing.items:
            try:
                found = entries.entry(raw, self._zone, listing.role, ours=ours)
            except UnreadableError as error:
                self._tell(raw, error)
                continue
            if found is not None:
                yield found

    def _tell(self, raw: Mapping[str, Any], error: UnreadableError) -> None:
        version = (str(raw["id"]), str(raw.get("etag")))
        if version not in self._told:
            self._told.add(version)
            self._problems(f"{NAME}: event {version[0]}: {error}; open and save it in the calendar")

    def _say_missing(self, operation: str, calendar: str, error: ProviderError, *, ours: bool) -> None:
        """Raise, unless a calendar was merely taken off the list a moment ago."""
        if ours or self._calendars.are_named() or not is_away(error):
            raise missing(operation, error, calendar)
        self._problems(f"{NAME}: the calendar {calendar} can no longer be read and does not count as busy: {error}")

    def _remember(self, listing: Listing | None) -> None:
        """Keep what must be known of our events to replace them."""
        for raw in listing.items if listing is not None else ():
            if own_key(raw) is not None and "recurringEventId" not in raw:
                self._seen[raw["id"]] = raw

    # --- reading

    def get(self, ref: Ref) -> StoredEvent:
        """Read one event."""
        raw = self._stored("calendar.get", ref)
        try:
            return StoredEvent(ref=_ref(raw), event=read(raw, self._zone))
        except UnreadableError as error:
            message = f"the event {ref}: {error}; open and save it in the calendar, or delete it"
            raise InvalidResponseError(NAME, "calendar.get", message) from error

    def find(self, uid: str) -> StoredEvent | None:
        """Read the event whose id we would choose for the uid; that it is absent counts only where its calendar is."""
        ref = Ref(event_id(uid))
        try:
            raw = self._raw("calendar.find", ref)
        except NotFoundError:
            self._check_calendar("calendar.find")
            return None
        if is_cancelled(raw):
            return None
        try:
            return StoredEvent(ref=_ref(raw), event=read(raw, self._zone, uid))
        except UnreadableError as error:
            message = f"the event {ref}: {error}; open and save it in the calendar, or delete it"
            raise InvalidResponseError(NAME, "calendar.find", message) from error

    def _raw(self, operation: str, ref: Ref) -> dict[str, Any]:
        """Read an event, a cancelled one too: Google remembers it."""
        if _REF.fullmatch(ref) is None:
            self._gone(operation, ref)
        request = self._google.calendar.events().get(calendarId=self._calendars.main(operation), eventId=ref)
        raw = self._google.call(operation, request)
        if raw.get("id") != ref:
            raise InvalidResponseError(NAME, operation, "Google answered with another event; try again later")
        return raw

    def _stored(self, operation: str, ref: Ref) -> dict[str, Any]:
        raw = self._raw(operation, ref)
        if is_cancelled(raw):
            self._gone(operation, ref)
        return raw

    def _gone(self, operation: str, ref: Ref) -> NoReturn:
        raise NotFoundError(NAME, operation, f"the event {ref} is gone from the calendar")

    def _check_calendar(self, operation: str) -> None:
        """Raise NotFoundError unless the calendar itself is there: an event may be absent only from one that is."""
        request = self._google.calendar.events().list(
            calendarId=self._calendars.main(operation), maxResults=1, fields="etag"
        )
        try:
            self._google.call(operation, request)
        except (NotFoundError, UnsupportedError) as error:
            raise missing(operation, error) from error

    # --- writing

    def put(self, event: Event, previous: EventRef | None = None) -> EventRef:
        """Insert under the id that we chose, or patch under a condition."""
        try:
            raw = self._create(event) if previous is None else self._replace(event, previous)
        except InexpressibleError as error:
            raise UnsupportedError(NAME, "calendar.put", f"event {event.uid}: {error}") from error
        self._seen[raw["id"]] = raw
        return _ref(raw)

    def put_new(self, events: Sequence[Event]) -> Sequence[EventRef | ProviderError]:
        """Insert many events, fifty in a request; one whose answer was not sound is looked at by itself."""
        requests: dict[str, HttpRequest] = {}
        for event in events:
            with contextlib.suppress(InexpressibleError):  # `put` says so
                requests[event.uid] = self._insertion(event)
        answers = self._google.each("calendar.put", requests)
        return [self._one_of_many(event, answers.get(event.uid)) for event in events]

    def _one_of_many(self, event: Event, answer: dict[str, Any] | ProviderError | None) -> EventRef | ProviderError:
        if isinstance(answer, dict) and answer.get("id") == event_id(event.uid):
            self._seen[answer["id"]] = answer
            return _ref(answer)
        if isinstance(answer, TransientError):
            return answer
        try:
            return self.put(event)
        except ProviderError as error:
            return error

    def _create(self, event: Event) -> dict[str, Any]:
        try:
            return self._google.call("calendar.put", self._insertion(event))
        except AlreadyExistsError as error:
            return self._already(event, Ref(event_id(event.uid)), error)
        except NotFoundError as error:
            raise missing("calendar.put", error) from error

    def _insertion(self, event: Event) -> HttpRequest:
        """Return the request that makes an event under the id that we chose."""
        return self._google.calendar.events().insert(
            calendarId=self._calendars.main("calendar.put"),
            body={"id": event_id(event.uid), **write(event)},
            sendUpdates="none",
            fields=FIELDS,
        )

    def _already(self, event: Event, ref: Ref, error: AlreadyExistsError) -> dict[str, Any]:
        """Return the event that has our id if it is the one that was to be made: the first answer was lost."""
        try:
            found = self._raw("calendar.put", ref)
        except NotFoundError:
            found = {"status": "cancelled"}  # deleted so long ago that only its id is remembered
        if is_cancelled(found) or not is_same(event, found, self._zone):
            message = f"an event with the uid {event.uid} exists and differs, or was deleted; read it first"
            raise AlreadyExistsError(NAME, "calendar.put", message) from error
        return found

    def _replace(self, event: Event, previous: EventRef) -> dict[str, Any]:
        before = self._seen.get(previous.ref)
        if before is None or before.get("etag") != previous.etag:
            before = self._stored("calendar.put", previous.ref)
        if before.get("etag") != previous.etag:
            return self._unless_same(event, before)
        request = self._google.calendar.events().patch(
            calendarId=self._calendars.main("calendar.put"),
            eventId=previous.ref,
            body=write(event, before),
            sendUpdates="none",
            fields=FIELDS,
        )
        request.headers["If-Match"] = previous.etag
        try:
            return self._google.call("calendar.put", request)
        except WrongETagError:
            return self._unless_same(event, self._stored("calendar.put", previous.ref))

    def _unless_same(self, event: Event, found: dict[str, Any]) -> dict[str, Any]:
        """Return an event that changed if it is what it shall be: the answer to our own change was lost."""
        if not is_same(event, found, self._zone):
            self._changed("calendar.put", found["id"])
        return found

    def _changed(self, operation: str, ref: str) -> NoReturn:
        raise WrongETagError(NAME, operation, f"the event {ref} was changed meanwhile; read it again")

    def delete(self, ref: EventRef) -> None:
        """Delete under a condition; what is gone already is success, unless the whole calendar is."""
        operation = "calendar.delete"
        if _REF.fullmatch(ref.ref) is None:
            return
        request = self._google.calendar.events().delete(
            calendarId=self._calendars.main(operation), eventId=ref.ref, sendUpdates="none"
        )
        request.headers["If-Match"] = ref.etag
        try:
            self._google.call(operation, request)
        except NotFoundError:
            self._check_calendar(operation)
        except WrongETagError:
            if not self._is_gone(operation, ref.ref):
                self._changed(operation, ref.ref)
        self._seen.pop(ref.ref, None)

    def _is_gone(self, operation: str, ref: Ref) -> bool:
        try:
            return is_cancelled(self._raw(operation, ref))
        except NotFoundError:
            return True

    # --- changes

    def changes(self, cursor: Cursor | None) -> CalendarChanges:
        """Read what changed by sync tokens: one request for each calendar, together."""
        self._version = None
        step = self._synced.step(cursor)
        self._version = step.version
        for ref in (*(one.ref for one in step.changes.changed), *step.changes.removed):
            self._seen.pop(ref, None)
        return step.changes

    def version(self) -> str | None:
        """Return the version of all agendas as of the last `changes` of this connection, None before and while unsure.

        An event that cannot be read is told of at each look, so that there is none while there is one.
        """
        return None if self._told else self._version

    def zone(self) -> ZoneInfo | None:
        """Return the zone of the user's settings, or of the calendar where settings may not be read."""
        operation = "calendar.zone"
        try:
            name = self._google.call(operation, self._google.calendar.settings().get(setting="timezone")).get("value")
        except (AuthError, NotFoundError, UnsupportedError):
            request = self._google.calendar.events().list(
                calendarId=self._calendars.main(operation), maxResults=1, fields="timeZone"
            )
            name = self._google.call(operation, request).get("timeZone")
        try:
            return ZoneInfo(str(name))
        except (KeyError, ValueError, OSError):
            return None

    def create_calendar(self, name: str) -> str:
        """Make a calendar of this name, unless the user's list has one; return its id. Twice is once."""
        return self._calendars.create(name)


def _ref(raw: Mapping[str, Any]) -> EventRef:
    return EventRef(ref=Ref(str(raw["id"])), etag=ETag(str(raw.get("etag", ""))))
