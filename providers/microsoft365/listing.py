"""Reading several lists to their ends: all of them in one batch, and what has further pages in another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from assistant.errors import ProviderError
from providers.microsoft365 import errors
from providers.microsoft365.service import Part, values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from providers.microsoft365.service import Graph

_MOST_PAGES = 1000
REMOVED = "@removed"


class Listing(NamedTuple):
    """What is in a list over all its pages, each thing as it was told last; `link` goes on from there."""

    items: tuple[dict[str, Any], ...]
    link: str


def read(graph: Graph, operation: str, wanted: Mapping[str, Part]) -> dict[str, Listing | ProviderError]:
    """Return each list, or why there is none.

    Raises:
        ProviderError: there is no answer for any of them, or a list has no end.
    """
    found: dict[str, Listing | ProviderError] = {}
    told: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in wanted}
    left, pages = dict(wanted), 0
    while left:
        pages += 1
        if pages > _MOST_PAGES:
            raise errors.unreadable(operation, "a list without an end")
        answers = graph.each(operation, left)
        for name, answer in answers.items():
            part = left.pop(name)
            if isinstance(answer, ProviderError):
                found[name] = answer
                continue
            told[name] |= {_id(operation, each): each for each in values(operation, answer)}
            following = str(answer.get("@odata.nextLink") or "")
            if following:
                left[name] = Part("GET", following, headers=part.headers)
            else:
                found[name] = Listing(tuple(told[name].values()), str(answer.get("@odata.deltaLink") or ""))
    return {name: found[name] for name in wanted}


def _id(operation: str, raw: Mapping[str, Any]) -> str:
    found = raw.get("id")
    if not isinstance(found, str) or not found:
        raise errors.unreadable(operation, "a list with something that has no id")
    return found
