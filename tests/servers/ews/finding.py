"""FindItem: restrictions, order, pages and views of a calendar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.servers.ews import properties
from tests.servers.ews.pages import page
from tests.servers.ews.query import meets
from tests.servers.ews.restrictions import alike
from tests.servers.ews.soap import Call, Element, EwsError, Outcome, e, local

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.servers.ews.calls import Handler, Outcomes
    from tests.servers.ews.folders import Folder
    from tests.servers.ews.items import Item
    from tests.servers.ews.properties import Path
    from tests.servers.ews.state import State


class Finding:
    """Finds items.

    Args:
        state: the mailbox.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self.views: dict[str, Callable[[Folder, Element, Call], list[Item]]] = {}
        """CalendarView and ContactsView: what they show of a folder, in their order."""

    def handlers(self) -> dict[str, Handler]:
        """Return what answers each operation."""
        return {"FindItem": self._find}

    def _find(self, call: Call) -> Outcomes:
        answers: Outcomes = []
        for each in call.find("m:ParentFolderIds"):
            try:
                answers.append(Outcome([self._root(self._state.folders.located(each), call)]))
            except EwsError as error:
                answers.append(error)
        return answers

    def _root(self, folder: Folder, call: Call) -> Element:
        view = next((each for each in call.body if local(each) in self.views), None)
        if view is not None:
            found = self.views[local(view)](folder, view, call)
        else:
            found = self._sorted(self._filtered(list(self._state.items.inside(folder.id)), call), call)
        some, marks = page(call.find("m:IndexedPageItemView") if view is None else view, found)
        if view is not None:
            marks.pop("IndexedPagingOffset")
        shape = call.find("m:ItemShape")
        shown = [self._state.kinds[each.kind].element(each, shape, found=True) for each in some]
        return e("m:RootFolder", e("t:Items", *shown), **marks)

    def _filtered(self, items: list[Item], call: Call) -> list[Item]:
        if call.body.get("Traversal") != "Shallow":
            return []
        query = call.text("m:QueryString")
        if query:
            items = [each for each in items if meets(query, each)]
        restriction = call.find("m:Restriction")
        if restriction is None:
            return items
        self._state.check(restriction)
        return [each for each in items if self._state.fits(restriction[0], self._look(each))]

    def _look(self, item: Item) -> Callable[[Path], properties.Value | None]:
        kind = self._state.kinds[item.kind]
        return lambda path: kind.compared(item, path)

    def _sorted(self, items: list[Item], call: Call) -> list[Item]:
        orders = call.find("m:SortOrder")
        if orders is None:
            return list(reversed(items))
        for each in reversed(list(orders)):
            path = properties.path(each[0])
            items = sorted(items, key=lambda item, path=path: self._key(item, path))  # type: ignore[misc]  # mypy cannot infer a lambda with a default
            if each.get("Order") == "Descending":
                items.reverse()
        return items

    def _key(self, item: Item, path: Path) -> tuple[str, object]:
        """Return what an item is sorted by: what has no value first, then values of one kind beside each other."""
        value = self._look(item)(path)
        text = value if isinstance(value, str) else "" if value is None else "\n".join(value.itertext())
        key = alike(text, text)[0]
        return type(key).__name__ if text else "", key
