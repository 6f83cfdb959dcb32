"""What `doctor` looks at: whether the folders are there and can be read and written."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.ports import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from assistant.ports import Secrets

_WRITTEN = ("maildir", "calendar")


def examine(settings: Mapping[str, object], secrets: Secrets, now: datetime) -> Sequence[Finding]:
    """Look at the folders of an account whose settings are right; nothing is written."""
    del secrets, now
    return [_look(key, Path(path).expanduser(), writes=key in _WRITTEN) for key, path in _paths(settings)]


def _paths(settings: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for key in ("maildir", "calendar", "contacts"):
        if key in settings:
            yield key, str(settings[key])
    busy = settings.get("busy", ())
    for path in busy if isinstance(busy, list | tuple) else ():
        yield "busy", str(path)


def _look(key: str, path: Path, *, writes: bool) -> Finding:
    if not path.exists():
        return Finding("fault", key, f"{path} does not exist. Make it, or change the setting: ringback init")
    if key == "maildir" and not all((path / name).is_dir() for name in ("cur", "new")):
        return Finding("fault", key, f"{path} is no Maildir: it has no folders cur and new. Name yours: ringback init")
    if not os.access(path, os.R_OK | (os.X_OK if path.is_dir() else 0)):
        return Finding("fault", key, f"{path} cannot be read. Check its owner and mode: ls -ld {path}")
    if writes and not os.access(path, os.W_OK):
        return Finding("fault", key, f"{path} cannot be written. Check its owner and mode: ls -ld {path}")
    return Finding("ok", key, f"{path} can be read{' and written' if writes else ''}")
