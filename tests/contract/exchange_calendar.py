"""The user's hands on an Exchange account: calendars and contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from providers.exchange.calendar import ExchangeCalendar
from providers.exchange.calendars import CalendarOptions
from providers.exchange.contacts import ExchangeContacts
from tests.contract.harness import REGION, ZONE

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from assistant.model.mailbox import Ref
    from providers.exchange.service import Exchange
    from tests.servers.ews.server import EwsServer

OWN = "Calls"
"""The name of the calendar that gets our events; the user's own is the mailbox's."""


class ExchangeCalendarHands:
    """The half of a harness that is about time and people. Who mixes it in starts `server` and has `problems`."""

    server: EwsServer
    problems: list[str]

    def make_calendars(self) -> None:
        """Let the user have a calendar for our events."""
        self.own_calendar = self.server.state.calendar.add_calendar(OWN)

    def calendar_of(self, exchange: Exchange) -> ExchangeCalendar:
        """Open the calendar over a connection: the mailbox's own counts as busy."""
        return ExchangeCalendar(exchange, CalendarOptions(calendar=OWN), ZONE, self.problems.append)

    def contacts_of(self, exchange: Exchange, fresh: timedelta) -> ExchangeContacts:
        """Open the address book over a connection."""
        return ExchangeContacts(exchange, REGION, fresh=fresh)

    def user_adds_events(self, ics: bytes) -> None:
        self.server.state.calendar.add_events(ics)

    def user_moves_event(self, ref: Ref, start: datetime) -> None:
        self.server.state.calendar.move(ref, start)

    def user_renames_event(self, ref: Ref, title: str) -> None:
        self.server.state.calendar.rename(ref, title)

    def user_deletes_event(self, ref: Ref) -> None:
        self.server.state.calendar.delete(ref)

    def user_cancels_event(self, ref: Ref) -> None:
        self.server.state.calendar.cancel(ref)

    def calendar_goes_missing(self) -> None:
        with self.server.lock:
            self.server.state.folders.remove(self.server.state.folders.get(self.own_calendar))

    def user_adds_contacts(self, vcf: bytes) -> None:
        self.server.state.contacts.add_contacts(vcf)

    def expire_calendar_cursors(self) -> None:
        """Let the server forget what its sync states meant."""
        with self.server.lock:
            self.server.state.sync.expire()
