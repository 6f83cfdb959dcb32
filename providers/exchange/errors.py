"""What exchangelib raises and returns, in the words of the ports.

Exchange's codes: learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode.
"""

from __future__ import annotations

import email.utils
import struct
from datetime import UTC, datetime, timedelta

import requests
from exchangelib import errors as ews
from lxml.etree import LxmlError
from oauthlib.oauth2 import OAuth2Error
from spnego.exceptions import SpnegoError
from urllib3.exceptions import HTTPError

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
from assistant.standards.ical import clean
from providers._net import ThrottledError
from providers.exchange.transport import ForbiddenXMLError, RefusedError, TooLargeError

NAME = "exchange"
SIGN_IN = "Run: ringback connect exchange"
RAISED = (
    ews.EWSError,
    ews.DoesNotExist,
    ews.MultipleObjectsReturned,
    requests.RequestException,
    HTTPError,
    LxmlError,
    OAuth2Error,
    SpnegoError,
    OSError,
    NotImplementedError,
    ValueError,
    LookupError,
    OverflowError,
    AttributeError,
    TypeError,
    struct.error,
)
"""What the library and what it signs in with raise; they read answers without checking them first."""

_LONGEST = 300
_BETWEEN = "Is there a proxy, or the sign-in page of a network, between? Try again later"
_LATER = "the next pass tries again"
_Saying = tuple[type[ProviderError], str]
_GONE: _Saying = (NotFoundError, "the server knows it no more ({code})")
_CHANGED: _Saying = (WrongETagError, "it changed since it was read; read it again ({code})")
_EXPIRED: _Saying = (CursorExpiredError, "the cursor is too old or damaged; read all again ({code})")
_THERE: _Saying = (AlreadyExistsError, "it exists already ({code})")
_FORBIDDEN: _Saying = (UnsupportedError, "not allowed ({code}: {words}). Run: ringback doctor")
_UNABLE: _Saying = (UnsupportedError, "this server cannot do it ({code}: {words})")
_UNSIGNED: _Saying = (AuthError, "the server does not let this account in ({code}: {words}). {sign_in}")
_NOBODY: _Saying = (AuthError, "no mailbox here has this address ({code}). Give its primary address. {sign_in}")
_AWAY: _Saying = (TransientError, "the server cannot do it now ({code}: {words}); {later}")
_BUSY: _Saying = (ThrottledError, "the server asks to come back later ({code}); {later}")
_DAMAGED: _Saying = (InvalidResponseError, "the server cannot read this item itself ({code}: {words})")
_FULL: _Saying = (ProviderError, "the mailbox is full ({code}). Make room in it")
_REFUSED: _Saying = (ProviderError, "the server refused it ({code}: {words}). See `ringback doctor`")

