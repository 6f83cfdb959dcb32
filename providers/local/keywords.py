"""Our labels as IMAP keywords, kept the way Dovecot keeps them in a Maildir.

A keyword is a letter a..z among the flags of the file name; `dovecot-keywords` in the folder maps numbers (0 is a) to
names. It may only be replaced, and only under `dovecot-uidlist.lock`. Source: Dovecot's "Maildir Mailbox Format".
"""

from __future__ import annotations

import contextlib
import os
import socket
import tempfile
import time
from typing import TYPE_CHECKING

from assistant.model.mailbox import Label

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FILE = "dovecot-keywords"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_STALE = 120.0  # seconds after which Dovecot too breaks a lock
_PATIENCE = 10.0
_LONGEST_OWNER = 300

# Keywords are atoms (RFC 9051 9): no space. The slash groups them where a client shows a tree.
NAMES = {
    Label.TO_CALL: "$Callbacks/ToCall",
    Label.PROMISED: "$Callbacks/Promised",
    Label.LEFT_MESSAGE: "$Callbacks/LeftMessage",
    Label.DONE: "$Callbacks/Done",
    Label.CHECK: "$Callbacks/Check",
    Label.CHECK_SENDER: "$Callbacks/CheckSender",
}
_LABELS = {name.casefold(): label for label, name in NAMES.items()}


class NoLetterError(Exception):
    """All 26 letters of a folder are taken."""


class LockedError(Exception):
    """Another program holds the folder's lock for too long."""


def read(folder: Path) -> dict[str, str]:
    """Return the names of a folder's keywords by letter; needs no lock."""
    try:
        lines = (folder / _FILE).read_text("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return {}
    found = {}
    for line in lines:
        number, _, name = line.partition(" ")
        if number.isascii() and number.isdigit() and name and int(number) < len(_LETTERS):
            found[_LETTERS[int(number)]] = name
    return found


def labels(folder: Path) -> dict[str, Label]:
    """Return the letters of a folder that stand for labels of ours."""
    return {letter: _LABELS[name.casefold()] for letter, name in read(folder).items() if name.casefold() in _LABELS}


def letter_for(folder: Path, label: Label) -> str:
    """Return the letter of a label, adding it to the folder's list if need be. The caller holds the lock.

    Raises:
        NoLetterError: no letter is free.
    """
    known = read(folder)
    for letter, name in known.items():
        if name.casefold() == NAMES[label].casefold():
            return letter
    free = next((letter for letter in _LETTERS if letter not in known), None)
    if free is None:
        raise NoLetterError(NAMES[label])
    _write(folder, known | {free: NAMES[label]})
    return free


def _write(folder: Path, known: dict[str, str]) -> None:
    """Replace the list; its mtime grows by whole seconds, for Dovecot rereads it only then."""
    target, lock = folder / _FILE, folder / f"{_FILE}.lock"
    body = "".join(f"{_LETTERS.index(letter)} {name}\n" for letter, name in sorted(known.items()))
    with lock.open("w", encoding="utf-8") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileNotFoundError):
        old = int(target.stat().st_mtime)
        if int(lock.stat().st_mtime) <= old:
            os.utime(lock, (old + 1, old + 1))
    lock.replace(target)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder as Dovecot does, so that neither misses a file that the other renames.

    Raises:
        LockedError: it is held by another program for longer than we wait.
    """
    lock = folder / "dovecot-uidlist.lock"
    _acquire(lock)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def _acquire(lock: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while not _create(lock):
        if _break(lock):
            continue
        if time.monotonic() > end:
            raise LockedError(str(lock))
        time.sleep(0.05)


def _create(lock: Path) -> bool:
    """Create the lock with its owner in it at one stroke, so that it never lies there and nobody knows whose it is."""
    drafts = lock.parent / "tmp"
    drafts.mkdir(exist_ok=True)
    handle, draft = tempfile.mkstemp(prefix="lock.", dir=drafts)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(f"{os.getpid()}:{socket.gethostname()}")
        os.link(draft, lock)
    except FileExistsError:
        return False
    finally:
        os.unlink(draft)  # noqa: PTH108 - mkstemp gives text
    return True


def _break(lock: Path) -> bool:
    """Remove a lock that is stale or whose owner died, as Dovecot does; True when it is worth trying again."""
    try:
        with lock.open(encoding="utf-8", errors="replace") as file:
            found = os.fstat(file.fileno())
            left = time.time() - found.st_mtime > _STALE or _is_dead(file.read(_LONGEST_OWNER))
        if left and os.path.samestat(found, lock.stat()):
            lock.unlink()
    except FileNotFoundError:
        return True
    return left


def _is_dead(owner: str) -> bool:
    """Tell whether a lock's owner, "process:host", was a process of this machine and is no more.

    Our own number is that of an earlier process which had it: we wait for no lock that we hold.
    """
    number, _, host = owner.partition(":")
    if host != socket.gethostname() or not number.isascii() or not number.isdigit():
        return False
    if int(number) == os.getpid():
        return True
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        pass
    return False
