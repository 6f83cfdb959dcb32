"""The mail folders of an Exchange mailbox: their roles and marks, all in one request, and what changed in one."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from exchangelib.errors import ErrorAccessDenied
from exchangelib.extended_properties import ExtendedProperty
from exchangelib.fields import FieldPath
from exchangelib.folders import DEEP, Root
from exchangelib.folders import Folder as EwsFolder
from exchangelib.items import ID_ONLY, Item
from exchangelib.properties import DistinguishedFolderId, FolderId, ItemId, Mailbox
from exchangelib.services import FindFolder, GetFolder, SyncFolderItems

from assistant.errors import (
    AuthError,
    CursorExpiredError,
    InvalidResponseError,
    NotFoundError,
    ProviderError,
    TransientError,
)
from assistant.model.mailbox import Folder, Ref
from providers.exchange.service import NAME, said

if TYPE_CHECKING:
    from collections.abc import Mapping

    import exchangelib

    from providers.exchange.service import Exchange

_TOP = "msgfolderroot"
_NEEDED = (_TOP, "inbox", "drafts", "sentitems", "deleteditems", "junkemail", "outbox")
_MORE = ("syncissues", "conversationhistory")
_HIDDEN = frozenset({"deleteditems", "junkemail", "outbox", *_MORE})
_ROLES = {"inbox": Folder.INBOX, "drafts": Folder.DRAFTS, "sentitems": Folder.SENT}
_ARCHIVES = frozenset(
    {"archive", "archives", "archiv", "archivio", "archivo", "archief", "arkiv", "arquivo", "arquivo morto", "arkisto"}
    | {"archiwum", "архив", "アーカイブ", "存档"}
)
"""The folder of Outlook's button has no name of its own for programs."""
_MAIL = "ipf.note"
_FEEDS = "ipf.note.outlookhomepage"
_PAGE = 1000
_MOST_CHANGES = 512
_MOST_PAGES = 10_000


class CommitTime(ExtendedProperty):  # type: ignore[misc]  # the library has no types
    """PidTagLocalCommitTimeMax (MS-OXPROPS 2.764): when anything in a folder last changed, in whole seconds."""

    property_tag = 0x670A
    property_type = "SystemTime"


class DeletedCount(ExtendedProperty):  # type: ignore[misc]  # as above
    """PidTagDeletedCountTotal (MS-OXPROPS 2.662): how many items ever left a folder."""

    property_tag = 0x670B
    property_type = "Integer"


EwsFolder.register("commit_time", CommitTime)
EwsFolder.register("deleted_count", DeletedCount)


class Place(NamedTuple):
    """A folder as it is now.

    `role` is None for one whose mail is not shown. `mark` is another text after every change, but for changes in the
    second of `committed`; None where the server does not tell.
    """

    id: str
    role: Folder | None
    mark: str | None = None
    committed: datetime | None = None
    is_empty: bool = False


class Seen(NamedTuple):
    """An item that is new or changed, as far as its folder's changes tell."""

    received_at: datetime | None
    size: int
    categories: tuple[str, ...]


class News(NamedTuple):
    """What changed in a folder, and the state to ask from next."""

    changed: dict[Ref, Seen]
    gone: set[Ref]
    state: str


def distinguished(account: exchangelib.Account, name: str) -> EwsFolder:
    """Return a folder that every mailbox has, by the name that programs use; the server is not asked."""
    mailbox = Mailbox(email_address=account.primary_smtp_address)
    return EwsFolder(_distinguished_id=DistinguishedFolderId(id=name, mailbox=mailbox), root=Root(account=account))


def named(account: exchangelib.Account, name: str) -> EwsFolder:
    """Return a folder by its id, or by its name if every mailbox has it; the server is not asked."""
    if name in (*_NEEDED, *_MORE):
        return distinguished(account, name)
    return EwsFolder(_id=FolderId(id=name), root=Root(account=account))


