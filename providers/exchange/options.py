r"""The keys of an Exchange account in the settings, all mistakes told at once.

- `address`: the mail address of the account; asked for at sign-in without it
- `endpoint`: where the server's Exchange Web Services are; found by autodiscover without it
- `user`: such as "DOMAIN\name"; asked for without it, the address is proposed
- `auth`: "ntlm", "basic", "kerberos" or "oauth"; what the server offers without it
- `services`: some of "mail", "calendar", "contacts"
- `calendar`: the name of the calendar that gets slots and holds; the account's own without it
- `busy`: further calendars that count as busy
- `patience`: seconds until a server that does not answer is given up
- `client_id`, `token_url`, `scope`: of the OAuth client, for `auth = "oauth"`
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING, NamedTuple, get_args
from urllib.parse import urlsplit

from assistant.errors import ConfigError
from providers import _options
from providers._net import Patience
from providers._options import SERVICES
from providers._options import text as text_of
from providers.exchange.auth import Auth

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEYS = (
    *("address", "endpoint", "user", "auth", "services", "calendar", "busy", "patience"),
    *("client_id", "token_url", "scope"),
)
_ADDRESS = re.compile(r"[^@\s]+@[\w-]+(?:\.[\w-]+)*")
"""With a domain that can be part of a web address: it is asked where its server is."""
_URL = re.compile(
    r"https?://[\w.-]+(?::[0-9]{1,5})?/[\w.~/-]*|https?://\[[0-9A-Fa-f:.]+\](?::[0-9]{1,5})?/[\w.~/-]*", re.ASCII
)
"""An address that all who read it read alike: "https://a.example\\@b.example/" has two hosts, by whom one asks."""


class Options(NamedTuple):
    """What the settings say. "" and None: not said; then asked for, found, or the account's own."""

    address: str = ""
    endpoint: str = ""
    user: str = ""
    auth: Auth | None = None
    services: tuple[str, ...] = SERVICES
    calendar: str = ""
    busy: tuple[str, ...] = ()
    patience: Patience = Patience()
    client_id: str = ""
    token_url: str = ""
    scope: str = ""


def of(settings: Mapping[str, object]) -> Options:
    """Read an account's section of the settings.

    Raises:
        ConfigError: unknown keys and wrong values; all at once.
    """
    faults = _options.unknown(settings, _KEYS)
    found = Options(
        address=_address(settings, faults),
        endpoint=_url(settings, "endpoint", faults),
        user=text_of(settings, "user", faults),
        auth=_auth(settings, faults),
        services=_options.services(settings, faults),
        calendar=text_of(settings, "calendar", faults),
        busy=_options.names(settings, "busy", faults),
        patience=_options.patience(settings, faults),
        client_id=text_of(settings, "client_id", faults),
        token_url=_url(settings, "token_url", faults),
        scope=text_of(settings, "scope", faults),
    )
    if found.auth == "oauth" and not (found.client_id and found.token_url and found.endpoint):
        faults.append('auth: "oauth" needs client_id, token_url and endpoint too')
    if faults:
        raise ConfigError(faults)
    return found


def is_address(text: str) -> bool:
    """Tell whether a text is a mail address."""
    return text.isprintable() and _ADDRESS.fullmatch(text) is not None


def is_safe(url: str) -> bool:
    """Tell whether a password may go to a web address: over TLS, or to this machine."""
    if _URL.fullmatch(url) is None:
        return False
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        return parts.scheme == "https" or host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _address(settings: Mapping[str, object], faults: list[str]) -> str:
    text = text_of(settings, "address", faults)
    if text and not is_address(text):
        faults.append('address: must be a mail address, such as "dana@whitfieldlegal.example"')
    return text


def _url(settings: Mapping[str, object], key: str, faults: list[str]) -> str:
    text = text_of(settings, key, faults)
    if text and not is_safe(text):
        example = (
            "mail.whitfieldlegal.example/EWS/Exchange.asmx"
            if key == "endpoint"
            else "sts.whitfieldlegal.example/adfs/oauth2/token"
        )
        faults.append(f'{key}: must be a whole address that begins with https://, such as "https://{example}"')
    return text


def _auth(settings: Mapping[str, object], faults: list[str]) -> Auth | None:
    text = text_of(settings, "auth", faults)
    known: tuple[Auth, ...] = get_args(Auth)
    if text and text not in known:
        faults.append(f"auth: use one of {', '.join(known)}, or leave it out")
    return next((auth for auth in known if auth == text), None)
