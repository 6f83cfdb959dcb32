"""Which of the times in a text are times to call: those by the words of a wish, not those of meetings or past calls."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from assistant.recognise import bounds, clock, days, grammar, spoken
from assistant.standards import regex

if TYPE_CHECKING:
    from assistant.recognise.clock import Token
    from assistant.recognise.formats import Language

_BEFORE, _BEHIND = 100, 90  # characters between a wish and its time
_BACK = 200  # characters from "before that" to what it means
_LETTER = regex.lazy(r"[^\W_]")
_KINDS = ("away", "wish", "other")


class Asked(NamedTuple):
    """A time expression that is a time to call; `away` tells that the caller cannot be reached then."""

    start: int
    end: int
    tokens: tuple[Token, ...]
    away: bool
    weight: int


class _Mark(NamedTuple):
    kind: str
    start: int
    end: int


class _Scope(NamedTuple):
    """A sentence: where it stands, its words that decide, where its parts end."""

    start: int
    end: int
    marks: list[_Mark]
    breaks: list[int]


def wishes(text: str, language: Language) -> list[Asked]:
    """Return the times to call in a text, those said to be good ones first; what adds to the first is part of it."""
    marks = _marks(text, language)
    if not any(mark.kind != "other" for mark in marks):
        return []
    text = spoken.masked(text, language)
    found: list[Asked] = []
    earlier: list[tuple[Token, ...]] = []
    for scope in _scopes(text, marks, language):
        wished = any(mark.kind == "wish" and scope.start - _BACK <= mark.start <= scope.end + _BEHIND for mark in marks)
        for run in clock.runs(text[scope.start : scope.end], language):
            placed = tuple(_moved(token, scope.start) for token in run)
            verdict = _verdict(placed, text, scope, language, wished=wished)
            tokens = _meant(placed, earlier)
            if verdict and tokens:
                weight = sum(mark.end - mark.start for mark in scope.marks if mark.kind != "other")
                found.append(Asked(placed[0].start, placed[-1].end, tokens, verdict == "away", weight))
            earlier.append(placed)
    return _joined([*(one for one in found if not one.away), *(one for one in found if one.away)])


def _moved(token: Token, by: int) -> Token:
    return token._replace(start=token.start + by, end=token.end + by)


def weight(asked: list[Asked]) -> int:
    """Return how much of the text a language understands: the more, the likelier it is the caller's."""
    return max((one.weight + sum(len(token.text) for token in one.tokens) for one in asked), default=0)


def _meant(run: tuple[Token, ...], earlier: list[tuple[Token, ...]]) -> tuple[Token, ...]:
    """Replace "before that" by the time it means, the last one named; other expressions stay."""
    that = next((token for token in run if token.kind in clock.THAT), None)
    if that is None:
        return run
    before = next((old for old in reversed(earlier) if any(token.clock for token in old)), ())
    near = before and run[0].start - before[-1].end <= _BACK
    if not near:
        return ()
    timed = next(place for place, token in enumerate(before) if token.clock)
    rest = [token for token in before if token.kind not in {*grammar.RELATIONS, "and"} or token.clock]
    kept = [token for token in rest if not token.clock or token is before[timed]]
    place = kept.index(before[timed])
    return (*kept[:place], that._replace(kind=clock.THAT[that.kind]), *kept[place:])


def _joined(found: list[Asked]) -> list[Asked]:
    """Complete the first: a day by a later time of day, a time by a later day."""
    if not found:
        return found
    first, *others = found
    if any(token.kind in bounds.LENGTHS for token in first.tokens):
        return found
    for other in others:
        if _adds(first, other):
            order = (*first.tokens, *other.tokens) if first.start < other.start else (*other.tokens, *first.tokens)
            start, end = min(first.start, other.start), max(first.end, other.end)
            return [Asked(start, end, order, other.away if _timed(other) else first.away, first.weight), *found]
    return found


