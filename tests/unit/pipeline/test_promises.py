"""Promises: kept, late or missed, and what follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assistant.ledger import decisions
from assistant.model.callback import DraftStatus
from assistant.model.journal import Outcome, Verdict
from assistant.model.mailbox import Label
from assistant.model.planning import Bucket
from tests.unit.pipeline.desk import ANN

if TYPE_CHECKING:
    from tests.unit.pipeline.desk import Desk


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """Ann was promised a call on Wednesday at 11:00."""
    desk.missed("Ann Byrne", ANN, "2026-11-13 15:10")
    desk.sync()
    decisions.promise(desk.ledger, desk.id("Ann Byrne"), desk.moment("2026-11-18 11:00"))
    desk.sync()
    return desk


def settled(desk: Desk) -> None:
    """Run a pass; the one after it must find nothing to do and nothing wrong."""
    desk.sync()
    assert desk.sync().nothing_to_do
    assert desk.faults() == []


def test_a_promise_has_its_hold_at_that_time(desk: Desk) -> None:
    """A promised call stands at the promised time, blocks it, says so and rings five minutes before."""
    event = desk.event("Ann Byrne")
    assert desk.start("Ann Byrne") == "Wed 18 11:00"
    assert event.opaque
    assert event.summary == "Call Ann Byrne 11:00 (promised)"
    assert [str(one) for one in event.reminders] == ["0:05:00"]


def test_a_promise_shows_on_the_mail(desk: Desk) -> None:
    """The mails of a promised call say Promised."""
    assert [mail.label for mail in desk.state.mails.values()] == [Label.PROMISED]


def test_a_meeting_on_a_promise_is_a_clash(desk: Desk) -> None:
    """A promised call does not give way to a meeting: the user is told."""
    desk.busy("2026-11-18 10:30", 60)
    report = desk.sync()
    assert desk.start("Ann Byrne") == "Wed 18 11:00"
    assert len(report.clashes) == 1


@pytest.mark.parametrize(("at", "verdict"), [("11:10", Verdict.KEPT), ("11:40", Verdict.LATE)])
def test_a_call_settles_the_promise(desk: Desk, at: str, verdict: Verdict) -> None:
    """A call within a quarter of an hour keeps the promise, a later one is late."""
    desk.at(f"2026-11-18 {at}")
    decisions.close(desk.ledger, desk.id("Ann Byrne"), Outcome.REACHED)
    settled(desk)
    assert [one.verdict for one in desk.callback("Ann Byrne").promises] == [verdict]


def test_a_missed_promise_is_for_now(desk: Desk) -> None:
    """A promise that passed without a call is missed; the call is for now, and overdue since it first was."""
    desk.at("2026-11-18 13:00")
    settled(desk)
    callback = desk.callback("Ann Byrne")
    assert [one.verdict for one in callback.promises] == [Verdict.MISSED]
    assert callback.rank is not None
    assert (callback.rank.bucket, callback.rank.due) == (Bucket.NOW, desk.moment("2026-11-16 17:00"))
    assert desk.start("Ann Byrne") == "Wed 18 13:00"


def test_a_missed_promise_gets_an_apology(desk: Desk) -> None:
    """Who was promised a call that did not come gets a draft that says sorry."""
    desk.at("2026-11-18 13:00")
    settled(desk)
    assert desk.draft_states("Ann Byrne") == [("apology", DraftStatus.STANDING)]


def test_a_second_promise_takes_the_hold_along(desk: Desk) -> None:
    """A new time told to the caller moves the hold there."""
    decisions.promise(desk.ledger, desk.id("Ann Byrne"), desk.moment("2026-11-19 15:00"))
    settled(desk)
    assert desk.start("Ann Byrne") == "Thu 19 15:00"


def test_a_promised_time_in_a_slot_stays_transparent(desk: Desk) -> None:
    """A promise inside the slot does not block that time twice."""
    decisions.promise(desk.ledger, desk.id("Ann Byrne"), desk.moment("2026-11-18 16:10"))
    settled(desk)
    assert not desk.event("Ann Byrne").opaque
