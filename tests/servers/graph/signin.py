"""Entra ID: consent, device codes, tokens and their end, as msal asks for them (OpenID Connect, RFC 8628)."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.servers.graph.calls import GraphError, Reply, Request

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.servers.google.clock import Clock
    from tests.servers.graph.calls import Route

TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad"
_OBJECT = "00000000-0000-0000-66f3-3332eca7ea81"
_PATHS = (
    (re.compile(r"/[^/]+(/v2\.0)?/\.well-known/openid-configuration"), "entra.discovery"),
    (re.compile(r"/common/discovery/instance"), "entra.instance"),
    (re.compile(r"/[^/]+/oauth2/v2\.0/authorize"), "entra.authorize"),
    (re.compile(r"/[^/]+/oauth2/v2\.0/devicecode"), "entra.devicecode"),
    (re.compile(r"/[^/]+/oauth2/deviceauth"), "entra.deviceauth"),
    (re.compile(r"/[^/]+/oauth2/v2\.0/token"), "entra.token"),
)
_LIFE, _CODE_LIFE, _DEVICE_LIFE = timedelta(seconds=3599), timedelta(minutes=10), timedelta(minutes=15)
_OPEN = {"openid", "profile", "offline_access", "email"}
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_GRAPH = "https://graph.microsoft.com/"
_TEXTS = {
    50173: "The provided grant has expired due to it being revoked, a fresh auth token is needed.",
    700082: "The refresh token has expired due to inactivity.",
    70000: "The provided value for the 'code' parameter is not valid.",
    65001: "The user or administrator has not consented to use the application.",
    65004: "User declined to consent to access the app.",
    90094: "Admin consent is required for the permissions requested by this application.",
    90008: "The user or administrator has not consented to use the application. It must require access to Graph.",
    700016: "Application was not found in the directory.",
    70016: "OAuth 2.0 device flow error. Authorization is pending. Continue polling.",
    70019: "OAuth 2.0 device flow error. Code is expired.",
    50076: "Due to a configuration change made by your administrator, you must use multi-factor authentication.",
}
"""learn.microsoft.com/entra/identity-platform/reference-error-codes."""


@dataclass
class Grant:
    """A permission that the user gave; its name is the refresh token. `ended` is the AADSTS number of its end."""

    scopes: frozenset[str]
    ended: int = 0


class Access(NamedTuple):
    """What one access token opens, and until when."""

    grant: str
    scopes: frozenset[str]
    until: datetime
    made: datetime


@dataclass
class Code:
    """A consent, or a question for one on another device, that waits for its token."""

    scopes: frozenset[str]
    since: datetime
    challenge: str = ""
    redirect: str = ""
    nonce: str = ""
    user_code: str = ""
    answered: bool = True


class Entra:
    """The user's sign-ins, and the app that was registered.

    Args:
        clock: the server's.
        address: the user's.
    """

    client_id = "6731de76-14a6-49ae-97bc-6eba6914391e"

    def __init__(self, clock: Clock, address: str) -> None:
        self._clock, self._address = clock, address
        self.grants: dict[str, Grant] = {}
        self._access: dict[str, Access] = {}
        self._codes: dict[str, Code] = {}
        self._demanded: datetime | None = None
        self.claims: list[str] = []
        """The claims that clients have asked for, as JSON, in their order."""
        self.refuses = 0
        """The AADSTS number that refuses consent and new tokens: 65004 the user says no, 90094 an admin has to."""
        self.ticks: frozenset[str] | None = None
        """The scopes that are granted; None is all that are asked for."""
        self.waits = 0
        """How often a device code is answered with authorization_pending before the user has entered it."""

    def check(self, authorization: str, route: Route) -> None:
        """Open a route to a bearer of the right.

        Raises:
            GraphError: 401 without a token that counts, 403 with one that lacks the scopes.
        """
        kind, _, token = authorization.partition(" ")
        access = self._access.get(token)
        if kind.lower() != "bearer" or not token:
            raise GraphError("InvalidAuthenticationToken", "Access token is empty.", headers=_challenge())
        if access is None or access.until <= self._clock.now() or self.grants[access.grant].ended:
            text = "Lifetime validation failed, the token is expired." if access else "CompactToken parsing failed."
            raise GraphError("InvalidAuthenticationToken", text, headers=_challenge())
        if self._demanded is not None and access.made <= self._demanded:
            text = "Continuous access evaluation resulted in challenge with result: InteractionRequired."
            raise GraphError("InvalidAuthenticationToken", text, headers=_challenge(_claims(self._demanded)))
        if not access.scopes & set(route.scopes):
            text = "Access is denied. Check credentials and try again."
            raise GraphError("ErrorAccessDenied", text)

    def sign_in(self, scopes: Iterable[str]) -> dict[str, Any]:
        """Give a permission and return what the token endpoint would answer."""
        return self._tokens(self._granted(frozenset(scopes) | _OPEN), frozenset(scopes))

    def end_access(self) -> None:
        """Let every access token expire; refreshing still works."""
        self._access.clear()

    def revoke(self, code: int = 50173) -> None:
        """Let every sign-in be over; `code` says why: 50173 a new password, 700082 not used for long."""
        for grant in self.grants.values():
            grant.ended = code

    def demand_claims(self) -> None:
        """Let Graph no longer take the tokens of before, until they are renewed with the claims that it names (CAE)."""
        self._demanded = self._clock.now()

    def enter(self, user_code: str) -> None:
        """Let the user enter a device code, and consent."""
        next(each for each in self._codes.values() if each.user_code == user_code).answered = True

    @staticmethod
    def operation(path: str) -> str | None:
        """Return the name of what a path of the sign-in does."""
        return next((name for pattern, name in _PATHS if pattern.fullmatch(path)), None)

    def answer(self, request: Request) -> Reply:
        """Answer a request to the sign-in."""
        parts = urlsplit(request.target)
        given = dict(parse_qsl(parts.query)) | dict(parse_qsl(request.body.decode("utf-8", "replace")))
        name = self.operation(parts.path)
        origin = f"https://{request.headers.get('host', 'login.microsoftonline.com')}"
        if name == "entra.discovery":
            return Reply.of(200, _discovery(origin, parts.path.split("/")[1]))
        if name == "entra.instance":
            return Reply.of(200, _instance(origin))
        if name == "entra.deviceauth":
            return _page(200, "Enter the code to allow access.")
        if name == "entra.authorize":
            return self._consent(given)
        if given.get("client_id") != self.client_id:
            return self._refused("unauthorized_client", 700016)
        return self._device(given, origin) if name == "entra.devicecode" else self._token(given)

    def _consent(self, given: dict[str, str]) -> Reply:
        redirect = urlsplit(given.get("redirect_uri", ""))
        if given.get("client_id") != self.client_id:
            return _page(400, "AADSTS700016: Application was not found in the directory.")
        if redirect.scheme != "http" or redirect.hostname not in _LOOPBACK:
            return _page(400, "AADSTS50011: The redirect URI does not match those configured for the application.")
        if given.get("response_type") != "code" or not given.get("scope"):
            return _page(400, "AADSTS900144: The request body must contain the parameters scope and response_type.")
        said = {"state": given["state"]} if "state" in given else {}
        if self.refuses:
            text = f"AADSTS{self.refuses}: {_TEXTS[self.refuses]}"
            error = "access_denied" if self.refuses == 65004 else "consent_required"
            return _told(given, said | {"error": error, "error_description": text})
        code = f"M.C5_BAY.2.U.{secrets.token_urlsafe(24)}"
        self._codes[code] = Code(
            frozenset(given["scope"].split()),
            self._clock.now(),
            given.get("code_challenge", ""),
            given["redirect_uri"],
            given.get("nonce", ""),
        )
        return _told(given, said | {"code": code, "session_state": secrets.token_hex(8)})

    def _device(self, given: dict[str, str], origin: str) -> Reply:
        name = secrets.token_urlsafe(32)
        word = secrets.token_hex(4).upper() + "X"
        scopes = frozenset(given.get("scope", "").split())
        self._codes[name] = Code(scopes, self._clock.now(), user_code=word, answered=not self.waits)
        place = f"{origin}/common/oauth2/deviceauth"
        text = f"To sign in, use a web browser to open the page {place} and enter the code {word} to authenticate."
        made = {"device_code": name, "user_code": word, "verification_uri": place, "message": text}
        return Reply.of(200, made | {"expires_in": int(_DEVICE_LIFE.total_seconds()), "interval": 1})

    def _token(self, given: dict[str, str]) -> Reply:
        kinds = {
            "authorization_code": self._exchanged,
            "refresh_token": self._refreshed,
            "urn:ietf:params:oauth:grant-type:device_code": self._polled,
            "device_code": self._polled,
        }
        kind = kinds.get(given.get("grant_type", ""))
        self.claims += [given["claims"]] if "claims" in given else []
        return self._refused("unsupported_grant_type", 70003) if kind is None else kind(given)

    def _exchanged(self, given: dict[str, str]) -> Reply:
        code = self._codes.pop(given.get("code", ""), None)
        if code is None or code.user_code or code.since + _CODE_LIFE <= self._clock.now():
            return self._refused("invalid_grant", 70000)
        if given.get("redirect_uri") != code.redirect:
            return self._refused("invalid_grant", 50011)
        if code.challenge and _hashed(given.get("code_verifier", "")) != code.challenge:
            return self._refused("invalid_grant", 501481)
        return self._granted_to(code)

    def _polled(self, given: dict[str, str]) -> Reply:
        code = self._codes.get(given.get("device_code", ""))
        if code is None or code.since + _DEVICE_LIFE <= self._clock.now():
            return self._refused("expired_token", 70019)
        if self.refuses:
            return self._refused("authorization_declined" if self.refuses == 65004 else "invalid_grant", self.refuses)
        if not code.answered:
            self.waits -= 1
            code.answered = not self.waits
            return self._refused("authorization_pending", 70016)
        del self._codes[given["device_code"]]
        return self._granted_to(code)

    def _granted_to(self, code: Code) -> Reply:
        scopes = frozenset(each.removeprefix(_GRAPH) for each in code.scopes)
        scopes = scopes if self.ticks is None else scopes & (self.ticks | _OPEN)
        return Reply.of(200, self._tokens(self._granted(scopes), scopes, code.nonce))

    def _refreshed(self, given: dict[str, str]) -> Reply:
        grant = self.grants.get(given.get("refresh_token", ""))
        if grant is None:
            return self._refused("invalid_grant", 700082)
        if grant.ended or self.refuses:
            return self._refused("invalid_grant", grant.ended or self.refuses)
        asked = frozenset(each.removeprefix(_GRAPH) for each in given.get("scope", "").split()) - _OPEN
        if not asked <= grant.scopes:
            return self._refused("invalid_grant", 65001)
        return Reply.of(200, self._tokens(given["refresh_token"], grant.scopes))

    def _granted(self, scopes: frozenset[str]) -> str:
        refresh = f"0.A{secrets.token_urlsafe(32)}"
        self.grants[refresh] = Grant(scopes)
        return refresh

    def _tokens(self, refresh: str, scopes: frozenset[str], nonce: str = "") -> dict[str, Any]:
        access = f"EwB{secrets.token_urlsafe(32)}"
        self._access[access] = Access(refresh, scopes - _OPEN, self._clock.now() + _LIFE, self._clock.now())
        made: dict[str, Any] = {
            "token_type": "Bearer",
            "scope": " ".join(sorted(scopes - {"offline_access"})),
            "expires_in": int(_LIFE.total_seconds()),
            "ext_expires_in": int(_LIFE.total_seconds()),
            "access_token": access,
            "refresh_token": refresh,
        }
        made["client_info"] = _coded({"uid": _OBJECT, "utid": TENANT})
        return made | {"id_token": self._id_token(nonce)}

    def _id_token(self, nonce: str) -> str:
        """Return the claims of the user, not signed: it comes straight from the token endpoint (OIDC Core 3.1.3.7)."""
        now = int(datetime.now().timestamp())  # noqa: DTZ005  msal compares with the machine's own clock
        claims = {
            "aud": self.client_id,
            "iss": f"https://login.microsoftonline.com/{TENANT}/v2.0",
            "iat": now,
            "nbf": now,
            "exp": now + 3600,
            "name": "Alex Doe",
            "preferred_username": self._address,
            "oid": _OBJECT,
            "sub": "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ",
            "tid": TENANT,
            "ver": "2.0",
        }
        return f"{_coded({'typ': 'JWT', 'alg': 'RS256'})}.{_coded(claims | ({'nonce': nonce} if nonce else {}))}.c2ln"

    def _refused(self, error: str, code: int) -> Reply:
        text = f"AADSTS{code}: {_TEXTS.get(code, error)} Trace ID: {secrets.token_hex(8)}"
        stamp = self._clock.now().strftime("%Y-%m-%d %H:%M:%SZ")
        body: dict[str, Any] = {"error": error, "error_description": text, "error_codes": [code], "timestamp": stamp}
        body |= {"trace_id": secrets.token_hex(16), "correlation_id": secrets.token_hex(16)}
        if code in {65001, 90094}:
            body["suberror"] = "consent_required"
        if code in {50173, 700082}:
            body["suberror"] = "bad_token"
        return Reply.of(400, body)


def _discovery(origin: str, tenant: str) -> dict[str, Any]:
    place = f"{origin}/{tenant}"
    return {
        "token_endpoint": f"{place}/oauth2/v2.0/token",
        "authorization_endpoint": f"{place}/oauth2/v2.0/authorize",
        "device_authorization_endpoint": f"{place}/oauth2/v2.0/devicecode",
        "issuer": f"{origin}/{TENANT}/v2.0",
        "jwks_uri": f"{place}/discovery/v2.0/keys",
        "response_types_supported": ["code"],
        "scopes_supported": sorted(_OPEN),
    }


def _instance(origin: str) -> dict[str, Any]:
    host = urlsplit(origin).hostname
    alias = {"preferred_network": host, "preferred_cache": host, "aliases": [host]}
    return {"tenant_discovery_endpoint": f"{origin}/common/v2.0/.well-known/openid-configuration", "metadata": [alias]}


def _coded(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _hashed(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _challenge(claims: str = "") -> dict[str, str]:
    text = 'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize"'
    more = f', error="insufficient_claims", claims="{claims}"' if claims else ""
    return {"WWW-Authenticate": f'{text}, client_id="00000003-0000-0000-c000-000000000000"{more}'}


def _claims(since: datetime) -> str:
    wanted = {"access_token": {"nbf": {"essential": True, "value": str(int(since.timestamp()))}}}
    return base64.b64encode(json.dumps(wanted).encode()).decode()


def _told(given: dict[str, str], said: dict[str, str]) -> Reply:
    """Send the browser back, by a redirect or by a form as given.response_mode asks."""
    to = given["redirect_uri"]
    if given.get("response_mode") == "form_post":
        fields = "".join(
            f'<input type="hidden" name="{name}" value="{escape(value)}"/>' for name, value in said.items()
        )
        return _page(200, f'<form method="post" action="{escape(to)}">{fields}</form>')
    return Reply(302, {"Location": f"{to}{'&' if '?' in to else '?'}{urlencode(said)}"}, b"")


def _page(status: int, text: str) -> Reply:
    return Reply(status, {"Content-Type": "text/html; charset=utf-8"}, f"<html>{text}</html>".encode())
