"""Changes of a mail that change nothing in what it says, as servers and mail programs make them all the time.

Each takes an `Original` and returns the changed mail, or None where it does not apply. Nothing here is random.
"""

from __future__ import annotations

import base64
import html
import quopri
import re
import textwrap
from datetime import datetime
from email import message_from_bytes, policy
from email.generator import BytesGenerator
from email.header import Header
from email.message import Message
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

import babel.dates

from assistant.standards import mail as codec
from tests.unit.recognise.browser import as_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistant.recognise.draft import Evidence

FOOTERS = {
    "disclaimer": (
        "This e-mail and any attachments are confidential and intended for the addressee only. If you are not\n"
        "the addressee, delete it. Harbour Lane Services Ltd. Registered office: 4 Harbour Lane.\n"
        "Switchboard: +44 1632 960990"
    ),
    "scanner": "_____________________________________________\nScanned by MailFence. Support: 1-800-555-0198",
    "german": (
        "--\nHafenweg Dienste GmbH, Sitz der Gesellschaft: Hamburg, HRB 99999\n"
        "Tel.: +49 30 23125 990 | Fax: +49 30 23125 991"
    ),
}
BANNER = (
    "CAUTION: This email originated from outside of the organization. Do not click links or open attachments unless "
    "you recognize the sender and know the content is safe."
)
COLLEAGUE = "Robin Feld"
SIGNATURE = ("Best regards", COLLEAGUE, "Office manager", "T +1 (212) 555-0177 | M +1 917 555 0178")
_LABEL = re.compile(r"(?m)^([ \t>*]*)([^\W\d_][^:\n<>]{1,30}?)([ \t]?:)(?=\s|$)")
_LABEL_IN_HTML = re.compile(r"(>\s*)([^\W\d_][^:\n<>]{1,30}?)(\s?:)(?=\s|<|&nbsp;)")
_TAG_OR_TEXT = re.compile(r"(<style.*?</style>|<!--.*?-->|<[^>]*>)|([^<]+)", re.DOTALL | re.IGNORECASE)


class Original(NamedTuple):
    """A mail, its label, and what it is recognised as."""

    raw: bytes
    label: dict[str, Any]
    answer: dict[str, Any]
    evidence: tuple[Evidence, ...]

    @property
    def message(self) -> Message:
        """Return a copy that may be changed."""
        return message_from_bytes(self.raw, policy=policy.compat32)

    @property
    def mail(self) -> codec.Mail:
        """Return what a reader sees."""
        return codec.parse(self.raw)


def written(message: Message) -> bytes:
    """Return a message's bytes without a change of its own making."""
    out = BytesIO()
    BytesGenerator(out, mangle_from_=False, maxheaderlen=0).flatten(message)
    return out.getvalue()


def texts(message: Message) -> list[Message]:
    """Return the parts that are text of the mail."""
    return [part for part in message.walk() if codec._is_text(part, part.get_content_type())]


def put(part: Message, text: str, charset: str = "utf-8", encoding: str = "base64", kind: str = "") -> None:
    """Replace the text of a part.

    Raises:
        UnicodeEncodeError: the text does not fit the charset, or is no 7bit.
    """
    text = text.replace("\r\n", "\n")
    data = text.encode(charset)
    if encoding == "7bit":
        text.encode("ascii")
    content = {"base64": base64.encodebytes, "quoted-printable": quopri.encodestring}.get(encoding, bytes)(data)
    if encoding == "quoted-printable":
        content = content.replace(b"\r", b"=0D")
    for name, value in (
        ("Content-Type", f'{kind or part.get_content_type()}; charset="{charset}"'),
        ("Content-Transfer-Encoding", encoding),
    ):
        del part[name]
        part[name] = value
    part.set_payload(content.decode("ascii", "surrogateescape"))


def reencoded(one: Original, charset: str, encoding: str) -> bytes | None:
    """Write every text part in another charset and transfer encoding."""
    message = one.message
    try:
        for part in texts(message):
            put(part, codec._content(part), charset, encoding)
    except UnicodeEncodeError:
        return None
    return written(message)


