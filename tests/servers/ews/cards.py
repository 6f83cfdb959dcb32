"""Contact cards to contacts, as an import into Outlook makes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import vobject

from tests.servers.ews.properties import SETS, Extended
from tests.servers.ews.soap import e

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.ews.properties import Value
    from tests.servers.ews.soap import Element

ZONE = Extended(SETS["PublicStrings"], "Time zone", "String")
"""The user's own field that keeps TZ: a contact on Exchange has no zone. Outlook's own fields are public strings."""

_KEYS = {
    "CELL": ("MobilePhone",),
    "PAGER": ("Pager",),
    "FAX": ("BusinessFax", "HomeFax", "OtherFax"),
    "WORK": ("BusinessPhone", "BusinessPhone2"),
    "HOME": ("HomePhone", "HomePhone2"),
    "CAR": ("CarPhone",),
}
_OTHERS = ("OtherTelephone", "PrimaryPhone", "Callback", "CompanyMainPhone", "CarPhone", "RadioPhone", "Isdn", "Telex")
_MOST_ADDRESSES = 3


def contacts(vcf: bytes) -> Iterator[tuple[dict[str, Value], dict[Extended, str | list[str]]]]:
    """Yield properties and extended properties of each card."""
    for card in vobject.readComponents(vcf.decode(), allowQP=True):
        contents: dict[str, list[Any]] = card.contents
        numbers = [(_kinds(each), _number(str(each.value))) for each in contents.get("tel", ())]
        found = _named(card) | {
            "PhoneNumbers": phones(numbers),
            "EmailAddresses": addresses([str(each.value) for each in contents.get("email", ())]),
            "Categories": _texts([one for each in contents.get("categories", ()) for one in _list(each.value)]),
        }
        for each in contents.get("org", ())[:1]:
            company, *units = _list(each.value)
            found |= {"CompanyName": company} | ({"Department": units[0]} if units else {})
        zones: dict[Extended, str | list[str]] = {}
        if "tz" in contents:
            zones[ZONE] = str(contents["tz"][0].value)
        yield {name: value for name, value in found.items() if isinstance(value, str) or len(value)}, zones


def phones(numbers: list[tuple[list[str], str]]) -> Element:
    """Return t:PhoneNumbers; each key can be there once, and what has no place of its own takes another one."""
    free = [key for keys in (*_KEYS.values(), _OTHERS) for key in keys]
    made = e("t:PhoneNumbers")
    for kinds, number in numbers:
        wanted = [key for kind in _KEYS if kind in kinds for key in _KEYS[kind]]
        key = next((each for each in (*wanted, *_OTHERS, *free) if each in free), None)
        if key is not None:
            free = [each for each in free if each != key]
            made.append(e("t:Entry", text=number, Key=key))
    return made


def addresses(texts: list[str]) -> Element:
    """Return t:EmailAddresses; there is room for three."""
    named = enumerate(texts[:_MOST_ADDRESSES], 1)
    return e("t:EmailAddresses", *[e("t:Entry", text=each, Key=f"EmailAddress{place}") for place, each in named])


def _texts(texts: list[str]) -> Element:
    return e("t:Categories", *[e("t:String", text=each) for each in texts])


def _named(card: Any) -> dict[str, Value]:  # noqa: ANN401  vobject is untyped
    parts = card.n.value if "n" in card.contents else None
    given, family = (str(parts.given), str(parts.family)) if parts else ("", "")
    display = str(card.fn.value) if "fn" in card.contents else f"{given} {family}".strip()
    file_as = f"{family}, {given}" if family and given else display
    found: dict[str, Value] = {"DisplayName": display, "Subject": display, "FileAs": file_as}
    return found | {name: text for name, text in (("GivenName", given), ("Surname", family)) if text}


def _number(text: str) -> str:
    return text.removeprefix("tel:").replace(";ext=", " ext. ") if text.startswith("tel:") else text


def _kinds(tel: Any) -> list[str]:  # noqa: ANN401  vobject is untyped
    return [word.upper() for each in tel.params.get("TYPE", []) for word in each.split(",")]


def _list(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else str(value).split(",")
