"""Make other people's text harmless before it meets a template: one line, no control characters, no links."""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, TypeVar, cast

import msgspec

from assistant.model.manage import Signs
from assistant.standards.plain import many_lines, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_T = TypeVar("_T")

MANY_LINES = frozenset({"said", "sms_text"})
# Not from a notification: the user's own name, and a draft made of our templates, which may name the user's site.
_OURS = frozenset({"user", "sms_text", "zone"})

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
