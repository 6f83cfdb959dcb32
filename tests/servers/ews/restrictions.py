"""Restrictions of FindItem and FindFolder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.servers.ews import properties
from tests.servers.ews.soap import Element, EwsError, local
from tests.servers.ews.times import moment

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from tests.servers.ews.properties import Path, Value

    Look = Callable[[Path], Value | None]

_ORDERED = {
    "IsEqualTo": lambda this, other: this == other,
    "IsNotEqualTo": lambda this, other: this != other,
    "IsGreaterThan": lambda this, other: this > other,
    "IsGreaterThanOrEqualTo": lambda this, other: this >= other,
    "IsLessThan": lambda this, other: this < other,
    "IsLessThanOrEqualTo": lambda this, other: this <= other,
}


_JOINED = {"And": all, "Or": any}


def check(restriction: Element, refused: Collection[str]) -> None:
    """Refuse a restriction with names that this server does not know."""
    for each in restriction.iter():
        if local(each) in refused:
            raise EwsError("ErrorInvalidRestriction", f"unknown restriction type '{local(each)}'")


def fits(restriction: Element, look: Look) -> bool:
    """Return whether what `look` shows meets a restriction.

    Args:
        restriction: such as t:And.
        look: shows the value of a property.
    """
    name = local(restriction)
    if name in _JOINED:
        return _JOINED[name](fits(each, look) for each in restriction)
    if name == "Not":
        return not fits(restriction[0], look)
    value = look(properties.path(restriction[0]))
    if name == "Exists":
        return value is not None
    if name == "Contains":
        return _contains(restriction, value)
    if name == "Excludes":
        return value is None or not int(_text(value)) & int(restriction[1].get("Value"), 0)
    return _compares(name, value, restriction[1], look)


def _compares(name: str, value: Value | None, against: Element, look: Look) -> bool:
    inner = against[0]
    other = inner.get("Value") if local(inner) == "Constant" else look(properties.path(inner))
    if value is None or other is None:
        return name == "IsNotEqualTo"
    if not isinstance(value, str) and local(value) == "Categories":
        return any(_ORDERED[name](each.text.casefold(), _text(other).casefold()) for each in value)
    return bool(_ORDERED[name](*alike(_text(value), _text(other))))


def _contains(restriction: Element, value: Value | None) -> bool:
    if value is None:
        return False
    wanted = restriction[1].get("Value")
    texts = [_text(value)] if isinstance(value, str) else [str(each) for each in value.itertext()]
    if "IgnoreCase" in restriction.get("ContainmentComparison", "Exact"):
        wanted, texts = wanted.casefold(), [each.casefold() for each in texts]
    mode = restriction.get("ContainmentMode", "FullString")
    if mode == "FullString":
        return wanted in texts
    if mode.startswith("Prefixed"):
        return any(each.startswith(wanted) for each in texts)
    if mode == "PrefixOnWords":
        return any(word.startswith(wanted) for each in texts for word in each.split())
    return any(wanted in each for each in texts)


def _text(value: Value) -> str:
    return value if isinstance(value, str) else "\n".join(value.itertext())


def canonical(text: str) -> str:
    """Return a boolean as answers write it; requests may write 1."""
    return {"1": "true", "0": "false"}.get(text, text.lower())


def alike(this: str, other: str) -> tuple[str, str] | tuple[int, int] | tuple[datetime, datetime]:
    """Return two values as what both of them are: instants, numbers or texts without regard to case."""
    if {this, other} & {"true", "false"}:
        return canonical(this), canonical(other)
    for read in (int, moment):
        try:
            return read(this), read(other)  # type: ignore[return-value]  # both are read alike
        except ValueError:
            continue
    return this.casefold(), other.casefold()
