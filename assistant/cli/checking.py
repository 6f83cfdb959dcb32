"""`check`: prove that every call is accounted for, and that nobody is overdue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from assistant import bootstrap
from assistant.cli import callers, following, gather
from assistant.cli.ending import FOUND, OK
from assistant.cli.session import Session, json_option
from assistant.cli.views import CheckView
from assistant.ledger import check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.cli.times import Times


@click.command("check")
@click.option("--ledger-only", is_flag=True, help="Leave calendar and drafts alone; prove the ledger by itself.")
@json_option
@click.pass_obj
def check_command(session: Session, *, ledger_only: bool) -> int:
    """Prove the promises: every mail accounted for, every callback with a hold or a reason, no doubles, nobody overdue.

    Exits with 10 when something is out of balance or overdue, so that cron can tell you.

    Example: ringback check --ledger-only
    """
    view = CheckView(
        schema="ringback/check/1",
        ledger_only=ledger_only,
        faults=tuple(check.faults(session.ledger) if ledger_only else _all_faults(session)),
        overdue=tuple(gather.items(session.ledger, check.overdue(session.ledger))),
        owed=len(session.ledger.owed()),
    )
    session.show(view, lambda: _lines(session.times, view))
    return FOUND if view.faults or view.overdue else OK


def _all_faults(session: Session) -> list[str]:
    from assistant.pipeline import checking  # noqa: PLC0415  the ledger alone needs no pipeline

    with bootstrap.one_at_a_time(session.places, following.WAIT):
        return checking.faults(following.parts_of(session))


def _lines(times: Times, view: CheckView) -> Iterator[str]:
    for fault in view.faults:
        yield f"out of balance: {fault}"
    for one in view.overdue:
        due = f"due {times.moment(one.due)}" if one.due else ""
        yield f"overdue: {callers.label_of(one.caller)} [{one.id}] {due}, waiting {times.since(one.waiting_since)}"
    if not view.faults and not view.overdue:
        yield f"In balance: {view.owed} owed, none overdue."
