"""Series of events: Exchange's patterns to and from RRULE, and their occurrences."""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import icalendar
import recurring_ical_events
from dateutil.rrule import rrulestr

from tests.servers.ews.soap import EwsError, e, local, tag
from tests.servers.ews.zones import DAYS

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from tests.servers.ews.soap import Element

_CODES = {name: name[:2].upper() for name in DAYS}
_CODES |= {"Day": "MO,TU,WE,TH,FR,SA,SU", "Weekday": "MO,TU,WE,TH,FR", "WeekendDay": "SA,SU"}
_NAMES = {code: name for name, code in _CODES.items()}
_INDEX = {"First": 1, "Second": 2, "Third": 3, "Fourth": 4, "Last": -1}
_INDEXED = {number: name for name, number in _INDEX.items()}
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_SHORTEST = 28
_LONGEST = 31
_DAY = timedelta(days=1)
_FAR = timedelta(days=365 * 30)
_MOST_NUMBERED = 999


class Span(NamedTuple):
    """One occurrence by the rule alone: aware times in the series' zone, and its number beginning at 1."""

    start: datetime
    end: datetime
    number: int


class Series(NamedTuple):
    """What a series' rule says, before exceptions.

    Args:
        start: of the first occurrence, aware in the zone that the rule lives in.
        length: by the wall clock.
        rule: RRULE without COUNT and UNTIL.
        times: number of occurrences, None for no such end.
        until: last day, None for no such end.
    """

    start: datetime
    length: timedelta
    rule: str
    times: int | None = None
    until: date | None = None

    def spans(self, low: datetime, high: datetime) -> list[Span]:
        """Return the occurrences that overlap [low, high)."""
        earliest = low.astimezone(self.start.tzinfo).replace(tzinfo=None) - self.length - _DAY
        found = self._starts(high)
        some = self._made(found, bisect_left(found, earliest))
        return [each for each in some if each.start < high and (each.end > low or each.start == each.end == low)]

    def until_moment(self, high: datetime) -> list[Span]:
        """Return all occurrences from the first one that start before a moment."""
        return [each for each in self._made(self._starts(high)) if each.start < high]

    def numbered(self, index: int) -> Span | None:
        """Return an occurrence by its number, None if there is none."""
        found = self._starts(self.start + _FAR)
        return self._made(found[:index], index - 1)[0] if 0 < index <= len(found) else None

    def last(self) -> Span | None:
        """Return the last occurrence, None where the series has no end."""
        if self.times is None and self.until is None:
            return None
        return self.numbered(len(self._starts(self.start + _FAR)))

    def _starts(self, high: datetime) -> tuple[datetime, ...]:
        return _expanded(self.start.replace(tzinfo=None), self._rule(), _month_after(high).replace(tzinfo=None))

    def _made(self, starts: tuple[datetime, ...], skipped: int = 0) -> list[Span]:
        aware = (each.replace(tzinfo=self.start.tzinfo) for each in starts[skipped:])
        return [Span(each, _later(each, self.length), number) for number, each in enumerate(aware, skipped + 1)]

    def _rule(self) -> str:
        if self.times is not None:
            return f"{self.rule};COUNT={self.times}"
        return self.rule if self.until is None else f"{self.rule};UNTIL={self.until:%Y%m%d}T235959"


def _later(start: datetime, length: timedelta) -> datetime:
    return (start.replace(tzinfo=None) + length).replace(tzinfo=start.tzinfo)


def _month_after(moment: datetime) -> datetime:
    """Return a bound rounded up, so that expansions of one series are remembered."""
    ahead = moment.astimezone(UTC) + timedelta(days=34)
    return ahead.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


@lru_cache(maxsize=512)
def _expanded(start: datetime, rule: str, high: datetime) -> tuple[datetime, ...]:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//test//EN", "BEGIN:VEVENT", "UID:series"]
    lines += [f"DTSTART:{start:%Y%m%dT%H%M%S}", f"RRULE:{rule}", "END:VEVENT", "END:VCALENDAR", ""]
    query: Any = recurring_ical_events.of(icalendar.Calendar.from_ical("\r\n".join(lines)))
    found = sorted(each["DTSTART"].dt for each in query.between(start, max(high, start + timedelta(days=1))))
    return tuple(found)


# Exchange's own form.


def read(recurrence: Element, start: datetime, length: timedelta) -> Series:
    """Return the series that a t:Recurrence describes.

    Args:
        recurrence: of the request.
        start: of the item in its zone; the range says the day, this the time.
        length: of each occurrence.
    """
    pattern, reach = recurrence[0], recurrence[1]
    rule = _PATTERNS[local(pattern)](pattern)
    first = _day(reach, "StartDate").isoformat()
    begin = datetime.combine(date.fromisoformat(first), start.time(), start.tzinfo)
    count = reach.findtext(tag("t:NumberOfOccurrences"))
    until = None if reach.find(tag("t:EndDate")) is None else _day(reach, "EndDate")
    return _checked(Series(begin, length, rule, count and int(count), until))


