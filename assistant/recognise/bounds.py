"""The times of day in a time expression: "after 3", "between 2 and 4", "in the morning", and which half of the day."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from assistant.recognise import days, grammar

if TYPE_CHECKING:
    from assistant.recognise.clock import Clock, Token

LENGTHS = tuple(kind for kind in grammar.LENGTHS if kind != "in_days")
_NOON, _SIX, _LAST, _HALF, _HOUR = 12 * 60, 18 * 60, 24 * 60, 12 * 60, 60
PARTS = {
    "morning": (0, _NOON), "first_thing": (0, 10 * 60), "afternoon": (_NOON, _SIX), "evening": (_SIX, _LAST),
    "tonight": (_SIX, _LAST), "after_hours": (_SIX, _LAST),
}  # fmt: skip
_LATE = {"afternoon", "evening", "tonight"}
_AFTERNOON_BELOW = 8 * 60
_LOWER, _UPPER = {"after", "from"}, {"before", "until"}
_OPPOSITE = {"until": "from", "before": "from", "after": "until", "from": "until", "at": "until"}


class Limits(NamedTuple):
    """Minutes after midnight, None where open; `day` says how the day itself bounds ("from Friday", "until Monday").

    `exact` is a point of time, `by_clock` tells that a time of day was named.
    """

    low: int | None = None
    high: int | None = None
    day: str = ""
    exact: bool = False
    by_clock: bool = False


class _Mark(NamedTuple):
    relation: str
    clock: Clock
    kind: str


def read(tokens: tuple[Token, ...], *, away: bool) -> Limits | None:
    """Return the limits of a time expression, None when it has none.

    Args:
        tokens: its pieces.
        away: these are times at which the caller cannot be reached: "I'm out until 3" asks for after 3.
    """
    marks, day = _marks(tokens)
    part = next((token.kind for token in tokens if token.kind in PARTS), None)
    named = part is not None or any(days.is_day(token) for token in tokens)
    marks = [mark for mark in marks if mark.relation or mark.clock.firm or named or len(marks) > 1]
    if marks:
        return _timed(marks, part, away=away)
    if away:
        return Limits(day=_OPPOSITE[day]) if day else None
    if part is not None:
        return _of_part(part, day)
    return Limits(day=day) if named else None


def _of_part(part: str, day: str) -> Limits:
    low, high = PARTS[part]
    if day in _UPPER:
        return Limits(high=high if day == "until" else low, by_clock=True)
    return Limits(low=high if day == "after" else low, high=_LAST if day in _LOWER else high)


def _marks(tokens: tuple[Token, ...]) -> tuple[list[_Mark], str]:
    """Return the times of day, each with the word before or behind it, and such a word that belongs to the day."""
    marks: list[_Mark] = []
    relation = day = ""
    named = 0
    for place, token in enumerate(tokens):
        if token.kind in grammar.RELATIONS:
            relation = token.kind
        elif token.kind == "and" and (marks or day):
            relation = "and" if marks else relation
        elif token.kind in grammar.POSTPOSED:
            bound = token.kind.removesuffix("_post")
            if marks and tokens[place - 1].clock:
                marks[-1] = marks[-1]._replace(relation=bound)
            else:
                day = bound
        elif token.clock:
            marks.append(_Mark(relation or day, token.clock, token.kind))
            relation = day = ""
        elif days.is_day(token) or token.kind in PARTS:
            named += days.is_day(token)
            if relation in _LOWER | _UPPER:
                day = "" if named > 1 else relation  # "from Monday to Thursday" bounds no more than both days do
            relation = ""
    return marks, day


def _timed(marks: list[_Mark], part: str | None, *, away: bool) -> Limits | None:
    first, last = marks[0], marks[1] if len(marks) > 1 else None
    if last is not None and _is_range(first, last):
        low, high = _both(first.clock, last.clock, part)
        return Limits(low=high, by_clock=True) if away else Limits(low=low, high=high, by_clock=True)
    relation = first.relation if first.relation in _OPPOSITE else "at"
    if first.relation == "between" and not first.clock.firm:
        return None
    moment = _of_day(first.clock, part)
    if first.kind == "end_of_day" and relation == "at":
        relation = "until"
    if away:
        relation = _OPPOSITE[relation]
    return _bounded(relation, moment, part, lunch=first.kind == "lunch")


def _bounded(relation: str, moment: int, part: str | None, *, lunch: bool) -> Limits:
    edge = PARTS.get(part or "", (None, None))
    if relation in _LOWER:
        high = edge[1] if edge[1] and edge[1] > moment else None
        return Limits(low=moment + _HOUR * lunch, high=high, by_clock=True)
    if relation in _UPPER:
        low = edge[0] if edge[0] and edge[0] < moment else None
        return Limits(low=low, high=moment, by_clock=True)
    return Limits(low=moment, high=min(moment + _HOUR, _LAST), exact=True, by_clock=True)


def _is_range(first: _Mark, last: _Mark) -> bool:
    """Tell whether two times are both ends of one: "2 to 4", "from 2 till 4", but not "until 4 or at 5"."""
    opened = first.relation in {"from", "between"} and last.relation in {"", "at"}
    return opened or (last.relation in {"and", *_UPPER} and first.relation not in _UPPER)


def _both(first: Clock, last: Clock, part: str | None) -> tuple[int, int]:
    """Return both ends of a range: "2 to 4 pm" says the half once, and the end comes after the start."""
    if last.half and not first.half:
        high = _of_day(last, part)
        low = _of_day(first._replace(half=last.half), part)
        return (low if low < high else _of_day(first._replace(half="a"), part)), high
    low = _of_day(first, part)
    high = _of_day(last._replace(half=first.half) if first.half and not last.half else last, part)
    if high <= low:
        high = (high + _HALF) % _LAST or _LAST
    return low, high


def _of_day(clock: Clock, part: str | None) -> int:
    """Return minutes after midnight: by am and pm, else by the part of the day, else small hours are afternoon."""
    minutes = clock.minutes
    if clock.full:
        return max(0, min(minutes, _LAST))
    if clock.half == "p" or (not clock.half and part in _LATE):
        return minutes % _HALF + _HALF
    if clock.half == "a" or part in {"morning", "first_thing"}:
        return minutes % _HALF if minutes >= _HALF and clock.half else minutes
    return minutes + _HALF if minutes < _AFTERNOON_BELOW else minutes
