"""Cursors: what was seen last time, as one compact opaque word."""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from typing import TYPE_CHECKING

from assistant.model.mailbox import Cursor

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_VERSION = "1"


class StaleCursorError(ValueError):
    """The cursor is damaged, or was made for another folder."""


def pack(place: Path, seen: Iterable[tuple[str, str]]) -> Cursor:
    """Return a cursor for `place` that remembers names and their states; neither holds a line break or a tab.

    Names that begin alike take less room when they follow each other.
    """
    packer = zlib.compressobj(6)
    lines = (f"{name}\t{state}\n".encode("utf-8", "surrogateescape") for name, state in seen)
    body = b"".join([*map(packer.compress, lines), packer.flush()])
    return Cursor(f"{_VERSION}.{_stamp(place)}.{base64.urlsafe_b64encode(body).decode()}")


def unpack(place: Path, cursor: Cursor) -> dict[str, str]:
    """Return what `pack` was given.

    Raises:
        StaleCursorError: it is no cursor, or one of another folder.
    """
    version, _, rest = cursor.partition(".")
    stamp, _, body = rest.partition(".")
    if (version, stamp) != (_VERSION, _stamp(place)):
        raise StaleCursorError("it belongs to another folder")
    try:
        raw = zlib.decompress(base64.b64decode(body, altchars=b"-_", validate=True))
    except (binascii.Error, zlib.error, ValueError) as error:
        raise StaleCursorError("it is damaged") from error
    lines = raw.decode("utf-8", "surrogateescape").split("\n")
    return dict(line.rsplit("\t", 1) for line in lines if line)


def _stamp(place: Path) -> str:
    return hashlib.sha256(str(place.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:12]
