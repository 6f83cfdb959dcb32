"""Property paths and values: field URIs, indexed ones and extended properties."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from tests.servers.ews.soap import Element, EwsError, e, local
from tests.servers.ews.times import moment, stamp

SETS = {
    "Meeting": "6ed8da90-450b-101b-98da-00aa003f1305",
    "Appointment": "00062002-0000-0000-c000-000000000046",
    "Common": "00062008-0000-0000-c000-000000000046",
    "PublicStrings": "00020329-0000-0000-c000-000000000046",
    "Address": "00062004-0000-0000-c000-000000000046",
    "InternetHeaders": "00020386-0000-0000-c000-000000000046",
    "CalendarAssistant": "11000e07-b51b-40d6-af21-caa85edab1d0",
    "UnifiedMessaging": "4442858e-a9e3-4e80-b900-317a210cc15b",
    "Task": "00062003-0000-0000-c000-000000000046",
    "Sharing": "00062040-0000-0000-c000-000000000046",
}
"""MS-OXPROPS 1.3.2: the property sets that have a name in Exchange Web Services."""

_WHOLE = {
    "InternetMessageHeader": "InternetMessageHeaders",
    "EmailAddress": "EmailAddresses",
    "PhoneNumber": "PhoneNumbers",
    "PhysicalAddress": "PhysicalAddresses",
    "ImAddress": "ImAddresses",
}
"""Indexed field URIs whose element has a plural name."""

Value = Element | str


class Extended(NamedTuple):
    """An extended property.

    `group` is a GUID in lower case, "" for a tag; `name` is a name, "#<id>" or "0x<tag>".
    """

    group: str
    name: str
    kind: str


@dataclass(frozen=True)
class Path:
    """A property as a request names it: a plain one by its element's name, part of one, or an extended one."""

    name: str
    index: str = ""
    extended: Extended | None = None
    uri: str = ""


def extended(element: Element) -> Extended:
    """Read the attributes of t:ExtendedFieldURI."""
    kind = element.get("PropertyType")
    if element.get("PropertyTag"):
        return Extended("", f"0x{int(element.get('PropertyTag'), 0):04x}", kind)
    group = element.get("PropertySetId", "").lower() or SETS.get(element.get("DistinguishedPropertySetId"), "")
    name = element.get("PropertyName") or (f"#{element.get('PropertyId')}" if element.get("PropertyId") else "")
    if not group or not name:
        raise EwsError("ErrorInvalidExtendedProperty", "The extended property attribute combination is invalid.")
    return Extended(group, name, kind)


def path(element: Element) -> Path:
    """Read t:FieldURI, t:IndexedFieldURI or t:ExtendedFieldURI."""
    if local(element) == "ExtendedFieldURI":
        return Path("ExtendedProperty", extended=extended(element))
    uri = element.get("FieldURI")
    name = uri.partition(":")[2]
    if local(element) == "IndexedFieldURI":
        head = uri.split(":")[1]
        return Path(_WHOLE.get(head, head), element.get("FieldIndex"), uri=uri)
    return Path(name, uri=uri)


def paths(shape: Element | None) -> list[Path]:
    """Return the additional properties of a shape."""
    if shape is None:
        return []
    return [path(each) for each in shape if local(each).endswith("FieldURI")]


def read(element: Element) -> Value:
    """Return the value of a property element: its text, or the element itself where there is more to it."""
    if len(element) or element.attrib:
        return copy.deepcopy(element)
    return element.text or ""


def canonical(value: Value, kind: str) -> Value:
    """Return a value as answers write it: clients write true as 1 and instants in any zone."""
    if not isinstance(value, str):
        return value
    if kind.lower() == "boolean":
        return {"1": "true", "0": "false"}.get(value.strip(), value.strip().lower())
    if kind in {"dateTime", "SystemTime"} and datetime.fromisoformat(value).tzinfo is not None:
        return stamp(moment(value))
    return value


def write(name: str, value: Value) -> Element:
    """Return the property element of a value."""
    return e(f"t:{name}", text=value) if isinstance(value, str) else copy.deepcopy(value)


def extended_value(element: Element) -> tuple[Extended, str | list[str]]:
    """Read t:ExtendedProperty."""
    key = extended(element[0])
    if local(element[1]) == "Values":
        return key, [each.text or "" for each in element[1]]
    value = canonical(element[1].text or "", key.kind)
    assert isinstance(value, str)
    return key, value


def extended_element(key: Extended, value: str | list[str]) -> Element:
    """Write t:ExtendedProperty."""
    uri = e("t:ExtendedFieldURI")
    if not key.group:
        uri.set("PropertyTag", key.name)
    else:
        uri.set("PropertySetId", key.group)
        uri.set("PropertyId", key.name[1:]) if key.name.startswith("#") else uri.set("PropertyName", key.name)
    uri.set("PropertyType", key.kind)
    if isinstance(value, str):
        return e("t:ExtendedProperty", uri, e("t:Value", text=value))
    return e("t:ExtendedProperty", uri, e("t:Values", *[e("t:Value", text=each) for each in value]))
