"""What the user decides by command: done, tried, snooze, merge, split, restore, acknowledge. Each is one change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.errors import UsageError
from assistant.ledger import heard
from assistant.ledger.journal import slot_subject
from assistant.model.callback import Callback, Gone, Slot, Status
from assistant.model.journal import (
    Attempted,
    BucketSet,
    CallsMoved,
    CallsTaken,
    Closed,
    ContentId,
    FaultAnswered,
    Opened,
    Outcome,
    Promised,
    Restored,
    SlotAcknowledged,
    Snoozed,
    Source,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from assistant.ledger.journal import Ledger
    from assistant.model.journal import AttemptResult, CallId, Subject
    from assistant.model.planning import Bucket


def owed(ledger: Ledger, subject: Subject) -> Callback:
    """Return a callback that is not closed.

    Raises:
        UsageError: there is none of that id, or it is closed.
    """
    callback = ledger.callback(subject)
    if callback.merged_into is not None:
        raise UsageError(f"Callback {subject} was merged into {callback.merged_into}. Use that id.")
    if callback.status == Status.CLOSED:
        raise UsageError(
            f"Callback {subject} is closed already ({callback.outcome or 'taken back'}). `ringback undo` takes the "
            "last command back."
        )
    return callback


def _note(ledger: Ledger, subject: Subject, note: str | None) -> ContentId | None:
    if not note:
        return None
    number = ledger.entry_count()
    return heard.put_text(ledger, f"note-{subject}-{number}", "note", note)


def close(ledger: Ledger, subject: Subject, outcome: Outcome, note: str | None = None) -> None:
    """Settle a debt.

    Raises:
        UsageError: it is settled already, or is abandoned without a reason.
    """
    owed(ledger, subject)
    if outcome == Outcome.ABANDONED and not note:
        raise UsageError("Giving a caller up needs a reason: ringback done ID abandoned --note 'why'")
    with ledger.change(f"done {subject} {outcome}"):
        fact = Closed(outcome=outcome, at=ledger.now(), note=_note(ledger, subject, note), source=Source.COMMAND)
        ledger.append(subject, fact)


def attempt(
    ledger: Ledger,
    subject: Subject,
    result: AttemptResult,
    next_at: datetime | None,
    note: str | None = None,
    *,
    exact: bool = False,
) -> None:
    """Log one try at calling back; `next_at` None lets the plan choose the next time, `exact` fixes it there.

    Raises:
        UsageError: it is settled already, or the next time is past.
    """
    owed(ledger, subject)
    if next_at is not None and next_at <= ledger.now():
        raise UsageError(f"{next_at:%Y-%m-%d %H:%M} is past. Name a time to come, such as 'tomorrow' or 2026-12-01")
    with ledger.change(f"tried {subject} {result}"):
        kept = _note(ledger, subject, note)
        fact = Attempted(at=ledger.now(), result=result, next_at=next_at, exact=exact, note=kept)
        ledger.append(subject, fact)


def snooze(ledger: Ledger, subject: Subject, until: datetime) -> None:
    """Let a callback wait until a time.

    Raises:
        UsageError: the time is past.
    """
    owed(ledger, subject)
    if until <= ledger.now():
        raise UsageError(f"{until:%Y-%m-%d %H:%M} is past. Name a time to come, such as 'tomorrow' or 2026-12-01")
    with ledger.change(f"snooze {subject}"):
        ledger.append(subject, Snoozed(until=until))


def promise(ledger: Ledger, subject: Subject, at: datetime) -> None:
    """Note a time that the user told the caller."""
    owed(ledger, subject)
    if at <= ledger.now():
        raise UsageError(f"{at:%Y-%m-%d %H:%M} is past. A promise is for a time to come")
    with ledger.change(f"promise {subject}"):
        ledger.append(subject, Promised(at=at))


def set_bucket(ledger: Ledger, subject: Subject, bucket: Bucket) -> None:
    """Let the user's choice of bucket stand over triage's."""
    owed(ledger, subject)
    with ledger.change(f"bucket {subject} {bucket}"):
        ledger.append(subject, BucketSet(bucket=bucket))


def merge(ledger: Ledger, target: Subject, others: Sequence[Subject]) -> None:
    """Let the calls of others count for one callback: they are the same caller.

    Raises:
        UsageError: one of them is closed, or is the target itself.
    """
    owed(ledger, target)
    for other in others:
        owed(ledger, other)
        if other == target or others.count(other) > 1:
            raise UsageError(f"Callback {other} cannot be merged with itself.")
    with ledger.change(f"merge {target} {' '.join(others)}"):
        for other in others:
            merged = ledger.callback(other)
            _move(ledger, merged, target, [link.call for link in merged.calls])
            _carry_promises(ledger, merged, target)


def _carry_promises(ledger: Ledger, source: Callback, target: Subject) -> None:
    """Let the other callback keep what its caller was told."""
    told = {promise.at for promise in ledger.callback(target).promises}
    for promise in source.promises:
        if promise.verdict is None and promise.at not in told:
            ledger.append(target, Promised(at=promise.at, source=promise.source))


def split(ledger: Ledger, subject: Subject, calls: Sequence[CallId]) -> Subject:
    """Give calls a callback of their own: they are another caller. Returns its id.

    Raises:
        UsageError: no call is named, one does not belong to the callback, or none would stay.
    """
    callback = owed(ledger, subject)
    calls = list(dict.fromkeys(calls))
    if not calls:
        raise UsageError(f"Name the calls to split off. `ringback show {subject}` lists them.")
    own = [link.call for link in callback.calls]
    wrong = [call for call in calls if call not in own]
    if wrong:
        raise UsageError(f"Callback {subject} has no call {wrong[0]}. `ringback show {subject}` lists its calls.")
    if len(calls) == len(own):
        raise UsageError(f"Callback {subject} has no other calls; there is nothing to split.")
    with ledger.change(f"split {subject}"):
        new = ledger.open_callback(Opened(previous=subject))
        _move(ledger, callback, new, calls)
    return new


def _move(ledger: Ledger, source: Callback, to: Subject, calls: Sequence[CallId]) -> None:
    taken = tuple((link.call, link.called_at, link.messages) for link in source.calls if link.call in calls)
    ledger.append(to, CallsTaken(calls=taken, source=source.id))
    ledger.append(source.id, CallsMoved(calls=tuple(calls), to=to))
    for call in calls:
        heard.move_call(ledger, call, to)


def restore(ledger: Ledger, subjects: Sequence[Subject] = ()) -> list[Subject]:
    """Let vanished holds and slots come back with the next pass: those named, or all. Returns which.

    Raises:
        UsageError: none has vanished.
    """
    states: list[Callback | Slot] = [*ledger.owed(), *ledger.slots()]
    gone = [state.id for state in states if _gone(state) is not None and (not subjects or state.id in subjects)]
    if not gone and ledger.calendar_state().question is None:
        raise UsageError("No hold or slot has vanished; there is nothing to bring back.")
    with ledger.change("restore"):
        for subject in gone:
            ledger.append(subject, Restored())
        if ledger.calendar_state().question is not None:
            ledger.append(ledger.calendar_state().id, FaultAnswered())
    return gone


def _gone(state: Callback | Slot) -> Gone | None:
    event = state.hold if isinstance(state, Callback) else state.event
    return None if event is None else event.gone


def acknowledge(ledger: Ledger, day: date | None = None) -> list[Subject]:
    """Say that lost slots are known: one day's, or all. Returns which.

    Raises:
        UsageError: no slot is lost.
    """
    wanted = None if day is None else slot_subject(day)
    lost = [slot.id for slot in ledger.slots() if slot.lost and not slot.acknowledged and wanted in {None, slot.id}]
    if not lost:
        raise UsageError("No lost slot waits to be acknowledged.")
    with ledger.change("acknowledge"):
        for subject in lost:
            ledger.append(subject, SlotAcknowledged())
    return lost
