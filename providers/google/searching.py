"""Search Gmail for an address or a number: simple queries, several in one batch, and our own look at what they find.

Gmail compares words, not letters: "9018-20" is the words 9018 and 20. A number is asked for in the groups in which
people write it, and what Gmail finds is held against a pattern.
"""

from __future__ import annotations

import functools
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from assistant.model.mailbox import Ref
from providers._searching import NO_TRUNK, Number, groups, in_head, in_mail, is_nameable, text_pattern
from providers.google import heads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from assistant.model.mailbox import Head
    from providers.google.service import Google

_PAGE = 50
_AREAS = (2, 3, 4)  # digits of an area or a network, whatever the tables say
_ADDRESS = re.compile(r"[^\s\"'(){}<>,;:]+@[^\s\"'(){}<>,;:@]+\w")
_LATEST = datetime.max.replace(tzinfo=UTC)


class Wanted(NamedTuple):
    """What is searched for: the queries for Gmail, and the pattern that decides."""

    queries: tuple[str, ...]
    pattern: re.Pattern[str]

    @classmethod
    def of(cls, query: str) -> Wanted | None:
        """Return how to search for an address, a number or a text; None for what no mail can name."""
        text = " ".join(query.split())
        if not is_nameable(text):
            return None
        number = Number.of(text)
        if number is None:
            phrase = f'"{_plain(text)}"'
            sides = (f"from:{text}", f"to:{text}") if _ADDRESS.fullmatch(text) else ()
            return cls((*sides, phrase), text_pattern(text))
        national, code, area = number
        return cls(tuple(f'"{one}"' for one in _written(national, code, area)), number.pattern)

    def in_head(self, head: Head) -> bool:
        """Tell whether a header field names it."""
        return in_head(self.pattern, head)

    def in_mail(self, raw: bytes) -> bool:
        """Tell whether the text names it."""
        return in_mail(self.pattern, raw)


def _plain(text: str) -> str:
    return text.replace('"', " ").replace("\\", " ")


def _written(national: str, code: str, area: int) -> dict[str, None]:
    """Return the ways in which a number is written, as words: with and without its country code or a leading 0."""
    split = list(groups(national[area:]))
    # Without an area, a country code or a nought stands as a word of its own too.
    apart = [] if area else [("", *each) for each in split if len(each) > 1 and len({len(one) for one in each}) == 1]
    grouped = [*(((national[:area], *each) if area else each) for each in split), *apart]
    cut = [(national[:at], national[at:]) for at in _AREAS if at < len(national)]
    leads = ("", code) if code == NO_TRUNK else ("", "0", code)
    written = [f"{lead}{' '.join(each)}" for each in [(national,), *cut, *grouped] for lead in leads]
    return dict.fromkeys([*written, *([f"00{code}{national}"] if code else [])])


class _Query(NamedTuple):
    """One query whose pages are being read."""

    text: str
    token: str | None = None


def rounds(
    google: Google, queries: Sequence[str], read: Callable[[Sequence[Ref]], Sequence[Head]]
) -> Iterator[Sequence[Head]]:
    """Yield what the queries find together, each head once, newest first; a page of every query is read at a time.

    Args:
        google: the account.
        queries: of simple operators.
        read: fetches heads.
    """
    active, seen = [_Query(text) for text in queries], set[Ref]()
    dates: dict[Ref, datetime] = {}
    pool: list[Head] = []
    while active:
        pages = _pages(google, active)
        found = {query: heads.refs(page, "mailbox.search") for query, page in pages.items()}
        fresh = list(dict.fromkeys(ref for refs in found.values() for ref in refs if ref not in seen))
        seen.update(fresh)
        heads_now = read(fresh)
        dates |= {head.ref: head.received_at for head in heads_now}
        pool = sorted([*pool, *heads_now], key=lambda head: head.received_at, reverse=True)
        active = [_Query(query.text, token) for query, page in pages.items() if (token := page.get("nextPageToken"))]
        unfinished = [found[query] for query, page in pages.items() if page.get("nextPageToken")]
        bounds = [min((dates[ref] for ref in refs if ref in dates), default=_LATEST) for refs in unfinished]
        ready = [head for head in pool if all(head.received_at > bound for bound in bounds)]
        yield ready
        pool = pool[len(ready) :]


def _pages(google: Google, active: Sequence[_Query]) -> Mapping[_Query, dict[str, Any]]:
    listed = google.gmail.users().messages().list
    ask = functools.partial(listed, userId="me", maxResults=_PAGE, fields="messages/id,nextPageToken")
    requests = {str(at): ask(q=query.text, pageToken=query.token) for at, query in enumerate(active)}
    answers = google.each("mailbox.search", requests)
    return {query: heads.sound(answers[str(at)]) for at, query in enumerate(active)}
