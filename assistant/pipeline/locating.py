"""Where a callee is: by the user's contacts, by what the caller said, or by the number, which may be a guess."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from assistant.plan.reasons import clock_of
from assistant.standards import phone

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from assistant.model.call import E164

_OFFSET = re.compile(r"([+-])(\d\d):(\d\d)")
_Clock = tuple[timedelta | None, ...]


class Place(NamedTuple):
    """The zones in which a callee may be, one of each clock, the likeliest first; and what is to be said of them."""

    zones: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@lru_cache(maxsize=4096)
def located(contact: str | None, named: str | None, number: E164 | None, mine: str, year: int) -> Place:
    """Return where a callee is. The user's own clock needs no word.

    Who names a zone is there, or is so kind as to use the user's: where contacts or number say otherwise, both count.

    Args:
        contact: the zone that the address book has (IANA).
        named: the zone that the caller named, IANA or an offset such as "-08:00".
        number: to dial.
        mine: the user's zone.
        year: in which clocks are compared.
    """
    if contact is not None:
        known = _told((contact,), mine, year, "as your contacts say")
        source = "your contacts say"
    else:
        known = _of_number(number, mine, year) if number is not None else Place()
        source = "the number says"
    said = _iana(named, known.zones, mine, year) if named is not None else None
    if said is None or (contact is not None and _shows(said, known.zones, year)):
        return known
    borrowed = contact is not None or _clock(said, year) == _clock(mine, year)
    if borrowed and known.zones and not _shows(said, known.zones, year):
        there = clock_of(known.zones[0]) if len(known.zones) == 1 else f"one of {len(known.zones)} zones"
        note = f"they named {clock_of(said)}, and {source} {there}: the hours of both are kept"
        return Place(clocks((*known.zones, said), "", year), (note,))
    return _told((said,), mine, year, "as they said")


def _told(zones: tuple[str, ...], mine: str, year: int, source: str) -> Place:
    if _clock(zones[0], year) == _clock(mine, year):
        return Place(zones)
    return Place(zones, (f"their clock is {clock_of(zones[0])}, {source}",))


def _of_number(number: E164, mine: str, year: int) -> Place:
    zones = clocks(_at_home(phone.zones(number), number, year), mine, year)
    kind = phone.wanders(number)
    if zones == (mine,) or not zones:
        return Place(zones)
    if mine in zones and kind == "a toll-free number":
        return Place((mine,), (f"your own clock is taken for theirs: {kind}",))
    shown = clock_of(zones[0]) if len(zones) == 1 else f"{len(zones)} zones"
    if kind is not None:
        return Place(zones, (f"their clock is a guess from the number ({shown}): {kind}",))
    if len(zones) > 1:
        return Place(zones, (f"their number is used in {shown}: the hours of all are kept",))
    return _told(zones, mine, year, "by their number")


@lru_cache(maxsize=64)
def _of_country(country: str) -> tuple[str, ...]:
    from babel.core import get_global  # noqa: PLC0415 - a large table

    return tuple(sorted(zone for zone, where in get_global("zone_territories").items() if where == country))


def _at_home(zones: tuple[str, ...], number: E164, year: int) -> tuple[str, ...]:
    """Return the zones as the number's own country names them, where the library has those of a neighbour."""
    country = phone.country(number)
    own = [zone for zone in _of_country(country) if _loads(zone)] if country is not None else []
    if set(own) & set(zones):
        return zones
    named = (next((one for one in own if _clock(one, year) == _clock(zone, year)), zone) for zone in zones)
    return tuple(dict.fromkeys(named))


def _iana(named: str, zones: Sequence[str], mine: str, year: int) -> str | None:
    """Return the zone that is meant, None for one that is not known here; an offset may be that of a likely zone."""
    offset = _OFFSET.fullmatch(named)
    if offset is None:
        return named if _loads(named) else None
    sign = -1 if offset[1] == "-" else 1
    length = sign * timedelta(hours=int(offset[2]), minutes=int(offset[3]))
    likely = next((zone for zone in (*zones, mine) if length in _clock(zone, year)), None)
    fixed = f"Etc/GMT{-sign * int(offset[2]):+d}"
    return likely or (fixed if offset[3] == "00" and _loads(fixed) else None)


def clocks(zones: Iterable[str], mine: str, year: int) -> tuple[str, ...]:
    """Return one zone of each clock, the user's own or else the best known: many zones have the same time all year."""
    known = tuple(zones)
    found: dict[_Clock, str] = {}
    for zone in (*((mine,) if mine and _shows(mine, known, year) else ()), *sorted(known, key=_is_minor)):
        found.setdefault(_clock(zone, year), zone)
    return tuple(found.values())


def _is_minor(zone: str) -> bool:
    """Tell whether a zone is an island's, whose name few know where a capital has the same time."""
    return zone in {"Europe/Guernsey", "Europe/Isle_of_Man", "Europe/Jersey"}


def _shows(mine: str, zones: Iterable[str], year: int) -> bool:
    return any(_clock(mine, year) == _clock(zone, year) for zone in zones)


@lru_cache(maxsize=1024)
def _clock(zone: str, year: int) -> _Clock:
    there = ZoneInfo(zone)
    return tuple(datetime(year, month, day, 12, tzinfo=there).utcoffset() for month in range(1, 13) for day in (1, 15))


@lru_cache(maxsize=256)
def _loads(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        return False
    return True
