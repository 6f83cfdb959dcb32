"""Public holidays by country and subdivision. A codec on `holidays`."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date


@lru_cache(maxsize=64)
def public(region: str, year: int) -> Mapping[date, str] | None:
    """Return the public holidays of a year with their English names, None where the region is not known.

    Slow the first time: the library loads every country, which takes a quarter of a second.

    Args:
        region: ISO 3166-1 alpha-2, or ISO 3166-2 with a subdivision, such as "DE-BY".
        year: of the calendar.
    """
    import holidays  # noqa: PLC0415 - see above

    country, _, subdivision = region.partition("-")
    try:
        days = holidays.country_holidays(country, subdiv=subdivision or None, years=year, language="en_US")
    except NotImplementedError:
        return None
    return {day: name for day, name in sorted(days.items()) if day.year == year}
