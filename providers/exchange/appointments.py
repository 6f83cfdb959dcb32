"""Calendar items on the wire: what is asked for of them, and what stands in the answers.

exchangelib's own model of a calendar item reads eighty fields, warns of zones that it has no name for and takes whole
days for dates of this machine's zone; ours is read straight from the elements.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
from exchangelib.extended_properties import ExtendedProperty
from exchangelib.fields import (
    BodyField,
    BooleanField,
    DateTimeField,
    ExtendedPropertyField,
    FieldPath,
    FieldURIField,
    IntegerField,
    TextField,
    TextListField,
)
from exchangelib.items.base import BaseItem
from exchangelib.util import TNS, create_element

from providers.exchange.service import PROPERTY_SET

if TYPE_CHECKING:
    from collections.abc import Iterator

Element = Any
"""An lxml element; the library ships no types."""
CALENDAR = "calendar"
"""The distinguished name of the user's own calendar; names like it stand for ids."""
SINGLE, MASTER = "Single", "RecurringMaster"
CUT = 255
"""Characters of a text that FindItem answers at most."""
_GUID = str(PROPERTY_SET)


class Uid(ExtendedProperty):  # type: ignore[misc]  # the library has no types, here and below
    """What an event of ours is searched by: its uid, or a digest of one that no search could hold."""

    property_set_id = _GUID
    property_name = "ringbackUid"
    property_type = "String"


class Key(ExtendedProperty):  # type: ignore[misc]  # as above
    """The key of an event of ours."""

    property_set_id = _GUID
    property_name = "ringbackKey"
    property_type = "String"


class Kept(ExtendedProperty):  # type: ignore[misc]  # as above
    """What Exchange has no place for, as JSON."""

    property_set_id = _GUID
    property_name = "ringbackFields"
    property_type = "String"


class _ZoneField(FieldURIField):  # type: ignore[misc]  # as above
    """A zone by its Windows name alone."""

    value_cls = str

    def to_xml(self, value: str, version: object) -> Element:
        del version
        return create_element(self.request_tag(), attrs={"Id": value})


class Appointment(BaseItem):  # type: ignore[misc]  # as above
    """What is written of an event, in the order of the schema."""

    ELEMENT_NAME = "CalendarItem"

    subject = TextField(field_uri="item:Subject")
    sensitivity = TextField(field_uri="item:Sensitivity")
    body = BodyField(field_uri="item:Body")
    categories = TextListField(field_uri="item:Categories")
    reminder_is_set = BooleanField(field_uri="item:ReminderIsSet")
    reminder_minutes = IntegerField(field_uri="item:ReminderMinutesBeforeStart")
    ringback_uid = ExtendedPropertyField(value_cls=Uid)
    ringback_key = ExtendedPropertyField(value_cls=Key)
    ringback_fields = ExtendedPropertyField(value_cls=Kept)
    uid = TextField(field_uri="calendar:UID")
    start = DateTimeField(field_uri="calendar:Start")
    end = DateTimeField(field_uri="calendar:End")
    is_all_day = BooleanField(field_uri="calendar:IsAllDayEvent")
    shown_as = TextField(field_uri="calendar:LegacyFreeBusyStatus")
    location = TextField(field_uri="calendar:Location")
    start_zone = _ZoneField(field_uri="calendar:StartTimeZone")
    end_zone = _ZoneField(field_uri="calendar:EndTimeZone")


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A calendar item as the server told it; None is what it did not tell.

    `shown_as` is Free, Tentative, Busy, OOF, WorkingElsewhere or NoData. `reminder` is in minutes before the start.
    """

    id: str
    change: str
    folder: str | None = None
    kind: str | None = None
    subject: str | None = None
    sensitivity: str | None = None
    body: str | None = None
    is_html: bool = False
    mime: str | None = None
    created: str = ""
    categories: tuple[str, ...] = ()
    reminder: int | None = None
    properties: dict[str, str] = {}
    uid: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    zone: str | None = None
    is_all_day: bool = False
    shown_as: str | None = None
    location: str | None = None
    is_meeting: bool = False
    is_cancelled: bool = False
    response: str | None = None
    people: tuple[str, ...] = ()


# --- reading


def held(element: Element) -> Held:
    """Read a calendar item.

    Raises:
        ValueError: it has no id.
    """
    identity = element.find(tag("ItemId"))
    if identity is None or not identity.get("Id"):
        raise ValueError("an item without an id")
    body = element.find(tag("Body"))
    zone = element.find(tag("StartTimeZone"))
    return Held(
        id=identity.get("Id"),
        change=identity.get("ChangeKey", ""),
        folder=_of(element, "ParentFolderId", "Id"),
        kind=_text(element, "CalendarItemType"),
        subject=_text(element, "Subject"),
        sensitivity=_text(element, "Sensitivity"),
        body=None if body is None else body.text or "",
        is_html=body is not None and body.get("BodyType") == "HTML",
        mime=_text(element, "MimeContent"),
        created=_text(element, "DateTimeCreated") or "",
        categories=tuple(each.text or "" for each in element.iterfind(f"{tag('Categories')}/{tag('String')}")),
        reminder=_reminder(element),
        properties=dict(_properties(element)),
        uid=_text(element, "UID"),
        start=moment(_text(element, "Start")),
        end=moment(_text(element, "End")),
        zone=None if zone is None else zone.get("Id") or zone.get("Name"),
        is_all_day=_is(element, "IsAllDayEvent"),
        shown_as=_text(element, "LegacyFreeBusyStatus"),
        location=_text(element, "Location"),
        is_meeting=_is(element, "IsMeeting"),
        is_cancelled=_is(element, "IsCancelled"),
        response=_text(element, "MyResponseType"),
        people=tuple(_people(element)),
    )


def tag(name: str) -> str:
    """Return a name of the types' namespace as lxml spells it."""
    return f"{{{TNS}}}{name}"


