"""The keys of a Google account in the settings, all mistakes told at once.

- `client`: path of the OAuth client's JSON file
- `services`: some of "mail", "calendar", "contacts"
- `calendar`: "primary", a calendar's id or its name
- `own_calendar`: true where signing in makes that calendar if it is not there
- `busy`: further calendars that count as busy; without the key all that are shown in Google Calendar
- `endpoint`: a test server in Google's place, on this machine only
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from assistant.errors import ConfigError
from providers import _options
from providers._options import OWN, SERVICES
from providers._options import text as text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    faults = _options.unknown(settings, _KEYS)
    found = Options(
        client=_client(settings, faults),
        services=_options.services(settings, faults),
        calendar=text_of(settings, "calendar", faults) or "primary",
        own=_options.own(settings, faults, main="primary"),
        busy=_options.names(settings, "busy", faults) if "busy" in settings else None,
        endpoint=_options.endpoint(settings, faults, service="Google"),
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
    found = _options.endpoint(settings, faults, service="Google")
    if faults:
        raise ConfigError(faults)
    return found


def _client(settings: Mapping[str, object], faults: list[str]) -> Path:
    text = text_of(settings, "client", faults)
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
