"""Which messages belong together (MS-OXOMSG 2.2.1.2 and 2.2.1.3)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import TYPE_CHECKING

from tests.servers.ews.message import topic
from tests.servers.ews.properties import Extended
from tests.servers.ews.soap import Element, e

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tests.servers.ews.items import Item
    from tests.servers.ews.message import Read

INDEX = Extended("", "0x0071", "Binary")
TOPIC = Extended("", "0x0070", "String")
TRACKING = Extended("", "0x3016", "Boolean")
_HEADER = 22
_ID = re.compile(r"<[^<>\s]+>")
_EPOCH = 116444736000000000
"""1970 in FILETIME: units of 100 ns since 1601."""


def index(moment: datetime, guid: bytes) -> bytes:
    """Return the header of a new conversation index: 0x01, five bytes of FILETIME, a GUID."""
    return b"\x01" + _filetime(moment)[1:6] + guid


def child(parent: bytes, moment: datetime) -> bytes:
    """Return the index of an answer: five bytes more."""
    return parent + _filetime(moment)[2:6] + bytes([len(parent) % 256])


def _filetime(moment: datetime) -> bytes:
    return (int(moment.timestamp() * 10_000_000) + _EPOCH).to_bytes(8, "big")


def decoded(text: str | None) -> bytes | None:
    """Read Thread-Index; None when it is none."""
    try:
        made = base64.b64decode("".join((text or "").split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    return made if len(made) >= _HEADER and made[0] == 1 else None


def of(item: Item) -> bytes | None:
    """Return the conversation index of an item."""
    return decoded(item.text("ConversationIndex"))


def conversation(item: Item) -> bytes:
    """Return the PidTagConversationId of an item."""
    held = of(item)
    if item.extended.get(TRACKING) == "true" and held is not None:
        return held[6:_HEADER]
    words = item.text("ConversationTopic", item.text("Subject"))[:255].upper()
    return hashlib.md5(words.encode("utf-16-le"), usedforsecurity=False).digest()


def element(item: Item) -> Element:
    """Return t:ConversationId."""
    held = b"\x00\x03$\x0063c3f9b6-7a35-4d55-8a1e-2f6a0d7c9e41\x00\x10\x00" + conversation(item)
    return e("t:ConversationId", Id=base64.b64encode(held).decode("ascii"))


def imported(item: Item, made: Read, moment: datetime, guid: bytes) -> None:
    """Set what MIME says about the conversation. An imported message that nothing else marks is not tracked."""
    item.values["ConversationTopic"] = made.header("Thread-Topic") or topic(item.text("Subject"))
    held = decoded(made.header("Thread-Index")) or index(moment, guid)
    item.values["ConversationIndex"] = base64.b64encode(held).decode("ascii")


def delivered(item: Item, made: Read, called: Callable[[str], list[Item]]) -> None:
    """Join the conversation of a message that is answered, as delivery does where the topic is the same."""
    item.extended[TRACKING] = "true"
    if decoded(made.header("Thread-Index")) is not None:
        return
    named = set(_ID.findall(f"{item.text('References')} {item.text('InReplyTo')}"))
    same = item.text("ConversationTopic").casefold()
    for each in [one for name in sorted(named) for one in called(name) if one is not item]:
        held = of(each)
        if held and each.text("ConversationTopic").casefold() == same:
            item.values["ConversationIndex"] = base64.b64encode(child(held, item.created)).decode("ascii")
            item.extended[TRACKING] = "true"
            return


def renamed(item: Item, moment: datetime, guid: bytes) -> None:
    """Begin a new conversation where the subject of a draft became another one."""
    if topic(item.text("Subject")).casefold() == item.text("ConversationTopic").casefold():
        return
    item.values["ConversationTopic"] = topic(item.text("Subject"))
    item.values["ConversationIndex"] = base64.b64encode(index(moment, guid)).decode("ascii")
