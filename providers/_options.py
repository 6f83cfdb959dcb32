"""Keys that accounts of several services have in the settings; each mistake is added to those told at once."""

from __future__ import annotations

import re
from datetime import timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from providers._net import Patience

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

SERVICES = ("mail", "calendar", "contacts")
OWN = "own calendar"
"""What `own_calendar` needs besides the services."""
_PLAIN = re.compile(r"https?://(?:localhost|[0-9.]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:/[\w.~/-]*)?", re.ASCII)
"""An address that all who read it read alike: "http://a.example\\@127.0.0.1/" has two hosts, by whom one asks."""
_MOST = 600
_THROTTLED = 6
"""Quotas are counted over minutes, so that a service that asks to come back later is waited for longer."""


def unknown(settings: Mapping[str, object], keys: Collection[str]) -> list[str]:
    """Return a fault for each key that an account of this service has not."""
    return [f"{key}: unknown; use {', '.join(keys)}" for key in settings if key not in {*keys, "provider"}]


def text(settings: Mapping[str, object], key: str, faults: list[str]) -> str:
    """Return a text without the white space around it, "" where there is none."""
    value = settings.get(key, "")
    if isinstance(value, str) and (value.strip() or key not in settings):
        return value.strip()
    faults.append(f"{key}: must be a text that is not empty")
    return ""


def names(settings: Mapping[str, object], key: str, faults: list[str]) -> tuple[str, ...]:
    """Return a list of texts, each once; nothing where there is none."""
    value = settings.get(key, ())
    if isinstance(value, list | tuple) and all(isinstance(each, str) and each.strip() for each in value):
        return tuple(dict.fromkeys(value))
    faults.append(f'{key}: must be a list of texts, such as ["{SERVICES[0] if key == "services" else "Team"}"]')
    return ()


def services(settings: Mapping[str, object], faults: list[str]) -> tuple[str, ...]:
    """Return the services that are wanted, in our order; all without the key."""
    if "services" not in settings:
        return SERVICES
    wanted = names(settings, "services", faults)
    faults += [f"services: {name!r} is none; use {', '.join(SERVICES)}" for name in wanted if name not in SERVICES]
    if settings["services"] in ([], ()):
        faults.append(f'services: name at least one, such as services = ["{SERVICES[0]}"]')
    return tuple(name for name in SERVICES if name in wanted)


def own(settings: Mapping[str, object], faults: list[str], *, main: str = "") -> bool:
    """Tell whether signing in makes the calendar, which must be named then: `main` is no name."""
    value = settings.get("own_calendar", False)
    if not isinstance(value, bool):
        faults.append("own_calendar: must be true or false")
    elif value and settings.get("calendar", main) == main:
        faults.append('own_calendar: name the calendar too, such as calendar = "Calls"')
    return value is True


def patience(settings: Mapping[str, object], faults: list[str]) -> Patience:
    """Return how long a service that does not answer is waited for."""
    value = settings.get("patience")
    if value is None:
        return Patience()
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= _MOST:
        faults.append(f"patience: must be a number of seconds from 1 to {_MOST}")
        return Patience()
    seconds = timedelta(seconds=value)
    return Patience(request=seconds, total=seconds, throttled=_THROTTLED * seconds)


def endpoint(settings: Mapping[str, object], faults: list[str], *, service: str) -> str | None:
    """Return where a test server in a service's place is, with a slash at its end; None for the service itself."""
    if "endpoint" not in settings:
        return None
    address = text(settings, "endpoint", faults)
    if address and not is_loopback(address):
        faults.append(
            "endpoint: is for tests and must be an address on this machine, such as http://127.0.0.1:8080/; "
            f"leave it out to use {service}"
        )
    return address if address.endswith("/") else f"{address}/"


def is_loopback(address: str) -> bool:
    """Tell whether a web address is on this machine, whatever a name server says."""
    if _PLAIN.fullmatch(address) is None:
        return False
    try:
        host = urlsplit(address).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
