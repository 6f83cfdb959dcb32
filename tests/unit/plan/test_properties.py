"""What holds for every problem: the hard rules, and closeness to the optimum where it can be enumerated."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.model.planning import Bucket, GivenSlot, Period, Problem, Request, SlotRule, SlotState
from assistant.plan import cost, plan, violations
from assistant.plan.codec import decode, encode
from tests.planning_instances import instance
from tests.unit.plan.problems import at, busy, call, problem

if TYPE_CHECKING:
    from collections.abc import Sequence

ZONES = ("UTC", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Cairo")
# around the nights on which clocks change in some of these zones, and an ordinary week
STARTS = [datetime(2026, 3, 6, tzinfo=UTC), datetime(2026, 4, 3, tzinfo=UTC), datetime(2026, 10, 30, tzinfo=UTC)]
STARTS += [datetime(2026, 4, 22, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)]
BUCKETS = [bucket for bucket in Bucket if bucket is not Bucket.NEVER]

fives = st.integers(1, 12).map(lambda number: 5 * number)
hours = st.sampled_from(
    [("09:00", "17:00"), ("00:00", "24:00"), ("01:30", "03:30"), ("08:17", "12:41"), ("22:00", "23:00")]
)
maybe = st.booleans()


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Draw any problem that `check` lets pass, over a few days and a few calls."""
    now = draw(st.sampled_from(STARTS)) + timedelta(seconds=draw(st.integers(0, 3 * 86400)))
    minutes = st.integers(-600, 4 * 1440).map(lambda number: now + timedelta(minutes=number))
    lengths = sorted(draw(st.tuples(fives, fives, fives | st.sampled_from((600, 1440)))))
    zone = draw(st.sampled_from(ZONES))
    week = draw(st.sets(st.sampled_from(("mon", "tue", "wed", "thu", "fri", "sat", "sun")), max_size=7))
    return Problem(
        now=now,
        zone=zone,
        horizon_days=draw(st.integers(1, 4)),
        working_hours={name: draw(hours) for name in sorted(week)},
        holidays=tuple(
            draw(st.sets(st.sampled_from([(now + timedelta(days=n)).date() for n in range(4)]), max_size=1))
        ),
        slot=SlotRule(
            at=draw(st.sampled_from(("16:00", "02:30", "09:03", "23:50"))),
            minutes=lengths[1],
            min_minutes=lengths[0],
            max_minutes=lengths[2],
        ),
        slots=tuple(draw(st.lists(given_slots(now), max_size=2, unique_by=lambda slot: slot.date))),
        buffer_minutes=draw(st.sampled_from((0, 0, 5, 15))),
        busy=tuple(draw(st.lists(periods(minutes), max_size=8))),
        callbacks=tuple(draw(st.lists(requests(minutes), max_size=9, unique_by=lambda one: one.id))),
    )


@st.composite
def periods(draw: st.DrawFn, minutes: st.SearchStrategy[datetime]) -> Period:
    """Draw busy time: of no length, short, long or over midnight."""
    start = draw(minutes)
    return Period(start=start, end=start + timedelta(minutes=draw(st.sampled_from((0, 0, 7, 30, 60, 180, 900, 1500)))))


@st.composite
def given_slots(draw: st.DrawFn, now: datetime) -> GivenSlot:
    """Draw a settled slot near now."""
    start = now + timedelta(minutes=draw(st.integers(-60, 3000)))
    state = draw(st.sampled_from(SlotState))
    end = start + timedelta(minutes=draw(st.integers(1, 90)))
    return (
        GivenSlot(date=start.date(), state=state, start=start, end=end)
        if state != "skipped"
        else GivenSlot(date=start.date(), state=state)
    )


@st.composite
def requests(draw: st.DrawFn, minutes: st.SearchStrategy[datetime]) -> Request:
    """Draw a call with or without wishes, hours, a pin and a previous start."""
    window = sorted([draw(minutes), draw(minutes)])
    wishes = draw(st.sampled_from((0, 0, 1, 2, 3)))
    return Request(
        id=f"c{draw(st.integers(0, 99))}",
        minutes=draw(fives),
        bucket=draw(st.sampled_from(BUCKETS)),
        due=draw(minutes),
        waiting_since=draw(minutes),
        not_before=window[0] if wishes & 1 else None,
        not_after=window[1] if wishes & 2 else None,
        callee_zone=draw(st.sampled_from((None, *ZONES))),
        callee_hours=draw(st.none() | hours),
        pinned_at=draw(minutes) if draw(st.integers(0, 5)) == 5 else None,
        previous=draw(minutes) if draw(maybe) else None,
    )


