"""From the ledger to the views."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import msgspec

from assistant.cli import callers
from assistant.cli.views import HoldView, Item, MessageView, QuestionView
from assistant.ledger import heard
from assistant.ledger.fold import SLOT_PREFIX
from assistant.model.callback import Callback, Gone, Status
from assistant.model.journal import ContentId

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from assistant.ledger.journal import Ledger
    from assistant.model.callback import Slot
    from assistant.model.heard import KnownCall, Message

_FEW = 40
"""Up to so many callbacks, asking for the calls of each is quicker than reading all calls."""


def items(ledger: Ledger, callbacks: Sequence[Callback]) -> list[Item]:
    """Return callbacks as the views show them, in the same order."""
    if len(callbacks) <= _FEW:
        return [item(ledger, one, heard.calls_of(ledger, one.id)) for one in callbacks]
    calls = heard.calls_with_status(ledger, *{one.status for one in callbacks})
    return [item(ledger, one, calls.get(one.id, [])) for one in callbacks]


def item(ledger: Ledger, callback: Callback, calls: Sequence[KnownCall]) -> Item:
    """Return one callback as the views show it."""
    return Item(
        id=callback.id,
        status=callback.status,
        caller=callers.who(calls),
        bucket=callback.bucket_set or (callback.rank.bucket if callback.rank else None),
        due=callback.rank.due if callback.rank else None,
        overdue=is_overdue(ledger, callback),
        waiting_since=callback.waiting_since,
        calls=len(callback.calls),
        attempts=len(callback.attempts),
        hold=hold_of(callback),
        promised_at=callback.promise.at if callback.promise else None,
        no_hold=callback.no_hold if callback.status != Status.CLOSED else None,
        until=callback.until,
        outcome=callback.outcome,
        closed_at=callback.closed_at,
        merged_into=callback.merged_into,
    )


def is_overdue(ledger: Ledger, callback: Callback) -> bool:
    """Tell whether an open callback is past its deadline; one that waits until a date is not."""
    return callback.status == Status.OPEN and callback.rank is not None and callback.rank.due < ledger.now()


def hold_of(callback: Callback) -> HoldView | None:
    """Return the hold that stands on the calendar, None when there is none."""
    hold = callback.hold
    if hold is None or hold.gone is not None:
        return None
    return HoldView(start=hold.start, end=hold.end, in_slot=callback.in_slot, pinned=hold.pinned, done=hold.done)


def reasons(ledger: Ledger, callback: Callback) -> tuple[str, ...]:
    """Return why triage put a callback into its bucket; empty before the first pass and once erased."""
    text = heard.text(ledger, ContentId(f"reasons-{callback.id}"))
    return () if text is None else msgspec.json.decode(text, type=tuple[str, ...])


def message(ledger: Ledger, found: Message) -> MessageView:
    """Return a mail with the heads that were kept of it."""
    envelope = heard.envelope(ledger, found.id)
    return MessageView(
        id=found.id,
        mailbox=found.mailbox,
        ref=found.ref,
        received_at=found.received_at,
        sender=envelope.sender,
        subject=envelope.subject,
        vendor=found.vendor,
        trust=found.trust,
        reason=found.reason,
        gone=found.gone,
    )


def questions(ledger: Ledger, owed: Iterable[Callback], slots: Iterable[Slot], today: date) -> Iterator[QuestionView]:
    """Yield what only the user can answer: a fault of the calendar, deleted holds, slots that are lost or deleted."""
    fault = ledger.calendar_state().question
    if fault is not None:
        yield QuestionView(kind="fault", id=None, date=None, text=fault, answers=("ringback restore",))
    for callback in owed:
        if callback.hold is not None and callback.hold.gone == Gone.BY_USER:
            yield _deleted(callback)
    for slot in slots:
        if slot.lost and not slot.acknowledged and slot.id[len(SLOT_PREFIX) :] >= today.isoformat():
            yield _lost(slot, slot.lost)


def _deleted(callback: Callback) -> QuestionView:
    return QuestionView(
        kind="hold_deleted",
        id=callback.id,
        date=None,
        text=f"You deleted the hold of callback {callback.id}. Is the call settled?",
        answers=(f"ringback done {callback.id}", f"ringback restore {callback.id}"),
    )


def _lost(slot: Slot, why: str) -> QuestionView:
    day = day_of(slot)
    return QuestionView(
        kind="slot_lost",
        id=None,
        date=day,
        text=f"There is no call slot on {day:%a} {day.day} {day:%b}: {why}",
        answers=(f"ringback acknowledge {day}",),
    )


def day_of(slot: Slot) -> date:
    """Return the day of a slot."""
    return date.fromisoformat(slot.id.removeprefix(SLOT_PREFIX)[:10])
