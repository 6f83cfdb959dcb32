"""A new ledger before a calendar that has events of another one: nothing may stand twice."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from assistant.errors import InvalidResponseError, LedgerError, NotFoundError
from assistant.reconcile import KEY_PREFIX, key_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.model.calendar import StoredEvent
    from assistant.pipeline.parts import Parts
    from assistant.ports import Calendar

LOOK_AHEAD = timedelta(days=60)


def refuse_strangers(parts: Parts) -> None:
    """Stop a first pass that would write everything a second time.

    Raises:
        LedgerError: the ledger is empty and the calendar has slots or holds of another ledger to come.
    """
    if parts.calendar is None or parts.ledger.last_entry():
        return
    now = parts.clock.now()
    keys = {entry.key for entry in parts.calendar.agenda(now, now + LOOK_AHEAD) if entry.key is not None}
    strangers = sorted(key for key in keys if _is_strange(parts, key))
    if strangers:
        raise LedgerError(
            f"The ledger is new, and the calendar has {len(strangers)} slots and holds of another ledger. If that "
            "ledger is in use on another machine, give this one a calendar of its own. If you have a backup of it, put "
            "it back. If it is lost: `ringback sync --take-over` removes those that are still to come and plans anew."
        )


def _is_strange(parts: Parts, key: str) -> bool:
    return key.startswith(KEY_PREFIX) and not key.startswith(key_of("", parts.style.tag))


def take_over(parts: Parts) -> int:
    """Remove the slots and holds of another ledger that are still to come; what has been stays as evidence.

    Returns:
        How many were removed.
    """
    if parts.calendar is None:
        return 0
    removed = 0
    for stored in _events(parts.calendar):
        if _is_strange(parts, stored.event.key) and stored.event.end > parts.clock.now():
            parts.calendar.delete(stored.ref)
            removed += 1
    return removed


def _events(calendar: Calendar) -> Iterator[StoredEvent]:
    """Yield every event of ours; those of the user's are none."""
    for one in calendar.changes(None).changed:
        try:
            yield calendar.get(one.ref)
        except (NotFoundError, InvalidResponseError):
            continue
