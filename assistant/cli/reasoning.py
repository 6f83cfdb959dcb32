"""`why`: why a callback stands where it stands, from the very data of the last plan."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from assistant.cli import callers, gather, output
from assistant.cli.arguments import SUBJECT
from assistant.cli.planviews import PassedView, TimeView, WhyView
from assistant.cli.session import Session, json_option
from assistant.ledger import heard, planned
from assistant.model.callback import Status
from assistant.model.explaining import Rule
from assistant.model.journal import Subject
from assistant.plan.explain import explain
from assistant.plan.pose import pin_of
from assistant.standards.plain import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from assistant.cli.times import Times
    from assistant.ledger.journal import Ledger
    from assistant.model.callback import Callback

_SHOWN = 12
"""Lines about times that would have been better."""
_NAME = 40
_DAYS = 3
"""Days named in one line."""


@click.command("why")
@click.argument("callback", metavar="ID", type=SUBJECT)
@json_option
@click.pass_obj
def why_command(session: Session, *, callback: Subject) -> None:
    """Say why a callback is where it is: its urgency, its place among the others, its time, or for having none.

    Every time that would have been better is named with what it was lost to: a meeting, a rule, another call. This is
    told from the last plan, so nothing is asked of any account.

    Example: ringback why 12
    """
    ledger = session.ledger
    found = ledger.callback(callback)
    calls = heard.calls_of(ledger, callback)
    item = gather.item(ledger, found, calls)
    view = WhyView(
        schema="ringback/why/1",
        id=found.id,
        caller=item.caller,
        status=found.status,
        bucket=item.bucket,
        bucket_set_by_you=found.bucket_set is not None,
        due=item.due,
        overdue=item.overdue,
        minutes=found.rank.minutes if found.rank else None,
        reasons=gather.reasons(ledger, found),
        hold=item.hold,
        planned_why=found.planned_why,
        no_hold=item.no_hold,
        asked=tuple(one.call.requested.text for one in calls if one.call.requested and one.call.requested.text),
        until=found.until,
        outcome=found.outcome,
        time=_time(ledger, found) if found.status != Status.CLOSED else None,
    )
    session.show(view, lambda: _why(session.times, view, _names(ledger)))


def _time(ledger: Ledger, callback: Callback) -> TimeView | None:
    kept = planned.last(ledger)
    told = explain(kept.problem, kept.plan, callback.id) if kept is not None else None
    if kept is None or told is None:
        return None
    hold = gather.hold_of(callback)
    pin = pin_of(callback, kept.problem.busy, kept.problem.now)
    standing = told.standing
    return TimeView(
        planned_at=kept.problem.now,
        current=(hold.start if hold is not None else None) == told.start,
        start=told.start,
        place=standing.place,
        of=standing.of,
        more_urgent=standing.more_urgent,
        due_sooner=standing.due_sooner,
        waiting_longer=standing.waiting_longer,
        fixed_by=pin[1] if pin is not None and pin[0] == told.start else None,
        kept=told.kept,
        avoided=(*told.avoided, *(clash.why for clash in kept.plan.clashes if clash.id == callback.id)),
        passed=tuple(
            PassedView(first=one.first, last=one.last, rule=one.rule, by=one.by, why=one.why) for one in told.passed
        ),
    )


def _names(ledger: Ledger) -> Mapping[Subject, tuple[str | None, str | None]]:
    return heard.names_with_status(ledger, Status.OPEN, Status.WAITING)


def _why(times: Times, view: WhyView, names: Mapping[Subject, tuple[str | None, str | None]]) -> Iterator[str]:
    yield output.heading(f"{view.id}  {callers.label_of(view.caller)}")
    if view.status == Status.CLOSED:
        yield f"  closed: {(view.outcome or 'merged or taken back').replace('_', ' ')}"
    if view.bucket:
        due = f", due {times.full(view.due)}" if view.due else ""
        yield f"  bucket {view.bucket.replace('_', ' ')}{due}{' (overdue)' if view.overdue else ''}"
    yield from (f"    - {reason}" for reason in view.reasons)
    for words in view.asked:
        yield f"  the caller asked: {one_line(words, 200)}"
    if view.until:
        yield f"  not before {times.full(view.until)}"
    if view.hold:
        yield f"  hold {times.span(view.hold.start, view.hold.end)}"
        yield from (f"    - {reason}" for reason in view.planned_why)
    elif view.no_hold:
        yield f"  no hold: {view.no_hold}"
    if view.time is not None:
        yield from _told(times, view.time, view.planned_why, names)


def _told(
    times: Times, time: TimeView, said: Sequence[str], names: Mapping[Subject, tuple[str | None, str | None]]
) -> Iterator[str]:
    """Yield the sentences about the time that are not `said` yet: its place, what holds it, and what was better."""
    yield f"  {_place(time)}"
    if not time.current:
        yield f"  its time has changed since it was last planned, {times.moment(time.planned_at)}: ringback sync"
        return
    sentences = (one for one in (time.fixed_by, time.kept, *time.avoided) if one and one not in said)
    yield from (f"    - {sentence}" for sentence in sentences)
    if time.passed:
        yield f"  {'Better times' if time.start else 'Times it might have had'}, and what took them:"
    lines = [line for group in _by_rule(times, time.passed) for line in _passed(times, group, names)]
    yield from (f"    - {line}" for line in lines[:_SHOWN])
    if len(lines) > _SHOWN:
        yield f"    ... and {len(lines) - _SHOWN} more: --json has them all"
    if time.start and not time.passed and not time.fixed_by:
        yield "  No time would have been better."


def _place(time: TimeView) -> str:
    """Return the place of a callback among all that are planned, with what the ones before it have on it."""
    counts = (
        (time.more_urgent, "more urgent"), (time.due_sooner, "due sooner"), (time.waiting_longer, "waiting longer"),
    )  # fmt: skip
    ahead = ", ".join(f"{count} {reason}" for count, reason in counts if count)
    return f"number {time.place} of {time.of} to call" + (f": {ahead}" if ahead else "")


def _by_rule(times: Times, passed: tuple[PassedView, ...]) -> Iterator[list[PassedView]]:
    """Yield stretches of one rule: those of wishes and of the callee's hours by their times, all others alone.

    Those outside of working hours stand together at the end: nobody asks after each night.
    """
    groups: dict[object, list[PassedView]] = {}
    for one in passed:
        key = {
            Rule.HOURS: (Rule.HOURS,),
            Rule.DAY_OFF: (Rule.HOURS,),
            Rule.ASKED: (one.why, times.clock(one.first), times.clock(one.last)),
            Rule.CALLEE: (one.why, times.clock(one.first), times.clock(one.last)),
        }.get(one.rule, one.first)
        groups.setdefault(key, []).append(one)
    last = groups.pop((Rule.HOURS,), None)
    yield from (*groups.values(), *([last] if last else ()))


def _passed(
    times: Times, group: list[PassedView], names: Mapping[Subject, tuple[str | None, str | None]]
) -> Iterator[str]:
    one = group[0]
    if one.rule in {Rule.HOURS, Rule.DAY_OFF}:
        days: dict[str, dict[str, None]] = {}
        for each in group:
            days.setdefault(each.why, {})[times.day(each.first)] = None
        yield from (f"{_listed([*found])}: {why}" for why, found in days.items())
        return
    until = f"-{times.clock(one.last)}" if one.last != one.first else ""
    yield f"{_listed([times.day(each.first) for each in group])} {times.clock(one.first)}{until}: {_named(one, names)}"


def _listed(days: Sequence[str]) -> str:
    more = len(days) - _DAYS
    return ", ".join(days[:_DAYS]) + (f" and {more} more {'day' if more == 1 else 'days'}" if more > 0 else "")


def _named(one: PassedView, names: Mapping[Subject, tuple[str | None, str | None]]) -> str:
    """Return the sentence with the names of the callers whose calls have the time."""

    def called(found: re.Match[str]) -> str:
        name, number = names.get(Subject(found[1]), (None, None))
        return f"{one_line(name or number or '', _NAME)} [{found[1]}] ("

    anyone = "|".join(map(re.escape, one.by))
    return re.sub(rf"(?<!\w)({anyone}) \(", called, one.why) if one.by else one.why
