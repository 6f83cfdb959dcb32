"""Is this mail mine? Formats answer by its head and structure; nothing is read out of it here."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from assistant.errors import RecognitionError
from assistant.recognise import patterns
from assistant.standards import regex
from assistant.standards.mail import domain, within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.recognise.formats import Format, Formats, Marks
    from assistant.standards.mail import Mail


_TAGS = regex.lazy(
    r"^(?:\s*(?:\[[^\]]{0,80}\]|\{[^}]{0,80}\}|\(ext(?:ern\w{0,9})?\)|\*{3}[^*]{0,80}\*{3}|\bext(?:ern\w{0,9})?\b\s*(?=[:|-]))"
    r"\s*[:|-]?\s*){1,9}",
    re.IGNORECASE,
)
_OUTSIDE = regex.lazy(
    r"^(?:\s*(?:[\[{(*]{1,3}\s?(?:ext(?:ern\w{0,9})?|disarmed)\s?[\]})*]{1,3}\s?[:|-]?|\bext(?:ern\w{0,9})?\s*[:|-])\s*){1,9}",
    re.IGNORECASE,
)


@lru_cache(maxsize=64)  # each format asks for it
def bare_subject(subject: str) -> str:
    """Return a subject without the tags that gateways and lists put before it."""
    return _TAGS.sub("", subject)


def untagged(subject: str) -> str:
    """Return a subject without the tags by which gateways mark what comes from outside; other tags stay."""
    return _OUTSIDE.sub("", subject)


def claim(mail: Mail, formats: Formats) -> Format | None:
    """Return the one format that claims the mail, None when none does.

    Raises:
        RecognitionError: several claim it, and none of them refines the others.
    """
    claims = claiming(mail, formats)
    refined = {name for format_ in claims for name in format_.refines}
    left = [format_ for format_ in claims if format_.vendor not in refined]
    if len(left) > 1:
        names = " and ".join(format_.vendor for format_ in left)
        raise RecognitionError(f"{names} both claim this mail; look at it yourself and report the mail as a fault")
    return left[0] if left else None


def claiming(mail: Mail, formats: Formats) -> list[Format]:
    """Return every format that claims the mail, those that yield to others too."""
    hosted = within(domain(mail.sender[1]), formats.hosted)
    return [
        format_
        for format_ in formats.formats
        if any((hosted or not marks.by_domain) and fits(marks, mail, format_) for marks in format_.identify)
    ]


def fits(marks: Marks, mail: Mail, format_: Format) -> bool:
    """Tell whether a mail carries all the marks."""
    sender = mail.sender[1]
    if marks.by_domain and not within(domain(sender), format_.domains):
        return False
    if marks.from_ is not None and not _found(marks.from_, sender):
        return False
    if marks.subject is not None and not (
        _found(marks.subject, mail.subject) or _found(marks.subject, bare_subject(mail.subject))
    ):
        return False
    if not all(_found(pattern, mail.header(name)) for name, pattern in marks.headers.items()):
        return False
    return marks.text is None or _found(marks.text, mail.text[: patterns.LONGEST_READ])


def described(marks: Marks) -> Iterator[str]:
    """Yield each mark in words."""
    if marks.by_domain:
        yield "the sender's domain"
    if marks.from_ is not None:
        yield f"the sender has {marks.from_!r}"
    if marks.subject is not None:
        yield f"the subject has {marks.subject!r}"
    yield from (f"the header {name} has {pattern!r}" for name, pattern in marks.headers.items())
    if marks.text is not None:
        yield f"the text has {marks.text!r}"


def _found(pattern: str, text: str) -> bool:
    return patterns.plain(pattern).search(text) is not None
