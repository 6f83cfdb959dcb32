"""Looking for events of ours: by their uids, and by ids of which nobody knows whether they still stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from assistant.errors import NotFoundError, ProviderError
from providers._outlook import UID, search_uid
from providers.microsoft365.appointments import TEXT, WHOLE, held, property_id
from providers.microsoft365.calendars import is_away, missing, path
from providers.microsoft365.events import genuine, own_uid
from providers.microsoft365.listing import read
from providers.microsoft365.service import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from providers.microsoft365.appointments import Held
    from providers.microsoft365.calendars import Calendars
    from providers.microsoft365.service import Graph

_FEW = "50"
_THERE = "the calendar itself"


class Looking:
    """Looks for events in the calendar that gets ours.

    An event in the trash keeps its id and can be read by it, so that one of ours stands only if the search in its
    calendar finds it. Copies that the user made bear all our properties: the oldest is ours.

    Args:
        graph: the account.
        calendars: which one gets our events.
        now: the present instant, aware.
    """

    def __init__(self, graph: Graph, calendars: Calendars, now: Callable[[], datetime]) -> None:
        self._graph = graph
        self._calendars = calendars
        self._now = now
        self.absent: dict[str, datetime] = {}
        """Uids that were not there at a time."""

    def by_uid(self, operation: str, uids: Iterable[str]) -> dict[str, Held]:
        """Return the events with these uids, whole; copies that the user made are not among them.

        Raises:
            NotFoundError: the calendar is missing.
        """
        found = {uid: genuine(group).get(uid) for uid, group in self._groups(operation, tuple(uids)).items()}
        there = {uid: each for uid, each in found.items() if each is not None}
        for uid in found.keys() - there.keys():
            self.absent[uid] = self._now()
        return there

    def _groups(self, operation: str, uids: Sequence[str]) -> dict[str, list[Held]]:
        """Return all events that bear each uid, copies too."""
        main = self._calendars.main(operation)
        parts = {
            uid: Part("GET", path(main, "events"), {**WHOLE, "$filter": _filter(uid), "$top": _FEW}, headers=TEXT)
            for uid in uids
        }
        found: dict[str, list[Held]] = {}
        for uid, listing in read(self._graph, operation, parts).items():
            if isinstance(listing, ProviderError):
                raise missing(operation, listing) from listing
            items = (held(operation, each) for each in listing.items)
            found[uid] = [each for each in items if own_uid(each) == uid]  # capital letters count
        return found

    def by_id(self, operation: str, refs: Sequence[str], known: str | None = None) -> dict[str, Held]:
        """Return those that stand, whole; of a copy of an event of ours nothing says that it was one.

        Args:
            operation: of the port.
            refs: their ids.
            known: the version in which one is known to stand: in the trash it would have another.

        Raises:
            NotFoundError: the calendar is missing.
        """
        found = self._read(operation, refs)
        stand = {ref: each for ref, each in found.items() if each.etag == known}
        doubtful = {ref: each for ref, each in found.items() if ref not in stand}
        uids = dict.fromkeys(uid for each in doubtful.values() if (uid := own_uid(each)) is not None)
        groups = self._groups(operation, tuple(uids)) if uids else {}
        for ref, each in doubtful.items():
            uid = own_uid(each)
            group = {one.id: one for one in groups.get(uid or "", ())}
            if uid is None or (each.root in group and genuine(group.values())[uid].id == each.root):
                stand[ref] = each
            elif each.root in group:
                stand[ref] = foreign(each)
        return stand

    def _read(self, operation: str, refs: Sequence[str]) -> dict[str, Held]:
        main = self._calendars.main(operation)
        parts = {ref: Part("GET", path(main, "events", ref), WHOLE, headers=TEXT) for ref in refs}
        parts[_THERE] = Part("GET", path(main), {"$select": "id"})
        answers = self._graph.each(operation, parts)
        calendar = answers.pop(_THERE)
        if isinstance(calendar, ProviderError):
            raise missing(operation, calendar) from calendar
        found: dict[str, Held] = {}
        for ref, answer in answers.items():
            if not isinstance(answer, ProviderError):
                found[ref] = held(operation, answer)
            elif not isinstance(answer, NotFoundError):
                raise missing(operation, answer) if is_away(answer) else answer
        return {ref: each for ref, each in found.items() if not each.is_cancelled}


def foreign(one: Held) -> Held:
    """Return a copy of an event of ours as what it is: the user's."""
    return msgspec.structs.replace(one, properties={})


def _filter(uid: str) -> str:
    value = search_uid(uid).replace("'", "''")
    return f"singleValueExtendedProperties/any(ep: ep/id eq '{property_id(UID)}' and ep/value eq '{value}')"
