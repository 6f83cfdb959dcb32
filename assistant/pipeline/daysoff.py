"""Public holidays, as the user's settings name them; asked of the library once a month, since that is slow to load."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from assistant.standards import holiday

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from assistant.ledger.journal import Ledger
    from assistant.model.planning import Timetable

MARK = "holidays"
"""Name of the mark in the ledger that keeps what the library said."""
LASTS = timedelta(days=30)
"""Governments move holidays, and new releases of the library know of it."""


class _Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the library said of a region: `days` of the years from last year to next, None where it knows none."""

    on: date
    days: dict[date, str] | None


_Kept = dict[str, _Asked]


def public(ledger: Ledger, region: str, today: date) -> Mapping[date, str] | None:
    """Return the holidays of a region with their names, from last year to next; None where the region is not known."""
    kept = _decoded(ledger.mark(MARK))
    asked = kept.get(region)
    if asked is None or asked.on.year != today.year or not timedelta() <= today - asked.on <= LASTS:
        asked = _ask(region, today)
        ledger.put_mark(MARK, msgspec.json.encode({**kept, region: asked}).decode())
    return asked.days


@lru_cache(maxsize=4)  # asked for each callee
def _decoded(text: str | None) -> _Kept:
    try:
        return msgspec.json.decode(text, type=_Kept) if text is not None else {}
    except msgspec.DecodeError:
        return {}  # of another release: the library is asked again


def _ask(region: str, today: date) -> _Asked:
    years = [holiday.public(region, year) for year in range(today.year - 1, today.year + 2)]
    if any(days is None for days in years):
        return _Asked(on=today, days=None)
    return _Asked(on=today, days={day: name for days in years if days for day, name in days.items()})


def unknown(region: str) -> str:
    """Return what to do about a region without known holidays."""
    return (
        f"hours.holiday_region: no public holidays are known of {region!r}. Write a country or one of its parts, such "
        "as IE or DE-BY, or public_holidays = false"
    )


def of_user(ledger: Ledger, timetable: Timetable, now: datetime) -> Mapping[date, str]:
    """Return the user's days without work with their names, which are empty for days of the settings."""
    known = public(ledger, timetable.holiday_region, now.date()) if timetable.holiday_region else None
    return {**dict.fromkeys(timetable.holidays, ""), **(known or {})}


def kept(ledger: Ledger, timetable: Timetable, now: datetime) -> Timetable:
    """Return the timetable with the public holidays among its days without work."""
    return replace(timetable, holidays=tuple(sorted(of_user(ledger, timetable, now))))
