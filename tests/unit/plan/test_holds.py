"""Hard rules, reasons and clashes of holds."""

from __future__ import annotations

from datetime import UTC, date, timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest

from assistant.model.planning import Bucket, SlotState
from assistant.plan import cost, plan, violations
from tests.unit.plan.problems import at, busy, call, given_slot, problem

if TYPE_CHECKING:
    from assistant.model.planning import Plan, PlannedHold, Problem, Request


def planned(*callbacks: Request, **fields: object) -> Plan:
    return checked(problem(*callbacks, **fields))


def checked(given: Problem) -> Plan:
    made = plan(given)
    assert violations(given, made) == []
    assert made.cost == pytest.approx(cost(given, made), abs=1e-5)
    return made


def starts(made: Plan) -> dict[str, str]:
    """Return each hold's start as "23 16:00"."""
    return {hold.id: f"{hold.start:%d %H:%M}" for hold in made.holds}


def only(made: Plan) -> PlannedHold:
    assert len(made.holds) == 1
    return made.holds[0]


def test_call_due_today_stands_at_the_start_of_the_slot() -> None:
    """A single call due today is the first of the slot."""
    hold = only(planned(call()))
    assert (hold.start, hold.end, hold.in_slot) == (at("23 16:00"), at("23 16:10"), True)
    assert hold.why == ("in the slot", "due that day at 17:00")


def test_urgent_buckets_come_first_in_the_slot() -> None:
    """Within a slot today comes before tomorrow and tomorrow before a few days."""
    due = at("25 17:00")
    calls = [call(bucket.value, bucket=bucket, due=due) for bucket in (Bucket.FEW_DAYS, Bucket.TOMORROW, Bucket.TODAY)]
    made = planned(*calls)
    assert [hold.id for hold in made.holds] == ["today", "tomorrow", "few_days"]


def test_longest_waiting_comes_first_among_equals() -> None:
    """Equal calls stand in the order of their waiting, whatever the order of the problem."""
    waiting = {"b": "20 12:00", "c": "20 13:00", "a": "20 11:00"}
    made = planned(*(call(name, waiting_since=at(since)) for name, since in waiting.items()))
    assert [hold.id for hold in made.holds] == ["a", "b", "c"]


def test_longest_waiting_comes_first_among_lengths_too() -> None:
    """A longer call does not go before a shorter one that has waited longer when both orders cost the same."""
    made = planned(call("young", minutes=20, waiting_since=at("20 12:00")), call("old", waiting_since=at("20 11:00")))
    assert [hold.id for hold in made.holds] == ["old", "young"]


def test_full_slot_overflows_into_working_hours() -> None:
    """What does not fit the slot is held outside it on its due day, and the reason is that the slot is full."""
    made = planned(*(call(f"c{number}", minutes=30) for number in range(6)))
    outside = [hold for hold in made.holds if not hold.in_slot]
    assert {hold.start.day for hold in outside} == {23}
    assert len(outside) == 2
    assert {hold.why[0] for hold in outside} == {"outside the slot: the slot of Mon 23 November is full"}


def test_now_is_held_at_once_outside_the_slot() -> None:
    """A `now` stands at the first free time, buffers kept, before working hours if need be."""
    made = planned(call(bucket=Bucket.NOW, due=at("23 08:00")), busy=(busy("23 08:00", "23 08:20"),), buffer_minutes=5)
    assert starts(made) == {"c": "23 08:25"}
    assert only(made).why[0] == "now: the first time that is free for it"


def test_now_may_be_held_on_a_day_off_but_not_at_night() -> None:
    """A `now` that comes in on Saturday night is held on Sunday at 08:00."""
    made = planned(call(bucket=Bucket.NOW, due=at("21 22:00")), now=at("21 22:00"))
    assert starts(made) == {"c": "22 08:00"}


def test_other_buckets_wait_for_a_working_day() -> None:
    """A call that is not `now` is never held on a weekend."""
    assert starts(planned(call(), now=at("21 10:00"))) == {"c": "23 16:00"}


def test_callee_hours_are_read_in_the_callee_zone() -> None:
    """A callee in Dublin, reachable until 18:00 there, is called before 13:00 in New York."""
    made = planned(call(callee_zone="Europe/Dublin", callee_hours=("09:00", "18:00")))
    assert starts(made) == {"c": "23 09:00"}
    assert only(made).why[0] == "outside the slot: the slot of Mon 23 November is not in the hours the call may be made"


