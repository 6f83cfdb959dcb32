"""One mail from bytes to a recognition: the order in which the parts of this stage are asked."""

from __future__ import annotations

from datetime import datetime

import msgspec

from assistant.errors import RecognitionError
from assistant.model.call import Kind, Reader, Recognition, Trust
from assistant.recognise import (
    caller,
    calls,
    extract,
    forms,
    forward,
    identify,
    look,
    notice,
    people,
    scam,
    sift,
    trust,
)
from assistant.recognise.draft import Draft, Evidence, Found
from assistant.recognise.formats import Format, Formats, load
from assistant.standards import mail as codec
from assistant.standards.mail import Mail

_DEEPEST = 3
_NO_CALL = ("it reports no call",)


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """A recognition and what each of its fields rests on."""

    recognition: Recognition
    evidence: tuple[Evidence, ...] = ()


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """What a recognition was made from: the mail that came, the one inside it, who claims it, its calls as read."""

    outer: Mail
    mail: Mail
    format: Format | None
    drafts: tuple[Draft, ...]
    reader: Reader
    formats: Formats
    sent: datetime | None


class _Read(msgspec.Struct, frozen=True, kw_only=True):
    """What a mail, or the mail inside it, was read as."""

    mail: Mail
    formats: Formats
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
    known = formats or load()
    outer = codec.parse(raw)
    if sift.is_silent(outer, reader, known):
        return Recognition(kind=Kind.NONE, vendor=None, trust=Trust.PLAIN, reasons=_NO_CALL)
    return _answer(outer, reader, known, received_at)[0]


def explain(
    raw: bytes, reader: Reader, formats: Formats | None = None, received_at: datetime | None = None
) -> Explanation:
    """Do as `recognise` does, and say for each field where it was read, by which rule, and what was passed over."""
    from assistant.recognise import evidence  # noqa: PLC0415 - a mail is seldom explained

    recognition, source = _answer(codec.parse(raw), reader, formats or load(), received_at)
    return Explanation(recognition=recognition, evidence=evidence.collect(recognition, source))


def _answer(outer: Mail, reader: Reader, known: Formats, received_at: datetime | None) -> tuple[Recognition, Source]:
    read = _read(outer, reader, known, 0)
    inside = read.mail is not outer
    draft = read.drafts[0] if read.drafts else None
    spoken = known.of_text(_words(outer)) if inside else read.formats
    judged = trust.judge(outer, None if inside else read.format, reader, spoken, draft, passed_on=inside)
    sent = read.mail.date or received_at
    source = Source(
        outer=outer,
        mail=read.mail,
        format=read.format,
        drafts=read.drafts,
        reader=reader,
        formats=read.formats,
        sent=sent,
    )
    return _recognition(source, judged), source


def _recognition(source: Source, judged: trust.Judgement) -> Recognition:
    drafts, vendor = source.drafts, source.format.vendor if source.format else None
    if not drafts:
        return _no_call(source.outer, vendor, judged)
    kind = drafts[0].kind
    if judged.forged and (kind is not Kind.CALLBACK_REQUEST or judged.swindle):
        return _phishing(vendor, judged)
    if kind is Kind.SMS:
        return Recognition(kind=kind, vendor=vendor, trust=judged.trust, reasons=judged.reasons)
    if source.sent is None:
        raise RecognitionError("the mail reports a call, but has no date that can be read; look at it yourself")
    sent = source.sent
    found = tuple(calls.build(draft, source.mail, source.reader, source.formats, sent) for draft in drafts)
    reasons = tuple(dict.fromkeys((*judged.reasons, *calls.costs(found, source.reader))))
    return Recognition(kind=kind, vendor=vendor, trust=judged.trust, reasons=reasons, calls=found)


def _no_call(mail: Mail, vendor: str | None, judged: trust.Judgement) -> Recognition:
    """A mail without a call is phishing when it lures with one and is forged, or wants to be rung for a swindle."""
    if judged.forged and (judged.baited or judged.swindle) and not look.is_answer(mail.headers):
        return _phishing(vendor, judged)
    return Recognition(kind=Kind.NONE, vendor=vendor, trust=Trust.PLAIN, reasons=_NO_CALL)


