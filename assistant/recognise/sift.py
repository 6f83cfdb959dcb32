"""Most mails cannot report a call: none of the words is in them without which no pattern of calls is found.

It errs to one side only, and knows no words of its own: what a mail needs is worked out of the patterns that would be
asked. A mail that is let go here gets the answer it would have got, which a test holds against every corpus.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from assistant.recognise import extract, forward, identify, needed, scam
from assistant.standards import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from assistant.model.call import Reader
    from assistant.recognise.formats import Formats
    from assistant.recognise.needed import Needed
    from assistant.standards.mail import Mail

WITHIN = {
    "subjects": ("voicemail", "missed_call", "sms", "phone_message"),
    "sentences": ("voicemail", "missed_call", "phone_message"),
    "notice": ("voicemail", "missed_call", "callback_request", "phone_message", "sms", "unanswered"),
    "people": ("called", "back", "heads"),
}
"""Tables and keys of the languages' files that are asked of a subject, a line, or lines joined to a sentence."""

ACROSS = {
    "sentences": ("callback_request", "lure"),
    "people": ("slip", "wanted", "form_wish_time"),
    "scam": ("call_us", "errand"),
}
"""Those that are asked of a whole text, or of words put together. Any mail of calls or lures has one of all these."""

_SLOT = regex.lazy(r"\{[A-Za-z_]+\}")
_APART = regex.lazy(r"\n\s*\n")
_WORD = regex.lazy(r"[^\W_]+")
_ODD = ("\u0131", "\u017f", "\u0307")  # what patterns of any case take for i and s, and lower() does not write so
_FEWEST_DIGITS = 5
_LONG_WORD = 60  # characters: a link or encoded data
_REMEMBERED = 1 << 14  # words of mails


class _Way(NamedTuple):
    """One way through a pattern: of each group of words one must be there, the most telling group stands first."""

    first: Needed
    more: tuple[Needed, ...]


def is_silent(mail: Mail, reader: Reader, formats: Formats) -> bool:
    """Tell whether a mail certainly reports no call and lures with none; False says nothing.

    A recording, a mail within the mail and a format that claims it always speak for a closer look.
    """
    if mail.enclosed or extract.has_audio(mail) or _may_speak(_shown(mail), formats):
        return False
    figures = sum(map(mail.text.count, "0123456789")) + sum(map(mail.subject.count, "0123456789"))
    if figures >= _FEWEST_DIGITS and scam.is_disguised(mail):
        return False
    return not identify.claiming(mail, formats) and forward.inner(mail, reader, formats) is None


def _shown(mail: Mail) -> str:
    """Return all that is asked for words, in parts between which no sentence goes on."""
    names = (part.name for part in mail.attachments)
    return "\n\n".join((mail.sender[0], mail.subject, *names, mail.text))


def _may_speak(text: str, formats: Formats) -> bool:
    """Tell whether a pattern of calls may be found in a text."""
    low = text.lower()
    if not low.isascii() and any(letter in low for letter in _ODD):
        return True
    sieve = _sieve(_words(ACROSS, formats), _words(WITHIN, formats))
    words = set(low.split())
    if sieve.possible(words, sieve.across):
        return True
    likely = sieve.possible(words, sieve.within)
    few = {word: [way for way in sieve.within[word] if way in likely] for way in likely for word in way.first}
    return any(sieve.possible(set(part.split()), few) for part in _APART.split(low)) if likely else False


class _Sieve:
    """The ways through patterns by their most telling words, and which of these each word of a mail holds.

    Mails say much in few words: what a word holds is worked out once and remembered.
    """

    def __init__(self, across: Mapping[str, list[_Way]], within: Mapping[str, list[_Way]]) -> None:
        self.across, self.within = across, within
        self._telling = frozenset({*across, *within})
        self._longest = max(map(len, self._telling), default=0)
        self._held = lru_cache(maxsize=_REMEMBERED)(self._worked_out)

    def possible(self, words: set[str], needs: Mapping[str, list[_Way]]) -> set[_Way]:
        """Return the ways whose words all stand in those of a text."""
        found = {""}.union(*map(self._held, words))
        likely = {way for word in found for way in needs.get(word, ())}
        said = " ".join(words) if likely else ""
        return {way for way in likely if all(any(word in said for word in need) for need in way.more)}

    def _worked_out(self, word: str) -> frozenset[str]:
        if len(word) > _LONG_WORD:
            return frozenset(telling for telling in self._telling if telling in word)
        size = len(word)
        pieces = (
            word[start:end] for start in range(size) for end in range(start + 1, min(start + self._longest, size) + 1)
        )
        return self._telling.intersection(pieces)


def _words(tables: dict[str, tuple[str, ...]], formats: Formats) -> tuple[tuple[str, ...], ...]:
    return tuple(formats.words(table, key) for table, keys in tables.items() for key in keys)


@lru_cache(maxsize=8)
def _sieve(across: tuple[tuple[str, ...], ...], within: tuple[tuple[str, ...], ...]) -> _Sieve:
    return _Sieve(_needs(across), _needs(within))


def _needs(tables: tuple[tuple[str, ...], ...]) -> dict[str, list[_Way]]:
    """Return the ways through all patterns by each word of their first groups."""
    found: dict[str, list[_Way]] = {}
    for pattern in dict.fromkeys(chain.from_iterable(tables)):
        for way in map(_way, needed.ways(_SLOT.sub(".", pattern))):
            for word in way.first:
                found.setdefault(word, []).append(way)
    return found


def _way(needs: Iterable[Needed]) -> _Way:
    """Put the most telling group first; "" is in every text, for a way of which nothing is known."""
    telling = sorted(filter(all, map(frozenset, chain.from_iterable(map(_groups, needs)))), key=_vagueness)
    return _Way(telling[0], tuple(telling[1:])) if telling else _Way(frozenset([""]), ())


def _vagueness(words: Needed) -> tuple[int, int]:
    return -min(map(len, words)), len(words)


def _groups(need: Needed) -> list[list[str]]:
    """Return the words of a text apart, each of which must be there, and of several texts the longest of each.

    Signs between words may be taken out of a text before it is asked, and blanks may be line ends.
    """
    words = [_WORD.findall(text) for text in need]
    return [[word] for word in words[0]] if len(words) == 1 else [[max(some, key=len, default="") for some in words]]
