"""The cheap look at a mail's head, which decides whether it is fetched at all.

It may err to one side only: a mail that reports a call must pass. A person's mail shows its wish in the body alone, so
whatever is not plainly sent by a machine to many, or as an automatic answer, passes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from assistant.recognise.formats import load
from assistant.standards import regex

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.recognise.formats import Formats

_CALLS = regex.lazy(r"^IPM\.Note(?:\.rpmsg)?\.Microsoft\.(?:Missed|Voicemail|Conversation\.Voice)", re.IGNORECASE)
_NO_NOTES = regex.lazy(
    r"^(?:IPM\.(?!Note\b)|REPORT\.|IPM\.Note\.(?:rpmsg\.)?Microsoft\.Fax|IPM\.Outlook\.Recall)", re.IGNORECASE
)
_BULK = {"bulk", "list", "junk"}
_LISTED = ("list-id", "list-unsubscribe", "list-post", "feedback-id")
_ANSWERED = {"x-autoreply", "x-autorespond", "x-autoresponder", "x-failed-recipients", "x-mailer-daemon"}
_TRACKERS = (
    "x-jira-",
    "x-github-",
    "x-gitlab-",
    "x-bugzilla-",
    "x-redmine-",
    "x-trac-",
    "x-launchpad-",
    "x-phabricator-",
)


def is_candidate(
    head_headers: Sequence[tuple[str, str]], item_class: str | None = None, formats: Formats | None = None
) -> bool:
    """Tell whether a mail may report a call, by its header fields alone.

    Args:
        head_headers: names (any case) and values, in the order of the mail.
        item_class: Exchange's message class (MS-OXOUM), None elsewhere.
        formats: None for the built-in ones.
    """
    if item_class and _CALLS.match(item_class):
        return True
    if item_class and _NO_NOTES.match(item_class):
        return False
    fields: dict[str, str] = {}
    for name, value in head_headers:
        fields.setdefault(name.lower(), value)
    if is_answer(head_headers, formats) or fields.get("content-type", "").lower().startswith("text/calendar"):
        return False
    return not is_bulk(fields) or speaks_of_calls(fields.get("subject", ""), formats or load())


def is_answer(headers: Sequence[tuple[str, str]], formats: Formats | None = None) -> bool:
    """Tell whether a mail is an automatic answer (RFC 3834 5), a bounce, or a tracker's word on a ticket."""
    fields: dict[str, str] = {}
    for name, value in headers:
        fields.setdefault(name.lower(), value)
    if not _ANSWERED.isdisjoint(fields) or any(name.startswith(_TRACKERS) for name in fields):
        return True
    submitted = fields.get("auto-submitted", "").strip().lower()
    if submitted.startswith(("auto-replied", "auto-notified")) or _is_report(fields):
        return True
    answers = "in-reply-to" in fields and bool(submitted) and submitted != "no"
    subject = " ".join(fields.get("subject", "")[:200].split())
    return answers or (formats or load()).any_word("sentences", "automatic").match(subject) is not None


def _is_report(fields: dict[str, str]) -> bool:
    """Tell whether a mail reports on another one's way (RFC 6522)."""
    return fields.get("content-type", "").strip().lower().startswith("multipart/report")


def is_bulk(fields: dict[str, str]) -> bool:
    """Tell whether header fields (names in lower case) are those of a mail to many (RFC 2369, RFC 2919)."""
    precedence = fields.get("precedence", "").strip().lower()
    return precedence in _BULK or any(name in fields for name in _LISTED)


def speaks_of_calls(subject: str, formats: Formats) -> bool:
    """Tell whether a subject has words of calls in it, or may have: one in encoded words is not decoded for this."""
    if "=?" in subject:
        return True
    lure = formats.any_word("sentences", "lure")
    return bool(lure.search(subject) or formats.any_word("sentences", "calling").search(subject))
