"""Words for dates and times in reasons; English, like every reason in the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def clock(moment: datetime) -> str:
    """Return the time of day of a moment in its own zone."""
    return f"{moment:%H:%M}"


def day_name(day: date) -> str:
    """Return a date as "23 November"; the same under every locale."""
    return f"{day.day} {_MONTHS[day.month - 1]}"
