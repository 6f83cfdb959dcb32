"""The Mailbox port on Microsoft Graph: changes with their heads in one request, categories for the state."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from assistant.errors import ProviderError, UnsupportedError
from assistant.model.mailbox import Cursor, Folder, MailChanges, Ref
from providers import _marks
from providers._headers import checked
from providers._labels import ours
from providers.microsoft365 import folders, heads, properties, searching, writing
from providers.microsoft365.categories import Labels
from providers.microsoft365.cursors import Stand
from providers.microsoft365.gathering import Look
from providers.microsoft365.service import NAME, at, values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import timedelta

    from assistant.model.mailbox import Head, Label
    from providers.microsoft365.news import Seen
    from providers.microsoft365.service import Graph

_CHANGES = "mailbox.changes"
_FETCH = "mailbox.fetch"
_APPEND = "mailbox.append"
_SEARCH = "mailbox.search"
_UNKNOWN = 1 << 20
_PORTION = 16 << 20
"""Bytes of mail held in memory at once, unless one mail alone has more; the size of one not seen before is guessed."""
_LARGE = 4 << 20
"""A mail of so many bytes is fetched alone: in a batch it would be text in JSON."""
_REMEMBERED = 20_000
_NEVER_ON_THE_WAY = frozenset({Folder.SENT, Folder.DRAFTS})


class GraphMailbox:
    """Notifications in a Microsoft 365 mailbox; the state they are in shows as categories `Callbacks/...`.

    Args:
        graph: the account.
        address: whose it is.
        now: the present instant, aware.
    """

    def __init__(self, graph: Graph, address: str, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._graph = graph
        self._owner = _marks.owner_of(address)
        self._now = now
        self._labels = Labels(graph)
        self._roles: dict[str, Folder | None] | None = None
        self._sizes: dict[Ref, int] = {}
        self._classes: dict[Ref, str] = {}

    def changes(self, cursor: Cursor | None, since: datetime | None = None) -> MailChanges:
        """Ask for the list of all folders and what changed in them, in one request; the heads come along.

        With None as cursor, mail that came before `since` is left out, then and later: Microsoft keeps the bound.
        """
        stand = None if cursor is None else _marks.unpack(cursor, Stand, self._owner, NAME)
        found = Look(self._graph, self._owner, stand, since, self._now().timestamp()).found()
        listed = self._labels.listed or (stand is not None and stand.listed)
        self._labels.listed = listed or any(ours(heads.categories(seen.item())) for _, seen in found.changed.values())
        self._roles = {place.id: place.role for place in found.places}
        shown = {ref: each for ref, each in found.changed.items() if _counts(*each, since)}
        packed = _marks.pack(found.stand.marked_as(listed=self._labels.listed))
        return MailChanges(heads=self._heads(shown), removed=tuple(found.gone), cursor=packed, total=len(shown))

    def _heads(self, shown: Mapping[Ref, tuple[Folder, Seen]]) -> Iterator[Head]:
        """Yield what came along first, then fetch the others in batches."""
        left: list[Ref] = []
        for ref, (folder, seen) in shown.items():
            item = seen.item()
            if item is not None and (heads.has_fields(item) or folder in _NEVER_ON_THE_WAY):
                yield self._head(ref, item, folder)
            else:
                left.append(ref)
        for start in range(0, len(left), heads.BATCH):
            portion = left[start : start + heads.BATCH]
            for ref, item in heads.items(self._graph, _CHANGES, portion).items():
                folder, seen = shown[ref]
                yield self._head(ref, seen.item() if item is None else item, folder, seen.received_at)

    def _head(self, ref: Ref, item: heads.Item | None, folder: Folder, came: datetime | None = None) -> Head:
        self._remember(ref, item)
        return heads.head(ref, item, folder, ours(heads.categories(item)), came)

    def _remember(self, ref: Ref, item: heads.Item | None) -> None:
        self._labels.remember(ref, item)
        size = heads.size(item)
        if size is not None:
            self._sizes[ref] = size
        item_class = properties.value(item or {}, properties.CLASS)
        if item_class is not None:
            self._classes[ref] = item_class
        for known in (self._sizes, self._classes):
            if len(known) > _REMEMBERED:
                known.pop(next(iter(known)))

    def fetch(self, refs: Sequence[Ref], *, audio: bool = False) -> Iterator[tuple[Ref, bytes]]:
        """Yield the mails whole, audio included; so many are fetched at once as need little memory."""
        del audio
        for portion in self._portions(refs):
            found = heads.raw_of(self._graph, _FETCH, portion, self._classes)
            for place, ref in enumerate(portion):
                if ref in found:
                    yield ref, found[ref] if ref in portion[place + 1 :] else found.pop(ref)

    def _portions(self, refs: Sequence[Ref]) -> Iterator[Sequence[Ref]]:
        portion: list[Ref] = []
        size = 0
        for ref in refs:
            more = self._sizes.get(ref, _UNKNOWN)
            more = _PORTION if more > _LARGE else more
            if portion and (len(portion) == heads.BATCH or size + more > _PORTION):
                yield portion
                portion, size = [], 0
            portion.append(ref)
            size += more
        if portion:
            yield portion

    def set_state(self, ref: Ref, label: Label | None) -> None:
        """Put one category of ours on, take the others off."""
        for error in self._labels.show({ref: label}).values():
            raise error

    def set_states(self, wanted: Mapping[Ref, Label | None]) -> Mapping[Ref, ProviderError]:
        """Do what `set_state` does for many messages, twenty in a request; return what came in the way of which."""
        return self._labels.show(wanted)

    def append(self, raw: bytes, key: str) -> Ref:
        """Make it, unread and no draft, in the inbox, unless a mail with this key is in any folder."""
        body = writing.arrived(raw, checked(key, NAME, _APPEND))
        path = at("me", "mailFolders", "inbox", "messages")

        def make() -> Ref:
            made = self._graph.call(_APPEND, "POST", path, body=body, again=False)
            return Ref(writing.written(_APPEND, made)[0])

        def look() -> Ref | None:
            return self._with_key(key)

        return look() or self._graph.once(_APPEND, make, look)

    def _with_key(self, key: str) -> Ref | None:
        params = {"$filter": properties.has(properties.KEY, key), "$select": "id", "$top": "1"}
        page = self._graph.call(_APPEND, "GET", at("me", "messages"), params=params)
        return next((Ref(str(each["id"])) for each in values(_APPEND, page) if each.get("id")), None)

    def search(self, query: str) -> Iterator[Head]:
        """Ask the index, look at the newest mails, and hold what was found against a pattern."""
        wanted = searching.Wanted.of(query)
        if wanted is None:
            return
        found = searching.candidates(self._graph, wanted)
        known = self._known_roles()
        roles = {ref: known.get(heads.text(item, "parentFolderId")) for ref, item in found.items()}
        shown = [self._head(ref, item, role) for ref, item in found.items() if (role := roles[ref]) is not None]
        unsure = [head.ref for head in shown if not wanted.in_head(head)]
        named = {ref for ref, raw in self.fetch(unsure) if wanted.in_mail(raw)}
        kept = [head for head in shown if head.ref in named or wanted.in_head(head)]
        yield from sorted(kept, key=lambda head: head.received_at, reverse=True)

    def _known_roles(self) -> Mapping[str, Folder | None]:
        if self._roles is None:
            parts = {folders.LIST: folders.listing(marked=False), **folders.naming()}
            answers = self._graph.each(_SEARCH, parts)
            page, names = answers[folders.LIST], folders.named(answers)
            if isinstance(page, ProviderError):
                raise page
            self._roles = {place.id: place.role for place in folders.places(self._graph, _SEARCH, page, names)}
        return self._roles

    def wait(self, timeout: timedelta) -> bool:
        """Refuse: Microsoft tells of news only to addresses that it can reach from outside.

        A subscription (learn.microsoft.com/graph/change-notifications-overview) needs one; looking is one request.
        """
        del timeout
        text = "Microsoft 365 cannot push to a computer of one's own; ask again later"
        raise UnsupportedError(NAME, "mailbox.wait", text)


def _counts(folder: Folder, seen: Seen, since: datetime | None) -> bool:
    """Tell whether a mail is new enough to be shown; a draft may be written for long."""
    return since is None or seen.received_at is None or folder is Folder.DRAFTS or seen.received_at >= since
