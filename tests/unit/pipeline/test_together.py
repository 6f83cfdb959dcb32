"""New events and labels are written together where a service takes them so, and each still fails by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assistant.errors import NotFoundError, ProviderError, TransientError
from assistant.model.mailbox import Label
from assistant.pipeline import run_pass
from providers.memory.calendar import MemoryCalendar
from providers.memory.mailbox import MemoryMailbox
from tests.unit.pipeline.desk import ANN, BO, CY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assistant.model.calendar import Event, EventRef
    from assistant.model.mailbox import Ref
    from assistant.pipeline import Parts, Report
    from providers.memory.state import State
    from tests.unit.pipeline.desk import Desk


class ManyEvents(MemoryCalendar):
    """Writes many at once; `wrong` come to nothing, and with `cut` all answers are lost."""

    def __init__(self, state: State, wrong: frozenset[str] = frozenset(), *, cut: bool = False) -> None:
        super().__init__(state)
        self.asked: list[int] = []
        self._wrong, self._cut = wrong, cut

    def put_new(self, events: Sequence[Event]) -> Sequence[EventRef | ProviderError]:
        self.asked.append(len(events))
        found = [self._one(event) for event in events]
        if self._cut:
            raise TransientError("memory", "calendar.put", "the answer was lost")
        return found

    def _one(self, event: Event) -> EventRef | ProviderError:
        if event.summary in self._wrong:
            return TransientError("memory", "calendar.put", "503 for a test")
        return self.put(event)


class ManyStates(MemoryMailbox):
    """Shows many labels at once; the messages of `gone` are gone."""

    def __init__(self, state: State, gone: frozenset[Ref] = frozenset()) -> None:
        super().__init__(state)
        self.asked: list[int] = []
        self._gone = gone

    def set_states(self, wanted: Mapping[Ref, Label | None]) -> Mapping[Ref, ProviderError]:
        self.asked.append(len(wanted))
        for ref, label in wanted.items():
            if ref not in self._gone:
                self.set_state(ref, label)
        return {ref: NotFoundError("memory", "mailbox.set_state", "gone") for ref in wanted if ref in self._gone}


@pytest.fixture
def three(desk: Desk) -> Desk:
    """Three people called."""
    for name, number in (("Ann Byrne", ANN), ("Bo Tan", BO), ("Cy Dunn", CY)):
        desk.missed(name, number, "2026-11-13 15:10")
    return desk


def on(desk: Desk, calendar: MemoryCalendar | None = None, mailbox: MemoryMailbox | None = None) -> Parts:
    """Return a pass with other services."""
    parts = desk.parts()
    account = parts.accounts["home"]
    account = account._replace(mailbox=mailbox or account.mailbox)
    return parts._replace(accounts={"home": account}, calendar=calendar or parts.calendar)


def settled(desk: Desk) -> Report:
    """Run a plain pass, and hold that nothing is left to do after it."""
    report = desk.sync()
    assert desk.sync().nothing_to_do
    assert desk.faults() == []
    return report


def test_new_events_go_together(three: Desk) -> None:
    """All slots and holds of a first pass are written with one call of the calendar, each once."""
    calendar = ManyEvents(three.state)
    assert run_pass(on(three, calendar)).failed == []
    assert calendar.asked == [len(three.state.events)]
    assert settled(three).nothing_to_do


def test_one_that_fails_stops_no_other(three: Desk) -> None:
    """The event that could not be written is named, the others stand, and the next pass writes it."""
    report = run_pass(on(three, ManyEvents(three.state, frozenset({"Call Bo Tan"}))))
    assert [failure.message for failure in report.failed] == ["memory calendar.put: 503 for a test"]
    assert three.title("Ann Byrne") == "Call Ann Byrne"
    settled(three)
    assert three.title("Bo Tan") == "Call Bo Tan"


def test_a_lost_answer_doubles_nothing(three: Desk) -> None:
    """When nobody knows what came of all of them, the next pass reads them back and writes none a second time."""
    report = run_pass(on(three, ManyEvents(three.state, cut=True)))
    written = dict(three.state.events)
    assert len(report.failed) == len(written) > 3
    settled(three)
    assert three.state.events == written


def test_labels_go_together(three: Desk) -> None:
    """All labels of a pass are shown with one call of the mailbox, after the events they speak of."""
    mailbox = ManyStates(three.state)
    assert run_pass(on(three, mailbox=mailbox)).failed == []
    assert mailbox.asked == [3]
    assert {mail.label for mail in three.state.mails.values()} == {Label.TO_CALL}
    assert settled(three).nothing_to_do


def test_a_message_that_is_gone_needs_no_label(three: Desk) -> None:
    """A message that went before it was labelled is noted as gone, and is no failure."""
    lost = next(iter(three.state.mails))
    report = run_pass(on(three, mailbox=ManyStates(three.state, frozenset({lost}))))
    assert report.failed == []
    three.state.delete_mail(lost)
    assert settled(three).nothing_to_do
