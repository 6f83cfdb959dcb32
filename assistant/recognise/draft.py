"""What has been read of a call before it is understood: slots with their words and where these stood."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from assistant.model.call import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The words of one slot, the part of the mail they stand in ("subject", "body", "header X-...") and the rule.

    `loose` says that they were cut out of a sentence, so that words beside a number need not be a name.
    """

    text: str
    part: str
    rule: str
    loose: bool = False


class PassedOver(msgspec.Struct, frozen=True, kw_only=True):
    """Words that could have been the field's, the part of the mail they stand in, and why they are not."""

    text: str
    part: str
    why: str


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """Why a field is what it is: the words behind it ("" for none), their part of the mail, the rule that took them.

    `call` counts the mail's calls from 0, None for what is said of the whole mail. `field` is a name of the JSON.
    """

    call: int | None
    field: str
    text: str
    part: str
    rule: str
    passed_over: tuple[PassedOver, ...] = ()


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """One call as read: its kind and its slots. `words` are what the wishes are looked for in, `said` by the caller.

    `settled` says that no other number is to be looked for in the words: the slots have the one to dial.
    """

    kind: Kind
    slots: dict[str, Found] = {}
    said: str | None = None
    words: str = ""
    settled: bool = False

    def with_more(self, slots: Mapping[str, Found]) -> Draft:
        """Return the draft with slots it lacks filled from others."""
        return msgspec.structs.replace(self, slots={**slots, **self.slots})

    def text(self, slot: str) -> str:
        """Return the words of a slot, "" when it is empty."""
        return self.slots[slot].text if slot in self.slots else ""


def found(slots: Mapping[str, str], part: str, rule: str, *, loose: bool = False) -> dict[str, Found]:
    """Wrap slots that were read together; empty ones are left out."""
    return {name: Found(text=text, part=part, rule=rule, loose=loose) for name, text in slots.items() if text.strip()}
