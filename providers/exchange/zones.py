"""Time zones by their IANA and their Windows names, by the tables of the Unicode CLDR that exchangelib carries.

The server is never asked for its zones: some servers that speak EWS have no list of them.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from exchangelib.winzone import IANA_TO_MS_TIMEZONE_MAP, MS_TIMEZONE_TO_IANA_MAP

UNNAMED = "UTC"
"""What is written for a zone that Windows has no name for."""
_NOON = timedelta(hours=12)


def windows(name: str) -> str:
    """Return the Windows name of an IANA zone, UTC where it has none."""
    found = IANA_TO_MS_TIMEZONE_MAP.get(name)
    return str(found[0]) if found else UNNAMED


def iana(name: str | None) -> str | None:
    """Return the IANA name of a zone with a Windows or an IANA name; None where nobody knows it."""
    if not name:
        return None
    if name == UNNAMED:
        return UNNAMED
    found = known(str(MS_TIMEZONE_TO_IANA_MAP.get(name, name)))
    return None if found is None else found.key


def known(name: str) -> ZoneInfo | None:
    """Return the zone of an IANA name, None where there is none."""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        return None


def day(midnight: datetime, written: str | None, zone: ZoneInfo) -> date:
    """Return the date whose midnight this is: whole days are stored as instants.

    Args:
        midnight: aware.
        written: the Windows name of the zone it was written in, None where the server does not say.
        zone: the user's, believed where it is midnight there.
    """
    for each in (known(iana(written) or ""), zone):
        if each is not None and midnight.astimezone(each).time() == time():
            return midnight.astimezone(each).date()
    return (midnight.astimezone(UTC) + _NOON).date()
