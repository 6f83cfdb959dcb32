"""One mailbox on an Exchange server: folders, items of all kinds, and what else belongs to its user."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tests.servers.ews.availability import Availability
from tests.servers.ews.calendar import Calendars
from tests.servers.ews.calendar_hands import CalendarHands
from tests.servers.ews.configurations import Configurations
from tests.servers.ews.contacts import Contacts
from tests.servers.ews.finding import Finding
from tests.servers.ews.folders import Folders
from tests.servers.ews.hands import Mail
from tests.servers.ews.ids import Ids
from tests.servers.ews.items import Items
from tests.servers.ews.quirks import Quirks
from tests.servers.ews.replies import Replies
from tests.servers.ews.resolving import Directory
from tests.servers.ews.restrictions import check, fits
from tests.servers.ews.storing import Storing
from tests.servers.ews.streaming import Streaming
from tests.servers.ews.sync import Sync
from tests.servers.ews.timezones import ServerTimeZones

if TYPE_CHECKING:
    from tests.servers.ews.calls import Handler, Part
    from tests.servers.ews.kinds import Kind
    from tests.servers.ews.restrictions import Look
    from tests.servers.ews.soap import Element
    from tests.servers.google.clock import Clock


class State:
    """What the account holds.

    Args:
        clock: the server's.
        address: the user's primary SMTP address.
    """

    items_class = Items

    def __init__(self, clock: Clock, address: str) -> None:
        self.lock = threading.RLock()
        """Held while a request is being answered."""
        self.clock, self.address = clock, address
        self.name = "Alex Doe"
        """The user's display name."""
        self.quirks = Quirks()
        self.sent: list[str] = []
        """What would have gone to other people: operation and subject."""
        self.ids = Ids()
        self.folders = Folders(self)
        self.items = self.items_class(self)
        self.kinds: dict[str, Kind] = {}
        """By the name of the element. Parts register theirs when they are made."""
        self.storing = Storing(self)
        self.finding = Finding(self)
        self.sync = Sync(self)
        self.mail = Mail(self)
        self.calendars = Calendars(self)
        self.calendar = CalendarHands(self, self.calendars)
        self.contacts = Contacts(self)
        self.directory = Directory(self)
        self.configurations = Configurations(self)
        self.streaming = Streaming(self)
        ours: list[Part] = [self.mail, Replies(self), self.configurations, self.streaming]
        more: list[Part] = [self.calendars, self.contacts, self.directory, Availability(self), ServerTimeZones(self)]
        self._parts: list[Part] = [self.folders, self.storing, self.finding, self.sync, *ours, *more]

    def handlers(self) -> dict[str, Handler]:
        """Return what answers each operation; a later part may take over an operation of an earlier one."""
        made: dict[str, Handler] = {}
        for each in self._parts:
            made |= each.handlers()
        return made

    def fits(self, restriction: Element, look: Look) -> bool:
        """Return whether what `look` shows meets a restriction."""
        return fits(restriction, look)

    def check(self, restriction: Element) -> None:
        """Refuse a restriction that this server does not know."""
        if self.quirks.no_greater_or_equal:
            check(restriction, {"IsGreaterThanOrEqualTo", "IsLessThanOrEqualTo"})
        if self.quirks.no_restrictions:
            check(restriction, {"ExtendedFieldURI"})
