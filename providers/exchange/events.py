"""Events of ours as Exchange holds them, and back; which differences are only Exchange's way of writing."""

from __future__ import annotations

import hashlib
import math
import re
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from assistant.model.calendar import Event, EventStatus
from assistant.standards.ical import canonical, clean
from providers.exchange import zones
from providers.exchange.appointments import CUT, Appointment, Kept, Key, Uid
from providers.exchange.querying import stamp

if TYPE_CHECKING:
    from collections.abc import Iterable

    from providers.exchange.appointments import Held

_SEARCHABLE = re.compile(r"[!-~]{1,120}", re.ASCII)
_GLOBAL = re.compile(r"[\w.+-]{1,200}", re.ASCII)
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML can hold (XML 1.0, 2.2)."""
_UNLISTABLE = re.compile(r"[,;]")
"""Outlook shows and reads categories as one text, with these between them."""
_EARLIEST_REMINDER = 40320  # four weeks; Outlook takes two
_FREE, _TENTATIVE, _BUSY = "Free", "Tentative", "Busy"
_NO_TIME = {_FREE, "WorkingElsewhere"}
_PRIVATE = {"Private", "Confidential"}
_REMINDER = (Appointment.reminder_is_set.name, Appointment.reminder_minutes.name)
_ALWAYS = tuple(
    each.name
    for each in (
        *(Appointment.subject, Appointment.sensitivity, Appointment.body, Appointment.categories),
        *(Appointment.ringback_uid, Appointment.ringback_key, Appointment.ringback_fields),
        *(Appointment.start, Appointment.end, Appointment.is_all_day, Appointment.start_zone, Appointment.end_zone),
        *(Appointment.shown_as, Appointment.location),
    )
)
"""The fields of ours that a change writes; a reminder is written only where it is ours to write."""


class UnreadableError(ValueError):
    """An event without times that can be read."""


class InexpressibleError(ValueError):
    """An event that Exchange cannot hold."""


class Fields(msgspec.Struct, frozen=True, omit_defaults=True):
    """What Exchange has no place for, or would hold in another way; None where what it shows says it.

    It is short, for FindItem answers the first 255 characters of it. `reminders` are in seconds before the start.
    """

    zone: str | None = msgspec.field(default=None, name="z")
    categories: tuple[str, ...] = msgspec.field(default=(), name="c")
    reminders: tuple[int, ...] = msgspec.field(default=(), name="r")
    status: str | None = msgspec.field(default=None, name="s")
    summary: str | None = msgspec.field(default=None, name="t")
    location: str | None = msgspec.field(default=None, name="l")
    uid: str | None = msgspec.field(default=None, name="u")
    key: str | None = msgspec.field(default=None, name="k")


class Shown(NamedTuple):
    """What Exchange shows of an event."""

    subject: str
    location: str
    shown_as: str
    reminder: int | None
    zone: str


# --- whose it is


def search_uid(uid: str) -> str:
    """Return what an event with this uid is searched by: the uid, or a digest of one that no search could hold."""
    if _SEARCHABLE.fullmatch(uid) and not uid.startswith("#"):
        return uid
    return "#" + hashlib.blake2b(uid.encode("utf-8", "surrogatepass"), digest_size=24).hexdigest()


def own_uid(held: Held) -> str | None:
    """Return the uid of an event of ours, a copy of it included; None for anybody else's."""
    written = held.properties.get(Uid.property_name)
    uid = kept(held).uid or written
    return uid if uid and written == search_uid(uid) else None


def own_key(held: Held) -> str | None:
    """Return the key of an event of ours, a copy of it included; None for anybody else's."""
    uid = own_uid(held)
    key = kept(held).key or held.properties.get(Key.property_name)
    return key if uid and key and (uid == key or uid.startswith(f"{key}.")) else None


def genuine(items: Iterable[Held]) -> set[str]:
    """Return the ids of those that are ours and no copies: a copy that the user makes has all that we wrote on it.

    A copy has another iCalendar UID. Where the server gave one of its own, or had to, the oldest is ours.
    """
    by_uid: dict[str, list[Held]] = {}
    for each in items:
        uid = own_uid(each)
        if uid is not None:
            by_uid.setdefault(uid, []).append(each)
    found: set[str] = set()
    for uid, group in by_uid.items():
        oldest = min(each.created for each in group)
        sure = [each.id for each in group if each.uid == uid]
        found.update(sure or [each.id for each in group if each.created == oldest])
    return found


def is_sure(held: Held) -> bool:
    """Tell whether an event of ours is known to be no copy without looking at any other."""
    return held.uid is not None and held.uid == own_uid(held)


def is_cut(held: Held) -> bool:
    """Tell whether a text of ours may be cut off, as FindItem does."""
    return any(len(each) >= CUT for each in held.properties.values())


