"""What `init` can find out by itself: folders, name, zone, region, language. Reads, and changes nothing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_MAIL = ("Maildir", "Mail", "mail", ".maildir", ".mail")
_CALENDARS = (
    ".calendars",
    ".local/share/vdirsyncer/calendars",
    ".local/share/vdirsyncer",
    ".local/share/khal/calendars",
    ".local/share/calendars",
)
_CONTACTS = (".contacts", ".local/share/vdirsyncer/contacts", ".local/share/contacts", ".local/share/khard")


def maildirs(home: Path) -> list[Path]:
    """Return the Maildirs in the usual places, the likeliest first."""
    roots = [home / name for name in _MAIL]
    inside = [root / name for root in roots for name in ("INBOX", "Inbox", "inbox")]
    below = [one for root in roots for one in _folders(root)]
    return list(dict.fromkeys(path for path in (*roots, *inside, *below) if is_maildir(path)))


def is_maildir(path: Path) -> bool:
    """Tell whether a folder is a Maildir."""
    return all((path / name).is_dir() for name in ("cur", "new"))


def calendars(home: Path) -> list[Path]:
    """Return the folders that hold events as khal and vdirsyncer keep them, or are made for that."""
    return _stores(home, _CALENDARS, ".ics")


def contacts(home: Path) -> list[Path]:
    """Return the folders that hold contact cards."""
    return _stores(home, _CONTACTS, ".vcf")


def _stores(home: Path, places: tuple[str, ...], suffix: str) -> list[Path]:
    found = []
    for place in places:
        for path in (home / place, *_folders(home / place)):
            holds = any(one.suffix == suffix for one in path.iterdir()) if path.is_dir() else False
            if holds and path not in found:
                found.append(path)
    return found


def _folders(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(one for one in path.iterdir() if one.is_dir() and not one.name.startswith("."))


def name() -> str:
    """Return the user's name as this machine knows it, empty when it does not."""
    try:
        import pwd  # noqa: PLC0415  not on every platform

        gecos = pwd.getpwuid(os.getuid()).pw_gecos
    except (ImportError, KeyError):
        return ""
    return gecos.split(",")[0].strip()


def zone() -> str:
    """Return the IANA zone of this machine, "UTC" when it has none."""
    import tzlocal  # noqa: PLC0415  only init asks

    try:
        return tzlocal.get_localzone_name() or "UTC"
    except (LookupError, ValueError, OSError):
        return "UTC"


NOWHERE = "ZZ"
"""What Unicode calls the region of a zone that lies nowhere, such as Etc/UTC."""


def region(zone_name: str, environment: Mapping[str, str]) -> str:
    """Return the country of a zone, else of the locale, else "US"."""
    from babel.core import get_global  # noqa: PLC0415  only init asks

    country = get_global("zone_territories").get(zone_name)
    if country and len(country) == len("US") and country.isalpha() and country != NOWHERE:
        return str(country)
    territory = _locale(environment).partition("_")[2].partition(".")[0].partition("@")[0]
    return territory if len(territory) == len("US") and territory.isupper() else "US"


def language(known: frozenset[str], environment: Mapping[str, str]) -> str:
    """Return the locale's language where there are templates in it, else English."""
    wanted = _locale(environment).partition("_")[0].partition(".")[0].lower()
    return wanted if wanted in known else "en"


def _locale(environment: Mapping[str, str]) -> str:
    return next((environment[key] for key in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(key)), "")
