"""What changed in a folder since a link of Microsoft's, for many folders in one request; whole heads come along."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from assistant.errors import InvalidResponseError
from assistant.model.mailbox import Ref
from providers.microsoft365 import heads
from providers.microsoft365.service import NAME, Part, at, values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from providers.microsoft365.service import Graph

_AT_FIRST = {"Prefer": "odata.maxpagesize=100"}
"""Of each folder, in one request with the others."""
_MORE = {"Prefer": "odata.maxpagesize=250"}
_MOST_PAGES = 10_000
_MOST_BY_TIME = 5000
"""So many messages are told at most where the time is bounded (learn.microsoft.com/graph/api/message-delta)."""
_READ_FLAG = frozenset({"id", "isRead", "parentFolderId"})
_WHOLE = frozenset({"receivedDateTime", "subject", "categories"})
_FASTEST = 1


class Seen(NamedTuple):
    """A message that is new or changed: when it came, and what heads are made of, if that was told."""

    received_at: datetime | None
    packed: bytes | None

    def item(self) -> dict[str, Any] | None:
        """Return what heads are made of, None where it was not told."""
        if self.packed is None:
            return None
        found: dict[str, Any] = msgspec.json.decode(zlib.decompress(self.packed))
        return found


class News(NamedTuple):
    """What changed in a folder, and the link to ask next."""

    changed: dict[Ref, Seen]
    gone: set[Ref]
    link: str


def first(folder: str, since: datetime | None) -> Part:
    """Return the request for all that is in a folder, or all that was received since a moment."""
    params = {"$select": heads.SELECTED, "$expand": heads.EXPANDED}
    if since is not None:
        params["$filter"] = f"receivedDateTime ge {since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return Part("GET", at("me", "mailFolders", folder, "messages", "delta"), params, headers=_AT_FIRST)


def following(link: str) -> Part:
    """Return the request for what changed since a link."""
    return Part("GET", link, headers=_AT_FIRST)


def read(graph: Graph, operation: str, folder: str, begun: Part, answer: Mapping[str, Any]) -> News:
    """Return what an answer tells, and the pages after it.

    Args:
        graph: for these.
        operation: of the port, for errors.
        folder: its id.
        begun: what was asked for, by `first` or `following`.
        answer: the first page.

    Raises:
        CursorExpiredError: the link is not known any more.
        NotFoundError: the folder is gone.
    """
    news = _pages(graph, operation, answer)
    if "$filter" in (begun.params or {}) and len(news.changed) >= _MOST_BY_TIME:
        whole = first(folder, None)
        return _pages(graph, operation, graph.call(operation, "GET", whole.path, params=whole.params, headers=_MORE))
    return news


def _pages(graph: Graph, operation: str, page: Mapping[str, Any]) -> News:
    changed: dict[Ref, Seen] = {}
    gone: set[Ref] = set()
    seen: set[str] = set()
    for _ in range(_MOST_PAGES):
        for item in values(operation, page):
            _take(item, changed, gone)
        done = page.get("@odata.deltaLink")
        if done:
            return News(changed, gone, _below(graph, operation, str(done)))
        link = str(page.get("@odata.nextLink") or "")
        if not link or link in seen:
            break
        seen.add(link)
        page = graph.call(operation, "GET", link, headers=_MORE)
    raise InvalidResponseError(NAME, operation, "Microsoft tells of changes without end; try again later")


def _below(graph: Graph, operation: str, link: str) -> str:
    """Return a link below the address of the service: one to elsewhere is never kept."""
    if not link.startswith(graph.root):
        raise InvalidResponseError(NAME, operation, "Microsoft gave no link to go on from; try again later")
    return link.removeprefix(graph.root)


def _take(item: Mapping[str, Any], changed: dict[Ref, Seen], gone: set[Ref]) -> None:
    """Take note of one change. A read flag is none: Microsoft tells nothing else of the message then."""
    ref = Ref(str(item.get("id") or ""))
    told = {name for name in item if "@" not in name}
    if not ref:
        return
    if "@removed" in item:
        changed.pop(ref, None)
        gone.add(ref)
    elif not told <= _READ_FLAG:
        gone.discard(ref)
        changed[ref] = seen(item)


def seen(item: Mapping[str, Any]) -> Seen:
    """Return what was told of a message; of some changes Microsoft tells no more than what changed."""
    whole = {name for name in item if "@" not in name} >= _WHOLE
    packed = zlib.compress(msgspec.json.encode(item), _FASTEST) if whole else None
    return Seen(heads.received_at(item), packed)
