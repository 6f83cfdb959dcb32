"""Every error of exchangelib in the words of the ports, and answers that may not be read."""

from __future__ import annotations

import inspect
import struct
from datetime import UTC, datetime, timedelta

import pytest
import requests
from exchangelib import errors as ews
from hypothesis import given
from hypothesis import strategies as st
from oauthlib.oauth2 import InvalidGrantError
from spnego.exceptions import BadMICError

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
from providers.exchange import errors, transport
from providers.exchange.errors import retry_after, said, unreached
from providers.exchange.remembered import Signed
from providers.exchange.service import Exchange
from providers.exchange.transport import ForbiddenXMLError, RefusedError, TooLargeError, TooSlowError, prove

OPERATION = "calendar.put"
CODES = [kind for _, kind in inspect.getmembers(ews, inspect.isclass) if issubclass(kind, ews.ResponseMessageError)]
ENTITY = b'<!DOCTYPE a [<!ENTITY b "c">]>'


def _made(kind: type[Exception]) -> Exception:
    special: dict[type[Exception], Exception] = {
        ews.RateLimitError: ews.RateLimitError("later", wait=1.0),
        ews.RedirectError: ews.RedirectError(url="https://elsewhere.example/"),
        ews.CASError: ews.CASError(cas_error="failed", response=None),
    }
    return special.get(kind) or kind("words")


@pytest.mark.parametrize("kind", [*CODES, *(one for one in errors.RAISED if issubclass(one, ews.EWSError))])
def test_each_error_of_the_library_has_a_class_and_says_what_to_do(kind: type[Exception]) -> None:
    """Whatever the library raises becomes one of the ports' errors, with the library's as its cause."""
    found = said(OPERATION, _made(kind))
    assert isinstance(found, ProviderError)
    assert (found.provider, found.operation) == ("exchange", OPERATION)
    assert isinstance(found.__cause__, kind)
    assert "{" not in str(found)


def test_every_code_in_the_tables_is_one_of_exchange() -> None:
    """No code is misspelt: each is a class of the library."""
    assert {code for code in errors._BY_CODE if not hasattr(ews, code)} == set()


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (ews.ErrorItemNotFound, NotFoundError),
        (ews.ErrorFolderNotFound, NotFoundError),
        (ews.ErrorInvalidIdMalformed, NotFoundError),
        (ews.ErrorInvalidSyncStateData, CursorExpiredError),
        (ews.ErrorIrresolvableConflict, WrongETagError),
        (ews.ErrorInvalidChangeKey, WrongETagError),
        (ews.ErrorFolderExists, AlreadyExistsError),
        (ews.ErrorAccessDenied, UnsupportedError),
        (ews.ErrorPasswordExpired, AuthError),
        (ews.ErrorNonPrimarySmtpAddress, AuthError),
        (ews.ErrorServerBusy, ThrottledError),
        (ews.ErrorExceededConnectionCount, ThrottledError),
        (ews.ErrorMailboxMoveInProgress, TransientError),
        (ews.ErrorInternalServerError, TransientError),
        (ews.ErrorTimeoutExpired, TransientError),
        (ews.ErrorInvalidOperation, UnsupportedError),
        (ews.ErrorCorruptData, InvalidResponseError),
        (ews.ErrorQuotaExceeded, ProviderError),
        (ews.UnauthorizedError, AuthError),
        (ews.MalformedResponseError, InvalidResponseError),
        (ews.DoesNotExist, NotFoundError),
        (InvalidGrantError, AuthError),
        (BadMICError, AuthError),
        (requests.ConnectionError, TransientError),
        (requests.ReadTimeout, TransientError),
        (TooSlowError, TransientError),
        (TooLargeError, InvalidResponseError),
        (ForbiddenXMLError, InvalidResponseError),
        (NotImplementedError, UnsupportedError),
        (AttributeError, InvalidResponseError),
        (OverflowError, InvalidResponseError),
        (struct.error, InvalidResponseError),
    ],
)
def test_classes_of_errors(kind: type[Exception], expected: type[ProviderError]) -> None:
    """What a caller acts upon is told apart by its class."""
    assert type(said(OPERATION, _made(kind) if issubclass(kind, ews.EWSError) else kind())) is expected


