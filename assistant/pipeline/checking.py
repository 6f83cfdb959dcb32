"""Prove the promises against the calendar and the drafts as they lie there now."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from assistant.errors import NotFoundError
from assistant.ledger import check
from assistant.model.callback import DraftStatus, Status
from assistant.reconcile import key_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from assistant.model.callback import Callback
    from assistant.pipeline.parts import Parts
    from assistant.ports import Calendar


ONE_DAY = timedelta(days=1)


def faults(parts: Parts) -> list[str]:
    """Return every broken promise: of the ledger, and between the ledger and the account.

    Raises:
        ProviderError: the account cannot be read.
    """
    return [*check.faults(parts.ledger), *_holds(parts), *_strangers(parts), *_drafts(parts)]


def _holds(parts: Parts) -> Iterator[str]:
    """Yield owed callbacks without exactly one hold that has not ended, or a stated reason (promise 3)."""
    if parts.calendar is None:
        return
    now = parts.clock.now()
    for callback in parts.ledger.owed():
        fault = _hold_fault(parts.calendar, callback, now)
        if fault is not None:
            yield f"callback {callback.id}: {fault}"


def _hold_fault(calendar: Calendar, callback: Callback, now: datetime) -> str | None:
    hold = callback.hold
    if hold is None or hold.gone is not None:
        return None if callback.no_hold else "it has neither a hold nor a stated reason"
    if hold.end <= now and callback.no_hold is None:
        return f"its hold ended at {hold.end:%Y-%m-%d %H:%M %Z}. Run: ringback sync"
    try:
        calendar.get(hold.ref.ref)
    except NotFoundError:
        return "its hold is no longer on the calendar. Run: ringback sync"
    return None


def _strangers(parts: Parts) -> Iterator[str]:
    """Yield events that carry our key and that the ledger does not know: doubles."""
    if parts.calendar is None:
        return
    now = parts.clock.now()
    entries = parts.calendar.agenda(now, now + (parts.timetable.horizon_days + 1) * ONE_DAY)
    subjects = [*(one.id for one in parts.ledger.callbacks()), *(one.id for one in parts.ledger.slots())]
    known = {key_of(subject, parts.style.tag) for subject in subjects}
    seen: dict[str, int] = {}
    for entry in entries:
        if entry.key is not None:
            seen[entry.key] = seen.get(entry.key, 0) + 1
    for key, count in sorted(seen.items()):
        if key not in known:
            yield f"the calendar has an event {key} that the ledger does not know"
        elif count > 1:
            yield f"the calendar has {count} events for {key}"


def _drafts(parts: Parts) -> Iterator[str]:
    """Yield drafts that the ledger believes to stand and that are not there, and keys that lie there twice."""
    for name, account in parts.accounts.items():
        if account.drafts is None:
            continue
        keys = [draft.key for draft in account.drafts.list() if draft.key is not None]
        yield from (f"{name}: {keys.count(key)} drafts have the key {key}" for key in set(keys) if keys.count(key) > 1)
        for callback in parts.ledger.callbacks(Status.OPEN, Status.WAITING):
            for draft in callback.drafts:
                if draft.account == name and draft.status == DraftStatus.STANDING and draft.key not in keys:
                    yield f"callback {callback.id}: its draft {draft.purpose} is gone. Run: ringback sync"
