"""Events of ours as iCalendar (RFC 5545) and back; the library escapes, folds and parses.

What others put on an event (alarms, attachments, properties unknown to us) survives a rewrite.
"""

from __future__ import annotations

import unicodedata
import warnings
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import icalendar
import msgspec
from icalendar.error import GloballyUniqueTZIDGuessed
from icalendar.timezone import tzp

from assistant.model.calendar import Event, EventStatus
from assistant.standards import vtimezone

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

KEY = "X-RINGBACK-KEY"
_ZONE = "X-RINGBACK-ZONE"
_PRODID = "-//Ringback//Ringback//EN"

# What the library raises on files that a fuzzer or a broken exporter made.
PARSE_ERRORS = (
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
    OverflowError,
    RecursionError,
    OSError,  # a TZID that is the name of a folder of zones
)


class ICalendarError(ValueError):
    """The text is not iCalendar, or holds no event that can be read."""


def parse(raw: bytes) -> icalendar.Calendar:
    """Parse a file; several VCALENDARs in it become one.

    A zone that only the file itself defines (VTIMEZONE) is known within this file alone.

    Raises:
        ICalendarError: it is no calendar at all. Single broken properties are left for `faults` to name.
    """
    # The library remembers custom zones of earlier files by name; two files may use one name for two zones.
    tzp.use_zoneinfo()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GloballyUniqueTZIDGuessed)
        try:
            found = icalendar.Calendar.from_ical(raw.removeprefix(b"\xef\xbb\xbf"), multiple=True)
        except PARSE_ERRORS as error:
            raise ICalendarError(f"not iCalendar: {clean(str(error))[:200]}") from error
    calendars = [one for one in found if one.name == "VCALENDAR"]
    if not calendars:
        raise ICalendarError("no VCALENDAR in it")
    first, *others = calendars
    for other in others:
        first.subcomponents.extend(other.subcomponents)
    return first


def text(component: icalendar.Component, name: str) -> str:
    """Return a text property, the first if there are several, "" if there is none."""
    value = component.get(name)
    if isinstance(value, list):
        value = value[0] if value else None
    return "" if value is None else str(value)


def times(component: icalendar.Component, zone: ZoneInfo) -> tuple[datetime, datetime, bool]:
    """Return start, end and whether it is an all-day event.

    Floating times and dates count in `zone`. Without DTEND and DURATION a date lasts one day, a time no time
    (RFC 5545 3.6.1). A DURATION's days are nominal, its hours exact (RFC 5545 3.3.6).

    Raises:
        ICalendarError: there is no start that can be read.
    """
    first = moment(component, "DTSTART")
    if first is None:
        raise ICalendarError("an event without a readable DTSTART")
    all_day = not isinstance(first, datetime)
    start = aware(first, zone)
    last = moment(component, "DTEND")
    length = _value(component, "DURATION")
    if last is not None:
        end = aware(last, zone)
    elif isinstance(length, timedelta):
        end = after(start, length)
    else:
        end = start
    if all_day and end <= start:
        end = aware(first + timedelta(days=1), zone)
    return start, max(start, end, key=datetime.timestamp), all_day


def after(start: datetime, length: timedelta) -> datetime:
    """Add a DURATION: days by the wall clock, the rest by elapsed time (RFC 5545 3.3.6)."""
    nominal = start + timedelta(days=length.days)
    return (nominal.astimezone(UTC) + timedelta(seconds=length.seconds)).astimezone(start.tzinfo)


def aware(written: date, zone: ZoneInfo) -> datetime:
    """Return a date as its midnight in `zone`, a floating time in `zone`, any other time as it is."""
    if not isinstance(written, datetime):
        return datetime.combine(written, time(), zone)
    return written.replace(tzinfo=zone) if written.tzinfo is None else written


def moment(component: icalendar.Component, name: str) -> date | None:
    """Return the value of a date or time property as written (floating is naive), None when it is absent or broken."""
    found = _value(component, name)
    return found if isinstance(found, date) else None


def _value(component: icalendar.Component, name: str) -> object:
    """Return the date, time or length of a property, None when it is absent or broken."""
    value = component.get(name)
    if isinstance(value, list):
        value = value[0] if value else None
    return None if isinstance(value, icalendar.vBroken) else getattr(value, "dt", None)


