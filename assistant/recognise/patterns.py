"""Patterns of the data files: regular expressions with {slots}, compiled once.

A slot becomes a named group. In a language's files a space stands for any white space and {name} for a person's name
written with capitals; in a format's files patterns are taken as they are and {name} is whatever stands there.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from assistant.recognise import needed
from assistant.standards import regex

if TYPE_CHECKING:
    from collections.abc import Iterable

_CAPITAL = r"[A-ZÀ-ÖØ-Þ]"
_WORD = rf"(?:{_CAPITAL}[a-z]{{0,3}}\.|{_CAPITAL}[\w'\u2019-]{{0,40}})"
_PARTICLE = r"(?:(?:van|von|de|der|den|la|le|del|di|da|du|des|zu)\s+){0,3}"
PERSON = rf"(?-i:(?<![A-Za-z\u00c0-\u024f]){_WORD}(?:[ \t\n]+{_PARTICLE}{_WORD}){{0,3}})"

_CLOCK = r"\d{1,2}(?:[:.h]\d{2})?(?:\s?[ap]\.?m\.?)?"
_DURATION = r"(?:\d{1,3}(?::\d{2}){1,2}s?(?!\d|\s?[ap]\.?m)|\d{1,5}\s?(?![ap]\.?m\b)[^\W\d_]{1,9}\.?)"
SLOTS = {
    "caller": r"(?P<caller>.{1,200}?)",
    "number": r"(?P<number>[+\d][\d ().-]{0,40}?|.{1,120}?)",
    "name": r"(?P<name>.{1,200}?)",
    "time": r"(?P<time>(?=[^\n]{0,80}\d).{1,120}?)",
    "clock": rf"(?P<clock>{_CLOCK})",
    "duration": rf"(?P<duration>{_DURATION})",
    "transcript": r"(?P<transcript>\S.*?)",
    "line": r"(?P<line>.{1,200}?)",
}
"""The slots of a format's patterns, and what each takes: so much at most that two in a row cost no long time."""

LONGEST_READ = 20_000
"""Characters of a mail's text that a format's patterns see: some twenty minutes of speech; it bounds their time."""

LETTER = r"[0-9A-Za-z_\u00aa-\u00ba\u00c0-\u024f\u0370-\u052f\u1e00-\u1eff]"
"""A character of scripts that put spaces between words; words of Chinese and Japanese have no bounds to look for."""

_SLOT = regex.lazy(r"\{([a-z]+)\}")
_PIECE = regex.lazy(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|(?P<open>\()|(?P<close>\))|(?P<slot>\{[a-z]+\})"
    r"|(?P<repeat>[*+]|\{\d*,(?:\d{2,})?\})[?+]?|.",
    re.DOTALL,
)
_SPACES = regex.lazy(r" (?![*+?]|\{\d)")
_BLANKS = r"\\s{1,9}"  # several of them without end, side by side, would take long for a run of blanks


@lru_cache(maxsize=4096)
def plain(pattern: str) -> re.Pattern[str]:
    """Compile a regular expression without slots, any case.

    Raises:
        ValueError: it is none.
    """
    return _compile(pattern, {}, re.IGNORECASE)


@lru_cache(maxsize=4096)
def of_format(pattern: str) -> re.Pattern[str]:
    """Compile a pattern of a format's file; it may span lines.

    Raises:
        ValueError: it is no regular expression, or names a slot that does not exist.
    """
    return _compile(pattern, SLOTS, re.IGNORECASE | re.MULTILINE | re.DOTALL)


@lru_cache(maxsize=4096)
def of_language(pattern: str) -> re.Pattern[str]:
    """Return a pattern of a language's file; it stays within a line, and is compiled at the first text it may fit.

    Raises:
        ValueError: it names a slot that does not exist.
    """
    slots = SLOTS | {"name": f"(?P<name>{PERSON})"}
    filled = _filled(_SPACES.sub(_BLANKS, pattern), slots)
    return regex.guarded(filled, re.IGNORECASE, needed.needed(filled))


@lru_cache(maxsize=1024)
def any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """Return alternatives without slots as whole words; none at all matches nothing."""
    if not patterns:
        return regex.lazy(r"(?!)")
    words = [_SPACES.sub(_BLANKS, pattern) for pattern in patterns]
    return regex.guarded(rf"(?<!{LETTER})(?:{'|'.join(words)})(?!{LETTER})", re.IGNORECASE, needed.of_any(words))


def risk(pattern: str) -> str:
    """Return why a pattern could take time that doubles with each character of a text, "" when nothing speaks for it.

    Found is a repeat without end inside another, the usual cause; alternatives that overlap are not.
    """
    groups = [False]  # for each open group: whether it has a repeat without end
    endless = False  # whether the piece before is a group that has one
    for match in _PIECE.finditer(pattern):
        kind, piece = match.lastgroup, match[0]
        if kind == "repeat" and endless:
            return f"a repeat without end stands inside another. Write how often at most, such as {{0,9}}, for {piece}"
        if kind == "open":
            groups.append(False)
        elif kind == "close" and len(groups) > 1:
            endless = groups.pop()
            groups[-1] = groups[-1] or endless
            continue
        elif kind in {"repeat", "slot"}:
            groups[-1] = True
        endless = False
    return ""


def slots(match: re.Match[str]) -> dict[str, str]:
    """Return the slots that took part in a match, stripped; empty ones stay, absent ones do not."""
    found = {name: value.strip() for name, value in match.groupdict().items() if value is not None}
    return {name.partition("_")[0]: value for name, value in reversed(found.items())}


def first(patterns: Iterable[re.Pattern[str]], text: str) -> re.Match[str] | None:
    """Return the first pattern's match that is found in the text."""
    return next((match for pattern in patterns if (match := pattern.search(text))), None)


def _compile(pattern: str, slots: dict[str, str], flags: int) -> re.Pattern[str]:
    try:
        return re.compile(_filled(pattern, slots), flags)
    except re.error as error:
        raise ValueError(f"bad pattern {pattern!r}: {error}") from error


def _filled(pattern: str, slots: dict[str, str]) -> str:
    """Return a pattern with what its slots take."""
    seen: list[str] = []

    def expand(match: re.Match[str]) -> str:
        name = match[1]
        if name not in slots:
            raise ValueError(f"unknown slot {match[0]} in pattern {pattern!r}")
        seen.append(name)
        again = seen.count(name)
        return slots[name] if again == 1 else slots[name].replace(f"<{name}>", f"<{name}_{again}>")

    return _SLOT.sub(expand, pattern)
