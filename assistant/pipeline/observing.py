"""Read what the user did on the calendar and with labels since the last pass."""

from __future__ import annotations

from datetime import time, timedelta
from typing import TYPE_CHECKING, NamedTuple

from assistant import outcome
from assistant.errors import CursorExpiredError, InvalidResponseError, NotFoundError, UsageError
from assistant.ledger import heard
from assistant.ledger.fold import CALENDAR
from assistant.model.callback import Callback, Gone, Placed, Status
from assistant.model.heard import Disposition
from assistant.model.journal import (
    Attempted,
    EventEdited,
    EventGone,
    EventMoved,
    EventSeen,
    FaultAnswered,
    FaultAsked,
    Restored,
    Snoozed,
    Source,
    Subject,
)
from assistant.model.mailbox import Cursor, Label
from assistant.pipeline import daysoff
from assistant.pipeline.binning import accept, dismiss
from assistant.plan.pose import next_working_start
from assistant.reconcile import is_settled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from assistant.model.calendar import CalendarChanges, StoredEvent
    from assistant.model.heard import Message
    from assistant.model.journal import AnyFact, MessageId
    from assistant.pipeline.parts import Parts, Report
    from assistant.ports import Calendar

CALENDAR_SOURCE = "calendar"
"""Name of the calendar's cursor in the ledger."""
SEEN = "calendar seen"
"""Mark: the newest entry when that cursor was read."""

WATCH_TICKED = timedelta(days=14)


class _Ours(NamedTuple):
    subject: Subject
    placed: Placed
    callback: Callback | None


def observe_calendar(parts: Parts, calendar: Calendar, report: Report) -> Cursor:
    """Bring the user's edits of our events into the ledger.

    Returns:
        The cursor to store once the pass has applied everything.

    Raises:
        NotFoundError: the calendar is missing; the user is asked once, and nothing is concluded.
    """
    changes, resync = _changes(parts, calendar)
    ours = {one.placed.ref.ref: one for one in _ours(parts)}
    stood = {ref: one for ref, one in ours.items() if one.placed.gone is None}
    changed = {one.ref: one.etag for one in changes.changed}
    gone = [one for ref, one in stood.items() if (ref not in changed if resync else ref in changes.removed)]
    if not resync:
        gone += _came_and_went(parts, calendar, [one for ref, one in stood.items() if ref not in changed], gone)
    for ref in sorted(changed.keys() & ours.keys()):
        placed = ours[ref].placed
        if changed[ref] == placed.ref.etag and placed.gone is None:
            continue  # what we wrote ourselves
        try:
            _note(parts, ours[ref], calendar.get(ref), report)
        except NotFoundError:
            gone += [stood[ref]] if ref in stood else []
        except InvalidResponseError as error:
            report.problems.append(str(error))
    _note_gone(parts, gone, report, resync=resync)
    return changes.cursor


def _came_and_went(parts: Parts, calendar: Calendar, quiet: list[_Ours], gone: list[_Ours]) -> Iterator[_Ours]:
    """Yield events that were written and deleted between two cursors: no list of changes need name them."""
    written = parts.ledger.events_written_since(int(parts.ledger.mark(SEEN) or 0))
    for one in quiet:
        if one.subject in written and one not in gone:
            try:
                calendar.get(one.placed.ref.ref)
            except NotFoundError:
                yield one
            except InvalidResponseError:
                continue


def _changes(parts: Parts, calendar: Calendar) -> tuple[CalendarChanges, bool]:
    stored = parts.ledger.cursor(CALENDAR_SOURCE)
    try:
        if stored is not None:
            try:
                return calendar.changes(Cursor(stored)), False
            except CursorExpiredError:
                pass
        return calendar.changes(None), True
    except NotFoundError:
        _ask(parts, f"The calendar of account {parts.calendar_name} is missing. Nothing was concluded from that.", 0)
        raise


def answer_question(parts: Parts) -> None:
    """Take a question back once the calendar itself has answered it: it is there, and nothing is missing from it."""
    if parts.ledger.calendar_state().question is None:
        return
    events = [one.hold for one in parts.ledger.owed()] + [one.event for one in parts.ledger.slots()]
    if not any(event is not None and event.gone == Gone.BY_FAULT for event in events):
        parts.ledger.append(CALENDAR, FaultAnswered())


def forget_lost(parts: Parts, calendar: Calendar) -> None:
    """Let go of holds that ended, went while nobody watched them, and are needed again: their calls get new ones.

    A call owed again long after it was closed had its hold on the calendar as evidence, and that may be deleted.
    """
    now = parts.clock.now()
    for callback in parts.ledger.owed():
        hold = callback.hold
        if hold is not None and hold.gone is None and (hold.done or hold.end <= now):
            try:
                calendar.get(hold.ref.ref)
            except NotFoundError:
                parts.ledger.append(callback.id, EventGone(), Restored())
            except InvalidResponseError as error:
                parts.problems.append(str(error))


def _ask(parts: Parts, question: str, count: int) -> None:
    if parts.ledger.calendar_state().question != question:
        parts.ledger.append(CALENDAR, FaultAsked(what=question, count=count))


