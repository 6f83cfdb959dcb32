"""`merge`, `split`, `restore`, `acknowledge`, `undo`: putting right what was joined, lost or decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from assistant.cli import following
from assistant.cli.arguments import SUBJECT, when_of
from assistant.cli.deciding import named
from assistant.cli.session import Session, json_option, no_sync_option
from assistant.ledger import decisions
from assistant.ledger import undo as taking_back
from assistant.ledger.fold import SLOT_PREFIX
from assistant.model.journal import CallId

if TYPE_CHECKING:
    from assistant.model.journal import Subject


@click.command("merge")
@click.argument("callback", metavar="ID", type=SUBJECT)
@click.argument("others", metavar="OTHER...", type=SUBJECT, nargs=-1, required=True)
@no_sync_option
@json_option
@click.pass_obj
def merge_command(session: Session, *, callback: Subject, others: tuple[Subject, ...]) -> int:
    """Join callbacks of one caller: the calls of OTHER count for ID, and one call clears them all.

    Example: ringback merge 12 15
    """
    decisions.merge(session.ledger, callback, others)
    said = f"Merged {', '.join(others)} into {named(session, callback)}."
    return following.conclude(session, "merge", following.Decision(said, [callback, *others]))


@click.command("split")
@click.argument("callback", metavar="ID", type=SUBJECT)
@click.argument("calls", metavar="CALL...", nargs=-1, required=True)
@no_sync_option
@json_option
@click.pass_obj
def split_command(session: Session, *, callback: Subject, calls: tuple[str, ...]) -> int:
    """Give calls a callback of their own: they are of another caller. `ringback show ID` lists the calls.

    Example: ringback split 12 call-3f2a91c04bd7e6a1-0
    """
    new = decisions.split(session.ledger, callback, list(map(CallId, calls)))
    said = f"Split {named(session, new)} from {callback}."
    return following.conclude(session, "split", following.Decision(said, [callback, new]))


@click.command("restore")
@click.argument("callbacks", metavar="[ID...]", type=SUBJECT, nargs=-1)
@no_sync_option
@json_option
@click.pass_obj
def restore_command(session: Session, *, callbacks: tuple[Subject, ...]) -> int:
    """Bring back holds and slots that were deleted or vanished: those of these callbacks, or all.

    Example: ringback restore 12
    """
    for callback in callbacks:
        decisions.owed(session.ledger, callback)
    restored = decisions.restore(session.ledger, callbacks)
    said = f"Brought back: {', '.join(restored)}." if restored else "Noted; nothing had to be brought back."
    return following.conclude(session, "restore", following.Decision(said, restored))


@click.command("acknowledge")
@click.argument("day", metavar="[DATE]", nargs=-1)
@no_sync_option
@json_option
@click.pass_obj
def acknowledge_command(session: Session, *, day: tuple[str, ...]) -> int:
    """Say that you know of a day without a call slot: of DATE, or of all such days.

    Example: ringback acknowledge 2026-11-26
    """
    date = session.times.here(when_of(session, " ".join(day)).at).date() if day else None
    known = decisions.acknowledge(session.ledger, date)
    said = f"Acknowledged: no call slot on {', '.join(one.removeprefix(SLOT_PREFIX) for one in known)}."
    return following.conclude(session, "acknowledge", following.Decision(said, []))


@click.command("undo")
@click.argument("change", type=click.IntRange(min=1), required=False)
@no_sync_option
@json_option
@click.pass_obj
def undo_command(session: Session, *, change: int | None) -> int:
    """Take back the last command, or the change of that number; events, drafts and labels follow.

    What happened in the world stays: what a caller was told, and what you did on the calendar yourself.

    Example: ringback undo 57
    """
    undone, subjects = taking_back.undo(session.ledger, change)
    said = f"Taken back: change {undone.id} ({undone.command})."
    return following.conclude(session, "undo", following.Decision(said, subjects, is_change=False))
