"""Events that are made, changed, deleted and answered."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, NamedTuple

from tests.servers.ews.items import Item
from tests.servers.ews.occurrences import Occurrence
from tests.servers.ews.soap import EwsError
from tests.servers.graph import attending, entities, filling
from tests.servers.graph.calendars import KIND, READ, WRITE
from tests.servers.graph.calls import Answer, Call, GraphError, Route

if TYPE_CHECKING:
    from tests.servers.graph.state import State

BASES = ("/me", "/me/calendar", "/me/calendars/{calendar}")
"""Where events, calendarView and their deltas are."""
_ANSWERS = {"accept": "Accept", "tentativelyAccept": "Tentative", "decline": "Decline"}
_CONTEXT = "users('me')/events/$entity"


class Made(NamedTuple):
    """What a request with a transactionId has made."""

    item: str
    folder: str
    body: str


class Bookings:
    """What makes and changes events.

    Args:
        state: the mailbox.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._made: dict[str, Made] = {}
        self.remembers_deleted = False
        """Whether the transactionId of an event that the user has deleted is still taken: Microsoft does not say."""

    def routes(self) -> list[Route]:
        """Return what is answered."""
        made = []
        for base in BASES:
            made.append(Route("POST", f"{base}/events", self._create, WRITE, "Event", given="Event", options=()))
            one = f"{base}/events/{{event}}"
            made += [
                Route("GET", one, self._get, READ, "Event"),
                Route("PATCH", one, self._change, WRITE, "Event", given="Event", options=()),
                Route("DELETE", one, self._delete, WRITE, options=()),
            ]
            made += [
                Route("POST", f"{one}/{each}", self._answering, WRITE, given="*", options=())
                for each in (*_ANSWERS, "cancel", "forward")
            ]
        return made

    def _answer(self, item: Item, call: Call, status: int = 200) -> Answer:
        return entities.one(self._state.events.shape.entity(item, call), call, _CONTEXT, status)

    def _get(self, call: Call) -> Answer:
        self._state.events.check(call.query)
        return self._answer(self._state.events.found(call), call)

    # Making one.

    def _create(self, call: Call) -> Answer:
        folder = self._state.calendar_parts.of(call, edit=True)
        body = json.dumps(call.body, sort_keys=True)
        transaction = call.body.get("transactionId")
        before = self._before(transaction)
        if before is not None:
            if (before.folder, before.body) != (folder.id, body):
                text = "Your request can't be completed. The TransactionId specified in the request has already been"
                raise GraphError("ErrorDuplicateTransactionId", f"{text} used to create a different event.")
            return self._answer(self._state.items.get(before.item), call, 201)
        item = self._put(self._draft(call, folder.id))
        if transaction:
            self._made[transaction] = Made(item.id, folder.id, body)
        self._tell(item, call)
        return self._answer(item, call, 201)

    def _before(self, transaction: str | None) -> Made | None:
        """Return what was made with a transactionId before, unless it is gone from the calendars."""
        made = self._made.get(transaction or "")
        if made is None or self.remembers_deleted:
            return made
        try:
            item = self._state.items.get(made.item)
        except EwsError:
            return None
        return made if self._state.folders.all[item.folder].kind.startswith(KIND) else None

    def _draft(self, call: Call, folder: str) -> Item:
        """Return an event that is in no folder yet: nothing is made of what is refused."""
        for each in ("start", "end"):
            if not call.body.get(each):
                raise GraphError("ErrorPropertyValidationFailure", "At least one property failed validation.")
        now = self._state.clock.now()
        draft = Item("", folder, "CalendarItem", now, now, 0)
        filling.fill(draft, call.body)
        self._state.events.kind.complete(draft)
        return draft

    def _put(self, draft: Item) -> Item:
        item = self._state.items.add("CalendarItem", draft.folder)
        item.values, item.extended = draft.values, draft.extended
        self._state.items.touch(item)
        item.entered = item.edited = item.change
        return item

    # Changing one.

    def _change(self, call: Call) -> Answer:
        item = self._state.events.found(call, edit=True)
        self._state.messages.compare(item, call)
        kept = copy.copy(item.values), dict(item.extended), dict(item.exceptions), set(item.removed)
        try:
            self._fill(item, call)
        except (EwsError, GraphError):
            item.values, item.extended, item.exceptions, item.removed = kept
            raise
        self._state.items.touch(item)
        self._tell(item, call)
        return self._answer(item, call)

    def _fill(self, item: Item, call: Call) -> None:
        changed = filling.fill(item, call.body)
        if changed & filling.TIMES:
            item.exceptions, item.removed = {}, set()
        self._state.events.kind.complete(item, None, changed)
        if isinstance(item, Occurrence):
            self._state.events.kind.occurrences.keep(item)

    def _delete(self, call: Call) -> Answer:
        item = self._state.events.found(call, edit=True)
        self._state.messages.compare(item, call)
        self._tell(item, call)
        deleted = self._state.folders.named("deleteditems").id
        if isinstance(item, Occurrence):
            self._state.events.kind.occurrences.drop(item)
        elif item.folder == deleted:
            self._state.items.remove(item)
        else:
            self._state.items.move(item, deleted)
        return Answer(status=204)

    # What goes to other people.

    def _tell(self, item: Item, call: Call) -> None:
        if attending.invites(self._state, item):
            self._note(item, call)

    def _note(self, item: Item, call: Call) -> None:
        self._state.sent.append(f"{call.operation}: {item.text('Subject')}")

    def _answering(self, call: Call) -> Answer:
        item = self._state.events.found(call, edit=True)
        name = call.operation.rpartition("/")[2]
        if name in _ANSWERS:
            item.values["MyResponseType"] = _ANSWERS[name]
            self._state.items.touch(item)
        if (call.body or {}).get("sendResponse", True):
            self._note(item, call)
        return Answer(status=202)
