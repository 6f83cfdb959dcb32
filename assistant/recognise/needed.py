"""What a text must contain for a pattern to be found in it: a cheap look that spares most searches.

Only what is sure counts: runs of plain letters outside of anything optional, and groups of which each way has some.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from assistant.standards import regex

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T")
_SHORTEST = 2  # ASCII characters that are worth a look; one of another script is enough
_ATOM = regex.lazy(
    r"(?P<escape>\\(?P<escaped>.))|(?P<class>\[\^?\]?(?:\\.|[^\]\\]+)*+\])|(?P<look>\(\?(?:<?[=!]))"
    r"|(?P<open>\((?:\?(?::|[aiLmsux-]+:|P<\w+>))?)|(?P<close>\))|(?P<other>\|)|(?P<any>[.^$])|(?P<plain>.)",
    re.DOTALL,
)
_SIGNS = regex.lazy(r"[\\\[\](){}?*+|^$.]")  # a pattern without any is a plain text
_REPEAT = regex.lazy(r"(?:[*+?]|\{(?P<least>\d*)(?:,\d*)?\})[?+]?")

Needed = frozenset[str]
"""Texts in small letters of which one must be there; none at all says that nothing is known."""


@lru_cache(maxsize=8192)
def needed(pattern: str) -> Needed:
    """Return the texts of which one stands, in small letters, wherever the pattern is found; empty when unknown."""
    if not _SIGNS.search(pattern):
        return frozenset([pattern.lower()]) if _telling(pattern) else frozenset()
    found, _ = _ways(pattern, 0)
    return found


def of_any(patterns: Iterable[str]) -> Needed:
    """Return the texts of which one stands wherever one of some patterns is found; empty when unknown for any."""
    each = [needed(pattern) for pattern in patterns]
    return frozenset().union(*each) if all(each) else frozenset()


def possible(needs: Iterable[tuple[T, Needed]], text: str) -> tuple[T, ...]:
    """Return those of some things whose needs a text meets. A plain loop: it runs for every sentence of a mail."""
    low = text.lower()
    found = []
    for thing, words in needs:
        if not words:
            found.append(thing)
            continue
        for word in words:
            if word in low:
                found.append(thing)
                break
    return tuple(found)


def ways(pattern: str) -> tuple[tuple[Needed, ...], ...]:
    """Return for each alternative of a pattern all its groups of texts, of each of which one must be there."""
    if not _SIGNS.search(pattern):
        return ((frozenset([pattern.lower()]),),)
    branches, _ = _branches(pattern, 0)
    return tuple(branch.all() for branch in branches)


def _ways(pattern: str, place: int) -> tuple[Needed, int]:
    """Read alternatives up to the end or the closing bracket; each must have something, else nothing is known."""
    branches, place = _branches(pattern, place)
    best = [branch.best() for branch in branches]
    return (frozenset().union(*best) if all(best) else frozenset()), place


def _branches(pattern: str, place: int) -> tuple[list[_Branch], int]:
    branches: list[_Branch] = []
    branch = _Branch()
    while place < len(pattern):
        atom = _ATOM.match(pattern, place)
        assert atom, "every character is an atom"
        place, kind = atom.end(), str(atom.lastgroup)
        if kind == "close":
            break
        if kind == "other":
            branches.append(branch)
            branch = _Branch()
            continue
        inner: Needed = frozenset()
        if kind in {"open", "look"}:
            inner, place = _ways(pattern, place)
        repeat = _REPEAT.match(pattern, place)
        place = repeat.end() if repeat else place
        branch.add(_letter(atom, kind), frozenset() if kind == "look" else inner, repeat)
    return [*branches, branch], place


def _letter(atom: re.Match[str], kind: str) -> str:
    """Return the character that an atom is for sure, "" for none."""
    if kind == "plain":
        return atom[0].lower()
    escaped = atom["escaped"] or ""
    return escaped if kind == "escape" and escaped and not escaped.isalnum() else ""


class _Branch:
    """One way through a pattern: the runs of letters and the groups that it cannot do without."""

    def __init__(self) -> None:
        self._run = ""
        self._found: list[Needed] = []

    def add(self, letter: str, inner: Needed, repeat: re.Match[str] | None) -> None:
        optional = repeat is not None and (repeat[0][0] in "*?" or repeat["least"] in {"", "0"})
        if letter and not optional:
            self._run += letter
        if not letter or repeat:
            self._end()
        if inner and not optional:
            self._found.append(inner)

    def _end(self) -> None:
        if self._run:
            self._found.append(frozenset([self._run]))
        self._run = ""

    def all(self) -> tuple[Needed, ...]:
        """Return every need."""
        self._end()
        return tuple(self._found)

    def best(self) -> Needed:
        """Return the need that is told most surely: the one whose shortest text is longest."""
        self._end()
        known = [need for need in self._found if all(map(_telling, need))]
        return max(known, key=lambda need: (min(map(len, need)), -len(need)), default=frozenset())


def _telling(word: str) -> bool:
    return len(word) >= _SHORTEST or not word.isascii()
