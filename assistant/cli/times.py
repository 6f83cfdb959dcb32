"""Times as the terminal shows them: in the user's zone, which is named once a screen."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date
    from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)
_DAYS_UNTIL_WEEKS = 14


class Times:
    """Writes times in one zone, seen from one moment."""

    def __init__(self, zone: ZoneInfo, now: datetime) -> None:
        self.zone = zone
        self.now = now.astimezone(zone)

    def here(self, at: datetime) -> datetime:
        """Return the instant on the user's clock."""
        return at.astimezone(self.zone)

    def is_today(self, at: datetime) -> bool:
        """Tell whether the instant is on the present day of the user's clock."""
        return self.here(at).date() == self.now.date()

    def clock(self, at: datetime) -> str:
        """Return "16:05"."""
        return f"{self.here(at):%H:%M}"

    def day(self, at: date) -> str:
        """Return "Tue 24 Nov", with the year when it is not the present one."""
        local = self.here(at) if isinstance(at, datetime) else at
        year = "" if local.year == self.now.year else f" {local.year}"
        return f"{local:%a} {local.day} {local:%b}{year}"

    def moment(self, at: datetime) -> str:
        """Return "Tue 24 Nov 16:05"."""
        return f"{self.day(at)} {self.clock(at)}"

    def span(self, start: datetime, end: datetime) -> str:
        """Return "Tue 24 Nov 16:05-16:15"."""
        last = self.clock(end) if self.here(start).date() == self.here(end).date() else self.moment(end)
        return f"{self.moment(start)}-{last}"

    def full(self, at: datetime) -> str:
        """Return "Tuesday 24 November 2026, 16:05 EST"."""
        local = self.here(at)
        return f"{local:%A} {local.day} {local:%B %Y}, {local:%H:%M} {local:%Z}"

    def since(self, at: datetime) -> str:
        """Return how long ago: "3 days", "2 h", "25 min"."""
        gap = max(timedelta(), self.now - at)
        if gap >= _DAYS_UNTIL_WEEKS * _DAY:
            return f"{gap // (7 * _DAY)} weeks"
        if gap >= _DAY:
            return "1 day" if gap < 2 * _DAY else f"{gap // _DAY} days"
        return f"{gap // _HOUR} h" if gap >= _HOUR else f"{gap // _MINUTE} min"
