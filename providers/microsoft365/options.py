"""The keys of a Microsoft 365 account in the settings, all mistakes told at once.

- `client_id`: of your app registration; without the key the one given at sign-in
- `tenant`: "common", "organizations", "consumers", or the domain or id of an organisation
- `services`: some of "mail", "calendar", "contacts"
- `calendar`: a calendar's id or its name; without the key your own calendar
- `own_calendar`: true where signing in makes that calendar if it is not there
- `busy`: further calendars that count as busy; without the key all of yours
- `patience`: seconds until a service that does not answer is given up
- `endpoint`: a test server in Microsoft's place, on this machine only
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from assistant.errors import ConfigError
from providers import _options
from providers._net import Patience
from providers._options import SERVICES
from providers._options import text as text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMON = "common"
_KEYS = ("client_id", "tenant", "services", "calendar", "own_calendar", "busy", "patience", "endpoint")
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
_TENANT = re.compile(r"[0-9a-z](?:[0-9a-z.-]{0,251}[0-9a-z])?", re.IGNORECASE | re.ASCII)


class Options(NamedTuple):
    """What the settings say.

    `client_id` "": the one of the sign-in. `calendar` "": the user's own. `busy` None: all of the user's calendars.
    `endpoint` None: Microsoft itself.
    """

    client_id: str = ""
    tenant: str = COMMON
    services: tuple[str, ...] = SERVICES
    calendar: str = ""
    own: bool = False
    busy: tuple[str, ...] | None = None
    patience: Patience = Patience()
    endpoint: str | None = None


def of(settings: Mapping[str, object]) -> Options:
    """Read an account's section of the settings.

    Raises:
        ConfigError: unknown keys and wrong values; all at once.
    """
    faults = _options.unknown(settings, _KEYS)
    found = Options(
        client_id=_client(settings, faults),
        tenant=_tenant(settings, faults),
        services=_options.services(settings, faults),
        calendar=text_of(settings, "calendar", faults),
        own=_options.own(settings, faults),
        busy=_options.names(settings, "busy", faults) if "busy" in settings else None,
        patience=_options.patience(settings, faults),
        endpoint=_options.endpoint(settings, faults, service="Microsoft"),
    )
    if faults:
        raise ConfigError(faults)
    return found


def is_client(text: str) -> bool:
    """Tell whether a text has the form of an application (client) id."""
    return _GUID.fullmatch(text) is not None


def _client(settings: Mapping[str, object], faults: list[str]) -> str:
    text = text_of(settings, "client_id", faults)
    if text and not is_client(text):
        faults.append('client_id: must be an application (client) id, such as "11111111-2222-3333-4444-555555555555"')
    return text.lower()


def _tenant(settings: Mapping[str, object], faults: list[str]) -> str:
    text = text_of(settings, "tenant", faults) or COMMON
    if _TENANT.fullmatch(text) is None:
        faults.append(
            'tenant: must be "common", "organizations" (work and school accounts alone), "consumers" (personal ones '
            'alone), or the domain or id of an organisation, such as "whitfieldlegal.example"'
        )
    return text.lower()
