"""Message files to heads: only the header is read, however large the message."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from assistant.model.mailbox import Head
from assistant.standards import mail
from providers._headers import field, header_fields
from providers.local.maildir import role

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from assistant.model.mailbox import Label
    from providers.local.maildir import Item

_CHUNK = 16 * 1024
_LIMIT = 1024 * 1024
_END = re.compile(rb"\r?\n\r?\n")
_ID = re.compile(r"<[^<>\s]+>")


def read_header(path: Path) -> tuple[bytes, float]:
    """Return the header of a message and the file's mtime; a header past 1 MiB is cut off."""
    with path.open("rb") as file:
        data = b""
        while len(data) < _LIMIT and (chunk := file.read(_CHUNK)):
            data += chunk
            found = _END.search(data)
            if found:
                data = data[: found.end()]
                break
        return data, path.stat().st_mtime


def head(item: Item, raw: bytes, mtime: float, labels: Mapping[str, Label]) -> Head:
    """Build a head from a header.

    Args:
        item: the file.
        raw: its header.
        mtime: taken as the time of arrival if neither Received nor Date can be read.
        labels: letters of the folder's keywords that are labels of ours.
    """
    headers = header_fields(raw)
    return Head(
        ref=item.ref,
        thread=thread(headers),
        folder=role(item.folder),
        labels=frozenset(labels[each] for each in item.flags if each in labels),
        received_at=_received(headers) or datetime.fromtimestamp(mtime, UTC),
        headers=headers,
    )


def thread(headers: tuple[tuple[str, str], ...]) -> str | None:
    """Return the Message-ID that began the conversation (RFC 5322 3.6.4), None when none is written."""
    for name in ("References", "In-Reply-To", "Message-ID"):
        found = _ID.search(field(headers, name) or "")
        if found:
            return found.group()
    return None


def _received(headers: tuple[tuple[str, str], ...]) -> datetime | None:
    """Return the time written by the user's own server (the topmost Received), else that of the sender."""
    received = (field(headers, "Received") or "").rpartition(";")[2]
    for written in (received, field(headers, "Date") or ""):
        moment = mail.moment(written)
        if moment is not None:
            return moment
    return None
