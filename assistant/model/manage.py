"""What a user may write into a title to say how a call went."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Sign(StrEnum):
    """What a sign in a title means."""

    DONE = "done"
    LEFT_MESSAGE = "left_message"
    NO_ANSWER = "no_answer"
    LATER = "later"


class Signs(msgspec.Struct, frozen=True, kw_only=True):
    """Words at the start or the end of a title, any case, by what they mean; marks such as a tick mean done."""

    marks: tuple[str, ...] = ("✓", "✔", "✅", "☑", "[x]")
    words: dict[Sign, tuple[str, ...]] = msgspec.field(default_factory=dict)
