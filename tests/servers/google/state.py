"""One user of Google: mail, calendars, contacts, and the permissions they gave."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tests.servers.google.calendar import Calendars
from tests.servers.google.gmail import Mail
from tests.servers.google.oauth import OAuth
from tests.servers.google.people import People

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.servers.google.calls import Answer, Call
    from tests.servers.google.clock import Clock


class State:
    """What the account holds.

    Args:
        clock: the server's.
        email: the user's address, which is also the id of the primary calendar.
    """

    def __init__(self, clock: Clock, email: str) -> None:
        self.lock = threading.RLock()
        """Held while a request is being answered."""
        self.email = email
        self.mail = Mail(clock, email, self.lock)
        self.calendars = Calendars(clock, email, self.lock)
        self.people = People(clock, self.lock)
        self.oauth = OAuth(clock)

    def handlers(self) -> dict[str, Callable[[Call], Answer]]:
        """Return what answers each method."""
        return self.mail.handlers() | self.calendars.handlers() | self.people.handlers()
