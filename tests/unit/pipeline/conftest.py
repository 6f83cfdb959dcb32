"""Desks for the tests of whole passes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.pipeline.desk import Desk

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk on a quiet Monday morning, with Ann in the address book."""
    made = Desk(tmp_path, "2026-11-16 08:00")
    made.contact("Ann Byrne", "2125550141", address="ann@byrne.example")
    return made
