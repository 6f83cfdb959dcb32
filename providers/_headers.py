"""Header fields of messages: read from bytes or from pairs, put into bytes, made of what a service tells instead."""

from __future__ import annotations

import re
from email.utils import formataddr
from typing import TYPE_CHECKING

from assistant.errors import UnsupportedError
from assistant.standards import mail
from assistant.standards.compose import KEY_HEADER

if TYPE_CHECKING:
    from collections.abc import Iterable

_END = re.compile(rb"\r?\n\r?\n")
_NAME = re.compile(r"[!-9;-~]{1,200}")
_ID = re.compile(r"<([^<>\s\"'(){}]{1,900})>")
_BREAKS = re.compile(r"[\r\n\0]+")
_LONGEST_KEY = 200


# --- read


def field(headers: Iterable[tuple[str, str]], name: str) -> str | None:
    """Return the first field of that name, None when there is none."""
    return next((value for key, value in headers if key.lower() == name.lower()), None)


def header_fields(raw: bytes) -> tuple[tuple[str, str], ...]:
    """Return the header fields of a message, decoded."""
    found = _END.search(raw)
    return mail.parse(raw[: found.end()] if found else raw).headers


def decoded(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return header fields in their order, decoded; a line break in a value adds no field."""
    lines = (f"{_line(name, value)}\n" for name, value in pairs if _NAME.fullmatch(name))
    return mail.parse("".join(lines).encode("utf-8", "replace") + b"\n").headers


def completed(told: tuple[tuple[str, str], ...], known: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return header fields after those that are not among them, and known otherwise: "" for not."""
    present = {name.lower() for name, _ in told}
    return (*decoded((name, value) for name, value in known if value and name.lower() not in present), *told)


def message_id(headers: Iterable[tuple[str, str]], name: str = "Message-ID") -> str:
    """Return the first id in a field without its angle brackets, "" when there is none."""
    found = _ID.search(field(headers, name) or "")
    return found[1] if found else ""


# --- written


def with_field(raw: bytes, name: str, value: str) -> bytes:
    """Return a message with a field before the others."""
    return f"{name}: {value}".encode() + (b"\r\n" if b"\r\n" in raw[:1000] else b"\n") + raw


def ensured(raw: bytes, name: str, value: str) -> bytes:
    """Return a message with a field before the others, unchanged if the first of that name has that value."""
    return raw if field(header_fields(raw), name) == value else with_field(raw, name, value)


def checked(key: str, provider: str, operation: str) -> str:
    """Return a key that can stand in a header field.

    Raises:
        UnsupportedError: it cannot.
    """
    if not key.isascii() or not key.isprintable() or " " in key or not 0 < len(key) <= _LONGEST_KEY:
        raise UnsupportedError(provider, operation, f"the key {key!r} cannot stand in a header field")
    return key


def keyed(raw: bytes, key: str, provider: str, operation: str) -> bytes:
    """Return the message with X-Ringback-Key: key as a field of its header; unchanged if it has it.

    Raises:
        UnsupportedError: the key cannot stand in a header field.
    """
    return ensured(raw, KEY_HEADER, checked(key, provider, operation))


# --- made of what a service tells


def people(named: Iterable[tuple[str, str]]) -> str:
    """Return names with addresses as the value of a field; what is no address is left out."""
    known = [(_BREAKS.sub(" ", name), _BREAKS.sub(" ", spec)) for name, spec in named if "@" in spec]
    return ", ".join(formataddr((name, spec)) if spec.isascii() and name != spec else spec for name, spec in known)


def composed(known: Iterable[tuple[str, str]], body: str, *, html: bool) -> bytes:
    """Return a mail of these header fields, "" for none, and a text."""
    lines = [_line(name, value) for name, value in known if value]
    kind = "html" if html else "plain"
    lines += [f"Content-Type: text/{kind}; charset=utf-8", "Content-Transfer-Encoding: 8bit", "", body]
    return "\n".join(lines).encode("utf-8", "replace")


def _line(name: str, value: str) -> str:
    return f"{name}: {_BREAKS.sub(' ', value)}"
