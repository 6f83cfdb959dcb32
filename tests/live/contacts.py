"""What a live harness does to contacts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from tests.contract.harness import REGION
from tests.servers.google import cards

if TYPE_CHECKING:
    from tests.live.connection import Plain

WRITES = "https://www.googleapis.com/auth/contacts"
"""The scope that may make contacts; the provider itself only reads them."""
_OUTPUT_ONLY = {"displayName", "displayNameLastFirst", "canonicalForm", "formattedType"}
_PATIENCE, _PAUSE = 300.0, 5.0


class OwnContacts:
    """The contacts and groups of the test at hand.

    Args:
        plain: the connection of the user's hands.
    """

    def __init__(self, plain: Plain) -> None:
        self._plain = plain
        self._people = plain.people.people()
        self._groups = plain.people.contactGroups()
        self._made_groups: list[str] = []
        self.made: set[str] = set()
        """Resource names of the contacts."""

    def add(self, vcf: bytes) -> None:
        """Write cards, and wait until they are listed: that may take minutes."""
        for fields, groups in cards.people(vcf, REGION):
            body = {name: [_plainly(one) for one in values] for name, values in fields.items()}
            resource = self._plain.do(self._people.createContact(body=body, personFields="names"))["resourceName"]
            self.made.add(resource)
            for name in groups:
                members = {"resourceNamesToAdd": [resource]}
                self._plain.do(self._groups.members().modify(resourceName=self._group(name), body=members))
        self._await()

    def _group(self, name: str) -> str:
        """Return a group by its name, the user's if there is one."""
        listed = self._plain.do(self._groups.list(pageSize=1000)).get("contactGroups", ())
        known = next((one["resourceName"] for one in listed if one.get("name") == name), None)
        if known is None:
            known = self._plain.do(self._groups.create(body={"contactGroup": {"name": name}}))["resourceName"]
            self._made_groups.append(known)
        return str(known)

    def _await(self) -> None:
        end = time.monotonic() + _PATIENCE
        while not self.made <= self._listed():
            if time.monotonic() > end:
                raise TimeoutError("Google does not list the contacts that were made")
            time.sleep(_PAUSE)

    def _listed(self) -> set[str]:
        found: set[str] = set()
        listing = self._people.connections()
        request = listing.list(resourceName="people/me", personFields="metadata", pageSize=1000)
        while request is not None:
            page = self._plain.do(request)
            found |= {one["resourceName"] for one in page.get("connections", ())}
            request = listing.list_next(request, page)
        return found

    def clean(self) -> None:
        """Remove what the test made."""
        for resource in sorted(self.made):
            self._plain.do(self._people.deleteContact(resourceName=resource))
        for group in self._made_groups:
            self._plain.do(self._groups.delete(resourceName=group, deleteContacts=False))
        self.made.clear()
        self._made_groups.clear()


def _plainly(value: dict[str, Any]) -> dict[str, Any]:
    """Return a field without what Google makes of it; a name in parts needs no whole."""
    parts = {"givenName", "familyName"} & value.keys()
    without = _OUTPUT_ONLY | ({"unstructuredName"} if parts else set())
    return {name: each for name, each in value.items() if name not in without}
