"""Callers who write their name and words as weapons."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from assistant.standards import mail
from tests.unit.pipeline.desk import BO, Desk
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAMES = (
    "Eve\r\nBcc: all@example.org",
    "Eve\nBEGIN:VEVENT\nSUMMARY:Pwned\nEND:VEVENT",
    "{{7*7777}} {% for x in y %}",
    "\x1b[31mEve\x1b]0;owned\x07",
    "\u202eevE\u2066\u200b",
    "E" * 10_000,
    "✓ Eve",
)
SAID = "Ring me\r\nBEGIN:VALARM {{ 7*7777 }} \x1b[2J \u202e http://evil.example/login " + "x" * 10_000
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069]|54439|https?://")


@pytest.fixture(scope="module", params=NAMES, ids=["crlf", "vevent", "template", "ansi", "bidi", "long", "tick"])
def attacked(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Desk:
    """A caller with such a name and such words, in the address book as well, with a draft that names Wednesday."""
    desk = Desk(tmp_path_factory.mktemp("attacked"), "2026-11-16 08:00")
    desk.contact(request.param, BO, address="eve@callers.example")
    desk.voicemail(" ".join(request.param.split())[:200], BO, "2026-11-13 15:10", said=SAID)
    desk.sync()
    (callback,) = desk.ledger.callbacks()
    assert callback.hold is not None
    desk.state.move_event(callback.hold.ref.ref, desk.moment("2026-11-18 11:00"), timedelta(minutes=10))
    desk.sync()
    return desk


def texts(desk: Desk) -> Iterator[str]:
    """Return every text that was written for the user or the caller to see."""
    for event in desk.state.events.values():
        yield from (event.summary, event.location, *event.description.splitlines())
    for draft in desk.state.drafts.values():
        read = mail.parse(draft.raw)
        yield from (value for _, value in read.headers)
        yield from read.plain.splitlines()


def test_nothing_raw_is_written(attacked: Desk) -> None:
    """No control, bidi or terminal character, no link and no evaluated template reaches an event or a draft."""
    assert [text for text in texts(attacked) if RAW.search(text)] == []


def test_texts_stay_short(attacked: Desk) -> None:
    """Ten thousand characters of name or transcript are cut."""
    assert max(map(len, texts(attacked))) < 2000


def test_the_draft_has_one_recipient(attacked: Desk) -> None:
    """A name adds no recipient and no header to the draft."""
    (draft,) = attacked.state.drafts.values()
    names = [name.lower() for name, _ in mail.parse(draft.raw).headers]
    assert "bcc" not in names
    assert names.count("to") == 1
    assert b"eve@callers.example" in draft.raw


def test_our_own_words_are_not_read_as_the_users(attacked: Desk) -> None:
    """What was cleaned on its way to the calendar is no edit and no tick of the user's."""
    assert attacked.sync().nothing_to_do
    assert attacked.ledger.counts() == {"open": 1}
    assert attacked.faults() == []


def test_files_of_the_local_provider_hold_one_event_each(tmp_path: Path) -> None:
    """A name breaks out of no iCalendar property: each file has one event and is read back as it was written."""
    world = World(tmp_path, "2026-11-16 08:00")
    for number, name in enumerate(NAMES):
        world.missed_call(" ".join(name.split())[:200], f"212555014{number}", "2026-11-13 15:10")
    world.sync()
    assert world.sync().nothing_to_do
    files = list((tmp_path / "calendar").glob("*.ics"))
    assert [file.read_bytes().count(b"\nBEGIN:VEVENT") for file in files] == [1] * len(files)
