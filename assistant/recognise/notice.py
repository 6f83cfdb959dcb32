"""Notices of systems that no file knows: nouns say what the mail is, roles say who called.

Nothing here is made for one vendor. A mail is a notice when its subject or a sentence names a kind of call, when
somebody stands in the role of the caller, and when it bears enough other signs of a machine that reports a call.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from assistant.model.call import Kind
from assistant.recognise import body, caller, extract, identify, lines, lone, patterns, role, sender, transcript
from assistant.recognise.draft import Draft, Found, found
from assistant.standards import phone, regex

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.model.call import Reader
    from assistant.recognise.formats import Formats, Language
    from assistant.standards.mail import Mail

_ANSWER = regex.lazy(r"^\s*(?:re|aw|antw|sv|rif|rv|res|回复|回覆|答复)\s*:", re.IGNORECASE)
_STOP = regex.lazy(
    r"[!?;\n|]|\.(?:\s|$)|\s[-\u2013\u2014]\s|,\s(?=\d{1,2}[:.]\d{2})|[(\[]\s*\d{1,3}(?::\d{2}|\s?[a-z]{1,7}\.?[)\]])|[，。、]"
)
_ARROW = regex.lazy(
    r"(?P<at>[^\n]{3,80}?)\s*(?P<arrow>-{1,2}>|={1,2}>|<-{1,2}|<={1,2}|[\u2190\u2192\u21d0\u21d2])\s*(?P<to>[^\n]{3,80})"
)
_KINDS = ("voicemail", "missed_call", "callback_request", "phone_message", "sms")
_DENIALS = ("ours", "answered", "unanswered")
_TELLING = (*_KINDS, *_DENIALS, "call", "message", "ahead")
_AHEAD = 24  # characters before a number in which its role may be said
_NAME_TAG = regex.lazy(r"^\s*\u3010[^\u3011]*\u3011")  # where a Japanese system puts its name
_BARE_CLOCK = regex.lazy(r"\d{1,2}:\d{2}")
_PART = regex.lazy(
    r"[|,\u00b7\u2022\u2013\u2014-]\s*(\d{1,2}:\d{2})\s*(?=[|,\u00b7\u2022\u2013\u2014-])"
)  # "Voicemail - 0:28 - ..."
_CLAUSE = regex.lazy(r"[、，]")
_NUMBERED, _HIDDEN, _NAMED = 4, 3, 2
_NAME_LENGTH = 40
_NAME_AND_NUMBER = 2
_MOST_PIECES = 3
_FIRST_UNITS = 40
_SHORT_SUBJECT = 200
_BELIEVED, _BELIEVED_IN_BULK = 4, 5
_PROSE = 120  # words; a notice without a transcript says less


class Told(NamedTuple):
    """What a subject or sentence (`unit`) says: a kind (None for none), and the words for the caller ("" for none)."""

    kind: Kind | None
    who: str
    unit: str


def read(mail: Mail, reader: Reader, formats: Formats, *, bulk: bool) -> Draft | None:
    """Return the call that a mail reports by its nouns and roles, None when it is no notice.

    Args:
        mail: that no format and no exact wording claimed.
        reader: whose mailbox it is from.
        formats: the languages.
        bulk: it was sent to many, so that more signs are asked for.
    """
    subject = " ".join(identify.bare_subject(mail.subject).split())[:_SHORT_SUBJECT]
    if _ANSWER.match(subject):
        return None
    at_head = tell(subject, reader, formats, is_subject=True)
    if at_head and _is_sender(at_head.who, mail):
        at_head = at_head._replace(who="")
    told = [one._replace(who="") if _is_system(one.who, mail) else one for one in _told(mail, reader, formats)]
    kind = _kind(mail, subject, at_head, told, formats)
    is_list = bool(extract.listed(mail, reader, formats)[1])
    if kind is None and is_list and formats.any_word("notice", "message").search(subject):
        kind = Kind.PHONE_MESSAGE  # "messages 11/17" above rows of callers
    numbered = at_head is not None and _weight(at_head.who, reader, formats) > _NAMED
    sure = numbered and not caller.read(at_head.who if at_head else "", reader, formats).extension
    if kind is None or (_refused(mail.subject, formats) and not (sure or (is_list and at_head))):
        return None
    if kind is Kind.PHONE_MESSAGE and _was_answered(mail, formats):
        return None
    slots = {**dict(lone.headers(mail)), **_in_sentences(told, reader, formats)}
    if at_head:
        slots |= found(_slots(at_head, "subject_", formats), "subject", f"{kind} in the subject", loose=True)
    if kind is Kind.SMS:
        return Draft(kind=kind, slots=slots, words=mail.text)
    draft = extract.completed(Draft(kind=kind, slots=slots), mail, formats)
    who = extract.who_called(draft, reader, formats)
    if not (who.number or who.extension or who.withheld or is_list):
        draft = draft.with_more(
            lone.sender(mail, kind, reader, formats) or lone.line(body.of(mail, formats), reader, formats)
        )
    if bulk and not (is_list or _is_placed(draft)):
        return None
    signs = _BELIEVED + (numbered or not bulk) if is_list else _signs(draft, mail, at_head, told, reader, formats)
    return draft if signs >= (_BELIEVED_IN_BULK if bulk else _BELIEVED) else None


def _is_sender(who: str, mail: Mail) -> bool:
    """Tell whether words out of a subject only name the system that sends: "ACME Voice: 1 missed call"."""
    name = mail.sender[0].casefold().strip()
    return bool(name) and not any(char.isdigit() for char in who) and name in who.casefold()


def _is_system(who: str, mail: Mail) -> bool:
    """Tell whether words out of a sentence are the system's own name, which its domain bears: "BIZTEL reports"."""
    name, address = mail.sender
    return _is_sender(who, mail) and name.casefold().replace(" ", "") in address.casefold()


