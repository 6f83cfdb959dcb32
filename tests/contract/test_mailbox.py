"""The contract of the Mailbox port."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from assistant.errors import CursorExpiredError, NotFoundError, TransientError, UnsupportedError
from assistant.model.mailbox import Cursor, Folder, Label
from tests.contract.harness import Lossy, mail, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistant.model.mailbox import Head, Ref
    from assistant.ports import Mailbox
    from tests.contract.harness import Harness

_GARBAGE = ("", "0", "garbage", "1.x.y", "memory:99999", "\0", "9" * 400, "1.000000000000.AAAA", "é")


def heads(mailbox: Mailbox) -> dict[Ref, Head]:
    """Return everything there is, by ref."""
    return {head.ref: head for head in mailbox.changes(None).heads}


def test_without_a_cursor_everything_is_reported(harness: Harness) -> None:
    """A first look returns every message and nothing as removed."""
    refs = {harness.deliver_mail(mail(number=number)) for number in (1, 2, 3)}
    found = harness.mailbox.changes(None)
    assert {head.ref for head in found.heads} == refs
    assert found.removed == ()


def test_an_empty_mailbox_has_a_cursor(harness: Harness) -> None:
    """A look at an empty mailbox returns a cursor that a later look accepts."""
    first = harness.mailbox.changes(None)
    ref = harness.deliver_mail(mail())
    assert list(first.heads) == []
    assert [head.ref for head in harness.mailbox.changes(first.cursor).heads] == [ref]


def test_with_a_cursor_only_news_are_reported(harness: Harness) -> None:
    """A message is reported once, also across connections."""
    harness.deliver_mail(mail(number=1))
    first = harness.mailbox.changes(None)
    assert list(harness.mailbox.changes(first.cursor).heads) == []
    second = harness.deliver_mail(mail(number=2))
    later = harness.mailbox.changes(first.cursor)
    assert [head.ref for head in later.heads] == [second]
    assert list(harness.mailbox.changes(later.cursor).heads) == []


def test_an_old_cursor_can_be_used_again(harness: Harness) -> None:
    """Reading from the same cursor twice reports the same news: a pass that was cut off loses none."""
    start = harness.mailbox.changes(None).cursor
    ref = harness.deliver_mail(mail())
    for _ in range(2):
        assert [head.ref for head in harness.mailbox.changes(start).heads] == [ref]


def test_a_look_back_leaves_nothing_newer_out(harness: Harness) -> None:
    """A first look with `since` reports what came after it; what came before may be left out."""
    new = {harness.deliver_mail(mail(number=number)) for number in (1, 2)}
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    found = harness.mailbox.changes(None, long_ago)
    assert {head.ref for head in found.heads} == new
    later = harness.deliver_mail(mail(number=3))
    assert [head.ref for head in harness.mailbox.changes(found.cursor).heads] == [later]


def test_nothing_happens_to_a_draft_unseen(harness: Harness) -> None:
    """A draft that is written, edited or discarded shows among the changes of its mailbox; else nobody need look."""
    draft = harness.drafts.put(mail(X_Ringback_Key="k1"), "k1").ref
    hands: tuple[Callable[[], None], ...] = (
        lambda: None,
        lambda: harness.user_edits_draft(draft, mail("Edited")),
        lambda: harness.user_deletes_draft(draft),
    )
    cursor = None
    for happens in hands:
        happens()
        changes = harness.mailbox.changes(cursor)
        assert [head.folder for head in changes.heads] == [Folder.DRAFTS] or changes.removed
        cursor = changes.cursor
    quiet = harness.mailbox.changes(cursor)
    assert (list(quiet.heads), quiet.removed) == ([], ())


@pytest.mark.parametrize("cursor", _GARBAGE)
def test_a_cursor_that_is_none_is_refused(harness: Harness, cursor: str) -> None:
    """Text that was never a cursor raises CursorExpiredError."""
    with pytest.raises(CursorExpiredError):
        harness.mailbox.changes(Cursor(cursor))


def test_a_damaged_cursor_is_refused(harness: Harness) -> None:
    """A cursor cut short raises CursorExpiredError, it does not report wrong news."""
    harness.deliver_mail(mail())
    cursor = harness.mailbox.changes(None).cursor
    with pytest.raises(CursorExpiredError):
        harness.mailbox.changes(Cursor(cursor[: len(cursor) // 2]))


def test_an_expired_cursor_is_refused_and_none_still_works(harness: Harness) -> None:
    """When the history is gone CursorExpiredError says so, and reading from the beginning finds everything."""
    harness.deliver_mail(mail())
    old = harness.mailbox.changes(None).cursor
    harness.expire_cursors()
    with pytest.raises(CursorExpiredError):
        harness.mailbox.changes(old)
    assert len(list(harness.mailbox.changes(None).heads)) == 1


def many(harness: Harness) -> set[Ref]:
    """Let more messages arrive than providers read at once, and not a round number."""
    return {harness.deliver_mail(mail(number=number)) for number in range(113)}


def test_the_heads_of_many_messages_come_once_each(harness: Harness) -> None:
    """However many portions the heads come in, none is left out and none comes twice; their number is known or None."""
    refs = many(harness)
    found = harness.mailbox.changes(None)
    shown = [head.ref for head in found.heads]
    assert sorted(shown) == sorted(refs)
    assert found.total in {None, len(refs)}


def test_hidden_mail_is_not_counted(harness: Harness) -> None:
    """Where the number of heads to come is told, junk and trash are no part of it."""
    for number, folder in enumerate((Folder.INBOX, Folder.JUNK, Folder.TRASH)):
        harness.deliver_mail(mail(number=number), folder)
    assert harness.mailbox.changes(None).total in {None, 1}


def test_reading_broken_off_loses_nothing(harness: Harness) -> None:
    """When reading the heads ends in the middle, the old cursor brings all again, here or in another process."""
    mailbox = harness.mailbox
    start = mailbox.changes(None).cursor
    refs = many(harness)
    for again in (mailbox, harness.mailbox):
        half = itertools.islice(again.changes(start).heads, 60)
        assert {head.ref for head in half} < refs
    assert {head.ref for head in mailbox.changes(start).heads} == refs
    assert {head.ref for head in harness.mailbox.changes(start).heads} == refs


def test_mail_that_comes_while_heads_are_read_is_reported(harness: Harness) -> None:
    """A message that arrives after `changes` returned is among these heads or among those since its cursor."""
    many(harness)
    found = harness.mailbox.changes(None)
    shown = [next(found.heads).ref]
    late = harness.deliver_mail(mail(number=200))
    shown += [head.ref for head in found.heads]
    shown += [head.ref for head in harness.mailbox.changes(found.cursor).heads]
    assert late in shown


def test_mail_deleted_while_heads_are_read_is_left_out(harness: Harness) -> None:
    """A message that goes after `changes` returned breaks nothing off; if its head came, it is among the removed."""
    refs = many(harness)
    found = harness.mailbox.changes(None)
    shown = {next(found.heads).ref}
    gone = set(sorted(refs - shown)[::7])
    for ref in gone:
        harness.user_deletes_mail(ref)
    shown |= {head.ref for head in found.heads}
    news = harness.mailbox.changes(found.cursor)
    assert refs - gone <= shown <= refs
    assert shown & gone <= set(news.removed)
    assert list(news.heads) == []


def test_a_label_set_while_heads_are_read_is_reported_next(harness: Harness) -> None:
    """A message relabelled after `changes` returned is among the heads since its cursor."""
    refs = many(harness)
    found = harness.mailbox.changes(None)
    changed = max(refs - {next(found.heads).ref})
    harness.user_labels(changed, Label.DONE)
    assert {head.ref for head in found.heads} < refs
    news = harness.mailbox.changes(found.cursor)
    assert [(head.ref, head.labels) for head in news.heads] == [(changed, frozenset({Label.DONE}))]


def test_header_fields_keep_order_and_case(harness: Harness) -> None:
    """A head has the fields of the mail in their order, names as written, encoded words decoded."""
    ref = harness.deliver_mail(mail("=?utf-8?q?R=C3=BCckruf?=", X_One="1", x_TWO="2"))
    head = heads(harness.mailbox)[ref]
    names = [name for name, _ in head.headers]
    assert names[names.index("X-One") :] == ["X-One", "x-TWO"]
    assert head.header("subject") == "Rückruf"
    assert head.received_at.tzinfo is not None


def test_hostile_header_adds_no_field(harness: Harness) -> None:
    """Line breaks and NULs inside encoded words stay inside their field."""
    ref = harness.deliver_mail(mail("=?utf-8?q?Hi=0D=0AX-Evil:_1=00?= =?x-none?b?////?="))
    head = heads(harness.mailbox)[ref]
    assert head.header("X-Evil") is None
    assert head.header("To") == "me@example.org"


def test_a_thread_is_one_whatever_arrives_first(harness: Harness) -> None:
    """A message, its answer and the answer to that share a thread that no other message has."""
    root = harness.deliver_mail(mail(number=1))
    answer = harness.deliver_mail(mail("Re: Missed call", number=2, In_Reply_To="<m1@example.org>"))
    third = harness.deliver_mail(mail("Re: Missed call", number=3, References="<m1@example.org> <m2@example.org>"))
    other = harness.deliver_mail(mail(number=4))
    found = heads(harness.mailbox)
    assert found[root].thread == found[answer].thread == found[third].thread != found[other].thread


def test_folders_have_roles(harness: Harness) -> None:
    """Sent mail, drafts and the archive are reported with their role; junk and trash are not reported."""
    refs = {role: harness.deliver_mail(mail(number=n), role) for n, role in enumerate(Folder)}
    found = heads(harness.mailbox)
    shown = {role: found[ref].folder for role, ref in refs.items() if ref in found}
    assert shown == {role: role for role in Folder if role not in {Folder.JUNK, Folder.TRASH}}


@pytest.mark.parametrize("folder", [Folder.TRASH, Folder.JUNK])
def test_mail_moved_to_trash_is_removed(harness: Harness, folder: Folder) -> None:
    """A message moved to trash or junk is reported as gone, and moved back as there again."""
    ref = harness.deliver_mail(mail())
    first = harness.mailbox.changes(None)
    moved = harness.user_moves_mail(ref, folder)
    second = harness.mailbox.changes(first.cursor)
    assert (list(second.heads), second.removed) == ([], (ref,))
    back = harness.user_moves_mail(moved, Folder.INBOX)
    assert [head.ref for head in harness.mailbox.changes(second.cursor).heads] == [back]


def test_mail_moved_to_the_archive_is_reported(harness: Harness) -> None:
    """A message that changed its folder is among the heads again; a ref that ended is among the removed."""
    ref = harness.deliver_mail(mail())
    first = harness.mailbox.changes(None)
    moved = harness.user_moves_mail(ref, Folder.ARCHIVE)
    news = harness.mailbox.changes(first.cursor)
    assert [(head.ref, head.folder) for head in news.heads] == [(moved, Folder.ARCHIVE)]
    assert news.removed == (() if moved == ref else (ref,))


def test_deleted_mail_is_removed(harness: Harness) -> None:
    """A message deleted for good is reported as gone, once."""
    ref = harness.deliver_mail(mail())
    first = harness.mailbox.changes(None)
    harness.user_deletes_mail(ref)
    news = harness.mailbox.changes(first.cursor)
    assert news.removed == (ref,)
    assert harness.mailbox.changes(news.cursor).removed == ()


def test_fetch_keeps_order_and_leaves_gone_ones_out(harness: Harness) -> None:
    """The raw messages come in the order asked, without the ones that are gone."""
    raws = [mail(number=number, body=f"text {number}\n") for number in range(4)]
    refs = [harness.deliver_mail(raw) for raw in raws]
    harness.user_deletes_mail(refs[1])
    found = list(harness.mailbox.fetch([refs[3], refs[1], refs[0]], audio=True))
    assert [(ref, plain(raw)) for ref, raw in found] == [(refs[3], plain(raws[3])), (refs[0], plain(raws[0]))]


def test_fetch_of_foreign_refs_is_empty(harness: Harness) -> None:
    """A ref that never was one yields nothing, and leads nowhere outside the mailbox."""
    refs = [harness.deliver_mail(mail())]
    foreign = [
        type(refs[0])(text) for text in ("", "x", "INBOX/", "../etc/passwd", "INBOX/../../x", "/etc/passwd", "a\0b")
    ]
    assert list(harness.mailbox.fetch(foreign)) == []


def test_fetch_follows_a_message_that_was_relabelled(harness: Harness) -> None:
    """A ref stays good when the label changes between listing and reading."""
    ref = harness.deliver_mail(mail())
    mailbox = harness.mailbox
    mailbox.changes(None)
    harness.user_labels(ref, Label.DONE)
    assert [found for found, _ in mailbox.fetch([ref])] == [ref]


def test_a_large_message_has_a_small_head(harness: Harness) -> None:
    """A message of 30 MB yields its head as any other, and all its bytes when fetched."""
    raw = mail(body="QUJD" * 19 * 400_000 + "\n")
    ref = harness.deliver_mail(raw)
    mailbox = harness.mailbox
    assert sum(len(value) for _, value in heads(mailbox)[ref].headers) < 1000
    assert len(next(mailbox.fetch([ref], audio=True))[1]) >= 30_000_000


@pytest.mark.parametrize("label", list(Label))
def test_a_label_shows(harness: Harness, label: Label) -> None:
    """A label that was set is read back by the next connection."""
    ref = harness.deliver_mail(mail())
    harness.mailbox.set_state(ref, label)
    assert heads(harness.mailbox)[ref].labels == {label}


def test_labels_replace_each_other(harness: Harness) -> None:
    """A message shows one label of ours at a time, and none after None."""
    ref = harness.deliver_mail(mail())
    for label in (Label.TO_CALL, Label.PROMISED, Label.PROMISED, Label.DONE):
        harness.mailbox.set_state(ref, label)
        assert heads(harness.mailbox)[ref].labels == {label}
    harness.mailbox.set_state(ref, None)
    assert heads(harness.mailbox)[ref].labels == frozenset()


def test_a_label_touches_one_message_only(harness: Harness) -> None:
    """Labelling one message leaves the labels of the others as they are."""
    refs = [harness.deliver_mail(mail(number=number)) for number in (1, 2, 3)]
    for ref, label in zip(refs, Label, strict=False):
        harness.mailbox.set_state(ref, label)
    found = heads(harness.mailbox)
    assert [found[ref].labels for ref in refs] == [{label} for label in itertools.islice(Label, 3)]


def test_a_label_leaves_the_rest_alone(harness: Harness) -> None:
    """An unread message in the inbox stays unread, in the inbox, and of the same content."""
    raw = mail()
    ref = harness.deliver_mail(raw)
    harness.mailbox.set_state(ref, Label.TO_CALL)
    assert harness.unread(ref)
    assert heads(harness.mailbox)[ref].folder is Folder.INBOX
    assert plain(next(harness.mailbox.fetch([ref]))[1]) == plain(raw)


def test_a_label_works_in_any_folder(harness: Harness) -> None:
    """A message in the archive takes a label too."""
    ref = harness.deliver_mail(mail(), Folder.ARCHIVE)
    harness.mailbox.set_state(ref, Label.DONE)
    assert heads(harness.mailbox)[ref].labels == {Label.DONE}


def test_a_gone_message_takes_no_label(harness: Harness) -> None:
    """Labelling a message that is gone raises NotFoundError."""
    ref = harness.deliver_mail(mail())
    harness.user_deletes_mail(ref)
    with pytest.raises(NotFoundError):
        harness.mailbox.set_state(ref, Label.DONE)


def test_a_label_of_the_user_is_reported(harness: Harness) -> None:
    """When the user changes our label the message is among the heads again, with the user's choice."""
    ref = harness.deliver_mail(mail())
    harness.mailbox.set_state(ref, Label.TO_CALL)
    first = harness.mailbox.changes(None)
    for label in (Label.DONE, None):
        harness.user_labels(ref, label)
        news = harness.mailbox.changes(first.cursor)
        assert [(head.ref, head.labels) for head in news.heads] == [(ref, {label} if label else frozenset())]
        first = news


