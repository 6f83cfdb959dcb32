"""Messages (RFC 5322) as Graph takes them: properties as JSON, written all at once."""

from __future__ import annotations

import email
import email.policy
import email.utils
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

from assistant.errors import InvalidResponseError, UnsupportedError
from assistant.standards.compose import KEY_HEADER, digest
from providers.microsoft365 import properties
from providers.microsoft365.service import NAME

if TYPE_CHECKING:
    from collections.abc import Mapping

_NOT_A_DRAFT = "0"
_PEOPLE = {"toRecipients": "To", "ccRecipients": "Cc", "bccRecipients": "Bcc", "replyTo": "Reply-To"}
_THREAD = {properties.IN_REPLY_TO: "In-Reply-To", properties.REFERENCES: "References"}


def words(raw: bytes, operation: str) -> dict[str, Any]:
    """Return what a person reads in a draft: whom to, subject and text, and that it is as we wrote it.

    Raises:
        UnsupportedError: it has attachments.
    """
    message = _parsed(raw)
    if any(True for _ in message.iter_attachments()):
        raise UnsupportedError(NAME, operation, "a draft for Microsoft 365 has no attachments")
    return {**_content(message), **properties.given({properties.WORDS: digest(raw)})}


def draft(raw: bytes, key: str, operation: str) -> dict[str, Any]:
    """Return a draft of ours that answers nothing which is there.

    Raises:
        UnsupportedError: it has attachments.
    """
    thread = {name: " ".join(str(told).split()) for name, field in _THREAD.items() if (told := _parsed(raw)[field])}
    marks = {properties.KEY: key, properties.WORDS: digest(raw), **thread}
    return {**words(raw, operation), **_identity(raw, key), **properties.given(marks)}


def answer(raw: bytes, key: str, operation: str) -> dict[str, Any]:
    """Return a draft of ours that answers a mail: Microsoft adds what makes it one.

    Raises:
        UnsupportedError: it has attachments.
    """
    marks = {properties.KEY: key, properties.WORDS: digest(raw)}
    return {**words(raw, operation), **_identity(raw, key), **properties.given(marks)}


def arrived(raw: bytes, key: str) -> dict[str, Any]:
    """Return a mail that looks as if it had come: it is unread, and no draft."""
    marks = {properties.KEY: key, properties.FLAGS: _NOT_A_DRAFT}
    message = _parsed(raw)
    sender = _people(message, "From")[:1]
    people = {"from": sender[0], "sender": sender[0]} if sender else {}
    return {**_content(message), **people, **_identity(raw, key), "isRead": False, **properties.given(marks)}


def says(made: Mapping[str, Any], told: Mapping[str, Any]) -> bool:
    """Tell whether a draft has the words and the recipients that it was to have: an answer may get others."""
    return all(_bare(made.get(name)) == _bare(told[name]) for name in ("subject", "body", *_PEOPLE))


def _bare(value: object) -> object:
    """Return a property with single blanks and without the names of people."""
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, dict):
        return {name: _bare(each) for name, each in value.items() if name != "name"}
    return [_bare(each) for each in value] if isinstance(value, list) else value


def written(operation: str, made: Mapping[str, Any]) -> tuple[str, str]:
    """Return id and change key of what was made or changed.

    Raises:
        InvalidResponseError: the answer does not tell.
    """
    ref, key = made.get("id"), made.get("changeKey")
    if not isinstance(ref, str) or not isinstance(key, str) or not ref or not key:
        raise InvalidResponseError(NAME, operation, "Microsoft does not tell what it made; try again later")
    return ref, key


def _parsed(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, _class=EmailMessage, policy=email.policy.default)


def _content(message: EmailMessage) -> dict[str, Any]:
    part = message.get_body(("plain", "html"))
    kind = "html" if part is not None and part.get_content_subtype() == "html" else "text"
    body = {"contentType": kind, "content": "" if part is None else str(part.get_content())}
    people = {name: _people(message, field) for name, field in _PEOPLE.items()}
    return {"subject": str(message["Subject"] or ""), "body": body, **people}


def _identity(raw: bytes, key: str) -> dict[str, Any]:
    """Return what stands in the header of a message of ours."""
    named = str(_parsed(raw)["Message-ID"] or "").strip()
    fields = {"internetMessageHeaders": [{"name": KEY_HEADER, "value": key}]}
    return {**fields, **({"internetMessageId": named} if named else {})}


def _people(message: EmailMessage, field: str) -> list[dict[str, dict[str, str]]]:
    found = email.utils.getaddresses([str(each) for each in message.get_all(field, [])])
    return [_person(name, address) for name, address in found if "@" in address]


def _person(name: str, address: str) -> dict[str, dict[str, str]]:
    return {"emailAddress": {"address": address, **({"name": name} if name else {})}}
