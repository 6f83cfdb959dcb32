"""The last plan with the problem it answers: what `why` explains and `week` draws, without asking any service."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import msgspec

from assistant.model.capacity import Capacity
from assistant.model.planning import Plan, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assistant.ledger.journal import Ledger

MARK, ROOM = "planned", "capacity"
"""Names of the marks in the ledger. They hold ids and times, no names."""


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """A problem and the plan that answers it; `problem.now` says when that was. `days_off` may have names."""

    problem: Problem
    plan: Plan
    days_off: dict[date, str] = {}


def keep(ledger: Ledger, problem: Problem, plan: Plan, days_off: Mapping[date, str], room: Capacity) -> None:
    """Keep a plan and what it says of room, in place of the one before."""
    kept = Planned(problem=problem, plan=plan, days_off=dict(days_off))
    ledger.put_mark(MARK, msgspec.json.encode(kept).decode())
    ledger.put_mark(ROOM, msgspec.json.encode(room).decode())


def last(ledger: Ledger) -> Planned | None:
    """Return the last plan, None before the first one and where another release kept it."""
    text = ledger.mark(MARK)
    try:
        return None if text is None else msgspec.json.decode(text, type=Planned)
    except msgspec.DecodeError:
        return None


def capacity(ledger: Ledger) -> Capacity:
    """Return what the last plan says of room; nothing before the first one."""
    text = ledger.mark(ROOM)
    try:
        return Capacity() if text is None else msgspec.json.decode(text, type=Capacity)
    except msgspec.DecodeError:
        return Capacity()
