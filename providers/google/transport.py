"""HTTP for google-api-python-client on requests: nothing is ever sent twice unasked.

httplib2, the client's own transport, silently sends a POST again when a kept-alive connection dies, and one insert
becomes two. requests opens a new connection before it sends, and never sends again.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import httplib2
import requests
from google.auth.transport.requests import AuthorizedSession, Request
from requests.auth import AuthBase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from google.oauth2.credentials import Credentials

    from providers._net import Patience

_LARGEST = 256 << 20
_PORTION = 1 << 16


class TooLargeError(requests.RequestException):
    """An answer that no service would give."""


class TooSlowError(requests.Timeout):
    """An answer that began and does not end."""


class _NoOther(AuthBase):
    """Keep requests from putting a password of ~/.netrc in the place of our token."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


def _read_refusal(answer: requests.Response, **said: object) -> None:
    """Read a 401 whole: the session asks again after it, and would leave its connection open."""
    del said
    if answer.status_code == requests.codes.unauthorized:
        _ = answer.content


class Transport:
    """What google-api-python-client takes for an httplib2.Http, signed in.

    Args:
        credentials: refreshed when they have expired, and once after a 401.
        patience: its `request` bounds connecting, each wait for data, and twice that the whole answer.
    """

    def __init__(self, credentials: Credentials, patience: Patience) -> None:
        self._seconds = patience.request.total_seconds()
        refreshing = requests.Session()
        refreshing.auth = _NoOther()
        self._credentials, self._refreshing = credentials, Request(refreshing)
        self._session: requests.Session = AuthorizedSession(  # type: ignore[no-untyped-call]  # the library has no types here
            credentials, auth_request=self._refreshing
        )
        self._session.auth = _NoOther()
        self._session.hooks["response"].append(_read_refusal)

    def request(
        self,
        uri: str,
        method: str = "GET",
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
        redirections: int = 0,
        connection_type: object = None,
    ) -> tuple[httplib2.Response, bytes]:
        """Send once and return the answer, whatever its status.

        Raises:
            requests.RequestException: no answer, or none that ends.
            google.auth.exceptions.GoogleAuthError: the sign-in could not be refreshed.
        """
        del redirections, connection_type
        data = body.encode() if isinstance(body, str) else body
        answer = self._session.request(
            method,
            uri,
            data=data,
            headers=dict(headers or {}),
            timeout=self._seconds,
            allow_redirects=False,
            stream=True,
        )
        with answer:
            content = self._whole(answer)
        head = httplib2.Response({name.lower(): value for name, value in answer.headers.items()})
        head.status, head.reason = answer.status_code, answer.reason
        return head, content

    def _whole(self, answer: requests.Response) -> bytes:
        end = time.monotonic() + 2 * self._seconds
        found = bytearray()
        for portion in answer.iter_content(_PORTION):
            found += portion
            if len(found) > _LARGEST:
                raise TooLargeError(f"more than {_LARGEST >> 20} MiB")
            if time.monotonic() > end:
                raise TooSlowError("the answer does not end")
        return bytes(found)

    def renew(self) -> None:
        """Get a new access token.

        Raises:
            google.auth.exceptions.GoogleAuthError: there is none to be had.
        """
        self._credentials.refresh(self._refreshing)  # type: ignore[no-untyped-call]  # as above

    def close(self) -> None:
        """Close the kept-alive connections."""
        self._session.close()
        self._refreshing.session.close()
