"""A foreign Google, written by others: the npm package @emulators/google. See README.md for what it lacks."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from google.oauth2.credentials import Credentials

from tests.servers import need

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_FOLDER = Path(__file__).parent
_CLIENT = "1234567890-foreign.apps.googleusercontent.com"
_SECRET = "GOCSPX-foreign"
_USERS = 200
_REDIRECT = "http://127.0.0.1:8765/"


class User(NamedTuple):
    """A user with an empty account, and a token that opens it and does not end."""

    email: str
    token: str

    def credentials(self) -> Credentials:
        """Return the token as the client takes it."""
        return Credentials(token=self.token)  # type: ignore[no-untyped-call]  # the library has no types here


class Emulator:
    """One that is running. Each test takes a user of its own, so that one process serves many."""

    redirect = _REDIRECT

    def __init__(self, port: int, users: Iterable[User]) -> None:
        self.url = f"http://127.0.0.1:{port}/"
        self._users = iter(users)

    def user(self) -> User:
        """Return a user whom no other test has."""
        return next(self._users)

    def client(self) -> dict[str, Any]:
        """Return the file of an OAuth client."""
        return {
            "installed": {
                "client_id": _CLIENT,
                "client_secret": _SECRET,
                "auth_uri": f"{self.url}o/oauth2/v2/auth",
                "token_uri": f"{self.url}oauth2/token",
                "redirect_uris": [self.redirect],
            }
        }


@contextlib.contextmanager
def running() -> Iterator[Emulator]:
    """Start it on a free port and stop it in the end; without Node or the packages the test is skipped."""
    node = need("node", "apt-get install nodejs")
    if not (_FOLDER / "node_modules").is_dir():
        _missing()
    users = [User(f"user{number}@example.org", f"ya29.foreign{number}") for number in range(_USERS)]
    client = {"client_id": _CLIENT, "client_secret": _SECRET, "name": "Ringback", "redirect_uris": [_REDIRECT]}
    seed = json.dumps({"users": [each._asdict() for each in users], "client": client})
    with subprocess.Popen(
        [node, str(_FOLDER / "emulator.mjs"), seed], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield Emulator(int(process.stdout.readline()), users)
        finally:
            process.stdin.close()
            process.wait(timeout=10)


def _missing() -> None:
    message = "@emulators/google is missing; get it with: npm ci --prefix tests/servers/google"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)
