"""Slot rules of the planning problem, one test each."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from assistant.model.planning import Bucket, Plan, SlotRule, SlotState
from assistant.plan import plan, violations
from tests.unit.plan.problems import at, busy, call, given_slot, problem

if TYPE_CHECKING:
    from assistant.model.planning import Problem, Request

ALL_DAY = busy("23 09:00", "23 17:00")


def slots_of(plan: Plan, day: int = 23) -> list[str]:
    """Return the slots of a day as "16:00-16:45"."""
    return [f"{slot.start:%H:%M}-{slot.end:%H:%M}" for slot in plan.slots if slot.date.day == day]


def planned(*callbacks: Request, **fields: object) -> Plan:
    return checked(problem(*callbacks, **fields))


def checked(given: Problem) -> Plan:
    made = plan(given)
    assert violations(given, made) == []
    return made


def test_free_day_has_the_slot_at_its_usual_time() -> None:
    """A slot stands at its usual time when nothing is in the way, and says so."""
    made = planned()
    assert slots_of(made) == ["16:00-16:45"]
    assert (made.slots[0].moved, made.slots[0].why) == (False, "at the usual time")


def test_each_working_day_has_one_slot_and_holidays_have_none() -> None:
    """Holidays and weekends get no slot and are not reported as lost."""
    made = planned(horizon_days=7, holidays=(date(2026, 11, 26),))
    assert [slot.date.day for slot in made.slots] == [23, 24, 25, 27]
    assert made.lost_slots == ()


def test_meeting_moves_the_slot_on_the_same_day() -> None:
    """A meeting on the slot moves it to the nearest free start of that day, and the reason names the meeting."""
    made = planned(busy=(busy("23 15:30", "23 16:10"),), buffer_minutes=5)
    assert slots_of(made) == ["16:15-17:00"]
    assert made.slots[0].moved
    assert made.slots[0].why == "moved from 16:00: busy 15:30 to 16:10, 5 minutes kept free around"


def test_earlier_of_two_equally_near_starts_wins() -> None:
    """Fifteen minutes before and after the usual time are equally near; the slot takes the earlier one."""
    made = planned(
        busy=(busy("23 16:10", "23 16:15"),), slot=SlotRule(at="16:00", minutes=15, min_minutes=15, max_minutes=15)
    )
    assert slots_of(made) == ["15:55-16:10"]
    made = planned(
        busy=(busy("23 15:55", "23 16:10"),), slot=SlotRule(at="15:55", minutes=15, min_minutes=15, max_minutes=15)
    )
    assert slots_of(made) == ["15:40-15:55"]


def test_slot_shrinks_when_no_gap_has_its_length() -> None:
    """Where the wanted length has no room the slot is the longest that has, not less than the minimum."""
    made = planned(busy=(busy("23 09:00", "23 16:25"),))
    assert slots_of(made) == ["16:25-17:00"]
    assert "shortened to 35 minutes: no 45 are free in one piece" in made.slots[0].why


def test_slammed_day_gets_bookends() -> None:
    """A day without room gets pieces just before its first and just after its last appointment."""
    made = planned(busy=(ALL_DAY,), buffer_minutes=5)
    assert slots_of(made) == ["08:25-08:55", "17:05-17:35"]
    assert all(slot.moved for slot in made.slots[:2])


def test_bookends_keep_to_decent_hours() -> None:
    """A bookend does not start before 08:00 nor end after 21:00."""
    made = planned(now=at("23 06:00"), busy=(busy("23 08:20", "23 20:40"),))
    assert slots_of(made) == ["08:00-08:20", "20:40-21:00"]


def test_bookends_mind_appointments_outside_working_hours() -> None:
    """A bookend stops at an appointment that does not touch working hours, and falls away below the minimum."""
    made = planned(busy=(ALL_DAY, busy("23 08:00", "23 08:50"), busy("23 17:20", "23 19:00")))
    assert slots_of(made) == ["17:00-17:20"]


def test_bookend_is_cut_by_the_present() -> None:
    """A bookend does not begin before now."""
    assert slots_of(planned(now=at("23 08:38"), busy=(ALL_DAY,))) == ["08:40-09:00", "17:00-17:30"]


def test_day_without_any_room_is_reported_lost() -> None:
    """A day with neither slot nor bookends is lost with a reason, never silently."""
    made = planned(busy=(busy("23 00:00", "24 00:00"),))
    assert slots_of(made) == []
    assert [(lost.date.day, lost.why) for lost in made.lost_slots] == [
        (23, "no 15 minutes are free, nor just before or after the appointments")
    ]


def test_evening_reports_the_working_day_as_over() -> None:
    """After working hours the day's slot is lost because the hours are over."""
    made = planned(now=at("23 18:00"))
    assert [(lost.date.day, lost.why) for lost in made.lost_slots] == [(23, "the working hours are over")]