_SAYINGS: tuple[tuple[_Saying, str], ...] = (
    (
        _GONE,
        """
        ItemNotFound FolderNotFound SyncFolderNotFound SavedItemFolderNotFound ToFolderNotFound ParentFolderNotFound
        ManagedFolderNotFound InvalidId InvalidIdEmpty InvalidIdMalformed InvalidIdMalformedEwsLegacyIdFormat
        InvalidIdMonikerTooLong InvalidIdNotAnItemAttachmentId InvalidIdStoreObjectIdTooLong InvalidIdXml
        InvalidIdTooManyAttachmentLevels InvalidFolderId CannotUseFolderIdForItemId CannotUseItemIdForFolderId
        CalendarOccurrenceIsDeletedFromRecurrence CalendarCannotUpdateDeletedItem ObjectTypeChanged EventNotFound
        InvalidAttachmentId RecurrenceHasNoOccurrence NoCalendar SubscriptionNotFound SubscriptionUnsubsribed
        ExpiredSubscription InvalidSubscription InvalidPullSubscriptionId MissedNotificationEvents
        """,
    ),
    (
        _CHANGED,
        """
        IrresolvableConflict StaleObject ChangeKeyRequired ChangeKeyRequiredForWriteOperations InvalidChangeKey
        """,
    ),
    (_EXPIRED, "InvalidSyncStateData InvalidWatermark"),
    (_THERE, "FolderExists ManagedFolderAlreadyExists"),
    (
        _FORBIDDEN,
        """
        AccessDenied CreateItemAccessDenied CreateSubfolderAccessDenied RecoverableItemsAccessDenied
        CannotDeleteObject SubscriptionAccessDenied SubscriptionDelegateAccessNotSupported UserNotAllowedByPolicy
        NoFreeBusyAccess PermissionNotAllowedByPolicy NotDelegate MoveDistinguishedFolder DeleteDistinguishedFolder
        """,
    ),
    (
        _UNSIGNED,
        """
        PasswordExpired PasswordChangeRequired AccountDisabled MailboxLogonFailed ImpersonateUserDenied
        ImpersonationDenied ImpersonationFailed InvalidAuthorizationContext InvalidClientSecurityContext
        LogonAsNetworkServiceFailed TokenSerializationDenied InvalidSerializedAccessToken InvalidLogonType
        InvalidNetworkServiceContext InvalidProxySecurityContext InvalidSecurityDescriptor CallerIsInvalidADAccount
        InvalidUserSid InvalidUserSidMissingUPN InvalidUserPrincipalName InvalidSid
        InvalidUserInfo
        MailboxConfiguration
        """,
    ),
    (
        _UNABLE,
        """
        InvalidOperation InvalidServerVersion InvalidSchemaVersionForMailboxVersion IncorrectSchemaVersion
        WrongServerVersion WrongServerVersionDelegate UnsupportedCulture UnsupportedMapiPropertyType
        UnsupportedMimeConversion UnsupportedPathForQuery UnsupportedPathForSortGroup UnsupportedPropertyDefinition
        UnsupportedQueryFilter UnsupportedRecurrence UnsupportedSubFilter UnsupportedTypeForConversion
        VoiceMailNotImplemented RestrictionTooComplex RestrictionTooLong InvalidRestriction QueryFilterTooLong
        NotAllowedExternalSharingByPolicy DistinguishedUserNotSupported MessageSizeExceeded
        AttachmentSizeLimitExceeded RequestStreamTooBig InvalidTimeInterval TimeIntervalTooBig
        CalendarViewRangeTooBig TimeZone CalendarInvalidTimeZone
        """,
    ),
    (
        _BUSY,
        """
        ServerBusy ExceededConnectionCount ExceededFindCountLimit ExceededSubscriptionCount TooManyObjectsOpened
        MessageTrackingTransientError
        """,
    ),
    (
        _AWAY,
        """
        InternalServerTransientError InternalServerError TimeoutExpired MailboxMoveInProgress
        MailboxStoreUnavailable MailboxFailover ADUnavailable ADOperation ADSessionFilter ConnectionFailed
        ConnectionFailedTransientError ClientDisconnected RequestAborted InsufficientResources NotEnoughMemory
        BatchProcessingStopped CrossSiteRequest DataSourceOperation NewEventStreamConnectionOpened
        NoApplicableProxyCASServersAvailable NoDestinationCASDueToKerberosRequirements
        NoDestinationCASDueToSSLRequirements NoDestinationCASDueToVersionMismatch NoRespondingCASInDestinationSite
        ProxiedSubscriptionCallFailure ProxyCallFailed ProxyGroupSidLimitExceeded ProxyRequestNotAllowed
        ProxyRequestProcessingFailed ProxyServiceDiscoveryFailed ProxyTokenExpired ReadEventsFailed
        ServiceDiscoveryFailed LocalServerObjectNotFound SearchFolderNotInitialized Win32InteropError
        WebRequestInInvalidState FreeBusyGenerationFailed AvailabilityConfigNotFound InvalidCrossForestCredentials
        """,
    ),
    (_NOBODY, "NonExistentMailbox NonPrimarySmtpAddress InvalidSmtpAddress MissingEmailAddress InvalidMailbox"),
    (_FULL, "QuotaExceeded SubmissionQuotaExceeded"),
    (
        _DAMAGED,
        """
        CorruptData ItemCorrupt FolderCorrupt ContentConversionFailed MimeContentConversionFailed VirusDetected
        VirusMessageDeleted ItemPropertyRequestFailed FolderPropertyRequestFailed ResponseSchemaValidation
        DataSizeLimitExceeded PropertyValidationFailure CalendarInvalidPropertyState
        """,
    ),
)
_BY_CODE = {f"Error{code}": saying for saying, codes in _SAYINGS for code in codes.split()}
_BY_STATUS: dict[int, _Saying] = {
    403: (AuthError, "the server does not let this account use it ({code} {words}). {sign_in}"),
    404: (ProviderError, "there is no Exchange at this address ({code}). Correct `endpoint` in the account. {sign_in}"),
    408: _AWAY,
    413: (UnsupportedError, "it is too large for this server ({code})"),
    429: _BUSY,
    440: _UNSIGNED,
    456: (AuthError, "the server wants something of this account first, such as a new password ({code}). {sign_in}"),
    503: _BUSY,
}

