"""From the ledger to operations: rank, plan, and compare what shall be with what stands."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from assistant import reconcile, triage
from assistant.ledger import heard, planned
from assistant.ledger.journal import slot_subject
from assistant.model.callback import Callback, Slot, Status
from assistant.model.heard import Disposition
from assistant.model.journal import Ranked, SlotLost, Subject, Verdict
from assistant.model.mailbox import Label
from assistant.model.planning import Bucket, Plan
from assistant.model.rules import Case, WorkingTime
from assistant.model.speech import SlotFacts
from assistant.pipeline import daysoff, speech
from assistant.pipeline.callee import side_of
from assistant.pipeline.drafting import draft_operations
from assistant.pipeline.matter import Matter, state_reason
from assistant.pipeline.measuring import measured
from assistant.pipeline.people import person
from assistant.pipeline.placing import hold_operations, settled_operations
from assistant.plan import plan
from assistant.plan.grid import WEEKDAYS, wall
from assistant.plan.pose import Candidate, day_of, gone_reason, holding, let_go, pose, stranding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from assistant.model.calendar import Entry
    from assistant.model.call import Window
    from assistant.model.heard import KnownCall
    from assistant.model.operation import AnyOperation
    from assistant.model.planning import PlannedSlot, Problem
    from assistant.pipeline.parts import Parts, Report

NO_NUMBER = "no number: the caller withheld it and left no name"
NO_CALENDAR = "no calendar is configured"
ALERT_WITHIN = timedelta(hours=1)
_LEAST_DONE = (Label.TO_CALL, Label.PROMISED, Label.LEFT_MESSAGE, Label.DONE)


def decide(parts: Parts, agenda: Sequence[Entry], report: Report) -> list[AnyOperation]:
    """Rank and plan all that is owed, note it in the ledger, and return what must be written for it."""
    parts = _with_days_off(parts, agenda)
    matters = {matter.callback.id: matter for matter in _matters(parts)}
    operations: list[AnyOperation] = []
    with parts.ledger.transaction():  # no provider is asked anything in it
        made = _plan(parts, matters, agenda, report)
        holds = {hold.id: hold for hold in made.holds}
        if parts.calendar is not None:
            operations += _slot_operations(parts, made, matters)
            operations += hold_operations(parts, holds, matters)
    if parts.calendar is not None:
        operations += settled_operations(parts)
    operations += draft_operations(parts, holds, matters)
    operations += _label_operations(parts)
    return operations


def _with_days_off(parts: Parts, agenda: Sequence[Entry]) -> Parts:
    now, region = parts.clock.now(), parts.timetable.holiday_region
    if parts.calendar is not None:
        daysoff.note_leave(parts.ledger, agenda, parts.timetable, now)
    if region is not None and daysoff.public(parts.ledger, region, now.date()) is None:
        parts.problems.append(daysoff.unknown(region))
    return parts._replace(timetable=daysoff.kept(parts.ledger, parts.timetable, now))


def _matters(parts: Parts) -> list[Matter]:
    said = heard.calls_with_status(parts.ledger, Status.OPEN, Status.WAITING)
    ranked: list[tuple[Matter, tuple[str, ...]]] = []
    for callback in parts.ledger.owed():
        calls = said.get(callback.id, [])
        who = person(parts, callback, calls)
        rank, reasons = _rank(parts, callback, calls, who.contact.groups if who.contact else ())
        ranked.append((Matter(callback, calls, who, rank), reasons))
    with parts.ledger.transaction():
        for matter, reasons in ranked:
            _keep_rank(parts, matter, reasons)
    return [matter for matter, _ in ranked]


def _rank(
    parts: Parts, callback: Callback, calls: list[KnownCall], groups: tuple[str, ...]
) -> tuple[Ranked, tuple[str, ...]]:
    """Return the rank of a callback, and the reasons for it."""
    case = Case(
        calls=tuple(known.call for known in calls),
        waiting_since=callback.waiting_since,
        caller_name=next((known.name for known in reversed(calls) if known.name), None),
        numbers=tuple(dict.fromkeys(known.number for known in calls if known.number)),
        groups=groups,
        is_known_contact=bool(groups),
        missed_promises=tuple(promise.at for promise in callback.promises if promise.verdict == Verdict.MISSED),
        attempts=tuple(attempt.at for attempt in callback.attempts),
        earlier_outcomes=_earlier(parts, callback),
        override=callback.bucket_set,
        requested=_asked(calls),
    )
    found = triage.rank(case, parts.rules, parts.clock.now(), working_time(parts))
    return Ranked(bucket=found.bucket, due=found.due, minutes=found.minutes), found.reasons


def _keep_rank(parts: Parts, matter: Matter, reasons: tuple[str, ...]) -> None:
    subject = matter.callback.id
    if matter.rank != matter.callback.rank:
        parts.ledger.append(subject, matter.rank)
    content, value = f"reasons-{subject}", msgspec.json.encode(reasons).decode()
    if parts.ledger.value("content", id=content) != value:
        heard.put_text(parts.ledger, content, "reasons", value)


def working_time(parts: Parts) -> WorkingTime:
    """Return when the user works, as triage wants it."""
    table = parts.timetable
    return WorkingTime(zone=table.zone, hours=table.working_hours, holidays=table.holidays)


def _earlier(parts: Parts, callback: Callback) -> tuple[str, ...]:
    """Return how earlier debts of this caller ended; one that was split off is another caller from then on."""
    found: list[str] = []
    seen = {callback.id}
    previous = callback.previous
    while previous is not None and previous not in seen:
        seen.add(previous)
        earlier = parts.ledger.callback(previous)
        before = earlier.closed_at is not None and earlier.closed_at < callback.opened_at
        found += [earlier.outcome] if earlier.outcome and before else []
        previous = earlier.previous
    return tuple(found)


def _plan(parts: Parts, matters: dict[Subject, Matter], agenda: Sequence[Entry], report: Report) -> Plan:
    candidates = []
    for subject, matter in matters.items():
        reason = _no_hold(parts, matter)
        if reason is None:
            matters[subject] = posed = _with_side(parts, matter)
            candidates.append(_candidate(posed))
        else:
            matters[subject] = state_reason(parts, matter, reason)
    if parts.calendar is None:
        return Plan()
    problem, made = _steady_plan(parts, candidates, agenda)
    _keep(parts, problem, made)
    for one in made.unplaced:
        subject = matters[Subject(one.id)].callback.id
        matters[subject] = state_reason(parts, matters[subject], matters[subject].side.never or one.why)
    report.clashes += [f"{clash.id}: {clash.why}" for clash in made.clashes]
    report.alerts += list(_alerts(parts, matters, made))
    return made


def _keep(parts: Parts, problem: Problem, made: Plan) -> None:
    """Keep what `why`, `week` and the digest tell of a plan."""
    now, ledger = parts.clock.now(), parts.ledger
    room = measured(made, ledger.callbacks(), parts.timetable, parts.rules.default_minutes, now)
    planned.keep(ledger, problem, made, daysoff.of_user(ledger, parts.timetable, now), room)


def _steady_plan(parts: Parts, candidates: Sequence[Candidate], agenda: Sequence[Entry]) -> tuple[Problem, Plan]:
    """Return the problem and a plan that the next pass comes to as well, where nothing happened in between."""
    slots, now = parts.ledger.slots(), parts.clock.now()
    held, keep = holding(candidates, agenda, now), set[Subject]()
    while True:
        problem = pose(candidates, slots, agenda, parts.timetable, now, keep=keep, held=held)
        made = plan(problem)
        lost, left_out = let_go(problem, made, held), stranding(slots, problem, made) - keep
        if not lost and not left_out:
            return problem, made
        held -= lost
        keep |= left_out


def _no_hold(parts: Parts, matter: Matter) -> str | None:
    if matter.rank.bucket == Bucket.NEVER:
        return "it is in the bucket never"
    if not matter.person.can_be_called:
        return NO_NUMBER
    if parts.calendar is None:
        return NO_CALENDAR
    return gone_reason(matter.callback)


def _with_side(parts: Parts, matter: Matter) -> Matter:
    return matter._replace(side=side_of(parts, matter.callback, matter.person, _asked(matter.calls)))


def _asked(calls: Sequence[KnownCall]) -> Window | None:
    """Return the newest wish of the caller's, None when there is none."""
    return next((known.call.requested for known in reversed(calls) if known.call.requested), None)


