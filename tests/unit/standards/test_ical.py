"""Events of ours as iCalendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assistant.model.calendar import Event, EventStatus
from assistant.standards import ical
from tests.contract.harness import MONDAY, ZONE, event

NOW = datetime(2026, 3, 20, 8, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def component(raw: bytes, uid: str = "cb1.0") -> icalendar.Component:
    """Return the event in a file."""
    found = ical.find_event(ical.parse(raw), uid)
    assert found is not None
    return found


def lines(raw: bytes) -> list[str]:
    """Return the unfolded lines of a file."""
    return raw.decode().replace("\r\n ", "").splitlines()


def test_a_hold_as_it_is_written() -> None:
    """A hold has the properties that requirements 4d asks for, and invites nobody."""
    fields: dict[str, Any] = {"description": "+49 30 901820", "location": "+49 30 901820", "categories": ("A", "B")}
    raw = ical.write_event(event(**fields, reminders=(timedelta(minutes=5),)), NOW)
    written = lines(raw)
    for line in (
        "UID:cb1.0", "SEQUENCE:0", "DTSTAMP:20260320T080000Z", "CREATED:20260320T080000Z",
        "LAST-MODIFIED:20260320T080000Z", "DTSTART;TZID=Europe/Berlin:20260323T100000",
        "DTEND;TZID=Europe/Berlin:20260323T101000", "SUMMARY:Call Ann Byrne", "DESCRIPTION:+49 30 901820",
        "LOCATION:+49 30 901820", "TRANSP:TRANSPARENT", "STATUS:CONFIRMED", "CLASS:PRIVATE", "CATEGORIES:A,B",
        "X-RINGBACK-KEY:cb1", "ACTION:DISPLAY", "TRIGGER:-PT5M", "TZID:Europe/Berlin",
    ):  # fmt: skip
        assert line in written
    assert not [line for line in written if line.startswith(("ATTENDEE", "ORGANIZER", "METHOD"))]


def test_the_sequence_grows_with_the_time_alone() -> None:
    """SEQUENCE stays when the title changes and grows when the time does; CREATED stays, LAST-MODIFIED follows."""
    first = ical.write_event(event(), NOW)
    renamed = ical.write_event(event(summary="Call Bob"), LATER, first)
    moved = ical.write_event(event(start=MONDAY.replace(hour=11)), LATER, renamed)
    assert [component(raw)["SEQUENCE"] for raw in (first, renamed, moved)] == [0, 0, 1]
    assert "CREATED:20260320T080000Z" in lines(moved)
    assert "LAST-MODIFIED:20260320T090000Z" in lines(moved)


def test_what_others_added_stays() -> None:
    """Alarms, attachments and properties unknown to us survive a rewrite; our own alarms are replaced."""
    first = ical.write_event(event(reminders=(timedelta(minutes=5),)), NOW)
    calendar = ical.parse(first)
    edited = calendar.walk("VEVENT")[0]
    edited.add("ATTACH", "https://example.org/file")
    edited.add("X-OTHER-THING", "kept")
    alarm = icalendar.Alarm()
    alarm.add("ACTION", "AUDIO")
    alarm.add("TRIGGER", timedelta(minutes=-30))
    edited.add_component(alarm)
    calendar.add("X-WR-CALNAME", "Calls")
    second = lines(ical.write_event(event(summary="Call Bob", reminders=(timedelta(0),)), LATER, calendar.to_ical()))
    for line in ("X-OTHER-THING:kept", "ATTACH:https://example.org/file", "TRIGGER:-PT30M", "X-WR-CALNAME:Calls"):
        assert line in second
    assert "TRIGGER:-PT5M" not in second
    assert len([line for line in second if line == "BEGIN:VALARM"]) == 2


def test_a_duration_gives_way_to_an_end() -> None:
    """An event that another program gave a DURATION has DTEND alone after a rewrite (RFC 5545 3.6.1)."""
    raw = ical.write_event(event(), NOW)
    shorter = b"".join(line for line in raw.splitlines(keepends=True) if not line.startswith(b"DTEND"))
    other = shorter.replace(b"SUMMARY:", b"DURATION:PT10M\r\nSUMMARY:")
    written = lines(ical.write_event(event(), LATER, other))
    assert not [line for line in written if line.startswith("DURATION")]
    assert "SEQUENCE:0" in written


@pytest.mark.parametrize(
    "name", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca"]
)
def test_the_zone_is_described_truly(name: str) -> None:
    """A reader that knows no zones gets every offset of the year from our VTIMEZONE."""
    zone = ZoneInfo(name)
    start = datetime(2026, 6, 1, 12, tzinfo=zone)
    calendar = ical.parse(ical.write_event(event(start=start, zone=name), NOW))
    described = calendar.timezones[0].to_tz(lookup_tzid=False)
    first = datetime(2026, 1, 1, 0, 17, tzinfo=UTC)
    walls = [(first + timedelta(hours=hour)).astimezone(zone).replace(tzinfo=None, fold=0) for hour in range(24 * 365)]
    differing = [
        wall for wall in walls if wall.replace(tzinfo=described).utcoffset() != wall.replace(tzinfo=zone).utcoffset()
    ]
    doubled = [
        wall
        for wall in differing
        if wall.replace(tzinfo=zone).utcoffset() != wall.replace(tzinfo=zone, fold=1).utcoffset()
    ]
    assert differing == doubled


def test_a_zone_without_changes_is_described() -> None:
    """UTC needs no VTIMEZONE, and a zone that never changes has one observance."""
    assert not ical.parse(ical.write_event(event(zone="UTC"), NOW)).walk("VTIMEZONE")
    zones = ical.parse(ical.write_event(event(zone="Asia/Kathmandu"), NOW)).walk("VTIMEZONE")
    assert [len(zone.subcomponents) for zone in zones] == [1]


def test_a_moved_event_keeps_its_zone_described() -> None:
    """After a move by years the VTIMEZONE covers the new time, and there is one."""
    first = ical.write_event(event(), NOW)
    far = datetime(2031, 7, 1, 10, tzinfo=ZONE)
    zones = ical.parse(ical.write_event(event(start=far), NOW, first)).walk("VTIMEZONE")
    assert len(zones) == 1
    assert [part for part in zones[0].subcomponents if b"DTSTART:2031" in part.to_ical()]


def test_an_unknown_zone_is_refused() -> None:
    """An event in a zone that is none raises an error that names it."""
    with pytest.raises(ical.ICalendarError, match="Mars/Olympus"):
        ical.write_event(event(zone="Mars/Olympus"), NOW)


def test_a_copy_of_a_hold_is_not_a_hold() -> None:
    """An event with our key under a uid that is not ours (a user's copy) is the user's."""
    raw = ical.write_event(event(), NOW)
    assert ical.own_key(component(raw)) == "cb1"
    assert ical.own_key(component(raw.replace(b"UID:cb1.0", b"UID:copy-1"), "copy-1")) is None


@pytest.mark.parametrize(
    "raw", [b"", b"\0\0\0", b"hello", b"BEGIN:VCALENDAR\r\n", b"\xff\xfe", b"BEGIN:VEVENT\r\nEND:VEVENT\r\n", b"END:X"]
)
def test_what_is_no_calendar_is_refused(raw: bytes) -> None:
    """Bytes that are no calendar raise ICalendarError and nothing else."""
    with pytest.raises(ical.ICalendarError):
        ical.parse(raw)


def test_a_byte_order_mark_does_no_harm() -> None:
    """A file that an editor began with a byte order mark is read as any other."""
    assert component(b"\xef\xbb\xbf" + ical.write_event(event(), NOW))["UID"] == "cb1.0"


@given(cut=st.integers(0, 1800), junk=st.binary(max_size=12))
@example(cut=919, junk=b"\0")
def test_damage_raises_one_error_only(cut: int, junk: bytes) -> None:
    """A file cut or overwritten anywhere is read or refused with ICalendarError."""
    raw = ical.write_event(event(description="text", reminders=(timedelta(minutes=5),)), NOW)
    damaged = raw[:cut] + junk + raw[cut + len(junk) :]
    try:
        found = ical.find_event(ical.parse(damaged))
        title = "" if found is None else ical.read_event(found, ZONE).summary
    except ical.ICalendarError as error:
        title = str(error)
    assert "\r" not in title


texts = st.text(st.characters(), max_size=80)


starts = st.integers(-(10**7), 10**7).map(
    lambda minutes: datetime(2026, 3, 29, tzinfo=UTC) + timedelta(minutes=minutes)
)
events = st.builds(
    lambda length, **fields: Event(uid="k.0", key="k", end=fields["start"] + length, **fields),
    length=st.integers(1, 3 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes)),
    start=starts,
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia"]),
    summary=texts,
    description=texts,
    location=texts,
    opaque=st.booleans(),
    private=st.booleans(),
    status=st.sampled_from([EventStatus.TENTATIVE, EventStatus.CONFIRMED]),
    categories=st.lists(texts, max_size=3).map(tuple),
    reminders=st.lists(st.integers(0, 10_000).map(lambda minutes: timedelta(minutes=minutes)), max_size=3).map(tuple),
)


@given(wanted=events)
def test_any_event_comes_back(wanted: Event) -> None:
    """Whatever its texts and times, an event written and read has the same fields, and written over itself too."""
    first = ical.write_event(wanted, NOW)
    second = ical.write_event(wanted, LATER, first)
    for raw in (first, second):
        assert ical.canonical(ical.read_event(component(raw, "k.0"), ZONE)) == ical.canonical(wanted)
    assert component(second, "k.0")["SEQUENCE"] == 0
    assert len(raw.decode().splitlines()) == raw.count(b"\r\n")
