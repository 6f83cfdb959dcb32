"""From what the mailbox holds to JSON: selected properties, expanded ones, lists in pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from tests.servers.graph import extended, filters
from tests.servers.graph.calls import Answer, Call, GraphError

if TYPE_CHECKING:
    from tests.servers.graph.odata import Expanded, Query

T = TypeVar("T")
Look = Callable[[T, str, Call], object]
_USUAL = 10
PAGING = ("$select", "$expand", "$filter", "$orderby", "$top", "$skip", "$count", "$search", "$skiptoken")


class Shape(Generic[T]):
    """How things of one type are shown.

    Args:
        name: of the type, such as "message".
        default: what is answered unless $select says otherwise; "id" is always there.
        more: properties that $select has to name.
        look: gives a property; what it raises LookupError for is not there.
        held: gives the extended properties, where the type has some.
    """

    def __init__(
        self,
        name: str,
        default: Iterable[str],
        look: Look[T],
        *,
        more: Iterable[str] = (),
        held: Callable[[T, str], str | list[str] | None] | None = None,
    ) -> None:
        self.name, self.default, self.more = name, tuple(default), tuple(more)
        self.look, self.held = look, held

    def check(self, query: Query) -> None:
        """Refuse options that name what there is not."""
        known = {*self.default, *self.more, "id", "*"}
        asked = [*query.select, *(name for name, _ in query.order)]
        asked += [] if query.filter is None else list(filters.properties(query.filter))
        for each in asked:
            top = each.split("/")[0]
            if top not in known and not (self.held and top in extended.LISTS):
                raise GraphError(
                    "RequestBroker--ParseUri",
                    f"Could not find a property named '{top}' on type 'Microsoft.OutlookServices.{self.name.title()}'.",
                )
        for one in query.expand:
            if self.held is None or one.name not in extended.LISTS:
                raise GraphError("BadRequest", f"Could not find a property named '{one.name}' to expand.")

    def entity(self, thing: T, call: Call, query: Query | None = None) -> dict[str, Any]:
        """Return a thing as an answer holds it."""
        query = query or call.query
        every = not query.select or "*" in query.select
        names = (*self.default, *query.select) if every else ("id", "@odata.etag", *query.select)
        made: dict[str, Any] = {}
        for each in dict.fromkeys(names):
            if each == "*" or (each == "@odata.etag" and each not in self.default):
                continue
            made[each] = self.look(thing, each, call)
        made |= {each.name: self._expanded(thing, each) for each in query.expand if self._expanded(thing, each)}
        return {key: value for key, value in made.items() if value is not extended.ABSENT}

    def _expanded(self, thing: T, asked: Expanded) -> list[dict[str, Any]]:
        assert self.held is not None
        return extended.shown(asked, thing, self.held)

    def fits(self, thing: T, call: Call, query: Query | None = None) -> bool:
        """Return whether a thing meets the $filter."""
        condition = (query or call.query).filter
        return condition is None or filters.fits(condition, lambda name: self.compared(thing, name, call))

    def compared(self, thing: T, name: str, call: Call) -> object:
        """Return what $filter and $orderby see under a path."""
        top, *inner = name.split("/")
        if top in extended.LISTS:
            assert self.held is not None
            held = self.held
            return extended.Compared(lambda key: held(thing, key))
        value = self.look(thing, top, call)
        for each in inner:
            value = value.get(each) if isinstance(value, Mapping) else None
        return value


def one(entity: dict[str, Any], call: Call, context: str, status: int = 200) -> Answer:
    """Answer a thing by itself."""
    return Answer({"@odata.context": f"{call.root}$metadata#{context}", **entity}, status)


def page(shape: Shape[T], things: Iterable[T], call: Call, context: str, usual: int = _USUAL) -> Answer:
    """Answer one page of a list: filtered, sorted, cut."""
    query = call.query
    shape.check(query)
    found = [each for each in things if shape.fits(each, call)]
    for name, descending in reversed(query.order):
        found.sort(key=lambda each: _sortable(shape.compared(each, name, call)), reverse=descending)
    skipped = int(query.rest.get("$skiptoken", query.skip))
    size = query.top or _preferred(call) or usual
    body: dict[str, Any] = {"@odata.context": f"{call.root}$metadata#{context}"}
    if query.count:
        body["@odata.count"] = len(found)
    body["value"] = [shape.entity(each, call) for each in found[skipped : skipped + size]]
    if skipped + size < len(found):
        body["@odata.nextLink"] = _next(call, skipped + size)
    return Answer(body)


def _preferred(call: Call) -> int:
    asked = call.prefers("odata.maxpagesize")
    return int(asked) if asked is not None and asked.isdigit() else 0


def _sortable(value: object) -> tuple[bool, str]:
    return value is not None, value.casefold() if isinstance(value, str) else str(value)


def _next(call: Call, skip: int) -> str:
    kept = [each for each in call.query.text.split("&") if each and not each.lower().startswith(("$skip", "%24skip"))]
    path = call.operation.partition(" ")[2].removeprefix("/")
    for name, value in call.names.items():
        path = path.replace("{" + name + "}", value)
    return f"{call.root}{path}?{'&'.join([*kept, f'$skip={skip}'])}"
