"""`why`: what took the better times, in sentences with names, from the last plan alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.cli.process import Home, copied, fresh, id_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Make a home after its first sync; tests only look at it."""
    home = fresh(tmp_path_factory.mktemp("home") / "dana")
    assert home.run("sync").code == 0
    return home


def test_the_one_who_has_the_better_time_is_named(synced: Home) -> None:
    """The last call of the slot is told of those before it, by name, id, urgency and due date."""
    last = id_of(synced, "Corvid Couriers")
    first = id_of(synced, "PALMETTO TITLE CO")
    shown = synced.run("why", last).out
    assert f"taken by PALMETTO TITLE CO [{first}] (bucket today, due 17:00 on Fri 6 November)" in shown
    assert "number 6 of 6 to call: 3 more urgent, 2 due sooner" in shown
    time = synced.ask("why", last)["time"]
    assert (time["current"], time["place"], time["of"]) == (True, 6, 6)
    assert first in time["passed"][0]["by"]
    assert time["start"] == synced.ask("why", last)["hold"]["start"]


def test_a_rule_that_forbids_a_better_time_is_named(synced: Home) -> None:
    """A call that cannot wait is told of the hours in which the callee may be called."""
    shown = synced.run("why", id_of(synced, "Jude Falkner")).out
    assert "Fri 13 Nov 08:00-08:55: outside the hours in which the callee may be called" in shown
    assert "number 1 of 6 to call\n" in shown


def test_a_time_that_a_draft_names_is_said_to_be_fixed(synced: Home) -> None:
    """An offered time is kept, and `why` says on account of what."""
    assert synced.ask("why", id_of(synced, "Winona Castle"))["time"]["fixed_by"] == "a draft names this time"


def test_a_call_with_no_better_time_says_so(synced: Home) -> None:
    """The first in the slot needs no excuse."""
    assert "No time would have been better." in synced.run("why", id_of(synced, "PALMETTO TITLE CO")).out


def test_a_decision_that_is_not_planned_yet_is_said_to_be_so(synced: Home, tmp_path: Path) -> None:
    """After a hold went away `why` does not explain the old time."""
    home = copied(synced, tmp_path / "dana")
    one = id_of(home, "Corvid Couriers")
    assert home.run("snooze", one, "2026-11-20").code == 0
    assert home.ask("why", one)["time"]["current"] is True
    assert "not in the time asked for" in home.run("why", one).out
    for path in (home.path / "calendar").glob("*.ics"):
        if "Corvid" in path.read_text():
            path.unlink()
    home.run("done", one, "--no-sync")
    assert home.ask("why", one)["time"] is None


def test_nothing_is_explained_before_the_first_plan(tmp_path: Path) -> None:
    """A callback that was only noted has no time, and that is no error."""
    home = fresh(tmp_path / "dana", ())
    assert home.run("add", "Ann Byrne +353 1 555 0123", "--no-sync").code == 0
    one = id_of(home, "Ann Byrne")
    assert home.ask("why", one)["time"] is None
    assert home.run("why", one).code == 0


def test_a_promise_on_top_of_an_appointment_is_said_to_be_so(synced: Home, tmp_path: Path) -> None:
    """The promise stands, the command says what else is then, and so does `why`; what fixes it is told once."""
    home = copied(synced, tmp_path / "dana")
    one, two = id_of(home, "Corvid Couriers"), id_of(home, "PALMETTO TITLE CO")
    assert "clash" not in home.run("promise", two, "Tuesday 11:00").err
    ran = home.run("promise", one, "Tuesday 11:05")
    assert (ran.code, ran.err.count("clash: callback")) == (0, 1)
    shown = home.run("why", one).out
    assert "on top of the call fixed at 11:00" in shown
    assert shown.count("you promised this time") == 1
