"""Forms filled in for somebody who called or wants a call: message slips, operators' tickets, forms of web sites.

They are labelled lines in every layout: with dot leaders, in boxes, in tables, several to a line, with boxes to tick.
A form says what it is by its words: a slip that somebody called, a form on a web site that its visitor wants a call.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from assistant.model.call import Kind
from assistant.recognise import body, lines, people, wishes
from assistant.recognise.draft import Draft, Found
from assistant.standards import phone, regex

if TYPE_CHECKING:
    from assistant.model.call import Reader
    from assistant.recognise.formats import Formats
    from assistant.standards.mail import Mail

_OWN = (
    "caller_id", "callback", "first_name", "last_name", "wish_time", "option", "company", "fax", "operator",
    "date", "clock", "name", "number", "note", "emergency",
)  # fmt: skip
_TICK = regex.lazy(
    r"(?P<mark>\[\s?[xX\u2713\u2714*]\s?\]|\([xX\u2713\u2714]\)|[\u2611\u2612\u2713\u2714\u25a0\u2705]|_[xX]_)|(?P<open>\[\s*_*\s*\]|\(\s+\)|[\u2610\u25a1]|_{2,})"
)
_LEADER = regex.lazy(r"\s*\.{2,}\s*[:=]?\s*|\s*\u2026+\s*[:=]?\s*")
_BORDER = regex.lazy(r"^[\s+|=_*~#\u2500-\u257f-]*$")
_BARS = regex.lazy(r"\s*[|\u2502\u2551\u2503]\s*")
_CELL = regex.lazy(r"\s{2,}|\t+")
_PAIR = regex.lazy(r"^(?P<label>[^:=\uff1a\u3000]{1,48}?)\s*[:=\uff1a\u3000]\s*(?P<value>.*)$")
_CAPITALS = regex.lazy(r"^(?P<label>[A-Z][A-Z/#.]*(?: [A-Z/#.]+)??)\s+(?P<value>\S.*)$")
_SHORT_HALF = regex.lazy(r"(\d{1,2}:?\d{2})\s?([AP])(?![^\W\d_])", re.IGNORECASE)
_FAX = regex.lazy(r"(?i)\b(?:e-?|tele)?fax|ファ[ック]*ス|传真|傳真")
_PICTURE = regex.lazy(rf"^[\s{lines.EMOJI}]+")
_BLANKS = regex.lazy(r"[^\S\n\u3000]{12,}")
_ENDLESS = regex.lazy(r"\S{200,}")
_WORDY = {"note", "wish_time", "option", "status"}
_RULE = "field of a form"
_LONGEST = 20_000
_MOST_LINES = 400
_FEWEST = 2
_SHORT = 80  # characters of a line that tells one thing
_BARE = " \t:*#|>\u2022\u00b7-_\u25a0\u25cf\u25a1\u3010\u3011[]."


class Field(NamedTuple):
    """A label as written, the slot it stands for ("" for one nobody knows) and the words behind it."""

    label: str
    slot: str
    value: str


class Form(NamedTuple):
    """The fields of a form in order, and the boxes ticked and left open."""

    fields: list[Field]
    ticked: list[str]
    open: list[str]


def read(mail: Mail, reader: Reader, formats: Formats) -> tuple[Draft, ...]:
    """Return the calls that a form reports or asks for, one for each record; none when the mail is no such form."""
    text = body.of(mail, formats)
    if len(text) > _LONGEST or not any(map(str.isdigit, text)) or _is_notice(mail, formats):
        return ()
    form = _filled(text, formats)
    kind = _kind(mail, form, formats)
    if kind is None:
        return ()
    records = _records(form.fields)
    if len(records) > 1 and not any(field.slot in {"time", "clock"} for record in records for field in record):
        return ()  # the times stand in lines that are no fields: a list of notices
    drafts = [_draft(record, kind, form, mail, reader, formats) for record in records]
    return tuple(draft for draft in drafts if draft is not None)


def _is_notice(mail: Mail, formats: Formats) -> bool:
    """Tell whether a mail is a phone system's, which has labels too: by its subject or a recording."""
    audio = any(part.type.startswith("audio/") for part in mail.attachments)
    return (
        audio
        or _FAX.search(mail.subject) is not None
        or any(formats.any_word("notice", key).search(mail.subject) for key in ("voicemail", "missed_call", "sms"))
    )


def _filled(text: str, formats: Formats) -> Form:
    ticked: list[str] = []
    left: list[str] = []
    rows: list[list[str]] = []
    for long in text.splitlines()[:_MOST_LINES]:
        line = _BLANKS.sub(" " * 12, _ENDLESS.sub(" ", long))
        bare = line.lstrip("> ") if line.startswith(">") else line
        if _BORDER.match(bare):
            continue
        rest = _untick(bare, ticked, left)
        cells = [
            cell.strip() for part in _BARS.split(_LEADER.sub(": ", rest)) for cell in _CELL.split(part) if cell.strip()
        ]
        rows.append(cells)
    return Form(_fields(rows, formats), ticked, left)


