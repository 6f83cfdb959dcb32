"""The coming days as an SVG file: a column a day, time downwards. Self-contained, described for who cannot see it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from assistant.cli import callers, picture
from assistant.cli.times import Times
from assistant.standards.plain import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from assistant.cli.planviews import DayView, WeekHoldView, WeekView

_LEFT, _TOP, _COLUMN, _HOUR, _BOTTOM = 52, 64, 150, 78, 56
_AN_HOUR = 60
_CHARACTERS = 21
_SMALL_LINE = 11
_STYLE = """
  text { font: 12px system-ui, sans-serif; fill: #1a1a1a }
  .day { font-weight: 600 } .small { font-size: 11px } .title { font-size: 15px; font-weight: 600 }
  .work { fill: #ffffff } .ground { fill: #eceff1 } .line { stroke: #b0bec5; stroke-width: 1 }
  .busy { fill: url(#hatch); stroke: #78909c } .slot { fill: #e3f2fd; stroke: #0d47a1; stroke-width: 1.5 }
  .hold { fill: #0d47a1 } .promised { fill: #7b1f00; stroke: #ffb300; stroke-width: 2 } .on { fill: #ffffff }
"""
_HATCH = (
    '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="6" height="6" fill="#cfd8dc"/><line x1="0" y1="0" x2="0" y2="6" stroke="#90a4ae" stroke-width="2"/>'
    "</pattern></defs>"
)


def svg(view: WeekView) -> str:
    """Return the picture of the days as an SVG document."""
    zone = ZoneInfo(view.zone)
    times = Times(zone, view.now)
    first, last = picture.hours(view, zone)
    width = _LEFT + _COLUMN * max(len(view.days), 5) + 16
    height = _TOP + _HOUR * (last - first) + _BOTTOM
    ground = _worked(view, zone, first, last)
    body = [*ground, *_grid(view, first, last), *_days(view, times, first, last), *_legend(height, view)]
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="title desc" lang="en">',
            f'<title id="title">{_text(_title(view, times))}</title>',
            f'<desc id="desc">{_text(" ".join(_described(view, times)), 20_000)}</desc>',
            f"<style>{_STYLE}</style>",
            _HATCH,
            f'<rect class="ground" width="{width}" height="{height}"/>',
            f'<text class="title" x="12" y="24">{_text(_title(view, times))}</text>',
            *body,
            "</svg>",
            "",
        ]
    )


def _title(view: WeekView, times: Times) -> str:
    first, last = view.days[0].date, view.days[-1].date
    return f"Calls from {times.day(first)} to {times.day(last)} ({view.zone})"


def _described(view: WeekView, times: Times) -> Iterator[str]:
    """Yield what the picture shows, in sentences."""
    for day in view.days:
        said = [picture.hold_text(one, times) for one in day.holds]
        slots = [f"call slot {times.clock(one.start)} to {times.clock(one.end)}" for one in day.slots]
        busy = [f"busy {times.clock(one.start)} to {times.clock(one.end)}" for one in day.busy]
        off = [day.off] if day.off else []
        yield f"{times.day(day.date)}: {'; '.join([*off, *busy, *slots, *said]) or 'nothing planned'}."


def _worked(view: WeekView, zone: ZoneInfo, first: int, last: int) -> Iterator[str]:
    for number, day in enumerate(view.days):
        for run in _runs(picture.layers(day, zone)[0]):
            yield _rect("work", _LEFT + _COLUMN * number, run, first, last)


def _grid(view: WeekView, first: int, last: int) -> Iterator[str]:
    right = _LEFT + _COLUMN * len(view.days)
    for hour in range(first, last + 1):
        y = _TOP + _HOUR * (hour - first)
        yield f'<line class="line" x1="{_LEFT}" y1="{y}" x2="{right}" y2="{y}"/>'
        yield f'<text class="small" x="{_LEFT - 6}" y="{y + 4}" text-anchor="end">{hour:02}:00</text>'
    for number in range(len(view.days) + 1):
        x = _LEFT + _COLUMN * number
        yield f'<line class="line" x1="{x}" y1="{_TOP - 8}" x2="{x}" y2="{_TOP + _HOUR * (last - first)}"/>'


def _days(view: WeekView, times: Times, first: int, last: int) -> Iterator[str]:
    for number, day in enumerate(view.days):
        x = _LEFT + _COLUMN * number
        yield f'<text class="day" x="{x + 6}" y="{_TOP - 22}">{_text(times.day(day.date))}</text>'
        note = day.off or (f"no slot: {day.lost}" if day.lost and not day.slots else "")
        yield f'<text class="small" x="{x + 6}" y="{_TOP - 8}">{_text(note, _CHARACTERS + 2)}</text>' if note else ""
        _, busy, slots, _, _ = picture.layers(day, times.zone)
        for name, found in (("busy", busy), ("slot", slots)):
            yield from (_rect(name, x, run, first, last) for run in _runs(found))
        yield from (piece for hold in day.holds for piece in _hold(hold, day, times, x, (first, last)))


def _hold(hold: WeekHoldView, day: DayView, times: Times, x: int, axis: tuple[int, int]) -> Iterator[str]:
    runs = list(_runs(picture.cells(hold.start, hold.end, day.date, times.zone)))
    kind = "promised" if hold.promised else "hold"
    for run in runs[:1]:
        y, height = _place(run, *axis)
        who = one_line(hold.caller.name or callers.label_of(hold.caller), _CHARACTERS - 6)
        yield f"<g><title>{_text(picture.hold_text(hold, times), 200)}</title>"
        yield f'<rect class="{kind}" x="{x + 4}" y="{y}" width="{_COLUMN - 8}" height="{max(height - 1, 3)}" rx="2"/>'
        if height >= _SMALL_LINE:
            at = y + min(height - 3, _SMALL_LINE)
            yield f'<text class="on small" x="{x + 8}" y="{at}">{times.clock(hold.start)} {_text(who)}</text>'
        yield "</g>"


def _runs(found: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last cell of each stretch of cells."""
    start = before = None
    for cell in sorted(found):
        if start is None or before is None:
            start = cell
        elif cell != before + 1:
            yield start, before
            start = cell
        before = cell
    if start is not None and before is not None:
        yield start, before


def _place(run: tuple[int, int], first: int, last: int) -> tuple[float, float]:
    """Return top and height of a stretch of cells, cut to the hours drawn."""
    begin = max(run[0] * picture.CELL / _AN_HOUR, first)
    end = min((run[1] + 1) * picture.CELL / _AN_HOUR, last)
    return round(_TOP + _HOUR * (begin - first), 1), round(_HOUR * max(end - begin, 0), 1)


def _rect(name: str, x: int, run: tuple[int, int], first: int, last: int) -> str:
    y, height = _place(run, first, last)
    if not height:
        return ""
    return f'<rect class="{name}" x="{x + 1}" y="{y}" width="{_COLUMN - 2}" height="{height}"/>'


def _legend(height: int, view: WeekView) -> Iterator[str]:
    y = height - 34
    for number, (kind, name) in enumerate(
        (("work", "free working time"), ("busy", "busy"), ("slot", "call slot"), ("hold", "call"),
         ("promised", "promised call")),
    ):  # fmt: skip
        x = _LEFT + 150 * number
        yield f'<rect class="{kind}" x="{x}" y="{y}" width="18" height="12"/>'
        yield f'<text class="small" x="{x + 24}" y="{y + 10}">{name}</text>'
    if view.room is not None and view.room.text:
        yield f'<text class="small" x="{_LEFT}" y="{height - 8}">{_text(view.room.text, 200)}</text>'


def _text(text: str, cap: int = 80) -> str:
    """Return text of anybody's for XML: one line, without what no document may hold."""
    return escape(one_line(text, cap), {'"': "&quot;"})
