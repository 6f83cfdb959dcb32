"""Calendar files to calendar items and back, as Exchange's own conversion makes them."""

from __future__ import annotations

import functools
import warnings
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import icalendar
from icalendar.error import GloballyUniqueTZIDGuessed
from icalendar.timezone import tzp

from tests.servers.ews import zones
from tests.servers.ews.occurrences import series_of, span_of, zone_of
from tests.servers.ews.soap import e
from tests.servers.ews.times import moment, stamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.servers.ews.items import Item
    from tests.servers.ews.properties import Value
    from tests.servers.ews.soap import Element
    from tests.servers.ews.state import State

Component = Any
"""An event of icalendar, which is untyped where it is read."""
_BUSY = {"FREE": "Free", "TENTATIVE": "Tentative", "BUSY": "Busy", "OOF": "OOF", "WORKINGELSEWHERE": "WorkingElsewhere"}
_CLASSES = {"PUBLIC": "Normal", "PRIVATE": "Private", "CONFIDENTIAL": "Confidential"}
_ANSWERS = {"ACCEPTED": "Accept", "DECLINED": "Decline", "TENTATIVE": "Tentative", "NEEDS-ACTION": "NoResponseReceived"}
_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)


def events(ics: bytes) -> list[Component]:
    """Return the events of a file, masters before what changes one occurrence of them."""
    tzp.use_zoneinfo()  # forgets zones that an earlier file defined under the same name
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GloballyUniqueTZIDGuessed)
        found = icalendar.Calendar.from_ical(ics).walk("VEVENT")
    return sorted(found, key=lambda each: "RECURRENCE-ID" in each)


def fill(item: Item, raw: bytes, state: State) -> None:
    """Set the properties of a new item from the first event of its MIME content."""
    item.values |= values(events(raw)[0], "UTC", state.address)
    item.raw = None


def values(component: Component, zone: str, owner: str) -> dict[str, Value]:
    """Return an event's properties.

    Args:
        component: the event.
        zone: IANA, for floating times and days.
        owner: the user's address.
    """
    start, end = times(component)
    name = windows_of(start, zone)
    found: dict[str, Value] = {
        "Subject": str(component.get("SUMMARY", "")),
        "Location": str(component.get("LOCATION", "")),
        "Start": stamp(aware(start, zone)),
        "End": stamp(aware(end, zone)),
        "IsAllDayEvent": "false" if isinstance(start, datetime) else "true",
        "StartTimeZone": zones.definition(name, "t:StartTimeZone", full=False),
        "EndTimeZone": zones.definition(windows_of(end, zone), "t:EndTimeZone", full=False),
        "LegacyFreeBusyStatus": _busy(component),
        "Sensitivity": _CLASSES.get(str(component.get("CLASS", "")).upper(), "Normal"),
        **_reminder(component, start),
        **_people(component, owner),
    }
    if "UID" in component:
        found["UID"] = str(component["UID"])
    if "DESCRIPTION" in component:
        found["Body"] = e("t:Body", text=str(component["DESCRIPTION"]), BodyType="Text")
    if str(component.get("STATUS", "")).upper() == "CANCELLED":
        found["IsCancelled"] = "true"
    names = [str(each) for one in every(component, "CATEGORIES") for each in one.cats]
    return found | ({"Categories": e("t:Categories", *[e("t:String", text=each) for each in names])} if names else {})


def times(component: Component) -> tuple[date, date]:
    """Return start and end; hours of a DURATION are elapsed time, an all-day event has a day at least."""
    start: date = component["DTSTART"].dt
    end: date = component["DTEND"].dt if "DTEND" in component else start
    if "DURATION" in component:
        length: timedelta = component["DURATION"].dt
        end = start + length
        if isinstance(start, datetime) and start.tzinfo is not None:
            end = (start.astimezone(UTC) + length).astimezone(start.tzinfo)
    if not isinstance(start, datetime) and end <= start:
        end = start + _DAY
    return start, end


def aware(value: date, zone: str) -> datetime:
    """Return an instant; a day is its midnight."""
    if not isinstance(value, datetime):
        return datetime.combine(value, time(), ZoneInfo(zone))
    return value if value.tzinfo else value.replace(tzinfo=ZoneInfo(zone))