def _checked(series: Series) -> Series:
    """Return a series that starts with its first occurrence, as Exchange moves it, if Exchange can keep it."""
    if series.times is not None and not 0 < series.times <= _MOST_NUMBERED:
        raise EwsError("ErrorCalendarInvalidRecurrence", "The recurrence is invalid.")
    if series.until is not None and series.until < series.start.date():
        raise EwsError("ErrorCalendarInvalidRecurrence", "The end date is earlier than the start date.")
    found = _first(series)
    if found is None:
        raise EwsError("ErrorRecurrenceHasNoOccurrence", "The recurrence pattern has no occurrences.")
    if series.length > timedelta(days=365 * 5):
        raise EwsError("ErrorCalendarDurationIsTooLong", "The duration is too long.")
    return series._replace(start=found)


def _first(series: Series) -> datetime | None:
    """Return the first start on the pattern: a DTSTART off it would count as an occurrence of its own."""
    rule = series._replace(times=None)._rule()
    naive = series.start.replace(tzinfo=None)
    found: datetime | None = rrulestr(rule, dtstart=naive).after(naive, inc=True)
    return found and found.replace(tzinfo=series.start.tzinfo)


def _day(reach: Element, name: str) -> date:
    """Return a day; Exchange writes the zone's offset behind it."""
    return date.fromisoformat(str(reach.findtext(tag(f"t:{name}"))).strip()[:10])


def _text(pattern: Element, name: str, default: str = "") -> str:
    return str(pattern.findtext(tag(f"t:{name}"), default)).strip()


def _interval(pattern: Element) -> str:
    return f";INTERVAL={_text(pattern, 'Interval', '1')}"


def _daily(pattern: Element) -> str:
    return "FREQ=DAILY" + _interval(pattern)


def _weekly(pattern: Element) -> str:
    days = ",".join(_CODES[name] for name in _text(pattern, "DaysOfWeek").split())
    return f"FREQ=WEEKLY{_interval(pattern)};BYDAY={days};WKST={_CODES[_text(pattern, 'FirstDayOfWeek', 'Monday')]}"


def _absolute_monthly(pattern: Element) -> str:
    return "FREQ=MONTHLY" + _interval(pattern) + _month_day(int(_text(pattern, "DayOfMonth")))


def _month_day(day: int) -> str:
    """Return the part of a rule for a day of the month; a month without it has its last day instead."""
    if day <= _SHORTEST:
        return f";BYMONTHDAY={day}"
    return f";BYMONTHDAY={','.join(str(each) for each in range(_SHORTEST, day + 1))};BYSETPOS=-1"


def _relative(pattern: Element) -> str:
    days, index = _CODES[_text(pattern, "DaysOfWeek")], _INDEX[_text(pattern, "DayOfWeekIndex")]
    return f";BYDAY={days};BYSETPOS={index}"


def _relative_monthly(pattern: Element) -> str:
    return "FREQ=MONTHLY" + _interval(pattern) + _relative(pattern)


def _month(pattern: Element) -> int:
    return _MONTHS.index(_text(pattern, "Month")) + 1


def _absolute_yearly(pattern: Element) -> str:
    return f"FREQ=YEARLY;BYMONTH={_month(pattern)}" + _month_day(int(_text(pattern, "DayOfMonth")))


def _relative_yearly(pattern: Element) -> str:
    return f"FREQ=YEARLY;BYMONTH={_month(pattern)}" + _relative(pattern)


_PATTERNS: dict[str, Callable[[Element], str]] = {
    "DailyRecurrence": _daily,
    "WeeklyRecurrence": _weekly,
    "AbsoluteMonthlyRecurrence": _absolute_monthly,
    "RelativeMonthlyRecurrence": _relative_monthly,
    "AbsoluteYearlyRecurrence": _absolute_yearly,
    "RelativeYearlyRecurrence": _relative_yearly,
}


def written(series: Series) -> Element:
    """Return a series as t:Recurrence."""
    return e("t:Recurrence", _pattern(series), _range(series))


def _range(series: Series) -> Element:
    start = e("t:StartDate", text=_dated(series.start.date(), series.start.tzinfo))
    if series.times is not None:
        return e("t:NumberedRecurrence", start, e("t:NumberOfOccurrences", text=str(series.times)))
    if series.until is not None:
        return e("t:EndDateRecurrence", start, e("t:EndDate", text=_dated(series.until, series.start.tzinfo)))
    return e("t:NoEndRecurrence", start)


