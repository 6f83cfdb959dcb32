"""When the caller wants to be called: "tomorrow after 3", "Thursday before noon", "morgen Vormittag".

The words of each language come from its file, day names from CLDR. A day without a time is the whole day; morning ends
at 12:00, afternoon is 12:00 to 18:00; "after 3" ends with the day; an exact time is meant for an hour; a bare hour from
1 to 7 is in the afternoon.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from assistant.model.call import Window
from assistant.recognise import wishes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.recognise.formats import Formats, Language

_NOON, _SIX, _LAST = time(12), time(18), time(23, 59, 59)
_PARTS = {"morning": (time(0), _NOON), "afternoon": (_NOON, _SIX), "evening": (_SIX, _LAST), "tonight": (_SIX, _LAST)}
_BOUNDS = {"between", "after", "before", "at"}
_DAY_KEYS = ("after_tomorrow", "tomorrow", "tonight", "next_week", "today", "weekday")
_AFTERNOON_BELOW = 8
_FRIDAY = 4
_HOURS, _MINUTES = 24, 60


class Token(NamedTuple):
    """A piece of a time expression: its key in the language's file, its text, and its hours."""

    key: str
    text: str
    start: int
    end: int
    hours: tuple[time, ...]


def read(words: str, called: datetime, zone: str, formats: Formats) -> Window | None:
    """Return the window asked for, None when none is. `called` is what "tomorrow" counts from."""
    local = called.astimezone(ZoneInfo(zone))
    for scope in wishes.scopes(words, formats):
        for language in formats.languages:
            tokens = _run(scope, language, formats)
            window = _window(tokens, local) if tokens else None
            if window is not None:
                text = scope[tokens[0].start : tokens[-1].end].strip()
                return Window(not_before=window[0], not_after=window[1], text=text)
    return None


def _run(scope: str, language: Language, formats: Formats) -> list[Token]:
    """Return the first run of tokens with nothing but joining words between them."""
    joins = _alternatives(language.when.get("joins", ()))
    filler = re.compile(rf"\s*(?:(?:{joins})\b[\s,]*)*", re.IGNORECASE)
    about = formats.any_word("wishes", "about")
    run: list[Token] = []
    for token in _tokens(scope, language):
        gap = scope[run[-1].end : token.start] if run else ""
        if run and not filler.fullmatch(gap):
            break
        ahead = about.search(scope[max(0, token.start - 20) : token.start])
        if not run and ahead and not scope[max(0, token.start - 20) + ahead.end() : token.start].strip():
            continue
        run.append(token)
    return run


def _tokens(scope: str, language: Language) -> Iterator[Token]:
    for match in _grammar(language.code, _frozen(language)).finditer(scope):
        key = match.lastgroup or ""
        hours = tuple(_hours(match[key], language)) if key in _BOUNDS else ()
        if key in _BOUNDS and not hours:
            continue
        yield Token(key, match[0], match.start(), match.end(), hours)


def _frozen(language: Language) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple(sorted(language.when.items()))


@lru_cache(maxsize=16)
def _grammar(code: str, items: tuple[tuple[str, tuple[str, ...]], ...]) -> re.Pattern[str]:
    """Compile one pattern for the tokens of a language; the longer readings stand first."""
    when = {key: _alternatives(words) for key, words in items}
    clock = _clock(items)
    pieces = {
        "between": rf"(?:{when['between']})\s*{clock}\s*(?:{when['and']})\s*{clock}",
        "after": rf"(?:{when['after']})\s+{clock}",
        "before": rf"(?:{when['before']})\s+{clock}",
        "weekday": "|".join(_weekdays(code)),
        "at": rf"(?:{when['at']})\s+{clock}",
    }
    order = ("between", "after", "before", "after_tomorrow", "tonight", "next_week", "morning", "tomorrow")
    rest = ("afternoon", "evening", "today", "this", "weekday", "at")
    joined = "|".join(f"(?P<{key}>{pieces.get(key) or when[key]})" for key in (*order, *rest))
    return re.compile(rf"(?<!\w)(?:{joined})(?!\w)", re.IGNORECASE)


def _clock(items: tuple[tuple[str, tuple[str, ...]], ...]) -> str:
    when = dict(items)
    named = _alternatives((*when["hours"], *when["noon"]))
    suffix = _alternatives(when["suffix"])
    half = f"(?:(?:{_alternatives(when['half'])})\\s+)?" if when["half"] else ""
    return rf"{half}(?:\d{{1,2}}(?:[:.h]\d{{2}}|h)?(?:\s*[ap]\.?m\b\.?)?|{named})(?:\s*(?:{suffix}))?"


