"""What a live harness does to calendars: two of its own, and uids of its own in each test.

Google lets an account make some 25 calendars in a short time, and an id of an event is used up for ever. So all tests
share the calendars, and a uid or key of the suites stands in Google with the test's number before it.
"""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any

import msgspec
from googleapiclient.errors import HttpError

from providers.google.calendar import GoogleCalendar
from providers.google.events import CalendarOptions
from tests.contract.harness import ZONE
from tests.servers.google import imported

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from zoneinfo import ZoneInfo

    from assistant.model.calendar import CalendarChanges, Entry, Event, EventRef, StoredEvent
    from assistant.model.mailbox import Cursor, Ref
    from tests.live.connection import Plain, Restricted

MAIN, BUSY = "Ringback contract suite", "Ringback contract suite, the user's own"
_ALREADY = {404, 410}
_WRITTEN = (
    "summary", "description", "location", "status", "transparency", "visibility", "start", "end", "recurrence",
    "attendees",
)  # fmt: skip


class OwnCalendars:
    """The two calendars of a run, made when first needed.

    Args:
        plain: the connection of the user's hands.
        run: a text that no other run has.
        address: whose account it is.
    """

    def __init__(self, plain: Plain, run: str, address: str) -> None:
        self._plain = plain
        self._run = run
        self._address = address
        self._ids: dict[str, str] = {}
        self._count = 0
        self._lost = False

    def open(self, google: Restricted, problems: Callable[[str], None]) -> Namespaced:
        """Open the calendar over a connection; the account's own calendars count for nothing."""
        options = CalendarOptions(calendar=self._id(MAIN), busy=(self._id(BUSY),))
        return Namespaced(GoogleCalendar(google, options, ZONE, problems), f"{self._run}-{self._count}-")

    def _id(self, name: str) -> str:
        if name not in self._ids:
            body = {"summary": name, "timeZone": ZONE.key}
            self._ids[name] = self._plain.do(self._plain.calendar.calendars().insert(body=body))["id"]
        return self._ids[name]

    # The user's hands.

    def add(self, ics: bytes) -> None:
        """Write the events of a file, a series before its exceptions."""
        made: dict[str, str] = {}
        for raw in imported.events(ics, ZONE.key, self._address):
            body = {name: raw[name] for name in _WRITTEN if raw.get(name)}
            if "recurringEventId" in raw:
                self._except(made[raw["recurringEventId"]], raw["originalStartTime"], body)
            else:
                made[raw["id"]] = self._insert(body)

    def _insert(self, body: dict[str, Any]) -> str:
        events, calendar = self._plain.calendar.events(), self._id(BUSY)
        cancelled = body["status"] == "cancelled"
        body = body | {"status": "confirmed"} if cancelled else body
        made = self._plain.do(events.insert(calendarId=calendar, body=body, sendUpdates="none"))
        if cancelled:
            self._delete(calendar, made["id"])
        return str(made["id"])

    def _except(self, series: str, original: dict[str, Any], body: dict[str, Any]) -> None:
        events, calendar = self._plain.calendar.events(), self._id(BUSY)
        instances = self._plain.do(events.instances(calendarId=calendar, eventId=series))["items"]
        wanted = _instant(original)
        (instance,) = (one["id"] for one in instances if _instant(one["originalStartTime"]) == wanted)
        if body["status"] == "cancelled":
            self._delete(calendar, instance)
        else:
            self._patch(calendar, instance, body)

    def move(self, ref: Ref, start: datetime) -> None:
        """Drag an event to another start, its length kept."""
        found = self._plain.do(self._plain.calendar.events().get(calendarId=self._id(MAIN), eventId=ref))
        length = _instant(found["end"]) - _instant(found["start"])
        end = start.astimezone(UTC) + length  # in UTC: a length is elapsed time
        times = {"start": {"dateTime": start.isoformat()}, "end": {"dateTime": end.isoformat()}}
        self._patch(self._id(MAIN), ref, times)

    def rename(self, ref: Ref, title: str) -> None:
        """Change the title of an event."""
        self._patch(self._id(MAIN), ref, {"summary": title})

    def delete(self, ref: Ref) -> None:
        """Delete an event."""
        self._delete(self._id(MAIN), ref)

    def cancel(self, ref: Ref) -> None:
        """Mark an event as cancelled."""
        self._patch(self._id(MAIN), ref, {"status": "cancelled"})

    def _patch(self, calendar: str, event: str, body: dict[str, Any]) -> None:
        patch = self._plain.calendar.events().patch
        self._plain.do(patch(calendarId=calendar, eventId=event, body=body, sendUpdates="none"))

    def _delete(self, calendar: str, event: str) -> None:
        delete = self._plain.calendar.events().delete
        self._plain.do(delete(calendarId=calendar, eventId=event, sendUpdates="none"))

    def lose(self) -> None:
        """Delete the calendar that gets our events; the next test makes another."""
        self._delete_calendar(self._id(MAIN))
        self._lost = True

    # The end of a test, and of the run.

    def clean(self) -> None:
        """Delete all events of both calendars."""
        if self._lost:
            del self._ids[MAIN]
        self._lost = False
        for calendar in self._ids.values():
            for event in list(self._living(calendar)):
                self._delete_again(calendar, event)
        self._count += 1

    def _delete_again(self, calendar: str, event: str) -> None:
        """Delete what may be gone already: changed instances go with their series."""
        try:
            self._delete(calendar, event)
        except HttpError as error:
            if error.status_code not in _ALREADY:
                raise

    def _living(self, calendar: str) -> Iterator[str]:
        events = self._plain.calendar.events()
        request = events.list(calendarId=calendar, maxResults=250)
        while request is not None:
            page = self._plain.do(request)
            yield from (one["id"] for one in page.get("items", ()) if one["status"] != "cancelled")
            request = events.list_next(request, page)

    def leave(self) -> None:
        """Remove both calendars."""
        while self._ids:
            self._delete_calendar(self._ids.popitem()[1])

    def _delete_calendar(self, calendar: str) -> None:
        self._plain.do(self._plain.calendar.calendars().delete(calendarId=calendar))


