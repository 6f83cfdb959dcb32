"""Dates in reasons, the same under every locale; English, like every reason in the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

_WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def day_name(day: date) -> str:
    """Return a date as "Mon 23 November"."""
    return f"{_WEEK[day.weekday()]} {day.day} {_MONTHS[day.month - 1]}"
