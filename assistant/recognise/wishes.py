"""What the caller wishes: another number, a time to be called, hurry, or no call at all. Read in their own words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from assistant.model.call import Urgency
from assistant.standards import phone

if TYPE_CHECKING:
    from assistant.model.call import E164, Reader
    from assistant.recognise.formats import Formats, Language

_REACH = 90  # characters between "call me on" and the number
_SPOKEN_FEWEST = 7
_REPEATS = {"double": 2, "triple": 3}
_CLAUSE = re.compile(r"(?<=[.!?;\n])\s+|\n")


def urgency(words: str, formats: Formats) -> Urgency:
    """Return the hurry the words express; a denied hurry ("not urgent") is normal."""
    if advertising(words, formats) or not wants_callback(words, formats):
        return Urgency.LOW
    denied = formats.any_word("urgency", "not_urgent").sub(" ", words)
    if formats.any_word("urgency", "urgent").search(denied):
        return Urgency.URGENT
    return Urgency.LOW if formats.any_word("urgency", "low").search(denied) else Urgency.NORMAL


def advertising(words: str, formats: Formats) -> bool:
    """Tell whether a machine is selling something."""
    return formats.any_word("urgency", "advertising").search(words) is not None


def wants_callback(words: str, formats: Formats) -> bool:
    """Tell whether a call back is wanted; silence means yes."""
    return not advertising(words, formats) and not formats.any_word("urgency", "no_callback").search(words)


def other_number(words: str, calling: E164 | None, reader: Reader, formats: Formats) -> E164 | None:
    """Return the number the caller asks to be called on, None when it is the calling one or none is named."""
    wish = formats.any_word("wishes", "number")
    for text in (words, _spoken(words, formats)):
        for spot in phone.find(text, reader.region):
            if spot.number == calling or spot.number in reader.own_numbers:
                continue
            if wish.search(text[max(0, spot.start - _REACH) : spot.start]):
                return spot.number
    return None


def _spoken(words: str, formats: Formats) -> str:
    """Write runs of digits spoken as words in figures: "oh seven double oh" becomes "0700"."""
    best = words
    for language in formats.languages:
        text = _in_figures(words, language)
        best = text if sum(map(str.isdigit, text)) > sum(map(str.isdigit, best)) else best
    return best


def _in_figures(words: str, language: Language) -> str:
    meaning = {word: key for key, names in language.digits.items() for word in names}
    out: list[str] = []
    run, repeat = "", 1
    for token in re.findall(r"\S+\s*", words):
        bare = token.strip().lower().strip(".,")
        key = meaning.get(bare, bare if bare.isdigit() else "")
        if key in _REPEATS:
            repeat = _REPEATS[key]
        elif key == "hundred" and run:
            run += "00"
        elif key.isdigit():
            run, repeat = run + key * repeat, 1
        else:
            out.extend([_kept(run), token])
            run, repeat = "", 1
    return "".join([*out, _kept(run)])


def _kept(run: str) -> str:
    return run + " " if len(run) >= _SPOKEN_FEWEST else ("# " if run else "")


def scopes(words: str, formats: Formats) -> list[str]:
    """Return the stretches of text in which a time is a time to call: around a wish, up to the clause's end."""
    call, available = formats.any_word("wishes", "call"), formats.any_word("wishes", "available")
    after: list[str] = []
    before: list[str] = []
    for clause in _CLAUSE.split(words):
        for match in call.finditer(clause):
            after.append(clause[match.start() : match.start() + 160])
            before.append(clause[max(0, match.start() - 80) : match.start()])
        after.extend(clause[match.start() : match.start() + 120] for match in available.finditer(clause))
    return after + before
