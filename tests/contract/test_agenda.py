"""The contract of Calendar.agenda: the user's own events, as any program may have written them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from assistant.model.calendar import FbType
from tests.contract.harness import MONDAY, ics, instants

if TYPE_CHECKING:
    from tests.contract.harness import Harness

WEEK = (MONDAY, MONDAY + timedelta(days=7))


def spans(harness: Harness, start: datetime = WEEK[0], end: datetime = WEEK[1]) -> list[str]:
    """Return start and end of each entry in UTC."""
    return [" - ".join(instants((entry.start, entry.end))) for entry in harness.calendar.agenda(start, end)]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("DTSTART:20260323T090000Z\nDTEND:20260323T100000Z", ["03-23 09:00 - 03-23 10:00"]),
        ("DTSTART;TZID=America/New_York:20260323T090000\nDURATION:PT30M", ["03-23 13:00 - 03-23 13:30"]),
        ("DTSTART;TZID=W. Europe Standard Time:20260323T090000\nDURATION:PT1H", ["03-23 08:00 - 03-23 09:00"]),
        ("DTSTART;TZID=/vendor.example/Europe/Berlin:20260323T090000\nDURATION:PT1H", ["03-23 08:00 - 03-23 09:00"]),
        ("DTSTART:20260323T090000\nDTEND:20260323T100000", ["03-23 08:00 - 03-23 09:00"]),
        ("DTSTART:20260323T090000Z", ["03-23 09:00 - 03-23 09:00"]),
        ("DTSTART:20260323T090000Z\nDTEND:20260323T090000Z", ["03-23 09:00 - 03-23 09:00"]),
        ("DTSTART;VALUE=DATE:20260324", ["03-23 23:00 - 03-24 23:00"]),
        ("DTSTART;VALUE=DATE:20260324\nDTEND;VALUE=DATE:20260326", ["03-23 23:00 - 03-25 23:00"]),
        ("DTSTART;VALUE=DATE:20260324\nDTEND;VALUE=DATE:20260324", ["03-23 23:00 - 03-24 23:00"]),
        ("DTSTART;VALUE=DATE:20260324\nDURATION:P2D", ["03-23 23:00 - 03-25 23:00"]),
        (
            "DTSTART;TZID=Europe/Berlin:20260324T220000\nDTEND;TZID=Europe/Berlin:20260325T020000",
            ["03-24 21:00 - 03-25 01:00"],
        ),
        (
            "DTSTART;TZID=Europe/Berlin:20260323T090000\nDTEND;TZID=America/New_York:20260323T090000",
            ["03-23 08:00 - 03-23 13:00"],
        ),
    ],
    ids=[
        "utc", "zone", "windows-zone", "vendor-zone", "floating", "no-end", "no-length",
        "day", "days", "day-ending-at-itself", "day-with-duration", "across-midnight", "two-zones",
    ],
)  # fmt: skip
def test_a_single_event(harness: Harness, lines: str, expected: list[str]) -> None:
    """An event is on the agenda at its instants, however its times are written."""
    harness.user_adds_events(ics(lines))
    assert spans(harness) == expected


def test_an_all_day_event_is_marked(harness: Harness) -> None:
    """An all-day event says that it is one, and runs from midnight to midnight in the user's zone."""
    harness.user_adds_events(ics("DTSTART;VALUE=DATE:20260324"))
    entry = harness.calendar.agenda(*WEEK)[0]
    assert entry.all_day
    assert entry.start == datetime(2026, 3, 24, tzinfo=MONDAY.tzinfo)


def test_the_span_is_half_open(harness: Harness) -> None:
    """What ends when the span begins, or begins when it ends, does not overlap it; one minute inside does."""
    harness.user_adds_events(
        ics(
            "DTSTART:20260323T080000Z\nDTEND:20260323T090000Z",
            "DTSTART:20260323T100000Z\nDTEND:20260323T110000Z",
            "DTSTART:20260323T070000Z\nDTEND:20260323T090100Z",
            "DTSTART:20260323T090000Z",
        )
    )
    found = spans(harness, datetime(2026, 3, 23, 9, tzinfo=UTC), datetime(2026, 3, 23, 10, tzinfo=UTC))
    assert sorted(found) == ["03-23 07:00 - 03-23 09:01", "03-23 09:00 - 03-23 09:00"]


