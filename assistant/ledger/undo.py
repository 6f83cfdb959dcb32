"""Take a command back: reverse entries for all of it, or nothing. Facts of the world stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.errors import UsageError
from assistant.ledger import heard
from assistant.ledger.journal import subjects_of
from assistant.model.journal import (
    DECISIONS,
    Attempted,
    BucketSet,
    CallsTaken,
    Closed,
    Heard,
    Opened,
    Promised,
    PromiseSettled,
    Told,
    Undone,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assistant.ledger.journal import Change, Ledger
    from assistant.model.journal import AnyFact, CallId, Entry, Subject

_UNDOABLE = (*DECISIONS, Opened, BucketSet)


def undo(ledger: Ledger, number: int | None = None) -> tuple[Change, list[Subject]]:
    """Undo the newest command, or the change of that number. Returns it and the subjects it was about.

    Holds, drafts and labels follow with the next pass, since they follow from the state.

    Raises:
        UsageError: nothing to undo; a pass; a fact of the world; or a later command or call builds on it.
    """
    undone = _undone(ledger)
    change = _newest(ledger, undone) if number is None else ledger.change_by_id(number)
    entries = ledger.entries_of_change(change.id)
    reason = _why_not(ledger, change, entries, undone)
    if reason is not None:
        raise UsageError(reason)
    later = [
        entry
        for subject in subjects_of(entries)
        for entry in ledger.entries(subject)
        if entry.change > change.id and entry.seq not in undone
    ]
    _reverse(ledger, change, entries, later)
    return change, subjects_of(entries)


def _undone(ledger: Ledger) -> set[int]:
    return {seq for entry in ledger.entries() if isinstance(entry.fact, Undone) for seq in entry.fact.entries}


def _newest(ledger: Ledger, undone: set[int]) -> Change:
    for change in ledger.changes(limit=-1):
        entries = [] if change.is_pass else ledger.entries_of_change(change.id)
        if any(entry.seq not in undone and not isinstance(entry.fact, Undone) for entry in entries):
            return change
    raise UsageError("There is no command to undo. `ringback log` shows what happened.")


def _why_not(ledger: Ledger, change: Change, entries: Sequence[Entry], undone: set[int]) -> str | None:
    """Return why a change stays as it is, None when it can be taken back."""
    if change.is_pass:
        return _pass_stays(change, entries)
    if entries and all(entry.seq in undone for entry in entries):
        return f"Change {change.id} ({change.command}) is undone already."
    moved = any(isinstance(entry.fact, CallsTaken) for entry in entries)
    for entry in entries:
        # A promise that came along with calls stands again where it came from.
        if not _can_go(entry.fact) and not (moved and isinstance(entry.fact, Promised)):
            return _fact_stays(change, entry.fact)
    later = _later_decision(ledger, change, entries, undone)
    if later is not None:
        return (
            f"Change {later.change} came later and builds on {change.id} ({change.command}). "
            f"Undo that first: ringback undo {later.change}"
        )
    return _calls_stay(ledger, change, entries, undone)


def _can_go(fact: AnyFact) -> bool:
    return isinstance(fact, _UNDOABLE) or (isinstance(fact, Heard) and fact.message is None)


def _pass_stays(change: Change, entries: Sequence[Entry]) -> str:
    told = list(dict.fromkeys(text for entry in entries if (text := _told(entry)) is not None))
    said = f" In it, {'; '.join(told)}. To name another time: ringback promise ID WHEN." if told else ""
    return (
        f"Change {change.id} is a pass: what it wrote follows from what is owed.{said} Close, snooze or move the "
        "callbacks instead; the calendar follows."
    )


def _told(entry: Entry) -> str | None:
    match entry.fact:
        case Told(named_time=at) | Promised(at=at) if at is not None:
            return f"the caller of {entry.subject} was told {at:%A %d %B %H:%M %Z}; that stays so"
    return None


def _fact_stays(change: Change, fact: AnyFact) -> str:
    if isinstance(fact, Promised):
        return (
            f"Change {change.id} ({change.command}) says what the caller was told: {fact.at:%A %d %B %H:%M %Z}. That "
            "cannot be taken back. Tell them another time and note it: ringback promise ID WHEN"
        )
    return f"Change {change.id} ({change.command}) is a fact and cannot be taken back."


def _later_decision(ledger: Ledger, change: Change, entries: Sequence[Entry], undone: set[int]) -> Entry | None:
    for subject in subjects_of(entries):
        for entry in ledger.entries(subject):
            standing = entry.change > change.id and entry.seq not in undone and not isinstance(entry.fact, Undone)
            if standing and not ledger.change_by_id(entry.change).is_pass:
                return entry
    return None


def _calls_stay(ledger: Ledger, change: Change, entries: Sequence[Entry], undone: set[int]) -> str | None:
    """Return why a callback that this change opened stays: mail has told of its caller since."""
    for opened in (entry for entry in entries if isinstance(entry.fact, Opened)):
        for entry in ledger.entries(opened.subject):
            if isinstance(entry.fact, Heard) and entry.change > change.id and entry.seq not in undone:
                return (
                    f"Callback {opened.subject}, opened by change {change.id} ({change.command}), has heard of a call "
                    f"by mail since, and that call is owed. Close it instead: ringback done {opened.subject}. If it is "
                    f"another's: ringback merge ID {opened.subject}"
                )
    return None


def _reverse(ledger: Ledger, change: Change, entries: Sequence[Entry], later: Sequence[Entry]) -> None:
    with ledger.change(f"undo {change.id} ({change.command})"):
        reports = list(_reports_of_moved(entries, later))
        follow = [*_verdicts(entries, later), *(entry for entry, _ in reports)]
        for subject in subjects_of(entries):
            seqs = tuple(entry.seq for entry in (*entries, *follow) if entry.subject == subject)
            ledger.append(subject, Undone(entries=seqs))
            ledger.refold(subject)
        for entry, back in reports:
            ledger.append(back, entry.fact)
        for entry in entries:
            if isinstance(entry.fact, CallsTaken):
                for call, _, _ in entry.fact.calls:
                    heard.move_call(ledger, call, entry.fact.source)
            elif isinstance(entry.fact, Heard) and not _is_owed(ledger, entry.subject, entry.fact.call):
                heard.erase(ledger, entry.fact.call)  # else a later mail would join the call that never was


def _is_owed(ledger: Ledger, subject: Subject, call: CallId) -> bool:
    """Tell whether a callback still has a call: the command that is taken back may have added to one known before."""
    return any(link.call == call for link in ledger.callback(subject).calls)


def _verdicts(entries: Sequence[Entry], later: Sequence[Entry]) -> Iterator[Entry]:
    """Yield how passes judged promises by a call that is taken back; the next pass judges anew."""
    called = {entry.subject for entry in entries if isinstance(entry.fact, Attempted | Closed)}
    yield from (entry for entry in later if isinstance(entry.fact, PromiseSettled) and entry.subject in called)


def _reports_of_moved(entries: Sequence[Entry], later: Sequence[Entry]) -> Iterator[tuple[Entry, Subject]]:
    """Yield later reports of calls that were moved, each with the callback that its call goes back to."""
    home: dict[tuple[Subject, CallId], Subject] = {}
    for entry in entries:
        if isinstance(entry.fact, CallsTaken):
            home |= {(entry.subject, call): entry.fact.source for call, _, _ in entry.fact.calls}
    for entry in later:
        if isinstance(entry.fact, Heard) and (entry.subject, entry.fact.call) in home:
            yield entry, home[entry.subject, entry.fact.call]
