"""A template of the user's that fails on one caller costs that caller's words, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assistant import bootstrap
from assistant.ledger import decisions
from assistant.model.callback import DraftStatus
from assistant.model.journal import Outcome
from tests.unit.pipeline.desk import ANN, BO

if TYPE_CHECKING:
    from tests.unit.pipeline.desk import Desk


def with_template(desk: Desk, name: str, text: str) -> None:
    """Let the user's own template stand over ours."""
    folder = desk.places.templates / "en"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    desk.words = bootstrap.words(desk.settings, desk.places)


BOOM = "{% if caller.name == 'Bo Tan' %}{{ 1 // 0 }}{% endif %}"


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """Ann and Bo called on Friday."""
    desk.contact("Bo Tan", BO, address="bo@tan.example")
    desk.missed("Ann Byrne", ANN, "2026-11-13 15:10")
    desk.missed("Bo Tan", BO, "2026-11-13 16:10")
    return desk


def test_a_hold_gets_bare_words(desk: Desk) -> None:
    """A caller on whom the hold's template fails has a hold with name and number; the other has all the words."""
    with_template(desk, "hold.txt.j2", f"{BOOM}Ring {{{{ caller.name }}}}.\n")
    report = desk.sync()
    assert desk.title("Bo Tan") == "Call Bo Tan"
    assert desk.event("Bo Tan").description == "+1 212-555-0142\ntel:+12125550142"
    assert desk.event("Ann Byrne").description == "Ring Ann Byrne."
    assert [problem.partition(": ")[0] for problem in report.problems] == [desk.id("Bo Tan")]


def test_the_fault_names_the_file(desk: Desk) -> None:
    """The report says which template failed."""
    with_template(desk, "hold.txt.j2", f"{BOOM}Ring {{{{ caller.name }}}}.\n")
    assert "hold.txt.j2" in desk.sync().problems[0]


def test_bare_words_are_written_once(desk: Desk) -> None:
    """A template that keeps failing does not write the same hold again and again."""
    with_template(desk, "hold.txt.j2", f"{BOOM}Ring {{{{ caller.name }}}}.\n")
    desk.sync()
    assert desk.sync().nothing_to_do
    assert desk.faults() == []


def test_a_bare_hold_is_ticked_too(desk: Desk) -> None:
    """The evidence of a call made has its tick, whatever the template does."""
    with_template(desk, "hold.txt.j2", f"{BOOM}Ring {{{{ caller.name }}}}.\n")
    desk.sync()
    desk.at("2026-11-16 16:15")
    decisions.close(desk.ledger, desk.id("Bo Tan"), Outcome.REACHED)
    desk.sync()
    assert desk.title("Bo Tan") == "✓ Call Bo Tan"


def test_a_slot_gets_bare_words(desk: Desk) -> None:
    """A slot whose list cannot be written still stands."""
    with_template(desk, "slot.txt.j2", "{% for one in calls if one.caller.name == 'Bo Tan' %}{{ 1 // 0 }}{% endfor %}x")
    desk.sync()
    assert desk.slots("2026-11-16") == ["16:00-16:45"]
    assert desk.sync().nothing_to_do


def test_a_letter_that_fails_is_no_draft(desk: Desk) -> None:
    """Without words there is no draft; the other caller has one."""
    with_template(desk, "will_call_at.txt.j2", f"{BOOM}I will call at {{{{ at | moment }}}}.\n")
    desk.sync()
    desk.drag("Ann Byrne", "2026-11-18 11:00")
    desk.drag("Bo Tan", "2026-11-18 12:00")
    report = desk.sync()
    assert desk.draft_states("Ann Byrne") == [("will_call_at", DraftStatus.STANDING)]
    assert desk.draft_states("Bo Tan") == []
    assert len(report.problems) == 1


def test_a_standing_draft_stays_when_its_template_breaks(desk: Desk) -> None:
    """A draft that still names the right time needs no new words."""
    desk.sync()
    desk.drag("Bo Tan", "2026-11-18 12:00")
    desk.sync()
    with_template(desk, "will_call_at.txt.j2", f"{BOOM}I will call at {{{{ at | moment }}}}.\n")
    assert desk.sync().nothing_to_do
    assert desk.draft_states("Bo Tan") == [("will_call_at", DraftStatus.STANDING)]


def test_a_draft_that_cannot_be_written_anew_goes(desk: Desk) -> None:
    """A draft whose time is no longer that of the hold does not stay for want of words."""
    desk.sync()
    desk.drag("Bo Tan", "2026-11-18 12:00")
    desk.sync()
    with_template(desk, "will_call_at.txt.j2", f"{BOOM}I will call at {{{{ at | moment }}}}.\n")
    desk.drag("Bo Tan", "2026-11-19 12:00")
    desk.sync()
    assert desk.draft_states("Bo Tan") == [("will_call_at", DraftStatus.REMOVED)]
    assert desk.faults() == []
