"""Callers as the terminal shows them. Digits are grouped where one line can do it: number tables are slow."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from assistant.cli.views import Who

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.model.heard import KnownCall

NOBODY = "number withheld"
# Country codes of one and two digits (ITU-T E.164.D); all others have three.
_CODE = re.compile(r"\+(1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|\d{3})(\d+)")
_GROUPS = {"1": re.compile(r"(\d{3})(\d{3})(\d{4})"), "33": re.compile(r"(\d)" + r"(\d\d)" * 4)}


def who(calls: Sequence[KnownCall]) -> Who:
    """Return the caller of a callback from its calls, oldest first; the newest that says something decides."""
    newest = list(reversed(calls))
    return Who(
        name=next((known.name for known in newest if known.name), None),
        number=next((known.call.number_to_dial for known in newest if known.call.number_to_dial), None),
        extension=next((known.call.extension for known in newest if known.call.extension), None),
    )


def spaced(number: str) -> str:
    """Return an E.164 number with its country code set apart: "+1 212 555 0147", "+353 15550123"."""
    match = _CODE.fullmatch(number)
    if match is None:
        return number
    code, rest = match.groups()
    grouped = _GROUPS[code].fullmatch(rest) if code in _GROUPS else None
    return " ".join([f"+{code}", *(grouped.groups() if grouped else (rest,))])


def number_of(caller: Who) -> str:
    """Return what to dial: the number, else the extension, else that there is none."""
    if caller.number:
        return spaced(caller.number)
    return f"ext. {caller.extension}" if caller.extension else ("" if caller.name else NOBODY)


def label_of(caller: Who) -> str:
    """Return name and number, as far as they are known."""
    return "  ".join(filter(None, (caller.name, number_of(caller))))
