"""Lists in pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from tests.servers.google.calls import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

T = TypeVar("T")


def page(items: Sequence[T], params: Mapping[str, Any], most: int) -> tuple[Sequence[T], dict[str, str]]:
    """Return the part of a list that a request is for, and `nextPageToken` when there is more.

    Raises:
        RefusedError: the page token is none of ours.
    """
    token = params.get("pageToken", "0")
    if not token.isdigit():
        raise RefusedError(400, "invalidArgument", "Invalid pageToken")
    start = int(token)
    end = start + min(params["maxResults"] or most, most)
    return items[start:end], {"nextPageToken": str(end)} if end < len(items) else {}
