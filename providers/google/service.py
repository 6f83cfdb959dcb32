"""One signed-in Google account: requests, batches, patience, and errors in the words of the ports."""

from __future__ import annotations

import email.utils
import functools
import itertools
import json
import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import requests
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
from googleapiclient.discovery import build_from_document
from googleapiclient.errors import BatchError, HttpError
from googleapiclient.http import BatchHttpRequest

from assistant.errors import (
    AlreadyExistsError,
    AuthError,
    CursorExpiredError,
    InvalidResponseError,
    NotFoundError,
    ProviderError,
    TransientError,
    UnsupportedError,
    WrongETagError,
)
from providers._net import Patience, ThrottledError, persevere
from providers.google.documents import document
from providers.google.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import httplib2
    from google.oauth2.credentials import Credentials
    from googleapiclient.http import HttpRequest

NAME = "google"
SIGN_IN = "Run: ringback connect google"
BATCH = 50
"""Parts of one batch. Google takes 100 and advises 50: developers.google.com/workspace/gmail/api/guides/batch."""

# The client warns on stderr of every 403; ours are told in our own words.
logging.getLogger("googleapiclient").setLevel(logging.ERROR)

_REFUSAL, _UNSIGNED, _FORBIDDEN, _TOO_MANY, _SERVER = 400, 401, 403, 429, 500
_LONGEST = 400
"""Characters of a sentence of Google's: the link with which to enable an API stands some 200 into it."""
_BETWEEN = "Is there a proxy, or the sign-in page of a network, between? Try again later"
_LATER = {408, 429}
_THROTTLED = {"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "dailyLimitExceeded", "backendError"}
_Saying = tuple[type[ProviderError], str]
_BY_REASON: tuple[tuple[set[str], _Saying], ...] = (
    (
        {"insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"},
        (AuthError, f"a right is missing that was not granted at sign-in. {SIGN_IN}"),
    ),
    (
        {"accessNotConfigured", "SERVICE_DISABLED"},
        (UnsupportedError, "this API is not enabled for your OAuth client: {words} See `Connect Google` in the README"),
    ),
    (
        {"fullSyncRequired", "updatedMinTooLongAgo", "EXPIRED_SYNC_TOKEN"},
        (CursorExpiredError, "the cursor is too old; read all again"),
    ),
)
_BY_STATUS: dict[int, _Saying] = {
    401: (AuthError, f"the sign-in is not accepted ({{words}}). {SIGN_IN}"),
    403: (
        UnsupportedError,
        "not allowed ({words}). Run: ringback doctor{shared}",
    ),
    404: (NotFoundError, "Google knows it no more ({words})"),
    409: (AlreadyExistsError, "it exists already ({words})"),
    410: (NotFoundError, "Google knows it no more ({words})"),
    412: (WrongETagError, "it changed since it was read; read it again"),
}
_REFUSED: _Saying = (ProviderError, "Google refused it ({status} {words}). See `ringback doctor`")


_NONE = Patience(total=timedelta(), throttled=timedelta())
T = TypeVar("T")


class Google:
    """One signed-in account.

    Args:
        credentials: with a refresh token; refreshed when needed.
        root: address of another server in Google's place, ending in "/"; None for Google.
        patience: how long one request and all its tries may take.
    """

    def __init__(self, credentials: Credentials, *, root: str | None = None, patience: Patience | None = None) -> None:
        self._root = root
        self.patience = patience or Patience()
        self._is_away = False
        self._spent: set[str] = set()
        self._http = Transport(credentials, self.patience)

    @functools.cached_property
    def gmail(self) -> Any:  # noqa: ANN401  the client makes its methods from the document
        """Return Gmail (v1), without the methods that send."""
        return self._service("gmail")

    @functools.cached_property
    def calendar(self) -> Any:  # noqa: ANN401  as above
        """Return Google Calendar (v3)."""
        return self._service("calendar")

    @functools.cached_property
    def people(self) -> Any:  # noqa: ANN401  as above
        """Return the People API (v1)."""
        return self._service("people")

    def call(self, operation: str, request: HttpRequest, *, again: bool = True) -> dict[str, Any]:
        """Execute one request and return its answer, {} for an empty one.

        Args:
            operation: of the port, for errors.
            request: of one of the services.
            again: True if doing it twice is once; False sends it once, and after a `TransientError` the caller looks
                whether it took effect before doing it again.

        Raises:
            ProviderError: each in its class; see `of_refusal`.
        """
        if not again:
            return self._once(operation, request)
        return self.persevere(request, lambda: self._once(operation, request))

    def each(self, operation: str, wanted: Mapping[str, HttpRequest]) -> dict[str, dict[str, Any] | ProviderError]:
        """Execute requests that may be repeated, in batches; return the answer or the error of each, in order.

        Parts that were throttled or failed on the server's side are tried again alone, with all patience.

        Raises:
            ProviderError: a whole batch got no answer, or none that can be read.
        """
        found: dict[str, dict[str, Any] | ProviderError] = {}
        keys = iter(wanted)
        while portion := tuple(itertools.islice(keys, BATCH)):
            found |= self._portion(operation, {key: wanted[key] for key in portion})
        return {key: found[key] for key in wanted}

    def _service(self, name: str) -> Any:  # noqa: ANN401  as above
        return build_from_document(document(name, self._root), http=self._http)

    def _once(self, operation: str, request: HttpRequest) -> dict[str, Any]:
        with _Said(operation):
            answer = request.execute(http=self._http)
        if answer in ("", b"", None):
            return {}
        if not isinstance(answer, dict):
            raise InvalidResponseError(NAME, operation, f"the answer is no JSON object. {_BETWEEN}")
        return answer

    def _portion(self, operation: str, wanted: Mapping[str, HttpRequest]) -> dict[str, dict[str, Any] | ProviderError]:
        found: dict[str, dict[str, Any] | ProviderError] = {}

        def attempt() -> None:
            left = {key: one for key, one in wanted.items() if isinstance(found.get(key), TransientError | None)}
            found.update(self._batch(operation, left))
            stale = [key for key in left if _is_unsigned(found.get(key))]
            if stale:
                # Google answers 200 to the batch and 401 in it, which is not seen below.
                with _Said(operation):
                    self._http.renew()
                found.update(self._batch(operation, {key: wanted[key] for key in stale}))
            later = [error for error in found.values() if isinstance(error, TransientError)]
            if later:
                raise next((error for error in later if isinstance(error, ThrottledError)), later[0])

        try:
            self.persevere(next(iter(wanted.values())), attempt)
        except TransientError:
            if set(found) != set(wanted):
                raise
        return found

    def _batch(self, operation: str, wanted: Mapping[str, HttpRequest]) -> dict[str, dict[str, Any] | ProviderError]:
        found: dict[str, dict[str, Any] | ProviderError] = {}

        keys = tuple(wanted)

        def receive(number: str, answer: dict[str, Any] | None, error: Exception | None) -> None:
            found[keys[int(number)]] = (answer or {}) if error is None else _of(operation, error)

        batch: BatchHttpRequest | None = None
        for number, request in enumerate(wanted.values()):
            batch = batch or BatchHttpRequest(callback=receive, batch_uri=self._batch_address(request))
            batch.add(request, request_id=str(number))  # the client cannot read a header that was folded for a long one
        if batch is not None:
            with _Said(operation):
                batch.execute(http=self._http)
        return found

    def persevere(self, request: HttpRequest, attempt: Callable[[], T]) -> T:
        """Return what `attempt` returns, trying with patience.

        What is out of order costs a pass its patience once, not once for each thing to write: once it was all used up
        for a method, each request of it gets one try until one works again, and so does every other request until
        any works.

        Args:
            request: of the method that is tried; in a batch any of its parts.
            attempt: makes the request.

        Raises:
            TransientError: the last one.
        """
        method, was_away = request.methodId, self._is_away
        try:
            found = persevere(_NONE if was_away or method in self._spent else self.patience, attempt)
        except TransientError:
            if not was_away:  # a single try while Google is away says nothing of this method
                self._spent.add(method)
            self._is_away = True
            raise
        self._is_away = False
        self._spent.discard(method)
        return found

    def _batch_address(self, request: HttpRequest) -> str:
        service, _, _ = request.methodId.partition(".")
        return _batch_address(service, self._root)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


def _is_unsigned(answer: object) -> bool:
    cause = answer.__cause__ if isinstance(answer, AuthError) else None
    return isinstance(cause, HttpError) and int(cause.resp.status) == _UNSIGNED


@functools.cache
def _batch_address(service: str, root: str | None) -> str:
    found = document(service, root)
    return f"{found['rootUrl']}{found['batchPath']}"


class _Said:
    """Say what the client raises in the words of the ports."""

    def __init__(self, operation: str) -> None:
        self._operation = operation

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Replace the client's error, which becomes the cause."""
        if isinstance(error, Exception) and not isinstance(error, ProviderError):
            raise _of(self._operation, error) from error


def _of(operation: str, error: Exception) -> ProviderError:
    said: ProviderError
    if isinstance(error, HttpError):
        said = of_refusal(operation, error)
    elif isinstance(error, RefreshError) and not error.retryable:
        text = f"the sign-in has ended: revoked, the password changed, or 7 days passed in testing mode. {SIGN_IN}"
        said = AuthError(NAME, operation, text)
    elif isinstance(error, TransportError | RefreshError | requests.RequestException):
        text = f"no answer from Google ({_kind(error)}). Check the connection; the next pass tries again"
        said = TransientError(NAME, operation, text)
    elif isinstance(error, GoogleAuthError):
        said = AuthError(NAME, operation, f"the sign-in cannot be used ({type(error).__name__}). {SIGN_IN}")
    elif isinstance(error, BatchError | ValueError | LookupError | AttributeError | TypeError):
        # The client reads answers without checking them first.
        text = f"the answer cannot be read ({type(error).__name__}). {_BETWEEN}"
        said = InvalidResponseError(NAME, operation, text)
    else:
        raise error
    said.__cause__ = error
    return said


def _kind(error: Exception) -> str:
    return "timed out" if isinstance(error, requests.Timeout) else type(error).__name__


def of_refusal(operation: str, error: HttpError) -> ProviderError:
    """Return the error of the ports for an answer that refuses.

    Source: developers.google.com/workspace/calendar/api/guides/errors and .../gmail/api/guides/handle-errors.
    """
    status, reasons, words = int(error.resp.status), set(_reasons(error)), _words(error)
    if status in _LATER or status >= _SERVER or (status == _FORBIDDEN and reasons & _THROTTLED):
        text = f"Google asks to come back later ({status} {words}); the next pass tries again"
        kind = ThrottledError if status in {_FORBIDDEN, _TOO_MANY} else TransientError
        return kind(NAME, operation, text, _retry_after(error.resp))
    if status < _REFUSAL:  # a part of a batch that is no JSON, or the redirect of a captive portal
        return InvalidResponseError(NAME, operation, f"the answer cannot be read ({status}). {_BETWEEN}")
    by_reason = (said for known, said in _BY_REASON if reasons & known)
    said, text = next(by_reason, _BY_STATUS.get(status, _REFUSED))
    shared = "; a calendar must be yours or shared with write access" if operation.startswith("calendar.") else ""
    return said(NAME, operation, text.format(status=status, words=words, shared=shared))


def _reasons(error: HttpError) -> Iterator[str]:
    """Yield the reasons in an error's body: `errors[].reason`, and those of google.rpc.ErrorInfo."""
    told = _told(error)
    lists: Iterable[Any] = (told.get("errors"), told.get("details"))
    for one in itertools.chain.from_iterable(each for each in lists if isinstance(each, list)):
        if isinstance(one, dict) and isinstance(one.get("reason"), str):
            yield one["reason"]


def _words(error: HttpError) -> str:
    """Return Google's own sentence, shortened and on one line."""
    message = _told(error).get("message")
    return " ".join(str(message or error.resp.reason or "no reason given").split())[:_LONGEST]


def _told(error: HttpError) -> dict[str, Any]:
    try:
        found = json.loads(error.content)
    except ValueError:
        return {}
    told = found.get("error") if isinstance(found, dict) else None
    return told if isinstance(told, dict) else {}


def _retry_after(answer: httplib2.Response) -> timedelta | None:
    """Read Retry-After: seconds or a date (RFC 9110 10.2.3); None when there is none that can be read."""
    text = str(answer.get("retry-after", "")).strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text), 86400))
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(moment - datetime.now(UTC), timedelta())
