"""Public holidays and leave: no slot, no call and no working day; an appointment that lasts all day is told of."""

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


def due(desk: Desk) -> str:
    """Return by when Bo is to be called."""
    rank = desk.callback("Bo Tan").rank
    assert rank is not None
    return f"{rank.due.astimezone(desk.zone):%a %d %H:%M}"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """It is the Tuesday before Thanksgiving, too late for a slot, and Bo called."""
    desk = Desk(tmp_path, "2026-11-24 18:00")
    desk.missed("Bo Tan", BO, "2026-11-24 17:10")
    desk.sync()
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


def test_an_appointment_of_all_day_is_told_of_until_acknowledged(desk: Desk) -> None:
    """A day that is merely full has no slot; the digest names it and its reason until that is known."""
    desk.busy(f"{FRIDAY} 00:00", 1440, all_day=True)
    settled(desk)
    why = "your calendar is busy all day"
    assert desk.slots(FRIDAY) == []
    assert [(day.date, day.why) for day in digest_facts(desk.parts()).lost_days] == [(date(2026, 11, 27), why)]
    desk.at(f"{WEDNESDAY} 12:00")
    settled(desk)
    assert len(digest_facts(desk.parts()).lost_days) == 1
    decisions.acknowledge(desk.ledger, date(2026, 11, 27))
    settled(desk)
    assert digest_facts(desk.parts()).lost_days == ()


def test_leave_of_several_days_needs_no_word_of_the_users(desk: Desk) -> None:
    """Leave is no day of work: no slot on any of its days, and nothing to acknowledge."""
    desk.busy(f"{WEDNESDAY} 00:00", 1440 * 3, FbType.BUSY_UNAVAILABLE, all_day=True)
    settled(desk)
    assert [desk.slots(day) for day in (WEDNESDAY, FRIDAY)] == [[], []]
    assert digest_facts(desk.parts()).lost_days == ()
    assert due(desk) == "Mon 30 17:00"


def test_leave_is_what_takes_the_whole_of_the_working_hours(desk: Desk) -> None:
    """Two absences that meet make a day of leave, with times or without; one until the afternoon makes none."""
    desk.busy(f"{WEDNESDAY} 08:00", 240, FbType.BUSY_UNAVAILABLE)
    settled(desk)
    assert desk.slots(WEDNESDAY) == ["16:00-16:45"]
    desk.busy(f"{WEDNESDAY} 12:00", 300, FbType.BUSY_UNAVAILABLE)
    settled(desk)
    assert desk.slots(WEDNESDAY) == []
    assert digest_facts(desk.parts()).lost_days == ()


def test_leave_that_is_over_still_counts(desk: Desk) -> None:
    """Nobody is overdue for days on which nobody worked, though the calendar is no longer asked about them."""
    desk.busy(f"{WEDNESDAY} 00:00", 1440 * 3, FbType.BUSY_UNAVAILABLE, all_day=True)
    settled(desk)
    desk.state.agenda.clear()
    desk.at("2026-11-30 08:00")
    settled(desk)
    assert (due(desk), desk.start("Bo Tan")) == ("Mon 30 17:00", "Mon 30 16:00")


def test_leave_that_is_called_off_is_a_working_day_again(desk: Desk) -> None:
    """When the absence goes, its slots and deadlines are back."""
    desk.busy(f"{WEDNESDAY} 00:00", 1440, FbType.BUSY_UNAVAILABLE, all_day=True)
    settled(desk)
    assert due(desk) == "Fri 27 17:00"
    desk.state.agenda.clear()
    settled(desk)
    assert (desk.slots(WEDNESDAY), due(desk)) == (["16:00-16:45"], "Wed 25 17:00")


def test_a_day_that_becomes_leave_is_planned_anew(desk: Desk) -> None:
    """The same hours, busy before and out of office now, are another day: a pass does not take it for settled."""
    desk.busy(f"{WEDNESDAY} 00:00", 1440, all_day=True)
    settled(desk)
    assert due(desk) == "Wed 25 17:00"
    desk.state.agenda.clear()
    desk.busy(f"{WEDNESDAY} 00:00", 1440, FbType.BUSY_UNAVAILABLE, all_day=True)
    settled(desk)
    assert due(desk) == "Fri 27 17:00"


def test_what_another_release_kept_of_leave_is_read_anew(desk: Desk) -> None:
    """A mark that cannot be read is no leave."""
    desk.ledger.put_mark(daysoff.LEAVE, '{"2026": 7}')
    settled(desk)
    assert desk.slots(WEDNESDAY) == ["16:00-16:45"]


@pytest.mark.parametrize("now", ["2026-11-24 16:10", "2026-11-24 16:50", "2026-11-24 18:00", "2026-11-24 23:59"])
def test_a_first_pass_late_in_the_day_has_lost_nothing(tmp_path: Path, now: str) -> None:
    """What never was cannot be lost: a slot whose time was past before the first pass is not asked about."""
    desk = Desk(tmp_path, now)
    desk.busy("2026-11-24 16:15", 60)
    settled(desk)
    assert digest_facts(desk.parts()).lost_days == ()


def test_a_slot_that_a_late_appointment_takes_is_lost(tmp_path: Path) -> None:
    """A slot that stood for the afternoon and finds no other room is told of, though its usual time is past."""
    desk = Desk(tmp_path, "2026-11-24 08:00")
    desk.busy("2026-11-24 15:50", 35)
    settled(desk)
    assert desk.slots("2026-11-24") == ["15:00-15:45"]
    desk.at("2026-11-24 14:50")
    desk.busy("2026-11-24 14:50", 550)
    settled(desk)
    assert [day.date.day for day in digest_facts(desk.parts()).lost_days] == [24]
    desk.at("2026-11-24 17:30")
    settled(desk)
    assert "are over" not in digest_facts(desk.parts()).lost_days[0].why


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