def enriched(draft: Draft, mail: Mail, reader: Reader, formats: Formats) -> Draft:
    """Fill number, time and length of a draft that an exact wording gave, where something else says them."""
    who = extract.who_called(draft, reader, formats)
    slots = _in_sentences(_told(mail, reader, formats), reader, formats)
    if not (who.number or who.extension or who.withheld):
        told = slots.get("told_caller")
        numbered = told is not None and _weight(told.text, reader, formats) == _NUMBERED
        draft = draft.with_more({"told_caller": told} if told and numbered else {})
        draft = draft.with_more(lone.line(body.of(mail, formats), reader, formats))
    elif who.number and not who.name:
        draft = draft.with_more(lone.bracketed(who.number, mail, reader, formats))
    more = {}
    if not any(name.endswith("time") and lines.time_in(item.text, formats) for name, item in draft.slots.items()):
        more["told_time"] = slots.get("told_time")
    if not any(name.endswith("duration") for name in draft.slots):
        more["told_duration"] = slots.get("told_duration")
    read_again = {slot: item for slot, item in more.items() if item is not None}
    return msgspec.structs.replace(draft, slots={**draft.slots, **read_again})


def _told(mail: Mail, reader: Reader, formats: Formats) -> list[Told]:
    units = itertools.islice(lines.units(body.of(mail, formats)), _FIRST_UNITS)
    return [told for unit in units if (told := tell(unit, reader, formats))]


def _in_sentences(told: list[Told], reader: Reader, formats: Formats) -> dict[str, Found]:
    """Return the slots of the sentences; the caller is the one told most surely, the first of equals."""
    best = max(told, key=lambda one: _weight(one.who, reader, formats) if one.who else 0, default=None)
    slots: dict[str, Found] = {}
    for one in sorted(told, key=lambda one: one is not best):
        more = _slots(one, "told_", formats)
        if one is not best:
            more["told_name"] = more.pop("told_caller") if _weight(one.who, reader, formats) == _NAMED else ""
        slots = {**found(more, "body", f"sentence {one.unit[:60]!r}", loose=True), **slots}
    return slots


