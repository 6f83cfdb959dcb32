"""Why a call has its time: what is said is what the planner used, for any problem."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given, settings

from assistant.model.explaining import Explanation, Passed, Rule
from assistant.model.planning import Avoided, Bucket, Period, Plan, PlannedHold, Problem
from assistant.plan import plan, violations
from assistant.plan.explain import explain
from assistant.plan.reasons import clock_of
from tests.unit.plan.problems import at, busy, call, problem
from tests.unit.plan.test_properties import problems


def explained(one: Problem, name: str = "c") -> Explanation:
    found = explain(one, plan(one), name)
    assert found is not None
    return found


def rules(found: Explanation) -> list[tuple[str, str, Rule]]:
    """Return the stretches of better times, by the clock of the problem."""
    return [(f"{one.first:%d %H:%M}", f"{one.last:%H:%M}", one.rule) for one in found.passed]


def moved(made: Plan, name: str, to: Passed, minutes: int, *, in_slot: bool) -> Plan:
    """Return the plan with one call at the first of some starts, everything else as it is."""
    hold = PlannedHold(
        id=name, start=to.first, end=to.first + timedelta(minutes=minutes), in_slot=in_slot, why=("moved",)
    )
    rest = tuple(one for one in made.holds if one.id != name)
    out = tuple(one for one in made.unplaced if one.id != name)
    return msgspec.structs.replace(made, holds=(*rest, hold), unplaced=out)


@settings(max_examples=120, deadline=None)
@given(problems())
def test_every_better_time_is_forbidden_by_a_rule_that_the_judge_knows(one: Problem) -> None:
    """A call put at a better time breaks a hard rule, says a judge that shares no code; a free one breaks none."""
    made = plan(one)
    for request in one.callbacks:
        found = explain(one, made, request.id)
        assert found is not None
        for passed in found.passed:
            plans = [moved(made, request.id, passed, request.minutes, in_slot=inside) for inside in (True, False)]
            faults = [
                [fault for fault in violations(one, each) if "although there is room" not in fault] for each in plans
            ]
            assert any(not breaks for breaks in faults) == (passed.rule is Rule.FREE), (passed, faults)


@settings(max_examples=80, deadline=None)
@given(problems())
def test_an_explanation_agrees_with_the_plan(one: Problem) -> None:
    """It names the time the call has, a place in the queue of its own, and calls that are there to have times."""
    made = plan(one)
    starts = {hold.id: hold.start for hold in made.holds}
    found = [explain(one, made, request.id) for request in one.callbacks]
    for said in found:
        assert said is not None
        assert said.start == starts.get(said.id)
        standing = said.standing
        assert standing.place == 1 + standing.more_urgent + standing.due_sooner + standing.waiting_longer
        assert 1 <= standing.place <= standing.of == len(one.callbacks)
        assert {name for passed in said.passed for name in passed.by} <= set(starts) - {said.id}
        assert all(passed.by for passed in said.passed if passed.rule in {Rule.TAKEN, Rule.FIXED} and passed.why)


def test_a_call_that_the_problem_does_not_have_has_no_explanation() -> None:
    """What was not posed cannot be explained."""
    one = problem(call())
    assert explain(one, plan(one), "other") is None


def test_the_first_time_of_all_needs_no_reason() -> None:
    """A call at the cheapest of all times has no better ones."""
    assert rules(explained(problem(call()))) == []


def test_who_came_first_is_named() -> None:
    """The second call of a slot is told of the first one, with its bucket and due date."""
    found = explained(problem(call("first", waiting_since=at("19 10:00")), call("c")))
    assert rules(found) == [("23 16:00", "16:05", Rule.TAKEN)]
    assert found.passed[0].by == ("first",)
    assert found.passed[0].why == "taken by first (bucket today, due 17:00 on Mon 23 November)"
    assert (found.standing.place, found.standing.waiting_longer) == (2, 1)


def test_a_meeting_is_named_with_its_buffers() -> None:
    """A call that cannot wait for a meeting's end is told of the meeting; before eight no rule is needed."""
    one = problem(call(bucket=Bucket.NOW, due=at("23 08:00")), busy=(busy("23 08:00", "23 09:00"),), buffer_minutes=5)
    found = explained(one)
    assert found.start == at("23 09:05")
    assert [(passed.rule, passed.why) for passed in found.passed] == [
        (Rule.BUSY, "busy 08:00 to 09:00, 5 minutes kept free around")
    ]


def test_hours_and_days_off_are_named() -> None:
    """A call for which today has no room is told which hours and days it could not have."""
    one = problem(call(), busy=(busy("23 00:00", "24 00:00"),), holidays=(at("24 00:00").date(),))
    found = explained(one)
    assert found.start == at("25 16:00")
    told = {passed.rule: passed.why for passed in found.passed}
    assert told[Rule.DAY_OFF] == "a day off"
    assert told[Rule.HOURS] == "outside of 09:00 to 17:00"
    assert Rule.FREE not in told


