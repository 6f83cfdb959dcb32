"""Several calls in one mail: blocks between rules, records of labelled lines, tables with a head, rows without one."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from assistant.recognise import lines
from assistant.recognise.draft import Found, found
from assistant.standards import phone, regex

if TYPE_CHECKING:
    from assistant.recognise.formats import Formats

_FIGURED = regex.lazy(r"(?:\d[\s().-]*){7}")
_CELL = regex.lazy(r"[^\s|]+(?:[ ][^\s|]+)*")
_SAID = regex.lazy(
    r'^(?:\s{2,}|\s*(?=["\u201c\u00ab\u201e]))["\u201c\u00ab\u201e]?(?P<words>[^\W\d][^\n"\u201d\u00bb]{7,})["\u201d\u00bb]?\s*$'
)
_NUMBERING = regex.lazy(r"^\s*(?:[\[(]\d{1,3}[\])]|\d{1,3}[.)]|#\d{1,3}:?)\s+|^\s*\d{1,3}\u3001\s*")
_DASHES = regex.lazy(r"(?=[^\n]*?[-=_\u2500-\u257f]{3})[-=+|_\u2500-\u257f\s]++")
_LABEL = regex.lazy(r"([^\s|;,:\uff1a()\uff08\uff09]{1,30})[ \t]?[:\uff1a][ \t]*$")
_DIGIT = regex.lazy(r"\d")
_FEWEST_DIGITS = 4  # of a number and a time
_MOST_LINES = 3
_FEWEST_HEADS = 2
_WHO = {"caller", "number", "name"}
_SLACK = 3  # columns a value may begin before its head


class _Head(NamedTuple):
    """A table's head: slot (None for a column nobody asks for) and first column of each cell."""

    columns: tuple[tuple[str | None, int], ...]


def blocks(text: str, formats: Formats) -> list[str]:
    """Return the parts of a digest that each name a caller, empty when there are fewer than two."""
    label = lines.label(formats.words("labels", "number") + formats.words("labels", "caller"))
    told = [part for part in lines.RULE.split(text) if label.search(part)]
    return told if len(told) > 1 else _records(text, label, formats)


def _records(text: str, label: re.Pattern[str], formats: Formats) -> list[str]:
    """Split where the first label comes again, if that makes records of different numbers."""
    numbers = {re.sub(r"\D", "", match["value"]) for match in label.finditer(text) if _FIGURED.search(match["value"])}
    if len(numbers) <= 1:
        return []
    any_label = lines.label(
        tuple(word for slot in ("name", "caller", "number", "time") for word in formats.words("labels", slot))
    )
    matches = list(any_label.finditer(text))
    first = lines.named(matches[0]).lower()
    starts = [match.start() for match in matches if lines.named(match).lower() == first]
    return [text[start:end] for start, end in itertools.pairwise([*starts, len(text)])] if len(starts) > 1 else []


def table(text: str, formats: Formats) -> list[dict[str, Found]]:
    """Return the rows below a line whose cells are labels, one of them the caller's; empty when there is none."""
    rows: list[dict[str, Found]] = []
    head: _Head | None = None
    for line in text.splitlines():
        if _DASHES.fullmatch(line):
            continue
        cells = [(match[0], match.start()) for match in _CELL.finditer(_columns(line))]
        if head is None:
            head = _head(cells, formats)
        elif cells:
            row = _row(cells, head)
            if row is None and rows and _continues(rows[-1], cells, head):
                continue
            if row is None:
                break
            rows.append(row)
        elif rows and not line.strip("| \t"):
            continue
    return rows


def _columns(line: str) -> str:
    """Write tabs as runs of blanks, so that a cell is what two blanks or a bar part from the next."""
    return re.sub(r"\t", "    ", line)


def _head(cells: list[tuple[str, int]], formats: Formats) -> _Head | None:
    slots = [(lines.slot_of(cell, formats), start) for cell, start in cells]
    known = [slot for slot, _ in slots if slot]
    if len(known) < _FEWEST_HEADS or not _WHO.intersection(known) or any(cell.endswith(":") for cell, _ in cells):
        return None
    return _Head(tuple(slots))


def _continues(row: dict[str, Found], cells: list[tuple[str, int]], head: _Head) -> bool:
    """Add a second line of a cell of the caller's to its row, and tell whether that is what the line is."""
    slot = _column(head, cells[0][1])
    if len(cells) > 1 or slot not in row or slot not in _WHO:
        return False
    row[slot] = msgspec.structs.replace(row[slot], text=f"{row[slot].text} {cells[0][0]}")
    return True


def _column(head: _Head, start: int) -> str | None:
    return next((slot for slot, column in reversed(head.columns) if column <= start + _SLACK), None)


def _row(cells: list[tuple[str, int]], head: _Head) -> dict[str, Found] | None:
    slots: dict[str, Found] = {}
    for number, (cell, start) in enumerate(cells):
        slot = head.columns[number][0] if len(cells) == len(head.columns) else _column(head, start)
        if slot == "time" and slot in slots:  # date and time of day in columns of their own
            slots[slot] = msgspec.structs.replace(slots[slot], text=f"{slots[slot].text} {cell}")
        elif slot and slot not in slots:
            slots.update(found({slot: cell}, "body", f"label {slot} of a table"))
    return slots if _WHO.intersection(slots) and len(cells) > 1 else None


def rows(text: str, formats: Formats, region: str) -> list[dict[str, Found]]:
    """Return lines that each hold one number and a time of day, when there are at least two of them.

    The words below a row, in quotes or indented, are what that caller said.
    """
    told: list[dict[str, Found]] = []
    for line in text.splitlines():
        row = _loose(line, formats, region)
        said = _SAID.match(line)
        if row:
            told.append(row)
        elif said and told and "transcript" not in told[-1]:
            told[-1].update(found({"transcript": said["words"]}, "body", "below its row"))
    if len(told) <= 1:
        joined = ("  ".join(part.split("\n")) for part in re.split(r"\n\s*\n", text) if part.count("\n") <= _MOST_LINES)
        told = [row for part in joined if (row := _loose(part, formats, region))]
    return told if len(told) > 1 else []


def _loose(line: str, formats: Formats, region: str) -> dict[str, Found] | None:
    line = _NUMBERING.sub("", line)
    if len(_DIGIT.findall(line)) < _FEWEST_DIGITS:
        return None
    time = lines.time_in(line, formats)
    if not time or len(list(phone.find(line, region))) != 1 or formats.any_word("notice", "answered").search(line):
        return None
    length = lines.length_in(line, formats)
    who = line.replace(time, " | ", 1)
    who = who.replace(length, " | ", 1) if length else who
    spot = next(iter(phone.find(who, region)), None)
    if spot is None:
        return None
    label = _LABEL.search(who[: spot.start])
    if label and (
        lines.slot_of(label[1], formats) == "called" or formats.any_word("sentences", "excuse").search(label[1])
    ):
        return None
    around = re.split(r"\s[-\u2013\u2014]\s|[|;:,\u00b7\u2022]|\s{2,}", who)
    named = [piece for piece in around if piece.strip(" .,-*()#0123456789[]")]
    here = next((piece for piece in around if spot.raw in piece), spot.raw)
    name = here if re.search(r"[^\W\d_]{2}", here) else next(iter(named), "")
    caller = f"{name} {spot.raw}" if name is not here else here
    note = "; ".join(piece.strip() for piece in around if piece.strip() and piece not in {name, here})
    slots = {"caller": caller, "time": time, "duration": length, "note": note}
    return found(slots, "body", "row of a list", loose=True)
