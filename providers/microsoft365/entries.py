"""The agenda: occurrences as Microsoft 365 expands them, as entries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from providers._entries import entry as shown
from providers._entries import takes_time
from providers.microsoft365.events import own_key, times

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from assistant.model.calendar import Entry
    from providers.microsoft365.appointments import Held


def entry(held: Held, zone: ZoneInfo, me: str, *, ours: bool) -> Entry | None:
    """Return an occurrence as an entry; None for one that takes no time: cancelled or declined.

    Args:
        held: the event, with its people.
        zone: the user's; all-day entries run from midnight to midnight there.
        me: the user's own address, in lower case.
        ours: whether a key on the event is to be believed.

    Raises:
        UnreadableError: it has no times.
    """
    if not takes_time(held):
        return None
    return shown(held, times(held, zone), zone, me, key=own_key(held) if ours else None)
