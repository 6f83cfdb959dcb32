"""The ways of signing in that the library knows, and what it needs for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import exchangelib
from exchangelib.account import Identity
from exchangelib.credentials import OAuth2AuthorizationCodeCredentials, OAuth2Credentials
from exchangelib.transport import AUTH_TYPE_MAP

from assistant.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable

    from providers.exchange.remembered import Signed

Auth = Literal["ntlm", "basic", "kerberos", "oauth"]
_TYPES: dict[Auth, str] = {
    "ntlm": exchangelib.NTLM,
    "basic": exchangelib.BASIC,
    "kerberos": exchangelib.GSSAPI,
    "oauth": exchangelib.OAUTH2,
}


def type_of(auth: Auth) -> str:
    """Return the library's name for a way.

    Raises:
        MissingExtraError: what Kerberos needs is not installed.
    """
    if _TYPES[auth] not in AUTH_TYPE_MAP:
        raise MissingExtraError("exchange with Kerberos", "exchange,exchange-kerberos")
    return _TYPES[auth]


def credentials(signed: Signed, renewed: Callable[[str], None] | None = None) -> exchangelib.BaseCredentials | None:
    """Return what requests are signed with; None for Kerberos, whose ticket this machine has.

    Args:
        signed: what the sign-in left.
        renewed: is given a refresh token that replaces the one of the sign-in, which may be dead then.
    """
    if signed.auth == "kerberos":
        return None
    if signed.auth != "oauth":
        return exchangelib.Credentials(signed.user, signed.secret)
    return Delegated(signed, renewed) if signed.refresh_token else Application(signed)


class Delegated(OAuth2AuthorizationCodeCredentials):  # type: ignore[misc]  # the library has no types
    """A user's refresh token.

    Args:
        signed: what the sign-in left.
        renewed: see `credentials`.
    """

    def __init__(self, signed: Signed, renewed: Callable[[str], None] | None) -> None:
        token = {"access_token": "-", "token_type": "Bearer", "refresh_token": signed.refresh_token, "expires_at": 1}
        super().__init__(client_id=signed.client_id, client_secret=signed.secret or None, access_token=token)
        self._signed, self._renewed = signed, renewed

    @property
    def token_url(self) -> str:
        """Return where tokens are given."""
        return self._signed.token_url

    @property
    def scope(self) -> list[str]:
        """Return what is asked for."""
        return self._signed.scope.split()

    def session_params(self) -> dict[str, Any]:
        """Return how the session renews its token; a client without a secret may, too."""
        known = {"client_id": self.client_id, "client_secret": self.client_secret}
        return {
            "token": self.access_token,
            "auto_refresh_kwargs": {key: value for key, value in known.items() if value},
            "auto_refresh_url": self.token_url,
            "token_updater": self.on_token_auto_refreshed,
        }

    def on_token_auto_refreshed(self, access_token: dict[str, Any]) -> None:
        """Keep a new refresh token at once."""
        super().on_token_auto_refreshed(access_token)
        new = access_token.get("refresh_token")
        if new and new != self._signed.refresh_token and self._renewed is not None:
            self._renewed(str(new))


class Application(OAuth2Credentials):  # type: ignore[misc]  # the library has no types
    """An application's own right, with which it acts for the user.

    Args:
        signed: what the sign-in left.
    """

    def __init__(self, signed: Signed) -> None:
        identity = Identity(primary_smtp_address=signed.address)
        super().__init__(client_id=signed.client_id, client_secret=signed.secret, identity=identity)
        self._signed = signed

    @property
    def token_url(self) -> str:
        """Return where tokens are given."""
        return self._signed.token_url

    @property
    def scope(self) -> list[str]:
        """Return what is asked for."""
        return self._signed.scope.split()

    def session_params(self) -> dict[str, Any]:
        """Return the token alone: there is nothing to renew it with but asking anew."""
        return {"token": self.access_token}
