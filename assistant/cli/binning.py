"""`bin`: the mails that wait for a look before anybody is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from assistant import bootstrap
from assistant.cli import following, gather, output
from assistant.cli.session import Session, json_option, no_sync_option
from assistant.cli.views import BinItem, BinView
from assistant.errors import UsageError
from assistant.ledger import heard
from assistant.model.heard import Disposition
from assistant.standards.plain import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assistant.cli.times import Times
    from assistant.model.heard import Message
    from assistant.model.journal import Subject


@click.command("bin")
@click.option("--accept", metavar="N", help="Take mail N for a call; its caller is owed one.")
@click.option("--dismiss", metavar="N", help="Say that mail N is nothing.")
@no_sync_option
@json_option
@click.pass_obj
def bin_command(session: Session, *, accept: str | None, dismiss: str | None) -> int | None:
    """List the mails in the review bin: suspect ones, and such as could not be read. N is the number in this list.

    Example: ringback bin --accept 1
    """
    if accept and dismiss:
        raise click.UsageError("Use one of --accept and --dismiss at a time.")
    if accept:
        return _accept(session, _chosen(session, accept))
    if dismiss:
        return _dismiss(session, _chosen(session, dismiss))
    view = BinView(
        schema="ringback/bin/1",
        mails=tuple(
            BinItem(number=number, message=gather.message(session.ledger, one))
            for number, one in enumerate(_mails(session), 1)
        ),
    )
    session.show(view, lambda: _table(session.times, view))
    return None


def _mails(session: Session) -> list[Message]:
    return heard.messages(session.ledger, Disposition.BIN)


def _chosen(session: Session, choice: str) -> Message:
    """Return the mail of that number in the list, or of that id."""
    mails = _mails(session)
    by_id = next((one for one in mails if one.id == choice), None)
    if by_id is not None:
        return by_id
    if choice.isdecimal() and 0 < int(choice) <= len(mails):
        return mails[int(choice) - 1]
    raise UsageError(f"The review bin has no mail {choice}. `ringback bin` lists what there is.")


def _accept(session: Session, message: Message) -> int:
    from assistant.pipeline import Report, binning  # noqa: PLC0415  looking into the bin needs no pass

    with bootstrap.one_at_a_time(session.places, following.WAIT), session.ledger.change("bin accept"):
        binning.accept(following.parts_of(session), message, Report())
    subjects: list[Subject] = heard.subjects_of_message(session.ledger, message.id)
    said = f"Accepted: {_title(session, message)} is now callback {', '.join(subjects)}."
    return following.conclude(session, "bin-accept", following.Decision(said, subjects, is_change=False))


def _dismiss(session: Session, message: Message) -> int:
    from assistant.pipeline import binning  # noqa: PLC0415  as above

    with session.ledger.transaction():
        binning.dismiss(session.ledger, message)
    said = f"Dismissed: {_title(session, message)}. The mail itself stays where it is."
    return following.conclude(session, "bin-dismiss", following.Decision(said, [], is_change=False))


def _title(session: Session, message: Message) -> str:
    envelope = heard.envelope(session.ledger, message.id)
    return one_line(envelope.subject or envelope.sender or message.id)


def _table(times: Times, view: BinView) -> Iterable[str]:
    if not view.mails:
        return ["The review bin is empty."]
    rows = [
        (
            str(one.number),
            times.moment(one.message.received_at),
            one_line(one.message.sender, 30),
            one_line(one.message.subject, 40),
            one_line(one.message.reason, 90),
        )
        for one in view.mails
    ]
    return output.table(rows, ("N", "received", "from", "subject", "why it is here"))
