"""Contact cards to Person resources, as Google's own import would make them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import phonenumbers
import vobject

if TYPE_CHECKING:
    from collections.abc import Iterator

_TYPES = {"CELL": "mobile", "HOME": "home", "WORK": "work", "FAX": "workFax", "PAGER": "pager", "MAIN": "main"}
ZONE = "Time zone"
"""The name of the user's own field that keeps TZ: a contact at Google has no zone."""


def people(vcf: bytes, region: str) -> Iterator[tuple[dict[str, Any], list[str]]]:
    """Yield the fields of each card, and the names of its groups; `region` reads numbers without a country code."""
    for card in vobject.readComponents(vcf.decode(), allowQP=True):
        contents: dict[str, list[Any]] = card.contents
        fields: dict[str, Any] = {
            "names": [_name(card)] if "fn" in contents or "n" in contents else [],
            "phoneNumbers": [number(str(tel.value), region, _type(tel)) for tel in contents.get("tel", ())],
            "emailAddresses": [{"value": str(each.value)} for each in contents.get("email", ())],
            "organizations": [_organisation(each.value) for each in contents.get("org", ())],
            "userDefined": [{"key": ZONE, "value": str(each.value)} for each in contents.get("tz", ())],
        }
        groups = [name for each in contents.get("categories", ()) for name in _list(each.value)]
        yield {name: values for name, values in fields.items() if values}, groups


def number(text: str, region: str, kind: str = "") -> dict[str, Any]:
    """Return a phone number with its canonical form where it can be read; an extension is not in that."""
    value = text.removeprefix("tel:").replace(";ext=", " ext. ") if text.startswith("tel:") else text
    found = {"value": value} | ({"type": kind, "formattedType": kind.capitalize()} if kind else {})
    try:
        parsed = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        return found
    if not phonenumbers.is_possible_number(parsed):
        return found
    return found | {"canonicalForm": phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)}


def name(display: str, given: str = "", family: str = "") -> dict[str, Any]:
    """Return a name as it is shown."""
    last_first = f"{family}, {given}" if family and given else display
    found = {"displayName": display, "displayNameLastFirst": last_first, "unstructuredName": display}
    return found | {key: text for key, text in (("givenName", given), ("familyName", family)) if text}


def _name(card: Any) -> dict[str, Any]:  # noqa: ANN401 - vobject is untyped
    parts = card.n.value if "n" in card.contents else None
    given, family = (str(parts.given), str(parts.family)) if parts else ("", "")
    display = str(card.fn.value) if "fn" in card.contents else f"{given} {family}".strip()
    return name(display, given, family)


def _type(tel: Any) -> str:  # noqa: ANN401 - vobject is untyped
    words = [word.upper() for each in tel.params.get("TYPE", []) for word in each.split(",")]
    return next((_TYPES[word] for word in words if word in _TYPES), "")


def _organisation(value: object) -> dict[str, Any]:
    company, *units = _list(value)
    return {"name": company} | ({"department": units[0]} if units else {})


def _list(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else str(value).split(",")
