"""What signing in leaves: the refresh token with when, for whom and what for. Access tokens are not stored."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
from google.oauth2.credentials import Credentials

from assistant.errors import AuthError
from providers.google import client as oauth_client
from providers.google import options, scopes
from providers.google.service import NAME, SIGN_IN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from google.auth.transport import Request

    from assistant.ports import Secrets
    from providers.google.client import Client

SECRET = "token"  # noqa: S105  the name of the secret, not the secret
TESTING = timedelta(days=7)
"""How long Google lets a sign-in of an app in testing mode live."""


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """One sign-in.

    `expires`: when Google said that it ends, None where it said nothing. `short_lived`: this one will end after a
    week, or an earlier one did.
    """

    refresh_token: str
    client_id: str
    scopes: tuple[str, ...]
    signed_in: datetime
    address: str = ""
    expires: datetime | None = None
    short_lived: bool = False


def load(secrets: Secrets) -> Token | None:
    """Return the stored sign-in; None where there is none, or none that can be read."""
    text = secrets.get(SECRET)
    try:
        return None if text is None else msgspec.json.decode(text, type=Token)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None


def store(secrets: Secrets, token: Token) -> None:
    """Store a sign-in in place of any earlier one."""
    secrets.set(SECRET, msgspec.json.encode(token).decode())


def credentials(settings: Mapping[str, object], secrets: Secrets) -> SignedIn:
    """Return what requests are signed with. Nothing is asked of Google yet.

    Raises:
        ConfigError: the settings or the OAuth client's file are wrong.
        AuthError: nobody is signed in, or not for what the settings want.
    """
    found = options.of(settings)
    client = oauth_client.read(found)
    token = load(secrets)
    if token is None:
        raise AuthError(NAME, "connect", f"nobody is signed in. {SIGN_IN}")
    if token.client_id != client.client_id:
        text = f"the sign-in belongs to another OAuth client than the one in {found.client}. {SIGN_IN}"
        raise AuthError(NAME, "connect", text)
    lacking = scopes.missing(found.services, token.scopes)
    if lacking:
        text = f"rights are missing: {scopes.told(lacking)}. {SIGN_IN}, or take the service out of `services`"
        raise AuthError(NAME, "connect", text)
    return SignedIn(token, client, secrets)


class SignedIn(Credentials):
    """Credentials whose refresh token, where Google gives another, is stored at once: the old one may be dead.

    Args:
        token: the sign-in.
        client: it was made with.
        secrets: where it is kept.
    """

    def __init__(self, token: Token, client: Client, secrets: Secrets) -> None:
        super().__init__(  # type: ignore[no-untyped-call]  # the library has no types here
            token=None,
            refresh_token=token.refresh_token,
            token_uri=client.token_uri,
            client_id=client.client_id,
            client_secret=client.client_secret,
            scopes=list(token.scopes),
        )
        self._kept = token
        self._secrets = secrets

    def refresh(self, request: Request) -> None:
        """Get a new access token."""
        super().refresh(request)  # type: ignore[no-untyped-call]  # as above
        if self.refresh_token and self.refresh_token != self._kept.refresh_token:
            self._kept = msgspec.structs.replace(self._kept, refresh_token=str(self.refresh_token))
            store(self._secrets, self._kept)
