"""The user's hands on a Microsoft 365 account: calendars and contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from providers.microsoft365.calendar import GraphCalendar
from providers.microsoft365.calendars import CalendarOptions
from providers.microsoft365.contacts import GraphContacts
from tests.contract.harness import REGION, ZONE
from tests.servers.graph import ids

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from assistant.model.mailbox import Ref
    from providers.microsoft365.service import Graph
    from tests.servers.graph.server import GraphServer

OWN = "Calls"
"""The name of the calendar that gets our events; the user's own is the mailbox's."""


class Microsoft365CalendarHands:
    """The half of a harness that is about time and people. Who mixes it in starts `server` and has `problems`."""

    server: GraphServer
    problems: list[str]

    def make_calendars(self) -> None:
        """Let the user have a calendar for our events."""
        self.own_calendar = self.server.state.calendar.add_calendar(OWN)

    def calendar_of(self, graph: Graph) -> GraphCalendar:
        """Open the calendar over a connection: all of the user's count as busy."""
        options = CalendarOptions(calendar=OWN)
        return GraphCalendar(graph, options, ZONE, self.problems.append, self.server.clock.now)

    def contacts_of(self, graph: Graph, fresh: timedelta) -> GraphContacts:
        """Open the address book over a connection."""
        return GraphContacts(graph, REGION, fresh=fresh)

    def user_adds_events(self, ics: bytes) -> None:
        self.server.state.calendar.add_events(ics)

    def user_moves_event(self, ref: Ref, start: datetime) -> None:
        self.server.state.calendar.move(ids.stored(ref), start)

    def user_renames_event(self, ref: Ref, title: str) -> None:
        self.server.state.calendar.rename(ids.stored(ref), title)

    def user_deletes_event(self, ref: Ref) -> None:
        self.server.state.calendar.delete(ids.stored(ref))

    def user_cancels_event(self, ref: Ref) -> None:
        self.server.state.calendar.cancel(ids.stored(ref))

    def calendar_goes_missing(self) -> None:
        with self.server.lock:
            self.server.state.folders.remove(self.server.state.folders.get(self.own_calendar))

    def user_adds_contacts(self, vcf: bytes) -> None:
        self.server.state.contacts.add_contacts(vcf)

    def expire_calendar_cursors(self) -> None:
        """Let the server forget what its tokens meant."""
        with self.server.lock:
            self.server.state.delta.expire()
