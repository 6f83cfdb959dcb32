"""Take a command back: reverse entries for all of it, or nothing. Facts of the world stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.errors import UsageError
from assistant.ledger import heard
from assistant.ledger.journal import subjects_of
from assistant.model.journal import DECISIONS, BucketSet, CallsTaken, Heard, Opened, Promised, Told, Undone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.ledger.journal import Change, Ledger
    from assistant.model.journal import AnyFact, Entry, Subject

_UNDOABLE = (*DECISIONS, Opened, BucketSet)


def undo(ledger: Ledger, number: int | None = None) -> tuple[Change, list[Subject]]:
    """Undo the newest command, or the change of that number. Returns it and the subjects it was about.

    Holds, drafts and labels follow with the next pass, since they follow from the state.

    Raises:
        UsageError: nothing to undo; a pass; a fact of the world; or a later command builds on it.
    """
    undone = _undone(ledger)
    change = _newest(ledger, undone) if number is None else ledger.change_by_id(number)
    entries = ledger.entries_of_change(change.id)
    if change.is_pass:
        raise UsageError(_pass_stays(change, entries))
    if entries and all(entry.seq in undone for entry in entries):
        raise UsageError(f"Change {change.id} ({change.command}) is undone already.")
    for entry in entries:
        if not _can_go(entry.fact):
            raise UsageError(_fact_stays(change, entry.fact))
    later = _later_decision(ledger, change, entries, undone)
    if later is not None:
        raise UsageError(
            f"Change {later.change} came later and builds on {change.id} ({change.command}). "
            f"Undo that first: ringback undo {later.change}"
        )
    _reverse(ledger, change, entries)
    return change, subjects_of(entries)


def _undone(ledger: Ledger) -> set[int]:
    return {seq for entry in ledger.entries() if isinstance(entry.fact, Undone) for seq in entry.fact.entries}


def _newest(ledger: Ledger, undone: set[int]) -> Change:
    for change in ledger.changes(limit=1000):
        entries = [] if change.is_pass else ledger.entries_of_change(change.id)
        if any(entry.seq not in undone and not isinstance(entry.fact, Undone) for entry in entries):
            return change
    raise UsageError("There is no command to undo. `ringback log` shows what happened.")


def _can_go(fact: AnyFact) -> bool:
    return isinstance(fact, _UNDOABLE) or (isinstance(fact, Heard) and fact.message is None)


def _pass_stays(change: Change, entries: Sequence[Entry]) -> str:
    told = sorted({entry.subject for entry in entries if isinstance(entry.fact, Told)})
    said = f" In it, the callers of {', '.join(told)} were told a time; that stays so." if told else ""
    return (
        f"Change {change.id} is a pass: what it wrote follows from what is owed.{said} Close, snooze or move the "
        "callbacks instead; the calendar follows."
    )


def _fact_stays(change: Change, fact: AnyFact) -> str:
    if isinstance(fact, Promised):
        return (
            f"Change {change.id} ({change.command}) says what the caller was told: {fact.at:%A %d %B %H:%M %Z}. That "
            "cannot be taken back. Tell them another time and note it: ringback promise ID WHEN"
        )
    return f"Change {change.id} ({change.command}) is a fact and cannot be taken back."


def _later_decision(ledger: Ledger, change: Change, entries: Sequence[Entry], undone: set[int]) -> Entry | None:
    passes = {one.id for one in ledger.changes(limit=1000) if one.is_pass}
    for subject in subjects_of(entries):
        for entry in ledger.entries(subject):
            standing = entry.change > change.id and entry.seq not in undone and entry.change not in passes
            if standing and not isinstance(entry.fact, Undone):
                return entry
    return None


def _reverse(ledger: Ledger, change: Change, entries: Sequence[Entry]) -> None:
    with ledger.change(f"undo {change.id} ({change.command})"):
        for subject in subjects_of(entries):
            ledger.append(subject, Undone(entries=tuple(entry.seq for entry in entries if entry.subject == subject)))
            ledger.refold(subject)
        for entry in entries:
            if isinstance(entry.fact, CallsTaken):
                for call, _, _ in entry.fact.calls:
                    heard.move_call(ledger, call, entry.fact.source)