def test_a_label_whose_answer_was_lost_is_set_once(harness: Harness) -> None:
    """Setting a label again after a lost answer leaves exactly that label."""
    ref = harness.deliver_mail(mail())
    with pytest.raises(TransientError):
        Lossy(harness.mailbox).set_state(ref, Label.TO_CALL)
    harness.mailbox.set_state(ref, Label.TO_CALL)
    assert heads(harness.mailbox)[ref].labels == {Label.TO_CALL}


def test_an_appended_message_is_unread_in_the_inbox(harness: Harness) -> None:
    """A message to the user arrives in the inbox, unread, as it was written."""
    ref = harness.mailbox.append(mail("Today's calls", body="Ann at 10:00.\n"), "digest-2026-03-23")
    head = heads(harness.mailbox)[ref]
    assert (head.folder, head.header("Subject")) == (Folder.INBOX, "Today's calls")
    assert harness.unread(ref)
    assert b"Ann at 10:00." in next(harness.mailbox.fetch([ref]))[1]


def test_a_key_is_appended_once(harness: Harness) -> None:
    """The same key twice, also after a lost answer or a label, is one message; another key is another."""
    with pytest.raises(TransientError):
        Lossy(harness.mailbox).append(mail("Digest"), "one")
    ref = harness.mailbox.append(mail("Digest"), "one")
    harness.mailbox.set_state(ref, Label.CHECK)
    assert harness.mailbox.append(mail("Digest"), "one") == ref
    assert harness.mailbox.append(mail("Digest"), "two") != ref
    assert len(heads(harness.mailbox)) == 2


