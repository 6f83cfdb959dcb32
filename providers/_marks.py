"""Where reading stopped, as text: whose it is, and which folders stand as they were by the marks of their server.

A mark holds counts and the time of the latest change in a folder, in whole seconds, so that what changes in the same
second leaves it as it is: it counts only once the folder was read after that second was over.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from assistant.errors import CursorExpiredError
from assistant.model.mailbox import Cursor

if TYPE_CHECKING:
    from datetime import datetime

_LONGEST = 16 << 20
_SECOND_IS_OVER = 2.0
_CLOCKS_AGREE = 86400.0
"""Seconds by which the server's clock is surely not off ours."""


class Owned(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where reading of a mailbox stopped; `owner` is what `owner_of` says."""

    owner: str


class Marked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The mark of a folder.

    `mark`: at the last look, None where there was none. `since`: when that mark was first seen, in seconds of our
    clock. `settled`: nothing can have changed since under this mark.
    """

    mark: str | None = None
    since: float = 0.0
    settled: bool = False


P = TypeVar("P")
S = TypeVar("S", bound=Owned)


# --- mailboxes


def is_standing(kept: Marked | None, mark: str | None) -> bool:
    """Tell whether a folder with this mark now is as it was when reading stopped."""
    return kept is not None and kept.settled and mark is not None and kept.mark == mark


def marked(kept: Marked | None, mark: str | None, committed: datetime | None, now: float) -> dict[str, Any]:
    """Return the fields of the mark of a folder that was read just now.

    Args:
        kept: what was remembered.
        mark: from before reading, or of about the same moment.
        committed: the time in the mark, by the server's clock.
        now: before anything of this look was asked for, in seconds.
    """
    if mark is None:
        return {}
    since = kept.since if kept is not None and kept.mark == mark else now
    long_ago = committed is not None and committed.timestamp() < now - _CLOCKS_AGREE
    return {"mark": mark, "since": since, "settled": long_ago or now - since >= _SECOND_IS_OVER}


def pack(stand: Owned) -> Cursor:
    """Return a place as opaque text."""
    return Cursor(msgspec.json.encode(stand).decode())


def unpack(cursor: Cursor, kind: type[S], owner: str, provider: str) -> S:
    """Return the place that a text stands for.

    Raises:
        CursorExpiredError: it stands for none in the mailbox of this owner.
    """
    try:
        found = msgspec.json.decode(cursor, type=kind) if len(cursor) <= _LONGEST else None
    except (msgspec.DecodeError, UnicodeError) as error:
        raise unknown(provider) from error
    if found is None or found.owner != owner:
        raise unknown(provider)
    return found


def owner_of(address: str) -> str:
    """Return what stands for an account in a cursor: a digest of its address."""
    return hashlib.sha256(address.casefold().encode()).hexdigest()[:16]


def unknown(provider: str) -> CursorExpiredError:
    """Return the error for a place that the server, or we, cannot tell the news since."""
    text = "the place where reading stopped is not known any more; read again from the beginning"
    return CursorExpiredError(provider, "mailbox.changes", text)


# --- calendars


def encoded(place: msgspec.Struct) -> Cursor:
    """Return a place in calendars as opaque text."""
    return Cursor(base64.urlsafe_b64encode(msgspec.json.encode(place)).decode("ascii"))


def decoded(cursor: Cursor, kind: type[P], provider: str) -> P:
    """Return the place in calendars that a text stands for.

    Raises:
        CursorExpiredError: it stands for none.
    """
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(cursor.encode()), type=kind)
    except (msgspec.DecodeError, binascii.Error, ValueError) as error:
        raise CursorExpiredError(provider, "calendar.changes", "the cursor is not known; read all again") from error


def renamed(provider: str) -> CursorExpiredError:
    """Return the error for a place in a calendar that is not the one of the settings any more."""
    text = "the settings name another calendar now; read all again"
    return CursorExpiredError(provider, "calendar.changes", text)
