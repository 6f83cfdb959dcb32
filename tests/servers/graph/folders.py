"""/me/mailFolders."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from tests.servers.ews.soap import EwsError
from tests.servers.graph import entities, extended, ids
from tests.servers.graph.calls import Answer, Call, GraphError, Route
from tests.servers.graph.delta import TOKENS, Told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.ews.folders import Folder
    from tests.servers.graph.state import State

READ = ("Mail.ReadBasic", "Mail.Read", "Mail.ReadWrite")
WRITE = ("Mail.ReadWrite",)
_DEFAULT = (
    *("id", "displayName", "parentFolderId", "childFolderCount", "unreadItemCount", "totalItemCount"),
    "isHidden",
)
_LISTED = (*entities.PAGING, "includeHiddenFolders")
_DELTA = ("$select", "$expand", *TOKENS)


class Folders:
    """The folders that hold mail.

    Args:
        state: the mailbox.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._renamed: dict[str, int] = {}
        self.shape = entities.Shape("mailFolder", _DEFAULT, self._look, held=self._extended)

    def routes(self) -> list[Route]:
        """Return what is answered."""
        below, one = "/me/mailFolders/{folder}/childFolders", "/me/mailFolders/{folder}"
        return [
            Route("GET", "/me/mailFolders", self._list, READ, "MailFolder", listed=True, options=_LISTED),
            Route("GET", "/me/mailFolders/delta", self._changes, READ, "MailFolder", listed=True, options=_DELTA),
            Route("GET", one, self._get, READ, "MailFolder"),
            Route("GET", below, self._below, READ, "MailFolder", listed=True, options=_LISTED),
            Route("POST", "/me/mailFolders", self._create, WRITE, "MailFolder", given="MailFolder", options=()),
            Route("POST", below, self._create, WRITE, "MailFolder", given="MailFolder", options=()),
            Route("DELETE", one, self._delete, WRITE, options=()),
        ]

    def named(self, name: str) -> Folder:
        """Return a folder by its well-known name or its id."""
        store = self._state.folders
        known = [each for each in store.all.values() if each.distinguished == name.lower() and each.distinguished]
        if known:
            found = known[0]
        else:
            try:
                found = store.get(ids.stored(name))
            except EwsError as error:
                code = "ErrorItemNotFound" if error.code == "ErrorFolderNotFound" else error.code
                raise GraphError(code, "The specified object was not found in the store.") from error
        if found.denied:
            raise GraphError("ErrorAccessDenied", "Access is denied. Check credentials and try again.")
        return found

    def _look(self, folder: Folder, name: str, call: Call) -> object:
        del call
        store = self._state
        known = {
            "id": ids.address(folder.id),
            "displayName": folder.name,
            "parentFolderId": ids.address(folder.parent) if folder.parent else None,
            "childFolderCount": sum(self._is_mail(each) for each in store.folders.below(folder, deep=False)),
            "unreadItemCount": store.items.unread(folder.id),
            "totalItemCount": store.items.count(folder.id),
            "isHidden": False,
        }
        return known.get(name)

    def _extended(self, folder: Folder, text: str) -> str | list[str] | None:
        key = extended.key(text)
        return folder.kind or None if key.name == "0x3613" else self._state.folders.extended(folder, key)

    def _is_mail(self, folder: Folder) -> bool:
        return folder.kind.startswith("IPF.Note") or folder.distinguished == "conversationhistory"

    def _mail_below(self, folder: Folder, *, deep: bool) -> Iterator[Folder]:
        return (each for each in self._state.folders.below(folder, deep=deep) if self._is_mail(each))

    def _list(self, call: Call) -> Answer:
        top = self._state.folders.named("msgfolderroot")
        return entities.page(self.shape, self._mail_below(top, deep=False), call, "users('me')/mailFolders")

    def _below(self, call: Call) -> Answer:
        found = self._mail_below(self.named(call.names["folder"]), deep=False)
        return entities.page(self.shape, found, call, "users('me')/mailFolders('x')/childFolders")

    def _get(self, call: Call) -> Answer:
        self.shape.check(call.query)
        found = self.named(call.names["folder"])
        return entities.one(self.shape.entity(found, call), call, "users('me')/mailFolders/$entity")

    def _changes(self, call: Call) -> Answer:
        """Tell new, renamed and deleted folders; what happens in a folder is told by its messages alone."""
        query = self._state.delta.query(call, _DELTA)
        self.shape.check(query)
        top = self._state.folders.named("msgfolderroot")

        def told(since: int) -> list[Told]:
            found = [(self._at(each), each) for each in self._mail_below(top, deep=True)]
            made = [Told(at, partial(self.shape.entity, each, call, query)) for at, each in found if at > since]
            gone = [(ref, at) for ref, at, born in self._state.folders.gone if born <= since < at]
            made += [Told(at, partial(removed, ref)) for ref, at in gone]
            return sorted(made, key=lambda each: each.at)

        return self._state.delta.answer(call, told, "Collection(mailFolder)")

    def _at(self, folder: Folder) -> int:
        return max(folder.born, self._renamed.get(folder.id, 0))

    def user_renames(self, name: str, other: str) -> None:
        """Let the user give a folder another name."""
        with self._state.lock:
            folder = self._state.mail.folder(name)
            folder.name = other
            self._renamed[folder.id] = self._state.ids.change()

    def _create(self, call: Call) -> Answer:
        name = call.body.get("displayName")
        if not name:
            raise GraphError("ErrorInvalidRequest", "The display name of a folder is required.")
        above = self.named(call.names.get("folder", "msgfolderroot"))
        if any(each.name.lower() == name.lower() for each in self._state.folders.below(above, deep=False)):
            raise GraphError("ErrorFolderExists", "A folder with the specified name already exists.")
        made = self._state.folders.add(name, above.id)
        return entities.one(self.shape.entity(made, call), call, "users('me')/mailFolders/$entity", 201)

    def _delete(self, call: Call) -> Answer:
        self._state.folders.remove(self.named(call.names["folder"]))
        return Answer(status=204)


def removed(ref: str) -> dict[str, Any]:
    """Return what a delta answer says of something that is gone."""
    return {"id": ids.address(ref), "@removed": {"reason": "deleted"}}
