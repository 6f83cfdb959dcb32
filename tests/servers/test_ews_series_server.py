"""The fake Exchange as far as it keeps series and their occurrences, driven by exchangelib."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import icalendar
import pytest
from exchangelib import EWSDate
from exchangelib.errors import (
    ErrorCalendarInvalidRecurrence,
    ErrorCalendarOccurrenceIsDeletedFromRecurrence,
    ErrorOccurrenceCrossingBoundary,
)
from exchangelib.recurrence import (
    AbsoluteMonthlyPattern,
    AbsoluteYearlyPattern,
    DailyPattern,
    RelativeMonthlyPattern,
    RelativeYearlyPattern,
    WeeklyPattern,
)

from tests.contract.harness import ics
from tests.servers.ews.appointing import BERLIN, HOUR, KEPT, MONDAY, NINE, NO_CANCELLATION, seen, series
from tests.servers.ews.asking import ask, texts

if TYPE_CHECKING:
    from exchangelib import Account

    from tests.servers.ews.calendar_hands import CalendarHands
    from tests.servers.ews.server import EwsServer


@pytest.fixture
def hands(ews_server: EwsServer) -> CalendarHands:
    return ews_server.state.calendar


@pytest.mark.parametrize(
    ("pattern", "starts"),
    [
        (DailyPattern(interval=3), ["03-23", "03-26", "03-29"]),
        (WeeklyPattern(interval=2, weekdays=["Tuesday", "Thursday"]), ["03-24", "03-26", "04-07"]),
        (AbsoluteMonthlyPattern(interval=1, day_of_month=31), ["03-31", "04-30", "05-31"]),
        (RelativeMonthlyPattern(interval=1, weekday="Friday", week_number="Last"), ["03-27", "04-24", "05-29"]),
        (RelativeMonthlyPattern(interval=1, weekday="Weekday", week_number="First"), ["04-01", "05-01", "06-01"]),
        (RelativeMonthlyPattern(interval=2, weekday="WeekendDay", week_number="Second"), ["05-03", "07-05", "09-06"]),
        (AbsoluteYearlyPattern(day_of_month=29, month="May"), ["05-29"]),
        (RelativeYearlyPattern(weekday="Day", week_number="Fourth", month="June"), ["06-04"]),
    ],
    ids=["days", "weeks", "day-31", "last-friday", "first-weekday", "second-weekend-day", "yearly", "fourth-day"],
)
def test_patterns_are_read_back_and_expanded(ews_account: Account, pattern: object, starts: list[str]) -> None:
    """Each of Exchange's patterns is kept as it was given, and its occurrences are where Exchange has them."""
    item = series(ews_account, pattern, number=3)
    assert (item.type, item.recurrence.pattern, item.recurrence.boundary.number) == ("RecurringMaster", pattern, 3)
    shown = [each.split()[0] for each in seen(ews_account, 200)]
    assert shown == starts
    assert item.first_occurrence.start.astimezone(BERLIN).strftime("%m-%d %H:%M") == f"{starts[0]} 09:00"


def test_a_series_keeps_its_wall_clock(ews_account: Account) -> None:
    """A daily event at nine stays at nine when summer time begins."""
    series(ews_account, DailyPattern(interval=1), end=EWSDate(2026, 3, 30))
    found = ews_account.calendar.view(start=MONDAY, end=MONDAY + timedelta(days=30))
    assert {f"{each.start.astimezone(BERLIN):%H:%M}" for each in found} == {"09:00"}
    assert {f"{each.start:%H:%M}" for each in found} == {"08:00", "07:00"}
    assert found.count() == 8


def test_a_series_that_never_is_is_refused(ews_account: Account) -> None:
    """A series that ends before its first day is none."""
    with pytest.raises(ErrorCalendarInvalidRecurrence):
        series(ews_account, DailyPattern(interval=1), end=EWSDate(2026, 3, 1))
    assert ews_account.calendar.all().count() == 0


def test_one_occurrence_can_be_moved(ews_account: Account) -> None:
    """A changed occurrence is an exception of its series, the others stay; the master has another change key."""
    master = series(ews_account, DailyPattern(interval=1), number=3)
    key = master.changekey
    second = master.occurrence(index=2)
    second.refresh()
    second.start, second.end = second.start + 2 * HOUR, second.end + 2 * HOUR
    second.save(update_fields=["start", "end"], **KEPT)
    assert seen(ews_account) == ["03-23 09:00 Occurrence", "03-24 11:00 Exception", "03-25 09:00 Occurrence"]
    master.refresh()
    (modified,) = master.modified_occurrences
    assert modified.original_start == NINE + timedelta(days=1)
    assert master.changekey != key
    second.refresh()
    assert (second.type, second.recurrence_id) == ("Exception", NINE + timedelta(days=1))
    above = second.recurring_master()
    above.refresh()
    assert above.id == master.id


def test_an_occurrence_does_not_pass_its_neighbours(ews_account: Account) -> None:
    """An occurrence cannot be moved beyond the next one, and is unchanged after the try."""
    second = series(ews_account, DailyPattern(interval=1), number=3).occurrence(index=2)
    second.refresh()
    second.start, second.end = second.start + timedelta(days=2), second.end + timedelta(days=2)
    with pytest.raises(ErrorOccurrenceCrossingBoundary):
        second.save(update_fields=["start", "end"], **KEPT)
    assert seen(ews_account)[1] == "03-24 09:00 Occurrence"


