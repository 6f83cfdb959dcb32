"""When nothing need be decided: a decision had nothing to do, what it depends on is the same, and no time has come.

`decide` is a function of the ledger, the agenda, the address books, the settings and the clock. A pass in which it came
to nothing leaves a mark: a digest of all those, and until when time alone leaves them as they are. A later pass that
finds the same digests before that time would come to nothing too, and leaves it at that. A plan that stands is thus
looked at when something changed, when a time comes that it knows of, and once an hour: not because minutes went by.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from assistant.ledger import heard
from assistant.model.calendar import FbType
from assistant.model.callback import Status
from assistant.model.planning import Bucket
from assistant.pipeline.deciding import NO_CALENDAR, NO_NUMBER, decide
from assistant.plan.grid import WEEKDAYS, wall
from assistant.plan.pose import SOON, busy_periods, day_of, gone_reason
from assistant.ports import Versioned

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from assistant.ledger.journal import Ledger
    from assistant.model.calendar import Entry
    from assistant.model.callback import Callback, Slot
    from assistant.model.heard import KnownCall
    from assistant.model.journal import Subject
    from assistant.model.operation import AnyOperation
    from assistant.model.planning import Period, Timetable
    from assistant.pipeline.parts import Parts, Report

LONGEST = timedelta(hours=1)
"""No mark holds longer: an address book that cannot tell may have changed, or the zones and libraries beneath us."""
BEFORE, AFTER = timedelta(minutes=10), timedelta(minutes=5)
"""How far from its moment a time may matter: planning counts in whole ticks of five minutes and rounds both ways."""
MARK = "settled"
"""Name of the mark in the ledger."""
_DAY = timedelta(days=1)
_ENCODER = msgspec.json.Encoder(order="deterministic")


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """What the last decision that came to nothing depended on, and when it was made.

    `agenda` is a digest of the busy periods, `version` what the calendar said of all its agenda before it was read.
    """

    basis: str
    agenda: str
    version: str | None
    since: datetime
    until: datetime

    def covers(self, now: datetime) -> bool:
        """Tell whether time alone changed nothing; a clock that was set back is another time."""
        return self.since <= now < self.until


class Stretch(NamedTuple):
    """A time in which the clock alone may turn a decision; most are moments."""

    start: datetime
    end: datetime


def decide_unless_settled(parts: Parts, report: Report) -> Sequence[AnyOperation]:
    """Return what must be written; nothing, without looking, where the mark says so. A dry run always looks."""
    if report.dry_run:
        return decide(parts, read_agenda(parts), report)
    now, basis, version = parts.clock.now().astimezone(UTC), basis_of(parts), _version(parts.calendar)
    mark = _stored(parts.ledger)
    same = mark is not None and mark.basis == basis and mark.covers(now)
    if mark is not None and same and version is not None and mark.version == version:
        return ()
    agenda = read_agenda(parts)
    seen = _digest([*_busy(agenda)])
    if mark is not None and same and mark.agenda == seen:
        _leave(parts, report, msgspec.structs.replace(mark, version=version))
        return ()
    operations = decide(parts, agenda, report)
    if not operations and basis_of(parts) == basis:
        until = rest(_stretches(parts, agenda, now), now)
        if until > now:
            _leave(parts, report, Mark(basis=basis, agenda=seen, version=version, since=now, until=until))
    return operations


def read_agenda(parts: Parts) -> Sequence[Entry]:
    """Return the agenda of the horizon in whole days, with a day on either side for events that span midnight."""
    if parts.calendar is None:
        return ()
    today = _midnight(parts.clock.now(), parts.timetable)
    return parts.calendar.agenda(today - _DAY, today + (parts.timetable.horizon_days + 2) * _DAY)


def _busy(agenda: Sequence[Entry]) -> Iterator[object]:
    """Yield what a decision sees of the agenda: when the user is busy, and whether that is leave or all day."""
    for one in agenda:
        if one.key is None and one.fbtype != FbType.FREE:
            yield one.start.timestamp(), one.end.timestamp(), one.fbtype, one.all_day


def _leave(parts: Parts, report: Report, mark: Mark) -> None:
    """Keep a mark, unless there is something that the next pass has to tell of again."""
    telling = (report.failed, report.unread, report.problems, report.clashes, report.questions, report.alerts)
    if not any(telling) and not parts.problems and parts.ledger.calendar_state().question is None:
        parts.ledger.put_mark(MARK, msgspec.json.encode(mark).decode())


def _stored(ledger: Ledger) -> Mark | None:
    text = ledger.mark(MARK)
    try:
        return None if text is None else msgspec.json.decode(text, type=Mark)
    except msgspec.DecodeError:
        return None  # of another release: it is only ever a reason not to work


# --- what a decision depends on


def basis_of(parts: Parts) -> str:
    """Return a digest of all that a decision depends on, agenda and clock aside."""
    return _digest([parts.ledger.last_entry(), heard.digest(parts.ledger), *_settings(parts), *_accounts(parts)])


def _settings(parts: Parts) -> Iterator[object]:
    yield from (parts.rules, parts.timetable, parts.signs, parts.style, parts.words.version, parts.program)
    yield from (str(parts.zone), parts.user_name, parts.sender, parts.drafts_enabled, parts.digest(""))


def _accounts(parts: Parts) -> Iterator[object]:
    yield parts.calendar is not None
    for name, account in parts.accounts.items():
        yield name, account.drafts is not None, account.contacts is not None, _version(account.contacts)


def _version(service: object) -> str | None:
    return service.version() if isinstance(service, Versioned) else None


def _digest(value: object) -> str:
    return hashlib.blake2b(_ENCODER.encode(value), digest_size=16).hexdigest()


# --- until when


def rest(stretches: Iterable[Stretch], now: datetime) -> datetime:
    """Return until when no time comes that may matter (UTC); `now` itself where one is at hand.

    Args:
        stretches: in any zone, of any year.
        now: in UTC, so that sums of it are elapsed time.
    """
    until = now + LONGEST
    for start, end in stretches:
        if end >= now - AFTER and start < until + BEFORE:
            until = now if start <= now + BEFORE else start.astimezone(UTC) - BEFORE
    return until


def _stretches(parts: Parts, agenda: Sequence[Entry], now: datetime) -> Iterator[Stretch]:
    said = heard.calls_with_status(parts.ledger, Status.OPEN, Status.WAITING)
    callbacks = parts.ledger.callbacks()
    yield from (Stretch(now, now) for one in callbacks if wants_room(one))
    yield from of_callbacks(callbacks, said)
    yield from of_slots(parts.ledger.slots(), parts.timetable)
    yield from of_day(parts.timetable, now)
    yield from of_agenda(busy_periods(agenda))


def of_callbacks(callbacks: Iterable[Callback], said: Mapping[Subject, Sequence[KnownCall]]) -> Iterator[Stretch]:
    """Yield when the times of callbacks turn a decision: holds, deadlines, promises, waits and the callers' wishes."""
    for callback in callbacks:
        minutes = timedelta(minutes=callback.rank.minutes if callback.rank is not None else 0)
        if callback.hold is not None:
            yield from _moments(callback.hold.start - SOON, callback.hold.start, callback.hold.end)
        if callback.rank is not None:
            yield from _moments(callback.rank.due)
        if callback.until is not None:
            yield Stretch(callback.until, callback.until + AFTER)
        for promise in callback.promises:
            yield Stretch(promise.at, promise.at + AFTER)
        for known in said.get(callback.id, ()):
            wish = known.call.requested
            if wish is not None and wish.not_before is not None:
                yield from _moments(wish.not_before)
            if wish is not None and wish.not_after is not None:
                yield from _moments(wish.not_after - minutes, wish.not_after)


