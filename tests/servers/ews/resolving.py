"""ResolveNames, and the directory (Active Directory) that it looks into."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.servers.ews.cards import addresses
from tests.servers.ews.soap import EwsError, Outcome, e

if TYPE_CHECKING:
    from tests.servers.ews.calls import Handler, Outcomes
    from tests.servers.ews.items import Item
    from tests.servers.ews.properties import Value
    from tests.servers.ews.soap import Call, Element
    from tests.servers.ews.state import State

_MOST = 100
_ORDER = {
    "ActiveDirectory": ("directory",),
    "ActiveDirectoryContacts": ("directory", "contacts"),
    "Contacts": ("contacts",),
    "ContactsActiveDirectory": ("contacts", "directory"),
}


@dataclass
class Colleague:
    """One entry of the directory. `phones` are by Exchange's keys, such as BusinessPhone and MobilePhone."""

    name: str
    address: str
    given: str = ""
    surname: str = ""
    alias: str = ""
    office: str = ""
    company: str = ""
    department: str = ""
    title: str = ""
    phones: dict[str, str] = field(default_factory=dict)


class Directory:
    """Everybody in the organisation, and ResolveNames.

    Args:
        state: the mailbox.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._all: list[Colleague] = []
        self.finds_numbers = False
        """Whether administrators have made phone numbers searchable, as they are written. By default a directory
        resolves names, aliases, offices and addresses alone (Microsoft's reference of UnresolvedEntry)."""

    def handlers(self) -> dict[str, Handler]:
        """Return what answers each operation."""
        return {"ResolveNames": self._resolve}

    def add(self, colleague: Colleague) -> None:
        """Have somebody in the directory."""
        with self._state.lock:
            self._all.append(colleague)

    def remove(self, address: str) -> None:
        """Let somebody leave the organisation."""
        with self._state.lock:
            self._all = [each for each in self._all if each.address != address]

    def _resolve(self, call: Call) -> Outcomes:
        wanted = call.text("m:UnresolvedEntry").casefold().strip()
        scope = call.body.get("SearchScope", "ActiveDirectoryContacts")
        found: list[Element] = []
        for place in _ORDER[scope]:
            found += self._colleagues(wanted, call) if place == "directory" else self._contacts(wanted, call)
        if not found:
            return [EwsError("ErrorNameResolutionNoResults", "No results were found.")]
        last = "true" if len(found) <= _MOST else "false"
        some = found[:_MOST]
        made = e("m:ResolutionSet", *some, TotalItemsInView=str(len(some)), IncludesLastItemInRange=last)
        several = EwsError("ErrorNameResolutionMultipleResults", "Multiple results were found.")
        return [Outcome([made], several if len(some) > 1 else None)]

    def _colleagues(self, wanted: str, call: Call) -> list[Element]:
        full = call.body.get("ReturnFullContactData") == "true"
        found = [each for each in self._all if self._fits(each, wanted)]
        return [_resolution(_mailbox(each), _contact(each) if full else None) for each in found]

    def _fits(self, each: Colleague, wanted: str) -> bool:
        """Tell whether a beginning of a property is what is wanted, or beginnings of both names are."""
        own = [each.name, each.given, each.surname, each.alias, each.office, each.address]
        own += list(each.phones.values()) if self.finds_numbers else []
        return _begins(own, wanted) or _both(each.given, each.surname, wanted)

    def _contacts(self, wanted: str, call: Call) -> list[Element]:
        """Return the user's contacts; one without an address cannot be resolved."""
        asked = call.find("m:ParentFolderIds")
        if asked is not None and len(asked) > 1:
            text = "Only one contacts folder is allowed."
            raise EwsError("ErrorResolveNamesOnlyOneContactsFolderAllowed", text)
        folders = self._state.folders
        folder = folders.named("contacts") if asked is None else folders.located(asked[0])
        if folder.element != "ContactsFolder":
            raise EwsError("ErrorResolveNamesInvalidFolderType", "The folder is not a contacts folder.")
        items = [each for each in self._state.items.inside(folder.id) if each.kind == "Contact"]
        return [one for each in items if _known(each, wanted) for one in self._entries(each, call)]

    def _entries(self, item: Item, call: Call) -> list[Element]:
        shape = call.body.get("ContactDataShape")
        made = None
        if shape in {"Default", "AllProperties"} or call.body.get("ReturnFullContactData") == "true":
            kind = self._state.kinds["Contact"]
            made = kind.element(item, e("m:ItemShape", e("t:BaseShape", text=shape or "Default")))
        listed = item.values.get("EmailAddresses")
        entries = [] if listed is None or isinstance(listed, str) else list(listed)
        identity = self._state.kinds["Contact"].value(item, "ItemId")
        return [_resolution(_stored(item, str(each.text), identity), made) for each in entries]


def _begins(texts: list[str], wanted: str) -> bool:
    return any(each.casefold().startswith(wanted) for each in texts if each)


def _both(given: str, surname: str, wanted: str) -> bool:
    first, _, second = wanted.replace(",", " ").partition(" ")
    pairs = ((given, surname), (surname, given))
    return bool(second.strip()) and any(
        a.casefold().startswith(first) and b.casefold().startswith(second.strip()) for a, b in pairs
    )


def _known(item: Item, wanted: str) -> bool:
    listed = item.values.get("EmailAddresses")
    texts = [] if listed is None or isinstance(listed, str) else [str(each.text) for each in listed]
    names = [item.text(name) for name in ("DisplayName", "FileAs", "GivenName", "Surname")]
    return _begins([*texts, *names], wanted) or _both(item.text("GivenName"), item.text("Surname"), wanted)


def _resolution(mailbox: Element, contact: Element | None) -> Element:
    return e("t:Resolution", mailbox, *([] if contact is None else [copy.deepcopy(contact)]))


def _mailbox(each: Colleague, kind: str = "Mailbox") -> Element:
    parts = (("Name", each.name), ("EmailAddress", each.address), ("RoutingType", "SMTP"), ("MailboxType", kind))
    return e("t:Mailbox", *[e(f"t:{name}", text=text) for name, text in parts])


def _stored(item: Item, address: str, identity: Value | None) -> Element:
    made = _mailbox(Colleague(item.text("DisplayName"), address), "Contact")
    made.extend([] if identity is None else [identity])
    return made


def _contact(each: Colleague) -> Element:
    """Return somebody of the directory as a contact; the numbers that are not there are empty entries."""
    keys = ("AssistantPhone", "BusinessFax", "BusinessPhone", "HomePhone", "MobilePhone", "Pager")
    numbers = dict.fromkeys(keys, "") | each.phones
    simple = [("DisplayName", each.name), ("GivenName", each.given), ("Initials", ""), ("CompanyName", each.company)]
    made = e("t:Contact", *[e(f"t:{name}", text=text) for name, text in simple])
    made.append(addresses([f"SMTP:{each.address}"]))
    made.append(e("t:PhoneNumbers", *[e("t:Entry", text=text, Key=key) for key, text in sorted(numbers.items())]))
    later = [("ContactSource", "ActiveDirectory"), ("Department", each.department), ("JobTitle", each.title)]
    later += [("OfficeLocation", each.office), ("Surname", each.surname)]
    made.extend(e(f"t:{name}", text=text) for name, text in later)
    return made
