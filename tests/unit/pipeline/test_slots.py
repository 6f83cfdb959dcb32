"""The daily slot: moved by meetings and users, split on full days, lost and said so, never silently gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assistant.ledger import decisions
from assistant.model.callback import Gone
from assistant.model.journal import Outcome
from tests.unit.pipeline.desk import BO, CY

if TYPE_CHECKING:
    from tests.unit.pipeline.desk import Desk

MONDAY, TUESDAY = "2026-11-16", "2026-11-17"


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """Bo called on Friday; the slots of the next days stand."""
    desk.missed("Bo Tan", BO, "2026-11-13 15:10")
    desk.sync()
    assert desk.slots(MONDAY) == ["16:00-16:45"]
    return desk


def settled(desk: Desk) -> None:
    """Run a pass; the one after it must find nothing to do and nothing wrong."""
    desk.sync()
    assert desk.sync().nothing_to_do
    assert desk.faults() == []


def drag_slot(desk: Desk, day: str, to: str) -> None:
    """Move the slot of a day."""
    event = desk.slot(day).event
    assert event is not None
    desk.state.move_event(event.ref.ref, desk.moment(to), event.end - event.start)


def test_a_meeting_moves_the_slot_on_the_same_day_and_it_says_so(desk: Desk) -> None:
    """A meeting on the slot moves it and its calls; the title tells."""
    desk.busy("2026-11-16 15:45", 75)
    settled(desk)
    assert desk.slots(MONDAY) == ["14:55-15:40"]
    assert desk.start("Bo Tan") == "Mon 16 14:55"
    assert [event.summary for event in desk.state.events.values() if "slot-2026-11-16" in event.key] == [
        "Calls (1), moved"
    ]


def test_a_slot_blocks_its_time(desk: Desk) -> None:
    """The slot is busy time, and holds inside it do not block a second time."""
    (slot,) = [event for event in desk.state.events.values() if "slot-2026-11-16" in event.key]
    assert slot.opaque
    assert not desk.event("Bo Tan").opaque


def test_a_slot_moved_by_the_user_stays_and_takes_its_calls(desk: Desk) -> None:
    """A slot that the user moved is kept there, and the calls of the day move into it."""
    drag_slot(desk, MONDAY, "2026-11-16 11:00")
    settled(desk)
    assert desk.slots(MONDAY) == ["11:00-11:45"]
    assert desk.start("Bo Tan") == "Mon 16 11:00"


def test_a_deleted_slot_means_none_that_day(desk: Desk) -> None:
    """A day whose slot the user deleted has none and is not called lost; its calls block their own time."""
    event = desk.slot(MONDAY).event
    assert event is not None
    desk.state.delete_event(event.ref.ref)
    settled(desk)
    assert desk.slots(MONDAY) == []
    assert desk.slot(MONDAY).event is not None
    assert desk.slot(MONDAY).lost is None
    assert desk.event("Bo Tan").opaque


def test_a_full_day_has_a_slot_before_and_one_after(desk: Desk) -> None:
    """A day that is busy from nine to five has calls before the first and after the last appointment."""
    desk.busy("2026-11-17 09:00", 480)
    settled(desk)
    assert desk.slots(TUESDAY) == ["08:25-08:55", "17:05-17:35"]


def test_a_deleted_bookend_leaves_the_other(desk: Desk) -> None:
    """Deleting the morning slot of a full day says nothing about the evening one."""
    desk.busy("2026-11-17 09:00", 480)
    settled(desk)
    morning = desk.slot(TUESDAY).event
    assert morning is not None
    desk.state.delete_event(morning.ref.ref)
    settled(desk)
    assert desk.slots(TUESDAY) == ["17:05-17:35"]
    event = desk.slot(TUESDAY).event
    assert event is not None
    assert event.gone == Gone.BY_USER


def test_bookends_become_one_slot_again(desk: Desk) -> None:
    """When the full day clears, one slot stays at the usual time."""
    desk.busy("2026-11-17 09:00", 480)
    settled(desk)
    desk.state.agenda.clear()
    settled(desk)
    assert desk.slots(TUESDAY) == ["16:00-16:45"]


def test_a_day_without_room_is_lost_until_acknowledged(desk: Desk) -> None:
    """A day that leaves no room is stated with its reason, and stays so until the user has said that it is known."""
    desk.busy("2026-11-17 00:00", 1440)
    settled(desk)
    assert desk.slots(TUESDAY) == []
    assert desk.slot(TUESDAY).lost
    assert not desk.slot(TUESDAY).acknowledged
    decisions.acknowledge(desk.ledger)
    settled(desk)
    assert desk.slot(TUESDAY).acknowledged


def test_a_lost_day_with_room_again_has_a_slot(desk: Desk) -> None:
    """When the day clears the slot is back, and a later loss is to be acknowledged anew."""
    desk.busy("2026-11-17 00:00", 1440)
    settled(desk)
    decisions.acknowledge(desk.ledger)
    desk.state.agenda.clear()
    settled(desk)
    assert desk.slots(TUESDAY) == ["16:00-16:45"]
    desk.busy("2026-11-17 00:00", 1440)
    settled(desk)
    assert not desk.slot(TUESDAY).acknowledged


def test_a_slot_that_has_begun_stays(desk: Desk) -> None:
    """A meeting that comes up during the slot moves neither it nor the call under way."""
    desk.at("2026-11-16 16:02")
    desk.busy("2026-11-16 16:05", 30)
    settled(desk)
    assert desk.slots(MONDAY) == ["16:00-16:45"]
    assert desk.start("Bo Tan") == "Mon 16 16:00"


def test_the_slots_of_days_gone_stay_as_they_were(desk: Desk) -> None:
    """Yesterday's slot is not touched."""
    desk.at("2026-11-17 08:00")
    settled(desk)
    assert desk.slots(MONDAY) == ["16:00-16:45"]


