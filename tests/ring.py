"""A keyring for processes under test, in the home folder; PYTHON_KEYRING_BACKEND=tests.ring.Keyring chooses it."""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError


class Keyring(KeyringBackend):
    """Keeps passwords in ring.json."""

    priority = 1

    def get_password(self, service: str, username: str) -> str | None:
        return _read().get(f"{service} {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        _write({**_read(), f"{service} {username}": password})

    def delete_password(self, service: str, username: str) -> None:
        kept = _read()
        if kept.pop(f"{service} {username}", None) is None:
            raise PasswordDeleteError("No such password!")
        _write(kept)


def _path() -> Path:
    return Path(os.environ["HOME"]) / "ring.json"


def _read() -> dict[str, str]:
    found: dict[str, str] = json.loads(_path().read_text()) if _path().exists() else {}
    return found


def _write(kept: dict[str, str]) -> None:
    _path().write_text(json.dumps(kept))
