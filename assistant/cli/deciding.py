"""`done`, `tried`, `snooze`, `promise`, `bucket`: what you decided about one callback."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from assistant.cli import callers, following, gather
from assistant.cli.arguments import SUBJECT, Word, when_of
from assistant.cli.session import Session, json_option, no_sync_option
from assistant.ledger import decisions
from assistant.model.journal import AttemptResult, Outcome
from assistant.model.planning import Bucket

if TYPE_CHECKING:
    from datetime import datetime

    from assistant.model.journal import Subject

_ID = click.argument("callback", metavar="ID", type=SUBJECT)
_NOTE = click.option("--note", metavar="TEXT", help="A note, kept with it and erasable.")


def named(session: Session, callback: Subject) -> str:
    """Return the caller and the id of a callback."""
    (item,) = gather.items(session.ledger, [session.ledger.callback(callback)])
    return f"{callers.label_of(item.caller)} [{callback}]"


@click.command("done")
@_ID
@click.argument("outcome", type=Word(Outcome), default=Outcome.REACHED)
@_NOTE
@no_sync_option
@json_option
@click.pass_obj
def done_command(session: Session, *, callback: Subject, outcome: Outcome, note: str | None) -> int:
    """Settle a callback. OUTCOME is reached unless you say otherwise; abandoned needs a --note that says why.

    Outcomes: reached, update_given, declined, handled_elsewhere, delegated, wrong_number, spam, opted_out, abandoned.

    Example: ringback done 12 update_given --note "sends the papers on Monday"
    """
    decisions.close(session.ledger, callback, outcome, note)
    said = f"Done: {named(session, callback)}: {outcome.replace('_', ' ')}."
    return following.conclude(session, "done", following.Decision(said, [callback]))


@click.command("tried")
@_ID
@click.argument("result", type=Word(AttemptResult))
@click.option("--next", "next_try", metavar="WHEN", help="When to try again; else the next working day, in the slot.")
@click.option("--by", metavar="NAME", help="Who took the message.")
@_NOTE
@no_sync_option
@json_option
@click.pass_obj
def tried_command(
    session: Session,
    *,
    callback: Subject,
    result: AttemptResult,
    next_try: str | None,
    by: str | None,
    note: str | None,
) -> int:
    """Note a try that did not reach the caller. A try always has a result and a next step.

    Results: no_answer, busy, left_voicemail, left_message, failed.

    Example: ringback tried 12 left_message --by "Ms Kern" --next "Thursday 10:00"
    """
    decisions.owed(session.ledger, callback)
    if result == AttemptResult.LEFT_MESSAGE and session.asks:
        by = by or click.prompt("Who took the message?", default="", show_default=False, err=True) or None
        next_try = next_try or _ask_next()
    at = _clocked(session, next_try) if next_try else _next_working_day(session)
    exact = bool(next_try) and when_of(session, next_try or "").has_clock
    taken = f"the message was taken by {by}" if by else None
    decisions.attempt(session.ledger, callback, result, at, "; ".join(filter(None, (taken, note))) or None, exact=exact)
    following_try = session.times.full(at) if exact else f"from {session.times.day(at)} on, in the slot"
    said = f"Tried: {named(session, callback)}: {result.replace('_', ' ')}. Next try: {following_try}."
    return following.conclude(session, "tried", following.Decision(said, [callback]))


def _ask_next() -> str | None:
    question = "When can the caller ring back or be called? (empty: the next working day)"
    return click.prompt(question, default="", show_default=False, err=True) or None


def _next_working_day(session: Session) -> datetime:
    from assistant.bootstrap import timetable  # noqa: PLC0415  with the planner, which other commands do without
    from assistant.pipeline import daysoff  # noqa: PLC0415  as above
    from assistant.plan.pose import next_working_start  # noqa: PLC0415  as above

    now = session.clock.now()
    return next_working_start(daysoff.kept(session.ledger, timetable(session.settings), now), now)


def _clocked(session: Session, text: str) -> datetime:
    """Return the time that a text names; a day alone means when work begins on it, or now when that is past."""
    when = when_of(session, text)
    if when.has_clock:
        return when.at
    days = session.settings.hours.working
    hours = next((times for day, times in days.items() if day == _WEEK[when.at.weekday()]), ("09:00", ""))
    hour, minute = map(int, hours[0].split(":"))
    return max(when.at.replace(hour=hour, minute=minute), session.times.now + timedelta(minutes=1))


_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@click.command("snooze")
@_ID
@click.argument("when", nargs=-1, required=True)
@no_sync_option
@json_option
@click.pass_obj
def snooze_command(session: Session, *, callback: Subject, when: tuple[str, ...]) -> int:
    """Let a callback wait until WHEN, in words of your language or English. A new call of theirs wakes it.

    Example: ringback snooze 12 next Monday
    """
    until = _clocked(session, " ".join(when))
    decisions.snooze(session.ledger, callback, until)
    said = f"Waiting: {named(session, callback)} until {session.times.full(until)}."
    return following.conclude(session, "snooze", following.Decision(said, [callback]))


@click.command("promise")
@_ID
@click.argument("when", nargs=-1, required=True)
@no_sync_option
@json_option
@click.pass_obj
def promise_command(session: Session, *, callback: Subject, when: tuple[str, ...]) -> int:
    """Note a time that you told the caller. The hold goes there, and the time is kept, late or missed.

    Example: ringback promise 12 tomorrow 10:00
    """
    understood = when_of(session, " ".join(when))
    if not understood.has_clock:
        raise click.UsageError(f"{' '.join(when)!r} names no time of day. Promise one: 'tomorrow 10:00'")
    decisions.promise(session.ledger, callback, understood.at)
    said = f"Promised: {named(session, callback)}: {session.times.full(understood.at)}."
    return following.conclude(session, "promise", following.Decision(said, [callback]))


@click.command("bucket")
@_ID
@click.argument("bucket", type=Word(Bucket))
@no_sync_option
@json_option
@click.pass_obj
def bucket_command(session: Session, *, callback: Subject, bucket: Bucket) -> int:
    """Choose how soon a caller is to be called: now, today, tomorrow, few_days or never. Your choice stands.

    Example: ringback bucket 12 today
    """
    decisions.set_bucket(session.ledger, callback, bucket)
    said = f"{named(session, callback)} is to be called: {bucket.replace('_', ' ')}."
    return following.conclude(session, "bucket", following.Decision(said, [callback]))