def _untick(line: str, ticked: list[str], left: list[str]) -> str:
    """Return a line without its boxes, of which the words behind each are kept."""
    marks = list(_TICK.finditer(line))
    if not marks or (len(marks) == 1 and marks[0]["open"] and set(marks[0][0]) == {"_"}):
        return line
    for number, match in enumerate(marks):
        end = marks[number + 1].start() if number + 1 < len(marks) else len(line)
        words = re.split(r"\s{2,}|[|\u2502]", line[match.end() : end].strip())[0].strip()
        (ticked if match["mark"] else left).append(words)
    return line[: marks[0].start()]


def _fields(rows: list[list[str]], formats: Formats) -> list[Field]:
    """Return each label with its value: behind it, in the next cell, or in the line below; words may go on."""
    found: list[Field] = []
    pending: tuple[str, str] | None = None
    open_ended = False
    for cells in rows:
        open_ended = open_ended and len(cells) == 1
        for number, cell in enumerate(cells):
            label, value = _split(cell, formats)
            slot = _slot(label, formats) if label else ""
            alone = _slot(cell, formats) if not value else ""
            if label and value:
                pending = None
                found.append(Field(label, slot, value))
            elif alone or (label and slot):
                pending = (cell, alone or slot)
            elif pending and (number or len(cells) == 1):
                found.append(Field(*pending, cell))
                pending = None
            elif open_ended:
                found[-1] = found[-1]._replace(value=f"{found[-1].value} {cell}")
            open_ended = bool(found) and not pending and found[-1].slot in _WORDY
    return found


def _split(cell: str, formats: Formats) -> tuple[str, str]:
    """Split a cell into label and value; labels in capitals need no colon, if they are known."""
    pair = _PAIR.match(cell)
    if pair and not re.search(r"https?$", pair["label"]) and not re.fullmatch(r".*\d", pair["label"]):
        return pair["label"].strip(_BARE), pair["value"].strip()
    capitals = _CAPITALS.match(cell)
    if capitals and _slot(capitals["label"], formats):
        return capitals["label"], capitals["value"].strip()
    return "", ""


def _slot(label: str, formats: Formats) -> str:
    bare = _PICTURE.sub("", label).strip(_BARE)
    for slot in _OWN:
        if lines.whole(formats.words("people", "form_" + slot)).fullmatch(bare):
            return slot
    return lines.slot_of(bare, formats) or ""


def _records(fields: list[Field]) -> list[list[Field]]:
    """Cut where the label that came first comes again, and names somebody else."""
    first = next(
        (field.label.lower() for field in fields if field.slot in {"name", "caller", "first_name", "number"}), ""
    )
    starts = [place for place, field in enumerate(fields) if field.label.lower() == first]
    if len({fields[place].value for place in starts}) < _FEWEST:
        return [fields]
    return [fields[start:end] for start, end in zip([0, *starts[1:]], [*starts[1:], len(fields)], strict=True)]


def _kind(mail: Mail, form: Form, formats: Formats) -> Kind | None:
    slots = {field.slot for field in form.fields}
    named = slots & {"name", "first_name", "last_name"} or any(
        field.slot == "caller" and re.search(r"[^\W\d_]{2}", field.value) for field in form.fields
    )
    reached = slots & {"number", "callback", "caller_id", "caller"}
    if len(form.fields) < _FEWEST or not named or not reached or "transcript" in slots:
        return None
    words = "\n".join([mail.subject, *(f"{field.label}: {field.value}" for field in form.fields), *form.ticked])
    said = f"{mail.sender[0]}\n{mail.subject}\n{mail.text}"
    if formats.any_word("people", "slip").search(said):
        return Kind.PHONE_MESSAGE
    site = formats.any_word("people", "form").search(said)
    wished = formats.any_word("people", "wanted").search(words) or "wish_time" in slots
    if wished and not formats.any_word("people", "unwanted").search(words):
        return Kind.CALLBACK_REQUEST
    asked = people.asks_for_call("\n".join(field.value for field in form.fields), formats)
    return Kind.CALLBACK_REQUEST if asked or (site and formats.any_word("people", "wanted").search(said)) else None


