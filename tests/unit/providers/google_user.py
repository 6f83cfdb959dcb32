"""A user of Google at a terminal: the OAuth client's file, secrets in a dictionary, a browser that agrees."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import requests

from providers import google
from providers.google import signing

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta
    from pathlib import Path

    from tests.servers.google.server import GoogleServer


class Kept:
    """Secrets in memory."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        return self.values.get(name)

    def set(self, name: str, value: str) -> None:
        self.values[name] = value

    def delete(self, name: str) -> None:
        self.values.pop(name, None)


class Person:
    """Agrees to whatever the server shows.

    Args:
        browser: opens an address and tells whether it could; without it one that agrees.
        answers: what is pasted in place of the right address, one after the other.
    """

    def __init__(self, *, browser: Callable[[str], bool] | None = None, answers: tuple[str, ...] = ()) -> None:
        self._browser = browser
        self.answers = list(answers)
        self.told: list[str] = []
        self.opened: list[str] = []
        self.page = ""

    def tell(self, text: str) -> None:
        self.told.append(text)

    def browse(self, url: str) -> bool:
        self.opened.append(url)
        if self._browser is not None:
            return self._browser(url)
        self.page = requests.get(url, timeout=10).text
        return True

    def paste(self, prompt: str, *, hidden: bool = False, default: str | None = None) -> str:
        assert not hidden, "Google asks for no secret"
        assert default is None
        self.told.append(prompt)
        return self.answers.pop(0) if self.answers else agreed(self.address())

    def address(self) -> str:
        """Return the address that was last shown."""
        return next(word for text in reversed(self.told) for word in text.split() if "/o/oauth2/" in word)


def agreed(url: str) -> str:
    """Agree in a browser elsewhere and return the address that it is sent back to."""
    return requests.get(url, timeout=10, allow_redirects=False).headers["Location"]


def asked(url: str) -> dict[str, str]:
    """Return what a consent address asks for."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


class User:
    """One user with a config folder.

    Args:
        server: in Google's place.
        folder: of the configuration.
    """

    def __init__(self, server: GoogleServer, folder: Path) -> None:
        self.server = server
        self.client = folder / google.FILES["client"]
        self.secrets = Kept()
        self.settings: dict[str, object] = {"client": str(self.client), "endpoint": server.url}
        self.write_client()

    def write_client(self, kind: str = "installed", **changes: str) -> None:
        """Put the OAuth client's file where it belongs."""
        self.client.write_text(json.dumps(client_json(self.server, kind, **changes)))

    def sign_in(self, person: Person | None = None, *, headless: bool = False) -> str:
        """Sign in as the command line does."""
        return google.sign_in(self.settings, self.secrets, person or Person(), headless=headless)

    def sign_in_within(self, patience: timedelta, person: Person) -> str:
        """Sign in, waiting no longer than so for the browser."""
        return signing.sign_in(self.settings, self.secrets, person, headless=False, patience=patience)

    @property
    def token(self) -> dict[str, Any]:
        """Return the stored sign-in."""
        found: dict[str, Any] = json.loads(self.secrets.values["token"])
        return found


def client_json(server: GoogleServer, kind: str = "installed", **changes: str) -> dict[str, Any]:
    """Return an OAuth client's file as the console offers it."""
    oauth = server.state.oauth
    client = {
        "client_id": oauth.client_id,
        "project_id": "ringback-of-dana",
        "auth_uri": f"{server.url}o/oauth2/v2/auth",
        "token_uri": f"{server.url}token",
        "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
        "client_secret": oauth.client_secret,
        "redirect_uris": ["http://localhost"],
    }
    return {kind: client | changes}
