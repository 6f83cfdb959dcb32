"""Calendar items: their times, series and defaults, and what Exchange refuses about them."""

from __future__ import annotations

import secrets
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from tests.servers.ews import ical, recurring, zones
from tests.servers.ews.appearance import computed, native
from tests.servers.ews.kinds import Kind
from tests.servers.ews.occurrences import Occurrence, Occurrences, occurring, series_of, span_of, zone_of
from tests.servers.ews.soap import EwsError, local
from tests.servers.ews.times import moment, stamp

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet
    from zoneinfo import ZoneInfo

    from tests.servers.ews.calls import Handler
    from tests.servers.ews.folders import Folder
    from tests.servers.ews.items import Item
    from tests.servers.ews.properties import Extended, Path, Value
    from tests.servers.ews.soap import Call, Element
    from tests.servers.ews.state import State

_COMPUTED = {
    "RecurrenceId", "DateTimeStamp", "OriginalStart", "IsMeeting", "IsCancelled", "IsRecurring", "CalendarItemType",
    "MeetingRequestWasSent", "MyResponseType", "Organizer", "Duration", "TimeZone", "AppointmentReplyTime",
    "AppointmentSequenceNumber", "AppointmentState", "FirstOccurrence", "LastOccurrence", "ModifiedOccurrences",
    "DeletedOccurrences", "ConflictingMeetingCount", "AdjacentMeetingCount", "ConflictingMeetings", "AdjacentMeetings",
    "IsOnlineMeeting", "IsOrganizer",
}  # fmt: skip
_ZONES = ("StartTimeZone", "EndTimeZone", "MeetingTimeZone")
_ATTENDEES = ("RequiredAttendees", "OptionalAttendees", "Resources")
_TIMES = {"Start", "End", "IsAllDayEvent", "Recurrence", *_ZONES}
_NOT_IN_OCCURRENCES = {"Recurrence", "UID"}
_LONGEST = timedelta(days=5 * 366)
_WIDEST = timedelta(days=2 * 366)
_DAY = timedelta(days=1)
_NEW_UID = "040000008200E00074C5B7101A82E008"


