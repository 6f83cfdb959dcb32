"""The coming days in characters: what stands where, in any width, on nights when the clock changes."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.cli import picture
from assistant.cli.picture import ASCII, UNICODE, cells
from assistant.cli.times import Times
from tests.unit.cli.days import NEW_YORK, at, busy, day, hold, slot, week

if TYPE_CHECKING:
    from assistant.cli.planviews import WeekView

MONDAY = "2026-11-16"
FULL = day(
    MONDAY,
    busy=(busy(f"{MONDAY} 10:00", f"{MONDAY} 12:00"),),
    slots=(slot(f"{MONDAY} 16:00", f"{MONDAY} 16:40"),),
    holds=(hold(at(f"{MONDAY} 14:00"), "Bo Tan", promised=True), hold(at(f"{MONDAY} 16:00"))),
)


def drawn(view: WeekView, width: int = 80, *, unicode: bool = True) -> list[str]:
    times = Times(ZoneInfo(view.zone), view.now)
    return [click.unstyle(line) for line in picture.lines(view, times, width, unicode=unicode)]


def test_a_day_shows_what_is_busy_where_the_slot_is_and_each_call() -> None:
    """Each sign stands at its hour: ten minutes a column in a wide terminal."""
    lines = drawn(week(FULL), 100)
    scale, bar = lines[1], lines[2]
    assert bar.startswith("Mon 16 Nov")
    assert bar[scale.index("09")] == UNICODE.free
    assert bar[scale.index("10") : scale.index("12")] == UNICODE.busy * 12
    assert bar[scale.index("14")] == UNICODE.promised
    assert bar[scale.index("16") : scale.index("16") + 4] == UNICODE.hold + UNICODE.slot * 3
    assert bar[scale.index("08") : scale.index("09")] == UNICODE.outside * 6
    assert lines[3:5] == [
        "  14:00 Bo Tan +1 212 555 0141 [7], promised",
        "  16:00 Ann Byrne +1 212 555 0141 [7]",
    ]


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120, 300])
def test_the_picture_keeps_within_the_terminal(width: int) -> None:
    """No line is longer than the terminal is wide, down to where a picture makes no sense any more."""
    lines = drawn(week(FULL, day("2026-11-17")), width)
    assert max(map(len, lines[1:])) <= max(width, 36)
    assert sum(line.startswith(("Mon 16", "Tue 17")) for line in lines) == 2


def test_ascii_is_enough() -> None:
    """Where the terminal takes no more than ASCII, no other character is drawn, and all signs differ."""
    text = "\n".join(drawn(week(FULL), unicode=False))
    assert text.isascii()
    assert len(set(ASCII)) == len(set(UNICODE)) == 6
    assert picture.can_show("utf-8")
    assert not picture.can_show("ascii")
    assert not picture.can_show(None)
    assert not picture.can_show("no such encoding")


def test_every_sign_is_explained() -> None:
    """The legend names each sign that a picture may have."""
    text = "\n".join(drawn(week(day(MONDAY)), 44))
    assert [f"{sign} " in text for sign in UNICODE[1:]] == [True] * 5


def test_a_day_off_and_a_lost_slot_say_why() -> None:
    """A holiday has its name below it and no working hours; a day without a slot has the reason."""
    lines = drawn(week(day("2026-11-26", off="Thanksgiving Day"), day("2026-11-27", lost="no 15 minutes are free")))
    assert lines[2:4] == ["Thu 26 Nov", "  Thanksgiving Day"]
    assert "  no call slot: no 15 minutes are free" in lines


def test_a_weekend_needs_no_word() -> None:
    """A day of the week that is never worked is just empty."""
    lines = drawn(week(day("2026-11-21", off="not worked")))
    assert lines[2] == "Sat 21 Nov"
    assert "not worked" not in "\n".join(lines)


def test_an_early_and_a_late_call_are_in_the_picture() -> None:
    """The hours drawn reach as far as working hours, slots and holds do; busy nights do not count."""
    night = busy(f"{MONDAY} 00:00", "2026-11-17 00:00")
    odd = day(MONDAY, busy=(night,), holds=(hold(at(f"{MONDAY} 06:50")), hold(at(f"{MONDAY} 20:55"))))
    assert picture.hours(week(odd), NEW_YORK) == (6, 22)
    assert picture.hours(week(day(MONDAY, busy=(night,))), NEW_YORK) == (8, 18)


def test_room_is_told_below() -> None:
    """What is to be said of room stands under the picture; before the first plan, that nothing is known does."""
    view = week(day(MONDAY), room="Thursday is full.")
    assert drawn(view)[-1] == "Thursday is full."
    unplanned = msgspec.structs.replace(view, planned_at=None, room=None)
    assert drawn(unplanned)[-1] == "What is busy is not known yet: ringback sync"


def test_a_name_of_anybody_is_one_plain_line() -> None:
    """A caller's name moves no cursor and breaks no line."""
    evil = hold(at(f"{MONDAY} 16:00"), "Eve\x1b[2J\nMon 99\u202e Nov")
    text = "\n".join(drawn(week(day(MONDAY, holds=(evil,)))))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "  16:00 Eve Mon 99 Nov +1" in text


# --- nights when the clock changes


def test_an_hour_that_the_clocks_skip_has_no_cells() -> None:
    """From one to four on the night of spring two hours elapse, and the third is not on the wall."""
    night = date(2026, 3, 8)
    found = cells(at("2026-03-08 01:00"), at("2026-03-08 04:00"), night, NEW_YORK)
    assert found == {*range(12, 24), *range(36, 48)}


def test_an_hour_that_comes_twice_shows_both() -> None:
    """On the night of autumn half past one comes twice: either marks the same cells."""
    night = date(2026, 11, 1)
    for fold in (0, 1):
        start = at("2026-11-01 01:30").replace(fold=fold)
        end = (start.astimezone(ZoneInfo("UTC")) + timedelta(minutes=15)).astimezone(NEW_YORK)
        assert cells(start, end, night, NEW_YORK) == {18, 19, 20}


@pytest.mark.parametrize("text", ["2026-03-08", "2026-11-01"])
def test_a_day_of_23_or_25_hours_is_drawn_like_any_other(text: str) -> None:
    """After a change of clocks nine o'clock stands under 09 and the slot at its wall-clock time."""
    lines = drawn(week(day(text, slots=(slot(f"{text} 16:00", f"{text} 17:00"),))), 100)
    scale, bar = lines[1], lines[2]
    assert bar[scale.index("09")] == UNICODE.free
    assert bar[scale.index("16") : scale.index("17")] == UNICODE.slot * 6


@given(st.integers(0, 40 * 60), st.integers(0, 30 * 60), st.sampled_from(["Asia/Kathmandu", "Australia/Lord_Howe"]))
def test_cells_are_those_of_the_day(start: int, minutes: int, name: str) -> None:
    """Whatever a stretch is, its cells lie within the day, and none are missing within it."""
    zone = ZoneInfo(name)
    begin = at("2026-04-03 20:00", zone) + timedelta(minutes=start)
    end = (begin.astimezone(ZoneInfo("UTC")) + timedelta(minutes=minutes)).astimezone(zone)
    for number in range(4):
        on = date(2026, 4, 3) + timedelta(days=number)
        found = cells(begin, end, on, zone)
        assert found <= set(range(288))
        touched = minutes and begin.date() <= on and end - timedelta(seconds=1) >= at(f"{on} 00:00", zone)
        assert bool(found) == bool(touched)