def _draft(record: list[Field], kind: Kind, form: Form, mail: Mail, reader: Reader, formats: Formats) -> Draft | None:
    values: dict[str, str] = {}
    for field in record:
        values.setdefault(field.slot, field.value)
    number, callback = _numbers(values, reader)
    if number and not callback and kind is Kind.PHONE_MESSAGE:
        calling = phone.parse(number, reader.region)
        callback = wishes.other_number(values.get("note", ""), calling, reader, formats) or ""
    name = _name(values)
    if not number and not name:
        return None
    slots = {
        "name": name,
        "number": number,
        "callback": callback,
        "time": "" if kind is Kind.CALLBACK_REQUEST and _is_site(mail, formats) else _time(values, form),
    }
    if not slots["time"] and kind is Kind.PHONE_MESSAGE:
        slots["time"] = _told_time(body.of(mail, formats), formats)
    if not name and values.get("caller"):
        slots["caller"] = values["caller"]
    slots["status"] = _status(values, record, form, mail, formats)
    slots["note"] = values.get("note", "")
    found = {slot: Found(text=text, part="body", rule=_RULE) for slot, text in slots.items() if text}
    return Draft(kind=kind, slots=found, words=_words(record, formats), settled=True)


def _numbers(values: dict[str, str], reader: Reader) -> tuple[str, str]:
    """Return the number called from and another one to dial, "" for each that is not given."""
    given = [
        values[slot] for slot in ("caller_id", "number", "callback", "caller") if _dialled(values.get(slot, ""), reader)
    ]
    if not given:
        return "", ""
    other = values.get("callback") or (values.get("number", "") if "caller_id" in values else "")
    differs = other and _dialled(other, reader) and _dialled(other, reader) != _dialled(given[0], reader)
    return given[0], other if differs else ""


def _dialled(text: str, reader: Reader) -> str:
    return next((spot.number for spot in phone.find(text, reader.region) if spot.number not in reader.own_numbers), "")


def _name(values: dict[str, str]) -> str:
    parts = " ".join(filter(None, (values.get("first_name"), values.get("last_name"))))
    return values.get("name") or parts


def _time(values: dict[str, str], form: Form) -> str:
    """Return when the call was taken: one field, or date and time apart; the half of the day may be ticked."""
    half = next((tick[:2] for tick in form.ticked if re.match(r"[ap]\.?m\b", tick, re.IGNORECASE)), "")
    stamp = values.get("time", "")
    clock = values.get("clock", "")
    if "date" in values and not re.search(r"\d:\d\d.*\d{4}|\d{4}.*\d:\d\d", stamp):
        stamp = f"{values['date']} {clock or stamp}"
    stamp = re.sub(r"\s+\S*(?:OPR|OP)\b.*$", "", stamp or clock)
    stamp = _SHORT_HALF.sub(r"\1 \2M", stamp)
    return f"{stamp} {half}".strip() if stamp and not re.search(r"[ap]\.?m\b", stamp, re.IGNORECASE) else stamp


def _is_site(mail: Mail, formats: Formats) -> bool:
    """Tell whether a form was filled in on a web site: when it was sent, nobody called."""
    return formats.any_word("people", "form").search(f"{mail.sender[0]}\n{mail.subject}\n{mail.text}") is not None


def _told_time(text: str, formats: Formats) -> str:
    """Return the time in a line that tells of a call but is no field: "Appel reçu le 12/01/2027 à 16h52"."""
    call = formats.any_word("notice", "call")
    told = (lines.time_in(unit, formats) for unit in lines.units(text) if len(unit) <= _SHORT and call.match(unit))
    return next(filter(None, told), "")


def _status(values: dict[str, str], record: list[Field], form: Form, mail: Mail, formats: Formats) -> str:
    """Return the words that speak of hurry and of a call back: fields, ticked boxes, the subject, an answer."""
    told = [mail.subject, *form.ticked, *(field.value for field in record if field.slot in {"status", "option"})]
    if formats.any_word("people", "yes").match(values.get("emergency", "")):
        told.extend(formats.words("people", "say_urgent"))
    ticked = "\n".join(form.ticked)
    if formats.any_word("people", "again").search(ticked) and not formats.any_word("people", "wanted").search(ticked):
        told.extend(formats.words("people", "say_quiet"))
    return "; ".join(filter(None, told))


def _words(record: list[Field], formats: Formats) -> str:
    """Return what the caller wants in words: a time to call behind a wish, then notes and options."""
    told: list[str] = []
    for field in record:
        if field.slot == "wish_time":
            told.append(f"{_wish(field.label, formats)} {field.value}")
        elif field.slot in {"note", "option", "status", ""} and not re.search(r"https?:|\d{4}", field.value):
            told.append(field.value)
    told.extend(field.value for field in record if field.slot == "note" and field.value not in told)
    return "\n".join(told)


def _wish(label: str, formats: Formats) -> str:
    """Return "call me" in the language of a label."""
    for language in formats.languages:
        if lines.whole(language.people.get("form_wish_time", ())).fullmatch(_PICTURE.sub("", label).strip(_BARE)):
            return next(iter(language.people.get("call_me", ())), label)
    return label
