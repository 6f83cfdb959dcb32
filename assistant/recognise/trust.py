"""How far a mail is believed. Grounds against it are of two sorts: proof of a forgery, and doubt."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from assistant.model.call import Trust
from assistant.standards import authentication, phone
from assistant.standards.mail import domain, within

if TYPE_CHECKING:
    from assistant.model.call import Reader
    from assistant.recognise.formats import Format, Formats
    from assistant.standards.mail import Attachment, Mail

_RISKY = re.compile(
    r"\.(?:s?html?|xhtml|mht|svg|zip|rar|7z|gz|tgz|tar|cab|iso|img|vhdx?|exe|scr|com|bat|cmd|ps1|msi|jar|js|jse|vbs|wsf|hta"
    r"|lnk|url|one|xll|(?:doc|xls|ppt)[mx]?|rtf|pdf\.\w+)$"
)
_RISKY_TYPE = re.compile(r"^(?:text/html|application/(?:x-)?(?:zip|rar|7z|msdownload|javascript|hta))")
_BARE_HOST = re.compile(r"https?(?:://|%3a%2f%2f)(?:[^/@\s]*@)?(?:\d{1,3}\.){3}\d{1,3}(?![\w.])", re.IGNORECASE)
_LOGIN_IN_LINK = re.compile(r"https?://[^/\s]*@", re.IGNORECASE)
_LINK_HOST = re.compile(r"https?://(?:[^/@\s]*@)?([^/:?#\s]+)", re.IGNORECASE)


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """Trust and its reasons. `forged` says that the mail only copies the look of a notice."""

    trust: Trust
    reasons: tuple[str, ...]
    forged: bool = False


def judge(mail: Mail, format_: Format | None, reader: Reader, formats: Formats, called: str = "") -> Judgement:
    """Weigh a mail. `called` is the number that it says was dialled, "" when it says none.

    Without known authserv-ids nothing verifies. A failure counts when a known server wrote it, or the very server that
    took the mail in (the topmost Received field names it): that can only make a mail less trusted.
    """
    findings = authentication.read(mail, reader.authserv_ids)
    proof = [*_failures(findings), *_attachments(mail.attachments), *_links(mail, formats)]
    if proof:
        return Judgement(trust=Trust.SUSPECT, reasons=tuple(proof), forged=True)
    doubts = [*_sender(mail, format_, formats), *_number(called, format_, reader)]
    if doubts:
        return Judgement(trust=Trust.SUSPECT, reasons=tuple(doubts))
    return _believed(mail, format_, reader, findings)


def _believed(
    mail: Mail, format_: Format | None, reader: Reader, findings: authentication.Findings | None
) -> Judgement:
    address = mail.sender[1]
    senders = tuple(sender.lower().lstrip("@") for sender in reader.trusted_senders)
    if address and (address in senders or within(domain(address), tuple(s for s in senders if "@" not in s))):
        return Judgement(trust=Trust.VERIFIED, reasons=(f"you trust {address}",))
    if findings is None or not findings.known:
        return Judgement(trust=Trust.PLAIN, reasons=("nothing proves the sender, nothing speaks against it",))
    domains = format_.domains if format_ else ()
    proved = next((name for name in findings.passed if within(name, domains)), None)
    if proved and within(domain(address), domains):
        return Judgement(trust=Trust.VERIFIED, reasons=(f"{findings.server} proved that {proved} sent it",))
    return Judgement(trust=Trust.PLAIN, reasons=("no phone system's domain is proved, nothing speaks against it",))


def _failures(findings: authentication.Findings | None) -> list[str]:
    if findings is None or not findings.failed or not (findings.known or findings.own):
        return []
    return [f"{findings.server} found that {', '.join(findings.failed)} failed"]


def _attachments(attachments: tuple[Attachment, ...]) -> list[str]:
    return [
        f"the attachment {part.name or part.type} is none that a phone system sends"
        for part in attachments
        if _RISKY.search(part.name) or _RISKY_TYPE.match(part.type)
    ]


def _links(mail: Mail, formats: Formats) -> list[str]:
    reasons = [
        f"a link leads to {link[:80]}" for link in mail.links if _BARE_HOST.search(link) or _LOGIN_IN_LINK.match(link)
    ]
    home = domain(mail.sender[1])
    foreign = [match[1] for link in mail.links if (match := _LINK_HOST.match(link)) and not _related(match[1], home)]
    if foreign and formats.any_word("sentences", "credentials").search(mail.text):
        reasons.append(f"it asks for a password and links to {foreign[0]}")
    return reasons


def _related(host: str, home: str) -> bool:
    """Tell whether a link's host belongs to the sender, by the domain that a registry sells."""
    return bool(home) and _sold(host.lower()) == _sold(home)


def _sold(host: str) -> list[str]:
    """Return the last two labels, or three below a country's own branches (co.uk, com.au)."""
    labels = host.split(".")
    branch = re.fullmatch(r"(?:co|com|org|net|ac|gov|ne|or)\.[a-z]{2}", ".".join(labels[-2:]))
    return labels[-3:] if branch else labels[-2:]


def _sender(mail: Mail, format_: Format | None, formats: Formats) -> list[str]:
    name, address = mail.sender
    host = domain(address)
    if format_ is not None and format_.domains and not within(host, format_.domains):
        return [f"it looks like {format_.vendor}, but {address or 'nobody'} sent it"]
    for other in formats.formats:
        named = any(brand.lower() == name.lower() for brand in other.brands)
        if named and other.domains and not within(host, other.domains):
            return [f"the sender calls itself {name}, but writes from {host}"]
    return []


def _number(called: str, format_: Format | None, reader: Reader) -> list[str]:
    if format_ is None or not format_.names_own_number or not reader.own_numbers:
        return []
    number = phone.parse(called, reader.region)
    return [f"the number called, {called}, is none of yours"] if number and number not in reader.own_numbers else []
