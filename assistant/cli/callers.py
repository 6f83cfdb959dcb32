"""Callers as the terminal shows them. Grouping digits here is plain, since the number tables start slowly."""

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
_GROUP = 3


def who(calls: Sequence[KnownCall]) -> Who:
    """Return the caller of a callback from its calls, oldest first; the newest that says something decides."""
    newest = list(reversed(calls))
    return Who(
        name=next((known.name for known in newest if known.name), None),
        number=next((known.call.number_to_dial for known in newest if known.call.number_to_dial), None),
        extension=next((known.call.extension for known in newest if known.call.extension), None),
    )


def spaced(number: str) -> str:
    """Return an E.164 number in groups, with its country code: "+1 212 555 0147"."""
    match = _CODE.fullmatch(number)
    if match is None:
        return number
    code, rest = match.groups()
    groups = []
    while len(rest) > _GROUP + 2:
        groups.append(rest[:_GROUP])
        rest = rest[_GROUP:]
    return " ".join([f"+{code}", *groups, rest])


def number_of(caller: Who) -> str:
    """Return what to dial: the number, else the extension, else that there is none."""
    if caller.number:
        return spaced(caller.number)
    return f"ext. {caller.extension}" if caller.extension else ("" if caller.name else NOBODY)


def label_of(caller: Who) -> str:
    """Return name and number, as far as they are known."""
    return "  ".join(filter(None, (caller.name, number_of(caller))))
