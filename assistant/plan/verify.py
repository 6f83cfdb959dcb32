"""Check a plan against the hard rules with plain times, sharing no code with how it was made."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from assistant.model.planning import Bucket, SlotState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.model.planning import GivenSlot, Plan, PlannedHold, Problem, Request

_STEP = timedelta(minutes=5)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class _Times(NamedTuple):
    """A stretch of time in UTC."""

    start: datetime
    end: datetime

    def overlaps(self, other: _Times) -> bool:
        return self.start < other.end and other.start < self.end

    def contains(self, other: _Times) -> bool:
        return self.start <= other.start and other.end <= self.end


def violations(problem: Problem, plan: Plan) -> list[str]:
    """Return a line for each hard rule that a plan breaks; none for a correct plan.

    Looks at slots (on the grid, free of busy time, one or lost on each working day), at holds, at the completeness of
    clashes, and whether what is unplaced could have been placed.
    """
    return [*_slot_faults(problem, plan), *_hold_faults(problem, plan), *_account_faults(problem, plan)]


def _times(start: datetime, end: datetime) -> _Times:
    return _Times(start.astimezone(UTC), end.astimezone(UTC))


def _hours(day: date, hours: tuple[str, str], zone: ZoneInfo) -> _Times:
    moments = []
    for text in hours:
        hour, minute = (int(part) for part in text.split(":"))
        on = day + timedelta(days=hour // 24)
        moments.append(datetime.combine(on, time(hour % 24, minute), zone))
    return _times(*moments)


def _dates(problem: Problem) -> list[date]:
    today = problem.now.astimezone(ZoneInfo(problem.zone)).date()
    return [today + timedelta(days=number) for number in range(problem.horizon_days)]


def _working_hours(problem: Problem) -> dict[date, _Times]:
    zone = ZoneInfo(problem.zone)
    return {
        day: _hours(day, problem.working_hours[_DAYS[day.weekday()]], zone)
        for day in _dates(problem)
        if _DAYS[day.weekday()] in problem.working_hours and day not in problem.holidays
    }


def _busy(problem: Problem, *, buffers: bool) -> list[_Times]:
    buffer = timedelta(minutes=problem.buffer_minutes if buffers else 0)
    stretches = [_times(period.start, period.end) for period in problem.busy]
    return [_Times(busy.start - buffer, busy.end + buffer) for busy in stretches]


def _off_grid(times: _Times) -> bool:
    return any((moment - datetime(1970, 1, 1, tzinfo=UTC)) % _STEP for moment in times)


def _pins(problem: Problem) -> dict[str, _Times]:
    return {
        request.id: _times(request.pinned_at, request.pinned_at.astimezone(UTC) + timedelta(minutes=request.minutes))
        for request in problem.callbacks
        if request.pinned_at is not None
    }


def _slot_faults(problem: Problem, plan: Plan) -> Iterator[str]:
    settled = {given.date for given in problem.slots}
    kept = {_times(given.start, given.end) for given in problem.slots if given.start and given.end}
    made = {_times(slot.start, slot.end) for slot in plan.slots}
    yield from (f"given slot {times} is gone" for times in kept - made)
    due_days = {slot.date for slot in plan.slots} | {lost.date for lost in plan.lost_slots} | settled
    yield from (f"{day}: neither a slot nor reported lost" for day in _working_hours(problem) if day not in due_days)
    yield from (f"{lost.date}: lost, yet settled" for lost in plan.lost_slots if lost.date in settled)
    for slot in plan.slots:
        times = _times(slot.start, slot.end)
        if times not in kept:
            yield from _new_slot_faults(problem, plan, slot.date, times)


def _new_slot_faults(problem: Problem, plan: Plan, day: date, times: _Times) -> Iterator[str]:
    zone, rule = ZoneInfo(problem.zone), problem.slot
    minutes = (times.end - times.start) / timedelta(minutes=1)
    work = _working_hours(problem).get(day)
    pair = sum(slot.date == day for slot in plan.slots) > 1
    if any(given.date == day for given in problem.slots):
        yield f"slot {day}: the day was settled already"
    if work is None:
        yield f"slot {day}: not a working day"
    elif not work.contains(times) and not _hours(day, ("08:00", "21:00"), zone).contains(times):
        yield f"slot {day}: outside working hours and 08:00 to 21:00"
    if work and not work.contains(times) and minutes > 30:  # noqa: PLR2004 - bookends are at most that long
        yield f"slot {day}: a bookend of {minutes} minutes"
    if _off_grid(times) or times.start < problem.now.astimezone(UTC):
        yield f"slot {day}: off the grid or in the past"
    if not rule.min_minutes <= minutes <= (30 if pair else max(30, rule.max_minutes)):
        yield f"slot {day}: {minutes} minutes long"
    if any(times.overlaps(busy) for busy in _busy(problem, buffers=True)):
        yield f"slot {day}: on busy time"
    if any(times.overlaps(pin) and not times.contains(pin) for pin in _pins(problem).values()):
        yield f"slot {day}: straddles a pinned hold"


def _hold_faults(problem: Problem, plan: Plan) -> Iterator[str]:
    requests = {request.id: request for request in problem.callbacks}
    rooms = _Rooms(problem, plan)
    placed: list[tuple[str, _Times]] = []
    for hold in plan.holds:
        request, times = requests.get(hold.id), _times(hold.start, hold.end)
        if request is None:
            yield f"{hold.id}: not asked for"
            continue
        if request.pinned_at is None:
            yield from (f"{hold.id}: {fault}" for fault in rooms.faults(request, times))
            yield from (f"{hold.id}: overlaps {other}" for other, taken in placed if taken.overlaps(times))
        else:
            others = [(other, taken) for other, taken in placed if requests[other].pinned_at is None]
            yield from (f"{hold.id}: overlaps {other}" for other, taken in others if taken.overlaps(times))
        yield from _stated_faults(request, hold, times, rooms)
        placed.append((hold.id, times))


def _stated_faults(request: Request, hold: PlannedHold, times: _Times, rooms: _Rooms) -> Iterator[str]:
    if request.pinned_at is not None and times.start != request.pinned_at:
        yield f"{hold.id}: not where it is pinned"
    if times.end - times.start != timedelta(minutes=request.minutes):
        yield f"{hold.id}: wrong length"
    if hold.in_slot != any(slot.contains(times) for slot in rooms.slots):
        yield f"{hold.id}: in_slot is wrong"
    if not hold.why or not all(hold.why):
        yield f"{hold.id}: no reason"


class _Rooms:
    """Where holds may be; computed once for all of them."""

    def __init__(self, problem: Problem, plan: Plan) -> None:
        zone = ZoneInfo(problem.zone)
        dates = _dates(problem)
        self.now = problem.now.astimezone(UTC)
        self.zone = problem.zone
        self.end = _hours(dates[-1], ("00:00", "24:00"), zone).end
        self.slots = [_times(slot.start, slot.end) for slot in plan.slots]
        self.work = [*self.slots, *_working_hours(problem).values()]
        self.wide = [*self.work, *(_hours(day, ("08:00", "21:00"), zone) for day in dates)]
        self.busy = _busy(problem, buffers=True)
        self.pins = _pins(problem)

    def faults(self, request: Request, times: _Times) -> Iterator[str]:
        """Yield the hard rules that an unpinned hold breaks by itself or against pinned ones."""
        if _off_grid(times):
            yield "off the grid"
        if times.start < self.now or times.end > self.end:
            yield "in the past or after the horizon"
        if not any(room.contains(times) for room in (self.wide if request.bucket is Bucket.NOW else self.work)):
            yield "outside slots and working hours"
        if any(times.overlaps(busy) for busy in self.busy):
            yield "on busy time or its buffer"
        yield from (f"overlaps the pinned {name}" for name, pin in self.pins.items() if pin.overlaps(times))
        yield from self._caller_faults(request, times)

    def _caller_faults(self, request: Request, times: _Times) -> Iterator[str]:
        if request.not_before is not None and times.start < request.not_before:
            yield "before the time asked for"
        if request.not_after is not None and times.end > request.not_after:
            yield "after the time asked for"
        if request.callee_hours is not None:
            for name in (request.callee_zone or self.zone, *request.further_zones):
                there = ZoneInfo(str(name))
                day = times.start.astimezone(there).date()
                if not _hours(day, request.callee_hours, there).contains(times):
                    yield "outside the callee's hours"


def _account_faults(problem: Problem, plan: Plan) -> Iterator[str]:
    names = sorted([hold.id for hold in plan.holds] + [item.id for item in plan.unplaced])
    if names != sorted(request.id for request in problem.callbacks):
        yield "holds and unplaced are not the callbacks, each once"
    requests = {request.id: request for request in problem.callbacks}
    rooms = _Rooms(problem, plan)
    taken = [_times(hold.start, hold.end) for hold in plan.holds]
    for item in plan.unplaced:
        if not item.why:
            yield f"{item.id}: unplaced without a reason"
        if item.id in requests and _could_stand(requests[item.id], rooms, taken):
            yield f"{item.id}: unplaced although there is room"
    yield from _clash_faults(problem, plan)
    yield from (f"{given.date}: a slot where it was skipped" for given in _skipped_but_made(problem, plan))


def _could_stand(request: Request, rooms: _Rooms, taken: list[_Times]) -> bool:
    length = timedelta(minutes=request.minutes)
    start = datetime.fromtimestamp(-(-rooms.now.timestamp() // 300) * 300, UTC)
    while start + length <= rooms.end:
        times = _Times(start, start + length)
        if not any(times.overlaps(other) for other in taken) and not any(True for _ in rooms.faults(request, times)):
            return True
        start += _STEP
    return False


def _clash_faults(problem: Problem, plan: Plan) -> Iterator[str]:
    pins = _pins(problem)
    busy = _busy(problem, buffers=False)
    wanted = {frozenset((name, "busy")) for name, pin in pins.items() if any(pin.overlaps(other) for other in busy)}
    wanted |= {
        frozenset((name, other)) for name in pins for other in pins if name < other and pins[name].overlaps(pins[other])
    }
    stated = {frozenset((clash.id, clash.with_)) for clash in plan.clashes}
    if stated != wanted:
        yield f"clashes are {stated}, not {wanted}"


def _skipped_but_made(problem: Problem, plan: Plan) -> list[GivenSlot]:
    skipped = [given for given in problem.slots if given.state is SlotState.SKIPPED]
    kept = {given.date for given in problem.slots if given.state is not SlotState.SKIPPED}
    made = {slot.date for slot in plan.slots}
    return [given for given in skipped if given.date in made and given.date not in kept]