_SILENT: _Saying = (TransientError, "no answer from the server ({code}). Check the connection; {later}")
_UNREADABLE: _Saying = (InvalidResponseError, f"the answer cannot be read ({{code}}). {_BETWEEN}")
_UNTRUSTED = (
    "the server's certificate is not trusted here. A company's own authority is named by REQUESTS_CA_BUNDLE, a file "
    "with its certificate; checks are never left out"
)
_BY_CLASS: tuple[tuple[tuple[type[Exception], ...], _Saying], ...] = (
    (
        (ews.UnauthorizedError, OAuth2Error, SpnegoError),
        (AuthError, "the user name or the password is not accepted, or the account is locked. {sign_in}"),
    ),
    (
        (PermissionError,),
        (
            AuthError,
            'the server does not let in this way. Try auth = "basic" in the account. {sign_in}',
        ),
    ),
    ((ews.ErrorTimeoutExpired, requests.ConnectionError, requests.Timeout, ConnectionError, TimeoutError), _SILENT),
    ((NotImplementedError, ews.SOAPError), (UnsupportedError, "this server cannot do it ({words})")),
    ((ews.DoesNotExist,), (NotFoundError, "the server knows it no more")),
    (
        (TooLargeError, ForbiddenXMLError),
        (InvalidResponseError, f"the answer is not one of Exchange ({{words}}). {_BETWEEN}"),
    ),
    (RAISED, _UNREADABLE),
)


def said(operation: str, error: Exception) -> ProviderError:
    """Return the error of the ports for one that the library raised, or gave in place of an object.

    Args:
        operation: of the port, for its message.
        error: one of `RAISED`; it becomes the cause. Of any other class it is raised again.
    """
    if isinstance(error, ews.ResponseMessageError | ews.CASError) and not isinstance(error, ews.ErrorTimeoutExpired):
        found = _by_code(operation, error)
    elif isinstance(error, RefusedError):
        found = _by_status(operation, error)
    else:
        found = _of_transport(operation, error)
    found.__cause__ = error
    return found


def unreached(error: ProviderError) -> bool:
    """Tell whether the server gave no answer at all, so that any other request will fare alike."""
    return isinstance(error.__cause__, ews.ErrorTimeoutExpired) and _behind(error.__cause__) is not None


def _by_code(operation: str, error: ews.EWSError) -> ProviderError:
    code = type(error).__name__
    kind, text = _BY_CODE.get(code, _REFUSED)
    text = text.format(code=code, words=_short(error), sign_in=SIGN_IN, later=_LATER)
    if issubclass(kind, TransientError):
        seconds = getattr(error, "back_off", None)
        return kind(NAME, operation, text, timedelta(seconds=max(0, min(seconds, 86400))) if seconds else None)
    return kind(NAME, operation, text)


def _by_status(operation: str, error: RefusedError) -> ProviderError:
    default = _AWAY if error.status >= requests.codes.server_error else _REFUSED
    kind, text = _BY_STATUS.get(error.status, default)
    if requests.codes.multiple_choices <= error.status < requests.codes.bad_request:
        kind, text = InvalidResponseError, f"the server sends elsewhere ({{code}}). {_BETWEEN}"
    text = text.format(code=_short(error), words=_short(error.text), sign_in=SIGN_IN, later=_LATER)
    if issubclass(kind, TransientError):
        return kind(NAME, operation, text, retry_after(error.retry_after))
    return kind(NAME, operation, text)


def _of_transport(operation: str, error: Exception) -> ProviderError:
    behind = _behind(error)
    if isinstance(behind, requests.exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(behind):
        return ProviderError(NAME, operation, f"{_UNTRUSTED} ({_short(behind)})")
    if behind is not None:
        kind, text = _SILENT
    else:
        found = (saying for classes, saying in _BY_CLASS if isinstance(error, classes))
        saying = next(found, None)
        if saying is None:
            raise error
        kind, text = saying
    if kind is UnsupportedError and isinstance(error, ews.SOAPError) and not str(error).startswith("SOAP error code"):
        kind, text = _UNREADABLE
    code = type(behind or error).__name__
    return kind(NAME, operation, text.format(code=code, words=_short(error), sign_in=SIGN_IN, later=_LATER))


def _behind(error: BaseException) -> BaseException | None:
    """Return what went wrong on the network, where the library put its own error in the place of that."""
    under = error.__context__ if isinstance(error, ews.EWSError) else None
    return under if isinstance(under, requests.RequestException | OSError) else None


def _short(words: object) -> str:
    """Return the beginning of a text of the server's, without what a terminal would obey."""
    return clean(" ".join(str(words).split()))[:_LONGEST]


def retry_after(text: str) -> timedelta | None:
    """Read Retry-After: seconds or a date (RFC 9110 10.2.3); None when there is none that can be read."""
    if text.isascii() and text.strip().isdigit():
        return timedelta(seconds=min(int(text), 86400))
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(moment - datetime.now(UTC), timedelta())