def test_a_soap_fault_that_nobody_knows_is_unsupported_and_broken_soap_is_not() -> None:
    """A server that refuses an operation cannot do it; an answer that is no SOAP says nothing about that."""
    assert isinstance(said(OPERATION, ews.SOAPError("SOAP error code: a string: b")), UnsupportedError)
    assert isinstance(said(OPERATION, ews.SOAPError("Bad SOAP response: c")), InvalidResponseError)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (302, InvalidResponseError),
        (400, ProviderError),
        (403, AuthError),
        (404, ProviderError),
        (413, UnsupportedError),
        (429, ThrottledError),
        (440, AuthError),
        (500, TransientError),
        (502, TransientError),
        (503, ThrottledError),
    ],
)
def test_http_statuses(status: int, expected: type[ProviderError]) -> None:
    """The library calls nearly all of them malformed; the status tells what to do."""
    found = said(OPERATION, RefusedError(status, "7", "", "<html>words</html>"))
    assert type(found) is expected
    assert str(status) in str(found)
    if isinstance(found, TransientError):
        assert found.retry_after == timedelta(seconds=7)


def test_the_wait_that_the_server_asks_for_is_told() -> None:
    """`back_off` of ErrorServerBusy is kept, and the library's own zero is none."""
    busy = ews.ErrorServerBusy("later", back_off=2.5)
    found = said(OPERATION, busy)
    assert isinstance(found, ThrottledError)
    assert found.retry_after == timedelta(seconds=2.5)
    plain = said(OPERATION, ews.ErrorServerBusy("later"))
    assert isinstance(plain, ThrottledError)
    assert plain.retry_after is None


@pytest.mark.parametrize("asked", [-0.005, -1e9, 1e30])
def test_a_wait_that_makes_no_sense_is_bounded(asked: float) -> None:
    """A server that wants us back in the past, or in a million years, is not taken at its word."""
    found = said(OPERATION, ews.ErrorServerBusy("later", back_off=asked))
    assert isinstance(found, ThrottledError)
    assert found.retry_after is not None
    assert timedelta() <= found.retry_after <= timedelta(days=1)


@pytest.mark.parametrize(
    "error",
    [
        ews.ErrorAccessDenied("a\x9b31m\x1b]0;x\x07b"),
        RefusedError(302, code="a\x9bb"),
        RefusedError(400, text="\x1b[2J"),
    ],
)
def test_nothing_that_a_terminal_obeys_is_told(error: Exception) -> None:
    """Words of the server's are shown without control characters, those of eight bits too."""
    assert str(said(OPERATION, error)).isprintable()


def test_a_certificate_that_is_not_trusted_is_not_tried_again() -> None:
    """It stays untrusted, so the user is told how to name an authority, and the check is never left out."""
    refused = ews.TransportError("wrapped")
    refused.__context__ = requests.exceptions.SSLError("CERTIFICATE_VERIFY_FAILED: self-signed")
    found = said(OPERATION, refused)
    assert type(found) is ProviderError
    assert "REQUESTS_CA_BUNDLE" in str(found)


def test_silence_is_told_from_an_answer() -> None:
    """A connection that fails says that any request will; a server that answers with trouble does not."""
    silent = ews.ErrorTimeoutExpired("wrapped")
    silent.__context__ = requests.ConnectionError("refused")
    assert unreached(said(OPERATION, silent))
    assert not unreached(said(OPERATION, ews.ErrorTimeoutExpired("the server's own")))
    assert not unreached(said(OPERATION, ews.ErrorMailboxMoveInProgress("moving")))


def test_a_fault_of_ours_is_not_taken_for_one_of_the_server() -> None:
    """An exception that the library does not raise comes through as it is."""
    with pytest.raises(ZeroDivisionError):
        said(OPERATION, ZeroDivisionError())


