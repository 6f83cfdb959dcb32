"""Our key as a header field of a message."""

from __future__ import annotations

import re

from assistant.errors import UnsupportedError
from providers.local.errors import NAME
from providers.local.heads import KEY, field, parse_header

_END = re.compile(rb"\r?\n\r?\n")
_LONGEST = 200


def keyed(raw: bytes, key: str) -> bytes:
    """Return the message with X-Ringback-Key: key as a field of its header; unchanged if it has it.

    Raises:
        UnsupportedError: the key cannot stand in a header field.
    """
    if not key.isascii() or not key.isprintable() or " " in key or not 0 < len(key) <= _LONGEST:
        raise UnsupportedError(NAME, "put", f"the key {key!r} cannot stand in a header field")
    return with_field(raw, KEY, key)


def with_field(raw: bytes, name: str, value: str) -> bytes:
    """Return the message with the field put first, unless it has one of that name and value."""
    headers = parse_header(header_of(raw))
    if field(headers, name) == value:
        return raw
    return f"{name}: {value}".encode() + (b"\r\n" if b"\r\n" in raw[:1000] else b"\n") + raw


def header_of(raw: bytes) -> bytes:
    """Return the header of a message, with the empty line that ends it."""
    found = _END.search(raw)
    return raw[: found.end()] if found else raw