def each_text(one: Original, plain: Callable[[str], str] | None, marked: Callable[[str], str] | None) -> bytes | None:
    """Change the plain and the HTML texts; None for a sort that stays."""
    message = one.message
    changed = False
    for part in texts(message):
        change = marked if part.get_content_type() == "text/html" else plain
        old = codec._content(part)
        new = change(old) if change else old
        changed |= new != old
        put(part, new)
    return written(message) if changed else None


def in_tags(source: str, change: Callable[[str], str]) -> str:
    """Change what stands between tags, below the head."""
    head, body, rest = re.split(r"(<body[^>]*>)", source, maxsplit=1) if "<body" in source else ("", "", source)
    return head + body + _TAG_OR_TEXT.sub(lambda m: m[1] or change(m[2]), rest)


# --- structure


def as_paragraphs(text: str) -> str:
    """Write plain text as HTML the way webmail does: a paragraph for each block, a break for each line."""
    blocks = re.split(r"\n[ \t]*\n", text.strip("\n"))
    return (
        "<html><body>" + "".join(f"<p>{'<br>'.join(map(_line, b.splitlines()))}</p>" for b in blocks) + "</body></html>"
    )


def as_divisions(text: str) -> str:
    """Write plain text as HTML the way Gmail does: a division for each line."""
    rows = (f"<div>{_line(line) or '<br>'}</div>" for line in text.splitlines())
    return f'<div dir="ltr">{"".join(rows)}</div>'


def as_table(text: str) -> str:
    """Write plain text as HTML with labelled lines as rows of a table, all else as paragraphs."""
    out: list[str] = []
    for line in text.splitlines():
        match = re.match(r"\s*([^\W\d_][^:]{1,30}?)\s*:\s+(\S.*)", line)
        if match:
            out.append(f"<tr><td><b>{_line(match[1])}:</b></td><td>{_line(match[2])}</td></tr>")
        else:
            out.append(f"<p>{_line(line)}</p>")
    body = re.sub(r"((?:<tr>.*</tr>\n?)+)", r"<table>\n\1</table>\n", "\n".join(out))
    return f"<!DOCTYPE html><html><head><style>p {{ color: #333 }}</style></head><body>\n{body}\n</body></html>"


def _line(line: str) -> str:
    return html.escape(line, quote=False).replace("\t", "&nbsp;&nbsp; ").replace("  ", "&nbsp; ")


def read_text(one: Original) -> Message | None:
    """Return the plain part of a copy if that is what the reader sees."""
    mail = one.mail
    plain = [part for part in texts(one.message) if part.get_content_type() == "text/plain"]
    return plain[0] if mail.text is mail.plain and len(plain) == 1 else None


def html_only(one: Original, change: Callable[[str], str]) -> bytes | None:
    """Turn a plain mail into an HTML one."""
    message = one.message
    parts = texts(message)
    if len(parts) != 1 or parts[0].get_content_type() != "text/plain":
        return None
    text = codec._content(parts[0])
    if re.search(r"\S {3,}\S.* {3,}\S", text):  # columns made of blanks are lost in HTML
        return None
    put(parts[0], change(text), kind="text/html")
    return written(message)


def plain_only(one: Original) -> bytes | None:
    """Turn an HTML mail into a plain one."""
    message = one.message
    parts = texts(message)
    if len(parts) != 1 or parts[0].get_content_type() != "text/html":
        return None
    put(parts[0], as_text(codec._content(parts[0])), kind="text/plain")
    return written(message)


def both(one: Original) -> bytes | None:
    """Offer the text in two forms (multipart/alternative)."""
    message = one.message
    parts = texts(message)
    if len(parts) != 1:
        return None
    text = codec._content(parts[0])
    is_html = parts[0].get_content_type() == "text/html"
    forms = (("plain", as_text(text) if is_html else text), ("html", text if is_html else as_paragraphs(text)))
    for name in ("Content-Type", "Content-Transfer-Encoding"):
        del parts[0][name]
    parts[0]["Content-Type"] = 'multipart/alternative; boundary="=_other-form"'
    parts[0].set_payload([])
    for kind, content in forms:
        child = Message()
        put(child, content, kind=f"text/{kind}")
        parts[0].attach(child)
    return written(message)