def _slots(told: Told, prefix: str, formats: Formats) -> dict[str, str]:
    time, length = lines.time_in(told.unit, formats), lines.length_in(told.unit, formats)
    ahead = told.unit[: told.unit.find(time)].rstrip()
    at = formats.any_word("when", "at")
    if (
        told.kind is Kind.VOICEMAIL
        and _BARE_CLOCK.fullmatch(time)
        and not length
        and not any(match.end() == len(ahead) for match in at.finditer(ahead))
    ):
        time, length = "", time  # "Voicemail from Ann, 0:22": a recording's length is written like a time of day
    if told.kind is Kind.VOICEMAIL and not length:
        beside = _PART.search(told.unit.replace(time, "|") if time else "")
        length = beside[1] if beside else ""
    slots = {"caller": told.who, "time": time, "duration": length}
    return {prefix + slot: text for slot, text in slots.items()}


def tell(unit: str, reader: Reader, formats: Formats, *, is_subject: bool = False) -> Told | None:
    """Return the kind and the caller that a subject or a sentence names, None when it tells of no call."""
    best: tuple[int, Told] | None = None
    pointed = list(_pointed(unit, formats))
    for language in formats.languages:
        if not pointed and _is_quiet(unit, language):
            continue
        said = {key for key in _DENIALS if language.any_word("notice", key).search(unit)}
        if "ours" in said or said == {"answered"}:
            return None
        kind = _noun(unit, language)
        words = (
            _caller(unit, language, reader, formats, is_subject=is_subject)
            if kind
            else _role(unit, language, reader, formats)
        )
        score = _weight(words, reader, formats) if words else 0
        if (kind or score) and (best is None or (score, kind is not None) > (best[0], best[1].kind is not None)):
            best = (score, Told(kind, words if score else "", unit))
    return best[1] if best else None


def _is_quiet(unit: str, language: Language) -> bool:
    """Tell whether a unit certainly has no words of calls in a language."""
    return not (
        language.may_say("notice", _TELLING, unit) or language.any_word("notice", "from").match(unit) is not None
    )


def _noun(unit: str, language: Language) -> Kind | None:
    """Return the kind that a language's nouns give; what was not recorded is a missed call."""
    words = {key: language.any_word("notice", key) for key in _KINDS}
    missed, recorded = words["missed_call"].search(unit), words["voicemail"].search(unit)
    if missed and recorded:
        return Kind.VOICEMAIL if recorded.start() < missed.start() else Kind.MISSED_CALL
    if missed or recorded:
        return Kind.MISSED_CALL if missed else Kind.VOICEMAIL
    if all(language.any_word("notice", key).search(unit) for key in ("unanswered", "call")):
        return Kind.MISSED_CALL
    wish, note = words["callback_request"].search(unit), words["phone_message"].search(unit)
    if wish or note:
        return Kind.PHONE_MESSAGE if note and (not wish or note.start() < wish.start()) else Kind.CALLBACK_REQUEST
    return Kind.SMS if words["sms"].search(unit) else None


def _caller(unit: str, language: Language, reader: Reader, formats: Formats, *, is_subject: bool) -> str:
    """Return the words in the caller's role: in front of the verb, behind "from", else beside the noun of a subject."""
    options = [*_pointed(unit, formats), *_ahead(unit, language), *_behind(unit, language)]
    options += _rest(unit, language, formats) if is_subject else _only(unit, language, reader)
    return _surest(options, reader, formats)


def _role(unit: str, language: Language, reader: Reader, formats: Formats) -> str:
    """Return who has the caller's role in a sentence that names no kind: "from 555-0146 to ...", "a call from ..."."""
    options = [*_pointed(unit, formats), *_ahead(unit, language)]
    start = language.any_word("notice", "from").match(unit)
    spoken_of = any(language.any_word("notice", key).search(unit) for key in ("call", "message"))
    if start or spoken_of:
        numbered = [option for option in _behind(unit, language) if _weight(option, reader, formats) == _NUMBERED]
        options += numbered
    return _surest(options, reader, formats)


