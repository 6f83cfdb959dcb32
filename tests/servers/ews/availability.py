"""GetUserAvailability: when somebody is busy."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tests.servers.ews import zones
from tests.servers.ews.appearance import meeting
from tests.servers.ews.occurrences import Occurrence, occurring, span_of
from tests.servers.ews.soap import EwsError, e
from tests.servers.ews.times import moment

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from tests.servers.ews.calls import Handler
    from tests.servers.ews.items import Item
    from tests.servers.ews.soap import Call, Element
    from tests.servers.ews.state import State

_CODES = {"Free": 0, "Tentative": 1, "Busy": 2, "OOF": 3, "NoData": 4, "WorkingElsewhere": 4}
_WIDEST = timedelta(days=62)
_LEAST, _MOST = 5, 1440


class Availability:
    """Answers when the user is busy; of everybody else nothing is known.

    Args:
        state: the mailbox.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    def handlers(self) -> dict[str, Handler]:
        """Return what answers each operation."""
        return {"GetUserAvailabilityRequest": self._get, "GetUserAvailability": self._get}

    def _get(self, call: Call) -> Element:
        options = call.find("t:FreeBusyViewOptions")
        if options is None:
            raise EwsError("ErrorInvalidFreeBusyViewType", "A free/busy view is required.")
        people = [str(each.text) for each in call.body.iterfind(".//{*}MailboxData/{*}Email/{*}Address")]
        answers = [self._person(each, options, self._zone(call)) for each in people]
        return e("m:GetUserAvailabilityResponse", e("m:FreeBusyResponseArray", *answers))

    def _zone(self, call: Call) -> ZoneInfo:
        given = call.find("t:TimeZone")
        if given is not None:
            return zones.serializable(given)
        header = call.headers.get("TimeZoneContext")
        if header is None:
            raise EwsError("ErrorTimeZone", "The time zone is missing.")
        return zones.zone(zones.read(header[0]) or "UTC")

    def _person(self, address: str, options: Element, zone: ZoneInfo) -> Element:
        try:
            view = self._view(address, options, zone)
        except EwsError as error:
            parts = [e("m:MessageText", text=error.text), e("m:ResponseCode", text=error.code)]
            message = e("m:ResponseMessage", *parts, e("m:DescriptiveLinkKey", text="0"), ResponseClass="Error")
            return e("m:FreeBusyResponse", message, e("m:FreeBusyView", e("t:FreeBusyViewType", text="None")))
        message = e("m:ResponseMessage", e("m:ResponseCode", text="NoError"), ResponseClass="Success")
        return e("m:FreeBusyResponse", message, view)

    def _view(self, address: str, options: Element, zone: ZoneInfo) -> Element:
        if address.casefold() != self._state.address.casefold():
            text = "Unable to resolve e-mail address to an Active Directory object."
            raise EwsError("ErrorMailRecipientNotFound", text)
        low, high = (_local(str(options.findtext(f".//{{*}}{name}")), zone) for name in ("StartTime", "EndTime"))
        if high <= low:
            raise EwsError("ErrorInvalidTimeInterval", "The end time is not later than the start time.")
        if high - low > _WIDEST:
            raise EwsError("ErrorTimeIntervalTooBig", "The requested time interval is too big.")
        kind = str(options.findtext("{*}RequestedView") or "Detailed")
        folder = self._state.folders.named("calendar").id
        inside = (each for each in self._state.items.inside(folder) if each.kind == "CalendarItem")
        found = [each for each in occurring(inside, low, high) if moment(each.text("End")) > low]
        made = e("m:FreeBusyView", e("t:FreeBusyViewType", text=kind))
        if "Merged" in kind:
            made.append(e("t:MergedFreeBusy", text=_merged(found, low, high, options)))
        if kind != "MergedOnly":
            events = [_event(each, zone, detailed=kind.startswith("Detailed")) for each in found]
            made.append(e("t:CalendarEventArray", *events))
        return made


def _local(text: str, zone: ZoneInfo) -> datetime:
    value = datetime.fromisoformat(text)
    return value.astimezone(zone) if value.tzinfo else value.replace(tzinfo=zone)


def _merged(found: list[Item], low: datetime, high: datetime, options: Element) -> str:
    minutes = int(options.findtext("{*}MergedFreeBusyIntervalInMinutes") or 30)
    if not _LEAST <= minutes <= _MOST:
        raise EwsError("ErrorInvalidMergedFreeBusyInterval", "The interval is out of range.")
    step, digits, at = timedelta(minutes=minutes), "", low
    while at < high:
        codes = [_code(each) for each in found if span_of(each)[0] < at + step and span_of(each)[1] > at]
        digits += str(max(codes, default=0))
        at = (at.astimezone(zones.zone("UTC")) + step).astimezone(low.tzinfo)
    return digits


def _code(item: Item) -> int:
    return _CODES[item.text("LegacyFreeBusyStatus", "Busy")]


def _event(item: Item, zone: ZoneInfo, *, detailed: bool) -> Element:
    """Return an event; its times are local in the zone of the request, without an offset."""
    start, end = (each.astimezone(zone).replace(tzinfo=None).isoformat() for each in span_of(item))
    busy = e("t:BusyType", text=item.text("LegacyFreeBusyStatus", "Busy"))
    made = e("t:CalendarEvent", e("t:StartTime", text=start), e("t:EndTime", text=end), busy)
    if detailed:
        made.append(_details(item))
    return made


def _details(item: Item) -> Element:
    flags = {
        "IsMeeting": meeting(item),
        "IsRecurring": isinstance(item, Occurrence),
        "IsException": isinstance(item, Occurrence) and item.changed,
        "IsReminderSet": item.text("ReminderIsSet") == "true",
        "IsPrivate": item.text("Sensitivity") in {"Private", "Personal", "Confidential"},
    }
    texts = [e("t:ID", text=item.id), e("t:Subject", text=item.text("Subject"))]
    texts.append(e("t:Location", text=item.text("Location")))
    shown = [e(f"t:{name}", text=str(bool(value)).lower()) for name, value in flags.items()]
    return e("t:CalendarEventDetails", *texts, *shown)
