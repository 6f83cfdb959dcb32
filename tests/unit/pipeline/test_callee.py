"""The callee's side: their clock and what is a guess of it, permitted hours, their holidays, what they asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from assistant.model.call import E164, Window
from assistant.model.mailbox import Contact
from assistant.pipeline import callee
from assistant.pipeline.callee import Side, clocks, longest, side_of
from assistant.pipeline.people import person
from tests.unit.pipeline.desk import Desk

if TYPE_CHECKING:
    from pathlib import Path

NOW = "2026-11-16 08:00"
NEW_YORK = "America/New_York"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """It is Monday morning in New York."""
    return Desk(tmp_path, NOW)


def side(desk: Desk, number: str, asked: Window | None = None, contact: Contact | None = None) -> Side:
    """Return the callee's side of a caller with that number."""
    desk.missed("Bo Tan", number, f"{desk.clock.now():%Y-%m-%d} 07:10")
    desk.sync()
    found = desk.callback("Bo Tan")
    who = person(desk.parts(), found, [])._replace(number=E164(number), contact=contact)
    return side_of(desk.parts(), found, who, asked)


@pytest.mark.parametrize(
    ("number", "zones", "noted"),
    [
        ("+12125550141", (NEW_YORK,), ""),  # our own clock needs no word, guess or not
        ("+13105550141", ("America/Los_Angeles",), "a guess from the number (America/Los_Angeles): it may be a mobile"),
        ("+442079460000", ("Europe/London",), ""),
        ("+447911123456", ("Europe/London",), "a guess from the number (Europe/London): a mobile number"),
        ("+18005550199", (NEW_YORK,), "your own zone is taken for theirs: a toll-free number"),
    ],
)
def test_the_zone_comes_from_the_number_and_a_guess_is_called_one(
    desk: Desk, number: str, zones: tuple[str, ...], noted: str
) -> None:
    """A fixed line lies where its number says; a mobile's or toll-free number's zone is a guess and is called one."""
    found = side(desk, number)
    assert (found.zones, found.hours) == (zones, ("09:00", "18:00"))
    assert [noted in note for note in found.notes] == [True] * bool(noted)


def test_what_a_contact_says_is_better_than_the_number(desk: Desk) -> None:
    """A contact's zone is known, whatever the number looks like."""
    found = side(desk, "+447911123456", contact=Contact(name="Bo Tan", zone="Asia/Tokyo"))
    assert (found.zones, found.notes) == (("Asia/Tokyo",), ())


def test_several_zones_are_all_minded(tmp_path: Path) -> None:
    """An Australian mobile may be anywhere between Perth and Sydney: it is called when both may be."""
    desk = Desk(tmp_path, NOW, zone="Asia/Singapore")
    found = side(desk, "+61412345678")
    assert {"Asia/Singapore", "Australia/Sydney"} <= set(found.zones)  # Perth has Singapore's clock
    assert "a guess" in found.notes[0]
    desk.sync()
    start = desk.event("Bo Tan").start
    hours = [start.astimezone(ZoneInfo(zone)).hour for zone in found.zones]
    assert all(9 <= hour < 18 for hour in hours)


def test_zones_too_far_apart_fall_back_on_the_limits(tmp_path: Path) -> None:
    """A Russian mobile may be ten hours apart: nine to six has no room, eight to nine at night has."""
    found = side(Desk(tmp_path, NOW, zone="Europe/Berlin"), "+79161234567")
    assert found.hours == ("08:00", "21:00")


def test_zones_with_no_hour_in_common_are_said_to_have_none(desk: Desk) -> None:
    """Where no hour of the day suits everywhere, no zone is minded, and the note says what helps."""
    zones = tuple(f"Etc/GMT{offset:+d}" for offset in (-12, -4, 4, 11))
    hours, notes = callee._hours(zones, desk.parts().timetable, None, desk.clock.now())  # no number has these
    assert (hours, ["put a zone on the contact" in note for note in notes]) == (None, [True])


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("10:00", "12:00", ("09:00", "18:00")),
        ("17:30", "19:30", ("09:00", "18:00")),
        ("19:00", "20:00", ("08:00", "21:00")),
        ("21:30", "22:30", ("00:00", "24:00")),
    ],
)
def test_who_asks_for_an_hour_may_be_called_then(desk: Desk, start: str, end: str, hours: tuple[str, str]) -> None:
    """A wish outside the permitted hours widens them to the limits, and outside those it is theirs to ask for."""
    asked = Window(not_before=desk.moment(f"2026-11-17 {start}"), not_after=desk.moment(f"2026-11-17 {end}"))
    assert side(desk, "+12125550141", asked).hours == hours


