"""The user's hands on a Google account: calendars and contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from providers.google.calendar import GoogleCalendar
from providers.google.contacts import GoogleContacts
from providers.google.events import CalendarOptions
from tests.contract.harness import REGION, ZONE

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from assistant.model.mailbox import Ref
    from providers.google.service import Google
    from tests.servers.google.server import GoogleServer

OWN = "Calls"
"""The name of the calendar that gets our events; the user's own is the primary one."""


class GoogleCalendarHands:
    """The half of a harness that is about time and people. Who mixes it in starts `server` and has `problems`."""

    server: GoogleServer
    problems: list[str]

    def make_calendars(self) -> None:
        """Let the user have a calendar for our events."""
        with self.server.lock:
            self.own_calendar = self.server.state.calendars.add_calendar(OWN)

    def calendar_of(self, google: Google) -> GoogleCalendar:
        """Open the calendar over a connection: all that the user's list shows counts as busy."""
        return GoogleCalendar(google, CalendarOptions(calendar=OWN), ZONE, self.problems.append)

    def contacts_of(self, google: Google, fresh: timedelta) -> GoogleContacts:
        """Open the address book over a connection."""
        return GoogleContacts(google, REGION, fresh=fresh)

    def user_adds_events(self, ics: bytes) -> None:
        with self.server.lock:
            self.server.state.calendars.add_events(ics)

    def user_moves_event(self, ref: Ref, start: datetime) -> None:
        with self.server.lock:
            self.server.state.calendars.move_event(ref, start, self.own_calendar)

    def user_renames_event(self, ref: Ref, title: str) -> None:
        with self.server.lock:
            self.server.state.calendars.rename_event(ref, title, self.own_calendar)

    def user_deletes_event(self, ref: Ref) -> None:
        with self.server.lock:
            self.server.state.calendars.delete_event(ref, self.own_calendar)

    def user_cancels_event(self, ref: Ref) -> None:
        with self.server.lock:
            self.server.state.calendars.edit_event(ref, {"status": "cancelled"}, self.own_calendar)

    def calendar_goes_missing(self) -> None:
        with self.server.lock:
            self.server.state.calendars.withdraw(self.own_calendar)

    def user_adds_contacts(self, vcf: bytes) -> None:
        with self.server.lock:
            self.server.state.people.add_contacts(vcf)

    def expire_calendar_cursors(self) -> None:
        """Let the calendars and the address book forget what changed when."""
        with self.server.lock:
            self.server.state.calendars.expire_sync_tokens()
            self.server.state.people.expire_sync_tokens()
