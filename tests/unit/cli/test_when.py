"""Times in words: what is understood, in two languages, and what is refused."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from assistant.cli import when
from assistant.errors import UsageError

NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=NEW_YORK)


@pytest.mark.parametrize(
    ("text", "expected", "has_clock"),
    [
        ("tomorrow", "2026-11-24 00:00", False),
        ("tomorrow 10:00", "2026-11-24 10:00", True),
        ("tomorrow at 10", "2026-11-24 10:00", True),
        ("tomorrow at 3pm", "2026-11-24 15:00", True),
        ("next Friday", "2026-11-27 00:00", False),
        ("this friday 15:30", "2026-11-27 15:30", True),
        ("monday", "2026-11-30 00:00", False),
        ("in 2 hours", "2026-11-23 10:00", True),
        ("in 3 days", "2026-11-26 00:00", False),
        ("next week", "2026-11-30 00:00", False),
        ("10:00", "2026-11-23 10:00", True),
        ("7:00", "2026-11-24 07:00", True),
        ("1 December", "2026-12-01 00:00", False),
        ("2026-12-01", "2026-12-01 00:00", False),
        ("2026-12-01T09:30", "2026-12-01 09:30", True),
        ("2026-12-01T09:30:00+01:00", "2026-12-01 03:30", True),
        ("today", "2026-11-23 00:00", False),
    ],
)
def test_english_is_understood(text: str, expected: str, has_clock: bool) -> None:  # noqa: FBT001  a column of the table
    """A time in English or ISO 8601 is to come, in the user's zone, and tells whether it names a clock."""
    found = when.read(text, NEW_YORK, NOW, "en")
    assert (f"{found.at:%Y-%m-%d %H:%M}", found.has_clock) == (expected, has_clock)
    assert found.at.tzinfo is NEW_YORK


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("morgen um 10 Uhr", "2026-11-24 10:00"),
        ("morgen 9.30 Uhr", "2026-11-24 09:30"),
        ("nächsten Freitag 15:00", "2026-11-27 15:00"),
        ("übermorgen", "2026-11-25 00:00"),
        ("tomorrow 10:00", "2026-11-24 10:00"),
    ],
)
def test_german_is_understood_beside_english(text: str, expected: str) -> None:
    """A user whose language is German may write German or English."""
    assert f"{when.read(text, NEW_YORK, NOW, 'de').at:%Y-%m-%d %H:%M}" == expected


@pytest.mark.parametrize("text", ["", "later", "whenever", "yesterday", "2026-11-22", "2026-11-23T07:59", "99:99"])
def test_what_is_past_or_unclear_is_refused(text: str) -> None:
    """A time that is over, or that nobody can tell, is wrong usage."""
    with pytest.raises(UsageError):
        when.read(text, NEW_YORK, NOW, "en")


def test_a_time_that_the_clocks_leave_out_is_the_hour_after() -> None:
    """In the night of the change to summer time, half past two is half past three."""
    before = datetime(2027, 3, 13, 8, 0, tzinfo=NEW_YORK)
    assert f"{when.read('2027-03-14T02:30', NEW_YORK, before, 'en').at:%H:%M %Z}" == "03:30 EDT"
