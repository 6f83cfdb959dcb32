"""Carry out operations through the outbox: written down before, settled after, read back when nobody knows."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from msgspec.structs import replace

from assistant import outcome, reconcile
from assistant.errors import AlreadyExistsError, NotFoundError, PreconditionError, ProviderError
from assistant.ledger import heard, outbox
from assistant.model.journal import DraftEdited, DraftRemoved, DraftWritten, EventRemoved, EventWritten
from assistant.model.mailbox import DraftRef, ETag, Folder
from assistant.model.operation import DeleteDraft, DeleteEvent, PutDraft, PutEvent, SetLabel
from assistant.pipeline.parts import Failure
from assistant.pipeline.telling import is_draft, names_time
from assistant.pipeline.together import Together, calendar_of, drafts_of, show_label
from assistant.ports import Account
from assistant.standards import compose

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assistant.model.calendar import Event, EventRef, StoredEvent
    from assistant.model.journal import Subject
    from assistant.model.mailbox import Draft
    from assistant.model.operation import AnyOperation
    from assistant.pipeline.parts import Parts, Report

BATCH = 50
"""So many operations are announced at once: a pass that was cut off reads no more than these back."""


def settle_pending(parts: Parts) -> list[SetLabel]:
    """Learn what became of operations that were cut off, by reading their objects back; none is tried again as it was.

    Returns:
        The labels that may have been set without anybody knowing: they are ours, not commands of the user. They stay
        pending until `withdraw` after the mailboxes were read.
    """
    labels: list[SetLabel] = []
    for operation in outbox.pending(parts.ledger):
        match operation:
            case SetLabel():
                labels.append(operation)
            case PutEvent() | DeleteEvent():
                with contextlib.suppress(NotFoundError):  # the calendar is away: reading it will ask about that
                    _settle_event(parts, operation)
            case PutDraft() | DeleteDraft():
                with contextlib.suppress(ProviderError):  # the account is away: it stays pending
                    _settle_draft(parts, operation)
    return labels


def withdraw(parts: Parts, operations: Iterable[AnyOperation]) -> None:
    """Mark operations as not done; what is wanted is decided anew."""
    with parts.ledger.transaction():
        for operation in operations:
            outbox.withdraw(parts.ledger, operation)


def _settle_event(parts: Parts, operation: PutEvent | DeleteEvent) -> None:
    uid = operation.event.uid if isinstance(operation, PutEvent) else operation.uid
    stored = None if parts.calendar is None else parts.calendar.find(uid)
    with parts.ledger.transaction():
        if isinstance(operation, DeleteEvent) and stored is None:
            _done(parts, operation, None)
        elif isinstance(operation, PutEvent) and stored is not None and _took_effect(parts, operation, stored.event):
            _done(parts, operation, _unread(operation.event, stored))
        else:
            outbox.withdraw(parts.ledger, operation)


def _unread(wanted: Event, stored: StoredEvent) -> EventRef:
    """Return where a written event lies; without its etag where the user changed it since, so that it is read."""
    found = stored.event
    ours = (found.start, found.end, found.summary) == (wanted.start, wanted.end, wanted.summary)
    return stored.ref if ours else replace(stored.ref, etag=ETag(""))


def _took_effect(parts: Parts, operation: PutEvent, found: Event) -> bool:
    """Tell whether the event was written, whatever the user changed since: one field with our new value proves it.

    What the user changed is read as such afterwards.
    """
    state = parts.ledger.state(operation.subject)
    known = getattr(state, "hold", None) or getattr(state, "event", None)
    wanted, digest = operation.event, parts.digest
    if known is None or known.uid != wanted.uid:
        return True
    fields = (
        ((known.start, known.end), (wanted.start, wanted.end), (found.start, found.end)),
        (known.title, digest(wanted.summary), digest(found.summary)),
        (known.body, digest(reconcile.body_of(wanted)), digest(reconcile.body_of(found))),
    )
    return any(seen == new != old for old, new, seen in fields)


def _settle_draft(parts: Parts, operation: PutDraft | DeleteDraft) -> None:
    account = parts.accounts.get(operation.account, Account())
    found = None if account.drafts is None else account.drafts.find(operation.key)
    written = _written(parts, account, operation, found) if isinstance(operation, PutDraft) else None
    with parts.ledger.transaction():
        if written is not None or (isinstance(operation, DeleteDraft) and found is None):
            _done(parts, operation, written)
        else:
            outbox.withdraw(parts.ledger, operation)


def _written(parts: Parts, account: Account, operation: PutDraft, found: Draft | None) -> DraftRef | None:
    """Return where the draft lies if it was written, edited or sent since as it may be, None when it was not."""
    if found is not None:
        return found.ref if _is_written(parts, operation, found.raw) else None
    if account.mailbox is None:
        return None
    heads = (head for head in account.mailbox.search(operation.to) if head.folder == Folder.SENT)
    head = next((head for head in heads if is_draft(head, operation)), None)
    raw = None if head is None else dict(account.mailbox.fetch([head.ref])).get(head.ref)
    if head is None or raw is None or not _is_written(parts, operation, raw):
        return None
    return DraftRef(ref=head.ref, etag=ETag(""))


def _is_written(parts: Parts, operation: PutDraft, raw: bytes) -> bool:
    """Tell a new version from the one that it replaces; of a first version, its key alone is proof."""
    if operation.previous is None or compose.digest(raw) == operation.digest:
        return True
    state = parts.ledger.callback(operation.subject).draft(operation.purpose)
    old = None if state is None else state.named_time
    return names_time(parts, raw, operation.named_time) and not names_time(parts, raw, old)


def carry_out(parts: Parts, operations: Iterable[AnyOperation], report: Report) -> None:
    """Try each operation once; one that fails stays for the next pass and stops no other."""
    todo = list(operations)
    if report.dry_run:
        report.done += todo
        return
    unmoved: set[Subject] = set()
    for start in range(0, len(todo), BATCH):
        batch = todo[start : start + BATCH]
        with parts.ledger.transaction():
            for operation in filter(_is_told_apart, batch):
                outbox.announce(parts.ledger, operation)
        together = Together(parts, batch)
        idle: list[AnyOperation] = []
        shown: list[SetLabel] = []
        for number, operation in enumerate(batch, start + 1):
            if isinstance(operation, PutDraft) and operation.subject in unmoved:
                idle.append(operation)  # it would name a time at which no hold stands
                continue
            try:
                done = _try(parts, operation, together, shown)
            except ProviderError as error:
                report.failed.append(Failure(operation=operation, message=str(error), exit_code=error.EXIT_CODE))
                unmoved.add(operation.subject)
            else:
                report.done.append(done)
            parts.progress("writing", number, len(todo))
        _close(parts, idle, shown)


def _is_told_apart(operation: AnyOperation) -> bool:
    """Tell whether reading back tells this operation, tried or not, from all that the user may do meanwhile.

    A new object has a name of its own, and a label that the user sets too is the same label. To remove or to change
    something is announced just before it is tried: else what the user removes would pass for our work.
    """
    return isinstance(operation, SetLabel) or (
        isinstance(operation, PutEvent | PutDraft) and operation.previous is None
    )


def _close(parts: Parts, idle: Iterable[AnyOperation], shown: Iterable[SetLabel]) -> None:
    """Withdraw what was announced and not tried, and settle labels together: one shown twice is one shown once."""
    with parts.ledger.transaction():
        for operation in idle:
            outbox.withdraw(parts.ledger, operation)
        for label in shown:
            _done(parts, label, None)


def _try(parts: Parts, operation: AnyOperation, together: Together | None, shown: list[SetLabel]) -> AnyOperation:
    """Carry one operation out, or learn what came of it among others; labels are settled later, with all `shown`."""
    if not _is_told_apart(operation):
        operation = _with_users_title(parts, operation)
        _announce(parts, operation)
    try:
        ref = together.take(operation) if together is not None and operation in together else _write(parts, operation)
    except AlreadyExistsError:
        return _instead(parts, operation)
    except PreconditionError:
        with parts.ledger.transaction():
            outbox.withdraw(parts.ledger, operation)
        raise
    if isinstance(operation, SetLabel):
        shown.append(operation)
    else:
        with parts.ledger.transaction():
            _done(parts, operation, ref)
    return operation


def _announce(parts: Parts, operation: AnyOperation) -> None:
    with parts.ledger.transaction():
        outbox.announce(parts.ledger, operation)


def _instead(parts: Parts, operation: AnyOperation) -> AnyOperation:
    """Do what is right where the identity is taken: an event gets a new generation, a draft is the user's."""
    with parts.ledger.transaction():
        outbox.withdraw(parts.ledger, operation)
    if isinstance(operation, PutEvent):
        number = operation.generation + 1
        event = replace(operation.event, uid=f"{operation.event.key}.{number}")
        again = replace(operation, event=event, generation=number)
        _announce(parts, again)
        return _try(parts, again, None, [])
    found = drafts_of(parts, operation.account).find(operation.key) if isinstance(operation, PutDraft) else None
    if isinstance(operation, PutDraft) and found is not None:
        with parts.ledger.transaction():
            _done(parts, operation, found.ref)
            parts.ledger.append(operation.subject, DraftEdited(purpose=operation.purpose, ref=found.ref))
    return operation


