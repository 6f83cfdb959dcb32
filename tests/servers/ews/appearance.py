"""What Exchange computes about a calendar item when it is asked for it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from lxml import html

from tests.servers.ews.occurrences import Occurrence, identity, kept, made, series_of, span_of
from tests.servers.ews.properties import SETS
from tests.servers.ews.soap import e
from tests.servers.ews.times import moment, stamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.servers.ews.items import Item
    from tests.servers.ews.properties import Extended, Value
    from tests.servers.ews.recurring import Span
    from tests.servers.ews.soap import Element
    from tests.servers.ews.state import State

_ATTENDEES = ("RequiredAttendees", "OptionalAttendees", "Resources")
_NEVER = "4500-08-31T23:59:00Z"
"""MS-OXOCAL 2.2.1.15: the end of a series without one."""
_IS_MEETING, _RECEIVED, _CANCELLED = 1, 2, 4


def computed(state: State, item: Item, name: str) -> Value | None:
    """Return a property that is not stored, None for one that is or that the item has not."""
    return _COMPUTED[name](state, item) if name in _COMPUTED else None


def native(item: Item, key: Extended) -> str | None:
    """Return a property of MS-OXOCAL that stands for others: those by which clients find series."""
    if key.group != SETS["Appointment"] or key.name not in _NATIVE:
        return None
    return _NATIVE[key.name](item)


def _clip_end(item: Item) -> str:
    series = series_of(item)
    span = series and series.last()
    return item.text("End") if series is None else stamp(span.end) if span else _NEVER


def organizer(name: str, address: str) -> Element:
    """Return the organiser of an item."""
    mailbox = [e("t:Name", text=name), e("t:EmailAddress", text=address), e("t:RoutingType", text="SMTP")]
    return e("t:Organizer", e("t:Mailbox", *mailbox))


def _class(_: State, item: Item) -> str:
    tail = "" if not isinstance(item, Occurrence) else ".Exception" if item.changed else ".Occurrence"
    return item.text("ItemClass", "IPM.Appointment") + tail


def _type(_: State, item: Item) -> str:
    if isinstance(item, Occurrence):
        return "Exception" if item.changed else "Occurrence"
    return "Single" if series_of(item) is None else "RecurringMaster"


def _true(value: object) -> str:
    return "true" if value else "false"


def _recurring(state: State, item: Item) -> str:
    """Return whether an item is one of a series; on Exchange the master itself is not."""
    return _true(isinstance(item, Occurrence) or (state.quirks.no_expansion and series_of(item) is not None))


def meeting(item: Item) -> bool:
    """Tell whether other people have to do with an item."""
    return any(name in item.values for name in (*_ATTENDEES, "Organizer"))


def _organizer(state: State, item: Item) -> Element:
    return item.values.get("Organizer", organizer(state.name, state.address))


def _response(state: State, item: Item) -> str:
    if "MyResponseType" in item.values:
        return item.text("MyResponseType")
    return "Organizer" if meeting(item) and _mine(state, item) == "true" else "Unknown"


def _mine(state: State, item: Item) -> str:
    address = str(_organizer(state, item).findtext(".//{*}EmailAddress"))
    return _true(address.casefold() == state.address.casefold())


def _state(state: State, item: Item) -> str:
    received = meeting(item) and _mine(state, item) == "false"
    cancelled = item.text("IsCancelled") == "true"
    return str(_IS_MEETING * meeting(item) + _RECEIVED * received + _CANCELLED * cancelled)


def _duration(_: State, item: Item) -> str:
    start, end = span_of(item)
    minutes = int((end.timestamp() - start.timestamp()) // 60)
    hours, rest = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    clock = (f"{hours}H" if hours else "") + (f"{rest}M" if rest or not minutes else "")
    return "P" + (f"{days}D" if days else "") + (f"T{clock}" if clock else "")


def _due(_: State, item: Item) -> str | None:
    return item.text("Start") if item.text("ReminderIsSet") == "true" else None


def _text_body(_: State, item: Item) -> Value | None:
    body = item.values.get("Body")
    if body is None or isinstance(body, str):
        return body and e("t:TextBody", text=body, BodyType="Text")
    text = str(body.text or "")
    if body.get("BodyType") == "HTML" and text.strip():
        text = "".join(str(each) for each in html.fromstring(text).itertext())
    return e("t:TextBody", text=text, BodyType="Text")


def _recurrence_id(_: State, item: Item) -> str | None:
    return item.original if isinstance(item, Occurrence) else None


def _display(*names: str) -> Callable[[State, Item], str]:
    def joined(_: State, item: Item) -> str:
        lists = [item.values[name] for name in names if name in item.values]
        return "; ".join(str(each.text) for one in lists for each in one.iterfind(".//{*}Name"))  # type: ignore[union-attr]  # elements

    return joined


def _occurrence(element: str, item: Item, span: Span) -> Element:
    key = stamp(span.start)
    shown = kept(item, key) if key in item.exceptions else made(item, span)
    return e(
        f"t:{element}",
        e("t:ItemId", Id=identity(item.id, span.start), ChangeKey=shown.key),
        e("t:Start", text=shown.text("Start")),
        e("t:End", text=shown.text("End")),
        e("t:OriginalStart", text=key),
    )


def _first(_: State, item: Item) -> Value | None:
    series = series_of(item)
    span = series and series.numbered(1)
    return span and _occurrence("FirstOccurrence", item, span)


def _last(_: State, item: Item) -> Value | None:
    series = series_of(item)
    span = series and series.last()
    return span and _occurrence("LastOccurrence", item, span)


def _modified(_: State, item: Item) -> Value | None:
    series = series_of(item)
    if series is None or not item.exceptions:
        return None
    later = moment(max(item.exceptions)) + timedelta(seconds=1)
    found = [each for each in series.until_moment(later) if stamp(each.start) in item.exceptions]
    return e("t:ModifiedOccurrences", *[_occurrence("Occurrence", item, each) for each in found])


def _deleted(_: State, item: Item) -> Value | None:
    if not item.removed:
        return None
    starts = [e("t:DeletedOccurrence", e("t:Start", text=each)) for each in sorted(item.removed)]
    return e("t:DeletedOccurrences", *starts)


_COMPUTED: dict[str, Callable[[State, Item], Value | None]] = {
    "ItemClass": _class,
    "CalendarItemType": _type,
    "IsRecurring": _recurring,
    "IsMeeting": lambda _, item: _true(meeting(item)),
    "IsCancelled": lambda _, item: item.text("IsCancelled", "false"),
    "IsOrganizer": _mine,
    "MeetingRequestWasSent": lambda _, item: item.text("MeetingRequestWasSent", "false"),
    "IsResponseRequested": lambda _, item: item.text("IsResponseRequested", "true"),
    "Organizer": _organizer,
    "MyResponseType": _response,
    "AppointmentState": _state,
    "AppointmentSequenceNumber": lambda _, item: item.text("AppointmentSequenceNumber", "0"),
    "Duration": _duration,
    "DateTimeStamp": lambda _, item: stamp(item.modified),
    "DateTimeReceived": lambda _, item: stamp(item.created),
    "DateTimeSent": lambda _, item: stamp(item.created),
    "IsDraft": lambda _, item: item.text("IsDraft", "false"),
    "ReminderDueBy": _due,
    "ReminderNextTime": _due,
    "TextBody": _text_body,
    "DisplayTo": _display("RequiredAttendees"),
    "DisplayCc": _display("OptionalAttendees"),
    "RecurrenceId": _recurrence_id,
    "OriginalStart": _recurrence_id,
    "FirstOccurrence": _first,
    "LastOccurrence": _last,
    "ModifiedOccurrences": _modified,
    "DeletedOccurrences": _deleted,
}
"""A lambda each where there is only something to read."""
_NATIVE: dict[str, Callable[[Item], str]] = {
    f"#{0x820D}": lambda item: item.text("Start"),
    f"#{0x820E}": lambda item: item.text("End"),
    f"#{0x8223}": lambda item: _true(series_of(item) is not None),
    f"#{0x8235}": lambda item: item.text("Start"),
    f"#{0x8236}": _clip_end,
}
"""PidLidAppointmentStartWhole, PidLidAppointmentEndWhole, PidLidRecurring, PidLidClipStart and PidLidClipEnd."""
