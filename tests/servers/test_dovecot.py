"""The Maildir that we write, as Dovecot serves it, and what IMAP clients do, as we read it."""

from __future__ import annotations

import email
import shutil
from typing import TYPE_CHECKING

import pytest

from assistant.model.mailbox import Folder, Label, Ref
from tests.contract.harness import mail
from tests.contract.local import LocalHarness
from tests.servers.dovecot import Dovecot, flags, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.model.mailbox import Head


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    """Return a server on an empty Maildir; nothing it complains of goes unnoticed."""
    with running() as server:
        yield server
        assert server.complaints() == []


@pytest.fixture
def user(dovecot: Dovecot) -> LocalHarness:
    """Return our side of the same Maildir."""
    return LocalHarness(dovecot.place)


def heads(user: LocalHarness) -> list[Head]:
    """Return everything in the mailbox."""
    return list(user.mailbox.changes(None).heads)


def test_a_draft_shows_as_a_draft(dovecot: Dovecot, user: LocalHarness) -> None:
    """A draft of ours is in Drafts as a draft that is read, byte for byte, key and Message-ID included."""
    raw = mail("Your call", body="Schöne Grüße\n", Content_Type="text/plain; charset=utf-8")
    ref = user.drafts.put(raw, "cb1.apology")
    with dovecot.session("Drafts") as connection:
        assert flags(connection) == [{"\\Draft", "\\Seen", "\\Recent"}]
        _, answer = connection.fetch("1", "(BODY.PEEK[])")
        assert isinstance(answer[0], tuple)
        served = answer[0][1].replace(b"\r\n", b"\n")
    assert served == user.drafts.get(ref.ref).raw
    assert email.message_from_bytes(served)["X-Ringback-Key"] == "cb1.apology"


def test_a_replaced_draft_is_one_draft(dovecot: Dovecot, user: LocalHarness) -> None:
    """A replaced draft is a new message to IMAP, the old one is gone, and a session that was open sees both facts."""
    first = user.drafts.put(mail(body="one\n"), "k")
    with dovecot.session("Drafts") as connection:
        _, before = connection.uid("search", "ALL")
        user.drafts.put(mail(body="two\n"), "k", previous=first)
        dovecot.hand_over()
        connection.noop()
        _, after = connection.uid("search", "ALL")
        assert len(after[0].split()) == 1
        assert before != after


def test_labels_show_as_keywords(dovecot: Dovecot, user: LocalHarness) -> None:
    """Each label is a keyword of its message, and labelling leaves the message unread."""
    for number, label in enumerate(Label):
        user.mailbox.set_state(user.deliver_mail(mail(number=number)), label)
    with dovecot.session() as connection:
        shown = [found - {"\\Recent"} for found in flags(connection)]
    assert sorted(shown, key=sorted) == sorted(
        (
            {"$Callbacks/ToCall"}, {"$Callbacks/Promised"}, {"$Callbacks/LeftMessage"},
            {"$Callbacks/Done"}, {"$Callbacks/Check"}, {"$Callbacks/CheckSender"},
        ),
        key=sorted,
    )  # fmt: skip


def test_a_label_set_while_a_client_looks_on(dovecot: Dovecot, user: LocalHarness) -> None:
    """A client with the folder open sees a label new to the folder, beside the keyword that it had set itself."""
    ref = user.deliver_mail(mail())
    with dovecot.session() as connection:
        connection.store("1", "+FLAGS", "($Label1 \\Flagged)")
        user.mailbox.set_state(ref, Label.TO_CALL)
        dovecot.hand_over()
        assert flags(connection)[0] - {"\\Recent"} == {"$Label1", "\\Flagged", "$Callbacks/ToCall"}
        user.mailbox.set_state(ref, Label.DONE)
        dovecot.hand_over()
        assert flags(connection)[0] - {"\\Recent"} == {"$Label1", "\\Flagged", "$Callbacks/Done"}


def test_a_keyword_set_over_imap_is_a_label(dovecot: Dovecot, user: LocalHarness) -> None:
    """When a client exchanges our keywords the message is among the changed heads, with the client's choice."""
    ref = user.deliver_mail(mail())
    user.mailbox.set_state(ref, Label.TO_CALL)
    first = user.mailbox.changes(None)
    with dovecot.session() as connection:
        connection.store("1", "-FLAGS", "($Callbacks/ToCall)")
        connection.store("1", "+FLAGS", "($Callbacks/Done \\Seen)")
    news = user.mailbox.changes(first.cursor)
    assert [(head.ref, head.labels) for head in news.heads] == [(ref, frozenset({Label.DONE}))]
    assert not user.unread(ref)
    assert list(user.mailbox.changes(news.cursor).heads) == []


def test_mail_moved_over_imap(dovecot: Dovecot, user: LocalHarness) -> None:
    """A message that a client moves to the archive comes back from there with its label; in trash it is gone."""
    ref = user.deliver_mail(mail())
    user.mailbox.set_state(ref, Label.TO_CALL)
    first = user.mailbox.changes(None)
    with dovecot.session() as connection:
        connection.create("Archive")
        connection.create("Trash")
        connection._simple_command("MOVE", "1", "Archive")
    second = user.mailbox.changes(first.cursor)
    assert second.removed == (ref,)
    (archived,) = second.heads
    assert (archived.folder, archived.labels) == (Folder.ARCHIVE, frozenset({Label.TO_CALL}))
    with dovecot.session("Archive") as connection:
        connection._simple_command("MOVE", "1", "Trash")
    third = user.mailbox.changes(second.cursor)
    assert (list(third.heads), third.removed) == ([], (archived.ref,))


def test_an_appended_message_is_new_mail(dovecot: Dovecot, user: LocalHarness) -> None:
    """A digest is unread in the inbox, and appending it again after a client moved it makes no second one."""
    ref = user.mailbox.append(mail("Today"), "digest-1")
    with dovecot.session() as connection:
        assert flags(connection) == [{"\\Recent"}]
        connection.create("Archive")
        connection._simple_command("MOVE", "1", "Archive")
    again = user.mailbox.append(mail("Today"), "digest-1")
    assert again != ref
    assert [head.folder for head in heads(user)] == [Folder.ARCHIVE]


def test_a_draft_saved_by_a_client_is_listed(dovecot: Dovecot, user: LocalHarness) -> None:
    """A draft that a client saves is listed as the user's, and one that it deletes is gone before it is expunged."""
    ours = user.drafts.put(mail(), "k")
    with dovecot.session("Drafts") as connection:
        connection.append("Drafts", "(\\Draft \\Seen)", "", mail("Holiday", number=9).replace(b"\n", b"\r\n"))
        assert {draft.key for draft in user.drafts.list()} == {"k", None}
        connection.store("1", "+FLAGS", "(\\Deleted)")
        assert [draft.key for draft in user.drafts.list()] == [None]
        assert user.drafts.find("k") is None
    assert ours.ref not in {draft.ref.ref for draft in user.drafts.list()}


def test_folders_with_foreign_names(dovecot: Dovecot, user: LocalHarness) -> None:
    """Drafts go to the folder that the user's mail program calls drafts in its language."""
    shutil.rmtree(user.maildir / ".Drafts", ignore_errors=True)
    with dovecot.session() as connection:
        connection.create("Entw&APw-rfe")
    ref = user.drafts.put(mail(), "k")
    assert ref.ref.startswith(Ref(".Entw&APw-rfe/"))
    with dovecot.session("Entw&APw-rfe") as connection:
        assert "\\Draft" in flags(connection)[0]