def test_an_open_wish_widens_nothing(desk: Desk) -> None:
    """To ask for a time after seven names no hour that must be outside the permitted ones: the next morning will do."""
    asked = Window(not_before=desk.moment("2026-11-17 19:00"))
    assert side(desk, "+12125550141", asked).hours == ("09:00", "18:00")


def test_a_holiday_of_the_callee_is_avoided(desk: Desk) -> None:
    """St Andrew's is no holiday of London's, Christmas is: the day is avoided from midnight to midnight there."""
    desk.at("2026-12-23 08:00")
    found = [one for one in side(desk, "+442079460000").avoid if "holiday" in one.why]
    assert ("a public holiday there: Christmas Day", datetime(2026, 12, 25, tzinfo=UTC)) in [
        (one.why, one.start) for one in found
    ]
    assert {one.end - one.start for one in found} == {timedelta(days=1)}


@pytest.mark.parametrize(("number", "start"), [("+442079460000", "Tue 29 16:00"), ("+493012345678", "Mon 28 16:00")])
def test_a_call_abroad_misses_their_holiday(tmp_path: Path, number: str, start: str) -> None:
    """Boxing Day is made up for on Monday in London: a call that may wait goes there on Tuesday."""
    desk = Desk(tmp_path, "2026-12-24 18:00", zone="Europe/Berlin", extra='\n[rules]\ndefault = "few_days"\n')
    desk.settings = replace(desk.settings, slot=replace(desk.settings.slot, horizon_days=7))
    desk.missed("Bo Tan", number, "2026-12-24 17:10")
    desk.sync()
    assert desk.start("Bo Tan") == start


def test_zones_with_one_clock_are_one() -> None:
    """London, Guernsey, Jersey and Man have one clock, named after London; one's own name wins."""
    islands = ("Europe/Guernsey", "Europe/Isle_of_Man", "Europe/Jersey", "Europe/London")
    assert clocks(islands, NEW_YORK, 2026) == ("Europe/London",)
    assert clocks(islands, "Europe/Dublin", 2026) == ("Europe/Dublin",)
    assert clocks(("America/Phoenix", "America/Denver"), NEW_YORK, 2026) == ("America/Phoenix", "America/Denver")
    assert clocks((), NEW_YORK, 2026) == ()


def test_the_longest_common_stretch() -> None:
    """Nine to six in New York and Los Angeles have six hours in common; half-hour zones count exactly."""
    start = datetime(2026, 11, 16, tzinfo=UTC)
    end = start + timedelta(days=3)
    hours = ("09:00", "18:00")
    assert longest((NEW_YORK, "America/Los_Angeles"), hours, start, end) == timedelta(hours=6)
    assert longest(("Asia/Kolkata", "Asia/Kathmandu"), hours, start, end) == timedelta(hours=8, minutes=45)
    assert longest((NEW_YORK, "Asia/Tokyo"), hours, start, end) == timedelta()
    assert longest((NEW_YORK,), hours, start, start + timedelta(hours=15)) == timedelta(hours=1)


def test_the_hold_says_what_is_a_guess(desk: Desk) -> None:
    """The note stands among the reasons of the hold, and is gone when a contact says more."""
    desk.missed("Cy Dunn", "3105550143", "2026-11-13 15:10")
    desk.sync()
    assert "their zone is a guess from the number (America/Los_Angeles)" in desk.event("Cy Dunn").description
    assert desk.sync().nothing_to_do


def test_a_side_without_anything_known_is_empty(desk: Desk) -> None:
    """A caller with a name alone has no zone, no hours and nothing to avoid."""
    desk.missed("Bo Tan", "2125550142", "2026-11-13 15:10")
    desk.sync()
    found = desk.callback("Bo Tan")
    nobody = person(desk.parts(), found, [])._replace(number=None, contact=None)
    assert side_of(desk.parts(), replace(found, attempts=()), nobody, None) == Side()
