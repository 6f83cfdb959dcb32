"""Numbers, addresses and texts as people write them: what names them in a mail, and in which groups digits stand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import phonenumbers

from assistant.standards import mail

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.model.mailbox import Head

_SHORTEST = 3
NO_TRUNK = "1"
"""The country code of North America: no nought is put before a number there."""
_CODE = r"\d{1,3}"
_GAP = r"[\s().\-/\u00a0]*"
_WORD = re.compile(r"\w\w")


class Number(NamedTuple):
    """A number: its national digits, its country code ("" if it has none), and how many digits its area has."""

    national: str
    code: str
    area: int

    @classmethod
    def of(cls, text: str) -> Number | None:
        """Return the number that a text is; None for an address, or a text with few digits."""
        digits = re.sub(r"\D", "", text)
        if "@" in text or len(digits) < _SHORTEST:
            return None
        try:
            read = phonenumbers.parse(text, None)
        except phonenumbers.NumberParseException:
            return cls(digits, "", 0)
        area = phonenumbers.length_of_national_destination_code(read)
        return cls(phonenumbers.national_significant_number(read), str(read.country_code), area)

    @property
    def pattern(self) -> re.Pattern[str]:
        """Return what finds the number however it is written, and no longer one."""
        lead = "" if self.code == NO_TRUNK else f"0?{_GAP}"
        abroad = rf"(?:\+|00|011)?{_GAP}{self.code or _CODE}{_GAP}{lead}"
        return re.compile(rf"(?<!\d)(?:{abroad}|0)?{_GAP.join(self.national)}(?!\d)")


def is_nameable(text: str) -> bool:
    """Tell whether a mail can name this at all: it holds a word."""
    return _WORD.search(text) is not None


def text_pattern(text: str) -> re.Pattern[str]:
    """Return what finds an address or a text: joann is not ann."""
    return re.compile(rf"(?<![\w.+-]){re.escape(text)}", re.IGNORECASE)


def groups(digits: str) -> Iterator[tuple[str, ...]]:
    """Yield digits as one group, as two of any length, and in pairs, threes and fours from either end."""
    yield (digits,)
    yield from ((digits[:at], digits[at:]) for at in range(2, len(digits) - 1))
    for size in (2, 3, 4):
        yield tuple(digits[at : at + size] for at in range(0, len(digits), size))
        rest = len(digits) % size
        if rest:
            yield (digits[:rest], *(digits[at : at + size] for at in range(rest, len(digits), size)))


def in_head(pattern: re.Pattern[str], head: Head) -> bool:
    """Tell whether a header field names it."""
    return any(pattern.search(value) for _, value in head.headers)


def in_mail(pattern: re.Pattern[str], raw: bytes) -> bool:
    """Tell whether the text of a mail names it."""
    return pattern.search(mail.parse(raw).text) is not None
