"""What suits a callee less: a preference that costs, and zones that all have to agree."""

from __future__ import annotations

import msgspec
import pytest

from assistant.errors import UsageError
from assistant.model.planning import Avoided, Bucket, Period, Plan, Problem
from assistant.plan import cost, plan, violations
from tests.unit.plan.problems import at, busy, call, problem


def avoid(start: str, end: str, price: float = 4.0) -> Avoided:
    return Avoided(start=at(start), end=at(end), cost=price, why="a public holiday there")


def made(one: Problem) -> Plan:
    """Return the plan, which must keep every hard rule and state its cost."""
    found = plan(one)
    assert list(violations(one, found)) == []
    assert found.cost == pytest.approx(cost(one, found), abs=1e-4)
    return found


def test_a_day_to_be_avoided_is_passed_over_where_there_is_a_choice() -> None:
    """A call that has days goes to the next one."""
    wish = call(bucket=Bucket.FEW_DAYS, due=at("26 17:00"), avoid=(avoid("23 00:00", "24 00:00"),))
    assert [hold.start for hold in made(problem(wish)).holds] == [at("24 16:00")]


def test_a_day_to_be_avoided_is_taken_where_there_is_no_choice() -> None:
    """A call that is due today is made today: a preference is no rule."""
    wish = call(avoid=(avoid("23 00:00", "24 00:00"),))
    assert [hold.start for hold in made(problem(wish)).holds] == [at("23 16:00")]


def test_strong_reasons_lead_out_of_the_slot_and_weak_ones_do_not() -> None:
    """A time outside the slot costs two for ten minutes: what suits less by more than that is worth it."""
    for price, start in ((2.5, "23 09:00"), (1.0, "23 16:00")):
        wish = call(avoid=(avoid("23 12:00", "23 17:00", price),))
        assert made(problem(wish)).holds[0].start == at(start)


def test_who_need_not_avoid_gives_way() -> None:
    """Of two calls the one without a preference takes the time that does not suit the other."""
    picky = call("picky", avoid=(avoid("23 16:00", "23 16:10", 1.0),))
    plain = call("plain", waiting_since=at("20 11:00"))
    holds = {hold.id: hold.start for hold in made(problem(picky, plain)).holds}
    assert holds == {"plain": at("23 16:00"), "picky": at("23 16:10")}


def test_stretches_add_up_and_end() -> None:
    """Two stretches that overlap cost both, and the end of one is outside of it."""
    one = (avoid("23 16:00", "23 16:20", 0.5), avoid("23 16:10", "23 16:20", 0.25))
    wish = call(minutes=20, not_before=at("23 16:10"), avoid=one)
    assert made(problem(wish)).holds[0].start == at("23 16:20")
    tight = problem(msgspec.structs.replace(wish, not_after=at("23 16:30")))
    free = problem(call(minutes=20, not_before=at("23 16:10"), not_after=at("23 16:30")))
    assert made(tight).cost - made(free).cost == pytest.approx(1.5)


def test_several_zones_must_all_agree() -> None:
    """Where a number may be in New York or Los Angeles, nobody is called before nine in the west."""
    wish = call(
        callee_zone="America/New_York",
        further_zones=("America/Los_Angeles",),
        callee_hours=("09:00", "18:00"),
        not_after=at("23 15:00"),
    )
    assert made(problem(wish)).holds[0].start == at("23 12:00")
    assert [item.id for item in made(problem(wish, busy=(busy("23 11:00", "23 15:00"),))).unplaced] == ["c"]


def test_a_problem_with_a_wrong_preference_is_refused() -> None:
    """Every wrong field is named."""
    wish = call(further_zones=("Nowhere",), avoid=(avoid("23 10:00", "23 09:00", -1),))
    with pytest.raises(UsageError) as caught:
        plan(problem(wish))
    text = str(caught.value)
    assert [part in text for part in ("further_zones[0]", "avoid[0]: end", "avoid[0].cost")] == [True] * 3


def test_a_day_off_says_what_it_is() -> None:
    """An all-day event of the user's that takes the whole of a working day is the reason for its lost slot."""
    off = Period(start=at("24 00:00"), end=at("25 00:00"), why="you are out of office all day")
    lost = made(problem(call(), busy=(off,))).lost_slots
    assert [item.why for item in lost] == ["you are out of office all day"]
