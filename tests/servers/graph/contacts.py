"""/me/contacts and /me/contactFolders: the people whom the user knows, to be read."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from tests.servers.ews.soap import EwsError, tag
from tests.servers.ews.times import stamp
from tests.servers.graph import entities, extended, ids
from tests.servers.graph.calls import Answer, Call, GraphError, Route
from tests.servers.graph.delta import TOKENS, Told
from tests.servers.graph.mail import categories

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.servers.ews.folders import Folder
    from tests.servers.ews.items import Item
    from tests.servers.graph.odata import Query
    from tests.servers.graph.state import State

READ = ("Contacts.Read", "Contacts.ReadWrite")
_KIND = "IPF.Contact"
_TEXTS = {
    "fileAs": "FileAs",
    "displayName": "DisplayName",
    "givenName": "GivenName",
    "initials": "Initials",
    "middleName": "MiddleName",
    "nickName": "Nickname",
    "surname": "Surname",
    "generation": "Generation",
    "jobTitle": "JobTitle",
    "companyName": "CompanyName",
    "department": "Department",
    "officeLocation": "OfficeLocation",
    "profession": "Profession",
    "businessHomePage": "BusinessHomePage",
    "assistantName": "AssistantName",
    "manager": "Manager",
    "spouseName": "SpouseName",
}
_NULL = ("birthday", "title", "yomiGivenName", "yomiSurname", "yomiCompanyName")
_PHONES = {"homePhones": ("HomePhone", "HomePhone2"), "businessPhones": ("BusinessPhone", "BusinessPhone2")}
_TAGS = {
    "0x3a02": "Callback",
    "0x3a1a": "PrimaryPhone",
    "0x3a1d": "RadioPhone",
    "0x3a1e": "CarPhone",
    "0x3a1f": "OtherTelephone",
    "0x3a21": "Pager",
    "0x3a23": "OtherFax",
    "0x3a24": "BusinessFax",
    "0x3a25": "HomeFax",
    "0x3a2c": "Telex",
    "0x3a2d": "Isdn",
    "0x3a57": "CompanyMainPhone",
}
"""Numbers that v1.0 has no property for: programs read them as extended ones (MS-OXPROPS, such as 2.933)."""
_DEFAULT = (
    *("@odata.etag", "id", "createdDateTime", "lastModifiedDateTime", "changeKey", "categories", "parentFolderId"),
    *(*_TEXTS, *_NULL, "imAddresses", "children", *_PHONES, "mobilePhone", "personalNotes", "emailAddresses"),
    *("homeAddress", "businessAddress", "otherAddress"),
)
_EMPTY: dict[str, object] = {
    "imAddresses": [],
    "children": [],
    "homeAddress": {},
    "businessAddress": {},
    "otherAddress": {},
}
_DELTA = ("$select", *TOKENS)
_CONTEXT = "users('me')/contacts"
_FOLDERS = "users('me')/contactFolders"
_GONE = "The specified object was not found in the store."


class People:
    """The contacts of the user and the folders that they are in.

    Args:
        state: the mailbox.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self.shape = entities.Shape("contact", _DEFAULT, self._look, held=self._extended)
        names = ("id", "parentFolderId", "displayName")
        self.folders = entities.Shape("contactFolder", names, self._look_folder, held=self._folder_extended)

    def routes(self) -> list[Route]:
        """Return what is answered."""
        top, kind = "/me/contactFolders", "ContactFolder"
        one = f"{top}/{{folder}}"
        paging, delta = entities.PAGING, (*_DELTA, "$expand")
        made = [
            Route("GET", top, self._list_folders, READ, kind, listed=True, options=paging),
            Route("GET", f"{top}/delta", self._folder_changes, READ, kind, listed=True, options=delta),
            Route("GET", one, self._get_folder, READ, kind),
            Route("GET", f"{one}/childFolders", self._below, READ, kind, listed=True, options=paging),
        ]
        for path in ("/me/contacts", f"{one}/contacts"):
            made += [
                Route("GET", path, self._list, READ, "Contact", listed=True, options=paging),
                Route("GET", f"{path}/delta", self._changes, READ, "Contact", listed=True, options=_DELTA),
                Route("GET", f"{path}/{{contact}}", self._get, READ, "Contact"),
            ]
        return made

    # Folders.

    def _of(self, call: Call) -> Folder:
        """Return the folder that a request names, the user's own where it names none."""
        name = call.names.get("folder", "contacts")
        try:
            known = name.lower() == "contacts"
            found = self._state.folders.named("contacts") if known else self._state.folders.get(ids.stored(name))
        except EwsError as error:
            code = "ErrorItemNotFound" if error.code == "ErrorFolderNotFound" else error.code
            raise GraphError(code, _GONE) from error
        if not found.kind.startswith(_KIND):
            raise GraphError("ErrorItemNotFound", _GONE)
        if found.denied:
            raise GraphError("ErrorAccessDenied", "Access is denied. Check credentials and try again.")
        return found

    def _all(self) -> Iterator[Folder]:
        top = self._state.folders.named("msgfolderroot")
        return (each for each in self._state.folders.below(top, deep=True) if each.kind.startswith(_KIND))

    def _look_folder(self, folder: Folder, name: str, call: Call) -> object:
        del call
        known = {"id": folder.id, "parentFolderId": folder.parent, "displayName": folder.name}
        return known[name] if name == "displayName" else ids.address(known[name])

    def _folder_extended(self, folder: Folder, text: str) -> str | list[str] | None:
        return self._state.folders.extended(folder, extended.key(text))

    def _list_folders(self, call: Call) -> Answer:
        """List those that the user made: the default one is not among them, and is known as "contacts"."""
        return entities.page(self.folders, (each for each in self._all() if not each.distinguished), call, _FOLDERS)

    def _get_folder(self, call: Call) -> Answer:
        self.folders.check(call.query)
        return entities.one(self.folders.entity(self._of(call), call), call, f"{_FOLDERS}/$entity")

    def _below(self, call: Call) -> Answer:
        top = self._of(call).id
        return entities.page(self.folders, (each for each in self._all() if each.parent == top), call, _FOLDERS)

    def _folder_changes(self, call: Call) -> Answer:
        query = self._state.delta.query(call, (*_DELTA, "$expand"))
        self.folders.check(query)

        def told(since: int) -> list[Told]:
            found = [each for each in self._all() if each.change > since]
            made = [Told(each.change, partial(self.folders.entity, each, call, query)) for each in found]
            gone = [(ref, at) for ref, at, born in self._state.folders.gone if born <= since < at]
            made += [Told(at, partial(_removed, ref, "contactFolder")) for ref, at in gone]
            return sorted(made, key=lambda each: each.at)

        return self._state.delta.answer(call, told, "Collection(contactFolder)")

    # Contacts.

    def _inside(self, call: Call) -> Iterable[Item]:
        return [each for each in self._state.items.inside(self._of(call).id) if each.kind == "Contact"]

    def _list(self, call: Call) -> Answer:
        return entities.page(self.shape, self._inside(call), call, _CONTEXT)

    def _get(self, call: Call) -> Answer:
        self.shape.check(call.query)
        item = ids.found(self._state.items, call.names["contact"])
        if item.kind != "Contact" or ("folder" in call.names and item.folder != self._of(call).id):
            raise GraphError("ErrorItemNotFound", _GONE)
        return entities.one(self.shape.entity(item, call), call, f"{_CONTEXT}/$entity")

    def _changes(self, call: Call) -> Answer:
        query = self._state.delta.query(call, _DELTA)
        self.shape.check(query)
        folder = self._of(call)

        def told(since: int) -> list[Told]:
            found = [each for each in self._inside(call) if each.change > since]
            made = [Told(each.change, partial(self._told, each, call, query)) for each in found]
            gone = self._state.items.gone.get(folder.id, [])
            left = [each for each in gone if each.entered <= since < each.at]
            made += [Told(each.at, partial(_removed, each.id, "contact")) for each in left]
            return sorted(made, key=lambda each: each.at)

        return self._state.delta.answer(call, told, "Collection(contact)")

    def _told(self, item: Item, call: Call, query: Query) -> dict[str, Any]:
        return {"@odata.type": "#microsoft.graph.contact", **self.shape.entity(item, call, query)}

    def _extended(self, item: Item, text: str) -> str | list[str] | None:
        key = extended.key(text)
        if not key.group and key.name in _TAGS:
            return next(iter(_numbers(item, _TAGS[key.name])), None)
        if not key.group and key.name == "0x001a":
            return item.text("ItemClass", "IPM.Contact")
        return self._state.contacts.kind.extended(item, key)

    def _look(self, item: Item, name: str, call: Call) -> object:
        if name in _TEXTS:
            return item.text(_TEXTS[name]) or None
        if name in _NULL or name in _EMPTY:
            return _EMPTY.get(name)
        if name in _PHONES:
            return _numbers(item, *_PHONES[name])
        if name == "mobilePhone":
            return next(iter(_numbers(item, "MobilePhone")), None)
        if name == "emailAddresses":
            return [{"name": each, "address": each} for each in _entries(item, "EmailAddresses").values() if each]
        return self._simple(item, name, call)

    def _simple(self, item: Item, name: str, call: Call) -> object:
        known = {
            "@odata.etag": ids.etag(item),
            "id": ids.shown(item, immutable=call.immutable),
            "createdDateTime": stamp(item.created),
            "lastModifiedDateTime": stamp(item.modified),
            "changeKey": item.key,
            "categories": categories(item),
            "parentFolderId": ids.address(item.folder),
            "personalNotes": item.text("Body"),
        }
        return known[name]


def _entries(item: Item, name: str) -> dict[str, str]:
    held = item.values.get(name)
    if held is None or isinstance(held, str):
        return {}
    return {each.get("Key"): each.text or "" for each in held.iterfind(tag("t:Entry"))}


def _numbers(item: Item, *keys: str) -> list[str]:
    held = _entries(item, "PhoneNumbers")
    return [held[key] for key in keys if held.get(key)]


def _removed(ref: str, kind: str) -> dict[str, Any]:
    shown = {"@odata.type": f"#microsoft.graph.{kind}", "id": ids.address(ref)}
    return shown | {"@removed": {"reason": "deleted"}}
