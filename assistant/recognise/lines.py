"""The lines of a notification: labelled ones, the time in a line of its own, the transcript, the blocks of a digest."""

from __future__ import annotations

import itertools
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from assistant.recognise import patterns
from assistant.recognise.draft import Found, found

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.recognise.formats import Formats

SLOTS = ("called", "number", "name", "caller", "time", "duration", "note", "status")
_RULE = re.compile(r"^\s*[-=_*~#]{5,}\s*$", re.MULTILINE)
_CLOCK_AHEAD = r"(?=.*(?:\d{1,2}[:h.]\d{2}|\d\s?[ap]\.?m))"
_FIGURES = r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4}"
_STAMP_TAIL = r"[^|\u00b7\u2013\u2014]*?\d.*?)(?:\s+[-|\u00b7\u2013\u2014]\s*(?P<duration>\d[\d:]*\s?\w*))?$"
_FIGURED = re.compile(r"(?:\d[\s().-]*){7}")
_QUOTED = re.compile(r'^\s*["“„«](?P<transcript>[^"”“»]{15,}(?:\n[^"”“»\n]+)*)["”“»]\s*$', re.MULTILINE)
_PARAGRAPH = re.compile(r"\n\s*\n")
_FEWEST_WORDS = 4
_LONGEST_STAMP = 80
_LONGEST_SENTENCE = 600


def labelled(text: str, formats: Formats) -> dict[str, Found]:
    """Return the first value of each label, by slot."""
    slots: dict[str, Found] = {}
    for slot in SLOTS:
        match = _label(formats.words("labels", slot)).search(text)
        if match and match["value"].strip():
            slots.update(found({slot: match["value"]}, "body", f"label {match['label'].strip()}"))
    return slots


def blocks(text: str, formats: Formats) -> list[str]:
    """Return the parts of a digest that each name a caller, empty when there are fewer than two."""
    label = _label(formats.words("labels", "number") + formats.words("labels", "caller"))
    told = [part for part in _RULE.split(text) if label.search(part)]
    return told if len(told) > 1 else _records(text, label, formats)


def _records(text: str, label: re.Pattern[str], formats: Formats) -> list[str]:
    """Split where the first label comes again, if that makes records of different numbers."""
    numbers = {re.sub(r"\D", "", match["value"]) for match in label.finditer(text) if _FIGURED.search(match["value"])}
    if len(numbers) <= 1:
        return []
    any_label = _label(
        tuple(word for slot in ("name", "caller", "number", "time") for word in formats.words("labels", slot))
    )
    matches = list(any_label.finditer(text))
    first = matches[0]["label"].lower()
    starts = [match.start() for match in matches if match["label"].lower() == first]
    return [text[start:end] for start, end in itertools.pairwise([*starts, len(text)])] if len(starts) > 1 else []


def stamp(text: str, formats: Formats) -> dict[str, Found]:
    """Return the time, and the length behind it, of the first line that is little else."""
    for line in text.splitlines():
        bare = line.strip()
        if len(bare) > _LONGEST_STAMP or not any(char.isdigit() for char in bare):
            continue
        match = _stamp(tuple(formats.codes)).match(bare)
        if match:
            slots = {name: value for name, value in match.groupdict().items() if name != "before" and value}
            return found(slots, "body", "line with a time")
    return {}


def transcript(text: str, formats: Formats) -> Found | None:
    """Return the caller's words, None when the mail has none or says that there are none."""
    candidates = (_under_label(text, formats), _in_quotes(text), _above_play(text, formats))
    for candidate, rule in zip(candidates, ("label", "quoted paragraph", "above the play link"), strict=True):
        if candidate is not None:
            words = clean(candidate, formats)
            return Found(text=words, part="body", rule=rule) if words else None
    return None


