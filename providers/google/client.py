"""The user's own OAuth client: the JSON file that the Google Cloud console offers when a client is created."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from assistant.errors import ConfigError
from providers._options import is_loopback

if TYPE_CHECKING:
    from pathlib import Path

    from providers.google.options import Options

_CLIENTS = "https://console.cloud.google.com/auth/clients"
_HOW = (
    f'Create an OAuth client of the type "Desktop app" at {_CLIENTS}, download its JSON file and put it here; '
    'the README shows it step by step under "Connect Google"'
)
AGAIN = (
    f"Put a new file here in its place, unedited: at {_CLIENTS} open your client, add a secret (Google shows each only "
    'once) and download the JSON file; if the client is gone, create one of the type "Desktop app"'
)
"""What to do about a client that was right once."""


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """An OAuth client for programs on a user's machine. Google says itself that its secret is none (RFC 8252 8.5)."""

    client_id: str
    client_secret: str
    auth_uri: str
    token_uri: str

    def config(self) -> dict[str, Any]:
        """Return it as google-auth-oauthlib takes it."""
        return {"installed": msgspec.to_builtins(self)}


def read(options: Options) -> Client:
    """Read the client's file.

    Raises:
        ConfigError: it is missing, damaged, of another kind, or names addresses that are not safe.
    """
    path = options.client
    try:
        found = msgspec.json.decode(path.read_bytes())
    except FileNotFoundError as error:
        raise ConfigError([f"there is no OAuth client yet. {_HOW}"], str(path)) from error
    except OSError as error:
        raise ConfigError([f"cannot be read ({error.strerror})"], str(path)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError([f"is no JSON ({error}). {AGAIN}"], str(path)) from error
    return _client(found, path, endpoint=options.endpoint)


def _client(found: object, path: Path, endpoint: str | None) -> Client:
    if not isinstance(found, dict) or "installed" not in found:
        raise ConfigError([f"{_kind(found)}. {_HOW}"], str(path))
    try:
        client = msgspec.convert(found["installed"], Client)
    except msgspec.ValidationError as error:
        raise ConfigError([f"is incomplete ({error}). {AGAIN}"], str(path)) from error
    for key, address in (("auth_uri", client.auth_uri), ("token_uri", client.token_uri)):
        if not _is_safe(address, tests=endpoint is not None):
            raise ConfigError([f"{key}: {address} is no https address. {AGAIN}"], str(path))
    return client


def _kind(found: object) -> str:
    if isinstance(found, dict) and "web" in found:
        return 'is an OAuth client of the type "Web application", which cannot sign in a program'
    if isinstance(found, dict) and found.get("type") == "service_account":
        return "is the key of a service account, which has no mailbox of yours"
    return "is no OAuth client"


def _is_safe(address: str, *, tests: bool) -> bool:
    return urlsplit(address).scheme == "https" or (tests and is_loopback(address))
