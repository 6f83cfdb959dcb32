"""What the mailbox, the drafts folder and the address book carry."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import NewType

import msgspec

from assistant.model.call import E164

Ref = NewType("Ref", str)
ETag = NewType("ETag", str)
Cursor = NewType("Cursor", str)


class Folder(StrEnum):
    """The role of a folder (RFC 6154 special-use names, without the backslash)."""

    INBOX = "inbox"
    ARCHIVE = "archive"
    DRAFTS = "drafts"
    SENT = "sent"
    JUNK = "junk"
    TRASH = "trash"
    OTHER = "other"


class Label(StrEnum):
    """The state a notification shows in the mailbox; one at a time. `CHECK` is uncertain, `CHECK_SENDER` suspect."""

    TO_CALL = "To call"
    PROMISED = "Promised"
    LEFT_MESSAGE = "Left message"
    DONE = "Done"
    CHECK = "Check"
    CHECK_SENDER = "Check sender"


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """A message without its body.

    `thread` is the provider's thread id, or the root Message-ID where it has none. `labels` are ours only.
    `item_class` is Exchange's message class, None elsewhere. `headers` keeps the order of the mail, names as written.
    """

    ref: Ref
    thread: str | None = None
    folder: Folder = Folder.INBOX
    labels: frozenset[Label] = frozenset()
    received_at: datetime
    item_class: str | None = None
    headers: tuple[tuple[str, str], ...] = ()

    def header(self, name: str) -> str | None:
        """Return the first header field of that name (any case), None when it is absent."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)


class MailChanges(msgspec.Struct, frozen=True, kw_only=True):
    """New or changed heads, refs that are gone, and the cursor to store once all of them are applied.

    `heads` can be read once and fetches while it is read, so what reads it may see a `ProviderError`. `removed` and
    `cursor` stand as of the call, and so does which messages `heads` is about. `total` is how many those are, for
    showing progress; None where nobody counted them.
    """

    heads: Iterator[Head]
    removed: tuple[Ref, ...]
    cursor: Cursor
    total: int | None = None


class DraftRef(msgspec.Struct, frozen=True, kw_only=True):
    """Where a draft lies, and in which version."""

    ref: Ref
    etag: ETag


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A draft as it lies in the drafts folder. `key` is ours, None for a draft of the user's."""

    ref: DraftRef
    raw: bytes
    key: str | None = None
    thread: str | None = None


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """A person in the user's address book; `groups` are the card's categories."""

    name: str
    numbers: tuple[E164, ...] = ()
    addresses: tuple[str, ...] = ()
    organisation: str | None = None
    groups: tuple[str, ...] = ()
    zone: str | None = None
