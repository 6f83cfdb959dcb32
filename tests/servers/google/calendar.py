"""Google Calendar of one user: the list of calendars, settings, free/busy, and the user's own hands."""

from __future__ import annotations

import secrets
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tests.servers.google import imported
from tests.servers.google.bodies import invalid, kept, merged, shown, succeeding
from tests.servers.google.book import Book
from tests.servers.google.calls import Answer, RefusedError
from tests.servers.google.events import Events
from tests.servers.google.hands import locked
from tests.servers.google.listing import items, moment, query
from tests.servers.google.recurring import instant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.servers.google.book import Body
    from tests.servers.google.calls import Call
    from tests.servers.google.clock import Clock

_MOST_CALENDARS = 50
_ROLES = ("freeBusyReader", "reader", "writer", "owner")
_FREE_TYPES = {"workingLocation", "birthday"}


class Calendars:
    """What an account's calendars hold, and who may see how much of it.

    Args:
        clock: the server's.
        owner: the user's address, which is also the id of the primary calendar.
        lock: held while a request is being answered.
        zone: the user's, IANA.
    """

    def __init__(
        self, clock: Clock, owner: str, lock: threading.RLock | None = None, zone: str = "Europe/Berlin"
    ) -> None:
        self.lock = lock or threading.RLock()
        self._now = clock.now
        self.owner = owner
        self.settings = {"timezone": zone, "locale": "en", "weekStart": "1", "format24HourTime": "true"}
        self.books = {owner: Book(owner, owner, zone, owner, primary=True)}
        self._withdrawn: dict[str, Book] = {}
        self.events = Events(self._named, clock)

    def handlers(self) -> dict[str, Callable[[Call], Answer]]:
        """Return what answers the methods, by their ids in the discovery document."""
        return self.events.handlers() | {
            "calendar.calendarList.list": self._list,
            "calendar.calendarList.get": lambda call: Answer(self._entry(self._named(call))),
            "calendar.calendars.get": lambda call: Answer(self._calendar(self._named(call))),
            "calendar.calendars.insert": self._insert,
            "calendar.settings.get": self._setting,
            "calendar.settings.list": self._settings,
            "calendar.freebusy.query": self._freebusy,
        }

    # What clients ask for.

    def _named(self, call: Call) -> Book:
        return self._seen(str(call.params["calendarId"]))

    def _seen(self, id_: str) -> Book:
        book = self.books.get(self.owner if id_ == "primary" else id_)
        if book is None:
            raise RefusedError(404, "notFound", "Not Found")
        return book

    def _list(self, call: Call) -> Answer:
        least = _ROLES.index(call.params.get("minAccessRole", "freeBusyReader"))
        entries = [
            self._entry(book)
            for book in self.books.values()
            if _ROLES.index(book.role) >= least and (call.params.get("showHidden") or not book.hidden)
        ]
        first = int(call.params.get("pageToken", "0"))
        last = first + min(int(call.params.get("maxResults", 100)), 250)
        found: Body = {"kind": "calendar#calendarList", "etag": '"p1"', "items": entries[first:last]}
        if entries[last:]:
            return Answer(found | {"nextPageToken": str(last)})
        return Answer(found | {"nextSyncToken": secrets.token_urlsafe(12)})

    def _entry(self, book: Book) -> Body:
        found: Body = {
            "kind": "calendar#calendarListEntry",
            "etag": f'"{len(book.summary)}000"',
            "id": book.id,
            "summary": book.summary,
            "timeZone": book.zone,
            "colorId": "14",
            "backgroundColor": "#9fe1e7",
            "foregroundColor": "#000000",
            "accessRole": book.role,
            "defaultReminders": book.default_reminders,
            "conferenceProperties": {"allowedConferenceSolutionTypes": ["hangoutsMeet"]},
        }
        flags = {"selected": book.selected, "hidden": book.hidden, "primary": book.primary}
        return found | {name: True for name, value in flags.items() if value}

    def _calendar(self, book: Book) -> Body:
        return {
            "kind": "calendar#calendar",
            "etag": f'"{len(book.summary)}000"',
            "id": book.id,
            "summary": book.summary,
            "timeZone": book.zone,
            "conferenceProperties": {"allowedConferenceSolutionTypes": ["hangoutsMeet"]},
        }

    def _insert(self, call: Call) -> Answer:
        if not call.body.get("summary"):
            raise invalid("Missing title.", "required")
        return Answer(
            self._calendar(self.books[self.add_calendar(call.body["summary"], zone=call.body.get("timeZone"))])
        )

    def _setting(self, call: Call) -> Answer:
        name = str(call.params["setting"])
        if name not in self.settings:
            raise RefusedError(404, "notFound", "Not Found")
        return Answer({"kind": "calendar#setting", "etag": '"0"', "id": name, "value": self.settings[name]})

    def _settings(self, _: Call) -> Answer:
        found = [{"kind": "calendar#setting", "etag": '"0"', "id": n, "value": v} for n, v in self.settings.items()]
        return Answer({"kind": "calendar#settings", "etag": '"p1"', "items": found, "nextSyncToken": "settings"})

    def _freebusy(self, call: Call) -> Answer:
        for name in ("timeMin", "timeMax"):
            if not call.body.get(name):
                raise invalid(f"Missing {name} parameter.", "required")
        low, high = moment(call.body, "timeMin"), moment(call.body, "timeMax")
        assert low is not None
        assert high is not None
        if low >= high:
            raise invalid("The specified time range is empty.", "timeRangeEmpty", domain="calendar", location="timeMax")
        wanted = [str(each["id"]) for each in call.body.get("items") or ()]
        if len(wanted) > min(_MOST_CALENDARS, int(call.body.get("calendarExpansionMax") or _MOST_CALENDARS)):
            raise invalid("Too many calendars requested.", "tooManyCalendarsRequested", domain="calendar")
        zone = ZoneInfo(call.body.get("timeZone") or "UTC")
        found = {id_: self._busy(id_, low, high, zone) for id_ in wanted}
        times = {"timeMin": _text(low, ZoneInfo("UTC"), ".000"), "timeMax": _text(high, ZoneInfo("UTC"), ".000")}
        return Answer({"kind": "calendar#freeBusy", **times, "calendars": found})

    def _busy(self, id_: str, low: datetime, high: datetime, zone: ZoneInfo) -> Body:
        try:
            book = self._seen(id_)
        except RefusedError:
            return {"errors": [{"domain": "global", "reason": "notFound"}], "busy": []}
        params = {"timeMin": low.isoformat(), "timeMax": high.isoformat(), "singleEvents": True, "orderBy": "startTime"}
        bodies = [item.body for item in items(query(book, params)) if _counts(item.body)]
        local = book.zoneinfo()
        spans = ((instant(body["start"], local), instant(body["end"], local)) for body in bodies)
        busy = _joined((max(start, low), min(end, high)) for start, end in spans)
        return {"busy": [{"start": _text(start, zone), "end": _text(end, zone)} for start, end in busy]}

    # The hands of the user, and of others who share calendars.

    @locked
    def add_calendar(
        self, summary: str, *, role: str = "owner", selected: bool = True, zone: str | None = None, hidden: bool = False
    ) -> str:
        """Have one calendar more in the list; return its id."""
        id_ = f"c_{secrets.token_hex(20)}@group.calendar.google.com"
        zone = zone or self.settings["timezone"]
        self.books[id_] = Book(id_, summary, zone, self.owner, role=role, selected=selected, hidden=hidden)
        return id_

    @locked
    def share(self, calendar: str, role: str) -> None:
        """Let the user see a calendar as "freeBusyReader", "reader", "writer" or "owner" from now on."""
        self._seen(calendar).role = role

    @locked
    def rename_calendar(self, calendar: str, summary: str) -> None:
        """Change the name that is shown."""
        self._seen(calendar).summary = summary

    @locked
    def withdraw(self, calendar: str = "primary") -> None:
        """Let a calendar be deleted or no longer be shared: it is not found any more."""
        book = self.books.pop(self._seen(calendar).id)
        self._withdrawn[book.id] = book

    @locked
    def give_back(self, calendar: str) -> None:
        """Share a calendar that was withdrawn again, with all it holds."""
        self.books[calendar] = self._withdrawn.pop(calendar)

    @locked
    def expire_sync_tokens(self) -> None:
        """Forget every sync token given out so far."""
        for book in self.books.values():
            book.expired = book.tokens

    @locked
    def add_events(self, ics: bytes, calendar: str = "primary") -> list[str]:
        """Import a calendar file; return the ids. An event whose UID is there already is replaced."""
        book = self._seen(calendar)
        found = []
        for raw in imported.events(ics, book.zone, self.owner):
            fixed = {name: raw[name] for name in ("organizer", "recurringEventId", "originalStartTime") if name in raw}
            found.append(book.put(kept(raw, book.zone) | fixed, self._now()).id)
        return found

    @locked
    def add_event(self, body: Body, calendar: str = "primary") -> str:
        """Have an event of any kind, other people's too (`organizer`, `attendees`, `eventType`); return its id."""
        book = self._seen(calendar)
        id_ = str(body.get("id") or secrets.token_hex(13))
        made = {"id": id_, "iCalUID": f"{id_}@google.com", "eventType": "default", "sequence": 0}
        fixed = {name: body[name] for name in ("organizer", "creator") if name in body}
        return book.put(made | kept(body, book.zone) | fixed, self._now()).id

    @locked
    def edit_event(self, id_: str, change: Body, calendar: str = "primary") -> None:
        """Change fields of an event or an instance, as a patch does."""
        book = self._seen(calendar)
        _, before = self.events.find(book, id_)
        fixed = {name: before[name] for name in before.keys() & {"organizer", "recurringEventId", "originalStartTime"}}
        body = kept(merged(before, change), book.zone) | fixed
        book.put(body | {"sequence": succeeding(before, body, None)}, self._now())

    @locked
    def move_event(self, id_: str, start: datetime, calendar: str = "primary") -> None:
        """Drag an event to another start, its length kept."""
        _, body = self.events.find(self._seen(calendar), id_)
        length = datetime.fromisoformat(body["end"]["dateTime"]) - datetime.fromisoformat(body["start"]["dateTime"])
        end = start.astimezone(UTC) + length
        times = {"start": {"dateTime": start.isoformat()}, "end": {"dateTime": end.isoformat()}}
        self.edit_event(id_, times, calendar)

    @locked
    def rename_event(self, id_: str, title: str, calendar: str = "primary") -> None:
        """Change the title of an event."""
        self.edit_event(id_, {"summary": title}, calendar)

    @locked
    def delete_event(self, id_: str, calendar: str = "primary") -> None:
        """Delete an event or an instance; to Google this and cancelling are the same."""
        book = self._seen(calendar)
        self.events.cancel(book, self.events.find(book, id_)[1])

    @locked
    def restore_event(self, id_: str, calendar: str = "primary") -> None:
        """Take an event back out of the bin."""
        self.edit_event(id_, {"status": "confirmed"}, calendar)

    @locked
    def purge_event(self, id_: str, calendar: str = "primary") -> None:
        """Let a deleted event disappear for good, as it eventually does: it is not found, and its id stays used up."""
        book = self._seen(calendar)
        book.purged.add(book.events.pop(id_).id)

    @locked
    def event(self, id_: str, calendar: str = "primary") -> dict[str, Any]:
        """Return an event or an instance as the API would answer it to the user."""
        book = self._seen(calendar)
        stored, body = self.events.find(book, id_)
        return shown(book, stored, book.zone, body)

    @locked
    def living(self, calendar: str = "primary") -> list[dict[str, Any]]:
        """Return the events that are not deleted, a series as one."""
        book = self._seen(calendar)
        return [shown(book, each, book.zone) for each in book.events.values() if not each.cancelled]


def _counts(body: Body) -> bool:
    """Tell whether an event makes its time busy."""
    declined = any(each.get("self") and each["responseStatus"] == "declined" for each in body.get("attendees", ()))
    free = body.get("transparency") == "transparent" or body.get("eventType") in _FREE_TYPES
    return not declined and not free and instant(body["start"], ZoneInfo("UTC")) < instant(body["end"], ZoneInfo("UTC"))


def _joined(spans: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Join spans that touch; they come by their starts."""
    found: list[tuple[datetime, datetime]] = []
    for start, end in spans:
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def _text(value: datetime, zone: ZoneInfo, fraction: str = "") -> str:
    text = value.astimezone(zone).isoformat(timespec="seconds")
    return text.replace("+00:00", fraction + "Z") if text.endswith("+00:00") else text
