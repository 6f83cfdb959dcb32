"""Graph's refusals in the words of the ports: the whole table, and answers that are none of Graph's."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import httpx
import pytest

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
from providers.microsoft365 import errors
from providers.microsoft365.transport import challenge, decoded

if TYPE_CHECKING:
    from collections.abc import Mapping


def _of(status: int, code: str | None, headers: Mapping[str, str] | None = None) -> ProviderError:
    body = None if code is None else {"error": {"code": code, "message": "Some words."}}
    return errors.of_refusal("mailbox.changes", errors.refusal(status, headers or {}, body))


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (404, "ErrorItemNotFound", NotFoundError),
        (404, "ResourceNotFound", NotFoundError),
        (400, "ErrorInvalidIdMalformed", NotFoundError),
        (404, "AnythingNew", NotFoundError),
        (409, "ErrorDuplicateTransactionId", AlreadyExistsError),
        (400, "ErrorFolderExists", AlreadyExistsError),
        (409, "AnythingNew", AlreadyExistsError),
        (410, "SyncStateNotFound", CursorExpiredError),
        (410, "resyncRequired", CursorExpiredError),
        (410, "ItemNotFound", CursorExpiredError),
        (400, "ErrorInvalidSyncStateData", CursorExpiredError),
        (412, "ErrorIrresolvableConflict", WrongETagError),
        (409, "ErrorIrresolvableConflict", WrongETagError),
        (412, "AnythingNew", WrongETagError),
        (403, "ErrorAccessDenied", UnsupportedError),
        (403, "AnythingNew", UnsupportedError),
        (403, "Authorization_RequestDenied", AuthError),
        (401, "InvalidAuthenticationToken", AuthError),
        (401, "AnythingNew", AuthError),
        (404, "MailboxNotEnabledForRESTAPI", UnsupportedError),
        (400, "InefficientFilter", UnsupportedError),
        (501, "NotImplemented", UnsupportedError),
        (413, "ErrorMessageSizeExceeded", UnsupportedError),
        (402, "PaymentRequired", UnsupportedError),
        (429, "ApplicationThrottled", ThrottledError),
        (429, "AnythingNew", ThrottledError),
        (503, "ErrorServerBusy", ThrottledError),
        (509, "activityLimitReached", ThrottledError),
        (503, "serviceNotAvailable", TransientError),
        (504, "UnknownError", TransientError),
        (500, "generalException", TransientError),
        (502, "AnythingNew", TransientError),
        (423, "Locked", TransientError),
        (400, "ErrorItemCorrupt", InvalidResponseError),
        (304, "NotModified", InvalidResponseError),
    ],
)
def test_each_refusal_has_its_class(status: int, code: str, kind: type[ProviderError]) -> None:
    """Codes are known first, else the status; the message names the code and says what to do."""
    found = _of(status, code)
    assert type(found) is kind
    assert found.provider == "microsoft365"
    assert code in str(found)
    assert isinstance(found.__cause__, errors.GraphError)


@pytest.mark.parametrize(("status", "code"), [(507, "ErrorQuotaExceeded"), (400, "BadRequest"), (405, "AnythingNew")])
def test_other_refusals_are_told_as_they_are(status: int, code: str) -> None:
    """What nobody foresaw is a plain error of the provider, with Microsoft's own words."""
    found = _of(status, code)
    assert type(found) is ProviderError
    assert code in str(found)


def test_every_code_is_in_the_table_once() -> None:
    """No code means two things."""
    codes = [code.lower() for _, listed in errors._SAYINGS for code in listed.split()]
    assert len(codes) == len(set(codes)) > 100


def test_the_inner_code_is_the_clearer_one() -> None:
    """A vague outer code yields to a known inner one; a known outer one stays."""
    inner = {"code": "resyncRequired", "innererror": {"code": "UnknownInside"}}
    vague = {"error": {"code": "BadRequest", "message": "x", "innerError": inner}}
    assert errors.refusal(400, {}, vague).code == "resyncRequired"
    known = {"error": {"code": "ErrorItemNotFound", "message": "x", "innerError": {"code": "ErrorAccessDenied"}}}
    assert errors.refusal(404, {}, known).code == "ErrorItemNotFound"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (404, InvalidResponseError),
        (410, InvalidResponseError),
        (409, InvalidResponseError),
        (412, InvalidResponseError),
        (403, InvalidResponseError),
        (400, InvalidResponseError),
        (401, InvalidResponseError),
        (407, InvalidResponseError),
        (200, InvalidResponseError),
        (302, InvalidResponseError),
        (429, ThrottledError),
        (408, TransientError),
        (500, TransientError),
        (502, TransientError),
        (503, TransientError),
        (511, TransientError),
    ],
)
def test_a_page_of_somebody_else_proves_nothing(status: int, kind: type[ProviderError]) -> None:
    """A 404 of a proxy does not mean that a thing is gone, and its 401 not that the sign-in is."""
    assert type(_of(status, None)) is kind


