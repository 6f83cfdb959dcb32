"""Decide what to write: the operations that bring calendar, drafts and labels from what is known to what shall be."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from assistant.model.calendar import Event, EventStatus
from assistant.model.callback import Callback, DraftStatus, Placed, Slot, Status
from assistant.model.heard import Disposition
from assistant.model.journal import CALLED, AttemptResult, Source
from assistant.model.mailbox import Label
from assistant.model.operation import DeleteDraft, DeleteEvent, PutDraft, PutEvent, SetLabel

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from assistant.model.heard import Message
    from assistant.model.journal import Purpose, Subject
    from assistant.model.operation import AnyOperation

LEFT = frozenset({AttemptResult.LEFT_MESSAGE, AttemptResult.LEFT_VOICEMAIL})


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What an event of ours shall be, identity aside."""

    start: datetime
    end: datetime
    summary: str
    why: str
    description: str = ""
    location: str = ""
    opaque: bool = False
    status: EventStatus = EventStatus.CONFIRMED
    reminders: tuple[timedelta, ...] = ()
    done: bool = False


class Style(msgspec.Struct, frozen=True, kw_only=True):
    """What all events of ours have in common. `tag` makes keys of this ledger unique in the world."""

    tag: str
    zone: str
    private: bool = True
    category: str = "Callbacks"


KEY_PREFIX = "ringback-"


def key_of(subject: Subject | str, tag: str) -> str:
    """Return the key that marks events and drafts of a subject as ours; with "" how all keys of a ledger begin."""
    return f"{KEY_PREFIX}{tag}-{subject}"


def body_of(event: Event) -> str:
    """Return all of an event that the digest of its body covers: everything but times and title."""
    reminders = " ".join(str(int(reminder.total_seconds())) for reminder in event.reminders)
    return f"{event.description}\n{event.location}\n{event.opaque} {event.status} {event.private} {reminders}"


def put_event(
    subject: Subject, known: Placed | None, generation: int, wanted: Wanted, style: Style, digest: Callable[[str], str]
) -> PutEvent | None:
    """Return the operation that makes an event what is wanted, None when it is that already.

    A vanished event (`known.gone`) is never written again; a title that the user edited stays (summary "").
    """
    if known is not None and known.gone is not None:
        return None
    number = known.generation if known is not None else generation + 1
    key = key_of(subject, style.tag)
    event = Event(
        uid=f"{key}.{number}",
        key=key,
        start=wanted.start,
        end=wanted.end,
        zone=style.zone,
        summary="" if known is not None and known.edited else wanted.summary,
        description=wanted.description,
        location=wanted.location,
        opaque=wanted.opaque,
        status=wanted.status,
        private=style.private,
        categories=(style.category,),
        reminders=wanted.reminders,
    )
    if known is not None and _is_that(known, event, wanted, digest):
        return None
    return PutEvent(
        subject=subject,
        why=wanted.why,
        event=event,
        generation=number,
        previous=None if known is None else known.ref,
        moved_from=None if known is None or known.start == wanted.start else known.start,
        done=wanted.done,
    )


def _is_that(known: Placed, event: Event, wanted: Wanted, digest: Callable[[str], str]) -> bool:
    same_title = event.summary == "" or known.title == digest(event.summary)
    same_time = (known.start, known.end) == (event.start, event.end)
    return same_title and same_time and known.body == digest(body_of(event)) and known.done == wanted.done


def delete_event(subject: Subject, known: Placed | None, why: str) -> DeleteEvent | None:
    """Return the operation that removes an event of ours, None where there is nothing of ours to remove."""
    if known is None or known.gone is not None or known.edited or known.done:
        return None
    return DeleteEvent(subject=subject, why=why, uid=known.uid, ref=known.ref)


def keeps_evidence(callback: Callback, now: datetime) -> bool:
    """Tell whether a closed callback's hold stays, ticked: a call was made, or its time has come."""
    hold = callback.hold
    if hold is None or hold.gone is not None or callback.withdrawn or callback.merged_into is not None:
        return False
    return callback.outcome in CALLED or hold.start <= now


def is_settled(callback: Callback) -> bool:
    """Tell whether nothing is left to do to the hold of a closed callback: it is ticked, by whomever, or gone."""
    hold = callback.hold
    if callback.status != Status.CLOSED or hold is None or hold.gone is not None or hold.done:
        return callback.status == Status.CLOSED
    return hold.edited and callback.closed_by == Source.CALENDAR


def stale_slots(slots: Iterable[Slot], kept: set[Subject], now: datetime) -> list[AnyOperation]:
    """Return the operations that remove slots which are still to come and no longer in the plan."""
    found = []
    for slot in slots:
        event = slot.event
        if slot.id in kept or event is None or event.start <= now or event.pinned:
            continue
        operation = delete_event(slot.id, event, "the day has no slot any more")
        if operation is not None:
            found.append(operation)
    return list(found)


def is_draft_due(callback: Callback, purpose: Purpose, at: datetime | None) -> bool:
    """Tell whether a draft has to be written: there is none yet, or an untouched one names another time than `at`."""
    known = callback.draft(purpose)
    if known is None or known.status == DraftStatus.REMOVED:
        return True
    return known.status == DraftStatus.STANDING and known.named_time != at


def put_draft(callback: Callback, wanted: PutDraft) -> PutDraft | None:
    """Return the operation that makes a draft what is wanted, None when it stands, is the user's, or was dropped.

    A draft is written once for each purpose and updated only when the time it names is no longer that of the hold.
    """
    known = callback.draft(wanted.purpose)
    if not is_draft_due(callback, wanted.purpose, wanted.named_time):
        return None
    if known is None or known.status == DraftStatus.REMOVED:
        return wanted
    return replace(wanted, previous=known.ref, key=known.key, account=known.account)


def stale_drafts(callback: Callback, wanted: Collection[Purpose]) -> list[AnyOperation]:
    """Return the operations that remove untouched drafts which no longer hold true."""
    closed = callback.status == Status.CLOSED
    return [
        DeleteDraft(
            subject=callback.id,
            why="the call is settled" if closed else "it no longer holds true",
            purpose=draft.purpose,
            key=draft.key,
            account=draft.account,
            ref=draft.ref,
        )
        for draft in callback.drafts
        if draft.status == DraftStatus.STANDING and draft.purpose not in wanted
    ]


def label_of(callback: Callback, now: datetime) -> Label:
    """Return the one label that shows the state of a callback on its mails; a wait that is over is no wait."""
    if callback.status == Status.CLOSED:
        return Label.DONE
    if callback.promise is not None:
        return Label.PROMISED
    waits = callback.status == Status.WAITING and (callback.until is None or callback.until > now)
    if waits and callback.attempts and callback.attempts[-1].result in LEFT:
        return Label.LEFT_MESSAGE
    return Label.TO_CALL


def set_label(message: Message, subject: Subject, label: Label | None, why: str) -> SetLabel | None:
    """Return the operation that shows a label, None where it is shown already or the message is gone."""
    if message.gone or message.label == label:
        return None
    return SetLabel(subject=subject, why=why, message=message.id, mailbox=message.mailbox, ref=message.ref, label=label)


def bin_label(message: Message) -> Label | None:
    """Return the label of a message that is in no callback: in the review bin, or dismissed."""
    if message.disposition != Disposition.BIN:
        return None
    return Label.CHECK_SENDER if message.trust == "suspect" else Label.CHECK