def _adds(first: Asked, other: Asked) -> bool:
    if first.away:
        return False
    by_day, by_time = _dated(first) and not _timed(first), _timed(first) and not _dated(first)
    if by_day:
        return _timed(other) and not _dated(other)
    return by_time and not other.away and _dated(other) and not _timed(other)


def _dated(asked: Asked) -> bool:
    return any(days.is_day(token) for token in asked.tokens)


def _timed(asked: Asked) -> bool:
    return any(token.clock or token.kind in bounds.PARTS for token in asked.tokens)


def _verdict(run: tuple[Token, ...], text: str, scope: _Scope, language: Language, *, wished: bool) -> str:
    """Return "wish" or "away" for a time to call, "" for another: the nearest words in its part decide."""
    start, end = run[0].start, run[-1].end
    left = scope.breaks[bisect_right(scope.breaks, start) - 1]
    right = next((spot for spot in scope.breaks if spot >= end), scope.end)
    near = [mark for mark in scope.marks if left <= mark.start < right]
    if any(mark.kind == "away" and mark.start < start < mark.end for mark in near):
        return "wish"  # "do not call | not before 10": the denial is the time's own
    before = [mark for mark in near if mark.start < start and start - mark.end <= _BEFORE]
    behind = [mark for mark in near if mark.start >= end and mark.start - end <= _BEHIND]
    if before or behind:
        kind = before[-1].kind if before else behind[0].kind
        return "" if kind == "other" else kind
    rest = grammar.whole_words(language.wishes.get("filler", ())).sub(" ", text[left:start] + " . " + text[end:right])
    if _LETTER.search(rest) or near:
        return ""
    last = next((mark.kind for mark in reversed(scope.marks) if mark.start < start and mark.kind != "other"), "wish")
    return last if wished or last == "away" else ""


def _scopes(text: str, marks: list[_Mark], language: Language) -> list[_Scope]:
    ends = [match.end() for match in _sentence_end(language.code).finditer(text)]
    breaks = _breaks(language)
    scopes = []
    for start, end in zip([0, *ends], [*ends, len(text)], strict=True):
        own = [mark for mark in marks if start <= mark.start < end]
        spots = [start, *(match.start() for match in breaks.finditer(text, start, end))]
        scopes.append(_Scope(start, end, own, spots))
    return scopes


@lru_cache(maxsize=32)
def _sentence_end(code: str) -> re.Pattern[str]:
    """Compile the ends of sentences: no dot of "p.m.", and behind figures none before a month ("24. November")."""
    month = "|".join(re.escape(name) for name in grammar.months(code))
    behind_figure = rf"(?<=\d)[.](?=\s+(?!(?:{month}))[^\W\d_a-z]|\s*$)"
    return re.compile(rf"(?<!\s[apAP])(?<![apAP]\.[mM])(?<!\d)[.!?;](?=\s|$)|{behind_figure}|[!?\n\u3002]+")


def _breaks(language: Language) -> re.Pattern[str]:
    return _compiled(language.wishes.get("breaks", ()))


@lru_cache(maxsize=32)
def _compiled(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"[,:\u3001](?!\d)|\s-\s|{grammar.bounded(words)}", re.IGNORECASE)


def _marks(text: str, language: Language) -> list[_Mark]:
    """Return the words that decide, in order; of two that overlap the earlier, of two that start together a denial."""
    words = language.wishes
    wish = (*words.get("call", ()), *words.get("available", ()))
    pattern = _decisive((words.get("away", ()), wish, (*words.get("about", ()), *words.get("other", ()))))
    return [_Mark(match.lastgroup or "", match.start(), match.end()) for match in pattern.finditer(text)]


@lru_cache(maxsize=32)
def _decisive(words: tuple[tuple[str, ...], ...]) -> re.Pattern[str]:
    groups = (f"(?P<{name}>{grammar.bounded(some)})" for name, some in zip(_KINDS, words, strict=True))
    return regex.guarded("|".join(groups), re.IGNORECASE, grammar.needs(tuple(chain.from_iterable(words))))
