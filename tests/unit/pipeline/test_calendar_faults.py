"""Expired cursors, vanished events and missing calendars: a fault is asked about and decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assistant.errors import NotFoundError
from assistant.ledger import decisions, outbox
from assistant.model.callback import Gone, Status
from assistant.model.journal import FaultAsked, Outcome
from assistant.model.operation import DeleteEvent
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.pipeline.desk import Desk

NAMES = ("Bo Tan", "Cy Dunn", "Di Okafor", "Ed Frost", "Fay Gray")


@pytest.fixture
def crowd(desk: Desk) -> Desk:
    """Five callers with holds."""
    for number, name in enumerate(NAMES):
        desk.missed(name, f"212555016{number}", f"2026-11-13 15:1{number}")
    desk.sync()
    return desk


def settled(desk: Desk) -> None:
    """Run a pass; the one after it must find nothing to do and nothing wrong."""
    desk.sync()
    assert desk.sync().nothing_to_do
    assert desk.faults() == []


def asked(desk: Desk) -> int:
    """Return how often the user was asked about the calendar as a whole."""
    return sum(isinstance(entry.fact, FaultAsked) for entry in desk.ledger.entries())


def test_expired_cursors_change_nothing(crowd: Desk) -> None:
    """Mail and calendar read from the beginning are the same mail and calendar: nothing is counted twice."""
    crowd.state.expire_cursors()
    report = crowd.sync()
    assert report.nothing_to_do
    assert crowd.ledger.counts() == {"open": 5}
    assert crowd.faults() == []


def test_mail_that_arrives_while_the_cursor_expires_is_read(crowd: Desk) -> None:
    """A full read finds what is new."""
    crowd.state.expire_cursors()
    crowd.missed("Gus Hall", "2125550169", "2026-11-16 07:00")
    assert crowd.sync().considered == 1
    assert crowd.ledger.counts() == {"open": 6}


def test_a_missing_hold_after_a_full_read_is_a_fault(crowd: Desk) -> None:
    """Where nobody saw a hold go, its absence is no decision of the user's."""
    crowd.remove("Bo Tan")
    crowd.state.expire_cursors()
    settled(crowd)
    assert crowd.hold("Bo Tan").gone == Gone.BY_FAULT
    assert asked(crowd) == 1


@pytest.mark.parametrize("count", [1, 3])
def test_up_to_three_deleted_holds_are_the_users(crowd: Desk, count: int) -> None:
    """A few deleted holds are asked about one by one."""
    crowd.remove(*NAMES[:count])
    settled(crowd)
    assert [crowd.hold(name).gone for name in NAMES[:count]] == [Gone.BY_USER] * count
    assert asked(crowd) == 0


def test_four_holds_gone_at_once_are_a_fault(crowd: Desk) -> None:
    """Many vanished holds are asked about once, and nobody is closed."""
    crowd.remove(*NAMES[:4])
    settled(crowd)
    crowd.sync()
    assert asked(crowd) == 1
    assert crowd.ledger.counts() == {"open": 5}


def wipe(desk: Desk) -> None:
    """Empty the calendar."""
    for ref in list(desk.state.events):
        desk.state.delete_event(ref)


def test_a_wiped_calendar_is_not_filled_again_unasked(crowd: Desk) -> None:
    """Nothing is written into a calendar that was just emptied."""
    wipe(crowd)
    settled(crowd)
    assert crowd.state.events == {}


def test_restore_brings_all_back_as_a_new_generation(crowd: Desk) -> None:
    """After a wiped calendar, restore makes every hold and slot anew under an identity that was never used."""
    before = {event.uid for event in crowd.state.events.values()}
    wipe(crowd)
    crowd.sync()
    decisions.restore(crowd.ledger)
    settled(crowd)
    after = {event.uid for event in crowd.state.events.values()}
    assert len(after) == len(before)
    assert not after & before
    assert {crowd.hold(name).generation for name in NAMES} == {2}


