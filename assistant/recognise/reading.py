"""One mail from bytes to a recognition: the order in which the parts of this stage are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from assistant.errors import RecognitionError
from assistant.model.call import Kind, Recognition, Trust
from assistant.recognise import calls, extract, forward, identify, look, people, trust
from assistant.recognise.draft import Draft, Evidence, Found
from assistant.recognise.formats import Format, load
from assistant.standards import mail as codec
from assistant.standards.mail import Mail

if TYPE_CHECKING:
    from datetime import datetime

    from assistant.model.call import Reader
    from assistant.recognise.formats import Formats

_DEEPEST = 3


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """A recognition and what it rests on: the format that claimed the mail, if any, and each slot's words."""

    recognition: Recognition
    evidence: tuple[Evidence, ...] = ()


class _Read(msgspec.Struct, frozen=True, kw_only=True):
    """What a mail, or the mail inside it, was read as."""

    mail: Mail
    format: Format | None = None
    drafts: tuple[Draft, ...] = ()


def recognise(
    raw: bytes, reader: Reader, formats: Formats | None = None, received_at: datetime | None = None
) -> Recognition:
    """Read the calls out of a mail.

    Args:
        raw: the message (RFC 5322), however damaged.
        reader: whose mailbox it is from.
        formats: what is known of phone systems and languages; None for what comes with the program.
        received_at: when the provider got the mail, for mails whose own date cannot be read.

    Raises:
        RecognitionError: two formats claim the mail, or it reports a call of which nothing can be read. Nothing else.
    """
    return explain(raw, reader, formats, received_at).recognition


def explain(
    raw: bytes, reader: Reader, formats: Formats | None = None, received_at: datetime | None = None
) -> Explanation:
    """Do as `recognise` does, and say for each field where it was read and by which rule."""
    known = formats or load()
    outer = codec.parse(raw)
    read = _read(outer, reader, known, 0)
    called = read.drafts[0].text("called") if read.drafts else ""
    judged = trust.judge(outer, read.format if read.mail is outer else None, reader, known, called)
    vendor = read.format.vendor if read.format else None
    if not read.drafts:
        return Explanation(recognition=_no_call(outer, vendor, judged, known))
    if judged.forged and read.drafts[0].kind is not Kind.CALLBACK_REQUEST:
        return Explanation(recognition=_phishing(vendor, judged))
    if read.drafts[0].kind is Kind.SMS:
        return Explanation(
            recognition=Recognition(kind=Kind.SMS, vendor=vendor, trust=judged.trust, reasons=judged.reasons)
        )
    return _calls(read, judged, reader, known, received_at)


def _calls(
    read: _Read, judged: trust.Judgement, reader: Reader, formats: Formats, received_at: datetime | None
) -> Explanation:
    sent = read.mail.date or received_at
    if sent is None:
        raise RecognitionError("the mail reports a call, but has no date that can be read; look at it yourself")
    found = tuple(calls.build(draft, read.mail, reader, formats, sent) for draft in read.drafts)
    recognition = Recognition(
        kind=read.drafts[0].kind,
        vendor=read.format.vendor if read.format else None,
        trust=judged.trust,
        reasons=judged.reasons,
        calls=found,
    )
    evidence = tuple(item for number, draft in enumerate(read.drafts) for item in calls.evidence(draft, number))
    return Explanation(recognition=recognition, evidence=evidence)


def _no_call(mail: Mail, vendor: str | None, judged: trust.Judgement, formats: Formats) -> Recognition:
    """A mail without a call is phishing when it lures with one and is forged."""
    lure = formats.any_word("sentences", "lure").search(mail.subject + "\n" + mail.text)
    if judged.forged and lure:
        return _phishing(vendor, judged)
    return Recognition(kind=Kind.NONE, vendor=vendor, trust=Trust.PLAIN, reasons=("it reports no call",))


def _phishing(vendor: str | None, judged: trust.Judgement) -> Recognition:
    return Recognition(kind=Kind.PHISHING, vendor=vendor, trust=Trust.SUSPECT, reasons=judged.reasons)


def _read(mail: Mail, reader: Reader, formats: Formats, depth: int) -> _Read:
    if look.is_answer(mail.headers):
        return _Read(mail=mail)
    inside = forward.inner(mail, reader, formats) if depth < _DEEPEST else None
    if inside is not None:
        read = _read(inside, reader, formats, depth + 1)
        if read.drafts:
            return read
    claimed = identify.claim(mail, formats)
    draft = _draft(mail, claimed, reader, formats)
    drafts = tuple(extract.split(mail, draft, formats)) if draft else ()
    return _Read(mail=mail, format=claimed, drafts=drafts)


def _draft(mail: Mail, claimed: Format | None, reader: Reader, formats: Formats) -> Draft | None:
    if claimed is not None and claimed.shapes:
        draft = extract.by_format(mail, claimed, formats)
        return _wished(draft, mail, formats) if draft and draft.kind is Kind.SMS else draft
    bulk = look.is_bulk({name.lower(): value for name, value in mail.headers})
    draft = extract.by_words(mail, formats)
    if draft is not None and draft.kind is Kind.SMS:
        return _wished(draft, mail, formats)
    if draft is not None and extract.is_told(draft, mail, reader, formats, bulk=bulk):
        return draft
    if bulk or claimed is not None or mail.sender[1] in {address.lower() for address in reader.addresses}:
        return None
    return people.read(mail, reader, formats)


def _wished(draft: Draft, mail: Mail, formats: Formats) -> Draft:
    """A text message that asks for a call is a request; its words are the writer's, not a transcript."""
    words = draft.said or people.own_words(mail.text, formats).body
    plain = msgspec.structs.replace(draft, said=None, words=words)
    if not people.asks_for_call(words, formats):
        return plain
    slots: dict[str, Found] = {key: item for key, item in draft.slots.items() if key != "transcript"}
    return msgspec.structs.replace(plain, kind=Kind.CALLBACK_REQUEST, slots=slots)
