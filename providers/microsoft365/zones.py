"""Time zones by their IANA and their Windows names, by the tables of the Unicode CLDR that our libraries carry."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON
from tzlocal.windows_tz import tz_win, win_tz

UNNAMED = "UTC"
"""What is written for a zone that Windows has no name for."""


def windows(name: str) -> str:
    """Return the Windows name of an IANA zone, UTC where it has none that every server knows: some are of this year."""
    found = tz_win.get(name, UNNAMED)
    return found if found in WINDOWS_TO_OLSON else UNNAMED


def iana(name: str | None) -> str | None:
    """Return the IANA name of a zone with a Windows or an IANA name; None where nobody knows it."""
    if not name:
        return None
    if name == UNNAMED:
        return UNNAMED
    found = known(win_tz.get(name, name))
    return None if found is None else found.key


def known(name: str) -> ZoneInfo | None:
    """Return the zone of an IANA name, None where there is none."""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        return None
