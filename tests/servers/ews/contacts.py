"""Contacts: the folder of the user, and their hands on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.servers.ews import cards
from tests.servers.ews.kinds import Kind
from tests.servers.ews.soap import EwsError, e
from tests.servers.ews.times import stamp

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from tests.servers.ews.calls import Handler
    from tests.servers.ews.items import Item
    from tests.servers.ews.properties import Extended, Path, Value
    from tests.servers.ews.soap import Call, Element
    from tests.servers.ews.state import State

_NAMES = (("GivenName", "FirstName"), ("MiddleName", "MiddleName"), ("Surname", "LastName"))

_LISTS = ("PhoneNumbers", "EmailAddresses", "PhysicalAddresses", "ImAddresses")


class ContactItems(Kind):
    """People. FindItem answers numbers and addresses too, but neither notes nor the name in its parts."""

    home = "contacts"
    default_shape = (
        "ItemId", "Subject", "HasAttachments", "FileAs", "DisplayName", "GivenName", "CompleteName", "CompanyName",
        "EmailAddresses", "PhysicalAddresses", "PhoneNumbers", "ImAddresses", "JobTitle", "Surname",
    )  # fmt: skip
    find_only = frozenset(
        {"MimeContent", "Body", "TextBody", "UniqueBody", "NormalizedBody", "Attachments", "CompleteName", "Notes",
         "Photo", "InternetMessageHeaders"}
    )  # fmt: skip

    def create(self, item: Item, given: Element, call: Call) -> None:
        """Fill a new contact."""
        if not self.state.folders.all[item.folder].kind.startswith("IPF.Contact"):
            raise EwsError("ErrorCannotCreateContactInNonContactFolder", "Not a contacts folder.")
        super().create(item, given, call)
        self.complete(item)

    def updated(self, item: Item, names: AbstractSet[str], call: Call) -> None:
        """Name a contact anew whose name was changed, where the client did not."""
        del call
        if names & {"GivenName", "Surname"} and "DisplayName" not in names:
            item.values.pop("DisplayName", None)
        self.complete(item)

    def complete(self, item: Item) -> None:
        """Give a contact the names that its parts make."""
        parts = [item.text(name) for name, _ in _NAMES if item.text(name)]
        whole = item.text("DisplayName") or " ".join(parts) or item.text("FileAs") or item.text("CompanyName")
        item.values |= {"DisplayName": whole, "Subject": whole}
        item.values.setdefault("FileAs", whole)

    def value(self, item: Item, name: str) -> Value | None:
        """Return a property."""
        if name == "CompleteName":
            parts = [e(f"t:{part}", text=item.text(own)) for own, part in _NAMES if item.text(own)]
            return e("t:CompleteName", *parts, e("t:FullName", text=item.text("DisplayName")))
        simple = {"ContactSource": "Store", "HasPicture": "false", "IsDraft": "false"}
        simple |= {"DateTimeReceived": stamp(item.created), "DateTimeSent": stamp(item.created)}
        return simple.get(name) or super().value(item, name)

    def compared(self, item: Item, path: Path) -> Value | None:
        """Return what restrictions see: not the whole lists, of which Exchange can search only the entries."""
        if path.name in {"PhoneNumbers", "EmailAddresses", "CompleteName"} and not path.index:
            raise EwsError("ErrorUnsupportedPathForQuery", "The property can not be used in a restriction.")
        return super().compared(item, path)

    def element(self, item: Item, shape: Element | None, *, found: bool = False) -> Element:
        """Return a contact; lists of which nothing is left are not there."""
        made = super().element(item, shape, found=found)
        for name in _LISTS:
            for each in [one for one in made.iterfind(f"{{*}}{name}") if not len(one)]:
                made.remove(each)
        return made


class Contacts:
    """The address book, as the server has it among its parts, and the hands of the user on it.

    Args:
        state: the mailbox.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self.kind = ContactItems(state, "Contact", "ContactItemType", "IPM.Contact")
        state.kinds["Contact"] = self.kind
        state.kinds["DistributionList"] = Kind(state, "DistributionList", "DistributionListType", "IPM.DistList")

    def handlers(self) -> dict[str, Handler]:
        """Return what answers operations of its own: none, contacts are answered as all items are."""
        return {}

    @property
    def main(self) -> str:
        """Return the id of the user's own folder of contacts."""
        return self._state.folders.named("contacts").id

    def add_contacts(self, vcf: bytes, folder: str | None = None) -> list[str]:
        """Import cards; return the ids."""
        with self._state.lock:
            return [self.add(values, extended, folder).id for values, extended in cards.contacts(vcf)]

    def add(
        self,
        values: dict[str, Value],
        extended: dict[Extended, str | list[str]] | None = None,
        folder: str | None = None,
    ) -> Item:
        """Have a contact with these properties, by the names of their elements."""
        with self._state.lock:
            item = self._state.items.add("Contact", folder or self.main)
            item.values |= values
            item.extended |= extended or {}
            self.kind.complete(item)
            self._state.items.touch(item)
            item.entered = item.edited = item.change
            return item

    def add_list(self, name: str) -> str:
        """Have a distribution list: it lies among the contacts and has no number. Return its id."""
        with self._state.lock:
            item = self._state.items.add("DistributionList", self.main)
            item.values |= {"DisplayName": name, "Subject": name, "FileAs": name}
            self._state.items.touch(item)
            return item.id

    def edit(self, id_: str, **values: Value) -> None:
        """Change properties of a contact."""
        with self._state.lock:
            item = self._state.items.get(id_)
            item.values |= values
            self.kind.complete(item)
            self._state.items.touch(item)

    def delete(self, id_: str) -> None:
        """Remove a contact; it goes to Deleted Items."""
        with self._state.lock:
            self._state.items.move(self._state.items.get(id_), self._state.folders.named("deleteditems").id)
