"""Short ways to write planning problems."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec

from assistant.model.planning import Bucket, GivenSlot, Period, Problem, Request, SlotRule, SlotState

NEW_YORK = "America/New_York"
WEEK = ("mon", "tue", "wed", "thu", "fri")
HOURS = dict.fromkeys(WEEK, ("09:00", "17:00"))


def at(text: str, zone: str = NEW_YORK) -> datetime:
    """Return "23 16:05" as that day of November 2026 (or "2026-03-29 02:30") in a zone."""
    day, clock = text.split()
    full = day if "-" in day else f"2026-11-{day}"
    return datetime.fromisoformat(f"{full}T{clock}:00").replace(tzinfo=ZoneInfo(zone))


def busy(start: str, end: str, zone: str = NEW_YORK) -> Period:
    return Period(start=at(start, zone), end=at(end, zone))


def call(name: str = "c", **fields: object) -> Request:
    """Return a call of ten minutes due on Monday, with the fields given in place of the usual ones."""
    due, waiting_since = at("23 17:00"), at("20 10:00")
    usual = Request(id=name, minutes=10, bucket=Bucket.TODAY, due=due, waiting_since=waiting_since)
    return msgspec.structs.replace(usual, **fields)


def problem(*callbacks: Request, **fields: object) -> Problem:
    """Return a problem of Monday 23 November 2026, 08:00 in New York; five days with a slot at 16:00."""
    usual = Problem(
        now=at("23 08:00"),
        zone=NEW_YORK,
        horizon_days=5,
        working_hours=HOURS,
        slot=SlotRule(at="16:00", minutes=45, min_minutes=15, max_minutes=120),
        callbacks=callbacks,
    )
    return msgspec.structs.replace(usual, **fields)


def given_slot(day: int, state: SlotState, start: str | None = None, end: str | None = None) -> GivenSlot:
    times = [None if text is None else at(f"{day} {text}") for text in (start, end)]
    return GivenSlot(date=date(2026, 11, day), state=state, start=times[0], end=times[1])
