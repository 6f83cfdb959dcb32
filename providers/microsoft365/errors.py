"""What Microsoft Graph answers and httpx raises, in the words of the ports.

Sources: learn.microsoft.com/graph/errors, .../graph/delta-query-overview, .../graph/throttling-limits, and the codes of
Exchange behind Graph: learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode.
"""

from __future__ import annotations

import email.utils
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx

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
from providers._net import ThrottledError

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "microsoft365"
SIGN_IN = "Run: ringback connect microsoft365"
BETWEEN = "Is there a proxy, or the sign-in page of a network, between? Try again later"

_LONGEST = 300
_DIGITS = 9
_LATER = "the next pass tries again"
_ERROR, _UNSIGNED, _GONE_FOR_GOOD, _SERVER = 400, 401, 410, 500
_Saying = tuple[type[ProviderError], str]
_MISSING: _Saying = (NotFoundError, "Microsoft knows it no more ({code})")
_CHANGED: _Saying = (WrongETagError, "it changed since it was read; read it again ({code})")
_EXPIRED: _Saying = (CursorExpiredError, "the cursor is too old or damaged; read all again ({code})")
_THERE: _Saying = (AlreadyExistsError, "it exists already ({code})")
_FORBIDDEN: _Saying = (UnsupportedError, "not allowed ({code}: {words}). Run: ringback doctor")
_UNABLE: _Saying = (UnsupportedError, "Microsoft cannot do it ({code}: {words})")
_NO_TOKEN: _Saying = (AuthError, "the sign-in is not accepted ({code}: {words}). {sign_in}")
_NO_RIGHT: _Saying = (AuthError, "a right is missing that was not granted at sign-in ({code}: {words}). {sign_in}")
_NO_MAILBOX: _Saying = (
    UnsupportedError,
    (
        "there is no mailbox at Microsoft ({code}): no licence, or it is on a server of the organisation's own, "
        "for which there is: ringback connect exchange"
    ),
)
_AWAY: _Saying = (TransientError, "Microsoft cannot do it now ({code}: {words}); {later}")
_BUSY: _Saying = (ThrottledError, "Microsoft asks to come back later ({code}: {words}); {later}")
_DAMAGED: _Saying = (InvalidResponseError, "Microsoft cannot read this item itself ({code}: {words})")
_FULL: _Saying = (ProviderError, "the mailbox is full ({code}). Make room in it")
_LARGE: _Saying = (UnsupportedError, "it is too large for Microsoft ({code})")
_REFUSED: _Saying = (ProviderError, "Microsoft refused it ({status} {code}: {words}). See `ringback doctor`")

