"""Prove the ledger's promises from the database alone; `pipeline.checking` adds the calendar and the drafts."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from assistant.ledger.fold import fold
from assistant.model.callback import Callback, DraftStatus, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.ledger.journal import Ledger
    from assistant.model.journal import Entry, Subject


def faults(ledger: Ledger) -> list[str]:
    """Return every way in which the ledger is out of balance, none when it is right."""
    return [*_state_is_fold(ledger), *_messages(ledger), *_callbacks(ledger)]


def _state_is_fold(ledger: Ledger) -> Iterator[str]:
    """Yield subjects whose stored state is not what their entries say."""
    by_subject: dict[Subject, list[Entry]] = {}
    for entry in ledger.entries():
        by_subject.setdefault(entry.subject, []).append(entry)
    for subject, entries in by_subject.items():
        if fold(entries) != ledger.state(subject):
            yield f"the state of {subject} is not what its {len(entries)} entries say"


def _messages(ledger: Ledger) -> Iterator[str]:
    """Yield messages that are not accounted for (promise 1): a call in no callback, or in two."""
    for row in ledger.rows("calls_without_report"):
        yield f"message {row[0]} is a call and none of its calls is in a callback"
    owner = Counter(link.call for callback in ledger.callbacks() for link in callback.calls)
    stored = {row["id"]: row["subject"] for row in ledger.rows("call_content_ids")}
    reported = {row["call"] for row in ledger.rows("reports")}
    for call in sorted(reported - owner.keys()):
        yield f"{call} is in no callback"
    yield from (f"{call} is in {count} callbacks" for call, count in sorted(owner.items()) if count > 1)
    for callback in ledger.callbacks():
        for link in callback.calls:
            if stored.get(link.call, callback.id) != callback.id:
                yield f"{link.call} is listed under {stored[link.call]} and belongs to {callback.id}"


def _callbacks(ledger: Ledger) -> Iterator[str]:
    """Yield callbacks that break promises 2 and 4; time passing closes nothing, so a closed one has an outcome."""
    for callback in ledger.callbacks():
        if callback.status == Status.CLOSED and not (callback.outcome or callback.merged_into or callback.withdrawn):
            yield f"callback {callback.id} is closed without an outcome"
        if callback.status == Status.WAITING and callback.until is None:
            yield f"callback {callback.id} waits, and nobody said until when"
        yield from _drafts(callback)


def _drafts(callback: Callback) -> Iterator[str]:
    purposes = Counter(draft.purpose for draft in callback.drafts)
    yield from (f"callback {callback.id} has {n} drafts for {one}" for one, n in purposes.items() if n > 1)
    hold = callback.hold
    for draft in callback.drafts:
        if draft.status != DraftStatus.STANDING or draft.named_time is None:
            continue
        if hold is None or hold.gone is not None or hold.start != draft.named_time:
            yield f"callback {callback.id}: the draft {draft.purpose} names a time at which no hold stands"


def overdue(ledger: Ledger) -> list[Callback]:
    """Return the owed callbacks that are past their deadline, or whose promise was missed."""
    now = ledger.now()
    return [one for one in ledger.owed() if one.rank is not None and one.rank.due < now and one.status == Status.OPEN]
