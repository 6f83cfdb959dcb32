"""The lines of a notification: labelled ones, sentences, and times standing in a line or a sentence."""

from __future__ import annotations

import itertools
import re
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from assistant.recognise import needed, patterns
from assistant.recognise.draft import Found, found
from assistant.standards import regex

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.recognise.formats import Formats

SLOTS = (
    "called",
    "number",
    "callback",
    "name",
    "first_name",
    "last_name",
    "caller",
    "time",
    "duration",
    "note",
    "status",
)
RULE = regex.lazy(r"^\s*[-=_*~#\u2014\u2015\u2500-\u257f\u30fc]{5,}\s*$", re.MULTILINE)
BULLETS = (
    "*\u2022\u00b7\u25a0\u25a1\u25aa\u25b2\u25b6\u25ba\u25bc\u25c6\u25c7\u25cf\u25cb\u2605\u203b\u30fb\u2713\u2714"
)
EMOJI = "\u231a-\u27bf\ufe0f\U0001f300-\U0001faff"
"""Pictures that stand before a label, as a range of a character class."""
_CLOCK_AHEAD = r"(?=.*(?:\d{1,2}[:h.]\d{2}|\d\s?[ap]\.?m|\d時|\d点|\d點))"
_FIGURES = (
    r"\d{1,2}/\d{1,2}(?=\s{1,3}\d{1,2}:\d{2})|\d{1,4}[./-]\d{1,2}[./-]\d{2,4}"
    r"|(?:\d{4}年)?\d{1,2}月\d{1,2}日(?:\s?[(（].[)）])?"
)
_STAMP_TAIL = r"[^|\u00b7\u2013\u2014]*?\d.*?)(?:\s+[-|\u00b7\u2013\u2014]\s*(?P<duration>\d[\d:]*\s?\w*))?$"
_CLOCK = (
    r"(?:\d{1,2}[:h.]\d{2}(?::\d{2})?(?:\s?[ap]\.?m\b\.?)?|\d{1,2}\s?[ap]\.?m\b\.?|\d{1,2}\s?(?:uhr|h)\b"
    r"|(?:午前|午後|上午|下午|晚上|早上|中午)?\s?\d{1,2}(?:[:：]\d{2}(?:[:：]\d{2})?|[時时点點](?:\d{1,2}分)?))"
)
_ANY_CLOCK = regex.lazy(_CLOCK, re.IGNORECASE)
_DATE_ALONE = (
    r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4}|\d{1,2}月\d{1,2}日|[^\W\d_]{3,20}\.?\s\d{1,2}|\d{1,2}\.?\s(?:de\s)?[^\W\d_]{3,20}"
)
_ZONE = (
    r"(?:\s?\(?(?:UTC|GMT|(?-i:[A-Z]{2,4}T)|[ecmp][sd]t|MEZ|MESZ)(?:[+-]\d{1,2}(?::?\d{2})?)?\)?|\s[+-]\d{2}:?\d{2})?"
)
_LENGTH = r"\d{1,3}(?::\d{2}){1,2}|\d{1,4}\s?(?:[a-zäöüßéèêíóçãõ]{1,9}\.?)|\d{1,4}\s?(?:秒|分)(?:\d{1,2}秒)?"
_LONGEST_STAMP = 80
_LONGEST_SENTENCE = 600
_FEWEST_PAIRS = 2
_EMPHASIS = regex.lazy(r"(?<![\w*])[*_/]{1,2}(\w[^*_/\n]{0,80}?\w)[*_/]{1,2}(?![\w*])")
_BEHIND = regex.lazy(r"\d.{4,80}[\u2022\u00b7|,\u2013\u2014-]\s*(?P<length>\d{1,2}:\d{2})$")
_SEPARATOR = r"[ \t\u3000]*(?:\.{2,40}(?=[ \t])|\.{0,12}(?:[:：;]|=(?!=))(?:[ \t]|(?=\S)|$)|[ \t]{2,}|\t|[ \t]?\u3000+)"
_OTHER_LANGUAGE = (  # "Von / De:", "來電者 Caller:"
    r"(?:[ \t]?/[ \t]?[^\W\d_]{1,20}(?=[ \t]*[:：])|(?<=[\u3040-\u9fff])[ \t]?[A-Za-z]{2,20}(?=[ \t\u3000]*[:：]))"
)
_FIELD_NAME = regex.lazy(r"^[ \t]*[A-Za-z]+(?:_[A-Za-z]+)+(?=[ \t]*[:=])", re.MULTILINE)
_STRETCHED = regex.lazy(  # a label set wide: "\u6c0f\u3000\u3000\u540d\u3000\uff1a"
    r"^[ \t\u3000]*(?:[\u3040-\u9fff]{1,2}\u3000{1,4}){1,4}[\u3040-\u9fff]?\u3000{0,4}(?=[:\uff1a])", re.MULTILINE
)
_ASSIGNED = regex.lazy(r"(?<!\S)\w{2,20}=\S")
_BEFORE_ASSIGNED = regex.lazy(r"\s+(?=\w{2,20}=\S)")
_FEWEST_ASSIGNED = 3
PARAGRAPH = regex.lazy(r"\n\s*\n")
_WRAPPED = regex.lazy(r"^(?![^\n:]{1,30}:\s)[^\n|]{45,}[^\s.!?:;|。]\n(?![^\n:]{1,30}:\s)\S[^\n|]{2,}$", re.MULTILINE)
_ENDED = regex.lazy(  # where a line goes on behind its time
    r"[\u3002\uff0c\u3001]|\s*[(\[]\d{1,3}:\d{2}[)\]]$|\s+[^\W\d_]{2,6}\s?\d{1,4}\s?[秒分]"
)
_FEWEST_DIGITS = 7  # of a number
_BARE_LENGTH = regex.lazy(r"[(\[]?\d{1,2}:\d{2}[)\]]?")
_CELL_LENGTH = regex.lazy(r"^\W*(?P<label>[^\W\d][^\d:]{2,30}?)(?:\s{2,}|:\s*)(?P<length>\d{1,2}:\d{2}(?::\d{2})?)\s*$")


