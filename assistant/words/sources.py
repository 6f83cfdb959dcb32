"""Which templates there are, and how a user's own ones replace ours."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

import msgspec

from assistant.errors import TemplateError
from assistant.model.speech import ApologyFacts, DigestFacts, HoldFacts, SlotFacts, WillCallAtFacts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LETTER = ("subject", "txt")
PARTS: Mapping[str, tuple[str, ...]] = {
    "apology": LETTER,
    "will_call_at": LETTER,
    "hold": ("title", "txt", "location"),
    "slot": ("title", "txt"),
    "digest": LETTER,
}
FACTS: Mapping[str, type[msgspec.Struct]] = {
    "apology": ApologyFacts,
    "will_call_at": WillCallAtFacts,
    "hold": HoldFacts,
    "slot": SlotFacts,
    "digest": DigestFacts,
}
TEMPLATES = tuple(f"{subject}.{part}.j2" for subject, parts in PARTS.items() for part in parts)
LANGUAGE_FILE = "language.toml"
GUARD_FILE = "guard.toml"
USER_GUARD_FILE = "guard.user.toml"
NAMES = (*TEMPLATES, LANGUAGE_FILE, GUARD_FILE)


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """The text of one file; `origin` is its path as the user knows it, for messages."""

    text: str
    origin: str


def overlay(ours: Mapping[str, Source], users: Mapping[str, Source]) -> dict[str, Source]:
    """Return our sources with the user's in place of those of the same name.

    The user's guard.toml is added to ours, never put in its place: nothing switches the guard off.
    """
    added = {USER_GUARD_FILE if name == GUARD_FILE else name: source for name, source in users.items()}
    return {**ours, **added}


def raise_all(faults: Iterable[str]) -> None:
    """Raise one `TemplateError` that lists every fault; nothing when there is none."""
    lines = tuple(dict.fromkeys(faults))
    if len(lines) == 1:
        raise TemplateError(lines[0])
    if lines:
        raise TemplateError(f"{len(lines)} faults in the templates\n  " + "\n  ".join(lines))


def name_faults(sources: Mapping[str, Source]) -> list[str]:
    """List what is missing and what nobody would ever read."""
    faults = [f"{name} is missing. Put it beside the other templates" for name in NAMES if name not in sources]
    for name in sorted(set(sources) - {*NAMES, USER_GUARD_FILE}):
        near = get_close_matches(name, NAMES, n=1)
        meant = f"Did you mean {near[0]}?" if near else f"The names are: {', '.join(NAMES)}"
        faults.append(f"{sources[name].origin}: no template has this name. {meant}")
    return faults
