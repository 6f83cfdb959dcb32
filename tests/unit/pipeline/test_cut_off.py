"""A pass that is killed at any call of a provider, before or after its effect, and simply run again."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from assistant.ledger import decisions
from assistant.model.journal import Outcome
from assistant.standards import compose
from tests.unit.pipeline.desk import ANN, BO, CY, DI, CutError, Desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CALLS = 64
"""At least the calls, before and after each, that the busy pass makes."""


def busy_desk(root: Path) -> Desk:
    """Return a desk with work of every kind for the next pass: new, moved, removed, edited, sent, re-timed."""
    desk = Desk(root, "2026-11-16 08:00")
    for name, number in (("Ann Byrne", ANN), ("Bo Tan", BO), ("Cy Dunn", CY)):
        desk.contact(name, number, address=f"{name[:2].lower()}@callers.example")
        desk.missed(name, number, "2026-11-13 15:10")
    desk.sync()
    desk.drag("Ann Byrne", "2026-11-18 11:00")
    desk.drag("Bo Tan", "2026-11-18 12:00")
    desk.sync()
    desk.drag("Ann Byrne", "2026-11-19 11:00")
    desk.retitle("Cy Dunn", "left message {}")
    decisions.close(desk.ledger, desk.id("Bo Tan"), Outcome.HANDLED_ELSEWHERE)
    desk.voicemail("Cy Dunn", CY, "2026-11-13 15:12")
    desk.missed("Di Okafor", DI, "2026-11-16 07:30")
    desk.busy("2026-11-16 15:45", 75)
    return desk


def final(desk: Desk) -> object:
    """Return all that a user can see, and the ledger's view of it, without versions and ids of the service."""
    events = sorted((one.uid.split("-")[-1], one.start, one.end, one.summary) for one in desk.state.events.values())
    drafts = sorted(compose.text_of(draft.raw) for draft in desk.state.drafts.values())
    labels = [mail.label for mail in desk.state.mails.values()]
    return events, drafts, labels, list(_ledger(desk))


def _ledger(desk: Desk) -> Iterator[object]:
    for one in desk.ledger.callbacks():
        hold = one.hold and (one.hold.start, one.hold.pinned, one.hold.edited, one.hold.gone)
        drafts = sorted((draft.purpose, draft.status, draft.named_time) for draft in one.drafts)
        yield one.id, one.status, one.outcome, one.until, len(one.calls), len(one.attempts), one.promises, hold, drafts


def cut(desk: Desk, at: int) -> bool:
    """Run a pass that is killed at the given call; tell whether it came so far. It makes no more than `CALLS`."""
    calls = itertools.count()

    def hook(_name: str, _when: str) -> None:
        call = next(calls)
        assert call < CALLS
        if call == at:
            raise CutError

    try:
        desk.faulty(hook)
    except CutError:
        return True
    return False


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The busy desk, to be copied."""
    return busy_desk(tmp_path_factory.mktemp("busy"))


@pytest.fixture(scope="module")
def uncut(busy: Desk, tmp_path_factory: pytest.TempPathFactory) -> object:
    """What the busy pass leads to when nothing goes wrong."""
    desk = busy.copy(tmp_path_factory.mktemp("uncut"))
    assert not cut(desk, CALLS)
    desk.sync()
    return final(desk)


@pytest.mark.parametrize("at", range(CALLS))
def test_a_pass_cut_off_and_run_again_ends_the_same(tmp_path: Path, busy: Desk, uncut: object, at: int) -> None:
    """Wherever a pass is killed, the next one leads to what an uncut pass leads to."""
    desk = busy.copy(tmp_path)
    cut(desk, at)
    desk.sync()
    desk.sync()
    assert final(desk) == uncut
    assert desk.faults() == []
