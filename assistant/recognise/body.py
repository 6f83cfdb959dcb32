"""The part of a notice's text that is the system's own: no gateway's banner above it, no signature or footer below."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from assistant.recognise import lines
from assistant.standards import regex

if TYPE_CHECKING:
    from assistant.recognise.formats import Formats
    from assistant.standards.mail import Mail

_SIGNATURE = regex.lazy(r"^-- ?$", re.MULTILINE)  # RFC 3676 4.3
_EAST = regex.lazy(r"[\u3040-\u30ff\u4e00-\u9fff]")
_GOES_ON = regex.lazy(
    r"(?=\S)(?![^\n:]{1,30}:\s|[-*#>|\u2022\u00b7]|\d{1,2}[.)]\s)(?!.*(?:\s{2}|\t|\|))"
)  # no label, item or cells
_ENDS = regex.lazy(r"[.!?:;|\u3002]$|(?<![:\s])\s{2}|\t|\|")
_WIDTH, _NARROWEST = 72, 45
_FEWEST_WORDS = 3
_FEWEST_EAST = 8
_BANNER_WITHIN = 400  # characters from the top of the mail


def of(mail: Mail, formats: Formats) -> str:
    """Return a mail's text without a banner of the receiving house and without what stands below a signature mark."""
    return _framed(mail.text, formats)


def of_html(mail: Mail, formats: Formats) -> str:
    """Return the same of the HTML where the plain text is the one that is read, else ""."""
    return "" if mail.text is mail.html else _framed(mail.html, formats)


def _framed(text: str, formats: Formats) -> str:
    return _without_frame(text, formats.any_word("sentences", "banner"), formats.any_word("sentences", "legal"))


@lru_cache(maxsize=8)
def _without_frame(text: str, banner: re.Pattern[str], legal: re.Pattern[str]) -> str:
    mark = _SIGNATURE.search(text)
    if mark and (_says(text[: mark.start()]) or not text[: mark.start()].strip()):
        text = text[: mark.start()]
    text = _unwrapped(_above_law(text, legal))
    if not banner.search(text[:_BANNER_WITHIN]):
        return text
    parts = lines.PARAGRAPH.split(text)
    kept = [part for number, part in enumerate(parts) if number > 1 or not banner.search(part)]
    return "\n\n".join(kept) if any(part.strip() for part in kept) else text


def _says(text: str) -> bool:
    """Tell whether a text says something: some words, or a sentence in a script that parts none."""
    return len(text.split()) >= _FEWEST_WORDS or len(_EAST.findall(text)) >= _FEWEST_EAST


def _unwrapped(text: str) -> str:
    """Join lines that a program wrapped: the first word of the next one would have passed its width."""
    kept: list[str] = []
    length = 0  # of the line as it came
    for line in text.split("\n"):
        word = line.partition(" ")[0]
        full = _NARROWEST <= length <= _WIDTH < length + 1 + len(word)
        if full and _GOES_ON.match(line) and not _ENDS.search(kept[-1]):
            kept[-1] = f"{kept[-1]} {line}"
        else:
            kept.append(line)
        length = len(line)
    return "\n".join(kept)


def _above_law(text: str, legal: re.Pattern[str]) -> str:
    """Return what stands above the line in which a house says who it is and that its mails are confidential."""
    for match in legal.finditer(text):
        start = text.rfind("\n", 0, match.start()) + 1
        if _says(text[:start]):
            return text[:start]
    return text
