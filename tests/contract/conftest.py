"""Every suite runs against every provider of this table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.google import GoogleHarness
from tests.contract.local import LocalHarness
from tests.contract.memory import MemoryHarness

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.contract.harness import Harness

HARNESSES: dict[str, type[MemoryHarness | LocalHarness | GoogleHarness]] = {
    "memory": MemoryHarness,
    "local": LocalHarness,
    "google": GoogleHarness,
}


@pytest.fixture(params=HARNESSES)
def harness(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Harness]:
    """Return an empty account of each provider in turn."""
    found = HARNESSES[request.param](tmp_path)
    yield found
    found.close()
