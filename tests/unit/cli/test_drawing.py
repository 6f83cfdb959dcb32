"""The coming days as SVG: well-formed, self-contained, described, and safe whatever callers are called."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from assistant.cli import drawing
from tests.unit.cli.days import at, busy, day, hold, slot, week

if TYPE_CHECKING:
    from assistant.cli.planviews import WeekView

SVG = "{http://www.w3.org/2000/svg}"
MONDAY = "2026-11-16"


def drawn(view: WeekView) -> ET.Element:
    """Return the picture, which must be well-formed."""
    return ET.fromstring(drawing.svg(view))


def shapes(root: ET.Element, name: str) -> list[tuple[float, float]]:
    """Return top and height of the shapes of a class, the legend's own left out."""
    found = [one for one in root.iter(f"{SVG}rect") if (one.get("class") or "").split()[:1] == [name]]
    return [(float(one.get("y", "0")), float(one.get("height", "0"))) for one in found if one.get("width") != "18"]


def full() -> WeekView:
    return week(
        day(
            MONDAY,
            busy=(busy(f"{MONDAY} 10:00", f"{MONDAY} 12:00"),),
            slots=(slot(f"{MONDAY} 16:00", f"{MONDAY} 17:00"),),
            holds=(hold(at(f"{MONDAY} 16:00")), hold(at(f"{MONDAY} 14:00"), "Bo Tan", promised=True)),
        ),
        day("2026-11-17", off="a day off"),
        room="Monday is full.",
    )


def test_times_are_heights() -> None:
    """Later is lower, and longer is higher: the slot has half the height of the meeting and lies six hours below."""
    root = drawn(full())
    ((meeting, two_hours),) = shapes(root, "busy")
    ((call_time, hour),) = shapes(root, "slot")
    assert two_hours == 2 * hour
    assert call_time - meeting == 6 * hour
    assert [len(shapes(root, name)) for name in ("work", "hold", "promised")] == [1, 1, 1]


def test_who_cannot_see_it_can_read_it() -> None:
    """Title and description say in sentences what is drawn, and the picture points to them."""
    root = drawn(full())
    assert (root.get("role"), root.get("aria-labelledby")) == ("img", "title desc")
    title, text = (root.findtext(f"{SVG}{name}") or "" for name in ("title", "desc"))
    assert title == "Calls from Mon 16 Nov to Tue 17 Nov (America/New_York)"
    assert "busy 10:00 to 12:00; call slot 16:00 to 17:00; 16:00 Ann Byrne +1 212 555 0141 [7]" in text
    assert "Tue 17 Nov: a day off." in text


def test_the_file_needs_nothing_else() -> None:
    """It loads no font, image, script or style from anywhere."""
    text = drawing.svg(full())
    assert re.findall(r"(?:href|src|@import|<script|<image|<foreignObject)", text) == []
    assert re.findall(r"https?://[^\"]*", text) == ["http://www.w3.org/2000/svg"]
    assert re.findall(r"url\((.*?)\)", text) == ["#hatch"]


def test_text_of_others_stays_text() -> None:
    """A name full of markup, quotes and control characters is shown as it is and does nothing."""
    name = '</text><script>alert(1)</script> & "Co" \x00\x0b\ufffe\u202e'
    root = drawn(week(day(MONDAY, off="<b>", holds=(hold(at(f"{MONDAY} 16:00"), name, minutes=60),))))
    assert list(root.iter(f"{SVG}script")) == []
    assert any('<script>alert(1)</script> & "Co"' in (one.text or "") for one in root.iter(f"{SVG}title"))


def test_a_night_when_the_clock_changes_is_drawn() -> None:
    """A slot keeps its wall-clock place on a day of 23 hours, and so does one of 25."""
    tops = set()
    for text in ("2026-03-08", "2026-11-01", MONDAY):
        tops.update(shapes(drawn(week(day(text, slots=(slot(f"{text} 16:00", f"{text} 17:00"),)))), "slot"))
    assert len(tops) == 1


def test_what_lies_outside_of_the_hours_drawn_is_cut() -> None:
    """A busy night reaches to the edge of the picture and not beyond."""
    nights = (busy(f"{MONDAY} 00:00", f"{MONDAY} 06:00"), busy(f"{MONDAY} 17:00", f"{MONDAY} 23:00"))
    root = drawn(week(day(MONDAY, busy=nights)))
    ((top, height),) = shapes(root, "busy")
    assert top + height <= float(root.get("height", "0")) - 56


def test_no_days_overlap() -> None:
    """Each day has its own column, and one day alone still has room for the legend."""
    root = drawn(week(*(day(f"2026-11-{number}") for number in range(16, 21))))
    worked = [one for one in root.iter(f"{SVG}rect") if one.get("class") == "work"]
    places = [one.get("x") for one in worked if one.get("width") != "18"]
    assert len(set(places)) == 5
    assert float(drawn(week(day(MONDAY))).get("width", "0")) > 750
