"""Capacity: full days by the plan, rates by the ledger, told in the digest."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from assistant import bootstrap
from assistant.ledger import decisions, planned
from assistant.model.callback import Callback, CallLink, Status
from assistant.model.journal import CallId, Outcome, Subject
from assistant.model.planning import Plan, PlannedHold, PlannedSlot
from assistant.pipeline.digesting import digest_facts
from assistant.pipeline.measuring import LEAST, measured
from tests.unit.pipeline.desk import Desk, configured

if TYPE_CHECKING:
    from pathlib import Path

ZONE = ZoneInfo("America/New_York")
TABLE = bootstrap.timetable(configured("America/New_York", ""))
NOW = datetime(2026, 11, 23, 8, tzinfo=ZONE)


def at(day: int, clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{day:02} {clock}").replace(tzinfo=ZONE)


def plan_of(*holds: tuple[int, str, str], slots: tuple[tuple[int, str, str], ...] = ((23, "16:00", "16:45"),)) -> Plan:
    """Return a plan with slots and holds, each a day, a start and an end."""
    return Plan(
        slots=tuple(
            PlannedSlot(date=date(2026, 11, day), start=at(day, start), end=at(day, end)) for day, start, end in slots
        ),
        holds=tuple(
            PlannedHold(id=str(number), start=at(day, start), end=at(day, end), in_slot=True)
            for number, (day, start, end) in enumerate(holds)
        ),
    )


def callback(number: int, called: datetime, closed: datetime | None = None, **fields: object) -> Callback:
    """Return a callback that rang at a time and was settled at another."""
    made = Callback(
        id=Subject(str(number)),
        opened_at=called,
        calls=(CallLink(call=CallId(f"k{number}"), called_at=called),),
        status=Status.OPEN if closed is None else Status.CLOSED,
        closed_at=closed,
    )
    return replace(made, **fields)


@pytest.mark.parametrize(
    ("holds", "full"),
    [
        ((), ()),
        (((23, "16:00", "16:35"),), ()),
        (((23, "16:00", "16:40"),), (date(2026, 11, 23),)),
        (((23, "16:05", "16:25"), (23, "16:30", "16:40")), (date(2026, 11, 23),)),
        (((23, "16:05", "16:15"), (23, "16:30", "16:40")), ()),
    ],
)
def test_a_day_is_full_when_no_gap_of_its_slot_takes_a_call(
    holds: tuple[tuple[int, str, str], ...], full: tuple[date, ...]
) -> None:
    """Ten minutes in one piece are room for an ordinary call; five here and five there are not."""
    assert measured(plan_of(*holds), [], TABLE, 10, NOW).full == full


def test_bookends_are_one_day() -> None:
    """A day is full when both of its bookends are, and a slot that is over counts no more."""
    ends = ((23, "08:30", "09:00"), (23, "17:00", "17:30"))
    morning = (23, "08:30", "09:00")
    assert measured(plan_of(morning, slots=ends), [], TABLE, 10, NOW).full == ()
    assert measured(plan_of(morning, (23, "17:00", "17:25"), slots=ends), [], TABLE, 10, NOW).full == (NOW.date(),)
    assert measured(plan_of(slots=((23, "07:00", "07:45"),)), [], TABLE, 10, NOW).full == ()


def test_what_is_left_of_a_slot_counts_from_now() -> None:
    """Half way through an empty slot of 45 minutes there is room; near its end there is none."""
    assert measured(plan_of(), [], TABLE, 10, at(23, "16:30")).full == ()
    assert measured(plan_of(), [], TABLE, 10, at(23, "16:40")).full == (date(2026, 11, 23),)


def test_rates_are_those_of_the_last_working_days() -> None:
    """Over the five days of last week ten called and five were settled: the queue grows by one a day."""
    born = callback(0, at(16, "07:00"))
    called = [callback(number, at(16 + number % 5, "11:00")) for number in range(1, 10)]
    settled = [replace(one, status=Status.CLOSED, closed_at=at(19, "16:10")) for one in called[:5]]
    found = measured(Plan(), [born, *settled, *called[5:]], TABLE, 10, NOW)
    assert (found.days, found.coming, found.going, found.growth) == (5, 2.0, 1.0, 1.0)


def test_holidays_and_weekends_are_no_days_of_rates() -> None:
    """Eight callers over four working days of a week with a holiday are two a day."""
    table = replace(TABLE, holidays=(date(2026, 11, 18),))
    called = [callback(number, at(16, "07:00")) for number in range(8)]
    assert measured(Plan(), called, table, 10, NOW).coming == 2.0


def test_mail_from_before_the_first_sync_is_no_rate() -> None:
    """What had piled up when the ledger was born did not come in a day."""
    old = [replace(callback(number, at(2, "10:00")), opened_at=at(16, "09:00")) for number in range(30)]
    assert measured(Plan(), old, TABLE, 10, NOW).coming == 0


def test_a_young_ledger_tells_no_rates() -> None:
    """Before so many working days nothing is said, and an empty ledger says nothing either."""
    young = [callback(number, NOW - timedelta(days=3)) for number in range(50)]
    assert measured(Plan(), young, TABLE, 10, NOW).days == 0
    assert measured(Plan(), [], TABLE, 10, NOW).days == 0
    assert LEAST == 3


def test_what_was_taken_back_or_merged_counts_once() -> None:
    """A callback that was undone, and one that went into another, are no calls of their own."""
    real = callback(1, at(16, "11:00"))
    gone = [callback(2, at(17, "11:00"), withdrawn=True), callback(3, at(17, "11:00"), merged_into=Subject("1"))]
    assert measured(Plan(), [real, *gone], TABLE, 10, NOW).coming == 0.2


def test_the_digest_tells_of_full_days_and_of_a_growing_queue(tmp_path: Path) -> None:
    """Week after week more call than are called back: the digest says so, and which days are full."""
    desk = Desk(tmp_path, "2026-11-16 08:00")
    number = 0
    for day in range(16, 21):
        desk.at(f"2026-11-{day} 10:00")
        for _ in range(4):
            number += 1
            desk.missed(f"Caller {number}", f"21255502{number:02}", f"2026-11-{day} 09:10")
        desk.sync()
        desk.at(f"2026-11-{day} 16:50")
        decisions.close(desk.ledger, desk.id(f"Caller {number}"), Outcome.REACHED)
        desk.sync()
    desk.at("2026-11-23 08:00")
    desk.sync()
    found = planned.capacity(desk.ledger)
    assert (found.days, found.coming, found.going) == (5, 4.0, 1.0)
    facts = digest_facts(desk.parts())
    assert facts.growth == 3.0
    assert facts.full_days == found.full
    letter = desk.words.digest(facts)
    assert "the queue grows by 3 calls a day" in letter.body


def test_the_digest_says_nothing_of_room_where_there_is_nothing_to_say(tmp_path: Path) -> None:
    """A quiet week has no line about room."""
    desk = Desk(tmp_path, "2026-11-16 08:00")
    desk.sync()
    letter = desk.words.digest(digest_facts(desk.parts()))
    assert "room" not in letter.body
    assert "queue" not in letter.body
