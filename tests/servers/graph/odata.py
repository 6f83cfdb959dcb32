"""Query options: a small grammar of what Graph takes for Outlook, and what it refuses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from tests.servers.graph import filters
from tests.servers.graph.calls import GraphError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.servers.graph.filters import Node

_MOST = 1000
_INEFFICIENT = "The restriction or sort order is too complex for this operation."


@dataclass(frozen=True)
class Expanded:
    """A navigation property to be answered with the entity, and its own options."""

    name: str
    filter: Node | None = None
    select: tuple[str, ...] = ()


@dataclass(frozen=True)
class Query:
    """The options of one request; `rest` are those that are no OData, such as startDateTime and $deltatoken."""

    select: tuple[str, ...] = ()
    expand: tuple[Expanded, ...] = ()
    filter: Node | None = None
    order: tuple[tuple[str, bool], ...] = ()
    """Properties with True for descending."""
    top: int | None = None
    skip: int = 0
    count: bool = False
    search: str = ""
    rest: dict[str, str] = field(default_factory=dict)
    text: str = ""
    """The whole query, as it came."""


def parse(text: str, options: Iterable[str]) -> Query:
    """Read a query.

    Args:
        text: what follows the question mark.
        options: the names that the resource knows.

    Raises:
        GraphError: an option that is not known, or cannot be read.
    """
    given: dict[str, str] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        if name in given:
            raise GraphError("BadRequest", f"Query option '{name}' was specified more than once.")
        if name not in set(options):
            raise GraphError("BadRequest", f"The query parameter '{name}' is not supported.")
        given[name] = value
    query = Query(
        select=_names(given.pop("$select", "")),
        expand=_expanded(given.pop("$expand", "")),
        filter=filters.parse(given.pop("$filter")) if "$filter" in given else None,
        order=_order(given.pop("$orderby", "")),
        top=_number("$top", given.pop("$top")) if "$top" in given else None,
        skip=_number("$skip", given.pop("$skip", "0")),
        count=given.pop("$count", "false").lower() == "true",
        search=given.pop("$search", ""),
        rest=given,
        text=text,
    )
    _efficient(query)
    return query


def _efficient(query: Query) -> None:
    """Refuse what Exchange refuses.

    learn.microsoft.com/graph/api/user-list-messages: what $orderby names must be in $filter too, in the same order and
    before all that is not in $orderby; and $search goes with neither.
    """
    if query.search and (query.filter or query.order):
        raise GraphError("SearchWithOrderBy" if query.order else "SearchWithFilter", "$search goes alone.")
    if query.filter is None or not query.order:
        return
    first = list(dict.fromkeys(filters.properties(query.filter)))[: len(query.order)]
    if first != [name for name, _ in query.order]:
        raise GraphError("InefficientFilter", _INEFFICIENT)


def _names(text: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in text.split(",") if each.strip())


def _number(name: str, text: str) -> int:
    if not text.isdigit() or (name == "$top" and not 1 <= int(text) <= _MOST):
        raise GraphError("BadRequest", f"Invalid value '{text}' for {name} query option found.")
    return int(text)


def _order(text: str) -> tuple[tuple[str, bool], ...]:
    made = []
    for each in _names(text):
        words = each.split()
        if len(words) > 2 or (len(words) == 2 and words[1] not in {"asc", "desc"}):
            raise GraphError("BadRequest", f"Syntax error in $orderby: '{text}'.")
        made.append((words[0], words[1:] == ["desc"]))
    return tuple(made)


def _expanded(text: str) -> tuple[Expanded, ...]:
    return tuple(_one(each) for each in filters.split(text, ",") if each.strip())


def _one(text: str) -> Expanded:
    name, bracket, inner = text.strip().partition("(")
    options = dict(_option(each, text) for each in filters.split(inner.removesuffix(")"), ";")) if bracket else {}
    if set(options) - {"$filter", "$select"} or (bracket and not inner.endswith(")")):
        raise GraphError("BadRequest", f"Parsing OData Select and Expand failed: '{text}'.")
    condition = filters.parse(options["$filter"]) if "$filter" in options else None
    return Expanded(name, condition, _names(options.get("$select", "")))


def _option(text: str, whole: str) -> tuple[str, str]:
    name, equals, value = text.strip().partition("=")
    if not equals:
        raise GraphError("BadRequest", f"Parsing OData Select and Expand failed: '{whole}'.")
    return name, value
