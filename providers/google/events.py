"""Events of ours as Google Calendar holds them, and back; which differences are only Google's way of writing."""

from __future__ import annotations

import base64
import hashlib
import json
import math
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

from assistant.model.calendar import Event, EventStatus
from assistant.standards.ical import canonical, clean
from providers.google.markup import escaped, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

PRIMARY = "primary"
UID, KEY = "ringbackUid", "ringbackKey"
COLOUR, PROMISED = "7", "6"
"""Peacock, and Tangerine for a promise (calendar.colors.get); colour never says anything alone."""
FIELDS = "id,etag,status,start,end,reminders,colorId,extendedProperties/private"
"""What must be known of an event to replace it."""

_CATEGORIES, _REMINDERS = "ringbackCategories", "ringbackReminders"
_SHORTEST_ID, _LONGEST_ID = 5, 1024
_LONGEST_VALUE = 1024  # of an extended property; Google cuts longer ones without a word
_MOST_REMINDERS, _EARLIEST_REMINDER = 5, 40320


class CalendarOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Which calendars count, each as "primary", an id, or the name that the user's list shows.

    `calendar` gets the slots and holds. `busy` are further ones that count as busy; None: all that are ticked in the
    user's list.
    """

    calendar: str = PRIMARY
    busy: tuple[str, ...] | None = None


class UnreadableError(ValueError):
    """An event without times that can be read."""


class InexpressibleError(ValueError):
    """An event that Google Calendar cannot hold."""


def event_id(uid: str) -> str:
    """Return the id under which we keep a uid: always the same, so that writing twice is one event.

    Source: calendar/api/v3/reference/events, `id`: base32hex (RFC 4648 7) in lower case, 5 to 1024 characters.
    """
    spelled = _base32hex(uid.encode("utf-8", "surrogatepass"))
    if _SHORTEST_ID <= len(spelled) <= _LONGEST_ID:
        return spelled
    return _base32hex(hashlib.sha256(uid.encode("utf-8", "surrogatepass")).digest())


def _base32hex(raw: bytes) -> str:
    return base64.b32hexencode(raw).decode("ascii").rstrip("=").lower()


def own_key(raw: Mapping[str, Any]) -> str | None:
    """Return the key of an event of ours (or of one repetition of it), None for anybody else's, copies included."""
    private = _private(raw)
    uid, key = private.get(UID), private.get(KEY)
    if not isinstance(uid, str) or not isinstance(key, str) or not key:
        return None
    genuine = (raw.get("recurringEventId") or raw.get("id")) == event_id(uid)
    return key if genuine and (uid == key or uid.startswith(f"{key}.")) else None


def is_cancelled(raw: Mapping[str, Any]) -> bool:
    """Tell whether the event is gone: Google keeps deleted ones as cancelled."""
    return raw.get("status") == "cancelled"


# --- writing