def _with_users_title(parts: Parts, operation: AnyOperation) -> AnyOperation:
    """Fill in the title that the user gave an event: it stays whatever else changes; a call made ticks it."""
    if not isinstance(operation, PutEvent) or operation.event.summary or operation.previous is None:
        return operation
    stored = calendar_of(parts).get(operation.previous.ref)
    words = outcome.without_sign(stored.event.summary, parts.signs)
    tick = f"{parts.signs.marks[0]} " if operation.done and parts.signs.marks else ""
    return replace(operation, event=replace(operation.event, summary=tick + words))


def _write(parts: Parts, operation: AnyOperation) -> EventRef | DraftRef | None:
    match operation:
        case PutEvent():
            return calendar_of(parts).put(operation.event, operation.previous)
        case PutDraft():
            return drafts_of(parts, operation.account).put(
                operation.raw, operation.key, operation.thread, operation.previous
            )
        case DeleteEvent():
            calendar_of(parts).delete(operation.ref)
        case DeleteDraft():
            drafts_of(parts, operation.account).delete(operation.ref.ref, operation.ref.etag)
        case SetLabel():
            show_label(parts, operation)
    return None


def _done(parts: Parts, operation: AnyOperation, ref: EventRef | DraftRef | None) -> None:
    """Mark an operation as done and note its effect, in the caller's transaction."""
    where = (str(ref.ref), str(ref.etag)) if ref is not None else (None, None)
    outbox.settle(parts.ledger, operation, *where)
    match operation:
        case PutEvent(subject=subject, event=event):
            assert ref is not None
            fact = EventWritten(
                uid=event.uid,
                generation=operation.generation,
                ref=ref,  # type: ignore[arg-type]  # an event's put returns an EventRef
                start=event.start,
                end=event.end,
                title=parts.digest(event.summary),
                body=parts.digest(reconcile.body_of(event)),
                done=operation.done,
            )
            parts.ledger.append(subject, fact)
        case DeleteEvent(subject=subject):
            parts.ledger.append(subject, EventRemoved())
        case PutDraft():
            assert isinstance(ref, DraftRef)
            parts.ledger.append(operation.subject, _draft_written(operation, ref))
        case DeleteDraft(subject=subject, purpose=purpose):
            parts.ledger.append(subject, DraftRemoved(purpose=purpose))
        case SetLabel(message=message, label=label):
            heard.set_label(parts.ledger, message, label)


def _draft_written(operation: PutDraft, ref: DraftRef) -> DraftWritten:
    return DraftWritten(
        purpose=operation.purpose,
        key=operation.key,
        ref=ref,
        digest=operation.digest,
        message_id=operation.message_id,
        account=operation.account,
        named_time=operation.named_time,
    )
