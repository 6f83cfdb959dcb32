"""Microsoft's sign-in (Entra ID), asked by msal over httpx."""

from __future__ import annotations

import functools
import logging
from typing import TYPE_CHECKING, Any, NamedTuple, Self
from urllib.parse import urlsplit

import httpx
import msal
import msgspec
from msal.exceptions import MsalError

from assistant.errors import AuthError, TransientError
from providers.microsoft365 import errors, scopes
from providers.microsoft365.errors import NAME, SIGN_IN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import timedelta

    from assistant.errors import ProviderError

HOST = "https://login.microsoftonline.com/"
RAISED = (*errors.RAISED, MsalError, RuntimeError, ValueError, TypeError, AttributeError, LookupError)
"""What msal and httpx raise; msal reads answers without checking them first."""
_LARGEST = 4 << 20
_KNOWN = "/.well-known/openid-configuration"
_ENDPOINTS = {"authorization": "authorize", "token": "token", "device_authorization": "devicecode"}
_CAPABLE = ["CP1"]
"""We answer a claims challenge: learn.microsoft.com/entra/identity-platform/claims-challenge."""

# They quote addresses with codes and search words at levels that --debug lets through.
for _name in ("msal", "httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


class _Reply(NamedTuple):
    """An answer in the form that msal reads."""

    status_code: int
    text: str
    headers: Mapping[str, str]


class _Http:
    """What msal asks through. Where the endpoints are is documented: to ask it anew would cost each start a request.

    Args:
        tenant: in whose name they are.
        endpoint: of a test server in Microsoft's place, None for Microsoft.
        patience: bounds each wait.
    """

    def __init__(self, tenant: str, endpoint: str | None, patience: timedelta) -> None:
        self._endpoint = endpoint
        base = f"{HOST}{tenant}"
        places = {f"{name}_endpoint": f"{base}/oauth2/v2.0/{path}" for name, path in _ENDPOINTS.items()}
        self._discovery = _Reply(200, msgspec.json.encode(places | {"issuer": f"{base}/v2.0"}).decode(), {})
        self._patience = patience

    @functools.cached_property
    def _client(self) -> httpx.Client:
        return httpx.Client(timeout=self._patience.total_seconds(), follow_redirects=False)

    def get(self, url: str, params: Any = None, headers: Any = None, **_: object) -> _Reply:  # noqa: ANN401  msal has no types
        """Answer where the endpoints are, or ask."""
        if urlsplit(url).path.endswith(_KNOWN):
            return self._discovery
        return self._asked("GET", url, params=params, headers=headers)

    def post(self, url: str, params: Any = None, data: Any = None, headers: Any = None, **_: object) -> _Reply:  # noqa: ANN401  as above
        """Ask with a form; msal gives None for what is not said."""
        form = {name: value for name, value in (data or {}).items() if value is not None}
        return self._asked("POST", url, params=params, data=form, headers=headers)

    def place(self, url: str) -> str:
        """Return where an address of Microsoft's sign-in is."""
        if self._endpoint is None or not url.startswith(HOST):
            return url
        return f"{self._endpoint}{url[len(HOST) :]}"

    def _asked(self, method: str, url: str, **more: Any) -> _Reply:  # noqa: ANN401  as above
        with self._client.stream(method, self.place(url), **more) as answer:
            found = bytearray()
            for portion in answer.iter_bytes():
                found += portion
                if len(found) > _LARGEST:
                    raise errors.TooLargeError("the sign-in answers without end")
            return _Reply(answer.status_code, found.decode("utf-8", "replace"), answer.headers)

    def close(self) -> None:
        """Close the connections."""
        if "_client" in vars(self):
            self._client.close()


class Entra:
    """One app registration at one tenant. A context manager.

    Args:
        client_id: of the registration.
        tenant: of the settings.
        services: that the rights are for.
        cache: what an earlier sign-in left, "" for none.
        endpoint: of a test server in Microsoft's place, None for Microsoft.
        patience: bounds each wait.

    Raises:
        AuthError: the cache cannot be read.
    """

    def __init__(
        self,
        client_id: str,
        tenant: str,
        services: tuple[str, ...],
        cache: str,
        endpoint: str | None,
        patience: timedelta,
    ) -> None:
        self.client_id, self.tenant = client_id, tenant
        self._scopes = scopes.wanted(services)
        self._http = _Http(tenant, endpoint, patience)
        self._cache = msal.SerializableTokenCache()
        self._cache.deserialize(_read(cache))
        self._app = msal.PublicClientApplication(
            client_id,
            authority=f"{HOST}{tenant}",
            http_client=self._http,
            token_cache=self._cache,
            instance_discovery=False,
            client_capabilities=_CAPABLE,
        )

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self._http.close()

    @property
    def is_changed(self) -> bool:
        """Return whether there is more in the cache than what it began with."""
        return bool(self._cache.has_state_changed)

    def kept(self) -> str:
        """Return the cache as text, with all tokens in it."""
        return str(self._cache.serialize())

    def consent(self, back: str, hint: str) -> dict[str, Any]:
        """Return a sign-in with PKCE that has begun: `auth_uri` is where the user agrees, `state` what comes back.

        Args:
            back: where the browser is sent.
            hint: the address of the account, "" lets the user choose.
        """
        prompt = {"login_hint": hint} if hint else {"prompt": "select_account"}
        flow: dict[str, Any] = self._app.initiate_auth_code_flow(
            self._scopes, redirect_uri=back, response_mode="form_post", **prompt
        )
        return flow | {"auth_uri": self._http.place(str(flow["auth_uri"]))}

    def exchange(self, flow: dict[str, Any], answer: dict[str, str]) -> dict[str, Any]:
        """Trade what the browser came back with for tokens; an answer with `error` is a refusal."""
        found: dict[str, Any] = self._app.acquire_token_by_auth_code_flow(flow, answer)
        return found

    def ask_device(self) -> dict[str, Any]:
        """Return a device code: `verification_uri` and `user_code` are for the user; `error` is a refusal."""
        flow: dict[str, Any] = self._app.initiate_device_flow(scopes=self._scopes)
        return flow

    def wait_device(self, flow: dict[str, Any], stop: Callable[[], bool]) -> dict[str, Any]:
        """Wait until the code was entered, or until `stop`; an answer with `error` is a refusal."""
        found: dict[str, Any] = self._app.acquire_token_by_device_flow(flow, exit_condition=lambda _: stop())
        return found

    def renew(self, home: str, challenge: str | None) -> dict[str, Any] | None:
        """Return an access token of the account with this id; None where nothing is known of it.

        Args:
            home: msal's id of the account.
            challenge: as for `transport.Tokens`.
        """
        accounts = [each for each in self._app.get_accounts() if each.get("home_account_id") == home]
        if not accounts:
            return None
        found: dict[str, Any] | None = self._app.acquire_token_silent_with_error(
            self._scopes,
            accounts[0],
            force_refresh=challenge == "",
            claims_challenge=challenge or None,
            http_exceptions=(httpx.HTTPError,),
        )
        return found

    def home(self, address: str) -> str:
        """Return msal's id of the account that has just signed in."""
        accounts = self._app.get_accounts()
        chosen = [each for each in accounts if str(each.get("username")).lower() == address.lower()] or accounts
        return str(chosen[-1].get("home_account_id") or "") if chosen else ""


def _read(cache: str) -> str:
    """Return msal's cache, which msal itself does not look at until it stumbles."""
    try:
        msgspec.json.decode(cache or "{}", type=dict[str, dict[str, dict[str, Any]]])
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise AuthError(NAME, "sign_in", f"the sign-in that is kept cannot be read. {SIGN_IN}") from error
    return cache


def unreached(operation: str, error: Exception) -> ProviderError:
    """Return the error of the ports for one of `RAISED`; a sign-in that answers nonsense may answer well later."""
    if isinstance(error, errors.RAISED):
        return errors.of_raised(operation, error)
    text = f"Microsoft's sign-in gives no answer that can be read ({type(error).__name__}). {errors.BETWEEN}"
    return TransientError(NAME, operation, text)