def kept(held: Held) -> Fields:
    """Return what was kept beside the event; nothing where somebody damaged it."""
    try:
        return msgspec.json.decode(held.properties.get(Kept.property_name, "{}"), type=Fields)
    except msgspec.DecodeError:
        return Fields()


# --- writing


def write(event: Event, before: Held | None = None) -> tuple[Appointment, tuple[str, ...]]:
    """Return what makes an event what it shall be, and the fields of it that are to be written.

    Args:
        event: what it shall be.
        before: the event to change; what others added to it (a reminder, categories) stays.

    Raises:
        InexpressibleError: an unknown zone, a cancelled event, or a reminder that Exchange does not have.
    """
    wanted = canonical(event)
    shown = _shown(wanted)
    made = Appointment(
        subject=shown.subject,
        sensitivity="Private" if wanted.private else "Normal",
        body=_legal(wanted.description).replace("\n", "\r\n"),
        categories=_categories(wanted, before),
        reminder_is_set=shown.reminder is not None,
        reminder_minutes=shown.reminder or 0,
        ringback_uid=search_uid(wanted.uid),
        ringback_key=wanted.key if _SEARCHABLE.fullmatch(wanted.key) else "#",
        ringback_fields=msgspec.json.encode(_fields(wanted, shown)).decode(),
        start=stamp(wanted.start),
        end=stamp(wanted.end),
        is_all_day=False,
        shown_as=shown.shown_as,
        location=shown.location,
        start_zone=shown.zone,
        end_zone=shown.zone,
    )
    if before is None:
        made.uid = wanted.uid if _GLOBAL.fullmatch(wanted.uid) else None
        return made, ()
    made._id = made.ID_ELEMENT_CLS(before.id, before.change)  # noqa: SLF001  how the library names an item
    return made, (*_ALWAYS, *(_REMINDER if shown.reminder is not None or _is_ours(before) else ()))


def _shown(event: Event) -> Shown:
    if event.status is EventStatus.CANCELLED:
        raise InexpressibleError("Exchange lets nobody write a cancelled event")
    if zones.known(event.zone) is None:
        raise InexpressibleError(f"{event.zone!r} is no IANA time zone")
    busy = _TENTATIVE if event.status is EventStatus.TENTATIVE else _BUSY
    return Shown(
        subject=_short(event.summary),
        location=_short(event.location),
        shown_as=busy if event.opaque else _FREE,
        reminder=_minutes(tuple(int(each.total_seconds()) for each in event.reminders)),
        zone=zones.windows(event.zone),
    )


def _fields(event: Event, shown: Shown) -> Fields:
    """Return what the event has and its shown form does not tell."""
    tentative = event.status is EventStatus.TENTATIVE and not event.opaque
    return Fields(
        zone=event.zone if zones.iana(shown.zone) != event.zone else None,
        categories=event.categories,
        reminders=tuple(int(each.total_seconds()) for each in event.reminders),
        status=event.status.value if tentative else None,
        summary=event.summary if shown.subject != event.summary else None,
        location=event.location if shown.location != event.location else None,
        uid=event.uid if search_uid(event.uid) != event.uid else None,
        key=None if _SEARCHABLE.fullmatch(event.key) else event.key,
    )


def _minutes(seconds: tuple[int, ...]) -> int | None:
    """Return when the one reminder that Exchange has comes: the first of those wanted."""
    found = max((math.ceil(each / 60) for each in seconds), default=None)
    if found is not None and not 0 <= found <= _EARLIEST_REMINDER:
        raise InexpressibleError("Exchange has no reminder after the start, and none four weeks ahead")
    return found


def _is_ours(before: Held) -> bool:
    """Tell whether a reminder is what we wrote, or there is none."""
    try:
        return before.reminder in {None, _minutes(kept(before).reminders)}
    except InexpressibleError:
        return False


def _categories(event: Event, before: Held | None) -> list[str]:
    """Return our categories with those that the user added; Exchange knows no two that differ in case alone."""
    ours = [_listable(each) for each in event.categories]
    earlier = {_listable(each).casefold() for each in kept(before).categories} if before is not None else set()
    users = [each for each in before.categories if each.casefold() not in earlier] if before is not None else []
    return list({each.casefold(): each for each in reversed([*ours, *users]) if each}.values())[::-1]


def _listable(category: str) -> str:
    return _short(" ".join(_UNLISTABLE.sub(" ", category).split()))


def _legal(text: str) -> str:
    return _ILLEGAL.sub("", text)


def _short(text: str) -> str:
    """Return text of at most 255 units of UTF-16, which is how Exchange counts."""
    legal = _legal(text)[:CUT]
    while len(legal.encode("utf-16-le")) > 2 * CUT:
        legal = legal[:-1]
    return legal