def _candidate(matter: Matter) -> Candidate:
    side = matter.side
    return Candidate(
        callback=matter.callback,
        minutes=matter.rank.minutes,
        bucket=matter.rank.bucket,
        due=matter.rank.due,
        requested=_asked(matter.calls),
        callee_zone=next(iter(side.zones), None),
        callee_hours=side.hours,
        further_zones=side.zones[1:],
        avoid=side.avoid,
    )


def _alerts(parts: Parts, matters: dict[Subject, Matter], made: Plan) -> Iterator[str]:
    """Yield the callbacks that must be called now and have no hold within the hour."""
    soon = {hold.id for hold in made.holds if hold.start <= parts.clock.now() + ALERT_WITHIN}
    for subject, matter in matters.items():
        if matter.rank.bucket == Bucket.NOW and matter.person.can_be_called and subject not in soon:
            yield f"{subject}: to be called now, and the calendar has no room within the hour"


# --- slots


def _slot_operations(parts: Parts, made: Plan, matters: dict[Subject, Matter]) -> list[AnyOperation]:
    slots = {slot.id: slot for slot in parts.ledger.slots()}
    operations: list[AnyOperation] = []
    kept: set[Subject] = set()
    for subject, one in _numbered(made.slots, slots):
        kept.add(subject)
        slot = slots.get(subject) or Slot(id=subject)
        if one.end <= parts.clock.now() and slot.event is not None:
            continue
        wanted = _wanted_slot(parts, subject, one, made, matters)
        operation = reconcile.put_event(subject, slot.event, slot.generation, wanted, parts.style, parts.digest)
        operations += [operation] if operation is not None else []
    for lost in made.lost_slots:
        subject = slot_subject(lost.date)
        is_new = slots.get(subject, Slot(id=subject)).lost != lost.why
        if is_new and not _is_over(parts, lost.date, known=subject in slots):
            parts.ledger.append(subject, SlotLost(why=lost.why))
    return [*reconcile.stale_slots(slots.values(), kept, parts.clock.now()), *operations]


