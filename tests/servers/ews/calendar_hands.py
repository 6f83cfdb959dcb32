"""The user's own hands on the calendar, and what other people's invitations put there."""

from __future__ import annotations

import html
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import icalendar
import recurring_ical_events

from tests.servers.ews import ical, recurring, zones
from tests.servers.ews.occurrences import Occurrence, identity, series_of, span_of, zone_of
from tests.servers.ews.soap import e
from tests.servers.ews.times import stamp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from tests.servers.ews.calendar import Calendars
    from tests.servers.ews.ical import Component
    from tests.servers.ews.items import Item
    from tests.servers.ews.properties import Value
    from tests.servers.ews.recurring import Series
    from tests.servers.ews.state import State

_AHEAD = timedelta(days=730)


class CalendarHands:
    """What the user does in Outlook. Folders are named by their ids, events by their ItemIds.

    Args:
        state: the mailbox.
        calendars: its calendar half.
        zone: the user's, IANA.
    """

    def __init__(self, state: State, calendars: Calendars, zone: str = "Europe/Berlin") -> None:
        self._state, self._calendars, self._kind, self.zone = state, calendars, calendars.kind, zone

    @property
    def main(self) -> str:
        """Return the id of the user's own calendar."""
        return self._state.folders.named("calendar").id

    def add_calendar(self, name: str) -> str:
        """Make one calendar more below the user's own; return its id."""
        with self._state.lock:
            return self._state.folders.add(name, self.main, "IPF.Appointment").id

    def add_events(self, ics: bytes, folder: str | None = None) -> list[str]:
        """Import a calendar file; return the ids of singles and series.

        Exchange has no RDATE and not every RRULE: such occurrences become items of their own.
        """
        with self._state.lock:
            masters: dict[str, Item] = {}
            made: list[Item] = []
            for each in ical.events(ics):
                uid = str(each["UID"])
                if "RECURRENCE-ID" in each and uid in masters:
                    self._override(masters[uid], each)
                    continue
                masters[uid], *rest = self._imported(each, folder or self.main)
                made += [masters[uid], *rest]
            return [each.id for each in made]

    def _imported(self, component: Component, folder: str) -> list[Item]:
        values = ical.values(component, self.zone, self._state.address)
        rule = component.get("RRULE")
        series = rule and self._series(rule, values)
        if rule and series is None:
            starts = list(self._spans(component))
        else:
            starts = [ical.aware(each.dt, self.zone) for one in ical.every(component, "RDATE") for each in one.dts]
        made = [] if rule and series is None else [self.put(values, folder, series or None)]
        if made:
            dates = [each.dt for one in ical.every(component, "EXDATE") for each in one.dts]
            made[0].removed |= {stamp(ical.aware(each, self.zone)) for each in dates}
        length = _span(values)[1] - _span(values)[0]
        again = [values | {"Start": stamp(each), "End": stamp(each + length)} for each in starts]
        return [*made, *[self.put({k: v for k, v in one.items() if k != "UID"}, folder) for one in again]]

    def _series(self, rule: icalendar.vRecur, values: dict[str, Value]) -> Series | None:
        zone = _zone(values)
        start, end = (each.astimezone(zone) for each in _span(values))
        return recurring.imported(rule, start, end.replace(tzinfo=None) - start.replace(tzinfo=None), zone)

    def _spans(self, component: Component) -> Iterator[datetime]:
        calendar = icalendar.Calendar()
        calendar.add_component(component)
        start = ical.aware(component["DTSTART"].dt, self.zone)
        for each in recurring_ical_events.of(calendar).between(start, start + _AHEAD):
            yield ical.aware(each["DTSTART"].dt, self.zone)

    def put(self, values: dict[str, Value], folder: str | None = None, series: Series | None = None) -> Item:
        """Have an item with these properties, by the names of their elements."""
        with self._state.lock:
            item = self._state.items.add("CalendarItem", folder or self.main)
            item.values |= values
            if series is not None:
                item.values["Recurrence"] = recurring.written(series)
            self._kind.complete(item)
            self._state.items.touch(item)
            item.entered = item.edited = item.change
            return item

    def _override(self, master: Item, component: Component) -> None:
        original = ical.aware(component["RECURRENCE-ID"].dt, self.zone)
        key = stamp(original)
        values = ical.values(component, self.zone, self._state.address)
        ids = (identity(master.id, original), master.folder, master.kind)
        change = self._state.ids.change()
        made = Occurrence(*ids, master.created, master.modified, change, values, dict(master.extended))
        made.master, made.original, made.changed = master.id, key, True
        self._kind.complete(made)
        master.exceptions[key] = made
        self._state.items.touch(master)

    # What the user does to one event.

    def _change(self, id_: str, values: dict[str, Value]) -> None:
        item = self._state.items.get(id_)
        item.values |= values
        if {"Start", "End"} & values.keys():
            item.exceptions, item.removed = {}, set()
        self._kind.complete(item)
        if isinstance(item, Occurrence):
            self._kind.occurrences.keep(item)
        self._state.items.touch(item)

    def edit(self, id_: str, **values: Value) -> None:
        """Change properties, by the names of their elements; of a series' occurrence makes an exception."""
        with self._state.lock:
            self._change(id_, values)

    def move(self, id_: str, start: datetime) -> None:
        """Drag an event to another start, its length kept."""
        with self._state.lock:
            item = self._state.items.get(id_)
            before, end = span_of(item)
            values: dict[str, Value] = {"Start": stamp(start), "End": stamp(start + (end - before))}
            series = series_of(item)
            if series is not None:
                local = start.astimezone(zone_of(item))
                values["Recurrence"] = recurring.written(series._replace(start=local))
            self._change(id_, values)

    def rename(self, id_: str, title: str) -> None:
        """Change the title of an event."""
        self.edit(id_, Subject=title)

    def annotate(self, id_: str, text: str) -> None:
        """Write a description as Outlook does, in HTML."""
        page = f"<html><body><p>{html.escape(text)}</p></body></html>"
        self.edit(id_, Body=e("t:Body", text=page, BodyType="HTML"))

    def cancel(self, id_: str) -> None:
        """Mark an event as cancelled, as the organiser's cancellation does; it stays on the calendar."""
        self.edit(id_, IsCancelled="true", LegacyFreeBusyStatus="Free")

    def delete(self, id_: str, *, for_good: bool = False) -> None:
        """Delete an event or one occurrence; an event goes to Deleted Items unless it is deleted for good."""
        with self._state.lock:
            item = self._state.items.get(id_)
            if isinstance(item, Occurrence):
                self._kind.occurrences.drop(item)
            elif for_good:
                self._state.items.remove(item)
            else:
                self._state.items.move(item, self._state.folders.named("deleteditems").id)

    def restore(self, id_: str) -> str:
        """Take the event that had an id back out of Deleted Items; return its new id."""
        with self._state.lock:
            item = self._state.items.get(id_)
            return self._state.items.move(item, self.main).id

    def living(self, folder: str | None = None) -> list[Item]:
        """Return the events of a calendar, a series as one."""
        with self._state.lock:
            return list(self._state.items.inside(folder or self.main))

    def occurrences(self, low: datetime, high: datetime, folder: str | None = None) -> list[Item]:
        """Return what the user sees of a calendar within a time."""
        with self._state.lock:
            return self._calendars.within(folder or self.main, low, high)


def _span(values: dict[str, Value]) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(str(values["Start"])), datetime.fromisoformat(str(values["End"]))


def _zone(values: dict[str, Value]) -> ZoneInfo:
    return zones.zone(zones.read(values["StartTimeZone"]) or "UTC")
