"""QueryString of FindItem: the simplest of the Advanced Query Syntax."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.servers.ews.items import Item
    from tests.servers.ews.properties import Value

_WORD = re.compile(r"\w+")
_FIELDS = {
    "subject": ("Subject",),
    "body": ("Body",),
    "from": ("From",),
    "to": ("ToRecipients",),
    "cc": ("CcRecipients",),
    "participants": ("From", "ToRecipients", "CcRecipients"),
    "category": ("Categories",),
}
_ANY = ("Subject", "Body", "From", "ToRecipients", "CcRecipients")


def meets(query: str, item: Item) -> bool:
    """Return whether an item meets every term: words, "phrases" and field:words; each word from its beginning."""
    return all(_term(each, item) for each in shlex.split(query.replace("'", " ")) if each.upper() != "AND")


def _term(term: str, item: Item) -> bool:
    name, colon, rest = term.partition(":")
    fields = _FIELDS.get(name.lower()) if colon else None
    wanted = _words(rest if fields else term)
    return bool(wanted) and any(_has(_words(_text(item.values.get(each))), wanted) for each in fields or _ANY)


def _has(words: list[str], wanted: list[str]) -> bool:
    """Return whether the wanted words stand there one after the other, the last one perhaps longer."""
    for start in range(len(words) - len(wanted) + 1):
        some = words[start : start + len(wanted)]
        if some[:-1] == wanted[:-1] and some[-1].startswith(wanted[-1]):
            return True
    return False


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _text(value: Value | None) -> str:
    return "" if value is None else value if isinstance(value, str) else " ".join(value.itertext())
