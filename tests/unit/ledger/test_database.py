"""The ledger's file: private, shared by processes, migrated with a backup, and clear about what is wrong with it."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from assistant.errors import LedgerError
from assistant.ledger import database
from assistant.ledger.database import Database
from tests.unit.ledger.book import Book

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
WRITER = """
import sys, time
from assistant.ledger.database import Database
from assistant.ledger.journal import Ledger
from tests.unit.ledger.book import MONDAY
from pathlib import Path
ledger = Ledger(Database.open(Path(sys.argv[1])), lambda: MONDAY)
with ledger.change("sync", is_pass=True), ledger.transaction():
    ledger.open_callback()
    print("inside", flush=True)
    sys.stdin.readline()
print("committed", flush=True)
"""
OPENER = """
import sys
from assistant.ledger.database import Database
from assistant.ledger.journal import Ledger
from tests.unit.ledger.book import MONDAY
from pathlib import Path
sys.stdin.readline()
ledger = Ledger(Database.open(Path(sys.argv[1])), lambda: MONDAY)
with ledger.change("sync", is_pass=True):
    for _ in range(10):
        ledger.open_callback()
"""


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _start(script: str, path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


@contextlib.contextmanager
def _writer(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Run another process that is in the middle of a transaction until it is told to go on."""
    with _start(WRITER, path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "inside\n"
        yield process
        if process.poll() is None:
            process.communicate("go on\n", timeout=30)
        assert process.returncode == 0


# --- privacy


def test_the_files_are_their_owners_alone(tmp_path: Path) -> None:
    """Nobody else reads the database or its log, whatever the mask of the process."""
    before = os.umask(0)
    try:
        book = Book(tmp_path / "deep" / "ledger.sqlite")
        book.calls()
        modes = {path.name: _mode(path) for path in book.path.parent.iterdir()}
        book.close()
    finally:
        os.umask(before)
    assert modes == {"ledger.sqlite": 0o600, "ledger.sqlite-shm": 0o600, "ledger.sqlite-wal": 0o600}


def test_a_file_that_others_could_read_is_closed_to_them(book: Book) -> None:
    """A ledger copied back with wider rights is private again once it is opened."""
    book.path.chmod(0o644)
    book.reopen()
    assert _mode(book.path) == 0o600


def test_a_backup_is_private_and_complete(book: Book, tmp_path: Path) -> None:
    """A backup is readable by its owner alone, holds everything, and takes the place of a broken older one."""
    book.calls()
    target = tmp_path / "copy.sqlite"
    target.write_bytes(b"half a backup")
    target.chmod(0o644)
    book.ledger.database.backup(target)
    assert _mode(target) == 0o600
    copy = Book(target)
    assert copy.ledger.entries() == book.ledger.entries()
    copy.close()


def test_a_dry_run_forgets(book: Book) -> None:
    """What is written into a copy in memory does not reach the file."""
    subject = book.calls()
    memory = book.ledger.database.copy_in_memory()
    with memory.transaction():
        memory.connection.execute("DELETE FROM state")
    assert memory.rows("states", principal="me") == []
    memory.close()
    assert book.callback(subject).id == subject


# --- what can be wrong with the file


def test_a_newer_version_is_refused(book: Book) -> None:
    """A file of a newer release is left as it is, and the message says what to install."""
    book.ledger.database.connection.execute("PRAGMA user_version = 99")
    book.close()
    before = book.path.read_bytes()
    with pytest.raises(LedgerError) as refused:
        Database.open(book.path)
    assert "was written by a newer Ringback (version 99, this one knows 1)" in str(refused.value)
    assert "Install the newer release; nothing was changed." in str(refused.value)
    assert book.path.read_bytes() == before


@pytest.mark.parametrize("garbage", [b"this is no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_file(tmp_path: Path, garbage: bytes) -> None:
    """A file that is no database is left as it is, and the message says how to go on."""
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(garbage)
    with pytest.raises(LedgerError, match=r"ledger\.sqlite is damaged .*Nothing was changed\. Put your newest backup"):
        Database.open(path)
    assert path.read_bytes() == garbage


def test_a_file_that_is_damaged_in_the_middle(book: Book) -> None:
    """A page that was overwritten is told as damage when it is read."""
    for _ in range(200):
        book.calls()
    book.reopen()
    book.close()
    size = book.path.stat().st_size
    with book.path.open("r+b") as file:
        file.seek(8192)
        file.write(b"\xff" * (size - 8192))
    damaged = Database.open(book.path)
    with pytest.raises(LedgerError, match="is damaged"):
        damaged.rows("entries", principal="me")
    damaged.close()


def test_a_mistake_of_ours_is_not_called_damage(book: Book) -> None:
    """Breaking a constraint is a fault of the program, and nobody is told to fetch a backup for it."""
    with pytest.raises(sqlite3.IntegrityError):
        book.ledger.run("add_change", at=None, command="x", is_pass=False)


def test_an_error_of_something_else_inside_a_transaction_stays_itself(book: Book) -> None:
    """A mailbox that cannot be read inside a transaction is not told as a ledger that cannot be written."""
    with pytest.raises(PermissionError, match="the mailbox"), book.ledger.transaction():
        raise PermissionError("the mailbox")
    assert not book.ledger.database.inside()


def test_a_place_that_is_no_folder(tmp_path: Path) -> None:
    """A ledger below a file, or where a folder is, is told with its path."""
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "file" / "ledger.sqlite", tmp_path / "folder"):
        with pytest.raises(LedgerError) as refused:
            Database.open(path)
        assert str(path) in str(refused.value)


@pytest.mark.parametrize("exists", [False, True])
def test_a_folder_that_may_not_be_written(tmp_path: Path, exists: bool) -> None:  # noqa: FBT001  a parameter of the test
    """A read-only folder is told as such, with what to do, whether or not the ledger exists."""
    folder = Path(shutil.copytree(ROOT / "assistant" / "ledger", tmp_path / "data", ignore=lambda *_: ["__pycache__"]))
    path = folder / "ledger.sqlite"
    if exists:
        Book(path).close()
        path.chmod(0o400)
    folder.chmod(0o500)
    code = "from assistant.ledger.database import Database; from pathlib import Path; import sys\n"
    code += "import os; os.getuid() or (os.chown(sys.argv[2], 65534, 65534), os.chown(sys.argv[1], 65534, 65534)"
    code += " if os.path.exists(sys.argv[1]) else None, os.chdir(sys.argv[2]), os.setuid(65534))\n"
    code += "try: Database.open(Path('ledger.sqlite'))\nexcept Exception as error: print(type(error).__name__, error)"
    command = [sys.executable, "-c", code, str(path), str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder, check=True)
    folder.chmod(0o700)
    assert done.stdout.startswith("LedgerError ledger.sqlite: "), done
    assert "Make the folder writable for you" in done.stdout or "Check the rights" in done.stdout


# --- two processes


def test_a_reader_sees_the_last_commit_while_another_writes(book: Book) -> None:
    """Reading goes on beside a writer and sees what was committed last, then what the writer committed."""
    book.calls()
    with _writer(book.path):
        assert len(book.ledger.callbacks()) == 1
        assert len(book.reopen().callbacks()) == 1
    assert len(book.ledger.callbacks()) == 2


def test_a_second_writer_waits(book: Book) -> None:
    """A command given while a pass commits is carried out after it."""
    with _writer(book.path) as process:
        assert process.stdin is not None
        process.stdin.write("go on\n")
        process.stdin.flush()
        book.calls()
    assert sorted(one.id for one in book.ledger.callbacks()) == ["1", "2"]
    assert [len(book.ledger.entries(one.id)) for one in book.ledger.callbacks()] == [1, 2]


def test_a_writer_that_waits_too_long_is_told_why(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that another process keeps locked is told as such once the waiting time is over."""
    monkeypatch.setattr(database, "_BUSY_SECONDS", 0.1)
    ledger = book.reopen()
    with _writer(book.path):
        began = time.monotonic()
        with pytest.raises(LedgerError, match=r"another process is writing to the ledger\. Wait for it to end"):
            book.calls()
        assert time.monotonic() - began < 5
        assert ledger.callbacks() == []


def test_processes_that_create_the_ledger_together(tmp_path: Path) -> None:
    """Four processes that open a new ledger at once all write into one, and none fails."""
    path = tmp_path / "ledger.sqlite"
    running = [_start(OPENER, path) for _ in range(4)]
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in running:
        process.communicate(timeout=60)
    assert [process.returncode for process in running] == [0, 0, 0, 0]
    book = Book(path)
    assert [one.id for one in book.ledger.callbacks()] == [str(number) for number in range(1, 41)]
    book.close()


# --- migrations


@pytest.fixture
def next_version(book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Close a version 1 ledger with a callback in it, and let the program know version 2; returns its script."""
    book.calls()
    book.close()
    database.statements()
    scripts = tmp_path / "scripts"
    scripts.mkdir()
    monkeypatch.setattr(database, "HERE", scripts)
    monkeypatch.setattr(database, "VERSION", 2)
    return scripts / "schema_2.sql"


def test_a_migration_backs_up_first(book: Book, next_version: Path) -> None:
    """An older file is brought up to date, with its old self beside it for its owner alone."""
    next_version.write_text("-- Version 2; with a comment.\nCREATE TABLE colour (\n  name TEXT\n) STRICT;\n")
    ledger = book.reopen()
    assert ledger.database.version() == 2
    assert ledger.database.connection.execute("SELECT count(*) FROM colour").fetchone()[0] == 0
    assert [one.id for one in ledger.callbacks()] == ["1"]
    backup = Path(f"{book.path}.v1.bak")
    assert _mode(backup) == 0o600
    with contextlib.closing(sqlite3.connect(backup)) as old:
        assert old.execute("PRAGMA user_version").fetchone()[0] == 1
        assert old.execute("SELECT subject FROM state").fetchone()[0] == "1"


def test_an_interrupted_migration_leaves_the_old_version(book: Book, next_version: Path) -> None:
    """A migration that fails half-way changes nothing, and the next try starts anew."""
    next_version.write_text("CREATE TABLE colour (name TEXT) STRICT;\nINSERT INTO nowhere VALUES (1);\n")
    with pytest.raises(LedgerError, match="no such table: nowhere"):
        Database.open(book.path)
    with contextlib.closing(sqlite3.connect(book.path)) as old:
        assert old.execute("PRAGMA user_version").fetchone()[0] == 1
        assert old.execute("SELECT count(*) FROM sqlite_master WHERE name = 'colour'").fetchone()[0] == 0
    next_version.write_text("CREATE TABLE colour (name TEXT) STRICT;\n")
    assert book.reopen().database.version() == 2
    assert Path(f"{book.path}.v1.bak").exists()


def test_a_migration_happens_once(book: Book, next_version: Path) -> None:
    """Opening a migrated file again changes nothing and makes no second backup."""
    next_version.write_text("CREATE TABLE colour (name TEXT) STRICT;\n")
    book.reopen()
    backup = Path(f"{book.path}.v1.bak")
    backup.unlink()
    assert book.reopen().database.version() == 2
    assert not backup.exists()