def windows_of(value: date, zone: str) -> str:
    """Return the Windows name of the zone that a time is written in."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        return zones.windows(zone)
    key = getattr(value.tzinfo, "key", None)
    if value.tzinfo is UTC:
        return "UTC"
    return zones.windows(str(key)) if key else zones.alike(zones.year(value.tzinfo))


def _busy(component: Component) -> str:
    shown = str(component.get("X-MICROSOFT-CDO-BUSYSTATUS", "")).upper()
    if shown in _BUSY:
        return _BUSY[shown]
    if str(component.get("TRANSP", "")).upper() == "TRANSPARENT":
        return "Free"
    return "Tentative" if str(component.get("STATUS", "")).upper() == "TENTATIVE" else "Busy"


def _reminder(component: Component, start: date) -> dict[str, Value]:
    alarms = [each for each in component.walk("VALARM") if "TRIGGER" in each]
    if not alarms:
        return {"ReminderIsSet": "false", "ReminderMinutesBeforeStart": "15"}
    trigger = alarms[0]["TRIGGER"].dt
    before = -trigger if isinstance(trigger, timedelta) else aware(start, "UTC") - trigger
    return {"ReminderIsSet": "true", "ReminderMinutesBeforeStart": str(max(before // _MINUTE, 0))}


def every(component: Mapping[str, Any], name: str) -> list[Any]:
    """Return all values of a property that may be there several times."""
    value = component.get(name, [])
    return value if isinstance(value, list) else [value]


def _people(component: Component, owner: str) -> dict[str, Value]:
    sorts: dict[str, list[Element]] = {}
    found: dict[str, Value] = {}
    for each in every(component, "ATTENDEE"):
        sort, answer = _attendee(each)
        sorts.setdefault(sort, []).append(e("t:Attendee", _mailbox(each), e("t:ResponseType", text=answer)))
        if _address(each).casefold() == owner.casefold():
            found["MyResponseType"] = answer
    found |= {name: e(f"t:{name}", *those) for name, those in sorts.items()}
    if "ORGANIZER" in component:
        found["Organizer"] = e("t:Organizer", _mailbox(component["ORGANIZER"]))
    return found


def _attendee(value: icalendar.vCalAddress) -> tuple[str, str]:
    answer = _ANSWERS.get(str(value.params.get("PARTSTAT", "NEEDS-ACTION")).upper(), "NoResponseReceived")
    if str(value.params.get("CUTYPE", "")).upper() in {"ROOM", "RESOURCE"}:
        return "Resources", answer
    optional = str(value.params.get("ROLE", "")).upper() == "OPT-PARTICIPANT"
    return "OptionalAttendees" if optional else "RequiredAttendees", answer


def _address(value: icalendar.vCalAddress) -> str:
    return str(value).partition(":")[2]


def _mailbox(value: icalendar.vCalAddress) -> Element:
    address = _address(value)
    name = str(value.params.get("CN", address))
    parts = [e("t:Name", text=name), e("t:EmailAddress", text=address), e("t:RoutingType", text="SMTP")]
    return e("t:Mailbox", *parts)


# To a calendar file.


def written(item: Item) -> bytes:
    """Return an item as iCalendar, a series with its exceptions; zones have their Windows names."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Microsoft Corporation//Outlook 16.0 MIMEDIR//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    name = zones.read(_element(item, "StartTimeZone")) or "UTC"
    if name != "UTC":
        calendar.add_component(_zone(name))
    calendar.add_component(_event(item, item, name))
    for original, each in sorted(item.exceptions.items()):
        made = _event(item, each, name)
        _time(made, "recurrence-id", moment(original), item, name)
        calendar.add_component(made)
    return bytes(calendar.to_ical())


def _element(item: Item, name: str) -> Element | None:
    value = item.values.get(name)
    return None if isinstance(value, str) else value


