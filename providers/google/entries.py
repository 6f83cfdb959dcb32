"""The agenda: occurrences as Google expands them, as entries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistant.model.calendar import Entry, FbType
from assistant.standards.ical import clean
from providers.google.events import is_cancelled, own_key, times

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from zoneinfo import ZoneInfo

FIELDS = (
    "accessRole,nextPageToken,items(id,etag,status,summary,start,end,transparency,visibility,eventType,recurringEventId,"
    "organizer(email,self),attendees(email,self,resource,responseStatus),reminders,colorId,extendedProperties/private)"
)
"""What an entry is made of, with what must be known of our own events to replace them."""

_NO_APPOINTMENTS = {"workingLocation", "birthday"}
_READERS = {"freeBusyReader", "reader"}
_NO_PEOPLE = (".calendar.google.com", "@resource.calendar.google.com")
"""Ends of addresses that are calendars and rooms (Google makes these itself)."""


def entry(raw: Mapping[str, Any], zone: ZoneInfo, role: str | None, *, ours: bool) -> Entry | None:
    """Return an occurrence as an entry; None for one that takes no time: cancelled, declined, a place, a birthday.

    Args:
        raw: an item of events.list.
        zone: the user's; all-day entries run from midnight to midnight there.
        role: our right on the calendar; a reader does not see the titles of private events.
        ours: whether a key on the event is to be believed (only in the calendar that we write to).

    Raises:
        UnreadableError: it has no times.
    """
    if is_cancelled(raw) or raw.get("eventType") in _NO_APPOINTMENTS or _answer(raw) == "declined":
        return None
    start, end, all_day = times(raw, zone)
    return Entry(
        start=start.astimezone(zone),
        end=end.astimezone(zone),
        fbtype=_fbtype(raw),
        title=_title(raw, role),
        people=tuple(dict.fromkeys(_people(raw))),
        key=own_key(raw) if ours else None,
        all_day=all_day,
    )


def _title(raw: Mapping[str, Any], role: str | None) -> str | None:
    """Return the title; None where there is none and we may be shown times alone."""
    title = raw.get("summary")
    if isinstance(title, str):
        return clean(title)
    return None if role in _READERS else ""


def _fbtype(raw: Mapping[str, Any]) -> FbType:
    if raw.get("transparency") == "transparent":
        return FbType.FREE
    if raw.get("eventType") == "outOfOffice":
        return FbType.BUSY_UNAVAILABLE
    tentative = raw.get("status") == "tentative" or _answer(raw) == "tentative"
    return FbType.BUSY_TENTATIVE if tentative else FbType.BUSY


def _answer(raw: Mapping[str, Any]) -> str | None:
    """Return what the user answered to an invitation, None for an event without one."""
    mine = (each for each in _attendees(raw) if each.get("self") is True)
    return next((str(each.get("responseStatus")) for each in mine), None)


def _people(raw: Mapping[str, Any]) -> Iterator[str]:
    """Yield the addresses of organiser and attendees, without the user, rooms, equipment and calendars."""
    organizer = raw.get("organizer")
    people: Iterable[Mapping[str, Any]] = (organizer,) if isinstance(organizer, dict) else ()
    for each in (*people, *_attendees(raw)):
        address = each.get("email")
        if isinstance(address, str) and not each.get("self") and not each.get("resource"):
            shown = clean(address).lower()
            if shown and not shown.endswith(_NO_PEOPLE):
                yield shown


def _attendees(raw: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    found = raw.get("attendees")
    return tuple(each for each in found if isinstance(each, dict)) if isinstance(found, list) else ()
