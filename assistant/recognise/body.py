"""The part of a notice's text that is the system's own: no gateway's banner above it, no signature or footer below."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from assistant.recognise import lines

if TYPE_CHECKING:
    from assistant.recognise.formats import Formats
    from assistant.standards.mail import Mail

_SIGNATURE = re.compile(r"^-- ?$", re.MULTILINE)  # RFC 3676 4.3
_FEWEST_WORDS = 3
_BANNER_WITHIN = 400  # characters from the top of the mail


def of(mail: Mail, formats: Formats) -> str:
    """Return a mail's text without a banner of the receiving house and without what stands below a signature mark."""
    return _without_frame(mail.text, formats.any_word("sentences", "banner"))


def of_html(mail: Mail, formats: Formats) -> str:
    """Return the same of the HTML where the plain text is the one that is read, else ""."""
    return "" if mail.text is mail.html else _without_frame(mail.html, formats.any_word("sentences", "banner"))


@lru_cache(maxsize=8)
def _without_frame(text: str, banner: re.Pattern[str]) -> str:
    mark = _SIGNATURE.search(text)
    if mark and len(text[: mark.start()].split()) >= _FEWEST_WORDS:
        text = text[: mark.start()]
    if not banner.search(text[:_BANNER_WITHIN]):
        return text
    parts = lines.PARAGRAPH.split(text)
    kept = [part for number, part in enumerate(parts) if number > 1 or not banner.search(part)]
    return "\n\n".join(kept) if any(part.strip() for part in kept) else text