def test_callee_hours_follow_the_callee_clock_change() -> None:
    """Berlin leaves summer time a week before New York: its 17:00 on 26 October 2026 is 12:00 there, not 11:00."""
    made = planned(
        call(minutes=60, due=at("2026-10-26 17:00"), callee_zone="Europe/Berlin", callee_hours=("17:00", "18:00")),
        now=at("2026-10-26 08:00"),
        horizon_days=1,
    )
    assert f"{only(made).start:%H:%M}" == "12:00"


def test_zone_with_half_hour_offset() -> None:
    """Hours in Kolkata, five and a half hours off UTC, meet the grid."""
    made = planned(
        call(callee_zone="Asia/Kolkata", callee_hours=("19:35", "21:00")), zone="Europe/London", now=at("23 04:00")
    )
    assert only(made).start.astimezone(UTC).strftime("%H:%M") == "14:05"


def test_callee_hours_without_zone_are_the_users() -> None:
    """Hours without a zone are read in the problem's zone."""
    assert starts(planned(call(callee_hours=("10:10", "11:00")))) == {"c": "23 10:10"}


def test_requested_window_is_hard() -> None:
    """A call asked for between 11:00 and 11:20 on Wednesday is held there, though it is due sooner."""
    made = planned(call(not_before=at("25 11:02"), not_after=at("25 11:20")))
    assert starts(made) == {"c": "25 11:05"}


def test_window_without_room_is_unplaced_with_the_reason() -> None:
    """A window that an appointment covers leaves the call unplaced."""
    made = planned(call(not_before=at("23 11:00"), not_after=at("23 12:00")), busy=(busy("23 10:00", "23 12:00"),))
    assert [(item.id, item.why) for item in made.unplaced] == [
        ("c", "no 10 minutes are free at a time when the callee may be called")
    ]


def test_window_that_is_over_is_unplaced_with_the_reason() -> None:
    """A window in the past leaves the call unplaced, and the reason says that the time is gone."""
    made = planned(call(not_after=at("23 07:00")))
    assert made.unplaced[0].why == "the time asked for does not leave 10 minutes before the last planned day ends"


def test_window_outside_callee_hours_is_unplaced_with_the_reason() -> None:
    """A window that never meets the callee's hours is named as such."""
    made = planned(call(not_before=at("23 12:00"), not_after=at("23 13:00"), callee_hours=("09:00", "10:00")))
    assert made.unplaced[0].why == "the time asked for is outside the hours in which the callee may be called"


def test_call_longer_than_any_gap_is_unplaced() -> None:
    """A call that no free stretch holds stands in unplaced with its length in the reason."""
    made = planned(call(minutes=600))
    assert made.unplaced[0].why == "no 600 minutes are free in one piece in any slot or working hours"


def test_crowded_horizon_leaves_one_out_and_says_why() -> None:
    """Where two calls want the only hour, one is held and the other is unplaced because of it."""
    made = planned(
        call("a", minutes=60), call("b", minutes=60), working_hours={"mon": ("16:00", "17:00")}, horizon_days=1
    )
    assert len(made.holds) == 1
    assert [item.why for item in made.unplaced] == ["other calls take every time that is free for its 60 minutes"]


def test_lateness_in_days_keeps_an_overdue_call_in_the_slot() -> None:
    """An overdue call waits for today's slot: the hours until then cost less than being outside."""
    made = planned(call(due=at("20 17:00"), waiting_since=at("18 10:00")))
    assert starts(made) == {"c": "23 16:00"}
    assert only(made).why[1] == "overdue since 17:00 on Fri 20 November"


def test_overdue_call_comes_today_even_without_a_slot() -> None:
    """A day's lateness costs more than being outside the slot."""
    made = planned(call(), slots=(given_slot(23, SlotState.SKIPPED),))
    assert starts(made) == {"c": "23 09:00"}
    assert only(made).why[0] == "outside the slot: Mon 23 November has none"


def test_holidays_do_not_count_as_late() -> None:
    """From Wednesday to Friday over a holiday is one working day late: 8, and 0.005 for each of 104 hours."""
    given = problem(
        call(bucket=Bucket.FEW_DAYS, due=at("25 17:00"), not_before=at("27 16:00")),
        holidays=(date(2026, 11, 26),),
    )
    made = checked(given)
    assert made.cost == pytest.approx(8.0 + 0.005 * 104.0)


def test_pinned_hold_stays_exactly_and_costs_nothing() -> None:
    """A pinned hold stands off the grid and out of hours if it is pinned there."""
    made = planned(call(pinned_at=at("23 19:03")))
    assert (only(made).start, made.cost, made.clashes) == (at("23 19:03"), 0.0, ())


