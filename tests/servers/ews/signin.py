"""Who may come in, and how: Basic, and NTLM with the server half of pyspnego."""

from __future__ import annotations

import base64
import binascii
import os
from typing import TYPE_CHECKING

import spnego
from spnego.exceptions import SpnegoError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

BASIC = 'Basic realm="127.0.0.1"'
NTLM = "NTLM"
NEGOTIATE = "Negotiate"


def token(headers: Mapping[str, str], kind: str) -> bytes | None:
    """Return the credentials of a request's Authorization, None where it has none of that kind."""
    named, _, rest = headers.get("authorization", "").partition(" ")
    if named.lower() != kind.lower():
        return None
    try:
        return base64.b64decode(rest, validate=True)
    except binascii.Error:
        return None


def basic(headers: Mapping[str, str]) -> tuple[str, str] | None:
    """Return user and password, None where there are none."""
    held = token(headers, "Basic")
    if held is None:
        return None
    user, _, password = held.decode("utf-8", "replace").partition(":")
    return user, password


class Handshake:
    """NTLM on one connection: three legs, then the connection is the user's.

    Args:
        users: file with lines DOMAIN:USER:PASSWORD.
    """

    def __init__(self, users: Path) -> None:
        os.environ["NTLM_USER_FILE"] = str(users)  # the only way in which the library takes it
        self._context = spnego.server(protocol="ntlm")

    def answer(self, held: bytes) -> str | None:
        """Return what stands in WWW-Authenticate, None when the user has proved who they are."""
        try:
            out = self._context.step(held)
        except SpnegoError:
            return NTLM
        if self._context.complete:
            return None
        return f"{NTLM} {base64.b64encode(out or b'').decode('ascii')}"