def _hours(text: str, language: Language) -> Iterator[time]:
    """Yield the times of day in a token."""
    named = {word: number for number, word in enumerate(language.when["hours"], 1)}
    noon = re.compile(_alternatives(language.when["noon"]), re.IGNORECASE)
    words = _alternatives(language.when["hours"])
    pattern = rf"(?<!\w)(?:(\d{{1,2}})(?:[:.h](\d{{2}}))?h?\s*([ap]\.?m)?|({words})|({noon.pattern}))(?!\w)"
    halves = bool(language.when["half"]) and re.search(_alternatives(language.when["half"]), text, re.IGNORECASE)
    for match in re.finditer(pattern, text, re.IGNORECASE):
        if match[5]:
            yield _NOON
            continue
        hour = int(match[1]) if match[1] else _number(match[4], named)
        minute, half_day = int(match[2] or 0), (match[3] or "").lower()[:1]
        hour = _of_day(hour, half_day)
        if hour < _HOURS and minute < _MINUTES:
            moment = datetime.combine(date(2000, 1, 2), time(hour, minute))
            yield (moment - timedelta(minutes=30) if halves else moment).time()


def _number(word: str, named: dict[str, int]) -> int:
    low = word.lower()
    return next((number for pattern, number in named.items() if re.fullmatch(pattern, low)), 0)


def _of_day(hour: int, half: str) -> int:
    if half == "p":
        return hour % 12 + 12
    if half == "a":
        return hour % 12
    return hour + 12 if 0 < hour < _AFTERNOON_BELOW else hour


def _window(tokens: list[Token], local: datetime) -> tuple[datetime | None, datetime | None] | None:
    day_token = next((token for token in tokens if token.key in _DAY_KEYS), None)
    part = next((_PARTS[token.key] for token in tokens if token.key in _PARTS), None)
    bound = next((token for token in tokens if token.hours), None)
    if day_token is None and bound is None and part is None:
        return None
    if day_token is not None and day_token.key == "next_week":
        monday = local.date() + timedelta(days=7 - local.weekday())
        return _at(monday, time(0), local), _at(monday + timedelta(days=_FRIDAY), _LAST, local)
    day = _day(day_token, local)
    if bound is None:
        start, end = part or (time(0), _LAST)
        return _at(day, start, local), _at(day, end, local)
    return _bounded(bound, day, local, today=day == local.date())


def _bounded(bound: Token, day: date, local: datetime, *, today: bool) -> tuple[datetime | None, datetime | None]:
    first, last = bound.hours[0], bound.hours[-1]
    if bound.key == "between":
        if last <= first:
            last = time((last.hour + 12) % _HOURS, last.minute)
        return _at(day, first, local), _at(day, last, local)
    if bound.key == "after":
        return _at(day, first, local), _at(day, _LAST, local)
    if bound.key == "before":
        return None if today else _at(day, time(0), local), _at(day, first, local)
    start = _at(day, first, local)
    return start, start + timedelta(hours=1)


def _day(token: Token | None, local: datetime) -> date:
    if token is None or token.key in {"today", "tonight"}:
        return local.date()
    if token.key == "tomorrow":
        return local.date() + timedelta(days=1)
    if token.key == "after_tomorrow":
        return local.date() + timedelta(days=2)
    for name, number in _weekday_numbers(token.text):
        if token.text.lower().startswith(name):
            return local.date() + timedelta(days=(number - local.weekday() - 1) % 7 + 1)
    return local.date()


def _at(day: date, clock: time, local: datetime) -> datetime:
    return datetime.combine(day, clock, tzinfo=local.tzinfo)


@lru_cache(maxsize=16)
def _weekdays(code: str) -> tuple[str, ...]:
    import babel.dates  # noqa: PLC0415 - only a mail with a wish needs it

    return tuple(f"{re.escape(name)}s?" for name in babel.dates.get_day_names("wide", locale=code).values())


@lru_cache(maxsize=64)
def _weekday_numbers(text: str) -> tuple[tuple[str, int], ...]:
    """Return the days (Monday is 0) whose names the text begins with, in any language we have words for."""
    import babel.dates  # noqa: PLC0415 - the same

    found = []
    for code in ("en", "de", "fr", "es", "it", "nl", "pt"):
        names = babel.dates.get_day_names("wide", locale=code)
        found += [(name.lower(), number) for number, name in names.items() if text.lower().startswith(name.lower())]
    return tuple(sorted(found, key=lambda item: -len(item[0])))


def _alternatives(words: tuple[str, ...]) -> str:
    joined = "|".join(word.replace(" ?", r"\s?").replace(" ", r"\s+") for word in words)
    return f"(?:{joined})" if joined else r"(?!)"
