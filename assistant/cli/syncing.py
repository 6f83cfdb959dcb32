"""`sync`: one pass, for real or dry."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from assistant import bootstrap
from assistant.cli import gather, operations, output
from assistant.cli.ending import OK, PARTLY
from assistant.cli.session import Session, json_option
from assistant.cli.views import SyncView
from assistant.ledger.database import Database
from assistant.ledger.journal import Ledger
from assistant.pipeline import run_pass, take_over

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.pipeline import Report


@click.command("sync")
@click.option("-n", "--dry-run", is_flag=True, help="Print what would be done, and do nothing.")
@click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=0,
    metavar="SECONDS",
    help="How long to wait for another pass to end.",
)
@click.option("-v", "--verbose", is_flag=True, help="A line for every label too.")
@click.option(
    "--take-over",
    "inherit",
    is_flag=True,
    help="The old ledger is lost: remove its coming events first.",
)
@json_option
@click.pass_obj
def sync_command(session: Session, *, dry_run: bool, wait: float, verbose: bool, inherit: bool) -> int:
    """Make one pass: read what is new in the mailboxes and on the calendar, plan, write holds, drafts and labels.

    Nothing is ever sent, and nothing that Ringback did not make is touched. Stop it at any time and run it again.

    Example: ringback sync --dry-run
    """
    if dry_run and inherit:
        raise click.UsageError("--take-over removes events; it cannot be tried dry.")
    if dry_run:
        output.chat("A dry run: nothing is written.")
        ledger = forgetful_ledger(session)
        report = _pass(session, ledger, dry_run=True)
    else:
        ledger = session.ledger
        with bootstrap.one_at_a_time(session.places, timedelta(seconds=wait)):
            report = _pass(session, ledger, dry_run=False, inherit=inherit)
    view = _view(session, ledger, report)
    session.show(view, lambda: _lines(session, view, verbose=verbose))
    _tell(session, view)
    return PARTLY if view.failed or view.unread else OK


def forgetful_ledger(session: Session) -> Ledger:
    """Return a ledger that knows what ours knows and keeps nothing; without one of ours, an empty one."""
    if session.places.ledger.exists():
        return Ledger(session.ledger.database.copy_in_memory(), session.clock.now)
    memory = Database(sqlite3.connect(":memory:", isolation_level=None), "an empty ledger")
    memory.prepare()
    return Ledger(memory, session.clock.now)


def _pass(session: Session, ledger: Ledger, *, dry_run: bool, inherit: bool = False) -> Report:
    progress = output.Progress()
    parts = bootstrap.parts(session.settings, session.places, ledger, session.clock, progress)
    try:
        if inherit:
            output.chat(f"{take_over(parts)} events of another ledger removed.")
        return run_pass(parts, dry_run=dry_run)
    finally:
        progress.close()


def _view(session: Session, ledger: Ledger, report: Report) -> SyncView:
    questions = gather.questions(ledger, ledger.owed(), ledger.slots(), session.times.now.date())
    return SyncView(
        schema="ringback/sync/1",
        dry_run=report.dry_run,
        nothing_to_do=report.nothing_to_do,
        considered=report.considered,
        new_calls=report.new_calls,
        binned=report.binned,
        observed=report.observed,
        operations=tuple(operations.view(ledger, one) for one in report.done),
        failed=operations.failures(ledger, report.failed),
        unread=report.unread,
        problems=tuple(report.problems),
        clashes=tuple(report.clashes),
        alerts=tuple(report.alerts),
        questions=tuple(questions),
    )


def _lines(session: Session, view: SyncView, *, verbose: bool) -> Iterator[str]:
    if not view.operations and not view.failed and not view.unread:
        yield "nothing to do"
    yield from operations.lines(view.operations, session.times, verbose=verbose)


def _tell(session: Session, view: SyncView) -> None:
    """Tell on stderr what is no operation: what was read, and what needs the user."""
    if view.considered:
        output.chat(f"{view.considered} new mails, {view.new_calls} calls in them, {view.binned} for the review bin.")
    if view.observed:
        output.chat(f"{view.observed} changes of yours read from calendar, drafts and labels.")
    for account, error in view.unread.items():
        output.chat(f"account {account} could not be read, the others were: {error}")
    for problem in view.problems:
        output.chat(f"cannot be read: {problem}")
    for clash in view.clashes:
        output.chat(f"clash: callback {clash}")
    for alert in view.alerts:
        output.chat(f"now: callback {alert}")
    for question in view.questions:
        output.chat(f"question: {question.text} ({' or '.join(question.answers)})")
    for failure in view.failed:
        (line,) = operations.lines([failure.operation], session.times, verbose=True)
        output.chat(f"failed: {line}: {failure.error}")
