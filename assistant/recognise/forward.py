"""Mails that someone passed on: the notice is the mail inside, and its time is the inner one."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from assistant.recognise import when
from assistant.standards import mail as codec

if TYPE_CHECKING:
    from datetime import datetime

    from assistant.model.call import Reader
    from assistant.recognise.formats import Formats, Language
    from assistant.standards.mail import Mail

_HEAD_LINES = 12


def inner(mail: Mail, reader: Reader, formats: Formats) -> Mail | None:
    """Return the mail that was passed on, None when this is no forward.

    An enclosed message/rfc822 comes as it was; else the inner header lines are read out of the text. The inner mail
    keeps the outer attachments, where the recording is, and has no proof of its origin.
    """
    if not any(_prefix(language).match(mail.subject) for language in formats.languages):
        return None
    if mail.enclosed:
        return _unproved(codec.parse(mail.enclosed[0]))
    for language in formats.languages:
        found = _header_block(mail.text, language)
        if found is not None:
            fields, body = found
            date = _date(fields.get("sent", ""), mail.date, reader, formats)
            headers = (("From", fields.get("from", "")), ("Subject", fields.get("subject", "")))
            return msgspec.structs.replace(mail, headers=headers, date=date, plain=body, html="", enclosed=())
    return None


def _unproved(mail: Mail) -> Mail:
    kept = tuple(field for field in mail.headers if field[0].lower() not in {"authentication-results", "received"})
    return msgspec.structs.replace(mail, headers=kept)


def _date(text: str, outer: datetime | None, reader: Reader, formats: Formats) -> datetime | None:
    if outer is None:
        return None
    moment = when.read(text, outer, (reader.region, reader.zone), formats)
    return moment.at if moment else outer


def _header_block(text: str, language: Language) -> tuple[dict[str, str], str] | None:
    """Return the inner header fields and what follows them."""
    lines = text.splitlines()
    patterns = _labels(language)
    for start, line in enumerate(lines):
        if not patterns["from"].match(line):
            continue
        fields: dict[str, str] = {}
        end = start
        for offset, below in enumerate(lines[start : start + _HEAD_LINES]):
            match = next(((key, m) for key, p in patterns.items() if (m := p.match(below))), None)
            if match and match[0] not in fields:
                fields[match[0]] = match[1]["value"].strip()
                end = start + offset
        if {"from", "sent", "subject"} <= fields.keys():
            return fields, "\n".join(_after_head(lines[end + 1 :]))
    return None


def _after_head(lines: list[str]) -> list[str]:
    """Drop what is left of the header block (To, Cc) up to the empty line below it."""
    blank = next((number for number, line in enumerate(lines) if not line.strip()), None)
    return lines[blank + 1 :] if blank is not None and blank < _HEAD_LINES else lines


def _labels(language: Language) -> dict[str, re.Pattern[str]]:
    forward = language.forward
    words = {"from": (forward.from_,), "sent": forward.sent, "subject": (forward.subject,)}
    return {key: _label(value) for key, value in words.items()}


@lru_cache(maxsize=64)
def _label(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"^[ \t>*]*(?:{'|'.join(words) or '(?!)'})[* \t]*:[* \t]*(?P<value>.*)$", re.IGNORECASE)


def _prefix(language: Language) -> re.Pattern[str]:
    return _compiled(language.forward.prefix)


@lru_cache(maxsize=16)
def _compiled(prefixes: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"^\s*(?:\[[^\]]*\]\s*)*(?:{'|'.join(prefixes) or '(?!)'})\s*:", re.IGNORECASE)
