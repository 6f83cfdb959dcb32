"""State from entries: `fold(entries)` is all there is to know; `apply` adds one entry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from msgspec.structs import replace

from assistant.model.callback import (
    CalendarState,
    Callback,
    CallLink,
    DraftState,
    DraftStatus,
    Gone,
    Placed,
    Promise,
    Slot,
    State,
    Status,
)
from assistant.model.journal import (
    Attempted,
    BucketSet,
    CallsMoved,
    CallsTaken,
    Closed,
    DraftDropped,
    DraftEdited,
    DraftMissing,
    DraftRemoved,
    DraftSeen,
    DraftWritten,
    Entry,
    EventEdited,
    EventGone,
    EventMoved,
    EventRemoved,
    EventSeen,
    EventWritten,
    FaultAnswered,
    FaultAsked,
    Heard,
    Opened,
    Planned,
    Promised,
    PromiseSettled,
    Ranked,
    Reopened,
    Restored,
    SlotAcknowledged,
    SlotLost,
    Snoozed,
    Source,
    Subject,
    Told,
    Undone,
    Unplannable,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_S = TypeVar("_S", Callback, Slot, CalendarState)

CALENDAR = Subject("calendar")
SLOT_PREFIX = "slot-"
_NOT_CLOSED = {"outcome": None, "closed_at": None, "closed_by": None}
"""What a callback that is owed has of a closing: nothing."""


def fold(entries: Iterable[Entry]) -> State | None:
    """Return the state of one subject from all its entries in order, None when there are none."""
    entries = list(entries)
    undone = {seq for entry in entries if isinstance(entry.fact, Undone) for seq in entry.fact.entries}
    state: State | None = None
    for entry in entries:
        if entry.seq not in undone:
            state = apply(state, entry)
        elif isinstance(entry.fact, Opened):
            state = _still_closed(replace(_opened(entry), withdrawn=True))
    return state


def apply(state: State | None, entry: Entry) -> State:
    """Return the state after one more entry. An `Undone` changes nothing here: fold the subject anew."""
    if state is None:
        state = _born(entry)
    if isinstance(state, Callback):
        return _still_closed(_apply(_CALLBACK, state, entry))
    if isinstance(state, Slot):
        return _apply(_SLOT, state, entry)
    return _apply(_CALENDAR, state, entry)


def _apply(table: dict[type, Callable[[_S, Any, Entry], _S]], state: _S, entry: Entry) -> _S:
    rule = table.get(type(entry.fact))
    return state if rule is None else rule(state, entry.fact, entry)


def _still_closed(state: Callback) -> Callback:
    """Return a callback that was merged away or taken back as closed: nothing that happens to it makes it owed."""
    if state.status == Status.CLOSED or not (state.withdrawn or state.merged_into):
        return state
    return replace(state, status=Status.CLOSED, until=None)


def _born(entry: Entry) -> State:
    if entry.subject == CALENDAR:
        return CalendarState(id=entry.subject)
    if entry.subject.startswith(SLOT_PREFIX):
        return Slot(id=entry.subject)
    return _opened(entry)


def _opened(entry: Entry) -> Callback:
    fact = entry.fact if isinstance(entry.fact, Opened) else Opened()
    return Callback(id=entry.subject, opened_at=entry.at, previous=fact.previous, added=fact.added)


# --- events: holds and slots alike


def _written(old: Placed | None, fact: EventWritten) -> Placed:
    stays = old is not None and old.gone is None
    return Placed(
        uid=fact.uid,
        generation=fact.generation,
        ref=fact.ref,
        start=fact.start,
        end=fact.end,
        title=fact.title,
        body=fact.body,
        pinned=stays and old is not None and old.pinned and old.start == fact.start,
        edited=stays and old is not None and old.edited,
        done=fact.done,
    )


def _event(old: Placed | None, fact: object) -> Placed | None:
    if isinstance(fact, EventWritten):
        return _written(old, fact)
    if old is None or isinstance(fact, EventRemoved) or (isinstance(fact, Restored) and old.gone is not None):
        return None
    return _seen(old, fact)


def _seen(old: Placed, fact: object) -> Placed:
    match fact:
        case EventSeen(ref=ref, title=None):
            return replace(old, ref=ref, gone=None)
        case EventSeen(ref=ref, title=title):
            return replace(old, ref=ref, title=title, body="", gone=None)  # no body: to be written anew
        case EventMoved(ref=ref, start=start, end=end):
            return replace(old, ref=ref, start=start, end=end, pinned=True)
        case EventEdited(ref=ref, title=title):
            return replace(old, ref=ref, title=title, edited=True)
        case EventGone(fault=fault):
            return replace(old, gone=Gone.BY_FAULT if fault else Gone.BY_USER)
    return old


_EVENT_FACTS = (EventWritten, EventRemoved, Restored, EventSeen, EventMoved, EventEdited, EventGone)


def _generation(state: Callback | Slot, fact: object) -> int:
    return max(state.generation, fact.generation) if isinstance(fact, EventWritten) else state.generation


def _hold(state: Callback, fact: object, _entry: Entry) -> Callback:
    hold = _event(state.hold, fact)
    no_hold = None if isinstance(fact, EventWritten) else state.no_hold
    return replace(state, hold=hold, generation=_generation(state, fact), no_hold=no_hold)


def _slot_event(state: Slot, fact: object, _entry: Entry) -> Slot:
    lost = None if isinstance(fact, EventWritten) else state.lost
    return replace(state, event=_event(state.event, fact), generation=_generation(state, fact), lost=lost)


# --- callbacks


def _heard(state: Callback, fact: Heard, _entry: Entry) -> Callback:
    messages = () if fact.message is None else (fact.message,)
    known = next((link for link in state.calls if link.call == fact.call), None)
    if known is not None:
        link = replace(known, messages=tuple(dict.fromkeys(known.messages + messages)))
        return replace(state, calls=tuple(link if old.call == link.call else old for old in state.calls))
    link = CallLink(call=fact.call, called_at=fact.called_at, messages=messages)
    woken = {"status": Status.OPEN, "until": None} if state.status == Status.WAITING else {}
    return replace(state, calls=(*state.calls, link), **woken)


def _calls_moved(state: Callback, fact: CallsMoved, entry: Entry) -> Callback:
    left = tuple(link for link in state.calls if link.call not in fact.calls)
    if left:
        return replace(state, calls=left)
    return replace(state, calls=(), merged_into=fact.to, closed_at=entry.at)


def _calls_taken(state: Callback, fact: CallsTaken, _entry: Entry) -> Callback:
    links = [CallLink(call=call, called_at=at, messages=messages) for call, at, messages in fact.calls]
    return replace(state, calls=tuple(sorted((*state.calls, *links), key=lambda link: (link.called_at, link.call))))


def _planned(state: Callback, fact: Planned, _entry: Entry) -> Callback:
    return replace(state, planned_why=fact.why, in_slot=fact.in_slot, no_hold=None)


def _unpin(state: Callback) -> Placed | None:
    """Return the hold free to move; another time answers for one that the user deleted, so that a new one comes."""
    hold = _asked_for(state)
    return None if hold is None else replace(hold, pinned=False)


def _asked_for(state: Callback) -> Placed | None:
    return None if state.hold is None or state.hold.gone == Gone.BY_USER else state.hold


def _attempted(state: Callback, fact: Attempted, _entry: Entry) -> Callback:
    status = Status.OPEN if fact.next_at is None else Status.WAITING
    return replace(
        state, attempts=(*state.attempts, fact), status=status, until=fact.next_at, hold=_unpin(state), **_NOT_CLOSED
    )


def _snoozed(state: Callback, fact: Snoozed, _entry: Entry) -> Callback:
    return replace(state, status=Status.WAITING, until=fact.until, hold=_unpin(state), **_NOT_CLOSED)


def _closed(state: Callback, fact: Closed, _entry: Entry) -> Callback:
    return replace(
        state, status=Status.CLOSED, outcome=fact.outcome, closed_at=fact.at, closed_by=fact.source, until=None
    )


def _reopened(state: Callback, fact: Reopened, _entry: Entry) -> Callback:
    hold = None if state.hold is None or state.hold.gone is not None else state.hold
    if hold is not None and state.closed_by == Source.CALENDAR and fact.source != Source.CALENDAR:
        hold = replace(hold, edited=False)  # the title still has the user's tick and must not keep it
    return replace(state, status=Status.OPEN, until=None, hold=hold, **_NOT_CLOSED)


def _with_draft(state: Callback, draft: DraftState) -> Callback:
    others = tuple(old for old in state.drafts if old.purpose != draft.purpose)
    return replace(state, drafts=(*others, draft))


def _draft_written(state: Callback, fact: DraftWritten, entry: Entry) -> Callback:
    draft = DraftState(
        purpose=fact.purpose,
        key=fact.key,
        ref=fact.ref,
        digest=fact.digest,
        message_id=fact.message_id,
        account=fact.account,
        written_at=entry.at,
        named_time=fact.named_time,
    )
    return _with_draft(state, draft)


def _draft_status(status: DraftStatus) -> Callable[[Callback, Any, Entry], Callback]:
    def rule(state: Callback, fact: Any, _entry: Entry) -> Callback:  # noqa: ANN401  any fact that has a purpose
        draft = state.draft(fact.purpose)
        return state if draft is None else _with_draft(state, replace(draft, status=status))

    return rule


def _draft_edited(state: Callback, fact: DraftEdited, _entry: Entry) -> Callback:
    draft = state.draft(fact.purpose)
    if draft is None:
        return state
    return _with_draft(state, replace(draft, ref=fact.ref, status=DraftStatus.EDITED, edited=True))


def _draft_seen(state: Callback, fact: DraftSeen, _entry: Entry) -> Callback:
    draft = state.draft(fact.purpose)
    if draft is None:
        return state
    status = DraftStatus.EDITED if draft.edited else DraftStatus.STANDING
    return _with_draft(state, replace(draft, ref=fact.ref, status=status))


def _told(state: Callback, fact: Told, entry: Entry) -> Callback:
    state = _draft_status(DraftStatus.SENT)(state, fact, entry)
    if fact.named_time is None:
        return state
    return _with_promise(state, Promise(at=fact.named_time, source=Source.SENT))


def _promised(state: Callback, fact: Promised, _entry: Entry) -> Callback:
    return _with_promise(state, Promise(at=fact.at, source=fact.source))


def _with_promise(state: Callback, promise: Promise) -> Callback:
    """Add a promise; a hold that the user moved earlier to another time gives way to it."""
    hold = _asked_for(state)
    hold = hold if hold is None or hold.start == promise.at else _unpin(state)
    return replace(state, promises=(*state.promises, promise), hold=hold)


def _promise_settled(state: Callback, fact: PromiseSettled, _entry: Entry) -> Callback:
    def settle(promise: Promise) -> Promise:
        open_one = promise.at == fact.at and promise.verdict is None
        return replace(promise, verdict=fact.verdict) if open_one else promise

    return replace(state, promises=tuple(map(settle, state.promises)))


_CALLBACK: dict[type, Callable[[Callback, Any, Entry], Callback]] = {
    **dict.fromkeys(_EVENT_FACTS, _hold),
    Heard: _heard,
    CallsMoved: _calls_moved,
    CallsTaken: _calls_taken,
    Ranked: lambda state, fact, _: replace(state, rank=fact),
    BucketSet: lambda state, fact, _: replace(state, bucket_set=fact.bucket),
    Planned: _planned,
    Unplannable: lambda state, fact, _: replace(state, no_hold=fact.why),
    DraftWritten: _draft_written,
    DraftSeen: _draft_seen,
    DraftEdited: _draft_edited,
    DraftMissing: _draft_status(DraftStatus.MISSING),
    DraftDropped: _draft_status(DraftStatus.DROPPED),
    DraftRemoved: _draft_status(DraftStatus.REMOVED),
    Told: _told,
    Promised: _promised,
    PromiseSettled: _promise_settled,
    Attempted: _attempted,
    Snoozed: _snoozed,
    Closed: _closed,
    Reopened: _reopened,
}

_SLOT: dict[type, Callable[[Slot, Any, Entry], Slot]] = {
    **dict.fromkeys(_EVENT_FACTS, _slot_event),
    SlotLost: lambda state, fact, _: replace(
        state, lost=fact.why, acknowledged=state.acknowledged and bool(state.lost)
    ),
    SlotAcknowledged: lambda state, _fact, _: replace(state, acknowledged=True),
}

_CALENDAR: dict[type, Callable[[CalendarState, Any, Entry], CalendarState]] = {
    FaultAsked: lambda state, fact, _: replace(state, question=fact.what),
    FaultAnswered: lambda state, _fact, _: replace(state, question=None),
}