def _surest(options: list[str], reader: Reader, formats: Formats) -> str:
    ranked = [(_weight(option, reader, formats), -place, option) for place, option in enumerate(options)]
    best = max(ranked, default=(0, 0, ""))
    return best[2] if best[0] else ""


def _pointed(unit: str, formats: Formats) -> Iterator[str]:
    """Yield the caller of an arrow: "caller -> line" or "line <- caller"."""
    match = _ARROW.match(unit)
    if match:
        side = match["to"] if match["arrow"][0] in "<\u2190\u21d0" else match["at"]
        yield re.sub(r"[|\s]*\u00b7[|\s]*|\s*\|\s*", " ", lines.without_times(side, formats)).strip()


def _ahead(unit: str, language: Language) -> Iterator[str]:
    for pattern in language.notice.get("ahead", ()):
        match = patterns.of_language(pattern).match(unit)
        if match:
            yield _CLAUSE.split(match["caller"])[-1]


def _behind(unit: str, language: Language) -> Iterator[str]:
    start = language.any_word("notice", "from")
    for match in start.finditer(unit):
        yield _cut(unit[match.end() :].lstrip(" :\t"), language)


def _only(unit: str, language: Language, reader: Reader) -> Iterator[str]:
    """Yield the one number of a sentence about a call, unless words before it say that it is a line or one to dial."""
    spots = [spot for spot in phone.find(unit, reader.region) if spot.number not in reader.own_numbers]
    if len(spots) == 1 and not language.any_word("notice", "refused").search(unit):
        ahead = unit[max(0, spots[0].start - _AHEAD) : spots[0].start]
        if not language.any_word("notice", "line").search(ahead.rstrip(" :(\u00ab")):
            yield spots[0].raw


def _cut(tail: str, language: Language) -> str:
    """Return the tail up to where the caller ends."""
    stop = language.any_word("notice", "until").search(tail, 1)
    hard = _STOP.search(tail, 1)
    ends = [match.start() for match in (stop, hard) if match]
    return tail[: min(ends, default=len(tail))].strip(" ,:-")


def _rest(unit: str, language: Language, formats: Formats) -> list[str]:
    """Return what a subject holds beside its nouns, times and lengths: "Voicemail - Ann Lee (0:32)"."""
    bare = formats.once(_line_called).sub(" | ", unit)
    for key in (*_KINDS, "message"):
        bare = language.any_word("notice", key).sub(" | ", bare)
    pieces = re.split(
        r"\s[-\u2013\u2014\u00b7]\s|[|:\u00b7]|\s[(\[](?=\D)|(?<!\(\d\d)(?<!\(\d\d\d)[\])](?=\s|$)",
        lines.without_times(bare, formats),
    )
    told = [piece.strip(" ,;") for piece in pieces if re.search(r"\d{3}|[^\W\d_]{2}", piece)]
    if len(told) == _NAME_AND_NUMBER:
        told.insert(0, " ".join(told))
    return told if len(told) <= _MOST_PIECES else []


def _line_called(formats: Formats) -> re.Pattern[str]:
    """Compile the line called with its number: "in mailbox 203", "sur votre ligne 01 99 00 10 10"."""
    called = lines.whole(formats.words("labels", "called")).pattern
    return re.compile(
        rf"{formats.any_word('notice', 'line').pattern}(?:\s+{called})?\s+{called}[\s:]+[+(\d][\d ().-]*", re.IGNORECASE
    )


def _weight(words: str, reader: Reader, formats: Formats) -> int:
    """Return how surely words are a caller: a number most, then an extension or a withheld one, then a name."""
    if not words:
        return 0
    who = caller.read(words, reader, formats)
    if who.number:
        return 0 if role.is_reference(words, who.raw or "", formats) else _NUMBERED
    if who.extension:
        sure = len(words) <= len(who.extension) + _NAME_LENGTH and not lines.is_length(words, formats)
        return _HIDDEN if sure and (not who.name or caller.plausible(who.name, formats)) else 0
    if who.withheld:
        return _HIDDEN
    return _NAMED if who.name and caller.plausible(who.name, formats) else 0