def test_one_occurrence_can_be_deleted(ews_account: Account) -> None:
    """A deleted occurrence is gone from the view, named by its master, and cannot be read by its number."""
    master = series(ews_account, DailyPattern(interval=1), number=3)
    master.occurrence(index=2).delete(**NO_CANCELLATION)
    assert seen(ews_account) == ["03-23 09:00 Occurrence", "03-25 09:00 Occurrence"]
    master.refresh()
    assert [each.start for each in master.deleted_occurrences] == [NINE + timedelta(days=1)]
    with pytest.raises(ErrorCalendarOccurrenceIsDeletedFromRecurrence):
        master.occurrence(index=2).refresh()


def test_a_new_rule_drops_exceptions(ews_account: Account, hands: CalendarHands) -> None:
    """When a series gets another time, its exceptions and deletions are forgotten."""
    master = series(ews_account, DailyPattern(interval=1), number=3)
    master.occurrence(index=2).delete(**NO_CANCELLATION)
    hands.move(master.id, datetime(2026, 3, 23, 9, tzinfo=UTC))
    assert seen(ews_account) == ["03-23 10:00 Occurrence", "03-24 10:00 Occurrence", "03-25 10:00 Occurrence"]


def test_a_view_shows_what_a_search_does_not(ews_server: EwsServer, ews_account: Account) -> None:
    """Without a view a series is one master that is not recurring itself; a view has its occurrences."""
    series(ews_account, DailyPattern(interval=1), number=2)
    (master,) = ews_account.calendar.all()
    assert (master.type, master.is_recurring) == ("RecurringMaster", False)
    assert all(each.is_recurring for each in ews_account.calendar.view(start=MONDAY, end=MONDAY + timedelta(days=7)))
    ews_server.state.quirks.no_expansion = True
    assert seen(ews_account) == ["03-23 09:00 RecurringMaster"]
    assert [each.is_recurring for each in ews_account.calendar.all()] == [True]
    ews_server.state.quirks.only_first = True
    later = ews_account.calendar.view(start=MONDAY + timedelta(days=1), end=MONDAY + timedelta(days=7))
    assert later.count() == 0


def test_mime_content_is_a_calendar_file(ews_account: Account) -> None:
    """A series is read as iCalendar with its rule, its deletions and its exceptions, in a zone of a Windows name."""
    master = series(ews_account, DailyPattern(interval=1), number=4)
    master.occurrence(index=2).delete(**NO_CANCELLATION)
    third = master.occurrence(index=3)
    third.refresh()
    third.subject = "Other"
    third.save(update_fields=["subject"], **KEPT)
    master.refresh()
    calendar: Any = icalendar.Calendar.from_ical(master.mime_content)
    first, other = calendar.walk("VEVENT")
    assert first["RRULE"]["COUNT"] == [4]
    assert first["DTSTART"].params["TZID"] == "W. Europe Standard Time"
    assert first["EXDATE"].dts[0].dt.astimezone(UTC) == datetime(2026, 3, 24, 8, tzinfo=UTC)
    assert (str(other["SUMMARY"]), other["RECURRENCE-ID"].dt.astimezone(UTC).day) == ("Other", 25)


def test_an_account_is_kept_and_restored(ews_server: EwsServer, ews_account: Account, hands: CalendarHands) -> None:
    """What a kept account holds is not touched by what happens later, series and exceptions included."""
    (id_,) = hands.add_events(ics("DTSTART:20260323T080000Z\nDTEND:20260323T090000Z\nRRULE:FREQ=DAILY;COUNT=2"))
    kept = ews_server.keep()
    (first,) = hands.occurrences(datetime(2026, 3, 23, 7, tzinfo=UTC), datetime(2026, 3, 23, 10, tzinfo=UTC))
    hands.rename(first.id, "Other")
    hands.delete(id_)
    assert seen(ews_account) == []
    ews_server.restore(kept)
    assert seen(ews_account) == ["03-23 09:00 Occurrence", "03-24 09:00 Occurrence"]


def test_series_can_be_found_by_what_outlook_keeps(ews_server: EwsServer, hands: CalendarHands) -> None:
    """PidLidRecurring finds masters, and PidLidClipEnd says when the last occurrence ends, without one in 4500."""
    hands.add_events(
        ics(
            "SUMMARY:single\nDTSTART:20260323T080000Z\nDTEND:20260323T090000Z",
            "SUMMARY:three\nDTSTART:20260323T080000Z\nDTEND:20260323T090000Z\nRRULE:FREQ=DAILY;COUNT=3",
            "SUMMARY:endless\nDTSTART:20260323T080000Z\nDTEND:20260323T090000Z\nRRULE:FREQ=DAILY",
        )
    )
    uri = '<t:ExtendedFieldURI DistinguishedPropertySetId="Appointment" PropertyId="{}" PropertyType="{}"/>'
    value = '<t:FieldURIOrConstant><t:Constant Value="true"/></t:FieldURIOrConstant>'
    recurring = f"<m:Restriction><t:IsEqualTo>{uri.format(0x8223, 'Boolean')}{value}</t:IsEqualTo></m:Restriction>"
    wanted = uri.format(0x8236, "SystemTime") + '<t:FieldURI FieldURI="item:Subject"/>'
    extra = f"<t:AdditionalProperties>{wanted}</t:AdditionalProperties>"
    shape = f"<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape>{extra}</m:ItemShape>"
    where = '<m:ParentFolderIds><t:DistinguishedFolderId Id="calendar"/></m:ParentFolderIds>'
    answer = ask(ews_server, f'<m:FindItem Traversal="Shallow">{shape}{recurring}{where}</m:FindItem>')
    ends = dict(zip(texts(answer, "Subject"), texts(answer, "Value"), strict=True))
    assert ends == {"three": "2026-03-25T09:00:00Z", "endless": "4500-08-31T23:59:00Z"}