def labelled(text: str, formats: Formats) -> dict[str, Found]:
    """Return the first value of each label, by slot; a value may stand in the line below its label."""
    text = _spaced(text)
    slots: dict[str, Found] = {}
    places: dict[str, int] = {}
    for slot in SLOTS:
        matches = [match for match in label(formats.words("labels", slot)).finditer(text) if match["value"].strip()]
        if matches:
            first = _unambiguous(matches, formats) if slot == "number" else matches[0]
            value = _joined_time(matches) if slot == "time" else first["value"]
            slots.update(found({slot: value}, "body", f"label {named(first)}"))
            places[slot] = first.start()
    if _below(text, places) and sum(map(str.isdigit, slots["caller"].text)) >= _FEWEST_DIGITS:
        del slots["number"]
    return _whole_name({**_pairs(text, formats), **slots})


def _unambiguous(matches: list[re.Match[str]], formats: Formats) -> re.Match[str]:
    """Return the first number whose label cannot mean the line called as well, the first one when all can."""
    called = whole(formats.words("labels", "called"))
    return next((match for match in matches if not called.fullmatch(named(match))), matches[0])


def _below(text: str, places: dict[str, int]) -> bool:
    """Tell whether a number stands in a paragraph below the caller's, as that of the firm that sends does."""
    if "caller" not in places or "number" not in places:
        return False
    return PARAGRAPH.search(text, places["caller"], places["number"]) is not None


def _spaced(text: str) -> str:
    """Write the names that programs give their fields like words: "caller_name: x", "src=x dst=y" as labelled lines."""
    text = _FIELD_NAME.sub(lambda match: match[0].replace("_", " "), text)
    text = _STRETCHED.sub(lambda match: re.sub(r"\u3000+", "", match[0]), text) if "\u3000" in text else text
    pairs = [line for line in text.splitlines() if len(_ASSIGNED.findall(line)) >= _FEWEST_ASSIGNED]
    return "\n".join([text, *(part for line in pairs for part in _BEFORE_ASSIGNED.split(line))])


def _joined_time(matches: list[re.Match[str]]) -> str:
    """Return date and time of day together where each has a label of its own."""
    values = [str(match["value"]) for match in matches]
    clocked = next((value for value in values if re.search(_CLOCK, value, re.IGNORECASE)), "")
    dated = next((value for value in values if re.search(_DATE_ALONE, value)), "")
    both = clocked and dated and clocked is not dated and not re.search(_DATE_ALONE, clocked)
    return f"{dated} {clocked}" if both else clocked or values[0]


def _whole_name(slots: dict[str, Found]) -> dict[str, Found]:
    """Put a name that has a line for each part together; the whole one in a line of its own comes first."""
    parts = [slots.pop(slot) for slot in ("first_name", "last_name") if slot in slots]
    if parts and "name" not in slots:
        slots["name"] = msgspec.structs.replace(parts[0], text=" ".join(part.text for part in parts))
    return slots