def test_a_rule_with_exceptions(harness: Harness) -> None:
    """A daily event leaves out its EXDATE, moves the occurrence that an override moves, and adds its RDATE."""
    zone = "TZID=Europe/Berlin"
    harness.user_adds_events(
        ics(
            f"""UID:daily
            DTSTART;{zone}:20260323T090000
            DTEND;{zone}:20260323T093000
            RRULE:FREQ=DAILY;COUNT=5
            EXDATE;{zone}:20260324T090000
            RDATE;{zone}:20260328T120000""",
            f"""UID:daily
            RECURRENCE-ID;{zone}:20260325T090000
            DTSTART;{zone}:20260325T150000
            DTEND;{zone}:20260325T160000""",
        )
    )
    assert spans(harness) == [
        "03-23 08:00 - 03-23 08:30",
        "03-25 14:00 - 03-25 15:00",
        "03-26 08:00 - 03-26 08:30",
        "03-27 08:00 - 03-27 08:30",
        "03-28 11:00 - 03-28 11:30",
    ]


def test_an_override_may_move_into_the_span(harness: Harness) -> None:
    """An occurrence moved from outside the span into it is found, one moved out of it is not."""
    harness.user_adds_events(
        ics(
            "UID:w\nDTSTART:20260316T090000Z\nDTEND:20260316T100000Z\nRRULE:FREQ=WEEKLY;COUNT=3",
            "UID:w\nRECURRENCE-ID:20260316T090000Z\nDTSTART:20260326T090000Z\nDTEND:20260326T100000Z",
            "UID:w\nRECURRENCE-ID:20260323T090000Z\nDTSTART:20260403T090000Z\nDTEND:20260403T100000Z",
        )
    )
    assert spans(harness) == ["03-26 09:00 - 03-26 10:00"]


def test_a_cancelled_occurrence_is_none(harness: Harness) -> None:
    """Cancelled events and cancelled occurrences of a series are not on the agenda."""
    harness.user_adds_events(
        ics(
            "UID:w\nDTSTART:20260323T090000Z\nDTEND:20260323T100000Z\nRRULE:FREQ=DAILY;COUNT=2",
            "UID:w\nRECURRENCE-ID:20260323T090000Z\nDTSTART:20260323T090000Z\nDTEND:20260323T100000Z\nSTATUS:CANCELLED",
            "UID:x\nDTSTART:20260323T120000Z\nDTEND:20260323T130000Z\nSTATUS:CANCELLED",
        )
    )
    assert spans(harness) == ["03-24 09:00 - 03-24 10:00"]


def test_a_series_keeps_its_wall_clock_over_a_clock_change(harness: Harness) -> None:
    """A daily event at nine stays at nine when summer time begins; an all-day one is an hour shorter."""
    harness.user_adds_events(
        ics(
            "DTSTART;TZID=Europe/Berlin:20260328T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3",
            "DTSTART;VALUE=DATE:20260329",
        )
    )
    assert spans(harness, MONDAY, MONDAY + timedelta(days=9)) == [
        "03-28 08:00 - 03-28 09:00",
        "03-28 23:00 - 03-29 22:00",
        "03-29 07:00 - 03-29 08:00",
        "03-30 07:00 - 03-30 08:00",
    ]


def test_a_duration_in_hours_is_elapsed_time(harness: Harness) -> None:
    """Three hours from one o'clock in the night of the change end at five, not at four."""
    harness.user_adds_events(ics("DTSTART;TZID=Europe/Berlin:20260329T010000\nDURATION:PT3H"))
    assert spans(harness) == ["03-29 00:00 - 03-29 03:00"]


def test_a_floating_series_with_floating_exceptions(harness: Harness) -> None:
    """A floating rule, its exception and its override all count in the user's zone."""
    harness.user_adds_events(
        ics(
            "UID:f\nDTSTART:20260323T090000\nDTEND:20260323T100000\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE:20260323T090000",
            "UID:f\nRECURRENCE-ID:20260324T090000\nDTSTART:20260324T110000\nDTEND:20260324T120000",
        )
    )
    assert spans(harness) == ["03-24 10:00 - 03-24 11:00", "03-25 08:00 - 03-25 09:00"]


