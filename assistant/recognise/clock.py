"""The pieces of a time in words: hours, days, parts of the day, "after", "until"."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from assistant.recognise import grammar, spoken
from assistant.standards import regex

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from assistant.recognise.formats import Language
    from assistant.recognise.spoken import Numerals

_RELATIONS = (*grammar.RELATIONS, *grammar.POSTPOSED)
_NAMED = {"noon": 12 * 60, "lunch": 12 * 60, "end_of_day": 17 * 60, "midnight": 24 * 60}
THAT = {"before_that": "before", "after_that": "after"}
_UNSPACED = regex.lazy(r"[\u3040-\u9fff]")
_IDLE = {"joins", "and", "this", "zone"}
_GAP = regex.lazy(r"[\s,()/\u3001\u00b7-]*")
_HOURS, _MINUTES, _QUARTER = 24, 60, 15


class Clock(NamedTuple):
    """A time of day as said: minutes after midnight of the figures, the half of the day if said ("a", "p").

    `firm` tells a time that needs no "at" ("3 pm", "15:00"), `full` one on the clock of 24 hours.
    """

    minutes: int
    half: str = ""
    firm: bool = False
    full: bool = False


class Token(NamedTuple):
    """A piece of a time expression. `value` is the number of a day (Monday is 0), of hours, of minutes or of days."""

    kind: str
    start: int
    end: int
    text: str
    clock: Clock | None = None
    value: int = 1
    following: bool = False


def runs(text: str, language: Language) -> list[tuple[Token, ...]]:
    """Return the time expressions of a text: pieces with nothing between them, joining words at the edges cut off."""
    found: list[list[Token]] = [[]]
    for token in _tokens(text, language):
        if token.kind == "barred_day":
            found.append([])
            continue
        if found[-1] and (token.kind in THAT or not _GAP.fullmatch(text[found[-1][-1].end : token.start])):
            found.append([])
        found[-1].append(token)
    return [run for pieces in found if (run := _trimmed(pieces))]


def _trimmed(run: list[Token]) -> tuple[Token, ...]:
    start = next((place for place, token in enumerate(run) if token.kind not in _IDLE), len(run))
    end = next((place for place in range(len(run), start, -1) if run[place - 1].kind not in _IDLE | {"at"}), start)
    kept = tuple(run[start:end])
    return kept if any(token.kind not in (*_RELATIONS, *_IDLE) for token in kept) else ()


def _tokens(text: str, language: Language) -> Iterator[Token]:
    numbers = spoken.numerals(language)
    items = tuple(language.when.items())
    for match in grammar.compiled(language.code, items, tuple(language.digits.items())).finditer(text):
        kind = match.lastgroup or ""
        token = Token(kind, match.start(), match.end(), match[0])
        if kind == "dash":
            token = token._replace(kind="and")
        elif kind == "clock":
            clock = _clock_of(match, numbers)
            if clock is None:
                continue
            token = token._replace(clock=clock)
        elif kind in _NAMED:
            token = token._replace(clock=Clock(_NAMED[kind], firm=True, full=True))
        elif kind == "weekday":
            day = grammar.weekday(match["day"] or "", language)
            token = token._replace(value=day, following=bool(match["following"]))
        elif kind == "not_day":
            token = token._replace(value=grammar.weekday(match["barred"] or "", language))
        elif kind in grammar.LENGTHS:
            token = token._replace(value=_count(match[0], numbers))
        yield token


def _count(text: str, numbers: Numerals) -> int:
    """Return the number in "in two hours", 1 where there is none."""
    found = numbers.words.search(text)
    return (numbers.value(found[0]) if found else None) or 1


def _clock_of(match: re.Match[str], numbers: Numerals) -> Clock | None:
    said = match["hour"]
    hour = numbers.value(said)
    spelled = match["figures"] or match["minute"] or match["spoken"]
    minute = (numbers.value(spelled) or 0) if spelled else 0
    if hour is None or hour > _HOURS or minute >= _MINUTES:
        return None
    if _UNSPACED.match(said) and not match["suffix"]:
        return None
    half = "a" if match["am"] else ("p" if match["pm"] else "")
    shift = _shift(match, numbers)
    firm = bool(spelled or half or shift or match["suffix"])
    return Clock(hour * _MINUTES + minute + shift, half, firm, full=hour > _HOURS // 2 or said.startswith("0"))


def _shift(match: re.Match[str], numbers: Numerals) -> int:
    """Return the minutes that "half", "quarter to" or "et demie" put on or take off."""
    for name, minutes in (
        ("half_past", 30), ("half_to", -30), ("quarter_past", _QUARTER), ("quarter_to", -_QUARTER),
        ("and_half", 30), ("and_quarter", _QUARTER), ("less_quarter", -_QUARTER), ("less_half", -30),
    ):  # fmt: skip
        if match[name]:
            return minutes
    if match["past_by"]:
        return numbers.value(match["past_by"]) or 0
    return -(numbers.value(match["to_by"]) or 0) if match["to_by"] else 0
