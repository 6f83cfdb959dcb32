"""The callee's side: their clock and what is a guess of it, permitted hours, their holidays, what they asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from assistant.ledger import decisions
from assistant.model.call import E164, Window
from assistant.model.mailbox import Contact
from assistant.pipeline import callee
from assistant.pipeline.callee import Side, longest, side_of
from assistant.pipeline.locating import Place, clocks, located
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
    known, named = (contact.zone if contact else None), (asked.zone if asked else None)
    place = located(known, named, E164(number), desk.zone.key, desk.clock.now().year)
    who = person(desk.parts(), found, [])._replace(number=E164(number), contact=contact, place=place)
    return side_of(desk.parts(), found, who, asked)


@pytest.mark.parametrize(
    ("number", "zones", "noted"),
    [
        ("+12125550141", (NEW_YORK,), ""),  # our own clock needs no word, guess or not
        ("+13105550141", ("America/Los_Angeles",), "a guess from the number (Los Angeles time): it may be a mobile"),
        ("+442079460000", ("Europe/London",), "their clock is London time, by their number"),
        ("+447911123456", ("Europe/London",), "a guess from the number (London time): a mobile number"),
        ("+18005550199", (NEW_YORK,), "your own clock is taken for theirs: a toll-free number"),
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
    assert (found.zones, found.notes) == (("Asia/Tokyo",), ("their clock is Tokyo time, as your contacts say",))


LONDON, LOS_ANGELES = "Europe/London", "America/Los_Angeles"
SAID = "their clock is {}, as they said"


@pytest.mark.parametrize(
    ("contact", "named", "number", "zones", "note"),
    [
        (None, LOS_ANGELES, "+447911123456", (LOS_ANGELES,), SAID.format("Los Angeles time")),
        (None, "-08:00", "+13105550141", (LOS_ANGELES,), SAID.format("Los Angeles time")),
        (None, "-08:00", "+442079460000", ("Etc/GMT+8",), SAID.format("UTC-8")),
        (None, "+00:00", "+442079460000", (LONDON,), SAID.format("London time")),
        (None, "+09:30", "+442079460000", (LONDON,), "their clock is London time, by their number"),
        (None, "Mars/Olympus", "+442079460000", (LONDON,), "their clock is London time, by their number"),
        (None, NEW_YORK, "+12125550141", (NEW_YORK,), ""),
        (None, NEW_YORK, "+18005550199", (NEW_YORK,), ""),
        (None, NEW_YORK, "+442079460000", (LONDON, NEW_YORK), "number says London time: the hours of both are kept"),
        (LONDON, LOS_ANGELES, "+13105550141", (LONDON, LOS_ANGELES), "your contacts say London time: the hours"),
        (LONDON, LONDON, "+13105550141", (LONDON,), "their clock is London time, as your contacts say"),
        (NEW_YORK, None, "+13105550141", (NEW_YORK,), ""),
        (None, LONDON, None, (LONDON,), SAID.format("London time")),
    ],
)
def test_a_zone_that_the_caller_named_is_better_than_the_numbers(
    contact: str | None, named: str | None, number: str | None, zones: tuple[str, ...], note: str
) -> None:
    """Who names another clock than the user's is on it; contacts, or a number where it is the user's, count besides."""
    found = located(contact, named, E164(number) if number else None, NEW_YORK, 2026)
    assert found.zones[: len(zones)] == zones
    assert [note in one for one in found.notes] == [True] * bool(note)


def test_a_caller_who_names_a_clock_is_called_by_it(desk: Desk) -> None:
    """Who says "after 9 am Pacific" from a New York number is not called before noon, and the hold says why."""
    said = "Hi, please call me tomorrow after 9 am Pacific. Thanks."
    desk.voicemail("Bo Tan", "+12125550142", "2026-11-16 07:10", said=said)
    desk.sync()
    asked = desk.ledger.callback(desk.id("Bo Tan"))
    assert asked.hold is not None
    assert asked.hold.start.astimezone(ZoneInfo(LOS_ANGELES)).hour >= 9
    assert SAID.format("Los Angeles time") in desk.event("Bo Tan").description
    assert desk.sync().nothing_to_do


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


@pytest.mark.parametrize(
    ("number", "hours", "start"),
    [
        ("+13105550141", ("08:00", "21:00"), "Mon 16 16:00"),  # eight in the morning there
        ("+493012345678", ("09:00", "18:00"), "Mon 16 16:00"),
    ],
)
def test_an_early_call_is_better_than_none(tmp_path: Path, number: str, hours: tuple[str, str], start: str) -> None:
    """Nine to five in London never meets nine to six in Los Angeles: the limits count, and the hold says so."""
    desk = Desk(tmp_path, NOW, zone="Europe/London")
    found = side(desk, number)
    assert (found.hours, found.never, desk.start("Bo Tan")) == (hours, "", start)
    early = "early or late for them: your working hours and 09:00 to 18:00 there never meet"
    assert (early in found.notes) == (hours == ("08:00", "21:00"))


@pytest.mark.parametrize(
    ("number", "why"),
    [("+81312345678", "(New York time) and 08:00 to 21:00 Tokyo time never meet: agree"), ("+61412345678", "8 zones")],
)
def test_hours_that_never_meet_are_said_to_be_the_reason(desk: Desk, number: str, why: str) -> None:
    """A caller on the other side of the world has no hold, and is told to need a time by agreement; then has it."""
    side(desk, number)
    no_hold = desk.callback("Bo Tan").no_hold or ""
    assert why in no_hold
    assert "`promise`" in no_hold
    assert ("zone on the contact" in no_hold) == ("zones" in why)
    decisions.promise(desk.ledger, desk.id("Bo Tan"), desk.moment("2026-11-16 20:00"))
    desk.sync()
    assert desk.start("Bo Tan") == "Mon 16 20:00"


def test_a_wish_may_fall_into_the_night_of_a_far_callee(desk: Desk) -> None:
    """Who asks for an hour of the user's day is called then, wherever they are."""
    asked = Window(not_before=desk.moment("2026-11-17 10:00"), not_after=desk.moment("2026-11-17 12:00"))
    found = side(desk, "+81312345678", asked)
    assert (found.hours, found.never) == (("00:00", "24:00"), "")


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
    assert "their clock is a guess from the number (Los Angeles time)" in desk.event("Cy Dunn").description
    assert desk.sync().nothing_to_do


def test_a_side_without_anything_known_is_empty(desk: Desk) -> None:
    """A caller with a name alone has no zone, no hours and nothing to avoid."""
    desk.missed("Bo Tan", "2125550142", "2026-11-13 15:10")
    desk.sync()
    found = desk.callback("Bo Tan")
    nobody = person(desk.parts(), found, [])._replace(number=None, contact=None, place=Place())
    assert side_of(desk.parts(), replace(found, attempts=()), nobody, None) == Side()
