"""The agenda of all calendars that count, in one batch."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from assistant.errors import ProviderError
from providers._entries import overlaps
from providers.microsoft365 import entries
from providers.microsoft365.appointments import LISTED, OCCURRENCES, PAGE, held
from providers.microsoft365.calendars import missing, path
from providers.microsoft365.errors import NAME
from providers.microsoft365.events import UnreadableError, own_uid
from providers.microsoft365.listing import read
from providers.microsoft365.looking import foreign
from providers.microsoft365.service import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from assistant.model.calendar import Entry
    from providers.microsoft365.appointments import Held
    from providers.microsoft365.calendars import Calendars
    from providers.microsoft365.looking import Looking
    from providers.microsoft365.service import Graph

_OPERATION = "calendar.agenda"
_MARGIN = timedelta(days=1)


class Agenda:
    """Reads the calendars between two times.

    Args:
        graph: the account.
        calendars: which ones count.
        looking: tells events of ours from copies.
        zone: the user's.
        problems: receives a line for each event that cannot be read, once for each version of it.
    """

    def __init__(
        self,
        graph: Graph,
        calendars: Calendars,
        looking: Looking,
        zone: ZoneInfo,
        problems: Callable[[str], None],
    ) -> None:
        self._graph = graph
        self._calendars = calendars
        self._looking = looking
        self._zone = zone
        self._problems = problems
        self._told: set[tuple[str, str]] = set()

    @property
    def has_told(self) -> bool:
        """Tell whether there was an event that cannot be read."""
        return bool(self._told)

    def between(self, start: datetime, end: datetime) -> tuple[list[Entry], list[Held]]:
        """Return the entries that overlap [start, end), and what was seen of events of ours.

        Raises:
            NotFoundError: a calendar that counts is missing.
        """
        main, me = self._calendars.main(_OPERATION), self._calendars.me(_OPERATION)
        listed = self._listed((main, *self._calendars.busy(_OPERATION)), start, end)
        mine = self._without_copies(listed[main])
        listed[main] = mine
        found = [
            one
            for calendar, items in listed.items()
            for one in self._entries(items, me, ours=calendar == main)
            if overlaps(one, start, end)
        ]
        found.sort(key=lambda each: (each.start.timestamp(), each.end.timestamp(), each.title or ""))
        return found, [each for each in mine if own_uid(each) is not None and each.kind not in OCCURRENCES]

    def _listed(self, calendars: Sequence[str], start: datetime, end: datetime) -> dict[str, list[Held]]:
        # Whole days count in the user's zone, wherever they were written.
        span = {"startDateTime": _written(start - _MARGIN), "endDateTime": _written(end + _MARGIN)}
        given = {**span, **LISTED, "$top": PAGE}
        parts = {one: Part("GET", path(one, "calendarView"), given) for one in calendars}
        found = {}
        for one, listing in read(self._graph, _OPERATION, parts).items():
            if isinstance(listing, ProviderError):
                raise missing(_OPERATION, listing, None if one == calendars[0] else one) from listing
            found[one] = [held(_OPERATION, each) for each in listing.items]
        return found

    def _without_copies(self, items: Sequence[Held]) -> list[Held]:
        """Return events with copies of ours as the user's; which one is older a calendar's view does not say."""
        roots = {(own_uid(each), each.root) for each in items}
        doubtful = [uid for uid, times in Counter(uid for uid, _ in roots).items() if uid is not None and times > 1]
        genuine = self._looking.by_uid(_OPERATION, doubtful) if doubtful else {}
        return [
            foreign(each) if (uid := own_uid(each)) in doubtful and _root(genuine.get(uid or "")) != each.root else each
            for each in items
        ]

    def _entries(self, items: Sequence[Held], me: str, *, ours: bool) -> Iterator[Entry]:
        for each in items:
            try:
                found = entries.entry(each, self._zone, me, ours=ours)
            except UnreadableError as error:
                self._tell(each, error)
                continue
            if found is not None:
                yield found

    def _tell(self, one: Held, error: UnreadableError) -> None:
        version = (one.id, one.etag)
        if version not in self._told:
            self._told.add(version)
            self._problems(f"{NAME}: event {one.subject or one.id!r}: {error}; open and save it in the calendar")


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _root(found: Held | None) -> str | None:
    return None if found is None else found.root
