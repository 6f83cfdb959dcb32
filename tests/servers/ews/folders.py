"""The folders of the mailbox, and GetFolder, FindFolder, CreateFolder and their like."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.servers.ews import properties
from tests.servers.ews.ids import Ids, checked
from tests.servers.ews.pages import page
from tests.servers.ews.properties import Extended, Path
from tests.servers.ews.schema import order
from tests.servers.ews.soap import Call, Element, EwsError, Outcome, e, local
from tests.servers.ews.times import stamp

if TYPE_CHECKING:
    from datetime import datetime

    from tests.servers.ews.calls import Handler
    from tests.servers.ews.state import State

DEFAULT = (
    ("root", "", "", "Root"),
    ("msgfolderroot", "root", "IPF.Note", "Top of Information Store"),
    ("inbox", "msgfolderroot", "IPF.Note", "Inbox"),
    ("drafts", "msgfolderroot", "IPF.Note", "Drafts"),
    ("sentitems", "msgfolderroot", "IPF.Note", "Sent Items"),
    ("outbox", "msgfolderroot", "IPF.Note", "Outbox"),
    ("deleteditems", "msgfolderroot", "IPF.Note", "Deleted Items"),
    ("junkemail", "msgfolderroot", "IPF.Note", "Junk Email"),
    ("calendar", "msgfolderroot", "IPF.Appointment", "Calendar"),
    ("contacts", "msgfolderroot", "IPF.Contact", "Contacts"),
    ("tasks", "msgfolderroot", "IPF.Task", "Tasks"),
    ("notes", "msgfolderroot", "IPF.StickyNote", "Notes"),
    ("journal", "msgfolderroot", "IPF.Journal", "Journal"),
    ("conversationhistory", "msgfolderroot", "IPF.Note", "Conversation History"),
    ("syncissues", "msgfolderroot", "IPF.Note", "Sync Issues"),
    ("searchfolders", "root", "", "Finder"),
    ("recoverableitemsroot", "root", "", "Recoverable Items"),
    ("recoverableitemsdeletions", "recoverableitemsroot", "", "Deletions"),
)
"""The folders of a new mailbox: distinguished name, parent, class, name in English."""

_ELEMENTS = {
    "IPF.Appointment": "CalendarFolder",
    "IPF.Contact": "ContactsFolder",
    "IPF.Task": "TasksFolder",
}
COMMIT_TIME = Extended("", "0x670a", "SystemTime")
"""PidTagLocalCommitTimeMax: the latest change of anything in the folder."""
DELETED_COUNT = Extended("", "0x670b", "Integer")
"""PidTagDeletedCountTotal: how many items have ever left the folder."""
_IS_HIDDEN = Extended("", "0x10f4", "Boolean")


@dataclass
class Folder:
    """One folder. `distinguished` is "" for one that the user made; `committed` is when anything in it last changed."""

    id: str
    parent: str
    name: str
    kind: str
    committed: datetime
    distinguished: str = ""
    change: int = 1
    born: int = 1
    deleted: int = 0
    denied: bool = False
    search: bool = False
    values: dict[str, properties.Value] = field(default_factory=dict)
    extended: dict[Extended, str | list[str]] = field(default_factory=dict)

    @property
    def element(self) -> str:
        """Return the name of its element."""
        if self.search:
            return "SearchFolder"
        return next((name for kind, name in _ELEMENTS.items() if self.kind.startswith(kind)), "Folder")


class Folders:
    """All folders of the mailbox.

    Args:
        state: what they belong to.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self.all: dict[str, Folder] = {}
        self.gone: list[tuple[str, int, int]] = []
        """Deleted folders: id, version when it went, version when it came."""
        for name, parent, kind, shown in DEFAULT:
            above = self.named(parent).id if parent else ""
            self.add(shown, above, kind, distinguished=name)

    def add(self, name: str, parent: str, kind: str = "IPF.Note", *, distinguished: str = "") -> Folder:
        """Make a folder."""
        now, at = self._state.clock.now(), self._state.ids.change()
        made = Folder(self._state.ids.new(), parent, name, kind, now, distinguished, at, at)
        self.all[made.id] = made
        return made

    def named(self, name: str) -> Folder:
        """Return a distinguished folder."""
        found = next((each for each in self.all.values() if each.distinguished == name), None)
        if found is None:
            raise EwsError("ErrorFolderNotFound", "The specified folder could not be found in the store.")
        return found

    def get(self, ref: str) -> Folder:
        """Return a folder by its id."""
        if ref not in self.all:
            checked(ref)
            raise EwsError("ErrorFolderNotFound", "The specified folder could not be found in the store.")
        return self.all[ref]

    def located(self, element: Element) -> Folder:
        """Return the folder that t:FolderId or t:DistinguishedFolderId names."""
        named = local(element) == "DistinguishedFolderId"
        mailbox = element.findtext("t:Mailbox/t:EmailAddress", None, {"t": element.nsmap.get("t")}) if named else None
        if mailbox is not None and mailbox.lower() != self._state.address.lower():
            raise EwsError("ErrorNonExistentMailbox", "The SMTP address has no mailbox associated with it.")
        found = self.named(element.get("Id")) if named else self.get(element.get("Id"))
        if found.denied:
            raise EwsError("ErrorAccessDenied", "Access is denied. Check credentials and try again.")
        return found

    def touch(self, ref: str, *, left: bool = False) -> None:
        """Note that something in a folder has changed; `left` where an item is gone from it."""
        folder = self.all[ref]
        folder.committed = self._state.clock.now()
        folder.change = self._state.ids.change()
        folder.deleted += left

    def below(self, top: Folder, *, deep: bool) -> list[Folder]:
        """Return the folders in one, with `deep` the ones in those too, parents first."""
        found: list[Folder] = []
        for each in self.all.values():
            if each.parent == top.id:
                found += [each, *(self.below(each, deep=True) if deep else [])]
        return found

    def element(self, folder: Folder, shape: Element) -> Element:
        """Return a folder as a response shows it."""
        names, more = self._asked(folder, shape)
        made = e(f"t:{folder.element}")
        places = order(f"{folder.element}Type")
        for name in sorted(names & set(places), key=places.__getitem__):
            value = self.value(folder, Path(name))
            if value is not None:
                made.append(properties.write(name, value))
        self._extend(made, folder, more)
        return made

    def _extend(self, made: Element, folder: Folder, more: list[Extended]) -> None:
        places = order(f"{folder.element}Type")
        at = sum(places[local(each)] < places["ExtendedProperty"] for each in made)
        for key in reversed(more):
            value = self.extended(folder, key)
            if value is not None:
                made.insert(at, properties.extended_element(key, value))

    def _asked(self, folder: Folder, shape: Element) -> tuple[set[str], list[Extended]]:
        base = shape.findtext("t:BaseShape", namespaces=shape.nsmap)
        names = {"FolderId"}
        if base != "IdOnly":
            names |= {"DisplayName", "TotalCount", "ChildFolderCount", "UnreadCount"}
        if base == "AllProperties":
            names |= {"ParentFolderId", "FolderClass", "DistinguishedFolderId", "EffectiveRights"}
        asked = properties.paths(shape.find("t:AdditionalProperties", shape.nsmap))
        del folder
        names |= {each.name for each in asked if not each.extended}
        return names, [each.extended for each in asked if each.extended]

    def value(self, folder: Folder, asked: Path) -> properties.Value | None:
        """Return a property of a folder."""
        if asked.extended:
            found = self.extended(folder, asked.extended)
            return found if found is None or isinstance(found, str) else found[0]
        return self._plain(folder, asked.name)

    def _plain(self, folder: Folder, name: str) -> properties.Value | None:
        items = self._state.items
        if name == "FolderId":
            return e("t:FolderId", Id=folder.id, ChangeKey=Ids.key(folder.change, "AQAAABYAAA"))
        if name == "ParentFolderId":
            return e("t:ParentFolderId", Id=folder.parent, ChangeKey="AQAAAA==") if folder.parent else None
        if name == "EffectiveRights":
            return _rights()
        simple = {
            "FolderClass": folder.kind or None,
            "DisplayName": folder.name,
            "DistinguishedFolderId": None if self._state.quirks.no_distinguished_ids else folder.distinguished or None,
            "ChildFolderCount": str(len(self.below(folder, deep=False))),
        }
        if name == "TotalCount":
            simple[name] = str(items.count(folder.id))
        if name in simple:
            return simple[name]
        if name == "UnreadCount" and folder.element in {"Folder", "SearchFolder", "TasksFolder"}:
            return str(items.unread(folder.id))
        return folder.values.get(name)

    def extended(self, folder: Folder, key: Extended) -> str | list[str] | None:
        """Return an extended property of a folder."""
        if key in {COMMIT_TIME, DELETED_COUNT} and self._state.quirks.no_folder_marks:
            return None
        if key == COMMIT_TIME:
            return stamp(folder.committed)
        if key == DELETED_COUNT:
            return str(folder.deleted)
        if key == _IS_HIDDEN:
            return "false"
        return folder.extended.get(key)

    def handlers(self) -> dict[str, Handler]:
        """Return what answers each operation."""
        return {
            "GetFolder": self._get,
            "FindFolder": self._find,
            "CreateFolder": self._create,
            "DeleteFolder": self._delete,
        }

    def _get(self, call: Call) -> list[Outcome | EwsError]:
        answers: list[Outcome | EwsError] = []
        for each in call.find("m:FolderIds"):
            try:
                found = self.element(self.located(each), call.find("m:FolderShape"))
                answers.append(Outcome([e("m:Folders", found)]))
            except EwsError as error:
                answers.append(error)
        return answers

    def _find(self, call: Call) -> list[Outcome | EwsError]:
        answers: list[Outcome | EwsError] = []
        deep = call.body.get("Traversal") == "Deep"
        if call.find("m:Restriction") is not None:
            self._state.check(call.find("m:Restriction"))
        for each in call.find("m:ParentFolderIds"):
            try:
                found = [one for one in self.below(self.located(each), deep=deep) if self._matches(call, one)]
                answers.append(Outcome([self._root(call, found)]))
            except EwsError as error:
                answers.append(error)
        return answers

    def _matches(self, call: Call, folder: Folder) -> bool:
        restriction = call.find("m:Restriction")
        return restriction is None or self._state.fits(restriction[0], lambda asked: self.value(folder, asked))

    def _root(self, call: Call, found: list[Folder]) -> Element:
        some, marks = page(call.find("m:IndexedPageFolderView"), found)
        shown = [self.element(each, call.find("m:FolderShape")) for each in some]
        return e("m:RootFolder", e("t:Folders", *shown), **marks)

    def _create(self, call: Call) -> list[Outcome | EwsError]:
        parent = self.located(call.find("m:ParentFolderId")[0])
        answers: list[Outcome | EwsError] = []
        for each in call.find("m:Folders"):
            name = each.findtext("t:DisplayName", "", each.nsmap)
            if any(one.name.lower() == name.lower() for one in self.below(parent, deep=False)):
                answers.append(EwsError("ErrorFolderExists", "A folder with the specified name already exists."))
                continue
            made = self.add(name, parent.id, each.findtext("t:FolderClass", "IPF.Note", each.nsmap))
            identity = self._plain(made, "FolderId")
            answers.append(Outcome([e("m:Folders", e(f"t:{made.element}", identity))]))
        return answers

    def _delete(self, call: Call) -> list[Outcome | EwsError]:
        answers: list[Outcome | EwsError] = []
        for each in call.find("m:FolderIds"):
            try:
                self.remove(_own(self.located(each)))
                answers.append(Outcome([]))
            except EwsError as error:
                answers.append(error)
        return answers

    def remove(self, folder: Folder) -> None:
        """Delete a folder with all that is in it."""
        for each in [folder, *self.below(folder, deep=True)]:
            self._state.items.empty(each.id)
            del self.all[each.id]
            self.gone.append((each.id, self._state.ids.change(), each.born))


def _own(folder: Folder) -> Folder:
    """Return a folder that its user made; others cannot be deleted by request."""
    if folder.distinguished:
        raise EwsError("ErrorDeleteDistinguishedFolder", "Distinguished folders cannot be deleted.")
    return folder


def _rights() -> Element:
    names = ("CreateAssociated", "CreateContents", "CreateHierarchy", "Delete", "Modify", "Read", "ViewPrivateItems")
    return e("t:EffectiveRights", *[e(f"t:{each}", text="true") for each in names])
