"""`week`: the picture of the coming days, as text, as JSON and as a file."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from tests.unit.cli.process import Home, fresh

if TYPE_CHECKING:
    from pathlib import Path

MEETING = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nBEGIN:VEVENT\r\nUID:meeting\r\n"
    "DTSTAMP:20261101T000000Z\r\nDTSTART:20261113T150000Z\r\nDTEND:20261113T170000Z\r\nSUMMARY:Secret board\r\n"
    "END:VEVENT\r\nEND:VCALENDAR\r\n"
)


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Make a home with a meeting after its first sync; tests only look at it."""
    home = fresh(tmp_path_factory.mktemp("home") / "dana")
    (home.path / "calendar" / "meeting.ics").write_text(MEETING)
    assert home.run("sync").code == 0
    return home


def test_the_picture_has_busy_time_slots_and_calls(synced: Home) -> None:
    """Seven days from today, the meeting from ten to twelve, the slot at four, and each call below its day."""
    ran = synced.run("week", COLUMNS="100", PYTHONIOENCODING="utf-8")
    assert ran.code == 0
    assert ran.lines[0] == "Friday 13 November 2026, 08:00 EST  (America/New_York)"
    scale, bar = ran.lines[1], ran.lines[2]
    assert bar[scale.index("10") : scale.index("12")] == "░" * 12
    assert bar[scale.index("16")] == "█"
    assert any(line.startswith("  09:00 Jude Falkner") for line in ran.lines)
    assert sum(line[:3] in {"Fri", "Sat", "Sun", "Mon", "Tue", "Wed", "Thu"} for line in ran.lines[2:]) == 7
    assert "\x1b" not in ran.out
    assert "Secret" not in ran.out


def test_a_narrow_terminal_that_knows_ascii_only_gets_the_same(synced: Home) -> None:
    """In forty columns of ASCII the same days and calls are there."""
    ran = synced.run("week", COLUMNS="40", PYTHONIOENCODING="ascii")
    assert ran.code == 0
    assert ran.out.isascii()
    assert max(map(len, ran.lines[1:])) <= 40
    assert any(line.startswith("  09:00 Jude Falkner") for line in ran.lines)


def test_the_json_has_every_day_with_what_is_in_it(synced: Home) -> None:
    """Each hold that stands on the calendar is in exactly one day, with busy time and slots."""
    view = synced.ask("week", "--days", "10")
    assert [day["date"] for day in view["days"]][::9] == ["2026-11-13", "2026-11-22"]
    held = {one["id"] for one in synced.ask("list")["callbacks"] if one["hold"]}
    assert sorted(hold["id"] for day in view["days"] for hold in day["holds"]) == sorted(held)
    friday, saturday = view["days"][:2]
    assert [one["start"] for one in friday["busy"]] == ["2026-11-13T10:00:00-05:00"]
    assert (friday["off"], saturday["off"], saturday["begins"]) == (None, "not worked", None)
    assert view["planned_at"].startswith("2026-11-13T08:00:00")


def test_a_holiday_has_its_name(tmp_path: Path) -> None:
    """Thanksgiving lies in the two weeks from Friday the 13th."""
    home = fresh(tmp_path / "dana", ("m016",))
    assert home.run("sync").code == 0
    view = home.ask("week", "--days", "14")
    assert view["days"][13]["off"] == "Thanksgiving Day"
    assert "  Thanksgiving Day" in home.run("week", "--days", "14").lines


def test_the_picture_as_a_file(synced: Home, tmp_path: Path) -> None:
    """--svg writes a well-formed picture, says where on stderr, and prints nothing else."""
    file = tmp_path / "week.svg"
    ran = synced.run("week", "--svg", file)
    assert (ran.code, ran.out) == (0, "")
    assert str(file) in ran.err
    root = ET.fromstring(file.read_text(encoding="utf-8"))
    assert root.tag.endswith("svg")
    assert "Jude Falkner" in file.read_text(encoding="utf-8")


def test_a_file_that_cannot_be_written_is_a_mistake_of_usage(synced: Home, tmp_path: Path) -> None:
    """A folder that is not there is told of with exit code 3."""
    ran = synced.run("week", "--svg", tmp_path / "nowhere" / "week.svg")
    assert ran.code == 3
    assert "cannot be written" in ran.err


def test_before_the_first_sync_the_week_is_empty_and_says_so(tmp_path: Path) -> None:
    """Without a plan nothing is known to be busy."""
    home = fresh(tmp_path / "dana", ())
    ran = home.run("week")
    assert ran.code == 0
    assert ran.lines[-1] == "What is busy is not known yet: ringback sync"


@pytest.mark.parametrize("days", ["0", "32", "x"])
def test_a_number_of_days_that_makes_no_sense_is_refused(synced: Home, days: str) -> None:
    """One to thirty-one days can be shown."""
    assert synced.run("week", "--days", days).code == 3
