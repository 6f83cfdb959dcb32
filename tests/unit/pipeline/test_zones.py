"""Nights when the clock changes, zones of half hours, travellers, all-day entries and entries over midnight."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from assistant.model.calendar import FbType
from tests.unit.pipeline.desk import BO, Desk

if TYPE_CHECKING:
    from pathlib import Path

EVERY_DAY = """
[hours.working]
mon = ["09:00", "17:00"]
tue = ["09:00", "17:00"]
wed = ["09:00", "17:00"]
thu = ["09:00", "17:00"]
fri = ["09:00", "17:00"]
sat = ["09:00", "17:00"]
sun = ["09:00", "17:00"]
"""


def settled(desk: Desk) -> None:
    """Run a pass; the one after it must find nothing to do and nothing wrong."""
    desk.sync()
    assert desk.sync().nothing_to_do
    assert desk.faults() == []


@pytest.mark.parametrize("night", ["2026-03-08", "2026-11-01"])
def test_the_slot_keeps_its_wall_clock_over_the_change(tmp_path: Path, night: str) -> None:
    """Before, on and after the night when the clock changes, the slot is at 16:00 for 45 minutes."""
    desk = Desk(tmp_path, f"{night} 08:00", extra=EVERY_DAY)
    desk.clock.moment -= timedelta(days=1)
    settled(desk)
    first = desk.clock.now().astimezone(desk.zone).date()
    days = [str(first + timedelta(days=number)) for number in range(3)]
    assert [desk.slots(day) for day in days] == [["16:00-16:45"]] * 3


@pytest.mark.parametrize("night", ["2026-03-08", "2026-11-01"])
def test_a_call_in_the_night_of_the_change_is_planned(tmp_path: Path, night: str) -> None:
    """A call at half past one in that night has its place in the slot of the day."""
    desk = Desk(tmp_path, f"{night} 08:00", extra=EVERY_DAY)
    desk.missed("Bo Tan", BO, f"{night} 01:30")
    settled(desk)
    assert desk.start("Bo Tan").endswith("16:00")


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe"])
def test_zones_off_the_hour_keep_their_wall_clock(tmp_path: Path, zone: str) -> None:
    """In a zone of half or quarter hours the slot is at 16:00 there."""
    desk = Desk(tmp_path, "2026-11-16 08:00", zone=zone)
    settled(desk)
    assert desk.slots("2026-11-17") == ["16:00-16:45"]


def test_appointments_in_another_zone_block_where_they_are(tmp_path: Path) -> None:
    """A traveller's meeting, written in the time of another zone, moves the slot of here."""
    desk = Desk(tmp_path, "2026-11-16 08:00")
    here = desk.zone
    desk.zone = type(here)("Europe/Berlin")
    desk.busy("2026-11-16 21:45", 75)
    desk.zone = here
    settled(desk)
    assert desk.slots("2026-11-16") == ["14:55-15:40"]


@pytest.mark.parametrize(
    ("fbtype", "slots"),
    [(FbType.FREE, ["16:00-16:45"]), (FbType.BUSY, []), (FbType.BUSY_UNAVAILABLE, [])],
)
def test_all_day_entries_block_as_they_say(tmp_path: Path, fbtype: FbType, slots: list[str]) -> None:
    """A birthday that is free leaves the slot alone; a busy day and a day out of office have none."""
    desk = Desk(tmp_path, "2026-11-16 08:00")
    desk.busy("2026-11-17 00:00", 1440, fbtype, all_day=True)
    settled(desk)
    assert desk.slots("2026-11-17") == slots


def test_an_entry_over_midnight_blocks_both_days(tmp_path: Path) -> None:
    """A night train from the afternoon to the next noon leaves room only before and after."""
    desk = Desk(tmp_path, "2026-11-16 08:00")
    desk.busy("2026-11-16 15:00", 21 * 60)
    settled(desk)
    assert desk.slots("2026-11-16") == ["14:10-14:55"]
    assert desk.slots("2026-11-17") == ["16:00-16:45"]


def test_an_entry_that_began_yesterday_blocks_today(tmp_path: Path) -> None:
    """What is under way since yesterday counts although it began before the pass looks."""
    desk = Desk(tmp_path, "2026-11-16 08:00")
    desk.busy("2026-11-13 10:00", 60 * 80)
    settled(desk)
    assert desk.slots("2026-11-16") == ["18:05-18:35"]


def test_our_own_events_never_count_as_busy(tmp_path: Path) -> None:
    """A slot and its holds leave the plan as it is in every later pass."""
    desk = Desk(tmp_path, "2026-11-16 08:00")
    for number in range(4):
        desk.missed(f"Caller {number}", f"212555017{number}", "2026-11-13 15:10")
    settled(desk)
    desk.at("2026-11-16 08:30")
    settled(desk)
    assert desk.slots("2026-11-16") == ["16:00-16:45"]
