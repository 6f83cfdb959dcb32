"""Seeded planning problems of ten kinds, from a quiet week to one in which little fits.

`instance(kind, seed)` is the same problem on every machine; nothing here depends on how the planner works.
"""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from assistant.model.planning import Avoided, Bucket, GivenSlot, Period, Problem, Request, SlotRule, SlotState

if TYPE_CHECKING:
    from collections.abc import Sequence


class Kind(NamedTuple):
    """What the problems of a kind look like: bounds of the numbers, and the shares of calls with a peculiarity."""

    calls: tuple[int, int]
    days: tuple[int, int]
    booked: tuple[float, float]
    due: tuple[int, int] = (-2, 4)
    abroad: float = 0.25
    wishes: float = 0.1
    pins: float = 0.0
    previous: float = 0.0
    avoid: float = 0.0
    settled: int = 0
    holidays: int = 0
    clocks: bool = False


KINDS = {
    "light": Kind(calls=(5, 8), days=(5, 10), booked=(0.1, 0.4)),
    "office": Kind(calls=(12, 25), days=(7, 10), booked=(0.3, 0.6)),
    "forty": Kind(calls=(40, 40), days=(10, 10), booked=(0.4, 0.65), due=(-3, 6)),
    "crammed": Kind(calls=(45, 60), days=(8, 14), booked=(0.75, 0.85), due=(-3, 8)),
    "clocks": Kind(calls=(10, 30), days=(5, 9), booked=(0.4, 0.75), abroad=0.5, clocks=True),
    "abroad": Kind(calls=(15, 35), days=(6, 10), booked=(0.4, 0.75), abroad=1.0),
    "wishes": Kind(calls=(10, 35), days=(5, 9), booked=(0.4, 0.75), wishes=0.5, pins=0.2),
    "replanned": Kind(calls=(10, 35), days=(5, 9), booked=(0.4, 0.75), previous=0.8, pins=0.05),
    "settled": Kind(calls=(10, 35), days=(7, 10), booked=(0.4, 0.75), settled=3, holidays=2),
    "mixed": Kind(
        calls=(20, 50), days=(7, 12), booked=(0.5, 0.8), abroad=0.5, wishes=0.25, pins=0.1, previous=0.4, avoid=0.3,
        settled=2, holidays=1, clocks=True,
    ),
}  # fmt: skip
SEEDS = 52