class CalendarItems(Kind):
    """Appointments, meetings and series. Occurrences are items too, but nobody stores them unless they are changed."""

    home = "calendar"
    default_shape = (
        "ItemId", "Subject", "HasAttachments", "ResponseObjects", "Start", "End", "LegacyFreeBusyStatus", "Location",
        "CalendarItemType", "Organizer",
    )  # fmt: skip
    find_only = frozenset(
        {"MimeContent", "Body", "TextBody", "UniqueBody", "NormalizedBody", "Attachments", "InternetMessageHeaders",
         "Recurrence", "FirstOccurrence", "LastOccurrence", "ModifiedOccurrences", "DeletedOccurrences",
         "MeetingTimeZone", *_ATTENDEES}
    )  # fmt: skip

    def __init__(self, state: State) -> None:
        super().__init__(state, "CalendarItem", "CalendarItemType", "IPM.Appointment")
        self.occurrences = Occurrences(state)

    # Requests.

    def create(self, item: Item, given: Element, call: Call) -> None:
        """Fill a new item; one with attendees that is sent to them is noted as sent."""
        if not self.state.folders.all[item.folder].kind.startswith("IPF.Appointment"):
            raise EwsError("ErrorCannotCreateCalendarItemInNonCalendarFolder", "Not a calendar folder.")
        self._refuse_silence(call, "SendMeetingInvitations")
        mime = given.find("{*}MimeContent")
        if mime is not None:
            super().set(item, mime)
            ical.fill(item, item.raw or b"", self.state)
        for each in given:
            if local(each) != "MimeContent":
                self.set(item, each)
        self.complete(item, call)
        self._note_sent(item, call, "SendMeetingInvitations")

    def set(self, item: Item, element: Element) -> None:
        """Set a property, unless Exchange computes it."""
        name = local(element)
        taken = name == "UID" and "UID" in item.values
        if name in _COMPUTED or taken or (isinstance(item, Occurrence) and name in _NOT_IN_OCCURRENCES):
            raise EwsError("ErrorInvalidPropertySet", f"Set action is invalid for property calendar:{name}.")
        super().set(item, element)

    def unset(self, item: Item, path: Path) -> None:
        """Delete a property, unless an item cannot be without it."""
        if path.name in _COMPUTED | {"Start", "End", "UID"}:
            raise EwsError("ErrorInvalidPropertyDelete", "Delete action is not supported for this property.")
        super().unset(item, path)

    def updated(self, item: Item, names: AbstractSet[str], call: Call) -> None:
        """Complete an item that was changed. A series whose times change loses its exceptions."""
        self._refuse_silence(call, "SendMeetingInvitationsOrCancellations")
        if names & _TIMES:
            item.exceptions, item.removed = {}, set()
        self.complete(item, call, changed=names)
        if isinstance(item, Occurrence):
            self.occurrences.keep(item)
        self._note_sent(item, call, "SendMeetingInvitationsOrCancellations")

    def deleted(self, item: Item, call: Call) -> None:
        """Note what a deletion would send."""
        self._refuse_silence(call, "SendMeetingCancellations")
        self._note_sent(item, call, "SendMeetingCancellations")

    def _refuse_silence(self, call: Call, name: str) -> None:
        if call.body.get(name) is None:
            raise EwsError(f"Error{name}Required", f"{name} attribute is required for calendar items.")

    def _note_sent(self, item: Item, call: Call, name: str) -> None:
        if call.body.get(name) != "SendToNone" and any(each in item.values for each in _ATTENDEES):
            self.state.sent.append(f"{call.operation}: {item.text('Subject')}")

    # What an item is after a change.

    def complete(self, item: Item, call: Call | None = None, changed: AbstractSet[str] | None = None) -> None:
        """Bring times, zones and defaults of an item into Exchange's form, or refuse it."""
        self._zone(item, call)
        zone = self._context(item, call)
        for name in ("Start", "End"):
            if name not in item.values:
                raise EwsError("ErrorRequiredPropertyMissing", "Required property is missing.")
            item.values[name] = stamp(_instant(item.text(name), zone))
        self._order(item)
        if item.text("IsAllDayEvent") in {"true", "1"}:
            _round(item)
        if changed is None or changed & _TIMES:
            self._settle(item)
        self._defaults(item)

    def _zone(self, item: Item, call: Call | None) -> None:
        names = [zones.read(value) for name in _ZONES if not isinstance(value := item.values.get(name, ""), str)]
        header = None if call is None else call.headers.get("TimeZoneContext")
        default = "UTC" if header is None else zones.read(header[0])
        name = next((each for each in names if each), None) or default or "UTC"
        end = item.values.get("EndTimeZone", "")
        last = name if isinstance(end, str) else zones.read(end) or name
        for each, one in (("StartTimeZone", name), ("EndTimeZone", last)):
            item.values[each] = zones.definition(one, f"t:{each}", full=False)
        item.values.pop("MeetingTimeZone", None)

    def _context(self, item: Item, call: Call | None) -> ZoneInfo:
        """Return the zone that times without one are in."""
        header = None if call is None else call.headers.get("TimeZoneContext")
        return zone_of(item) if header is None else zones.zone(zones.read(header[0]) or "UTC")

    def _order(self, item: Item) -> None:
        start, end = span_of(item)
        if end.timestamp() < start.timestamp():  # two times of one zone compare by the wall clock
            text = "EndDate is earlier than StartDate"
            raise EwsError("ErrorCalendarEndDateIsEarlierThanStartDate", text)
        if end - start > _LONGEST:
            raise EwsError("ErrorCalendarDurationIsTooLong", "Duration of the calendar item exceeds the maximum.")

    def _settle(self, item: Item) -> None:
        """Move a series to its first occurrence."""
        series = series_of(item)
        if series is not None:
            end = series.start.replace(tzinfo=None) + series.length
            item.values |= {"Start": stamp(series.start), "End": stamp(end.replace(tzinfo=series.start.tzinfo))}
            item.values["Recurrence"] = recurring.written(series)

    def _defaults(self, item: Item) -> None:
        given = item.values
        body = given.get("Body")
        if body is not None and not isinstance(body, str):
            body.text = "\r\n".join(str(body.text or "").splitlines())
        given.setdefault("IsAllDayEvent", "false")
        given.setdefault("LegacyFreeBusyStatus", "Busy")
        given.setdefault("UID", _NEW_UID + "00000000" + secrets.token_hex(20).upper())
        given.setdefault("ReminderIsSet", "true")
        given.setdefault("ReminderMinutesBeforeStart", "15")

    # Answers.

    def value(self, item: Item, name: str) -> Value | None:
        """Return a property; many of a calendar item are computed."""
        if name in _ZONES[:2] and name not in item.values:
            return None
        found = computed(self.state, item, name)
        return super().value(item, name) if found is None else found

    def extended(self, item: Item, key: Extended) -> str | list[str] | None:
        """Return an extended property; some are those of Outlook."""
        found = native(item, key)
        return super().extended(item, key) if found is None else found

    def mime(self, item: Item) -> bytes | None:
        """Return the item as a calendar file; a series with its exceptions."""
        return ical.written(item)

    def compared(self, item: Item, path: Path) -> Value | None:
        """Return what restrictions see; Exchange cannot search for some properties."""
        if path.name in {"UID", *_ATTENDEES, "Recurrence", *_ZONES} and not path.extended:
            text = "The property can not be used with this type of restriction."
            raise EwsError("ErrorUnsupportedPathForQuery", text)
        return super().compared(item, path)

    def _shown(self, name: str, value: Value, asked: list[Path], *, found: bool) -> Element:
        made = super()._shown(name, value, asked, found=found)
        if found and name == "Organizer":
            for each in list(made[0])[1:]:
                made[0].remove(each)
        return made


