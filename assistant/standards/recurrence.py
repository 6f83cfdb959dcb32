"""Calendar files to agenda entries: recurrences expanded, every time aware."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, NamedTuple

import icalendar
import recurring_ical_events

from assistant.model.calendar import Entry, FbType
from assistant.standards.ical import PARSE_ERRORS, ICalendarError, clean, moment, own_key, text, times

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from zoneinfo import ZoneInfo

_RULES = ("RRULE", "RDATE", "EXDATE")
_ONCE = ("DTSTART", "DTEND", "DURATION", "RECURRENCE-ID")
_TIMING = ("DTSTART", "DTEND", "DURATION", *_RULES, "RECURRENCE-ID")
# A rule this dense is an accident or an attack; expanding it would hang a pass.
_TOO_DENSE = {"SECONDLY", "MINUTELY"}
_BUSY_STATUS = {
    "FREE": FbType.FREE,
    "WORKINGELSEWHERE": FbType.FREE,
    "TENTATIVE": FbType.BUSY_TENTATIVE,
    "OOF": FbType.BUSY_UNAVAILABLE,
}


class Series(NamedTuple):
    """One event with its recurrences and overrides, ready to be expanded."""

    uid: str
    events: tuple[icalendar.Component, ...]
    recurs: bool


def split(calendar: icalendar.Calendar, zone: ZoneInfo) -> tuple[tuple[Series, ...], tuple[str, ...]]:
    """Return the series of a file, floating times set to `zone`, and one line for each event that is damaged.

    A damaged event counts as far as it can be read: without its rule it happens once, without its end it has no length.
    """
    groups: dict[str, list[icalendar.Component]] = {}
    faults: list[str] = []
    for number, event in enumerate(calendar.walk("VEVENT")):
        uid = text(event, "UID") or f"#{number}"
        broken = _repair(event)
        if broken:
            faults.append(f"event {clean(uid)!r}: {', '.join(broken)} cannot be read")
        if "DTSTART" not in event:
            continue
        unknown = _localise(event, zone)
        if unknown:
            faults.append(f"event {clean(uid)!r}: time zone {clean(unknown)!r} is unknown and read as {zone.key}")
        groups.setdefault(uid, []).append(event)
    return tuple(_series(uid, events) for uid, events in groups.items()), tuple(faults)


def _series(uid: str, events: list[icalendar.Component]) -> Series:
    recurs = len(events) > 1 or any(name in events[0] for name in (*_RULES, "RECURRENCE-ID"))
    return Series(uid, tuple(events), recurs)


def _repair(event: icalendar.Component) -> list[str]:
    """Remove timing properties that cannot be used, and the second of those that stand twice; return their names."""
    doubled = []
    for name in _ONCE:
        value = event.get(name)
        if isinstance(value, list):
            event[name] = value[0]
            doubled.append(name)
    named = {name for name, _ in event.errors if name}
    bad = [name for name in _TIMING if name in named or (name == "RRULE" and not _expandable(event))]
    for name in bad:
        event.pop(name, None)
    missing = [] if "DTSTART" in event or "DTSTART" in bad else ["DTSTART"]
    return list(dict.fromkeys([*doubled, *bad, *missing]))


def _rules(event: icalendar.Component) -> list[icalendar.vRecur]:
    found = event.get("RRULE", [])
    return found if isinstance(found, list) else [found]


def _expandable(event: icalendar.Component) -> bool:
    """Tell whether each rule says how often, and not too often."""
    named = [{str(freq).upper() for freq in rule.get("FREQ", [])} for rule in _rules(event)]
    return all(each and not each & _TOO_DENSE for each in named)


def _localise_until(event: icalendar.Component) -> None:
    """Read an UNTIL that is a date or floats, as some programs write it, in the zone of the start, the day included."""
    start = moment(event, "DTSTART")
    if not isinstance(start, datetime):
        return
    for rule in _rules(event):
        for number, until in enumerate(rule.get("UNTIL", [])):
            if not isinstance(until, datetime):
                rule["UNTIL"][number] = datetime.combine(until, time(23, 59, 59), start.tzinfo).astimezone(UTC)
            elif until.tzinfo is None:
                rule["UNTIL"][number] = until.replace(tzinfo=start.tzinfo).astimezone(UTC)


def _localise(event: icalendar.Component, zone: ZoneInfo) -> str:
    """Set floating times to the user's zone, so that all times compare; return the name of a zone nobody knows."""
    unknown = ""
    for name in ("DTSTART", "DTEND", "RECURRENCE-ID"):
        written = moment(event, name)
        if isinstance(written, datetime) and written.tzinfo is None:
            value = event.get(name)
            value.dt = written.replace(tzinfo=zone)
            unknown = str(value.params.get("TZID", unknown))
    _localise_until(event)
    for name in ("EXDATE", "RDATE"):
        lists = event.get(name, [])
        for each in lists if isinstance(lists, list) else [lists]:
            for value in each.dts:
                if isinstance(value.dt, datetime) and value.dt.tzinfo is None:
                    value.dt = value.dt.replace(tzinfo=zone)
    return unknown


