"""SyncFolderItems and SyncFolderHierarchy."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING

from tests.servers.ews.items import Gone
from tests.servers.ews.soap import Call, Element, EwsError, Outcome, e

if TYPE_CHECKING:
    from tests.servers.ews.calls import Handler, Outcomes
    from tests.servers.ews.folders import Folder
    from tests.servers.ews.items import Item
    from tests.servers.ews.state import State

_MOST = 512


class Sync:
    """Tells what changed since a state.

    Args:
        state: the mailbox.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._age = 0

    def handlers(self) -> dict[str, Handler]:
        """Return what answers each operation."""
        return {"SyncFolderItems": self._items, "SyncFolderHierarchy": self._hierarchy}

    def expire(self) -> None:
        """Forget what the states meant that clients hold."""
        self._age += 1

    def _written(self, of: str, at: int) -> str:
        text = json.dumps({"of": of, "at": at, "age": self._age})
        return base64.b64encode(text.ljust(60).encode()).decode("ascii")

    def _read(self, text: str, of: str) -> int:
        if not text:
            return 0
        try:
            held = json.loads(base64.b64decode(text, validate=True))
        except (binascii.Error, ValueError):
            held = {}
        if held.get("of") != of or held.get("age") != self._age:
            raise EwsError("ErrorInvalidSyncStateData", "Synchronization state data is corrupt or otherwise invalid.")
        return int(held["at"])

    def _items(self, call: Call) -> Outcomes:
        try:
            folder = self._state.folders.located(call.find("m:SyncFolderId")[0])
            return [Outcome(self._changes(folder, call))]
        except EwsError as error:
            error.children = [e("m:SyncState"), e("m:IncludesLastItemInRange", text="true")]
            return [error]

    def _changes(self, folder: Folder, call: Call) -> list[Element]:
        since = self._read(call.text("m:SyncState"), folder.id)
        most = min(int(call.text("m:MaxChangesReturned", "100")), _MOST)
        ignored = {each.get("Id") for each in call.body.iterfind("m:Ignore/*", {"m": call.body.nsmap.get("m")})}
        inside = self._state.items.inside(folder.id)
        items = [each for each in inside if each.change > since and each.id not in ignored]
        gone = [each for each in self._state.items.gone.get(folder.id, []) if each.entered <= since < each.at]
        told: list[tuple[int, Item | Gone]] = [
            *((each.change, each) for each in items),
            *((each.at, each) for each in gone),
        ]
        told.sort(key=lambda change: change[0])
        last = len(told) <= most
        at = self._state.ids.changes if last else told[most - 1][0]
        shown = [self._change(each, since, call) for _, each in told[:most]]
        return [
            e("m:SyncState", text=self._written(folder.id, at)),
            e("m:IncludesLastItemInRange", text="true" if last else "false"),
            e("m:Changes", *shown),
        ]

    def _change(self, each: Item | Gone, since: int, call: Call) -> Element:
        if isinstance(each, Gone):
            return e("t:Delete", e("t:ItemId", Id=each.id))
        kind = self._state.kinds[each.kind]
        if each.entered > since:
            return e("t:Create", kind.element(each, call.find("m:ItemShape"), found=True))
        if each.edited > since:
            return e("t:Update", kind.element(each, call.find("m:ItemShape"), found=True))
        read = e("t:IsRead", text=each.text("IsRead", "false"))
        return e("t:ReadFlagChange", e("t:ItemId", Id=each.id, ChangeKey=each.key), read)

    def _hierarchy(self, call: Call) -> Outcomes:
        try:
            since = self._read(call.text("m:SyncState"), "folders")
            named = call.find("m:SyncFolderId")
            folders = self._state.folders
            top = folders.named("msgfolderroot") if named is None else folders.located(named[0])
        except EwsError as error:
            error.children = [e("m:SyncState"), e("m:IncludesLastFolderInRange", text="true")]
            return [error]
        shape = call.find("m:FolderShape")
        shown = [
            e("t:Create" if each.born > since else "t:Update", folders.element(each, shape))
            for each in folders.below(top, deep=True)
            if each.change > since
        ]
        gone = [e("t:Delete", e("t:FolderId", Id=ref)) for ref, at, born in folders.gone if born <= since < at]
        state = e("m:SyncState", text=self._written("folders", self._state.ids.changes))
        last = e("m:IncludesLastFolderInRange", text="true")
        return [Outcome([state, last, e("m:Changes", *shown, *gone)])]
