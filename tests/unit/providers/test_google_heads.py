"""Gmail's JSON to heads and bytes, whatever it lacks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from assistant.errors import UnsupportedError
from assistant.model.mailbox import Folder
from providers._headers import keyed
from providers.google import heads


def message(*labels: str, **fields: str) -> dict[str, Any]:
    headers = [{"name": name, "value": value} for name, value in fields.items()]
    return {"id": "18c", "labelIds": list(labels), "payload": {"headers": headers}}


@pytest.mark.parametrize(
    ("labels", "fields", "filed", "folder"),
    [
        (("INBOX", "UNREAD"), {}, True, Folder.INBOX),
        ((), {}, False, Folder.ARCHIVE),
        (("Label_9",), {}, True, Folder.OTHER),
        (("DRAFT", "INBOX"), {}, False, Folder.DRAFTS),
        (("SENT",), {"From": "me@example.org", "To": "me@example.org"}, False, Folder.SENT),
        (("SENT", "INBOX"), {"From": "Me <me@example.org>", "To": "ME@example.org"}, False, Folder.INBOX),
        (
            ("SENT", "INBOX"),
            {"From": "me@example.org", "To": "ann@acme.example", "Cc": "me@example.org"},
            False,
            Folder.SENT,
        ),
    ],
)
def test_labels_are_folders(labels: tuple[str, ...], fields: dict[str, str], folder: Folder, *, filed: bool) -> None:
    """Where a message lies follows from Gmail's labels, and a notice that one sent to oneself alone is no sent mail."""
    assert heads.head(message(*labels, **fields), frozenset(), filed=filed).folder is folder


def test_a_head_needs_nothing_but_an_id() -> None:
    """An answer without date, thread, labels and fields is a head all the same, of now."""
    before = datetime.now(UTC)
    found = heads.head({"id": "18c"}, frozenset(), filed=False)
    assert (found.thread, found.headers, found.folder) == (None, (), Folder.ARCHIVE)
    assert before <= found.received_at <= datetime.now(UTC)


@pytest.mark.parametrize("stamp", ["", "soon", "9" * 30, None])
def test_without_an_arrival_the_date_of_the_mail_counts(stamp: str | None) -> None:
    """An internalDate that is no time gives way to the Date field."""
    told = message(Date="Fri, 20 Mar 2026 09:00:00 +0100") | {"internalDate": stamp}
    assert heads.head(told, frozenset(), filed=False).received_at == datetime(2026, 3, 20, 8, tzinfo=UTC)


def test_a_value_adds_no_field_and_a_name_must_be_one() -> None:
    """Line breaks in a value stay in it, and a field whose name is none is left out."""
    told = message(Subject="Hi\r\nX-Evil: 1\0\n\nBody", **{"X: Y": "2", "": "3", "X-Good": "ü"})
    assert heads.headers_of(told) == (("Subject", "Hi X-Evil: 1 Body"), ("X-Good", "ü"))


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("SGVsbG8", b"Hello"),
        ("SGVsbG8=", b"Hello"),
        ("SGVs\nbG8=", b"Hello"),
        ("_-8", b"\xff\xef"),
        ("SGVsb", b"Hel"),
        (None, b""),
        (7, b""),
    ],
)
def test_raw_is_read_as_far_as_it_can_be(raw: object, expected: bytes) -> None:
    """Padding may be missing or there, and what is no base64 costs no error."""
    assert heads.decoded(raw) == expected


def test_bytes_come_back_from_what_gmail_takes() -> None:
    """Any bytes survive the way to Gmail and back."""
    assert heads.decoded(heads.encoded(bytes(range(256)))) == bytes(range(256))


@pytest.mark.parametrize("text", ["", "a/b", "../x", "a\0b", "x" * 101, "é", "a b", "a\n"])
def test_what_cannot_be_an_id_is_never_asked_for(text: str) -> None:
    """Text with anything else than letters, figures, hyphens and low lines is no id of Gmail's."""
    assert not heads.is_ref(text)


def test_a_message_without_an_id_gets_one_of_its_key() -> None:
    """Where a mail has no Message-ID that can be searched for, its key gives one, always the same."""
    raw = b"Message-ID: <a.1@b.example>\n\ntext\n"
    assert heads.identified(raw, "k") == (raw, "a.1@b.example")
    made, message_id = heads.identified(b"Subject: x\n\ntext\n", "k")
    assert made == f"Message-ID: <{message_id}>\nSubject: x\n\ntext\n".encode()
    assert heads.identified(b"Message-ID: <a b>\n\n", "k")[1] == message_id != heads.identified(b"\n", "other")[1]


@pytest.mark.parametrize("key", ["", "a b", "a\nb", "ü", "k" * 201])
def test_a_key_must_fit_a_header_field(key: str) -> None:
    """A key that would break the header is refused."""
    with pytest.raises(UnsupportedError):
        keyed(b"Subject: x\n\n", key, "google", "drafts.put")
