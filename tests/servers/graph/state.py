"""One user of Microsoft 365: the mailbox of the fake Exchange, as Graph shows it, and the user's sign-ins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tests.servers.ews.items import Item, Items
from tests.servers.ews.soap import EwsError
from tests.servers.ews.state import State as Mailbox
from tests.servers.graph import ids
from tests.servers.graph.booking import Bookings
from tests.servers.graph.calendars import CalendarFolders
from tests.servers.graph.categories import Categories
from tests.servers.graph.contacts import People
from tests.servers.graph.delta import Delta
from tests.servers.graph.drafts import Drafts
from tests.servers.graph.events import Events
from tests.servers.graph.folders import Folders
from tests.servers.graph.mail import Messages
from tests.servers.graph.signin import Entra
from tests.servers.graph.tracking import Tracking
from tests.servers.graph.user import User
from tests.servers.graph.views import Views

if TYPE_CHECKING:
    from tests.servers.google.clock import Clock
    from tests.servers.graph.calls import Route


class Part(Protocol):
    """A part of the state that answers requests."""

    def routes(self) -> list[Route]:
        """Return what it answers."""


class Kept(Items):
    """Items that keep their id in another folder: the immutable one. The others are made of it (ids.shown)."""

    def move(self, item: Item, folder: str) -> Item:
        """Move an item. A draft that is sent becomes another item: microsoft-graph-docs#1533, docs-contrib#3767."""
        sent = self._state.folders.all[folder].distinguished == "sentitems"
        if sent and self._state.folders.all[item.folder].distinguished == "drafts":
            return super().move(item, folder)
        if not self.has(item):
            raise EwsError("ErrorCalendarCannotMoveOrCopyOccurrence", "An occurrence cannot be moved or copied.")
        self._leave(item)
        item.folder = folder
        item.change = item.entered = item.edited = self._state.ids.change()
        item.values[ids.MOVES] = str(int(item.text(ids.MOVES, "0")) + 1)
        self._places.setdefault(folder, {})[item.id] = item
        self._state.folders.touch(folder)
        self._tell("moved", item)
        return item


class State(Mailbox):
    """What the account holds. The hands of its user are `mail`, `calendar` and `contacts`, as with Exchange.

    Args:
        clock: the server's.
        address: the user's.
    """

    items_class = Kept

    def __init__(self, clock: Clock, address: str) -> None:
        super().__init__(clock, address)
        self.entra = Entra(clock, address)
        self.delta = Delta(self)
        self.messages = Messages(self)
        self.drafts = Drafts(self)
        self.categories = Categories(self)
        self.user, self.folder_parts = User(self), Folders(self)
        mail: list[Part] = [self.user, self.folder_parts, self.messages, self.drafts, self.categories]
        mail.append(Tracking(self))
        self.calendar_parts, self.events = CalendarFolders(self), Events(self)
        self.bookings, self.views, self.people = Bookings(self), Views(self), People(self)
        more: list[Part] = [self.calendar_parts, self.bookings, self.views, self.people]
        self._answering = [*mail, *more]

    def routes(self) -> list[Route]:
        """Return all that is answered."""
        return [route for each in self._answering for route in each.routes()]