def test_now_within_the_slot_time_moves_the_slot_on() -> None:
    """A slot not yet made starts no earlier than now."""
    made = planned(now=at("23 16:07"))
    assert slots_of(made) == ["16:10-16:55"]
    assert made.slots[0].why == "moved from 16:00: it is already 16:07"


@pytest.mark.parametrize("state", [SlotState.BEGUN, SlotState.PINNED])
def test_settled_slot_is_kept_as_it_is(state: SlotState) -> None:
    """A slot that has begun or that the user moved stays, even on busy time."""
    made = planned(busy=(busy("23 10:00", "23 11:00"),), slots=(given_slot(23, state, "10:30", "11:10"),))
    assert slots_of(made) == ["10:30-11:10"]
    assert made.slots[0].moved


def test_skipped_day_has_no_slot_and_is_not_lost() -> None:
    """A slot that the user deleted is neither made again nor reported lost."""
    made = planned(slots=(given_slot(23, SlotState.SKIPPED),))
    assert slots_of(made) == []
    assert made.lost_slots == ()


def test_slot_grows_with_the_calls_due() -> None:
    """The first slot is sized for everything due until then, a later one for what is due on its day."""
    late = [call(f"late{number}", minutes=20, due=at("20 17:00")) for number in range(3)]
    made = planned(*late, call("next", minutes=50, due=at("24 17:00")), call("third", due=at("25 17:00")))
    assert slots_of(made) == ["16:00-17:00"]
    assert slots_of(made, 24) == ["16:00-16:50"]
    assert slots_of(made, 25) == ["16:00-16:45"]
    assert "lengthened to 60 minutes for the calls due" in made.slots[0].why


def test_slot_does_not_grow_beyond_its_maximum() -> None:
    """However much is due, the slot is at most max_minutes long."""
    many = [call(f"c{number}", minutes=30) for number in range(9)]
    assert slots_of(planned(*many)) == ["15:00-17:00"]


def test_pinned_calls_do_not_size_the_slot() -> None:
    """A call whose time is fixed needs no room in the slot."""
    made = planned(call(minutes=60, pinned_at=at("23 10:00")))
    assert slots_of(made) == ["16:00-16:45"]


def test_slot_does_not_cut_a_pinned_hold() -> None:
    """A pinned hold lies wholly inside the slot or wholly outside."""
    assert slots_of(planned(call(pinned_at=at("23 16:40")))) == ["15:55-16:40"]
    assert slots_of(planned(call(pinned_at=at("23 16:20")))) == ["16:00-16:45"]


def test_lost_days_do_not_use_up_the_overdue_minutes() -> None:
    """When today is lost, tomorrow's slot is sized for what is overdue as well."""
    made = planned(call(minutes=60, due=at("23 12:00")), busy=(busy("23 00:00", "24 00:00"),))
    assert slots_of(made, 24) == ["16:00-17:00"]


def test_slot_longer_than_the_working_day_shrinks_to_it() -> None:
    """A slot that asks for more than the day has gets the whole day."""
    made = planned(
        working_hours={"mon": ("12:00", "13:00")},
        slot=SlotRule(at="12:00", minutes=600, min_minutes=15, max_minutes=900),
    )
    assert slots_of(made) == ["12:00-13:00"]


def test_hours_that_the_clocks_skip_give_a_shorter_day() -> None:
    """On the night the clocks go forward, 00:00 to 06:00 is five hours."""
    made = planned(
        now=at("2026-03-29 00:00", "Europe/Berlin"),
        zone="Europe/Berlin",
        horizon_days=1,
        working_hours={"sun": ("00:00", "06:00")},
        slot=SlotRule(at="00:00", minutes=360, min_minutes=15, max_minutes=360),
    )
    assert [(slot.end - slot.start).total_seconds() / 3600 for slot in made.slots] == [5.0]


def test_slot_time_that_the_clocks_skip_is_the_instant_an_hour_later() -> None:
    """A slot at 02:30 stands at 03:30 on the day whose clocks skip 02:00 to 03:00."""
    made = planned(
        now=at("2026-03-28 12:00", "Europe/Berlin"),
        zone="Europe/Berlin",
        horizon_days=3,
        working_hours=dict.fromkeys(("sun", "mon"), ("00:00", "06:00")),
        slot=SlotRule(at="02:30", minutes=45, min_minutes=15, max_minutes=45),
    )
    assert [f"{slot.start:%d %H:%M%z}" for slot in made.slots] == ["29 03:30+0200", "30 02:30+0200"]


def test_now_bucket_counts_for_the_size_too() -> None:
    """The minutes of a `now` due today raise the wanted length like any other."""
    made = planned(call("a", minutes=60, bucket=Bucket.NOW, due=at("23 08:00")))
    assert slots_of(made) == ["16:00-17:00"]
