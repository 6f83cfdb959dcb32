"""Identifiers in addresses: those that stay, those that change when an item moves, and what a version is called."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from tests.servers.ews.ids import checked

if TYPE_CHECKING:
    from tests.servers.ews.items import Item, Items

_MARK = b"M"
_TAIL = 5
_TO_ADDRESS = str.maketrans("+/", "_-")
_FROM_ADDRESS = str.maketrans("_-", "+/")
MOVES = "_Moves"
"""The value of an item that counts how often it went to another folder."""


def shown(item: Item, *, immutable: bool) -> str:
    """Return the id of an item; one that is not immutable tells how often the item has moved."""
    if immutable:
        return item.id.translate(_TO_ADDRESS)
    moves = int(item.text(MOVES, "0"))
    return base64.b64encode(checked(item.id) + _MARK + moves.to_bytes(4, "big")).decode().translate(_TO_ADDRESS)


def address(ref: str) -> str:
    """Return an id of the store as it stands in addresses: of a folder, or of an item that is gone."""
    return ref.translate(_TO_ADDRESS)


def stored(ref: str) -> str:
    """Return the id of the store."""
    return ref.translate(_FROM_ADDRESS)


def found(items: Items, ref: str) -> Item:
    """Return the item that an address names, by either kind of id.

    Raises:
        EwsError: there is none, or none any more by this id.
    """
    held = checked(stored(ref))
    if held[-_TAIL:-4] != _MARK:
        return items.get(stored(ref))
    item = items.get(base64.b64encode(held[:-_TAIL]).decode())
    return item if held[-4:] == int(item.text(MOVES, "0")).to_bytes(4, "big") else items.get(stored(ref))


def etag(item: Item) -> str:
    """Return what @odata.etag says."""
    return f'W/"{item.key}"'
