"""An owed callback with all that one pass knows of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from assistant.model.journal import Unplannable
from assistant.pipeline.callee import Side

if TYPE_CHECKING:
    from assistant.model.callback import Callback
    from assistant.model.heard import KnownCall
    from assistant.model.journal import Ranked
    from assistant.pipeline.parts import Parts
    from assistant.pipeline.people import Person


class Matter(NamedTuple):
    """A callback, what the caller said, who the caller is, how soon the call is due, and the callee's side of it."""

    callback: Callback
    calls: list[KnownCall]
    person: Person
    rank: Ranked
    side: Side = Side()


def state_reason(parts: Parts, matter: Matter, reason: str) -> Matter:
    """Note why a callback has no hold, and return it so; a reason that stands is not noted again."""
    if matter.callback.no_hold == reason:
        return matter
    parts.ledger.append(matter.callback.id, Unplannable(why=reason))
    return matter._replace(callback=replace(matter.callback, no_hold=reason))