def _dated(day: date, zone: Any) -> str:  # noqa: ANN401  what a datetime has for a zone
    """Return an xs:date with the offset of the zone on that day, as Exchange answers it."""
    offset = datetime.combine(day, time(), zone).isoformat()[19:]
    return day.isoformat() + (offset if offset != "+00:00" else "Z")


def _pattern(series: Series) -> Element:
    parts = dict(each.split("=") for each in series.rule.split(";"))
    kind, days = parts["FREQ"].capitalize(), parts.get("BYDAY", "")
    interval = [] if kind == "Yearly" else [e("t:Interval", text=parts["INTERVAL"])]
    month = [e("t:Month", text=_MONTHS[int(parts["BYMONTH"]) - 1])] if kind == "Yearly" else []
    if kind == "Daily":
        return e("t:DailyRecurrence", *interval)
    if kind == "Weekly":
        names = e("t:DaysOfWeek", text=" ".join(_NAMES[code] for code in days.split(",")))
        return e("t:WeeklyRecurrence", *interval, names, e("t:FirstDayOfWeek", text=_NAMES[parts["WKST"]]))
    if days:
        which = e("t:DaysOfWeek", text=_NAMES[days])
        index = e("t:DayOfWeekIndex", text=_INDEXED[int(parts["BYSETPOS"])])
        return e(f"t:Relative{kind}Recurrence", *interval, which, index, *month)
    day = e("t:DayOfMonth", text=parts["BYMONTHDAY"].rpartition(",")[2])
    return e(f"t:Absolute{kind}Recurrence", *interval, day, *month)


# From a calendar file.


def imported(recur: icalendar.vRecur, start: datetime, length: timedelta, zone: ZoneInfo) -> Series | None:
    """Return the series that an RRULE means, None where Exchange has no pattern for it."""
    rule = _kept(recur, start)
    if rule is None:
        return None
    (count,) = recur.get("COUNT", [None])
    (until,) = recur.get("UNTIL", [None])
    if isinstance(until, datetime):
        until = _last_day(until, start, zone)
    return _checked(Series(start, length, rule, count, until))


def _last_day(until: datetime, start: datetime, zone: ZoneInfo) -> date:
    """Return the last day on which an occurrence may start: one at a later time of the day would be too late."""
    at = until.astimezone(zone) if until.tzinfo else until.replace(tzinfo=zone)
    return at.date() if at.time() >= start.time() else at.date() - timedelta(days=1)


def _kept(recur: icalendar.vRecur, start: datetime) -> str | None:
    frequency = str(recur["FREQ"][0]).upper()
    days = [str(each).upper() for each in recur.get("BYDAY", [])]
    interval = f";INTERVAL={recur.get('INTERVAL', [1])[0]}"
    known = {"FREQ", "BYDAY", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYMONTHDAY", "BYMONTH", "BYSETPOS"}
    if set(recur) - known or len(recur.get("BYMONTHDAY", [])) > 1 or len(recur.get("BYMONTH", [])) > 1:
        return None
    if frequency == "DAILY" and not days:
        return "FREQ=DAILY" + interval
    if frequency in {"DAILY", "WEEKLY"} and interval in {";INTERVAL=1", interval if frequency == "WEEKLY" else ""}:
        own = days or [_CODES[DAYS[start.weekday()]]]
        ordered = [code for code in _CODES["Day"].split(",") if code in own]
        return f"FREQ=WEEKLY{interval};BYDAY={','.join(ordered)};WKST={recur.get('WKST', ['MO'])[0]}"
    if frequency not in {"MONTHLY", "YEARLY"} or (frequency == "YEARLY" and interval != ";INTERVAL=1"):
        return None
    where = _where(recur, days, start)
    month = f";BYMONTH={recur.get('BYMONTH', [start.month])[0]}" if frequency == "YEARLY" else interval
    return where and f"FREQ={frequency}{month}{where}"


def _where(recur: icalendar.vRecur, days: list[str], start: datetime) -> str | None:
    if not days:
        day = int(recur.get("BYMONTHDAY", [start.day])[0])
        return _month_day(_LONGEST if day == -1 else day) if day >= -1 else None
    position = recur.get("BYSETPOS", [None])[0]
    if len(days) == 1 and position is None:
        days, position = [days[0][-2:]], int(days[0][:-2] or 0)
    joined = ",".join(code for code in _CODES["Day"].split(",") if code in days)
    if joined not in _NAMES or position not in _INDEXED:
        return None
    return f";BYDAY={joined};BYSETPOS={position}"
