"""Calendar files to agenda entries: what cannot be read is said, the rest counts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.standards import ical, recurrence
from tests.contract.harness import MONDAY, ZONE, ics, instants


def read(raw: bytes) -> tuple[list[str], tuple[str, ...]]:
    """Return the starts of a week's entries, and the faults of the file."""
    series, faults = recurrence.split(ical.parse(raw), ZONE)
    found = [
        entry
        for each in series
        for entry in recurrence.entries(each, MONDAY, MONDAY + timedelta(days=7), ZONE, ours=True)
    ]
    return instants(tuple(entry.start for entry in found)), faults


@pytest.mark.parametrize("name", ["DTEND", "DURATION", "RRULE", "RDATE", "EXDATE"])
def test_a_broken_property_is_named(name: str) -> None:
    """An event with one property that cannot be read still counts at its start, and the fault names the property."""
    starts, faults = read(ics(f"UID:u1\nDTSTART:20260323T090000Z\n{name}:garbage"))
    assert starts == ["03-23 09:00"]
    assert len(faults) == 1
    assert "'u1'" in faults[0]
    assert name in faults[0]


@pytest.mark.parametrize("line", ["DTSTART:garbage", "SUMMARY:no start at all", "DTSTART;VALUE=DATE:20261399"])
def test_an_event_without_a_start_is_named(line: str) -> None:
    """An event without a start takes no time, is named, and takes no other event with it."""
    starts, faults = read(ics(f"UID:u1\n{line}", "UID:u2\nDTSTART:20260323T090000Z"))
    assert starts == ["03-23 09:00"]
    assert len(faults) == 1
    assert "u1" in faults[0]


@pytest.mark.parametrize("rule", ["FREQ=SECONDLY", "FREQ=MINUTELY;INTERVAL=2"])
def test_a_rule_by_the_minute_is_refused(rule: str) -> None:
    """A rule that repeats by the second or minute counts once and is named, where it would keep a pass busy."""
    starts, faults = read(ics(f"UID:u1\nDTSTART:20260323T090000Z\nRRULE:{rule}"))
    assert starts == ["03-23 09:00"]
    assert "RRULE" in faults[0]


def test_a_zone_nobody_knows_is_named() -> None:
    """A time in an unknown zone counts in the user's, and the fault names the zone."""
    starts, faults = read(ics("UID:u1\nDTSTART;TZID=Mars/Olympus:20260323T090000"))
    assert starts == ["03-23 08:00"]
    assert "Mars/Olympus" in faults[0]


def test_a_sound_file_has_no_faults() -> None:
    """Nothing is said of a file without faults."""
    assert read(ics("DTSTART:20260323T090000Z\nRRULE:FREQ=WEEKLY;UNTIL=20260401T000000Z")) == (["03-23 09:00"], ())


def test_an_until_in_another_form_ends_the_series() -> None:
    """UNTIL as a date or a local time, as some programs write it, ends the series all the same."""
    for until in ("20260324", "20260324T235959"):
        starts, _ = read(ics(f"DTSTART;TZID=Europe/Berlin:20260323T090000\nRRULE:FREQ=DAILY;UNTIL={until}"))
        assert starts == ["03-23 08:00", "03-24 08:00"]


def test_an_override_alone_counts() -> None:
    """A single occurrence sent without its series (an invitation to one meeting) is on the agenda."""
    starts, _ = read(ics("UID:u1\nRECURRENCE-ID:20260323T090000Z\nDTSTART:20260323T100000Z\nDTEND:20260323T110000Z"))
    assert starts == ["03-23 10:00"]


def test_a_calendars_own_zone_counts() -> None:
    """Files with X-WR-TIMEZONE keep the instants that their times name."""
    raw = ics("DTSTART:20260323T090000Z").replace(b"VERSION:2.0", b"VERSION:2.0\r\nX-WR-TIMEZONE:America/New_York")
    assert read(raw)[0] == ["03-23 09:00"]


@pytest.mark.parametrize("name", ["DTSTART", "DTEND", "DURATION", "RECURRENCE-ID"])
def test_a_property_that_stands_twice_is_named(name: str) -> None:
    """Of a property that may stand once the first counts, and the fault names it."""
    value = "PT1H" if name == "DURATION" else "20260323T090000Z"
    start = "" if name == "DTSTART" else "DTSTART:20260323T090000Z\n"
    starts, faults = read(ics(f"UID:u1\n{start}{name}:{value}\n{name}:{value}"))
    assert starts == ["03-23 09:00"]
    assert name in faults[0]


def test_a_folder_of_zones_is_no_zone() -> None:
    """A file whose zone is the name of a part of the world is refused or read, without a file error."""
    with pytest.raises(ical.ICalendarError):
        ical.parse(ics("UID:u1\nDTSTART;TZID=Europe:20260323T090000"))


SERIES = ics(
    "UID:d\nDTSTART;TZID=Europe/Berlin:20260323T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=5\n"
    "EXDATE;TZID=Europe/Berlin:20260324T090000\nRDATE;TZID=Europe/Berlin:20260328T120000\nATTENDEE;CN=x:mailto:a@b.example",
    "UID:d\nRECURRENCE-ID;TZID=Europe/Berlin:20260325T090000\nDTSTART;TZID=Europe/Berlin:20260325T150000\nDURATION:PT1H",
)


@given(at=st.integers(0, len(SERIES)), gone=st.integers(0, 30), junk=st.text(";:=,0123456789TZ-P\r\n\0", max_size=8))
def test_damage_raises_one_error_only(at: int, gone: int, junk: str) -> None:
    """A file damaged anywhere has entries and faults, or is refused with ICalendarError."""
    damaged = SERIES[:at] + junk.encode() + SERIES[at + gone :]
    try:
        starts, _ = read(damaged)
    except ical.ICalendarError as error:
        starts = [str(error)]
    assert len(starts) <= 24 * 7
