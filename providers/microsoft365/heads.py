"""Messages of Graph to heads and bytes: read in batches, one that cannot be read stops no other."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from assistant.errors import AuthError, NotFoundError, ProviderError, TransientError
from assistant.model.mailbox import Folder, Head, Ref
from assistant.standards import mail
from assistant.standards.compose import KEY_HEADER
from providers._classes import classed
from providers._headers import completed, decoded, field, people
from providers._headers import composed as _made
from providers._net import ThrottledError
from providers.microsoft365 import properties
from providers.microsoft365.service import Part, at, values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from assistant.model.mailbox import Label
    from providers.microsoft365.service import Graph

SELECTED = ",".join(
    (
        *("receivedDateTime", "sentDateTime", "categories", "conversationId", "parentFolderId", "isDraft"),
        *("subject", "from", "toRecipients", "ccRecipients", "internetMessageId", "internetMessageHeaders"),
    )
)
"""What heads are made of."""
EXPANDED = properties.expand(properties.CLASS, properties.SIZE, properties.KEY)
BATCH = 20
_WORDS = "subject,from,toRecipients,ccRecipients,sentDateTime,internetMessageId,body"
_WORDS_EXPANDED = properties.expand(properties.CLASS, properties.KEY)
_TEXT = {"Prefer": 'outlook.body-content-type="text"'}
_REF = re.compile(r"[A-Za-z0-9_=-]{12,600}")
Item = dict[str, Any]


def is_ref(text: str) -> bool:
    """Tell whether a text may be an id of Graph's; others are not asked for."""
    return _REF.fullmatch(text) is not None


def items(graph: Graph, operation: str, refs: Sequence[Ref]) -> dict[Ref, Item | None]:
    """Return what heads are made of; those that are gone are left out, and what cannot be read is None."""
    params = {"$select": SELECTED, "$expand": EXPANDED}
    found = got(graph, operation, refs, lambda ref: Part("GET", at("me", "messages", ref), params))
    return {ref: each if isinstance(each, dict) else None for ref, each in found.items()}


def got(
    graph: Graph, operation: str, refs: Sequence[Ref], part: Callable[[Ref], Part]
) -> dict[Ref, Item | ProviderError]:
    """Return what is asked of each; those that are gone are left out, those that cannot be read are errors.

    Raises:
        AuthError: signing in is needed.
        TransientError: Microsoft is busy, or nothing can be read for now, so that it is not these messages.
    """
    found = graph.each(operation, {ref: part(ref) for ref in dict.fromkeys(refs) if is_ref(ref)})
    bad = {ref: each for ref, each in found.items() if isinstance(each, ProviderError)}
    grave = next((each for each in bad.values() if isinstance(each, AuthError | ThrottledError)), None)
    if grave is not None:
        raise grave
    away = next((each for each in bad.values() if isinstance(each, TransientError)), None)
    if away is not None and len(bad) == len(found) and not _others_are_read(graph, operation, refs, part):
        raise away
    return {Ref(ref): each for ref, each in found.items() if not isinstance(each, NotFoundError)}


def _others_are_read(graph: Graph, operation: str, refs: Sequence[Ref], part: Callable[[Ref], Part]) -> bool:
    """Tell whether another mail can be read: then it is these that are out of order, and not all of it."""
    params = {"$select": "id", "$top": str(len(refs) + 1)}
    told = values(operation, graph.call(operation, "GET", at("me", "messages"), params=params))
    other = next((ref for ref in (Ref(str(each.get("id"))) for each in told) if ref not in refs), None)
    if other is None:
        return False
    return isinstance(graph.each(operation, {other: part(other)})[other], dict)


def received_at(item: Mapping[str, Any] | None) -> datetime | None:
    """Return when a message came."""
    return _instant((item or {}).get("receivedDateTime"))


def size(item: Mapping[str, Any] | None) -> int | None:
    """Return how many bytes a message has, about; None where Microsoft does not tell."""
    return properties.number(item or {}, properties.SIZE)


