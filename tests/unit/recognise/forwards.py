"""A mail passed on by a colleague, as the common programs write it."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from email.header import Header
from email.message import Message
from email.utils import format_datetime, formataddr
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

import babel.dates

from assistant.standards import mail as codec
from tests.unit.recognise.browser import as_text
from tests.unit.recognise.mutations import COLLEAGUE, SIGNATURE, Original, put, read_text, texts, written

if TYPE_CHECKING:
    from datetime import datetime


class Program(NamedTuple):
    """How a program writes a forward: prefix, rule above, inner header lines in its order, the date's pattern."""

    prefix: str
    rule: str
    head: tuple[str, ...]
    pattern: str
    locale: str = "en"
    quote: str = ""


PROGRAMS = {
    "Outlook": Program(
        "FW:",
        "-----Original Message-----",
        ("From: {from}", "Sent: {date}", "To: {to}", "Subject: {subject}"),
        "EEEE, MMMM d, y h:mm a",
    ),
    "Outlook, British": Program(
        "FW:", "_" * 32, ("From: {from}", "Sent: {date}", "To: {to}", "Subject: {subject}"), "dd MMMM y HH:mm"
    ),
    "Outlook, German": Program(
        "WG:",
        "-----Ursprüngliche Nachricht-----",
        ("Von: {from}", "Gesendet: {date}", "An: {to}", "Betreff: {subject}"),
        "EEEE, d. MMMM y HH:mm",
        "de",
    ),
    "Outlook, French": Program(
        "TR:",
        "-----Message d'origine-----",
        ("De : {from}", "Envoyé : {date}", "À : {to}", "Objet : {subject}"),
        "EEEE d MMMM y HH:mm",
        "fr",
    ),
    "Gmail": Program(
        "Fwd:",
        "---------- Forwarded message ---------",
        ("From: {from}", "Date: {date}", "Subject: {subject}", "To: <{to}>", ""),
        "EEE, MMM d, y 'at' h:mm a",
    ),
    "Gmail, Spanish": Program(
        "Fwd:",
        "---------- Forwarded message ---------",
        ("De: {from}", "Date: {date}", "Subject: {subject}", "To: <{to}>", ""),
        "EEE, d MMM y 'a las' H:mm",
        "es",
    ),
    "Apple Mail": Program(
        "Fwd:",
        "Begin forwarded message:\n",
        ("From: {from}", "Subject: {subject}", "Date: {date}", "To: {to}"),
        "d MMMM y 'at' HH:mm:ss ZZZZ",
    ),
    "Apple Mail, quoted": Program(
        "Fwd:",
        "Begin forwarded message:\n",
        ("From: {from}", "Subject: {subject}", "Date: {date}", "To: {to}"),
        "MMMM d, y 'at' h:mm:ss a ZZZZ",
        quote="> ",
    ),
    "Thunderbird": Program(
        "Fwd:",
        "-------- Forwarded Message --------",
        ("Subject: \t{subject}", "Date: \t{date}", "From: \t{from}", "To: \t{to}"),
        "EEE, d MMM y HH:mm:ss ZZZ",
    ),
}


def inline(one: Original, program: Program) -> bytes | None:
    """Pass a mail on with its text below the inner head; plain, unless the original is HTML alone."""
    message = one.message
    parts = texts(message)
    if one.mail.date is None or not parts:
        return None
    part = read_text(one)
    text = codec._content(part) if part else as_text(codec._content(parts[-1]))
    head = "\n".join((program.rule, *_head(one, program), ""))
    said = "\n".join(program.quote + line for line in (head + "\n" + text).splitlines())
    words = f"Hi,\n\nthis one is for you.\n\n{chr(10).join(SIGNATURE)}\n\n{said}\n"
    return _outer(one, message, program.prefix, [("text/plain", words)])


def in_html(one: Original, program: Program) -> bytes | None:
    """Pass an HTML mail on as HTML, the way Outlook does."""
    message = one.message
    parts = [part for part in texts(message) if part.get_content_type() == "text/html"]
    if one.mail.date is None or not parts or read_text(one) is not None:
        return None
    rows = (re.sub(r"^([^:]+:)", r"<b>\1</b>", html.escape(line)) for line in _head(one, program) if line)
    own = "".join(f"<p>{row}</p>" for row in ("Hi,", "this one is for you.", "<br>".join(SIGNATURE)))
    source = re.sub(r"(?is)^.*?<body[^>]*>|</body>.*$", "", codec._content(parts[0]))
    page = (
        f'<html><body>{own}<hr><div id="divRplyFwdMsg">{"<br>".join(rows)}</div><div>&nbsp;</div>{source}</body></html>'
    )
    return _outer(one, message, program.prefix, [("text/html", page)])


def attached(one: Original, prefix: str = "Fwd:") -> bytes | None:
    """Pass a mail on whole (message/rfc822)."""
    if one.mail.date is None:
        return None
    outer = _start(one, f"{prefix} {one.mail.subject}" if prefix else "For you")
    outer["Content-Type"] = 'multipart/mixed; boundary="=_outer"'
    words, whole = Message(), Message()
    put(words, "Hi,\n\nthis one is for you.\n\n" + "\n".join(SIGNATURE) + "\n", kind="text/plain")
    whole["Content-Type"] = "message/rfc822"
    whole["Content-Disposition"] = 'attachment; filename="message.eml"'
    whole.set_payload([one.message])
    outer.set_payload([words, whole])
    return written(outer)


def _head(one: Original, program: Program) -> list[str]:
    name, spec = one.mail.sender
    values = {
        "from": f"{name} <{spec}>" if name else spec,
        "date": babel.dates.format_datetime(_local(one), program.pattern, locale=program.locale),
        "to": one.label["mailbox"]["address"],
        "subject": one.mail.subject,
    }
    return [line.format(**values) for line in program.head]


def _local(one: Original) -> datetime:
    assert one.mail.date is not None
    return one.mail.date.astimezone(ZoneInfo(one.label["mailbox"]["tz"]))


def _start(one: Original, subject: str) -> Message:
    box = one.label["mailbox"]
    outer = Message()
    outer["From"] = formataddr((COLLEAGUE, "robin.feld@" + box["address"].partition("@")[2]))
    outer["To"] = box["address"]
    outer["Subject"] = subject if subject.isascii() else Header(subject, "utf-8", maxlinelen=60).encode()
    outer["Date"] = format_datetime(_local(one) + timedelta(minutes=35))
    outer["MIME-Version"] = "1.0"
    return outer


def _outer(one: Original, message: Message, prefix: str, forms: list[tuple[str, str]]) -> bytes:
    """Return the outer mail with the attachments of the inner one."""
    outer = _start(one, f"{prefix} {one.mail.subject}")
    outer["Content-Type"] = 'multipart/mixed; boundary="=_outer"'
    outer.set_payload([])
    for kind, content in forms:
        child = Message()
        put(child, content, kind=kind)
        outer.attach(child)
    told = {id(part) for part in texts(message)}
    for part in message.walk():
        if not part.is_multipart() and id(part) not in told and part.get_content_maintype() != "message":
            for name in [name for name, _ in part.items() if not name.lower().startswith("content-")]:
                del part[name]
            outer.attach(part)
    return written(outer)
