"""Series: patternedRecurrence (learn.microsoft.com/graph/api/resources/recurrencepattern) to t:Recurrence, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.servers.ews.soap import e, local, tag
from tests.servers.graph.calls import GraphError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.servers.ews.soap import Element

_WEEK = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_GROUPS = {"Day": _WEEK, "Weekday": _WEEK[1:6], "WeekendDay": ("Sunday", "Saturday")}
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_PARTS = {
    "daily": ("Interval",),
    "weekly": ("Interval", "DaysOfWeek", "FirstDayOfWeek"),
    "absoluteMonthly": ("Interval", "DayOfMonth"),
    "relativeMonthly": ("Interval", "DaysOfWeek", "DayOfWeekIndex"),
    "absoluteYearly": ("DayOfMonth", "Month"),
    "relativeYearly": ("DaysOfWeek", "DayOfWeekIndex", "Month"),
}
_RANGES = {"noEnd": "NoEndRecurrence", "endDate": "EndDateRecurrence", "numbered": "NumberedRecurrence"}
_NO_DAY = "0001-01-01"


def read(given: Mapping[str, Any]) -> Element:
    """Return the t:Recurrence of a patternedRecurrence.

    Raises:
        GraphError: it says too little, or what the store cannot keep.
    """
    try:
        return e("t:Recurrence", _pattern(given["pattern"]), _range(given["range"]))
    except (KeyError, TypeError, IndexError):
        raise GraphError("ErrorPropertyValidationFailure", "At least one property failed validation.") from None


def _pattern(given: Mapping[str, Any]) -> Element:
    kind = given["type"]
    if kind.endswith("Yearly") and given.get("interval", 1) != 1:
        raise GraphError("NotImplemented", "This server knows no series of every other year.", 501)
    values = {
        "Interval": str(given.get("interval", "")),
        "DaysOfWeek": _days([each.title() for each in given.get("daysOfWeek") or ()], kind),
        "FirstDayOfWeek": str(given.get("firstDayOfWeek") or "sunday").title(),
        "DayOfMonth": str(given.get("dayOfMonth", "")),
        "DayOfWeekIndex": str(given.get("index") or "first").title(),
        "Month": _MONTHS[int(given.get("month") or 1) - 1],
    }
    if any(not values[each] for each in _PARTS[kind]):
        raise KeyError(kind)
    name = kind[0].upper() + kind[1:]
    return e(f"t:{name}Recurrence", *[e(f"t:{each}", text=values[each]) for each in _PARTS[kind]])


def _days(names: list[str], kind: str) -> str:
    if kind == "weekly" or len(names) == 1:
        return " ".join(names)
    return next((group for group, days in _GROUPS.items() if sorted(days) == sorted(names)), "")


def _range(given: Mapping[str, Any]) -> Element:
    made = e(f"t:{_RANGES[given['type']]}", e("t:StartDate", text=given["startDate"]))
    if given["type"] == "endDate":
        made.append(e("t:EndDate", text=given["endDate"]))
    elif given["type"] == "numbered":
        made.append(e("t:NumberOfOccurrences", text=str(given["numberOfOccurrences"])))
    return made


def written(recurrence: Element, zone: str) -> dict[str, Any]:
    """Return the patternedRecurrence of a t:Recurrence; what a pattern has not is 0 or first, as Graph answers."""
    pattern, reach = recurrence[0], recurrence[1]
    kind = local(pattern).removesuffix("Recurrence")
    days = _text(pattern, "DaysOfWeek").split()
    month = _text(pattern, "Month")
    shown = {
        "type": kind[0].lower() + kind[1:],
        "interval": int(_text(pattern, "Interval") or 1),
        "month": _MONTHS.index(month) + 1 if month else 0,
        "dayOfMonth": int(_text(pattern, "DayOfMonth") or 0),
        "firstDayOfWeek": (_text(pattern, "FirstDayOfWeek") or "Sunday").lower(),
        "index": (_text(pattern, "DayOfWeekIndex") or "First").lower(),
    }
    if days:
        shown["daysOfWeek"] = [one.lower() for each in days for one in _GROUPS.get(each, (each,))]
    name = next(name for name, element in _RANGES.items() if element == local(reach))
    span = {
        "type": name,
        "startDate": _text(reach, "StartDate")[:10],
        "endDate": _text(reach, "EndDate")[:10] or _NO_DAY,
        "recurrenceTimeZone": zone,
        "numberOfOccurrences": int(_text(reach, "NumberOfOccurrences") or 0),
    }
    return {"pattern": shown, "range": span}


def _text(element: Element, name: str) -> str:
    return str(element.findtext(tag(f"t:{name}"), ""))