def clean(words: str, formats: Formats) -> str:
    """Normalise the white space of a transcript and take its quotes off; "" for a sentence that says there is none."""
    flat = " ".join(words.split()).strip().strip('"“”„«»').strip()
    return "" if formats.any_word("sentences", "no_transcript").fullmatch(flat.rstrip(" .!")) else flat


def _under_label(text: str, formats: Formats) -> str | None:
    match = _label(formats.words("labels", "transcript"), bare=True).search(text)
    if match is None:
        return None
    rest = match["value"].strip()
    below = _RULE.sub("\n", text[match.end() :]).strip("\n ")
    paragraph = _PARAGRAPH.split(below, maxsplit=1)[0] if below.strip() else ""
    return rest or paragraph


def _in_quotes(text: str) -> str | None:
    match = _QUOTED.search(text)
    return match["transcript"] if match else None


def _above_play(text: str, formats: Formats) -> str | None:
    """The paragraph above "play message", unless it is a label, a sentence of the system or too short to be speech."""
    play = formats.any_word("sentences", "play")
    paragraphs = [part.strip() for part in _PARAGRAPH.split(text)]
    for above, paragraph in itertools.pairwise(paragraphs):
        if play.fullmatch(paragraph.split("\n")[0].strip()):
            speech = "\n".join(line for line in above.splitlines() if not line.strip().startswith("<http"))
            told = labelled(speech, formats) or any(
                True for _ in sentences(speech, formats, ("voicemail", "missed_call"))
            )
            return None if told or len(speech.split()) < _FEWEST_WORDS else speech
    return None


def sentences(text: str, formats: Formats, keys: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Found]]]:
    """Yield key and slots of every line or sentence that a language lists under one of the keys."""
    for unit in _units(text):
        for key in keys:
            for pattern in formats.each("sentences", key):
                match = pattern.fullmatch(unit)
                if match:
                    yield key, found(patterns.slots(match), "body", f"sentence {unit[:60]!r}")


def _units(text: str) -> Iterator[str]:
    for line in text.splitlines():
        bare = line.strip()
        if not bare or len(bare) > _LONGEST_SENTENCE:
            continue
        parts = re.split(r"(?<=[.!?])\s+(?=[^\W\d_])", bare)
        yield from dict.fromkeys(part.strip().rstrip(".!: ") for part in (bare, *parts))


@lru_cache(maxsize=8)
def _stamp(codes: tuple[str, ...]) -> re.Pattern[str]:
    """Compile a line that is a date with a time, perhaps numbered and with a length behind it; names are CLDR's."""
    import babel.dates  # noqa: PLC0415 - only a notice without labelled times needs it

    names: set[str] = set()
    for code in codes:
        for width in ("wide", "abbreviated"):
            names |= set(babel.dates.get_month_names(width, locale=code).values())
            names |= set(babel.dates.get_day_names(width, locale=code).values())
    words = "|".join(sorted((re.escape(name.rstrip(".")) for name in names), key=len, reverse=True))
    date = rf"(?:{_FIGURES}|(?:{words})\b|\d{{1,2}}\.?\s+(?:{words})\b)"
    return re.compile(rf"^(?P<before>.{{0,12}}?)\b{_CLOCK_AHEAD}(?P<time>{date}{_STAMP_TAIL}", re.IGNORECASE)


@lru_cache(maxsize=64)
def _label(words: tuple[str, ...], *, bare: bool = False) -> re.Pattern[str]:
    """Compile a label with its value; `bare` also allows a label that fills its line."""
    joined = "|".join(word.replace(" ?", "[ \t]?").replace(" ", r"\s+") for word in words) or r"(?!)"
    separator = r"[ \t]*(?::(?:[ \t]|(?=\S)|$)|[ \t]{2,}|\t)" + (r"|[ \t=#*_-]*$" if bare else "")
    return re.compile(
        rf"^[ \t>*•·=#-]*(?P<label>{joined})(?:{separator})[ \t]*(?P<value>.*)$", re.IGNORECASE | re.MULTILINE
    )
