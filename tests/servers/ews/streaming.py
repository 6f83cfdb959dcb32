"""Subscribe, GetStreamingEvents, Unsubscribe (MS-OXWSNTIF)."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.servers.ews.ids import Ids
from tests.servers.ews.soap import Call, Element, EwsError, Outcome, SoapFault, e, response
from tests.servers.ews.times import stamp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.ews.calls import Handler, Outcomes
    from tests.servers.ews.state import State

_POLL = 0.01
_EVENTS = {"created": "CreatedEvent", "modified": "ModifiedEvent", "deleted": "DeletedEvent", "moved": "MovedEvent"}
_CLOSED = "Closed"


@dataclass
class Subscription:
    """What a client wants to hear of, and what it has not heard yet."""

    id: str
    folders: frozenset[str]
    events: frozenset[str]
    waiting: list[Element] = field(default_factory=list)


class Streaming:
    """Subscriptions with an open connection.

    Args:
        state: the mailbox.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._all: dict[str, Subscription] = {}
        self.minute = 60.0
        """Seconds to a minute of ConnectionTimeout, for tests that do not have one."""
        self.heartbeat = 30.0
        """Seconds between two signs of life."""
        self.running = True
        state.items.listeners.append(self._heard)

    def forget(self) -> None:
        """Let the server forget all subscriptions, as after a restart."""
        with self._state.lock:
            self._all.clear()

    @property
    def subscriptions(self) -> int:
        """Return how many subscriptions there are."""
        return len(self._all)

    def handlers(self) -> dict[str, Handler]:
        """Return what answers each operation."""
        return {"Subscribe": self._subscribe, "GetStreamingEvents": self._stream, "Unsubscribe": self._unsubscribe}

    def _heard(self, what: str, folder: str, item: str) -> None:
        names = {_EVENTS[what]}
        if what == "created" and self._state.folders.all[folder].distinguished == "inbox":
            names.add("NewMailEvent")
        for each in self._all.values():
            if folder in each.folders or not each.folders:
                each.waiting += [self._event(name, folder, item) for name in sorted(names & each.events)]

    def _event(self, name: str, folder: str, item: str) -> Element:
        key = Ids.key(self._state.ids.changes)
        made = e(f"t:{name}", e("t:TimeStamp", text=stamp(self._state.clock.now())))
        made.append(e("t:ItemId", Id=item, ChangeKey=key))
        made.append(e("t:ParentFolderId", Id=folder, ChangeKey="AQAAAA=="))
        if name == "MovedEvent":
            made.append(e("t:OldItemId", Id=item, ChangeKey=key))
            made.append(e("t:OldParentFolderId", Id=folder, ChangeKey="AQAAAA=="))
        return made

    def _subscribe(self, call: Call) -> Outcomes:
        if self._state.quirks.no_streaming:
            raise SoapFault("", "Subscribe is not implemented.")
        asked = call.find("m:StreamingSubscriptionRequest")
        if asked is None:
            raise EwsError("ErrorInvalidSubscriptionRequest", "Only streaming subscriptions are served.")
        spaces = {"t": asked.nsmap["t"]}
        folders = frozenset(self._state.folders.located(each).id for each in asked.iterfind("t:FolderIds/*", spaces))
        events = frozenset(str(each.text) for each in asked.iterfind("t:EventTypes/t:EventType", spaces))
        made = Subscription(self._state.ids.new(), folders, events)
        self._all[made.id] = made
        return [Outcome([e("m:SubscriptionId", text=made.id)])]

    def _unsubscribe(self, call: Call) -> Outcomes:
        if self._all.pop(call.text("m:SubscriptionId"), None) is None:
            raise EwsError("ErrorSubscriptionNotFound", "The specified subscription was not found.")
        return [Outcome([])]

    def _stream(self, call: Call) -> Iterator[Element] | Outcomes:
        ids = [str(each.text) for each in call.find("m:SubscriptionIds")]
        unknown = [each for each in ids if each not in self._all]
        if unknown:
            error = EwsError("ErrorSubscriptionNotFound", "The specified subscription was not found.")
            error.children = [e("m:ErrorSubscriptionIds", *[e("m:SubscriptionId", text=each) for each in unknown])]
            return [error]
        seconds = int(call.text("m:ConnectionTimeout")) * self.minute
        return self._events([self._all[each] for each in ids], seconds)

    def _events(self, heard: list[Subscription], seconds: float) -> Iterator[Element]:
        end = time.monotonic() + seconds
        beat = 0.0
        while self.running and time.monotonic() < end:
            news = self._news(heard)
            if news is not None:
                yield news
            if time.monotonic() >= beat:
                beat = time.monotonic() + self.heartbeat
                yield _status("OK")
            time.sleep(_POLL)
        yield _status(_CLOSED)

    def _news(self, heard: list[Subscription]) -> Element | None:
        """Return what has happened since the last time."""
        with self._state.lock:
            told = []
            for each in heard:
                if each.waiting:
                    told.append(e("m:Notification", e("t:SubscriptionId", text=each.id), *each.waiting))
                    each.waiting = []
        return response("GetStreamingEvents", [Outcome([e("m:Notifications", *told)])]) if told else None


def _status(text: str) -> Element:
    return response("GetStreamingEvents", [Outcome([e("m:ConnectionStatus", text=text)])])
