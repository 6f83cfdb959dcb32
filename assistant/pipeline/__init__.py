"""One pass, and the only place that knows its order. It can be cut off at any instruction and simply be run again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant import outcome
from assistant.errors import ProviderError
from assistant.model.operation import AnyOperation, DeleteDraft, PutDraft, PutEvent
from assistant.pipeline.drafts import observe_drafts
from assistant.pipeline.inheriting import refuse_strangers, take_over
from assistant.pipeline.observing import (
    CALENDAR_SOURCE,
    SEEN,
    answer_question,
    forget_lost,
    observe_calendar,
    observe_labels,
)
from assistant.pipeline.parts import Parts, Report
from assistant.pipeline.reading import Heads, read_mailbox, source_of
from assistant.pipeline.settling import decide_unless_settled
from assistant.pipeline.writing import carry_out, settle_pending, withdraw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.model.mailbox import Cursor

__all__ = ["Parts", "Report", "run_pass", "take_over"]


def run_pass(parts: Parts, *, dry_run: bool = False, read_mail: bool = True) -> Report:
    """Settle what was cut off, read what changed, recompute, write.

    Args:
        parts: everything it works with. For a dry run, with a ledger that forgets.
        dry_run: decide, and write nothing outside the ledger.
        read_mail: False after a command of the user's: the mailboxes are left alone, calendar and drafts are not.

    Raises:
        LedgerError: the ledger is new and the calendar has events of another one.
        ProviderError: the calendar or every mailbox could not be read. What was read before that is kept; run it again
            later. One mailbox among several that cannot be read stops nobody: the report names it.
    """
    report = Report(dry_run=dry_run)
    refuse_strangers(parts)
    with parts.ledger.change("sync", is_pass=True):
        pending = settle_pending(parts)
        cursors: dict[str, Cursor] = {}
        heads = _read_mail(parts, report, cursors) if read_mail else {}
        seen = parts.ledger.last_entry()
        if parts.calendar is not None:
            cursors[CALENDAR_SOURCE] = observe_calendar(parts, parts.calendar, report)
        labels = {one.message: one.label for one in pending}
        for one in heads.values():
            observe_labels(parts, one.changed, labels, report)
        withdraw(parts, [one for one in pending if one.mailbox in heads])
        quiet = {name for name, one in heads.items() if one.is_quiet}
        observe_drafts(parts, {name: one.sent for name, one in heads.items()}, quiet, report)
        _settle_promises(parts)
        if parts.calendar is not None:
            forget_lost(parts, parts.calendar)
            answer_question(parts)
        with parts.ledger.transaction():
            for source, cursor in cursors.items():
                parts.ledger.put_cursor(source, cursor)
            if parts.calendar is not None:
                parts.ledger.put_mark(SEEN, str(seen))
        carry_out(parts, _sure(parts, decide_unless_settled(parts, report)), report)
    report.problems += parts.problems
    return report


def _sure(parts: Parts, operations: Sequence[AnyOperation]) -> Sequence[AnyOperation]:
    """Leave out what may follow from a name or an address being unknown while an address book is away."""
    return [one for one in operations if not _rests_on_contacts(one)] if parts.away else operations


def _rests_on_contacts(operation: AnyOperation) -> bool:
    match operation:
        case PutEvent(previous=previous, moved_from=moved_from, done=done):
            return previous is not None and moved_from is None and not done
        case PutDraft(previous=previous):
            return previous is not None
        case DeleteDraft():
            return True
    return False


def _read_mail(parts: Parts, report: Report, cursors: dict[str, Cursor]) -> dict[str, Heads]:
    heads: dict[str, Heads] = {}
    dead: list[ProviderError] = []
    for name, account in parts.accounts.items():
        if account.mailbox is not None:
            try:
                heads[name], cursors[source_of(name)] = read_mailbox(parts, name, account.mailbox, report)
            except ProviderError as error:
                dead.append(error)
                report.unread[name] = str(error)
    if dead and not heads:
        raise dead[0]
    return heads


def _settle_promises(parts: Parts) -> None:
    for callback in parts.ledger.callbacks():
        if callback.promise is not None:
            facts = outcome.settle_promises(callback, parts.clock.now())
            if facts:
                parts.ledger.append(callback.id, *facts)
