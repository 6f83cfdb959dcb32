"""When a call was made: dates as phone systems write them, in a zone or in none.

Words and figures are read by `dateparser`; here it is decided which reading can be true. A call cannot follow its mail
and seldom precedes it by much, which settles day-first against month-first and UTC against local time.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from assistant.recognise import grammar, spoken
from assistant.standards import regex

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.recognise.formats import Formats, Zones

_CLOCK = regex.lazy(r"\b\d{1,2}[:h.]\d{2}\b|\b\d{1,2}\s?[ap]\.?m\b", re.IGNORECASE)
_SPACED_CLOCK = regex.lazy(r"\b(\d{1,2}) (\d{2}) ([ap]m)\b", re.IGNORECASE)
_OFFSET = regex.lazy(r"\s*\(?(?:UTC|GMT)?\s*([+-])(\d{1,2}):?(\d{2})?\)?\s*$", re.IGNORECASE)
_PLACES = regex.lazy(r"(\((?:UTC|GMT)\s?[+-]\d{1,2}(?::?\d{2})?\))\s.+$", re.IGNORECASE)  # "(GMT+9:00) Osaka, Tokyo"
_LETTER_CLOCK = regex.lazy(r"\b(\d{1,2})\s?h\s?(\d{2})\b", re.IGNORECASE)
_DAY_BEHIND = regex.lazy(r"^(\d{1,2}:\d{2}) [^\W\d]{1,3}(?: dia)? (\d{1,2}/\d{1,2})$")  # "16:44 de 14/09"
_SHORT_HALF = regex.lazy(r"\b(\d{1,2}:\d{2})\s?([ap])\b(?!\.?m)", re.IGNORECASE)
_EAST = regex.lazy(r"[\u3040-\u30ff\u4e00-\u9fff]")
_EAST_DATE = regex.lazy(r"(20\d\d)\s?\u5e74\s?(\d{1,2})\s?\u6708\s?(\d{1,2})\s?[\u65e5\u53f7\u865f]")
_EAST_DAY_ALONE = regex.lazy(r"^(\d{1,2})\u6708(\d{1,2})[\u65e5\u53f7\u865f]\s?(?=\d)")
_ISO = regex.lazy(r"\b(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}(?::\d{2})?)(?:[.,]\d{1,9})?(?:(Z)\b)?")  # RFC 3339 5.6
_EAST_DAY = regex.lazy(
    r"\([\u4e00-\u9fff]\)|[\u4e00-\u9fff]\u66dc\u65e5?|(?:\u661f\u671f|\u5468|\u9031)[\u4e00-\u9fff]"
)
_EAST_CLOCK = regex.lazy(
    r"(?:(?P<late>\u5348\u5f8c|\u4e0b\u5348|\u665a\u4e0a|\u5348\u540e)|\u5348\u524d|\u4e0a\u5348|\u65e9\u4e0a)?\s?(?<!\d)"
    r"(?P<hour>\d{1,2})\s?(?::(?P<colon>\d{2})|[\u6642\u65f6\u70b9\u9ede](?:(?P<minute>\d{1,2})\u5206)?)"
)
_TIME_OF_DAY = regex.lazy(r"\b\d{1,2}:\d{2}(?::\d{2})?\b")
_LETTERS = regex.lazy(r"[^\W\d_]{4}")
_FIGURES = regex.lazy(r"\d+")
_NOON = 12
_YEAR_DIGITS = 4
_TAIL = regex.lazy(r"[\s.,;)]+$")
_AFTER = timedelta(minutes=2)  # clocks of a phone system and a mail server differ
_TIERS = (timedelta(minutes=10), timedelta(days=2), timedelta(days=400))
_LONGEST = 120


class Moment(NamedTuple):
    """An aware instant, and the zone taken for granted where none was written (None otherwise)."""

    at: datetime
    assumed: str | None


def read(text: str, sent: datetime, place: tuple[str, str], formats: Formats, frame: str = "") -> Moment | None:
    """Return the instant that a text names, None when it names no time of day that the call can have been made at.

    Args:
        text: a date with a time, or a time alone, which is then of the mail's day.
        sent: when the mail was sent.
        place: region and zone of the mailbox.
        formats: their languages and zone names are understood.
        frame: a line that may name the zone of all times in the mail.
    """
    region, zone = place
    bare, named = _zone(_in_figures(text[:_LONGEST], formats), formats.zones)
    if not _CLOCK.search(bare):
        return None
    if named is None and frame:
        named = _zone(frame, formats.zones)[1]
    home = ZoneInfo(zone)
    local = sent.astimezone(named or home)
    for codes in filter(None, (formats.codes, list(formats.every) if _LETTERS.search(bare) else [])):
        readings = list(dict.fromkeys(_readings(bare, local, region, codes)))
        moment = _likeliest(readings, sent, named, zone)
        if moment is not None:
            return moment
    return None


def _readings(text: str, base: datetime, region: str, codes: list[str]) -> Iterator[datetime]:
    """Yield the instants the figures may mean, without a zone unless they carry an offset; the region's order first."""
    import dateparser  # noqa: PLC0415 - a sixth of a second, which commands that read no mail need not wait

    own = order(region)
    for figures in (own,) if _is_plain(text) else (own, "MDY" if own == "DMY" else "DMY"):
        moment = dateparser.parse(
            text,
            languages=codes,
            settings={
                "DATE_ORDER": figures,
                "PREFER_LOCALE_DATE_ORDER": False,
                "PREFER_DATES_FROM": "past",
                "RELATIVE_BASE": base.replace(tzinfo=None) + _AFTER,
                "PARSERS": ["absolute-time"],
            },
        )
        if moment is not None and abs(moment.year - base.year) <= 1:
            yield moment.replace(microsecond=0)


