"""Properties to MIME, as an Exchange server writes what it holds: the words stay, the writing does not."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_POLICY = email.policy.SMTP.clone(cte_type="7bit", max_line_length=76)
_FIRST = (
    *("From", "Sender", "Reply-To", "To", "CC", "BCC", "Subject", "Thread-Topic", "Thread-Index"),
    *("Date", "Message-ID", "References", "In-Reply-To", "Accept-Language", "Content-Language"),
)
_KNOWN = {each.lower() for each in (*_FIRST, "Importance", "Sensitivity", "Keywords", "Auto-Submitted")}
_EXTRA = {"Accept-Language": "en-US", "Content-Language": "en-US", "X-MS-Has-Attach": "", "X-MS-TNEF-Correlator": ""}


def rendered(raw: bytes, held: Mapping[str, str]) -> bytes:
    """Write a message anew: fields that Exchange knows in its order, those with X-, seven bits, CRLF.

    Args:
        raw: a message.
        held: fields that the server adds where the message has none.
    """
    old = email.message_from_bytes(raw, _class=EmailMessage, policy=email.policy.default)
    made = EmailMessage(policy=_POLICY)
    fields: dict[str, object] = {name.lower(): text for name, text in (_EXTRA | dict(held)).items() if name not in old}
    fields |= {name.lower(): text for name, text in old.items() if _is_kept(name)}
    names = [name for name in _FIRST if name.lower() in fields]
    names += [name for name in (*old, *_EXTRA) if name.lower() in fields and name.lower() not in _KNOWN]
    for name in names:
        made[name] = fields[name.lower()]
    made["MIME-Version"] = "1.0"
    _fill(made, old)
    return made.as_bytes(policy=_POLICY)


def stripped(raw: bytes) -> bytes:
    """Drop the fields that begin with X-, as other servers do."""
    old = email.message_from_bytes(raw, policy=email.policy.compat32)
    for name in {each for each in old if each.lower().startswith("x-")}:
        del old[name]
    return old.as_bytes()


def _is_kept(name: str) -> bool:
    return name.lower() in _KNOWN or name.lower().startswith("x-")


def _fill(made: EmailMessage, old: EmailMessage) -> None:
    """Write the content: texts in quoted-printable, the rest as it came."""
    if old.get_content_maintype() == "text":
        text = str(old.get_content()).replace("\r\n", "\n")
        made.set_content(text, subtype=old.get_content_subtype(), cte="quoted-printable")
        return
    made["Content-Type"] = old["Content-Type"]
    if "Content-Transfer-Encoding" in old:
        made["Content-Transfer-Encoding"] = old["Content-Transfer-Encoding"]
    made.set_payload(old.get_payload())