class Namespaced:
    """A Calendar whose uids and keys are the test's alone.

    Args:
        calendar: the provider's.
        prefix: what stands before uids and keys at Google.
    """

    def __init__(self, calendar: GoogleCalendar, prefix: str) -> None:
        self._calendar = calendar
        self._prefix = prefix
        self.changes: Callable[[Cursor | None], CalendarChanges] = calendar.changes
        self.delete: Callable[[EventRef], None] = calendar.delete
        self.zone: Callable[[], ZoneInfo | None] = calendar.zone

    def agenda(self, start: datetime, end: datetime) -> Sequence[Entry]:
        """List entries."""
        found = self._calendar.agenda(start, end)
        return [msgspec.structs.replace(one, key=one.key and one.key.removeprefix(self._prefix)) for one in found]

    def get(self, ref: Ref) -> StoredEvent:
        """Read an event."""
        return self._without(self._calendar.get(ref))

    def find(self, uid: str) -> StoredEvent | None:
        """Look for a uid."""
        found = self._calendar.find(self._prefix + uid)
        return None if found is None else self._without(found)

    def put(self, event: Event, previous: EventRef | None = None) -> EventRef:
        """Write an event."""
        return self._calendar.put(self._with(event), previous)

    def _with(self, event: Event) -> Event:
        return msgspec.structs.replace(event, uid=self._prefix + event.uid, key=self._prefix + event.key)

    def _without(self, stored: StoredEvent) -> StoredEvent:
        uid, key = (text.removeprefix(self._prefix) for text in (stored.event.uid, stored.event.key))
        return msgspec.structs.replace(stored, event=msgspec.structs.replace(stored.event, uid=uid, key=key))


def _instant(moment: dict[str, Any]) -> datetime:
    if "date" in moment:
        return datetime.combine(datetime.fromisoformat(moment["date"]), time(), ZONE)
    return datetime.fromisoformat(moment["dateTime"])
