"""The SQLite file: opening, versions, named statements, errors in words."""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HERE = Path(__file__).parent
VERSION = 1
_BUSY_SECONDS = 10.0
_STATEMENT = re.compile(r"^-- name: (\w+)\n(.*?);\s*$", re.MULTILINE | re.DOTALL)


@cache
def statements() -> Mapping[str, str]:
    """Return the named statements of queries.sql."""
    return {m[1]: m[2] for m in _STATEMENT.finditer((HERE / "queries.sql").read_text(encoding="utf-8"))}


class Database:
    """One connection. Reads see the last committed state while another process writes (SQLite WAL)."""

    def __init__(self, connection: sqlite3.Connection, path: str) -> None:
        self.connection = connection
        self.path = path

    @classmethod
    def open(cls, path: Path) -> Database:
        """Open or create the file, bringing an older version up to date after a backup beside it.

        Raises:
            LedgerError: it is busy, damaged, unwritable or of a newer version.
        """
        with _in_words(str(path)):
            path.parent.mkdir(parents=True, exist_ok=True)
            _make_private(path)
            database = cls(sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None), str(path))
            try:
                database.prepare()
            except BaseException:
                database.close()
                raise
        return database

    def prepare(self) -> None:
        """Set the connection up and migrate."""
        self.connection.row_factory = sqlite3.Row
        found = self.version()
        if found > VERSION:
            raise LedgerError(
                f"{self.path} was written by a newer Ringback (version {found}, this one knows {VERSION}). "
                "Install the newer release; nothing was changed."
            )
        self.connection.execute("PRAGMA synchronous = FULL")
        self.connection.execute("PRAGMA secure_delete = ON")  # what is erased leaves no trace in the file
        if found == VERSION:
            return
        self.connection.execute("PRAGMA journal_mode = WAL")
        if found:
            self.backup(Path(f"{self.path}.v{found}.bak"))
        self._migrate()

    def version(self) -> int:
        """Return the schema version of the file, 0 for a new one."""
        return int(self.connection.execute("PRAGMA user_version").fetchone()[0])

    def _migrate(self) -> None:
        with self.transaction():
            for version in range(self.version() + 1, VERSION + 1):
                for statement in _script(HERE / f"schema_{version}.sql"):
                    self.connection.execute(statement)
                self.connection.execute(f"PRAGMA user_version = {version}")

    def backup(self, target: Path) -> None:
        """Copy the whole database to a file, readable by its owner alone; what lay there is replaced."""
        target.unlink(missing_ok=True)
        _make_private(target)
        with contextlib.closing(sqlite3.connect(target)) as copy:
            self.connection.backup(copy)

    def copy_in_memory(self) -> Database:
        """Return a copy that forgets everything: for dry runs."""
        memory = sqlite3.connect(":memory:", isolation_level=None)
        self.connection.backup(memory)
        copy = Database(memory, f"{self.path} (dry run)")
        copy.prepare()
        return copy

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit all of it or nothing; inside another transaction, be part of that one.

        Raises:
            LedgerError: another process writes for longer than ten seconds, or the disk refuses.
        """
        if self.inside():
            yield
            return
        with _in_words(self.path):
            self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            with _in_words(self.path):
                self.connection.execute("COMMIT")
        except BaseException:
            if self.inside():
                self.connection.execute("ROLLBACK")
            raise

    def inside(self) -> bool:
        """Tell whether a transaction is open."""
        return self.connection.in_transaction

    def run(self, name: str, /, **values: object) -> sqlite3.Cursor:
        """Run a named statement."""
        with _in_words(self.path):
            return self.connection.execute(statements()[name], values)

    def rows(self, name: str, /, **values: object) -> list[sqlite3.Row]:
        """Run a named query and return its rows."""
        with _in_words(self.path):
            return self.connection.execute(statements()[name], values).fetchall()

    def value(self, name: str, /, **values: object) -> str | None:
        """Run a named query and return the first field of its first row, None when there is no row."""
        rows = self.rows(name, **values)
        return rows[0][0] if rows else None


def _make_private(path: Path) -> None:
    """Create the file for its owner alone, or take the rights of others away; SQLite's log beside it follows."""
    with contextlib.suppress(FileExistsError):  # closing a file that SQLite has open would drop its locks
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)


def _script(path: Path) -> Iterator[str]:
    statement = ""
    for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


@contextlib.contextmanager
def _in_words(path: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise LedgerError(f"{path}: {_remedy(error)}") from error
    except sqlite3.DatabaseError as error:
        if type(error) is not sqlite3.DatabaseError:
            raise  # the classes below it are mistakes of ours, not of the file
        raise LedgerError(
            f"{path} is damaged ({error}). Nothing was changed. Put your newest backup in its place, or move the file "
            "away and run `ringback sync --take-over`: mail, calendar and drafts are read again, attempts and notes "
            "are lost."
        ) from error
    except OSError as error:
        raise LedgerError(f"{path}: {error.strerror}. Make the folder writable for you and try again.") from error


def _remedy(error: sqlite3.OperationalError) -> str:
    text = str(error)
    if "locked" in text or "busy" in text:
        return "another process is writing to the ledger. Wait for it to end and try again."
    if "full" in text:
        return "the disk is full. Nothing was lost; free some space and run the command again."
    if "disk I/O" in text:
        return "the disk refuses to write. It may be full: free some space and run the command again. Nothing was lost."
    if "readonly" in text or "unable to open" in text:
        return f"it cannot be written ({text}). Check the rights of the file and its folder."
    return f"{text}. Nothing was changed."