def _phishing(vendor: str | None, judged: trust.Judgement) -> Recognition:
    return Recognition(kind=Kind.PHISHING, vendor=vendor, trust=Trust.SUSPECT, reasons=judged.reasons)


def _read(mail: Mail, reader: Reader, formats: Formats, depth: int) -> _Read:
    if look.is_answer(mail.headers):
        return _Read(mail=mail, formats=formats)
    inside = forward.inner(mail, reader, formats) if depth < _DEEPEST else None
    if inside is not None:
        read = _read(inside, reader, formats, depth + 1)
        if read.drafts:
            return read
    claimed = identify.claim(mail, formats)
    spoken = formats.of_text(_words(mail))
    return _Read(mail=mail, formats=spoken, format=claimed, drafts=_drafts(mail, claimed, reader, spoken))


def _words(mail: Mail) -> str:
    """Return all that may be words of a language: text, subject, names of senders and callers."""
    named = (value for name, value in mail.headers if name.lower() == "from" or "call" in name.lower())
    return "\n".join((mail.subject, *named, mail.plain, mail.html))


def _drafts(mail: Mail, claimed: Format | None, reader: Reader, formats: Formats) -> tuple[Draft, ...]:
    """Ask the format that claims the mail, then forms, notices and people; a note goes before its notice."""
    draft = extract.by_format(mail, claimed, formats) if claimed is not None else None
    if draft is None:
        bulk = look.is_bulk({name.lower(): value for name, value in mail.headers})
        filled = forms.read(mail, reader, formats)
        if filled:
            return filled
        draft = None if scam.warns(mail, formats) else _notice(mail, reader, formats, bulk=bulk)
        if not bulk and claimed is None and mail.sender[1] not in {address.lower() for address in reader.addresses}:
            written = people.read(mail, reader, formats) if draft is None else _noted(draft, mail, reader, formats)
            if written:
                return written
    draft = _wished(draft, mail, formats) if draft else None
    return tuple(extract.split(mail, draft, reader, formats)) if draft else ()


def _noted(draft: Draft, mail: Mail, reader: Reader, formats: Formats) -> tuple[Draft, ...]:
    """Return the note that a person took where it looks like a notice too; the subject of a notice says what it is."""
    kinds = {Kind.MISSED_CALL: "missed_call", Kind.VOICEMAIL: "voicemail", Kind.SMS: "sms"}
    if extract.has_audio(mail) or people.is_machine(mail, formats):
        return ()
    if draft.kind in kinds and formats.any_word("notice", kinds[draft.kind]).search(mail.subject):
        return ()
    if len(extract.split(mail, draft, reader, formats)) > 1:
        return ()
    return people.notes_call(mail, reader, formats)


def _notice(mail: Mail, reader: Reader, formats: Formats, *, bulk: bool) -> Draft | None:
    """Return what a notice says by its exact wording, else by its nouns and roles; None when it is none."""
    return (
        _exact(mail, reader, formats, bulk=bulk, by_subject=True)
        or notice.read(mail, reader, formats, bulk=bulk)
        or _exact(mail, reader, formats, bulk=bulk, by_subject=False)
    )


def _exact(mail: Mail, reader: Reader, formats: Formats, *, bulk: bool, by_subject: bool) -> Draft | None:
    draft = extract.by_words(mail, formats, by_subject=by_subject)
    if draft is None or draft.kind is Kind.SMS:
        return draft
    told = extract.is_told(draft, mail, reader, formats, bulk=bulk)
    return notice.enriched(draft, mail, reader, formats) if told else None


def _wished(draft: Draft, mail: Mail, formats: Formats) -> Draft | None:
    """A text message that asks for a call is a request; its words are the writer's, not a transcript."""
    if draft.kind is not Kind.SMS:
        return draft if draft.kind.reports_calls else None
    words = people.asking_part(draft.said or mail.text, formats)
    plain = msgspec.structs.replace(draft, said=None, words=words or draft.said or mail.text)
    if not words:
        return plain
    slots: dict[str, Found] = {key: item for key, item in draft.slots.items() if key != "transcript"}
    name = caller.introduced(words, formats)
    if name:
        slots["told_name"] = Found(text=name, part="body", rule="the writer's own words")
    return msgspec.structs.replace(plain, kind=Kind.CALLBACK_REQUEST, slots=slots)
