"""Events as exchangelib creates and shows them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from exchangelib import CalendarItem, EWSDate, EWSDateTime, EWSTimeZone
from exchangelib.recurrence import Recurrence

if TYPE_CHECKING:
    from exchangelib import Account

BERLIN = EWSTimeZone("Europe/Berlin")
MONDAY = EWSDateTime(2026, 3, 23, tzinfo=BERLIN)
NINE = EWSDateTime(2026, 3, 23, 9, tzinfo=BERLIN)
HOUR = timedelta(hours=1)
QUIET: dict[str, Any] = {"send_meeting_invitations": "SendToNone"}
KEPT: dict[str, Any] = QUIET | {"conflict_resolution": "NeverOverwrite"}
NO_CANCELLATION: dict[str, Any] = {"send_meeting_cancellations": "SendToNone"}


def made(account: Account, **fields: Any) -> Any:  # noqa: ANN401  exchangelib ships no types
    """Create an event, of an hour from Monday at nine unless said otherwise; return it as the server has it."""
    start = fields.pop("start", NINE)
    values = {"subject": "Review", "start": start, "end": start + HOUR} | fields
    item = CalendarItem(account=account, folder=account.calendar, **values)
    item.save(**QUIET)
    item.refresh()
    return item


def series(account: Account, pattern: Any, **end: Any) -> Any:  # noqa: ANN401  exchangelib ships no types
    """Create a series from Monday at nine."""
    return made(account, recurrence=Recurrence(pattern=pattern, start=EWSDate(2026, 3, 23), **end))


def seen(account: Account, days: int = 7) -> list[str]:
    """Return the local starts and kinds of what a calendar view shows."""
    found = account.calendar.view(start=MONDAY, end=MONDAY + timedelta(days=days))
    return [f"{each.start.astimezone(BERLIN):%m-%d %H:%M} {each.type}" for each in found]
