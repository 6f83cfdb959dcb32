"""The days that a time expression names, counted from the day of the call."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from assistant.recognise import grammar, patterns, spoken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.recognise.clock import Token
    from assistant.recognise.formats import Language

_DAYS = ("today", "tonight", "later_today", "tomorrow", "after_tomorrow", "in_days", "weekday", "date", "not_day",
         "weekdays", "weekend")  # fmt: skip
_WEEKS = ("this_week", "next_week", "end_of_week", "later_week")
_PARTS = ("morning", "first_thing", "afternoon", "evening", "tonight", "after_hours")
_WEEK = 7
_THURSDAY, _FRIDAY, _SATURDAY = 3, 4, 5
_FARTHEST = 300
_RELATIVE = {"today": 0, "tonight": 0, "later_today": 0, "tomorrow": 1, "after_tomorrow": 2}


class Days(NamedTuple):
    """The first and the last day of a stretch. `said` is False where a time was given without a day."""

    first: date
    last: date
    said: bool = True


def is_day(token: Token) -> bool:
    """Tell whether a piece names a day or a week."""
    return token.kind in _DAYS or token.kind in _WEEKS


def candidates(tokens: tuple[Token, ...], today: date, language: Language, zone: str) -> Iterator[Days]:
    """Yield the stretches of days that may be meant, the nearest first; the first that is not over is the one."""
    named = [token for token in tokens if is_day(token)]
    if not named:
        yield from (Days(day, day, said=False) for day in (today, today + timedelta(days=1)))
        return
    week = next((token for token in named if token.kind in _WEEKS), None)
    single = [token for token in named if token.kind not in _WEEKS]
    if week is not None and not single:
        yield _week(week.kind, today)
        return
    following = week is not None and week.kind == "next_week"
    if len(single) > 1 and all(token.kind == "weekday" for token in single):
        timed = any(token.clock or token.kind in _PARTS for token in tokens)
        yield from _several(tokens, single, today, language, timed=timed)
        return
    spans = [list(_one(token, today, language, zone, following=following)) for token in single]
    if len(spans) > 1 and all(spans) and 0 < (spans[1][0].first - spans[0][0].last).days < _WEEK:
        yield Days(spans[0][0].first, spans[1][0].last)
    elif spans:
        yield from min(spans, key=lambda span: span[0].first if span else date.max)


def _several(
    tokens: tuple[Token, ...], named: list[Token], today: date, language: Language, *, timed: bool
) -> Iterator[Days]:
    """Yield the days of "Monday to Thursday after 5" one by one, those of "Monday to Thursday" as one stretch."""
    first, last = named[0].value, named[-1].value
    either = patterns.any_of(language.when.get("or", ()))
    joints = [token.text.strip() for token in tokens if named[0].end <= token.start < named[-1].start]
    apart = tokens[0].kind != "between" and any(either.fullmatch(text) for text in joints)
    span = (last - first) % _WEEK
    wanted = {token.value for token in named} if apart else {(first + step) % _WEEK for step in range(span + 1)}
    coming = [today + timedelta(days=ahead) for ahead in range(0 if timed else 1, _WEEK + 1)]
    fitting = [day for day in coming if day.weekday() in wanted]
    if timed or (apart and span != 1):
        yield from (Days(day, day) for day in fitting)
    else:
        start = next((day for day in fitting if day.weekday() == first), fitting[0])
        yield Days(start, start + timedelta(days=span))


def _week(kind: str, today: date) -> Days:
    monday = today - timedelta(days=today.weekday())
    friday = max(monday + timedelta(days=_FRIDAY), today)
    if kind == "next_week":
        return Days(monday + timedelta(days=_WEEK), monday + timedelta(days=_WEEK + _FRIDAY))
    if kind == "end_of_week":
        return Days(max(monday + timedelta(days=_THURSDAY), today), friday)
    return Days(min(today + timedelta(days=1), friday) if kind == "later_week" else today, friday)


def _one(token: Token, today: date, language: Language, zone: str, *, following: bool) -> Iterator[Days]:
    if token.kind in _RELATIVE or token.kind == "in_days":
        day = today + timedelta(days=_RELATIVE.get(token.kind, token.value))
        yield Days(day, day)
    elif token.kind == "weekday":
        day = _weekday(token, today, following=following)
        yield Days(day, day)
    elif token.kind == "date":
        day_of_date = _date(token.text, today, language, zone)
        if day_of_date:
            yield Days(day_of_date, day_of_date)
    else:
        for ahead in range(_WEEK + 1):
            day = today + timedelta(days=ahead)
            if _fits(token, day):
                yield Days(day, day)


def _fits(token: Token, day: date) -> bool:
    if token.kind == "not_day":
        return day.weekday() != token.value
    return (day.weekday() >= _SATURDAY) == (token.kind == "weekend")


def _weekday(token: Token, today: date, *, following: bool) -> date:
    if token.following or following:
        monday = today + timedelta(days=_WEEK - today.weekday())
        return monday + timedelta(days=token.value)
    return today + timedelta(days=(token.value - today.weekday() - 1) % _WEEK + 1)


def _date(text: str, today: date, language: Language, zone: str) -> date | None:
    """Return the next day that a date without a year means, None when there is none near."""
    numbers = spoken.numerals(language)
    for pattern in grammar.dates(language):
        match = pattern.fullmatch(text)
        if match:
            groups = match.groupdict()
            month = grammar.month(groups.get("month") or "", language) or int(groups.get("month_number") or 0)
            return _next(numbers.value(match["day"]) or 0, month, today)
    parts = [int(part) for part in re.findall(r"\d+", text)]
    if len(parts) > 1 and len(str(parts[0])) == len("2000"):
        return _next(parts[-1], parts[1], today)
    day_first = "." in text or _day_first(zone)
    orders = ((0, 1), (1, 0)) if day_first else ((1, 0), (0, 1))
    return next((found for day, month in orders if (found := _next(parts[day], parts[month], today))), None)


def _next(day: int, month: int, today: date) -> date | None:
    """Return the next such day; a month of 0 is this one or the next that has the day."""
    for ahead in range(_FARTHEST):
        one = today + timedelta(days=ahead)
        if one.day == day and month in (0, one.month):
            return one
    return None


def _day_first(zone: str) -> bool:
    """Tell whether figures are written with the day first where the reader lives."""
    from babel.core import get_global  # noqa: PLC0415 - only a date in figures needs it

    from assistant.recognise import when  # noqa: PLC0415 - the same

    return when.order(get_global("zone_territories").get(zone, "")) == "DMY"
