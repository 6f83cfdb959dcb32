"""Google's sign-in: consent, tokens, their end. RFC 6749, RFC 7636 (PKCE), RFC 8252 (loopback redirect)."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from tests.servers.google.calls import RefusedError, Reply, Request

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.servers.google.clock import Clock
    from tests.servers.google.discovery import Method

PATHS = {
    "/o/oauth2/auth": "oauth2.auth",
    "/o/oauth2/v2/auth": "oauth2.auth",
    "/token": "oauth2.token",
    "/revoke": "oauth2.revoke",
    "/tokeninfo": "oauth2.tokeninfo",
}
_LIFE = timedelta(seconds=3599)
_TESTING_LIFE = timedelta(days=7)
_CODE_LIFE = timedelta(minutes=10)
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_UNSIGNED = (
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
    "authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."
)
_UNASKED = (
    "Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other valid "
    "authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."
)


@dataclass
class Grant:
    """A permission that the user gave; its name is the refresh token."""

    scopes: frozenset[str]
    since: datetime
    revoked: bool = False


class Access(NamedTuple):
    """What one access token opens, and until when."""

    grant: str
    until: datetime


class Code(NamedTuple):
    """A consent that waits for its token."""

    scopes: frozenset[str]
    challenge: str | None
    redirect: str
    since: datetime


class OAuth:
    """The user's permissions, and the OAuth client of a desktop app.

    Args:
        clock: the server's.
    """

    client_id = "1234567890-ringback.apps.googleusercontent.com"
    client_secret = "GOCSPX-of-a-desktop-app"  # not secret: RFC 8252 8.5

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.grants: dict[str, Grant] = {}
        self._access: dict[str, Access] = {}
        self._codes: dict[str, Code] = {}
        self.testing = False
        """Whether the app is in testing mode: a refresh token ends after 7 days."""
        self.denies = False
        """Whether the user says no."""
        self.ticks: frozenset[str] | None = None
        """The scopes that the user ticks on the consent screen; None is all that are asked for."""

    def check(self, authorization: str, method: Method) -> None:
        """Open a method to a bearer of the right.

        Raises:
            RefusedError: 401 without a token that counts, 403 with one that lacks the scopes.
        """
        kind, _, token = authorization.partition(" ")
        grant = self._alive(token)
        if kind.lower() != "bearer" or grant is None:
            raise RefusedError(
                401,
                "authError" if token else "required",
                _UNSIGNED if token else _UNASKED,
                headers={"WWW-Authenticate": 'Bearer realm="https://accounts.google.com/", error="invalid_token"'},
            )
        if not grant.scopes & method.scopes:
            raise _too_little(method)

    def sign_in(self, scopes: Iterable[str], url: str) -> dict[str, Any]:
        """Give a permission and return it as an authorised user's file holds it."""
        refresh = self._granted(frozenset(scopes))
        return {
            "token": self._opened(refresh),
            "refresh_token": refresh,
            "token_uri": f"{url}token",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "scopes": sorted(self.grants[refresh].scopes),
            # By the client's own clock, without a zone, as google.auth compares it.
            "expiry": (datetime.now(UTC) + _LIFE).replace(tzinfo=None).isoformat() + "Z",
        }

    def end_access(self) -> None:
        """Let every access token expire; refreshing still works."""
        self._access.clear()

    def revoke_all(self) -> None:
        """Let the user take back every permission."""
        for grant in self.grants.values():
            grant.revoked = True

    def answer(self, request: Request) -> Reply:
        """Answer a request to one of `PATHS`."""
        parts = urlsplit(request.target)
        given = dict(parse_qsl(parts.query)) | dict(parse_qsl(request.body.decode("utf-8", "replace")))
        if PATHS[parts.path] == "oauth2.auth":
            return self._consent(given)
        if PATHS[parts.path] == "oauth2.tokeninfo":
            return self._info(given)
        if request.http != "POST":
            return Reply.of(405, {"error": "invalid_request", "error_description": "POST only"})
        return self._token(given | _basic(request)) if PATHS[parts.path] == "oauth2.token" else self._revoke(given)

    def _alive(self, token: str) -> Grant | None:
        access = self._access.get(token)
        if access is None or access.until <= self._clock.now():
            return None
        grant = self.grants[access.grant]
        return None if grant.revoked else grant

    def _granted(self, scopes: frozenset[str]) -> str:
        refresh = f"1//{secrets.token_urlsafe(24)}"
        self.grants[refresh] = Grant(scopes, self._clock.now())
        return refresh

    def _opened(self, refresh: str) -> str:
        token = f"ya29.{secrets.token_urlsafe(24)}"
        self._access[token] = Access(refresh, self._clock.now() + _LIFE)
        return token

    def _consent(self, given: dict[str, str]) -> Reply:
        redirect = urlsplit(given.get("redirect_uri", ""))
        if given.get("client_id") != self.client_id:
            return _page(401, "Error 401: invalid_client")
        if redirect.scheme != "http" or redirect.hostname not in _LOOPBACK:
            return _page(400, "Error 400: redirect_uri_mismatch")
        if given.get("response_type") != "code" or not given.get("scope"):
            return _page(400, "Error 400: invalid_request")
        if given.get("code_challenge_method", "S256") != "S256":
            return _page(400, "Error 400: invalid_request: code_challenge_method")
        said = {"state": given["state"]} if "state" in given else {}
        if self.denies:
            return _redirect(given["redirect_uri"], said | {"error": "access_denied"})
        scopes = frozenset(given["scope"].split())
        scopes = scopes if self.ticks is None else scopes & self.ticks
        code = f"4/{secrets.token_urlsafe(24)}"
        self._codes[code] = Code(scopes, given.get("code_challenge"), given["redirect_uri"], self._clock.now())
        return _redirect(given["redirect_uri"], said | {"code": code, "scope": " ".join(sorted(scopes))})

    def _token(self, given: dict[str, str]) -> Reply:
        if given.get("client_id") != self.client_id:
            return _refused("invalid_client", "The OAuth client was not found.", 401)
        if given.get("client_secret") != self.client_secret:
            return _refused("invalid_client", "Unauthorized", 401)
        if given.get("grant_type") == "authorization_code":
            return self._exchanged(given)
        if given.get("grant_type") == "refresh_token":
            return self._refreshed(given)
        return _refused("unsupported_grant_type", f"Invalid grant_type: {given.get('grant_type', '')}")

    def _exchanged(self, given: dict[str, str]) -> Reply:
        code = self._codes.pop(given.get("code", ""), None)
        if code is None or code.since + _CODE_LIFE <= self._clock.now():
            return _refused("invalid_grant", "Malformed auth code.")
        if given.get("redirect_uri") != code.redirect:
            return _refused("redirect_uri_mismatch", "Bad Request")
        if code.challenge is not None and "code_verifier" not in given:
            return _refused("invalid_grant", "Missing code verifier.")
        if code.challenge is not None and _challenge(given["code_verifier"]) != code.challenge:
            return _refused("invalid_grant", "Invalid code verifier.")
        refresh = self._granted(code.scopes)
        ends = {"refresh_token_expires_in": int(_TESTING_LIFE.total_seconds())} if self.testing else {}
        return Reply.of(200, self._tokens(refresh) | {"refresh_token": refresh} | ends)

    def _refreshed(self, given: dict[str, str]) -> Reply:
        refresh = given.get("refresh_token", "")
        grant = self.grants.get(refresh)
        if grant is None or grant.revoked or (self.testing and grant.since + _TESTING_LIFE <= self._clock.now()):
            return _refused("invalid_grant", "Token has been expired or revoked.")
        asked = frozenset(given.get("scope", "").split())
        if not asked <= grant.scopes:
            return _refused("invalid_scope", "Bad Request")
        return Reply.of(200, self._tokens(refresh))

    def _tokens(self, refresh: str) -> dict[str, Any]:
        return {
            "access_token": self._opened(refresh),
            "expires_in": int(_LIFE.total_seconds()),
            "scope": " ".join(sorted(self.grants[refresh].scopes)),
            "token_type": "Bearer",
        }

    def _revoke(self, given: dict[str, str]) -> Reply:
        """End every permission of the user's: at Google one that is revoked takes the others of the app with it."""
        token = given.get("token", "")
        access = self._access.get(token)
        grant = self.grants.get(access.grant if access else token)
        if grant is None or grant.revoked:
            return _refused("invalid_token", "Token expired or revoked")
        self.revoke_all()
        return Reply.of(200, {})

    def _info(self, given: dict[str, str]) -> Reply:
        token = given.get("access_token", "")
        grant = self._alive(token)
        if grant is None:
            return _refused("invalid_token", "Invalid Value")
        left = int((self._access[token].until - self._clock.now()).total_seconds())
        info = {"azp": self.client_id, "aud": self.client_id, "scope": " ".join(sorted(grant.scopes))}
        return Reply.of(200, info | {"exp": str(left), "expires_in": str(left), "access_type": "offline"})


