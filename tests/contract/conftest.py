"""Every suite runs against every provider of this table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.exchange import ExchangeHarness
from tests.contract.google import GoogleHarness
from tests.contract.local import LocalHarness
from tests.contract.memory import MemoryHarness
from tests.contract.microsoft365 import Microsoft365Harness

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.contract.harness import Harness

HARNESSES: dict[str, type[MemoryHarness | LocalHarness | GoogleHarness | ExchangeHarness | Microsoft365Harness]] = {
    "memory": MemoryHarness,
    "local": LocalHarness,
    "google": GoogleHarness,
    "exchange": ExchangeHarness,
    "microsoft365": Microsoft365Harness,
}


@pytest.fixture(params=HARNESSES)
def harness(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Harness]:
    """Return an empty account of each provider in turn."""
    found = HARNESSES[request.param](tmp_path)
    yield found
    found.close()
