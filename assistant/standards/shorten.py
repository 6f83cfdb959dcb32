"""A message without what nobody reads of it: long attachments, which MIME (RFC 2045, RFC 2046) writes as text."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_BOUNDARY = re.compile(rb"\bboundary\s*=\s*(?:\"([^\"\r\n]{1,200})\"|([^\s;\"]{1,200}))", re.IGNORECASE)
_TYPE = re.compile(rb"^content-type\s*:\s*([\w-]+)", re.IGNORECASE | re.MULTILINE)
_EMPTY_LINE = re.compile(rb"\r?\n\r?\n")
_LONGEST_HEAD = 100_000  # bytes of the head of a part
_LONGEST_PART = 1_200_000  # bytes; base64 of the characters that are read, of four bytes each
_MOST_BOUNDARIES = 50
_SMALL = 16_000  # bytes; the parts of a shorter message are as soon read as looked for
_LITTLE = 1000  # bytes


def abridged(raw: bytes) -> bytes:
    """Return a message of which no part is longer than any text that is read.

    Of a part that is no text only the head stays and a little more, of a text all the characters that are looked at.
    """
    if len(raw) <= _SMALL:
        return raw
    starts = sorted({*_starts(raw), len(raw)})
    return b"".join(_kept(raw[start : min(end, start + _LONGEST_PART)]) for start, end in itertools.pairwise(starts))


def _starts(raw: bytes) -> set[int]:
    """Return where the parts begin, at any depth: each head says what parts its own, which RFC 2046 5.1.1 tells of."""
    starts, marks, heads = {0}, set[bytes](), [0]
    while heads and len(marks) < _MOST_BOUNDARIES:
        place = heads.pop()
        head, body = _head(raw, place)
        kind = _TYPE.search(head)
        if kind and kind[1].lower() == b"message":
            heads.append(body)
        boundary = _BOUNDARY.search(head) if kind and kind[1].lower() == b"multipart" else None
        mark = (boundary[1] or boundary[2]) if boundary else b""
        if mark and mark not in marks:
            marks.add(mark)
            found = set(_places(raw, b"\n--" + mark))
            heads.extend(place + 1 for place in found - starts)
            starts |= found
    return starts


def _places(raw: bytes, words: bytes) -> Iterator[int]:
    place = raw.find(words)
    while place >= 0:
        yield place
        place = raw.find(words, place + 1)


def _head(raw: bytes, start: int) -> tuple[bytes, int]:
    """Return the head that begins there, unfolded or not, and where its body begins."""
    end = _EMPTY_LINE.search(raw, start, start + _LONGEST_HEAD)
    return (raw[start : end.start()], end.end()) if end else (raw[start : start + _LONGEST_HEAD], len(raw))


def _kept(part: bytes) -> bytes:
    """Return a part that may be text, of any other its head and a little more."""
    head, body = _head(part, int(part[:1] == b"\n"))
    match = _TYPE.search(head)
    readable = match is None or match[1].lower() in {b"text", b"multipart", b"message"}
    return part[: _LONGEST_PART if readable else body + _LITTLE]
