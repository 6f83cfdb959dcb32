"""Search Gmail for an address or a number: simple queries, several in one batch, and our own look at what they find.

Gmail compares words, not letters: "9018-20" is the words 9018 and 20. A number is asked for in the groups in which
people write it, and what Gmail finds is held against a pattern.
"""

from __future__ import annotations

import functools
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import phonenumbers

from assistant.model.mailbox import Ref
from assistant.standards import mail
from providers.google import heads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from assistant.model.mailbox import Head
    from providers.google.service import Google

_PAGE = 50
_SHORTEST = 3
_NO_TRUNK = "1"  # in North America no nought is put before a number
_CODE = r"\d{1,3}"
_AREAS = (2, 3, 4)  # digits of an area or a network, whatever the tables say
_GAP = r"[\s().\-/\u00a0]*"
_ADDRESS = re.compile(r"[^\s\"'(){}<>,;:]+@[^\s\"'(){}<>,;:@]+\w")
_WORD = re.compile(r"\w\w")
_LATEST = datetime.max.replace(tzinfo=UTC)


class Wanted(NamedTuple):
    """What is searched for: the queries for Gmail, and the pattern that decides."""

    queries: tuple[str, ...]
    pattern: re.Pattern[str]

    @classmethod
    def of(cls, query: str) -> Wanted | None:
        """Return how to search for an address, a number or a text; None for what no mail can name."""
        text = " ".join(query.split())
        digits = re.sub(r"\D", "", text)
        if not _WORD.search(text):
            return None
        if "@" in text or len(digits) < _SHORTEST:
            phrase = f'"{_plain(text)}"'
            sides = (f"from:{text}", f"to:{text}") if _ADDRESS.fullmatch(text) else ()
            return cls((*sides, phrase), re.compile(rf"(?<![\w.+-]){re.escape(text)}", re.IGNORECASE))
        national, code, area = _read(text, digits)
        abroad = rf"(?:\+|00|011)?{code or _CODE}{_GAP}0?{_GAP}"
        pattern = re.compile(rf"(?<!\d)(?:{abroad}|0)?{_GAP.join(national)}(?!\d)")
        return cls(tuple(f'"{one}"' for one in _written(national, code, area)), pattern)

    def in_head(self, head: Head) -> bool:
        """Tell whether a header field names it."""
        return any(self.pattern.search(value) for _, value in head.headers)

    def in_mail(self, raw: bytes) -> bool:
        """Tell whether the text names it."""
        return self.pattern.search(mail.parse(raw).text) is not None


def _plain(text: str) -> str:
    return text.replace('"', " ").replace("\\", " ")


def _read(text: str, digits: str) -> tuple[str, str, int]:
    """Return a number's national digits, its country code ("" if it has none), and how many digits its area has."""
    try:
        read = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return digits, "", 0
    area = phonenumbers.length_of_national_destination_code(read)
    return phonenumbers.national_significant_number(read), str(read.country_code), area


def _written(national: str, code: str, area: int) -> dict[str, None]:
    """Return the ways in which a number is written, as words: with and without its country code or a leading 0."""
    grouped = [((national[:area], *groups) if area else groups) for groups in _groups(national[area:])]
    cut = [(national[:at], national[at:]) for at in _AREAS if at < len(national)]
    leads = ("", code) if code == _NO_TRUNK else ("", "0", code)
    written = [f"{lead}{' '.join(groups)}" for groups in [(national,), *cut, *grouped] for lead in leads]
    return dict.fromkeys([*written, *([f"00{code}{national}"] if code else [])])


def _groups(digits: str) -> Iterator[tuple[str, ...]]:
    """Yield digits as one group, as two of any length, and in pairs, threes and fours from either end."""
    yield (digits,)
    yield from ((digits[:at], digits[at:]) for at in range(2, len(digits) - 1))
    for size in (2, 3, 4):
        yield tuple(digits[at : at + size] for at in range(0, len(digits), size))
        rest = len(digits) % size
        yield (digits[:rest], *(digits[at : at + size] for at in range(rest, len(digits), size)))


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
