"""One look at all mail folders: what is new and where, what is gone, and what to remember of each folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from assistant.errors import AuthError, CursorExpiredError, NotFoundError, ProviderError, TransientError
from assistant.model.mailbox import Folder, Ref
from providers import _marks
from providers.microsoft365 import cursors, folders, heads, news
from providers.microsoft365.cursors import Kept, Stand
from providers.microsoft365.errors import GraphError
from providers.microsoft365.service import NAME

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from providers.microsoft365.folders import Place
    from providers.microsoft365.news import News, Seen
    from providers.microsoft365.service import Graph, Part

_OPERATION = "mailbox.changes"
_AT_ONCE = 19
"""Folders whose news go into one request with the list of folders."""
_BAD = 400
Answer = dict[str, Any] | ProviderError


class Found(NamedTuple):
    """What a look found."""

    changed: dict[Ref, tuple[Folder, Seen]]
    gone: set[Ref]
    places: Sequence[Place]
    stand: Stand


class Look:
    """A look, from the place where reading stopped or from the beginning.

    Args:
        graph: the account.
        owner: whose it is, as `_marks.owner_of` says.
        stand: where reading stopped; None for the beginning.
        since: at the beginning, mail received before may be left out.
        now: the present instant, in seconds.
    """

    def __init__(self, graph: Graph, owner: str, stand: Stand | None, since: datetime | None, now: float) -> None:
        self._graph = graph
        self._owner = owner
        self._before = {} if stand is None else stand.folders
        self._since = since if stand is None else stand.since
        self._stand = stand
        self._now = now
        self._roles: dict[str, str] = {} if stand is None else stand.roles
        self._marked = stand is None or stand.marked
        self._changed: dict[Ref, tuple[Folder, Seen]] = {}
        self._gone: set[Ref] = set()
        self._taken: set[Ref] = set()
        """What went with a folder that was moved to the trash."""
        self._kept: dict[str, Kept] = {}

    def found(self) -> Found:
        """Look.

        Raises:
            CursorExpiredError: the news since the place cannot be told.
        """
        answers = self._begin()
        places = self._places(answers)
        present = {place.id for place in places}
        if self._roles["inbox"] not in present:
            raise folders.no_inbox(_OPERATION) if self._stand is None else _marks.unknown(NAME)
        if any(ref not in present for ref in self._before):
            raise _marks.unknown(NAME)  # nobody can tell which mails went with a folder
        self._read(places, answers)
        self._look_again(places)
        stand = Stand(owner=self._owner, roles=self._roles, folders=self._kept, since=self._since, marked=self._marked)
        return Found(self._changed, self._gone, places, stand)

    def _begin(self) -> dict[str, Answer]:
        """Ask for the list of folders, and with it for their names at first, later for what changed in them."""
        many = len(self._before) > _AT_ONCE
        parts = {folders.LIST: folders.listing(marked=many and self._marked)}
        if self._stand is None:
            parts |= folders.naming()
        else:
            parts |= {ref: news.following(self._before[ref].link) for ref in self._soonest()}
        answers = self._graph.each(_OPERATION, parts)
        if many and self._marked and _is_refused(answers[folders.LIST]):
            self._marked = False
            answers |= self._graph.each(_OPERATION, {folders.LIST: folders.listing(marked=False)})
        if self._stand is None:
            self._roles = folders.named(answers)
        return answers

    def _soonest(self) -> list[str]:
        """Return the folders to ask at once: all, or those in which most happens."""
        busy = {self._roles.get(name) for name in ("inbox", "drafts", "sentitems")}
        settled = {ref: (ref not in busy, kept.settled) for ref, kept in self._before.items()}
        return sorted(self._before, key=lambda ref: settled[ref])[:_AT_ONCE]

    def _places(self, answers: Mapping[str, Answer]) -> list[Place]:
        page = answers[folders.LIST]
        if isinstance(page, ProviderError):
            raise page
        return folders.places(self._graph, _OPERATION, page, self._roles)

    def _read(self, places: Sequence[Place], answers: Mapping[str, Answer]) -> None:
        """Read the folders that were asked already, then the others but for those that stand."""
        shown = [place for place in places if place.role is not None]
        self._taken = {ref for place in places if place.role is None for ref in self._hidden(place, answers)}
        parts: dict[str, Part] = {}
        for place in shown:
            kept = self._before.get(place.id)
            if kept is None:
                parts[place.id] = news.first(place.id, self._bound(place))
            elif place.id in answers or not _marks.is_standing(kept, place.mark):
                parts[place.id] = news.following(kept.link)
            else:
                self._kept[place.id] = kept
        rest = {ref: part for ref, part in parts.items() if ref not in answers}
        told = {**answers, **self._graph.each(_OPERATION, rest)}
        for place in shown:
            if place.id in parts:
                self._take(place, parts[place.id], told[place.id])

    def _bound(self, place: Place) -> datetime | None:
        """Return since when mail counts in a folder; a draft may be written for long."""
        return None if place.role is Folder.DRAFTS else self._since

    def _hidden(self, place: Place, answers: Mapping[str, Answer]) -> set[Ref]:
        """Return what went with a folder that was moved to the trash."""
        if place.id not in self._before:
            return set()
        following, whole = news.following(self._before[place.id].link), news.first(place.id, None)
        self._gone |= self._asked(place, following, answers.get(place.id)).gone  # before it was moved
        return set(self._asked(place, whole, None).changed)

    def _asked(self, place: Place, part: Part, answer: Answer | None) -> News:
        try:
            if answer is None:
                answer = self._graph.each(_OPERATION, {place.id: part})[place.id]
            return self._told(place, part, answer)
        except ProviderError as error:
            if _is_lost(error):
                raise _marks.unknown(NAME) from error  # nobody can tell which mails went with it
            raise

    def _take(self, place: Place, begun: Part, answer: Answer) -> None:
        kept = self._before.get(place.id)
        try:
            told = self._told(place, begun, answer)
        except ProviderError as error:
            self._spare(place, kept, error)
            return
        role = place.role or Folder.OTHER
        self._changed |= {ref: (role, seen) for ref, seen in told.changed.items()}
        self._gone |= told.gone
        self._kept[place.id] = cursors.keep(kept, told.link, place.mark, place.committed, self._now)

    def _told(self, place: Place, begun: Part, answer: Answer) -> News:
        if isinstance(answer, ProviderError):
            raise answer
        return news.read(self._graph, _OPERATION, place.id, begun, answer)

    def _spare(self, place: Place, kept: Kept | None, error: ProviderError) -> None:
        """Pass a folder over for now if it may not be read or is gone; the inbox never.

        Raises:
            CursorExpiredError: what went with it cannot be told.
            ProviderError: any other fault, `TransientError` where only the reading was interrupted.
        """
        lost = isinstance(error, CursorExpiredError | NotFoundError)
        if kept is not None and _is_lost(error):
            raise _marks.unknown(NAME) from error
        if isinstance(error, CursorExpiredError):
            text = "Microsoft lost the place while a folder was read; the next pass tries again"
            raise TransientError(NAME, _OPERATION, text) from error
        if place.role is Folder.INBOX or not (lost or folders.is_denied(error)):
            raise error
        if kept is not None:
            self._kept[place.id] = Kept(link=kept.link)

    def _look_again(self, places: Sequence[Place]) -> None:
        """Look where the messages are that are gone from a folder: one that moved while we read is in another."""
        self._gone -= set(self._changed)
        roles = {place.id: place.role for place in places}
        for ref, item in heads.items(self._graph, _OPERATION, sorted(self._gone)).items():
            role = roles.get(heads.text(item, "parentFolderId"))
            if item is not None and role is not None:
                self._changed[ref] = role, news.seen(item)
        self._gone = (self._gone | self._taken) - set(self._changed)


def _is_lost(error: ProviderError) -> bool:
    """Tell whether a link leads nowhere: too old, its folder is gone, or a 400 in words that say no more.

    To ask with it again would never end.
    """
    cause = error.__cause__
    bad = type(error) is ProviderError and isinstance(cause, GraphError) and cause.refusal.status == _BAD
    return bad or isinstance(error, CursorExpiredError | NotFoundError)


def _is_refused(answer: Answer) -> bool:
    return isinstance(answer, ProviderError) and not isinstance(answer, AuthError | TransientError)
