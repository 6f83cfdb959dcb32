"""The keys of a Google account in the settings, all mistakes told at once.

- `client`: path of the OAuth client's JSON file
- `services`: some of "mail", "calendar", "contacts"
- `calendar`: "primary", a calendar's id or its name
- `own_calendar`: true where signing in makes that calendar if it is not there
- `busy`: further calendars that count as busy; without the key all that are shown in Google Calendar
- `endpoint`: a test server in Google's place, on this machine only
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from assistant.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVICES = ("mail", "calendar", "contacts")
OWN = "own calendar"
"""What `own_calendar` needs besides the services."""
_PLAIN = re.compile(r"https?://(?:localhost|[0-9.]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:/[\w.~/-]*)?", re.ASCII)
"""An address that all who read it read alike: "http://a.example\\@127.0.0.1/" has two hosts, by whom one asks."""
_KEYS = ("client", "services", "calendar", "own_calendar", "busy", "endpoint")


class Options(NamedTuple):
    """What the settings say. `busy` None: all calendars shown in the user's list. `endpoint` None: Google itself."""

    client: Path
    services: tuple[str, ...] = SERVICES
    calendar: str = "primary"
    own: bool = False
    busy: tuple[str, ...] | None = None
    endpoint: str | None = None

    @property
    def wanted(self) -> tuple[str, ...]:
        """Return what a sign-in asks rights for."""
        return (*self.services, OWN) if self.own else self.services


def of(settings: Mapping[str, object]) -> Options:
    """Read an account's section of the settings.

    Raises:
        ConfigError: unknown keys and wrong values; all at once.
    """
    faults = [f"{key}: unknown; use {', '.join(_KEYS)}" for key in settings if key not in {*_KEYS, "provider"}]
    found = Options(
        client=_client(settings, faults),
        services=_services(settings, faults),
        calendar=_text(settings, "calendar", "primary", faults),
        own=_own(settings, faults),
        busy=_names(settings, "busy", faults) if "busy" in settings else None,
        endpoint=_endpoint(settings, faults),
    )
    if faults:
        raise ConfigError(faults)
    return found


def endpoint(settings: Mapping[str, object]) -> str | None:
    """Read where Google is, whatever else is wrong in the section.

    Raises:
        ConfigError: this key is wrong.
    """
    faults: list[str] = []
    found = _endpoint(settings, faults)
    if faults:
        raise ConfigError(faults)
    return found


def _client(settings: Mapping[str, object], faults: list[str]) -> Path:
    text = _text(settings, "client", "", faults)
    path = Path(text)
    if text.startswith("~"):
        try:
            path = path.expanduser()
        except RuntimeError:
            faults.append(f"client: {text} names an unknown home; write the whole path")
            return path
    if "client" not in settings or (text and not path.is_absolute()):
        faults.append('client: must be a path that begins with / or ~, such as "~/google-client.json"')
    return path


def _services(settings: Mapping[str, object], faults: list[str]) -> tuple[str, ...]:
    if "services" not in settings:
        return SERVICES
    wanted = _names(settings, "services", faults)
    faults += [f"services: {name!r} is none; use {', '.join(SERVICES)}" for name in wanted if name not in SERVICES]
    if not wanted:
        faults.append(f'services: name at least one, such as services = ["{SERVICES[0]}"]')
    return tuple(name for name in SERVICES if name in wanted)


def _own(settings: Mapping[str, object], faults: list[str]) -> bool:
    value = settings.get("own_calendar", False)
    if not isinstance(value, bool):
        faults.append("own_calendar: must be true or false")
    elif value and settings.get("calendar", "primary") == "primary":
        faults.append('own_calendar: name the calendar too, such as calendar = "Calls"')
    return value is True


def _text(settings: Mapping[str, object], key: str, default: str, faults: list[str]) -> str:
    value = settings.get(key, default)
    if isinstance(value, str) and (value.strip() or key not in settings):
        return value
    faults.append(f"{key}: must be a text that is not empty")
    return default


def _names(settings: Mapping[str, object], key: str, faults: list[str]) -> tuple[str, ...]:
    value = settings[key]
    if isinstance(value, list | tuple) and all(isinstance(each, str) and each.strip() for each in value):
        return tuple(dict.fromkeys(value))
    faults.append(f'{key}: must be a list of texts, such as ["{SERVICES[0] if key == "services" else "Team"}"]')
    return ()


def _endpoint(settings: Mapping[str, object], faults: list[str]) -> str | None:
    if "endpoint" not in settings:
        return None
    text = _text(settings, "endpoint", "", faults)
    if text and not is_loopback(text):
        faults.append(
            "endpoint: is for tests and must be an address on this machine, such as http://127.0.0.1:8080/; "
            "leave it out to use Google"
        )
    return text if text.endswith("/") else f"{text}/"


def is_loopback(address: str) -> bool:
    """Tell whether a web address is on this machine, whatever a name server says."""
    if _PLAIN.fullmatch(address) is None:
        return False
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        return parts.scheme in {"http", "https"} and (host == "localhost" or ip_address(host).is_loopback)
    except ValueError:
        return False
