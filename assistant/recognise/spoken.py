"""Numbers spoken as words: digits one by one, in pairs or with "double", in the words of a language's file.

No offset into the text may move, so every change of characters here keeps its length.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from assistant.recognise import patterns
from assistant.standards import regex

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.recognise.formats import Language

NUMBER_FEWEST = 7
"""Digits of the shortest number that counts as one when it is spoken."""

_WIDE = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}
_MARKS = {"\u3000": " ", "\u00a0": " ", "\u202f": " ", "\u2019": "'", "\u2018": "'", "\u301c": "~", "\u2026": "."}
_DASHES = dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
_PLAIN = str.maketrans({**{chr(wide): chr(plain) for wide, plain in _WIDE.items()}, **_MARKS, **_DASHES})
_TIMES = regex.lazy(  # a date, or two times of day: "05.03.2027", "14.00 en 15.30"
    r"(?:\d{1,2}([./-])\d{1,2}\1\s?20\d\d|20\d\d([./-])\d{1,2}\2\d{1,2}"
    r"|[0-2]?\d[:.][0-5]\d\s?(?:[-~]|[^\W\d_]{1,5})\s?[0-2]?\d[:.][0-5]\d)(?![./-]?\d)"
)
_REPEATS = {"double": 2, "triple": 3}
_ZEROS = {"hundred": "00", "thousand": "000"}
_GAP = 30  # characters between two groups of one number
_TEN, _HUNDRED = 10, 100

Items = tuple[tuple[str, tuple[str, ...]], ...]


class Numerals(NamedTuple):
    """The number words of a language: one pattern whose groups tell the value, and what may stand between two."""

    words: re.Pattern[str]
    gap: re.Pattern[str]
    spellings: dict[int, str]

    def pattern(self, low: int, high: int) -> str:
        """Return the pattern of the numbers from `low` to `high`, without bounds or groups."""
        chosen = [word for value, word in self.spellings.items() if low <= value <= high]
        return _longest_first(chosen)

    def value(self, text: str) -> int | None:
        """Return the number that a text is, in figures or in one word; None when it is none."""
        if text.isdigit():
            return int(text)
        match = self.words.fullmatch(text)
        return int(match.lastgroup[1:]) if match and match.lastgroup and match.lastgroup.startswith("v") else None


class Run(NamedTuple):
    """A stretch of text that is one number: its digits, and how many of its pieces are words."""

    start: int
    end: int
    digits: str
    words: int


class _Piece(NamedTuple):
    start: int
    end: int
    key: str
    digits: str


def plain(text: str) -> str:
    """Write full-width characters, typographic apostrophes, dashes and spaces as ASCII has them, one for one."""
    return text.translate(_PLAIN)


def numerals(language: Language) -> Numerals:
    """Return the number words of a language."""
    return compiled(tuple(language.digits.items()))


def in_figures(text: str, language: Language, fewest: int = NUMBER_FEWEST) -> str:
    """Write numbers of `fewest` digits that are spoken, in whole or in part, in figures; the rest stays."""
    out: list[str] = []
    last = 0
    for run in _runs(text, numerals(language)):
        if run.words and len(run.digits) >= fewest:
            out.extend([text[last : run.start], run.digits])
            last = run.end
    return "".join([*out, text[last:]])


def masked(text: str, language: Language) -> str:
    """Blank out whole telephone numbers, spoken or written, so that none of their digits is taken for an hour."""
    for run in _runs(text, numerals(language)):
        if len(run.digits) >= NUMBER_FEWEST and not _TIMES.match(text, run.start):
            text = f"{text[: run.start]}{'|' * (run.end - run.start)}{text[run.end :]}"
    return text


def _runs(text: str, words: Numerals) -> Iterator[Run]:
    run: list[_Piece] = []
    for piece in _pieces(text, words):
        whole = len(piece.digits) >= NUMBER_FEWEST
        if run and (whole or piece.key == "plus" or not _goes_on(text[run[-1].end : piece.start], words)):
            yield from _said(run, text)
            run = []
        if piece.digits or piece.key in _REPEATS or piece.key == "plus" or run:
            run.append(piece)
        if whole:
            yield from _said(run, text)
            run = []
    yield from _said(run, text)


def _goes_on(gap: str, words: Numerals) -> bool:
    return len(gap) <= _GAP and words.gap.fullmatch(gap) is not None


def _pieces(text: str, words: Numerals) -> Iterator[_Piece]:
    for match in words.words.finditer(text):
        key = match.lastgroup or ""
        digits = match[0] if key == "figures" else (key[1:] if key.startswith("v") else "")
        yield _Piece(match.start(), match.end(), key, digits)


def _said(run: list[_Piece], text: str) -> Iterator[Run]:
    """Yield the run as digits: "double" repeats, "hundred" appends zeros, "cent douze" adds up."""
    out: list[str] = []
    repeat = 1
    for place, piece in enumerate(run):
        glued = place > 0 and text[run[place - 1].end : piece.start].isspace()
        if piece.key in _REPEATS:
            repeat = _REPEATS[piece.key]
        elif piece.key in _ZEROS:
            out.append(_ZEROS[piece.key])
        elif piece.key == "plus":
            out.append("+")
        elif glued and piece.key != "figures" and out and _adds(out[-1], piece.digits):
            out[-1] = _added(out[-1], piece.digits)
        else:
            out.append(piece.digits * repeat)
            repeat = 1
    digits = "".join(out)
    if digits.strip("+"):
        words = sum(piece.key != "figures" for piece in run)
        yield Run(run[0].start, run[-1].end, digits, words)


def _adds(said: str, then: str) -> bool:
    hundreds = len(said) == len("100") and said.endswith("00")
    return (then == "100" and len(said) == 1 and said not in "01") or (hundreds and int(then) < _HUNDRED)


def _added(said: str, then: str) -> str:
    return f"{said}00" if then == "100" else str(int(said) + int(then))


@lru_cache(maxsize=32)
def compiled(items: Items) -> Numerals:
    """Compile the table `digits` of a language."""
    digits = dict(items)
    spellings = dict(_spellings(digits))
    groups = [(f"v{value}", word) for value, word in spellings.items()]
    groups += [(key, _any(digits.get(key, ()))) for key in (*_REPEATS, *_ZEROS, "plus") if digits.get(key)]
    groups.sort(key=lambda group: -len(group[1]))
    joined = "|".join(f"(?P<{name}>{word})" for name, word in groups) or "(?!)"
    bounds = (rf"(?<!{patterns.LETTER})", rf"(?!{patterns.LETTER})")
    words = rf"(?P<figures>(?<!\d)\d+(?!\d))|{bounds[0]}(?:{joined}){bounds[1]}"
    pause = _any(digits.get("pause", ()))
    gap = rf"[\s,.;:/()~*\u3001\u3002\u30fb-]*(?:{bounds[0]}{pause}{bounds[1]}[\s,.;:/()~-]*){{0,3}}"
    return Numerals(re.compile(words, re.IGNORECASE), re.compile(gap, re.IGNORECASE), spellings)


def _spellings(digits: dict[str, tuple[str, ...]]) -> Iterator[tuple[int, str]]:
    """Yield every number that has a word or two, with its pattern."""
    listed = {int(key): words for key, words in digits.items() if key.isdigit()}
    behind, before = digits.get("then_unit", ()), digits.get("then_ten", ())
    for value, words in listed.items():
        yield value, _any(words)
    for ten in range(20, _HUNDRED, _TEN):
        for unit in range(1, _TEN):
            if ten in listed and unit in listed and ten + unit not in listed:
                made = [f"{_any(listed[ten])}{_any(behind)}{_any(listed[unit])}"] if behind else []
                made += [f"{_any(listed[unit])}{_any(before)}{_any(listed[ten])}"] if before else []
                yield ten + unit, _any(tuple(made))
    for unit in range(2, _TEN):
        if digits.get("glued_hundred") and unit in listed and unit * _HUNDRED not in listed:
            yield unit * _HUNDRED, _any(listed[unit]) + _any(digits["glued_hundred"])


def _any(words: tuple[str, ...]) -> str:
    joined = "|".join(word.replace(" ", r"\s+") for word in words)
    return f"(?:{joined})" if words else "(?!)"


def _longest_first(words: list[str]) -> str:
    return f"(?:{'|'.join(sorted(words, key=len, reverse=True))})" if words else "(?!)"
