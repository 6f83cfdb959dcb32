"""What a call costs, and the limits of a user and minute."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.servers.google.calls import RefusedError

if TYPE_CHECKING:
    from datetime import datetime, timedelta

# developers.google.com/workspace/gmail/api/reference/quota
_GMAIL = {
    "drafts.create": 10,
    "drafts.delete": 10,
    "drafts.get": 5,
    "drafts.list": 5,
    "drafts.send": 100,
    "drafts.update": 15,
    "getProfile": 1,
    "history.list": 2,
    "labels.create": 5,
    "labels.delete": 5,
    "labels.get": 1,
    "labels.list": 1,
    "labels.patch": 5,
    "labels.update": 5,
    "messages.attachments.get": 5,
    "messages.batchDelete": 50,
    "messages.batchModify": 50,
    "messages.delete": 10,
    "messages.get": 5,
    "messages.import": 25,
    "messages.insert": 25,
    "messages.list": 5,
    "messages.modify": 5,
    "messages.send": 100,
    "messages.trash": 5,
    "messages.untrash": 5,
    "stop": 50,
    "threads.delete": 20,
    "threads.get": 10,
    "threads.list": 10,
    "threads.modify": 10,
    "threads.trash": 10,
    "threads.untrash": 10,
    "watch": 100,
}

_TOO_MANY = 429


def units(method: str) -> int:
    """Return the published cost of a Gmail method; Calendar and People count requests."""
    service, _, name = method.partition(".")
    return _GMAIL.get(name.removeprefix("users."), 1) if service == "gmail" else 1


@dataclass
class Limit:
    """A limit of one service; above it calls are refused.

    Args:
        service: "gmail", "calendar" or "people".
        units: in the window.
        window: counted back from now, by the server's clock; Google's is a minute.
        status: 403 or 429; Google answers both.
        reason: "rateLimitExceeded" for the project, "userRateLimitExceeded" for the user.
    """

    service: str
    units: int
    window: timedelta
    status: int = 429
    reason: str = "rateLimitExceeded"
    _spent: deque[tuple[datetime, int]] = field(default_factory=deque)

    def spend(self, cost: int, now: datetime) -> None:
        """Count a call.

        Raises:
            RefusedError: it would be above the limit; it is not counted.
        """
        while self._spent and self._spent[0][0] <= now - self.window:
            self._spent.popleft()
        if sum(each for _, each in self._spent) + cost > self.units:
            raise self._refusal()
        self._spent.append((now, cost))

    def _refusal(self) -> RefusedError:
        """Return the refusal in the words that users of other programs have reported."""
        if self.reason == "userRateLimitExceeded":
            return RefusedError(self.status, self.reason, "User-rate limit exceeded.", "RESOURCE_EXHAUSTED")
        if self.status == _TOO_MANY:
            text = "Resource has been exhausted (e.g. check quota)."
            return RefusedError(self.status, self.reason, text, domain="global")
        text = (
            "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user' of service "
            f"'{self.service}.googleapis.com' for consumer 'project_number:1234567890'."
        )
        return RefusedError(self.status, self.reason, text)
