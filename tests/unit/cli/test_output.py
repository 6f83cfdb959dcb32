"""What reaches the terminal."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import click
import pytest

from assistant.cli import callers, output
from assistant.cli.adding import read
from assistant.cli.times import Times
from assistant.cli.views import Who
from assistant.errors import UsageError

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    "text", ["\x1b[2Jhi", "a\x9bb", "\u202eabc", "zero\u200bwidth", "tag\U000e0041", "new\u2028line"]
)
def test_json_shows_no_control_character_and_loses_none(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What could steer a terminal is written as an escape, which reads back as the same text."""
    output.print_json({"text": text})
    shown = capsys.readouterr().out
    assert shown.rstrip("\n").isprintable()
    assert json.loads(shown) == {"text": text}


def test_only_our_own_bold_stays() -> None:
    """A heading keeps its bold; sequences inside it and elsewhere go."""
    assert output.safe(output.heading("Ann \x1b[31mred")) == click.style("Ann red", bold=True)
    assert output.safe("Ann \x1b[1mbold\x1b[0m") == "Ann bold"


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("+12125550147", "+1 212 555 0147"),
        ("+33123456789", "+33 1 23 45 67 89"),
        ("+35315550123", "+353 15550123"),
        ("+4930123456", "+49 30123456"),
        ("+79161234567", "+7 9161234567"),
        ("12345", "12345"),
    ],
)
def test_numbers_are_set_apart_from_their_country(number: str, expected: str) -> None:
    """The country code stands by itself; groups follow where they are always the same."""
    assert callers.spaced(number) == expected


def test_a_caller_is_told_by_what_is_known() -> None:
    """Name and number, else the extension, else that there is nothing."""
    assert callers.label_of(Who(name="Ann", number="+12125550147", extension=None)) == "Ann  +1 212 555 0147"
    assert callers.label_of(Who(name=None, number=None, extension="223")) == "ext. 223"
    assert callers.label_of(Who(name="Ann", number=None, extension=None)) == "Ann"
    assert callers.label_of(Who(name=None, number=None, extension=None)) == "number withheld"


@pytest.mark.parametrize(
    ("hours", "expected"),
    [(0, "0 min"), (0.5, "30 min"), (5, "5 h"), (24, "1 day"), (72, "3 days"), (24 * 15, "2 weeks")],
)
def test_waiting_is_told_in_the_largest_unit_that_fits(hours: float, expected: str) -> None:
    """Minutes below an hour, hours below a day, days below two weeks, then weeks."""
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    at = datetime.fromtimestamp(now.timestamp() - hours * 3600, UTC)
    assert Times(NEW_YORK, now).since(at) == expected


def test_times_name_the_year_only_when_it_is_another() -> None:
    """A time of this year has no year, one of the next has; a span across midnight names both days."""
    times = Times(NEW_YORK, datetime(2026, 12, 30, 12, tzinfo=UTC))
    assert times.moment(datetime(2026, 12, 31, 14, tzinfo=UTC)) == "Thu 31 Dec 09:00"
    assert times.moment(datetime(2027, 1, 4, 14, tzinfo=UTC)) == "Mon 4 Jan 2027 09:00"
    night = times.span(datetime(2026, 12, 31, 4, 50, tzinfo=UTC), datetime(2026, 12, 31, 5, 10, tzinfo=UTC))
    assert night == "Wed 30 Dec 23:50-Thu 31 Dec 00:10"


def test_progress_is_silent_away_from_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Long work in a pipe shows no bar."""
    progress = output.Progress()
    progress("reading", 1, 1000)
    progress.close()
    assert capsys.readouterr() == ("", "")


def test_progress_is_shown_on_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Long work on a terminal shows a bar on stderr with its name; short work shows none."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    progress = output.Progress()
    progress("looking", 1, 3)
    for done in (100, 500, 1000):
        progress("reading", done, 1000)
    progress.close()
    out, err = capsys.readouterr()
    assert (out, "reading" in err, "looking" in err) == ("", True, False)


@pytest.mark.parametrize(
    ("text", "name", "number", "matter"),
    [
        ("Ann Byrne +353 1 555 0123 about the quote", "Ann Byrne", "+35315550123", "about the quote"),
        ("call Ann Byrne (+353 1 555 0123): the quote", "Ann Byrne", "+35315550123", "the quote"),
        ("+353 1 555 0123", None, "+35315550123", None),
        ("Ann Byrne about the quote", "Ann Byrne", None, "about the quote"),
        ("ring back Dr. Kern - results", "Dr. Kern", None, "results"),
        ("Frau Kern wegen Angebot 01 555 0123", "Frau Kern", "+35315550123", "wegen Angebot"),
        ("   ", None, None, None),
    ],
)
def test_a_line_is_name_number_and_matter(text: str, name: str | None, number: str | None, matter: str | None) -> None:
    """The name stands before the number or the matter; the rest is what it is about."""
    assert read(text, "IE") == (name, number, matter)


def test_two_numbers_in_a_line_are_refused() -> None:
    """Nobody knows which of two numbers to call."""
    with pytest.raises(UsageError, match="several numbers"):
        read("Ann +353 1 555 0123 or +353 1 555 0124", "IE")
