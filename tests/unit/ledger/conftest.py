"""An empty ledger in a file, with a clock that tests move."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.ledger.book import Book

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    """Return a new ledger with shorthands."""
    book = Book(tmp_path / "ledger.sqlite")
    yield book
    book.close()