def _ours(parts: Parts) -> Iterable[_Ours]:
    """Yield the events in which an edit of the user's means something: holds, and slots to come.

    The ticked hold of a closed callback is watched for some days: its tick may be taken out again. One that is not
    ticked yet is watched until it is.
    """
    now = parts.clock.now()
    for callback in parts.ledger.callbacks():
        hold = callback.hold
        if hold is not None and (hold.end > now - WATCH_TICKED or not is_settled(callback)):
            yield _Ours(callback.id, hold, callback)
    for slot in parts.ledger.slots():
        if slot.event is not None and slot.event.end > now:
            yield _Ours(slot.id, slot.event, None)


def _note(parts: Parts, one: _Ours, seen: StoredEvent, report: Report) -> None:
    facts = list(outcome.read_event(one.placed, seen, parts.digest))
    if one.placed.gone is not None:
        facts.insert(0, EventSeen(ref=seen.ref))
    if one.callback is not None and any(isinstance(fact, EventEdited) for fact in facts):
        said = outcome.read_title(one.callback, seen.event.summary, parts.signs, parts.clock.now(), later(parts))
        if any(isinstance(fact, Attempted | Snoozed) for fact in said):
            facts = list(_with_sign(parts, one.placed, seen, facts))
        facts.extend(said)
    if one.callback is not None and any(isinstance(fact, EventMoved) for fact in facts) and _is_whole_days(parts, seen):
        eve = seen.event.start - timedelta(days=1)
        until = next_working_start(daysoff.kept(parts.ledger, parts.timetable, eve), eve)
        facts.append(Snoozed(until=until, source=Source.CALENDAR))
    if facts:
        parts.ledger.append(one.subject, *facts)
    report.observed += sum(not isinstance(fact, EventSeen) or fact.title is not None for fact in facts)


def _is_whole_days(parts: Parts, seen: StoredEvent) -> bool:
    """Tell whether the user dragged an event to where a calendar shows whole days: that names a day and no time."""
    start, end = (moment.astimezone(parts.zone) for moment in (seen.event.start, seen.event.end))
    return start.time() == end.time() == time() and start.date() < end.date()


def _with_sign(parts: Parts, placed: Placed, seen: StoredEvent, facts: Iterable[AnyFact]) -> Iterator[AnyFact]:
    """Yield facts with the title taken for a sign: it is read once and then goes. Words beside it are the user's."""
    rest = parts.digest(outcome.without_sign(seen.event.summary, parts.signs))
    yield from (fact for fact in facts if not isinstance(fact, EventEdited) or rest != placed.title)
    yield EventSeen(ref=seen.ref, title=parts.digest(seen.event.summary))


def later(parts: Parts) -> Callable[[], datetime]:
    """Return what gives the time that "later" means: the next working day."""

    def next_day() -> datetime:
        now = parts.clock.now()
        return next_working_start(daysoff.kept(parts.ledger, parts.timetable, now), now)

    return next_day


def _note_gone(parts: Parts, gone: list[_Ours], report: Report, *, resync: bool) -> None:
    holds = [one for one in gone if one.callback is not None and one.callback.status != Status.CLOSED]
    fact = outcome.read_absence(len(holds), resync=resync)
    with parts.ledger.transaction():
        for one in gone:
            parts.ledger.append(one.subject, fact)
        if gone and fact.fault:
            what = f"{len(gone)} slots and holds vanished at once"
            _ask(parts, f"{what}. Nobody was closed. Bring them back: ringback restore", len(gone))
    report.observed += len(gone)


def observe_labels(
    parts: Parts,
    labelled: Iterable[tuple[Message, Label, bool]],
    pending: Mapping[MessageId, Label | None],
    report: Report,
) -> None:
    """Read labels that the user put on messages as commands.

    Args:
        parts: of the pass.
        labelled: known messages, each with a label that is not the one we know of, and whether others stand beside it:
            then none counts as shown, so that one takes the place of all.
        pending: labels that an earlier pass may have set without learning so; those are ours.
        report: is told what was found.
    """
    for message, label, among_others in labelled:
        with parts.ledger.transaction():
            heard.set_label(parts.ledger, message.id, None if among_others else label)
            if label != pending.get(message.id):
                report.observed += 1
                _obey(parts, message, label, report)


def _obey(parts: Parts, message: Message, label: Label, report: Report) -> None:
    if message.disposition == Disposition.BIN and label == Label.TO_CALL:
        _accept(parts, message, report)
    elif message.disposition == Disposition.BIN and label == Label.DONE:
        dismiss(parts.ledger, message)
    for subject in heard.subjects_of_message(parts.ledger, message.id):
        callback = parts.ledger.callback(subject)
        facts = outcome.read_label(callback, label, parts.clock.now(), later(parts))
        if facts:
            parts.ledger.append(subject, *facts)


def _accept(parts: Parts, message: Message, report: Report) -> None:
    """Accept a mail as the user's label asks; one that cannot be read any more stays in the bin and is told of."""
    try:
        accept(parts, message, report)
    except UsageError as error:
        report.problems.append(f"A mail in the bin was labelled {Label.TO_CALL}. {error}")
