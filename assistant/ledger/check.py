"""Prove the ledger's promises from the database alone; `pipeline.checking` adds the calendar and the drafts."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from assistant.ledger.fold import fold
from assistant.ledger.journal import type_of
from assistant.model.callback import Callback, DraftStatus, Status
from assistant.model.journal import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.ledger.journal import Ledger
    from assistant.model.journal import Entry, Subject


def faults(ledger: Ledger) -> list[str]:
    """Return every way in which the ledger is out of balance, none when it is right."""
    return [*_state_is_fold(ledger), *_messages(ledger), *_calls(ledger), *_callbacks(ledger)]


def _state_is_fold(ledger: Ledger) -> Iterator[str]:
    """Yield subjects whose stored state is not what their entries say."""
    by_subject: dict[Subject, list[Entry]] = {}
    for entry in ledger.entries():
        by_subject.setdefault(entry.subject, []).append(entry)
    rows = {row["subject"]: (row["type"], row["status"]) for row in ledger.rows("states")}
    yield from (f"the state of {subject} has no entries" for subject in sorted(rows.keys() - by_subject.keys()))
    for subject, entries in by_subject.items():
        state = fold(entries)
        status = state.status if isinstance(state, Callback) else None
        if state != ledger.state(subject) or rows.get(subject) != (type_of(subject), status):
            yield f"the state of {subject} is not what its {len(entries)} entries say"


def _messages(ledger: Ledger) -> Iterator[str]:
    """Yield messages that are not accounted for (promise 1), and reports that journal and table do not both know."""
    for row in ledger.rows("calls_without_report"):
        yield f"message {row[0]} is a call and none of its calls is in a callback"
    for row in ledger.rows("reports_without_message"):
        yield f"message {row[0]} reports {row[1]} and is not accounted for"
    reported = {(row["message"], row["call"]) for row in ledger.rows("reports")}
    links = [link for callback in ledger.callbacks() for link in callback.calls]
    linked = {(message, link.call) for link in links for message in link.messages}
    for message, call in sorted(reported ^ linked):
        where = "the journal" if (message, call) in linked else "the table of reports"
        yield f"only {where} knows that message {message} reports {call}"


def _calls(ledger: Ledger) -> Iterator[str]:
    """Yield calls that are not in exactly one callback (promise 1)."""
    owner = Counter(link.call for callback in ledger.callbacks() for link in callback.calls)
    stored = {row["id"]: row["subject"] for row in ledger.rows("call_content_ids")}
    reported = {row["call"] for row in ledger.rows("reports")}
    for call in sorted((reported | stored.keys()) - owner.keys()):
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
        if callback.withdrawn and callback.calls:
            yield f"callback {callback.id} was taken back and still has calls that nobody is owed"
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
    """Return the owed callbacks that are past their deadline or whose promise was missed; a waiting one once it may."""
    now = ledger.now()
    ready = [one for one in ledger.owed() if one.status == Status.OPEN or one.until is None or one.until <= now]
    return [one for one in ready if (one.rank is not None and one.rank.due < now) or _missed(one)]


def _missed(callback: Callback) -> bool:
    return any(promise.verdict == Verdict.MISSED for promise in callback.promises)