def clean(value: str, *, lines: bool = False) -> str:
    """Return text that every reader takes for one value: no control characters, LF as the only line end.

    Args:
        value: anything, possibly hostile.
        lines: True keeps line breaks, False makes them spaces.
    """
    whole = value.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    kept = "".join(each for each in whole if each in "\n\t" or unicodedata.category(each) not in {"Cc", "Cs"})
    return kept if lines else " ".join(kept.replace("\t", " ").split("\n")).strip()


def canonical(event: Event) -> Event:
    """Return the event as a calendar can hold it: whole seconds in UTC, cleaned text.

    Two events have the same fields exactly when their canonical forms are equal.
    """
    return msgspec.structs.replace(
        event,
        start=event.start.astimezone(UTC).replace(microsecond=0),
        end=event.end.astimezone(UTC).replace(microsecond=0),
        summary=clean(event.summary),
        description=clean(event.description, lines=True),
        location=clean(event.location),
        categories=tuple(filter(None, map(clean, event.categories))),
        reminders=tuple(timedelta(seconds=int(each.total_seconds())) for each in event.reminders),
    )


def own_key(component: icalendar.Component) -> str | None:
    """Return the key of an event of ours, None for anybody else's, copies of ours with another uid included."""
    key, uid = text(component, KEY), text(component, "UID")
    return key if key and (uid == key or uid.startswith(key + ".")) else None


def find_event(calendar: icalendar.Calendar, uid: str | None = None) -> icalendar.Component | None:
    """Return the event with this uid (with None: the first of ours), overrides of single occurrences aside."""
    for component in calendar.walk("VEVENT"):
        wanted = own_key(component) is not None if uid is None else text(component, "UID") == uid
        if wanted and "RECURRENCE-ID" not in component:
            return component
    return None


def read_event(component: icalendar.Component, zone: ZoneInfo) -> Event:
    """Read an event as it is now, whatever the user made of it.

    Args:
        component: the VEVENT.
        zone: the user's, for floating and all-day times and for zones without an IANA name.

    Raises:
        ICalendarError: it has no start or no uid.
    """
    uid = text(component, "UID")
    if not uid:
        raise ICalendarError("an event without UID")
    start, end, _ = times(component, zone)
    name = _zone_name(component, start, zone)
    return Event(
        uid=uid,
        key=own_key(component) or "",
        start=start.astimezone(ZoneInfo(name)),
        end=end.astimezone(ZoneInfo(name)),
        zone=name,
        summary=clean(text(component, "SUMMARY")),
        description=clean(text(component, "DESCRIPTION"), lines=True),
        location=clean(text(component, "LOCATION")),
        opaque=text(component, "TRANSP").upper() != "TRANSPARENT",
        status=_status(component),
        private=text(component, "CLASS").upper() in {"PRIVATE", "CONFIDENTIAL"},
        categories=tuple(_categories(component)),
        reminders=tuple(_reminders(component)),
    )


def _zone_name(component: icalendar.Component, start: datetime, zone: ZoneInfo) -> str:
    name = getattr(start.tzinfo, "key", None)
    if name is None:
        return zone.key
    written = text(component, _ZONE)
    return written if name == "UTC" and written in _known_zones(written) else str(name)


def _known_zones(name: str) -> tuple[str, ...]:
    """Return the name alone if it is an IANA zone, else nothing."""
    try:
        return (ZoneInfo(name).key,)
    except (KeyError, ValueError, OSError):
        return ()


def _status(component: icalendar.Component) -> EventStatus:
    written = text(component, "STATUS").upper()
    return EventStatus(written) if written in set(EventStatus) else EventStatus.CONFIRMED


def _categories(component: icalendar.Component) -> Iterator[str]:
    value = component.get("CATEGORIES", [])
    for group in value if isinstance(value, list) else [value]:
        yield from (str(each) for each in (group.cats if isinstance(group, icalendar.vCategory) else [group]))


def _reminders(component: icalendar.Component) -> Iterator[timedelta]:
    for alarm in component.walk("VALARM"):
        before = _value(alarm, "TRIGGER")
        if KEY in alarm and isinstance(before, timedelta):
            yield -before


def write_event(event: Event, now: datetime, previous: bytes | None = None) -> bytes:
    """Write the event as a file of its own; everything others put into `previous` stays.

    SEQUENCE grows when the time changes (RFC 5545 3.8.7.4). No ATTENDEE and no ORGANIZER is ever added.

    Raises:
        ICalendarError: `previous` cannot be read or does not hold the event, or the zone has no IANA name.
    """
    calendar, component = _open(event, previous)
    wanted = canonical(event)
    if previous is None:
        component.add("CREATED", now.astimezone(UTC))
        sequence = 0
    else:
        sequence = _sequence(component) + (not _same_time(component, wanted))
    _put(component, "SEQUENCE", sequence)
    _put(component, "DTSTAMP", now.astimezone(UTC))
    _put(component, "LAST-MODIFIED", now.astimezone(UTC))
    _write_times(component, event)
    _write_texts(component, wanted)
    _write_alarms(component, wanted)
    _write_zones(calendar)
    return bytes(calendar.to_ical())