# --- reading


def read(held: Held, zone: ZoneInfo, uid: str | None = None) -> Event:
    """Read an event as it is now, whatever the user made of it.

    Args:
        held: the item, whole.
        zone: the user's, for whole days and unknown zones.
        uid: what it is known to be; None where only the event itself says so.

    Raises:
        UnreadableError: it has no times.
    """
    start, end, _ = times(held, zone)
    stored, key = kept(held), own_key(held)
    name = _zone_name(held, stored, zone)
    opaque = held.shown_as not in _NO_TIME
    return Event(
        uid=uid or (key and own_uid(held)) or held.uid or held.id,
        key=key or "",
        start=start.astimezone(ZoneInfo(name)),
        end=end.astimezone(ZoneInfo(name)),
        zone=name,
        summary=_unless_edited(held.subject, stored.summary),
        description=clean(_plain(held.body or ""), lines=True),
        location=_unless_edited(held.location, stored.location),
        opaque=opaque,
        status=_status(held, stored, opaque=opaque),
        private=held.sensitivity in _PRIVATE,
        categories=_stand(held, stored),
        reminders=_reminders(held, stored),
    )


def times(held: Held, zone: ZoneInfo) -> tuple[datetime, datetime, bool]:
    """Return start, end and whether it takes whole days; those begin at midnight in `zone`.

    Raises:
        UnreadableError: one of them is missing or no time.
    """
    if held.start is None or held.end is None:
        raise UnreadableError("an event without start or end")
    if not held.is_all_day:
        return held.start, max(held.start, held.end), False
    first, last = (zones.day(each, held.zone, zone) for each in (held.start, held.end))
    return _midnight(first, zone), _midnight(max(last, first + timedelta(days=1)), zone), True


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _zone_name(held: Held, stored: Fields, zone: ZoneInfo) -> str:
    """Return the IANA zone: ours as long as the item is in what Windows calls it."""
    if stored.zone and held.zone == zones.windows(stored.zone) and zones.known(stored.zone):
        return stored.zone
    return zones.iana(held.zone) or zone.key


def _unless_edited(text: str | None, stored: str | None) -> str:
    """Return what we wrote as long as what is shown is the short form of it."""
    shown = clean(text or "")
    return stored if stored is not None and clean(_short(stored)) == shown else shown


def _plain(body: str) -> str:
    """Return a body without the white space that Exchange and Outlook add at its end."""
    return body.replace("\r\n", "\n").rstrip()


def _status(held: Held, stored: Fields, *, opaque: bool) -> EventStatus:
    if held.is_cancelled:
        return EventStatus.CANCELLED
    tentative = held.shown_as == _TENTATIVE or (not opaque and stored.status == EventStatus.TENTATIVE.value)
    return EventStatus.TENTATIVE if tentative else EventStatus.CONFIRMED


def _stand(held: Held, stored: Fields) -> tuple[str, ...]:
    """Return our categories that still stand, in our order; the user's are not ours to tell."""
    shown = {each.casefold() for each in held.categories}
    return tuple(each for each in stored.categories if _listable(each).casefold() in shown)


def _reminders(held: Held, stored: Fields) -> tuple[timedelta, ...]:
    """Return our reminders as long as the one that Exchange has for them still stands."""
    try:
        stands = held.reminder is not None and held.reminder == _minutes(stored.reminders)
    except InexpressibleError:
        return ()
    return tuple(timedelta(seconds=each) for each in stored.reminders) if stands else ()


# --- comparing


def is_same(wanted: Event, held: Held, zone: ZoneInfo) -> bool:
    """Tell whether a stored event has the fields of `wanted`, Exchange's own way of writing aside."""
    try:
        found = read(held, zone, wanted.uid)
    except UnreadableError:
        return False
    return own_key(held) == wanted.key and _comparable(found) == _comparable(wanted) and _share_clock(found, wanted)


def _comparable(event: Event) -> Event:
    plainly = canonical(event)
    return msgspec.structs.replace(
        plainly,
        zone="",
        summary=plainly.summary.strip(),
        description=_plain(_legal(plainly.description)).strip(),
        location=plainly.location.strip(),
    )


def _share_clock(one: Event, other: Event) -> bool:
    """Tell whether two zones show the event at the same time: Windows has one name for several of them."""
    found = [zones.known(each.zone) for each in (one, other)]
    moments = (one.start.astimezone(UTC), one.end.astimezone(UTC))
    clocks = [tuple(each.astimezone(zone).utcoffset() for each in moments) for zone in found if zone is not None]
    return len(clocks) == len(found) and clocks[0] == clocks[1]
