"""Google contacts of one user (People API): the list with its sync tokens, the search, the groups."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.servers.google import cards
from tests.servers.google.calls import Answer, RefusedError
from tests.servers.google.discovery import document
from tests.servers.google.hands import locked

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.servers.google.calls import Call
    from tests.servers.google.clock import Clock

Fields = dict[str, Any]
_MOST = 1000
_MOST_FOUND = 30
_OLDEST_FIRST = "LAST_MODIFIED_ASCENDING"
_LIFE = timedelta(days=7)
_SYSTEM = ("myContacts", "starred", "friends", "family", "coworkers", "chatBuddies", "all", "blocked")
_FREE = {"pageToken", "pageSize", "syncToken", "requestSyncToken"}
_SEARCHED = {
    "names": ("displayName", "displayNameLastFirst"), "nicknames": ("value",), "emailAddresses": ("value",),
    "phoneNumbers": ("value",), "organizations": ("name", "department"),
}  # fmt: skip
_ALWAYS = ("resourceName", "etag")


@dataclass(frozen=True)
class _Person:
    id: str
    fields: Fields
    change: int
    moment: datetime
    deleted: bool = False

    @property
    def etag(self) -> str:
        return f"%EgUBAgk{self.change}"


@dataclass
class _Token:
    change: int
    shape: str
    full: datetime  # when the full sync was that it goes back to
    expired: bool = False


@dataclass
class _Page:
    left: list[_Person]
    shape: str
    change: int
    full: datetime
    wants_token: bool = field(default=False)


class People:
    """What an account's address book holds.

    Args:
        clock: the server's.
        lock: held while a request is being answered.
        region: how Google reads a number without a country code (ISO 3166-1 alpha-2).
    """

    def __init__(self, clock: Clock, lock: threading.RLock | None = None, region: str = "DE") -> None:
        self.lock = lock or threading.RLock()
        self._now = clock.now
        self._region = region
        self._people: dict[str, _Person] = {}
        self._groups = {name: name for name in _SYSTEM}  # by id
        self._change = 0
        self._tokens: dict[str, _Token] = {}
        self._pages: dict[str, _Page] = {}
        self._indexed: list[_Person] = []

    def handlers(self) -> dict[str, Callable[[Call], Answer]]:
        """Return what answers the methods, by their ids in the discovery document."""
        return {
            "people.people.connections.list": self._list,
            "people.people.get": self._get,
            "people.people.searchContacts": self._search,
            "people.contactGroups.list": self._list_groups,
        }

    # What clients ask for.

    def _list(self, call: Call) -> Answer:
        if call.params["resourceName"] != "people/me":
            raise _refused('Resource name must be "people/me".')
        mask = _mask(call, "personFields")
        size = int(call.params.get("pageSize") or 100)
        if not 1 <= size <= _MOST:
            raise _refused(f"Page size must be within [1, {_MOST}].")
        syncs = call.params.get("requestSyncToken") or "syncToken" in call.params
        if syncs and call.params.get("sortOrder", _OLDEST_FIRST) != _OLDEST_FIRST:
            raise _refused("Sync tokens are given for LAST_MODIFIED_ASCENDING alone.")
        page = self._page(call)
        body: Fields = {"totalItems": self._living, "totalPeople": self._living}
        if page.left:
            body["connections"] = [_shown(each, mask) for each in page.left[:size]]
        if page.left[size:]:
            body["nextPageToken"] = secrets.token_urlsafe(12)
            left = page.left[size:]
            self._pages[body["nextPageToken"]] = _Page(left, page.shape, page.change, page.full, page.wants_token)
        elif page.wants_token:
            body["nextSyncToken"] = secrets.token_urlsafe(16)
            self._tokens[body["nextSyncToken"]] = _Token(page.change, page.shape, page.full)
        return Answer(body)

    @property
    def _living(self) -> int:
        return sum(not each.deleted for each in self._people.values())

    def _page(self, call: Call) -> _Page:
        shape = repr(sorted((name, value) for name, value in call.params.items() if name not in _FREE))
        if "pageToken" in call.params:
            page = self._pages.get(call.params["pageToken"])
            if page is None or page.shape != shape:
                raise _refused("Page token is invalid, or the request parameters differ from the first call.")
            return page
        if "syncToken" in call.params:
            token = self._redeem(call.params["syncToken"], shape)
            changed = [each for each in self._ordered(call) if each.change > token.change]
            return _Page(changed, shape, self._change, token.full, wants_token=True)
        living = [each for each in self._ordered(call) if not each.deleted]
        return _Page(living, shape, self._change, self._now(), bool(call.params.get("requestSyncToken")))

    def _redeem(self, text: str, shape: str) -> _Token:
        token = self._tokens.get(text)
        if token is None:
            raise _refused("Invalid sync token.")
        if token.expired or self._now() - token.full > _LIFE:
            info = {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "EXPIRED_SYNC_TOKEN",
                "domain": "people.googleapis.com",
            }
            message = "Sync token is expired. Clear local cache and retry call without the sync token."
            raise RefusedError(400, "badRequest", message, details=[info])
        if token.shape != shape:
            raise _refused("The request parameters differ from the call that gave the sync token.")
        return token

    def _ordered(self, call: Call) -> list[_Person]:
        order = call.params.get("sortOrder", _OLDEST_FIRST)
        if order.startswith("LAST_MODIFIED"):
            return sorted(self._people.values(), key=lambda each: each.change, reverse=order.endswith("DESCENDING"))
        key = "givenName" if order == "FIRST_NAME_ASCENDING" else "familyName"
        return sorted(
            self._people.values(), key=lambda each: str(next(iter(each.fields.get("names", [{}]))).get(key, ""))
        )

    def _get(self, call: Call) -> Answer:
        mask = _mask(call, "personFields")
        person = self._people.get(str(call.params["resourceName"]).removeprefix("people/"))
        if person is None or person.deleted:
            raise RefusedError(404, "notFound", "Requested entity was not found.")
        return Answer(_shown(person, mask))

    def _search(self, call: Call) -> Answer:
        """Search what the last empty query has brought in: without one nothing new is found."""
        mask = _mask(call, "readMask")
        wanted = str(call.params.get("query", "")).casefold()
        if not wanted:
            self._indexed = [each for each in self._people.values() if not each.deleted]
            return Answer({})
        size = min(int(call.params.get("pageSize") or 10), _MOST_FOUND)
        found = [each for each in self._indexed if _matches(each, wanted)][:size]
        return Answer({"results": [{"person": _shown(each, mask)} for each in found]} if found else {})

    def _list_groups(self, call: Call) -> Answer:
        groups = [self._group(id_) for id_ in self._groups]
        first, size = int(call.params.get("pageToken") or 0), int(call.params.get("pageSize") or 30)
        found: Fields = {"contactGroups": groups[first : first + size], "totalItems": len(groups)}
        more = {"nextPageToken": str(first + size)} if groups[first + size :] else {"nextSyncToken": "groups"}
        return Answer(found | more)

    def _group(self, id_: str) -> Fields:
        name = self._groups[id_]
        kind = "SYSTEM_CONTACT_GROUP" if id_ in _SYSTEM else "USER_CONTACT_GROUP"
        count = sum(id_ in _groups_of(each) for each in self._people.values() if not each.deleted)
        found: Fields = {"resourceName": f"contactGroups/{id_}", "groupType": kind, "name": name, "formattedName": name}
        return found | ({"memberCount": count} if count else {})

    # The hands of the user.

    @locked
    def add_contacts(self, vcf: bytes) -> list[str]:
        """Import cards; return the resource names. Their categories become groups, TZ a field of the user's own."""
        return [self.add_contact(fields, groups) for fields, groups in cards.people(vcf, self._region)]

    @locked
    def add_contact(self, fields: Fields, groups: list[str] | None = None) -> str:
        """Have a contact with these fields, in "myContacts" and the groups named; return its resource name."""
        ids = ["myContacts", *(self._group_id(name) for name in groups or ())]
        membership = [
            {"contactGroupMembership": {"contactGroupId": id_, "contactGroupResourceName": f"contactGroups/{id_}"}}
            for id_ in ids
        ]
        id_ = f"c{secrets.randbelow(9 * 10**18) + 10**18}"
        self._put(id_, {**fields, "memberships": membership})
        return f"people/{id_}"

    @locked
    def edit_contact(self, resource: str, fields: Fields) -> None:
        """Replace some fields of a contact."""
        id_ = resource.removeprefix("people/")
        self._put(id_, self._people[id_].fields | fields)

    @locked
    def delete_contact(self, resource: str) -> None:
        """Remove a contact."""
        id_ = resource.removeprefix("people/")
        self._put(id_, {}, deleted=True)

    @locked
    def rename_group(self, name: str, new: str) -> None:
        """Change the name of a group; its id stays."""
        self._groups[self._group_id(name)] = new

    @locked
    def expire_sync_tokens(self) -> None:
        """Forget every sync token given out so far."""
        for token in self._tokens.values():
            token.expired = True

    def _group_id(self, name: str) -> str:
        known = next((id_ for id_, each in self._groups.items() if each == name), None)
        if known is None:
            known = secrets.token_hex(8)
            self._groups[known] = name
        return known

    def _put(self, id_: str, fields: Fields, *, deleted: bool = False) -> None:
        self._change += 1
        self._people[id_] = _Person(id_, fields, self._change, self._now(), deleted)