def test_a_wrong_path_is_told_as_that() -> None:
    """The status is told once, and what to correct."""
    text = str(said(OPERATION, RefusedError(404)))
    assert "there is no Exchange at this address (404). Correct `endpoint`" in text


@pytest.mark.parametrize(
    ("text", "expected"), [("", None), ("soon", None), ("5", timedelta(seconds=5)), ("999999", timedelta(days=1))]
)
def test_retry_after(text: str, expected: timedelta | None) -> None:
    """Seconds are read, at most a day; what cannot be read is None."""
    assert retry_after(text) == expected


def test_retry_after_as_a_date() -> None:
    """A date is the time until then, and one in the past no time."""
    later = (datetime.now(UTC) + timedelta(hours=1)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    found = retry_after(later)
    assert found is not None
    assert timedelta(minutes=58) < found <= timedelta(hours=1)
    assert retry_after("Mon, 01 Jan 2001 00:00:00 GMT") == timedelta()


@pytest.mark.parametrize(
    "content",
    [
        ENTITY + b"<a>&b;</a>",
        b"\n <?xml version='1.0'?>\n<!-- a -->" + ENTITY + b"<a/>",
        b"<!-- <a> -->" + ENTITY,
        b"\xef\xbb\xbf" + ENTITY,
        b"<?xml version='1.0' encoding='UTF-7'?>+ADwAIQ-DOCTYPE",
        ENTITY.decode().encode("utf-16"),
        ENTITY.decode().encode("utf-16-le"),
        ENTITY.decode().encode("utf-32"),
        b"text before" + ENTITY,
        b"",
        b"<!-- open <a/>",
    ],
)
def test_a_document_type_is_never_parsed(content: bytes) -> None:
    """However it is hidden: behind comments, marks and declarations, or in another encoding."""
    with pytest.raises(ForbiddenXMLError):
        prove(content)


@pytest.mark.parametrize(
    "content",
    [
        b"<s:Envelope/>",
        b'<?xml version="1.0" encoding="utf-8"?><s:Envelope/>',
        b"\xef\xbb\xbf<?xml version='1.0' encoding='UTF-8'?>\r\n<!-- a --><e>&lt;!DOCTYPE html&gt;</e>",
        b"<e><![CDATA[<!DOCTYPE html>]]></e>",
    ],
)
def test_what_servers_send_is_let_through(content: bytes) -> None:
    """A mail may hold a document type as text."""
    prove(content)


@given(st.lists(st.sampled_from([b" ", b"<!-- - -->", b"<?a b?>", b"<?xml version='1.0'?>", b"\n"]), max_size=20))
def test_a_prolog_of_any_make_hides_nothing(parts: list[bytes]) -> None:
    """A document type after any run of white space, comments and instructions is found, an element is let through."""
    prove(b"".join(parts) + b"<a/>")
    with pytest.raises(ForbiddenXMLError):
        prove(b"".join(parts) + ENTITY + b"<a/>")


def test_an_answer_of_tags_alone_is_never_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tag of four bytes takes forty times as many once it is read: there is a bound on their number."""
    monkeypatch.setattr(transport, "_ELEMENTS", 1000)
    prove(b"<a>" + b"<b/>" * 999 + b" ")
    with pytest.raises(TooLargeError):
        prove(b"<a>" + b"<b/>" * 1000 + b"</a>")


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        *((text, True) for text in ("AAMkAD+/=_-", "7", "{item:7|x}~", "x" * 512)),
        *((text, False) for text in ("x" * 513, "", "a b", "a<b", "a&b", "ü", 'a"', "a'", "a\n")),
    ],
)
def test_an_id_of_any_alphabet_is_asked_for_and_any_other_is_told(text: str, *, asked: bool) -> None:
    """What can stand in a request is an id, whatever its letters; of anything else a problem is told, once."""
    told: list[str] = []
    signed = Signed(endpoint="https://mail.acme.example/EWS/Exchange.asmx", address="dana@acme.example", user="dana")
    exchange = Exchange(signed, problems=told.append)
    assert exchange.askable([text]) == exchange.askable([text]) == ([text] if asked else [])
    assert len(told) == (0 if asked else 1)
