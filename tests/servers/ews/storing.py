"""Operations on items one by one: create, get, update, move, copy, delete. The same for all kinds."""

from __future__ import annotations

import base64
import binascii
import copy
from typing import TYPE_CHECKING

from tests.servers.ews import properties
from tests.servers.ews.soap import Call, Element, EwsError, Outcome, e, local

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.servers.ews.calls import Handler, Outcomes
    from tests.servers.ews.items import Item
    from tests.servers.ews.kinds import Kind
    from tests.servers.ews.state import State

_CONFLICT = (
    "The send or update operation could not be performed because the change key passed in the request does not match"
    " the current change key for the item."
)
_NO_ITEMS = e("m:Items")


class Storing:
    """Creates, reads, changes and deletes items.

    Args:
        state: the mailbox.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self.responses: dict[str, Callable[[Element, Call], list[Item]]] = {}
        """What CreateItem does with elements that are no items: ReplyToItem, AcceptItem and so on."""
        self.deleting: Callable[[Item, Call], bool] = lambda *_: False
        """Asked before an item is deleted; True where it has done so itself, as for an occurrence."""

    def handlers(self) -> dict[str, Handler]:
        """Return what answers each operation."""
        return {
            "CreateItem": self._create,
            "GetItem": self._get,
            "UpdateItem": self._update,
            "DeleteItem": self._delete,
            "MoveItem": self._move,
            "CopyItem": self._copy,
        }

    def kind(self, item: Item) -> Kind:
        """Return the kind of an item."""
        return self._state.kinds[item.kind]

    def _each(self, elements: Element, act: Callable[[Element], list[Element]], empty: list[Element]) -> Outcomes:
        """Act on each element; an item that cannot be done says why and does not stop the others."""
        answers: Outcomes = []
        for each in elements:
            try:
                answers.append(Outcome(act(each)))
            except EwsError as error:
                error.children = empty
                answers.append(error)
        return answers

    def _create(self, call: Call) -> Outcomes:
        return self._each(call.find("m:Items"), lambda given: [self._made(given, call)], [_NO_ITEMS])

    def _made(self, given: Element, call: Call) -> Element:
        name = local(given)
        if name in self.responses:
            made = self.responses[name](given, call)
        elif name in self._state.kinds:
            made = self.new(self._state.kinds[name], given, call)
        else:
            raise EwsError("ErrorInvalidOperation", f"This server does not create {name}.")
        return e("m:Items", *[self.kind(each).element(each, None) for each in made])

    def new(self, kind: Kind, given: Element, call: Call) -> list[Item]:
        """Make an item from an element of a request; none remains of one that was only sent."""
        folder = self.target(call, kind)
        item = self._state.items.add(kind.name, folder)
        try:
            kind.create(item, given, call)
        except EwsError:
            self._state.items.remove(item)
            raise
        self._state.items.touch(item)
        item.entered = item.edited = item.change
        return [item] if self._state.items.has(item) else []

    def target(self, call: Call, kind: Kind) -> str:
        """Return the id of the folder where a new item goes."""
        asked = call.find("m:SavedItemFolderId")
        if asked is not None:
            return self._state.folders.located(asked[0]).id
        return self._state.folders.named(kind.home).id

    def _get(self, call: Call) -> Outcomes:
        shape = call.find("m:ItemShape")

        def act(named: Element) -> list[Element]:
            item = self._state.items.located(named)
            return [e("m:Items", self.kind(item).element(item, shape))]

        return self._each(call.find("m:ItemIds"), act, [_NO_ITEMS])

    def _update(self, call: Call) -> Outcomes:
        return self._each(call.find("m:ItemChanges"), lambda each: self._changed(each, call), [_NO_ITEMS])

    def _changed(self, change: Element, call: Call) -> list[Element]:
        item = self._state.items.located(change[0])
        self.compare(item, change[0].get("ChangeKey"), call)
        before = copy.deepcopy(item.values), copy.deepcopy(item.extended), item.raw
        try:
            names = self._applied(item, change, call)
        except EwsError:
            item.values, item.extended, item.raw = before
            raise
        self._state.items.touch(item, read_flag_only=names == {"IsRead"})
        shown = e("m:Items", self.kind(item).element(item, None))
        return [shown, e("m:ConflictResults", e("t:Count", text="0"))]

    def _applied(self, item: Item, change: Element, call: Call) -> set[str]:
        kind = self.kind(item)
        names = set()
        for each in change.find("t:Updates", change.nsmap):
            path = properties.path(each[0])
            names.add(path.name)
            if local(each) == "DeleteItemField":
                kind.unset(item, path)
            elif local(each) == "AppendToItemField":
                kind.append(item, each[1][0])
            else:
                kind.replace(item, path, each[1][0])
        kind.updated(item, names, call)
        return names

    def compare(self, item: Item, key: str | None, call: Call) -> None:
        """Refuse a change to a version that is no longer the present one."""
        mode = call.body.get("ConflictResolution")
        if mode == "AlwaysOverwrite":
            return
        self.current(item, key, merges=mode == "AutoResolve")

    def current(self, item: Item, key: str | None, *, merges: bool = False) -> None:
        """Refuse a change key that is missing or, unless changes are merged, not the present one."""
        if not key:
            raise EwsError("ErrorChangeKeyRequiredForWriteOperations", "A change key is required for this operation.")
        _versioned(key)
        if key != item.key and not merges:
            raise EwsError("ErrorIrresolvableConflict", _CONFLICT)

    def _delete(self, call: Call) -> Outcomes:
        return self._each(call.find("m:ItemIds"), lambda named: self._deleted(named, call), [])

    def _deleted(self, named: Element, call: Call) -> list[Element]:
        item = self._state.items.located(named)
        self.kind(item).deleted(item, call)
        if self.deleting(item, call):
            return []
        if call.body.get("DeleteType") == "HardDelete":
            self._state.items.remove(item)
            return []
        soft = call.body.get("DeleteType") == "SoftDelete"
        self._state.items.move(
            item, self._state.folders.named("recoverableitemsdeletions" if soft else "deleteditems").id
        )
        return []

    def _move(self, call: Call) -> Outcomes:
        folder = self._state.folders.located(call.find("m:ToFolderId")[0])

        def act(named: Element) -> list[Element]:
            item = self._state.items.move(self._state.items.located(named), folder.id)
            return [e("m:Items", self.kind(item).element(item, None))]

        return self._each(call.find("m:ItemIds"), act, [_NO_ITEMS])

    def _copy(self, call: Call) -> Outcomes:
        folder = self._state.folders.located(call.find("m:ToFolderId")[0])

        def act(named: Element) -> list[Element]:
            item = self._state.items.copy(self._state.items.located(named), folder.id)
            return [e("m:Items", self.kind(item).element(item, None))]

        return self._each(call.find("m:ItemIds"), act, [_NO_ITEMS])


def _versioned(key: str) -> None:
    """Refuse a change key that no server made."""
    try:
        base64.b64decode(key, validate=True)
    except binascii.Error as error:
        raise EwsError("ErrorInvalidChangeKey", "The change key is invalid.") from error
