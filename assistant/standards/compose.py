"""Messages (RFC 5322, MIME): writing drafts, and telling a user's edit of one from a client's re-save."""

from __future__ import annotations

import email
import email.policy
import email.utils
import re
import unicodedata
from email.headerregistry import Address
from email.message import EmailMessage
from typing import TYPE_CHECKING, NamedTuple

from assistant.standards import mail
from assistant.standards.digest import digest as text_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

KEY_HEADER = "X-Ringback-Key"

_ID = re.compile(r"<[!-;=?-~]{1,900}>")
_KEY = re.compile(r"[!-~]{1,900}")
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(
    r"(?=.{1,253}$)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)
_QUOTABLE_LINE = 76
_LONGEST_REFERENCES = 20
# Ids and keys are copied whole: a fold or an encoded word inside one would break the thread.
_VERBATIM = frozenset({"message-id", "in-reply-to", "references", KEY_HEADER.lower()})


class Party(NamedTuple):
    """A sender or recipient: an address as in RFC 5322 3.4.1 and the name shown with it, "" for none."""

    address: str
    name: str = ""


class _DraftPolicy(email.policy.EmailPolicy):
    """The SMTP policy, except that ids keep to one line each."""

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.lower() in _VERBATIM:
            folded = "\r\n ".join(str(value).split())
            return f"{name}: {folded}\r\n".encode("ascii")
        return super().fold_binary(name, value)


_POLICY = _DraftPolicy(linesep="\r\n", raise_on_defect=False, cte_type="7bit")


def is_address(text: str) -> bool:
    """Tell whether a draft can be addressed so: one plain address, ASCII before the @, no display name."""
    return _ascii_address(text) is not None


def compose(  # noqa: PLR0913  # each is one field of the message, by keyword only
    *,
    sender: Party | None,
    to: Sequence[Party],
    subject: str,
    body: str,
    key: str,
    message_id: str,
    date: datetime,
    in_reply_to: str | None = None,
    references: Sequence[str] = (),
) -> bytes:
    """Return a draft as a message. Same arguments, same bytes.

    It carries no Auto-Submitted field (RFC 3834 5): a person sends it, or nobody does.

    Args:
        sender: None leaves From to the mail client.
        to: at least one.
        subject: line breaks and control characters in it become spaces.
        body: plain text, any line ends.
        key: what finds the draft again; visible ASCII.
        message_id: with its angle brackets, unique for ever; the caller makes it.
        date: aware; it is written in its own zone.
        in_reply_to: id of the message answered, None for a new thread. One that is no id is left out, as in references.
        references: ids of the thread, oldest first; `in_reply_to` is added at the end.

    Raises:
        ValueError: an address, the key or the message id cannot stand in a header, or `date` is naive.
    """
    message = EmailMessage(policy=_POLICY)
    if sender is not None:
        message["From"] = _mailbox(sender)
    if not to:
        raise ValueError("a draft needs a recipient")
    message["To"] = tuple(map(_mailbox, to))
    message["Subject"] = _line(subject)
    if date.tzinfo is None:
        raise ValueError("the date of a draft needs a zone")
    message["Date"] = email.utils.format_datetime(date)
    message["Message-ID"] = _matching(_ID, message_id, "message id")
    for name, ids in _thread(in_reply_to, references):
        message[name] = " ".join(ids)
    message[KEY_HEADER] = _matching(_KEY, key, "key")
    _write_body(message, body)
    return message.as_bytes()


def text_of(raw: bytes) -> str:
    """Return what a person reads in a draft, in a form that a client's re-save does not change.

    Recipients (To, Cc, Bcc; addresses only), subject, attachments and body, each on a line, white space made one space.
    Encodings, wrapping (RFC 3676 too), header order, ids and dates do not show.
    """
    read = mail.parse(raw)
    heads = email.message_from_bytes(raw, policy=email.policy.compat32)
    copied = [f"{name}: {' '.join(_recipients(heads.get_all(name, [])))}" for name in ("to", "cc", "bcc")]
    attached = sorted(f"{part.type} {part.name}" for part in read.attachments)
    body = read.plain if read.plain.strip() else read.html
    lines = [*copied, f"subject: {read.header('subject')}", f"attached: {', '.join(attached)}", body]
    return "\n".join(" ".join(unicodedata.normalize("NFC", line).split()) for line in lines)


def digest(raw: bytes) -> str:
    """Return a short stable hash of `text_of`."""
    return text_digest(text_of(raw))


def same_words(raw: bytes, other: bytes) -> bool:
    """Tell whether two drafts say the same to the same people."""
    return text_of(raw) == text_of(other)


def _recipients(fields: Iterable[object]) -> list[str]:
    """Return the addresses of undecoded fields: a decoded name may hold what looks like an address."""
    found = (address for _, address in email.utils.getaddresses([str(field) for field in fields]) if address)
    return sorted({(_ascii_address(address) or address).lower() for address in found})


def _mailbox(party: Party) -> Address:
    spec = _ascii_address(party.address)
    if spec is None:
        raise ValueError(f"{party.address!r} is no mail address")
    local, _, domain = spec.rpartition("@")
    return Address(display_name=_line(party.name), username=local, domain=domain)


def _ascii_address(text: str) -> str | None:
    """Return the address with its domain in ASCII (RFC 5890), None when it is none."""
    local, at, domain = text.rpartition("@")
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    good = at and len(local) <= 64 and _LOCAL.fullmatch(local) and _DOMAIN.fullmatch(domain)  # noqa: PLR2004  # RFC 5321 4.5.3.1.1
    return f"{local}@{domain}" if good else None


def _line(text: str) -> str:
    """Return text as one line without characters that a header cannot carry."""
    shown = (" " if unicodedata.category(char) in {"Cc", "Zl", "Zp"} else char for char in text)
    plain = "".join(char for char in shown if unicodedata.category(char) != "Cs")
    # "=?" would be read as an encoded word (RFC 2047), and that may hold anything.
    return " ".join(plain.replace("=?", "= ?").split())


def _matching(pattern: re.Pattern[str], text: str, what: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError(f"{text!r} cannot be the {what} of a draft")
    return text


def _thread(in_reply_to: str | None, references: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Return the threading fields (RFC 5322 3.6.4); the first id and the newest ones stay when there are many."""
    parent = [in_reply_to] if in_reply_to and _ID.fullmatch(in_reply_to) else []
    ids = list(dict.fromkeys(one for one in references if _ID.fullmatch(one) and one not in parent)) + parent
    if len(ids) > _LONGEST_REFERENCES:
        ids = [ids[0], *ids[1 - _LONGEST_REFERENCES :]]
    return [(name, found) for name, found in (("In-Reply-To", parent), ("References", ids)) if found]


def _write_body(message: EmailMessage, body: str) -> None:
    text = "\n".join(body.replace("\x00", "").splitlines()) + "\n"
    clean = text.encode("utf-8", "replace").decode("utf-8")
    short = all(len(line) <= _QUOTABLE_LINE for line in clean.split("\n"))
    message.set_content(clean, cte="7bit" if clean.isascii() and short else "quoted-printable")
