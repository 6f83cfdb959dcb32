"""Mails that someone passed on: the notice is the mail inside, and its time is the inner one."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from assistant.recognise import hosts, needed, when
from assistant.standards import mail as codec
from assistant.standards import regex

if TYPE_CHECKING:
    from datetime import datetime

    from assistant.model.call import Reader
    from assistant.recognise.formats import Formats
    from assistant.recognise.needed import Needed
    from assistant.standards.mail import Mail

_HEAD_LINES = 12
_COMMENT_LINES = 60  # more lines before the inner head are a letter, not a comment
_GAP = 2  # other lines within a head: empty ones, wrapped ones
_QUOTE = regex.lazy(r"^[ \t]*>[ \t]?")
_ANSWER = regex.lazy(
    r"^\s*(?:\[[^\]]*\]\s*)*(?:re|aw|antw|sv|rif|rv|res|réf|odp|vs|回复|回覆|答复|返信)(?:\[\d+\])?\s*[:\uff1a]",
    re.IGNORECASE,
)
_DASHES = regex.lazy(r"^--\s*$")
_NEEDED = {"from", "subject"}


class _Block(NamedTuple):
    """An inner head: its fields, the lines it stands in, and the quote marks before them."""

    fields: dict[str, str]
    start: int
    end: int
    quoted: bool


def inner(mail: Mail, reader: Reader, formats: Formats) -> Mail | None:
    """Return the mail that was passed on, None when this is no forward.

    An enclosed message/rfc822 comes as it was; else the inner header lines are read out of the text, whatever the
    language of the mail program. A subject need not say it: the rule above the inner head does, or a head in a mail
    that answers none. The inner mail keeps the outer attachments, where the recording is; nothing proves its origin.
    """
    labelled = _prefix(tuple(word for language in formats.languages for word in language.forward.prefix))
    said = labelled.match(mail.subject) is not None
    if mail.enclosed and not mail.header("Content-Type").lower().startswith("multipart/report"):
        return _unproved(codec.parse(mail.enclosed[0]))
    if not _may_have_head(mail.text, formats):
        return None
    lines = mail.text.splitlines()
    block = _head(lines, formats)
    if block is None or not (said or _marked(lines[: block.start], formats) or _passed_on(mail, block)):
        return None
    date = _date(block.fields.get("sent", ""), mail.date, reader, formats)
    headers = (("From", block.fields.get("from", "")), ("Subject", block.fields.get("subject", "")))
    body = "\n".join(_body(lines[block.end :], mail, quoted=block.quoted))
    return msgspec.structs.replace(mail, headers=headers, date=date, plain=body, pages=(), enclosed=())


def answers(subject: str) -> bool:
    """Tell whether a subject says that its mail answers another."""
    return _ANSWER.match(subject) is not None


def _passed_on(mail: Mail, block: _Block) -> bool:
    """Tell whether an inner head without a rule above it is a forward's: the mail answers none, says little itself."""
    answer = answers(mail.subject) or mail.header("In-Reply-To")
    return not answer and "@" in block.fields["from"] and block.start <= _COMMENT_LINES


def _marked(above: list[str], formats: Formats) -> bool:
    """Tell whether the lines just above a head say that a mail is passed on."""
    told = [line.strip(" \t>*") for line in above if line.strip(" \t>")][-1:]
    markers = _whole(tuple(word for language in formats.languages for word in language.forward.marker))
    return any(markers.fullmatch(line) for line in told)


def _unproved(mail: Mail) -> Mail:
    kept = tuple(field for field in mail.headers if field[0].lower() not in {"authentication-results", "received"})
    return msgspec.structs.replace(mail, headers=kept)


def _date(text: str, outer: datetime | None, reader: Reader, formats: Formats) -> datetime | None:
    if outer is None:
        return None
    moment = when.read(text, outer, (reader.region, reader.zone), formats)
    return moment.at if moment else outer


