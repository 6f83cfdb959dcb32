"""Words for dates and times in reasons; English, like every reason in the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.standards.days import day_name

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["clock", "clock_of", "day_name"]


def clock(moment: datetime) -> str:
    """Return the time of day of a moment in its own zone."""
    return f"{moment:%H:%M}"


def clock_of(zone: str) -> str:
    """Return whose clock a zone (IANA) is, as people say it: "Los Angeles time"; an offset as "UTC-8"."""
    area, _, place = zone.partition("/")
    if area == "Etc" and place.startswith("GMT") and place[3:]:
        return f"UTC{-int(place[3:]):+d}"
    return f"{zone.rpartition('/')[2].replace('_', ' ')} time" if place and area != "Etc" else place or zone
