"""The life of one week. Read it aloud: it explains the product."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assistant.ledger import decisions, undo
from assistant.ledger.journal import slot_subject
from assistant.model.callback import DraftStatus, Gone, Status
from assistant.model.journal import Outcome
from assistant.model.planning import Bucket
from assistant.pipeline import checking
from tests.exchange_world import ExchangeWorld, ForeignWorld
from tests.google_world import GoogleWorld
from tests.microsoft365_world import Microsoft365World
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=[World, GoogleWorld, ExchangeWorld, ForeignWorld, Microsoft365World])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """The same user with files, Google, Exchange, another server that speaks its protocol, and Microsoft 365."""
    opened: World = request.param(tmp_path, "2026-11-16 08:00")
    with opened:
        yield opened


def test_a_week(world: World) -> None:  # noqa: PLR0915  a week is a long story
    """One user lives with Ringback from Monday to Friday, and nobody who called is forgotten."""
    world.contact("Ann Byrne", "+1 212 555 0141", "ann@byrne.example")

    # Over the weekend three people called. On Monday morning each has a place in the call time of that day.
    world.missed_call("Ann Byrne", "2125550141", "2026-11-13 15:10")
    world.voicemail("Bo Tan", "2125550142", "2026-11-14 10:30")
    world.missed_call("Cy Dunn", "2125550143", "2026-11-15 18:45")
    world.sync()
    assert world.slot("2026-11-16") == "16:00-16:45"
    assert {world.start(name)[:6] for name in ("Ann Byrne", "Bo Tan", "Cy Dunn")} == {"Mon 16"}
    assert world.title("Ann Byrne") == "Call Ann Byrne"
    assert "+1 212-555-0141" in world.description("Ann Byrne")
    assert world.sync().nothing_to_do

    # A meeting lands on the call time: it moves the same day, says so, and takes the calls along.
    world.at("2026-11-16 09:30")
    world.meeting("Budget", "2026-11-16 15:45", 75)
    world.sync()
    assert world.slot("2026-11-16") == "14:55-15:40"
    assert "moved" in world.slot_title("2026-11-16")
    assert all("14:55" <= world.start(name)[4:] < "15:40" for name in ("Ann Byrne", "Bo Tan", "Cy Dunn"))

    # Dana drags Ann's call to Wednesday. There it stays, whatever else happens, and Ann can be told so.
    world.drag("Ann Byrne", "2026-11-18 11:00")
    world.sync()
    assert world.start("Ann Byrne") == "Wed 11:00"
    assert world.hold("Ann Byrne").pinned
    (draft,) = world.draft_texts()
    assert b"Wednesday 18 November, 11:00" in draft
    assert b"ann@byrne.example" in draft

    # She edits the draft: the words are hers from now on.
    world.edit_draft("thank you for your call", "good to hear from you")
    world.sync()
    assert [draft.status for draft in world.callback("Ann Byrne").drafts] == [DraftStatus.EDITED]
    assert b"good to hear from you" in world.draft_texts()[0]

    # She deletes Bo's hold. It is not put back and Bo is not closed: she is asked.
    world.remove("Bo Tan")
    world.sync()
    bo = world.callback("Bo Tan")
    assert (bo.status, world.hold("Bo Tan").gone) == (Status.OPEN, Gone.BY_USER)
    assert not world.is_on_calendar("Bo Tan")
    assert "you deleted its hold" in (bo.no_hold or "")

    # She calls Cy and ticks the title on her phone: done, and the event stays as evidence.
    world.at("2026-11-16 15:20")
    world.retitle("Cy Dunn", "✓ {}")
    world.sync()
    assert world.callback("Cy Dunn").outcome == Outcome.REACHED
    assert world.title("Cy Dunn") == "✓ Call Cy Dunn"

    # She sends Ann the draft. The time in it is a promise now.
    world.send_draft()
    world.sync()
    assert [f"{promise.at:%a %H:%M}" for promise in world.callback("Ann Byrne").promises] == ["Wed 11:00"]
    assert world.title("Ann Byrne") == "Call Ann Byrne 11:00 (promised)"

    # On Tuesday a customer rings three times within the hour: that is for now, not for the call time.
    world.at("2026-11-17 10:05")
    for minute in ("09:20", "09:41", "10:02"):
        world.missed_call("Di Okafor", "2125550144", f"2026-11-17 {minute}")
    world.sync()
    di = world.callback("Di Okafor")
    assert len(di.calls) == 3
    assert di.rank is not None
    assert di.rank.bucket == Bucket.NOW
    assert world.start("Di Okafor") == "Tue 10:05"

    # She closes Di by mistake and takes it back: the hold is a call to make again.
    ledger = world.ledger()
    decisions.close(ledger, di.id, Outcome.REACHED)
    world.sync()
    assert world.title("Di Okafor").startswith("✓")
    undo.undo(ledger)
    world.sync()
    assert world.callback("Di Okafor").status == Status.OPEN
    assert world.title("Di Okafor") == "Call Di Okafor"

    # The hold passes without a word of how it went. That is not done: it moves on, with its true age.
    world.at("2026-11-17 15:00")
    world.sync()
    assert world.callback("Di Okafor").status == Status.OPEN
    assert world.start("Di Okafor") == "Tue 15:00"
    assert world.callback("Di Okafor").waiting_since == di.waiting_since

    # On Wednesday she keeps her promise to Ann, and calls Di.
    world.at("2026-11-18 11:06")
    decisions.close(world.ledger(), world.id("Ann Byrne"), Outcome.REACHED)
    decisions.close(world.ledger(), di.id, Outcome.UPDATE_GIVEN)
    world.sync()
    assert [promise.verdict for promise in world.callback("Ann Byrne").promises] == ["kept"]

    # On Friday Ann rings again: a new debt, linked to the old one. Bo is still owed a call, and she says so.
    world.at("2026-11-20 08:00")
    world.missed_call("Ann Byrne", "2125550141", "2026-11-19 19:00")
    world.sync()
    assert world.callback("Ann Byrne").previous == "1"
    decisions.restore(world.ledger(), [world.id("Bo Tan")])
    world.sync()
    assert world.start("Bo Tan").startswith("Fri")

    # All promises of the ledger hold, and there is nothing left to do.
    assert checking.faults(world.parts()) == []
    assert world.sync().nothing_to_do
    assert slot_subject(world.clock.now().date()) in {slot.id for slot in world.ledger().slots()}


@pytest.mark.parametrize("name", ["Ann Byrne", "J. Müller-Lüdenscheidt"])
def test_a_second_pass_changes_nothing(world: World, name: str) -> None:
    """A pass without news writes nothing at all."""
    world.voicemail(name, "2125550141", "2026-11-13 15:10")
    assert not world.sync().nothing_to_do
    before = world.everything_planned()
    assert world.sync().nothing_to_do
    assert world.everything_planned() == before


def test_a_meeting_of_every_week_keeps_its_time(world: World) -> None:
    """A series that began a month ago is in the way this week, and stays where it is."""
    world.meeting("Jour fixe", "2026-10-19 15:45", 75, "FREQ=WEEKLY;BYDAY=MO")
    world.missed_call("Ann Byrne", "2125550141", "2026-11-13 15:10")
    world.sync()
    assert world.slot("2026-11-16") == "14:55-15:40"
    assert world.start("Ann Byrne") == "Mon 14:55"
    assert world.sync().nothing_to_do
