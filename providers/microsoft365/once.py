"""Making events once: each uid is looked for first, and Microsoft is told which requests mean the same event.

The second alone would do for an answer that was lost; but for how long Microsoft remembers is not documented.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid5

import msgspec

from assistant.errors import AlreadyExistsError, ProviderError, TransientError
from providers._keys import PROPERTY_SET
from providers._net import ThrottledError
from providers._outlook import InexpressibleError
from providers.microsoft365.appointments import held
from providers.microsoft365.batches import MOST
from providers.microsoft365.calendars import is_away, missing, path
from providers.microsoft365.errors import NAME
from providers.microsoft365.events import is_same, properties, write
from providers.microsoft365.service import Part

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from assistant.model.calendar import Event
    from providers.microsoft365.appointments import Held
    from providers.microsoft365.calendars import Calendars
    from providers.microsoft365.looking import Looking
    from providers.microsoft365.service import Graph

_OPERATION = "calendar.put"
_NO_WAIT = timedelta()
_CLOCKS_AGREE = timedelta(minutes=10)
"""So far at most Microsoft's clock is from ours; where it is further off there is a look too many."""


class Creating:
    """Makes events that are not there.

    Args:
        graph: the account.
        calendars: which one gets our events.
        looking: finds those that are there.
        zone: the user's.
    """

    def __init__(self, graph: Graph, calendars: Calendars, looking: Looking, zone: ZoneInfo) -> None:
        self._graph = graph
        self._calendars = calendars
        self._looking = looking
        self._zone = zone

    def many(self, events: Sequence[Event]) -> dict[str, Held | ProviderError]:
        """Make those of many events that are not there, twenty in a request; return what became of each, by uid.

        One that Microsoft 365 cannot hold is not among them.

        Raises:
            NotFoundError: the calendar is missing.
            ProviderError: nobody knows which of them were made.
        """
        found: dict[str, Held | ProviderError] = {}
        for start in range(0, len(events), MOST):
            found |= self._portion(events[start : start + MOST])
        return found

    def _portion(self, events: Sequence[Event]) -> dict[str, Held | ProviderError]:
        main = self._calendars.main(_OPERATION)
        bodies = {event.uid: body for event in events if (body := _body(event, main)) is not None}
        wanted = {event.uid: event for event in events if event.uid in bodies}
        done: dict[str, Held | ProviderError] = {}
        if not wanted:
            return done

        def attempt() -> None:
            left = [uid for uid in wanted if isinstance(done.get(uid), TransientError | None)]
            since = self._look(left, wanted, done)
            parts = {uid: Part("POST", path(main, "events"), body=bodies[uid]) for uid in since if uid not in done}
            for uid in parts:
                done.pop(uid, None)
                self._looking.absent.pop(uid, None)
            answers = self._graph.each(_OPERATION, parts, again=False) if parts else {}
            for uid, answer in answers.items():
                if isinstance(answer, ThrottledError):
                    self._looking.absent[uid] = since[uid]  # it was not even tried
                done[uid] = self._made(wanted[uid], answer, since[uid])
            later = [error for error in done.values() if isinstance(error, TransientError)]
            if later:
                raise max(later, key=lambda error: error.retry_after or _NO_WAIT)

        try:
            self._graph.persevere(_OPERATION, attempt)
        except TransientError:
            if done.keys() != wanted.keys():
                raise
        return done

    def _look(
        self, left: Sequence[str], wanted: dict[str, Event], done: dict[str, Held | ProviderError]
    ) -> dict[str, datetime]:
        """Note which of the events are there; return since when the others are known not to be."""
        unknown = [uid for uid in left if uid not in self._looking.absent]
        there = self._looking.by_uid(_OPERATION, unknown) if unknown else {}
        for uid in left:
            done.pop(uid, None)
        for uid, each in there.items():
            done[uid] = self._already(wanted[uid], each)
        return {uid: self._looking.absent[uid] for uid in left if uid not in there}

    def _already(self, event: Event, found: Held) -> Held | ProviderError:
        """Return the event that has our uid if it is the one that was to be made: an earlier answer was lost."""
        if not found.is_cancelled and is_same(event, found, self._zone):
            return found
        message = f"an event with the uid {event.uid} exists and differs, or was cancelled; read it first"
        return AlreadyExistsError(NAME, _OPERATION, message)

    def _made(self, event: Event, answer: dict[str, Any] | ProviderError, absent: datetime) -> Held | ProviderError:
        """Return what was made.

        Raises:
            NotFoundError: the calendar is missing.
        """
        if isinstance(answer, AlreadyExistsError):
            return self._found(event)
        if isinstance(answer, ProviderError):
            if is_away(answer):
                raise missing(_OPERATION, answer) from answer
            return answer
        made = held(_OPERATION, answer)
        if _is_older(made, absent):
            return self._found(event)
        return msgspec.structs.replace(made, properties=properties(event))

    def _found(self, event: Event) -> Held | ProviderError:
        """Return the event that Microsoft says was made before; one that is not there was deleted."""
        found = self._looking.by_uid(_OPERATION, [event.uid]).get(event.uid)
        if found is not None:
            return self._already(event, found)
        self._looking.absent.pop(event.uid, None)
        message = f"an event with the uid {event.uid} was deleted; make the next generation"
        return AlreadyExistsError(NAME, _OPERATION, message)


def _body(event: Event, main: str) -> dict[str, Any] | None:
    try:
        body = write(event)
    except InexpressibleError:
        return None  # `put` says so
    meant = msgspec.json.encode((main, body)).decode()
    return {**body, "transactionId": str(uuid5(PROPERTY_SET, meant))}


def _is_older(made: Held, absent: datetime) -> bool:
    """Tell whether an event was there before the look that did not find it: then it may lie in the trash."""
    try:
        created = datetime.fromisoformat(made.created)
        return created.astimezone(UTC) + _CLOCKS_AGREE < absent
    except (ValueError, OverflowError):
        return False
