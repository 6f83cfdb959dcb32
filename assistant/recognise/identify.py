"""Is this mail mine? Formats answer by its head and structure; nothing is read out of it here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from assistant.errors import RecognitionError
from assistant.standards.mail import domain, within

if TYPE_CHECKING:
    from assistant.recognise.formats import Format, Formats, Marks
    from assistant.standards.mail import Mail


def claim(mail: Mail, formats: Formats) -> Format | None:
    """Return the one format that claims the mail, None when none does.

    Raises:
        RecognitionError: several claim it, and none of them refines the others.
    """
    claims = [format_ for format_ in formats.formats if any(fits(m, mail, format_) for m in format_.identify)]
    refined = {name for format_ in claims for name in format_.refines}
    left = [format_ for format_ in claims if format_.vendor not in refined]
    if len(left) > 1:
        names = " and ".join(format_.vendor for format_ in left)
        raise RecognitionError(f"{names} both claim this mail; look at it yourself and report the mail as a fault")
    return left[0] if left else None


def fits(marks: Marks, mail: Mail, format_: Format) -> bool:
    """Tell whether a mail carries all the marks."""
    if marks.by_domain and not within(domain(mail.sender[1]), format_.domains):
        return False
    places = ((marks.from_, mail.sender[1]), (marks.subject, mail.subject), (marks.text, mail.text))
    if any(pattern is not None and not _found(pattern, text) for pattern, text in places):
        return False
    return all(_found(pattern, mail.header(name)) for name, pattern in marks.headers.items())


def _found(pattern: str, text: str) -> bool:
    return re.search(pattern, text, re.IGNORECASE) is not None
