"""Items of Exchange to heads and bytes: read in portions, one that cannot be read stops no other."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from exchangelib.errors import ErrorInternalServerError, ResponseMessageError
from exchangelib.extended_properties import ExtendedProperty
from exchangelib.fields import FieldPath
from exchangelib.items import ID_ONLY, SHALLOW, Message
from exchangelib.properties import HTMLBody, ItemId
from exchangelib.services import FindItem, GetItem

from assistant.errors import AuthError, NotFoundError, ProviderError, TransientError
from assistant.model.mailbox import Folder, Head, Ref
from assistant.standards import mail
from assistant.standards.compose import KEY_HEADER
from providers._classes import classed
from providers._headers import completed, decoded, field, header_fields, people
from providers._headers import composed as _composed
from providers.exchange.folders import distinguished
from providers.exchange.service import PROPERTY_SET, said

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import exchangelib

    from assistant.model.mailbox import Label
    from providers.exchange.service import Exchange

BATCH = 100
"""So many items are asked for in one request."""
_IN_VAIN = 12
"""After so many answers that cannot be read, and none that can, it is not one of the items."""


class Key(ExtendedProperty):  # type: ignore[misc]  # the library has no types
    """Our key, beside the header field: some servers drop fields of the mail, and this one can be searched for."""

    property_set_id = str(PROPERTY_SET)
    property_name = "ringbackKey"
    property_type = "String"


class Words(ExtendedProperty):  # type: ignore[misc]  # as above
    """A digest of the words that we wrote: a program of the server may touch a draft, and it is still ours."""

    property_set_id = str(PROPERTY_SET)
    property_name = "ringbackWords"
    property_type = "String"


class Flags(ExtendedProperty):  # type: ignore[misc]  # as above
    """PidTagMessageFlags (MS-OXCMSG 2.2.1.6): at its creation it decides whether a message is a draft."""

    property_tag = 0x0E07
    property_type = "Integer"


class Tracked(ExtendedProperty):  # type: ignore[misc]  # as above
    """PidTagConversationIndexTracking (MS-OXOMSG 2.2.1.4): the conversation follows from the index, not the subject."""

    property_tag = 0x3016
    property_type = "Boolean"


Message.register("ringback_key", Key)
Message.register("ringback_words", Words)
Message.register("message_flags", Flags)
Message.register("index_tracked", Tracked)

_HEAD = (
    *("item_class", "datetime_received", "size", "categories", "conversation_id", "headers", "ringback_key"),
    *("subject", "author", "to_recipients", "cc_recipients", "datetime_sent"),
    *("message_id", "in_reply_to", "references"),
)
_LITTLE = ("item_class", "datetime_received", "categories", "subject")
_MIME = ("mime_content", "item_class")
_WORDS = ("subject", "author", "to_recipients", "datetime_sent", "message_id", "item_class", "text_body", "body")


def fields(*names: str) -> list[FieldPath]:
    """Return properties of a message, to be asked for."""
    return [FieldPath(field=Message.get_field_by_fieldname(name)) for name in names]


class _Get(GetItem):  # type: ignore[misc]  # the library has no types
    """GetItem that gives every error in the place of its item: no item stops the others."""

    ERRORS_TO_CATCH_IN_RESPONSE = (*GetItem.ERRORS_TO_CATCH_IN_RESPONSE, ResponseMessageError)


def got(exchange: Exchange, operation: str, refs: Sequence[Ref], wanted: Iterable[str]) -> dict[Ref, Any]:
    """Return items with these properties; those that are gone are left out, those that cannot be read are errors.

    Raises:
        AuthError: signing in is needed.
        ProviderError: nothing can be read, so that it is not these items.
    """
    paths = fields(*wanted)
    found: dict[Ref, Any] = {}
    for start in range(0, len(refs), BATCH):
        found |= _portion(exchange, operation, exchange.askable(refs[start : start + BATCH]), paths)
    return found


def _portion(exchange: Exchange, operation: str, refs: Sequence[Ref], paths: list[FieldPath]) -> dict[Ref, Any]:
    """Ask for all at once; where one of them makes the whole answer unreadable, find it by halves."""
    found: dict[Ref, Any] = {}
    bad: dict[Ref, ProviderError] = {}
    waiting, failures = [list(refs)], 0
    while waiting:
        some = waiting.pop()
        try:
            found |= _asked(exchange, operation, some, paths)
        except AuthError:
            raise
        except ProviderError as error:
            if isinstance(error, TransientError):
                _blame(exchange, operation, refs, paths, error)
                bad |= dict.fromkeys(some, error)
                continue
            failures += 1
            if failures > _IN_VAIN and not found:
                raise
            half = len(some) // 2
            waiting += [some[half:], some[:half]] if half else []
            bad |= {} if half or isinstance(error, NotFoundError) else {some[0]: error}
    if bad and not found and not _others_are_read(exchange, operation, refs, paths):
        raise next(iter(bad.values()))
    return {ref: each for ref, each in found.items() if not isinstance(each, NotFoundError)} | bad


def _blame(
    exchange: Exchange, operation: str, refs: Sequence[Ref], paths: list[FieldPath], error: TransientError
) -> None:
    """Raise what the server says it cannot do for now, unless it says so of these items alone, whatever the words."""
    if not isinstance(error.__cause__, ErrorInternalServerError):
        raise error
    if not _others_are_read(exchange, operation, refs, paths):
        raise error


def _others_are_read(exchange: Exchange, operation: str, refs: Sequence[Ref], paths: list[FieldPath]) -> bool:
    """Tell whether other mail can be read: then it is these items that are out of order, and not all of it."""

    def ask(account: exchangelib.Account) -> list[Any]:
        service = FindItem(account=account, page_size=len(refs) + 1)
        return list(
            service.call(
                folders=[distinguished(account, "inbox")],
                additional_fields=None,
                restriction=None,
                order_fields=None,
                shape=ID_ONLY,
                query_string=None,
                depth=SHALLOW,
                calendar_view=None,
                max_items=len(refs) + 1,
                offset=0,
            )
        )

    others = [Ref(str(ref)) for ref, _ in exchange.call(operation, ask) if ref not in refs]
    try:
        return bool(others) and bool(_asked(exchange, operation, others[:1], paths))
    except AuthError:
        raise
    except ProviderError:
        return False


def _asked(exchange: Exchange, operation: str, refs: Sequence[Ref], paths: list[FieldPath]) -> dict[Ref, Any]:
    """Return what the server answers for each; what it cannot do now is tried again while others can be read."""

    def ask(account: exchangelib.Account) -> dict[Ref, Any]:
        ids = [ItemId(id=ref) for ref in refs]
        answers = list(_Get(account=account).call(items=ids, additional_fields=paths, shape=ID_ONLY))
        if len(answers) != len(refs):
            raise ValueError("not an answer for each item")
        found = {ref: _told(operation, each) for ref, each in zip(refs, answers, strict=True)}
        failed = [each for each in found.values() if isinstance(each, AuthError | TransientError)]
        if failed and (len(failed) == len(found) or isinstance(failed[0], AuthError)):
            raise failed[0]
        return found

    return exchange.call(operation, ask) if refs else {}


def _told(operation: str, answer: Any) -> Any:  # noqa: ANN401  the library has no types
    return said(operation, answer) if isinstance(answer, Exception) else answer


def items(exchange: Exchange, operation: str, refs: Sequence[Ref], *, mime: bool) -> dict[Ref, Any]:
    """Return what heads are made of, with the mails themselves if wanted; what cannot be read whole comes with little.

    An item of which nothing can be read is None.
    """
    found = got(exchange, operation, refs, (*_HEAD, "mime_content") if mime else _HEAD)
    for ref in [ref for ref, each in found.items() if isinstance(each, ProviderError)]:
        each = _alone(exchange, operation, ref, _HEAD)
        found[ref] = _alone(exchange, operation, ref, _LITTLE) if each is None else each
    return found


def _alone(exchange: Exchange, operation: str, ref: Ref, wanted: Iterable[str]) -> Any:  # noqa: ANN401  as above
    """Return an item asked for alone, None where it cannot be read: others could, so the server is not away."""
    try:
        found = got(exchange, operation, [ref], wanted).get(ref)
    except AuthError:
        raise
    except ProviderError:
        return None
    return None if isinstance(found, ProviderError) else found


def head(
    ref: Ref,
    item: Any,  # noqa: ANN401  as above
    folder: Folder,
    labels: frozenset[Label],
    received_at: datetime | None = None,
) -> Head:
    """Build a head.

    Args:
        ref: the item's id.
        item: with what `items` asks for; anything may be missing, it may be None.
        folder: where it is.
        labels: ours among its categories.
        received_at: when it came, as far as that is known otherwise.
    """
    conversation = getattr(item, "conversation_id", None)
    headers = headers_of(item)
    received = getattr(item, "datetime_received", None) or received_at
    return Head(
        ref=ref,
        thread=str(conversation.id) if conversation is not None and conversation.id else None,
        folder=folder,
        labels=labels,
        received_at=_instant(received) or mail.moment(field(headers, "Date") or "") or datetime.now(UTC),
        item_class=getattr(item, "item_class", None),
        headers=headers,
    )


def _instant(moment: datetime | None) -> datetime | None:
    return None if moment is None or moment.tzinfo is None else datetime.fromtimestamp(moment.timestamp(), UTC)


def headers_of(item: Any) -> tuple[tuple[str, str], ...]:  # noqa: ANN401  as above
    """Return the header fields of an item in their order, decoded; a line break in a value adds no field.

    A mail that was never on the way, such as a draft, has few: what they would say is taken from its properties.
    """
    raw = getattr(item, "mime_content", None)
    if raw:
        told = header_fields(raw)
    else:
        pairs = ((str(one.name or ""), str(one.value or "")) for one in getattr(item, "headers", None) or ())
        told = decoded(pairs)
    return completed(told, _properties(item))


def _properties(item: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401  as above
    sent = getattr(item, "datetime_sent", None)
    yield "From", _people([getattr(item, "author", None)])
    yield "To", _people(getattr(item, "to_recipients", None) or ())
    yield "Cc", _people(getattr(item, "cc_recipients", None) or ())
    yield "Subject", str(getattr(item, "subject", None) or "")
    yield "Date", "" if sent is None else format_datetime(sent)
    yield "Message-ID", str(getattr(item, "message_id", None) or "")
    yield "In-Reply-To", str(getattr(item, "in_reply_to", None) or "")
    yield "References", str(getattr(item, "references", None) or "")
    yield KEY_HEADER, str(getattr(item, "ringback_key", None) or "")


def _people(told: Iterable[Any]) -> str:
    return people((one.name or "", one.email_address or "") for one in told if one is not None)


def raw_of(exchange: Exchange, operation: str, refs: Sequence[Ref]) -> dict[Ref, bytes]:
    """Return the mails whole; those that are gone are left out.

    Of one that the server cannot give whole there is what can be read: who, when, and the words.
    """
    found = got(exchange, operation, refs, _MIME)
    raws: dict[Ref, bytes] = {}
    for ref in list(found):
        item = found.pop(ref)
        if isinstance(item, ProviderError):
            item = _alone(exchange, operation, ref, _MIME)
        if not getattr(item, "mime_content", None):
            item = _alone(exchange, operation, ref, _WORDS)
        if item is not None:
            raws[ref] = raw_from(item)
    return raws


def raw_from(item: Any) -> bytes:  # noqa: ANN401  as above
    """Return the mail that an item holds; a message class of Exchange's telephony shows as Content-Class, as it came.

    Exchange makes the class of the field (MS-OXCMAIL 2.2.3.2.23), and programs of the server set the class alone.
    """
    raw: bytes = getattr(item, "mime_content", None) or composed(item)
    return classed(raw, getattr(item, "item_class", None))


def composed(item: Any) -> bytes:  # noqa: ANN401  as above
    """Return a mail made of the properties of an item."""
    body = getattr(item, "text_body", None) or getattr(item, "body", None) or ""
    return _composed(_properties(item), str(body), html=isinstance(body, HTMLBody))
