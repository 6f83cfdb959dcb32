"""A letter that a person typed: their own words apart from what they quote and from what stands below their name."""

from __future__ import annotations

import email.utils
import itertools
import re
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from assistant.standards import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from assistant.model.call import Reader
    from assistant.recognise.formats import Formats
    from assistant.standards.mail import Mail

_TWO_LINES = 250  # characters
_DEPTH = regex.lazy(r"^[ \t]*(?:[>|][ \t]?){0,200}")
_DASHES = regex.lazy(r"^(?:--|__+|—)\s*$")
_ITEM = regex.lazy(r"^\s*(?:[*•·▪‣\u2013\u2014-]|\(?\d{1,2}[.):]|#\d|[a-h]\))\s+")
_END = regex.lazy(r"(?:[!?\u2026]|(?<![.\d])\.|[。！？])(?:\s+|$)|(?<=\d)\.(?=\s+[^\W\d_])|(?<=[。！？])|\n")
_SHORTENED = regex.lazy(r"(?:^|[\s(])[A-ZÀ-Þ][^\W\d_]{0,3}$")
_SPOKEN = regex.lazy(
    r"[\"\u201c\u201e\u00ab\u300c][^\"\u201c\u201d\u00ab\u00bb\u300c\u300d]{12,600}[\"\u201c\u201d\u00bb\u300d]"
)
_ATTRIBUTION = regex.lazy(r"^.{0,200}(?:@|\d{1,2}[:.h]\d{2}).{0,200}[:\uff1a]$")
_ENDLESS = regex.lazy(r"\S{64,}")
_BLANKS = regex.lazy(r"[^\S\n]+")
_WRAPPED = 55  # a line this long goes on in the next one
_HEAD_LABELS = 2
_SHORTEST_NAME = 2
_LONGEST_SIGNER = 3

LONGEST = 20_000
"""Characters of a mail that is read as a letter; who writes more asks for no call."""


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What one person wrote.

    `units` are the paragraphs and lines of the body, wrapped ones joined; `signature` stands below the closing,
    `quoted` is what the same writer wrote in the mails quoted below. `owners` and `writers` are the words of the
    reader's and the writer's names, in lower case.
    """

    units: tuple[str, ...] = ()
    signature: str = ""
    quoted: str = ""
    owners: frozenset[str] = frozenset()
    writers: frozenset[str] = frozenset()

    @property
    def body(self) -> str:
        """Return the body, a line for each unit."""
        return "\n".join(self.units)


def read(mail: Mail, reader: Reader, formats: Formats) -> Letter:
    """Split a mail into the writer's words, their signature and what they quote of themselves."""
    name, address = mail.sender
    writers = _words(name) | _words(address.partition("@")[0])
    owners = frozenset().union(*(_words(each.partition("@")[0]) for each in reader.addresses)) | _addressed(mail)
    own, below, earlier = _parted(mail.text, formats, (name, address))
    cut = _signed(own, formats, name)
    signature = [*own[cut:], *below]
    return Letter(
        units=tuple(_unwrapped(own[:cut])),
        signature="\n".join(signature),
        quoted="\n".join(earlier),
        owners=owners - writers,
        writers=writers,
    )


def sentences(unit: str) -> Iterator[str]:
    """Yield the sentences of a unit; the full stop of "Mrs." ends none."""
    start = 0
    for match in _END.finditer(unit):
        if match[0].startswith(".") and _SHORTENED.search(unit[start : match.start()]):
            continue
        if unit[start : match.end()].strip():
            yield unit[start : match.end()].strip()
        start = match.end()
    if unit[start:].strip():
        yield unit[start:].strip()


def unspoken(unit: str) -> str:
    """Return a unit without the words that it quotes of somebody else."""
    return _SPOKEN.sub(" ", unit)


def tame(text: str) -> str:
    """Return a text without endless words (links, encoded data) and runs of blanks, on which patterns would dwell."""
    return _BLANKS.sub(" ", _ENDLESS.sub(" ", text[:LONGEST]))


def is_item(line: str) -> bool:
    """Tell whether a line begins an item of a list."""
    return _ITEM.match(line) is not None


def without_mark(line: str) -> str:
    """Return a line without the bullet or number before it."""
    return _ITEM.sub("", line)


def _words(text: str) -> frozenset[str]:
    words = re.split(r"[^\w'\u2019]+|_|\d+", text.lower())
    return frozenset(word for word in words if len(word) >= _SHORTEST_NAME)


def _addressed(mail: Mail) -> frozenset[str]:
    pairs = email.utils.getaddresses([*mail.fields("To")][:3])
    return frozenset().union(*(_words(name) | _words(spec.partition("@")[0]) for name, spec in pairs[:3]))