@settings(max_examples=150, deadline=None)
@given(problems())
def test_every_plan_keeps_the_hard_rules(one: Problem) -> None:
    """No plan of any problem breaks a hard rule, leaves out what has room, or misstates its cost."""
    made = plan(one)
    assert violations(one, made) == []
    assert made.cost == pytest.approx(cost(one, made), abs=1e-4, rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(problems())
def test_json_carries_a_problem_unchanged(one: Problem) -> None:
    """A problem written as JSON and read again has the same plan, byte for byte."""
    assert encode(plan(decode(msgspec.json.encode(one)))) == encode(plan(one))


@settings(max_examples=40, deadline=None)
@given(problems())
def test_planning_twice_gives_the_same_plan(one: Problem) -> None:
    """The plan depends on the problem alone."""
    assert plan(one) == plan(one)


@settings(max_examples=40, deadline=None)
@given(problems(), st.integers(1, 60))
def test_a_shift_by_weeks_shifts_the_plan(one: Problem, weeks: int) -> None:
    """In a zone without clock changes a problem some weeks later has the same plan those weeks later."""
    shift = timedelta(weeks=weeks)
    here = msgspec.structs.replace(one, zone="UTC", callbacks=tuple(_without_zone(call) for call in one.callbacks))
    there = decode(_shifted(msgspec.to_builtins(here), shift))
    first, second = plan(here), plan(there)
    assert [(hold.id, hold.start + shift) for hold in first.holds] == [(hold.id, hold.start) for hold in second.holds]
    assert [slot.start + shift for slot in first.slots] == [slot.start for slot in second.slots]
    assert first.cost == pytest.approx(second.cost, abs=1e-4)


def _without_zone(one: Request) -> Request:
    return msgspec.structs.replace(one, callee_zone="Asia/Kolkata" if one.callee_zone else None)


def _shifted(value: object, shift: timedelta) -> bytes:
    def moved(part: object) -> object:
        if isinstance(part, dict):
            return {key: moved(inner) for key, inner in part.items()}
        if isinstance(part, (list, tuple)):
            return [moved(inner) for inner in part]
        if isinstance(part, str) and len(part) >= 10 and part[4:5] == part[7:8] == "-":
            when = datetime.fromisoformat(part) + shift
            return when.isoformat() if len(part) > 10 else when.date().isoformat()
        return part

    return msgspec.json.encode(moved(value))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(problems())
def test_a_plan_stands_when_planned_again(one: Problem) -> None:
    """With the last plan as `previous` and nothing else changed, no hold moves."""
    fresh = msgspec.structs.replace(
        one, callbacks=tuple(msgspec.structs.replace(c, previous=None) for c in one.callbacks)
    )
    first = plan(fresh)
    last = {hold.id: hold.start for hold in first.holds}
    kept = tuple(msgspec.structs.replace(call, previous=last.get(call.id)) for call in fresh.callbacks)
    again = plan(msgspec.structs.replace(fresh, callbacks=kept))
    assert [(hold.id, hold.start) for hold in again.holds] == [(hold.id, hold.start) for hold in first.holds]


@settings(max_examples=60, deadline=None)
@given(problems())
def test_the_names_of_calls_do_not_matter(one: Problem) -> None:
    """With other ids, in another order of the alphabet, every call has the same time."""
    names = {call.id: f"x{99 - number:02}" for number, call in enumerate(one.callbacks)}
    renamed = tuple(msgspec.structs.replace(call, id=names[call.id]) for call in one.callbacks)
    first, second = plan(one), plan(msgspec.structs.replace(one, callbacks=renamed))
    assert {names[hold.id]: hold.start for hold in first.holds} == {hold.id: hold.start for hold in second.holds}
    assert first.slots == second.slots


@settings(max_examples=60, deadline=None)
@given(problems(), st.sampled_from((-30, 30)), st.sampled_from((0, 45, 600)))
def test_busy_time_far_away_changes_nothing(one: Problem, days: int, minutes: int) -> None:
    """An appointment before now or after the horizon leaves the whole plan as it is."""
    start = one.now + timedelta(days=days)
    far = Period(start=start, end=start + timedelta(minutes=minutes))
    assert plan(msgspec.structs.replace(one, busy=(*one.busy, far))) == plan(one)


@pytest.mark.parametrize("kind", ["office", "clocks", "wishes", "replanned", "settled"])
def test_busy_nights_change_nothing(kind: str) -> None:
    """An appointment in the small hours of each day, where no call may be, moves no hold and no slot."""
    for seed in range(4):
        one = instance(kind, seed)
        zone = ZoneInfo(one.zone)
        midnights = [one.now.astimezone(zone).date() + timedelta(days=number) for number in range(one.horizon_days)]
        starts = [datetime.combine(day, time(4, 10), zone).astimezone(UTC) for day in midnights]
        nights = tuple(Period(start=start, end=start + timedelta(minutes=40)) for start in starts)
        calm, busier = plan(one), plan(msgspec.structs.replace(one, busy=(*nights, *one.busy)))
        assert (calm.slots, calm.cost) == (busier.slots, busier.cost)
        assert [(hold.id, hold.start) for hold in calm.holds] == [(hold.id, hold.start) for hold in busier.holds]


OPENING, CLOSING = at("23 09:00"), at("23 17:00")
WEIGHTS = {"now": 100, "today": 20, "tomorrow": 5, "few_days": 1}
Taken = tuple[tuple[datetime, datetime], ...]


def price(one: Problem, slot: tuple[datetime, datetime], request: Request, start: datetime | None) -> float:
    """Return what a call costs in a one-day problem, by the definition; None leaves it out. There are no late days."""
    end = at("24 00:00") if start is None else start + timedelta(minutes=request.minutes)
    weight = WEIGHTS[request.bucket] * request.minutes / 10
    late = max(0.0, (end - request.due) / timedelta(hours=1)) if request.bucket is Bucket.NOW else 0.0
    if start is None:
        return 5 * request.minutes + weight * late
    waiting = 0.005 * weight * ((start - one.now) / timedelta(hours=1))
    inside = request.bucket is Bucket.NOW or (slot[0] <= start and end <= slot[1])
    moved = request.previous is not None and request.previous != start
    return weight * late + waiting + (0.0 if inside else 2 * request.minutes / 10) + moved


def optimum(one: Problem, slot: tuple[datetime, datetime]) -> float:
    """Return the least cost over all ways to hold or leave out the calls of a one-day problem, by trying each."""
    grid = [None, *(OPENING + timedelta(minutes=5 * number) for number in range(96))]
    options = [
        sorted(((price(one, slot, request, start), start) for start in grid), key=lambda offer: offer[0])
        for request in one.callbacks
    ]
    bounds = [sum(offers[0][0] for offers in options[number:]) for number in range(len(options) + 1)]

    def least(number: int, taken: Taken, limit: float) -> float:
        if number == len(options):
            return 0.0
        for paid, start in options[number]:
            if paid + bounds[number + 1] >= limit:
                break
            end = None if start is None else start + timedelta(minutes=one.callbacks[number].minutes)
            if start is None or end is None:
                limit = min(limit, paid + least(number + 1, taken, limit - paid))
            elif end <= CLOSING and not any(start < other_end and other < end for other, other_end in taken):
                limit = min(limit, paid + least(number + 1, (*taken, (start, end)), limit - paid))
        return limit

    return least(0, tuple((period.start, period.end) for period in one.busy), 1e9)


def small(wants: Sequence[tuple[Bucket, int, int | None]], appointments: tuple[Period, ...]) -> Problem:
    """Return a one-day problem of calls given as bucket, minutes and previous start in steps after 14:30."""
    calls = [
        call(
            f"c{number}",
            bucket=bucket,
            minutes=minutes,
            due=at("23 09:00") if bucket is Bucket.NOW else at("23 17:00"),
            previous=None if earlier is None else at("23 14:30") + timedelta(minutes=5 * earlier),
            callee_hours=("09:00", "17:00"),
        )
        for number, (bucket, minutes, earlier) in enumerate(wants)
    ]
    return problem(*calls, horizon_days=1, busy=appointments)


def paid_and_least(one: Problem) -> tuple[float, float]:
    made = plan(one)
    assert violations(one, made) == []
    return made.cost, optimum(one, (made.slots[0].start, made.slots[0].end))


minutes_wanted = st.sampled_from((10, 15, 25))
tight_days = st.sampled_from(
    [(), (busy("23 16:10", "23 16:40"),), (busy("23 09:00", "23 15:30"), busy("23 16:15", "23 16:20"))]
)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.sampled_from(BUCKETS), minutes_wanted, st.none()), min_size=2, max_size=4), tight_days)
def test_small_problems_are_solved_almost_optimally(
    wants: list[tuple[Bucket, int, None]], appointments: tuple[Period, ...]
) -> None:
    """With two to four calls on one day the cost is within one per cent of the least possible."""
    paid, least = paid_and_least(small(wants, appointments))
    assert paid <= 1.01 * least + 1e-6


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(st.sampled_from(BUCKETS), minutes_wanted, st.integers(0, 30)), min_size=2, max_size=4),
    tight_days,
)
def test_a_previous_plan_costs_at_most_one_move_too_many(
    wants: list[tuple[Bucket, int, int | None]], appointments: tuple[Period, ...]
) -> None:
    """Where an old plan pulls at every call, the cost is within one per cent and the price of one move of the least."""
    paid, least = paid_and_least(small(wants, appointments))
    assert paid <= 1.01 * least + 1.0 + 1e-6
