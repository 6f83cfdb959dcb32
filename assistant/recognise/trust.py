"""How far a mail is believed. What speaks against it is weighed: 3 is proof of a forgery, 2 a doubt, 1 half of one."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from assistant.model.call import Kind, Trust
from assistant.recognise import hosts, links, scam
from assistant.standards import authentication, phone, regex
from assistant.standards import mail as codec
from assistant.standards.mail import domain, within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.model.call import Reader
    from assistant.recognise.draft import Draft
    from assistant.recognise.formats import Format, Formats
    from assistant.standards.authentication import Findings
    from assistant.standards.mail import Mail

Ground = tuple[int, str]

_PAGE = regex.lazy(
    r"\.(?:s?html?|xhtml|mht|svg|iso|img|vhdx?|exe|scr|com|bat|cmd|ps1|msi|jar|js|jse|vbs|wsf|hta|lnk|url|one|xll|pdf\.\w+)$"
)
_ARCHIVE = regex.lazy(r"\.(?:zip|rar|7z|gz|tgz|tar|cab|(?:doc|xls|ppt)[mx]?|rtf)$")
_PAGE_TYPE = regex.lazy(r"^(?:text/html|image/svg|application/(?:x-)?(?:msdownload|javascript|hta|iso))")
_ARCHIVE_TYPE = regex.lazy(r"^application/(?:x-)?(?:zip|rar|7z)")
_SPLIT_OFF = regex.lazy(r"att\d{3,6}\.(?:html?|txt)")
"""Exchange's name for the end of a text that it found behind an attachment."""

_SOUND = regex.lazy(r"^audio/|\.(?:wav|mp3|gsm|ogg|amr|m4a|wma|aac)$")
_SOUND_NAME = regex.lazy(r"\.(?:wav|mp3|m4a|ogg)\.\w+$")
_MASKED = regex.lazy(r"\d[\d ().-]{1,12}(?:[*xX\u2022#]{2,6}(?![^\W_])|(?<=\d)\*(?=[\d*]))")
_MACHINE_MAILER = regex.lazy(r"php ?mailer|leaf|king|bulk|mass", re.IGNORECASE)
_SEALERS = ("google.com", "microsoft.com", "outlook.com", "fastmail.com", "messagingengine.com", "zohomail.com")
_PROOF, _DOUBT = 3, 2
_FEWEST_LETTERS = 4
_FEW_WORDS = 12
_FIRST_LINES, _HEADING = 60, 40
_MOST_READ = 20_000


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """Trust and its reasons.

    `forged` says that the mail is a swindle, or only copies the look of a notice; `baited` that a call is its bait,
    told of or asked for; `swindle` that it wants a number to be rung for the wrong reasons.
    """

    trust: Trust
    reasons: tuple[str, ...]
    forged: bool = False
    baited: bool = False
    swindle: bool = False


class _Case(NamedTuple):
    """A mail and what it is weighed by. `text` leaves the caller's own words out; `home` is the sender's host."""

    mail: Mail
    format: Format | None
    reader: Reader
    formats: Formats
    draft: Draft | None
    passed_on: bool
    text: str
    home: str
    own: tuple[str, ...]
    findings: Findings | None

    @property
    def is_notice(self) -> bool:
        """Tell whether the mail says, or lures by saying, that somebody called."""
        return self.draft is None or self.draft.kind in {Kind.VOICEMAIL, Kind.MISSED_CALL}

    @property
    def proved(self) -> bool:
        """Tell whether the receiving server found the sender's domain proved."""
        found = self.findings
        return bool(found and (found.known or found.own) and any(hosts.related(d, self.home) for d in found.passed))

    @property
    def ours(self) -> bool:
        """Tell whether the mail comes from the reader's own domain: proved, or not checked and brought from inside."""
        if not within(self.home, self.own):
            return False
        return self.proved or (self.findings is None and authentication.comes_from(self.mail, self.own))