def _basic(request: Request) -> dict[str, str]:
    """Return the client as RFC 6749 2.3.1 names it in the header; google-auth-oauthlib does."""
    kind, _, coded = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return {}
    name, _, password = base64.b64decode(coded).decode().partition(":")
    return {"client_id": unquote(name), "client_secret": unquote(password)}


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _redirect(to: str, said: dict[str, str]) -> Reply:
    return Reply(302, {"Location": f"{to}{'&' if '?' in to else '?'}{urlencode(said)}"}, b"")


def _page(status: int, text: str) -> Reply:
    return Reply(status, {"Content-Type": "text/html; charset=utf-8"}, f"<html>{text}</html>".encode())


def _refused(error: str, description: str, status: int = 400) -> Reply:
    return Reply.of(status, {"error": error, "error_description": description})


def _too_little(method: Method) -> RefusedError:
    scopes = " ".join(sorted(method.scopes))
    challenge = f'Bearer realm="https://accounts.google.com/", error="insufficient_scope", scope="{scopes}"'
    info = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
        "domain": "googleapis.com",
        "metadata": {"service": f"{method.service}.googleapis.com", "method": method.id},
    }
    return RefusedError(
        403,
        "insufficientPermissions",
        "Request had insufficient authentication scopes.",
        headers={"WWW-Authenticate": challenge},
        details=[info],
    )