def _open(event: Event, previous: bytes | None) -> tuple[icalendar.Calendar, icalendar.Component]:
    if previous is not None:
        calendar = parse(previous)
        found = find_event(calendar, event.uid)
        if found is None:
            raise ICalendarError(f"no event {event.uid} in it")
        return calendar, found
    calendar, component = icalendar.Calendar(), icalendar.Event()
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", _PRODID)
    calendar.add_component(component)
    component.add("UID", event.uid)
    return calendar, component


def _put(component: icalendar.Component, name: str, value: object) -> None:
    """Set one property; None and "" remove it."""
    component.pop(name, None)
    if value not in {None, ""}:
        component.add(name, value)


def _sequence(component: icalendar.Component) -> int:
    try:
        return int(component.get("SEQUENCE", 0))
    except (TypeError, ValueError):
        return 0


def _same_time(component: icalendar.Component, wanted: Event) -> bool:
    try:
        start, end, _ = times(component, ZoneInfo("UTC"))
    except ICalendarError:
        return False
    return (start.timestamp(), end.timestamp()) == (wanted.start.timestamp(), wanted.end.timestamp())


def _write_times(component: icalendar.Component, event: Event) -> None:
    try:
        zone = ZoneInfo(event.zone)
    except (KeyError, ValueError, OSError) as error:
        raise ICalendarError(f"{event.zone!r} is no IANA time zone") from error
    start = event.start.astimezone(zone).replace(microsecond=0)
    end = event.end.astimezone(zone).replace(microsecond=0)
    # The second 02:30 of an autumn night cannot be said with a TZID (RFC 5545 3.3.5), only in UTC.
    folded = bool(start.fold or end.fold)
    component.pop("DURATION", None)
    _put(component, "DTSTART", start.astimezone(UTC) if folded else start)
    _put(component, "DTEND", end.astimezone(UTC) if folded else end)
    _put(component, _ZONE, zone.key if folded else None)


def _write_texts(component: icalendar.Component, wanted: Event) -> None:
    _put(component, "SUMMARY", wanted.summary)
    _put(component, "DESCRIPTION", wanted.description)
    _put(component, "LOCATION", wanted.location)
    _put(component, "TRANSP", "OPAQUE" if wanted.opaque else "TRANSPARENT")
    _put(component, "STATUS", wanted.status.value)
    _put(component, "CLASS", "PRIVATE" if wanted.private else "PUBLIC")
    component.pop("CATEGORIES", None)
    if wanted.categories:
        component.add("CATEGORIES", list(wanted.categories))
    _put(component, KEY, wanted.key)


def _write_alarms(component: icalendar.Component, wanted: Event) -> None:
    """Replace the alarms of ours, known by our key in them; the user's stay."""
    component.subcomponents[:] = [each for each in component.subcomponents if each.name != "VALARM" or KEY not in each]
    for before in wanted.reminders:
        alarm = icalendar.Alarm()
        alarm.add("ACTION", "DISPLAY")
        alarm.add("DESCRIPTION", wanted.summary or "Ringback")
        alarm.add("TRIGGER", -before)
        alarm.add(KEY, wanted.key)
        component.add_component(alarm)


def _write_zones(calendar: icalendar.Calendar) -> None:
    """Give every IANA zone in use a VTIMEZONE that covers the events; zones defined by the file itself stay."""
    years = [each.year for each in _moments(calendar)]
    used = calendar.get_used_tzids() - {"UTC"}
    for name in sorted(used):
        if not _known_zones(name):
            continue
        calendar.subcomponents[:] = [
            each for each in calendar.subcomponents if each.name != "VTIMEZONE" or text(each, "TZID") != name
        ]
        zone = vtimezone.describe(ZoneInfo(name), min(years) - 1, max(years) + 2)
        calendar.subcomponents.insert(0, zone)


def _moments(calendar: icalendar.Calendar) -> Iterable[date]:
    for component in calendar.walk("VEVENT"):
        yield from (each for name in ("DTSTART", "DTEND") if (each := moment(component, name)) is not None)