def judge(
    mail: Mail,
    format_: Format | None,
    reader: Reader,
    formats: Formats,
    draft: Draft | None = None,
    *,
    passed_on: bool = False,
) -> Judgement:
    """Weigh a mail.

    Without known authserv-ids nothing verifies. A failure counts when a known server wrote it, or one that took the
    mail in (the topmost Received fields name it): that can only make a mail less trusted.

    Args:
        mail: the mail as it came.
        format_: the phone system whose notice it looks like, if any.
        reader: whose mailbox it is from.
        formats: what is known of phone systems and languages.
        draft: what was read in it, None when it reports no call.
        passed_on: what it reports was read in a mail inside it.
    """
    own = _own_words(mail, draft)
    story = scam.grounds(mail, draft, reader, formats, own)
    baited = draft is not None or lures(mail, formats)
    if not baited and not story:
        return Judgement(trust=Trust.PLAIN, reasons=("it reports no call",))
    case = _case(mail, format_, reader, formats, draft, passed_on=passed_on)
    found = list(dict.fromkeys(chain(story, _all(case))))
    weight = sum(ground[0] for ground in found)
    reasons = tuple(why for _, why in sorted(found, key=lambda ground: -ground[0]))
    believed = _believed(case)
    doubted = weight >= _DOUBT and believed.trust is not Trust.VERIFIED
    forged = any(ground[0] >= _PROOF for ground in found) or (weight >= _PROOF and doubted)
    if not forged and not doubted:
        return msgspec.structs.replace(believed, reasons=(*believed.reasons, *reasons))
    swindle = forged and sum(ground[0] for ground in story) >= _DOUBT
    return Judgement(trust=Trust.SUSPECT, reasons=reasons, forged=forged, baited=baited, swindle=swindle)


def lures(mail: Mail, formats: Formats) -> bool:
    """Tell whether a mail speaks of calls or messages left, in its words or the names of what is attached."""
    names = "\n".join(part.name for part in mail.attachments)
    text = "\n".join((mail.sender[0], mail.subject, mail.text[:_MOST_READ], names))
    return formats.any_word("sentences", "lure").search(text) is not None


def _case(
    mail: Mail, format_: Format | None, reader: Reader, formats: Formats, draft: Draft | None, *, passed_on: bool
) -> _Case:
    return _Case(
        mail=mail,
        format=format_,
        reader=reader,
        formats=formats,
        draft=draft,
        passed_on=passed_on,
        text=_own_words(mail, draft),
        home=domain(mail.sender[1]),
        own=hosts.own(reader),
        findings=authentication.read(mail, reader.authserv_ids),
    )


def _own_words(mail: Mail, draft: Draft | None) -> str:
    """Return a mail's text without what the caller said."""
    said = (draft.said or "") if draft else ""
    flat = " ".join(mail.text.split("\n")) if "\n" in said else mail.text
    return flat.replace(said, " ") if said and said in flat else _without(mail.text, said)


def _without(text: str, said: str) -> str:
    """Return a text without the lines that are part of the caller's words, which come with their line breaks lost."""
    if not said:
        return text
    return "\n".join(
        line for line in text.splitlines() if " ".join(line.split()).strip("\"'") not in said or not line.strip()
    )


def _all(case: _Case) -> Iterator[Ground]:
    yield from _failures(case)
    yield from _attachments(case)
    yield from _number(case)
    if case.is_notice and not case.passed_on:
        yield from chain(_names(case), _answers(case), _words(case), _picture(case), _trace(case))
    yield from _links(case)


def _believed(case: _Case) -> Judgement:
    address = case.mail.sender[1]
    senders = tuple(sender.lower().lstrip("@") for sender in case.reader.trusted_senders)
    if address and (address in senders or within(domain(address), tuple(s for s in senders if "@" not in s))):
        return Judgement(trust=Trust.VERIFIED, reasons=(f"you trust {address}",))
    findings = case.findings
    if findings is None or not findings.known:
        return Judgement(trust=Trust.PLAIN, reasons=("nothing proves the sender, nothing speaks against it",))
    domains = case.format.domains if case.format else ()
    proved = next((name for name in findings.passed if within(name, domains)), None)
    if proved and within(case.home, domains):
        return Judgement(trust=Trust.VERIFIED, reasons=(f"{findings.server} proved that {proved} sent it",))
    return Judgement(trust=Trust.PLAIN, reasons=("no phone system's domain is proved, nothing speaks against it",))


def _failures(case: _Case) -> Iterator[Ground]:
    """What the receiving server found wrong, unless the reader's own firm, or a trusted sealer, passed the mail on."""
    findings = case.findings
    if findings is None or not findings.failed:
        return
    why = f"{findings.server} found that {', '.join(findings.failed)} failed"
    if not (findings.known or findings.own):
        yield 1, why
    elif any(within(name, case.own) for name in (*findings.passed, *findings.routes)) or _sealed(case, findings):
        return
    else:
        listed = domain("@" + case.mail.header("List-Id").rpartition("<")[2].strip(" >"))
        by_list = listed and any(hosts.related(listed, name) for name in (*findings.passed, *findings.routes))
        yield (_PROOF if findings.sure and not by_list else _DOUBT), why


