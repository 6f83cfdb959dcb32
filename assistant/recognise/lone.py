"""Callers that stand outside of sentences: in header fields, the sender's name, a line of their own, brackets."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from assistant.model.call import Kind
from assistant.recognise import body, caller, lines, role
from assistant.recognise.draft import Found, found
from assistant.standards import phone, regex

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.model.call import E164, Reader
    from assistant.recognise.formats import Formats
    from assistant.standards.mail import Mail

RULE = "a line that is a number"
_HEADER = regex.lazy(
    r"^(?:x-|voice|cti-)[\w-]*?(?:caller|calling|cli(?:p|d)?|ani|cid|from-?number|remote)(?:[-_]?(?:id|number|num|no|phone|party|telephonenumber))*"
    r"(?P<name>[-_]?name)?$",
    re.IGNORECASE,
)
_COUNTS = regex.lazy(r"(?:(?:\s{2,}|\s?\|\s?)\d{1,4}\b(?![./:-])){2}")  # cells that say how many calls a line had
_BRACKETED = regex.lazy(r"\s?[(\[]([^)\],;\n]{3,60})(?=[,;)\]])")
_NAME_LENGTH = 40
_FIRST_UNITS = 40


def headers(mail: Mail) -> Iterator[tuple[str, Found]]:
    """Yield the caller out of header fields that phone systems add, by the words in their names."""
    for name, value in mail.headers:
        match = _HEADER.match(name)
        if match and value.strip():
            slot = "name" if match["name"] else "number"
            yield slot, Found(text=value, part=f"header {name}", rule="header field of a phone system")


def sender(mail: Mail, kind: Kind, reader: Reader, formats: Formats) -> dict[str, Found]:
    """Return the caller out of the sender's name, where some systems put it: "QUIST FERNANDA 9165550157"."""
    name = mail.sender[0]
    who = caller.read(name, reader, formats)
    if not who.number or kind not in {Kind.VOICEMAIL, Kind.MISSED_CALL}:
        return {}
    named = who.name is None or caller.plausible(who.name, formats)
    return found({"caller": name}, "header From", "the sender's name is a caller's", loose=True) if named else {}


def bracketed(number: E164, mail: Mail, reader: Reader, formats: Formats) -> dict[str, Found]:
    """Return the name that stands in brackets behind a caller's number: "3395550147 (Dario Melandri, cliente)"."""
    for unit in itertools.islice(lines.units(body.of(mail, formats)), _FIRST_UNITS):
        for spot in phone.find(unit, reader.region):
            match = _BRACKETED.match(unit, spot.end) if spot.number == number else None
            if match and caller.plausible(match[1].strip(), formats):
                return found({"told_name": match[1].strip()}, "body", f"sentence {unit[:60]!r}", loose=True)
    return {}


def line(text: str, reader: Reader, formats: Formats) -> dict[str, Found]:
    """Return the caller out of a line that is nothing but a number, with a name or beside a line that is a name."""
    rows = [bare.strip() for bare in text.splitlines() if bare.strip()][:_FIRST_UNITS]
    for row in rows:
        who = caller.read(row, reader, formats)
        if (
            who.number
            and not _COUNTS.search(row)
            and len(row) <= len(who.raw or "") + _NAME_LENGTH
            and not role.is_reference(row, who.raw or "", formats)
            and (not who.name or caller.plausible(who.name, formats))
        ):
            return found({"number": row}, "body", RULE, loose=True)
    return {}
