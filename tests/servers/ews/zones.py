"""Time zones as Exchange has them: Windows names, and definitions made of periods and transitions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from babel.core import get_global

from tests.servers.ews.soap import EwsError, e, tag

if TYPE_CHECKING:
    from tests.servers.ews.soap import Element

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_UTC, _USUAL = "UTC", "W. Europe Standard Time"
_YEAR = 2026
_LAST = -1


class Change(NamedTuple):
    """When a zone leaves one offset for another, every year: the wall clock time and the n-th weekday of a month."""

    month: int
    day: str
    occurrence: int
    at: timedelta
    offset: timedelta


@cache
def known() -> dict[str, str]:
    """Return the IANA name of every Windows zone that the server knows."""
    there = available_timezones()
    return {name: iana for name, iana in sorted(get_global("windows_zone_mapping").items()) if iana in there}


def zone(windows: str) -> ZoneInfo:
    """Return the zone of a Windows name."""
    if windows not in known():
        raise EwsError("ErrorTimeZone", "An error occurred while processing a time zone.")
    return ZoneInfo(known()[windows])


@cache
def windows(iana: str) -> str:
    """Return the Windows name of an IANA zone: its own one, else that of a zone with the same offsets."""
    own = next((name for name, each in known().items() if each == iana), None)
    return own or alike(year(ZoneInfo(iana)))


def alike(offsets: tuple[timedelta | None, ...]) -> str:
    """Return the Windows name of a zone that has these offsets day by day, UTC where there is none."""
    return next((name for name in (_UTC, _USUAL, *known()) if year(zone(name)) == offsets), _UTC)


def year(of: tzinfo) -> tuple[timedelta | None, ...]:
    """Return the offsets of a zone day by day."""
    first = datetime(_YEAR, 1, 1, 12, tzinfo=UTC)
    return tuple((first + timedelta(days=number)).astimezone(of).utcoffset() for number in range(365))


def read(element: Element | None) -> str | None:
    """Return the Windows name that a StartTimeZone, EndTimeZone or MeetingTimeZone gives."""
    if element is None:
        return None
    name = str(element.get("Id") or element.get("TimeZoneName") or "")
    zone(name)
    return name


def definition(name: str, element: str = "t:TimeZoneDefinition", *, full: bool = True) -> Element:
    """Return the definition of a Windows zone; not full, its names alone."""
    made = e(element, Id=name, Name=_shown(name))
    return made if not full else _filled(made, zone(name))


def _shown(name: str) -> str:
    offset = datetime(_YEAR, 1, 15, tzinfo=zone(name)).utcoffset() or timedelta()
    minutes = int(offset.total_seconds()) // 60
    sign = "-" if minutes < 0 else "+"
    city = known()[name].rpartition("/")[2].replace("_", " ")
    return f"(UTC{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}) {city}"


def _filled(made: Element, of: ZoneInfo) -> Element:
    found = changes(of)
    offsets = [each.offset for each in found] or [datetime(_YEAR, 1, 15, tzinfo=of).utcoffset() or timedelta()]
    names = ["Standard"] if len(offsets) == 1 else _names(offsets)
    periods = [_period(name, offset) for name, offset in zip(names, offsets, strict=True)]
    made.append(e("t:Periods", *periods))
    group = e("t:TransitionsGroup", Id="0")
    ids = [each.get("Id") for each in periods]
    if found:
        group.extend(_recurring(each, id_) for each, id_ in zip(found, ids, strict=True))
    else:
        group.append(e("t:Transition", e("t:To", text=ids[0], Kind="Period")))
    made.append(e("t:TransitionsGroups", group))
    made.append(e("t:Transitions", e("t:Transition", e("t:To", text="0", Kind="Group"))))
    return made


def _names(offsets: list[timedelta]) -> list[str]:
    return ["Daylight" if each == max(offsets) else "Standard" for each in offsets]


def _period(name: str, offset: timedelta) -> Element:
    return e("t:Period", Bias=duration(-offset), Name=name, Id=f"trule:Microsoft/Registry/Zone/{_YEAR}-{name}")


def _recurring(change: Change, period: str) -> Element:
    return e(
        "t:RecurringDayTransition",
        e("t:To", text=period, Kind="Period"),
        e("t:TimeOffset", text=duration(change.at)),
        e("t:Month", text=str(change.month)),
        e("t:DayOfWeek", text=change.day),
        e("t:Occurrence", text=str(change.occurrence)),
    )


def duration(length: timedelta) -> str:
    """Return a length as xs:duration, such as -PT1H."""
    minutes = int(abs(length).total_seconds()) // 60
    hours, rest = divmod(minutes, 60)
    text = f"PT{hours}H" + (f"{rest}M" if rest else "")
    return ("-" if length < timedelta() else "") + text


@cache
def changes(of: ZoneInfo) -> list[Change]:
    """Return the two changes of a year that has daylight saving time, none for another one."""
    first = datetime(_YEAR, 1, 1, tzinfo=UTC)
    offsets = [(first + timedelta(days=number)).astimezone(of).utcoffset() for number in range(366)]
    days = [number for number in range(365) if offsets[number] != offsets[number + 1]]
    found = [_found(first + timedelta(days=number), of) for number in days]
    return found if len(found) == 2 else []


def _found(day: datetime, of: ZoneInfo) -> Change:
    hours = [(day + timedelta(minutes=30 * number)).astimezone(of) for number in range(49)]
    return next(_change(before, after) for before, after in pairwise(hours) if before.utcoffset() != after.utcoffset())


def _change(before: datetime, after: datetime) -> Change:
    at = before + timedelta(minutes=30)  # by the clock that is left
    last = (at + timedelta(days=7)).month != at.month
    occurrence = _LAST if last else (at.day - 1) // 7 + 1
    return Change(at.month, DAYS[at.weekday()], occurrence, timedelta(hours=at.hour), after.utcoffset() or timedelta())


def serializable(element: Element) -> ZoneInfo:
    """Return the zone whose rules a request for availability gives (t:TimeZone): one that changes alike."""
    bias = _minutes(element, "t:Bias")
    sides = [element.find(tag(f"t:{name}")) for name in ("StandardTime", "DaylightTime")]
    standard, daylight = (timedelta(minutes=-(bias + _minutes(side, "t:Bias"))) for side in sides)
    offsets = zip(sides, (standard, daylight), strict=True)
    months = frozenset((_minutes(side, "t:Month"), offset) for side, offset in offsets)
    return _by_rules(frozenset() if any(month == 0 for month, _ in months) else months, standard)


def _minutes(element: Element, path: str) -> int:
    return int(element.findtext(tag(path)))


@cache
def _by_rules(months: frozenset[tuple[int, timedelta]], standard: timedelta) -> ZoneInfo:
    for iana in ("UTC", "Europe/Berlin", *known().values()):
        each = ZoneInfo(iana)
        mine = frozenset((change.month, change.offset) for change in changes(each))
        offset = standard if mine else datetime(_YEAR, 1, 15, tzinfo=each).utcoffset()
        if mine == months and offset == standard:
            return each
    raise EwsError("ErrorTimeZone", "An error occurred while processing a time zone.")