def test_an_endless_all_day_series(harness: Harness) -> None:
    """A weekly all-day event without end is expanded within the span alone."""
    harness.user_adds_events(ics("DTSTART;VALUE=DATE:20200107\nRRULE:FREQ=WEEKLY"))
    assert spans(harness) == ["03-23 23:00 - 03-24 23:00"]


@pytest.mark.parametrize(
    ("lines", "fbtype"),
    [
        ("", FbType.BUSY),
        ("TRANSP:OPAQUE", FbType.BUSY),
        ("TRANSP:TRANSPARENT", FbType.FREE),
        ("STATUS:TENTATIVE", FbType.BUSY_TENTATIVE),
        ("STATUS:TENTATIVE\nTRANSP:TRANSPARENT", FbType.FREE),
        ("X-MICROSOFT-CDO-BUSYSTATUS:OOF", FbType.BUSY_UNAVAILABLE),
        ("X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE", FbType.BUSY_TENTATIVE),
        ("X-MICROSOFT-CDO-BUSYSTATUS:BUSY", FbType.BUSY),
        ("X-MICROSOFT-CDO-BUSYSTATUS:FREE", FbType.FREE),
    ],
)
def test_the_free_busy_type(harness: Harness, lines: str, fbtype: FbType) -> None:
    """An entry is free, busy, tentative or out of office as its event says."""
    harness.user_adds_events(ics(f"DTSTART:20260323T090000Z\nDTEND:20260323T100000Z\n{lines}"))
    assert [entry.fbtype for entry in harness.calendar.agenda(*WEEK)] == [fbtype]


def test_a_zone_of_the_file_itself(harness: Harness) -> None:
    """A zone that nobody knows is taken from the file's VTIMEZONE, and two files may mean two zones by one name."""
    for offset in ("+0500", "-0300"):
        zone = (
            "BEGIN:VTIMEZONE\r\nTZID:Customized\r\nBEGIN:STANDARD\r\nDTSTART:16010101T000000\r\n"
            f"TZOFFSETFROM:{offset}\r\nTZOFFSETTO:{offset}\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
        )
        raw = ics(f"UID:z{offset}\nDTSTART;TZID=Customized:20260323T100000\nDURATION:PT1H").decode()
        harness.user_adds_events(raw.replace("BEGIN:VEVENT", zone + "BEGIN:VEVENT").encode())
    assert spans(harness) == ["03-23 05:00 - 03-23 06:00", "03-23 13:00 - 03-23 14:00"]


def test_people_and_titles(harness: Harness) -> None:
    """An entry has its title and the addresses of organiser and attendees, rooms left out."""
    harness.user_adds_events(
        ics(
            """DTSTART:20260323T090000Z
            SUMMARY:Review\\, with Ann
            ORGANIZER;CN=Me:mailto:me@example.org
            ATTENDEE;CN=Ann:MAILTO:Ann@Acme.example
            ATTENDEE;CUTYPE=ROOM:mailto:room5@example.org"""
        )
    )
    entry = harness.calendar.agenda(*WEEK)[0]
    assert entry.title == "Review, with Ann"
    assert set(entry.people) == {"me@example.org", "ann@acme.example"}


def test_an_event_of_the_user_is_not_ours(harness: Harness) -> None:
    """An event on another calendar is the user's even if it bears our key: an invitation cannot pass for a hold."""
    harness.user_adds_events(ics("UID:cb1.0\nDTSTART:20260323T090000Z\nX-RINGBACK-KEY:cb1\nSUMMARY:Meeting"))
    assert [entry.key for entry in harness.calendar.agenda(*WEEK)] == [None]
    assert harness.calendar.find("cb1.0") is None


def test_the_agenda_is_sorted_and_fresh(harness: Harness) -> None:
    """Entries come by start, and an event added between two looks of one connection is seen."""
    calendar = harness.calendar
    harness.user_adds_events(ics("DTSTART:20260325T090000Z\nSUMMARY:b"))
    assert [entry.title for entry in calendar.agenda(*WEEK)] == ["b"]
    harness.user_adds_events(ics("UID:a\nDTSTART:20260324T090000Z\nSUMMARY:a"))
    assert [entry.title for entry in calendar.agenda(*WEEK)] == ["a", "b"]
