"""An event as JSON, and where events are found."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from tests.servers.ews.occurrences import Occurrence, series_of
from tests.servers.ews.times import moment, stamp
from tests.servers.ews.zones import read as zone_named
from tests.servers.graph import attending, describing, entities, extended, filters, ids, repeating, zoned
from tests.servers.graph.calls import Call, GraphError
from tests.servers.graph.mail import categories

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.servers.ews.calendar import CalendarItems
    from tests.servers.ews.items import Item
    from tests.servers.graph.odata import Query
    from tests.servers.graph.state import State

    Look = Callable[[State, Item, Call], object]

TRANSACTION = "_Transaction"
"""The value of an item that keeps the transactionId it was made with."""
_MORE = ("cancelledOccurrences",)
_TYPES = {
    "Single": "singleInstance",
    "Occurrence": "occurrence",
    "Exception": "exception",
    "RecurringMaster": "seriesMaster",
}
_SHOWN_AS = {"NoData": "unknown", "OOF": "oof", "WorkingElsewhere": "workingElsewhere"}
SHOW_AS = {name.lower(): name for name in ("Free", "Tentative", "Busy", "OOF")}
SHOW_AS |= {"workingElsewhere": "WorkingElsewhere", "unknown": "NoData"}
_OWN_UID = "040000008200E00074C5B7101A82E008"
_GONE = "The specified object was not found in the store."


class Events:
    """The events of the user, whatever calendar they are in.

    Args:
        state: the mailbox.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self.shape = entities.Shape("event", _FIELDS, self._look, more=_MORE, held=self._extended)

    def found(self, call: Call, *, edit: bool = False) -> Item:
        """Return the event that a request names: by its immutable id also from Deleted Items, as any item is.

        Raises:
            GraphError: there is none, or it is in another calendar than the path says, or may not be touched.
        """
        item = ids.found(self._state.items, call.names["event"])
        if item.kind != "CalendarItem":
            raise GraphError("ErrorItemNotFound", _GONE)
        if "calendar" in call.names and item.folder != self._state.calendar_parts.of(call).id:
            raise GraphError("ErrorItemNotFound", _GONE)
        self._state.calendar_parts.check(self._state.folders.all[item.folder], edit=edit)
        return item

    @property
    def kind(self) -> CalendarItems:
        """Return what the store knows of events."""
        return self._state.calendars.kind

    def check(self, query: Query) -> None:
        """Refuse options that name what there is not, and filters on what cannot be filtered by."""
        self.shape.check(query)
        for each in [] if query.filter is None else filters.properties(query.filter):
            if each.split("/")[0] not in _FILTERED:
                raise GraphError("ErrorInvalidProperty", f"The property '{each}' does not support filtering.")

    def _extended(self, item: Item, text: str) -> str | list[str] | None:
        key = extended.key(text)
        if key.name == "0x001a" and not key.group:
            return str(self.kind.value(item, "ItemClass"))
        return self.kind.extended(item, key)

    def _look(self, item: Item, name: str, call: Call) -> object:
        return _SEEN[name](self._state, item, call)


def _id(_: State, item: Item, call: Call) -> str:
    return ids.shown(item, immutable=call.immutable)


def _link(state: State, item: Item, call: Call) -> str:
    ref = quote(_id(state, item, call), safe="")
    return f"https://outlook.office365.com/owa/?itemid={ref}&exvsurl=1&path=/calendar/item"


def _text(name: str, default: str = "") -> Look:
    return lambda _, item, __: item.text(name, default)


def _fixed(value: object) -> Look:
    return lambda *_: value


def _true(name: str, default: str = "false") -> Look:
    return lambda _, item, __: item.text(name, default) == "true"


def _lower(name: str) -> Look:
    return lambda _, item, __: item.text(name, "Normal").lower()


def _time(name: str) -> Look:
    return lambda _, item, call: zoned.shown(item, name, call)


def _zone(name: str) -> Look:
    def look(_: State, item: Item, __: Call) -> str:
        value = item.values.get(name)
        return "UTC" if value is None or isinstance(value, str) else zone_named(value) or "UTC"

    return look


def _series(state: State, item: Item, call: Call) -> str | None:
    return _id(state, state.items.get(item.master), call) if isinstance(item, Occurrence) else None