def test_search_finds_an_address(harness: Harness) -> None:
    """Messages from and to an address are found in any case, the newest first."""
    refs = [
        harness.deliver_mail(mail(number=1, From="Ann <Ann@Acme.example>")),
        harness.deliver_mail(mail(number=2)),
        harness.deliver_mail(mail(number=3, To="ann@acme.example"), Folder.SENT),
    ]
    assert [head.ref for head in harness.mailbox.search("ann@acme.example")] == [refs[2], refs[0]]


def test_search_finds_a_number_however_written(harness: Harness) -> None:
    """A number is found in subject and text with any separators, and no longer number is taken for it."""
    wanted = {
        harness.deliver_mail(mail("Call from +49 30 9018-20", number=1)),
        harness.deliver_mail(mail(number=2, body="Bitte (030) 901820 anrufen.\n")),
        harness.deliver_mail(mail(number=3, body="+4930901820\n")),
    }
    harness.deliver_mail(mail(number=4, body="+49309018\n"))
    assert {head.ref for head in harness.mailbox.search("+4930901820")} == wanted


def test_search_finds_nothing_in_nothing(harness: Harness) -> None:
    """What no message names is not found; what looks like a pattern is text."""
    harness.deliver_mail(mail())
    assert list(harness.mailbox.search("nobody@example.org")) == []
    assert list(harness.mailbox.search(".*@.*")) == []


def test_wait_returns_when_something_came(harness: Harness) -> None:
    """Waiting ends at once when mail came since the last look, unless the account says that it cannot push."""
    mailbox = harness.mailbox
    mailbox.changes(None)
    harness.deliver_mail(mail())
    try:
        assert mailbox.wait(timedelta(seconds=20)) is True
    except UnsupportedError as error:
        assert error.operation == "mailbox.wait"  # noqa: PT017 - either answer keeps the contract


def test_wait_ends_with_its_time(harness: Harness) -> None:
    """Waiting returns False when nothing came, unless the account says that it cannot push."""
    mailbox = harness.mailbox
    mailbox.changes(None)
    try:
        assert mailbox.wait(timedelta(seconds=0.2)) is False
    except UnsupportedError as error:
        assert error.operation == "mailbox.wait"  # noqa: PT017 - either answer keeps the contract
