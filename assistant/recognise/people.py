"""Mails that people type: "Mr Petrosyan called for you", "could you give me a ring tomorrow?"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from assistant.model.call import Kind
from assistant.recognise import lines
from assistant.recognise.draft import Draft, Found
from assistant.standards import phone

if TYPE_CHECKING:
    from assistant.model.call import Reader
    from assistant.recognise.formats import Formats
    from assistant.standards.mail import Mail

_NOBODY = re.compile(r"(?i)^(?:no|do)[._-]?(?:not[._-]?)?reply.*|^(?:mailer-daemon|postmaster|info|web|www|form)$")
_QUOTE = re.compile(r"^\s*>")
_DASHES = re.compile(r"^\s*--\s*$")
_FAX = re.compile(r"(?i)\b(?:f|fax|telefax)\b[^\w\n]*$")
_MOBILE = re.compile(r"(?i)\b(?:m|mob(?:ile)?|cell|handy|mobil|portable|móvil)\b[^\w\n]*$")
_CLOCK = re.compile(r"(?i)(?<![\w-])(?:um|at|à|a las?) (?P<time>\d{1,2}[:.h]\d{2}(?:\s?[ap]\.?m\.?)?)")
_CLAUSE = re.compile(r"(?<=[.!?])\s+")


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A person's own words, and what stands below them."""

    body: str
    body_lines: str
    signature: str


def read(mail: Mail, reader: Reader, formats: Formats) -> Draft | None:
    """Return the call that a person notes down or asks for, None when the mail does neither."""
    letter = own_words(mail.text, formats)
    asked = _asked(letter.body, formats)
    noted = _noted(letter.body, formats)
    if noted is not None and (noted.get("name") or not asked):
        return _phone_message(noted, letter, reader)
    if asked:
        return _callback_request(mail, letter, reader, formats)
    return None


def asks_for_call(text: str, formats: Formats) -> bool:
    """Tell whether a text asks its reader for a call."""
    return _asked(text, formats)


def own_words(text: str, formats: Formats) -> Letter:
    """Split off what the writer quotes, and their signature."""
    quoted = formats.any_word("sentences", "quoted")
    closing = formats.any_word("sentences", "closing")
    body: list[str] = []
    below: list[str] = []
    current = body
    unfolded = re.sub(r"(?m)^((?:On|Am|Le|El)\b[^\n]{3,110})\n([^\n]{0,60}:)$", r"\1 \2", text)
    for line in unfolded.splitlines():
        if quoted.match(line.strip()):
            break
        if _QUOTE.match(line):
            continue
        if current is body and (_DASHES.match(line) or (body and closing.fullmatch(line.strip(" ,.!")))):
            current = below
        current.append(line)
    return Letter(body=" ".join(body).strip(), body_lines="\n".join(body), signature="\n".join(below))


def _asked(text: str, formats: Formats) -> bool:
    excuse = formats.any_word("sentences", "excuse")
    patterns = formats.each("sentences", "callback_request")
    clauses = _CLAUSE.split(" ".join(text.split()))
    return any(not excuse.search(clause) and any(p.search(clause) for p in patterns) for clause in clauses)


def _noted(text: str, formats: Formats) -> dict[str, str] | None:
    """Return the slots of a note of a call; None without one."""
    slots: dict[str, str] = {}
    noted = False
    for pattern in formats.each("sentences", "phone_message"):
        match = pattern.search(text)
        if match:
            noted = True
            slots = {**match.groupdict(), **slots}
    clock = _CLOCK.search(text)
    if clock:
        slots["time"] = clock["time"]
    return slots if noted else None


def _phone_message(slots: dict[str, str], letter: Letter, reader: Reader) -> Draft | None:
    spot = next((s for s in phone.find(letter.body, reader.region) if s.number not in reader.own_numbers), None)
    if spot is not None:
        slots = {**slots, "number": spot.raw}
    if not slots.get("name") and spot is None:
        return None
    wrapped = {
        key: Found(text=text, part="body", rule="a person's note of a call") for key, text in slots.items() if text
    }
    return Draft(kind=Kind.PHONE_MESSAGE, slots=wrapped, words=letter.body)


def _callback_request(mail: Mail, letter: Letter, reader: Reader, formats: Formats) -> Draft | None:
    number = _first(letter.body, reader) or _first(letter.signature, reader)
    filled_in = lines.labelled(letter.body_lines, formats)
    if {"name", "number"} <= filled_in.keys():  # a form on a web site speaks for somebody else
        return Draft(kind=Kind.CALLBACK_REQUEST, slots=filled_in, words=filled_in.get("note", filled_in["name"]).text)
    writer = mail.sender[0] or _NOBODY.sub("", mail.sender[1].partition("@")[0])
    slots = {"name": Found(text=writer, part="header From", rule="the writer")} if writer else {}
    if number:
        slots["number"] = Found(text=number, part="body", rule="the writer's number")
    if not slots:
        return None
    return Draft(kind=Kind.CALLBACK_REQUEST, slots=slots, words=letter.body)


def _first(text: str, reader: Reader) -> str | None:
    """Return the number to call in a text as written: a mobile first, never a fax or the reader's own."""
    spots = [s for s in phone.find(text, reader.region) if s.number not in reader.own_numbers]
    dialled = [s for s in spots if not _FAX.search(text[: s.start])]
    mobile = next((s.raw for s in dialled if _MOBILE.search(text[: s.start])), None)
    return mobile or (dialled[0].raw if dialled else None)