def _uid(_: State, item: Item, __: Call) -> str:
    """Return the iCalUId; that of an occurrence has its day in it (MS-OXOCAL 2.2.1.27)."""
    uid = item.text("UID")
    if not isinstance(item, Occurrence) or not uid.startswith(_OWN_UID):
        return uid
    day = moment(item.original)
    return f"{_OWN_UID}{day.year:04X}{day.month:02X}{day.day:02X}{uid[len(_OWN_UID) + 8 :]}"


def _original(_: State, item: Item, __: Call) -> object:
    return item.original if isinstance(item, Occurrence) else extended.ABSENT


def _type(state: State, item: Item, _: Call) -> str:
    return _TYPES[str(state.calendars.kind.value(item, "CalendarItemType"))]


def _recurrence(state: State, item: Item, call: Call) -> object:
    held = item.values.get("Recurrence")
    if held is None or isinstance(held, str):
        return None
    return repeating.written(held, str(_zone("StartTimeZone")(state, item, call)))


def _cancelled(_: State, item: Item, __: Call) -> object:
    if series_of(item) is None:
        return extended.ABSENT
    return [f"OID.{ids.address(item.id)}.{each[:10]}" for each in sorted(item.removed)]


def _show_as(_: State, item: Item, __: Call) -> str:
    held = item.text("LegacyFreeBusyStatus", "Busy")
    return _SHOWN_AS.get(held, held.lower())


_SEEN: dict[str, Look] = {
    "@odata.etag": lambda _, item, __: ids.etag(item),
    "id": _id,
    "createdDateTime": lambda _, item, __: stamp(item.created),
    "lastModifiedDateTime": lambda _, item, __: stamp(item.modified),
    "changeKey": lambda _, item, __: item.key,
    "categories": lambda _, item, __: categories(item),
    "transactionId": lambda _, item, __: item.text(TRANSACTION) or None,
    "originalStartTimeZone": _zone("StartTimeZone"),
    "originalEndTimeZone": _zone("EndTimeZone"),
    "iCalUId": _uid,
    "reminderMinutesBeforeStart": lambda _, item, __: int(item.text("ReminderMinutesBeforeStart", "15")),
    "isReminderOn": _true("ReminderIsSet"),
    "hasAttachments": _fixed(value=False),
    "subject": _text("Subject"),
    "bodyPreview": lambda _, item, __: describing.preview(item),
    "importance": _lower("Importance"),
    "sensitivity": _lower("Sensitivity"),
    "isAllDay": _true("IsAllDayEvent"),
    "isCancelled": _true("IsCancelled"),
    "isOrganizer": lambda state, item, _: attending.mine(state, item),
    "responseRequested": _true("IsResponseRequested", "true"),
    "seriesMasterId": _series,
    "showAs": _show_as,
    "type": _type,
    "webLink": _link,
    "onlineMeetingUrl": _fixed(None),
    "isOnlineMeeting": _fixed(value=False),
    "onlineMeetingProvider": _fixed("unknown"),
    "allowNewTimeProposals": _fixed(value=True),
    "isDraft": _fixed(value=False),
    "hideAttendees": _fixed(value=False),
    "originalStart": _original,
    "onlineMeeting": _fixed(None),
    "responseStatus": lambda state, item, _: attending.own(state, item),
    "body": lambda _, item, call: describing.body(item, call),
    "start": _time("Start"),
    "end": _time("End"),
    "location": lambda _, item, __: describing.location(item),
    "locations": lambda _, item, __: describing.locations(item),
    "recurrence": _recurrence,
    "attendees": lambda _, item, __: attending.shown(item),
    "organizer": lambda state, item, _: attending.organizer(state, item),
    "cancelledOccurrences": _cancelled,
}
_FIELDS = tuple(name for name in _SEEN if name not in _MORE)
_FILTERED = {
    *("subject", "start", "end", "categories", "iCalUId", "showAs", "isAllDay", "isCancelled", "isOrganizer", "type"),
    *("sensitivity", "importance", "createdDateTime", "lastModifiedDateTime", "hasAttachments", "seriesMasterId"),
    *("isReminderOn", "responseRequested", extended.SINGLE),
}
"""What $filter takes."""
