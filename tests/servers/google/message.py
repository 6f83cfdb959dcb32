"""One mail as Gmail keeps it, and the resource it shows for it."""

from __future__ import annotations

import base64
import binascii
import email.policy
import html
import itertools
import re
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from inscriptis import get_text

from tests.servers.google.calls import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

_PARSER = BytesParser(policy=email.policy.compat32)
_MESSAGE_ID = re.compile(r"<[^<>\s]+>")
_ANSWER = re.compile(r"^\s*(?:(?:re|fwd?|aw|wg|sv|vs|antw)\s*(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_SNIPPET = 200
_fetches = itertools.count()


@dataclass
class Stored:
    """A mail. Equal ids are the same mail for ever; only labels change."""

    id: str
    thread: str
    raw: bytes
    labels: set[str]
    internal: int
    """`internalDate`, milliseconds since 1970."""
    number: int
    """Of its arrival, for mails of the same millisecond."""
    searchable: datetime
    history: int = 0

    @cached_property
    def parsed(self) -> Message:
        """Return the mail as the email library reads it."""
        return _PARSER.parsebytes(self.raw)

    @cached_property
    def message_id(self) -> str:
        """Return the Message-ID with its brackets, "" for none."""
        found = _MESSAGE_ID.search(str(self.parsed.get("Message-ID", "")))
        return found.group() if found else ""

    @cached_property
    def references(self) -> frozenset[str]:
        """Return the Message-IDs that the mail answers to."""
        fields = [*self.parsed.get_all("References", []), *self.parsed.get_all("In-Reply-To", [])]
        return frozenset(each for field in fields for each in _MESSAGE_ID.findall(str(field)))

    @cached_property
    def subject(self) -> str:
        """Return the subject as threads compare it."""
        return " ".join(_ANSWER.sub("", self.field("Subject")).split()).casefold()

    @cached_property
    def text(self) -> str:
        """Return what the mail says, attachments aside."""
        return "\n".join(_texts(self.parsed))

    @cached_property
    def snippet(self) -> str:
        """Return the beginning of the text, escaped for HTML as Gmail does."""
        return html.escape(" ".join(self.text.split())[:_SNIPPET])

    def field(self, name: str) -> str:
        """Return a header field as it is read by people, "" for none."""
        return shown(self.parsed.get(name, ""))

    def bare(self) -> dict[str, Any]:
        """Return the resource of lists and histories."""
        return {"id": self.id, "threadId": self.thread}

    def labelled(self) -> dict[str, Any]:
        """Return the resource with labels, which are left out when there are none."""
        return self.bare() | ({"labelIds": sorted(self.labels)} if self.labels else {})

    def resource(self, form: str, wanted: Sequence[str] = ()) -> dict[str, Any]:
        """Return the resource in a format: "minimal", "metadata", "full" or "raw".

        Args:
            form: the format.
            wanted: names of the header fields of "metadata"; none is all of them.
        """
        found = self.labelled() | {
            "snippet": self.snippet,
            "historyId": str(self.history),
            "internalDate": str(self.internal),
            "sizeEstimate": len(self.raw),
        }
        if form == "raw":
            found["raw"] = base64.urlsafe_b64encode(self.raw).decode()
        elif form == "metadata":
            names = {name.lower() for name in wanted}
            fields = [each for each in _fields(self.parsed) if not names or each["name"].lower() in names]
            found["payload"] = {"mimeType": self.parsed.get_content_type()} | ({"headers": fields} if fields else {})
        elif form == "full":
            found["payload"] = _part(self, self.parsed, "")
        return found

    def attachment(self, attachment_id: str) -> bytes:
        """Return a part by the id that some answer gave it; every answer gives another one.

        Raises:
            RefusedError: there is none.
        """
        try:
            message, part_id, _ = base64.urlsafe_b64decode(attachment_id.removeprefix("ANGjdJ")).decode().split(":")
        except (binascii.Error, ValueError):
            raise RefusedError(400, "invalidArgument", "Invalid attachment token") from None
        part = dict(_numbered(self.parsed, "")).get(part_id)
        if message != self.id or part is None:
            raise RefusedError(400, "invalidArgument", "Invalid attachment token")
        return _content(part)


def shown(value: object) -> str:
    """Return a header field as Gmail shows it: unfolded and decoded (RFC 2047)."""
    unfolded = re.sub(r"\r?\n[ \t]+", " ", str(value))
    try:
        return str(make_header(decode_header(unfolded)))
    except (HeaderParseError, LookupError, UnicodeError):
        return unfolded


def read_raw(body: dict[str, Any] | None) -> bytes:
    """Return the bytes of a message resource's `raw`, lines ended by CRLF as Gmail stores them.

    Raises:
        RefusedError: there are none.
    """
    text = (body or {}).get("raw") or ""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise RefusedError(400, "invalidArgument", "Invalid value for ByteString") from None
    if not raw:
        raise RefusedError(400, "invalidArgument", "'raw' RFC822 payload message string or uploading message required")
    return lines(raw)


def lines(raw: bytes) -> bytes:
    """Return a mail with lines ended by CRLF."""
    return re.sub(rb"\r?\n", b"\r\n", raw)


def dated(raw: bytes) -> int | None:
    """Return the Date of a mail in milliseconds since 1970, None without one that can be read."""
    try:
        moment = parsedate_to_datetime(str(_PARSER.parsebytes(raw, headersonly=True).get("Date", "")))
    except ValueError:
        return None
    return int(moment.timestamp() * 1000)


def rewritten(raw: bytes, message_id: str) -> bytes:
    """Return a mail as Gmail's web page writes it again: another Message-ID, and no field that it does not know."""
    found = _PARSER.parsebytes(raw)
    for name in {name for name in found.keys() if name.lower().startswith("x-")}:  # noqa: SIM118  a Message is no dict
        del found[name]
    del found["Message-ID"]
    found["Message-ID"] = message_id
    return lines(found.as_bytes())


def _fields(part: Message) -> list[dict[str, str]]:
    return [{"name": name, "value": shown(value)} for name, value in part.items()]


def _inner(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [each for each in payload if isinstance(each, Message)] if isinstance(payload, list) else []


def _numbered(part: Message, part_id: str) -> Iterator[tuple[str, Message]]:
    yield part_id, part
    for number, each in enumerate(_inner(part)):
        yield from _numbered(each, f"{part_id}.{number}".lstrip("."))


def _content(part: Message) -> bytes:
    if part.is_multipart():
        return b"".join(each.as_bytes() for each in _inner(part)) if part.get_content_maintype() == "message" else b""
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


def _part(mail: Stored, part: Message, part_id: str) -> dict[str, Any]:
    content, filename = _content(part), shown(part.get_filename() or "")
    body: dict[str, Any] = {"size": len(content)}
    if filename or part.get_content_maintype() == "message":
        token = base64.urlsafe_b64encode(f"{mail.id}:{part_id}:{next(_fetches)}".encode()).decode()
        body["attachmentId"] = f"ANGjdJ{token}"
    elif content:
        body["data"] = base64.urlsafe_b64encode(content).decode()
    found: dict[str, Any] = {"partId": part_id, "mimeType": part.get_content_type(), "filename": filename}
    found |= {"headers": _fields(part), "body": body}
    inner = [_part(mail, each, f"{part_id}.{number}".lstrip(".")) for number, each in enumerate(_inner(part))]
    return found | ({"parts": inner} if inner else {})


def _texts(parsed: Message) -> Iterator[str]:
    for part in parsed.walk():
        if part.get_content_maintype() != "text" or part.get_filename():
            continue
        charset = part.get_content_charset("utf-8")
        try:
            text = _content(part).decode(charset, "replace")
        except LookupError:
            text = _content(part).decode("latin-1")
        yield get_text(text) if part.get_content_subtype() == "html" and text.strip() else text