def line_ends(one: Original, end: bytes) -> bytes:
    """Write every line with another end."""
    return one.raw.replace(b"\r\n", b"\n").replace(b"\n", end)


# --- header fields


def refolded(one: Original, name: str, charset: str, way: str) -> bytes | None:
    """Write a header field folded, and in encoded words (RFC 2047) of charset and way, "" for none."""
    message = one.message
    shown = " ".join(one.mail.header(name).split())
    if not shown or (name == "From" and not one.mail.sender[0]):
        return None
    title, spec = one.mail.sender if name == "From" else (shown, "")
    try:
        words = _words(title, charset, way, phrase=name == "From")
    except UnicodeEncodeError:
        return None
    message.replace_header(name, f"{words}\n <{spec}>" if spec else words)
    return written(message)


def _words(text: str, charset: str, way: str, *, phrase: bool) -> str:
    if not way:
        text.encode("ascii")
        quoted = f'"{text}"' if phrase and re.search(r'[()<>\[\]:;@\\,."]', text) and '"' not in text else text
        return quoted.replace(" ", "\n ")
    pieces = textwrap.wrap(text, 20, drop_whitespace=False) if way != "h" else [text]
    if way == "h":
        return str(Header(text.encode(charset).decode(charset), charset, maxlinelen=60).encode())
    encode = _b_word if way == "b" else _q_word
    return "\n ".join(encode(piece.encode(charset), charset) for piece in pieces)


def _b_word(data: bytes, charset: str) -> str:
    return f"=?{charset}?B?{base64.b64encode(data).decode()}?="


def _q_word(data: bytes, charset: str) -> str:
    coded = "".join(chr(byte) if chr(byte).isalnum() and byte < 128 else f"={byte:02X}" for byte in data)
    return f"=?{charset}?q?{coded.replace('=20', '_')}?="


def tagged(one: Original, tag: str) -> bytes:
    """Put a gateway's tag before the subject."""
    message = one.message
    words = f"{tag} {one.mail.subject}"
    message.replace_header("Subject", words if words.isascii() else Header(words, "utf-8", maxlinelen=60).encode())
    return written(message)


def more_headers(one: Original, above: str = "") -> bytes | None:
    """Add what the servers of the reader's own house add, at the top or above a field."""
    house = one.label["mailbox"]["address"].partition("@")[2]
    more = (
        f"Received: from mx1.{house} (10.0.0.4) by store.{house} (10.0.0.9) with LMTP id 77; "
        "Tue, 1 Dec 2026 00:00:09 +0000\n"
        "X-Spam-Status: No, score=-1.9 required=5.0 tests=BAYES_00\nX-Spam-Level: \nX-Virus-Scanned: clean\n"
        "X-MS-Exchange-Organization-SCL: -1\n"
        "X-Forefront-Antispam-Report: CIP:203.0.113.9;CTRY:US;LANG:en;SCL:1;\n"
        "Thread-Index: AdNx5550188\nX-Gateway-Phone: none\n"
    ).encode()
    if not above:
        return more + one.raw
    start = re.search(rb"(?mi)^" + above.encode() + rb":", one.raw)
    return one.raw[: start.start()] + more + one.raw[start.start() :] if start else None


# --- words around the words


def below(one: Original, footer: str) -> bytes | None:
    """Put a footer below the text, as a gateway does."""
    rows = "<br>".join(html.escape(line) for line in footer.splitlines())

    def marked(source: str) -> str:
        extra = f'<hr><div style="font-size:8pt">{rows}</div>'
        return re.sub(r"(?i)</body>|$", lambda m: extra + m[0], source.rstrip(), count=1)

    return each_text(one, lambda text: f"{text.rstrip()}\n\n{footer}\n", marked)


