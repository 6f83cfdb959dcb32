"""One calendar of the fake: its events, their versions, and the numbers that sync tokens count."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Body = dict[str, Any]


@dataclass(frozen=True)
class Stored:
    """An event as it is kept: its body without what is computed, and when it changed last."""

    body: Body
    change: int  # number of its last change in the calendar
    version: int  # milliseconds; the etag is made of it
    created: datetime
    updated: datetime

    @property
    def id(self) -> str:
        return str(self.body["id"])

    @property
    def etag(self) -> str:
        return f'"{self.version * 2}000"'

    @property
    def cancelled(self) -> bool:
        return bool(self.body["status"] == "cancelled")

    @property
    def series(self) -> str | None:
        """Return the id of the recurring event that this is an exception of."""
        return self.body.get("recurringEventId")


@dataclass
class Book:
    """A calendar in the user's list."""

    id: str
    summary: str
    zone: str
    owner: str
    role: str = "owner"
    primary: bool = False
    selected: bool = True
    hidden: bool = False
    default_reminders: list[dict[str, Any]] = field(default_factory=lambda: [{"method": "popup", "minutes": 30}])
    events: dict[str, Stored] = field(default_factory=dict)
    purged: set[str] = field(default_factory=set)  # ids of events that are gone for good, and used up all the same
    changes: int = 0
    version: int = 0
    tokens: int = 0  # sync tokens issued so far
    expired: int = 0  # tokens up to this number are no longer honoured

    def zoneinfo(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def put(self, body: Body, now: datetime, *, quiet: bool = False) -> Stored:
        """Keep a new or changed body; `quiet` changes (reminders alone) leave `updated` as it was."""
        self.changes += 1
        self.version = max(int(now.timestamp() * 1000), self.version + 1)
        moment = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=self.version)
        before = self.events.get(body["id"])
        created = before.created if before else moment
        updated = before.updated if before and quiet else moment
        stored = Stored(body, self.changes, self.version, created, updated)
        self.events[stored.id] = stored
        return stored

    def exceptions(self, series: str) -> dict[str, Stored]:
        """Return the changed and cancelled instances of a recurring event by their ids."""
        return {id_: each for id_, each in self.events.items() if each.series == series}

    def issue(self, change: int, mode: str) -> str:
        """Return a sync token for the state after a change; no two are the same text."""
        self.tokens += 1
        text = f"{self.id}|{mode}|{change}|{self.tokens}"
        return "CP" + base64.urlsafe_b64encode(text.encode()).decode()

    def redeem(self, token: str) -> tuple[str, int, bool]:
        """Return what a token says: mode, change, and whether it is still honoured.

        Raises:
            ValueError: it was never a token of this calendar.
        """
        try:
            text = base64.b64decode(token.removeprefix("CP").encode(), altchars=b"-_", validate=True).decode()
        except (binascii.Error, UnicodeError) as error:
            raise ValueError(token) from error
        calendar, mode, change, number = text.rsplit("|", 3)
        if calendar != self.id:
            raise ValueError(token)
        return mode, int(change), int(number) > self.expired
