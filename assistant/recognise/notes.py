"""Notes that somebody takes of a call for somebody else: "Bob from Acme rang, wants a ring back before 5"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from assistant.model.call import Kind
from assistant.recognise import body, caller, identify, letters, lines, patterns, role, tables
from assistant.recognise.draft import Draft, Found
from assistant.standards import mail as codec
from assistant.standards import regex

if TYPE_CHECKING:
    from datetime import datetime

    from assistant.model.call import Reader
    from assistant.recognise.formats import Formats
    from assistant.recognise.letters import Letter
    from assistant.standards import phone
    from assistant.standards.mail import Mail

_LEADING_TIME = regex.lazy(
    r"^[\s(\[~]*(?:(?:um|gegen|at|around|\u00e0|vers|a las?|alle(?: ore)?|\u00e0s|om|rond)\s)?"
    r"(?P<clock>\d{1,2}(?:[:.h]\d{2}|\s?[ap]\.?m\b\.?|h\b)(?:\s?[ap]\.?m\b\.?)?)(?:\s?(?:uhr|hrs?|h)\b)?[)\]\s,:;\u2013\u2014-]*",
    re.IGNORECASE,
)
_LEADING_NAME = regex.lazy(rf"^\W*(?P<name>{patterns.PERSON})")
_CLOCK = regex.lazy(r"(\d{1,2})(?:\s?[:.h]\s?(\d{2}))?\s?(?:([ap])\.?m)?", re.IGNORECASE)
_EAST = regex.lazy(  # as Chinese and Japanese write it
    r"(?P<late>\u4e0b\u5348|\u665a\u4e0a|\u508d\u665a|\u5348\u5f8c)?(?:\u4e0a\u5348|\u65e9\u4e0a|\u5348\u524d|\u4e2d\u5348)?(?P<hour>\d{1,2})[\u70b9\u9ede\u65f6\u6642](?:(?P<minute>\d{1,2})|(?P<half>\u534a))?"
)
_INSIDE = regex.lazy(  # an extension, by its word
    r"\b(?:ext(?:ension)?\.?|x|durchwahl|dw\.?|nebenstelle|poste|extensi\u00f3n|interno|int\.|ramal|extens\u00e3o|toestel|\u5185\u7ebf|\u5206\u673a|\u5185\u7dda)\s?:?\s?(\d{2,6})\b(?![-./]?\d)",
    re.IGNORECASE,
)
_THEN = regex.lazy(
    r"^(?:dann|then|puis|ensuite|luego|despu\u00e9s|poi|depois|daarna|toen|noch|also)\s+(?=[^\W\d_])", re.IGNORECASE
)
_PIECES = regex.lazy(r"\s[-\u2013\u2014]\s|[:|;,!?/\u00b7\u2022()\[\]\"]|\.\s|\.$")
_ANSWERED = regex.lazy(r"^\s*(?:\[[^\]]*\]\s*){0,20}(?:[^\W\d_]{1,4})\s?(?:\[\d+\])?[:\uff1a]\s*")
_RULE = "a person's note of a call"
_HOURS, _MINUTES, _HALF = 24, 60, 12
_LONGEST_LEAD = 60
_MOST = 50


class Told(NamedTuple):
    """What the sentences of a note say: somebody called, how surely, by what name, in which unit; whether to call."""

    surely: bool = False
    loosely: bool = False
    back: bool = False
    name: str = ""
    unit: int = 0


class _Note(NamedTuple):
    """What may be a note of one call: its words, the number in them and where they stand, its subject."""

    text: str
    spot: phone.Spot | None = None
    place: str = "body"
    subject: str = ""
    headed: bool = False


class _Desk(NamedTuple):
    """What a note is read with: the letter, its mail, whose it is, the languages."""

    letter: Letter
    mail: Mail
    reader: Reader
    formats: Formats

    def is_colleague(self) -> bool:
        """Tell whether the writer's domain is the reader's."""
        return codec.domain(self.mail.sender[1]) in {codec.domain(address) for address in self.reader.addresses}


def read(letter: Letter, mail: Mail, reader: Reader, formats: Formats, *, asked: bool) -> tuple[Draft, ...]:
    """Return the calls that a letter notes down, one for each caller of a list; none when it is no note.

    A letter whose writer asks for a call themselves (`asked`) is one only if it names somebody else who called.
    """
    desk = _Desk(letter, mail, reader, formats)
    subject = letters.tame(_ANSWERED.sub("", identify.untagged(mail.subject))).strip()
    headed = any(formats.any_word("people", "heads").match(unit) for unit in (subject, *letter.units[:3]))
    listed = _table(desk) or _list(desk, headed=headed)
    if listed:
        return listed
    units = [letters.unspoken(unit) for unit in letter.units]
    told = _told(units, letter, formats)
    note = _note(desk, subject, headed=headed)
    third = (told.surely or told.loosely) and told.name
    if (asked and not third) or not _believed(told, note, units, desk):
        return ()
    name = told.name or _before_number([subject] if note.place == "subject" else units, note.spot, letter, formats)
    name = name or _of_subject(subject, letter, formats)
    return (_draft(name, note, desk),) if name or note.spot else ()


def _note(desk: _Desk, subject: str, *, headed: bool) -> _Note:
    spot = next((one.spot for one in role.numbers(desk.letter.body, desk.reader, desk.formats)), None)
    if spot is not None:
        return _Note(desk.letter.body, spot, "body", subject, headed)
    spot = next((one.spot for one in role.numbers(subject, desk.reader, desk.formats)), None)
    return _Note(desk.letter.body or subject, spot, "subject", subject, headed)


def _believed(told: Told, note: _Note, units: list[str], desk: _Desk) -> bool:
    """Tell whether a letter is a note: who called, and a number near it, a wish, or a colleague as its writer."""
    if told.surely and (note.spot or told.back or desk.is_colleague()):
        return True
    if told.surely and desk.formats.any_word("people", "alone").search(units[told.unit]):
        return True
    near = note.spot and (note.place == "subject" or note.spot.raw in " ".join(units[told.unit : told.unit + 2]))
    if told.loosely and (told.back or near):
        return True
    return bool(note.spot and (told.back or note.headed))


def _draft(name: str, note: _Note, desk: _Desk) -> Draft:
    spot = note.spot
    other = role.asked_for(note.text, spot, desk.reader, desk.formats) if spot and note.place == "body" else None
    texts = {
        "name": (name, _RULE),
        "number": (spot.raw if spot else "", _RULE),
        "callback": (other or "", "the number the caller asks for"),
        "time": _time(note.text, desk),
        "status": ("; ".join(filter(None, [note.subject, _quiet(note.text, desk.formats)])), _RULE),
    }
    parts = {"callback": "body", "time": "body", "status": "subject"}
    slots = {
        slot: Found(text=text, part=parts.get(slot, note.place), rule=rule)
        for slot, (text, rule) in texts.items()
        if text
    }
    return Draft(kind=Kind.PHONE_MESSAGE, slots=slots, words=_without_call(note.text, desk.formats), settled=True)


def _time(text: str, desk: _Desk) -> tuple[str, str]:
    """Return when the call was made, in words or behind a label, and the rule."""
    told = time_of_call(text, desk.mail.date, desk.reader, desk.formats)
    labelled = None if told else lines.labelled(text, desk.formats).get("time")
    return (labelled.text, labelled.rule) if labelled else (told, "time of a call in a note")


def _quiet(text: str, formats: Formats) -> str:
    """Return words that no call is wanted when the caller said they would call again, and nobody asks for a call."""
    again = formats.any_word("people", "again").search(text)
    asked = any(pattern.search(text) for pattern in formats.likely("people", "back", text))
    return ", ".join(formats.words("people", "say_quiet")) if again and not asked else ""


def _told(units: list[str], letter: Letter, formats: Formats) -> Told:
    text = "\n".join(units)
    surely, sure_name, place = _calls(units, formats.likely("sentences", "phone_message", text), letter, formats)
    loosely, loose_name, other = _calls(units, formats.likely("people", "called", text), letter, formats)
    excuse = formats.any_word("sentences", "excuse")
    sentences = [each for unit in units for each in letters.sentences(unit) if not excuse.search(each)]
    back, back_name, _ = _calls(sentences, formats.likely("people", "back", text), letter, formats)
    return Told(surely, loosely, back, sure_name or loose_name or back_name, place if surely else other)


def _calls(
    units: list[str], wordings: tuple[re.Pattern[str], ...], letter: Letter, formats: Formats
) -> tuple[bool, str, int]:
    """Return whether a unit has one of the wordings, the first name in one, and the number of the first unit."""
    found: list[tuple[int, str]] = []
    for number, unit in enumerate(units):
        for pattern in wordings:
            match = pattern.search(unit)
            if match:
                name = _group(match, letter, formats)
                if name or not any(key.startswith("name") for key in match.groupdict()):
                    found.append((number, name))
    named = next((name for _, name in found if name), "")
    return bool(found), named, found[0][0] if found else 0


def _group(match: re.Match[str], letter: Letter, formats: Formats) -> str:
    for key, value in match.groupdict().items():
        if key.startswith("name") and value:
            name = person(value, letter, formats)
            return _titled(match.string[: match.start(key)], name, formats) if name else ""
    return ""


def _titled(ahead: str, name: str, formats: Formats) -> str:
    """Put a title in small letters back before a name: "ha chiamato il sig. Conti"."""
    last = ahead.split()[-1:]
    title = bool(last) and formats.any_word("names", "titles").fullmatch(last[0].rstrip("."))
    return f"{last[0]} {name}" if title and ahead[-1:].isspace() else name


def person(words: str, letter: Letter, formats: Formats) -> str:
    """Return the name at the start of words, as far as it goes; "" when it is the reader's or the writer's."""
    stop = formats.any_word("names", "not_names")
    title = formats.any_word("names", "titles")
    kept: list[str] = []
    for word in words.split():
        if stop.fullmatch(word.strip(".,")):
            break
        kept.append(word)
    bare = [word.strip(".,").lower() for word in kept]
    if not kept or all(title.fullmatch(word) for word in bare):
        return ""
    if all(word in letter.owners or word in letter.writers for word in bare):
        return ""
    return " ".join(kept).rstrip(",")


def _before_number(units: list[str], spot: phone.Spot | None, letter: Letter, formats: Formats) -> str:
    """Return the name that leads the words before the number: "Pip from Huia Rd, 09 555 0184"."""
    if spot is None:
        return ""
    unit = next((unit for unit in units if spot.raw in unit), "")
    ahead = unit[: unit.find(spot.raw)]
    clause = list(letters.sentences(ahead))[-1:] or [""]
    return _lead(clause[0], letter, formats)


def _lead(words: str, letter: Letter, formats: Formats) -> str:
    bare = letters.without_mark(words.strip())
    bare = _THEN.sub("", _LEADING_TIME.sub("", bare))
    for _ in range(3):
        shorter = _without_head(bare, letter, formats)
        if shorter == bare:
            break
        bare = shorter
    match = _LEADING_NAME.match(bare)
    if match is None or match.start("name") > _LONGEST_LEAD:
        return ""
    name = person(match["name"], letter, formats)
    return name if caller.plausible(name, formats) else ""


def _without_head(words: str, letter: Letter, formats: Formats) -> str:
    """Return words without a greeting, the reader's name or "phone msg:" before them."""
    greeting = formats.any_word("people", "greeting").match(words)
    if greeting:
        words = words[greeting.end() :].lstrip(" ,:!-\u2013\u2014")
    heads = (formats.any_word("people", key).match(words) for key in ("heads", "lead"))
    head = next(filter(None, heads), None)
    if head:
        words = words[head.end() :].lstrip(" ,:!-\u2013\u2014")
    first = re.match(r"([\w'\u2019-]+)(?:\s+([\w'\u2019-]+))?\s*[,:!;\u2013\u2014-]+\s*", words)
    if first and all(word.lower() in letter.owners for word in first.groups() if word):
        words = words[first.end() :]
    return words


