"""Printing: results on stdout, chatter on stderr; other people's text never raw, neither as text nor as JSON."""

from __future__ import annotations

import os
import re
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click
import msgspec

from assistant.errors import AssistantError
from assistant.standards.plain import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from zoneinfo import ZoneInfo

_LONG = 20
"""Work of fewer steps shows no progress."""
# C1 controls, bidi and zero-width marks, line separators, private use, tags: JSON can write them unseen by a terminal.
_UNSEEN = re.compile(
    "[\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ue000-\uf8ff\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)


class OutputError(AssistantError):
    """The standard output takes nothing: the disk behind it is full, say."""


def print_lines(lines: Iterable[str]) -> None:
    """Print lines of a result; whatever in them could steer a terminal is left out."""
    for line in lines:
        _write(safe(line))


def say(text: str) -> None:
    """Print text of one or more lines as a result, at once."""
    _write(safe(text))


def print_json(value: object, zone: ZoneInfo | None = None) -> None:
    """Print one JSON value on one line, times with the offset that `zone` has then."""
    shown = value if zone is None else localised(value, zone)
    _write(_UNSEEN.sub(_escaped, msgspec.json.encode(shown).decode()))


def _write(text: str) -> None:
    """Write text as a result, at once.

    Raises:
        OutputError: it cannot be written; a reader that went away is no such error but Python's own.
    """
    try:
        click.echo(text)
    except BrokenPipeError:
        raise
    except OSError as error:
        abandon()
        raise OutputError(f"The result cannot be written ({error.strerror}). What was done is kept.") from error


def abandon() -> None:
    """Let what is still to be written to a standard output that takes nothing any more go nowhere, silently."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def chat(line: str) -> None:
    """Tell the user something that is no result, on stderr."""
    click.echo(safe(line), err=True)


def heading(text: str) -> str:
    """Return a heading; in bold on a terminal."""
    return click.style(text, bold=True)


def safe(text: str) -> str:
    """Return text for a terminal; of sequences only our own bold stays."""
    bold, plain = click.style("|", bold=True).split("|")
    if text.startswith(bold) and text.endswith(plain):
        return bold + visible(text[len(bold) : -len(plain)]) + plain
    return visible(text)


def table(rows: Sequence[Sequence[str]], headers: Sequence[str]) -> Iterable[str]:
    """Return the lines of a table without frame."""
    import tabulate  # noqa: PLC0415  only commands that print a table need it

    cells = [[visible(cell).replace("\n", " ") for cell in row] for row in rows]
    return tabulate.tabulate(cells, headers, tablefmt="plain", disable_numparse=True).splitlines()


def localised(value: Any, zone: ZoneInfo) -> Any:  # noqa: ANN401  any JSON-like value and its like
    """Return the same value with every time in it in this zone."""
    if isinstance(value, datetime):
        return value.astimezone(zone)
    if isinstance(value, msgspec.Struct):
        fields = {name: localised(getattr(value, name), zone) for name in value.__struct_fields__}
        return msgspec.structs.replace(value, **fields)
    if isinstance(value, tuple | list):
        return [localised(part, zone) for part in value]
    return value


def _escaped(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be")
    return "".join(f"\\u{units[at] << 8 | units[at + 1]:04x}" for at in range(0, len(units), 2))


class Progress:
    """Shows how far long work has come, on stderr and only where that is a terminal."""

    def __init__(self) -> None:
        self._what = ""
        self._at = 0
        self._bar: Any = None

    def __call__(self, what: str, done: int, total: int | None) -> None:
        """Move the bar of this work on; a new name starts a new bar."""
        if not sys.stderr.isatty() or total is None or total < _LONG:
            return
        if what != self._what:
            self.close()
            self._what, self._at = what, 0
            self._bar = click.progressbar(length=total, label=what, file=sys.stderr)
            self._bar.__enter__()
        self._bar.update(done - self._at)
        self._at = done

    def close(self) -> None:
        """End the bar that is shown, if any."""
        if self._bar is not None:
            self._bar.__exit__(None, None, None)
        self._bar, self._what = None, ""
