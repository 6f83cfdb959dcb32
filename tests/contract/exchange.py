"""The Exchange provider under the contract suites, against the fake of `tests/servers/ews`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from assistant.ports import Account
from providers._net import Patience
from providers.exchange.drafts import ExchangeDraftBox
from providers.exchange.mailbox import ExchangeMailbox
from providers.exchange.remembered import Signed
from providers.exchange.service import Exchange
from tests.contract.exchange_calendar import ExchangeCalendarHands
from tests.contract.exchange_mail import ExchangeMailHands
from tests.contract.harness import ZONE, Harness
from tests.servers.ews.server import EwsServer

if TYPE_CHECKING:
    from pathlib import Path

QUICK = Patience(request=timedelta(seconds=5), total=timedelta(seconds=2), throttled=timedelta(seconds=2))


def connected(server: EwsServer, patience: Patience = QUICK) -> Exchange:
    """Open a connection as the server's user."""
    signed = Signed(endpoint=server.url, address=server.address, user=server.user, secret=server.password)
    return Exchange(signed, patience=patience, zone=ZONE)


class ExchangeHarness(ExchangeMailHands, ExchangeCalendarHands, Harness):
    """A server of its own for each test."""

    def __init__(self, place: Path | None = None) -> None:
        del place
        self.problems: list[str] = []
        self.server = EwsServer("owner@example.org")  # me@example.org is somebody else in the suites
        self.server.__enter__()
        self.make_folders()
        self.make_calendars()
        self._open: list[Exchange] = []

    def open(self) -> Exchange:
        """Open a connection that is closed with the account."""
        exchange = connected(self.server)
        self._open.append(exchange)
        return exchange

    def connect(self) -> Account:
        exchange = self.open()
        return Account(
            mailbox=ExchangeMailbox(exchange),
            drafts=ExchangeDraftBox(exchange),
            calendar=self.calendar_of(exchange),
            contacts=self.contacts_of(exchange, timedelta()),
        )

    def expire_cursors(self) -> None:
        self.expire_mail_cursors()

    def close(self) -> None:
        for exchange in self._open:
            exchange.close()
        self.server.__exit__(None, None, None)
        assert self.server.violations == []
        assert self.server.sends() == []
