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
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from assistant.standards import regex
from assistant.standards.shorten import abridged

if TYPE_CHECKING:
    from collections.abc import Iterator

_ZONE = regex.lazy(r"[+-]\d{4}|[A-Z]{1,4}\)?\s*$|\(")
_ESCAPED = regex.lazy("[\udc80-\udcff]")
_ADDRESSED = {"from", "sender", "reply-to", "to", "cc", "bcc"}
_SPECIAL = regex.lazy(r'[()<>\[\]:;@\\,."]')
_FLOWED = regex.lazy(r"(>*) ?(.*)", re.DOTALL)
_BLANKS = dict.fromkeys((0xA0, *range(0x2000, 0x200B), 0x202F, 0x205F), " ")
_UNSEEN = dict.fromkeys(
    (0, 0xAD, 0x061C, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
)
_SHOWN = {**_BLANKS, **_UNSEEN}
_RUN = regex.lazy(r"[^\S\n]{100,}|\n{30,}")
_LONG_LINE = 100  # characters; a run of as many blanks is cut
_FOLD = regex.lazy(r"\r?\n\s*|\r")
_LINE_ENDS = regex.lazy(r"[\r\n]+")
_DEEPEST = 20
_NUMBER = regex.lazy(r"\d(?:[\s().-]{0,3}\d){6}")
_FEW_WORDS = 60
_FEWEST_WORDS = 10  # "This message is in HTML, please use another program"
_LONGEST = 200_000
_LONGEST_FIELD, _LONGEST_SUBJECT = 20_000, 2000  # characters; a line has 998 at most (RFC 5322 2.1.1)
_FIRST_YEAR, _LAST_YEAR = 1970, 2999


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A part that is no text of the mail: its file name ("" for none) and media type, both in lower case."""

    name: str
    type: str


class Anchor(msgspec.Struct, frozen=True, kw_only=True):
    """A link of an HTML part: the words it shows ("" for a picture) and where it leads, as written."""

    text: str
    target: str


class Mail(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A message as its reader sees it.

    `headers` are decoded (RFC 2047) and unfolded, in the order of the mail. `date` is the Date header, else (also where
    that has no zone) the newest Received one, None when neither can be read. `plain` and `html` are texts ("" when
    absent), `html` with table rows as lines, worked out when it is asked for. `enclosed` are attached messages
    (message/rfc822), `pages` the HTML parts, `source` what of them is read.
    """

    headers: tuple[tuple[str, str], ...] = ()
    date: datetime | None = None
    plain: str = ""
    pages: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    enclosed: tuple[bytes, ...] = ()
    source: str = ""

    def header(self, name: str) -> str:
        """Return the first header field of that name (any case), "" when it is absent."""
        return next(self.fields(name), "")

    def fields(self, name: str) -> Iterator[str]:
        """Yield every header field of that name, topmost first."""
        return iter(self._by_name.get(name.lower(), ()))

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name, value in self.headers:
            found.setdefault(name.lower(), []).append(value)
        return found

    @cached_property
    def html(self) -> str:
        """Return the HTML parts as text."""
        return _tidy("\n".join(map(html_to_text, self.pages)))

    @cached_property
    def text(self) -> str:
        """Return the plain text, or the HTML as text where there is no plain one, or one that only points to it."""
        words = len(self.plain.split())
        points = words < _FEWEST_WORDS or (
            words < min(_FEW_WORDS, len(self.html.split())) and not _numbers(self.html) <= _numbers(self.plain)
        )
        return self.html if points and self.html.strip() else self.plain

    @property
    def subject(self) -> str:
        """Return the subject."""
        return self.header("Subject")

    @cached_property
    def sender(self) -> tuple[str, str]:
        """Return name and address of the author, "" where unknown."""
        return address(self.header("From"))


def parse(raw: bytes) -> Mail:
    """Read a message. Whatever cannot be decoded is replaced or left out; the result is never an error."""
    message = _message(abridged(raw))
    headers = tuple(_headers(message))
    reading = _Parts()
    reading.walk(message, 0)
    html_source = "\n".join(reading.html)
    plain = _tidy("\n".join(reading.plain))
    return Mail(
        headers=headers,
        date=_date(headers),
        plain=plain,
        pages=tuple(reading.html),
        attachments=tuple(reading.attachments),
        enclosed=tuple(reading.enclosed),
        source=html_source[:_LONGEST],
    )


def _numbers(text: str) -> set[str]:
    """Return the digits of what may be telephone numbers in a text."""
    return {"".join(filter(str.isdigit, match[0])) for match in _NUMBER.finditer(text)}


@lru_cache(maxsize=256)  # a mail's sender is asked for many times
def address(value: str) -> tuple[str, str]:
    """Split one mailbox (RFC 5322 3.4) into display name and address in lower case; ("", "") when unreadable."""
    name, spec = email.utils.parseaddr(value.replace("\n", " "))
    return name.strip(), spec.strip().lower()


def domain(spec: str) -> str:
    """Return the domain of an address, "" when it has none."""
    return spec.rpartition("@")[2].strip().strip(".").lower() if "@" in spec else ""


def within(host: str, domains: tuple[str, ...]) -> bool:
    """Tell whether a host is one of the domains or lies below one."""
    names, below = _normal(domains)
    low = host.lower().strip(".")
    return low in names or low.endswith(below)


@lru_cache(maxsize=256)
def _normal(domains: tuple[str, ...]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return domains as they are compared, and what the names below them end with."""
    names = frozenset(name.lower().strip(".") for name in domains) - {""}
    return names, tuple("." + name for name in names)


def anchors(mail: Mail) -> tuple[Anchor, ...]:
    """Return the links of the HTML parts in their order, forms among them; empty when it cannot be read at all."""
    if not mail.source.strip():
        return ()
    import lxml.etree  # noqa: PLC0415 - only a mail that may lure is asked for its links
    import lxml.html  # noqa: PLC0415 - the same

    try:
        tree = lxml.html.fromstring(mail.source.replace("\x00", ""))
        return tuple(
            Anchor(text=" ".join("".join(map(str, element.itertext())).split()), target=target.strip())
            for element in tree.iter("a", "area", "form")
            if (target := element.get("href") or element.get("action"))
        )
    except (ValueError, AssertionError, RecursionError, lxml.etree.LxmlError):
        return ()


def html_to_text(source: str) -> str:
    """Return HTML as text, one table row a line; "" when it cannot be read at all."""
    import inscriptis  # noqa: PLC0415 - brings lxml along; plain mails and most commands need neither
    import lxml.etree  # noqa: PLC0415 - the same

    try:
        text: str = inscriptis.get_text(source[:_LONGEST].replace("\x00", ""), _layout())
    except (ValueError, AttributeError, IndexError, RecursionError, lxml.etree.LxmlError):
        return re.sub(r"<[^<>]*>", " ", source[:_LONGEST])
    return text


@lru_cache(maxsize=1)
def _layout() -> Any:  # noqa: ANN401 - the library has no types
    """Return the library's own layout, with terms and their definitions in lines of their own."""
    from inscriptis.css_profiles import STRICT_CSS_PROFILE  # noqa: PLC0415 - as above
    from inscriptis.html_properties import Display  # noqa: PLC0415 - as above
    from inscriptis.model.config import ParserConfig  # noqa: PLC0415 - as above
    from inscriptis.model.html_element import HtmlElement  # noqa: PLC0415 - as above

    blocks = {name: HtmlElement(display=Display.block) for name in ("dt", "dd", "dl", "button", "legend")}
    return ParserConfig(css={**STRICT_CSS_PROFILE, **blocks})


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
    text = _text(payload, charset)
    return unflowed(text, delsp=_parameter(part, "delsp") == "yes") if _parameter(part, "format") == "flowed" else text


def _parameter(part: Message, name: str) -> str:
    try:
        return str(part.get_param(name, "")).lower()
    except (LookupError, ValueError, TypeError, AttributeError):
        return ""


def unflowed(text: str, *, delsp: bool = False) -> str:
    """Join the lines that only the sender's program broke (format=flowed).

    Args:
        text: decoded; any line ends.
        delsp: the blank that marks a soft break is none of the text's.

    Source: RFC 3676 4.1 to 4.5: quote marks, stuffed blanks, the signature's line.
    """
    rows: list[tuple[str, list[str]]] = []
    soft = False
    for line in text.replace("\r\n", "\n").split("\n"):
        match = _FLOWED.fullmatch(line)
        quotes, words = (match[1], match[2]) if match else ("", line)
        goes_on = soft and words != "-- " and rows[-1][0] == quotes
        soft = words.endswith(" ") and words != "-- "
        kept = words[:-1] if soft and delsp else words
        if goes_on:
            rows[-1][1].append(kept)
        else:
            rows.append((quotes, [kept]))
    return "\n".join((f"{quotes} " if quotes else "") + "".join(words) for quotes, words in rows)


def _text(payload: bytes, charset: str) -> str:
    """Decode with the named charset, else UTF-8, else Latin-1, which always works."""
    for name in (charset, "utf-8"):
        try:
            return payload.decode(name)
        except (LookupError, ValueError):
            continue
    return payload.decode("latin-1")


def _headers(message: Message) -> Iterator[tuple[str, str]]:
    for name, field in message.raw_items():
        raw = str(field).encode("ascii", "surrogateescape") if not _plain(str(field)) else str(field).encode()
        unfolded = _FOLD.sub(" ", _text(raw, "utf-8"))
        decode = _mailboxes if name.lower() in _ADDRESSED and "=?" in unfolded else _decoded
        value = _short(decode(unfolded[: 4 * _LONGEST_FIELD]).strip())[:_LONGEST_FIELD]
        shown = value.translate(_SHOWN).strip()[:_LONGEST_SUBJECT] if name.lower() == "subject" else value
        yield str(name).encode("ascii", "replace").decode(), shown


def _plain(value: str) -> bool:
    """Tell whether a header came without bytes above ASCII (the parser keeps those as surrogates)."""
    return not _ESCAPED.search(value)


def _decoded(value: str) -> str:
    """Decode RFC 2047 words; what is none stays as it is."""
    if "=?" not in value:
        return _LINE_ENDS.sub(" ", value)
    try:
        chunks = email.header.decode_header(value)
    except (email.errors.HeaderParseError, binascii.Error, ValueError, LookupError):
        return value
    words = [_text(chunk, charset or "utf-8") if isinstance(chunk, bytes) else chunk for chunk, charset in chunks]
    return _LINE_ENDS.sub(" ", "".join(words))


def _mailboxes(value: str) -> str:
    """Decode the names of mailboxes, and no address: what looks like one in an encoded word is none (RFC 2047 5)."""
    pairs = [(_decoded(name), spec) for name, spec in email.utils.getaddresses([value])]
    return ", ".join(f"{_phrase(name)} <{spec}>" if spec else _phrase(name) for name, spec in pairs)


def _phrase(name: str) -> str:
    escaped = re.sub(r'(["\\])', r"\\\1", name)
    return f'"{escaped}"' if _SPECIAL.search(name) else name


def _date(headers: tuple[tuple[str, str], ...]) -> datetime | None:
    dates = [value for key, value in headers if key.lower() == "date"]
    stamps = [stamp for stamp in dates if _ZONE.search(stamp)]
    stamps += [value.rpartition(";")[2] for key, value in headers if key.lower() == "received"]
    return next((found for stamp in (*stamps, *dates) if (found := moment(stamp)) is not None), None)


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
    """Write line ends as one sort, blanks as another, and leave out what nobody sees: NUL, zero widths, bidi marks."""
    clean = text[:_LONGEST].replace("\r\n", "\n").replace("\r", "\n").translate(_SHOWN)
    return _short("\n".join(line.rstrip() for line in clean.split("\n")))


def _short(text: str) -> str:
    """Cut runs of blanks and of empty lines longer than any layout has: patterns take long for them."""
    if "\n" * 30 not in text and max(map(len, text.split("\n"))) < _LONG_LINE:
        return text
    return _RUN.sub(lambda run: run[0][:30] if run[0][0] == "\n" else run[0][:100], text)