def _is_over(parts: Parts, day: date, *, known: bool) -> bool:
    """Tell whether the hour alone leaves no slot: the day is as good as over, or never had one and it would be past."""
    table, now = parts.timetable, parts.clock.now().timestamp()
    hours = table.working_hours.get(WEEKDAYS[day.weekday()])
    late = hours is not None and wall(day, hours[1], parts.zone) - now < 60 * table.slot.min_minutes
    return late or (not known and wall(day, table.slot.at, parts.zone) < now)


def _numbered(planned: Sequence[PlannedSlot], known: Mapping[Subject, Slot]) -> Iterator[tuple[Subject, PlannedSlot]]:
    """Yield each planned slot with its subject: a bookend that stands keeps its own, though the other one is gone."""
    standing = {
        (day_of(slot), slot.event.start): slot.id
        for slot in known.values()
        if slot.event is not None and slot.event.gone is None
    }
    kept = {standing[slot.date, slot.start] for slot in planned if (slot.date, slot.start) in standing}
    for slot in planned:
        subject = standing.get((slot.date, slot.start))
        if subject is None:
            free = (slot_subject(slot.date, number) for number in itertools.count())
            subject = next(one for one in free if one not in kept and not _is_gone(known.get(one)))
            kept.add(subject)
        yield subject, slot


def _is_gone(slot: Slot | None) -> bool:
    return slot is not None and slot.event is not None and slot.event.gone is not None


def _wanted_slot(
    parts: Parts, subject: Subject, planned: PlannedSlot, made: Plan, matters: dict[Subject, Matter]
) -> reconcile.Wanted:
    inside = [hold for hold in made.holds if hold.in_slot and planned.start <= hold.start < planned.end]
    calls = tuple(
        speech.slot_call(matters[Subject(hold.id)].callback, matters[Subject(hold.id)].person, hold.start)
        for hold in sorted(inside, key=lambda hold: (hold.start, hold.id))
    )
    moved = planned.moved and planned.start > parts.clock.now()  # once it has begun, nobody asks why it is then
    facts = SlotFacts(start=planned.start, end=planned.end, calls=calls, moved=moved, why=planned.why)
    text = speech.slot_text(parts, subject, facts)
    return reconcile.Wanted(
        start=planned.start,
        end=planned.end,
        summary=text.summary,
        description=text.description,
        why=planned.why or "the daily call time",
        opaque=True,
        reminders=(timedelta(0),) if calls else (),
    )


# --- labels


def _label_operations(parts: Parts) -> list[AnyOperation]:
    now = parts.clock.now()
    labels = {callback.id: reconcile.label_of(callback, now) for callback in parts.ledger.callbacks()}
    operations: list[AnyOperation] = []
    for message, subjects in heard.messages_with_subjects(parts.ledger):
        label = min((labels[one] for one in subjects), key=_LEAST_DONE.index)
        operation = reconcile.set_label(message, subjects[0], label, f"callback {', '.join(subjects)}")
        operations += [operation] if operation is not None else []
    for disposition in (Disposition.BIN, Disposition.DISMISSED):
        for message in heard.messages(parts.ledger, disposition):
            operation = reconcile.set_label(message, Subject("bin"), reconcile.bin_label(message), message.reason)
            operations += [operation] if operation is not None else []
    return operations
