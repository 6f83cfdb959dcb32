"""vCards (RFC 6350, RFC 2426) to contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import vobject
from vobject.base import VObjectError

from assistant.model.mailbox import Contact
from assistant.standards import phone
from assistant.standards.ical import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.model.call import E164

_BEGIN = "BEGIN:VCARD"
# What the library raises on cards that a broken exporter made, beside its own error.
_FAULTS = (VObjectError, ValueError, KeyError, TypeError, AttributeError, IndexError, NotImplementedError)


def parse(raw: bytes, region: str) -> tuple[tuple[Contact, ...], tuple[str, ...]]:
    """Return the contacts of a file, and one line for each card that cannot be read.

    Args:
        raw: any number of cards, version 2.1, 3.0 or 4.0, mixed as they come.
        region: what numbers without a country code mean (ISO 3166-1 alpha-2).
    """
    contacts, faults = [], []
    for number, text in enumerate(_cards(raw), start=1):
        try:
            contacts.append(_contact(vobject.readOne(text, allowQP=True), region))
        except _FAULTS as error:
            faults.append(f"card {number} cannot be read ({clean(str(error))})")
    if not contacts and not faults and raw.strip():
        faults.append("no card in it")
    return tuple(contacts), tuple(faults)


def _cards(raw: bytes) -> Iterator[str]:
    """Split a file into cards, so that a damaged one takes no other with it."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    card: list[str] = []
    for line in text.replace("\r\n", "\n").split("\n"):
        if line.strip().upper() == _BEGIN:
            if card:
                yield "\r\n".join(card)
            card = [line.strip()]
        elif card and line.strip():
            card.append(line)
    if card:
        yield "\r\n".join([*card, ""])


def _contact(card: Any, region: str) -> Contact:  # noqa: ANN401 - vobject is untyped
    organisation = next((" ".join(_texts(each.value)) for each in _all(card, "org")), "")
    numbers = (phone.parse(_number(each.value), region) for each in _all(card, "tel"))
    return Contact(
        name=_name(card) or organisation,
        numbers=_unique(numbers),
        addresses=tuple(dict.fromkeys(clean(str(each.value)).lower() for each in _all(card, "email") if each.value)),
        organisation=organisation or None,
        groups=tuple(dict.fromkeys(group for each in _all(card, "categories") for group in _texts(each.value))),
        zone=next(filter(None, (_zone(str(each.value)) for each in _all(card, "tz"))), None),
    )


def _all(card: Any, name: str) -> list[Any]:  # noqa: ANN401 - vobject is untyped
    return list(card.contents.get(name, []))


def _name(card: Any) -> str:  # noqa: ANN401 - vobject is untyped
    for each in _all(card, "fn"):
        if clean(str(each.value)):
            return clean(str(each.value))
    return next((clean(" ".join(str(each.value).split())) for each in _all(card, "n")), "")


def _texts(value: object) -> list[str]:
    """Return the parts of a structured or listed value."""
    parts = value if isinstance(value, list) else str(value).split(",")
    return [clean(str(part)) for part in parts if clean(str(part))]


def _number(value: object) -> str:
    """Return the number in a TEL value, which version 4.0 may write as a URI (RFC 6350 6.4.1)."""
    text = str(value).strip()
    return text[4:].partition(";")[0] if text.lower().startswith("tel:") else text


def _unique(numbers: Iterator[E164 | None]) -> tuple[E164, ...]:
    return tuple(dict.fromkeys(number for number in numbers if number is not None))


def _zone(value: str) -> str | None:
    """Return an IANA name as it is; an offset says too little to name a zone (RFC 6350 6.5.1)."""
    try:
        return ZoneInfo(value.strip()).key
    except (KeyError, ValueError, OSError):
        return None
