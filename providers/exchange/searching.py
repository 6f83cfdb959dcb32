"""Search Exchange for an address, a number or a text, and our own look at what it finds.

A number is asked for as people write it: what holds one of these texts is held against a pattern. Its index is some
moments behind, and some servers have none: the newest mails are looked at too.
"""

from __future__ import annotations

import functools
import operator
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from exchangelib.errors import ResponseMessageError
from exchangelib.fields import FieldOrder, FieldPath
from exchangelib.items import ID_ONLY, SHALLOW, Message
from exchangelib.restriction import Q, Restriction
from exchangelib.services import FindItem

from assistant.errors import AuthError, NotFoundError, ProviderError, TransientError
from assistant.model.mailbox import Ref
from providers._searching import Number, groups, in_head, in_mail, is_nameable, text_pattern
from providers.exchange import folders, heads
from providers.exchange.service import said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import exchangelib

    from assistant.model.mailbox import Head
    from providers.exchange.service import Exchange

_OPERATION = "mailbox.search"
_PAGE = 500
_MOST = 500
_NEWEST = 50
_FOLDER = ("parent_folder_id",)
_FEW_DIGITS = 5
_CLAUSES = 20
"""Texts asked for in one restriction: servers refuse long ones."""
_BETWEEN = (" ", "-", "/", ".", "\u00a0")
_ADDRESS = re.compile(r"[^\s\"'(){}<>,;:]+@[^\s\"'(){}<>,;:@]+\w")


class Wanted(NamedTuple):
    """What is searched for: queries for the index, texts of which one must be there, and the pattern that decides."""

    queries: tuple[str, ...]
    texts: tuple[str, ...]
    pattern: re.Pattern[str]

    @classmethod
    def of(cls, query: str) -> Wanted | None:
        """Return how to search for an address, a number or a text; None for what no mail can name."""
        text = " ".join(query.split())
        if not is_nameable(text):
            return None
        number = Number.of(text)
        if number is None:
            phrase = f'"{text.replace(chr(34), " ")}"'
            sides = (f"from:{phrase}", f"to:{phrase}") if _ADDRESS.fullmatch(text) else ()
            return cls((*sides, phrase), (text,), text_pattern(text))
        national, _, area = number
        local = national[area:] if len(national) - area >= _FEW_DIGITS else national
        return cls((), tuple(_written(local)), number.pattern)

    def in_head(self, head: Head) -> bool:
        """Tell whether a header field names it."""
        return in_head(self.pattern, head)

    def in_mail(self, raw: bytes) -> bool:
        """Tell whether the text names it."""
        return in_mail(self.pattern, raw)


def _written(digits: str) -> dict[str, None]:
    """Return the ways in which the digits after the area are written."""
    return dict.fromkeys(gap.join(groups) for groups in groups(digits) for gap in _BETWEEN)


class _Find(FindItem):  # type: ignore[misc]  # the library has no types
    """FindItem in several folders; a folder that cannot be searched stops no other."""

    ERRORS_TO_CATCH_IN_RESPONSE = (*FindItem.ERRORS_TO_CATCH_IN_RESPONSE, ResponseMessageError)


def find(
    exchange: Exchange,
    operation: str,
    within: Sequence[str],
    q: Q | None = None,
    names: Sequence[str] = (),
    most: int | None = None,
) -> list[Any]:
    """Return items of folders, newest first in each, with properties that a list can tell; one request for each page.

    Args:
        exchange: the account.
        operation: of the port, for errors.
        within: ids of folders; names of those that every mailbox has are taken too.
        q: what they must be like, None for all.
        names: of the properties.
        most: items, None for all.

    Raises:
        UnsupportedError: the server cannot search for this.
        ProviderError: none of the folders can be read; one of several that is gone or denied is passed over.
    """
    answers = exchange.call(operation, _asking(within, q, names, most)) if within else []
    failed = [said(operation, each) for each in answers if isinstance(each, Exception)]
    grave = [each for each in failed if not (isinstance(each, NotFoundError) or folders.is_denied(each))]
    if grave or (failed and len(failed) == len(within)):
        raise (grave or failed)[0]
    return [each for each in answers if not isinstance(each, Exception) and each.id]


def _asking(
    within: Sequence[str], q: Q | None, names: Sequence[str], most: int | None
) -> Callable[[exchangelib.Account], list[Any]]:
    paths = heads.fields("datetime_received", *names)
    newest = FieldOrder(field_path=FieldPath(field=Message.get_field_by_fieldname("datetime_received")), reverse=True)
    query = q is not None and q.query_string is not None

    def ask(account: exchangelib.Account) -> list[Any]:
        places = [folders.named(account, one) for one in within]
        wanted = None if q is None else Restriction(q, folders=places, applies_to=Restriction.ITEMS)
        service = _Find(account=account, page_size=min(most or _PAGE, _PAGE))
        return list(
            service.call(
                folders=places,
                additional_fields=paths,
                restriction=None if query else wanted,
                order_fields=None if query else [newest],
                shape=ID_ONLY,
                query_string=wanted if query else None,
                depth=SHALLOW,
                calendar_view=None,
                max_items=most,
                offset=0,
            )
        )

    return ask


def candidates(
    exchange: Exchange, within: Sequence[str], recent: Sequence[str], wanted: Wanted
) -> dict[Ref, str | None]:
    """Return mails that may name what is wanted, with the folder of each: what the server finds, and the newest.

    Args:
        exchange: the account.
        within: ids of folders to search.
        recent: ids of folders of which the newest mails are looked at.
        wanted: what for.
    """
    told: list[Any] = []
    for one in recent:
        told += find(exchange, _OPERATION, [one], None, _FOLDER, _NEWEST)
    for q in _queries(wanted):
        try:
            told += find(exchange, _OPERATION, within, q, _FOLDER, _MOST)
        except (AuthError, TransientError):
            raise
        except ProviderError:  # it has no index, or takes no such restriction: the newest mails it is
            continue
    return {Ref(str(each.id)): each.parent_folder_id and str(each.parent_folder_id.id) for each in told}


def keyed(key: str) -> Q:
    """Return the restriction to mails with a key of ours."""
    return Q(ringback_key=key)


def _queries(wanted: Wanted) -> Iterator[Q]:
    yield from map(Q, wanted.queries)
    for start in range(0, len(wanted.texts), _CLAUSES):
        texts = wanted.texts[start : start + _CLAUSES]
        clauses = [Q(subject__icontains=text) | Q(body__icontains=text) for text in texts]
        yield functools.reduce(operator.or_, clauses)
