"""The coming days drawn with characters: a line a day, a column some minutes of the user's wall clock.

What differs differs by its sign, never by colour alone, and nothing but characters is printed.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, NamedTuple

from assistant.cli import callers, output
from assistant.standards.plain import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from zoneinfo import ZoneInfo

    from assistant.cli.planviews import DayView, WeekHoldView, WeekView
    from assistant.cli.times import Times

CELL = 5
"""Minutes of a cell: times are laid out in these."""
_CELLS_A_DAY = 24 * 60 // CELL
_STEPS = (10, 15, 20, 30, 60)
_LABEL = 11
_LEAST = 24
_HOUR = 60
_USUAL = (8, 18)
_DAY = timedelta(days=1)
_CELL = timedelta(minutes=CELL)


class Signs(NamedTuple):
    """What stands for what; the later ones hide the earlier ones where they meet."""

    outside: str
    free: str
    busy: str
    slot: str
    hold: str
    promised: str


UNICODE = Signs(" ", "·", "░", "─", "█", "◆")
ASCII = Signs(" ", ".", ":", "-", "#", "!")


def can_show(encoding: str | None) -> bool:
    """Tell whether the signs can be written in an encoding."""
    try:
        "".join(UNICODE).encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def cells(start: datetime, end: datetime, day: date, zone: ZoneInfo) -> set[int]:
    """Return the cells of a day's wall clock that a stretch of time touches.

    An hour that the clocks skip has no cells, one that comes twice has each of its cells for both: time is stepped
    through as it elapses, and every step is put where the clock on the wall stands.
    """
    begin, finish = (datetime.combine(one, time(), zone).astimezone(UTC) for one in (day, day + _DAY))
    first, last = max(start.astimezone(UTC), begin), min(end.astimezone(UTC), finish)
    found: set[int] = set()
    if first >= last:
        return found
    step = first - timedelta(minutes=first.minute % CELL, seconds=first.second, microseconds=first.microsecond)
    while step < last:
        local = step.astimezone(zone)
        found.add((local.hour * _HOUR + local.minute) // CELL)
        step += _CELL
    return found


def layers(day: DayView, zone: ZoneInfo) -> list[set[int]]:
    """Return the cells of working hours, busy time, slots, holds and promised holds of a day."""
    worked = cells(day.begins, day.ends, day.date, zone) if day.begins and day.ends and day.off is None else set()
    spans = (day.busy, day.slots, day.holds, [one for one in day.holds if one.promised])
    return [worked, *({cell for one in each for cell in cells(one.start, one.end, day.date, zone)} for each in spans)]


def hours(view: WeekView, zone: ZoneInfo) -> tuple[int, int]:
    """Return the first and the last hour to draw: the usual ones, working hours, and all slots and holds."""
    shown = [cell for day in view.days for number, each in enumerate(layers(day, zone)) if number != 1 for cell in each]
    cells_an_hour = _HOUR // CELL
    first = min([*shown, _USUAL[0] * cells_an_hour]) // cells_an_hour
    last = -(-(max([*shown, _USUAL[1] * cells_an_hour - 1]) + 1) // cells_an_hour)
    return first, last


def lines(view: WeekView, times: Times, width: int, *, unicode: bool) -> Iterator[str]:
    """Yield the picture.

    Args:
        view: the days.
        times: writes times for the user.
        width: columns of the terminal; below 40 the picture is as narrow as it gets.
        unicode: whether more than ASCII can be shown.
    """
    signs = UNICODE if unicode else ASCII
    first, last = hours(view, times.zone)
    step = next((one for one in _STEPS if (last - first) * _HOUR // one <= max(width - _LABEL, _LEAST)), _STEPS[-1])
    yield output.heading(f"{times.full(view.now)}  ({view.zone})")
    yield " " * _LABEL + _scale(first, last, step)
    for day in view.days:
        bar = _bar(day, times.zone, signs, (first, last, step))
        yield f"{times.day(day.date)[: _LABEL - 1]:<{_LABEL}}{bar}".rstrip()
        yield from (_cut(f"  {text}", width) for text in _told(day, times))
    yield ""
    yield from _legend(signs, width)
    if view.planned_at is None:
        yield "What is busy is not known yet: ringback sync"
    if view.room is not None and view.room.text:
        yield view.room.text


def _scale(first: int, last: int, step: int) -> str:
    """Return the hours above the columns, as many as have room."""
    columns = _HOUR // step
    every = -(-3 // columns)
    text = "".join(f"{hour:02}".ljust(columns * every) for hour in range(first, last, every))
    return text[: (last - first) * columns].rstrip()


def _bar(day: DayView, zone: ZoneInfo, signs: Signs, axis: tuple[int, int, int]) -> str:
    first, last, step = axis
    found = layers(day, zone)
    a_column = step // CELL
    bar = []
    for column in range(first * _HOUR // CELL, last * _HOUR // CELL, a_column):
        mine = set(range(column, column + a_column))
        met = [number for number, each in enumerate(found, start=1) if each & mine]
        bar.append(signs[max(met, default=0)])
    return "".join(bar)


def _told(day: DayView, times: Times) -> Iterator[str]:
    """Yield the lines below a day: why it is off or has no slot, and each call with its time."""
    if day.off is not None and day.off != "not worked":
        yield day.off
    if day.lost is not None and not day.slots:
        yield f"no call slot: {day.lost}"
    yield from (hold_text(one, times) for one in day.holds)


def hold_text(hold: WeekHoldView, times: Times) -> str:
    """Return one call as a line: when, who, and what makes it special."""
    more = ", promised" if hold.promised else ("" if hold.in_slot else ", outside the slot")
    return f"{times.clock(hold.start)} {one_line(callers.label_of(hold.caller))} [{hold.id}]{more}"


def _cut(text: str, width: int) -> str:
    wide = max(width, _LABEL + _LEAST)
    return text if len(text) <= wide else f"{text[: wide - 1]}~"


def _legend(signs: Signs, width: int) -> Iterator[str]:
    """Yield what the signs mean, in as many lines as it takes."""
    names = ("free working time", "busy", "call slot", "call", "promised call")
    line = ""
    for sign, name in zip(signs[1:], names, strict=True):
        entry = f"{sign} {name}"
        if line and len(line) + 3 + len(entry) > max(width, _LABEL + _LEAST):
            yield line
            line = ""
        line = f"{line}   {entry}" if line else entry
    yield line