def categories(item: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Return the categories of a message."""
    found = (item or {}).get("categories")
    return tuple(str(each) for each in found) if isinstance(found, list) else ()


def version(item: Mapping[str, Any] | None) -> str | None:
    """Return what If-Match takes."""
    found = (item or {}).get("@odata.etag")
    return found if isinstance(found, str) and found else None


def text(item: Mapping[str, Any] | None, name: str) -> str:
    """Return a property that is text, "" where it is none."""
    found = (item or {}).get(name)
    return found if isinstance(found, str) else ""


def head(ref: Ref, item: Item | None, folder: Folder, labels: frozenset[Label], came: datetime | None = None) -> Head:
    """Build a head.

    Args:
        ref: its id.
        item: with what `SELECTED` and `EXPANDED` ask for; anything may be missing, it may be None.
        folder: where it is.
        labels: ours among its categories.
        came: when it came, as far as that is known otherwise.
    """
    headers = headers_of(item or {})
    received = received_at(item) or came or mail.moment(field(headers, "Date") or "")
    return Head(
        ref=ref,
        thread=text(item, "conversationId") or None,
        folder=folder,
        labels=labels,
        received_at=received or datetime.now(UTC),
        item_class=properties.value(item or {}, properties.CLASS),
        headers=headers,
    )


def has_fields(item: Mapping[str, Any]) -> bool:
    """Tell whether the header fields of a mail that was on the way were told."""
    return bool(item.get("internetMessageHeaders"))


def _instant(told: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(told) if isinstance(told, str) else None
        return None if found is None or found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def headers_of(item: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the header fields of a message in their order, decoded; a line break in a value adds no field.

    A mail that was never on the way, such as a draft, has none: what they would say is taken from its properties.
    """
    found = item.get("internetMessageHeaders")
    given = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    told = decoded((str(each.get("name") or ""), str(each.get("value") or "")) for each in given)
    return completed(told, _properties(item))


def _properties(item: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    sent = _instant(item.get("sentDateTime"))
    yield "From", _people([item.get("from")])
    yield "To", _people(item.get("toRecipients"))
    yield "Cc", _people(item.get("ccRecipients"))
    yield "Subject", text(item, "subject")
    yield "Date", "" if sent is None else format_datetime(sent)
    yield "Message-ID", text(item, "internetMessageId")
    yield KEY_HEADER, properties.value(item, properties.KEY) or ""


def _people(told: object) -> str:
    listed = told if isinstance(told, list) else []
    given = (each.get("emailAddress") for each in listed if isinstance(each, dict))
    return people((text(one, "name"), text(one, "address")) for one in given if isinstance(one, dict))


def raw_of(graph: Graph, operation: str, refs: Sequence[Ref], classes: Mapping[Ref, str]) -> dict[Ref, bytes]:
    """Return the mails whole; those that are gone are left out.

    Of one that Microsoft cannot give whole there is what can be read: who, when, and the words.

    Args:
        graph: the account.
        operation: of the port, for errors.
        refs: not too many at once.
        classes: their message classes, as far as they are known.
    """
    found = _values(graph, operation, refs)
    broken = [ref for ref, each in found.items() if not each]
    made = _composed(graph, operation, broken) if broken else {}
    whole = {ref: made.get(ref, b"") if ref in broken else raw for ref, raw in found.items()}
    return {ref: classed(raw, classes.get(ref)) for ref, raw in whole.items() if raw}


def _values(graph: Graph, operation: str, refs: Sequence[Ref]) -> dict[Ref, bytes]:
    """Return the MIME of each; nothing where Microsoft cannot make it."""
    if len(refs) == 1 and is_ref(refs[0]):
        try:  # a large mail is not put into JSON on the way
            return {refs[0]: graph.raw(operation, at("me", "messages", refs[0], "$value"))}
        except NotFoundError:
            return {}
        except (AuthError, ThrottledError):
            raise
        except ProviderError:  # below it is found out whether others can be read
            pass
    found = got(graph, operation, refs, lambda ref: Part("GET", at("me", "messages", ref, "$value")))
    return {ref: b"" if isinstance(each, ProviderError) else content(each) for ref, each in found.items()}


def content(answer: Mapping[str, Any]) -> bytes:
    """Return the part of a batch that is no JSON."""
    found = answer.get("content")
    return found if isinstance(found, bytes) else b""


def _composed(graph: Graph, operation: str, refs: Sequence[Ref]) -> dict[Ref, bytes]:
    params = {"$select": _WORDS, "$expand": _WORDS_EXPANDED}
    found = got(graph, operation, refs, lambda ref: Part("GET", at("me", "messages", ref), params, headers=_TEXT))
    return {ref: composed(each) for ref, each in found.items() if isinstance(each, dict)}


def composed(item: Mapping[str, Any]) -> bytes:
    """Return a mail made of the properties of a message."""
    body = item.get("body")
    told = body if isinstance(body, dict) else {}
    html = text(told, "contentType").lower() == "html"
    return _made(_properties(item), text(told, "content"), html=html)
