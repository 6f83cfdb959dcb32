"""/me/outlook/masterCategories: the same list that Exchange keeps in the calendar folder."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from tests.servers.graph import entities
from tests.servers.graph.calls import Answer, Call, GraphError, Route

if TYPE_CHECKING:
    from tests.servers.graph.state import State

_READ, _WRITE = ("MailboxSettings.Read", "MailboxSettings.ReadWrite"), ("MailboxSettings.ReadWrite",)
_PATH = "/me/outlook/masterCategories"
_CONTEXT = "users('me')/outlook/masterCategories"
_COLOURS = 25


class Categories:
    """The user's list of categories, with colours preset0 to preset24, or none.

    Args:
        state: the mailbox.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._shape = entities.Shape("outlookCategory", ("id", "displayName", "color"), self._look)

    def routes(self) -> list[Route]:
        """Return what is answered."""
        kind, one = "OutlookCategory", f"{_PATH}/{{category}}"
        return [
            Route("GET", _PATH, self._list, _READ, kind, listed=True, options=entities.PAGING),
            Route("POST", _PATH, self._create, _WRITE, kind, given=kind, options=()),
            Route("GET", one, self._get, _READ, kind),
            Route("PATCH", one, self._change, _WRITE, kind, given=kind, options=()),
            Route("DELETE", one, self._delete, _WRITE, options=()),
        ]

    def _look(self, name: str, asked: str, call: Call) -> object:
        del call
        colour = self._state.configurations.categories()[name]
        shown = {"id": _id(name), "displayName": name, "color": "none" if colour < 0 else f"preset{colour}"}
        return shown[asked]

    def _list(self, call: Call) -> Answer:
        return entities.page(self._shape, self._state.configurations.categories(), call, _CONTEXT, usual=1000)

    def _found(self, call: Call) -> str:
        names = {_id(each): each for each in self._state.configurations.categories()}
        if call.names["category"] not in names:
            raise GraphError("ErrorItemNotFound", "The specified object was not found in the store.")
        return names[call.names["category"]]

    def _answer(self, name: str, call: Call, status: int = 200) -> Answer:
        return entities.one(self._shape.entity(name, call), call, f"{_CONTEXT}/$entity", status)

    def _get(self, call: Call) -> Answer:
        return self._answer(self._found(call), call)

    def _create(self, call: Call) -> Answer:
        held, name = self._state.configurations.categories(), call.body.get("displayName")
        if not name:
            raise GraphError("ErrorInvalidArgument", "A category needs a displayName.")
        if name.casefold() in {each.casefold() for each in held}:
            raise GraphError("ErrorDuplicateCategory", f"The category '{name}' already exists.", 409)
        self._state.configurations.set_categories(held | {name: _colour(call.body.get("color"))})
        return self._answer(name, call, 201)

    def _change(self, call: Call) -> Answer:
        name = self._found(call)
        if call.body.get("displayName", name) != name:
            raise GraphError("ErrorInvalidArgument", "The name of a category cannot be changed.")
        colours = self._state.configurations.categories() | {name: _colour(call.body.get("color"))}
        self._state.configurations.set_categories(colours)
        return self._answer(name, call)

    def _delete(self, call: Call) -> Answer:
        name = self._found(call)
        held = self._state.configurations.categories()
        self._state.configurations.set_categories({each: held[each] for each in held if each != name})
        return Answer(status=204)


def _id(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


def _colour(text: str | None) -> int:
    return -1 if text in {None, "none"} else int(str(text).removeprefix("preset")) % _COLOURS