def inside(caller: Found, formats: Formats) -> dict[str, Found]:
    """Return time and length where they stand behind the caller in one line: "Ann <555> on Monday at 4 pm, 0:41"."""
    slots = {"time": time_in(caller.text, formats), "duration": length_in(caller.text, formats)}
    return found(slots, caller.part, f"{caller.rule}, behind the caller")


def length(text: str, formats: Formats, spoken: str) -> dict[str, Found]:
    """Return the length of a recording that stands in a sentence, or as a cell "1:06" beside other words than a time's.

    Lines of what was `spoken` are none of the system's.
    """
    for line in text.splitlines():
        bare = " ".join(line.split())
        if bare and bare in spoken:
            continue
        if _BARE_LENGTH.fullmatch(bare):
            return found({"duration": bare}, "body", "a line that is a length")
        told = length_in(line, formats)
        cell = _CELL_LENGTH.search(line) if not told else None
        if cell and slot_of(cell["label"], formats) in {None, "duration"}:
            told = cell["length"]
        if told:
            return found({"duration": told}, "body", "a length")
    return {}


def named(match: re.Match[str]) -> str:
    """Return the label that a pattern of `label` matched."""
    return str(match["label"]).strip()


def slot_of(cell: str, formats: Formats) -> str | None:
    """Return the slot whose label the words are, None when they are no label."""
    bare = cell.strip(BULLETS + " \t:#|>：")
    if not bare or len(bare) > _LONGEST_STAMP:
        return None
    match = formats.once(_any_label).fullmatch(bare)
    return match.lastgroup if match else None


def _any_label(formats: Formats) -> re.Pattern[str]:
    """Return the labels of all slots to be matched against a whole cell, a group for each slot."""
    words = {slot: formats.words("labels", slot) for slot in (*SLOTS, "transcript")}
    joined = "|".join(f"(?P<{slot}>{_joined(some)})" for slot, some in words.items())
    needs = needed.of_any(_spaced_out(tuple(itertools.chain.from_iterable(words.values()))))
    return regex.guarded(joined, re.IGNORECASE, needs)


def _pairs(text: str, formats: Formats) -> dict[str, Found]:
    """Return values that stand below their labels; one label alone may be anything, so two are asked for."""
    rows = [line.strip() for line in text.splitlines() if line.strip()]
    slots: dict[str, Found] = {}
    heads = 0
    for head, value in itertools.pairwise(rows):
        slot = slot_of(head, formats)
        if slot is None or slot == "transcript" or slot_of(value, formats):
            continue
        heads += 1
        slots = {**found({slot: value}, "body", f"label {head.strip(' :*')} above"), **slots}
    return slots if heads >= _FEWEST_PAIRS else {}


def stamp(text: str, formats: Formats) -> dict[str, Found]:
    """Return the time, and the length behind it, of the first line that is little else."""
    for line in text.splitlines():
        bare = line.strip()
        if len(bare) > _LONGEST_STAMP or not any(char.isdigit() for char in bare):
            continue
        match = _stamp(tuple(formats.codes)).match(bare)
        if match:
            slots = {name: value for name, value in match.groupdict().items() if name != "before" and value}
            behind = _behind(slots["time"], formats)
            slots["time"] = _ENDED.split(slots["time"])[0]
            return found({**behind, **slots}, "body", "line with a time")
    return {}


def _behind(time: str, formats: Formats) -> dict[str, str]:
    """Return the length that stands behind a time in its line: "Nov 17, 5:32 PM EST \u2022 0:21", "10:10 AM, 12s"."""
    match = _BEHIND.search(time)
    told = match["length"] if match else length_in(time, formats)
    return {"duration": told} if told else {}


def time_in(unit: str, formats: Formats) -> str:
    """Return the date with a time, else the time of day, that a sentence or subject holds; "" for none."""
    if len(unit) > _LONGEST_SENTENCE or not any(char.isdigit() for char in unit):
        return ""
    bare = _said_length(formats.words("labels", "duration")).sub(" | ", unit)
    match = _dated(bare, formats) or re.search(_CLOCK_ALONE, bare, re.IGNORECASE)
    if match is None:
        return ""
    half = _half_day(formats.words("when", "am") + formats.words("when", "pm")).match(bare, match.end())
    return bare[match.start() : half.end() if half else match.end()].strip()


def length_in(unit: str, formats: Formats) -> str:
    """Return the length of a recording that a subject or sentence holds in brackets or with its unit, "" for none."""
    rest = _undated(unit[:_LONGEST_SENTENCE], formats)
    match = _said_length(formats.words("labels", "duration")).search(rest)
    if match:
        return str(match["length"] or match["ahead"])
    match = _lengths(_unit_words(formats)).search(rest)
    return match[0].strip("()[] ") if match else ""


