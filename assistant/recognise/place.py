"""Whose clock a wished time is on: "3 pm Eastern", "London time", "my time, I'm in Denver"."""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

from assistant.recognise import patterns

if TYPE_CHECKING:
    from datetime import tzinfo

    from assistant.recognise.formats import Formats, Language, Zones

_NEAR = 40  # characters from a time to the name of its zone
_SUFFIX = 12  # characters behind a time that may be "Pacific"
_NO_MORE = r"(?=\s*(?:[.,;:!?)]|$|(?i:time)\b))"  # "5 Central Park" is no time
_SHORT = 4  # letters of an abbreviation, which must be in capitals
_NAME = r"(?P<name>[^\W\d_][\w.'-]{1,20}(?:\s[^\W\d_][\w.'-]{1,20}){0,2})"
_CJK_NAME = r"(?P<name>[\u3040-\u30ff\u4e00-\u9fff]{2,6}?)"


def zone(text: str, start: int, end: int, language: Language, formats: Formats) -> tzinfo | None:
    """Return the zone of the time at `start` to `end`, None when the caller names none."""
    near = text[max(0, start - _NEAR) : end + _NEAR]
    cities = _cities(tuple(sorted(formats.codes)))
    for pattern in _patterns(language.code, tuple(language.when.items())):
        for match in pattern.finditer(near):
            found = _longest(match["name"], formats.zones, cities)
            if found:
                return found
    names = tuple(formats.zones.offsets) + tuple(formats.zones.regions)
    abbreviated = _abbreviated(names).search(text[start : end + _SUFFIX])
    if abbreviated:
        return _named(abbreviated["name"], formats.zones)
    return _home(text, language, formats.zones, cities)


def mentioned(text: str, formats: Formats) -> tzinfo | None:
    """Return the zone of the first time of day in a text that names one, as in "I am in from 9 to 5 Pacific"."""
    found = _at_a_time(tuple(formats.zones.offsets) + tuple(formats.zones.regions)).search(text)
    return _named(found["name"], formats.zones) if found else None


def _home(text: str, language: Language, zones: Zones, cities: dict[str, str]) -> tzinfo | None:
    """Return the zone of where the caller says to be, if they speak of their own time."""
    if not patterns.any_of(language.when.get("my_time", ())).search(text):
        return None
    for words in language.when.get("i_am_in", ()):
        name = _CJK_NAME if re.search(r"[\u3040-\u9fff]", words) else _NAME
        for match in re.finditer(rf"(?<!{patterns.LETTER})(?:{_spaced(words, name)})", text, re.IGNORECASE):
            found = _longest(match["name"], zones, cities)
            if found:
                return found
    return None


def _longest(name: str, zones: Zones, cities: dict[str, str]) -> tzinfo | None:
    """Return the zone of the longest run of words that is a place: from "in New York until" that of New York."""
    words = name.lower().split()
    for length in range(len(words), 0, -1):
        for start in range(len(words) - length + 1):
            key = " ".join(words[start : start + length]).strip(".,")
            region = zones.regions.get(key)
            if region or key in cities:
                return ZoneInfo(region or cities[key])
    return None


def _named(name: str, zones: Zones) -> tzinfo | None:
    key = name.lower()
    if key in zones.regions:
        return ZoneInfo(zones.regions[key])
    return datetime.fromisoformat(f"2000-01-01T00:00:00{zones.offsets[key]}").tzinfo


@lru_cache(maxsize=8)
def _abbreviated(names: tuple[str, ...]) -> re.Pattern[str]:
    """Compile what stands behind a time of day: abbreviations in capitals, names of regions in any case."""
    short = "|".join(re.escape(name.upper()) for name in names if len(name) <= _SHORT)
    long = "|".join(re.escape(name) for name in names if len(name) > _SHORT)
    return re.compile(rf"(?<=[\w.] )(?P<name>{short}|(?i:{long}))\b")


@lru_cache(maxsize=8)
def _at_a_time(names: tuple[str, ...]) -> re.Pattern[str]:
    clock = r"(?<![\w.:-])\d{1,2}(?:[:.]\d\d)?\s?(?i:[ap]\.?m\.?)?\s?"
    return re.compile(f"{clock}{_abbreviated(names).pattern}{_NO_MORE}")


@lru_cache(maxsize=32)
def _patterns(code: str, items: tuple[tuple[str, tuple[str, ...]], ...]) -> tuple[re.Pattern[str], ...]:
    name = _CJK_NAME if code in {"ja", "zh"} else _NAME
    words = dict(items).get("zone", ())
    return tuple(re.compile(_spaced(word, name), re.IGNORECASE) for word in words)


def _spaced(word: str, name: str) -> str:
    return word.replace("{PLACE}", name).replace(" ", r"\s+")


@lru_cache(maxsize=4)
def _cities(codes: tuple[str, ...]) -> dict[str, str]:
    """Return the cities after which zones are named, as English and CLDR's other languages call them."""
    import babel  # noqa: PLC0415 - only a mail that names a place needs it

    known = available_timezones()
    cities = {zone.rpartition("/")[2].replace("_", " ").lower(): zone for zone in sorted(known) if "/" in zone}
    for code in codes:
        for zone, names in babel.Locale.parse(code).time_zones.items():
            city = names.get("city")
            if city and zone in known:
                cities[city.lower()] = zone
    return {city: zone for city, zone in cities.items() if not zone.startswith("Etc/")}
