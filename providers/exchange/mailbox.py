"""The Mailbox port on Exchange: sync states for the news, portions for heads and mails, categories for the state."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from exchangelib.items import Message

from assistant.errors import AuthError, ProviderError, TransientError
from assistant.model.mailbox import Cursor, Folder, MailChanges, Ref
from providers import _marks
from providers._headers import keyed
from providers._labels import ours
from providers.exchange import cursors, folders, heads, searching, waiting
from providers.exchange.categories import Labels
from providers.exchange.cursors import Kept, Stand
from providers.exchange.saving import once, save
from providers.exchange.searching import find
from providers.exchange.service import NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import timedelta

    import exchangelib

    from assistant.model.mailbox import Head, Label
    from providers.exchange.folders import Place, Seen
    from providers.exchange.service import Exchange

_CHANGES = "mailbox.changes"
_FETCH = "mailbox.fetch"
_APPEND = "mailbox.append"
_SEARCH = "mailbox.search"
_WAIT = "mailbox.wait"
_FEW = 20
_LITTLE = 1 << 20
"""So few news, of so few bytes in all, are read with their mails at once: that saves a request for each pass."""
_LARGE = 1 << 18
_UNKNOWN = 1 << 20
_PORTION = 16 << 20
"""Bytes of mail held in memory at once, unless one mail alone has more; the size of one not seen before is guessed."""
_REMEMBERED = 20_000
_NEWEST = 500
_NOT_A_DRAFT = 0


class _Found(NamedTuple):
    """What a look at the folders found: what is new and where, what is gone, and what to remember of each folder."""

    changed: dict[Ref, tuple[Folder, Seen]]
    gone: set[Ref]
    kept: dict[str, Kept]


class ExchangeMailbox:
    """Notifications in an Exchange mailbox; the state they are in shows as categories `Callbacks/...`.

    Args:
        exchange: the account.
        now: the present instant, aware.
    """

    def __init__(self, exchange: Exchange, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._exchange = exchange
        self._now = now
        self._owner = _marks.owner_of(exchange.signed.address)
        self._labels = Labels(exchange)
        self._roles: dict[str, str] | None = None
        self._places: list[Place] | None = None
        self._marks: dict[str, str | None] | None = None
        self._states: dict[str, Kept] = {}
        self._sizes: dict[Ref, int] = {}
        self._raws: dict[Ref, bytes] = {}

    def changes(self, cursor: Cursor | None, since: datetime | None = None) -> MailChanges:
        """Look at the marks of all folders, and at the changes of those whose mark is another one.

        An idle look is one request. With None as cursor, mail that came before `since` is left out.
        """
        stand = None if cursor is None else _marks.unpack(cursor, Stand, self._owner, NAME)
        now = self._now().timestamp()
        roles = folders.roles(self._exchange, _CHANGES) if stand is None else stand.roles
        places = folders.look(self._exchange, _CHANGES, roles)
        if stand is not None and not any(place.id == roles.get("inbox") for place in places):
            raise _marks.unknown(NAME)
        found = self._look(places, {} if stand is None else stand.folders, now)
        listed = self._labels.listed or (stand is not None and stand.listed)
        listed = listed or any(ours(seen.categories) for _, seen in found.changed.values())
        self._labels.listed = listed
        self._roles, self._places, self._marks, self._states = roles, places, _shown_marks(places), found.kept
        shown = {ref: each for ref, each in found.changed.items() if _counts(*each, since)}
        packed = _marks.pack(Stand(owner=self._owner, roles=roles, folders=found.kept, listed=listed))
        removed = tuple(found.gone - set(found.changed))
        self._raws.clear()
        return MailChanges(heads=self._heads(shown), removed=removed, cursor=packed, total=len(shown))

    def _look(self, places: Sequence[Place], before: Mapping[str, Kept], now: float) -> _Found:
        present = {place.id for place in places}
        if any(kept.state for ref, kept in before.items() if ref not in present):
            raise _marks.unknown(NAME)  # nobody can tell which mails went with a folder
        found = _Found({}, set(), {})
        for place in places:
            kept = before.get(place.id)
            if place.role is None:
                found.gone.update(self._hidden(place, kept))
            elif _marks.is_standing(kept, place.mark):
                found.kept[place.id] = kept or Kept()
            else:
                self._read(place, place.role, kept, now, found)
        return found

    def _hidden(self, place: Place, kept: Kept | None) -> set[Ref]:
        """Return what went with a folder that was moved to the trash, and what had left it before that.

        Raises:
            CursorExpiredError: that cannot be told any more.
        """
        if kept is None or not kept.state:
            return set()
        try:
            left = folders.news(self._exchange, _CHANGES, place.id, kept.state).gone
            inside = set() if place.is_empty else set(folders.news(self._exchange, _CHANGES, place.id, None).changed)
        except ProviderError as error:
            if folders.is_expired(error) or folders.is_denied(error):
                raise _marks.unknown(NAME) from error
            raise
        return left | inside

    def _read(self, place: Place, role: Folder, kept: Kept | None, now: float, found: _Found) -> None:
        state = None if kept is None else kept.state
        if place.is_empty and not state:
            found.kept[place.id] = cursors.keep(kept, None, place.mark, place.committed, now)
            return
        try:
            news = folders.news(self._exchange, _CHANGES, place.id, state)
        except ProviderError as error:
            self._spare(place, kept, error, found)
            return
        found.changed.update({ref: (role, seen) for ref, seen in news.changed.items()})
        found.gone.update(news.gone)
        found.kept[place.id] = cursors.keep(kept, news.state, place.mark, place.committed, now)

    def _spare(self, place: Place, kept: Kept | None, error: ProviderError, found: _Found) -> None:
        """Pass a folder over for now if it may not be read or is gone; the inbox never.

        Raises:
            CursorExpiredError: what went with it cannot be told.
            ProviderError: any other fault.
        """
        if folders.is_expired(error):
            if kept is not None and kept.state:
                raise _marks.unknown(NAME) from error
        elif not folders.is_denied(error) or place.role is Folder.INBOX:
            raise error
        elif kept is not None:
            found.kept[place.id] = Kept(state=kept.state)

    def _heads(self, shown: Mapping[Ref, tuple[Folder, Seen]]) -> Iterator[Head]:
        refs = list(shown)
        mime = len(refs) <= _FEW and sum(seen.size for _, seen in shown.values()) <= _LITTLE
        for start in range(0, len(refs), heads.BATCH):
            portion = refs[start : start + heads.BATCH]
            found = heads.items(self._exchange, _CHANGES, portion, mime=mime)
            for ref in portion:
                if ref in found:
                    item, (folder, seen) = found[ref], shown[ref]
                    self._remember(ref, item, seen.size)
                    labels = ours(getattr(item, "categories", None) or (() if item is not None else seen.categories))
                    yield heads.head(ref, item, folder, labels, seen.received_at)

    def _remember(self, ref: Ref, item: object, size: int) -> None:
        self._sizes[ref] = max(_LARGE, size)
        if len(self._sizes) > _REMEMBERED:
            self._sizes.pop(next(iter(self._sizes)))
        self._labels.remember(ref, item)
        if getattr(item, "mime_content", None):
            self._raws[ref] = heads.raw_from(item)

    def fetch(self, refs: Sequence[Ref], *, audio: bool = False) -> Iterator[tuple[Ref, bytes]]:
        """Yield the mails whole, audio included; so many are fetched at once as need little memory."""
        del audio
        for portion in self._portions(refs):
            found = {ref: self._raws.pop(ref) for ref in dict.fromkeys(portion) if ref in self._raws}
            missing = [ref for ref in dict.fromkeys(portion) if ref not in found]
            found |= heads.raw_of(self._exchange, _FETCH, missing)
            for at, ref in enumerate(portion):
                if ref in found:
                    yield ref, found[ref] if ref in portion[at + 1 :] else found.pop(ref)

    def _portions(self, refs: Sequence[Ref]) -> Iterator[Sequence[Ref]]:
        portion: list[Ref] = []
        size = 0
        for ref in refs:
            more = self._sizes.get(ref, _UNKNOWN)
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
        """Do what `set_state` does for many messages, a hundred in a request; return what came in the way of which."""
        return self._labels.show(wanted)

    def append(self, raw: bytes, key: str) -> Ref:
        """Save it, unread and no draft, into the inbox, unless a mail with this key is in any folder."""
        message = keyed(raw, key, NAME, _APPEND)

        def make(account: exchangelib.Account) -> Ref:
            mail = Message(mime_content=message, is_read=False, ringback_key=key, message_flags=_NOT_A_DRAFT)
            return Ref(save(account, folders.distinguished(account, "inbox"), mail)[0])

        def look() -> Ref | None:
            return self._with_key(key)

        return look() or once(self._exchange, _APPEND, make, look)

    def _with_key(self, key: str) -> Ref | None:
        within = [place.id for place in self._known_places(_APPEND)]
        names = ("ringback_key", "message_id")
        try:
            found = find(self._exchange, _APPEND, within, searching.keyed(key), names)
        except (AuthError, TransientError):
            raise
        except ProviderError:  # some servers find nothing by properties of others
            found = find(self._exchange, _APPEND, ["inbox"], None, names, _NEWEST)
        return next((Ref(str(each.id)) for each in found if each.ringback_key == key), None)

    def _known_places(self, operation: str) -> list[Place]:
        if self._places is None:
            self._roles = folders.roles(self._exchange, operation)
            self._places = folders.look(self._exchange, operation, self._roles)
        return self._places

    def search(self, query: str) -> Iterator[Head]:
        """Ask the server in its own ways, look at the newest mails, and hold what was found against a pattern."""
        wanted = searching.Wanted.of(query)
        if wanted is None:
            return
        roles = {place.id: place.role for place in self._known_places(_SEARCH) if place.role is not None}
        known = self._roles or {}
        recent = [known[name] for name in ("inbox", "sentitems") if name in known]
        found = searching.candidates(self._exchange, list(roles), recent, wanted)
        named = list(self._naming({ref: roles.get(at or "", Folder.OTHER) for ref, at in found.items()}, wanted))
        yield from sorted(named, key=lambda head: head.received_at, reverse=True)

    def _naming(self, found: Mapping[Ref, Folder], wanted: searching.Wanted) -> Iterator[Head]:
        """Yield the heads of what really names it; a text is read where the head does not."""
        read = heads.items(self._exchange, _SEARCH, list(found), mime=False)
        shown = [
            heads.head(ref, item, found[ref], ours(getattr(item, "categories", None) or ()))
            for ref, item in read.items()
        ]
        unsure = [head.ref for head in shown if not wanted.in_head(head)]
        named = {ref for ref, raw in self.fetch(unsure) if wanted.in_mail(raw)}
        yield from (head for head in shown if head.ref in named or wanted.in_head(head))

    def wait(self, timeout: timedelta) -> bool:
        """Listen to the server's events about the inbox."""
        return waiting.wait(self._exchange, timeout, self._is_changed)

    def _is_changed(self) -> bool:
        """Tell whether any folder is another one than at the last look of this connection."""
        if self._roles is None or self._marks is None:
            return False
        marks = _shown_marks(folders.look(self._exchange, _WAIT, self._roles))
        inbox = self._roles["inbox"]
        state = self._states[inbox].state if inbox in self._states else None
        if marks.get(inbox) is not None or state is None:
            return marks != self._marks
        news = folders.news(self._exchange, _WAIT, inbox, state)
        return bool(news.changed or news.gone)


def _shown_marks(places: Sequence[Place]) -> dict[str, str | None]:
    return {place.id: place.mark for place in places if place.role is not None}


def _counts(folder: Folder, seen: Seen, since: datetime | None) -> bool:
    """Tell whether a mail is new enough to be shown; a draft may be written for long."""
    return since is None or seen.received_at is None or folder is Folder.DRAFTS or seen.received_at >= since
