"""HTTP to Microsoft Graph on httpx: at most four connections, bounded answers, nothing sent twice unasked."""

from __future__ import annotations

import base64
import binascii
import json
import re
import time
import weakref
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import httpx
import msgspec

from providers.microsoft365.errors import TooLargeError, TooSlowError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from providers._net import Patience

_CONNECTIONS = 4
"""At once for one mailbox: learn.microsoft.com/graph/throttling-limits#outlook-service-limits."""
_LARGEST = 256 << 20
_DEEPEST = 64
_CLAIMS = re.compile(r'\bclaims="([^"]*)"')


class Tokens(Protocol):
    """What gives access tokens."""

    def __call__(self, challenge: str | None = None) -> str:
        """Return an access token.

        Args:
            challenge: None takes any that is valid. "" says that the last one was refused; other text is the claims
                that a new one must have (continuous access evaluation), as JSON.

        Raises:
            AuthError: signing in is needed.
            TransientError: the sign-in service could not be reached.
        """
        ...


class Answer(NamedTuple):
    """An answer, read whole, whatever its status."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class Wire:
    """Kept-alive connections that send each request once.

    Args:
        tokens: sign the requests.
        patience: its `request` bounds connecting, each wait for data, and twice that the whole answer.
    """

    def __init__(self, tokens: Tokens, patience: Patience) -> None:
        self._tokens = tokens
        self._seconds = patience.request.total_seconds()
        limits = httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS)
        self._client = httpx.Client(timeout=self._seconds, limits=limits, follow_redirects=False)
        weakref.finalize(self, self._client.close)  # nobody closes an account, and httpx leaves that to its user

    def ask(self, method: str, url: str, headers: Mapping[str, str], content: bytes | None) -> Answer:
        """Send once and return the answer.

        Raises:
            httpx.HTTPError: no answer, or none that ends.
            ProviderError: there is no access token to be had.
        """
        signed = {**headers, "Authorization": f"Bearer {self._tokens()}"}
        with self._client.stream(method, url, headers=signed, content=content) as answer:
            return Answer(answer.status_code, answer.headers, self._whole(answer))

    def renew(self, challenge: str) -> None:
        """Get another access token than the one that was refused; see `Tokens`."""
        self._tokens(challenge)

    def _whole(self, answer: httpx.Response) -> bytes:
        end = time.monotonic() + 2 * self._seconds
        found = bytearray()
        for portion in answer.iter_bytes():
            found += portion
            if len(found) > _LARGEST:
                raise TooLargeError(f"more than {_LARGEST >> 20} MiB")
            if time.monotonic() > end:
                raise TooSlowError("the answer does not end")
        return bytes(found)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def challenge(headers: str) -> str:
    """Return the claims that a field WWW-Authenticate asks a new access token to have, "" where there are none.

    Source: learn.microsoft.com/entra/identity-platform/claims-challenge.
    """
    found = _CLAIMS.search(headers)
    if found is None:
        return ""
    text = found[1]
    try:
        claims = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_").decode()
        json.loads(claims)
    except (binascii.Error, ValueError):
        return ""
    return claims


def decoded(content: bytes) -> Any:  # noqa: ANN401  it is JSON
    """Return the value of a JSON text; half characters, which some mail programs make of emoji, are replaced.

    Raises:
        ValueError: it is no JSON.
    """
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return _whole_characters(json.loads(content, parse_constant=_refuse), _DEEPEST)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _whole_characters(value: Any, deepest: int) -> Any:  # noqa: ANN401  as above
    if deepest == 0:
        raise ValueError("nested too deeply")
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_whole_characters(each, deepest - 1) for each in value]
    if isinstance(value, dict):
        return {str(key): _whole_characters(each, deepest - 1) for key, each in value.items()}
    return value