def _kind(mail: Mail, subject: str, at_head: Told | None, told: list[Told], formats: Formats) -> Kind | None:
    """Return what the mail is: by its subject, then its text; a recording makes a message a voicemail."""
    said = [one.kind for one in told if one.kind]
    if at_head and at_head.kind is Kind.SMS and any(one.kind is Kind.MISSED_CALL and one.who for one in told):
        return Kind.MISSED_CALL  # the operator's text message about a call, passed on
    named = (at_head.kind if at_head else None) or (said[0] if said else None) or _labelled_kind(mail, formats)
    if named is None or named is Kind.PHONE_MESSAGE:
        message = formats.any_word("notice", "message")
        if extract.has_audio(mail) and (message.search(subject) or message.search(mail.text[:2000])):
            return Kind.VOICEMAIL
    recorded = Kind.VOICEMAIL in said and extract.has_audio(mail)
    if named is Kind.MISSED_CALL and (recorded or transcript.is_labelled(body.of(mail, formats), formats)):
        return Kind.VOICEMAIL
    return named


def _labelled_kind(mail: Mail, formats: Formats) -> Kind | None:
    status = lines.labelled(body.of(mail, formats), formats).get("status")
    if status is None:
        return None
    if formats.any_word("notice", "unanswered").search(status.text):
        return Kind.MISSED_CALL
    return next((kind for language in formats.languages if (kind := _noun(status.text, language))), None)


def _was_answered(mail: Mail, formats: Formats) -> bool:
    """Tell whether a labelled line says that the call was taken, or made by the reader."""
    label = lines.label(formats.words("labels", "status"))
    told = "\n".join(match["value"] for match in label.finditer(body.of(mail, formats)))
    if formats.any_word("notice", "unanswered").search(told):
        return False
    return formats.any_word("notice", "answered").search(told) is not None


def _refused(subject: str, formats: Formats) -> bool:
    """Tell whether a subject, with its tags, names what a phone system also writes about."""
    return formats.any_word("notice", "refused").search(_NAME_TAG.sub("", identify.untagged(subject))) is not None


def _is_placed(draft: Draft) -> bool:
    """Tell whether the caller stands under a label, in a header field or the subject: prose to many may quote one."""
    slots = ("number", "caller", "name", "subject_caller")
    return any(slot in draft.slots and draft.slots[slot].rule != lone.RULE for slot in slots)


def _signs(draft: Draft, mail: Mail, at_head: Told | None, told: list[Told], reader: Reader, formats: Formats) -> int:
    who = extract.who_called(draft, reader, formats)
    if not who.known:
        return 0
    sure = 2 if who.number or who.extension or who.withheld else 1
    machine = sender.LIKELY.search(mail.sender[0] + " " + mail.sender[1].partition("@")[0]) or mail.header(
        "Auto-Submitted"
    )
    marks = (
        bool(at_head),
        any(one.who for one in told),
        any(draft.text(slot) for slot in ("time", "told_time", "subject_time")),
        any(draft.text(slot) for slot in ("duration", "told_duration", "subject_duration")),
        extract.has_audio(mail),
        bool(machine),
        any(item.rule.startswith("label") for item in draft.slots.values()),
    )
    vague = not (at_head and at_head.kind) and not any(one.kind and one.who for one in told)
    chatter = len(mail.text.split()) - len((draft.said or "").split()) > _PROSE
    shown = marks[-1] or bool(at_head and at_head.who) or extract.has_audio(mail)
    letter = not machine and not shown  # a person's words that only speak of a call
    return sure + sum(marks) - chatter - letter - (vague and not extract.has_audio(mail))
