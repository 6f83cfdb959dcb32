"""Pages of FindItem and FindFolder."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from tests.servers.ews.soap import Element, local

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST = 1000
"""EWSFindCountLimit: what Exchange's throttling policy answers at most in one page."""

T = TypeVar("T")


def page(view: Element | None, found: Sequence[T]) -> tuple[Sequence[T], dict[str, str]]:
    """Return the part of what was found that a view asks for, with the attributes of the root folder."""
    start, most = 0, _MOST
    if view is not None and local(view).startswith("IndexedPage"):
        offset = int(view.get("Offset"))
        start = offset if view.get("BasePoint") == "Beginning" else max(len(found) - offset, 0)
    if view is not None:
        most = min(int(view.get("MaxEntriesReturned", _MOST)), _MOST)
    some = found[start : start + most]
    end = start + len(some)
    last = "true" if end >= len(found) else "false"
    return some, {
        "TotalItemsInView": str(len(found)),
        "IncludesLastItemInRange": last,
        "IndexedPagingOffset": str(end),
    }