@functools.cache
def _zone(name: str) -> icalendar.Timezone:
    made = icalendar.Timezone()
    made.add("tzid", name)
    of = zones.zone(name)
    first = datetime(1601, 1, 1)  # noqa: DTZ001  the local time from which Windows' rules count
    changes = zones.changes(of)
    if not changes:
        offset = datetime(2026, 1, 15, tzinfo=of).utcoffset() or timedelta()
        made.add_component(_observance("STANDARD", first, offset, offset))
    for before, change in zip(reversed(changes), changes, strict=True):
        kind = "DAYLIGHT" if change.offset > before.offset else "STANDARD"
        sub = _observance(kind, first + change.at, before.offset, change.offset)
        day = f"{change.occurrence}{change.day[:2].upper()}"
        sub.add("rrule", {"FREQ": "YEARLY", "BYDAY": day, "BYMONTH": change.month})
        made.add_component(sub)
    return made


def _observance(kind: str, start: datetime, before: timedelta, after: timedelta) -> Any:  # noqa: ANN401  two kinds
    made = icalendar.TimezoneDaylight() if kind == "DAYLIGHT" else icalendar.TimezoneStandard()
    made.add("dtstart", start)
    made.add("tzoffsetfrom", before)
    made.add("tzoffsetto", after)
    return made


def _event(master: Item, item: Item, name: str) -> icalendar.Event:
    made = icalendar.Event()
    made.add("uid", master.text("UID"))
    made.add("dtstamp", item.modified)
    made.add("summary", item.text("Subject"))
    for key in ("Start", "End"):
        _time(made, f"dt{key.lower()}", moment(item.text(key)), item, name)
    _describe(made, item)
    series = series_of(item)
    if series is not None:
        rule = icalendar.vRecur.from_ical(series.rule)
        if series.times is not None:
            rule["COUNT"] = series.times
        elif series.until is not None:
            rule["UNTIL"] = _until(item, series.until)
        made.add("rrule", rule)
        for each in sorted(item.removed):
            _time(made, "exdate", moment(each), item, name)
    return made


def _until(item: Item, last: date) -> date:
    if item.text("IsAllDayEvent") == "true":
        return last
    return datetime.combine(last, span_of(item)[0].time(), zone_of(item)).astimezone(UTC)


def _time(made: icalendar.Event, key: str, at: datetime, item: Item, name: str) -> None:
    local = at.astimezone(zone_of(item))
    if item.text("IsAllDayEvent") == "true":
        made.add(key, local.date())
    elif name == "UTC":
        made.add(key, at)
    else:
        made.add(key, local.replace(tzinfo=None), parameters={"TZID": name})


def _describe(made: icalendar.Event, item: Item) -> None:
    body = _element(item, "Body")
    if body is not None:
        made.add("description", str(body.text or ""))
    if item.text("Location"):
        made.add("location", item.text("Location"))
    busy = item.text("LegacyFreeBusyStatus", "Busy")
    made.add("transp", "TRANSPARENT" if busy == "Free" else "OPAQUE")
    made.add("x-microsoft-cdo-busystatus", busy.upper())
    shown = {"Normal": "PUBLIC", "Personal": "PRIVATE"}
    sensitivity = item.text("Sensitivity", "Normal")
    made.add("class", shown.get(sensitivity, sensitivity.upper()))
    made.add("status", "CANCELLED" if item.text("IsCancelled") == "true" else "CONFIRMED")
    categories = _element(item, "Categories")
    if categories is not None:
        made.add("categories", [str(each.text) for each in categories])
    _invite(made, item)


def _invite(made: icalendar.Event, item: Item) -> None:
    organizer = _element(item, "Organizer")
    if organizer is not None:
        made.add("organizer", _written(organizer[0]))
    for sort in ("RequiredAttendees", "OptionalAttendees", "Resources"):
        people = _element(item, sort)
        for each in [] if people is None else people:
            value = _written(each[0])
            value.params["CUTYPE"] = icalendar.vText("RESOURCE" if sort == "Resources" else "INDIVIDUAL")
            made.add("attendee", value)


def _written(mailbox: Element) -> icalendar.vCalAddress:
    value = icalendar.vCalAddress("mailto:" + str(mailbox.findtext("{*}EmailAddress")))
    value.params["CN"] = icalendar.vText(str(mailbox.findtext("{*}Name")))
    return value
