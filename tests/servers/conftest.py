"""Our Google, Exchange and Microsoft 365 with their users, as most tests of them want them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.servers.ews.client import account
from tests.servers.ews.server import EwsServer
from tests.servers.google.client import MODIFY, Made, built
from tests.servers.google.server import GoogleServer
from tests.servers.graph.client import Client, client
from tests.servers.graph.server import GraphServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exchangelib import Account

    from tests.servers.ews.hands import Mail as EwsMail
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


@pytest.fixture
def ews_server() -> Iterator[EwsServer]:
    """Return one that is running; in the end nothing was said that the schema does not allow, and nothing was sent."""
    with EwsServer() as running:
        yield running
        assert running.violations == []
        assert running.sends() == []


@pytest.fixture
def ews_account(ews_server: EwsServer) -> Iterator[Account]:
    """Return its user's account as exchangelib sees it, asked nothing yet."""
    opened = account(ews_server)
    yield opened
    opened.protocol.close()


@pytest.fixture
def ews_hands(ews_server: EwsServer) -> EwsMail:
    """Return the mail in the hands of its user."""
    return ews_server.state.mail


@pytest.fixture
def graph_server() -> Iterator[GraphServer]:
    """Return one that is running; in the end nothing was said that the types do not allow, and nothing was sent."""
    with GraphServer() as running:
        yield running
        assert running.violations == []
        assert running.sends() == []


@pytest.fixture
def graph(graph_server: GraphServer) -> Iterator[Client]:
    """Return a plain HTTP client that is signed in as its user and asks for immutable ids."""
    with client(graph_server) as opened:
        yield opened


@pytest.fixture
def graph_hands(graph_server: GraphServer) -> EwsMail:
    """Return the mail in the hands of its user."""
    return graph_server.state.mail