def without_times(unit: str, formats: Formats) -> str:
    """Return a subject with dates, times and lengths taken out, a bar in the place of each."""
    bare = _undated(unit, formats)
    bare = _lengths(_unit_words(formats)).sub(" | ", bare)
    return re.sub(_CLOCK_ALONE, " | ", bare, flags=re.IGNORECASE)


def _dated(text: str, formats: Formats) -> re.Match[str] | None:
    """Find a date with a time of day; a text without any clock is not searched for it."""
    return _moment(tuple(formats.codes)).search(text) if _ANY_CLOCK.search(text) else None


def _undated(text: str, formats: Formats) -> str:
    """Return a text with a bar in the place of each date with a time of day."""
    return _moment(tuple(formats.codes)).sub(" | ", text) if _ANY_CLOCK.search(text) else text


def is_length(words: str, formats: Formats) -> bool:
    """Tell whether words are nothing but the length of a recording."""
    return _lengths(_unit_words(formats)).fullmatch(words.strip()) is not None


def sentences(text: str, formats: Formats, keys: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Found]]]:
    """Yield key and slots of every line or sentence that a language lists under one of the keys."""
    wordings = [(key, pattern) for key in keys for pattern in formats.likely("sentences", key, text)]
    for unit in units(text) if wordings else ():
        for key, pattern in wordings:
            match = pattern.fullmatch(unit)
            if match:
                yield key, found(patterns.slots(match), "body", f"sentence {unit[:60]!r}")


def units(text: str) -> Iterator[str]:
    """Yield each line, each sentence of a line with several, and each sentence that a mail program wrapped."""
    for line in text.splitlines():
        yield from _sentences(line)
    for paragraph in PARAGRAPH.split(text):
        if _WRAPPED.search(paragraph):
            alone = {line.strip() for line in paragraph.splitlines()}
            joined = list(_sentences(" ".join(paragraph.split())))
            yield from (unit for unit in joined[len(joined) > 1 :] if unit not in alone)


def _sentences(line: str) -> Iterator[str]:
    bare = _EMPHASIS.sub(r"\1", line.strip())
    if bare and len(bare) <= _LONGEST_SENTENCE:
        parts = re.split(r"(?<=[.!?])\s+(?=[^\W\d_])|(?<=[。！？])", bare)
        yield from dict.fromkeys(part.strip().rstrip(".!:。！： ") for part in (bare, *parts) if part.strip())


@lru_cache(maxsize=32)
def _names(codes: tuple[str, ...]) -> str:
    """Return the names of months and days, CLDR's, as alternatives."""
    import babel.dates  # noqa: PLC0415 - only a notice without labelled times needs it

    names: set[str] = set()
    for code in codes:
        for width in ("wide", "abbreviated"):
            names |= set(babel.dates.get_month_names(width, locale=code).values())
            names |= set(babel.dates.get_day_names(width, locale=code).values())
    return "|".join(sorted((re.escape(name.rstrip(".")) for name in names), key=len, reverse=True))


@lru_cache(maxsize=32)
def _stamp(codes: tuple[str, ...]) -> re.Pattern[str]:
    """Compile a line that is a date with a time, perhaps numbered and with a length behind it."""
    words = _names(codes)
    date = rf"(?:{_FIGURES}|(?:{words})\b|\d{{1,2}}\.?\s+(?:{words})\b)"
    return re.compile(rf"^(?P<before>.{{0,12}}?)\b{_CLOCK_AHEAD}(?P<time>{date}{_STAMP_TAIL}", re.IGNORECASE)


@lru_cache(maxsize=32)
def _moment(codes: tuple[str, ...]) -> re.Pattern[str]:
    """Compile a date with a time of day, in either order, inside other words."""
    words = _names(codes)
    year = r"(?:,?\s(?:de\s|del\s)?\d{4})?"
    named = (
        rf"(?:(?:{words})\.?,?\s(?:the\s|den\s|le\s)?)?"
        rf"(?:(?:{words})\.?\s\d{{1,2}}(?:st|nd|rd|th)?{year}|\d{{1,2}}(?:\.|er|º|st|nd|rd|th)?\s(?:de\s)?(?:{words})\.?{year}|(?:{_FIGURES}))"
    )
    date = rf"(?:{named}|\b(?:{words})\b)"
    between = r"(?:,|\s|\bat\b|\bum\b|\bà\b|\balle(?:\sore)?\b|\ba\slas\b|\bàs\b|\bom\b|\bore\b|-|\u2013|@|に){0,4}"
    return re.compile(
        rf"(?<!{patterns.LETTER})(?:{date}{between}{_CLOCK}{_ZONE}|{_CLOCK}{_ZONE}(?:,|\s|\bon\b|\bam\b|\ble\b){{0,4}}{named}"
        rf"|{_CLOCK}\s(?:de|del|di|du|do|dia|el|il|le|am|on|op|no dia)\s\d{{1,2}}/\d{{1,2}}(?![\d/]))",
        re.IGNORECASE,
    )


