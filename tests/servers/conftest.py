"""Our Google and its user, as most tests of it want them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.servers.google.client import MODIFY, Made, built
from tests.servers.google.server import GoogleServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.google.gmail import Mail


@pytest.fixture
def server() -> Iterator[GoogleServer]:
    """Return one that is running; in the end nothing was asked or answered that the documents do not allow."""
    with GoogleServer() as running:
        yield running
        assert running.violations == []


@pytest.fixture
def users(server: GoogleServer) -> Iterator[Made]:
    """Return what Google's client offers for the mailbox, with the right to change it."""
    with built(server, "gmail", [MODIFY]) as client:
        yield client.users()


@pytest.fixture
def hands(server: GoogleServer) -> Mail:
    """Return the mailbox in the hands of its user."""
    return server.state.mail
