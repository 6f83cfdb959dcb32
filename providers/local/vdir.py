"""A vdir: a folder with one .ics file per event. https://vdirsyncer.pimutils.org/en/stable/vdir.html."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import string
import tempfile
import time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.model.mailbox import ETag, Ref
from assistant.standards import ical, recurrence
from providers.local.maildir import sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

_SAFE = set(string.ascii_letters + string.digits + "_.-+@")
_LONGEST = 200
_TOO_LONG = 256
# Neither khal nor vdirsyncer looks at names that do not end in .ics.
_TMP = ".ringback-"
_ABANDONED = 3600.0  # seconds
# A file system's clock may tick as slowly as every 2 s (FAT): a file changed so lately may change again unseen.
_RACY = 2.0
_FOLD = re.compile(rb"\r?\n[ \t]")
_FOLDED = 60  # bytes of a uid whose line may be folded (RFC 5545 3.1)

Stamp = tuple[int, int, int, int]


class EventFile:
    """One file as it was read: its bytes, its version and, when asked for, what stands in it."""

    def __init__(self, path: Path, raw: bytes, zone: ZoneInfo) -> None:
        self.path = path
        self.raw = raw
        self.etag = ETag(hashlib.sha256(raw).hexdigest()[:32])
        self._zone = zone

    @property
    def ref(self) -> Ref:
        """Return the ref of the event in it."""
        return Ref(self.path.name)

    @cached_property
    def fault(self) -> str | None:
        """Return why it cannot be read, None when it can."""
        return self._parsed if isinstance(self._parsed, str) else None

    @cached_property
    def series(self) -> tuple[recurrence.Series, ...]:
        """Return the events in it; none in a damaged file."""
        return () if isinstance(self._parsed, str) else self._parsed[0]

    @cached_property
    def faults(self) -> tuple[str, ...]:
        """Return what in it cannot be read, one line each."""
        return (self._parsed,) if isinstance(self._parsed, str) else self._parsed[1]

    @cached_property
    def _parsed(self) -> tuple[tuple[recurrence.Series, ...], tuple[str, ...]] | str:
        try:
            return recurrence.split(ical.parse(self.raw), self._zone)
        except ical.ICalendarError as error:
            return str(error)

    def holds(self, uid: str) -> bool:
        """Tell whether an event with this uid stands in it."""
        written = uid.encode("utf-8", "surrogatepass")
        text = self.raw if len(written) < _FOLDED else _FOLD.sub(b"", self.raw)
        return written in text and any(each.uid == uid for each in self.series)


class Vdir:
    """One folder of events.

    Args:
        root: the folder; a single .ics file is read as a folder of one.
        zone: for floating times.
    """

    def __init__(self, root: Path, zone: ZoneInfo) -> None:
        self.root = root
        self._zone = zone
        self._cache: dict[str, tuple[Stamp | None, EventFile]] = {}

    def files(self) -> list[EventFile]:
        """Return all files, read anew only where they changed.

        Raises:
            FileNotFoundError: there is no such folder.
        """
        if self.root.is_file():
            paths = [str(self.root)]
        else:
            with os.scandir(self.root) as found:
                paths = sorted(each.path for each in found if is_event_name(each.name))
        self._cache = {path: self._cache[path] for path in paths if path in self._cache}
        return [file for path in paths if (file := self._read(path)) is not None]

    def read(self, name: str) -> EventFile | None:
        """Return one file as it is now, None when it is gone or no event file can have this name."""
        return self._read(str(self.root / name)) if is_event_name(name) else None

    def _read(self, path: str) -> EventFile | None:
        with contextlib.suppress(FileNotFoundError, IsADirectoryError):
            stamp = _stamp(path)
            known = self._cache.get(path)
            if known is not None and known[0] == stamp:
                return known[1]
            file = EventFile(Path(path), Path(path).read_bytes(), self._zone)
            if known is not None and known[1].etag == file.etag:
                file = known[1]
            settled = time.time() - stamp[0] / 1e9 > _RACY
            self._cache[path] = (stamp if settled else None, file)
            return file
        return None

    def create(self, name: str, raw: bytes) -> EventFile:
        """Write a new file.

        Raises:
            FileExistsError: the name is taken.
        """
        with self._draft(raw) as draft:
            os.link(draft, self.root / name)
        sync_folder(self.root)
        return EventFile(self.root / name, raw, self._zone)

    def replace(self, old: EventFile, raw: bytes) -> EventFile | None:
        """Put new content in place of a version at one stroke; None when that version is not there any more."""
        with self._draft(raw) as draft:
            try:
                current = old.path.read_bytes()
            except FileNotFoundError:
                return None
            if current != old.raw:
                return None
            draft.replace(old.path)
        sync_folder(self.root)
        return EventFile(old.path, raw, self._zone)

    def remove(self, file: EventFile) -> None:
        """Delete a file; one that is gone is success."""
        file.path.unlink(missing_ok=True)
        sync_folder(self.root)

    @contextlib.contextmanager
    def _draft(self, raw: bytes) -> Iterator[Path]:
        """Write the bytes to a file that no calendar program looks at, and remove its name in the end."""
        self._sweep()
        handle, name = tempfile.mkstemp(prefix=_TMP, suffix=".tmp", dir=self.root)
        draft = self.root / name
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
            yield draft
        finally:
            draft.unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Remove what a crash left behind."""
        for each in self.root.glob(f"{_TMP}*.tmp"):
            with contextlib.suppress(FileNotFoundError):
                if time.time() - each.stat().st_mtime > _ABANDONED:
                    each.unlink()


def is_event_name(name: str) -> bool:
    """Tell whether a file of this name in a vdir is an event."""
    safe = "/" not in name and "\0" not in name and len(name) < _TOO_LONG
    return safe and name.endswith(".ics") and not name.startswith(".")


def name_for(uid: str) -> str:
    """Return the file name for a uid: itself where it is safe, else its hash."""
    safe = uid and set(uid) <= _SAFE and not uid.startswith(".") and len(uid) <= _LONGEST
    return f"{uid if safe else hashlib.sha256(uid.encode('utf-8', 'surrogatepass')).hexdigest()}.ics"


def _stamp(path: str) -> Stamp:
    stat = os.stat(path)  # noqa: PTH116 - thousands of them before each write; Path objects double the time
    return (max(stat.st_mtime_ns, stat.st_ctime_ns), stat.st_mtime_ns, stat.st_size, stat.st_ino)
