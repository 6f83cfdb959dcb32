"""`log`: what happened, change by change."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import click

from assistant.cli import entries, output
from assistant.cli.arguments import SUBJECT
from assistant.cli.session import Session, json_option
from assistant.cli.views import LogView

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.cli.times import Times
    from assistant.cli.views import ChangeView
    from assistant.model.journal import Subject

_LONGEST = 12
"""Entries shown of one change; the first pass may have hundreds."""


@click.command("log")
@click.argument("callback", metavar="[ID]", type=SUBJECT, required=False)
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many changes.")
@json_option
@click.pass_obj
def log_command(session: Session, *, callback: Subject | None, limit: int) -> None:
    """Show changes with their numbers, the newest first: commands, and passes that found something to do.

    With an ID, only what concerns that callback.

    Example: ringback log --limit 5
    """
    if callback is not None:
        changes = history(session, callback)[::-1][:limit]
    else:
        gone, ledger = entries.undone(session.ledger), session.ledger
        found = [(one, ledger.entries_of_change(one.id)) for one in ledger.changes(limit)]
        changes = [entries.change(ledger, one, inside, gone, session.times) for one, inside in found]
    view = LogView(schema="ringback/log/1", changes=tuple(changes))
    session.show(view, lambda: _lines(session.times, view))


def history(session: Session, callback: Subject) -> list[ChangeView]:
    """Return the changes that concern one callback, the oldest first, with its own entries alone."""
    ledger = session.ledger
    assert ledger.callback(callback) is not None
    gone = entries.undone(ledger)
    grouped = groupby(ledger.entries(callback), key=lambda entry: entry.change)
    return [
        entries.change(ledger, ledger.change_by_id(number), list(inside), gone, session.times)
        for number, inside in grouped
    ]


def _lines(times: Times, view: LogView) -> Iterator[str]:
    if not view.changes:
        yield "Nothing has happened yet."
    for change in view.changes:
        lines = list(change_lines(times, change))
        yield from lines[: _LONGEST + 1]
        if len(lines) > _LONGEST + 1:
            yield f"      ... and {len(lines) - _LONGEST - 1} more; `ringback log ID` shows those of one callback"


def change_lines(times: Times, change: ChangeView) -> Iterator[str]:
    """Yield a change and its entries."""
    mark = "  (undone)" if change.undone else ""
    yield output.heading(f"{change.id:>4}  {times.moment(change.at)}  {change.command}{mark}")
    for entry in change.entries:
        yield f"      {entry.subject}: {entry.text}"