def test_pinned_hold_on_busy_time_is_a_clash() -> None:
    """A pinned hold on an appointment is kept and reported once, however many appointments it meets."""
    made = planned(call(pinned_at=at("23 10:00")), busy=(busy("23 10:00", "23 10:05"), busy("23 10:05", "23 11:00")))
    assert [(clash.id, clash.with_, clash.why) for clash in made.clashes] == [
        ("c", "busy", "fixed at 10:00, on top of an appointment from 10:00 to 10:05")
    ]


def test_buffers_alone_are_no_clash() -> None:
    """A pinned hold in the buffer of an appointment does not lie on top of it."""
    made = planned(call(pinned_at=at("23 10:00")), busy=(busy("23 10:10", "23 11:00"),), buffer_minutes=15)
    assert made.clashes == ()


def test_overlapping_pinned_holds_are_one_clash() -> None:
    """Two pinned holds that overlap are reported once, under the later one."""
    made = planned(call("a", pinned_at=at("23 10:00")), call("b", pinned_at=at("23 10:05")))
    assert [(clash.id, clash.with_) for clash in made.clashes] == [("b", "a")]


def test_calls_keep_clear_of_pinned_holds() -> None:
    """An unpinned call goes around a pinned one inside the slot."""
    made = planned(call("fixed", pinned_at=at("23 16:00")), call("free"))
    assert starts(made) == {"fixed": "23 16:00", "free": "23 16:10"}


def test_calls_go_into_a_slot_under_way_but_not_before_now() -> None:
    """In a slot that has begun, what is left of it is used."""
    made = planned(call(), now=at("23 16:12"), slots=(given_slot(23, SlotState.BEGUN, "16:00", "16:45"),))
    assert starts(made) == {"c": "23 16:15"}


def test_bookends_hold_calls_outside_working_hours() -> None:
    """A bookend is a slot: calls due today stand in it though the day's hours are full."""
    made = planned(call(), busy=(busy("23 09:00", "23 17:00"),))
    assert starts(made) == {"c": "23 08:30"}
    assert only(made).in_slot


def test_hold_does_not_run_across_a_zero_length_appointment() -> None:
    """An appointment of no length is not run across: the slot ends at it and holds the call."""
    made = planned(call(minutes=30), busy=(busy("23 16:20", "23 16:20"),))
    assert only(made).in_slot
    assert starts(made) == {"c": "23 15:35"}


def test_plan_is_kept_when_nothing_changed() -> None:
    """Planning again a few minutes later from the last plan moves nothing."""
    calls = [
        call(f"c{number}", minutes=5 * (1 + number % 5), due=at(f"{23 + number % 3} 17:00")) for number in range(12)
    ]
    given = problem(*calls, busy=(busy("23 10:00", "23 12:00"), busy("24 15:30", "24 16:20")))
    first = checked(given)
    again = checked(later(given, first, timedelta(minutes=25)))
    assert starts(again) == starts(first)


def later(given: Problem, made: Plan, passed: timedelta) -> Problem:
    """Return the problem some time later, with the plan as the previous one."""
    previous = {hold.id: hold.start for hold in made.holds}
    callbacks = tuple(msgspec.structs.replace(one, previous=previous.get(one.id)) for one in given.callbacks)
    return msgspec.structs.replace(given, now=given.now + passed, callbacks=callbacks)


def test_moved_hold_says_where_it_was() -> None:
    """A hold that a meeting displaces names its former time."""
    made = planned(call(previous=at("23 16:00")), busy=(busy("23 16:00", "23 16:30"),))
    assert only(made).why[-1] == "was planned for 16:00 on Mon 23 November"


def test_previous_is_kept_over_a_small_gain() -> None:
    """A start ten minutes earlier is worth less than staying where the last plan was."""
    made = planned(call(previous=at("23 16:20")))
    assert starts(made) == {"c": "23 16:20"}


def test_ids_do_not_matter() -> None:
    """Renaming the calls gives the same plan under the new names."""
    calls = [call(f"c{number}", minutes=5 * (1 + number % 4)) for number in range(8)]
    renamed = [msgspec.structs.replace(one, id=f"z{99 - number}") for number, one in enumerate(calls)]
    names = {old.id: new.id for old, new in zip(calls, renamed, strict=True)}
    first, second = starts(planned(*calls)), starts(planned(*renamed))
    assert {names[name]: start for name, start in first.items()} == second
