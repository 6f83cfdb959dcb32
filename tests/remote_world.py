"""The same user's world behind a server on this machine, signed in to as after `ringback connect`."""

from __future__ import annotations

import abc
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from assistant import keeping, settings
from tests.world import World

if TYPE_CHECKING:
    from email.message import EmailMessage
    from types import ModuleType

ADDRESS = "dana@whitfieldlegal.example"


class Point(NamedTuple):
    """A request as the kill test tells it: what it asks, and whether it may change anything."""

    name: str
    writes: bool


class RemoteWorld(World, abc.ABC):
    """One user with everything at one server. What a user does is done there."""

    library: ModuleType
    """What a process loads before it can open the account."""
    server: Any

    def __exit__(self, *_: object) -> None:
        """Stop the server; nothing that it would refuse was asked of it, and nothing was sent."""
        self.server.__exit__(None, None, None)
        assert self.server.violations == []
        assert self.server.sends() == []

    def at(self, text: str) -> None:
        super().at(text)
        self.server.clock.set(self.clock.now())

    def _keep_secret(self, name: str, text: str) -> None:
        """Leave what signing in leaves; the way to it has tests of its own."""
        secrets = settings.places({}, self.root / "config.toml").data / keeping.FILE_NAME
        keeping.SecretFile(secrets).change(keeping.scoped("home", name), text)

    def _arrive(self, message: EmailMessage, account: str) -> str:
        assert account == "home"
        return self.arrive(message.as_bytes(), datetime.strptime(str(message["Date"]), "%a, %d %b %Y %H:%M:%S %z"))

    @abc.abstractmethod
    def arrive(self, raw: bytes, moment: datetime) -> str:
        """Let any mail arrive in the inbox, unread; return its id."""

    # --- what the kill test compares

    @abc.abstractmethod
    def point(self, request: object) -> Point:
        """Say what a request is that the server's `watch` was told of."""

    @abc.abstractmethod
    def events(self) -> dict[str, list[dict[str, Any]]]:
        """Return our events by their keys, without ids and versions."""

    @abc.abstractmethod
    def labels(self) -> list[tuple[str, ...]]:
        """Return the subjects of all mails, each with what the user sees on it."""
