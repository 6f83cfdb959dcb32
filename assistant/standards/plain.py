"""Text of others as plain text (Unicode): nothing in it moves a cursor, hides or turns what is read."""

from __future__ import annotations

import unicodedata

from assistant.standards import regex

NAME_CAP = 80
LINES_CAP = 1500

_TERMINAL = regex.lazy(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])|\x9b[0-?]*[ -/]*[@-~]")
_BREAKS = regex.lazy(r"\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")
_JOINERS = "\u200c\u200d"  # spelling in Persian and Hindi, and emoji of several parts, need them


def visible(text: str) -> str:
    """Return text without terminal sequences, control, bidi, zero-width and private characters; breaks are LF."""
    plain = _BREAKS.sub("\n", _TERMINAL.sub("", text)).replace("\t", " ")
    if not plain.replace("\n", "").isprintable():  # else there is nothing to find, and most text is so
        plain = "".join(char for char in plain if char in "\n" + _JOINERS or unicodedata.category(char)[0] != "C")
    return unicodedata.normalize("NFC", plain)


def one_line(text: str, cap: int = NAME_CAP) -> str:
    """Return text as one line of at most `cap` characters, an ellipsis where it was cut."""
    return _cut(" ".join(visible(text[: cap * 20]).split()), cap)


def many_lines(text: str, cap: int = LINES_CAP) -> str:
    """Return text of several lines, without empty ones at the ends, of at most `cap` characters."""
    return _cut("\n".join(line.rstrip() for line in visible(text[: cap * 20]).split("\n")).strip(), cap)


def _cut(text: str, cap: int) -> str:
    return text if len(text) <= cap else text[: cap - 1].rstrip() + "…"
