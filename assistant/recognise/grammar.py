"""One pattern for the pieces of a time in a language: its file's words, CLDR's names of days and months, figures."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from assistant.recognise import needed, patterns, spoken
from assistant.standards import regex

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.recognise.formats import Language
    from assistant.recognise.needed import Needed
    from assistant.recognise.spoken import Items, Numerals

RELATIONS = ("after", "from", "before", "until", "between", "at")
POSTPOSED = ("after_post", "from_post", "before_post", "until_post")
LENGTHS = ("in_half_hour", "in_minutes", "within_minutes", "in_hours", "within_hours", "in_days")
_PLAIN = (
    *("next_week", "this_week", "end_of_week", "later_week", "weekdays", "weekend", "before_that", "after_that"),
    *("first_thing", "later_today", "after_hours", "end_of_day", "tonight", "after_tomorrow", "morning", "afternoon"),
    *("evening", "tomorrow", "today", "lunch", "noon", "midnight"),
)
_GLUED = ("morning", "afternoon", "evening")
_BEFORE = ("half_past", "half_to", "quarter_past", "quarter_to")
_BEHIND = ("and_half", "and_quarter", "less_quarter", "less_half")
_NUMERIC = r"(?<![\d/.])(?:\d{4}-\d{2}-\d{2}|\d{1,2}/\d{1,2}(?:/\d{4}|/\d{2})?|\d{1,2}\.\d{1,2}\.(?:\d{4})?)(?!\d)"
_DAY = r"(?:3[01]|[12]\d|0?[1-9])"
_ZONE = r"(?-i:[A-Z]{1,4}T|UTC|MES?Z|BST)"
_PLACE = r"(?-i:[A-Z][\w.'-]{2,20}(?: [A-Z][\w.'-]{2,20}){0,2}|[\u3040-\u30ff\u4e00-\u9fff]{2,6}?)"
_SPACE = regex.lazy(r" (?![*+?\]]|\{\d)")
_DASH = r"(?P<dash>(?<=\S)\s*[-~]\s*(?=\S))"
_LETTERS = r"[A-Za-z\u00c0-\u024f]"
_YEAR = r"(?:,?\s*20\d\d)?"

Words = dict[str, tuple[str, ...]]


@lru_cache(maxsize=32)
def compiled(code: str, items: Items, digits: Items) -> re.Pattern[str]:
    """Compile the tables `when` and `digits` of a language; the longer readings stand first."""
    when, numbers = dict(items), spoken.compiled(digits)
    return re.compile("|".join(_pieces(code, when, numbers)), re.IGNORECASE)


def bounded(words: tuple[str, ...], before: str = "", behind: str = "") -> str:
    """Return alternatives as whole words; a word that begins or ends with a sign of Chinese or Japanese has no bounds.

    Args:
        words: patterns, in which a space stands for any white space.
        before: what else the words may follow, as "(?<=tag)" for "Donnerstagabend".
        behind: what else may follow the words.
    """
    letter = patterns.LETTER
    start = "|".join(filter(None, (f"(?<!{letter})", f"(?!{letter})", before)))
    end = "|".join(filter(None, (f"(?!{letter})", f"(?<!{letter})", behind)))
    return f"(?:{start}){_any(words)}(?:{end})" if words else "(?!)"


@lru_cache(maxsize=256)
def whole_words(words: tuple[str, ...]) -> re.Pattern[str]:
    """Return a pattern of `bounded` alternatives."""
    return regex.guarded(bounded(words), re.IGNORECASE, needs(words))


def needs(words: tuple[str, ...]) -> Needed:
    """Return the texts of which one stands wherever one of such alternatives is found; empty when unknown."""
    return needed.of_any(_spaced(words))


def dates(language: Language) -> tuple[re.Pattern[str], ...]:
    """Return the patterns of dates in words, with the groups `day`, `month` and `month_number`."""
    return _dates(language.code, language.when.get("date", ()), tuple(language.digits.items()))


def month(name: str, language: Language) -> int:
    """Return the number of a month's name, 0 for none."""
    low = name.lower().strip(". ")
    return next((number for known, number in months(language.code).items() if known.lower() == low), 0)


def weekday(name: str, language: Language) -> int:
    """Return the number of a day's name (Monday is 0)."""
    for number in range(7):
        if re.fullmatch(_day_pattern(number, language.code, language.when), name, re.IGNORECASE):
            return number
    return 0


def _pieces(code: str, when: Words, numbers: Numerals) -> Iterator[str]:
    for key in LENGTHS:
        yield _group(key, _counted(when.get(key, ()), numbers))
    in_words = [re.sub(r"\?P<\w+>", "?:", pattern.pattern) for pattern in _dates_of(code, when, numbers)]
    yield f"(?P<date>{'|'.join([*in_words, _NUMERIC])})"
    day = "|".join(_day_pattern(number, code, when) for number in range(7))
    yield _group("not_day", (rf"{_any(when.get('not_day', ()))}\s*(?P<barred>{day})",))
    weekday = rf"(?P<following>{_any(when.get('next_day', ()))}\s*)?(?P<day>{day})"
    not_then = _any((*when.get("tomorrow", ()), *when.get("today", ()), *when.get("tonight", ())))
    yield _group("barred_day", (rf"{_any(when.get('not_day', ()))}\s*{not_then}",))
    part = when.get("glued_part", ())
    before, behind = "|".join(f"(?<={word})" for word in when.get("glued", ())), f"(?={_any(part)})" if part else ""
    yield f"(?P<weekday>{bounded((weekday,), behind=behind)})"
    for key in _PLAIN:
        own = behind if key == "tomorrow" else ""
        yield f"(?P<{key}>{bounded(when.get(key, ()), before if key in _GLUED else '', own)})"
    yield _group("clock", (_clock(when, numbers),))
    for key in (*POSTPOSED, *RELATIONS):
        yield _group(key, when.get(key, ()))
    places = tuple(word.replace("{PLACE}", _PLACE) for word in when.get("zone", ()))
    yield _group("zone", (_ZONE, *places, *when.get("zone_word", ()), *when.get("my_time", ())))
    yield _DASH
    for key in ("and", "this", "joins"):
        yield _group(key, when.get(key, ()))


