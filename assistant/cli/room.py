"""Room for calls as a sentence: which days are full, and whether the queue grows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.cli.views import RoomView
from assistant.ledger import planned
from assistant.model.capacity import NOTICED

if TYPE_CHECKING:
    from datetime import date

    from assistant.cli.times import Times
    from assistant.ledger.journal import Ledger
    from assistant.model.capacity import Capacity

_NAMED = 3
_WEEK = 7


def room(ledger: Ledger, times: Times) -> RoomView:
    """Return what the last plan and the ledger's own rates say of room."""
    found = planned.capacity(ledger)
    full = tuple(day for day in found.full if day >= times.now.date())
    return RoomView(
        full=full,
        days=found.days,
        coming=round(found.coming, 1),
        going=round(found.going, 1),
        growth=found.growth,
        text=_text(times, full, found),
    )


def _text(times: Times, full: tuple[date, ...], found: Capacity) -> str | None:
    parts = [_full(times, full)] if full else []
    if abs(found.growth) >= NOTICED:
        verb = "grows" if found.growth > 0 else "shrinks"
        count = f"{abs(found.growth):g}"
        parts.append(f"at today's rate the queue {verb} by {count} {'call' if count == '1' else 'calls'} a day")
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}." if text else None


def _full(times: Times, full: tuple[date, ...]) -> str:
    names = [_name(times, day) for day in full[:_NAMED]]
    if len(full) > _NAMED:
        return f"{', '.join(names)} and {len(full) - _NAMED} more days are full"
    if len(names) == 1:
        return f"{names[0]} is full"
    return f"{', '.join(names[:-1])} and {names[-1]} are full"


def _name(times: Times, day: date) -> str:
    away = (day - times.now.date()).days
    return "today" if away == 0 else (f"{day:%A}" if away < _WEEK else times.day(day))
