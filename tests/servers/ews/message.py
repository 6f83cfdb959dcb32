"""MIME to properties, as an Exchange server converts what comes in (MS-OXCMAIL)."""

from __future__ import annotations

import email
import email.policy
import re
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.utils import getaddresses, parsedate_to_datetime
from typing import TYPE_CHECKING, NamedTuple

from tests.servers.ews.soap import Element, e
from tests.servers.ews.times import stamp

if TYPE_CHECKING:
    from tests.servers.ews.properties import Value

_CLASSES = {
    "fax": "IPM.Note.Microsoft.Fax",
    "fax-ca": "IPM.Note.Microsoft.Fax.CA",
    "missedcall": "IPM.Note.Microsoft.Missed.Voice",
    "voice": "IPM.Note.Microsoft.Voicemail.UM",
    "voice-ca": "IPM.Note.Microsoft.Voicemail.UM.CA",
    "voice-uc": "IPM.Note.Microsoft.Conversation.Voice",
    "rpmsg.message": "IPM.Note.rpmsg.Microsoft.Voicemail.UM.CA",
}
"""MS-OXCMAIL 2.2.3.2.x: Content-Class to message class."""
_CUSTOM = re.compile(r"urn:content-class:custom\.(.+)", re.IGNORECASE)
_PREFIX = re.compile(r"^\s*(?:\w{1,3}: )+")
"""MS-OXCMSG 3.2.4.4.1: a subject's prefix is one to three characters, a colon and a space."""
_IMPORTANCE = {"1": "High", "2": "High", "5": "Low", "4": "Low", "high": "High", "low": "Low"}
_IDS = {"InternetMessageId": "Message-ID", "InReplyTo": "In-Reply-To", "References": "References"}
_LISTS = {"ToRecipients": "To", "CcRecipients": "Cc", "BccRecipients": "Bcc", "ReplyTo": "Reply-To"}
_SENSITIVITY = {"personal": "Personal", "private": "Private", "company-confidential": "Confidential"}
_UNTRUSTED = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Attached(NamedTuple):
    """A part that is an attachment."""

    name: str
    content_type: str
    content: bytes
    is_message: bool


