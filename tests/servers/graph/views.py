"""Lists of events: of a calendar, of a time, of a series, and of what has changed in a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from tests.servers.ews.occurrences import Occurrence, occurring, series_of
from tests.servers.graph import entities, extended, filters, ids, zoned
from tests.servers.graph.booking import BASES
from tests.servers.graph.calendars import READ
from tests.servers.graph.calls import Answer, Call, GraphError, Route
from tests.servers.graph.delta import TOKENS, Told

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tests.servers.ews.items import Item
    from tests.servers.graph.odata import Query
    from tests.servers.graph.state import State

_TIMES = ("startDateTime", "endDateTime", "startdatetime", "enddatetime", "StartDateTime", "EndDateTime")
_VIEW = (*entities.PAGING, *_TIMES)
_DELTA = (*_TIMES, *TOKENS)
"""A delta of a view takes neither $select nor $expand nor their like (learn.microsoft.com/graph/api/event-delta)."""
_WIDEST = timedelta(days=1825)
_UNSELECTABLE = {"createdDateTime", "lastModifiedDateTime"}
"""What a calendarView leaves out where $select names it (learn.microsoft.com/graph/api/calendar-list-calendarview)."""
_CONTEXT = "users('me')/events"
_BARE = ("@odata.etag", "seriesMasterId", "type", "id", "start", "end")
"""All that a delta tells of an occurrence (github.com/microsoftgraph/microsoft-graph-docs/issues/7632)."""


class Views:
    """What lists events.

    Args:
        state: the mailbox.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    def routes(self) -> list[Route]:
        """Return what is answered."""
        made = []
        for base in BASES:
            view, events = f"{base}/calendarView", f"{base}/events"
            inside = f"{events}/{{event}}/instances"
            made += [
                Route("GET", events, self._list, READ, "Event", listed=True, options=entities.PAGING),
                Route("GET", view, self._view, READ, "Event", listed=True, options=_VIEW),
                Route("GET", f"{view}/delta", self._changes, READ, "Event", listed=True, options=_DELTA),
                Route("GET", f"{events}/delta", self._untracked, READ, options=_VIEW + TOKENS),
                Route("GET", inside, self._instances, READ, "Event", listed=True, options=_VIEW),
            ]
        return made

    def _inside(self, call: Call) -> list[Item]:
        folder = self._state.calendar_parts.of(call)
        return [each for each in self._state.items.inside(folder.id) if each.kind == "CalendarItem"]

    def _page(self, found: list[Item], call: Call) -> Answer:
        self._state.events.check(call.query)
        return entities.page(self._state.events.shape, found, call, _CONTEXT)

    def _list(self, call: Call) -> Answer:
        return self._page(self._inside(call), call)

    def _view(self, call: Call) -> Answer:
        condition = call.query.filter
        if condition is not None and set(filters.properties(condition)) & set(extended.LISTS):
            text = "An internal server error occurred. The operation failed."
            raise GraphError("ErrorInternalServerError", text)
        low, high = _span(call.query)
        found = occurring(iter(self._inside(call)), low, high)
        names = tuple(each for each in call.query.select if each not in _UNSELECTABLE)
        if names != call.query.select:
            call = call._replace(query=replace(call.query, select=names or ("id",)))
        return self._page(found, call)

    def _instances(self, call: Call) -> Answer:
        master = self._state.events.found(call)
        if series_of(master) is None:
            raise GraphError("ErrorInvalidRequest", "The event is not a recurring master.")
        return self._page(occurring(iter([master]), *_span(call.query)), call)

    def _untracked(self, call: Call) -> Answer:
        """Refuse: in v1.0 only views are tracked (github.com/microsoftgraph/msgraph-metadata/issues/608)."""
        del call
        text = "Unsupported request: Change tracking is not supported against 'microsoft.graph.event'."
        raise GraphError("BadRequest", text)

    def _changes(self, call: Call) -> Answer:
        query = self._state.delta.query(call, _DELTA)
        low, high = _span(query)
        folder = self._state.calendar_parts.of(call)

        def told(since: int) -> list[Told]:
            made = [
                one
                for each in self._inside(call)
                if each.change > since
                for one in self._told(each, call, low, high, since)
            ]
            gone = self._state.items.gone.get(folder.id, [])
            left = [each for each in gone if each.entered <= since < each.at]
            made += [Told(each.at, partial(_removed, each.id)) for each in left]
            return sorted(made, key=lambda each: each.at)

        return self._state.delta.answer(call, told, "Collection(event)")

    def _told(self, item: Item, call: Call, low: datetime, high: datetime, since: int) -> Iterator[Told]:
        """Yield what is told of an event that has changed: of a series it, and all its occurrences in the time.

        One outside the time is told as removed (learn.microsoft.com/graph/api/event-delta), an occurrence that is no
        longer there not at all (github.com/microsoftgraph/microsoft-graph-docs/pull/4501).
        """
        found = occurring(iter([item]), low, high)
        if not found:
            if since:
                yield Told(item.change, partial(_removed, item.id))
            return
        for each in [item, *found] if series_of(item) is not None else found:
            yield Told(item.change, partial(self._entity, each, call))

    def _entity(self, item: Item, call: Call) -> dict[str, Any]:
        shape = self._state.events.shape
        names = _BARE if isinstance(item, Occurrence) and not item.changed else shape.default
        shown = {each: shape.look(item, each, call) for each in names}
        known = {name: value for name, value in shown.items() if value is not extended.ABSENT}
        return {"@odata.type": "#microsoft.graph.event", **known}


def _removed(ref: str) -> dict[str, Any]:
    shown = {"@odata.type": "#microsoft.graph.event", "id": ids.address(ref)}
    return shown | {"@removed": {"reason": "deleted"}}


def _span(query: Query) -> tuple[datetime, datetime]:
    """Return the time that a request is about."""
    given = {name.lower(): text for name, text in query.rest.items()}
    if not {"startdatetime", "enddatetime"} <= set(given):
        text = "This request requires a time window specified by the query string parameters StartDateTime and"
        raise GraphError("ErrorInvalidParameter", f"{text} EndDateTime.")
    low, high = zoned.instant(given["startdatetime"]), zoned.instant(given["enddatetime"])
    if high < low:
        raise GraphError("ErrorInvalidParameter", "The end of the time window is earlier than its start.")
    if high - low > _WIDEST:
        text = "The range between the start and end dates is greater than the allowed range."
        raise GraphError("ErrorCalendarViewRangeTooBig", f"{text} Maximum number of days: 1825")
    return low, high
