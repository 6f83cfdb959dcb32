"""`week`: the coming days as a picture, in the terminal or as an SVG file."""

from __future__ import annotations

import itertools
import os
import shutil
import sys
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assistant.cli import callers, gather, output, picture
from assistant.cli.planviews import BusyView, DayView, WeekHoldView, WeekView
from assistant.cli.room import room
from assistant.cli.session import Session, json_option
from assistant.cli.views import SlotView
from assistant.errors import UsageError
from assistant.ledger import heard, planned
from assistant.model.callback import Callback, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from zoneinfo import ZoneInfo

    from assistant.ledger.planned import Planned
    from assistant.model.callback import Slot

_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAYS = 7
_MOST = 31
_DAY = timedelta(days=1)


@click.command("week")
@click.option("--days", type=click.IntRange(1, _MOST), default=_DAYS, show_default=True, help="How many days.")
@click.option("--svg", type=click.Path(path_type=Path, dir_okay=False), help="Write the picture to this file instead.")
@json_option
@click.pass_obj
def week_command(session: Session, *, days: int, svg: Path | None) -> None:
    """Show the coming days: what is busy, the call slots, and who is called when.

    Busy times are those of the last sync; no account is asked.

    Example: ringback week --days 14
    """
    view = week(session, days)
    if svg is not None:
        from assistant.cli import drawing  # noqa: PLC0415  only for a file

        _write(svg, drawing.svg(view))
        output.chat(f"Written: {svg}")
        if not session.as_json:
            return
    unicode = picture.can_show(sys.stdout.encoding)
    width = shutil.get_terminal_size().columns
    session.show(view, lambda: picture.lines(view, session.times, width, unicode=unicode))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{os.fspath(path)} cannot be written ({error.strerror}). Name another file.") from error


def week(session: Session, days: int) -> WeekView:
    """Return the coming days, from today on, as the ledger has them."""
    kept = planned.last(session.ledger)
    first = session.times.now.date()
    holds = list(_holds(session))
    slots = [slot for slot in session.ledger.slots() if slot.event is not None and slot.event.gone is None]
    lost = {gather.day_of(slot): slot.lost for slot in session.ledger.slots() if slot.lost}
    made = (_day(session, first + _DAY * number, kept, holds, slots, lost) for number in range(days))
    return WeekView(
        schema="ringback/week/1",
        now=session.clock.now(),
        zone=session.settings.user.zone,
        planned_at=kept.problem.now if kept is not None else None,
        days=tuple(made),
        room=room(session.ledger, session.times),
    )


def _holds(session: Session) -> Iterator[WeekHoldView]:
    owed = [one for one in session.ledger.owed() if gather.hold_of(one) is not None]
    said = heard.calls_with_status(session.ledger, Status.OPEN, Status.WAITING)
    for one in owed:
        hold = gather.hold_of(one)
        if hold is not None and not hold.done:
            yield WeekHoldView(
                id=one.id,
                caller=callers.who(said.get(one.id, [])),
                start=hold.start,
                end=hold.end,
                in_slot=hold.in_slot,
                promised=_is_promised(one, hold.start),
            )


def _is_promised(callback: Callback, start: datetime) -> bool:
    return callback.promise is not None and callback.promise.at == start


def _day(
    session: Session,
    day: date,
    kept: Planned | None,
    holds: Iterable[WeekHoldView],
    slots: Iterable[Slot],
    lost: dict[date, str],
) -> DayView:
    zone = session.zone
    begin, end = (datetime.combine(one, time(), zone) for one in (day, day + _DAY))
    wished = session.settings.slot.at
    events = [slot.event for slot in slots if slot.event is not None]
    return DayView(
        date=day,
        off=_off(session, day, kept),
        begins=_wall(session, day, zone, 0),
        ends=_wall(session, day, zone, 1),
        busy=tuple(_busy(kept, begin, end)),
        slots=tuple(
            SlotView(start=event.start, end=event.end, moved=session.times.clock(event.start) != wished)
            for event in sorted(events, key=lambda event: event.start)
            if event.start < end and begin < event.end
        ),
        holds=tuple(one for one in sorted(holds, key=lambda one: one.start) if one.start < end and begin < one.end),
        lost=lost.get(day),
    )


def _off(session: Session, day: date, kept: Planned | None) -> str | None:
    """Return why a day is not worked, None when it is."""
    if _WEEK[day.weekday()] not in session.settings.hours.working:
        return "not worked"
    days_off = kept.days_off if kept is not None else dict.fromkeys(session.settings.hours.holidays, "")
    return (days_off[day] or "a day off") if day in days_off else None


def _wall(session: Session, day: date, zone: ZoneInfo, which: int) -> datetime | None:
    """Return when work begins (0) or ends (1) on a day, None on one that is not worked."""
    hours = {str(name): times for name, times in session.settings.hours.working.items()}.get(_WEEK[day.weekday()])
    return datetime.combine(day, time.fromisoformat(hours[which]), zone) if hours is not None else None


def _busy(kept: Planned | None, begin: datetime, end: datetime) -> Iterator[BusyView]:
    """Yield the busy stretches of a day, those that overlap or touch as one."""
    periods = kept.problem.busy if kept is not None else ()
    found = sorted((max(one.start, begin), min(one.end, end)) for one in periods if one.start < end and begin < one.end)
    whole: list[tuple[datetime, datetime]] = []
    for start, stop in found:
        if whole and start <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(stop, whole[-1][1]))
        else:
            whole.append((start, stop))
    yield from itertools.starmap(lambda start, stop: BusyView(start=start, end=stop), whole)