def entries(series: Series, start: datetime, end: datetime, zone: ZoneInfo, *, ours: bool) -> list[Entry]:
    """Return the occurrences that overlap [start, end); cancelled ones are left out.

    Args:
        series: from `split`.
        start: aware; inclusive.
        end: aware; exclusive. An occurrence of no length counts where it begins.
        zone: the user's; all-day entries run from midnight to midnight there.
        ours: whether a key on the event is to be believed (only in the calendar that we write to).

    Raises:
        ICalendarError: the recurrence cannot be expanded.
    """
    found = (_entry(event, zone, ours=ours) for event in _occurrences(series, start, end))
    return [each for each in found if each is not None and _overlaps(each, start, end)]


def _occurrences(series: Series, start: datetime, end: datetime) -> Sequence[icalendar.Component]:
    if not series.recurs:
        return series.events
    calendar = icalendar.Calendar()
    calendar.subcomponents = list(series.events)
    margin = timedelta(days=2)  # dates have no zone yet
    try:
        found = recurring_ical_events.of(calendar).between(start - margin, end + margin)
        return list(found)
    except PARSE_ERRORS as error:
        raise ICalendarError(f"the recurrence of event {clean(series.uid)!r} cannot be read: {error}") from error


def _overlaps(entry: Entry, start: datetime, end: datetime) -> bool:
    first, last = entry.start.timestamp(), entry.end.timestamp()
    if first == last:
        return start.timestamp() <= first < end.timestamp()
    return first < end.timestamp() and last > start.timestamp()


def _entry(event: icalendar.Component, zone: ZoneInfo, *, ours: bool) -> Entry | None:
    if text(event, "STATUS").upper() == "CANCELLED":
        return None
    start, end, all_day = times(event, zone)
    return Entry(
        start=start.astimezone(zone),
        end=end.astimezone(zone),
        fbtype=_fbtype(event),
        title=clean(text(event, "SUMMARY")),
        people=tuple(dict.fromkeys(_people(event))),
        key=own_key(event) if ours else None,
        all_day=all_day,
    )


def _fbtype(event: icalendar.Component) -> FbType:
    """Tell what kind of time the event takes (RFC 5545 3.8.2.7, MS-OXCICAL 2.1.3.1.1.20.31)."""
    if text(event, "TRANSP").upper() == "TRANSPARENT":
        return FbType.FREE
    shown = _BUSY_STATUS.get(text(event, "X-MICROSOFT-CDO-BUSYSTATUS").upper())
    if shown is not None:
        return shown
    return FbType.BUSY_TENTATIVE if text(event, "STATUS").upper() == "TENTATIVE" else FbType.BUSY


def _people(event: icalendar.Component) -> Iterator[str]:
    """Yield the mail addresses of organiser and attendees, rooms and equipment left out."""
    for name in ("ORGANIZER", "ATTENDEE"):
        value = event.get(name, [])
        for each in value if isinstance(value, list) else [value]:
            kind = str(getattr(each, "params", {}).get("CUTYPE", "")).upper()
            scheme, _, address = str(each).partition(":")
            if scheme.lower() == "mailto" and kind not in {"ROOM", "RESOURCE"}:
                yield clean(address).lower()
