"""A dry run says what a pass would do, and does nothing at all."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from assistant import bootstrap
from assistant.ledger.journal import Ledger
from assistant.pipeline import run_pass
from tests.unit.pipeline.desk import ANN, BO, CY, Desk
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from assistant.pipeline import Report


def dry(desk: Desk) -> Report:
    """Run a dry pass on a ledger that forgets."""
    copy = Ledger(desk.ledger.database.copy_in_memory(), desk.clock.now)
    return run_pass(desk.parts(copy), dry_run=True)


def busy(desk: Desk) -> Desk:
    """Bring the desk to where a pass has work of many kinds."""
    for name, number in (("Ann Byrne", ANN), ("Bo Tan", BO)):
        desk.missed(name, number, "2026-11-13 15:10")
    desk.sync()
    desk.drag("Ann Byrne", "2026-11-18 11:00")
    desk.retitle("Bo Tan", "✓ {}")
    desk.missed("Cy Dunn", CY, "2026-11-16 07:10")
    desk.busy("2026-11-16 15:45", 75)
    return desk


def test_it_lists_what_the_real_run_then_does(desk: Desk) -> None:
    """The operations of the dry run are those of the pass that follows, one for one."""
    busy(desk)
    listed = dry(desk).done
    assert listed
    assert desk.sync().done == listed


def test_it_writes_nothing_to_the_account(desk: Desk) -> None:
    """Calendar, drafts and mails are as before."""
    before = busy(desk).state.serial
    dry(desk)
    assert desk.state.serial == before


def test_it_leaves_the_ledger_alone(desk: Desk) -> None:
    """No entry is added, and no cursor moves."""
    busy(desk)
    entries, cursor = desk.ledger.entry_count(), desk.ledger.cursor("mail home")
    dry(desk)
    assert (desk.ledger.entry_count(), desk.ledger.cursor("mail home")) == (entries, cursor)


def hashes(root: Path) -> dict[str, str]:
    """Return what every file below a folder holds."""
    files = [path for path in sorted(root.rglob("*")) if path.is_file() and not path.name.endswith("-shm")]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_it_changes_no_file(tmp_path: Path) -> None:
    """A dry run on a Maildir and a vdir leaves every file and every folder as it was, the ledger's too."""
    world = World(tmp_path, "2026-11-16 08:00")
    world.contact("Ann Byrne", "+1 212 555 0141", "ann@byrne.example")
    world.missed_call("Ann Byrne", "2125550141", "2026-11-13 15:10")
    world.sync()
    world.drag("Ann Byrne", "2026-11-18 11:00")
    world.missed_call("Bo Tan", "2125550142", "2026-11-16 07:10")
    ledger = world.ledger().database
    ledger.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before, folders = hashes(tmp_path), sorted(tmp_path.rglob("*/"))
    copy = Ledger(ledger.copy_in_memory(), world.clock.now)
    loaded = bootstrap.load_settings(world.places)
    report = run_pass(bootstrap.parts(loaded, world.places, copy, world.clock, lambda *_: None), dry_run=True)
    assert report.done
    assert hashes(tmp_path) == before
    assert sorted(tmp_path.rglob("*/")) == folders
