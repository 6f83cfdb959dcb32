"""The Contacts port on the People API: the whole book, read once; a process that stays keeps it up by a sync token."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from assistant.errors import AuthError, ProviderError, TransientError
from assistant.model.mailbox import Contact
from assistant.standards import phone
from assistant.standards.ical import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from assistant.model.call import E164
    from providers.google.service import Google

FRESH = timedelta(minutes=1)
"""So old the book may be when somebody is looked up."""
_PAGE = 1000
_PERSON_FIELDS = "names,phoneNumbers,emailAddresses,organizations,memberships,userDefined,metadata"
_FIELDS = "nextPageToken,nextSyncToken,connections(resourceName," + _PERSON_FIELDS + ")"
BOOK = {
    "resourceName": "people/me",
    "personFields": _PERSON_FIELDS,
    "pageSize": _PAGE,
    "fields": _FIELDS,
}
"""How the book is asked for, at each page and each time: Google wants it so."""
_GROUP_FIELDS = "nextPageToken,contactGroups(resourceName,name,formattedName,groupType)"
_NO_GROUPS = frozenset(f"contactGroups/{name}" for name in ("myContacts", "all", "blocked", "chatBuddies"))
"""Groups of Google's own that say nothing about a person."""
_ZONE_NAMES = frozenset({"timezone", "time zone", "tz", "zeitzone"})


class GoogleContacts:
    """The user's contacts.

    Args:
        google: the account.
        region: what numbers without a country code mean (ISO 3166-1 alpha-2), where Google does not say.
        fresh: how old the book may be.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        google: Google,
        region: str,
        fresh: timedelta = FRESH,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._google = google
        self._region = region
        self._fresh = fresh.total_seconds()
        self._clock = clock
        self._read_at: float | None = None
        self._token: str | None = None
        self._people: dict[str, dict[str, Any]] = {}
        self._groups: dict[str, str] = {}
        self._by_number: dict[E164, list[str]] = {}
        self._by_name: dict[str, list[str]] = {}

    def find(self, number: E164) -> Sequence[Contact]:
        """Look the number up in the book."""
        self._refresh("contacts.find")
        return tuple(self._contact("contacts.find", one) for one in self._by_number.get(number, ()))

    def named(self, name: str) -> Sequence[Contact]:
        """Look the name up in the book."""
        if not name.strip():
            return ()
        self._refresh("contacts.named")
        return tuple(self._contact("contacts.named", one) for one in self._by_name.get(_folded(name), ()))

    def _refresh(self, operation: str) -> None:
        now = self._clock()
        if self._read_at is not None and now - self._read_at < self._fresh:
            return
        if self._news(operation):
            self._index()
        self._read_at = now

    def _news(self, operation: str) -> bool:
        """Bring the book up to date and tell whether it changed; a book that is known serves while Google is away."""
        try:
            return self._connections(operation, self._token)
        except TransientError:
            if self._read_at is None:
                raise
            return False
        except AuthError:
            raise
        except ProviderError:
            if self._token is None:
                raise
            return self._connections(operation, None)  # the token has expired: they live for a week

    def _connections(self, operation: str, token: str | None) -> bool:
        """Read the book, or what changed in it since a token; return whether anything did."""
        people = dict(self._people) if token else {}
        # Google meters the beginning of a synchronisation; a process that ends after its pass needs none.
        given: dict[str, Any] = {"requestSyncToken": self._read_at is not None}
        if token:
            given["syncToken"] = token
        seen, page = False, None
        while page is None or "pageToken" in given:
            request = self._google.people.people().connections()
            page = self._google.call(operation, request.list(**BOOK, **given))
            for one in _dicts(page.get("connections")):
                seen = True
                _take(people, one)
            given = _next(given, page)
        self._people, self._token = people, page.get("nextSyncToken")
        return seen or token is None

    def _index(self) -> None:
        self._by_number, self._by_name = {}, {}
        for name, raw in self._people.items():
            for number in _numbers(raw, self._region):
                self._by_number.setdefault(number, []).append(name)
            folded = _folded(_name(raw))
            if folded:
                self._by_name.setdefault(folded, []).append(name)

    def _contact(self, operation: str, name: str) -> Contact:
        raw = self._people[name]
        return Contact(
            name=_name(raw),
            numbers=_numbers(raw, self._region),
            addresses=tuple(dict.fromkeys(clean(value).lower() for value in _values(raw, "emailAddresses", "value"))),
            organisation=_organisation(raw),
            groups=tuple(self._groups_of(operation, raw)),
            zone=next(_zones(raw), None),
        )

    def _groups_of(self, operation: str, raw: Mapping[str, Any]) -> Iterator[str]:
        """Yield the names of the user's groups; they are read when somebody is in one that is not known."""
        memberships = (_dict(each.get("contactGroupMembership")) for each in _dicts(raw.get("memberships")))
        names = [each.get("contactGroupResourceName") for each in memberships]
        wanted = [str(name) for name in dict.fromkeys(names) if name and name not in _NO_GROUPS]
        if not self._groups.keys() >= set(wanted):
            self._groups = dict.fromkeys(wanted, "") | dict(self._read_groups(operation))
        return (self._groups[name] for name in wanted if self._groups[name])

    def _read_groups(self, operation: str) -> Iterator[tuple[str, str]]:
        given: dict[str, Any] = {}
        page = None
        while page is None or "pageToken" in given:
            request = self._google.people.contactGroups().list(pageSize=_PAGE, fields=_GROUP_FIELDS, **given)
            page = self._google.call(operation, request)
            for each in _dicts(page.get("contactGroups")):
                yield str(each.get("resourceName")), clean(str(each.get("formattedName") or each.get("name") or ""))
            given = _next(given, page)


