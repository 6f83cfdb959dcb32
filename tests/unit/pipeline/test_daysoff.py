"""Public holidays and leave: no slot and no call on them; leave is told of until acknowledged, a holiday is not."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from assistant.ledger import decisions
from assistant.model.calendar import FbType
from assistant.model.planning import Bucket
from assistant.pipeline import daysoff
from assistant.pipeline.digesting import digest_facts
from assistant.standards import holiday
from tests.unit.pipeline.desk import BO, CY, Desk

if TYPE_CHECKING:
    from pathlib import Path

WEDNESDAY, THANKSGIVING, FRIDAY = "2026-11-25", "2026-11-26", "2026-11-27"


def settled(desk: Desk) -> None:
    """Run a pass; the one after it must find nothing to do and nothing wrong."""
    desk.sync()
    assert desk.sync().nothing_to_do
    assert desk.faults() == []


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """It is the Tuesday before Thanksgiving, too late for a slot, and Bo called."""
    desk = Desk(tmp_path, "2026-11-24 18:00")
    desk.missed("Bo Tan", BO, "2026-11-24 17:10")
    desk.sync()
    decisions.acknowledge(desk.ledger)
    return desk


def test_a_public_holiday_has_no_slot_and_is_not_lost(desk: Desk) -> None:
    """On Thanksgiving nobody works in the US: no slot, no question about it, and the days around have theirs."""
    settled(desk)
    assert [desk.slots(day) for day in (WEDNESDAY, THANKSGIVING, FRIDAY)] == [["16:00-16:45"], [], ["16:00-16:45"]]
    assert digest_facts(desk.parts()).lost_days == ()


def test_a_call_that_cannot_be_made_before_goes_after_the_holiday(desk: Desk) -> None:
    """Where the day before has no room, the call is due and planned on the day after."""
    desk.busy(f"{WEDNESDAY} 00:00", 1440, FbType.BUSY_UNAVAILABLE, all_day=True)
    settled(desk)
    assert desk.start("Bo Tan") == "Fri 27 16:00"


def test_a_call_that_comes_on_the_eve_is_due_after_the_holiday(desk: Desk) -> None:
    """The next working day of triage is no holiday either."""
    desk.at(f"{WEDNESDAY} 18:00")
    desk.missed("Cy Dunn", CY, f"{WEDNESDAY} 17:30")
    settled(desk)
    rank = desk.callback("Cy Dunn").rank
    assert rank is not None
    assert rank.due.astimezone(desk.zone).date() == date(2026, 11, 27)


def test_holidays_of_the_settings_count_besides(tmp_path: Path) -> None:
    """A date of `hours.holidays` is free as well as the public holidays."""
    desk = Desk(tmp_path, "2026-11-24 18:00", extra="\n[hours]\nholidays = [2026-11-27]\n")
    settled(desk)
    assert [desk.slots(day) for day in (WEDNESDAY, THANKSGIVING, FRIDAY)] == [["16:00-16:45"], [], []]


def test_public_holidays_can_be_turned_off(tmp_path: Path) -> None:
    """With the switch off a holiday is a day like any other."""
    desk = Desk(tmp_path, "2026-11-24 18:00", extra="\n[hours]\npublic_holidays = false\n")
    settled(desk)
    assert desk.slots(THANKSGIVING) == ["16:00-16:45"]
    assert desk.ledger.mark(daysoff.MARK) is None


def test_the_region_of_the_holidays_may_be_another(tmp_path: Path) -> None:
    """A Bavarian office keeps Epiphany, and works on the fourth Thursday of November."""
    desk = Desk(tmp_path, "2026-11-24 18:00", extra='\n[hours]\nholiday_region = "DE-BY"\n')
    settled(desk)
    assert desk.slots(THANKSGIVING) == ["16:00-16:45"]
    desk.at("2027-01-05 08:00")
    settled(desk)
    assert [desk.slots(day) for day in ("2027-01-05", "2027-01-06", "2027-01-07")] == [
        ["16:00-16:45"], [], ["16:00-16:45"],
    ]  # fmt: skip


def test_a_region_without_known_holidays_is_told_of(tmp_path: Path) -> None:
    """A wrong part of a country stops nobody, and the pass says what to write."""
    desk = Desk(tmp_path, "2026-11-24 18:00", extra='\n[hours]\nholiday_region = "DE-ZZ"\n')
    report = desk.sync()
    assert ["hours.holiday_region" in problem for problem in report.problems] == [True]
    assert desk.slots(THANKSGIVING) == ["16:00-16:45"]


def test_a_slot_that_stands_on_a_holiday_goes(tmp_path: Path) -> None:
    """When a day turns out to be a holiday, its slot goes and its call moves on."""
    desk = Desk(tmp_path, "2026-11-25 18:00", extra="\n[hours]\npublic_holidays = false\n")
    desk.missed("Bo Tan", BO, "2026-11-25 17:10")
    settled(desk)
    assert desk.start("Bo Tan") == "Thu 26 16:00"
    desk.settings = Desk(tmp_path / "other", "2026-11-25 18:00").settings
    settled(desk)
    assert desk.slots(THANKSGIVING) == []
    assert desk.start("Bo Tan") == "Fri 27 16:00"


@pytest.mark.parametrize(
    ("fbtype", "why"),
    [
        (FbType.BUSY_UNAVAILABLE, "you are out of office all day on 27 November"),
        (FbType.BUSY, "your calendar is busy all day on 27 November"),
    ],
)
def test_leave_closes_its_day_and_is_told_of_until_acknowledged(desk: Desk, fbtype: FbType, why: str) -> None:
    """A day off in the user's calendar has no slot; the digest names it and its reason until that is known."""
    desk.busy(f"{FRIDAY} 00:00", 1440, fbtype, all_day=True)
    settled(desk)
    assert desk.slots(FRIDAY) == []
    assert [(day.date, day.why) for day in digest_facts(desk.parts()).lost_days] == [(date(2026, 11, 27), why)]
    desk.at(f"{WEDNESDAY} 12:00")
    settled(desk)
    assert len(digest_facts(desk.parts()).lost_days) == 1
    decisions.acknowledge(desk.ledger, date(2026, 11, 27))
    settled(desk)
    assert digest_facts(desk.parts()).lost_days == ()


