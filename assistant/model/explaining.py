"""Why a call has the time it has: the times that would have been better, and what each was lost to."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


class Rule(StrEnum):
    """What a better time was lost to. `free`: to nothing; the planner did not look that far."""

    ASKED = "asked"
    CALLEE = "callee_hours"
    DAY_OFF = "day_off"
    HOURS = "hours"
    BUSY = "busy"
    FIXED = "fixed"
    TAKEN = "taken"
    FREE = "free"


class Passed(msgspec.Struct, frozen=True, kw_only=True):
    """Starts of one day, from `first` to `last`, that would have been better and were lost to one rule.

    `by` are the calls that have the time, for `taken` and `fixed`. `why` is a plain sentence without names.
    """

    first: datetime
    last: datetime
    rule: Rule
    by: tuple[str, ...] = ()
    why: str = ""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """The place of a call among all that are planned, and how many come before it for which reason."""

    place: int
    of: int
    more_urgent: int = 0
    due_sooner: int = 0
    waiting_longer: int = 0


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Why a call is planned as it is.

    `fixed`: its time could not be chosen. `cost` is what its time (or having none) costs. `kept` says why it did not
    move to a better time that is free. `avoided` is what speaks against the time all the same.
    """

    id: str
    start: datetime | None
    cost: float
    standing: Standing
    fixed: bool = False
    passed: tuple[Passed, ...] = ()
    kept: str | None = None
    avoided: tuple[str, ...] = ()