def _next(given: Mapping[str, Any], page: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of the page after this one; without "pageToken" there is none."""
    token = page.get("nextPageToken")
    kept = {name: value for name, value in given.items() if name != "pageToken"}
    return {**kept, "pageToken": token} if token else kept


def _take(people: dict[str, dict[str, Any]], raw: dict[str, Any]) -> None:
    name = raw.get("resourceName")
    if not isinstance(name, str):
        return
    if _dict(raw.get("metadata")).get("deleted"):
        people.pop(name, None)
    else:
        people[name] = raw


def _name(raw: Mapping[str, Any]) -> str:
    """Return the name shown; the organisation's where a person has none."""
    shown = (clean(" ".join(value.split())) for value in _values(raw, "names", "displayName"))
    return next(filter(None, shown), None) or _organisation(raw) or ""


def _organisation(raw: Mapping[str, Any]) -> str | None:
    for one in _primary_first(raw.get("organizations")):
        parts = (clean(part) for name in ("name", "department") if isinstance(part := one.get(name), str))
        found = " ".join(filter(None, parts))
        if found:
            return found
    return None


def _numbers(raw: Mapping[str, Any], region: str) -> tuple[E164, ...]:
    """Return the numbers, as Google read them or, where it could not, as we do."""
    found = []
    for one in _primary_first(raw.get("phoneNumbers")):
        texts = (text for name in ("canonicalForm", "value") if isinstance(text := one.get(name), str))
        found.append(next(filter(None, (phone.parse(text, region) for text in texts)), None))
    return tuple(dict.fromkeys(number for number in found if number is not None))


def _zones(raw: Mapping[str, Any]) -> Iterator[str]:
    """Yield zones that the user noted in a field of their own ("Time zone": "America/New_York"): Google has none."""
    for one in _dicts(raw.get("userDefined")):
        if str(one.get("key", "")).strip().casefold() in _ZONE_NAMES:
            try:
                yield ZoneInfo(str(one.get("value", "")).strip()).key
            except (KeyError, ValueError, OSError):
                continue


def _values(raw: Mapping[str, Any], field: str, name: str) -> Iterator[str]:
    return (value for one in _primary_first(raw.get(field)) if isinstance(value := one.get(name), str) and value)


def _primary_first(found: object) -> list[dict[str, Any]]:
    return sorted(_dicts(found), key=lambda one: not _dict(one.get("metadata")).get("primary"))


def _dict(found: object) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}


def _dicts(found: object) -> Iterable[dict[str, Any]]:
    """Return the objects of a list, nothing for what is none: one card that cannot be read stops no other."""
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())
