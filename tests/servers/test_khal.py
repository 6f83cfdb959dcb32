"""The calendar that we write, as khal and vdirsyncer read it, and theirs, as we do."""

from __future__ import annotations

import os
import subprocess
from datetime import timedelta
from typing import TYPE_CHECKING

import icalendar
import pytest

from assistant.model.calendar import EventStatus
from tests.contract.harness import MONDAY, event, instants
from tests.contract.local import LocalHarness
from tests.servers import need

if TYPE_CHECKING:
    from pathlib import Path

_KHAL = """
[calendars]
[[calls]]
path = {calls}
[locale]
local_timezone = Europe/Berlin
default_timezone = Europe/Berlin
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
[default]
default_calendar = calls
[sqlite]
path = {place}/khal.db
"""
_VDIRSYNCER = """
[general]
status_path = "{place}/status"
[pair calls]
a = "ours"
b = "theirs"
collections = null
[storage ours]
type = "filesystem"
path = "{calls}"
fileext = ".ics"
[storage theirs]
type = "filesystem"
path = "{theirs}"
fileext = ".ics"
"""


@pytest.fixture
def user(tmp_path: Path) -> LocalHarness:
    """Return folders with a slot and two holds in them."""
    harness = LocalHarness(tmp_path)
    calendar = harness.calendar
    slot = event("slot-2026-03-23.0", MONDAY.replace(hour=16), summary="Call back", opaque=True)
    calendar.put(slot)
    calendar.put(
        event(
            "cb1.0",
            MONDAY.replace(hour=16),
            summary="Call Ann Byrne, Acme; ☎",
            description="+49 30 901820\ntel:+4930901820",
            location="+49 30 901820",
            status=EventStatus.TENTATIVE,
            categories=("Callbacks",),
            reminders=(timedelta(minutes=5),),
        )
    )
    calendar.put(event("cb2.0", MONDAY.replace(hour=17) + timedelta(days=6), summary="Call Bob"))
    return harness


def run(tmp_path: Path, *command: str) -> str:
    """Run a program with its configuration and caches in the test's folder; return what it prints."""
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=60, check=False, input="y\ny\n"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "warning" not in done.stderr.lower(), done.stderr
    return done.stdout


def khal(tmp_path: Path, user: LocalHarness, *arguments: str) -> list[str]:
    """Run khal on our folder."""
    config = tmp_path / "khal.conf"
    config.write_text(_KHAL.format(calls=user.vdir, place=tmp_path))
    return run(tmp_path, need("khal", "pip install khal"), "-c", str(config), *arguments).splitlines()


def test_khal_lists_our_events(tmp_path: Path, user: LocalHarness) -> None:
    """Khal shows slots and holds at their local times, also after the clocks changed, with status and alarm."""
    shape = "{start-long} {end-time} {title}|{location}|{status}|{categories}|{alarm-symbol}"
    found = khal(tmp_path, user, "list", "--format", shape, "--day-format", "", "2026-03-23", "8d")
    assert [line for line in found if line.strip()] == [
        "2026-03-23 16:00 16:10 Call Ann Byrne, Acme; ☎|+49 30 901820|TENTATIVE |Callbacks| ⏰",
        "2026-03-23 16:00 16:10 Call back||CONFIRMED ||",
        "2026-03-29 17:00 17:10 Call Bob||CONFIRMED ||",
    ]


def test_khal_changes_nothing(tmp_path: Path, user: LocalHarness) -> None:
    """Reading with khal leaves our files as they are, and looks at no file of a write that was cut off."""
    (user.vdir / ".ringback-half.tmp").write_bytes(b"BEGIN:VCALENDAR")
    before = {path.name: path.read_bytes() for path in user.vdir.iterdir()}
    cursor = user.calendar.changes(None).cursor
    assert khal(tmp_path, user, "list", "2026-03-23", "8d") != []
    assert {path.name: path.read_bytes() for path in user.vdir.iterdir()} == before
    assert user.calendar.changes(cursor).changed == ()


def test_an_event_made_by_khal_is_on_our_agenda(tmp_path: Path, user: LocalHarness) -> None:
    """What the user enters in khal is on the agenda as theirs, repeated and with its alarm."""
    khal(
        tmp_path,
        user,
        "new",
        "-r",
        "daily",
        "-u",
        "2026-03-26",
        "-m",
        "10m",
        "2026-03-24",
        "09:00",
        "10:00",
        "Standup ☕",
    )
    found = [entry for entry in user.calendar.agenda(MONDAY, MONDAY + timedelta(days=7)) if entry.title == "Standup ☕"]
    assert [instants((entry.start, entry.end)) for entry in found] == [
        ["03-24 08:00", "03-24 09:00"],
        ["03-25 08:00", "03-25 09:00"],
    ]
    assert {entry.key for entry in found} == {None}
    assert user.problems == []


def test_vdirsyncer_carries_our_events(tmp_path: Path, user: LocalHarness) -> None:
    """Vdirsyncer copies our folder to another and back with nothing changed, and an edit over there comes back."""
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    config = tmp_path / "vdirsyncer.conf"
    config.write_text(_VDIRSYNCER.format(calls=user.vdir, theirs=theirs, place=tmp_path))
    program = need("vdirsyncer", "pip install vdirsyncer")
    before = {path.name: path.read_bytes() for path in user.vdir.iterdir()}
    first = user.calendar.changes(None)
    run(tmp_path, program, "-c", str(config), "discover")
    for _ in range(2):
        run(tmp_path, program, "-c", str(config), "sync")
    assert {path.name: path.read_bytes() for path in user.vdir.iterdir()} == before
    assert len(list(theirs.glob("*.ics"))) == len(before) == 3

    copy = next(path for path in theirs.glob("*.ics") if b"UID:cb2.0" in path.read_bytes())
    parsed = icalendar.Calendar.from_ical(copy.read_bytes())
    parsed.walk("VEVENT")[0]["SUMMARY"] = icalendar.vText("✓ Call Bob")
    copy.write_bytes(parsed.to_ical())
    run(tmp_path, program, "-c", str(config), "sync")
    news = user.calendar.changes(first.cursor)
    assert [user.calendar.get(one.ref).event.summary for one in news.changed] == ["✓ Call Bob"]
    assert news.removed == ()