_SAYINGS: tuple[tuple[_Saying, str], ...] = (
    (
        _MISSING,
        """
        ErrorItemNotFound ErrorFolderNotFound ErrorSyncFolderNotFound ErrorParentFolderNotFound ErrorInvalidId
        ErrorInvalidIdEmpty ErrorInvalidIdMalformed ErrorInvalidFolderId ErrorCannotUseFolderIdForItemId
        ErrorCannotUseItemIdForFolderId ErrorCalendarOccurrenceIsDeletedFromRecurrence ErrorNoCalendar
        ErrorCalendarCannotUpdateDeletedItem ErrorObjectTypeChanged ErrorEventNotFound
        ErrorMessageNotFound ErrorCannotFindFolder ItemNotFound ResourceNotFound Request_ResourceNotFound NotFound
        """,
    ),
    (
        _CHANGED,
        """
        ErrorIrresolvableConflict ErrorStaleObject ErrorChangeKeyRequired ErrorChangeKeyRequiredForWriteOperations
        ErrorInvalidChangeKey PreconditionFailed
        """,
    ),
    (
        _EXPIRED,
        """
        SyncStateNotFound SyncStateInvalid SyncStateExpired resyncRequired resyncChangesApplyDifferences
        resyncChangesUploadDifferences ErrorInvalidSyncStateData ErrorInvalidWatermark
        """,
    ),
    (
        _THERE,
        """
        ErrorDuplicateTransactionId ErrorFolderExists ErrorManagedFolderAlreadyExists NameAlreadyExists
        CategoryNameDuplicate ErrorCategoryAlreadyExists ErrorDuplicateInputFolderNames
        """,
    ),
    (
        _FORBIDDEN,
        """
        ErrorAccessDenied AccessDenied ErrorCreateItemAccessDenied ErrorCannotDeleteObject ErrorNoFreeBusyAccess
        ErrorPermissionNotAllowedByPolicy ErrorUserNotAllowedByPolicy ErrorDeleteDistinguishedFolder
        ErrorMoveDistinguishedFolder
        """,
    ),
    (_NO_RIGHT, "Authorization_RequestDenied ErrorInsufficientPermissionsInAccessToken Authorization_IdentityNotFound"),
    (
        _NO_TOKEN,
        """
        InvalidAuthenticationToken AuthenticationError CompactToken CompactTokenParsingFailed TokenNotFound
        unauthenticated ExpiredAuthenticationToken insufficient_claims ErrorInvalidAuthorizationContext
        ErrorMailboxLogonFailed ErrorAccountDisabled ErrorPasswordExpired ErrorPasswordChangeRequired
        """,
    ),
    (
        _NO_MAILBOX,
        """
        MailboxNotEnabledForRESTAPI MailboxNotSupportedForRESTAPI RESTAPINotEnabledForComponentSharedMailbox
        ErrorNonExistentMailbox ErrorMailboxNotFound ErrorMissingEmailAddress ErrorMailboxInfoNotFound
        """,
    ),
    (
        _UNABLE,
        """
        InefficientFilter ErrorInvalidOperation ErrorUnsupportedQueryFilter ErrorUnsupportedRecurrence
        ErrorUnsupportedPropertyDefinition ErrorUnsupportedPathForQuery ErrorRestrictionTooComplex
        ErrorQueryFilterTooLong ErrorTimeIntervalTooBig ErrorCalendarViewRangeTooBig ErrorCalendarInvalidTimeZone
        ErrorUnsupportedMimeConversion NotImplemented NotSupported Request_UnsupportedQuery
        """,
    ),
    (
        _LARGE,
        "ErrorMessageSizeExceeded ErrorAttachmentSizeLimitExceeded ErrorRequestStreamTooBig RequestEntityTooLarge",
    ),
    (
        _BUSY,
        """
        ApplicationThrottled TooManyRequests activityLimitReached MailboxConcurrency ErrorServerBusy
        ErrorExceededConnectionCount ErrorExceededFindCountLimit ErrorTooManyObjectsOpened quotaLimitReached
        """,
    ),
    (
        _AWAY,
        """
        ErrorInternalServerTransientError ErrorInternalServerError InternalServerError generalException
        serviceNotAvailable ServiceUnavailable ErrorTimeoutExpired ErrorMailboxMoveInProgress
        ErrorMailboxStoreUnavailable ErrorMailboxFailover ErrorADUnavailable ErrorADOperation ErrorConnectionFailed
        ErrorConnectionFailedTransientError ErrorInsufficientResources ErrorNotEnoughMemory
        ErrorBatchProcessingStopped ErrorClientDisconnected ErrorRequestAborted GatewayTimeout BadGateway
        """,
    ),
    (_FULL, "ErrorQuotaExceeded ErrorSubmissionQuotaExceeded quotaExceeded"),
    (
        _DAMAGED,
        """
        ErrorCorruptData ErrorItemCorrupt ErrorFolderCorrupt ErrorContentConversionFailed
        ErrorMimeContentConversionFailed ErrorVirusDetected ErrorVirusMessageDeleted ErrorItemPropertyRequestFailed
        ErrorDataSizeLimitExceeded ErrorPropertyValidationFailure ErrorCalendarInvalidPropertyState
        """,
    ),
)
_BY_CODE = {code.lower(): saying for saying, codes in _SAYINGS for code in codes.split()}
_BY_STATUS: dict[int, _Saying] = {
    401: _NO_TOKEN,
    402: _UNABLE,
    403: _FORBIDDEN,
    404: _MISSING,
    408: _AWAY,
    409: _THERE,
    410: _EXPIRED,
    412: _CHANGED,
    413: _LARGE,
    423: _AWAY,
    424: _AWAY,
    429: _BUSY,
    501: _UNABLE,
    507: _FULL,
    509: _BUSY,
}
_ANY_BODY = {408, 423, 424, 429, 509}
"""What is away for now may answer in any form."""


class TooLargeError(httpx.HTTPError):
    """An answer that no service would give."""


class TooSlowError(httpx.TimeoutException):
    """An answer that began and does not end."""


RAISED = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, UnicodeError)
"""What httpx raises; the last where a version that a server gave cannot stand in a header field."""


class Refusal(NamedTuple):
    """What Graph says when it refuses. `code` is None where the answer is none of Graph's."""

    status: int
    code: str | None
    words: str = ""
    headers: Mapping[str, str] = {}

    @property
    def retry_after(self) -> timedelta | None:
        """Return how long Microsoft asks to wait."""
        return retry_after(field(self.headers, "retry-after"))

    @property
    def is_unsigned(self) -> bool:
        """Tell whether another access token may help (RFC 6750 3.1, and 403 for conditional access)."""
        challenge = field(self.headers, "www-authenticate")
        return self.status == _UNSIGNED or "insufficient_claims" in challenge


