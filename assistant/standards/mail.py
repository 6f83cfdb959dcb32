"""Messages (RFC 5322, MIME): reading them however damaged. Nothing here raises on a bad message."""

from __future__ import annotations

import binascii
import email
import email.errors
import email.header
import email.parser
import email.policy
import email.utils
import re
from datetime import UTC, datetime
from email.message import Message
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

_LINK = re.compile(r"https?://[^\s\"'<>]+", re.IGNORECASE)
_SPACE = re.compile(r"[^\S\n]+$", re.MULTILINE)
_ESCAPED = re.compile("[\udc80-\udcff]")
_ADDRESSED = {"from", "sender", "reply-to", "to", "cc", "bcc"}
_SPECIAL = re.compile(r'[()<>\[\]:;@\\,."]')
_DEEPEST = 20
_LONGEST = 200_000
_FIRST_YEAR, _LAST_YEAR = 1970, 2999


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A part that is no text of the mail: its file name ("" for none) and media type, both in lower case."""

    name: str
    type: str


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """A message as its reader sees it.

    `headers` are decoded (RFC 2047) and unfolded, in the order of the mail. `date` is the Date header, else the newest
    Received one, None when neither can be read. `plain` and `html` are texts ("" when absent), `html` with table rows
    as lines. `enclosed` are attached messages (message/rfc822), `links` the http addresses in any text part.
    """

    headers: tuple[tuple[str, str], ...] = ()
    date: datetime | None = None
    plain: str = ""
    html: str = ""
    attachments: tuple[Attachment, ...] = ()
    enclosed: tuple[bytes, ...] = ()
    links: tuple[str, ...] = ()

    def header(self, name: str) -> str:
        """Return the first header field of that name (any case), "" when it is absent."""
        return next(self.fields(name), "")

    def fields(self, name: str) -> Iterator[str]:
        """Yield every header field of that name, topmost first."""
        wanted = name.lower()
        return (value for key, value in self.headers if key.lower() == wanted)

    @property
    def text(self) -> str:
        """Return the plain text, or the HTML as text where there is no plain one."""
        return self.plain if self.plain.strip() else self.html

    @property
    def subject(self) -> str:
        """Return the subject."""
        return self.header("Subject")

    @property
    def sender(self) -> tuple[str, str]:
        """Return name and address of the author, "" where unknown."""
        return address(self.header("From"))


def parse(raw: bytes) -> Mail:
    """Read a message. Whatever cannot be decoded is replaced or left out; the result is never an error."""
    message = _message(raw)
    headers = tuple(_headers(message))
    reading = _Parts()
    reading.walk(message, 0)
    html_source = "\n".join(reading.html)
    plain = _tidy("\n".join(reading.plain))
    links = dict.fromkeys(_LINK.findall(html_source[:_LONGEST]) + _LINK.findall(plain))
    return Mail(
        headers=headers,
        date=_date(headers),
        plain=plain,
        html=_tidy("\n".join(html_to_text(source) for source in reading.html)),
        attachments=tuple(reading.attachments),
        enclosed=tuple(reading.enclosed),
        links=tuple(links),
    )


def address(value: str) -> tuple[str, str]:
    """Split one mailbox (RFC 5322 3.4) into display name and address in lower case; ("", "") when unreadable."""
    name, spec = email.utils.parseaddr(value.replace("\n", " "))
    return name.strip(), spec.strip().lower()


def domain(spec: str) -> str:
    """Return the domain of an address, "" when it has none."""
    return spec.rpartition("@")[2].strip().strip(".").lower() if "@" in spec else ""


def within(host: str, domains: tuple[str, ...]) -> bool:
    """Tell whether a host is one of the domains or lies below one."""
    low = host.lower().strip(".")
    return any(low == name or low.endswith("." + name) for name in (d.lower().strip(".") for d in domains) if name)


def html_to_text(source: str) -> str:
    """Return HTML as text, one table row a line; "" when it cannot be read at all."""
    import inscriptis  # noqa: PLC0415 - brings lxml along; plain mails and most commands need neither
    import lxml.etree  # noqa: PLC0415 - the same

    try:
        text: str = inscriptis.get_text(source[:_LONGEST].replace("\x00", ""))
    except (ValueError, AttributeError, IndexError, RecursionError, lxml.etree.LxmlError):
        return re.sub(r"<[^>]*>", " ", source[:_LONGEST])
    return text


class _Parts:
    """What a walk over the MIME tree collects."""

    def __init__(self) -> None:
        self.plain: list[str] = []
        self.html: list[str] = []
        self.attachments: list[Attachment] = []
        self.enclosed: list[bytes] = []

    def walk(self, part: Message, depth: int) -> None:
        kind = part.get_content_type()
        if kind == "message/rfc822":
            self.enclosed.extend(_enclosed(part))
        elif part.is_multipart():
            children = part.get_payload()
            for child in children if isinstance(children, list) and depth < _DEEPEST else []:
                if isinstance(child, Message):
                    self.walk(child, depth + 1)
        elif _is_text(part, kind):
            (self.html if kind == "text/html" else self.plain).append(_content(part))
        else:
            self.attachments.append(Attachment(name=_file_name(part), type=kind))


def _message(raw: bytes) -> Message:
    """Parse; of a message nested too deep for the parser only the head is read."""
    try:
        return email.message_from_bytes(raw, policy=email.policy.compat32)
    except RecursionError:
        return email.parser.BytesHeaderParser(policy=email.policy.compat32).parsebytes(raw)


def _is_text(part: Message, kind: str) -> bool:
    if kind not in {"text/plain", "text/html"}:
        return False
    disposition = str(part.get("Content-Disposition", "")).strip().lower()
    return not disposition.startswith("attachment") and not _file_name(part)


def _file_name(part: Message) -> str:
    try:
        name = part.get_filename() or ""
    except (LookupError, ValueError, TypeError, AttributeError):
        name = "unreadable"
    return _decoded(name).strip().lower()


def _enclosed(part: Message) -> Iterator[bytes]:
    children = part.get_payload()
    for child in children if isinstance(children, list) else []:
        try:
            yield child.as_bytes() if isinstance(child, Message) else b""
        except (LookupError, ValueError, TypeError, AttributeError, KeyError):
            continue


def _content(part: Message) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    try:
        charset = part.get_content_charset() or "utf-8"
    except (LookupError, ValueError, TypeError, AttributeError):
        charset = "utf-8"
    return _text(payload, charset)


def _text(payload: bytes, charset: str) -> str:
    """Decode with the named charset, else UTF-8, else Latin-1, which always works."""
    for name in (charset, "utf-8"):
        try:
            return payload.decode(name)
        except (LookupError, ValueError):
            continue
    return payload.decode("latin-1")


def _headers(message: Message) -> Iterator[tuple[str, str]]:
    for name, value in message.raw_items():
        raw = str(value).encode("ascii", "surrogateescape") if not _plain(str(value)) else str(value).encode()
        unfolded = re.sub(r"\r?\n\s*|\r", " ", _text(raw, "utf-8"))
        decode = _mailboxes if name.lower() in _ADDRESSED and "=?" in unfolded else _decoded
        yield str(name).encode("ascii", "replace").decode(), decode(unfolded).strip()


def _plain(value: str) -> bool:
    """Tell whether a header came without bytes above ASCII (the parser keeps those as surrogates)."""
    return not _ESCAPED.search(value)


def _decoded(value: str) -> str:
    """Decode RFC 2047 words; what is none stays as it is."""
    try:
        chunks = email.header.decode_header(value)
    except (email.errors.HeaderParseError, binascii.Error, ValueError, LookupError):
        return value
    words = [_text(chunk, charset or "utf-8") if isinstance(chunk, bytes) else chunk for chunk, charset in chunks]
    return re.sub(r"[\r\n]+", " ", "".join(words))


def _mailboxes(value: str) -> str:
    """Decode the names of mailboxes, and no address: what looks like one in an encoded word is none (RFC 2047 5)."""
    pairs = [(_decoded(name), spec) for name, spec in email.utils.getaddresses([value])]
    return ", ".join(f"{_phrase(name)} <{spec}>" if spec else _phrase(name) for name, spec in pairs)


def _phrase(name: str) -> str:
    escaped = re.sub(r'(["\\])', r"\\\1", name)
    return f'"{escaped}"' if _SPECIAL.search(name) else name


def _date(headers: tuple[tuple[str, str], ...]) -> datetime | None:
    stamps = [value for key, value in headers if key.lower() == "date"]
    stamps += [value.rpartition(";")[2] for key, value in headers if key.lower() == "received"]
    return next((found for stamp in stamps if (found := moment(stamp)) is not None), None)


def moment(stamp: str) -> datetime | None:
    """Read a date-time (RFC 5322 3.3), one without a zone as UTC; None when it is none, or in no year of mail."""
    try:
        read = email.utils.parsedate_to_datetime(stamp)
        return _in_range(read.replace(tzinfo=UTC) if read.tzinfo is None else read)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _in_range(read: datetime) -> datetime:
    """Raise ValueError for a moment in no year of mail, near which arithmetic may overflow."""
    if not _FIRST_YEAR <= read.year <= _LAST_YEAR:
        raise ValueError(read.year)
    return read


def _tidy(text: str) -> str:
    clean = text[:_LONGEST].replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ").replace("\x00", "")
    return _SPACE.sub("", clean)
