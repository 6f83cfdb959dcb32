"""The occurrences of series: computed from their masters, found by their ids, and seen through a CalendarView."""

from __future__ import annotations

import base64
import copy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests.servers.ews import recurring, zones
from tests.servers.ews.items import NOT_FOUND, Item
from tests.servers.ews.soap import EwsError
from tests.servers.ews.times import moment, stamp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from tests.servers.ews.recurring import Series, Span
    from tests.servers.ews.soap import Element
    from tests.servers.ews.state import State

_MARK = b"\x01\x51"
_STAMP = "%Y%m%d%H%M%S"
_STAMPED = 14
_OF_THE_SERIES = ("Recurrence", "RecurrenceId")


@dataclass
class Occurrence(Item):
    """One occurrence. A changed one is kept in its master's `exceptions`; others exist only while they are looked at.

    Args:
        master: id of the series.
        original: when the rule has it start.
        changed: whether it is an exception.
    """

    master: str = ""
    original: str = ""
    changed: bool = False


def zone_of(item: Item) -> ZoneInfo:
    """Return the zone that an item lives in."""
    value = item.values.get("StartTimeZone")
    return zones.zone("UTC" if value is None or isinstance(value, str) else str(value.get("Id")))


def span_of(item: Item) -> tuple[datetime, datetime]:
    """Return start and end of an item in its zone."""
    zone = zone_of(item)
    return moment(item.text("Start")).astimezone(zone), moment(item.text("End")).astimezone(zone)


def series_of(item: Item) -> Series | None:
    """Return the series that an item is the master of, None for others."""
    recurrence = item.values.get("Recurrence")
    if recurrence is None or isinstance(recurrence, str):
        return None
    start, end = span_of(item)
    return recurring.read(recurrence, start, end.replace(tzinfo=None) - start.replace(tzinfo=None))


def occurring(items: Iterator[Item], low: datetime, high: datetime) -> list[Item]:
    """Return singles, occurrences and exceptions that are within a time, by their starts.

    One that ends at `low` is among them: Microsoft's reference leaves out what ends before.
    """
    found: list[Item] = []
    for item in items:
        series = series_of(item)
        found += [item] if series is None else expanded(item, series, low, high)
    return sorted((each for each in found if _within(each, low, high)), key=lambda each: each.text("Start"))


def _within(item: Item, low: datetime, high: datetime) -> bool:
    start, end = span_of(item)
    return start < high and end >= low


def expanded(master: Item, series: Series, low: datetime, high: datetime) -> Iterator[Item]:
    """Yield the occurrences of a series around a time, and all its exceptions."""
    day = timedelta(days=1)
    for span in series.spans(low - day, high + day):
        key = stamp(span.start)
        if key not in master.exceptions and key not in master.removed:
            yield made(master, span)
    for key in list(master.exceptions):
        yield kept(master, key)


def kept(master: Item, key: str) -> Item:
    """Return an exception, where its master now is: a series that was moved has other ids."""
    found = master.exceptions[key]
    found.id, found.folder = identity(master.id, moment(key)), master.folder
    return found


def made(master: Item, span: Span) -> Occurrence:
    """Return an occurrence as the rule has it."""
    key = stamp(span.start)
    values = {name: copy.copy(value) for name, value in master.values.items() if name not in _OF_THE_SERIES}
    values |= {"Start": key, "End": stamp(span.end)}
    return Occurrence(
        identity(master.id, span.start), master.folder, master.kind, master.created, master.modified, master.change,
        values, dict(master.extended), None, master.entered, master.edited, master=master.id, original=key,
    )  # fmt: skip


def identity(master: str, start: datetime) -> str:
    """Return the id of an occurrence by its original start."""
    tail = _MARK + start.astimezone(UTC).strftime(_STAMP).encode("ascii")
    return base64.b64encode(base64.b64decode(master) + tail).decode("ascii")


