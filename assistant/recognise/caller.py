"""Who called: a number, an extension and a name out of the words that stand for the caller."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from assistant.model.call import E164
from assistant.recognise import sender
from assistant.standards import phone, regex

if TYPE_CHECKING:
    from assistant.model.call import Reader
    from assistant.recognise.formats import Formats

_WRAPPING = " \t\"'<>()[]{},;:|/*-\u2013\u2014\u00b7\u201c\u201d\u201e"
_ADDRESS = regex.lazy(r"<?[^\s<>@]+@[^\s<>]+>?")
_EXTENSION_WORD = regex.lazy(r"(?i)\b(?:ext(?:ension)?\.?|x)\s*$")
_JOINT = regex.lazy(r"(?i)\s+(?:at|on|an|unter|au|al|,)\s*$")
_APPOSED = regex.lazy(r"\s*[>)\"]*\s*[-\u2013\u2014:,(<\"/|]")  # "555-0150 (Ann)", not "555-0150 on the main line"
_MASKED = regex.lazy(r"[(+\d][\d ().-]*[*\u2022]{2,}|\b[*\u2022xX]{3,}\d|\d[xX]{3,}")
_PARTS = regex.lazy(r"[()\[\]/,;|-]+")
_CAPITALS = regex.lazy(r"\s+[A-Z][A-Z&'.-]+(?:\s[A-Z][A-Z&'.-]*){0,3}(?=\s*(?:[,;(\[|]|$))")
_NO_NAME = regex.lazy(r"://|[\u3002\uff0c\u3001\uff1b\uff01\uff1f]|[\u3040-\u9fff]{13}")
_KANA = regex.lazy(r"[\u3041-\u309f]{2}$")  # a verb's ending or a particle; names that end in kana are rare
_BRACKETED = regex.lazy(r"\s*\([^)]*\)")
_NUMBERING = regex.lazy(r"^(?:\d{1,2}[.)]|[#\u2022*-])\s+")
_INTERNAL = regex.lazy(r"(?P<extension>\d{2,5})\s?/\s?(?=[^\W\d_]{2})(?P<name>.+)")  # "27/Stores"
_HONORIFIC = regex.lazy(r"(?<=[\u3040-\u9fff])\s?(?:\u69d8|\u3055\u307e|\u6bbf)$")  # Japanese, as Mr
_NUMBERED = regex.lazy(r"(?:\d[ ().-]{0,2}){7}")  # a second number: "(mobile 555 0123 456)"
_DIGITS = regex.lazy(r"\d")
_LONGEST = 1000
"""More characters name no caller; some patterns take time that grows with the square of them."""


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """A caller as far as the words go. `withheld` says that the system hides number and name."""

    number: E164 | None = None
    raw: str | None = None
    extension: str | None = None
    name: str | None = None
    withheld: bool = False

    @property
    def known(self) -> bool:
        """Tell whether the words said anything at all."""
        return bool(self.number or self.extension or self.name or self.withheld)


def read(text: str, reader: Reader, formats: Formats) -> Caller:
    """Read a caller from words such as '"ESPOSITO NADIA" <2125550184>'. The reader's own numbers are skipped."""
    flat = " ".join(text[:_LONGEST].split())
    spot = next((s for s in phone.find(flat, reader.region) if s.number not in reader.own_numbers), None)
    if spot is not None:
        behind = flat[spot.end :]
        rest = _name(flat[: spot.start], formats) or _behind(behind, formats)
        return Caller(number=spot.number, raw=spot.raw, name=rest)
    if _MASKED.search(flat):
        return Caller(name=_name(_MASKED.split(flat)[0], formats))
    without_plus = _international(flat, reader)
    if without_plus is not None:
        digits, number = without_plus
        return Caller(number=number, raw=digits, name=_name(flat.replace(digits, " "), formats))
    internal = _INTERNAL.fullmatch(flat)
    short = internal[1] if internal else phone.extension(flat)
    if short is not None:
        before = internal["name"] if internal else _EXTENSION_WORD.sub("", flat[: flat.rindex(short)])
        return Caller(raw=short, extension=short, name=_name(before, formats))
    if _ADDRESS.search(flat) and sender.MACHINE.search(_ADDRESS.sub("", flat)):
        return Caller()
    withheld = _hidden(_tidy(flat), formats)
    return Caller(withheld=withheld, name=None if withheld else _name(flat, formats))