def test_restore_answers_the_question(crowd: Desk) -> None:
    """Once the holds are back there is nothing left to ask."""
    wipe(crowd)
    crowd.sync()
    decisions.restore(crowd.ledger)
    crowd.sync()
    assert crowd.ledger.calendar_state().question is None


def test_holds_that_come_back_by_themselves_answer_the_question(crowd: Desk) -> None:
    """A calendar put back from a backup has its holds again, and no second ones beside them."""
    events = dict(crowd.state.events)
    wipe(crowd)
    crowd.sync()
    crowd.state.deleted_uids.clear()
    for ref, event in events.items():
        crowd.state.events[ref] = event
        crowd.state.touch("event", ref)
    settled(crowd)
    assert crowd.state.events == events
    assert crowd.ledger.calendar_state().question is None


def test_a_missing_calendar_is_asked_about_once(crowd: Desk) -> None:
    """A calendar that is not there stops the pass, closes nobody and is asked about once."""
    crowd.state.calendar_missing = True
    for _ in range(2):
        with pytest.raises(NotFoundError):
            crowd.sync()
    assert asked(crowd) == 1
    assert crowd.ledger.counts() == {"open": 5}


def test_mail_read_before_the_missing_calendar_is_kept(crowd: Desk) -> None:
    """A call is in the ledger although the pass could not be finished."""
    crowd.state.calendar_missing = True
    crowd.missed("Gus Hall", "2125550169", "2026-11-16 07:00")
    with pytest.raises(NotFoundError):
        crowd.sync()
    assert crowd.callback("Gus Hall").status == Status.OPEN


def test_the_pass_after_the_calendar_is_back_goes_on(crowd: Desk) -> None:
    """With the calendar back, the call gets its hold and the question is answered."""
    crowd.state.calendar_missing = True
    crowd.missed("Gus Hall", "2125550169", "2026-11-16 07:00")
    with pytest.raises(NotFoundError):
        crowd.sync()
    crowd.state.calendar_missing = False
    settled(crowd)
    assert len(crowd.events("Gus Hall")) == 1
    assert crowd.ledger.calendar_state().question is None


def test_a_calendar_folder_that_is_away_for_a_pass_loses_nothing(tmp_path: Path) -> None:
    """A vdir that is not mounted during one pass has all its holds again in the next."""
    world = World(tmp_path, "2026-11-16 08:00")
    world.missed_call("Ann Byrne", "2125550141", "2026-11-13 15:10")
    world.sync()
    (tmp_path / "calendar").rename(tmp_path / "away")
    world.missed_call("Bo Tan", "2125550142", "2026-11-16 07:10")
    with pytest.raises(NotFoundError):
        world.sync()
    (tmp_path / "away").rename(tmp_path / "calendar")
    world.sync()
    assert (world.start("Ann Byrne"), world.start("Bo Tan")) == ("Mon 16:00", "Mon 16:10")
    assert world.sync().nothing_to_do


def test_a_deletion_that_was_cut_off_is_not_proved_by_a_missing_calendar(tmp_path: Path) -> None:
    """A hold that we were about to delete still is to be deleted when its calendar was away for a pass."""
    world = World(tmp_path, "2026-11-16 08:00")
    world.missed_call("Ann Byrne", "2125550141", "2026-11-13 15:10")
    world.sync()
    hold = world.hold("Ann Byrne")
    decisions.close(world.ledger(), world.id("Ann Byrne"), Outcome.HANDLED_ELSEWHERE)
    operation = DeleteEvent(subject=world.id("Ann Byrne"), why="closed", uid=hold.uid, ref=hold.ref)
    outbox.announce(world.ledger(), operation)
    (tmp_path / "calendar").rename(tmp_path / "away")
    with pytest.raises(NotFoundError):
        world.sync()
    assert world.ledger().calendar_state().question is not None
    (tmp_path / "away").rename(tmp_path / "calendar")
    world.sync()
    assert not (tmp_path / "calendar" / f"{hold.uid}.ics").exists()