def write(event: Event, before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the body that makes an event what it shall be.

    Args:
        event: what it shall be.
        before: the event to patch, with `FIELDS` at least; what others added to it (reminders, a colour) stays.

    Raises:
        InexpressibleError: an unknown zone, or reminders that Google does not have.
    """
    wanted, old = canonical(event), before or {}
    body: dict[str, Any] = {
        "summary": wanted.summary,
        "description": escaped(wanted.description),
        "location": wanted.location,
        "start": _moment(event.start, event.zone, old.get("start")),
        "end": _moment(event.end, event.zone, old.get("end")),
        "status": wanted.status.value.lower(),
        "transparency": "opaque" if wanted.opaque else "transparent",
        "visibility": "private" if wanted.private else "default",
        "reminders": _reminders(_minutes(wanted), old),
        "extendedProperties": {"private": _properties(wanted, old)},
    }
    if before is None or old.get("colorId") in {COLOUR, PROMISED}:
        body["colorId"] = _colour(wanted)
    return body


def _moment(moment: datetime, name: str, old: object) -> dict[str, Any]:
    try:
        zone = ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise InexpressibleError(f"{name!r} is no IANA time zone") from error
    written = {"dateTime": moment.astimezone(zone).replace(microsecond=0).isoformat(), "timeZone": zone.key}
    was_day = isinstance(old, dict) and "date" in old
    return {"date": None, **written} if was_day else written


def _colour(event: Event) -> str:
    """Return the colour: a reminder ahead of its start is what a promise alone has."""
    return PROMISED if any(each > timedelta() for each in event.reminders) else COLOUR


def _minutes(event: Event) -> tuple[int, ...]:
    minutes = tuple(dict.fromkeys(math.ceil(each.total_seconds() / 60) for each in event.reminders))
    if len(minutes) > _MOST_REMINDERS or not all(0 <= each <= _EARLIEST_REMINDER for each in minutes):
        raise InexpressibleError("Google has at most five reminders, up to four weeks before the start")
    return minutes


def _reminders(wanted: tuple[int, ...], old: Mapping[str, Any]) -> dict[str, Any]:
    """Return our reminders with those that the user added; defaults of the calendar stay where we want none."""
    known = old.get("reminders") or {}
    if known.get("useDefault") and not wanted:
        return {"useDefault": True}
    ours = [{"method": "popup", "minutes": each} for each in wanted]
    earlier = [{"method": "popup", "minutes": each} for each in _listed(_private(old), _REMINDERS)]
    users = [each for each in known.get("overrides") or () if each not in earlier and each not in ours]
    return {"useDefault": False, "overrides": (ours + users)[:_MOST_REMINDERS]}


def _properties(event: Event, old: Mapping[str, Any]) -> dict[str, Any]:
    if max(len(event.uid), len(event.key)) > _LONGEST_VALUE:
        raise InexpressibleError(f"a uid or key of more than {_LONGEST_VALUE} characters")
    found: dict[str, Any] = dict.fromkeys(name for name in _private(old) if name.startswith(_CATEGORIES))
    found |= {UID: event.uid, KEY: event.key, _REMINDERS: json.dumps(_minutes(event))}
    text = json.dumps(event.categories)
    for number, start in enumerate(range(0, len(text), _LONGEST_VALUE)):
        found[f"{_CATEGORIES}{number or ''}"] = text[start : start + _LONGEST_VALUE]
    return found


# --- reading


def read(raw: Mapping[str, Any], zone: ZoneInfo, uid: str | None = None) -> Event:
    """Read an event as it is now, whatever the user made of it.

    Args:
        raw: the resource, whole.
        zone: the user's, for all-day events and unknown zones.
        uid: what it is known to be; None where only the event itself says so.

    Raises:
        UnreadableError: it has no times.
    """
    start, end, _ = times(raw, zone)
    private, key = _private(raw), own_key(raw)
    name = _zone_name(raw, zone)
    shown = ZoneInfo(name)
    return Event(
        uid=uid or str(private[UID] if key else raw.get("iCalUID") or raw.get("id") or ""),
        key=key or "",
        start=start.astimezone(shown),
        end=end.astimezone(shown),
        zone=name,
        summary=clean(_text(raw, "summary")),
        description=clean(plain(_text(raw, "description")), lines=True),
        location=clean(_text(raw, "location")),
        opaque=raw.get("transparency") != "transparent",
        status=_status(raw),
        private=raw.get("visibility") in {"private", "confidential"},
        categories=tuple(map(str, _listed(private, _CATEGORIES))),
        reminders=_read_reminders(raw),
    )


def times(raw: Mapping[str, Any], zone: ZoneInfo) -> tuple[datetime, datetime, bool]:
    """Return start, end and whether it is an all-day event; dates begin at midnight in `zone`.

    Raises:
        UnreadableError: one of them is missing or no time.
    """
    start, all_day = _read_moment(raw.get("start"), zone)
    end, _ = _read_moment(raw.get("end"), zone)
    return start, max(start, end, key=datetime.timestamp), all_day


def _read_moment(written: object, zone: ZoneInfo) -> tuple[datetime, bool]:
    if not isinstance(written, dict):
        raise UnreadableError("an event without start or end")
    try:
        if written.get("dateTime"):
            moment = datetime.fromisoformat(str(written["dateTime"]))
            aware = moment if moment.tzinfo else moment.replace(tzinfo=_known_zone(written.get("timeZone")) or zone)
            return aware.astimezone(UTC), False
        return datetime.combine(date.fromisoformat(str(written.get("date"))), time(), zone), True
    except (ValueError, OverflowError) as error:
        raise UnreadableError(f"a time that is none ({clean(str(written))[:80]})") from error


def _zone_name(raw: Mapping[str, Any], zone: ZoneInfo) -> str:
    start = raw.get("start")
    known = _known_zone(start.get("timeZone")) if isinstance(start, dict) else None
    return (known or zone).key


def _known_zone(name: object) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if isinstance(name, str) and name else None
    except (KeyError, ValueError, OSError):
        return None


def _status(raw: Mapping[str, Any]) -> EventStatus:
    written = str(raw.get("status", "")).upper()
    return EventStatus(written) if written in set(EventStatus) else EventStatus.CONFIRMED


def _read_reminders(raw: Mapping[str, Any]) -> tuple[timedelta, ...]:
    """Return our reminders that still stand, in our order: Google keeps none."""
    overrides = (raw.get("reminders") or {}).get("overrides") or ()
    stand = [each.get("minutes") for each in overrides if isinstance(each, dict) and each.get("method") == "popup"]
    ours = [each for each in _listed(_private(raw), _REMINDERS) if isinstance(each, int)]
    return tuple(timedelta(minutes=each) for each in ours if each in stand)


def _private(raw: Mapping[str, Any]) -> dict[str, Any]:
    properties = raw.get("extendedProperties")
    found = properties.get("private") if isinstance(properties, dict) else None
    return found if isinstance(found, dict) else {}


def _listed(private: Mapping[str, Any], name: str) -> list[Any]:
    """Return a list that was written as JSON over one or more properties; [] where somebody damaged it."""
    parts, number = [], 0
    while isinstance(part := private.get(f"{name}{number or ''}"), str):
        parts.append(part)
        number += 1
    try:
        found = json.loads("".join(parts))
    except ValueError:
        return []
    return found if isinstance(found, list) else []


def _text(raw: Mapping[str, Any], name: str) -> str:
    value = raw.get(name)
    return value if isinstance(value, str) else ""


# --- comparing


def is_same(wanted: Event, raw: Mapping[str, Any], zone: ZoneInfo) -> bool:
    """Tell whether a stored event has the fields of `wanted`, Google's own way of writing aside."""
    try:
        found = read(raw, zone, wanted.uid)
    except UnreadableError:
        return False
    return own_key(raw) == wanted.key and _comparable(found) == _comparable(wanted) and _share_clock(found, wanted)


def _comparable(event: Event) -> Event:
    plainly = canonical(event)
    return msgspec.structs.replace(
        plainly,
        zone="",
        summary=plainly.summary.strip(),
        description=plain(escaped(plainly.description)).strip(),
        location=plainly.location.strip(),
        reminders=tuple(sorted(timedelta(minutes=each) for each in _minutes(plainly))),
    )


def _share_clock(one: Event, other: Event) -> bool:
    """Tell whether two zones show the event at the same time: Google may write another name of a zone."""
    zones = [_known_zone(each.zone) for each in (one, other)]
    moments = (one.start, one.end)
    clocks = [tuple(each.astimezone(zone).utcoffset() for each in moments) for zone in zones if zone is not None]
    return len(clocks) == len(zones) and clocks[0] == clocks[1]