class GraphError(Exception):
    """A refusal as the cause of an error of the ports."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"{refusal.status} {refusal.code}: {refusal.words}")
        self.refusal = refusal


def field(headers: Mapping[str, str], name: str) -> str:
    """Return a header field, whatever the case of its name; in a batch it is as Microsoft's servers wrote it."""
    return next((str(value) for key, value in headers.items() if key.lower() == name), "")


def refusal(status: int, headers: Mapping[str, str], body: object) -> Refusal:
    """Read an answer that refuses; `body` is its JSON, None where it is none."""
    told = body.get("error") if isinstance(body, dict) else None
    if not isinstance(told, dict):
        return Refusal(status, None, headers=headers)
    words = " ".join(str(told.get("message") or "no reason given").split())[:_LONGEST]
    return Refusal(status, _code(told), words, headers)


def _code(told: Mapping[str, Any]) -> str:
    """Return the innermost code that we know; the outer ones are vaguer."""
    outermost = str(told.get("code") or "")
    best, inner = outermost, told
    for _ in range(4):
        deeper = inner.get("innerError", inner.get("innererror"))
        if not isinstance(deeper, dict):
            break
        inner = deeper
        if str(inner.get("code", "")).lower() in _BY_CODE:
            best = str(inner["code"])
    return best if outermost.lower() not in _BY_CODE else outermost


def of_refusal(operation: str, found: Refusal) -> ProviderError:
    """Return the error of the ports for an answer that refuses; a `GraphError` is its cause."""
    kind, text = _saying(found)
    code = found.code or str(found.status)
    text = text.format(status=found.status, code=code, words=found.words, sign_in=SIGN_IN, later=_LATER)
    if issubclass(kind, TransientError):
        if found.retry_after is not None:
            kind = ThrottledError
        error: ProviderError = kind(NAME, operation, text, found.retry_after)
    else:
        error = kind(NAME, operation, text)
    error.__cause__ = GraphError(found)
    return error


def _saying(found: Refusal) -> _Saying:
    if found.status < _ERROR:
        return InvalidResponseError, f"the answer cannot be read ({{code}}). {BETWEEN}"
    if found.code is None:
        return _without_code(found)
    known = _BY_CODE.get(found.code.lower())
    if known is not None and not (found.status == _GONE_FOR_GOOD and known is _MISSING):
        return known
    return _BY_STATUS.get(found.status, _AWAY if found.status >= _SERVER else _REFUSED)


def _without_code(found: Refusal) -> _Saying:
    """Say what an answer is that has none of Graph's words: a proxy's 404 must not mean that a thing is gone."""
    if found.status >= _SERVER or found.status in _ANY_BODY:
        return _BY_STATUS.get(found.status, _AWAY)
    if found.status == _UNSIGNED and field(found.headers, "www-authenticate").lower().startswith("bearer"):
        return _NO_TOKEN
    return InvalidResponseError, f"the answer is not one of Microsoft Graph ({{code}}). {BETWEEN}"


def of_raised(operation: str, error: Exception) -> ProviderError:
    """Return the error of the ports for one of `RAISED`, which becomes its cause."""
    said: ProviderError
    if isinstance(error, TooLargeError | httpx.DecodingError | httpx.InvalidURL | UnicodeError):
        said = unreadable(operation, type(error).__name__)
    elif "CERTIFICATE_VERIFY_FAILED" in str(error):
        text = (
            "the certificate is not trusted here. A company's own authority is named by SSL_CERT_FILE, a file with its "
            f"certificate; checks are never left out ({str(error)[:_LONGEST]})"
        )
        said = ProviderError(NAME, operation, text)
    else:
        kind = "timed out" if isinstance(error, httpx.TimeoutException) else type(error).__name__
        said = TransientError(NAME, operation, f"no answer from Microsoft ({kind}). Check the connection; {_LATER}")
    said.__cause__ = error
    return said


def unreadable(operation: str, what: str) -> InvalidResponseError:
    """Return the error for an answer that is none of Graph's."""
    return InvalidResponseError(NAME, operation, f"the answer cannot be read ({what}). {BETWEEN}")


def retry_after(text: str) -> timedelta | None:
    """Read Retry-After: seconds or a date (RFC 9110 10.2.3); None when there is none that can be read."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:_DIGITS]), 86400))
    found = moment(text)
    return None if found is None else max(found - datetime.now(UTC), timedelta())


def moment(text: str) -> datetime | None:
    """Read a date of a header field (RFC 9110 5.6.7); None where it is none."""
    try:
        found = email.utils.parsedate_to_datetime(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
