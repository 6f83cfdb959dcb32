"""Who called: a number, an extension and a name out of the words that stand for the caller."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from assistant.model.call import E164
from assistant.standards import phone

if TYPE_CHECKING:
    from assistant.model.call import Reader
    from assistant.recognise.formats import Formats

_WRAPPING = " \t\"'<>()[]{},;:|*-\u2013\u2014\u00b7\u201c\u201d\u201e"
_ADDRESS = re.compile(r"<?[^\s<>@]+@[^\s<>]+>?")
_EXTENSION_WORD = re.compile(r"(?i)\b(?:ext(?:ension)?\.?|x)\s*$")
_JOINT = re.compile(r"(?i)\s+(?:at|on|an|unter|au|al|,)\s*$")
_APPOSED = re.compile(r"\s*[>)\"]*\s*[-\u2013\u2014:,(<\"/|]")  # "555-0150 (Ann)", not "555-0150 on the main line"
_DIGITS = re.compile(r"\d")
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
        rest = _name(flat[: spot.start], formats) or (_name(behind, formats) if _APPOSED.match(behind) else None)
        return Caller(number=spot.number, raw=spot.raw, name=rest)
    without_plus = _international(flat, reader)
    if without_plus is not None:
        digits, number = without_plus
        return Caller(number=number, raw=digits, name=_name(flat.replace(digits, " "), formats))
    short = phone.extension(flat)
    if short is not None:
        before = _EXTENSION_WORD.sub("", flat[: flat.rindex(short)])
        return Caller(raw=short, extension=short, name=_name(before, formats))
    withheld = _hidden(_tidy(flat), formats)
    return Caller(withheld=withheld, name=None if withheld else _name(flat, formats))


def joined(first: Caller, second: Caller) -> Caller:
    """Return one caller out of two readings of the same one; the first decides."""
    source = first if first.number or first.extension else second
    return Caller(
        number=source.number,
        raw=source.raw,
        extension=source.extension,
        name=first.name or second.name,
        withheld=(first.withheld or second.withheld) and not (source.number or source.extension),
    )


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
    name = _tidy(_JOINT.sub("", _ADDRESS.sub(" ", text)))
    if not name or not re.search(r"[^\W\d_]", name) or len(_DIGITS.findall(name)) > len(name) // 2:
        return None
    placeholder = formats.any_word("names", "placeholder").fullmatch(name)
    return None if placeholder or _hidden(name, formats) else name


def _hidden(text: str, formats: Formats) -> bool:
    return formats.any_word("names", "withheld").fullmatch(text) is not None


def _tidy(text: str) -> str:
    bare = " ".join(text.split()).strip(_WRAPPING)
    return bare.strip(".") if bare.endswith("..") else bare


def _international(text: str, reader: Reader) -> tuple[str, E164] | None:
    """Read a number of another country written without its plus sign, as some systems do."""
    match = re.search(r"(?<![\d+])(?:00)?([1-9]\d{9,14})(?!\d)", text)
    number = phone.parse("+" + match[1], reader.region) if match else None
    return (match[0], number) if match and number else None
