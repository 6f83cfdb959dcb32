"""What the caller wishes: another number, a time to be called, hurry, or no call at all. Read in their own words."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from assistant.model.call import E164, Urgency
from assistant.recognise import grammar, spoken
from assistant.standards import phone, regex

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.model.call import Reader
    from assistant.recognise.formats import Formats, Language
    from assistant.standards.phone import Spot

_LONGEST = 6000  # characters: some ten minutes of speech
_REACH = 90  # characters between "call me on" and the number
_BEHIND = 45  # characters between a number and "is my mobile"
_LABEL = 60  # characters of "my account number is"
_OF_WISHES = ("call", "available", "number", "number_after", "ending")
_CORRECTED = 40  # characters between a number and its correction
_BLANKS = regex.lazy(r"\s+")
_LOCAL = regex.lazy(r"\+1(\d{7})")
_NORTH_AMERICAN = regex.lazy(r"(\+1\d{3})\d{7}")
_TAIL = regex.lazy(r"\D{0,8}?(\d[\d ]{0,6})")


def urgency(words: str, formats: Formats) -> Urgency:
    """Return the hurry the words express; a denied hurry ("not urgent") is normal."""
    text = spoken.plain(words)
    if advertising(text, formats) or not wants_callback(text, formats):
        return Urgency.LOW
    low = formats.any_word("urgency", "low")
    denied = formats.any_word("urgency", "not_urgent").sub(" ", text)
    if formats.any_word("urgency", "urgent").search(low.sub(" ", denied)):
        return Urgency.URGENT
    return Urgency.LOW if low.search(text) else Urgency.NORMAL


def advertising(words: str, formats: Formats) -> bool:
    """Tell whether a machine is selling something."""
    return formats.any_word("urgency", "advertising").search(spoken.plain(words)) is not None


def wants_callback(words: str, formats: Formats) -> bool:
    """Tell whether a call back is wanted; silence means yes."""
    text = spoken.plain(words)
    return not advertising(text, formats) and not formats.any_word("urgency", "no_callback").search(text)


def other_number(words: str, calling: E164 | None, reader: Reader, formats: Formats) -> E164 | None:
    """Return the number the caller asks to be called on, None when it is the calling one or none is named.

    Args:
        words: of the caller; numbers may be in figures, in words or both.
        calling: the number they called from, None when it is not known: then any number of theirs will do.
        reader: their own numbers and region.
        formats: their languages are understood.
    """
    text = _BLANKS.sub(" ", spoken.plain(words[:_LONGEST]))
    language = _language(text, formats)
    for version in _versions(text, language, spoken.NUMBER_FEWEST):
        spots = [spot for spot in phone.find(version, reader.region) if spot.number not in reader.own_numbers]
        found = _asked(version, spots, calling, language) or (None if calling else _only(version, spots, language))
        if found is not None:
            return None if found == calling else found
    return _with_other_ending(text, calling, language)


def spelt(words: str, reader: Reader, formats: Formats) -> E164 | None:
    """Return the one number that words spell out, None when they spell out none or several."""
    text = _BLANKS.sub(" ", spoken.plain(words[:_LONGEST]))
    language = _language(text, formats)
    *_, version = _versions(text, language, spoken.NUMBER_FEWEST)
    if version == text:
        return None
    spots = [spot for spot in phone.find(version, reader.region) if spot.number not in reader.own_numbers]
    return _only(version, spots, language)


def _versions(text: str, language: Language | None, fewest: int) -> Iterator[str]:
    """Yield the text as it is, then with spoken numbers in figures if there are any."""
    yield text
    read = spoken.in_figures(text, language, fewest) if language else text
    if read != text:
        yield read


def _language(text: str, formats: Formats) -> Language | None:
    """Return the language whose words of wishes cover most of the text: in another, "no" may be no denial."""
    covered = {}
    for place, language in enumerate(formats.languages):
        words = tuple(word for key in _OF_WISHES for word in _words(language, key))
        covered[place] = sum(match.end() - match.start() for match in grammar.whole_words(words).finditer(text))
    best = max(covered, key=lambda place: covered[place], default=None)
    return None if best is None else formats.languages[best]


def _words(language: Language | None, key: str) -> tuple[str, ...]:
    return language.wishes.get(key, ()) if language else ()


def _asked(text: str, spots: list[Spot], calling: E164 | None, language: Language | None) -> E164 | None:
    """Return the first number that a wish stands at, or what the caller corrects it to."""
    wish, after = grammar.whole_words(_words(language, "number")), grammar.whole_words(_words(language, "number_after"))
    for place, spot in enumerate(spots):
        number = _whole(spot.number, calling)
        if number is None or number == calling or _another_thing(text, spot, language):
            continue
        behind = text[spot.end : spots[place + 1].start if place + 1 < len(spots) else None]
        if wish.search(text[max(0, spot.start - _REACH) : spot.start]) or after.search(behind[:_BEHIND]):
            return _corrected(text, spots[place:], number, calling, language)
    return None


def _only(text: str, spots: list[Spot], language: Language | None) -> E164 | None:
    """Return the number of a caller without one, when the words name no second."""
    numbers = {spot.number for spot in spots if not _another_thing(text, spot, language)}
    return _whole(numbers.pop(), None) if len(numbers) == 1 else None


def _another_thing(text: str, spot: Spot, language: Language | None) -> bool:
    """Tell whether a number is an order's or an account's, or one that the caller warns of."""
    before = text[max(0, spot.start - _LABEL) : spot.start]
    return any(_ending(_words(language, key)).search(before) for key in ("not_number", "not_this"))


def _corrected(text: str, spots: list[Spot], number: E164, calling: E164 | None, language: Language | None) -> E164:
    """Return the number behind "sorry, I mean", if there is one."""
    if len(spots) > 1:
        gap = text[spots[0].end : spots[1].start]
        if len(gap) <= _CORRECTED and grammar.whole_words(_words(language, "correction")).search(gap):
            return _whole(spots[1].number, calling) or number
    return number


def _whole(number: E164, calling: E164 | None) -> E164 | None:
    """Complete a number said without its area code (North America) by that of the calling one; None when none helps."""
    local = _LOCAL.fullmatch(number)
    if local is None:
        return number
    area = _NORTH_AMERICAN.fullmatch(calling or "")
    return E164(area[1] + local[1]) if area else None


def _with_other_ending(text: str, calling: E164 | None, language: Language | None) -> E164 | None:
    """Read "the same number but ending in 77"."""
    same = grammar.whole_words(_words(language, "ending"))
    if calling is None or not same.search(text):
        return None
    for version in _versions(text, language, 2):
        for match in same.finditer(version):
            tail = _TAIL.match(version, match.end())
            digits = tail[1].replace(" ", "") if tail else ""
            if digits and not calling.endswith(digits):
                return E164(calling[: -len(digits)] + digits)
    return None


@lru_cache(maxsize=32)
def _ending(words: tuple[str, ...]) -> re.Pattern[str]:
    """Compile words that stand right before a number."""
    return re.compile(rf"{grammar.bounded(words)}[\s:#,.]*\Z", re.IGNORECASE)
