"""The facts of the digest, read from a ledger that passes have filled."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from assistant.ledger import decisions, undo
from assistant.model.journal import AttemptResult, FaultAsked, Outcome, SlotLost, Subject
from assistant.model.planning import Bucket
from assistant.model.speech import DigestFacts, QuestionKind
from assistant.pipeline.digesting import digest_facts
from tests.world import World, new_york

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Return a Monday morning on which two people have called."""
    world = World(tmp_path, "2026-11-16 08:00")
    world.missed_call("Ann Byrne", "2125550141", "2026-11-13 15:10")
    world.voicemail("Bo Tan", "2125550142", "2026-11-14 10:30")
    world.sync()
    assert world.sync().nothing_to_do
    return world


def _facts(world: World) -> DigestFacts:
    return digest_facts(world.parts())


def _asked(world: World) -> list[tuple[QuestionKind, str]]:
    return [(question.kind, question.id) for question in _facts(world).questions]


def test_nobody_is_owed_a_call(tmp_path: Path) -> None:
    """An empty ledger makes an empty digest."""
    world = World(tmp_path, "2026-11-16 08:00")
    assert _facts(world) == DigestFacts(now=world.clock.moment)


def test_callers_stand_in_the_order_to_call(world: World) -> None:
    """The digest counts by bucket, names who waits longest, and lists callers by the time of their holds."""
    facts = _facts(world)
    assert sum(one.count for one in facts.counts) == 2
    assert facts.oldest is not None
    assert facts.oldest.caller.name == "Ann Byrne"
    assert facts.oldest.waiting_since == new_york("2026-11-13 15:10")
    starts = [item.start for item in facts.items if item.start is not None]
    assert starts == sorted(starts)
    assert len(starts) == 2
    assert facts.items[0].caller.number_display == "+1 212-555-0141"
    assert facts.items[0].caller.tel_uri == "tel:+12125550141"
    assert facts.questions == ()


def test_a_promise_is_listed(world: World) -> None:
    """A time told to a caller stands among the promises."""
    at = new_york("2026-11-17 11:00")
    decisions.promise(world.ledger(), world.id("Bo Tan"), at)
    assert [(item.caller.name, item.promised_at) for item in _facts(world).promises] == [("Bo Tan", at)]


def test_a_deleted_hold_is_asked_about(world: World) -> None:
    """A hold that the user deleted is a question, and its caller has no time for the stated reason."""
    world.remove("Bo Tan")
    world.sync()
    assert _asked(world) == [(QuestionKind.HOLD_DELETED, world.id("Bo Tan"))]
    (item,) = [item for item in _facts(world).items if item.caller.name == "Bo Tan"]
    assert item.start is None
    assert "you deleted its hold" in item.no_hold


def test_a_time_that_passed_is_asked_about(world: World) -> None:
    """On the morning after, calls whose time passed without a word are asked about, also after they got a new time."""
    asked = [(QuestionKind.HOLD_OVER, world.id(name)) for name in ("Ann Byrne", "Bo Tan")]
    before = {world.id(name): world.hold(name).start for name in ("Ann Byrne", "Bo Tan")}
    world.at("2026-11-17 08:45")
    assert _asked(world) == asked
    world.sync()
    assert world.start("Ann Byrne")[:3] == "Tue"
    assert _asked(world) == asked
    assert {question.id: question.at for question in _facts(world).questions} == before


def test_an_answer_ends_the_question(world: World) -> None:
    """Who says how a call went is not asked; who takes that back is."""
    ann, bo = world.id("Ann Byrne"), world.id("Bo Tan")
    world.at("2026-11-17 08:45")
    world.sync()
    decisions.close(world.ledger(), ann, Outcome.REACHED)
    decisions.attempt(world.ledger(), bo, AttemptResult.NO_ANSWER, None)
    assert _asked(world) == []
    undo.undo(world.ledger())
    assert _asked(world) == [(QuestionKind.HOLD_OVER, bo)]


def test_an_old_question_is_not_repeated_for_ever(world: World) -> None:
    """A time that passed before the last working day is no longer asked about; the weekend is none."""
    world.at("2026-11-17 08:45")
    world.sync()
    for name in ("Ann Byrne", "Bo Tan"):
        decisions.snooze(world.ledger(), world.id(name), new_york("2026-11-20 10:00"))
    world.sync()
    world.at("2026-11-23 08:45")
    assert len(_asked(world)) == 2
    world.at("2026-11-24 08:45")
    assert _asked(world) == []


def test_a_vanished_calendar_is_a_question(world: World) -> None:
    """Many holds gone at once, or the calendar itself, is asked about until the user answers."""
    ledger = world.ledger()
    with ledger.change("test"):
        ledger.append(Subject("calendar"), FaultAsked(what="5 holds vanished", count=5))
    (question,) = _facts(world).questions
    assert (question.kind, question.count) == (QuestionKind.HOLDS_GONE, 5)
    with ledger.change("test"):
        ledger.append(Subject("calendar"), FaultAsked(what="the calendar is missing", count=0))
    assert _asked(world) == [(QuestionKind.CALENDAR_MISSING, "")]


def test_a_lost_slot_waits_for_a_word(world: World) -> None:
    """A day without room is named until the user acknowledges it or the day is over."""
    ledger = world.ledger()
    with ledger.change("test"):
        ledger.append(Subject("slot-2026-12-10"), SlotLost(why="no free hour"))
        ledger.append(Subject("slot-2026-11-13"), SlotLost(why="long ago"))
    assert [(lost.date, lost.why) for lost in _facts(world).lost_days] == [(date(2026, 12, 10), "no free hour")]
    decisions.acknowledge(ledger, date(2026, 12, 10))
    assert _facts(world).lost_days == ()


def test_who_is_not_to_be_called_is_counted_only(world: World) -> None:
    """A caller in the bucket never stands in no list."""
    bo = world.id("Bo Tan")
    decisions.set_bucket(world.ledger(), bo, Bucket.NEVER)
    world.sync()
    facts = _facts(world)
    assert [item.caller.name for item in facts.items] == ["Ann Byrne"]
    assert {one.bucket: one.count for one in facts.counts}[Bucket.NEVER] == 1


def test_mails_in_the_bin_are_counted(world: World) -> None:
    """A forged notice waits for a look until it is looked at or deleted."""
    world.deliver("Missed call from Eve <2125550149>", "You missed a call.\nhttp://203.0.113.9/x\n", "2026-11-16 07:00")
    world.sync()
    assert _facts(world).review == 1


def test_a_trouble_comes_first(world: World) -> None:
    """What the service has to tell stands before all other questions."""
    world.remove("Bo Tan")
    world.sync()
    questions = digest_facts(world.parts(), ["sign in again"]).questions
    assert [question.kind for question in questions] == [QuestionKind.OTHER, QuestionKind.HOLD_DELETED]
    assert questions[0].text == "sign in again"


def test_the_template_says_it_all(world: World) -> None:
    """The digest in words names callers, numbers, times and the command for each question."""
    world.remove("Bo Tan")
    world.sync()
    letter = world.parts().words.digest(_facts(world))
    assert letter.subject == "2 calls to return"
    assert "1. Ann Byrne, +1 212-555-0141: Monday 16 November, 16:00 EST" in letter.body
    assert f"ringback done {world.id('Bo Tan')}" in letter.body