HOMES = ("America/New_York", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns", "Australia/Adelaide")
# The Monday of a week in which the clocks of the zone change, on its last day or its first.
CHANGES = (
    ("America/New_York", date(2026, 3, 2)),
    ("America/New_York", date(2026, 10, 26)),
    ("Europe/Berlin", date(2026, 3, 23)),
    ("Europe/Berlin", date(2026, 10, 19)),
    ("Australia/Sydney", date(2026, 3, 30)),
    ("Australia/Sydney", date(2026, 9, 28)),
    ("Australia/Lord_Howe", date(2026, 3, 30)),
    ("Australia/Lord_Howe", date(2026, 9, 28)),
    ("Pacific/Auckland", date(2026, 3, 30)),
    ("Pacific/Auckland", date(2026, 9, 21)),
    ("America/Santiago", date(2026, 3, 30)),
    ("America/Santiago", date(2026, 8, 31)),
)
ABROAD = ("America/New_York", "America/Los_Angeles", "Europe/Dublin", "Asia/Kolkata", "Australia/Sydney")
WEEK = ("mon", "tue", "wed", "thu", "fri")
LONG_WEEK = (*WEEK, "sat", "sun")
HOURS = (("09:00", "17:00"), ("09:00", "17:00"), ("08:30", "18:00"), ("10:00", "16:00"))
BUCKETS = (Bucket.NOW, Bucket.TODAY, Bucket.TOMORROW, Bucket.FEW_DAYS)


def instances() -> list[tuple[str, int]]:
    """Return the kind and the seed of every problem, the kinds in turn."""
    return [(kind, seed) for seed in range(SEEDS) for kind in KINDS]


def instance(kind: str, seed: int) -> Problem:
    """Return one problem."""
    return _Maker(KINDS[kind], random.Random(f"{kind} {seed}")).problem()


class _Maker:
    """Draws one problem; the order of the draws is part of what a seed means."""

    def __init__(self, kind: Kind, chance: random.Random) -> None:
        self.kind = kind
        self.chance = chance
        home, monday = chance.choice(HOMES), date(2026, 5, 4) + timedelta(weeks=chance.randint(0, 9))
        if kind.clocks:
            home, monday = chance.choice(CHANGES)
        self.zone = ZoneInfo(home)
        self.today = monday + timedelta(days=chance.randint(0, 5 if kind.clocks else 4))
        self.days = chance.randint(*kind.days)
        week = LONG_WEEK if kind.clocks and chance.random() < 0.4 else WEEK
        self.working = dict.fromkeys(week, chance.choice(HOURS))
        self.now = self._wall(0, 7, 0) + timedelta(minutes=chance.choice((0, 0, 5, 47, 120, 183, 360)))

    def problem(self) -> Problem:
        chance, kind = self.chance, self.kind
        rule = chance.choice(((45, 15, 120), (45, 15, 120), (60, 20, 90), (30, 15, 60)))
        holidays = tuple(self._date(chance.randrange(self.days)) for _ in range(kind.holidays))
        busy = [period for day in range(self.days) for period in self._busy_day(day)]
        calls = [self._request(number) for number in range(chance.randint(*kind.calls))]
        return Problem(
            now=self.now,
            zone=self.zone.key,
            horizon_days=self.days,
            working_hours=self.working,
            holidays=holidays,
            slot=SlotRule(
                at=chance.choice(("16:00", "16:00", "11:30", "09:00")),
                minutes=rule[0],
                min_minutes=rule[1],
                max_minutes=rule[2],
            ),
            slots=tuple(self._settled(day) for day in sorted(chance.sample(range(self.days), kind.settled))),
            buffer_minutes=chance.choice((0, 5, 5, 10)),
            busy=tuple(busy),
            callbacks=tuple(self._pinned(call, busy) for call in calls),
        )

    def _date(self, day: int) -> date:
        return self.today + timedelta(days=day)

    def _wall(self, day: int, hour: int, minute: int) -> datetime:
        """Return a time of day as an instant; one that the clocks skip is read with the offset before the change."""
        return datetime.combine(self._date(day), time(hour, minute), self.zone).astimezone(UTC)

    def _in_day(self, day: int, step: int = 5) -> datetime:
        """Draw an instant between 08:00 and 18:00."""
        return self._wall(day, 8, 0) + timedelta(minutes=step * self.chance.randrange(600 // step))

    def _busy_day(self, day: int) -> list[Period]:
        """Draw appointments until the wanted share of eight hours is booked, overlaps counted once."""
        chance, found, taken = self.chance, list[Period](), set[int]()
        if chance.random() < 0.04:
            return [Period(start=self._wall(day, 0, 0), end=self._wall(day + 1, 0, 0))]
        wanted = chance.uniform(*self.kind.booked) * 480
        for _ in range(60):
            if len(taken) >= wanted:
                break
            offset = 5 * chance.randrange(96) + (chance.randrange(5) if chance.random() < 0.1 else 0)
            length = min(chance.choice((0, 15, 25, 30, 30, 50, 60, 60, 90, 120)), 510 - offset)
            start = self._wall(day, 9, 0) + timedelta(minutes=offset)
            found.append(Period(start=start, end=start + timedelta(minutes=length)))
            taken.update(range(offset, min(offset + length, 480)))
        return found

    def _request(self, number: int) -> Request:
        chance, kind = self.chance, self.kind
        bucket = chance.choices(BUCKETS, (1, 6, 8, 6))[0]
        minutes = chance.choice((5, 10, 10, 10, 15, 15, 20, 30))
        due = self._in_day(chance.randint(*kind.due))
        if bucket is Bucket.NOW:
            due = self.now + timedelta(minutes=5 * chance.randint(-24, 36))
        waiting_since = self.now - timedelta(minutes=chance.randint(1, 9000))
        usual = Request(id=f"c{number}", minutes=minutes, bucket=bucket, due=due, waiting_since=waiting_since)
        return msgspec.structs.replace(
            usual,
            **self._wish(minutes),
            **self._callee(abroad=kind.abroad * (0.3 if bucket is Bucket.NOW else 1)),
            previous=self._in_day(chance.randrange(self.days)) if chance.random() < kind.previous else None,
            avoid=tuple(self._avoided() for _ in range(chance.randint(1, 3))) if chance.random() < kind.avoid else (),
        )

    def _wish(self, minutes: int) -> dict[str, datetime | None]:
        chance = self.chance
        if chance.random() >= self.kind.wishes:
            return {}
        start = self._in_day(chance.randrange(self.days), 30)
        wishes: Sequence[dict[str, datetime | None]] = (
            {"not_before": start, "not_after": start + timedelta(minutes=chance.choice((minutes, 60, 120, 240)))},
            {"not_before": start},
            {"not_after": start},
        )
        return chance.choices(wishes, (3, 1, 1))[0]

    def _callee(self, abroad: float) -> dict[str, object]:
        chance = self.chance
        if chance.random() >= abroad:
            return {"callee_hours": ("09:00", "18:00") if chance.random() < 0.5 else None}
        zones = chance.sample(ABROAD, 2 if self.kind.avoid and chance.random() < 0.2 else 1)
        hours = chance.choices((("08:00", "21:00"), ("09:00", "18:00"), ("14:00", "16:30")), (3, 2, 1))[0]
        return {"callee_zone": zones[0], "callee_hours": hours, "further_zones": tuple(zones[1:])}

    def _avoided(self) -> Avoided:
        chance, day = self.chance, self.chance.randrange(self.days)
        if chance.random() < 0.4:
            start, end = self._wall(day, 0, 0), self._wall(day + 1, 0, 0)
        else:
            start = self._in_day(day, 60)
            end = start + timedelta(hours=1)
        return Avoided(start=start, end=end, cost=chance.choice((0.5, 1.0, 3.0)))

    def _settled(self, day: int) -> GivenSlot:
        chance = self.chance
        state = SlotState.BEGUN if day == 0 else chance.choice((SlotState.PINNED, SlotState.SKIPPED))
        if state is SlotState.SKIPPED:
            return GivenSlot(date=self._date(day), state=state)
        start = self.now - timedelta(minutes=10) if day == 0 else self._in_day(day)
        end = start + timedelta(minutes=chance.choice((20, 45, 60, 90)))
        return GivenSlot(date=self._date(day), state=state, start=start, end=end)

    def _pinned(self, call: Request, busy: list[Period]) -> Request:
        """Pin some of the calls, one in four of them on top of an appointment."""
        chance = self.chance
        if chance.random() >= self.kind.pins:
            return call
        at = self._in_day(chance.randrange(self.days))
        if busy and chance.random() < 0.25:
            at = chance.choice(busy).start
        return msgspec.structs.replace(call, pinned_at=max(at, self.now))
