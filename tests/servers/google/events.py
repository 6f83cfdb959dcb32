"""The methods of `calendar.events`, on the calendars of one user."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from tests.servers.google.bodies import check_id, kept, merged, shown, succeeding
from tests.servers.google.calls import Answer, RefusedError
from tests.servers.google.listing import Item, Query, items, query, zone_of
from tests.servers.google.recurring import instance

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.servers.google.book import Body, Book, Stored
    from tests.servers.google.calls import Call
    from tests.servers.google.clock import Clock

_MOST = 2500
_IDENTITY = ("id", "iCalUID", "eventType", "recurringEventId", "originalStartTime")


class Events:
    """What clients do with events.

    Args:
        named: returns the calendar that a request names.
        clock: the server's.
    """

    def __init__(self, named: Callable[[Call], Book], clock: Clock) -> None:
        self._named = named
        self._now = clock.now
        self._pages: dict[str, tuple[str, Query, list[Item], int]] = {}
        self.page: int | None = None  # pages may be smaller than asked for: a test may make them so
        self.invited: list[str] = []  # addresses of attendees that a client wrote

    def handlers(self) -> dict[str, Callable[[Call], Answer]]:
        """Return what answers the methods, by their ids in the discovery document."""
        return {
            "calendar.events.list": self._list,
            "calendar.events.instances": self._instances,
            "calendar.events.get": self._get,
            "calendar.events.insert": self._insert,
            "calendar.events.patch": self._patch,
            "calendar.events.update": self._update,
            "calendar.events.delete": self._delete,
        }

    def _list(self, call: Call) -> Answer:
        """List events, or what changed since a sync token; the token is on the last page alone."""
        book = self._named(call)
        params = {name: value for name, value in call.params.items() if name not in {"pageToken", "maxResults"}}
        if "pageToken" in call.params:
            same, wanted, left, change = self._pages.get(call.params["pageToken"], ("", None, [], 0))
            if wanted is None or same != repr(sorted(params.items())):
                raise RefusedError(400, "invalid", "Invalid page token value.", location="pageToken")
        else:
            wanted = query(book, params)
            left, change = items(wanted), book.changes
        size = min(int(call.params.get("maxResults", 250)), _MOST, self.page or _MOST)
        body = self._listed(wanted, left[:size])
        if left[size:]:
            token = secrets.token_urlsafe(12)
            self._pages[token] = (repr(sorted(params.items())), wanted, left[size:], change)
            body["nextPageToken"] = token
        elif wanted.syncs:
            body["nextSyncToken"] = book.issue(change, wanted.mode)
        return Answer(body)

    def _listed(self, wanted: Query, page: list[Item]) -> Body:
        book = wanted.book
        full = bool(wanted.deleted)
        found: Body = {
            "kind": "calendar#events",
            "etag": f'"p{book.version}g"',
            "summary": book.summary,
            "updated": self._now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "timeZone": book.zone,
            "accessRole": book.role,
            "defaultReminders": book.default_reminders,
            "items": [shown(book, stored, wanted.zone, body, full=full) for stored, body in page],
        }
        most = wanted.params.get("maxAttendees", _MOST)
        for each in found["items"]:
            if len(each.get("attendees", ())) > most:
                each["attendees"] = [one for one in each["attendees"] if one.get("self")]
                each["attendeesOmitted"] = True
        return found

    def _instances(self, call: Call) -> Answer:
        """List the instances of one recurring event."""
        book = self._named(call)
        series = self._stored(book, call.params["eventId"])
        params = {name: value for name, value in call.params.items() if name in {"timeMin", "timeMax", "timeZone"}}
        wanted = query(book, params | {"singleEvents": True, "showDeleted": call.params.get("showDeleted", False)})
        found = [item for item in items(wanted) if item.body.get("recurringEventId") == series.id]
        return Answer(self._listed(wanted, found[: min(int(call.params.get("maxResults", 250)), _MOST)]))

    def _get(self, call: Call) -> Answer:
        """Read an event or an instance; a cancelled one is answered with its status."""
        book = self._named(call)
        stored, body = self.find(book, call.params["eventId"])
        return Answer(shown(book, stored, zone_of(book, call.params), body))

    def _insert(self, call: Call) -> Answer:
        """Make an event, under the client's id if it gives one; an id is used up for ever, also by a deleted event."""
        book = self._writable(call)
        id_ = call.body.get("id") or secrets.token_hex(13)
        check_id(id_)
        if id_ in book.events or id_ in book.purged:
            raise RefusedError(409, "duplicate", "The requested identifier already exists.")
        self._invite(call.body)
        uid = {"iCalUID": f"{id_}@google.com", "eventType": "default"}
        body = uid | kept(call.body, book.zone) | {"id": id_, "sequence": int(call.body.get("sequence") or 0)}
        return Answer(shown(book, book.put(body, self._now()), book.zone))

    def _patch(self, call: Call) -> Answer:
        """Change some fields of an event; those not named stay."""
        book = self._writable(call)
        stored, before = self._current(call, book)
        self._invite(call.body)
        return self._rewrite(book, stored, before, merged(before, call.body), call.body)

    def _update(self, call: Call) -> Answer:
        """Replace all of an event; what is not named is gone."""
        book = self._writable(call)
        stored, before = self._current(call, book)
        self._invite(call.body)
        return self._rewrite(book, stored, before, call.body, call.body)

    def _rewrite(self, book: Book, stored: Stored, before: Body, after: Body, given: Body) -> Answer:
        if before["status"] == "cancelled" and given.get("status") in {None, "cancelled"}:
            raise RefusedError(403, "forbidden", "Forbidden")
        fixed = {name: before[name] for name in (*_IDENTITY, "organizer") if name in before}
        body = kept(after, book.zone) | fixed
        body["sequence"] = succeeding(before, body, given.get("sequence"))
        reminders = {name for name in body.keys() | before.keys() if body.get(name) != before.get(name)} == {
            "reminders"
        }
        made = book.put(body, self._now(), quiet=reminders and stored.id == body["id"])
        return Answer(shown(book, made, book.zone))

    def _delete(self, call: Call) -> Answer:
        """Cancel an event: it stays under its id. An instance becomes a cancelled exception of its series."""
        book = self._writable(call)
        stored, before = self.find(book, call.params["eventId"])
        if before["status"] == "cancelled":
            raise RefusedError(410, "deleted", "Resource has been deleted")
        self._match(call, stored)
        self.cancel(book, before)
        return Answer()

    def cancel(self, book: Book, body: Body) -> None:
        """Mark an event as deleted, with the exceptions of it if it is a series."""
        for each in book.exceptions(body["id"]).values():
            if not each.cancelled:
                book.put(each.body | {"status": "cancelled"}, self._now())
        book.put(body | {"status": "cancelled"}, self._now())

    def _current(self, call: Call, book: Book) -> tuple[Stored, Body]:
        stored, body = self.find(book, call.params["eventId"])
        self._match(call, stored)
        return stored, body

    def _match(self, call: Call, stored: Stored) -> None:
        wanted = call.headers.get("if-match", "*")
        if wanted not in {"*", stored.etag}:
            raise RefusedError(412, "conditionNotMet", "Precondition Failed", location="If-Match")

    def find(self, book: Book, id_: str) -> tuple[Stored, Body]:
        """Return an event as stored, or the series of an instance with the instance."""
        if id_ in book.events:
            return book.events[id_], book.events[id_].body
        series = book.events.get(id_.rpartition("_")[0])
        body = instance(series.body, id_) if series is not None and "recurrence" in series.body else None
        if series is None or body is None:
            raise RefusedError(404, "notFound", "Not Found")
        return series, body

    def _stored(self, book: Book, id_: str) -> Stored:
        if id_ not in book.events:
            raise RefusedError(404, "notFound", "Not Found")
        return book.events[id_]

    def _writable(self, call: Call) -> Book:
        book = self._named(call)
        if book.role not in {"owner", "writer"}:
            message = "You need to have writer access to this calendar."
            raise RefusedError(403, "requiredAccessLevel", message, domain="calendar")
        return book

    def _invite(self, body: dict[str, Any]) -> None:
        self.invited += [each["email"] for each in body.get("attendees") or () if "email" in each]
