"""Gmail's history summed up, and the text of a place in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assistant.errors import CursorExpiredError
from assistant.model.mailbox import Cursor, Label
from providers.google.cursors import Place, news, pack, precedes, unpack

if TYPE_CHECKING:
    from collections.abc import Collection

_BEYOND = "18446744073709551616000"


def matters(labels: Collection[str]) -> bool:
    return not {"UNREAD", "STARRED"} & set(labels)


def record(kind: str, ref: str, *changed: str, had: tuple[str, ...] = ()) -> dict[str, Any]:
    return {kind: [{"message": {"id": ref, "labelIds": list(had)}, "labelIds": list(changed)}]}


@pytest.mark.parametrize(
    ("records", "changed", "gone"),
    [
        ([record("messagesAdded", "a", had=("INBOX",))], ("a",), ()),
        ([record("messagesAdded", "a", had=("SPAM",))], (), ("a",)),
        ([record("messagesAdded", "a", had=("CHAT",))], (), ()),
        ([record("labelsRemoved", "a", "UNREAD")], (), ()),
        ([record("labelsAdded", "a", "Label_1")], ("a",), ()),
        ([record("labelsAdded", "a", "TRASH"), record("labelsRemoved", "a", "INBOX")], (), ("a",)),
        ([record("labelsRemoved", "a", "INBOX"), record("labelsAdded", "a", "TRASH")], (), ("a",)),
        ([record("labelsAdded", "a", "TRASH"), record("labelsRemoved", "a", "TRASH")], ("a",), ()),
        ([record("labelsAdded", "a", "TRASH"), record("labelsAdded", "a", "Label_1")], (), ("a",)),
        ([record("labelsRemoved", "a", "SPAM") | record("labelsAdded", "a", "TRASH")], (), ("a",)),
        ([record("messagesAdded", "a", had=("INBOX",)), record("messagesDeleted", "a")], (), ("a",)),
        ([{"id": "7"}, {"messagesAdded": [{}]}], (), ()),
    ],
)
def test_history_sums_up(records: list[dict[str, Any]], changed: tuple[str, ...], gone: tuple[str, ...]) -> None:
    """What counts of a message is what its last change left it as, and that it was read is none."""
    assert news(records, matters) == (changed, gone)


def test_a_place_keeps_ids_beyond_64_bits_and_labels() -> None:
    """The text of a place gives back a history id of any length and the ids of our labels."""
    place = Place(history=_BEYOND, labels={Label.TO_CALL: "Label_12", Label.CHECK_SENDER: "Label_13"})
    assert unpack(pack(place)) == place


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12345",
        '{"history": 12345}',
        '{"history": "12a"}',
        '{"history": "12\\n"}',
        '{"history": ""}',
        '{"history": "1", "labels": {"Someone else\'s": "Label_1"}}',
        '{"history": "1", "labels": {"Done": "INBOX/../x"}}',
        '{"history": "1", "more": 2}',
        '{"history": "1"}' + " " * 5000,
        '[{"history": "1"}]',
        '{"history": "\ud800"}',
    ],
)
def test_what_is_no_place_is_refused(text: str) -> None:
    """Text that is not exactly ours is told to be unknown, whatever it looks like."""
    with pytest.raises(CursorExpiredError):
        unpack(Cursor(text))


def test_history_ids_are_compared_as_numbers_of_any_length() -> None:
    """Nine precedes ten, and leading noughts count for nothing."""
    assert precedes("9", "10")
    assert precedes("0009", _BEYOND)
    assert not precedes(_BEYOND, _BEYOND)
    assert not precedes("10", "9")
