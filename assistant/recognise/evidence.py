"""Why a recognition says what it says: for each field the rule and the words behind it, and what was passed over.

Nothing of this is worked out unless it is asked for: each field is traced back to the slot whose words, read again by
the same rule, give its value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from assistant.model.call import Kind, Trust, Urgency
from assistant.recognise import caller, calls, extract, identify, lines, notice, passed, people, spoken, when
from assistant.recognise.draft import Evidence, Found
from assistant.standards import phone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from assistant.model.call import Call, Recognition
    from assistant.recognise.caller import Caller
    from assistant.recognise.draft import Draft, PassedOver
    from assistant.recognise.formats import Formats
    from assistant.recognise.reading import Source

_NOTHING = Found(text="", part="", rule="")
_CALLER_FIRST = ("number", "caller", "callback", "name", "told_caller", "told_name", "subject_caller")
_KINDS = ("voicemail", "missed_call", "phone_message", "sms")
_ASKED = "words that ask to be rung there"
_BEFORE = 60  # characters before a number, in which such words stand
_SHOWN = 160  # characters of a text that explains nothing by its end


def collect(recognition: Recognition, source: Source) -> tuple[Evidence, ...]:
    """Return the evidence for each field of the mail and of its calls."""
    made = [_vendor(source), _trust(recognition, source)]
    if not recognition.calls:
        return (_no_call(recognition, source), *made)
    for number, (call, draft) in enumerate(zip(recognition.calls, source.drafts, strict=True)):
        made.extend(_of_call(number, call, draft, recognition, source))
    return tuple(made)


def _of_call(number: int, call: Call, draft: Draft, recognition: Recognition, source: Source) -> Iterator[Evidence]:
    def evidence(field: str, found: Found, over: tuple[PassedOver, ...] = ()) -> Evidence:
        text = found.text if len(found.text) <= _SHOWN else found.text[:_SHOWN] + "\u2026"
        return Evidence(call=number, field=field, text=text, part=found.part, rule=found.rule, passed_over=over)

    mail, reader, formats = source.mail, source.reader, source.formats
    others = tuple(other for other in recognition.calls if other is not call)
    told = _Caller(draft, source)
    found = told.of(lambda who: who.number == call.calling_number) if call.calling_number else told.nobody()
    yield evidence("kind", _kind(call.kind, draft, source))
    yield evidence("number_e164", found, passed.numbers(call, others, draft, mail, reader, formats))
    inside = told.of(lambda who: who.extension == call.extension) if call.extension else None
    yield evidence("extension", inside or _none("no extension is named"))
    yield evidence("caller_name", _name(call, draft, told, source), passed.names(call, draft, reader, formats))
    time = _time(call, draft, source)
    yield evidence("called_at", time, passed.times(time, draft, mail, formats))
    yield evidence("tz_assumed", _zone(call, time, draft, source))
    yield evidence("duration_s", _length(call, draft, formats), passed.lengths(call, draft, mail, formats))
    yield evidence("transcript", draft.slots.get("transcript") or _none("no words of the caller stand in the mail"))
    yield evidence("callback_number_e164", _callback(call, draft, source))
    yield evidence("requested", _requested(call, draft), passed.wished(call, draft, formats))
    yield evidence("urgency", _urgency(call, draft, source))
    yield evidence("wants_callback", _wanted(call, draft, source))


def _none(rule: str) -> Found:
    return Found(text="", part="", rule=rule)


class _Caller:
    """The slots that speak of the caller, in the order in which they are asked."""

    def __init__(self, draft: Draft, source: Source) -> None:
        names = [slot for slot in _CALLER_FIRST if slot in draft.slots]
        self._read: list[tuple[Found, Caller]] = []
        for name in names:
            item = draft.slots[name]
            who = caller.read(item.text, source.reader, source.formats)
            self._read.append((item, caller.in_a_sentence(who, source.formats) if item.loose else who))

    def of(self, is_it: Callable[[Caller], bool]) -> Found:
        return next((item for item, who in self._read if is_it(who)), _NOTHING)

    def nobody(self) -> Found:
        hidden = self.of(lambda who: who.withheld)
        if hidden.text:
            return msgspec.structs.replace(hidden, rule=f"{hidden.rule}; words for a withheld number")
        return _none("nobody in the caller's role has a number")


def _name(call: Call, draft: Draft, told: _Caller, source: Source) -> Found:
    if call.caller_name is None:
        return _none("no words in the caller's role look like a name")
    found = told.of(lambda who: who.name == call.caller_name)
    if not found.text and draft.said and caller.introduced(draft.said, source.formats) == call.caller_name:
        return Found(text=call.caller_name, part="transcript", rule="the caller's own introduction")
    return found


def _time(call: Call, draft: Draft, source: Source) -> Found:
    if call.start_time_source == "header" or source.sent is None:
        return _dated(source, "the mail's own date, no better time stands in it")
    place = (source.reader.region, source.reader.zone)
    for slot in ("time", "told_time", "subject_time"):
        item = draft.slots.get(slot)
        if item and when.read(item.text, source.sent, place, source.formats, draft.text("frame")):
            return item
    return _NOTHING


def _zone(call: Call, time: Found, draft: Draft, source: Source) -> Found:
    if call.zone_assumed is not None:
        return Found(text=time.text, part=time.part, rule="the time names no zone, so the mailbox's is taken")
    if call.start_time_source == "header" or source.sent is None:
        return _none("the header's date has its own zone")
    region, frame = source.reader.region, draft.text("frame")
    far = [when.read(time.text, source.sent, (region, zone), source.formats) for zone in ("Etc/GMT+12", "Etc/GMT-14")]
    if far[0] and far[1] and far[0].at == far[1].at:
        return Found(text=time.text, part=time.part, rule="the zone is written with the time")
    if frame:
        return draft.slots["frame"]
    return _dated(source, "only in its zone, or UTC, can the call have come before the mail")


def _dated(source: Source, rule: str) -> Found:
    return Found(text=source.mail.header("Date"), part="header Date", rule=rule)


def _length(call: Call, draft: Draft, formats: Formats) -> Found:
    slots = [draft.slots[slot] for slot in ("duration", "told_duration", "subject_duration") if slot in draft.slots]
    if call.duration is not None:
        return next((item for item in slots if calls.length(item.text, formats) == call.duration), _NOTHING)
    return _none("only a recording has a length" if call.kind is not Kind.VOICEMAIL else "no length is told")


def _callback(call: Call, draft: Draft, source: Source) -> Found:
    wanted, region = call.callback_number, source.reader.region
    if wanted is None:
        return _none("nobody asks to be rung on another number")
    slot = draft.slots.get("callback")
    if slot and phone.parse(slot.text, region) == wanted:
        return slot
    part = "transcript" if draft.said else "body"
    for spot in phone.find(draft.words, region):
        if spot.number == wanted:
            return Found(text=draft.words[max(0, spot.start - _BEFORE) : spot.end], part=part, rule=_ASKED)
    for clause in calls.CLAUSE.split(draft.words):
        for language in source.formats.languages:
            if any(spot.number == wanted for spot in phone.find(spoken.in_figures(clause, language), region)):
                return Found(text=clause, part=part, rule="digits spoken as words, where words ask to be rung there")
    return Found(text=draft.words, part=part, rule=_ASKED)


def _requested(call: Call, draft: Draft) -> Found:
    if call.requested is None:
        return _none("no time is one to call at")
    part = "transcript" if draft.said else "body"
    return Found(text=call.requested.text, part=part, rule="a time beside words of a wish")


def _urgency(call: Call, draft: Draft, source: Source) -> Found:
    for header in ("Importance", "X-Priority"):
        value = source.mail.header(header)
        if call.urgency is Urgency.URGENT and calls.marked(source.mail, draft) and value:
            return Found(text=value, part=f"header {header}", rule="the phone system marked it urgent")
    keys = {
        Urgency.URGENT: (("urgent", "words of hurry"),),
        Urgency.LOW: (
            ("advertising", "words of advertising"),
            ("no_callback", "words that no call back is needed"),
            ("low", "words of no hurry"),
        ),
        Urgency.NORMAL: (("not_urgent", "a hurry that is denied"),),
    }
    default = "no words of hurry" if call.urgency is Urgency.NORMAL else "no call back is wanted"
    return _worded("urgency", keys[call.urgency], draft, source.formats) or _none(default)


def _wanted(call: Call, draft: Draft, source: Source) -> Found:
    if call.wants_callback:
        return _none("nothing says that no call back is wanted")
    keys = (("advertising", "words of advertising"), ("no_callback", "words that no call back is needed"))
    return _worded("urgency", keys, draft, source.formats) or _none("the words as a whole")


def _worded(table: str, keys: tuple[tuple[str, str], ...], draft: Draft, formats: Formats) -> Found | None:
    """Return the first word under one of the keys in what was said, or in a slot of the mail."""
    said = Found(text=draft.words, part="transcript" if draft.said else "body", rule="")
    for key, rule in keys:
        for item in (said, *draft.slots.values()):
            match = formats.any_word(table, key).search(item.text)
            if match:
                return Found(text=match[0], part=item.part, rule=rule)
    return None


def _kind(kind: Kind, draft: Draft, source: Source) -> Found:
    """Return what made the mail one of this kind, in the order in which the readers are asked."""
    mail, format_ = source.mail, source.format
    if format_ is not None:
        for shape in format_.shapes:
            if shape.kind is kind and identify.fits(shape.when, mail, format_):
                marks = ", ".join(identify.described(shape.when)) or "any other mail of it"
                return Found(text=mail.subject, part="subject", rule=f"shape {kind} of {format_.vendor}: {marks}")
    return _by_people(draft, source) if draft.settled else _by_words(kind, source)


def _by_people(draft: Draft, source: Source) -> Found:
    if draft.kind is Kind.CALLBACK_REQUEST:
        for line in source.mail.text.splitlines():
            if people.asks_for_call(line, source.formats):
                return Found(text=line.strip(), part="body", rule="a person asks for a call")
    return next(iter(draft.slots.values()), _NOTHING)


def _by_words(kind: Kind, source: Source) -> Found:
    mail, formats, reader = source.mail, source.formats, source.reader
    subject = " ".join(identify.bare_subject(mail.subject).split())
    for key in (*_KINDS, "with_audio"):
        if any(pattern.fullmatch(subject.rstrip(".! ")) for pattern in formats.each("subjects", key)):
            return Found(text=subject, part="subject", rule=f"a whole subject of a {key}")
    sentence = next((slots for key, slots in lines.sentences(mail.text, formats, _KINDS[:2]) if key == kind), None)
    if sentence:
        return next(iter(sentence.values()))
    for unit, part in ((subject, "subject"), *((unit, "body") for unit in lines.units(mail.text))):
        told = notice.tell(unit, reader, formats, is_subject=part == "subject")
        if told and told.kind is kind:
            return Found(text=unit, part=part, rule=f"words for a {kind}")
    status = lines.labelled(mail.text, formats).get("status")
    if status:
        return status
    recording = "a message with a recording" if extract.has_audio(mail) else "the words as a whole"
    return Found(text=subject, part="subject", rule=recording)


def _no_call(recognition: Recognition, source: Source) -> Evidence:
    """Tell why a mail has no call; its words of calls are what was passed over."""
    rule = {
        Kind.NONE: "no format, wording or role tells of a call, and nobody asks for one",
        Kind.PHISHING: "it copies the look of a notice",
        Kind.SMS: "a text message that asks for no call",
    }.get(recognition.kind, "")
    over = passed.nouns(source.mail, source.formats) if recognition.kind is Kind.NONE else ()
    subject = source.mail.subject[:_SHOWN]
    return Evidence(call=None, field="kind", text=subject, part="subject", rule=rule, passed_over=over)


def _vendor(source: Source) -> Evidence:
    mail, format_ = source.mail, source.format
    over = passed.formats(mail, format_, source.formats)
    if format_ is None:
        return Evidence(call=None, field="vendor", text="", part="", rule="no format claims the mail", passed_over=over)
    marks = next((marks for marks in format_.identify if identify.fits(marks, mail, format_)), None)
    rule = ", ".join(identify.described(marks)) if marks else ""
    return Evidence(call=None, field="vendor", text=mail.sender[1], part="header From", rule=rule, passed_over=over)


def _trust(recognition: Recognition, source: Source) -> Evidence:
    rule = {
        Trust.VERIFIED: "the sender is proved, or you vouch for it",
        Trust.SUSPECT: "grounds against the mail",
        Trust.PLAIN: "neither proof nor doubt",
    }[recognition.trust]
    value = source.outer.header("Authentication-Results")
    part = "header Authentication-Results" if value else "the whole mail"
    over = passed.results(source.outer, source.reader)
    text = "; ".join(recognition.reasons)
    return Evidence(call=None, field="trust", text=text, part=part, rule=rule, passed_over=over)
