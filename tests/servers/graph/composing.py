"""Messages written from JSON: whole ones, changed ones, answers."""

from __future__ import annotations

import email
import email.policy
import uuid
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from tests.servers.ews.message import read
from tests.servers.graph.calls import GraphError

if TYPE_CHECKING:
    from datetime import datetime

_POLICY = email.policy.SMTP.clone(cte_type="7bit")
_PEOPLE = {
    "from": "From",
    "sender": "Sender",
    "toRecipients": "To",
    "ccRecipients": "Cc",
    "bccRecipients": "Bcc",
    "replyTo": "Reply-To",
}
_MOST_HEADERS = 5


def composed(given: dict[str, Any], now: datetime, raw: bytes = b"") -> bytes:
    """Return a message with what JSON says of its content.

    Args:
        given: properties of a message; others than content are passed over.
        now: when it is written.
        raw: what it was before; a new message when empty.

    Raises:
        GraphError: header fields that no client may set.
    """
    made = _parsed(raw) if raw else EmailMessage(policy=_POLICY)
    for name, field in _PEOPLE.items():
        if name in given:
            del made[field]
            people = given[name] if isinstance(given[name], list) else [given[name]] * bool(given[name])
            if people:
                made[field] = [_address(each["emailAddress"]) for each in people]
    _set(made, "Subject", given, "subject")
    _set(made, "Message-ID", given, "internetMessageId")
    for name, value in _headers(given.get("internetMessageHeaders")):
        del made[name]
        made[name] = value
    if "body" in given:
        _write(made, given["body"])
    elif not raw:
        made.set_content("")
    if "Message-ID" not in made:
        made["Message-ID"] = f"<{uuid.uuid4().hex}@namprd00.prod.outlook.com>"
    if "Date" not in made:
        made["Date"] = format_datetime(now)
    return made.as_bytes(policy=_POLICY)


def answer(raw: bytes, own: str, comment: str, now: datetime, *, everybody: bool) -> bytes:
    """Return an answer to a message, its words below the comment.

    Args:
        raw: the message.
        own: the user's address, which gets no answer.
        comment: the words of the answer.
        now: when it is written.
        everybody: whether those who got the message get the answer too.
    """
    old, made = _parsed(raw), EmailMessage(policy=_POLICY)
    header = read(raw).header
    to = header("Reply-To") or header("From") or ""
    made["From"] = own
    made["To"] = to
    if everybody and header("Cc"):
        made["Cc"] = header("Cc")
    subject = str(old["Subject"] or "")
    made["Subject"] = subject if subject.lower().startswith("re:") else f"RE: {subject}"
    if header("Message-ID"):
        made["In-Reply-To"] = header("Message-ID")
        made["References"] = f"{header('References') or ''} {header('Message-ID')}".strip()
    made["Message-ID"] = f"<{uuid.uuid4().hex}@namprd00.prod.outlook.com>"
    made["Date"] = format_datetime(now)
    part = old.get_body(("plain", "html"))
    quoted = part.get_content() if part is not None else ""
    made.set_content(f"{comment}\n\n________________________________\nFrom: {to}\nSubject: {subject}\n\n{quoted}")
    return made.as_bytes(policy=_POLICY)


def _parsed(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, _class=EmailMessage, policy=_POLICY)


def _set(made: EmailMessage, field: str, given: dict[str, Any], name: str) -> None:
    if name in given:
        del made[field]
        made[field] = " ".join(str(given[name] or "").split())


def _address(given: dict[str, Any]) -> Address:
    return Address(given.get("name") or "", addr_spec=given["address"])


def _headers(given: list[dict[str, str]] | None) -> list[tuple[str, str]]:
    """Return the header fields that a client sets; an empty list is refused too (msgraph-sdk-dotnet#2208)."""
    if given is None:
        return []
    if not 1 <= len(given) <= _MOST_HEADERS:
        text = "Maximum number of headers in one message should be less than or equal to 5."
        raise GraphError("InvalidInternetMessageHeaderCollection", text)
    for each in given:
        if not each["name"].lower().startswith("x-"):
            text = f"The internet message header name '{each['name']}' should start with 'x-' or 'X-'."
            raise GraphError("InvalidInternetMessageHeader", text)
    return [(each["name"], each["value"]) for each in given]


def _write(made: EmailMessage, body: dict[str, str]) -> None:
    kept = list(made.iter_attachments()) if made.is_multipart() else []
    made.clear_content()
    kind = "html" if str(body.get("contentType", "text")).lower() == "html" else "plain"
    made.set_content(body.get("content") or "", subtype=kind)
    if kept:
        made.make_mixed()
        for each in kept:
            made.attach(each)