def _groups_of(person: _Person) -> list[str]:
    return [each["contactGroupMembership"]["contactGroupId"] for each in person.fields.get("memberships", ())]


def _mask(call: Call, name: str) -> set[str]:
    """Return the fields that a client wants; it has to say them."""
    valid = sorted(document("people")["schemas"]["Person"]["properties"].keys() - {*_ALWAYS, "ageRange"})
    wanted = {each.strip() for each in str(call.params.get(name, "")).split(",") if each.strip()}
    paths = f"Valid paths are: {valid}."
    if not wanted:
        raise _refused(f"{name} mask is required. Please specify one or more valid paths. {paths}")
    if wanted - set(valid):
        raise _refused(f'Invalid {name} mask path: "{min(wanted - set(valid))}". {paths}')
    return wanted


def _refused(message: str) -> RefusedError:
    return RefusedError(400, "badRequest", message, "INVALID_ARGUMENT")


def _shown(person: _Person, mask: set[str]) -> Fields:
    """Return a person with the fields asked for; every value says where it comes from."""
    source = {"type": "CONTACT", "id": person.id[1:]}
    found: Fields = {"resourceName": f"people/{person.id}", "etag": person.etag}
    for name in mask & person.fields.keys():
        values = person.fields[name]
        found[name] = [
            {"metadata": ({"primary": True, "sourcePrimary": True} if number == 0 else {}) | {"source": source}} | value
            for number, value in enumerate(values)
        ]
    if "metadata" in mask:
        moment = person.moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
        sources = [source | {"etag": f"#{person.etag}", "updateTime": moment}]
        found["metadata"] = {"sources": sources, "objectType": "PERSON"} | ({"deleted": True} if person.deleted else {})
    return found


def _matches(person: _Person, wanted: str) -> bool:
    """Tell whether a field has words that begin as the query does: a prefix of a phrase, no more."""
    return any(
        (" " + str(value.get(key, "")).casefold()).find(" " + wanted) >= 0
        for name, keys in _SEARCHED.items()
        for value in person.fields.get(name, ())
        for key in keys
    )