class Occurrences:
    """Finds occurrences by the ways in which requests name them.

    Args:
        state: the mailbox.
    """

    def __init__(self, state: State) -> None:
        self._items = state.items
        state.items.virtual.append(self.find)
        state.items.locators["OccurrenceItemId"] = self._numbered
        state.items.locators["RecurringMasterItemId"] = self._master

    def find(self, ref: str) -> Occurrence | None:
        """Return an occurrence by its id, None when it is no such id or there is none."""
        parts = _parts(ref)
        return None if parts is None else self.of(self._items.get(parts[0]), parts[1])

    def of(self, master: Item, original: datetime) -> Occurrence | None:
        """Return the occurrence of a series that the rule has at a moment, unless it was deleted."""
        key, series = stamp(original), series_of(master)
        if series is None or key in master.removed:
            return None
        if key in master.exceptions:
            found = kept(master, key)
            assert isinstance(found, Occurrence)
            found.master = master.id
            return found
        end = original + timedelta(seconds=1)
        return next((made(master, each) for each in series.spans(original, end) if stamp(each.start) == key), None)

    def _numbered(self, element: Element) -> Item:
        master = self._items.get(element.get("RecurringMasterId"))
        series = series_of(master)
        if series is None:
            text = "The supplied ID does not refer to a recurring master."
            raise EwsError("ErrorCalendarCannotUseIdForRecurringMasterId", text)
        span = series.numbered(int(element.get("InstanceIndex")))
        if span is None:
            text = "Occurrence index is out of recurrence range."
            raise EwsError("ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange", text)
        found = self.of(master, span.start)
        if found is None:
            text = "Occurrence with this index was previously deleted from the recurrence."
            raise EwsError("ErrorCalendarOccurrenceIsDeletedFromRecurrence", text)
        return found

    def _master(self, element: Element) -> Item:
        found = self._items.get(element.get("OccurrenceId"))
        if not isinstance(found, Occurrence):
            text = "The supplied ID does not refer to an occurrence."
            raise EwsError("ErrorCalendarCannotUseIdForOccurrenceId", text)
        return self._items.get(found.master)

    def master(self, occurrence: Occurrence) -> Item:
        """Return the master of an occurrence."""
        return self._items.get(occurrence.master)

    def keep(self, occurrence: Occurrence) -> None:
        """Make an occurrence that was changed an exception of its series, if Exchange allows where it now is."""
        master = self.master(occurrence)
        self._refuse_crossing(master, occurrence)
        occurrence.changed = True
        master.exceptions[occurrence.original] = occurrence
        self._items.touch(master)

    def drop(self, occurrence: Occurrence) -> None:
        """Delete one occurrence from its series."""
        master = self.master(occurrence)
        master.exceptions.pop(occurrence.original, None)
        master.removed.add(occurrence.original)
        self._items.touch(master)

    def _refuse_crossing(self, master: Item, occurrence: Occurrence) -> None:
        """Refuse an occurrence that skips over its neighbours or overlaps them (MS-OXOCAL 2.2.1.44)."""
        original, series = moment(occurrence.original), series_of(master)
        if series is None:
            raise EwsError("ErrorItemNotFound", NOT_FOUND)
        start, end = span_of(occurrence)
        around = series.until_moment(original + timedelta(days=400))
        others = [self.of(master, each.start) for each in around if stamp(each.start) != occurrence.original]
        for each in (one for one in others if one is not None):
            other, over = span_of(each)
            before = moment(each.original) < original
            if (before and start < over) or (not before and end > other):
                text = "Modified occurrence is crossing or overlapping adjacent occurrence."
                raise EwsError("ErrorOccurrenceCrossingBoundary", text)


def _parts(ref: str) -> tuple[str, datetime] | None:
    try:
        raw = base64.b64decode(ref, validate=True)
        head, tail = raw[:-_STAMPED], raw[-_STAMPED:]
        start = datetime.strptime(tail.decode("ascii"), _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
    return (base64.b64encode(head[: -len(_MARK)]).decode("ascii"), start) if head.endswith(_MARK) else None
