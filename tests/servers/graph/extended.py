"""Extended properties: what Graph calls them and what MAPI does (graph/api/resources/extended-properties-overview)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

from tests.servers.ews.properties import Extended, canonical
from tests.servers.graph import filters
from tests.servers.graph.calls import GraphError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.servers.graph.filters import Node
    from tests.servers.graph.odata import Expanded

T = TypeVar("T")
SINGLE, MULTI = "singleValueExtendedProperties", "multiValueExtendedProperties"
LISTS = (SINGLE, MULTI)
ABSENT = object()
"""A property that is left out of the answer."""
_NAMED = re.compile(r"(\w+)\s+\{([0-9A-Fa-f-]{36})\}\s+(?:Name\s+(\S.*)|Id\s+(0x[0-9A-Fa-f]+|\d+))")
_TAG = re.compile(r"(\w+)\s+(0x[0-9A-Fa-f]+)")
_KINDS = {
    *("ApplicationTime", "Binary", "Boolean", "CLSID", "Currency", "Double", "Error", "Float", "Integer"),
    *("Long", "Short", "SystemTime", "String", "Object", "Null"),
}


def key(text: str) -> Extended:
    """Read the id of a property, such as 'String {GUID} Name key' or 'Integer 0x0e07'."""
    named, tag = _NAMED.fullmatch(text), _TAG.fullmatch(text)
    kind = (named or tag or ["", ""])[1].removesuffix("Array")
    if kind not in _KINDS:
        raise GraphError("ErrorInvalidProperty", f"PropertyId '{text}' is invalid.")
    if named:
        name = named[3] or f"#{int(named[4], 0)}"
        return Extended(named[2].lower(), name, named[1])
    assert tag
    return Extended("", f"0x{int(tag[2], 16):04x}", tag[1])


def written(key: Extended) -> str:
    """Write the id of a property as answers have it: GUIDs in lower case, tags without leading zeros."""
    if not key.group:
        return f"{key.kind} 0x{int(key.name, 16):x}"
    kind = f"Id 0x{int(key.name[1:]):x}" if key.name.startswith("#") else f"Name {key.name}"
    return f"{key.kind} {{{key.group}}} {kind}"


def asked(node: Node | None) -> list[str]:
    """Return the ids that the $filter of an $expand names: "id eq '...'", several with "or"."""
    if isinstance(node, filters.Compare) and node.name == "id" and node.operator == "eq":
        return [str(node.value)]
    if isinstance(node, filters.Joined) and node.operator == "or":
        return [one for each in node.parts for one in asked(each)]
    raise GraphError("ErrorInvalidProperty", "Expanding extended properties needs $filter=id eq '...'.")


def shown(expanded: Expanded, thing: T, held: Callable[[T, str], str | list[str] | None]) -> list[dict[str, Any]]:
    """Return what $expand answers; a property that is not there is left out."""
    found = [(key(each), held(thing, each)) for each in asked(expanded.filter)]
    wants = list if expanded.name == MULTI else str
    return [{"id": written(each), "value": value} for each, value in found if isinstance(value, wants)]


def given(body: dict[str, Any]) -> dict[Extended, str | list[str] | None]:
    """Return the extended properties that a request sets; None takes one away."""
    made: dict[Extended, str | list[str] | None] = {}
    for name in LISTS:
        for each in body.get(name) or ():
            at = key(each["id"])
            value = each.get("value")
            made[at] = str(canonical(value, at.kind)) if isinstance(value, str) else value
    return made


class Compared(filters.Members):
    """The properties of a thing as a $filter with any(ep: ep/id eq '...' and ep/value eq '...') sees them."""

    def __init__(self, held: Callable[[str], str | list[str] | None]) -> None:
        self._held = held

    def fits(self, condition: Node) -> bool:
        """Return whether there is a property with the id and the value that a condition names."""
        parts = (
            condition.parts if isinstance(condition, filters.Joined) and condition.operator == "and" else (condition,)
        )
        by_id = [each for each in parts if isinstance(each, filters.Compare) and each.name == "id"]
        if len(by_id) != 1:
            raise GraphError("ErrorInvalidProperty", "A filter on extended properties needs an id.")
        value = self._held(str(by_id[0].value))
        others = [each for each in parts if each is not by_id[0]]
        return value is not None and all(filters.fits(each, lambda _: value) for each in others)