def test_the_callees_hours_and_wishes_are_named() -> None:
    """What the caller asked for and the clock of the callee forbid times too."""
    there, hours = "America/Los_Angeles", ("09:00", "18:00")
    wish = call(bucket=Bucket.NOW, due=at("23 08:00"), not_before=at("23 10:00"), callee_zone=there, callee_hours=hours)
    one = problem(wish)
    found = explained(one)
    assert found.start == at("23 12:00")
    assert rules(found) == [("23 08:00", "09:55", Rule.ASKED), ("23 10:00", "11:55", Rule.CALLEE)]
    assert "(09:00 to 18:00 Los Angeles time)" in found.passed[1].why
    both = msgspec.structs.replace(one.callbacks[0], further_zones=("America/New_York",))
    several = explained(msgspec.structs.replace(one, callbacks=(both,)))
    assert "in each of 2 zones" in several.passed[1].why


def test_a_day_off_of_the_users_is_named_by_its_reason() -> None:
    """An all-day event says what it is instead of from when to when."""
    off = Period(start=at("23 00:00"), end=at("24 00:00"), why="you are out of office all day")
    assert {one.why for one in explained(problem(call(), busy=(off,))).passed if one.rule is Rule.BUSY} == {
        "you are out of office all day"
    }


def test_a_call_without_a_time_is_told_of_every_time() -> None:
    """Every start until the horizon's end is put down to a rule."""
    one = problem(call(not_after=at("23 09:05")))
    found = explained(one)
    assert found.start is None
    assert {passed.rule for passed in found.passed} == {Rule.ASKED, Rule.HOURS}
    assert found.passed[0].first == at("23 08:00")


def test_a_fixed_time_is_not_explained_by_better_ones() -> None:
    """A pinned call, and one that may have a single time only, could not go anywhere else."""
    for wish in (call(pinned_at=at("24 11:00")), call(not_before=at("24 11:00"), not_after=at("24 11:10"))):
        found = explained(problem(wish))
        assert (found.fixed, found.start, found.passed) == (True, at("24 11:00"), ())


def test_a_fixed_call_in_the_way_is_said_to_be_fixed() -> None:
    """A promise that has the better time is named as one that cannot move."""
    found = explained(problem(call("promise", pinned_at=at("23 16:00"), bucket=Bucket.FEW_DAYS), call("c")))
    assert found.passed[0].by == ("promise",)
    assert found.passed[0].why.endswith("whose time is fixed")


def test_a_call_that_stays_says_so() -> None:
    """A better time that became free is too little better to move for."""
    found = explained(problem(call(previous=at("23 16:20"))))
    assert found.start == at("23 16:20")
    assert found.passed == ()
    free = "16:00 on Mon 23 November is free"
    assert found.kept == f"it stays where it was planned: {free}, and too little better to move for"


def test_a_call_that_has_the_best_time_does_not_stay_for_want_of_a_better() -> None:
    """Its own time is no better time that is free, though it was planned there before."""
    found = explained(problem(call(previous=at("23 16:00"))))
    assert (found.start, found.passed, found.kept) == (at("23 16:00"), (), None)


def test_of_many_calls_that_have_a_time_three_are_named() -> None:
    """A full slot is told of in one line; `by` has all of its calls."""
    others = [call(f"c{number}", bucket=Bucket.TODAY) for number in range(4)]
    found = explained(problem(*others, call("last")), "last")
    assert len(found.passed[0].by) == 4
    assert found.passed[0].why.count("due 17:00") == 3
    assert found.passed[0].why.endswith("and 1 more call")


@pytest.mark.parametrize(("zone", "told"), [
    ("America/Los_Angeles", "Los Angeles time"), ("America/Argentina/Buenos_Aires", "Buenos Aires time"),
    ("Etc/GMT+8", "UTC-8"), ("Etc/GMT-3", "UTC+3"), ("Etc/UTC", "UTC"), ("UTC", "UTC"),
])  # fmt: skip
def test_a_zone_is_told_as_people_say_it(zone: str, told: str) -> None:
    """The city a zone is named after says whose clock it is; Etc/GMT+8 is eight hours behind."""
    assert clock_of(zone) == told


@pytest.mark.parametrize(("start", "told"), [("15:00", ("lunch",)), ("16:10", ())])
def test_what_speaks_against_a_time_is_told(start: str, told: tuple[str, ...]) -> None:
    """A time that suits the callee less and is taken all the same is named with the reason; another time is not."""
    less = Avoided(start=at(f"23 {start}"), end=at("23 17:00"), cost=0.1, why="lunch")
    assert explained(problem(call(avoid=(less,)))).avoided == told
