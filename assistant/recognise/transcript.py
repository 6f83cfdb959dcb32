"""The caller's words in a notification: under a label, in quotes, above the play link."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from assistant.recognise import lines
from assistant.recognise.draft import Found
from assistant.standards import regex

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.recognise.formats import Formats

_QUOTED = regex.lazy(r'^\s*["“„«「『](?P<transcript>[^"”“»」』]{15,6000})["”“»」』]\s*$', re.MULTILINE)
_LINK = regex.lazy(r"^\s*[<\[(]?https?://\S+$")
_HEADING = regex.lazy(
    r"^[ \t]*([-=_*~\u2014\u2015\u2500])\1{2,}[^\n]{1,40}?\1{3,}[ \t]*$", re.MULTILINE
)  # "--- Text ---"
_CLOSING = tuple('"”»“」』')
_FIGURE = regex.lazy(r"\d")
_FEWEST_FIGURES = 7  # of a number
_FEWEST_WORDS = 4
_FEWEST_SPOKEN = 6
_FEWEST_MARKS = 2
_LONGEST_PARAGRAPHS = 12


def find(text: str, formats: Formats) -> Found | None:
    """Return the caller's words, None when the mail has none or says that there are none."""
    for look, rule in _PLACES:
        candidate = look(text, formats)
        if candidate is not None:
            words = clean(candidate, formats)
            return Found(text=words, part="body", rule=rule) if words else None
    return None


def is_labelled(text: str, formats: Formats) -> bool:
    """Tell whether a text has a transcript under a label: only what was recorded has one."""
    words = _under_label(text, formats)
    return bool(words and clean(words, formats))


def clean(words: str, formats: Formats) -> str:
    """Normalise the white space of a transcript and take its quotes off; "" for a sentence that says there is none."""
    flat = " ".join(_HEADING.sub(" ", lines.RULE.sub(" ", words)).split()).strip().strip('"“”„«»「」『』').strip()
    return "" if formats.any_word("sentences", "no_transcript").fullmatch(flat.rstrip(" .!。")) else flat


def _under_label(text: str, formats: Formats) -> str | None:
    match = lines.label(formats.words("labels", "transcript"), bare=True).search(text)
    if match is None:
        return None
    first = match["value"].strip()
    if not first:
        return "\n\n".join(_more(lines.RULE.sub("\n", text[match.end() :], count=1).lstrip("\n "), formats, first=True))
    if first.endswith(_CLOSING):
        return first
    same, _, rest = text[match.end() :].partition("\n\n")
    below = same.split("\n")[1:]
    kept = list(itertools.takewhile(lambda line: line.strip() and not _is_the_systems(line, formats), below))
    return "\n\n".join(["\n".join([first, *kept]), *(_more(rest, formats) if len(kept) == len(below) else ())])


def _more(text: str, formats: Formats, *, first: bool = False) -> Iterator[str]:
    """Yield the paragraphs that still are speech: up to a rule, a label, a link or a sentence of the system."""
    for number, paragraph in enumerate(lines.PARAGRAPH.split(text)[:_LONGEST_PARAGRAPHS]):
        bare = paragraph.strip()
        if not bare:
            continue
        if not (first and number == 0) and _ends(bare, formats):
            return
        yield bare
        if bare.endswith(_CLOSING):
            return


def _ends(paragraph: str, formats: Formats) -> bool:
    if len(paragraph.split()) < _FEWEST_SPOKEN or not paragraph.endswith((".", "!", "?", "。")):
        return True
    if lines.RULE.search(paragraph) or paragraph.startswith(("--", "©")) or "http" in paragraph:
        return True
    return bool(lines.labelled(paragraph, formats)) or _speaks_the_system(paragraph, formats)


def _is_the_systems(line: str, formats: Formats) -> bool:
    """Tell whether a line right below the first one of a transcript belongs to the system again."""
    bare = line.strip()
    if lines.RULE.match(bare) or _LINK.match(bare) or lines.labelled(bare, formats):
        return True
    return _speaks_the_system(bare, formats)


def _speaks_the_system(words: str, formats: Formats) -> bool:
    return any(formats.any_word("sentences", key).search(words) for key in ("footer", "play"))


def _in_quotes(text: str, _formats: Formats) -> str | None:
    match = _QUOTED.search(text)
    return match["transcript"] if match else None


def _above_play(text: str, formats: Formats) -> str | None:
    """The paragraph above "play message", unless it is a label, a sentence of the system or too short to be speech."""
    play = formats.any_word("sentences", "play")
    paragraphs = [part.strip() for part in lines.PARAGRAPH.split(text)]
    for above, paragraph in itertools.pairwise(paragraphs):
        if play.fullmatch(paragraph.split("\n")[0].strip()):
            speech = "\n".join(line for line in above.splitlines() if not line.strip().startswith("<http"))
            told = lines.labelled(speech, formats) or any(
                True for _ in lines.sentences(speech, formats, ("voicemail", "missed_call"))
            )
            told = told or _names_message(speech, formats)
            return None if told or len(speech.split()) < _FEWEST_WORDS else speech
    return None


def _names_message(speech: str, formats: Formats) -> bool:
    """Tell whether words are a heading of the system's: "0:37 Voice Message from 5035550142 (D Halversen)"."""
    noun = formats.any_word("notice", "voicemail").search(speech)
    return noun is not None and len(_FIGURE.findall(speech)) >= _FEWEST_FIGURES and not speech.endswith((".", "!", "?"))


def _speech(text: str, formats: Formats) -> str | None:
    """Return the first paragraph in which somebody speaks for themselves, with the words of greeting and of "I"."""
    speech = formats.any_word("notice", "speech")
    for paragraph in lines.PARAGRAPH.split(text)[:_LONGEST_PARAGRAPHS]:
        rows = itertools.takewhile(lambda line: not _is_told(line, formats), paragraph.strip().splitlines())
        words = "\n".join(rows).strip()
        marks = {match[0].casefold() for match in speech.finditer(words)}
        if len(marks) >= _FEWEST_MARKS:
            return words
    return None


def _is_told(line: str, formats: Formats) -> bool:
    """Tell whether a line is the system's: a rule, a label, a footer, or a sentence about the message."""
    if lines.RULE.search(line) or "http" in line or lines.labelled(line, formats):
        return True
    return _speaks_the_system(line, formats) or bool(formats.any_word("notice", "voicemail").search(line))


def _message(text: str, formats: Formats) -> str | None:
    """Return what stands under a bare "Message:", where a voicemail has no label that says transcript."""
    match = lines.label(formats.words("notice", "message")).search(text)
    if match is None:
        return None
    first, _, _ = text[match.start("value") :].lstrip().partition("\n\n")
    return first if len(first.split()) >= _FEWEST_SPOKEN and not _speaks_the_system(first, formats) else None


_PLACES = (
    (_under_label, "label"),
    (_message, "label message"),
    (_in_quotes, "quoted paragraph"),
    (_above_play, "above the play link"),
    (_speech, "a paragraph that speaks"),
)
