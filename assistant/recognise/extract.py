"""What does a mail say? Slots are filled by the format that claims it, else, and for the rest, by its shape."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from assistant.errors import RecognitionError
from assistant.model.call import Kind
from assistant.recognise import body, caller, identify, lines, patterns, tables, transcript
from assistant.recognise.draft import Draft, Found, found
from assistant.standards import regex

if TYPE_CHECKING:
    from assistant.model.call import Reader
    from assistant.recognise.formats import Format, Formats, Shape
    from assistant.standards.mail import Mail

_AUDIO = regex.lazy(r"^audio/|\.(?:wav|mp3|gsm|ogg|amr|m4a|wma|aac)$")
_MOST_CALLS = 200
_RANKED = ("caller", "time", "duration")  # read from labels first, then from sentences, then from the subject
_NOTIFIED = (Kind.VOICEMAIL, Kind.MISSED_CALL)


def by_format(mail: Mail, format_: Format, formats: Formats) -> Draft | None:
    """Return what the format reads in a mail that it claims, None when the mail reports nothing."""
    for shape in format_.shapes:
        if identify.fits(shape.when, mail, format_):
            told = _subject(mail, formats)
            more = told[1] if told and told[0] is shape.kind else {}
            draft = Draft(
                kind=shape.kind, slots={**more, **_by_shape(shape, mail, format_.vendor, body.of(mail, formats))}
            )
            return completed(draft, mail, formats)
    return None


def by_words(mail: Mail, formats: Formats, *, by_subject: bool) -> Draft | None:
    """Return what a mail of no known format says in exact wordings; None when it is no notice.

    `by_subject` asks for a subject of such wording, else a sentence will do.
    """
    subject = _subject(mail, formats)
    if by_subject and subject is None:
        return None
    told = _sentence(body.of(mail, formats), formats)
    kind = subject[0] if subject else (told[0] if told else None)
    if kind is None:
        return None
    slots = subject[1] if subject else {}
    if kind is Kind.SMS and told and told[0] is Kind.VOICEMAIL:
        kind = Kind.VOICEMAIL
    if told and kind in _NOTIFIED:
        slots = {**told[1], **slots}
    return completed(Draft(kind=kind, slots=slots), mail, formats)


def is_told(draft: Draft, mail: Mail, reader: Reader, formats: Formats, *, bulk: bool) -> bool:
    """Tell whether a mail of no known format carries enough to be believed a notice: who called, and something else."""
    who = who_called(draft, reader, formats)
    if bulk or draft.kind is Kind.PHONE_MESSAGE:
        return bool(who.number)
    twice = bool(draft.text("told_caller")) and _subject(mail, formats) is not None
    return bool(who.number or who.extension or who.withheld) or (
        who.name is not None and bool(has_audio(mail) or draft.text("time") or twice)
    )


def who_called(draft: Draft, reader: Reader, formats: Formats) -> caller.Caller:
    """Return the caller out of all slots that speak of one; a slot meant for a number or a name comes first."""
    who = caller.Caller()
    for slot in ("number", "caller", "callback", "name", "told_caller", "told_name", "subject_caller"):
        if not draft.text(slot) or (slot == "callback" and (who.number or who.extension)):
            continue
        found_here = caller.read(draft.text(slot), reader, formats)
        if draft.slots[slot].loose:
            found_here = caller.in_a_sentence(found_here, formats)
        who = caller.joined(who, found_here)
    return who


def has_audio(mail: Mail) -> bool:
    """Tell whether a recording is attached."""
    return any(_AUDIO.search(part.type) or _AUDIO.search(part.name) for part in mail.attachments)


def split(mail: Mail, draft: Draft, reader: Reader, formats: Formats) -> list[Draft]:
    """Return one draft for each call of a digest, the draft itself for any other mail.

    Raises:
        RecognitionError: there are more than any digest has.
    """
    parts, told = listed(mail, reader, formats)
    if not told:
        return [draft]
    if len(told) > _MOST_CALLS:
        raise RecognitionError(f"the mail lists {len(told)} calls, more than a digest can; look at it yourself")
    frame = next((line for line in mail.text.splitlines() if _frames(line)), "")
    shared = found({"frame": frame}, "body", "line with a zone")
    words = parts or [
        next((slots[slot].text for slot in ("transcript", "note") if slot in slots), "") for slots in told
    ]
    return [
        Draft(kind=draft.kind, slots=slots | shared, words=text, said=_said(slots, draft.kind))
        for slots, text in zip(told, words, strict=True)
    ]


def _said(slots: dict[str, Found], kind: Kind) -> str | None:
    return slots["transcript"].text if kind is Kind.VOICEMAIL and "transcript" in slots else None


def listed(mail: Mail, reader: Reader, formats: Formats) -> tuple[list[str], list[dict[str, Found]]]:
    """Return the texts (where they are blocks) and slots of each call that a digest lists; empty for any other mail."""
    text = body.of(mail, formats)
    parts = tables.blocks(text, formats)
    if parts:
        return parts, [_from_lines(part, formats) for part in parts]
    for told in (tables.table(text, formats), tables.rows(text, formats, reader.region)):
        if len(told) > 1:
            return [], told
    return [], []


def _frames(line: str) -> bool:
    return bool(re.search(r"\(\w[\w ]*\)\s*$", line) and re.search(r"\d[:h]\d\d", line))


def completed(draft: Draft, mail: Mail, formats: Formats) -> Draft:
    """Fill what is open from the labelled lines, a line with a time, and the transcript."""
    text = body.of(mail, formats)
    if draft.kind is not Kind.SMS:
        draft = draft.with_more(_from_lines(text, formats))
    speech = draft.slots.get("transcript")
    if speech is None and draft.kind is Kind.VOICEMAIL:
        other = body.of_html(mail, formats)
        speech = transcript.find(text, formats) or (transcript.find(other, formats) if other else None)
        if not any(slot.endswith("duration") for slot in draft.slots):
            draft = draft.with_more(lines.length(text, formats, speech.text if speech else ""))
    said = transcript.clean(speech.text, formats) if speech else ""
    slots = dict(draft.slots)
    slots.pop("transcript", None)
    if said and speech:
        slots["transcript"] = msgspec.structs.replace(speech, text=said)
    words = said or draft.text("note")
    return msgspec.structs.replace(draft, slots=slots, said=said or None, words=words)


def _from_lines(text: str, formats: Formats) -> dict[str, Found]:
    slots = lines.labelled(text, formats)
    rows = tables.table(text, formats)
    if len(rows) == 1:
        slots = {**slots, **rows[0]}
    if "caller" in slots:
        slots = {**lines.inside(slots["caller"], formats), **slots}
    return slots if "time" in slots else {**lines.stamp(text, formats), **slots}


def _by_shape(shape: Shape, mail: Mail, vendor: str, words: str) -> dict[str, Found]:
    slots: dict[str, Found] = {}
    for slot, name in shape.headers.items():
        slots.update(found({slot: mail.header(name)}, f"header {name}", vendor))
    for part, text, expressions in (
        ("body", words[: patterns.LONGEST_READ], shape.text),
        ("subject", identify.bare_subject(mail.subject), shape.subject),
        ("header From", mail.sender[1], (shape.from_,) if shape.from_ else ()),
    ):
        for expression in expressions:
            pattern = patterns.of_format(expression)
            match = pattern.search(text) if part == "body" else pattern.fullmatch(text) or pattern.match(text)
            if match:
                slots = {
                    **found(
                        _placed(patterns.slots(match), "subject_" if part == "subject" else ""),
                        part,
                        f"{vendor}: {expression}",
                    ),
                    **slots,
                }
    return slots


def _placed(slots: dict[str, str], prefix: str) -> dict[str, str]:
    """Name slots after their place, so that the better place can be preferred; a clock alone is a time."""
    clock = slots.pop("clock", None)
    if clock:
        slots["time"] = clock
    return {prefix + slot if slot in _RANKED else slot: text for slot, text in slots.items()}


def _subject(mail: Mail, formats: Formats) -> tuple[Kind, dict[str, Found]] | None:
    bare = " ".join(identify.bare_subject(mail.subject).split()).rstrip(".! ")
    keys = {"voicemail": Kind.VOICEMAIL, "missed_call": Kind.MISSED_CALL, "sms": Kind.SMS}
    keys["phone_message"] = Kind.PHONE_MESSAGE
    if has_audio(mail):
        keys["with_audio"] = Kind.VOICEMAIL
    for key, kind in keys.items():
        for pattern in formats.each("subjects", key):
            match = pattern.fullmatch(bare)
            if match:
                return kind, found(_placed(patterns.slots(match), "subject_"), "subject", f"subject {key}", loose=True)
    return None


def _sentence(text: str, formats: Formats) -> tuple[Kind, dict[str, Found]] | None:
    kind: Kind | None = None
    slots: dict[str, Found] = {}
    for key, more in lines.sentences(text, formats, tuple(_NOTIFIED)):
        kind = kind or Kind(key)
        slots = {**{"told_" + slot if slot in _RANKED else slot: item for slot, item in more.items()}, **slots}
    return (kind, slots) if kind else None
