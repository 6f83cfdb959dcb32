"""The server's own moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """Runs with the machine's clock until it is set; then it stands still."""

    def __init__(self) -> None:
        self._moment: datetime | None = None
        self._ahead = timedelta()

    def now(self) -> datetime:
        """Return the present instant in UTC."""
        return (self._moment or datetime.now(UTC)) + self._ahead

    def set(self, moment: datetime) -> None:
        """Stand still at a moment (aware)."""
        self._moment, self._ahead = moment.astimezone(UTC), timedelta()

    def advance(self, by: timedelta) -> None:
        """Go forward at once."""
        self._ahead += by
