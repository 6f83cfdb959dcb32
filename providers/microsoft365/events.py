"""Events of ours as Microsoft 365 holds them, and back; which differences are only its way of writing."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

from assistant.model.calendar import Event, EventStatus
from assistant.standards.ical import canonical, clean
from providers import _outlook
from providers._outlook import KEPT, KEY, UID, Fields, InexpressibleError
from providers.microsoft365 import zones
from providers.microsoft365.appointments import property_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from providers.microsoft365.appointments import Held

_FREE, _TENTATIVE, _BUSY = "free", "tentative", "busy"
_NO_TIME = {_FREE, "workingElsewhere"}
_PRIVATE = {"private", "confidential"}


class UnreadableError(ValueError):
    """An event without times that can be read."""


# --- whose it is


def own_uid(held: Held) -> str | None:
    """Return the uid of an event of ours, a copy of it included; None for anybody else's."""
    return _outlook.own_uid(held.properties)


def own_key(held: Held) -> str | None:
    """Return the key of an event of ours, a copy of it included; None for anybody else's."""
    return _outlook.own_key(held.properties)


def genuine(items: Iterable[Held]) -> dict[str, Held]:
    """Return of each uid the event that is ours: the oldest, for a copy has all that we wrote on it."""
    found: dict[str, Held] = {}
    for each in sorted(items, key=lambda one: (one.created, one.id)):
        uid = own_uid(each)
        if uid is not None:
            found.setdefault(uid, each)
    return found


# --- writing


def write(event: Event, before: Held | None = None) -> dict[str, Any]:
    """Return the body that makes an event what it shall be; it invites nobody.

    Args:
        event: what it shall be.
        before: the event to change; what others added to it (a reminder, categories) stays.

    Raises:
        InexpressibleError: an unknown zone, a cancelled event, or a reminder that Outlook does not have.
    """
    wanted = canonical(event)
    if wanted.status is EventStatus.CANCELLED:
        raise InexpressibleError("Microsoft 365 lets nobody write a cancelled event")
    if zones.known(wanted.zone) is None:
        raise InexpressibleError(f"{wanted.zone!r} is no IANA time zone")
    reminder = _outlook.minutes(int(each.total_seconds()) for each in wanted.reminders)
    stored = Fields() if before is None else _outlook.kept(before.properties)
    shown_zone = _shown_zone(wanted)
    body: dict[str, Any] = {
        "subject": _outlook.short(wanted.summary),
        "body": {"contentType": "text", "content": _outlook.legal(wanted.description).replace("\n", "\r\n")},
        "location": {"displayName": _outlook.short(wanted.location)},
        "start": _moment(wanted.start, wanted.zone, shown_zone),
        "end": _moment(wanted.end, wanted.zone, shown_zone),
        "isAllDay": False,
        "showAs": (_TENTATIVE if wanted.status is EventStatus.TENTATIVE else _BUSY) if wanted.opaque else _FREE,
        "sensitivity": "private" if wanted.private else "normal",
        "categories": _outlook.listed(wanted.categories, () if before is None else before.categories, stored),
        "singleValueExtendedProperties": [
            {"id": property_id(name), "value": value} for name, value in properties(event).items()
        ],
    }
    ours = before is None or before.reminder is None or _outlook.stands(before.reminder, stored)
    if reminder is not None or ours:
        body |= {"isReminderOn": reminder is not None, "reminderMinutesBeforeStart": reminder or 0}
    return body


def properties(event: Event) -> dict[str, str]:
    """Return what is kept in properties of ours: whose the event is, and what its shown form does not tell."""
    wanted = canonical(event)
    uid, key = _outlook.search_uid(wanted.uid), _outlook.search_key(wanted.key)
    tentative = wanted.status is EventStatus.TENTATIVE and not wanted.opaque
    fields = Fields(
        zone=wanted.zone if zones.iana(_shown_zone(wanted)) != wanted.zone else None,
        categories=wanted.categories,
        reminders=tuple(int(each.total_seconds()) for each in wanted.reminders),
        status=wanted.status.value if tentative else None,
        summary=wanted.summary if _outlook.short(wanted.summary) != wanted.summary else None,
        location=wanted.location if _outlook.short(wanted.location) != wanted.location else None,
        uid=wanted.uid if uid != wanted.uid else None,
        key=wanted.key if key != wanted.key else None,
    )
    return {UID: uid, KEY: key, KEPT: msgspec.json.encode(fields).decode()}