def _instant(text: str, zone: ZoneInfo) -> datetime:
    made = datetime.fromisoformat(text)
    return made.replace(tzinfo=zone) if made.tzinfo is None else moment(text)


def _round(item: Item) -> None:
    """Push an all-day event to midnights of its zone, and to one day at least."""
    item.values["IsAllDayEvent"] = "true"
    start, end = span_of(item)
    zone = start.tzinfo
    first = start.date()
    last = end.date() if end.time() == time() else end.date() + _DAY
    last = max(last, first + _DAY)
    item.values["Start"] = stamp(datetime.combine(first, time(), zone))
    item.values["End"] = stamp(datetime.combine(last, time(), zone))


class Calendars:
    """The calendar half of the mailbox, as the server has it among its parts.

    Args:
        state: the mailbox.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self.kind = CalendarItems(state)
        state.kinds["CalendarItem"] = self.kind
        state.finding.views["CalendarView"] = self._view
        state.storing.deleting = self._deleting

    def handlers(self) -> dict[str, Handler]:
        """Return what answers operations of its own: none, its items are answered as all are."""
        return {}

    def _deleting(self, item: Item, _: Call) -> bool:
        if isinstance(item, Occurrence):
            self.kind.occurrences.drop(item)
            return True
        return False

    def _view(self, folder: Folder, view: Element, call: Call) -> list[Item]:
        if call.find("m:Restriction") is not None or call.find("m:SortOrder") is not None:
            text = "Restrictions and sort order may not be specified for a CalendarView."
            raise EwsError("ErrorInvalidRequest", text)
        if folder.element != "CalendarFolder":
            text = "The folder is not a calendar folder."
            raise EwsError("ErrorCalendarFolderIsInvalidForCalendarView", text)
        low, high = (_instant(view.get(name), zones.zone("UTC")) for name in ("StartDate", "EndDate"))
        if high < low:
            raise EwsError("ErrorCalendarEndDateIsEarlierThanStartDate", "EndDate is earlier than StartDate")
        if high - low > _WIDEST:
            raise EwsError("ErrorCalendarViewRangeTooBig", "The specified view range exceeds the maximum of two years.")
        return self.within(folder.id, low, high)

    def within(self, folder: str, low: datetime, high: datetime) -> list[Item]:
        """Return what a folder has within a time, occurrences one by one, where the server expands them."""
        inside = [each for each in self._state.items.inside(folder) if each.kind == "CalendarItem"]
        if not self._state.quirks.no_expansion:
            return occurring(iter(inside), low, high)
        series = [each for each in inside if series_of(each) is not None and self._reaches(each, low, high)]
        singles = occurring(iter(each for each in inside if series_of(each) is None), low, high)
        return sorted([*singles, *series], key=lambda each: each.text("Start"))

    def _reaches(self, master: Item, low: datetime, high: datetime) -> bool:
        start, end = span_of(master)
        return start < high and (not self._state.quirks.only_first or end >= low)
