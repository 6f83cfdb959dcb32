"""Events of ours in Outlook's calendar, whatever brings them there: what marks them, and what it cannot hold."""

from __future__ import annotations

import hashlib
import math
import re
from datetime import UTC
from typing import TYPE_CHECKING

import msgspec

from assistant.standards.ical import clean
from providers._keys import PROPERTY_SET

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from zoneinfo import ZoneInfo

    from assistant.model.calendar import Event

GROUP = str(PROPERTY_SET)
UID, KEY, KEPT = "ringbackUid", "ringbackKey", "ringbackFields"
"""Names of our properties; the first two hold what an event is searched by, the last what Outlook has no place for."""
CUT = 255
"""Units of UTF-16 that a title, a place or a category may have."""

_SEARCHABLE = re.compile(r"[!-~]{1,120}", re.ASCII)
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML can hold (XML 1.0, 2.2)."""
_UNLISTABLE = re.compile(r"[,;]")
"""Outlook shows and reads categories as one text, with these between them."""
_EARLIEST_REMINDER = 40320  # four weeks; Outlook takes two


class InexpressibleError(ValueError):
    """An event that Outlook's calendar cannot hold."""


class Fields(msgspec.Struct, frozen=True, omit_defaults=True):
    """What Outlook has no place for, or would hold in another way; None where what it shows says it.

    `reminders` are in seconds before the start.
    """

    zone: str | None = msgspec.field(default=None, name="z")
    categories: tuple[str, ...] = msgspec.field(default=(), name="c")
    reminders: tuple[int, ...] = msgspec.field(default=(), name="r")
    status: str | None = msgspec.field(default=None, name="s")
    summary: str | None = msgspec.field(default=None, name="t")
    location: str | None = msgspec.field(default=None, name="l")
    uid: str | None = msgspec.field(default=None, name="u")
    key: str | None = msgspec.field(default=None, name="k")


# --- whose it is


def search_uid(uid: str) -> str:
    """Return what an event with this uid is searched by: the uid, or a digest of one that no search could hold."""
    if _SEARCHABLE.fullmatch(uid) and not uid.startswith("#"):
        return uid
    return "#" + hashlib.blake2b(uid.encode("utf-8", "surrogatepass"), digest_size=24).hexdigest()


def search_key(key: str) -> str:
    """Return what the property of a key holds: "#" for one that is kept among the fields."""
    return key if _SEARCHABLE.fullmatch(key) else "#"


def kept(properties: Mapping[str, str]) -> Fields:
    """Return what was kept beside an event; nothing where somebody damaged it."""
    try:
        return msgspec.json.decode(properties.get(KEPT, "{}"), type=Fields)
    except msgspec.DecodeError:
        return Fields()


def own_uid(properties: Mapping[str, str]) -> str | None:
    """Return the uid of an event of ours, a copy of it included; None for anybody else's."""
    written = properties.get(UID)
    uid = kept(properties).uid or written
    return uid if uid and written == search_uid(uid) else None


def own_key(properties: Mapping[str, str]) -> str | None:
    """Return the key of an event of ours, a copy of it included; None for anybody else's."""
    uid = own_uid(properties)
    key = kept(properties).key or properties.get(KEY)
    return key if uid and key and (uid == key or uid.startswith(f"{key}.")) else None


# --- what Outlook takes


def legal(text: str) -> str:
    """Return text without what Outlook's services cannot carry."""
    return _ILLEGAL.sub("", text)


def short(text: str) -> str:
    """Return text of at most `CUT` units."""
    found = legal(text)[:CUT]
    while len(found.encode("utf-16-le")) > 2 * CUT:
        found = found[:-1]
    return found


def unless_edited(text: str | None, stored: str | None) -> str:
    """Return what we wrote as long as what is shown is the short form of it."""
    shown = clean(text or "")
    return stored if stored is not None and clean(short(stored)) == shown else shown


def minutes(seconds: Iterable[int]) -> int | None:
    """Return when the one reminder that Outlook has comes: the first of those wanted, in minutes before the start.

    Raises:
        InexpressibleError: one of them is after the start, or more than four weeks ahead.
    """
    found = [math.ceil(each / 60) for each in seconds]
    if not all(0 <= each <= _EARLIEST_REMINDER for each in found):
        raise InexpressibleError("Outlook has no reminder after the start, and none four weeks ahead")
    return max(found, default=None)


def stands(reminder: int | None, fields: Fields) -> bool:
    """Tell whether a reminder is what we wrote."""
    try:
        return reminder == minutes(fields.reminders)
    except InexpressibleError:
        return False


def listed(wanted: Iterable[str], shown: Iterable[str], before: Fields) -> list[str]:
    """Return our categories with those that the user added; Outlook knows no two that differ in case alone."""
    earlier = {_listable(each).casefold() for each in before.categories}
    users = (each for each in shown if each.casefold() not in earlier)
    found: dict[str, str] = {}
    for each in (*map(_listable, wanted), *users):
        if each:
            found.setdefault(each.casefold(), each)
    return list(found.values())


def standing(shown: Iterable[str], before: Fields) -> tuple[str, ...]:
    """Return our categories that still stand, in our order; the user's are not ours to tell."""
    there = {each.casefold() for each in shown}
    return tuple(each for each in before.categories if _listable(each).casefold() in there)


def _listable(category: str) -> str:
    return short(" ".join(_UNLISTABLE.sub(" ", category).split()))


def share_clock(one: Event, other: Event, zones: tuple[ZoneInfo | None, ZoneInfo | None]) -> bool:
    """Tell whether two zones show an event at the same time: Windows has one name for several of them."""
    moments = (other.start.astimezone(UTC), other.end.astimezone(UTC))
    if one.zone == other.zone:
        return True
    clocks = [tuple(each.astimezone(zone).utcoffset() for each in moments) for zone in zones if zone is not None]
    return len(clocks) == len(zones) and clocks[0] == clocks[1]