def roles(exchange: Exchange, operation: str) -> dict[str, str]:
    """Ask for the ids of the folders that every mailbox has, in whatever language they are called.

    FindFolder of some servers, and of Exchange before 2016, does not tell them.

    Raises:
        NotFoundError: there is no inbox.
    """
    try:
        found = _named(exchange, operation, (*_NEEDED, *_MORE))
    except (AuthError, TransientError):
        raise
    except ProviderError:  # a server that knows fewer names may refuse them all
        found = _named(exchange, operation, _NEEDED)
    if "inbox" not in found or _TOP not in found:
        raise NotFoundError(NAME, operation, "the mailbox has no inbox. Run: ringback doctor")
    return found


def _named(exchange: Exchange, operation: str, names: tuple[str, ...]) -> dict[str, str]:
    def ask(account: exchangelib.Account) -> list[Any]:
        folders = [distinguished(account, name) for name in names]
        return list(GetFolder(account=account).call(folders=folders, additional_fields=None, shape=ID_ONLY))

    found: dict[str, str] = {}
    for name, answer in zip(names, exchange.call(operation, ask), strict=False):
        if not isinstance(answer, Exception):
            found[name] = str(answer.id)
        elif name in {_TOP, "inbox"}:
            raise said(operation, answer)
    return found


def look(exchange: Exchange, operation: str, known: Mapping[str, str]) -> list[Place]:
    """Return all mail folders, hidden ones too, with their marks; one request for each thousand.

    Args:
        exchange: the account.
        operation: of the port, for errors.
        known: what `roles` returned.
    """
    names = ("folder_class", "name", "parent_folder_id", "total_count", "unread_count", "commit_time", "deleted_count")
    fields = [FieldPath(field=EwsFolder.get_field_by_fieldname(name)) for name in names]

    def ask(account: exchangelib.Account) -> list[Any]:
        service = FindFolder(account=account, page_size=_PAGE)
        top = distinguished(account, _TOP)
        return list(
            service.call(
                folders=[top],
                additional_fields=fields,
                restriction=None,
                shape=ID_ONLY,
                depth=DEEP,
                max_items=None,
                offset=0,
            )
        )

    found: dict[str, Any] = {}
    for each in exchange.call(operation, ask):
        if isinstance(each, Exception):
            raise said(operation, each)
        if each.id:
            found[str(each.id)] = each
    by_id = {ref: name for name, ref in known.items()}
    shown = {ref: _role(ref, found, by_id) for ref, each in found.items() if _is_mail(each)}
    return [_place(found[ref], role) for ref, role in shown.items()]


def _is_mail(folder: Any) -> bool:  # noqa: ANN401  the library has no types
    kind = str(folder.folder_class or _MAIL).lower()
    return (kind == _MAIL or kind.startswith(f"{_MAIL}.")) and kind != _FEEDS


def _role(ref: str, found: Mapping[str, Any], by_id: Mapping[str, str]) -> Folder | None:
    """Return the role of a folder: what lies in a hidden one is hidden, what lies in Sent is sent."""
    above = _above(ref, found)
    named = [by_id.get(each, "") for each in above]
    if not _HIDDEN.isdisjoint(named):
        return None
    if named[0] in _ROLES:
        return _ROLES[named[0]]
    if "sentitems" in named:
        return Folder.SENT
    parent = found[ref].parent_folder_id
    is_top = parent is None or by_id.get(str(parent.id)) == _TOP
    archive = is_top and str(found[ref].name or "").casefold() in _ARCHIVES
    return Folder.ARCHIVE if archive else Folder.OTHER


def _above(ref: str, found: Mapping[str, Any]) -> list[str]:
    """Return a folder and those that it lies in, the innermost first; a ring of folders ends."""
    above: dict[str, None] = {}
    following: str | None = ref
    while following is not None and following not in above:
        above[following] = None
        parent = found[following].parent_folder_id if following in found else None
        following = None if parent is None else str(parent.id)
    return list(above)


