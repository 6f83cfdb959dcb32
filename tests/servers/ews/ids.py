"""Identifiers as Exchange makes them: base64, long, case-sensitive, and a change key for every version."""

from __future__ import annotations

import base64
import binascii

from tests.servers.ews.soap import EwsError

_MAILBOX = b"\x00\x03$\x0063c3f9b6-7a35-4d55-8a1e-2f6a0d7c9e41\x00F\x00\x00\x00\x00\x00"


class Ids:
    """Counts identifiers and versions."""

    def __init__(self) -> None:
        self._ids = 0
        self._changes = 0

    def new(self) -> str:
        """Return an identifier that was never used."""
        self._ids += 1
        tail = (self._ids * 0x9E3779B97F4A7C15 % 2**64).to_bytes(8, "big") + self._ids.to_bytes(4, "big")
        return base64.b64encode(_MAILBOX + b"\x07\x00\xd6\x8e" * 9 + tail * 2 + b"\x00").decode("ascii")

    def change(self) -> int:
        """Return the next version."""
        self._changes += 1
        return self._changes

    @property
    def changes(self) -> int:
        """Return the latest version."""
        return self._changes

    @staticmethod
    def key(change: int, kind: str = "CQAAABYAAA") -> str:
        """Return the change key of a version."""
        return base64.b64encode(base64.b64decode(kind + "==", validate=False) + change.to_bytes(17, "big")).decode()


def checked(ref: str) -> bytes:
    """Return the bytes of an identifier that may be one of some mailbox."""
    try:
        made = base64.b64decode(ref, validate=True)
    except (binascii.Error, ValueError):
        made = b""
    if len(made) < 32:
        raise EwsError("ErrorInvalidIdMalformed", "Id is malformed.")
    return made
