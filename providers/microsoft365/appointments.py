"""Events on the wire: what is asked for of them, and what stands in the answers.

Source: learn.microsoft.com/graph/api/resources/event and .../resources/datetimetimezone.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from providers._outlook import GROUP, KEPT, KEY, UID
from providers.microsoft365 import errors, zones

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

OCCURRENCES = ("occurrence", "exception")
"""Types of what belongs to a series; the series itself is told of beside them."""
TEXT = {"Prefer": 'outlook.body-content-type="text"'}
"""Descriptions are asked for as text, whatever program wrote them."""
PAGE = "500"


def property_id(name: str) -> str:
    """Return how Graph calls a property of ours.

    Source: learn.microsoft.com/graph/api/resources/extended-properties-overview.
    """
    return f"String {{{GROUP}}} Name {name}"


_OURS = {property_id(name).lower(): name for name in (UID, KEY, KEPT)}
_WANTED = " or ".join(f"id eq '{property_id(name)}'" for name in (UID, KEY, KEPT))
EXPAND = f"singleValueExtendedProperties($filter={_WANTED})"

_TIMES = "start,end,isAllDay,originalStartTimeZone"
_PLAIN = "subject,sensitivity,showAs,isCancelled,type,seriesMasterId,categories,isReminderOn,reminderMinutesBeforeStart"
_PEOPLE = "responseStatus,isOrganizer,organizer,attendees"
LISTED = {"$select": f"id,{_PLAIN},{_TIMES},{_PEOPLE}", "$expand": EXPAND}
"""What an entry of the agenda is made of, with what must be known of an event of ours to replace it."""
WHOLE = {"$select": f"id,createdDateTime,{_PLAIN},{_TIMES},body,location,attendees", "$expand": EXPAND}
STATE = {"$select": "id,isCancelled,type"}


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """An event as Graph told it; None is what it did not tell.

    `kind` is singleInstance, occurrence, exception or seriesMaster, `series` the id of the master. `shown_as` is free,
    tentative, busy, oof, workingElsewhere or unknown. `reminder` is in minutes before the start. `days`: the first day
    of an all-day event, and the one after its last. `has_guests`: whether anybody, or a room, was invited to it.
    """

    id: str
    etag: str
    kind: str | None = None
    series: str | None = None
    created: str = ""
    subject: str | None = None
    sensitivity: str | None = None
    body: str | None = None
    location: str | None = None
    categories: tuple[str, ...] = ()
    reminder: int | None = None
    properties: dict[str, str] = {}
    start: datetime | None = None
    end: datetime | None = None
    days: tuple[date, date] | None = None
    is_all_day: bool = False
    zone: str | None = None
    shown_as: str | None = None
    is_cancelled: bool = False
    response: str | None = None
    people: tuple[str, ...] = ()
    has_guests: bool = False

    @property
    def root(self) -> str:
        """Return the id of the event or, of an occurrence, of its series."""
        return self.series or self.id


def held(operation: str, raw: Mapping[str, Any]) -> Held:
    """Read an event.

    Raises:
        InvalidResponseError: it has no id.
    """
    identity = raw.get("id")
    if not isinstance(identity, str) or not identity:
        raise errors.unreadable(operation, "an event without an id")
    return Held(
        id=identity,
        etag=etag(raw),
        kind=_text(raw, "type"),
        series=_text(raw, "seriesMasterId") or None,
        created=_text(raw, "createdDateTime") or "",
        subject=_text(raw, "subject"),
        sensitivity=_text(raw, "sensitivity"),
        body=_text(_dict(raw, "body"), "content"),
        location=_text(_dict(raw, "location"), "displayName"),
        categories=tuple(each for each in _list(raw, "categories") if isinstance(each, str)),
        reminder=_reminder(raw),
        properties=dict(_properties(raw)),
        start=moment(_dict(raw, "start")),
        end=moment(_dict(raw, "end")),
        days=_days(raw),
        is_all_day=raw.get("isAllDay") is True,
        zone=_text(raw, "originalStartTimeZone"),
        shown_as=_text(raw, "showAs"),
        is_cancelled=raw.get("isCancelled") is True,
        response=_text(_dict(raw, "responseStatus"), "response"),
        people=tuple(_people(raw)),
        has_guests=bool(_list(raw, "attendees")),
    )


def etag(raw: Mapping[str, Any]) -> str:
    """Return the version of an event, "" where Graph does not tell it."""
    return _text(raw, "@odata.etag") or ""


def moment(written: Mapping[str, Any]) -> datetime | None:
    """Read a dateTimeTimeZone; None where it is none. One in a zone that nobody knows is none either."""
    zone = zones.known(zones.iana(_text(written, "timeZone") or zones.UNNAMED) or "")
    with suppress(ValueError, OverflowError):
        found = datetime.fromisoformat(_text(written, "dateTime") or "")
        aware = found if found.tzinfo else found.replace(tzinfo=zone)
        return aware.astimezone(UTC) if aware.tzinfo and _is_ordinary(found) else None
    return None


def _is_ordinary(moment: date) -> bool:
    """Tell whether a date can be counted with in any zone."""
    return date.min.year < moment.year < date.max.year


def _days(raw: Mapping[str, Any]) -> tuple[date, date] | None:
    """Return the dates of an all-day event: Graph tells them as midnights, whatever the zone."""
    if raw.get("isAllDay") is not True:
        return None
    with suppress(ValueError):
        first, last = (datetime.fromisoformat(_text(_dict(raw, name), "dateTime") or "") for name in ("start", "end"))
        return (first.date(), last.date()) if _is_ordinary(first) and _is_ordinary(last) else None
    return None


def _reminder(raw: Mapping[str, Any]) -> int | None:
    minutes = raw.get("reminderMinutesBeforeStart")
    return minutes if raw.get("isReminderOn") is True and isinstance(minutes, int) else None


def _properties(raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield our own properties by their names; Graph writes their ids in a way of its own."""
    for each in _list(raw, "singleValueExtendedProperties"):
        name = _OURS.get(str(each.get("id")).lower()) if isinstance(each, dict) else None
        if name is not None and isinstance(each.get("value"), str):
            yield name, each["value"]


def _people(raw: Mapping[str, Any]) -> Iterator[str]:
    """Yield the addresses of organiser and attendees; rooms are resources, and the user needs no mention."""
    if raw.get("isOrganizer") is not True:
        yield from _address(_dict(raw, "organizer"))
    for each in _list(raw, "attendees"):
        if isinstance(each, dict) and each.get("type") != "resource":
            yield from _address(each)


def _address(one: Mapping[str, Any]) -> Iterator[str]:
    address = _text(_dict(one, "emailAddress"), "address")
    if address:
        yield address


def _text(raw: Mapping[str, Any], name: str) -> str | None:
    value = raw.get(name)
    return value if isinstance(value, str) else None


def _dict(raw: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = raw.get(name)
    return value if isinstance(value, dict) else {}


def _list(raw: Mapping[str, Any], name: str) -> list[Any]:
    value = raw.get(name)
    return value if isinstance(value, list) else []
