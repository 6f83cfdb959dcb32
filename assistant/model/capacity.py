"""Whether the days can carry the calls: which are full, and how fast calls come and go."""

from __future__ import annotations

from datetime import date

import msgspec

NOTICED = 0.5
"""Calls a day; a queue that grows or shrinks by less is called neither."""


class Capacity(msgspec.Struct, frozen=True, kw_only=True):
    """What the last plan and the ledger say of room and rates.

    `full` are the coming days whose slots have no room for another call. `coming` and `going` are callbacks opened and
    settled per working day, over the last `days` working days; 0 days: the ledger is too young to tell.
    """

    full: tuple[date, ...] = ()
    days: int = 0
    coming: float = 0.0
    going: float = 0.0

    @property
    def growth(self) -> float:
        """Return by how many calls the queue grows each working day; less than 0 where it shrinks."""
        return round(self.coming - self.going, 1)
