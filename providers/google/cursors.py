"""Where reading of a mailbox stopped, as text, and what its history tells since.

The text holds a history id of Gmail and the ids of our labels. The latter go along so that a label keeps its meaning
when the user renames it: a provider has no store of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import msgspec

from assistant.model.mailbox import Cursor, Label, Ref
from providers._marks import unknown
from providers.google.service import NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

HIDING = frozenset({"SPAM", "TRASH"})
"""Labels of messages that are not shown."""
CHAT = "CHAT"
"""The label of what is no mail at all."""
NOBODY = "nobody"
"""Whose place it is that does not say."""
_LONGEST = 4096
_Number = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,60}\Z")]
_Id = Annotated[str, msgspec.Meta(pattern=r"^[\w-]{1,100}\Z")]


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where reading stopped. `labels` are Gmail's ids of our labels, as far as they are known; `owner` tells whose."""

    history: _Number
    owner: _Id = NOBODY
    labels: dict[Label, _Id] = {}


def pack(place: Place) -> Cursor:
    """Return a place as opaque text."""
    return Cursor(msgspec.json.encode(place, order="deterministic").decode())


def unpack(cursor: Cursor) -> Place:
    """Return the place that a text stands for.

    Raises:
        CursorExpiredError: it stands for none.
    """
    try:
        if len(cursor) <= _LONGEST:
            return msgspec.json.decode(cursor, type=Place)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise unknown(NAME) from error
    raise unknown(NAME)


def precedes(history: str, other: str) -> bool:
    """Tell whether a history id is lower than another; they are numbers of any length."""
    one, two = history.lstrip("0"), other.lstrip("0")
    return (len(one), one) < (len(two), two)


class News(NamedTuple):
    """The messages whose label or folder changed and that are shown, and those that are gone or hidden."""

    changed: tuple[Ref, ...]
    gone: tuple[Ref, ...]


def news(records: Iterable[dict[str, Any]], matters: Callable[[Collection[str]], bool]) -> News:
    """Sum history records up, oldest first.

    Args:
        records: of users.history.list.
        matters: tells whether labels put on or taken off are a change of state or folder; that a mail was read is none.
    """
    shown: dict[Ref, bool] = {}
    for record in records:
        for ref, labels, _ in _entries(record, "messagesAdded"):
            if CHAT not in labels:
                shown[ref] = HIDING.isdisjoint(labels)
        for ref, _, labels in _entries(record, "labelsRemoved"):
            if not HIDING.isdisjoint(labels):
                shown[ref] = True
            elif matters(labels):
                shown.setdefault(ref, True)
        for ref, _, labels in _entries(record, "labelsAdded"):
            if not HIDING.isdisjoint(labels):
                shown[ref] = False
            elif matters(labels):
                shown.setdefault(ref, True)
        shown |= dict.fromkeys((ref for ref, _, _ in _entries(record, "messagesDeleted")), False)
    return News(tuple(ref for ref in shown if shown[ref]), tuple(ref for ref in shown if not shown[ref]))


def labels_in(records: Iterable[dict[str, Any]]) -> set[str]:
    """Return the ids of all labels that history records name."""
    kinds = ("messagesAdded", "labelsAdded", "labelsRemoved")
    entries = (entry for record in records for kind in kinds for entry in _entries(record, kind))
    return {label for _, had, changed in entries for label in (*had, *changed)}


def _entries(record: dict[str, Any], kind: str) -> Iterable[tuple[Ref, list[str], list[str]]]:
    """Yield message, the labels that it had then, and the labels that were put on or taken off."""
    for entry in record.get(kind, ()):
        message = entry.get("message", {})
        if message.get("id"):
            yield Ref(message["id"]), message.get("labelIds", []), entry.get("labelIds", [])