def _place(folder: Any, role: Folder | None) -> Place:  # noqa: ANN401  as above
    committed = folder.commit_time if isinstance(folder.commit_time, datetime) else None
    if committed is None or folder.deleted_count is None or folder.total_count is None:
        return Place(str(folder.id), role)
    counts = f"{folder.total_count} {folder.unread_count} {folder.deleted_count}"
    mark = f"{committed.timestamp():.0f} {counts}"
    return Place(str(folder.id), role, mark, committed, is_empty=folder.total_count == 0)


class Sync(SyncFolderItems):  # type: ignore[misc]  # the library has no types
    """SyncFolderItems that tells errors that come without a sync state, and items of other kinds."""

    def _get_element_container(self, message: Any, name: str | None = None) -> Any:  # noqa: ANN401  as the library has it
        if message.get("ResponseClass") != "Error":
            return super()._get_element_container(message, name)
        return super(SyncFolderItems.__base__, self)._get_element_container(message, name)

    def _elem_to_obj(self, elem: Any) -> Any:  # noqa: ANN401  as above
        try:
            return super()._elem_to_obj(elem)
        except (ValueError, LookupError):  # an item of a kind that the library does not know: its id will do
            return self.UPDATE, Item(_id=ItemId.from_xml(elem=elem.find(f".//{ItemId.response_tag()}"), account=None))


def news(exchange: Exchange, operation: str, folder: str, state: str | None) -> News:
    """Return what changed in a folder since a state; with None, all that is there. A read flag is no change.

    Raises:
        CursorExpiredError: the state is not known any more.
        NotFoundError: the folder is gone.
    """
    changed: dict[Ref, Seen] = {}
    gone: set[Ref] = set()
    before = state or ""
    for _ in range(_MOST_PAGES):
        told, after, is_last = exchange.call(operation, _page(folder, before))
        _take(told, changed, gone)
        if is_last:
            return News(changed, gone, after)
        if after == before:
            break
        before = after
    raise InvalidResponseError(NAME, operation, "the server tells of changes without end; try again later")


def _page(folder: str, state: str) -> Any:  # noqa: ANN401  work for `Exchange.call`
    names = ("datetime_received", "size", "categories")
    fields = [FieldPath(field=Item.get_field_by_fieldname(name)) for name in names]

    def ask(account: exchangelib.Account) -> tuple[list[Any], str, bool]:
        service = Sync(account=account)
        told = service.call(
            folder=FolderId(id=folder),
            shape=ID_ONLY,
            additional_fields=fields,
            sync_state=state or None,
            ignore=None,
            max_changes_returned=_MOST_CHANGES,
            sync_scope=None,
        )
        changes = list(told)
        error = next((each for each in changes if isinstance(each, Exception)), None)
        if error is not None:
            raise error
        if not service.sync_state:
            raise ValueError("no sync state")
        return changes, str(service.sync_state), service.includes_last_item_in_range is not False

    return ask


def _take(told: list[Any], changed: dict[Ref, Seen], gone: set[Ref]) -> None:
    for kind, item in told:
        if kind == Sync.READ_FLAG_CHANGE or item is None or not item.id:
            continue
        ref = Ref(str(item.id))
        changed.pop(ref, None)
        gone.discard(ref)
        if kind == Sync.DELETE:
            gone.add(ref)
        else:
            changed[ref] = Seen(item.datetime_received, item.size or 0, tuple(item.categories or ()))


def is_denied(error: ProviderError) -> bool:
    """Tell whether an error says that the user may not read a folder."""
    return isinstance(error.__cause__, ErrorAccessDenied)


def is_expired(error: ProviderError) -> bool:
    """Tell whether an error says that a state, or the folder it is of, is no more."""
    return isinstance(error, CursorExpiredError | NotFoundError)
