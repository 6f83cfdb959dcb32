"""From the JSON of a request to an event of the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.servers.ews import zones
from tests.servers.ews.occurrences import Occurrence, span_of
from tests.servers.ews.soap import e
from tests.servers.ews.times import stamp
from tests.servers.graph import attending, extended, repeating, zoned
from tests.servers.graph.calls import GraphError
from tests.servers.graph.events import SHOW_AS, TRANSACTION
from tests.servers.graph.mail import set_categories

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.servers.ews.items import Item

    Writer = Callable[[Item, Any], tuple[str, ...]]

TIMES = {"Start", "End", "IsAllDayEvent", "Recurrence", "StartTimeZone", "EndTimeZone"}


def fill(item: Item, body: Mapping[str, Any]) -> set[str]:
    """Set what a request gives; return the names of the store's properties that were set.

    Raises:
        GraphError: something cannot be set, or not of this event.
    """
    changed: set[str] = set()
    for name, value in body.items():
        if name in extended.LISTS or name.startswith("@odata."):
            continue
        if name not in _WRITERS:
            raise GraphError("ErrorInvalidPropertySet", f"Set action is invalid for property '{name}'.")
        changed |= set(_WRITERS[name](item, value))
    for key, held in extended.given(dict(body)).items():
        if held is None:
            item.extended.pop(key, None)
        else:
            item.extended[key] = held
    _check_days(item, changed)
    return changed


def _check_days(item: Item, changed: set[str]) -> None:
    if item.text("IsAllDayEvent") == "true" and changed & TIMES:
        for name, at in zip(("Start", "End"), span_of(item), strict=True):
            zoned.check_day(at, name)
        if item.text("Start") == item.text("End"):
            text = "The duration of an event marked as All day must be at least 24 hours."
            raise GraphError("ErrorInvalidRequest", text)


def _text(name: str) -> Writer:
    def write(item: Item, value: str | None) -> tuple[str, ...]:
        item.values[name] = value or ""
        return (name,)

    return write


def _flag(name: str) -> Writer:
    def write(item: Item, value: object) -> tuple[str, ...]:
        item.values[name] = "true" if value else "false"
        return (name,)

    return write


def _title(name: str) -> Writer:
    def write(item: Item, value: str) -> tuple[str, ...]:
        item.values[name] = value.title()
        return (name,)

    return write


def _time(name: str) -> Writer:
    def write(item: Item, value: Mapping[str, Any]) -> tuple[str, ...]:
        at, zone = zoned.read(value)
        item.values[name] = stamp(at)
        item.values[f"{name}TimeZone"] = zones.definition(zone, f"t:{name}TimeZone", full=False)
        return (name, f"{name}TimeZone")

    return write


def _unkept(item: Item, value: object) -> tuple[str, ...]:
    """Take what the store has no place for, as long as it says nothing."""
    del item
    if value not in {None, False, "", "unknown"}:
        raise GraphError("NotImplemented", "This server makes no online meetings.", 501)
    return ()


def _ignored(item: Item, value: object) -> tuple[str, ...]:
    del item, value
    return ()


def _body(item: Item, value: Mapping[str, Any]) -> tuple[str, ...]:
    kind = "HTML" if str(value.get("contentType", "text")).lower() == "html" else "Text"
    item.values["Body"] = e("t:Body", text=value.get("content") or "", BodyType=kind)
    return ("Body",)


def _location(item: Item, value: Mapping[str, Any] | None) -> tuple[str, ...]:
    item.values["Location"] = (value or {}).get("displayName") or ""
    return ("Location",)


def _locations(item: Item, value: list[Mapping[str, Any]]) -> tuple[str, ...]:
    item.values["Location"] = "; ".join(str(each.get("displayName") or "") for each in value)
    return ("Location",)


def _show_as(item: Item, value: str) -> tuple[str, ...]:
    if value not in SHOW_AS:
        raise GraphError("RequestBodyRead", f"Cannot convert '{value}' to a freeBusyStatus.")
    item.values["LegacyFreeBusyStatus"] = SHOW_AS[value]
    return ("LegacyFreeBusyStatus",)


def _minutes(item: Item, value: int) -> tuple[str, ...]:
    item.values["ReminderMinutesBeforeStart"] = str(value)
    return ("ReminderMinutesBeforeStart",)


def _categories(item: Item, value: list[str]) -> tuple[str, ...]:
    set_categories(item, value)
    return ("Categories",)


def _attendees(item: Item, value: list[Mapping[str, Any]]) -> tuple[str, ...]:
    attending.invite(item, value or ())
    return ("RequiredAttendees",)


def _recurrence(item: Item, value: Mapping[str, Any] | None) -> tuple[str, ...]:
    if isinstance(item, Occurrence):
        raise GraphError("ErrorInvalidPropertySet", "Set action is invalid for property 'recurrence'.")
    item.values.pop("Recurrence", None)
    if value is not None:
        item.values["Recurrence"] = repeating.read(value)
    return ("Recurrence",)


def _transaction(item: Item, value: str | None) -> tuple[str, ...]:
    """Keep the transactionId; it is set when the event is made."""
    if item.id and item.text(TRANSACTION) != (value or ""):
        raise GraphError("ErrorInvalidPropertySet", "Set action is invalid for property 'transactionId'.")
    item.values[TRANSACTION] = value or ""
    return ()


_WRITERS: dict[str, Writer] = {
    "subject": _text("Subject"),
    "body": _body,
    "start": _time("Start"),
    "end": _time("End"),
    "isAllDay": _flag("IsAllDayEvent"),
    "location": _location,
    "locations": _locations,
    "showAs": _show_as,
    "sensitivity": _title("Sensitivity"),
    "importance": _title("Importance"),
    "categories": _categories,
    "isReminderOn": _flag("ReminderIsSet"),
    "reminderMinutesBeforeStart": _minutes,
    "attendees": _attendees,
    "recurrence": _recurrence,
    "responseRequested": _flag("IsResponseRequested"),
    "transactionId": _transaction,
    "isOnlineMeeting": _unkept,
    "onlineMeetingProvider": _unkept,
    "allowNewTimeProposals": _ignored,
    "hideAttendees": _ignored,
}
