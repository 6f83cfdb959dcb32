"""Make other people's text harmless before it meets a template: one line, no control characters, no links."""

from __future__ import annotations

import re
import unicodedata
from enum import Enum
from typing import TYPE_CHECKING, TypeVar, cast

import msgspec

from assistant.model.manage import Signs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_T = TypeVar("_T")

NAME_CAP = 80
LINES_CAP = 1500
MANY_LINES = frozenset({"said", "sms_text"})
# Not from a notification: the user's own name, and a draft made of our templates, which may name the user's site.
_OURS = frozenset({"user", "sms_text", "zone"})

_TERMINAL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])|\x9b[0-?]*[ -/]*[@-~]")
_BREAKS = re.compile(r"\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")
_JOINERS = "\u200c\u200d"  # spelling in Persian and Hindi, and emoji of several parts, need them
# A name with a tick in it must not read as the user's own tick in a title.
_MARK = re.compile("|".join(map(re.escape, Signs().marks)), re.IGNORECASE)
_TEL = re.compile(r"tel:\+[0-9]{3,15}(;ext=[0-9]{1,8})?")
_DOT = "[.\u3002\uff0e\uff61]"  # the dots that IDNA takes for a dot
_LINK = re.compile(
    rf"(?:\b[a-z][a-z0-9+.-]*:/+|\bwww{_DOT}|\b(?:mailto|tel|sms|javascript|data|callto|facetime|skype):)\S*"
    rf"|(?:[^\W_][\w-]*{_DOT})+[^\W\d_]{{2,}}(?::\d+)?[/?#]\S*",
    re.IGNORECASE,
)
_HOST = re.compile(rf"(?<![\w@.-])((?:[^\W_][\w-]*{_DOT})+[^\W\d_]{{2,}})(?![\w@])")


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


def without_links(text: str, instead: str) -> str:
    """Return text in which no program finds a link: addresses of pages go, bare hosts get a space behind the dot."""
    return _HOST.sub(lambda match: re.sub(_DOT, ". ", match[1]), _LINK.sub(instead, text))


def cleaned(facts: _T, link_removed: str) -> _T:
    """Return the same facts with every text in them harmless; `link_removed` stands where a link was."""

    def harmless(name: str, text: str) -> str:
        if name == "tel_uri":
            return text if _TEL.fullmatch(text) else ""
        safe = many_lines(text) if name in MANY_LINES else one_line(_MARK.sub("", text))
        return safe if name in _OURS else without_links(safe, link_removed)

    return cast("_T", _changed(facts, "", harmless))


def blanked(facts: _T) -> _T:
    """Return the same facts with a letter in place of every text, so that what remains is the template's own."""
    return cast("_T", _changed(facts, "", lambda _name, text: "x" if text else ""))


def texts(value: object) -> Iterator[str]:
    """Yield every text in the facts, enumerations aside."""
    if isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            yield from texts(getattr(value, field))
    elif isinstance(value, tuple):
        for part in value:
            yield from texts(part)
    elif isinstance(value, str) and value and not isinstance(value, Enum):
        yield value


def _changed(value: object, name: str, change: Callable[[str, str], str]) -> object:
    if isinstance(value, msgspec.Struct):
        fields = {field: _changed(getattr(value, field), field, change) for field in value.__struct_fields__}
        return msgspec.structs.replace(value, **fields)
    if isinstance(value, tuple):
        return tuple(_changed(part, name, change) for part in value)
    if isinstance(value, str) and not isinstance(value, Enum):  # the values of enumerations are ours
        return change(name, value)
    return value


def _cut(text: str, cap: int) -> str:
    return text if len(text) <= cap else text[: cap - 1].rstrip() + "…"