def in_a_sentence(who: Caller, formats: Formats) -> Caller:
    """Return a caller read out of a sentence or subject, without a name that is only words around the number."""
    if who.name is None:
        return who
    name = _NUMBERING.sub("", who.name).strip()
    label = formats.any_word("labels", "caller").match(name)
    if label and label.end() < len(name) and not plausible(name[: label.end()] + " ", formats):
        name = name[label.end() :].strip(_WRAPPING)
    if not plausible(name, formats):
        name = _BRACKETED.sub("", name).strip(_WRAPPING)
    return msgspec.structs.replace(who, name=name if plausible(name, formats) else None)


def _behind(text: str, formats: Formats) -> str | None:
    """Return the name behind a number: in brackets or after a dash, or in capitals as a caller ID has it."""
    if _APPOSED.match(text):
        return _name(text, formats)
    capitals = _CAPITALS.match(text)
    return capitals[0].strip() if capitals and plausible(capitals[0].strip(), formats) else None


def joined(first: Caller, second: Caller) -> Caller:
    """Return one caller out of two readings of the same one; the first decides."""
    decided = first.number or first.extension or (first.withheld and not second.number)
    source = first if decided else second
    return Caller(
        number=source.number,
        raw=source.raw,
        extension=source.extension,
        name=first.name or second.name,
        withheld=(first.withheld or second.withheld) and not (source.number or source.extension),
    )


_CAPITALISED = regex.lazy(r"^[^\W\d_a-z\u00df-\u00ff]")
_PARTICLES = frozenset(
    [
        "van",
        "von",
        "de",
        "der",
        "den",
        "la",
        "le",
        "del",
        "di",
        "da",
        "du",
        "des",
        "dos",
        "das",
        "do",
        "e",
        "y",
        "zu",
        "ten",
        "ter",
        "al",
    ]
)
_MOST_WORDS = 7
_FEWEST_LETTERS = 2


def plausible(name: str, formats: Formats) -> bool:
    """Tell whether words in the place of a caller look like the name of a person or firm, not like a phrase."""
    words = name.split()
    if (
        not words
        or len(name) < _FEWEST_LETTERS
        or len(words) > _MOST_WORDS
        or formats.any_word("names", "not_callers").search(name)
    ):
        return False
    if words[-1].lower() in _PARTICLES or _KANA.search(name):
        return False
    return all(word.lower() in _PARTICLES or _CAPITALISED.match(word.strip("\"'(&.,-") or "A") for word in words)


def introduced(text: str, formats: Formats) -> str | None:
    """Return the name by which the caller introduces themselves, None when they do not."""
    for pattern in formats.each("names", "introductions"):
        for match in pattern.finditer(text):
            name = _person(match["name"], formats)
            if name is not None:
                return name
    return None


def _person(words: str, formats: Formats) -> str | None:
    """Cut a run of capitalised words where it stops being a name."""
    stop = formats.any_word("names", "not_names")
    kept: list[str] = []
    for word in words.split():
        if stop.fullmatch(word.strip(".,")):
            break
        kept.append(word)
    name = " ".join(kept).rstrip(".,")
    title = formats.any_word("names", "titles")
    return name if name and not title.fullmatch(name.rstrip(".")) else None


def _name(text: str, formats: Formats) -> str | None:
    name = _HONORIFIC.sub("", _tidy(_JOINT.sub("", _ADDRESS.sub(" ", text))))
    if not name or not re.search(r"[^\W\d_]", name) or len(_DIGITS.findall(name)) > len(name) // 2:
        return None
    if _NUMBERED.search(name):
        return None
    placeholder = formats.any_word("names", "placeholder").fullmatch(name)
    return None if placeholder or _hidden(name, formats) else name


def _hidden(text: str, formats: Formats) -> bool:
    withheld = formats.any_word("names", "withheld")
    parts = [part.strip() for part in _PARTS.split(text) if part.strip()]
    return withheld.fullmatch(text) is not None or (bool(parts) and all(withheld.fullmatch(part) for part in parts))


def _tidy(text: str) -> str:
    bare = " ".join(text.split()).strip(_WRAPPING)
    return bare.strip(".") if bare.endswith("..") else bare


def _international(text: str, reader: Reader) -> tuple[str, E164] | None:
    """Read a number of another country written without its plus sign, as some systems do."""
    match = re.search(r"(?<![\d+])(?:00)?([1-9]\d{9,14})(?!\d)", text)
    number = phone.parse("+" + match[1], reader.region) if match else None
    return (match[0], number) if match and number else None