def _sealed(case: _Case, findings: Findings) -> bool:
    trusted = (*case.own, *case.reader.authserv_ids, *_SEALERS)
    return findings.chain and any(within(name, trusted) for name in authentication.sealers(case.mail))


def _attachments(case: _Case) -> Iterator[Ground]:
    """Pages and programs are no recordings; archives and documents are none either, but people do send them."""
    for part in case.mail.attachments:
        if _SPLIT_OFF.fullmatch(part.name):
            continue
        page = _PAGE.search(part.name) or _PAGE_TYPE.match(part.type) or _SOUND_NAME.search(part.name)
        archive = case.is_notice and (_ARCHIVE.search(part.name) or _ARCHIVE_TYPE.match(part.type))
        if page or archive:
            yield _PROOF, f"the attachment {part.name or part.type} is none that a phone system sends"
        elif case.is_notice and part.name.endswith(".pdf") and not _sounds(case):
            yield 1, f"it tells of a message and attaches {part.name}"


def _sounds(case: _Case) -> bool:
    return any(_SOUND.search(part.type) or _SOUND.search(part.name) for part in case.mail.attachments)


def _links(case: _Case) -> Iterator[Ground]:
    place = links.Setting(home=case.home, proved=case.proved, reader=case.reader, formats=case.formats)
    found = links.gather(case.mail)
    best: dict[str, Ground] = {}
    for link in found:
        for weight, why in links.dangers(link, place):
            if case.is_notice or weight >= _PROOF:
                best[why] = (weight, why)
    if case.is_notice and not case.passed_on:
        followed = [link for link in found if _to_follow(link, found, case)]
        for link in followed if not case.ours else []:
            best |= {why: (weight, why) for weight, why in links.lures(link, place)}
        for link in found:
            best |= {why: (weight, why) for weight, why in links.addressed(link, place)}
        best |= {why: (weight, why) for weight, why in _credentials(found, case)}
    yield from sorted(best.values(), reverse=True)[:4]


def _to_follow(link: links.Link, found: list[links.Link], case: _Case) -> bool:
    """Tell whether a link is the one to hear the message by: its words say so, or it is all that the mail offers."""
    if _sounds(case):
        return False
    if case.formats.any_word("scam", "listen").search(link.text):
        return True
    foreign = {other.host for other in found if other.text and not hosts.related(other.host, case.home)}
    return case.draft is None and bool(link.text) and foreign == {link.host}


def _credentials(found: list[links.Link], case: _Case) -> Iterator[Ground]:
    if not case.formats.any_word("sentences", "credentials").search(case.text):
        return
    foreign = [link.host for link in found if link.host and not hosts.related(link.host, case.home)]
    outside = [host for host in foreign if not within(host, case.own) and not hosts.is_known(host, case.formats)]
    if outside and not case.ours:
        yield _DOUBT, f"it speaks of a password and links to {outside[0]}"


def _names(case: _Case) -> Iterator[Ground]:
    """The names that the sender bears, against the host it writes from."""
    if case.format is not None and case.format.domains and not within(case.home, case.format.domains):
        yield _DOUBT, f"it looks like {case.format.vendor}, but {case.mail.sender[1] or 'nobody'} sent it"
    if within(case.home, case.own):
        return
    name = case.mail.sender[0]
    if hosts.mixed(name) or hosts.mixed(case.home):
        yield _PROOF, f"the sender's name {name or case.home} mixes alphabets"
    yield from _address_in_name(name, case)
    like = hosts.copied(case.home, case.own, case.formats)
    if like:
        yield like.weight, f"it comes from {case.home}, which passes for {like.name}"
    yield from _brand(name, case)
    squeezed = re.sub(r"[^a-z0-9]", "", name.lower())
    label = next((d.partition(".")[0] for d in case.own), "")
    if len(label) >= _FEWEST_LETTERS and label.replace("-", "") in squeezed and not hosts.related(case.home, label):
        yield 1, f"the sender calls itself {name}, as you do, but writes from {case.home}"


def _address_in_name(name: str, case: _Case) -> Iterator[Ground]:
    shown = domain(re.sub(r".*?([\w.+-]{1,64}@[\w.-]{1,200}).*", r"\1", name[:300])) if "@" in name else ""
    if shown and not hosts.related(shown, case.home) and not case.mail.header("List-Id"):
        yield (
            (_PROOF if hosts.is_known(shown, case.formats) or within(shown, case.own) else _DOUBT),
            (f"the sender shows an address at {shown}, but writes from {case.home}"),
        )


