"""Calendar files to event resources, as Google's own import would make them."""

from __future__ import annotations

import base64
import functools
import warnings
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, available_timezones

import icalendar
from icalendar.error import GloballyUniqueTZIDGuessed
from icalendar.timezone import tzp

from tests.servers.google.recurring import stamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.servers.google.book import Body

_PARTSTAT = {"ACCEPTED": "accepted", "DECLINED": "declined", "TENTATIVE": "tentative"}
_VISIBILITY = {"PRIVATE": "private", "CONFIDENTIAL": "confidential", "PUBLIC": "public"}


def events(ics: bytes, zone: str, owner: str) -> Iterator[Body]:
    """Yield the events of a file, a series before its exceptions.

    Floating times and zones nobody knows count in `zone`. What Outlook writes about being out of office or free
    becomes what a user of Google would have made of it: Google itself ignores those properties.
    """
    tzp.use_zoneinfo()  # forgets zones that an earlier file defined under the same name
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GloballyUniqueTZIDGuessed)
        components = icalendar.Calendar.from_ical(ics).walk("VEVENT")
    for component in sorted(components, key=lambda each: "RECURRENCE-ID" in each):
        yield _body(component, zone, owner)


def _body(component: Mapping[str, Any], zone: str, owner: str) -> Body:
    uid = str(component["UID"])
    start, end = _times(component)
    found: Body = {
        "id": "_" + base64.b32hexencode(uid.encode()).decode().lower().rstrip("="),
        "iCalUID": uid,
        "start": _moment(start, zone),
        "end": _moment(end, zone),
        "recurrence": list(_rules(component, zone)),
        **_texts(component),
        **_people(component, owner),
    }
    if "RECURRENCE-ID" in component:
        original = _moment(component["RECURRENCE-ID"].dt, zone)
        found |= {"recurringEventId": found["id"], "originalStartTime": original}
        found["id"] += "_" + stamp(original)
    return found


def _texts(component: Mapping[str, Any]) -> Body:
    shown = str(component.get("X-MICROSOFT-CDO-BUSYSTATUS", "")).upper()
    status = "TENTATIVE" if shown == "TENTATIVE" else str(component.get("STATUS", "CONFIRMED"))
    free = shown == "FREE" or str(component.get("TRANSP", "")).upper() == "TRANSPARENT"
    return {
        "summary": str(component.get("SUMMARY", "")),
        "description": str(component.get("DESCRIPTION", "")),
        "location": str(component.get("LOCATION", "")),
        "status": status.lower(),
        "transparency": "transparent" if free else "opaque",
        "visibility": _VISIBILITY.get(str(component.get("CLASS", "")).upper(), "default"),
        "eventType": "outOfOffice" if shown == "OOF" else "default",
        "sequence": int(component.get("SEQUENCE", 0)),
    }


def _times(component: Mapping[str, Any]) -> tuple[date, date]:
    """Return start and end; hours of a DURATION are elapsed time, an all-day event has a day at least."""
    start: date = component["DTSTART"].dt
    end: date = component["DTEND"].dt if "DTEND" in component else start
    if "DURATION" in component:
        length: timedelta = component["DURATION"].dt
        end = start + length
        if isinstance(start, datetime) and start.tzinfo is not None:
            end = (start.astimezone(UTC) + length).astimezone(start.tzinfo)
    if not isinstance(start, datetime) and end <= start:
        end = start + timedelta(days=1)
    return start, end


def _moment(value: date, zone: str) -> Body:
    if not isinstance(value, datetime):
        return {"date": value.isoformat()}
    aware = value if value.tzinfo else value.replace(tzinfo=ZoneInfo(zone))
    name = _name(aware)
    return {"dateTime": aware.astimezone(ZoneInfo(name)).isoformat(), "timeZone": name}


def _name(moment: datetime) -> str:
    key = getattr(moment.tzinfo, "key", None)
    if key is not None:
        return str(key)
    assert moment.tzinfo is not None
    year = tuple(moment.replace(month=month, day=1, hour=12).utcoffset() for month in range(1, 13))
    return "UTC" if moment.tzinfo is UTC else _alike(year, moment.year)


@functools.cache
def _alike(offsets: tuple[timedelta | None, ...], year: int) -> str:
    """Return the IANA zone with the same offsets in every month, one of whole hours by its number if it can be."""
    noons = [datetime(year, month, 1, 12, tzinfo=UTC).replace(tzinfo=None) for month in range(1, 13)]
    names = sorted(available_timezones(), key=lambda name: (not name.startswith("Etc/GMT"), name))
    wanted = list(offsets)
    return next((name for name in names if [_offset(name, noon) for noon in noons] == wanted), "UTC")


def _offset(name: str, noon: datetime) -> timedelta | None:
    return noon.replace(tzinfo=ZoneInfo(name)).utcoffset()


def _rules(component: Mapping[str, Any], zone: str) -> Iterator[str]:
    for name in ("RRULE", "EXDATE", "RDATE"):
        value = component.get(name, [])
        for each in value if isinstance(value, list) else [value]:
            if name == "RRULE":
                _localise(each, zone)
                yield f"RRULE:{each.to_ical().decode()}"
            else:
                yield _dates(name, [one.dt for one in each.dts], zone)


def _localise(rule: icalendar.vRecur, zone: str) -> None:
    for number, until in enumerate(rule.get("UNTIL", [])):
        if isinstance(until, datetime) and until.tzinfo is None:
            rule["UNTIL"][number] = until.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _dates(name: str, values: list[date], zone: str) -> str:
    moments = [_moment(value, zone) for value in values]
    if "date" in moments[0]:
        return f"{name};VALUE=DATE:" + ",".join(each["date"].replace("-", "") for each in moments)
    locals_ = [
        datetime.fromisoformat(each["dateTime"]).astimezone(ZoneInfo(moments[0]["timeZone"])) for each in moments
    ]
    return f"{name};TZID={moments[0]['timeZone']}:" + ",".join(f"{each:%Y%m%dT%H%M%S}" for each in locals_)


def _people(component: Mapping[str, Any], owner: str) -> Body:
    value: Any = component.get("ATTENDEE", [])
    attendees = [_attendee(each, owner) for each in (value if isinstance(value, list) else [value])]
    found: Body = {"attendees": attendees}
    if "ORGANIZER" in component:
        found["organizer"] = _person(component["ORGANIZER"], owner)
    return found


def _person(value: icalendar.vCalAddress, owner: str) -> Body:
    address = str(value).partition(":")[2]
    name = str(value.params.get("CN", ""))
    found: Body = {"email": address} | ({"displayName": name} if name else {})
    return found | ({"self": True} if address.lower() == owner.lower() else {})


def _attendee(value: icalendar.vCalAddress, owner: str) -> Body:
    answer = _PARTSTAT.get(str(value.params.get("PARTSTAT", "")).upper(), "needsAction")
    found = _person(value, owner) | {"responseStatus": answer}
    room = str(value.params.get("CUTYPE", "")).upper() in {"ROOM", "RESOURCE"}
    return found | ({"resource": True} if room else {})
