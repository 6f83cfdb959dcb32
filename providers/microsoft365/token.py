"""What signing in leaves: msal's cache with the tokens, and for whom, when and what for it was made."""

from __future__ import annotations

import threading
import time
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from assistant.errors import AuthError, TransientError
from providers.microsoft365 import entra, options, refusals, scopes
from providers.microsoft365.entra import Entra
from providers.microsoft365.errors import NAME, SIGN_IN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assistant.ports import Secrets
    from providers.microsoft365.options import Options

SECRET = "token"  # noqa: S105  the name of the secret, not the secret
_OPERATION = "sign_in"
_SPARE = 300
"""Seconds before its end in which an access token is used no more."""


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """One sign-in.

    `home`: msal's id of the account. `personal`: one of Outlook.com and the like. `cache`: msal's, as text.
    """

    client_id: str
    tenant: str
    home: str
    address: str
    scopes: tuple[str, ...]
    signed_in: datetime
    cache: str
    personal: bool = False

    def __repr__(self) -> str:
        """Show no token."""
        return f"Signed({self.address!r}, {self.client_id!r}, {self.tenant!r}, {self.scopes!r})"


def load(secrets: Secrets) -> Signed | None:
    """Return the stored sign-in; None where there is none, or none that can be read."""
    text = secrets.get(SECRET)
    try:
        return None if text is None else msgspec.json.decode(text, type=Signed)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None


def store(secrets: Secrets, signed: Signed) -> None:
    """Store a sign-in in place of any earlier one."""
    secrets.set(SECRET, msgspec.json.encode(signed).decode())


def signed(settings: Mapping[str, object], secrets: Secrets) -> Signed:
    """Return the stored sign-in. Nothing is asked of Microsoft.

    Raises:
        ConfigError: the settings are wrong.
        AuthError: nobody is signed in, or not for what the settings want.
    """
    wanted = options.of(settings)
    found = load(secrets)
    if found is None:
        raise AuthError(NAME, "connect", f"nobody is signed in. {SIGN_IN}")
    if wanted.client_id and wanted.client_id != found.client_id:
        raise AuthError(NAME, "connect", f"the sign-in belongs to another app registration than `client_id`. {SIGN_IN}")
    if wanted.tenant != found.tenant:
        text = f"the sign-in belongs to the tenant {found.tenant}, and the settings name {wanted.tenant}. {SIGN_IN}"
        raise AuthError(NAME, "connect", text)
    lacking = scopes.missing(wanted.services, found.scopes)
    if lacking:
        text = f"rights are missing: {scopes.told(lacking)}. {SIGN_IN}, or take the service out of `services`"
        raise AuthError(NAME, "connect", text)
    return found


class SignedIn:
    """Access tokens of one sign-in, renewed when needed; what Microsoft gives in place of the old is stored at once.

    Args:
        signed: the sign-in.
        secrets: where it is kept.
        wanted: of the settings.
    """

    def __init__(self, signed: Signed, secrets: Secrets, wanted: Options) -> None:
        self._signed, self._secrets, self._options = signed, secrets, wanted
        self._lock = threading.Lock()
        self._token, self._until = "", 0.0

    def __call__(self, challenge: str | None = None) -> str:
        """Return an access token; see `providers.microsoft365.transport.Tokens`."""
        with self._lock:
            if challenge is not None or not self._token or time.monotonic() >= self._until:
                self._token = self._renewed(challenge)
            return self._token

    def _renewed(self, challenge: str | None) -> str:
        wanted, signed = self._options, self._signed
        try:
            with Entra(
                signed.client_id,
                signed.tenant,
                wanted.services,
                signed.cache,
                wanted.endpoint,
                wanted.patience.request,
            ) as found:
                answer = found.renew(signed.home, challenge)
                if found.is_changed:
                    self._signed = msgspec.structs.replace(signed, cache=found.kept())
                    self._store(signed)
        except entra.RAISED as error:
            raise entra.unreached(_OPERATION, error) from error
        if answer is None:
            raise AuthError(NAME, _OPERATION, f"the sign-in cannot be read. {SIGN_IN}")
        if not answer.get("access_token"):
            raise _refused(answer, signed)
        self._until = time.monotonic() + int(answer.get("expires_in") or 0) - _SPARE
        return str(answer["access_token"])

    def _store(self, before: Signed) -> None:
        """Store in place of the same sign-in alone: the user may have signed out or in again in another window."""
        kept = load(self._secrets)
        if kept is not None and (kept.home, kept.signed_in) == (before.home, before.signed_in):
            store(self._secrets, self._signed)


def _refused(answer: Mapping[str, object], signed: Signed) -> AuthError | TransientError:
    found = refusals.of(answer, signed.client_id, signed.tenant)
    if found.kind == "later" or "error" not in answer:
        return TransientError(NAME, _OPERATION, f"{found.text}. The next pass tries again")
    return AuthError(NAME, _OPERATION, f"{found.text}. {SIGN_IN}")