def _of_subject(subject: str, letter: Letter, formats: Formats) -> str:
    """Return the name that a subject is, beside words of calls: "Telefon Bächtold", "Bob / Acme"."""
    bare = formats.any_word("people", "heads").sub(" | ", subject)
    bare = formats.any_word("people", "lead").sub(" | ", bare)
    for piece in _PIECES.split(bare):
        words = piece.strip()
        match = _LEADING_NAME.fullmatch(words) if not re.search(r"\d", words) else None
        name = person(words, letter, formats) if match else ""
        if name == words and caller.plausible(name, formats):
            return name
    return ""


def _list(desk: _Desk, *, headed: bool) -> tuple[Draft, ...]:
    """Return one call for each item of a list of callers; none when there is no such list."""
    for items in _chunks(desk.letter):
        told = _told([letters.unspoken(item) for item in items], desk.letter, desk.formats)
        if not (headed or told.surely or told.loosely or told.back):
            continue
        drafts = [draft for item in items[:_MOST] if (draft := _entry(item, desk))]
        if len(drafts) > 1 and any(draft.text("number") for draft in drafts):
            return tuple(drafts)
    return ()


def _table(desk: _Desk) -> tuple[Draft, ...]:
    """Return one call for each row of a table of callers; its other cells are what each of them said."""
    rows = tables.table(body.of(desk.mail, desk.formats), desk.formats)
    if len(rows) <= 1 or not any("number" in row and ("note" in row or "transcript" in row) for row in rows):
        return ()
    said = ("transcript", "note", "status")
    return tuple(
        Draft(
            kind=Kind.PHONE_MESSAGE,
            slots={slot: item for slot, item in row.items() if slot != "transcript"},
            words="\n".join(row[slot].text for slot in said if slot in row),
            settled=True,
        )
        for row in rows[:_MOST]
    )


