"""Which of the numbers in a letter is to be dialled: by the words around it, its label and its place."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from assistant.recognise import patterns
from assistant.standards import phone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.model.call import Reader
    from assistant.recognise.formats import Formats
    from assistant.recognise.letters import Letter
    from assistant.standards.phone import Spot

ROLES = ("fax", "mobile", "direct", "office", "home", "switchboard")
_RANK = ("mobile", "direct", "office", "", "home", "switchboard")
_NEAR = 40  # characters of a label before its number
_REACH = 90  # characters between "call me on" and the number
_DENIAL = 24  # characters between "not" and what is ruled out


class Labelled(NamedTuple):
    """A number in a text and what it is labelled as, "" when it is not."""

    spot: Spot
    role: str


def numbers(text: str, reader: Reader, formats: Formats) -> list[Labelled]:
    """Return the numbers in a text that somebody can be called on: no fax, no reference, none of the reader's own."""
    found = []
    before = 0
    for spot in phone.find(text, reader.region):
        ahead = text[max(before, spot.start - _NEAR) : spot.start].rpartition("\n")[2]
        before = spot.end
        role = _role(ahead, text[spot.end : spot.end + _NEAR].partition("\n")[0], formats)
        reference = _before(formats.any_word("people", "reference").pattern).search(ahead)
        if spot.number not in reader.own_numbers and role != "fax" and not reference:
            found.append(Labelled(spot, role))
    return found


def is_reference(words: str, raw: str, formats: Formats) -> bool:
    """Tell whether a number in words is that of an order, a parcel or a device, by the word right before it."""
    ahead = words[: words.find(raw)] if raw else ""
    return bool(ahead) and _before(formats.any_word("people", "reference").pattern).search(ahead) is not None


def to_dial(letter: Letter, asking: str, reader: Reader, formats: Formats) -> tuple[Spot, str] | None:
    """Return the number on which the writer wants to be called and the place it stands in, None when they give none.

    Args:
        letter: theirs.
        asking: the sentences of it that ask for the call; they may say which number, or which not.
        reader: whose own numbers are nobody else's.
        formats: the languages.
    """
    wanted, denied = _wanted(asking, formats)
    for text, place in (
        (letter.body, "body"),
        (letter.signature, "signature"),
        (letter.quoted, "the writer's quoted lines"),
    ):
        options = [one for one in numbers(text, reader, formats) if one.role not in denied or not one.role]
        if options:
            best = min(options, key=lambda one: _order(one, text, place, wanted, formats))
            return best.spot, place
    return None


def asked_for(words: str, first: Spot, reader: Reader, formats: Formats) -> str | None:
    """Return a number other than the first of a note that the caller asks to be called on, None without one."""
    wish = formats.any_word("wishes", "number")
    if wish.search(words[max(0, first.start - _REACH) : first.start]):
        return None
    for one in numbers(words, reader, formats):
        if one.spot.number != first.number and wish.search(
            words[max(first.end, one.spot.start - _REACH) : one.spot.start]
        ):
            return one.spot.raw
    return None


def _order(one: Labelled, text: str, place: str, wanted: frozenset[str], formats: Formats) -> tuple[int, int]:
    """Return how far from the wished number one is: by its label when one is wished, else by the words before it."""
    if one.role in wanted:
        return 0, one.spot.start
    if place == "body":
        wish = formats.any_word("wishes", "number").search(text[max(0, one.spot.start - _REACH) : one.spot.start])
        return (1 if wish else 2), one.spot.start
    return 1 + _RANK.index(one.role), one.spot.start


def _role(ahead: str, behind: str, formats: Formats) -> str:
    for role in ROLES:
        words = formats.any_word("people", role)
        before, after = words.search(ahead), words.search(behind)
        if (before and _before(words.pattern).search(ahead)) or (after and _behind(words.pattern).match(behind)):
            return role
    return ""


@lru_cache(maxsize=256)
def _before(words: str) -> re.Pattern[str]:
    """Compile words that stand right before a number."""
    return re.compile(rf"{words}[^\w\n]*$", re.IGNORECASE)


@lru_cache(maxsize=256)
def _follows(words: str) -> re.Pattern[str]:
    """Compile words that go on from a label: "the office line | goes to my brother"."""
    return re.compile(words.removeprefix(rf"(?<!{patterns.LETTER})"), re.IGNORECASE)


@lru_cache(maxsize=256)
def _behind(words: str) -> re.Pattern[str]:
    """Compile words that stand in brackets behind a number."""
    return re.compile(rf"\s*[(\[]\s*{words}", re.IGNORECASE)


def _wanted(asking: str, formats: Formats) -> tuple[frozenset[str], frozenset[str]]:
    """Return the labels that the writer asks for and those they rule out."""
    denial = formats.any_word("people", "not")
    wanted: set[str] = set()
    denied: set[str] = set()
    broken = formats.any_word("people", "not_after").pattern
    for role, start, end in _mentioned(asking, formats):
        refused = denial.search(asking[max(0, start - _DENIAL) : start].rpartition(",")[2])
        (denied if refused or _follows(broken).match(asking, end) else wanted).add(role)
    return frozenset(wanted - denied), frozenset(denied)


def _mentioned(asking: str, formats: Formats) -> Iterator[tuple[str, int, int]]:
    for role in ROLES[1:]:
        for match in formats.any_word("people", role).finditer(asking):
            yield role, match.start(), match.end()
