"""Telephone numbers: reading them in text, E.164, RFC 3966 links, display, zones. A codec on `phonenumbers`.

A number counts when it is *possible* (right length), not when it is *valid* (allocated): numbers are allocated faster
than tables are shipped, and a wrong refusal would lose a caller.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec

from assistant.model.call import E164
from assistant.standards import regex

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

_DATE = regex.lazy(
    r"(?<![\d./-])(?:\d{1,2}([./-])\d{1,2}\1(?:\d{4}|\d{2})|\d{4}([./-])\d{1,2}\2\d{1,2})(?![\d/-]|\.\d)"
)
_CLOCK = regex.lazy(r"(?<![\d:])\d{1,2}:\d{2}(?::\d{2})?(?![\d:])")
_DIGIT = regex.lazy(r"\d")
_MASKED = regex.lazy(r"[^\S\n]*[*#xX]{2}")
_SHORTEST = 7  # digits of a national number; fewer is an extension or a short code
_SHORTEST_ABROAD = 3
_ABROAD = regex.lazy(r"[+\uff0b]|00|\uff10\uff10")
_REMEMBERED = 600  # characters of a text whose numbers are kept
_NOWHERE = "ZZ"


class Spot(msgspec.Struct, frozen=True, kw_only=True):
    """A number found in a text: where it stands, as written, and what it is."""

    start: int
    end: int
    raw: str
    number: E164


def parse(text: str, region: str) -> E164 | None:
    """Return the E.164 form of a text that is one number, None when it is none.

    Args:
        text: a number as people and phone systems write it; SIP and tel URIs and an extension behind it are allowed.
        region: ISO 3166-1 alpha-2, for numbers in national form.
    """
    spots = list(find(_bare(text), region))
    return spots[0].number if len(spots) == 1 else None


def find(text: str, region: str) -> Iterator[Spot]:
    """Yield the numbers in a text, in order. Dates, times and masked numbers ("+44 20 7946 0***") are none."""
    if len(text) <= _REMEMBERED:
        yield from _known_spots(text, region)
    elif _may_hold(text):
        yield from _spots(text, region)


@lru_cache(maxsize=512)  # a line is asked for its numbers by every reader and in every language
def _known_spots(text: str, region: str) -> tuple[Spot, ...]:
    return tuple(_spots(text, region)) if _may_hold(text) else ()


def _may_hold(text: str) -> bool:
    """Tell whether a text has figures enough for a number; an international one may be as short as "+1 23"."""
    digits = len(_DIGIT.findall(text))
    return digits >= _SHORTEST or (digits >= _SHORTEST_ABROAD and _ABROAD.search(text) is not None)


def _spots(text: str, region: str) -> Iterator[Spot]:
    phonenumbers = _library()
    masked = _CLOCK.sub(_blank, _DATE.sub(_blank, text))
    leniency = phonenumbers.Leniency.POSSIBLE
    for match in phonenumbers.PhoneNumberMatcher(masked, _known(region), leniency=leniency):
        digits = len(_DIGIT.findall(match.raw_string))
        international = match.raw_string.startswith(("+", "00"))
        if (digits < _SHORTEST and not international) or _MASKED.match(masked, match.end):
            continue
        plain = phonenumbers.PhoneNumber(
            country_code=match.number.country_code,
            national_number=match.number.national_number,
            italian_leading_zero=match.number.italian_leading_zero,
            number_of_leading_zeros=match.number.number_of_leading_zeros,
        )
        number = phonenumbers.format_number(plain, phonenumbers.PhoneNumberFormat.E164)
        start = match.start + (match.raw_string.startswith("(") and ")" not in match.raw_string)
        yield Spot(start=start, end=match.end, raw=text[start : match.end], number=E164(number))


def extension(text: str) -> str | None:
    """Return the internal extension (2 to 6 digits) that the text is or ends with, None when there is none."""
    match = re.search(r"(?:^|[\s<(:])(?:ext\.?\s*|x)?(\d{2,6})[>)]?\s*$", _bare(text), re.IGNORECASE)
    return match[1] if match else None


def tel_uri(number: E164) -> str:
    """Return the dialling link (RFC 3966 5.1.4, a global number)."""
    return f"tel:{number}"


def international(number: E164) -> str:
    """Return the number grouped for reading, with its country code; unchanged when it cannot be read."""
    phonenumbers = _library()
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL))


_CLOSED = ("+49190",)  # premium rate once, out of the tables since 2005, still printed by swindlers


def is_costly(number: E164) -> bool:
    """Tell whether a call to the number is at a premium rate (0900, 0899, 807...), which costs more than a call."""
    if number.startswith(_CLOSED):
        return True
    phonenumbers = _library()
    costly = phonenumbers.PhoneNumberType.PREMIUM_RATE  # shared cost is what honest hot lines have (1300, 0570, 400)
    try:
        return bool(phonenumbers.number_type(phonenumbers.parse(number, None)) == costly)
    except phonenumbers.NumberParseException:
        return False


def is_abroad(number: E164, region: str) -> bool:
    """Tell whether the number has another country code than the region; False where the region is none."""
    code = _library().country_code_for_region(_known(region))
    return bool(code) and not number.startswith(f"+{code}")


def zones(number: E164) -> tuple[str, ...]:
    """Return the IANA zones the number may be in; empty when nothing is known. A guess: mobiles travel."""
    from phonenumbers import timezone  # noqa: PLC0415 - its table is large and few commands ask

    phonenumbers = _library()
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return ()
    names = timezone.time_zones_for_number(parsed)
    return tuple(name for name in names if name != timezone.UNKNOWN_TIMEZONE and _loads(name))


def country(number: E164) -> str | None:
    """Return the country of the number (ISO 3166-1 alpha-2), None for a number of no country or none that is known."""
    phonenumbers = _library()
    try:
        found = phonenumbers.region_code_for_number(phonenumbers.parse(number, None))
    except phonenumbers.NumberParseException:
        return None
    return str(found) if found and found.isalpha() else None


def wanders(number: E164) -> str | None:
    """Return why the number does not say where it is answered, such as "a mobile number"; None for a fixed line.

    Where fixed lines and mobiles have numbers alike, as in North America, any may be a mobile's.
    """
    phonenumbers = _library()
    kinds = phonenumbers.PhoneNumberType
    try:
        kind = phonenumbers.number_type(phonenumbers.parse(number, None))
    except phonenumbers.NumberParseException:
        return "a number of no known kind"
    told = {
        kinds.FIXED_LINE: None,
        kinds.FIXED_LINE_OR_MOBILE: "it may be a mobile number",
        kinds.MOBILE: "a mobile number",
        kinds.TOLL_FREE: "a toll-free number",
        kinds.UNKNOWN: "a number of no known kind",
    }
    return told.get(kind, "a number that is bound to no place")


@cache
def _library() -> ModuleType:
    """Return the library, which takes a while to load: most commands, and most mails, have no number to read."""
    import phonenumbers  # noqa: PLC0415 - see above

    return phonenumbers


def _loads(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _known(region: str) -> str:
    upper = region.upper()
    return upper if upper in _library().SUPPORTED_REGIONS else _NOWHERE


def _bare(text: str) -> str:
    """Drop what wraps a number in a URI: sip:+4930123@host;user=phone."""
    return re.sub(r"(?i)\b(?:sips?|tel):([^@;\s>]+)(?:@[^\s>]*)?(?:;[^\s>]*)?", r"\1", text)


def _blank(match: re.Match[str]) -> str:
    """Keep the length, so that places in the text stay true; a letter would glue, digits would count."""
    return "|" * len(match[0])
