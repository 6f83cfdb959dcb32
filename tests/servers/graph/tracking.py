"""/me/mailFolders/{folder}/messages/delta: what has happened in one folder."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from tests.servers.ews.mail import KINDS
from tests.servers.graph import ids
from tests.servers.graph.calls import Answer, Call, GraphError, Route
from tests.servers.graph.delta import TOKENS, Told
from tests.servers.graph.folders import READ

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.servers.ews.folders import Folder
    from tests.servers.ews.items import Item
    from tests.servers.graph.odata import Query
    from tests.servers.graph.state import State

_OPTIONS = ("$select", "$expand", "$filter", "$orderby", "$top", "changeType", *TOKENS)
_TYPE = {"@odata.type": "#microsoft.graph.message"}
_ALL = "created,updated,deleted"
BY_FILTER = 5000
"""A delta request with $filter tells at most so many messages (learn.microsoft.com/graph/api/message-delta)."""


class Tracking:
    """Changes of messages, folder by folder.

    Args:
        state: the mailbox.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    def routes(self) -> list[Route]:
        """Return what is answered."""
        path = "/me/mailFolders/{folder}/messages/delta"
        return [Route("GET", path, self._changes, READ, "Message", listed=True, options=_OPTIONS)]

    def _changes(self, call: Call) -> Answer:
        query = self._state.delta.query(call, _OPTIONS)
        self._state.messages.shape.check(query)
        _only_received(query)
        folder = self._state.folder_parts.named(call.names["folder"])

        def told(since: int) -> list[Told]:
            made = [*self._present(folder, call, query, since), *self._gone(folder, query, since)]
            return sorted(made, key=lambda each: each.at)

        return self._state.delta.answer(call, told, "Collection(message)")

    def _present(self, folder: Folder, call: Call, query: Query, since: int) -> Iterator[Told]:
        """Yield what is new or other. That a message was read is told in few words, whatever the $filter says.

        github.com/microsoftgraph/microsoft-graph-docs/issues/7776: id, isRead and parentFolderId, whatever $select
        says; alcionai/corso#1866: nothing where $select leaves isRead out; docs-contrib#9760: not filtered.
        """
        wanted = _wanted(query)
        for item in self._limited(folder, call, query, since):
            if item.entered <= since and item.edited <= since:
                told = "updated" in wanted and (not query.select or "isRead" in query.select)
                yield from [Told(item.change, partial(_read, item, call))] if told else []
                continue
            fits = self._state.messages.shape.fits(item, call, query)
            if fits and ("created" if item.entered > since else "updated") in wanted:
                yield Told(item.change, partial(self._whole, item, call, query))

    def _limited(self, folder: Folder, call: Call, query: Query, since: int) -> Iterable[Item]:
        inside = self._state.items.inside(folder.id)
        changed = [each for each in inside if each.kind in KINDS and each.change > since]
        if query.filter is None or since:
            return changed
        fitting = [each for each in changed if self._state.messages.shape.fits(each, call, query)]
        return sorted(fitting, key=lambda item: item.text("DateTimeReceived"))[-BY_FILTER:]

    def _whole(self, item: Item, call: Call, query: Query) -> dict[str, Any]:
        return _TYPE | self._state.messages.shape.entity(item, call, query)

    def _gone(self, folder: Folder, query: Query, since: int) -> Iterator[Told]:
        """Yield what left the folder and has not come back."""
        here = {each.id for each in self._state.items.inside(folder.id)}
        for each in self._state.items.gone.get(folder.id, []):
            if "deleted" in _wanted(query) and each.entered <= since < each.at and each.id not in here:
                yield Told(each.at, partial(_removed, each.id))


def _wanted(query: Query) -> set[str]:
    return set(query.rest.get("changeType", _ALL).split(","))


def _read(item: Item, call: Call) -> dict[str, Any]:
    shown = {"id": ids.shown(item, immutable=call.immutable), "parentFolderId": ids.address(item.folder)}
    return {**_TYPE, **shown, "isRead": item.text("IsRead") == "true"}


def _removed(ref: str) -> dict[str, Any]:
    return {**_TYPE, "id": ids.address(ref), "@removed": {"reason": "deleted"}}


def _only_received(query: Query) -> None:
    """Refuse what delta does not take: it filters by receivedDateTime ge or gt only, and sorts by it, newest first."""
    condition = query.filter
    named, operator = getattr(condition, "name", ""), getattr(condition, "operator", "")
    fine = condition is None or (named == "receivedDateTime" and operator in {"ge", "gt"})
    if not fine or query.order not in {(), (("receivedDateTime", True),)}:
        raise GraphError("ErrorInvalidUrlQuery", "The following parameters are not supported with change tracking.")
