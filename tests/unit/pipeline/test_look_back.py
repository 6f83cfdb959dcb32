"""How far back mail counts, and what need not be read again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from assistant.ledger import heard
from assistant.model.callback import DraftStatus
from assistant.pipeline import run_pass
from providers.memory.mailbox import MemoryMailbox
from tests.unit.pipeline.desk import ANN, BO

if TYPE_CHECKING:
    from datetime import datetime

    from assistant.model.mailbox import Cursor, MailChanges
    from tests.unit.pipeline.desk import Desk


class LooksBack(MemoryMailbox):
    """Leaves out what came before the look-back, as services do that hold mail of twenty years."""

    def changes(self, cursor: Cursor | None, since: datetime | None = None) -> MailChanges:
        found = super().changes(cursor, since)
        late = (head for head in found.heads if since is None or head.received_at >= since)
        return msgspec.structs.replace(found, heads=late)


def test_a_call_of_a_long_absence_is_owed(desk: Desk) -> None:
    """Mail that came while Ringback did not run for two months counts: only the first pass looks back so far."""
    desk.sync()
    desk.missed("Ann Byrne", ANN, "2026-11-20 15:10")
    desk.at("2027-01-18 08:00")
    desk.sync()
    assert desk.callback("Ann Byrne").calls
    assert desk.faults() == []


def test_what_a_look_back_leaves_out_is_not_gone(desk: Desk) -> None:
    """A cursor that expired makes all be read anew; mail older than the look-back is still there."""
    desk.missed("Bo Tan", BO, "2026-09-01 15:10")
    desk.missed("Ann Byrne", ANN, "2026-11-13 15:10")
    desk.sync()
    desk.state.expire_cursors()
    parts = desk.parts()
    account = parts.accounts["home"]._replace(mailbox=LooksBack(desk.state))
    run_pass(parts._replace(accounts={"home": account}))
    refs = heard.known_refs(desk.ledger, "home", desk.moment("2020-01-01 00:00"))
    assert refs == set(desk.state.mails)


@pytest.mark.parametrize("status", [DraftStatus.STANDING, DraftStatus.EDITED])
def test_drafts_are_left_alone_while_no_mail_changes(desk: Desk, status: DraftStatus) -> None:
    """The drafts are read when something changed in their mailbox, and not in a pass without news."""
    desk.contact("Ann Byrne", ANN, "ann@byrne.example")
    desk.missed("Ann Byrne", ANN, "2026-11-13 15:10")
    desk.sync()
    desk.drag("Ann Byrne", "2026-11-18 11:00")
    desk.sync()
    if status == DraftStatus.EDITED:
        desk.edit_draft("thank you for your call", "good to hear from you")
    desk.sync()
    seen: list[str] = []
    desk.state.hook = lambda name, _: seen.append(name)
    run_pass(desk.parts())
    assert [draft.status for draft in desk.callback("Ann Byrne").drafts] == [status]
    assert "mailbox.changes" in seen
    assert "drafts.list" not in seen
    desk.state.hook = None
    desk.missed("Bo Tan", BO, "2026-11-16 07:10")
    desk.state.hook = lambda name, _: seen.append(name)
    run_pass(desk.parts())
    assert "drafts.list" in seen