def _group(name: str, words: tuple[str, ...]) -> str:
    return f"(?P<{name}>{bounded(words)})"


def _counted(words: tuple[str, ...], numbers: Numerals) -> tuple[str, ...]:
    """Put the number of hours or days in its place."""
    return tuple(word.replace("{N}", rf"(?:\d{{1,2}}|{numbers.pattern(1, 60)})") for word in words)


def _clock(when: Words, numbers: Numerals) -> str:
    hour, tens, any_minute = numbers.pattern(1, 24), numbers.pattern(10, 59), numbers.pattern(1, 59)
    suffix, minute_word = _any(when.get("suffix", ())), _any(when.get("minute_word", ()))
    named = "|".join(f"(?P<{key}>{_any(when.get(key, ()))})" for key in _BEFORE)
    by = rf"(?:\d{{1,2}}|{any_minute})"
    off = rf"\s*(?:{minute_word}\s*)?"
    past, to = _any(when.get("past", ())), _any(when.get("to", ()))
    before = rf"(?:(?:{named}|(?P<past_by>{by}){off}{past}|(?P<to_by>{by}){off}{to})\s*)?"
    behind = "|".join(f"(?P<{key}>{_any(when.get(key, ()))})" for key in _BEHIND)
    minutes = (
        rf"[:.h]\s?(?P<figures>\d{{2}})(?!\d)"
        rf"|\s*(?P<suffix>{suffix})(?!{_LETTERS})(?:\s*(?P<minute>\d{{2}}|{any_minute})(?!\d)(?:\s*{minute_word})?)?"
        rf"|[ -](?P<spoken>{tens})(?!{_LETTERS})"
    )
    half = rf"\s*(?:(?P<am>{_any(when.get('am', ()))})|(?P<pm>{_any(when.get('pm', ()))}))"
    ahead = rf"(?<!\d)(?<!\d[.:])(?:{before})(?P<hour>\d{{1,2}}|{hour})"
    tail = rf"(?:{minutes})?(?:\s*(?:{behind}))?(?:{half})?(?:\s*{suffix}(?!{_LETTERS}))?"
    not_counted = rf"(?!\d|[:.,/]\d|\s*[%€$£]|\s*{_any(when.get('counted', ()))}(?!{_LETTERS}))"
    return ahead + tail + not_counted


def _dates_of(code: str, when: Words, numbers: Numerals) -> tuple[re.Pattern[str], ...]:
    names = "|".join(sorted((re.escape(name) for name in months(code)), key=len, reverse=True))
    day = rf"(?P<day>{_DAY}|{numbers.pattern(1, 31)})"
    found = []
    for word in when.get("date", ()):
        filled = word.replace("{DAY}", day).replace("{MONTH}", rf"(?P<month>{names})\.?")
        filled = filled.replace("{FIGURE_MONTH}", r"(?P<month_number>1[0-2]|0?[1-9])").replace("{YEAR}", _YEAR)
        found.append(re.compile(bounded((filled,)), re.IGNORECASE))
    return tuple(found)


@lru_cache(maxsize=32)
def _dates(code: str, words: tuple[str, ...], digits: Items) -> tuple[re.Pattern[str], ...]:
    return _dates_of(code, {"date": words}, spoken.compiled(digits))


@lru_cache(maxsize=32)
def months(code: str) -> dict[str, int]:
    """Return the names of months with their numbers, long and short, without dots."""
    import babel.dates  # noqa: PLC0415 - only a mail with a wish needs it

    names: dict[str, int] = {}
    for width in ("wide", "abbreviated"):
        for context in ("format", "stand-alone"):
            found = babel.dates.get_month_names(width, context=context, locale=code)
            names.update({name.rstrip("."): number for number, name in found.items()})
    return names


def _day_pattern(number: int, code: str, when: Words) -> str:
    """Return the names of a day; a short one, which may be another word, is one before a dot, a figure or "after"."""
    more = when.get(f"day_{number + 1}", ())
    wide, short = _day_names(code)[number]
    told = _any(tuple(word for key in ("after", "before", "from", "at", "between") for word in when.get(key, ())))
    sure = rf"{re.escape(short)}(?:\.|(?=\s*\d|\s+{told}))" if short.isascii() or len(short) > 1 else "(?!)"
    return rf"(?:{re.escape(wide)}s?|{_any(more)}|{sure})"


@lru_cache(maxsize=32)
def _day_names(code: str) -> dict[int, tuple[str, str]]:
    import babel.dates  # noqa: PLC0415 - the same

    wide = babel.dates.get_day_names("wide", locale=code)
    short = babel.dates.get_day_names("abbreviated", locale=code)
    return {number: (wide[number], short[number].rstrip(".")) for number in range(7)}


def _any(words: tuple[str, ...]) -> str:
    return f"(?:{'|'.join(_spaced(words))})" if words else "(?!)"


def _spaced(words: tuple[str, ...]) -> list[str]:
    return [_SPACE.sub(r"\\s+", word) for word in words]