def test_a_bare_401_of_microsoft_is_one() -> None:
    """With a challenge for a bearer the sign-in is meant, whatever the body."""
    assert isinstance(_of(401, None, {"WWW-Authenticate": 'Bearer realm=""'}), AuthError)
    assert isinstance(_of(401, None, {"WWW-Authenticate": "Basic"}), InvalidResponseError)


def test_retry_after_is_kept() -> None:
    """Seconds and dates are read, whatever the case of the field; with it an outage is a wish to be left alone."""
    found = _of(503, "serviceNotAvailable", {"Retry-After": "7"})
    assert isinstance(found, ThrottledError)
    assert found.retry_after == timedelta(seconds=7)
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    dated = _of(429, "TooManyRequests", {"retry-after": soon})
    assert isinstance(dated, ThrottledError)
    assert dated.retry_after is not None
    assert timedelta(seconds=80) < dated.retry_after <= timedelta(seconds=90)
    assert errors.retry_after("soon") is None
    assert errors.retry_after("") is None
    assert errors.retry_after("-5") is None
    assert errors.retry_after("9" * 30) == timedelta(days=1)


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (httpx.ConnectError("refused"), TransientError, "ConnectError"),
        (httpx.ReadTimeout("slow"), TransientError, "timed out"),
        (errors.TooSlowError("slow"), TransientError, "timed out"),
        (httpx.RemoteProtocolError("cut"), TransientError, "RemoteProtocolError"),
        (ssl.SSLError("broken"), TransientError, "SSLError"),
        (httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed"), ProviderError, "SSL_CERT_FILE"),
        (errors.TooLargeError("256 MiB"), InvalidResponseError, "TooLargeError"),
        (httpx.DecodingError("zip"), InvalidResponseError, "DecodingError"),
    ],
)
def test_what_httpx_raises_has_its_class(error: Exception, kind: type[ProviderError], said: str) -> None:
    """What is away may come back; a certificate that is not trusted does not by itself."""
    found = errors.of_raised("mailbox.changes", error)
    assert type(found) is kind
    assert said in str(found)
    assert found.__cause__ is error


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('Bearer realm="", error="insufficient_claims", claims="eyJhIjoxfQ=="', '{"a":1}'),
        ('Bearer claims="eyJhIjoxfQ", error="insufficient_claims"', '{"a":1}'),
        ('Bearer realm=""', ""),
        ('Bearer claims="***"', ""),
        ('Bearer claims="bm8ganNvbg=="', ""),
        ("", ""),
    ],
)
def test_claims_are_read_from_a_challenge(text: str, found: str) -> None:
    """Claims come in base64 with or without padding; what is no JSON is none."""
    assert challenge(text) == found


def test_half_characters_do_not_spoil_an_answer() -> None:
    """Half an emoji in a subject is replaced, and the rest of the page is read."""
    assert decoded(rb'{"value": [{"subject": "a\ud83d", "to": {"x": [true, null, 1.5]}}, {"subject": "\u00f6"}]}') == {
        "value": [{"subject": "a\ufffd", "to": {"x": [True, None, 1.5]}}, {"subject": "ö"}]
    }


@pytest.mark.parametrize("content", [b"<html>", b"", b"\xff", b'{"a": NaN}', b"[" * 100_000, b'"\\ud83d' + b"["])
def test_what_is_no_json_is_told(content: bytes) -> None:
    """Neither a page of HTML nor depth without end gets further than one error."""
    with pytest.raises(ValueError, match=r"."):
        decoded(content)


def test_depth_with_half_characters_is_told() -> None:
    """The slower way has its own bound."""
    with pytest.raises(ValueError, match="deeply"):
        decoded(b"[" * 90 + rb'"\ud83d"' + b"]" * 90)