def _chunks(letter: Letter) -> list[list[str]]:
    """Return the ways to cut a letter into items: by its bullets, else by its lines."""
    marked = [unit for unit in letter.units if letters.is_item(unit)]
    return [marked, list(letter.units)] if len(marked) > 1 else [list(letter.units)]


def _entry(item: str, desk: _Desk) -> Draft | None:
    """Return the call that one item notes: it has a caller of its own and a number, or is one of several bullets."""
    letter, formats = desk.letter, desk.formats
    told = _told([letters.unspoken(item)], letter, formats)
    spot = next((one.spot for one in role.numbers(item, desk.reader, formats)), None)
    bare = letters.without_mark(item)
    name = _lead(bare[: bare.find(spot.raw)] if spot else bare, letter, formats) or told.name
    if not name or lines.slot_of(name, formats):
        return None
    timed = _LEADING_TIME.match(bare) is not None
    if spot or told.surely or (letters.is_item(item) and (timed or told.loosely or told.back)):
        return _draft(name, _Note(item, spot), desk)
    inside = _INSIDE.search(item) if timed else None
    if inside is None:
        return None
    draft = _draft(name, _Note(item), desk)
    return draft.with_more({"number": Found(text=inside[1], part="body", rule=_RULE)})


def time_of_call(text: str, sent: datetime | None, reader: Reader, formats: Formats) -> str:
    """Return when a note says the call was made, as a date with a time before the mail; "" when it does not say."""
    if sent is None:
        return ""
    match = _LEADING_TIME.match(letters.without_mark(text)) or patterns.first(formats.each("people", "called_at"), text)
    clock = _CLOCK.match(_western(match["clock"].strip())) if match else None
    if clock is None:
        return ""
    hour, minute = int(clock[1]), int(clock[2] or 0)
    if hour >= _HOURS or minute >= _MINUTES:
        return ""
    if clock[3]:
        hour = hour % _HALF + (_HALF if clock[3].lower() == "p" else 0)
    return _latest(hour, minute, sent.astimezone(ZoneInfo(reader.zone)), either=not clock[3] and 0 < hour < _HALF)


def _western(clock: str) -> str:
    """Write a time of day of Chinese or Japanese as "3:20 pm"; any other stays."""
    match = _EAST.match(clock)
    if match is None:
        return clock
    minute = "30" if match["half"] else f"{int(match['minute'] or 0):02}"
    return f"{match['hour']}:{minute}{' pm' if match['late'] and int(match['hour']) < _HALF else ''}"


def _without_call(text: str, formats: Formats) -> str:
    """Return a note without the words that say when the call was made, which is no time to call."""
    match = patterns.first(formats.each("people", "called_at"), text)
    return f"{text[: match.start('clock')]}|{text[match.end('clock') :]}" if match else text


def _latest(hour: int, minute: int, local: datetime, *, either: bool) -> str:
    """Return the last moment up to the mail at which clocks of twelve hours (`either`) or of 24 showed this."""
    now = local.hour * _MINUTES + local.minute + 2
    options = [hour * _MINUTES + minute, *([(hour + _HALF) * _MINUTES + minute] if either else [])]
    past = [option for option in options if option <= now]
    if not past:
        return ""
    hours, minutes = divmod(max(past), _MINUTES)
    return f"{local:%Y-%m-%d} {hours:02}:{minutes:02}"