def _brand(name: str, case: _Case) -> Iterator[Ground]:
    """A firm's name on the sender, in the subject or as a heading, where that firm does not write from there."""
    lines = [line.strip(" \t\u00a9*#>|-").lower() for line in case.text.splitlines()[:_FIRST_LINES]]
    bait = any(case.formats.any_word(*words).search(name) for words in (("sentences", "lure"), ("scam", "firm")))
    shown = hosts.folded("\n".join((name, case.mail.subject, *lines)))
    for firm in case.formats.firms:
        if hosts.bears(case.home, firm):
            return
        for brand in firm.names:
            if brand not in shown:
                continue
            word = hosts.whole(brand)
            if word.search(name):
                yield (
                    (1 if firm.common and not bait and name.lower() != brand else _DOUBT),
                    (f"the sender calls itself {name}, but writes from {case.home}"),
                )
                return
            if not firm.common and (
                word.search(case.mail.subject) or any(word.match(line) for line in lines if len(line) < _HEADING)
            ):
                yield 1, f"it names {brand}, but comes from {case.home}"
                return


def _answers(case: _Case) -> Iterator[Ground]:
    """An answer to a machine's notice that goes to somebody else."""
    answer = domain(codec.address(case.mail.header("Reply-To"))[1])
    if answer and not hosts.related(answer, case.home) and not within(answer, case.own):
        yield (_DOUBT if hosts.is_free_mail(answer) else 1), f"an answer would go to {answer}, not to {case.home}"


def _words(case: _Case) -> Iterator[Ground]:
    """What the mail asks for, the caller's own words left out."""
    text = case.mail.subject + "\n" + case.text
    if case.formats.any_word("scam", "surrender").search(case.text):
        yield _DOUBT, "it asks for a password"
    if not case.ours and case.formats.any_word("scam", "expiry").search(text):
        yield 1, "it says that the message is held back or will be gone soon"
    if _MASKED.search(text) and not _sounds(case):
        yield 1, "it hides half of the caller's number"
    yield from _hostage(case, text)


def _hostage(case: _Case, text: str) -> Iterator[Ground]:
    """A login for a message that is not there, with a threat: no phone system closes accounts over one."""
    if case.ours or _sounds(case) or hosts.is_known(case.home, case.formats):
        return
    if not case.formats.any_word("sentences", "credentials").search(case.text):
        return
    if any(part.name.endswith((".pdf", ".docx", ".doc")) for part in case.mail.attachments):
        yield _DOUBT, "it wants a login for a document that should be a message"
    if not case.formats.any_word("scam", "listen").search(text):
        return
    if case.formats.any_word("scam", "account").search(text):
        yield _DOUBT, "it wants a login to hear a message, and threatens to close an account"
    elif all(case.formats.any_word("scam", key).search(text) for key in ("expiry", "pressure")):
        yield 1, "it wants a login to hear a message that will soon be gone"


def _picture(case: _Case) -> Iterator[Ground]:
    """A code to scan leads to a page unseen; a picture in place of words hides them."""
    pictures = [part for part in case.mail.attachments if part.type.startswith("image/")]
    drawn = pictures or "<img" in case.mail.source.lower()
    if drawn and case.formats.any_word("scam", "scan").search(case.text):
        yield _PROOF, "it wants a code to be scanned in order to hear a message"
    elif pictures and not _sounds(case) and not case.ours and len(case.text.split()) < _FEW_WORDS:
        yield (_DOUBT if case.text.strip() else _PROOF), "it is a picture in place of words"


def _trace(case: _Case) -> Iterator[Ground]:
    """Where nothing was checked, the host that brought the mail may still show that no phone system's firm sent it."""
    if case.findings is not None:
        return
    if hosts.is_known(case.home, case.formats) and authentication.from_nowhere(case.mail):
        yield _DOUBT, f"the host that brought it has no name, which {case.home} would have"
    if _MACHINE_MAILER.search(case.mail.header("X-Mailer")):
        yield 1, f"it was made with {case.mail.header('X-Mailer')[:60]}"


def _number(case: _Case) -> Iterator[Ground]:
    format_, called = case.format, case.draft.text("called") if case.draft else ""
    if format_ is None or not format_.names_own_number or not case.reader.own_numbers or case.passed_on:
        return
    number = phone.parse(called, case.reader.region)
    if number and number not in case.reader.own_numbers:
        yield _DOUBT, f"the number called, {called}, is none of yours"
