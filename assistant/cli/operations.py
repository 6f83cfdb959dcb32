"""Operations as lines: the same for a dry run and a real one, so they say nothing that only the writing knows."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from assistant.cli import callers
from assistant.cli.views import FailureView, OperationView, Who
from assistant.ledger import heard
from assistant.ledger.fold import SLOT_PREFIX
from assistant.model.operation import DeleteDraft, DeleteEvent, PutDraft, PutEvent, SetLabel
from assistant.standards.plain import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from assistant.cli.times import Times
    from assistant.ledger.journal import Ledger
    from assistant.model.journal import MessageId, Subject
    from assistant.model.operation import AnyOperation
    from assistant.pipeline.parts import Failure

_WHY = 160


def view(ledger: Ledger, operation: AnyOperation) -> OperationView:
    """Return an operation as it is published."""
    event = operation.event if isinstance(operation, PutEvent) else None
    draft = operation if isinstance(operation, PutDraft) else None
    label = operation if isinstance(operation, SetLabel) else None
    return OperationView(
        action=_action(operation),
        what=_what(operation),
        subject=operation.subject,
        caller=_caller(ledger, operation.subject),
        start=event.start if event else None,
        end=event.end if event else None,
        moved_from=operation.moved_from if isinstance(operation, PutEvent) else None,
        purpose=operation.purpose if isinstance(operation, PutDraft | DeleteDraft) else None,
        to=draft.to if draft else None,
        named_time=draft.named_time if draft else None,
        label=label.label if label else None,
        message=_mail(ledger, label.message) if label else None,
        why=operation.why,
    )


def failures(ledger: Ledger, failed: Iterable[Failure]) -> tuple[FailureView, ...]:
    """Return what did not work as it is published."""
    return tuple(FailureView(operation=view(ledger, one.operation), error=one.message) for one in failed)


def _action(operation: AnyOperation) -> str:
    match operation:
        case DeleteEvent() | DeleteDraft():
            return "remove"
        case SetLabel():
            return "label"
        case PutEvent(done=True):
            return "tick"
        case PutEvent(moved_from=moved) if moved is not None:
            return "move"
        case PutEvent(previous=previous) | PutDraft(previous=previous):
            return "create" if previous is None else "update"


def _what(operation: AnyOperation) -> str:
    match operation:
        case PutDraft() | DeleteDraft():
            return "draft"
        case SetLabel():
            return "label"
    return "slot" if operation.subject.startswith(SLOT_PREFIX) else "hold"


def _caller(ledger: Ledger, subject: Subject) -> Who | None:
    calls = heard.calls_of(ledger, subject) if subject.isdigit() else []
    return callers.who(calls) if calls else None


def _mail(ledger: Ledger, message: MessageId) -> str:
    envelope = heard.envelope(ledger, message)
    return one_line(envelope.subject or envelope.sender or message)


def lines(views: Iterable[OperationView], times: Times, *, verbose: bool = False) -> Iterator[str]:
    """Yield one line an operation; labels are counted unless each is wanted."""
    labels: Counter[str] = Counter()
    for one in views:
        if one.what == "label" and not verbose:
            labels[_label(one)] += 1
        else:
            yield f"{one.action:<6} {one.what:<5} {' '.join(filter(None, _details(one, times)))}".rstrip()
    for label, count in labels.items():
        yield f"label  {count} {'mail' if count == 1 else 'mails'} {label}"


def _label(one: OperationView) -> str:
    return f'as "{one.label}"' if one.label else "with none of ours"


def _draft_details(one: OperationView, times: Times) -> Iterator[str]:
    if one.purpose:
        yield one.purpose.replace("_", " ")
    if one.to:
        yield f"to {one.to}"
    if one.named_time:
        yield f"naming {times.moment(one.named_time)}"


def _details(one: OperationView, times: Times) -> Iterator[str]:
    if one.start and one.end:
        yield times.span(one.start, one.end)
    if one.moved_from:
        yield f"(from {times.moment(one.moved_from)})"
    if one.what == "slot" and not one.start:
        yield one.subject.removeprefix(SLOT_PREFIX)
    if one.what == "label":
        yield f"{_label(one)}: {one.message}"
    yield from _draft_details(one, times)
    if one.caller:
        yield callers.label_of(one.caller)
    if one.subject.isdigit():
        yield f"[{one.subject}]"
    if one.why and one.what != "label":
        yield f"- {one_line(one.why, _WHY)}"