def _is_plain(text: str) -> bool:
    """Tell whether a text means one day in either order: beside the time of day but one figure may be a day."""
    figures = _FIGURES.findall(_TIME_OF_DAY.sub(" ", text))
    if len(figures) <= 1:
        return True
    day, *rest = figures
    return [len(figure) for figure in rest] == [_YEAR_DIGITS] and len(day) < _YEAR_DIGITS - 1


def _in_figures(text: str, formats: Formats) -> str:
    """Write what dateparser does not know as it does: "02 21 PM", "15 h 10", "3:10 da tarde", Chinese and Japanese."""
    flat = _PLACES.sub(r"\1", _SPACED_CLOCK.sub(r"\1:\2 \3", spoken.plain(text)))
    flat = _ISO.sub(lambda match: f"{match[1]} {match[2]}{' UTC' if match[3] else ''}", flat)
    flat = _EAST_DATE.sub(r"\1-\2-\3 ", flat)
    flat = _EAST_DAY_ALONE.sub(r"\1-\2 ", flat)
    flat = _EAST_CLOCK.sub(_east_clock, _EAST_DAY.sub(" ", flat)) if _EAST.search(flat) else flat
    flat = _LETTER_CLOCK.sub(r"\1:\2", flat)
    flat = _DAY_BEHIND.sub(r"\2 \1", flat)
    flat = _SHORT_HALF.sub(r"\1 \2m", flat)
    for half in ("am", "pm"):
        flat = _half(formats.words("when", half)).sub(f" {half}", flat)
    return flat


@lru_cache(maxsize=64)
def _half(words: tuple[str, ...]) -> re.Pattern[str]:
    """Compile words for a half of the day behind a time."""
    return re.compile(rf"(?<=:\d\d)\s?{grammar.bounded(words)}", re.IGNORECASE)


def _east_clock(match: re.Match[str]) -> str:
    """Write "\u5348\u5f8c3\u664230\u5206" as "15:30"."""
    hour, minute = int(match["hour"]), int(match["colon"] or match["minute"] or 0)
    late = bool(match["late"]) and hour < _NOON
    return f" {(hour + _NOON if late else hour) % 24}:{minute:02}"


def _likeliest(readings: list[datetime], sent: datetime, named: tzinfo | None, zone: str) -> Moment | None:
    moments = [moment for reading in readings for moment in _placed(reading, sent, named, zone)]
    if named is None:  # local readings of every order come before foreign ones
        moments.sort(key=lambda moment: moment.assumed is None)
    past = [moment for moment in moments if _age(moment, sent) >= -_AFTER]
    for limit in _TIERS:
        near = [moment for moment in past if _age(moment, sent) <= limit]
        if near:
            return near[0]
    return None


def _placed(reading: datetime, sent: datetime, named: tzinfo | None, zone: str) -> Iterator[Moment]:
    """Yield the instants of a reading: where the zone is written that one, else local, UTC, the Date header's zone."""
    if reading.tzinfo is not None:
        yield Moment(reading, None)
    elif named is not None:
        yield Moment(reading.replace(tzinfo=named), None)
    else:
        yield Moment(reading.replace(tzinfo=ZoneInfo(zone)), zone)
        yield Moment(reading.replace(tzinfo=UTC), None)
        yield Moment(reading.replace(tzinfo=sent.tzinfo), None)


def _age(moment: Moment, sent: datetime) -> timedelta:
    return sent.astimezone(UTC) - moment.at.astimezone(UTC)


def _zone(text: str, zones: Zones) -> tuple[str, tzinfo | None]:
    """Split a zone's name or offset off the end of a text."""
    bare = _TAIL.sub("", text.strip())
    offset = _OFFSET.search(bare)
    if offset and _CLOCK.search(bare[: offset.start()]):
        length = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
        if length <= timedelta(hours=14):
            return bare[: offset.start()], timezone(-length if offset[1] == "-" else length)
    match = _names(tuple(zones.offsets) + tuple(zones.regions)).search(bare)
    if match is None:
        return bare, None
    name = match[1].lower()
    if name in zones.regions:
        return bare[: match.start()], ZoneInfo(zones.regions[name])
    return bare[: match.start()], datetime.fromisoformat(f"2000-01-01T00:00:00{zones.offsets[name]}").tzinfo


@lru_cache(maxsize=8)
def _names(names: tuple[str, ...]) -> re.Pattern[str]:
    joined = "|".join(re.escape(name) for name in names)
    return re.compile(rf"[\s(]+({joined})(?:\s+(?:standard |daylight |summer )?time)?$", re.IGNORECASE)


@lru_cache(maxsize=32)
def order(region: str) -> str:
    """Return how the region writes dates in figures, from CLDR."""
    import babel  # noqa: PLC0415 - only a date in figures needs it

    try:
        pattern = babel.Locale.parse(f"und_{region.upper()}").date_formats["short"].pattern
    except (babel.UnknownLocaleError, ValueError, KeyError):
        return "DMY"
    return "MDY" if pattern.lower().find("m") < pattern.find("d") else "DMY"