def wants_room(callback: Callback) -> bool:
    """Tell whether the planner found no room for a call: why there is none may be another reason at any tick."""
    if callback.status == Status.CLOSED or callback.no_hold is None or callback.no_hold in {NO_NUMBER, NO_CALENDAR}:
        return False
    never = callback.rank is not None and callback.rank.bucket == Bucket.NEVER
    return not never and gone_reason(callback) is None


def of_slots(slots: Iterable[Slot], timetable: Timetable) -> Iterator[Stretch]:
    """Yield when slots begin and end, and while one is late: then it says what time it was when it was put off."""
    zone = ZoneInfo(timetable.zone)
    for slot in slots:
        if slot.event is not None:
            usual = datetime.fromtimestamp(wall(day_of(slot), timetable.slot.at, zone), UTC)
            yield from _moments(slot.event.start, slot.event.end)
            if usual < slot.event.start:
                yield Stretch(usual, slot.event.start)


def of_day(timetable: Timetable, now: datetime) -> Iterator[Stretch]:
    """Yield when today's working hours begin and end, with the last minutes, which are counted, and midnight."""
    zone = ZoneInfo(timetable.zone)
    day = now.astimezone(zone).date()
    hours = timetable.working_hours.get(WEEKDAYS[day.weekday()])
    if hours is not None:
        begin, end = (datetime.fromtimestamp(wall(day, text, zone), UTC) for text in hours)
        yield from _moments(begin)
        yield Stretch(end - timedelta(minutes=timetable.slot.min_minutes), end)
    yield from _moments(datetime.fromtimestamp(wall(day, "24:00", zone), UTC), _midnight(now, timetable))


def of_agenda(busy: Iterable[Period]) -> Iterator[Stretch]:
    """Yield when the appointments of the user begin and end."""
    for period in busy:
        yield from _moments(period.start, period.end)


def _moments(*moments: datetime) -> Iterator[Stretch]:
    return (Stretch(moment, moment) for moment in moments)


def _midnight(now: datetime, timetable: Timetable) -> datetime:
    """Return the midnight that began the day in the user's zone."""
    zone = ZoneInfo(timetable.zone)
    return datetime.combine(now.astimezone(zone).date(), time(), zone)
