"""Short ways to write the days that `week` shows."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from assistant.cli.planviews import BusyView, DayView, WeekHoldView, WeekView
from assistant.cli.views import RoomView, SlotView, Who

NEW_YORK = ZoneInfo("America/New_York")


def at(text: str, zone: ZoneInfo = NEW_YORK) -> datetime:
    """Return "2026-11-16 16:00" in a zone."""
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def hold(start: datetime, name: str = "Ann Byrne", *, promised: bool = False, minutes: int = 10) -> WeekHoldView:
    """Return a call of a caller."""
    who = Who(name=name, number="+12125550141", extension=None)
    end = start + timedelta(minutes=minutes)
    return WeekHoldView(id="7", caller=who, start=start, end=end, in_slot=not promised, promised=promised)


def day(text: str, zone: ZoneInfo = NEW_YORK, **fields: object) -> DayView:
    """Return a day of work from nine to five with the fields given in place of the usual ones."""
    values: dict[str, object] = {
        "date": date.fromisoformat(text), "off": None, "begins": at(f"{text} 09:00", zone),
        "ends": at(f"{text} 17:00", zone), "busy": (), "slots": (), "holds": (), "lost": None,
    }  # fmt: skip
    return DayView(**{**values, **fields})  # type: ignore[arg-type]  # the fields of the struct


def slot(start: str, end: str) -> SlotView:
    return SlotView(start=at(start), end=at(end), moved=False)


def busy(start: str, end: str, zone: ZoneInfo = NEW_YORK) -> BusyView:
    return BusyView(start=at(start, zone), end=at(end, zone))


def week(*days: DayView, zone: str = "America/New_York", room: str | None = None) -> WeekView:
    """Return the view of some days, seen at eight on the first of them."""
    now = datetime.combine(days[0].date, datetime.min.time(), ZoneInfo(zone)) + timedelta(hours=8)
    told = RoomView(full=(), days=0, coming=0.0, going=0.0, growth=0.0, text=room)
    return WeekView(schema="ringback/week/1", now=now, zone=zone, planned_at=now, days=days, room=told)
