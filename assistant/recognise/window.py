"""When the caller wants to be called: "tomorrow after 3", "Thursday before noon", "morgen Vormittag".

The words of each language come from its file, day names from CLDR. A day without a time is the whole day; morning ends
at 12:00, afternoon is 12:00 to 18:00; "after 3" ends with the day; an exact time is meant for an hour; a bare hour from
1 to 7 is in the afternoon. Times are on the reader's clock unless the caller names another.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from assistant.model.call import Window
from assistant.recognise import asking, bounds, days, place, spoken
from assistant.standards import regex

if TYPE_CHECKING:
    from datetime import tzinfo

    from assistant.recognise.asking import Asked
    from assistant.recognise.formats import Formats, Language

_BLANKS, _LINES = regex.lazy(r"[^\S\n]+"), regex.lazy(r"(?: ?\n ?)+")
_LONGEST = 6000  # characters: some ten minutes of speech
_DAY = 24 * 60

Span = tuple[datetime | None, datetime | None]


class _Clock(NamedTuple):
    """The caller's: the instant of the call on it, and the reader's zone, whose order of figures counts."""

    called: datetime
    reader: str

    def at(self, day: date, minutes: int) -> datetime:
        """Return an instant of a day; the last minute ends with its last second."""
        if minutes >= _DAY:
            return datetime.combine(day, time(23, 59, 59), tzinfo=self.called.tzinfo)
        return datetime.combine(day, time(minutes // 60, minutes % 60), tzinfo=self.called.tzinfo)


def read(words: str, called: datetime, zone: str, formats: Formats) -> Window | None:
    """Return the window asked for, None when none is.

    Args:
        words: of the caller.
        called: an aware instant, which "tomorrow" counts from.
        zone: the reader's (IANA); the window is given in it.
        formats: their languages are understood.
    """
    said = _LINES.sub("\n", _BLANKS.sub(" ", words[:_LONGEST]))
    text = spoken.plain(said)
    readings = [(language, asking.wishes(text, language)) for language in formats.languages]
    for language, asked in sorted(readings, key=lambda reading: -asking.weight(reading[1])):
        for wish in asked:
            home = ZoneInfo(zone)
            named = place.zone(text, wish.start, wish.end, language, formats)
            found = _read(wish, _Clock(called.astimezone(named or home), zone), language)
            if found is not None:
                start, end = (moment.astimezone(home) if moment else None for moment in found)
                its_words = " ".join(said[wish.start : wish.end].split())
                theirs = _name(named or place.mentioned(text, formats), called)
                return Window(not_before=start, not_after=end, text=its_words, zone=theirs)
    return None


def _name(zone: tzinfo | None, called: datetime) -> str | None:
    """Return the IANA name of a zone, else its offset from UTC."""
    return zone.key if isinstance(zone, ZoneInfo) else called.astimezone(zone).isoformat()[-6:] if zone else None


def _read(wish: Asked, local: _Clock, language: Language) -> Span | None:
    length = next((token for token in wish.tokens if token.kind in bounds.LENGTHS), None)
    if length is not None:
        return _counted(length.kind, length.value, local.called)
    limits = bounds.read(wish.tokens, away=wish.away)
    if limits is None:
        return None
    for stretch in days.candidates(wish.tokens, local.called.date(), language, local.reader):
        span = _span(stretch, limits, local, wish)
        if span[1] is None or span[1] > local.called or (stretch.said and limits.by_clock):
            return span
    return None


def _counted(kind: str, value: int, called: datetime) -> Span:
    """Return "in two hours" as an exact time, "within two hours" as what ends then, by elapsed time."""
    unit = timedelta(hours=value) if kind.endswith("_hours") else timedelta(minutes=value)
    then = called.astimezone(UTC) + (timedelta(minutes=30) if kind == "in_half_hour" else unit)
    return (called, then) if kind.startswith("within") else (then, then + timedelta(hours=1))


def _span(stretch: days.Days, limits: bounds.Limits, local: _Clock, wish: Asked) -> Span:
    """Put the times of day on the days. "Today before 5" has no lower bound, "from Friday" no upper one."""
    today = local.called.date()
    if limits.day == "from":
        return local.at(stretch.first, limits.low or 0), None
    if limits.day == "after":
        return local.at(stretch.last + timedelta(days=1), 0), None
    if limits.day in {"until", "before"}:
        last = stretch.last if limits.day == "until" else stretch.first - timedelta(days=1)
        return None, local.at(last, _DAY)
    bare = limits.low is None and limits.by_clock and stretch.first == today
    low = None if bare else local.at(stretch.first, limits.low or 0)
    if any(token.kind == "later_today" for token in wish.tokens):
        low = local.called
    end = local.at(stretch.last, _DAY if limits.high is None else limits.high)
    if limits.exact and low is not None:
        end = low + timedelta(hours=1)
    return low, end
