"""Decide which callback a call belongs to, and whether another mail told of the same call already."""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from assistant.model.call import Kind, Urgency

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from assistant.model.call import Call
    from assistant.model.heard import KnownCall
    from assistant.model.journal import Subject

SAME_KIND = timedelta(seconds=45)
"""Two mails of one kind this close tell of one call: copies to a ring group, a resend."""
OTHER_KIND = timedelta(minutes=5)
"""A missed-call mail and a voicemail mail this close tell of one call: the message follows the ringing."""
_WORD = re.compile(r"\w+")
_TITLES = frozenset({"mr", "mrs", "ms", "miss", "dr", "prof", "herr", "frau", "mme", "sr", "sra", "the", "of", "and"})
_DETAIL = {Kind.VOICEMAIL: 3, Kind.PHONE_MESSAGE: 2, Kind.CALLBACK_REQUEST: 1}


def is_withheld(call: Call) -> bool:
    """Tell whether nothing says who called; such a call is merged with no other."""
    return not (call.calling_number or call.callback_number or call.extension or call.caller_name)


def names_agree(one: str | None, other: str | None) -> bool:
    """Tell whether two names may be one caller: one is unknown, or they share a word that is no title."""
    words, others = _words(one), _words(other)
    return not words or not others or not words.isdisjoint(others)


def _words(name: str | None) -> set[str]:
    found = set(_WORD.findall(unicodedata.normalize("NFC", name or "").casefold()))
    return found - _TITLES or found


def same_call(call: Call, name: str | None, known: Sequence[KnownCall]) -> KnownCall | None:
    """Return the call in the ledger that this one is another report of, None when it is a call of its own.

    Args:
        call: as just read from a mail.
        name: the best name known for its caller.
        known: calls of the same number, or of the same name where there is no number.
    """
    if is_withheld(call):
        return None
    near = [old for old in known if names_agree(name, old.name) and _one_ring(call, old.call)]
    return min(near, key=lambda old: abs(old.call.start_time - call.start_time), default=None)


def _one_ring(new: Call, old: Call) -> bool:
    gap = abs(new.start_time - old.start_time)
    return gap <= (SAME_KIND if new.kind == old.kind else OTHER_KIND)


def owner(call: Call, name: str | None, known: Sequence[KnownCall], owed: Collection[Subject]) -> Subject | None:
    """Return the owed callback of this caller, None when there is none.

    One number is one caller, unless several names share it (a switchboard): then the name decides.
    """
    if is_withheld(call):
        return None
    return next((old.subject for old in reversed(known) if old.subject in owed and names_agree(name, old.name)), None)


def previous(call: Call, name: str | None, known: Sequence[KnownCall]) -> Subject | None:
    """Return the newest callback of this caller, closed or not, None for a stranger."""
    if is_withheld(call):
        return None
    return next((old.subject for old in reversed(known) if names_agree(name, old.name)), None)


def together(old: Call, new: Call) -> Call:
    """Return what two reports of one call say together; the more telling kind leads, gaps are filled from the other."""
    first, second = (new, old) if _DETAIL.get(new.kind, 0) > _DETAIL.get(old.kind, 0) else (old, new)
    filled = {
        field: getattr(second, field)
        for field in ("extension", "caller_name", "duration", "transcript", "callback_number", "requested")
        if getattr(first, field) is None
    }
    urgency = Urgency.URGENT if Urgency.URGENT in (old.urgency, new.urgency) else first.urgency
    return replace(
        first,
        **filled,
        urgency=urgency,
        start_time=min(old.start_time, new.start_time),
        wants_callback=old.wants_callback or new.wants_callback,
    )
