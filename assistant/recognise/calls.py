"""From slots to a call: each field understood, with the evidence for it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from assistant.errors import RecognitionError
from assistant.model.call import Call, Kind, Urgency
from assistant.recognise import caller, extract, lines, when, window, wishes
from assistant.standards import phone, regex

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.model.call import E164, Reader
    from assistant.recognise.draft import Draft, Found
    from assistant.recognise.formats import Formats
    from assistant.standards.mail import Mail

_COLONS = regex.lazy(r"\d{1,5}(?::\d{2}){1,2}")
_MARKS = regex.lazy(r"(?:(\d{1,2})['\u2032\u2019]\s?)?(\d{1,3})(?:[\"\u2033\u201d]|'')")  # 1'24"
CLAUSE = regex.lazy(r"(?<=[.!?;\n])\s+|\n")
"""Where a clause ends and the next begins."""

_LONGEST = timedelta(hours=24)


def build(draft: Draft, mail: Mail, reader: Reader, formats: Formats, sent: datetime) -> Call:
    """Understand one call. `sent` is when the mail was sent, or when the provider got it.

    Raises:
        RecognitionError: not one field of a caller can be read.
    """
    who = extract.who_called(draft, reader, formats)
    if not who.known and not draft.slots:
        raise RecognitionError(
            "the mail looks like a notice of a call, but nothing in it can be read; look at it yourself"
        )
    made, source = _made(draft, reader, formats, sent)
    words = draft.words
    hurried = marked(mail, draft) and not wishes.advertising(_all(draft), formats)
    name = who.name or (caller.introduced(draft.said, formats) if draft.said else None)
    asked = _other_number(draft, who.number, reader, formats)
    costly = _is_costly(asked or who.number)
    return Call(
        kind=draft.kind,
        calling_number=who.number,
        number_raw=who.raw,
        extension=who.extension,
        caller_name=name,
        start_time=made.at,
        start_time_source=source,
        zone_assumed=made.assumed,
        duration=_length(draft, formats),
        transcript=draft.said,
        callback_number=asked,
        requested=window.read(words, made.at, reader.zone, formats),
        urgency=Urgency.LOW if costly else Urgency.URGENT if hurried else wishes.urgency(_all(draft), formats),
        wants_callback=not costly and wishes.wants_callback(_all(draft), formats),
    )


def costs(found: tuple[Call, ...], reader: Reader) -> Iterator[str]:
    """Yield what a call back would cost: numbers at a premium are not to be rung, ones abroad after a thought."""
    for call in found:
        number = call.number_to_dial
        if number and _is_costly(number):
            yield f"ringing {number} costs more than a call, so that no call back is planned"
        elif number and call.kind is Kind.MISSED_CALL and phone.is_abroad(number, reader.region):
            yield f"{number} is in another country"


def _is_costly(number: E164 | None) -> bool:
    return number is not None and phone.is_costly(number)


def _other_number(draft: Draft, calling: E164 | None, reader: Reader, formats: Formats) -> E164 | None:
    told = None if draft.settled else wishes.other_number(draft.words, calling, reader, formats)
    return told or _asked(draft, calling, reader)


def length(text: str, formats: Formats) -> timedelta | None:
    """Return a length such as "0:38", "1 min 12 sec" or "19s"; a bare number is seconds. None when it is none."""
    colons = _COLONS.search(text)
    if colons:
        seconds = 0
        for part in colons[0].split(":"):
            seconds = seconds * 60 + int(part)
        return _sane(seconds)
    marked = _MARKS.fullmatch(text.strip())
    if marked:
        return _sane(int(marked[1] or 0) * 60 + int(marked[2]))
    total, named = 0, False
    for unit, weight in (("hours", 3600), ("minutes", 60), ("seconds", 1)):
        words = "|".join(formats.words("units", unit))
        match = re.search(rf"(\d{{1,5}})\s*(?:{words})(?![^\W\d_])", text, re.IGNORECASE)
        if match:
            total, named = total + int(match[1]) * weight, True
    if named:
        return _sane(total)
    bare = re.fullmatch(r"\s*(\d{1,5})\s*", text)
    return _sane(int(bare[1])) if bare else None


def _asked(draft: Draft, calling: E164 | None, reader: Reader) -> E164 | None:
    """Return the number under a label such as "call back on", None where it is the calling one."""
    number = phone.parse(draft.text("callback"), reader.region) if draft.text("callback") else None
    return number if number != calling and number not in reader.own_numbers else None


def _length(draft: Draft, formats: Formats) -> timedelta | None:
    """Only a recording has a length; elsewhere a length is how long it rang or was talked."""
    if draft.kind is not Kind.VOICEMAIL:
        return None
    texts = (draft.text(slot) for slot in ("duration", "told_duration", "subject_duration"))
    return next((found for text in texts if (found := length(text, formats)) is not None), None)


def _sane(seconds: int) -> timedelta | None:
    return timedelta(seconds=seconds) if seconds <= _LONGEST.total_seconds() else None


def _made(draft: Draft, reader: Reader, formats: Formats, sent: datetime) -> tuple[when.Moment, str]:
    place = (reader.region, reader.zone)
    for slot in ("time", "told_time", "subject_time"):
        item = draft.slots.get(slot)
        moment = when.read(item.text, sent, place, formats, draft.text("frame")) if item else None
        if item is not None and moment is None and (bare := lines.time_in(item.text, formats)):
            moment = when.read(bare, sent, place, formats, draft.text("frame"))
        if item is not None and moment is not None:
            return moment, "subject" if item.part == "subject" else "body"
    return when.Moment(sent, None), "header"


def marked(mail: Mail, draft: Draft) -> bool:
    """Tell whether the phone system marked the message urgent (RFC 2156 5.3.6 Importance; X-Priority by custom)."""
    high = mail.header("Importance").lower() == "high" or mail.header("X-Priority").startswith("1")
    return high and draft.kind in {Kind.VOICEMAIL, Kind.MISSED_CALL}


def _all(draft: Draft) -> str:
    """Return all words that may speak of hurry or of no call back."""
    shown: list[Found] = [item for slot, item in draft.slots.items() if slot.endswith(("status", "caller", "note"))]
    return "\n".join([draft.words, *(item.text for item in shown)])
