"""Time zones as VTIMEZONE, for readers of a calendar that know no zones by name."""

from __future__ import annotations

import functools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import icalendar

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


@functools.lru_cache(maxsize=64)
def describe(zone: ZoneInfo, first: int, last: int) -> icalendar.Timezone:
    """Describe a zone for the years from `first` up to `last`, each change a component of its own (RFC 5545 3.6.5).

    The library's own `from_tzinfo` puts the change to summer time an hour late.
    """
    result = icalendar.Timezone()
    result.add("TZID", zone.key)
    at, end = datetime(first, 1, 1, tzinfo=UTC), datetime(last, 1, 1, tzinfo=UTC)
    result.add_component(_observance(at, at, zone))
    while at < end:
        later = at + timedelta(days=1)
        if later.astimezone(zone).utcoffset() != at.astimezone(zone).utcoffset():
            result.add_component(_observance(at, _change(at, later, zone), zone))
        at = later
    return result


def _change(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """Return the first minute in (low, high] with the offset of `high`."""
    old = low.astimezone(zone).utcoffset()
    while high - low > timedelta(minutes=1):
        middle = low + timedelta(minutes=(high - low) // timedelta(minutes=2))
        low, high = (middle, high) if middle.astimezone(zone).utcoffset() == old else (low, middle)
    return high


def _observance(before: datetime, onset: datetime, zone: ZoneInfo) -> icalendar.Component:
    """Return the STANDARD or DAYLIGHT that begins at `onset`, written in the offset that ends there."""
    old, local = before.astimezone(zone), onset.astimezone(zone)
    part: icalendar.Component = icalendar.TimezoneDaylight() if local.dst() else icalendar.TimezoneStandard()
    old_offset = old.utcoffset() or timedelta()
    part.add("DTSTART", (onset + old_offset).replace(tzinfo=None))
    part.add("TZOFFSETFROM", old_offset)
    part.add("TZOFFSETTO", local.utcoffset() or timedelta())
    part.add("TZNAME", local.tzname() or "")
    return part
