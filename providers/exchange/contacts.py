"""The Contacts port on Exchange: the user's folder of contacts, read once, and the directory of the organisation."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from exchangelib.extended_properties import ExtendedProperty
from exchangelib.fields import ExtendedPropertyField, FieldPath
from exchangelib.items import Contact as Person

from assistant.errors import TransientError
from assistant.model.mailbox import Contact
from assistant.standards import phone
from assistant.standards.ical import clean
from providers.exchange import zones
from providers.exchange.appointments import Element, paths, tag
from providers.exchange.calendars import Folder, look
from providers.exchange.directory import Directory, written
from providers.exchange.querying import find
from providers.exchange.service import said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import exchangelib

    from assistant.model.call import E164
    from providers.exchange.service import Exchange

FRESH = timedelta(minutes=1)
"""So old the book may be when somebody is looked up."""
_FOLDER = "contacts"
_SETTLES = 3.0
"""Seconds after which a mark that stands says that nothing changed: it has whole seconds."""
_ZONES = ("Time zone", "Timezone")


class _ZoneName(ExtendedProperty):  # type: ignore[misc]  # the library has no types, here and below
    """A field that the user added to a contact in Outlook; Exchange has none for zones."""

    distinguished_property_set_id = "PublicStrings"
    property_name = _ZONES[0]
    property_type = "String"


class _OtherName(_ZoneName):
    property_name = _ZONES[1]


_INDEXED = tuple(FieldPath(field=Person.FIELDS[name]) for name in ("phone_numbers", "email_addresses"))
_OWN = tuple(
    FieldPath(field=ExtendedPropertyField(name=one.__name__, value_cls=one)) for one in (_ZoneName, _OtherName)
)
_FIELDS = (
    *_INDEXED,
    *_OWN,
    *paths("contacts:DisplayName", "contacts:CompanyName", "contacts:Department", "item:Categories"),
)


class _Book(NamedTuple):
    """What was read, when, and the folder's mark with when it was first seen; seconds that only grow."""

    people: tuple[Contact, ...]
    at: float
    mark: str | None
    since: float


class ExchangeContacts:
    """The user's contacts, and colleagues that the directory knows.

    Args:
        exchange: the account.
        region: what numbers without a country code mean (ISO 3166-1 alpha-2).
        fresh: how old the book may be.
        clock: seconds that only grow.
        directory: of the organisation; one of which nothing is remembered without it.
    """

    def __init__(
        self,
        exchange: Exchange,
        region: str,
        fresh: timedelta = FRESH,
        clock: Callable[[], float] = time.monotonic,
        directory: Directory | None = None,
    ) -> None:
        self._exchange = exchange
        self._region = region
        self._fresh = fresh.total_seconds()
        self._clock = clock
        self._book: _Book | None = None
        self._directory = directory or Directory(exchange, region)

    def find(self, number: E164) -> Sequence[Contact]:
        """Look the number up in the book, then in the directory, once for each connection."""
        operation = "contacts.find"
        known = tuple(each for each in self._people(operation) if number in each.numbers)
        if known:
            return known
        colleagues = (contact(each, self._region) for each in self._directory.with_number(operation, number))
        return tuple(each for each in colleagues if number in each.numbers)

    def named(self, name: str) -> Sequence[Contact]:
        """Look the name up in the book, then in the directory, once for each connection."""
        operation, wanted = "contacts.named", _folded(name)
        if not wanted:
            return ()
        known = tuple(each for each in self._people(operation) if _folded(each.name) == wanted)
        if known:
            return known
        colleagues = (contact(each, self._region) for each in self._directory.named(operation, name))
        return tuple(each for each in colleagues if _folded(each.name) == wanted)

    # --- the book

    def _people(self, operation: str) -> tuple[Contact, ...]:
        now, book = self._clock(), self._book
        if book is not None and now - book.at < self._fresh:
            return book.people
        try:
            book = self._read(operation, now) if book is None else self._again(operation, book, now)
        except TransientError:
            if book is None:
                raise
            return book.people  # a book that is known serves while the server is away
        self._book = book
        return book.people

    def _again(self, operation: str, book: _Book, now: float) -> _Book:
        """Read the book anew unless its mark says that nothing changed."""
        mark = self._exchange.call(operation, _mark)
        same = mark is not None and mark == book.mark
        if same and now - book.since >= _SETTLES:
            return book._replace(at=now)
        return self._read(operation, now)._replace(mark=mark, since=book.since if same else now)

    def _read(self, operation: str, now: float) -> _Book:
        def work(account: exchangelib.Account) -> list[Element]:
            return [each for each in find(account, _FOLDER, _FIELDS) if each.tag == tag("Contact")]

        people = tuple(contact(each, self._region) for each in self._exchange.call(operation, work))
        return _Book(people, now, None, now)


def _mark(account: exchangelib.Account) -> str | None:
    (found,) = look(account, (_FOLDER,))
    if isinstance(found, Folder):
        return found.mark
    raise said("contacts.find", found) from found


# --- one contact


def contact(element: Element, region: str) -> Contact:
    """Read a contact of the folder or of the directory."""
    company = " ".join(filter(None, (_text(element, name) for name in ("CompanyName", "Department"))))
    numbers = (phone.parse(each, region) for each in written(element, "PhoneNumbers"))
    addresses = (clean(each).lower().removeprefix("smtp:") for each in written(element, "EmailAddresses"))
    groups = (clean(each.text or "") for each in element.iterfind(f"{tag('Categories')}/{tag('String')}"))
    return Contact(
        name=_text(element, "DisplayName") or company,
        numbers=tuple(dict.fromkeys(number for number in numbers if number is not None)),
        addresses=tuple(dict.fromkeys(each for each in addresses if "@" in each)),
        organisation=company or None,
        groups=tuple(dict.fromkeys(filter(None, groups))),
        zone=next(_zones(element), None),
    )


def _text(element: Element, name: str) -> str:
    return clean(" ".join((element.findtext(tag(name)) or "").split()))


def _zones(element: Element) -> Iterator[str]:
    """Yield zones that the user noted, by their IANA or their Windows names."""
    for each in element.iterfind(tag("ExtendedProperty")):
        found = zones.iana((each.findtext(tag("Value")) or "").strip())
        if found is not None:
            yield found


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())
