"""Which route a request is for."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.servers.graph.calls import Route

PREFIX = "/v1.0"
_KEYED = re.compile(r"(\w+)\((?:'|%27)(.*?)(?:'|%27)\)", re.IGNORECASE)


class Match(NamedTuple):
    """A route, and what the path has where its template is open."""

    route: Route
    names: Mapping[str, str]


@cache
def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", template)
    made = "".join(f"(?P<{each}>[^/]+)" if at % 2 else re.escape(each) for at, each in enumerate(parts))
    return re.compile(made, re.IGNORECASE)


def find(routes: Iterable[Route], method: str, path: str) -> Match | None:
    """Return the route of a request, one whose template says the whole path before others.

    Args:
        routes: all there are.
        method: of HTTP.
        path: without v1.0 and the query, still coded.
    """
    path = _plain(path.rstrip("/"))
    found = [
        Match(each, {name: unquote(value) for name, value in match.groupdict().items()})
        for each in routes
        if each.method == method and (match := _pattern(each.template).fullmatch(path))
    ]
    return min(found, key=lambda match: len(match.names), default=None)


def _plain(path: str) -> str:
    """Return a path without the other ways of OData to write it: mailFolders('id') and delta()."""
    return _KEYED.sub(r"\1/\2", path).removesuffix("()")
