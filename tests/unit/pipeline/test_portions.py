"""Heads come in portions: any order, faults between them, repeats, and no more of them in memory than is needed."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import msgspec
import pytest

from assistant.errors import TransientError
from assistant.ledger import heard
from assistant.model.callback import DraftStatus
from assistant.model.heard import Disposition
from assistant.model.mailbox import Folder, Label
from assistant.pipeline import reading, run_pass
from providers.memory.mailbox import MemoryMailbox
from tests.unit.pipeline.desk import ANN, BO, CY, Desk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from assistant.model.mailbox import Cursor, MailChanges, Ref
    from assistant.pipeline import Parts


def news(desk: Desk, count: int, folder: Folder = Folder.INBOX, trace: str = "none") -> None:
    """Let mails arrive that are no calls."""
    for number in range(count):
        raw = f"From: news@list.example\nSubject: Offer {number}\nX-Trace: {trace}\n\nLorem ipsum.\n"
        desk.state.deliver(raw.encode(), desk.moment("2026-11-14 09:00"), folder)


def breaking(portion: int) -> object:
    """Return a hook that lets one portion of heads fail."""
    seen: list[str] = []

    def hook(name: str, moment: str) -> None:
        if (name, moment) == ("mailbox.heads", "before"):
            seen.append(name)
            if len(seen) == portion:
                raise TransientError("memory", name, "503 for a test")

    return hook


@pytest.mark.parametrize("first", [True, False], ids=["from the beginning", "since a cursor"])
@pytest.mark.parametrize("portion", [1, 3, 6])
def test_a_fault_between_portions_loses_nothing(desk: Desk, portion: int, *, first: bool) -> None:
    """When reading the heads breaks off, the cursor stays, and the next pass finds every call, each once."""
    if not first:
        desk.sync()
    before = desk.ledger.cursor("mail home")
    for name, number in (("Ann Byrne", ANN), ("Bo Tan", BO), ("Cy Dunn", CY)):
        desk.missed(name, number, "2026-11-13 15:10")
        news(desk, 90)
    with pytest.raises(TransientError):
        desk.faulty(breaking(portion))
    assert desk.ledger.cursor("mail home") == before
    assert desk.ledger.owed() == []
    desk.sync()
    assert [len(callback.calls) for callback in desk.ledger.owed()] == [1, 1, 1]
    assert len(heard.known_refs(desk.ledger, "home", desk.moment("2020-01-01 00:00"))) == 273
    assert desk.faults() == []


def test_calls_are_taken_oldest_first(desk: Desk) -> None:
    """Whatever the order in which a mailbox shows its mails, the caller who rang first is number one."""
    desk.missed("Cy Dunn", CY, "2026-11-13 17:10")
    desk.missed("Bo Tan", BO, "2026-11-13 16:10")
    news(desk, 2 * reading.BATCH)
    desk.missed("Ann Byrne", ANN, "2026-11-13 15:10")
    desk.sync()
    assert [desk.id(name) for name in ("Ann Byrne", "Bo Tan", "Cy Dunn")] == ["1", "2", "3"]


class Repeating(MemoryMailbox):
    """Sends every head twice, as services do that page over a mailbox while it changes."""

    def changes(self, cursor: Cursor | None, since: datetime | None = None) -> MailChanges:
        found = super().changes(cursor, since)
        twice = [head for head in found.heads for _ in range(2)]
        return msgspec.structs.replace(found, heads=iter(twice + twice))


class Deleting(MemoryMailbox):
    """Loses its mails after their heads were read, and has them back the next time."""

    def fetch(self, refs: Sequence[Ref], *, audio: bool = False) -> Iterator[tuple[Ref, bytes]]:
        del refs, audio
        yield from ()


def on(desk: Desk, mailbox: type[MemoryMailbox]) -> Parts:
    """Return a pass that reads another kind of mailbox."""
    parts = desk.parts()
    account = parts.accounts["home"]._replace(mailbox=mailbox(desk.state))
    return parts._replace(accounts={"home": account})


def test_a_head_that_comes_again_is_one_mail(desk: Desk) -> None:
    """A mail whose head a mailbox sends four times is considered once and is one call."""
    desk.missed("Ann Byrne", ANN, "2026-11-13 15:10")
    news(desk, 1)
    report = run_pass(on(desk, Repeating))
    assert (report.considered, report.new_calls, len(desk.ledger.owed())) == (2, 1, 1)


def test_a_mail_that_goes_before_it_is_read_is_read_when_it_is_back(desk: Desk) -> None:
    """A notice moved to the trash between its head and its text is not put down as read; moved back, it is a call."""
    ref = desk.missed("Ann Byrne", ANN, "2026-11-13 15:10")
    run_pass(on(desk, Deleting))
    assert heard.message_by_ref(desk.ledger, "home", ref) is None
    desk.state.move(ref, Folder.TRASH)
    desk.sync()
    desk.state.move(ref, Folder.INBOX)
    desk.sync()
    assert len(desk.ledger.owed()) == 1


def test_a_label_is_obeyed_after_reading_anew(desk: Desk) -> None:
    """Among hundreds of known mails that come again with a new cursor, the one that the user relabelled is found."""
    ref = desk.missed("Ann Byrne", ANN, "2026-11-13 15:10")
    news(desk, 2 * reading.BATCH)
    desk.sync()
    desk.label(ref, Label.DONE)
    desk.state.expire_cursors()
    desk.sync()
    assert desk.ledger.owed() == []
    message = heard.message_by_ref(desk.ledger, "home", ref)
    assert message is not None
    assert (message.disposition, message.label) == (Disposition.CALL, Label.DONE)


def test_a_sent_draft_is_found_among_much_sent_mail(desk: Desk) -> None:
    """A draft that the user sent is seen as sent, though hundreds of other mails lie in Sent too."""
    desk.contact("Ann Byrne", ANN, address="ann@callers.example")
    ref = desk.missed("Ann Byrne", ANN, "2026-11-13 15:10")
    desk.sync()
    desk.drag("Ann Byrne", "2026-11-18 11:00")
    desk.sync()
    news(desk, reading.BATCH, Folder.SENT)
    desk.send_draft()
    news(desk, reading.BATCH, Folder.SENT)
    desk.sync()
    assert [draft.status for draft in desk.callback("Ann Byrne").drafts] == [DraftStatus.SENT]
    assert ref in desk.state.mails


def peak(root: Path, count: int, folder: Folder, *, anew: bool) -> int:
    """Return the most bytes that a pass holds over so many mails with heads of 20 kB."""
    root.mkdir()
    desk = Desk(root, "2026-11-16 08:00")
    news(desk, count, folder, "x y " * 5_000)
    if anew:
        desk.sync()
        desk.state.expire_cursors()
    tracemalloc.start()
    try:
        desk.sync()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("folder", "anew"), [(Folder.INBOX, False), (Folder.INBOX, True), (Folder.SENT, False), (Folder.DRAFTS, False)]
)
def test_memory_is_flat_in_mailbox_size(tmp_path: Path, folder: Folder, *, anew: bool) -> None:
    """A pass over a thousand mails holds about as much as one over 300, be they new, known, sent or drafts."""
    small = peak(tmp_path / "small", 300, folder, anew=anew)
    large = peak(tmp_path / "large", 1000, folder, anew=anew)
    assert large < 1.5 * small
