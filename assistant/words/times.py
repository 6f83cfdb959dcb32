"""Times in words, with weekday and zone, by Babel and the patterns of one language."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec
from babel.dates import format_date, format_datetime, format_timedelta, get_timezone_name

if TYPE_CHECKING:
    from babel import Locale

_HUGE = 10_000.0
_WEEK = 7
_DAYS_AT_MOST = 14
_WEEKS_AT_MOST = 9
_DAYS_OF_MONTH = 30


class Patterns(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Unicode date patterns (UTS 35); the ones ending in `_year` serve when the year is not the present one."""

    moment: str
    moment_year: str
    day: str
    day_year: str
    clock: str


class GapWords(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What Babel does not say."""

    today: str
    yesterday: str


class Times:
    """Writes times of one language in the user's zone."""

    def __init__(self, locale: Locale, zone: ZoneInfo, patterns: Patterns, gaps: GapWords) -> None:
        self._locale, self._zone, self._patterns, self._gaps = locale, zone, patterns, gaps

    def moment(self, at: datetime, reference: datetime, other: str | None = None) -> str:
        """Return weekday, date, clock and zone; where the clock in zone `other` differs, that one too in brackets.

        A zone that does not exist counts as none. `reference` decides whether the year is written.
        """
        here = at.astimezone(self._zone)
        words = f"{self._dated(here, reference)} {self._zone_of(here)}"
        there = at.astimezone(zone) if (zone := _zone(other)) else here
        if there.utcoffset() == here.utcoffset():
            return words
        shown = self.clock(there) if there.date() == here.date() else self._dated(there, reference)
        return f"{words} ({shown} {self._zone_of(there)})"

    def day(self, at: date, reference: datetime) -> str:
        """Return weekday and date."""
        local = at.astimezone(self._zone).date() if isinstance(at, datetime) else at
        same = local.year == reference.astimezone(self._zone).year
        return format_date(local, self._patterns.day if same else self._patterns.day_year, locale=self._locale)

    def clock(self, at: datetime) -> str:
        """Return the clock time in the zone that `at` carries."""
        return format_datetime(at, self._patterns.clock, locale=self._locale)

    def local_clock(self, at: datetime) -> str:
        """Return the clock time in the user's zone."""
        return self.clock(at.astimezone(self._zone))

    def gap(self, since: datetime, reference: datetime) -> str:
        """Return how long ago: today, yesterday, days, weeks, months."""
        days = self._days(since, reference)
        if days <= 1:
            return self._gaps.today if days <= 0 else self._gaps.yesterday
        if days < _DAYS_AT_MOST:
            return self._ago(timedelta(days=days), "day")
        if days < _WEEKS_AT_MOST * _WEEK:
            return self._ago(timedelta(days=days // _WEEK * _WEEK), "week")
        return self._ago(timedelta(days=days // _DAYS_OF_MONTH * _DAYS_OF_MONTH), "month")

    def gap_size(self, since: datetime, reference: datetime) -> str:
        """Return "hours" on the same date, "days" below a week, else "weeks"."""
        days = self._days(since, reference)
        if days <= 0:
            return "hours"
        return "days" if days < _WEEK else "weeks"

    def _days(self, since: datetime, reference: datetime) -> int:
        return (reference.astimezone(self._zone).date() - since.astimezone(self._zone).date()).days

    def _ago(self, length: timedelta, unit: str) -> str:
        return format_timedelta(-length, unit, threshold=_HUGE, add_direction=True, locale=self._locale)  # type: ignore[arg-type]  # a Literal in Babel

    def _dated(self, at: datetime, reference: datetime) -> str:
        same = at.year == reference.astimezone(self._zone).year
        return format_datetime(at, self._patterns.moment if same else self._patterns.moment_year, locale=self._locale)

    def _zone_of(self, at: datetime) -> str:
        """Return the abbreviation people of this language use, else the zone's own, else the offset from UTC."""
        for name in (get_timezone_name(at, width="short", locale=self._locale), at.tzname() or ""):
            if re.fullmatch(r"[^\W\d_]{2,6}", name):
                return name
        offset = at.strftime("%z")
        hours, minutes = int(offset[1:3]), offset[3:5]
        return f"UTC{offset[0]}{hours}" + (f":{minutes}" if minutes != "00" else "")


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):  # OSError: a folder of zones, such as "America"
        return None
