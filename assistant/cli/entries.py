"""Entries of the journal in words, one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistant.cli.views import ChangeView, EntryView
from assistant.ledger import heard
from assistant.model import journal
from assistant.standards.plain import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from assistant.cli.times import Times
    from assistant.ledger.journal import Change, Ledger
    from assistant.model.journal import Entry

_NOTE = 200


def change(
    ledger: Ledger, found: Change, entries: Collection[Entry], undone: Collection[int], times: Times
) -> ChangeView:
    """Return a change with these entries of it; `undone` are the numbers of entries that no longer count."""
    return ChangeView(
        id=found.id,
        at=found.at,
        command=found.command,
        is_pass=found.is_pass,
        undone=bool(entries) and all(entry.seq in undone for entry in entries),
        entries=tuple(_entry(ledger, entry, times) for entry in entries),
    )


def undone(ledger: Ledger) -> set[int]:
    """Return the numbers of all entries that were taken back."""
    taken = (entry.fact for entry in ledger.entries() if isinstance(entry.fact, journal.Undone))
    return {seq for fact in taken for seq in fact.entries}


def _entry(ledger: Ledger, entry: Entry, times: Times) -> EntryView:
    kind = str(entry.fact.__struct_config__.tag)
    text = _WORDS[type(entry.fact)](entry.fact, times)
    note = heard.text(ledger, getattr(entry.fact, "note", None))
    if note:
        text += f" ({one_line(note, _NOTE)})"
    return EntryView(seq=entry.seq, subject=entry.subject, kind=kind, text=text)


def _plain(text: str) -> str:
    return text.replace("_", " ")


def _opened(fact: journal.Opened, _times: Times) -> str:
    how = "you added it" if fact.added else "a new callback"
    return f"{how}, after callback {fact.previous} of the same caller" if fact.previous else how


def _ranked(fact: journal.Ranked, times: Times) -> str:
    return f"to be called: {_plain(fact.bucket)}, by {times.moment(fact.due)}, {fact.minutes} minutes"


def _planned(fact: journal.Planned, times: Times) -> str:
    place = "in the slot" if fact.in_slot else "outside the slot"
    return f"planned for {times.span(fact.start, fact.end)} {place}: {'; '.join(fact.why)}"


def _attempted(fact: journal.Attempted, times: Times) -> str:
    following = f"next try {times.moment(fact.next_at)}" if fact.next_at else "next try when the plan has room"
    return f"tried {times.moment(fact.at)}: {_plain(fact.result)}; {following}{_by(fact.source)}"


def _told(fact: journal.Told, times: Times) -> str:
    named = f", for {times.moment(fact.named_time)}" if fact.named_time else ""
    return f"you sent the draft ({_plain(fact.purpose)}){named}"


def _draft_written(fact: journal.DraftWritten, times: Times) -> str:
    named = f", naming {times.moment(fact.named_time)}" if fact.named_time else ""
    return f"draft written: {_plain(fact.purpose)}{named}"


def _gone(fact: journal.EventGone, _times: Times) -> str:
    return "its event vanished with others; you were asked" if fact.fault else "you deleted its event"


def _by(source: journal.Source) -> str:
    places = {"calendar": "on the calendar", "label": "with a label", "sent": "in sent mail", "rule": "by rule"}
    return f" ({places[source]})" if source in places else ""


_WORDS: dict[type, Callable[[Any, Times], str]] = {
    journal.Opened: _opened,
    journal.Heard: lambda fact, times: (
        f"called {times.moment(fact.called_at)}" + ("" if fact.message else " (noted by you)")
    ),
    journal.CallsMoved: lambda fact, _: f"{len(fact.calls)} of its calls went to callback {fact.to}",
    journal.CallsTaken: lambda fact, _: f"{len(fact.calls)} calls came from callback {fact.source}",
    journal.Ranked: _ranked,
    journal.BucketSet: lambda fact, _: f"you chose the bucket {_plain(fact.bucket)}",
    journal.Planned: _planned,
    journal.Unplannable: lambda fact, _: f"no hold: {fact.why}",
    journal.EventWritten: lambda fact, times: (
        f"event {'ticked' if fact.done else 'written'}: " + times.span(fact.start, fact.end)
    ),
    journal.EventSeen: lambda _fact, _: "event saved again, unchanged",
    journal.EventMoved: lambda fact, times: f"you moved its event to {times.span(fact.start, fact.end)}",
    journal.EventEdited: lambda _fact, _: "you changed the title of its event",
    journal.EventGone: _gone,
    journal.EventRemoved: lambda _fact, _: "event removed",
    journal.Restored: lambda _fact, _: "you want its event back",
    journal.SlotLost: lambda fact, _: f"no room for a slot: {fact.why}",
    journal.SlotAcknowledged: lambda _fact, _: "you know that the slot is lost",
    journal.DraftWritten: _draft_written,
    journal.DraftSeen: lambda fact, _: f"draft saved again, unchanged: {_plain(fact.purpose)}",
    journal.DraftEdited: lambda fact, _: f"you edited the draft: {_plain(fact.purpose)}",
    journal.DraftMissing: lambda fact, _: f"draft not found: {_plain(fact.purpose)}",
    journal.DraftDropped: lambda fact, _: f"you threw the draft away: {_plain(fact.purpose)}",
    journal.DraftRemoved: lambda fact, _: f"draft removed: {_plain(fact.purpose)}",
    journal.Told: _told,
    journal.Promised: lambda fact, times: f"you promised {times.moment(fact.at)}{_by(fact.source)}",
    journal.PromiseSettled: lambda fact, times: f"promise for {times.moment(fact.at)}: {fact.verdict}",
    journal.Attempted: _attempted,
    journal.Snoozed: lambda fact, times: f"waits until {times.moment(fact.until)}{_by(fact.source)}",
    journal.Closed: lambda fact, _: f"closed: {_plain(fact.outcome)}{_by(fact.source)}",
    journal.Reopened: lambda fact, _: f"owed again: {fact.why}",
    journal.FaultAsked: lambda fact, _: f"you were asked: {fact.what}",
    journal.FaultAnswered: lambda _fact, _: "you answered the question about the calendar",
    journal.Undone: lambda fact, _: f"entries taken back: {', '.join(map(str, fact.entries))}",
}
