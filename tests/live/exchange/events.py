"""Calendar files into a calendar of Exchange, as a user types them in: a series, then the days on which it differs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import icalendar
import recurring_ical_events

from tests.contract.harness import ZONE
from tests.live.exchange.asking import known
from tests.servers.ews import ical, recurring, zones
from tests.servers.ews.schema import order
from tests.servers.ews.soap import e
from tests.servers.ews.times import moment, stamp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.live.exchange.asking import Hands
    from tests.servers.ews.ical import Component
    from tests.servers.ews.properties import Value

_NOT_WRITTEN = {"IsCancelled", "Organizer", "MyResponseType"}
_TWO_YEARS = timedelta(days=730)
_DAY = timedelta(days=1)
CALENDAR = "calendar"


def add(hands: Hands, ics: bytes, owner: str) -> None:
    """Write the events of a file into the mailbox's own calendar; a cancelled one is not there."""
    for each in ical.events(ics):
        cancelled = str(each.get("STATUS", "")).upper() == "CANCELLED"
        if "RECURRENCE-ID" in each:
            _override(hands, each, owner, cancelled=cancelled)
        elif not cancelled:
            _create(hands, each, owner)


def _create(hands: Hands, event: Component, owner: str) -> None:
    values = ical.values(event, ZONE.key, owner)
    start, end = (moment(str(values[name])) for name in ("Start", "End"))
    starts = [ical.aware(each.dt, ZONE.key) for one in ical.every(event, "RDATE") for each in one.dts]
    if "RRULE" in event:
        zone = zones.zone(zones.read(values["StartTimeZone"]) or "UTC")
        first, last = start.astimezone(zone), end.astimezone(zone)
        series = recurring.imported(event["RRULE"], first, last.replace(tzinfo=None) - first.replace(tzinfo=None), zone)
        if series is None:
            starts, values = list(_spans(event)), {name: each for name, each in values.items() if name != "UID"}
        else:
            values["Recurrence"] = recurring.written(series)
    if "RRULE" not in event or "Recurrence" in values:
        _put(hands, values)
    for one in ical.every(event, "EXDATE"):
        for each in one.dts:
            hands.delete([_occurrence(hands, ical.aware(each.dt, ZONE.key))])
    for each in starts:
        alone = {name: value for name, value in values.items() if name not in {"UID", "Recurrence"}}
        _put(hands, alone | {"Start": stamp(each), "End": stamp(each + (end - start))})


def _put(hands: Hands, values: dict[str, Value]) -> None:
    places = order("CalendarItemType")
    written = {name: value for name, value in values.items() if name not in _NOT_WRITTEN}
    names = sorted(written, key=places.__getitem__)
    hands.create(known(CALENDAR), e("t:CalendarItem", *[_element(name, written[name]) for name in names]))


def _element(name: str, value: Value) -> Value:
    return e(f"t:{name}", text=value) if isinstance(value, str) else value


def _spans(event: Component) -> Iterator[datetime]:
    calendar = icalendar.Calendar()
    calendar.add_component(event)
    start = ical.aware(event["DTSTART"].dt, ZONE.key)
    for each in recurring_ical_events.of(calendar).between(start, start + _TWO_YEARS):
        yield ical.aware(each["DTSTART"].dt, ZONE.key)


def _override(hands: Hands, event: Component, owner: str, *, cancelled: bool) -> None:
    ref = _occurrence(hands, ical.aware(event["RECURRENCE-ID"].dt, ZONE.key))
    if cancelled:
        hands.delete([ref])
        return
    values = ical.values(event, ZONE.key, owner)
    change(hands, ref, moment(str(values["Start"])), moment(str(values["End"])))


def change(hands: Hands, ref: str, start: datetime, end: datetime) -> None:
    """Drag an event or an occurrence to another time."""
    times = {"calendar_Start": e("t:Start", text=stamp(start)), "calendar_End": e("t:End", text=stamp(end))}
    hands.update(ref, "CalendarItem", **times)


def _occurrence(hands: Hands, start: datetime) -> str:
    found = hands.viewed(known(CALENDAR), stamp(start - _DAY), stamp(start + _DAY))
    return next(ref for text, ref in found.items() if moment(text) == start)