def above(one: Original, banner: str) -> bytes | None:
    """Put a warning above the text, as a gateway does."""

    def marked(source: str) -> str:
        extra = f'<table border="0"><tr><td style="background:#fc0"><b>{banner}</b></td></tr></table><br>'
        start = r"(?i)<body[^>]*>" if "<body" in source.lower() else r"^"
        return re.sub(start, lambda m: m[0] + extra, source, count=1)

    return each_text(one, lambda text: f"{banner}\n\n{text}", marked)


# --- spelling


def upper_labels(one: Original) -> bytes | None:
    """Write the labels of lines in capitals."""

    def upper(match: re.Match[str]) -> str:
        words = match[2].upper()
        keeps = words.lower() == match[2].lower() and "://" not in match[0] and "&" not in match[2]
        return match[1] + words + match[3] if keeps else match[0]

    return each_text(one, partial(_LABEL.sub, upper), partial(_LABEL_IN_HTML.sub, upper))


def doubled(one: Original) -> bytes | None:
    """Double the blanks behind labels and sentences; in HTML, where they mean nothing, all."""
    return each_text(
        one, lambda text: re.sub(r"([.:!?]) (?=\S)", r"\1  ", text), lambda source: in_tags(source, _twice)
    )


def _twice(text: str) -> str:
    return re.sub(r"(?<=\S) (?=\S)", "  \n ", text)


def with_spaces(one: Original, space: str) -> bytes | None:
    """Write every blank between words as another space."""
    change = partial(re.sub, r"(?<=\S) (?=\S)", space)
    return each_text(one, change, lambda source: in_tags(source, change))


def narrow(one: Original) -> bytes | None:
    """Put U+202F before am and pm and between figures, as ICU and French typography have it."""
    change = partial(re.sub, r"(?<=\d) (?=\d|[aApP]\.?[mM]\b)", "\u202f")
    return each_text(one, change, lambda source: in_tags(source, change))


def wrapped(one: Original) -> bytes | None:
    """Break lines at 72 characters, as old gateways do."""
    return each_text(one, partial(_wrap, joint="\n"), None)


def flowed(one: Original) -> bytes | None:
    """Write the plain text as format=flowed (RFC 3676)."""
    message = one.message
    for part in texts(message):
        if part.get_content_type() == "text/plain":
            text = "\n".join(line.rstrip() for line in codec._content(part).splitlines())
            put(part, re.sub(r"(?m)^(?=[ >]|From )", " ", _wrap(text, joint=" \n")), encoding="8bit")
            part.replace_header("Content-Type", 'text/plain; charset="utf-8"; format=flowed')
    return written(message)


def _wrap(text: str, joint: str) -> str:
    rows = text.replace("\r\n", "\n").split("\n")
    short = (
        textwrap.wrap(row, 72, break_long_words=False, break_on_hyphens=False) if len(row) > 72 else [row]
        for row in rows
    )
    return "\n".join(joint.join(row) for row in short)


def redated(one: Original, pattern: str, locale: str) -> bytes | None:
    """Write a labelled date of the call as another program and language would."""
    calls = one.answer["calls"]
    told = [item for item in one.evidence if item.field == "called_at" and item.part == "body"]
    if (
        len(calls) != 1
        or len(told) != 1
        or not told[0].rule.startswith("label ")
        or not re.search(r"\d{2}", told[0].text)
    ):
        return None
    if locale not in {"en", one.label["language"]} and one.label["language"] != "en":
        return None  # a frame of one language with dates of another: English programs do that, others hardly
    moment = datetime.fromisoformat(calls[0]["called_at"])
    words = babel.dates.format_datetime(moment, pattern, locale=locale)
    words += "" if calls[0]["tz_assumed"] else f" {moment:%z}"
    if one.mail.text.count(told[0].text) != 1:
        return None
    return each_text(
        one, lambda text: text.replace(told[0].text, words), lambda source: source.replace(told[0].text, words)
    )
