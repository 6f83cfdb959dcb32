"""Search Microsoft 365 for an address, a number or a text, and our own look at what it finds.

A number is asked for as people write it: what holds one of these texts is held against a pattern. The index splits a
text at whatever is no letter and no digit, and is some moments behind: the newest mails are looked at too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from assistant.errors import AuthError, ProviderError, TransientError
from assistant.model.mailbox import Ref
from providers._searching import Number, groups, in_head, in_mail, is_nameable, text_pattern
from providers.microsoft365 import heads
from providers.microsoft365.service import Part, at, values

if TYPE_CHECKING:
    from assistant.model.mailbox import Head
    from providers.microsoft365.service import Graph

_OPERATION = "mailbox.search"
_MOST = "250"
_NEWEST = "50"
_FEW_DIGITS = 5
_RECENT = ("inbox", "sentitems")
_ADDRESS = re.compile(r"[^\s\"'(){}<>,;:\\]+@[^\s\"'(){}<>,;:@\\]+\w")
_SIGNS = re.compile(r"[\"\\'():*<>=]")
"""What means something in the language of the index (KQL)."""


class Wanted(NamedTuple):
    """What is searched for: words of which a mail must have all, for several ways of writing; and what decides."""

    queries: tuple[str, ...]
    pattern: re.Pattern[str]

    @classmethod
    def of(cls, query: str) -> Wanted | None:
        """Return how to search for an address, a number or a text; None for what no mail can name."""
        text = " ".join(query.split())
        if not is_nameable(text):
            return None
        number = Number.of(text)
        if number is None:
            sides = (f"participants:{text}",) if _ADDRESS.fullmatch(text) else ()
            words = " ".join(_SIGNS.sub(" ", text).split())
            return cls((*sides, *((words,) if words else ())), text_pattern(text))
        national, code, area = number
        local = national[area:] if len(national) - area >= _FEW_DIGITS else national
        whole = (national, f"0{national}", f"{code}{national}", f"00{code}{national}")
        return cls(tuple(dict.fromkeys((*(" ".join(each) for each in groups(local)), *whole))), number.pattern)

    def in_head(self, head: Head) -> bool:
        """Tell whether a header field names it."""
        return in_head(self.pattern, head)

    def in_mail(self, raw: bytes) -> bool:
        """Tell whether the text names it."""
        return in_mail(self.pattern, raw)


def candidates(graph: Graph, wanted: Wanted) -> dict[Ref, heads.Item]:
    """Return mails that may name what is wanted, with what heads are made of: what the index finds, and the newest.

    Raises:
        AuthError: signing in is needed.
        TransientError: Microsoft cannot search for now.
    """
    params = {"$select": heads.SELECTED, "$expand": heads.EXPANDED}
    parts = {
        name: Part("GET", at("me", "mailFolders", name, "messages"), {**params, "$top": _NEWEST}) for name in _RECENT
    }
    for query in wanted.queries:
        parts[query] = Part("GET", at("me", "messages"), {**params, "$search": f'"{query}"', "$top": _MOST})
    found: dict[Ref, heads.Item] = {}
    for name, answer in graph.each(_OPERATION, parts).items():
        if isinstance(answer, ProviderError):
            if name in _RECENT or isinstance(answer, AuthError | TransientError):
                raise answer
            continue  # it has no index, or takes no such query: the newest mails it is
        found |= {Ref(str(each["id"])): each for each in values(_OPERATION, answer) if each.get("id")}
    return found
