"""Carry out operations through the outbox: written down before, settled after, read back when nobody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from assistant import reconcile
from assistant.errors import AlreadyExistsError, NotFoundError, PreconditionError, ProviderError
from assistant.ledger import heard, outbox
from assistant.model.journal import DraftEdited, DraftRemoved, DraftWritten, EventRemoved, EventWritten
from assistant.model.mailbox import DraftRef
from assistant.model.operation import DeleteDraft, DeleteEvent, PutDraft, PutEvent, SetLabel
from assistant.pipeline.parts import Failure
from assistant.standards import compose

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from assistant.model.calendar import Event, EventRef
    from assistant.model.journal import MessageId
    from assistant.model.mailbox import Label
    from assistant.model.operation import AnyOperation
    from assistant.pipeline.parts import Parts, Report
    from assistant.ports import Calendar, DraftBox, Mailbox


def settle_pending(parts: Parts) -> Mapping[MessageId, Label | None]:
    """Learn what became of operations that were cut off, by reading their objects back; none is tried again as it was.

    Returns:
        The labels that may have been set without anybody knowing: they are ours, not commands of the user.
    """
    labels: dict[MessageId, Label | None] = {}
    for operation in outbox.pending(parts.ledger):
        match operation:
            case SetLabel():
                labels[operation.message] = operation.label
                with parts.ledger.transaction():
                    outbox.withdraw(parts.ledger, operation)
            case PutEvent() | DeleteEvent():
                _settle_event(parts, operation)
            case PutDraft() | DeleteDraft():
                _settle_draft(parts, operation)
    return labels


def _settle_event(parts: Parts, operation: PutEvent | DeleteEvent) -> None:
    uid = operation.event.uid if isinstance(operation, PutEvent) else operation.uid
    stored = None if parts.calendar is None else parts.calendar.find(uid)
    with parts.ledger.transaction():
        if isinstance(operation, DeleteEvent) and stored is None:
            _done(parts, operation, None)
        elif isinstance(operation, PutEvent) and stored is not None and _took_effect(parts, operation, stored.event):
            _done(parts, operation, stored.ref)
        else:
            outbox.withdraw(parts.ledger, operation)


def _took_effect(parts: Parts, operation: PutEvent, found: Event) -> bool:
    """Tell whether what lies there is what was to be written; later edits of the user's are read as such afterwards."""
    state = parts.ledger.state(operation.subject)
    known = getattr(state, "hold", None) or getattr(state, "event", None)
    if known is None or known.uid != operation.event.uid:
        return True
    wanted = operation.event
    return (found.start, found.end, found.summary) == (wanted.start, wanted.end, wanted.summary)


def _settle_draft(parts: Parts, operation: PutDraft | DeleteDraft) -> None:
    account = parts.accounts.get(operation.account)
    found = None if account is None or account.drafts is None else account.drafts.find(operation.key)
    with parts.ledger.transaction():
        if isinstance(operation, DeleteDraft) and found is None:
            _done(parts, operation, None)
        elif isinstance(operation, PutDraft) and found is not None and compose.digest(found.raw) == operation.digest:
            _done(parts, operation, found.ref)
        else:
            outbox.withdraw(parts.ledger, operation)


def carry_out(parts: Parts, operations: Iterable[AnyOperation], report: Report) -> None:
    """Try each operation once; one that fails stays for the next pass and stops no other."""
    todo = list(operations)
    for number, operation in enumerate(todo, 1):
        if report.dry_run:
            report.done.append(operation)
            continue
        try:
            done = _try(parts, operation)
        except ProviderError as error:
            report.failed.append(Failure(operation=operation, message=str(error), exit_code=error.EXIT_CODE))
        else:
            report.done.append(done)
        parts.progress("writing", number, len(todo))


def _try(parts: Parts, operation: AnyOperation) -> AnyOperation:
    operation = _with_users_title(parts, operation)
    with parts.ledger.transaction():
        outbox.announce(parts.ledger, operation)
    try:
        ref = _write(parts, operation)
    except AlreadyExistsError:
        return _instead(parts, operation)
    except PreconditionError:
        with parts.ledger.transaction():
            outbox.withdraw(parts.ledger, operation)
        raise
    with parts.ledger.transaction():
        _done(parts, operation, ref)
    return operation


def _instead(parts: Parts, operation: AnyOperation) -> AnyOperation:
    """Do what is right where the identity is taken: an event gets a new generation, a draft is the user's."""
    with parts.ledger.transaction():
        outbox.withdraw(parts.ledger, operation)
    if isinstance(operation, PutEvent):
        number = operation.generation + 1
        event = replace(operation.event, uid=f"{operation.event.key}.{number}")
        return _try(parts, replace(operation, event=event, generation=number))
    found = _drafts(parts, operation.account).find(operation.key) if isinstance(operation, PutDraft) else None
    if isinstance(operation, PutDraft) and found is not None:
        with parts.ledger.transaction():
            _done(parts, operation, found.ref)
            parts.ledger.append(operation.subject, DraftEdited(purpose=operation.purpose, ref=found.ref))
    return operation


def _with_users_title(parts: Parts, operation: AnyOperation) -> AnyOperation:
    """Fill in the title that the user gave an event: it stays whatever else changes."""
    if not isinstance(operation, PutEvent) or operation.event.summary or operation.previous is None:
        return operation
    stored = _calendar(parts).get(operation.previous.ref)
    return replace(operation, event=replace(operation.event, summary=stored.event.summary))


def _write(parts: Parts, operation: AnyOperation) -> EventRef | DraftRef | None:
    match operation:
        case PutEvent():
            return _calendar(parts).put(operation.event, operation.previous)
        case PutDraft():
            return _drafts(parts, operation.account).put(
                operation.raw, operation.key, operation.thread, operation.previous
            )
        case DeleteEvent():
            _calendar(parts).delete(operation.ref)
        case DeleteDraft():
            _drafts(parts, operation.account).delete(operation.ref.ref, operation.ref.etag)
        case SetLabel():
            _label(parts, operation)
    return None


def _label(parts: Parts, operation: SetLabel) -> None:
    try:
        _mailbox(parts, operation.mailbox).set_state(operation.ref, operation.label)
    except NotFoundError:
        heard.mark_gone(parts.ledger, operation.mailbox, operation.ref)


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


def _calendar(parts: Parts) -> Calendar:
    assert parts.calendar is not None, "operations on events are decided only where there is a calendar"
    return parts.calendar


def _drafts(parts: Parts, account: str) -> DraftBox:
    drafts = parts.accounts[account].drafts if account in parts.accounts else None
    if drafts is None:
        raise NotFoundError(account, "drafts", "the settings no longer name this account, or it has no drafts folder")
    return drafts


def _mailbox(parts: Parts, account: str) -> Mailbox:
    mailbox = parts.accounts[account].mailbox if account in parts.accounts else None
    if mailbox is None:
        raise NotFoundError(account, "mailbox", "the settings no longer name this account")
    return mailbox
