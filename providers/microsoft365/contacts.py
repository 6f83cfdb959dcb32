"""The Contacts port on Microsoft 365: all folders of the user's contacts, read at once."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from assistant.errors import NotFoundError, TransientError
from assistant.model.mailbox import Contact
from assistant.standards import phone
from assistant.standards.ical import clean
from providers.microsoft365 import zones
from providers.microsoft365.listing import Listing, read
from providers.microsoft365.service import Part, at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from assistant.model.call import E164
    from providers.microsoft365.service import Graph

FRESH = timedelta(minutes=1)
"""So old the book may be when somebody is looked up."""
_PAGE = "1000"
_PUBLIC = "00020329-0000-0000-c000-000000000046"
"""The set of properties in which Outlook keeps fields of the user's own (MS-OXPROPS 1.3.2)."""
_ZONES = tuple(f"String {{{_PUBLIC}}} Name {name}" for name in ("Time zone", "Timezone"))
_TAGS = ("3a02", "3a1a", "3a1d", "3a1e", "3a1f", "3a23", "3a24", "3a25", "3a2d", "3a57")
"""Numbers that Graph has no property for, such as PidTagPrimaryTelephoneNumber (MS-OXPROPS 2.937)."""
_NUMBERS = tuple(f"String 0x{tag}" for tag in _TAGS)
_EXTENDED = " or ".join(f"id eq '{each}'" for each in (*_ZONES, *_NUMBERS))
_BOOK = {
    "$select": "id,displayName,companyName,department,categories,mobilePhone,businessPhones,homePhones,emailAddresses",
    "$expand": f"singleValueExtendedProperties($filter={_EXTENDED})",
    "$top": _PAGE,
}
_FOLDERS = {"$select": "id", "$top": _PAGE}
_OWN = "own"
_ZONE_NAMES = {each.lower() for each in _ZONES}
_NUMBER_NAMES = {each.lower() for each in _NUMBERS}


class _Book(NamedTuple):
    """What was read, and when: seconds that only grow."""

    people: tuple[Contact, ...]
    at: float


class GraphContacts:
    """The user's contacts.

    Args:
        graph: the account.
        region: what numbers without a country code mean (ISO 3166-1 alpha-2).
        fresh: how old the book may be.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        graph: Graph,
        region: str,
        fresh: timedelta = FRESH,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._graph = graph
        self._region = region
        self._fresh = fresh.total_seconds()
        self._clock = clock
        self._book: _Book | None = None

    def find(self, number: E164) -> Sequence[Contact]:
        """Look the number up in the book."""
        return tuple(each for each in self._people("contacts.find") if number in each.numbers)

    def named(self, name: str) -> Sequence[Contact]:
        """Look the name up in the book."""
        wanted = _folded(name)
        if not wanted:
            return ()
        return tuple(each for each in self._people("contacts.named") if _folded(each.name) == wanted)

    def _people(self, operation: str) -> tuple[Contact, ...]:
        now, book = self._clock(), self._book
        if book is not None and now - book.at < self._fresh:
            return book.people
        try:
            book = _Book(tuple(self._read(operation)), now)
        except TransientError:
            if book is None:
                raise
            return book.people  # a book that is known serves while Microsoft is away
        self._book = book
        return book.people

    def _read(self, operation: str) -> Iterator[Contact]:
        """Read the user's own folder with the list of the others, then those, and what lies below them."""
        wanted = {
            _OWN: Part("GET", at("me", "contacts"), _BOOK),
            f"{_OWN} folders": Part("GET", at("me", "contactFolders"), _FOLDERS),
        }
        known: set[str] = set()
        people: dict[str, dict[str, Any]] = {}
        while wanted:
            folders: list[str] = []
            for name, listing in read(self._graph, operation, wanted).items():
                if isinstance(listing, Listing) and name.endswith(" folders"):
                    folders += [str(each["id"]) for each in listing.items]
                elif isinstance(listing, Listing):
                    people |= {str(each["id"]): each for each in listing.items}
                elif name.startswith(_OWN) or not isinstance(listing, NotFoundError):
                    raise listing  # a folder that goes meanwhile takes its contacts with it
            wanted = dict(_below(each for each in dict.fromkeys(folders) if each not in known))
            known.update(folders)
        return (contact(each, self._region) for each in people.values())


def _below(folders: Iterator[str]) -> Iterator[tuple[str, Part]]:
    for each in folders:
        yield each, Part("GET", at("me", "contactFolders", each, "contacts"), _BOOK)
        yield f"{each} folders", Part("GET", at("me", "contactFolders", each, "childFolders"), _FOLDERS)


# --- one contact


def contact(raw: Mapping[str, Any], region: str) -> Contact:
    """Read a contact; what of it is none is left out."""
    company = " ".join(filter(None, (_text(raw.get(name)) for name in ("companyName", "department"))))
    found = (phone.parse(each, region) for each in _numbers(raw))
    addresses = (_text(each.get("address")).lower() for each in _dicts(raw.get("emailAddresses")))
    return Contact(
        name=_text(raw.get("displayName")) or company,
        numbers=tuple(dict.fromkeys(number for number in found if number is not None)),
        addresses=tuple(dict.fromkeys(each for each in addresses if "@" in each)),
        organisation=company or None,
        groups=tuple(dict.fromkeys(filter(None, map(_text, _list(raw.get("categories")))))),
        zone=next(_zones(raw), None),
    )


def _numbers(raw: Mapping[str, Any]) -> Iterator[str]:
    plain = (*_list(raw.get("businessPhones")), raw.get("mobilePhone"), *_list(raw.get("homePhones")))
    yield from (each for each in plain if isinstance(each, str))
    yield from _properties(raw, _NUMBER_NAMES)


def _zones(raw: Mapping[str, Any]) -> Iterator[str]:
    """Yield zones that the user noted in a field of their own, by their IANA or their Windows names: Graph has none."""
    for each in _properties(raw, _ZONE_NAMES):
        found = zones.iana(each.strip())
        if found is not None:
            yield found


def _properties(raw: Mapping[str, Any], names: set[str]) -> Iterator[str]:
    for each in _dicts(raw.get("singleValueExtendedProperties")):
        if str(each.get("id")).lower() in names and isinstance(each.get("value"), str):
            yield each["value"]


def _text(value: object) -> str:
    return clean(" ".join(value.split())) if isinstance(value, str) else ""


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _dicts(value: object) -> list[dict[str, Any]]:
    return [each for each in _list(value) if isinstance(each, dict)]


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())
