"""Public holidays by country and part of a country."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.standards import holiday


@pytest.mark.parametrize(
    ("region", "day"),
    [
        ("US", date(2026, 11, 26)),
        ("IE", date(2026, 3, 17)),
        ("DE-BY", date(2026, 1, 6)),
        ("GB-SCT", date(2026, 8, 3)),
    ],
)
def test_a_region_has_its_own_holidays(region: str, day: date) -> None:
    """Each country has its days, and a part of one those of the part too."""
    known = holiday.public(region, 2026)
    assert known is not None
    assert known[day]
    assert {found.year for found in known} == {2026}


def test_a_day_of_one_part_is_none_of_the_whole() -> None:
    """Epiphany is a holiday in Bavaria, not in all of Germany."""
    assert date(2026, 1, 6) not in (holiday.public("DE", 2026) or {})


@pytest.mark.parametrize("region", ["ZZ", "DE-ZZ"])
def test_a_region_that_does_not_exist_has_none_known(region: str) -> None:
    """An unknown country or part is told apart from one without holidays."""
    assert holiday.public(region, 2026) is None
