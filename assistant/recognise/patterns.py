"""Patterns of the data files: regular expressions with {slots}, compiled once.

A slot becomes a named group. In a language's files a space stands for any white space and {name} for a person's name
written with capitals; in a format's files patterns are taken as they are and {name} is whatever stands there.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_CAPITAL = r"[A-ZÀ-ÖØ-Þ]"
_WORD = rf"(?:{_CAPITAL}[a-z]{{0,3}}\.|{_CAPITAL}[\w'\u2019-]*)"
_PARTICLE = r"(?:(?:van|von|de|der|den|la|le|del|di|da|du|des|zu)\s+)*"
PERSON = rf"(?-i:{_WORD}(?:[ \t\n]+{_PARTICLE}{_WORD}){{0,3}})"

_CLOCK = r"\d{1,2}(?:[:.h]\d{2})?(?:\s?[ap]\.?m\.?)?"
_DURATION = r"(?:\d{1,3}(?::\d{2}){1,2}s?(?!\d|\s?[ap]\.?m)|\d{1,5}\s?(?![ap]\.?m\b)[^\W\d_]{1,9}\.?)"
_SLOTS = {
    "caller": r"(?P<caller>.+?)",
    "number": r"(?P<number>[+\d][\d ().-]*?|.+?)",
    "name": r"(?P<name>.+?)",
    "time": r"(?P<time>(?=[^\n]*\d).+?)",
    "clock": rf"(?P<clock>{_CLOCK})",
    "duration": rf"(?P<duration>{_DURATION})",
    "transcript": r"(?P<transcript>\S.*?)",
    "line": r"(?P<line>.+?)",
}
LETTER = r"[0-9A-Za-z_\u00aa-\u00ba\u00c0-\u024f\u0370-\u052f\u1e00-\u1eff]"
"""A character of scripts that put spaces between words; words of Chinese and Japanese have no bounds to look for."""

_SLOT = re.compile(r"\{([a-z]+)\}")
_SPACES = re.compile(r" (?![*+?]|\{\d)")


@lru_cache(maxsize=4096)
def of_format(pattern: str) -> re.Pattern[str]:
    """Compile a pattern of a format's file; it may span lines.

    Raises:
        ValueError: it is no regular expression, or names a slot that does not exist.
    """
    return _compile(pattern, _SLOTS, re.IGNORECASE | re.MULTILINE | re.DOTALL)


@lru_cache(maxsize=4096)
def of_language(pattern: str) -> re.Pattern[str]:
    """Compile a pattern of a language's file; it stays within a line.

    Raises:
        ValueError: it is no regular expression, or names a slot that does not exist.
    """
    slots = _SLOTS | {"name": f"(?P<name>{PERSON})"}
    return _compile(_SPACES.sub(r"\\s+", pattern), slots, re.IGNORECASE)


@lru_cache(maxsize=1024)
def any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """Compile alternatives without slots as whole words; none at all matches nothing."""
    if not patterns:
        return re.compile(r"(?!)")
    joined = "|".join(_SPACES.sub(r"\\s+", pattern) for pattern in patterns)
    try:
        return re.compile(rf"(?<!{LETTER})(?:{joined})(?!{LETTER})", re.IGNORECASE)
    except re.error as error:
        raise ValueError(f"bad pattern among {patterns!r}: {error}") from error


def slots(match: re.Match[str]) -> dict[str, str]:
    """Return the slots that took part in a match, stripped; empty ones stay, absent ones do not."""
    found = {name: value.strip() for name, value in match.groupdict().items() if value is not None}
    return {name.partition("_")[0]: value for name, value in reversed(found.items())}


def first(patterns: Iterable[re.Pattern[str]], text: str) -> re.Match[str] | None:
    """Return the first pattern's match that is found in the text."""
    return next((match for pattern in patterns if (match := pattern.search(text))), None)


def _compile(pattern: str, slots: dict[str, str], flags: int) -> re.Pattern[str]:
    seen: list[str] = []

    def expand(match: re.Match[str]) -> str:
        name = match[1]
        if name not in slots:
            raise ValueError(f"unknown slot {match[0]} in pattern {pattern!r}")
        seen.append(name)
        again = seen.count(name)
        return slots[name] if again == 1 else slots[name].replace(f"<{name}>", f"<{name}_{again}>")

    try:
        return re.compile(_SLOT.sub(expand, pattern), flags)
    except re.error as error:
        raise ValueError(f"bad pattern {pattern!r}: {error}") from error
