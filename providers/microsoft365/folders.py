"""The mail folders of a mailbox: their roles, and their marks where there are many."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from assistant.errors import NotFoundError, ProviderError
from assistant.model.mailbox import Folder
from providers.microsoft365 import properties
from providers.microsoft365.errors import GraphError
from providers.microsoft365.service import NAME, Part, at, values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from providers.microsoft365.service import Graph

LIST = "folders"
"""The part of a batch that asks for the list."""
_TOP = "msgfolderroot"
_ROLES = {
    "inbox": Folder.INBOX,
    "drafts": Folder.DRAFTS,
    "sentitems": Folder.SENT,
    "archive": Folder.ARCHIVE,
}
_HIDDEN = frozenset({"deleteditems", "junkemail", "outbox", "conversationhistory", "syncissues", "searchfolders"})
_NAMES = (_TOP, *_ROLES, *sorted(_HIDDEN))
"""Learn.microsoft.com/graph/api/resources/mailfolder: well-known names, in whatever language the folders are called."""
_PAGE = {"Prefer": "odata.maxpagesize=500"}
_SEARCH = "#microsoft.graph.mailsearchfolder"
_DENIED = frozenset({"ErrorAccessDenied", "AccessDenied"})


class Place(NamedTuple):
    """A folder as it is now.

    `role` is None for one whose mail is not shown. `mark` is another text after every change, but for changes in the
    second of `committed`; None where it was not asked for or Microsoft does not tell.
    """

    id: str
    role: Folder | None
    mark: str | None = None
    committed: datetime | None = None


def naming() -> dict[str, Part]:
    """Return the requests for the ids of the folders that Microsoft has names for."""
    return {name: Part("GET", at("me", "mailFolders", name), {"$select": "id"}) for name in _NAMES}


def named(answers: Mapping[str, dict[str, Any] | ProviderError]) -> dict[str, str]:
    """Return these ids by name.

    Raises:
        NotFoundError: there is no inbox.
        ProviderError: something else than that there is no such folder.
    """
    found: dict[str, str] = {}
    for name in _NAMES:
        answer = answers[name]
        if isinstance(answer, dict):
            found[name] = str(answer.get("id"))
        elif name in {_TOP, "inbox"} or not (isinstance(answer, NotFoundError) or is_denied(answer)):
            raise answer
    return found


def listing(*, marked: bool) -> Part:
    """Return the request for all mail folders, folders in folders too."""
    names = ["displayName", "parentFolderId"]
    params = {"$select": ",".join(names)}
    if marked:
        params["$select"] += ",totalItemCount,unreadItemCount"
        params["$expand"] = properties.expand(properties.COMMITTED, properties.DELETED)
    return Part("GET", at("me", "mailFolders", "delta"), params, headers=_PAGE)


def places(graph: Graph, operation: str, page: Mapping[str, Any], roles: Mapping[str, str]) -> list[Place]:
    """Return all mail folders, hidden ones too.

    Args:
        graph: for more pages.
        operation: of the port, for errors.
        page: the first one.
        roles: what `named` returned.
    """
    told = values(operation, page)
    link = page.get("@odata.nextLink")
    if link:
        told += graph.items(operation, str(link), headers=_PAGE)
    found = {str(each.get("id")): each for each in told if "@removed" not in each and _is_folder(each)}
    by_id = {ref: name for name, ref in roles.items()}
    return [_place(each, _role(ref, found, by_id)) for ref, each in found.items()]


def _is_folder(told: Mapping[str, Any]) -> bool:
    return str(told.get("@odata.type", "")).lower() != _SEARCH


def _role(ref: str, found: Mapping[str, Mapping[str, Any]], by_id: Mapping[str, str]) -> Folder | None:
    """Return the role of a folder: what lies in a hidden one is hidden, what lies in Sent is sent."""
    named = [by_id.get(each, "") for each in _above(ref, found)]
    if not _HIDDEN.isdisjoint(named):
        return None
    if named[0] in _ROLES:
        return _ROLES[named[0]]
    return Folder.SENT if "sentitems" in named else Folder.OTHER


def _above(ref: str, found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return a folder and those that it lies in, the innermost first; a ring of folders ends."""
    above: dict[str, None] = {}
    following: str | None = ref
    while following and following not in above:
        above[following] = None
        parent = found[following].get("parentFolderId") if following in found else None
        following = parent if isinstance(parent, str) else None
    return list(above)


def _place(told: Mapping[str, Any], role: Folder | None) -> Place:
    ref = str(told.get("id"))
    committed = _instant(properties.value(told, properties.COMMITTED))
    deleted = properties.value(told, properties.DELETED)
    if committed is None or deleted is None:
        return Place(ref, role)
    counts = f"{told.get('totalItemCount')} {told.get('unreadItemCount')} {deleted}"
    return Place(ref, role, f"{committed.timestamp():.0f} {counts}", committed)


def _instant(text: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return None if found.tzinfo is None else found


def is_denied(error: ProviderError) -> bool:
    """Tell whether an error says that the user may not read a folder."""
    cause = error.__cause__
    return isinstance(cause, GraphError) and cause.refusal.code in _DENIED


def no_inbox(operation: str) -> NotFoundError:
    """Return the error for a mailbox without an inbox."""
    return NotFoundError(NAME, operation, "the mailbox has no inbox. Run: ringback doctor")