class Read(NamedTuple):
    """A message as it was read: its properties, its header fields as written, and its attachments."""

    values: dict[str, Value]
    headers: tuple[tuple[str, str], ...]
    attachments: tuple[Attached, ...]

    def header(self, name: str) -> str | None:
        """Return the first header field of a name, in any case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


def read(raw: bytes) -> Read:
    """Read a message."""
    parsed = email.message_from_bytes(raw, _class=EmailMessage, policy=email.policy.default)
    attachments = tuple(_attachments(parsed))
    made = Read({}, headers(raw), attachments)
    values = made.values
    values["Subject"] = safe(_decoded(made.header("Subject") or ""))
    values["ItemClass"] = _item_class(parsed, made)
    values |= _recipients(made)
    for name, field in _IDS.items():
        if made.header(field):
            values[name] = str(made.header(field)).strip()
    importance = made.header("Importance") or made.header("X-Priority") or ""
    values["Importance"] = _IMPORTANCE.get(importance[:4].lower().strip(), "Normal")
    values["Sensitivity"] = _SENSITIVITY.get((made.header("Sensitivity") or "").lower(), "Normal")
    values["Body"] = _body(parsed)
    values["HasAttachments"] = "true" if attachments else "false"
    sent = _date(made.header("Date"))
    if sent is not None:
        values["DateTimeSent"] = stamp(sent)
    return made


def topic(subject: str) -> str:
    """Return the normalised subject."""
    return _PREFIX.sub("", subject)


def safe(text: str) -> str:
    """Return a text without what XML 1.0 cannot hold."""
    return _UNTRUSTED.sub("?", text)


def headers(raw: bytes) -> tuple[tuple[str, str], ...]:
    """Return the header fields of a message as written, unfolded."""
    parsed = BytesHeaderParser(policy=email.policy.compat32).parsebytes(raw)
    return tuple((safe(name), safe(_unfolded(str(value)))) for name, value in parsed.items())


def _unfolded(value: str) -> str:
    return re.sub(r"\r?\n[ \t]?", " ", value.encode("ascii", "surrogateescape").decode("utf-8", "replace")).strip()


def _decoded(value: str) -> str:
    try:
        return str(make_header(decode_header(value)))
    except (LookupError, UnicodeError, ValueError):
        return value


def _date(text: str | None) -> datetime | None:
    try:
        made = parsedate_to_datetime(text or "")
        return made.replace(tzinfo=UTC) if made.tzinfo is None else made.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _recipients(made: Read) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for name in ("From", "Sender"):
        one = _mailboxes(made.header(name) or made.header("From"))
        if one:
            found[name] = e(f"t:{name}", one[0])
    for name, field in _LISTS.items():
        some = _mailboxes(made.header(field))
        if some:
            found[name] = e(f"t:{name}", *some)
    for name, field in (("DisplayTo", "ToRecipients"), ("DisplayCc", "CcRecipients")):
        found[name] = "; ".join(_names(found.get(field)))
    return found


def _mailboxes(field: str | None) -> list[Element]:
    return [_mailbox(safe(_decoded(name)), safe(address)) for name, address in getaddresses([field or ""]) if address]


def _mailbox(name: str, address: str) -> Element:
    shown = e("t:Name", text=name or address)
    return e("t:Mailbox", shown, e("t:EmailAddress", text=address), e("t:RoutingType", text="SMTP"))


def _names(recipients: Value | None) -> list[str]:
    return [] if recipients is None or isinstance(recipients, str) else [str(each[0].text) for each in recipients]


def _item_class(parsed: EmailMessage, made: Read) -> str:
    kind = (made.header("Content-Class") or "").strip()
    if kind.lower() in _CLASSES:
        return _CLASSES[kind.lower()]
    custom = _CUSTOM.fullmatch(kind)
    if custom:
        return f"IPM.Note.Custom.{custom[1]}"
    content = parsed.get_content_type()
    if content == "multipart/report":
        return _report(parsed)
    if content == "multipart/signed":
        return "IPM.Note.SMIME.MultipartSigned"
    if content == "application/pkcs7-mime":
        return "IPM.Note.SMIME"
    invitation = next((each for each in parsed.walk() if each.get_content_type() == "text/calendar"), None)
    return "IPM.Note" if invitation is None else _meeting(invitation)


def _report(parsed: EmailMessage) -> str:
    if parsed.get_param("report-type") == "disposition-notification":
        read_it = b"displayed" in parsed.as_bytes()
        return f"REPORT.IPM.Note.{'IPNRN' if read_it else 'IPNNRN'}"
    text = parsed.as_bytes().lower()
    return "REPORT.IPM.Note.DR" if b"action: delivered" in text else "REPORT.IPM.Note.NDR"


def _meeting(part: EmailMessage) -> str:
    kinds = {"REQUEST": "Request", "CANCEL": "Canceled", "REPLY": "Resp.Pos"}
    kind = kinds.get(str(part.get_param("method", "")).upper())
    return f"IPM.Schedule.Meeting.{kind}" if kind else "IPM.Note"


def _text(part: EmailMessage) -> str:
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    try:
        return content.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        return content.decode("utf-8", "replace")


def _body(parsed: EmailMessage) -> Element:
    for kind, name in (("text/html", "HTML"), ("text/plain", "Text")):
        for part in parsed.walk():
            if part.get_content_type() == kind and not part.is_attachment() and not part.is_multipart():
                return e("t:Body", text=safe(_text(part)), BodyType=name)
    return e("t:Body", text="", BodyType="Text")


def _attachments(parsed: EmailMessage) -> list[Attached]:
    found: list[Attached] = []
    if not parsed.is_multipart():
        plain = parsed.get_content_maintype() == "text" or parsed.get_content_maintype() == "multipart"
        return [] if plain and not parsed.is_attachment() else [_attached(parsed)]
    for part in parsed.iter_parts():
        kind = part.get_content_type()
        if kind == "message/rfc822" or part.is_attachment() or not (part.is_multipart() or kind.startswith("text/")):
            found.append(_attached(part))  # type: ignore[arg-type]  # typeshed: the parts of an EmailMessage are the same
        elif part.is_multipart():
            found += _attachments(part)  # type: ignore[arg-type]  # the same
    return found


def _attached(part: EmailMessage) -> Attached:
    inner = part.get_content_type() == "message/rfc822"
    name = safe(part.get_filename() or ("message" if inner else "attachment"))
    content = b"" if part.is_multipart() else part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return Attached(name, part.get_content_type(), content, inner)
