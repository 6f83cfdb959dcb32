"""Entries of the agenda: when they count, and what they show of an occurrence in a calendar of Outlook's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from assistant.model.calendar import Entry, FbType
from assistant.standards.ical import clean

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from zoneinfo import ZoneInfo

_FBTYPES = {
    "free": FbType.FREE,
    "workingelsewhere": FbType.FREE,
    "tentative": FbType.BUSY_TENTATIVE,
    "oof": FbType.BUSY_UNAVAILABLE,
}
_DECLINED = {"decline", "declined"}
_HIDDEN = "private"


class Occurrence(Protocol):
    """An occurrence as Outlook's services tell it, each in its own case; None is what they did not tell."""

    @property
    def subject(self) -> str | None: ...
    @property
    def sensitivity(self) -> str | None: ...
    @property
    def shown_as(self) -> str | None: ...
    @property
    def response(self) -> str | None: ...
    @property
    def is_cancelled(self) -> bool: ...
    @property
    def people(self) -> tuple[str, ...]: ...


def takes_time(held: Occurrence) -> bool:
    """Tell whether an occurrence takes time: it is neither cancelled nor declined."""
    return not held.is_cancelled and (held.response or "").casefold() not in _DECLINED


def entry(
    held: Occurrence, times: tuple[datetime, datetime, bool], zone: ZoneInfo, me: str, *, key: str | None
) -> Entry:
    """Return an occurrence as an entry.

    Args:
        held: with its people.
        times: its start and end, and whether it takes whole days.
        zone: the user's; all-day entries run from midnight to midnight there.
        me: the user's own address, in lower case.
        key: ours, None where there is none or it is not to be believed.
    """
    start, end, all_day = times
    return Entry(
        start=start.astimezone(zone),
        end=end.astimezone(zone),
        fbtype=_FBTYPES.get((held.shown_as or "").casefold(), FbType.BUSY),
        title=_title(held),
        people=tuple(dict.fromkeys(_people(held, me))),
        key=key,
        all_day=all_day,
    )


def _title(held: Occurrence) -> str | None:
    """Return the title; None where the server does not show it, as for private events of other people."""
    if held.subject is None:
        return None if (held.sensitivity or "").casefold() == _HIDDEN else ""
    return clean(held.subject)


def _people(held: Occurrence, me: str) -> Iterator[str]:
    """Yield addresses; people of the same company may be named by their place in the directory alone."""
    for each in held.people:
        shown = clean(each).lower()
        if "@" in shown and shown != me:
            yield shown


def overlaps(one: Entry, start: datetime, end: datetime) -> bool:
    """Tell whether an entry overlaps [start, end); one of no length counts where it begins."""
    first, last = one.start.timestamp(), one.end.timestamp()
    if first == last:
        return start.timestamp() <= first < end.timestamp()
    return first < end.timestamp() and last > start.timestamp()
