"""HTTP for exchangelib: each answer bounded in time and size, nothing sent twice unasked, XML that declares nothing.

exchangelib's extension points are used: `BaseProtocol.HTTP_ADAPTER_CLS`, `TIMEOUT`, `RETRY_WAIT` and `RetryPolicy`.
"""

from __future__ import annotations

import re
import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import requests
from exchangelib.errors import ErrorInvalidRequest, TransportError, UnauthorizedError
from exchangelib.protocol import CachingProtocol, FailFast, Protocol
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from exchangelib import Configuration
    from urllib3.response import BaseHTTPResponse, HTTPResponse

    from providers._net import Patience

_PORTION = 1 << 16
_PROLOG = re.compile(rb"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)
_ENCODING = re.compile(rb"""encoding\s*=\s*["']([^"']*)["']""")
_PLAIN = {b"utf-8", b"utf8", b"us-ascii", b"ascii", b"iso-8859-1", b"windows-1252"}
"""Encodings in which a declaration cannot hide: all write "<!DOCTYPE" as ASCII does."""
_MARK = b"\xef\xbb\xbf"
_INVALID = re.compile(rb"ResponseCode[^>]*>\s*ErrorInvalidRequest\s*<")
"""The library would send such a request again in nine other versions, and keep to the last of them."""
_FAULT = re.compile(rb"<faultstring[^>]*>([^<]*)<")
_SOAP_FAULT = 500
_LONGEST_STREAM = 16 << 20
"""Bytes of half an hour of events; the library keeps them until an element ends."""
_LATIN = 0xFF
_ELEMENTS = 4_000_000
"""So many tags has no answer: a portion of a thousand folders or items has a hundred thousand."""
_SHORT = 10
"""Seconds that a token must be of use."""


class TooLargeError(requests.RequestException):
    """An answer that no server would give."""


class TooSlowError(requests.Timeout):
    """An answer that began and did not end in time."""


class ForbiddenXMLError(TransportError):  # type: ignore[misc]  # the library has no types
    """An answer with a document type, whose entities can fill the memory, or in an encoding that could hide one."""


class RefusedError(TransportError):  # type: ignore[misc]  # as above
    """An answer whose HTTP status is no success.

    Args:
        status: of the answer.
        retry_after: the header of that name, "" where there is none.
        code: what Exchange says in X-CasErrorCode, or where the answer redirects to.
        text: the beginning of the answer.
    """

    def __init__(self, status: int, retry_after: str = "", code: str = "", text: str = "") -> None:
        self.status, self.retry_after, self.code, self.text = status, retry_after, code, text
        super().__init__(f"{status} {code}".strip())


class Answer(requests.Response):
    """An answer that ends: when it takes too long or is too large, reading it fails.

    It is our class and not a wrapper of what requests reads from, in which the NTLM sign-in looks for the certificate.
    """

    seconds: float = 30
    largest = 0
    is_whole = False
    """Whether all of it was read; one that is not is read while it comes."""
    _late = False
    _watch: threading.Timer | None = None

    def iter_content(self, chunk_size: int | None = 1, decode_unicode: bool = False) -> Iterator[Any]:  # noqa: FBT001, FBT002  requests gives the signature
        """Yield the content: of a stream in the portions asked for, else in large ones.

        The library asks for single bytes, of what was read long ago too.

        Raises:
            TooLargeError: it is.
            TooSlowError: the time was over: twice that of a single wait, for a stream once.
        """
        if self.is_whole:
            return super().iter_content(_PORTION, decode_unicode)
        if chunk_size == 1:
            return self._bounded(super().iter_content(chunk_size, decode_unicode), self.seconds, _LONGEST_STREAM)
        return self._bounded(super().iter_content(_PORTION, decode_unicode), 2 * self.seconds, self.largest)

    def _bounded(self, portions: Iterator[Any], seconds: float, largest: int) -> Iterator[Any]:
        size = 0
        self._begin(seconds)
        try:
            for portion in portions:
                size += len(portion)
                if size > largest:
                    self.close()
                    raise TooLargeError(f"more than {largest >> 20} MiB")
                yield portion
        except (requests.RequestException, OSError, ValueError):
            self.close()
            if not self._late:
                raise
        finally:
            self._stop()
        if self._late:
            self.close()
            raise TooSlowError("the answer did not end in time")
        self.is_whole = True

    def _begin(self, seconds: float) -> None:
        self._watch = threading.Timer(seconds, self._end)
        self._watch.daemon = True
        self._watch.start()

    def _end(self) -> None:
        self._late = True
        with suppress(OSError, RuntimeError, ValueError):  # it has just ended by itself
            self.raw.shutdown()

    def _stop(self) -> None:
        if self._watch is not None:
            self._watch.cancel()

    def close(self) -> None:
        """Let the connection go."""
        self._stop()
        super().close()


def _head(connection: HTTPConnection, read: Callable[[], HTTPResponse]) -> HTTPResponse:
    """Return an answer once its head is there, which may come byte by byte, each in time, but must end.

    Raises:
        TimeoutError: it did not end in twice the time of a single wait.
    """
    late = threading.Event()

    def end() -> None:
        late.set()
        if connection.sock is not None:
            with suppress(OSError):  # it has just ended by itself
                connection.sock.shutdown(socket.SHUT_RDWR)

    watch = threading.Timer(2 * (connection.timeout or Wire.TIMEOUT), end)
    watch.daemon = True
    watch.start()
    try:
        return read()
    finally:
        watch.cancel()
        if late.is_set():
            raise TimeoutError("the head of the answer did not end in time")


class _Plain(HTTPConnection):
    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # urllib3 overrides it so itself
        return _head(self, super().getresponse)


class _Secure(HTTPSConnection):
    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # urllib3 overrides it so itself
        return _head(self, super().getresponse)


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


_POOLS = {"http": _PlainPool, "https": _SecurePool}


class Adapter(HTTPAdapter):
    """Make answers that begin and end in time."""

    LARGEST = 256 << 20

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  as HTTPAdapter
        """Make connections whose answers begin in time."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  as HTTPAdapter
        """Make such connections through a proxy, too."""
        found = super().proxy_manager_for(*args, **kwargs)
        found.pool_classes_by_scheme = _POOLS
        return found

    def build_response(self, req: requests.PreparedRequest, resp: BaseHTTPResponse) -> requests.Response:
        """Return an answer that ends."""
        found = super().build_response(req, resp)
        answer = Answer()
        vars(answer).update(vars(found))
        connection = resp.connection
        answer.seconds = getattr(connection, "timeout", None) or Wire.TIMEOUT
        answer.largest = self.LARGEST
        return answer


class Once(FailFast):  # type: ignore[misc]  # the library has no types
    """Try nothing again: patience is ours. A wrong password is told at once, whatever the answer says besides.

    The library takes a 401 with "Connection: close" for a busy server, and trying again locks accounts. `date` is the
    header of that name of the last answer.
    """

    date = ""

    def raise_response_errors(self, response: requests.Response) -> None:
        """Refuse what cannot be an answer to a SOAP request.

        Raises:
            UnauthorizedError: the sign-in is not accepted.
            RefusedError: any other HTTP status than success, or a SOAP fault.
            ErrorInvalidRequest: the server does not understand the request.
            ForbiddenXMLError: see there.
        """
        self.date = response.headers.get("Date", "")
        if response.status_code == requests.codes.unauthorized:
            raise UnauthorizedError(_beginning(response) or "401")
        streamed = isinstance(response, Answer) and not response.is_whole
        if response.status_code == _SOAP_FAULT and b"Envelope" in response.content[:_PORTION]:
            prove(response.content)
            if _INVALID.search(response.content):
                said = _FAULT.search(response.content)
                raise ErrorInvalidRequest(said[1].decode("utf-8", "replace") if said else "no reason given")
        elif response.status_code != requests.codes.ok:
            head = response.headers
            code = head.get("X-CasErrorCode", "") or head.get("Location", "")
            raise RefusedError(response.status_code, head.get("Retry-After", ""), code, _beginning(response))
        elif not streamed:
            prove(response.content)


def prove(content: bytes) -> None:
    """Refuse XML with a document type declaration (XML 1.0 2.8), or written so that one could hide, or that unpacks.

    A tag of four bytes takes forty times as many once it is read.

    Raises:
        ForbiddenXMLError: it has one.
        TooLargeError: it has more tags than any answer.
    """
    if content.count(b"<") > _ELEMENTS:
        raise TooLargeError(f"more than {_ELEMENTS:,} tags")
    position = len(_MARK) if content.startswith(_MARK) else 0
    while found := _PROLOG.match(content, position):
        declared = _ENCODING.search(found[0]) if found[0].startswith(b"<?xml") else None
        if declared is not None and declared[1].lower() not in _PLAIN:
            raise ForbiddenXMLError(f"an answer in {declared[1][:20]!r}")
        position = found.end()
    if not re.match(rb"<[A-Za-z_]", content[position : position + 2]):
        raise ForbiddenXMLError(f"no XML, or some with a document type: {content[position : position + 20]!r}")


def _beginning(response: requests.Response) -> str:
    return " ".join(response.content[:2000].decode("utf-8", "replace").split())[:300]


class _Uncached(CachingProtocol):  # type: ignore[misc]  # the library has no types
    """Make one protocol for each account: the library keeps all there ever were, with their passwords."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  as the class has it
        """Make one."""
        return type.__call__(self, *args, **kwargs)


class Wire(Protocol, metaclass=_Uncached):  # type: ignore[misc]  # the library has no types
    """exchangelib's protocol over our transport."""

    HTTP_ADAPTER_CLS = Adapter
    RETRY_WAIT = 0  # the library would make this the wait that the server asked for
    TIMEOUT: float = 30

    def __init__(self, config: Configuration) -> None:
        super().__init__(config=config)
        self._refreshed: float | None = None

    def create_session(self) -> requests.Session:
        """Return a session; a password beyond Latin-1 goes as UTF-8 (RFC 7617 2.1), where requests would fail."""
        session: requests.Session = super().create_session()
        if isinstance(session.auth, HTTPBasicAuth):
            user, password = self.credentials.username, self.credentials.password
            if any(ord(sign) > _LATIN for sign in f"{user}{password}"):
                session.auth = HTTPBasicAuth(user.encode(), password.encode())
        return session

    def create_oauth2_session(self) -> requests.Session:
        """Return a session that adds its token itself, and none to the request for another one."""
        session: requests.Session = super().create_oauth2_session()
        session.auth = lambda request: request
        return session

    def refresh_credentials(self, session: requests.Session) -> requests.Session:
        """Get a new token.

        Raises:
            UnauthorizedError: the last one had expired when it came; the library would go on for ever.
        """
        now = time.monotonic()
        last, self._refreshed = self._refreshed, now
        if last is not None and now - last < _SHORT:
            self.release_session(session)
            raise UnauthorizedError("the token has expired when it comes")
        renewed: requests.Session = super().refresh_credentials(session)
        return renewed


def wire(config: Configuration, patience: Patience) -> Wire:
    """Return the protocol for one account; nothing is asked of the server yet."""
    found = Wire(config=config)
    found.TIMEOUT = patience.request.total_seconds()
    return found
