"""`show`: all about one callback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from assistant.cli import callers, gather, output
from assistant.cli.arguments import SUBJECT
from assistant.cli.history import change_lines, history
from assistant.cli.session import Session, json_option
from assistant.cli.views import AttemptView, CallView, DraftView, PromiseView, ShowView
from assistant.ledger import heard
from assistant.model.callback import Status
from assistant.standards.plain import many_lines, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.cli.times import Times
    from assistant.cli.views import MessageView
    from assistant.ledger.journal import Ledger
    from assistant.model.callback import Callback
    from assistant.model.heard import KnownCall
    from assistant.model.journal import Subject


@click.command("show")
@click.argument("callback", metavar="ID", type=SUBJECT)
@json_option
@click.pass_obj
def show_command(session: Session, *, callback: Subject) -> None:
    """Show all that is known of one callback: calls, words, mails, tries, promises, drafts, history.

    Example: ringback show 12
    """
    ledger = session.ledger
    found = ledger.callback(callback)
    calls = heard.calls_of(ledger, callback)
    view = ShowView(
        schema="ringback/show/1",
        callback=gather.item(ledger, found, calls),
        reasons=gather.reasons(ledger, found),
        planned_why=found.planned_why,
        previous=found.previous,
        calls=tuple(_call(ledger, one) for one in calls),
        messages=tuple(_messages(ledger, calls)),
        attempts=_attempts(ledger, found),
        promises=tuple(PromiseView(at=one.at, source=one.source, verdict=one.verdict) for one in found.promises),
        drafts=_drafts(found),
        history=tuple(history(session, callback)),
    )
    session.show(view, lambda: _show(session.times, view))


def _call(ledger: Ledger, known: KnownCall) -> CallView:
    call = known.call
    return CallView(
        id=known.id,
        kind=call.kind,
        called_at=call.start_time,
        number=call.calling_number,
        callback_number=call.callback_number,
        extension=call.extension,
        name=known.name,
        duration_s=None if call.duration is None else int(call.duration.total_seconds()),
        transcript=call.transcript,
        requested=call.requested.text if call.requested else None,
        urgency=call.urgency,
        messages=tuple(message.id for message in heard.messages_of_call(ledger, known.id)),
    )


def _messages(ledger: Ledger, calls: list[KnownCall]) -> Iterator[MessageView]:
    found = {message.id: message for call in calls for message in heard.messages_of_call(ledger, call.id)}
    yield from (gather.message(ledger, one) for one in found.values())


def _attempts(ledger: Ledger, callback: Callback) -> tuple[AttemptView, ...]:
    return tuple(
        AttemptView(
            at=one.at, result=one.result, next_at=one.next_at, note=heard.text(ledger, one.note), source=one.source
        )
        for one in callback.attempts
    )


def _drafts(callback: Callback) -> tuple[DraftView, ...]:
    return tuple(
        DraftView(
            purpose=one.purpose,
            status=one.status,
            account=one.account,
            ref=one.ref.ref,
            written_at=one.written_at,
            named_time=one.named_time,
        )
        for one in callback.drafts
    )


def _show(times: Times, view: ShowView) -> Iterator[str]:
    one = view.callback
    yield output.heading(f"{one.id}  {callers.label_of(one.caller)}")
    yield from (f"  {line}" for line in _where(times, view))
    yield from _calls(times, view)
    for mail in view.messages:
        yield f"  mail from {one_line(mail.sender)}: {one_line(mail.subject)} ({mail.trust}, {mail.ref})"
    for attempt in view.attempts:
        next_try = f"; next {times.moment(attempt.next_at)}" if attempt.next_at else ""
        note = f" ({one_line(attempt.note, 200)})" if attempt.note else ""
        yield f"  tried {times.moment(attempt.at)}: {attempt.result.replace('_', ' ')}{next_try}{note}"
    for promise in view.promises:
        yield f"  promised {times.full(promise.at)}: {promise.verdict or 'still to come'}"
    for draft in view.drafts:
        named = f", naming {times.moment(draft.named_time)}" if draft.named_time else ""
        yield f"  draft {draft.purpose.replace('_', ' ')}: {draft.status}{named} ({draft.account}: {draft.ref})"
    yield ""
    yield output.heading("History")
    for change in view.history:
        yield from change_lines(times, change)


def _where(times: Times, view: ShowView) -> Iterator[str]:
    one = view.callback
    if one.status == Status.CLOSED:
        state = f"merged into {one.merged_into}" if one.merged_into else (one.outcome or "taken back").replace("_", " ")
        yield f"closed: {state}" + (f", {times.full(one.closed_at)}" if one.closed_at else "")
    else:
        yield f"{one.status}, {(one.bucket or 'new').replace('_', ' ')}{', overdue' if one.overdue else ''}"
        yield f"waiting since {times.full(one.waiting_since)} ({times.since(one.waiting_since)})"
    if one.until:
        yield f"not before {times.full(one.until)}"
    if one.hold:
        yield f"hold {times.span(one.hold.start, one.hold.end)}" + (", in the slot" if one.hold.in_slot else "")
    elif one.no_hold:
        yield f"no hold: {one.no_hold}"
    if view.previous:
        yield f"called before: ringback show {view.previous}"


def _calls(times: Times, view: ShowView) -> Iterator[str]:
    for call in view.calls:
        length = f", {call.duration_s} s" if call.duration_s is not None else ""
        other = f", asks to be called at {callers.spaced(call.callback_number)}" if call.callback_number else ""
        urgent = f", {call.urgency}" if call.urgency != "normal" else ""
        yield f"  {call.kind.replace('_', ' ')} {times.full(call.called_at)}{length}{urgent}{other}  ({call.id})"
        for line in many_lines(call.transcript or "").splitlines():
            yield f"    | {line}"
