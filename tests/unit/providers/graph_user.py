"""A user of Microsoft 365 at a terminal: settings, secrets in a dictionary, a browser that agrees."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from providers import microsoft365
from providers.microsoft365 import options, signing, token
from tests.servers.graph.browser import visit
from tests.unit.providers.google_user import Kept

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from tests.servers.graph.server import GraphServer


class Person:
    """Agrees to whatever the server shows.

    Args:
        browser: opens an address and tells whether it could; without it one that agrees.
        answers: what is pasted, one after the other.
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
        self.page = visit(url).text
        return True

    def paste(self, prompt: str, *, hidden: bool = False, default: str | None = None) -> str:
        assert not hidden, "Microsoft's own page asks for the password"
        assert default is None
        self.told.append(prompt)
        return self.answers.pop(0)

    @property
    def asked(self) -> dict[str, str]:
        """Return what the address asks for that was opened last."""
        return {name: values[0] for name, values in parse_qs(urlsplit(self.opened[-1]).query).items()}


class User:
    """One user of a server in Microsoft's place."""

    def __init__(self, server: GraphServer) -> None:
        self.server = server
        self.secrets = Kept()
        self.settings: dict[str, object] = {
            "client_id": server.state.entra.client_id,
            "endpoint": server.root,
            "patience": 1,
        }

    def sign_in(self, person: Person | None = None, *, headless: bool = False) -> str:
        """Sign in as the command line does."""
        return microsoft365.sign_in(self.settings, self.secrets, person or Person(), headless=headless)

    def sign_in_within(self, patience: timedelta, person: Person) -> str:
        """Sign in, waiting no longer than so for the browser."""
        return signing.sign_in(self.settings, self.secrets, person, headless=False, patience=patience)

    def tokens(self) -> token.SignedIn:
        """Return the access tokens of the sign-in that is kept."""
        signed = token.signed(self.settings, self.secrets)
        return token.SignedIn(signed, self.secrets, options.of(self.settings))

    @property
    def kept(self) -> dict[str, Any]:
        """Return the stored sign-in."""
        found: dict[str, Any] = json.loads(self.secrets.values["token"])
        return found
