"""Properties of Exchange that Graph has no names for.

Source: learn.microsoft.com/graph/api/resources/extended-properties-overview.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from providers._keys import PROPERTY_SET

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY = f"String {{{PROPERTY_SET}}} Name ringbackKey"
"""Our key. It is the same property as on a server of one's own."""
WORDS = f"String {{{PROPERTY_SET}}} Name ringbackWords"
"""A digest of the words that we wrote: a program of Microsoft's may touch a draft, and it is still ours."""
CLASS = "String 0x001A"
"""PidTagMessageClass (MS-OXPROPS 2.782)."""
SIZE = "Integer 0x0E08"
"""PidTagMessageSize (MS-OXPROPS 2.796)."""
FLAGS = "Integer 0x0E07"
"""PidTagMessageFlags (MS-OXCMSG 2.2.1.6): at its creation it decides whether a message is a draft."""
IN_REPLY_TO = "String 0x1042"
"""PidTagInReplyToId (MS-OXOMSG 2.2.1.12)."""
REFERENCES = "String 0x1039"
"""PidTagInternetReferences (MS-OXOMSG 2.2.1.26)."""
COMMITTED = "SystemTime 0x670A"
"""PidTagLocalCommitTimeMax (MS-OXPROPS 2.764): when anything in a folder last changed, in whole seconds."""
DELETED = "Integer 0x670B"
"""PidTagDeletedCountTotal (MS-OXPROPS 2.662): how many items ever left a folder."""

_LIST = "singleValueExtendedProperties"
_LONGEST_NUMBER = 18


def expand(*names: str) -> str:
    """Return the $expand that asks for properties."""
    wanted = " or ".join(f"id eq '{name}'" for name in names)
    return f"{_LIST}($filter={wanted})"


def has(name: str, value: str) -> str:
    """Return the $filter to what has a property with a value."""
    quoted = value.replace("'", "''")
    return f"{_LIST}/any(ep: ep/id eq '{name}' and ep/value eq '{quoted}')"


def given(values: Mapping[str, str]) -> dict[str, list[dict[str, str]]]:
    """Return properties as they are written."""
    return {_LIST: [{"id": name, "value": value} for name, value in values.items()]}


def value(thing: Mapping[str, Any], name: str) -> str | None:
    """Return a property of an answer; None where it is not there."""
    found = thing.get(_LIST)
    for each in found if isinstance(found, list) else ():
        if isinstance(each, dict) and _plain(str(each.get("id"))) == _plain(name):
            told = each.get("value")
            return told if isinstance(told, str) else None
    return None


def number(thing: Mapping[str, Any], name: str) -> int | None:
    """Return a property that is a whole number; None where it is not there."""
    told = value(thing, name)
    return int(told) if told is not None and told.isdecimal() and len(told) <= _LONGEST_NUMBER else None


def _plain(name: str) -> str:
    """Return the id of a property as we compare it: Microsoft answers 0x1a for 0x001A."""
    kind, _, rest = name.casefold().partition(" ")
    return f"{kind} {rest.removeprefix('0x').lstrip('0')}" if rest.startswith("0x") else name.casefold()