def _text(element: Element, name: str) -> str | None:
    found = element.find(tag(name))
    return None if found is None else str(found.text or "")


def _of(element: Element, name: str, attribute: str) -> str | None:
    found = element.find(tag(name))
    return None if found is None else found.get(attribute)


def _is(element: Element, name: str) -> bool:
    return _text(element, name) in {"true", "1"}


def moment(written: str | None) -> datetime | None:
    """Read a time, None where it is none; one without an offset counts as UTC, which is how Exchange stores them.

    The first and the last years that a program can hold are none: in another zone it could not.
    """
    with suppress(ValueError):
        found = datetime.fromisoformat(written or "")
        if MINYEAR < found.year < MAXYEAR:
            return found if found.tzinfo else found.replace(tzinfo=UTC)
    return None


def _reminder(element: Element) -> int | None:
    minutes = _text(element, "ReminderMinutesBeforeStart") or ""
    return int(minutes) if _is(element, "ReminderIsSet") and minutes.isdecimal() and minutes.isascii() else None


def _properties(element: Element) -> Iterator[tuple[str, str]]:
    """Yield our own properties by their names."""
    for each in element.iterfind(tag("ExtendedProperty")):
        uri, value = each.find(tag("ExtendedFieldURI")), each.find(tag("Value"))
        if uri is not None and value is not None and uri.get("PropertySetId", "").lower() == _GUID:
            yield uri.get("PropertyName", ""), value.text or ""


def _people(element: Element) -> Iterator[str]:
    """Yield the addresses of organiser and attendees; rooms are resources."""
    for path in ("Organizer", "RequiredAttendees/Attendee", "OptionalAttendees/Attendee"):
        steps = "/".join(map(tag, (*path.split("/"), "Mailbox", "EmailAddress")))
        yield from (each.text for each in element.iterfind(steps) if each.text)


def paths(*uris: str) -> tuple[FieldPath, ...]:
    """Return what names properties in a request."""
    return tuple(FieldPath(field=FieldURIField(name=uri, field_uri=uri)) for uri in uris)


OURS = tuple(
    FieldPath(field=each) for each in (Appointment.ringback_uid, Appointment.ringback_key, Appointment.ringback_fields)
)
_TIMES = ("calendar:Start", "calendar:End", "calendar:IsAllDayEvent", "calendar:StartTimeZone")
_PLAIN = (
    "item:Subject", "item:Sensitivity", "item:DateTimeCreated", "item:Categories", "item:ReminderIsSet",
    "item:ReminderMinutesBeforeStart", "calendar:LegacyFreeBusyStatus", "calendar:IsCancelled", "calendar:IsMeeting",
    "calendar:CalendarItemType", "calendar:MyResponseType", "calendar:UID",
)  # fmt: skip
BRIEF = (*OURS, *paths("item:DateTimeCreated", "calendar:UID", "calendar:IsCancelled"))
"""What tells which of several items is ours."""
LISTED = (*OURS, *paths(*_PLAIN, *_TIMES))
"""What an entry of the agenda is made of, with what must be known of an event of ours to replace it."""
WHOLE = (*LISTED, *paths("item:Body", "item:ParentFolderId", "calendar:Location"))
PEOPLE = paths("calendar:Organizer", "calendar:RequiredAttendees", "calendar:OptionalAttendees")
"""What FindItem does not answer."""
MIME = paths("item:MimeContent")
STATE = paths("calendar:IsCancelled")