def _parted(text: str, formats: Formats, sender: tuple[str, str]) -> tuple[list[str], list[str], list[str]]:
    """Return the writer's own lines, those below "--", and what is quoted of the writer."""
    lines = text.splitlines()
    own: list[str] = []
    below: list[str] = []
    earlier: list[str] = []
    by_writer: dict[int, bool] = {}
    base = 0  # the depth below which everything is quoted, once a mail is quoted without marks
    current = own
    for number, line in enumerate(lines):
        marks = _DEPTH.match(line)
        bare = line[marks.end() :].rstrip() if marks else line
        depth = base + (marks[0].count(">") if marks else 0)
        begun = _begins_quote(lines, number, bare, formats)
        if begun:
            nested = depth + 1
            by_writer = {level: value for level, value in by_writer.items() if level < nested}
            by_writer[nested] = _names_writer(" ".join(lines[number : number + begun]), sender)
            if not _marked_below(lines, number + begun, depth - base):
                base = nested
        elif depth:
            if by_writer.get(max((level for level in by_writer if level <= depth), default=0)):
                earlier.append(bare)
        else:
            current = below if _DASHES.match(bare) and (any(own) or bare.startswith("--")) else current
            current.append(bare)
    return own, below, earlier


def _begins_quote(lines: list[str], number: int, bare: str, formats: Formats) -> int:
    """Return how many lines lead in a quoted mail here, 0 when none does."""
    if not bare.strip():
        return 0
    quoted = formats.any_word("sentences", "quoted")
    if quoted.match(bare):
        return 1
    following = _DEPTH.sub("", lines[number + 1]) if number + 1 < len(lines) else ""
    joined = f"{bare} {following}".strip()
    if following.rstrip().endswith((":", "\uff1a")) and len(joined) < _TWO_LINES and quoted.fullmatch(joined):
        return 2
    if _ATTRIBUTION.match(bare) and next(
        (line for line in lines[number + 1 : number + 3] if line.strip()), ""
    ).lstrip().startswith(">"):
        return 1
    return _outlook_head(lines, number, formats)


def _outlook_head(lines: list[str], number: int, formats: Formats) -> int:
    """Return the length of a block of header lines ("From:", "Sent:", "Subject:"), 0 when none begins here."""
    labels = _head_label(formats)
    if not labels["from"].match(lines[number]):
        return 0
    seen = {key for line in lines[number : number + 7] for key, pattern in labels.items() if pattern.match(line)}
    if len(seen) <= _HEAD_LABELS:
        return 0
    block = itertools.takewhile(lambda line: line.strip(), lines[number : number + 10])
    return sum(1 for _ in block)


def _head_label(formats: Formats) -> dict[str, re.Pattern[str]]:
    words: dict[str, list[str]] = {"from": [], "sent": [], "subject": []}
    for language in formats.languages:
        words["from"].append(language.forward.from_)
        words["sent"].extend(language.forward.sent)
        words["subject"].append(language.forward.subject)
    return {key: _label("|".join(some)) for key, some in words.items()}


@lru_cache(maxsize=64)
def _label(words: str) -> re.Pattern[str]:
    return re.compile(rf"^[ \t>*]*(?:{words})[* \t]*[:\uff1a]", re.IGNORECASE)


def _names_writer(attribution: str, sender: tuple[str, str]) -> bool:
    name, address = sender
    low = attribution.lower()
    return bool((address and address in low) or (name and name.lower() in low))


def _marked_below(lines: list[str], number: int, depth: int) -> bool:
    """Tell whether what a mail quotes from here on is marked line by line, deeper than its lead."""
    below = next((line for line in lines[number : number + 4] if line.strip(" \t>")), "")
    marks = _DEPTH.match(below)
    return bool(marks and marks[0].count(">") > depth)


def _signed(lines: list[str], formats: Formats, writer: str) -> int:
    """Return the number of the line where the signature begins: a closing, or the writer's name."""
    closing = formats.any_word("sentences", "closing")
    names = _words(writer)
    for number, line in enumerate(lines):
        bare = line.strip().strip(",.!-\u2013\u2014~ ")
        if not bare or not any(above.strip() for above in lines[:number]):
            continue
        if closing.fullmatch(bare) or (_is_name(bare, writer, names) and not is_item(line)):
            return number
    return len(lines)


def _is_name(bare: str, writer: str, names: frozenset[str]) -> bool:
    """Tell whether a line is the writer's name, or their full name with what they are behind it."""
    words = [word.strip(".,()") for word in bare.lower().split()]
    if len(bare) == 1 and bare.lower() == writer[:1].lower():
        return True
    if names and len(words) <= _LONGEST_SIGNER and all(word in names for word in words if word):
        return True
    full = re.search(rf"(?:^|\s){re.escape(writer.lower())}(?:$|[\s,|/·-])", bare.lower()) if " " in writer else None
    return bool(full and (full.start() == 0 or re.search(r"[|·,]", bare)) and not bare.endswith((".", "?", ":")))


def _unwrapped(lines: Iterable[str]) -> Iterator[str]:
    """Yield paragraphs and short lines; a long line is joined to the one it wraps into."""
    unit = ""
    last = ""
    for line in lines:
        bare = tame(line).strip()
        goes_on = unit and bare and len(last) >= _WRAPPED and not is_item(line)
        goes_on = goes_on or bool(unit and bare and is_item(unit) and line[:1].isspace() and not is_item(line))
        if goes_on:
            unit = f"{unit} {bare}"
        else:
            if unit:
                yield unit
            unit = bare
        last = bare
    if unit:
        yield unit