def _may_have_head(text: str, formats: Formats) -> bool:
    """Tell whether a text has the label of a subject in it, without which there is no inner head."""
    words = _needed(tuple(language.forward.subject for language in formats.languages))
    low = hosts.folded(text) if words else ""
    return not words or any(word in low for word in words)


@lru_cache(maxsize=64)
def _needed(labels: tuple[str, ...]) -> Needed:
    """Return the texts of which one stands wherever a label does, none where nothing is known of one."""
    each = [needed.needed(label) for label in labels]
    return frozenset().union(*each) if all(each) else frozenset()


def _head(lines: list[str], formats: Formats) -> _Block | None:
    """Return the first run of lines that is a mail's head: a sender and a subject at least, in any order."""
    patterns, begins = _labels(formats)
    for start, line in enumerate(lines):
        if begins.match(line):
            block = _block(lines, start, patterns)
            if block is not None:
                return block
    return None


def _block(lines: list[str], start: int, patterns: dict[str, re.Pattern[str]]) -> _Block | None:
    fields: dict[str, str] = {}
    end = start
    idle = 0
    for offset, line in enumerate(lines[start : start + _HEAD_LINES]):
        match = next(
            ((key, found) for key, p in patterns.items() if key not in fields and (found := p.match(line))), None
        )
        if match:
            fields[match[0]] = match[1]["value"].strip().strip("*").strip()
            end, idle = start + offset, 0
            continue
        idle += 1
        if idle > _GAP or (fields.keys() >= _NEEDED and not _names_people(line)):
            break
        end = start + offset if line.strip(" \t>") and fields.keys() >= _NEEDED else end
    complete = fields.keys() >= _NEEDED and ("sent" in fields or "to" in fields)
    return _Block(fields, start, end + 1, bool(_QUOTE.match(lines[start]))) if complete else None


def _names_people(line: str) -> bool:
    """Tell whether a line goes on listing the people a mail went to."""
    return all("@" in part for part in re.split("[;,]", line.strip(" \t>;,"))) and not line.rstrip().endswith(".")


def _body(lines: list[str], mail: Mail, *, quoted: bool) -> list[str]:
    """Return the inner text without the quote marks before it and the forwarder's signature below it."""
    bare = [_QUOTE.sub("", line) for line in lines] if quoted else lines
    name = mail.sender[0].lower()
    for number, line in enumerate(bare):
        if _DASHES.match(line) and name and any(name in below.lower() for below in bare[number + 1 : number + 4]):
            return bare[:number]
    return bare


def _labels(formats: Formats) -> tuple[dict[str, re.Pattern[str]], re.Pattern[str]]:
    """Return the labels of all languages, for mail programs and their users do not always speak the same one.

    The pattern beside them is that of any label which a head may begin with.
    """
    each = [language.forward for language in formats.languages]
    words = {
        "from": tuple(forward.from_ for forward in each),
        "sent": tuple(word for forward in each for word in forward.sent),
        "subject": tuple(forward.subject for forward in each),
        "to": ("to", *(word for forward in each for word in forward.others)),
    }
    found = {key: _label(value) for key, value in words.items()}
    begins = _label(words["from"] + words["sent"] + words["subject"])
    return found | {"cc": found["to"], "more": found["to"]}, begins


@lru_cache(maxsize=64)
def _label(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"^[ \t>*]*(?:{'|'.join(words) or '(?!)'})[* \t]*[:\uff1a][* \t]*(?P<value>.*)$", re.IGNORECASE)


@lru_cache(maxsize=16)
def _whole(markers: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(markers) or "(?!)", re.IGNORECASE)


@lru_cache(maxsize=16)
def _prefix(prefixes: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(
        rf"^\s*(?:\[[^\]]*\]\s*)*(?:{'|'.join(prefixes) or '(?!)'})(?:\[\d+\])?\s*[:\uff1a]", re.IGNORECASE
    )
