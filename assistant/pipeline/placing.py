"""Holds: the event of each call, and the ticked evidence of calls made."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from assistant import reconcile
from assistant.ledger import heard
from assistant.model.calendar import EventStatus
from assistant.model.callback import Status
from assistant.model.journal import Planned
from assistant.pipeline import speech
from assistant.pipeline.drafting import is_offered, sms_text
from assistant.pipeline.people import person
from assistant.reconcile import Wanted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from assistant.model.callback import Callback, Placed
    from assistant.model.journal import Subject
    from assistant.model.operation import AnyOperation
    from assistant.model.planning import PlannedHold
    from assistant.pipeline.matter import Matter
    from assistant.pipeline.parts import Parts

PROMISE_REMINDER = timedelta(minutes=5)
SHORTEST = timedelta(minutes=5)


def hold_operations(
    parts: Parts, holds: Mapping[str, PlannedHold], matters: Mapping[Subject, Matter]
) -> Iterator[AnyOperation]:
    """Yield what makes each owed callback's hold stand where the plan says, or removes one that may not stand."""
    for subject, matter in matters.items():
        planned = holds.get(subject)
        if planned is None:
            stale = reconcile.delete_event(subject, matter.callback.hold, matter.callback.no_hold or "no room")
            if stale is not None:
                yield stale
            continue
        told = replace(planned, why=(*planned.why, *matter.side.told(planned.start)))
        planned = replace(planned, why=_why(matter.callback, told))
        _note(parts, matter.callback, planned)
        operation = reconcile.put_event(
            subject,
            matter.callback.hold,
            matter.callback.generation,
            _wanted(parts, matter, planned),
            parts.style,
            parts.digest,
        )
        if operation is not None:
            yield operation


def _why(callback: Callback, planned: PlannedHold) -> tuple[str, ...]:
    """Return why the call has this time: a hold that stays keeps the reasons for which it was put there."""
    hold, promise = callback.hold, callback.promise
    if promise is not None and promise.at == planned.start:
        return ("you promised this time",)
    if hold is None or hold.start != planned.start:
        return planned.why
    if hold.pinned:
        return ("you moved it here",)
    return callback.planned_why if callback.in_slot == planned.in_slot and callback.planned_why else planned.why


def _note(parts: Parts, callback: Callback, planned: PlannedHold) -> None:
    hold = callback.hold
    stands = hold is not None and hold.start == planned.start and callback.in_slot == planned.in_slot
    if not stands or callback.planned_why != planned.why:
        fact = Planned(start=planned.start, end=planned.end, in_slot=planned.in_slot, why=planned.why)
        parts.ledger.append(callback.id, fact)


def _wanted(parts: Parts, matter: Matter, planned: PlannedHold) -> Wanted:
    callback = matter.callback
    start, end = _times(callback.hold, planned)
    facts = speech.hold_facts(parts, callback, matter.calls, matter.person, start, planned.why)
    text = speech.hold_text(parts, callback, replace(facts, sms_text=sms_text(parts, matter, planned)))
    return Wanted(
        start=start,
        end=end,
        summary=text.summary,
        description=text.description,
        location=text.location,
        why="; ".join(planned.why),
        opaque=not planned.in_slot,
        status=EventStatus.TENTATIVE if is_offered(parts, matter, planned) else EventStatus.CONFIRMED,
        reminders=(PROMISE_REMINDER,) if callback.promise is not None else (),
    )


def _times(hold: Placed | None, planned: PlannedHold) -> tuple[datetime, datetime]:
    """Return the planned times; a hold that the user moved keeps the length that the user gave it."""
    if hold is not None and hold.gone is None and hold.pinned and hold.start == planned.start:
        return hold.start, hold.end
    return planned.start, planned.end


def settled_operations(parts: Parts) -> Iterator[AnyOperation]:
    """Yield what ticks the holds of calls that were made, and removes those of calls that need not be made."""
    for callback in parts.ledger.callbacks(Status.CLOSED):
        hold = callback.hold
        if hold is None or reconcile.is_settled(callback):
            continue
        users_own = hold.edited and callback.outcome is not None
        if users_own or reconcile.keeps_evidence(callback, parts.clock.now()):
            operation: AnyOperation | None = _evidence(parts, callback, hold)
        else:
            operation = reconcile.delete_event(callback.id, hold, f"closed: {callback.outcome or 'taken back'}")
        if operation is not None:
            yield operation


def _evidence(parts: Parts, callback: Callback, hold: Placed) -> AnyOperation | None:
    calls = heard.calls_of(parts.ledger, callback.id)
    now = parts.clock.now()
    called = reconcile.keeps_evidence(callback, now)
    start, end = real_time(hold, callback.closed_at or now) if called else (hold.start, hold.end)
    facts = speech.hold_facts(parts, callback, calls, person(parts, callback, calls), start, callback.planned_why)
    text = speech.hold_text(parts, callback, facts)
    wanted = Wanted(
        start=start,
        end=end,
        summary=text.summary,
        description=text.description,
        location=text.location,
        why=f"closed: {callback.outcome}",
        done=True,
    )
    return reconcile.put_event(callback.id, hold, callback.generation, wanted, parts.style, parts.digest)


def real_time(hold: Placed, closed_at: datetime) -> tuple[datetime, datetime]:
    """Return when the call took place: up to the moment it was closed, in whole minutes.

    Closed within the hold, it began with it; closed before, it is moved to where it was made; closed later, nobody
    knows, and the hold's own times stay.
    """
    closed_at = closed_at.replace(second=0, microsecond=0)
    if closed_at > hold.end:
        return hold.start, hold.end
    if closed_at >= hold.start:
        return hold.start, max(closed_at, hold.start + SHORTEST)
    return closed_at - (hold.end - hold.start), closed_at