def _shown_zone(wanted: Event) -> str:
    """Return the zone to write the times in: UTC in the hour that comes twice in autumn, and where there is no name."""
    shown = zones.windows(wanted.zone)
    there, here = zones.known(zones.iana(shown) or ""), zones.known(wanted.zone)
    for moment in (wanted.start, wanted.end):
        if there is None or moment.astimezone(here).replace(tzinfo=there, fold=0).astimezone(UTC) != moment:
            return zones.UNNAMED
    return shown


def _moment(moment: datetime, name: str, shown: str) -> dict[str, str]:
    local = moment.astimezone(UTC if shown == zones.UNNAMED else ZoneInfo(name))
    return {"dateTime": local.replace(tzinfo=None).isoformat(), "timeZone": shown}


# --- reading


def read(held: Held, zone: ZoneInfo, uid: str | None = None) -> Event:
    """Read an event as it is now, whatever the user made of it.

    Args:
        held: the event, whole.
        zone: the user's, for whole days and unknown zones.
        uid: what it is known to be; None where only the event itself says so.

    Raises:
        UnreadableError: it has no times.
    """
    start, end, _ = times(held, zone)
    stored, key = _outlook.kept(held.properties), own_key(held)
    name = _zone_name(held, stored, zone)
    opaque = held.shown_as not in _NO_TIME
    reminders = stored.reminders if held.reminder is not None and _outlook.stands(held.reminder, stored) else ()
    return Event(
        uid=uid or (key and own_uid(held)) or held.id,
        key=key or "",
        start=start.astimezone(ZoneInfo(name)),
        end=end.astimezone(ZoneInfo(name)),
        zone=name,
        summary=_outlook.unless_edited(held.subject, stored.summary),
        description=clean(_plain(held.body or ""), lines=True),
        location=_outlook.unless_edited(held.location, stored.location),
        opaque=opaque,
        status=_status(held, stored, opaque=opaque),
        private=held.sensitivity in _PRIVATE,
        categories=_outlook.standing(held.categories, stored),
        reminders=tuple(timedelta(seconds=each) for each in reminders),
    )


def times(held: Held, zone: ZoneInfo) -> tuple[datetime, datetime, bool]:
    """Return start, end and whether it takes whole days; those begin at midnight in `zone`.

    Raises:
        UnreadableError: one of them is missing or no time.
    """
    if held.is_all_day and held.days is not None:
        first, last = held.days
        last = max(last, first + timedelta(days=1))
        return datetime.combine(first, time(), zone), datetime.combine(last, time(), zone), True
    if held.is_all_day or held.start is None or held.end is None:
        raise UnreadableError("an event without start or end")
    return held.start, max(held.start, held.end), False


def _zone_name(held: Held, stored: Fields, zone: ZoneInfo) -> str:
    """Return the IANA zone: ours as long as the event is in what Windows calls it."""
    if stored.zone and held.zone in {zones.windows(stored.zone), zones.UNNAMED} and zones.known(stored.zone):
        return stored.zone
    return zones.iana(held.zone) or zone.key


def _plain(body: str) -> str:
    """Return a body without the white space that Outlook adds at the ends of lines and at its own."""
    return "\n".join(each.rstrip() for each in body.replace("\r\n", "\n").split("\n")).rstrip()


def _status(held: Held, stored: Fields, *, opaque: bool) -> EventStatus:
    if held.is_cancelled:
        return EventStatus.CANCELLED
    tentative = held.shown_as == _TENTATIVE or (not opaque and stored.status == EventStatus.TENTATIVE.value)
    return EventStatus.TENTATIVE if tentative else EventStatus.CONFIRMED


# --- comparing


def is_same(wanted: Event, held: Held, zone: ZoneInfo) -> bool:
    """Tell whether a stored event has the fields of `wanted`, Outlook's own way of writing aside."""
    try:
        found = read(held, zone, wanted.uid)
    except UnreadableError:
        return False
    same = own_key(held) == wanted.key and _comparable(found) == _comparable(wanted)
    return same and _outlook.share_clock(found, wanted, (zones.known(found.zone), zones.known(wanted.zone)))


def _comparable(event: Event) -> Event:
    plainly = canonical(event)
    return msgspec.structs.replace(
        plainly,
        zone="",
        summary=plainly.summary.strip(),
        description=_plain(_outlook.legal(plainly.description)).strip(),
        location=plainly.location.strip(),
    )
