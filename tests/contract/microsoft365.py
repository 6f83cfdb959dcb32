"""The Microsoft 365 provider under the contract suites, against the fake of `tests/servers/graph`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from assistant.ports import Account
from providers._net import Patience
from providers.microsoft365.drafts import GraphDraftBox
from providers.microsoft365.mailbox import GraphMailbox
from providers.microsoft365.service import Graph
from tests.contract.harness import Harness
from tests.contract.microsoft365_calendar import Microsoft365CalendarHands
from tests.contract.microsoft365_mail import Microsoft365MailHands
from tests.servers.graph.server import SCOPES, GraphServer

if TYPE_CHECKING:
    from pathlib import Path

QUICK = Patience(request=timedelta(seconds=5), total=timedelta(seconds=2), throttled=timedelta(seconds=2))


class Signed:
    """Access tokens of the server's user; a new one where one was refused."""

    def __init__(self, server: GraphServer) -> None:
        self._server = server
        self._token = ""

    def __call__(self, challenge: str | None = None) -> str:
        """Return an access token."""
        if challenge is not None or not self._token:
            self._token = str(self._server.sign_in(SCOPES)["access_token"])
        return self._token


def connected(server: GraphServer, patience: Patience = QUICK) -> Graph:
    """Open a connection as the server's user."""
    return Graph(Signed(server), root=server.url, patience=patience)


class Microsoft365Harness(Microsoft365MailHands, Microsoft365CalendarHands, Harness):
    """A server of its own for each test."""

    def __init__(self, place: Path | None = None) -> None:
        del place
        self.problems: list[str] = []
        self.server = GraphServer("owner@example.org")  # me@example.org is somebody else in the suites
        self.server.__enter__()
        self.make_folders()
        self.make_calendars()
        self._open: list[Graph] = []

    def open(self, patience: Patience = QUICK) -> Graph:
        """Open a connection that is closed with the account."""
        graph = connected(self.server, patience)
        self._open.append(graph)
        return graph

    def connect(self) -> Account:
        graph = self.open()
        return Account(
            mailbox=GraphMailbox(graph, self.server.address),
            drafts=GraphDraftBox(graph),
            calendar=self.calendar_of(graph),
            contacts=self.contacts_of(graph, timedelta()),
        )

    def expire_cursors(self) -> None:
        self.expire_mail_cursors()

    def close(self) -> None:
        for graph in self._open:
            graph.close()
        self.server.__exit__(None, None, None)
        assert self.server.violations == []
        assert self.server.sends() == []