_CLOCK_ALONE = (
    r"(?<![\d:.])\d{1,2}(?::\d{2}(?!:?\d)(?:\s?[ap](?:\.?m)?\b\.?)?|\s?[ap]\.?m\b\.?|h\d{2}\b|[.:]\d{2}\s?uhr\b|\s?uhr\b)"
    + _ZONE
)


def _unit_words(formats: Formats) -> tuple[str, ...]:
    return tuple(word for unit in ("hours", "minutes", "seconds") for word in formats.words("units", unit))


@lru_cache(maxsize=32)
def _lengths(words: tuple[str, ...]) -> re.Pattern[str]:
    """Compile a length: "0:38" in brackets, "38 seconds", "1 min 12 sec", "00:00:38"."""
    named = rf"\d{{1,4}}\s?(?:{'|'.join(words)})(?!{patterns.LETTER})"
    return re.compile(
        rf"[(\[]\s*\d{{1,3}}(?::\d{{2}}){{1,2}}\s*[)\]]|(?<![\d:+])0{{1,2}}:\d{{2}}:\d{{2}}(?![\d:]|\s?[ap]\.?m)"
        rf"|(?<![\w:.])\d{{1,3}}:\d{{2}}\s(?:{'|'.join(words)})(?!{patterns.LETTER})"
        rf"|(?<![\w:.]){named}(?:[\s,]*(?:and|und|et|y|e|en)?\s?{named})?",
        re.IGNORECASE,
    )


@lru_cache(maxsize=32)
def _half_day(words: tuple[str, ...]) -> re.Pattern[str]:
    """Compile words for a half of the day behind a time: "5:29 de la tarde"."""
    return re.compile(rf"\s?{_joined(words)}(?!{patterns.LETTER})", re.IGNORECASE)


@lru_cache(maxsize=32)
def _said_length(words: tuple[str, ...]) -> re.Pattern[str]:
    """Compile a length behind its name in a sentence: "duration: 0:00:41", "Dauer 0:27"."""
    return re.compile(
        rf"(?<!\w){_joined(words)}\W{{1,3}}(?P<length>\d{{1,3}}(?::\d{{2}}){{1,2}})(?![\d:])"
        rf"|(?<![\d:])(?P<ahead>\d{{1,3}}(?::\d{{2}}){{1,2}})\s(?:de\s|di\s|of\s|in\s)?(?:{_joined(words)}|(?:voice\s)?message|voice\s?mail)(?!\w)",
        re.IGNORECASE,
    )


@lru_cache(maxsize=1024)
def whole(words: tuple[str, ...]) -> re.Pattern[str]:
    """Return labels to be matched against a whole cell."""
    return regex.guarded(_joined(words), re.IGNORECASE, needed.of_any(_spaced_out(words)))


@lru_cache(maxsize=1024)
def label(words: tuple[str, ...], *, bare: bool = False) -> re.Pattern[str]:
    """Compile a label with its value; `bare` also allows a label that fills its line."""
    joined = _joined(words)
    separator = rf"{_SEPARATOR}|[ \t=#*_-]*$" if bare else _SEPARATOR
    boxed = r"[】\]][ \t]*[:：]?"
    opened = rf"{_OTHER_LANGUAGE}?(?:[ \t]?[(\uff08][^)\uff09\n]{{1,30}}[)\uff09])?(?:{separator})"
    named = rf"(?P<box>[【\[])?(?P<label>{joined})(?(box){boxed}|{opened})"
    return regex.guarded(
        rf"^[ \t\u3000>=#|{BULLETS}{EMOJI}-]*{named}[ \t\u3000*]*(?P<value>.*)$",
        re.IGNORECASE | re.MULTILINE,
        needed.of_any(_spaced_out(words)),
    )


def _joined(words: tuple[str, ...]) -> str:
    return "(?:" + ("|".join(_spaced_out(words)) or r"(?!)") + ")"


def _spaced_out(words: tuple[str, ...]) -> list[str]:
    """Return labels in which a blank stands for any white space."""
    return [word.replace(" ?", "[ \t]?").replace(" ", r"\s+") for word in words]