def test_nobody_is_planned_where_the_horizon_has_no_room(desk: Desk) -> None:
    """A caller for whom there is no time has no hold and the reason for that, and nobody is dropped."""
    desk.busy("2026-11-16 00:00", 1440 * 7)
    desk.missed("Cy Dunn", CY, "2026-11-16 07:10")
    settled(desk)
    assert desk.callback("Cy Dunn").hold is None
    assert desk.callback("Cy Dunn").no_hold


# --- sized by the queue, shrunk before lost, moved, split, and always some days ahead


def callers(desk: Desk, count: int, at: str) -> None:
    """Let so many people call at a time."""
    for number in range(count):
        desk.missed(f"Caller {number}", f"21255503{number:02}", at)


def test_the_slot_grows_with_the_queue_up_to_its_most(desk: Desk) -> None:
    """Eight calls need more than the usual 45 minutes; thirty get two hours and spill over to the next day, visibly."""
    callers(desk, 8, "2026-11-13 15:30")
    settled(desk)
    assert desk.slots(MONDAY) == ["15:30-17:00"]
    callers(desk, 30, "2026-11-13 15:40")
    desk.busy("2026-11-16 09:00", 350)
    settled(desk)
    assert desk.slots(MONDAY) == ["15:00-17:00"]
    days = {callback.hold.start.astimezone(desk.zone).day for callback in desk.ledger.owed() if callback.hold}
    assert {16, 17} <= days


def test_the_slot_is_as_long_as_usual_again_when_the_queue_is_short(desk: Desk) -> None:
    """Once the calls are made, the next days have their usual length."""
    callers(desk, 8, "2026-11-13 15:30")
    settled(desk)
    desk.at("2026-11-16 15:00")
    for callback in desk.ledger.owed():
        decisions.close(desk.ledger, callback.id, Outcome.REACHED)
    settled(desk)
    assert desk.slots(TUESDAY) == ["16:00-16:45"]


@pytest.mark.parametrize(
    ("free", "slots"),
    [(60, ["15:10-15:55"]), (45, ["15:05-15:40"]), (30, ["15:05-15:25"]), (25, ["15:05-15:20"]), (20, "bookends")],
)
def test_a_slot_shrinks_before_it_is_split_and_is_split_before_it_is_lost(
    desk: Desk, free: int, slots: list[str] | str
) -> None:
    """With less and less free time in one piece the slot gets shorter, down to a quarter of an hour."""
    desk.busy("2026-11-16 09:00", 360)
    desk.busy(f"2026-11-16 {15 + free // 60}:{free % 60:02}", 120 - free)
    settled(desk)
    found = desk.slots(MONDAY)
    assert found == (["08:25-08:55", "17:05-17:35"] if slots == "bookends" else slots)
    assert desk.slot(MONDAY).lost is None


def test_a_meeting_on_the_day_moves_the_slot_within_that_day(desk: Desk) -> None:
    """At noon a meeting lands on the slot: it moves, that same day, and its call with it."""
    desk.at("2026-11-16 12:00")
    settled(desk)
    desk.busy("2026-11-16 16:00", 60)
    settled(desk)
    assert desk.slots(MONDAY) == ["15:10-15:55"]
    assert desk.start("Bo Tan") == "Mon 16 15:10"


def test_a_meeting_that_goes_lets_the_slot_go_back(desk: Desk) -> None:
    """When the meeting is called off, the slot is at its usual time again."""
    desk.busy("2026-11-16 16:00", 60)
    settled(desk)
    desk.state.agenda.clear()
    settled(desk)
    assert desk.slots(MONDAY) == ["16:00-16:45"]


def test_the_bookends_of_a_full_day_are_inside_the_callees_hours(desk: Desk) -> None:
    """Nobody is called in the morning bookend before nine: the call waits for the evening one."""
    desk.busy("2026-11-16 09:00", 480)
    settled(desk)
    assert desk.slots(MONDAY) == ["08:25-08:55", "17:05-17:35"]
    assert desk.start("Bo Tan") == "Mon 16 17:05"


def test_there_are_always_slots_for_the_days_ahead(desk: Desk) -> None:
    """Each morning the day that comes into view gets its slot, and no day gets two."""
    for day in (17, 18, 19):
        desk.at(f"2026-11-{day} 08:00")
        settled(desk)
    ahead = [desk.slots(f"2026-11-{day}") for day in (19, 20, 21, 22, 23)]
    assert ahead == [["16:00-16:45"], ["16:00-16:45"], [], [], []]
    desk.at("2026-11-20 08:00")
    settled(desk)
    assert desk.slots("2026-11-23") == ["16:00-16:45"]
