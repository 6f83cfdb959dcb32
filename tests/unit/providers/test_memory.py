"""The hook of the in-memory provider: faults where a test wants them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assistant.errors import TransientError
from tests.contract.harness import event, mail
from tests.contract.memory import MemoryHarness

if TYPE_CHECKING:
    from collections.abc import Callable


def failing(operation: str, moment: str) -> Callable[[str, str], None]:
    """Return a hook that fails one operation before or after its effect."""

    def hook(name: str, when: str) -> None:
        if (name, when) == (operation, moment):
            raise TransientError("memory", name, when)

    return hook


@pytest.mark.parametrize(("moment", "events"), [("before", 0), ("after", 1)])
def test_a_fault_comes_before_or_after_the_effect(moment: str, events: int) -> None:
    """A hook that raises before leaves nothing written, one that raises after leaves the event there."""
    harness = MemoryHarness()
    harness.state.hook = failing("calendar.put", moment)
    with pytest.raises(TransientError):
        harness.calendar.put(event())
    assert len(harness.state.events) == events


def test_every_operation_passes_the_hook() -> None:
    """Each method of the ports is announced before and after, by its name."""
    harness = MemoryHarness()
    seen: list[tuple[str, str]] = []
    harness.state.hook = lambda name, moment: seen.append((name, moment))
    mailbox, drafts, calendar = harness.mailbox, harness.drafts, harness.calendar
    ref = mailbox.append(mail(), "k")
    mailbox.set_state(ref, None)
    list(mailbox.fetch([ref]))
    draft = drafts.put(mail(), "k")
    drafts.delete(draft.ref, draft.etag)
    calendar.delete(calendar.put(event()))
    names = [
        "mailbox.append",
        "mailbox.set_state",
        "mailbox.fetch",
        "drafts.put",
        "drafts.delete",
        "calendar.put",
        "calendar.delete",
    ]
    assert seen == [(name, moment) for name in names for moment in ("before", "after")]