def test_a_week_of_leave_closes_each_of_its_working_days(desk: Desk) -> None:
    """An absence of several days is one event and several lost days, holidays and weekends not among them."""
    desk.busy(f"{WEDNESDAY} 00:00", 1440 * 3, FbType.BUSY_UNAVAILABLE, all_day=True)
    settled(desk)
    assert [day.date.day for day in digest_facts(desk.parts()).lost_days] == [25, 27]


def test_nobody_is_called_on_leave_even_when_it_is_now(desk: Desk) -> None:
    """A call that cannot wait has no time on a day off either, and the pass raises an alert."""
    decisions.set_bucket(desk.ledger, desk.id("Bo Tan"), Bucket.NOW)
    desk.busy(f"{WEDNESDAY} 00:00", 1440 * 2, FbType.BUSY_UNAVAILABLE, all_day=True)
    desk.at(f"{WEDNESDAY} 08:00")
    report = desk.sync()
    assert desk.start("Bo Tan") == "Fri 27 09:00"
    assert ["no room within the hour" in alert for alert in report.alerts] == [True]


def test_the_library_is_asked_once_a_month(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the library said is kept in the ledger, and asked for anew after thirty days and in a new year."""
    asked: list[int] = []

    def public(region: str, year: int) -> dict[date, str]:
        assert region == "US"
        asked.append(year)
        return {date(year, 7, 4): "Independence Day"}

    monkeypatch.setattr(holiday, "public", public)
    table = desk.parts().timetable
    for text in ("2026-10-01 09:00", "2026-10-30 09:00", "2026-11-24 18:00", "2026-12-20 09:00", "2027-01-04 09:00"):
        days = daysoff.of_user(desk.ledger, table, desk.moment(text))
        assert days[date(2026, 7, 4)] == "Independence Day"
    assert asked == [2025, 2026, 2027] * 2 + [2026, 2027, 2028]


def test_what_another_release_kept_is_asked_anew(desk: Desk) -> None:
    """A mark that cannot be read is no reason to stop."""
    desk.ledger.put_mark(daysoff.MARK, '{"US": 7}')
    settled(desk)
    assert desk.slots(THANKSGIVING) == []
