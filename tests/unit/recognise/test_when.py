"""Times as phone systems of nine languages write them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from assistant.recognise import when
from assistant.recognise.formats import load

WORDS = load()
SENT = datetime.fromisoformat("2026-11-10T15:20:30+00:00")
TEN_PAST_THREE = (
    ("2026年11月10日 15時10分", "JP"),
    ("2026年11月10日(火) 午後3時10分", "JP"),
    ("2026/11/10 15:10", "JP"),
    ("\uff12\uff10\uff12\uff16年\uff11\uff11月\uff11\uff10日\u3000\uff11\uff15\uff1a\uff11\uff10", "JP"),
    ("11月10日 15:10", "JP"),
    ("2026年11月10日 下午3:10", "CN"),
    ("2026年11月10日 星期二 15:10", "CN"),
    ("2026年11月10日下午3点10分", "CN"),
    ("2026-11-10 15:10:05", "CN"),
    ("10 novembre 2026 alle 15:10", "IT"),
    ("martedì 10 novembre 2026 alle ore 15.10", "IT"),
    ("10/11/2026 15:10", "IT"),
    ("mar 10 nov 2026, 15:10", "IT"),
    ("10 de novembro de 2026 às 15:10", "PT"),
    ("terça-feira, 10 de novembro de 2026, 15h10", "BR"),
    ("10/11/2026 às 15h10", "BR"),
    ("dinsdag 10 november 2026 om 15:10", "NL"),
    ("10-11-2026 15:10 uur", "NL"),
    ("di 10 nov. 2026 15.10 uur", "NL"),
    ("10. November 2026, 15:10 Uhr", "DE"),
    ("Di., 10.11.2026 um 15.10 Uhr", "DE"),
    ("le 10 novembre 2026 à 15h10", "FR"),
    ("10/11/2026 à 15 h 10", "FR"),
    ("mardi 10 novembre 2026 à 15:10", "FR"),
    ("martes, 10 de noviembre de 2026 a las 15:10", "ES"),
    ("10/11/2026 3:10 p. m.", "MX"),
    ("10/11/2026 3:10 da tarde", "PT"),
    ("15:10", "DE"),
)


@pytest.mark.parametrize(("text", "region"), TEN_PAST_THREE)
def test_times_of_each_language(text: str, region: str) -> None:
    """Ten past three on 10 November is read however it is written, full-width and East Asian forms included."""
    moment = when.read(text, SENT, (region, "UTC"), WORDS)
    assert moment is not None
    assert timedelta() <= moment.at - datetime.fromisoformat("2026-11-10T15:10:00+00:00") < timedelta(minutes=1)
    assert moment.assumed == "UTC"


@pytest.mark.parametrize(("region", "order"), [("US", "MDY"), ("GB", "DMY"), ("FR", "DMY"), ("", "DMY"), ("QQ", "DMY")])
def test_order_of_figures(region: str, order: str) -> None:
    """Whether the month or the day comes first is the region's custom; unknown regions put the day first."""
    assert when.order(region) == order
