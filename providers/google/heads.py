"""Gmail's messages to heads and bytes, and bytes to what Gmail takes."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
from datetime import UTC, datetime
from email.utils import getaddresses
from typing import TYPE_CHECKING, Any, TypeVar

from googleapiclient.errors import HttpError

from assistant.errors import (
    AuthError,
    InvalidResponseError,
    NotFoundError,
    ProviderError,
    TransientError,
)
from assistant.model.mailbox import Folder, Head, Ref
from assistant.standards import mail
from providers._headers import decoded as decoded_fields
from providers._headers import field, header_fields, message_id, with_field
from providers.google.service import NAME

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from googleapiclient.http import HttpRequest

    from assistant.model.mailbox import Label
    from providers.google.service import Google

HEAD_FIELDS = "id,threadId,labelIds,internalDate,sizeEstimate,payload/headers"
"""What is asked for of a message to make a head of it."""
_BAD_REQUEST = 400
_REF = re.compile(r"[A-Za-z0-9_-]{1,100}")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9_-]")

K = TypeVar("K")


def is_ref(text: str) -> bool:
    """Tell whether a text may be an id of Gmail's; others are asked for under no address."""
    return _REF.fullmatch(text) is not None


def is_unknown(error: ProviderError) -> bool:
    """Tell whether an error says that no such object is there: 404, and 400 for what never was an id."""
    cause = error.__cause__
    refused = isinstance(cause, HttpError) and int(cause.resp.status) == _BAD_REQUEST
    return isinstance(error, NotFoundError) or refused


def sound(answer: dict[str, Any] | ProviderError) -> dict[str, Any]:
    """Return the answer of a part without which nothing can be done.

    Raises:
        ProviderError: it is one.
    """
    if isinstance(answer, ProviderError):
        raise answer
    return answer


@contextlib.contextmanager
def shape(operation: str) -> Iterator[None]:
    """Say it in the words of the ports when an answer is JSON and not what it should be.

    Raises:
        InvalidResponseError: something was missing, or of another type.
    """
    try:
        yield
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise unreadable(operation, f"{type(error).__name__} in reading it") from error


def refs(page: dict[str, Any], operation: str) -> list[Ref]:
    """Return the ids in a list of messages."""
    with shape(operation):
        return [Ref(one["id"]) for one in page.get("messages", ())]


def unreadable(operation: str, why: str) -> InvalidResponseError:
    """Return the error for an answer that lacks what it must have."""
    return InvalidResponseError(NAME, operation, f"the answer cannot be used: {why}; try again later")


def gathered(google: Google, operation: str, requests: Mapping[K, HttpRequest]) -> dict[K, dict[str, Any]]:
    """Return the answers to requests for objects, in batches; those that are gone are left out.

    A part that was refused or cannot be read is asked for again alone.

    Raises:
        ProviderError: there is no answer to one of them; none is passed over for that.
    """
    if len(requests) == 1:
        answers: dict[str, Any] = {"0": None}
    else:
        answers = google.each(operation, {str(at): request for at, request in enumerate(requests.values())})
    found: dict[K, dict[str, Any]] = {}
    for at, (key, request) in enumerate(requests.items()):
        answer = _alone(google, operation, request, answers.pop(str(at)))
        if answer is not None:
            found[key] = answer
    return found


def _alone(google: Google, operation: str, request: HttpRequest, answer: Any) -> dict[str, Any] | None:  # noqa: ANN401  JSON, the error of a part, or nothing yet
    """Return the answer to one request, None where the object is gone; `answer` is what a batch said to it, if any."""
    if isinstance(answer, dict):
        return answer
    if answer is None or not (isinstance(answer, TransientError | AuthError) or is_unknown(answer)):
        try:
            return google.call(operation, request)
        except ProviderError as error:
            answer = error
    if is_unknown(answer):
        return None
    raise answer


def head(message: dict[str, Any], labels: frozenset[Label], *, filed: bool) -> Head:
    """Build a head.

    Args:
        message: with `HEAD_FIELDS`; anything may be missing.
        labels: ours among its labels.
        filed: whether a label of the user's own is on it.
    """
    headers = headers_of(message)
    return Head(
        ref=Ref(message["id"]),
        thread=message.get("threadId"),
        folder=_folder(frozenset(message.get("labelIds", ())), headers, filed=filed),
        labels=labels,
        received_at=_received(message, headers),
        headers=headers,
    )


def headers_of(message: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the header fields in their order, decoded; a line break in a value adds no field."""
    told = message.get("payload", {}).get("headers", ())
    return decoded_fields((str(one.get("name")), str(one.get("value", ""))) for one in told)


def _folder(labels: frozenset[str], headers: tuple[tuple[str, str], ...], *, filed: bool) -> Folder:
    if "DRAFT" in labels:
        return Folder.DRAFTS
    if "SENT" in labels and not ("INBOX" in labels and _to_oneself(headers)):
        return Folder.SENT
    if "INBOX" in labels:
        return Folder.INBOX
    return Folder.OTHER if filed else Folder.ARCHIVE


def _to_oneself(headers: tuple[tuple[str, str], ...]) -> bool:
    """Tell whether a mail goes to its author alone: a phone system may hand in its notices as the user."""
    spec = mail.address(field(headers, "From") or "")[1]
    others = {found.lower() for name in ("To", "Cc") for _, found in getaddresses([field(headers, name) or ""])}
    return others == {spec}


def _received(message: dict[str, Any], headers: tuple[tuple[str, str], ...]) -> datetime:
    """Return when Gmail took the message in, else what its Date says, else now."""
    try:
        return datetime.fromtimestamp(int(message["internalDate"]) / 1000, UTC)
    except (KeyError, ValueError, TypeError, OverflowError, OSError):
        return mail.moment(field(headers, "Date") or "") or datetime.now(UTC)


def decoded(raw: object) -> bytes:
    """Return the bytes of a `raw` (base64url, RFC 4648 5); what is no character of it is passed over."""
    text = _NOT_BASE64.sub("", raw if isinstance(raw, str) else "")
    whole = text[: len(text) - 1] if len(text) % 4 == 1 else text
    return base64.urlsafe_b64decode(whole + "=" * (-len(whole) % 4))


def encoded(raw: bytes) -> str:
    """Return bytes as a `raw`."""
    return base64.urlsafe_b64encode(raw).decode("ascii")


def identified(raw: bytes, key: str) -> tuple[bytes, str]:
    """Return the message with a Message-ID that can be searched for, made of the key where it has none, and that id."""
    found = message_id(header_fields(raw))
    if found:
        return raw, found
    made = f"{hashlib.sha256(key.encode()).hexdigest()[:32]}@ringback.invalid"
    return with_field(raw, "Message-ID", f"<{made}>"), made
