"""The agenda: occurrences as Exchange expands them, or as we do where a server does not, as entries."""

from __future__ import annotations

import base64
import binascii
import email
import email.policy
from typing import TYPE_CHECKING

import msgspec

from assistant.standards import ical, recurrence
from providers._entries import entry as shown
from providers._entries import takes_time
from providers.exchange.events import UnreadableError, own_key, times

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from assistant.model.calendar import Entry
    from assistant.standards.recurrence import Series
    from providers.exchange.appointments import Held


def entry(held: Held, zone: ZoneInfo, me: str, *, ours: bool) -> Entry | None:
    """Return an occurrence as an entry; None for one that takes no time: cancelled or declined.

    Args:
        held: the item, with its people.
        zone: the user's; all-day entries run from midnight to midnight there.
        me: the user's own address, in lower case.
        ours: whether a key on the event is to be believed.

    Raises:
        UnreadableError: it has no times.
    """
    if not takes_time(held):
        return None
    return shown(held, times(held, zone), zone, me, key=own_key(held) if ours else None)


# --- series that the server does not expand


def series(held: Held, zone: ZoneInfo) -> tuple[Series, ...]:
    """Return the series that a master with its MIME content is.

    Raises:
        UnreadableError: it has none, or one that is no iCalendar.
    """
    try:
        raw = base64.b64decode(held.mime or "")
    except (binascii.Error, ValueError) as error:
        raise UnreadableError("a series whose rule cannot be read") from error
    try:
        found, _ = recurrence.split(ical.parse(_calendar(raw)), zone)
    except ical.ICalendarError as error:
        raise UnreadableError(f"a series whose rule cannot be read ({error})") from error
    if not found:
        raise UnreadableError("a series without a rule")
    return found


def _calendar(raw: bytes) -> bytes:
    """Return the iCalendar text, which some servers wrap in a mail."""
    if raw.lstrip(b"\xef\xbb\xbf \r\n").upper().startswith(b"BEGIN:VCALENDAR"):
        return raw
    message = email.message_from_bytes(raw, policy=email.policy.compat32)
    parts = (part.get_payload(decode=True) for part in message.walk() if part.get_content_type() == "text/calendar")
    return next((part for part in parts if isinstance(part, bytes)), b"")


def expand(
    master: Held, parts: Iterable[Series], start: datetime, end: datetime, zone: ZoneInfo, me: str, *, ours: bool
) -> Iterator[Entry]:
    """Yield the occurrences of a series that overlap [start, end).

    Raises:
        UnreadableError: the rule cannot be expanded.
    """
    key = own_key(master) if ours else None
    for each in parts:
        try:
            found = recurrence.entries(each, start, end, zone, ours=False)
        except ical.ICalendarError as error:
            raise UnreadableError(str(error)) from error
        for one in found:
            yield msgspec.structs.replace(one, key=key, people=tuple(name for name in one.people if name != me))
