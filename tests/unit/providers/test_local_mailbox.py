"""The Maildir side of the local provider: what the ports do not say."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
import tracemalloc
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from assistant.errors import CursorExpiredError, NotFoundError, ProviderError, TransientError, UnsupportedError
from assistant.model.mailbox import Folder, Label
from providers.local import keywords, maildir
from tests.contract.harness import mail
from tests.contract.local import LocalHarness

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.model.mailbox import Ref


@pytest.fixture
def user(tmp_path: Path) -> LocalHarness:
    """Return an empty Maildir."""
    return LocalHarness(tmp_path)


def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list that files opened from now on are noted in."""
    names: list[str] = []
    real = Path.open

    def note(path: Path, *args: object, **kwargs: object) -> object:
        names.append(path.name)
        return real(path, *args, **kwargs)  # type: ignore[call-overload]  # passes on whatever it was given

    monkeypatch.setattr(Path, "open", note)
    return names


def test_old_mail_is_not_read_again(user: LocalHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a cursor only the new message's file is opened, whatever was read, flagged or moved to cur meanwhile."""
    refs = [user.deliver_mail(mail(number=number)) for number in range(20)]
    cursor = user.mailbox.changes(None).cursor
    for ref in refs[:10]:
        path = user.path(ref)
        path.rename(path.parent.parent / "cur" / f"{path.name.partition(':')[0]}:2,FS")
    new = user.deliver_mail(mail(number=99))
    names = opened(monkeypatch)
    assert [head.ref for head in user.mailbox.changes(cursor).heads] == [new]
    assert [name.partition(":")[0] for name in names if "dovecot" not in name] == [new.partition("/")[2]]


def test_a_cursor_is_small(user: LocalHarness) -> None:
    """The cursor of 2,000 messages takes fewer than 30 bytes for each."""
    for number in range(2000):
        name = (
            f"{1_770_000_000 + number * 977}.M{number * 7919 % 10**6}P{number % 30_000}.mail.example.org,S={number}:2,S"
        )
        (user.maildir / "cur" / name).write_bytes(b"Subject: x\n\n")
    assert len(user.mailbox.changes(None).cursor) < 2000 * 30


def test_a_large_message_takes_no_memory(user: LocalHarness) -> None:
    """Heads of messages of 30 MB are read within 1 MiB of memory, and fetching holds one at a time."""
    for number in range(3):
        user.deliver_mail(mail(number=number, body="x" * 30_000_000))
    tracemalloc.start()
    try:
        heads = list(user.mailbox.changes(None).heads)
        assert tracemalloc.get_traced_memory()[1] < 2**20
        for _ in user.mailbox.fetch([head.ref for head in heads]):
            pass
        assert tracemalloc.get_traced_memory()[1] < 70_000_000
    finally:
        tracemalloc.stop()


def test_a_header_without_end_is_cut(user: LocalHarness) -> None:
    """A file that is one endless header is read up to a limit."""
    ref = user.deliver_mail(b"Subject: x\n" + b"X-Long: y\n" * 500_000)
    head = next(user.mailbox.changes(None).heads)
    assert head.ref == ref
    assert len(head.headers) < 200_000


def test_a_file_renamed_while_it_is_listed_is_not_lost(user: LocalHarness) -> None:
    """While another program flags messages without rest, every look finds all of them, and none as removed."""
    refs = {user.deliver_mail(mail(number=number)) for number in range(60)}
    stop = threading.Event()

    def flag() -> None:
        for ref in _forever(sorted(refs), stop):
            path = user.path(ref)
            unique, _, info = path.name.partition(":2,")
            path.rename(path.parent.parent / "cur" / f"{unique}:2,{'' if 'S' in info else 'S'}")

    reader = threading.Thread(target=flag)
    reader.start()
    try:
        mailbox = user.mailbox
        news = mailbox.changes(None)
        assert {head.ref for head in news.heads} == refs
        for _ in range(10):
            news = mailbox.changes(news.cursor)
            assert (list(news.heads), news.removed) == ([], ())
    finally:
        stop.set()
        reader.join()


def _forever(refs: list[Ref], stop: threading.Event) -> Iterator[Ref]:
    while not stop.is_set():
        yield from refs


def test_a_cursor_of_another_maildir_is_refused(tmp_path: Path) -> None:
    """A cursor made for one Maildir raises CursorExpiredError on another."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    first, second = LocalHarness(tmp_path / "a"), LocalHarness(tmp_path / "b")
    with pytest.raises(CursorExpiredError, match="from the beginning"):
        second.mailbox.changes(first.mailbox.changes(None).cursor)


def test_a_missing_maildir_is_named(tmp_path: Path) -> None:
    """Every look into a Maildir that is not there raises NotFoundError with its path, and removes nothing."""
    harness = LocalHarness(tmp_path)
    harness.deliver_mail(mail())
    mailbox = harness.mailbox
    cursor = mailbox.changes(None).cursor
    harness.maildir.rename(tmp_path / "unmounted")
    for look in (
        lambda: mailbox.changes(cursor),
        lambda: list(mailbox.search("x")),
        lambda: mailbox.append(b"", "k"),
        lambda: mailbox.wait(timedelta(0)),
        lambda: list(harness.drafts.list()),
    ):
        with pytest.raises(NotFoundError, match=str(harness.maildir)):
            look()


def test_file_errors_are_provider_errors(user: LocalHarness) -> None:
    """What the file system refuses reaches the caller as ProviderError with the file's name, the cause kept."""
    user.deliver_mail(mail())
    (user.maildir / "cur" / "1.folder:2,").mkdir()
    with pytest.raises(ProviderError, match=r"1\.folder") as caught:
        list(user.mailbox.changes(None).heads)
    assert isinstance(caught.value.__cause__, IsADirectoryError)


def test_keywords_of_others_stay(user: LocalHarness) -> None:
    """Letters and names that Dovecot gave out keep their meaning; ours take the first free ones."""
    (user.maildir / "dovecot-keywords").write_text("0 $Junk\n1 $Label1\n3 $callbacks/tocall\n")
    ref = user.deliver_mail(mail())
    path = user.path(ref)
    path.rename(user.maildir / "cur" / f"{path.name}:2,FRab")
    for label, letters in ((Label.TO_CALL, "FRabd"), (Label.DONE, "FRabc"), (None, "FRab")):
        user.mailbox.set_state(ref, label)
        assert user.path(ref).name.endswith(f":2,{letters}")
    assert keywords.read(user.maildir) == {
        "a": "$Junk",
        "b": "$Label1",
        "c": "$Callbacks/Done",
        "d": "$callbacks/tocall",
    }


def test_the_list_of_keywords_grows_in_time(user: LocalHarness) -> None:
    """A replaced list is newer by a whole second than the one before, for Dovecot rereads it only then."""
    times = []
    for label in (Label.TO_CALL, Label.DONE, Label.CHECK):
        user.mailbox.set_state(user.deliver_mail(mail()), label)
        times.append(int((user.maildir / "dovecot-keywords").stat().st_mtime))
    assert times == sorted(set(times))


def test_all_letters_taken_is_said(user: LocalHarness) -> None:
    """When all 26 keywords are taken, labelling raises UnsupportedError that says where to make room."""
    (user.maildir / "dovecot-keywords").write_text("".join(f"{number} k{number}\n" for number in range(26)))
    ref = user.deliver_mail(mail())
    with pytest.raises(UnsupportedError, match="dovecot-keywords"):
        user.mailbox.set_state(ref, Label.DONE)
    assert not (user.maildir / "dovecot-uidlist.lock").exists()


def test_a_damaged_list_of_keywords_is_read_as_far_as_it_goes(user: LocalHarness) -> None:
    """Lines that are no entry are passed over."""
    (user.maildir / "dovecot-keywords").write_bytes(b"x y\n99 far\n\n2\n4 $Callbacks/Done\n\xff\xfe\n-1 k\n")
    assert keywords.labels(user.maildir) == {"e": Label.DONE}


def test_a_lock_is_waited_for_and_an_old_one_broken(user: LocalHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another program holds the folder labelling raises TransientError; a lock of two minutes ago is broken."""
    monkeypatch.setattr(keywords, "_PATIENCE", 0.1)
    ref = user.deliver_mail(mail())
    lock = user.maildir / "dovecot-uidlist.lock"
    lock.touch()
    with pytest.raises(TransientError, match=r"dovecot-uidlist\.lock"):
        user.mailbox.set_state(ref, Label.DONE)
    os.utime(lock, (time.time() - 200,) * 2)
    user.mailbox.set_state(ref, Label.DONE)
    assert next(user.mailbox.changes(None).heads).labels == {Label.DONE}
    assert not lock.exists()


@pytest.mark.parametrize("owner", ["{dead}:{host}", "{own}:{host}"])
def test_a_lock_of_a_process_that_died_is_broken_at_once(
    user: LocalHarness, monkeypatch: pytest.MonkeyPatch, owner: str
) -> None:
    """A kill in the middle of labelling leaves a lock that nobody waits for, not even who has the dead one's number."""
    monkeypatch.setattr(keywords, "_PATIENCE", 0.1)
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        pass
    lock = user.maildir / "dovecot-uidlist.lock"
    lock.write_text(owner.format(dead=dead.pid, own=os.getpid(), host=socket.gethostname()))
    user.mailbox.set_state(user.deliver_mail(mail()), Label.DONE)
    assert next(user.mailbox.changes(None).heads).labels == {Label.DONE}
    assert not lock.exists()


@pytest.mark.parametrize(
    "owner", ["{parent}:{host}", "{dead}:elsewhere.example", "", "a:{host}", "9999999999999:{host}"]
)
def test_a_lock_of_anybody_else_is_waited_for(user: LocalHarness, monkeypatch: pytest.MonkeyPatch, owner: str) -> None:
    """A lock of a process that lives, of another machine or of nobody knows whom is left alone."""
    monkeypatch.setattr(keywords, "_PATIENCE", 0.1)
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        pass
    lock = user.maildir / "dovecot-uidlist.lock"
    lock.write_text(owner.format(dead=dead.pid, parent=os.getppid(), host=socket.gethostname()))
    ref = user.deliver_mail(mail())
    with pytest.raises(TransientError, match=r"dovecot-uidlist\.lock"):
        user.mailbox.set_state(ref, Label.DONE)
    assert lock.exists()


def test_nothing_is_left_in_tmp(user: LocalHarness) -> None:
    """After deliveries and drafts tmp/ is empty, and a new folder bears Maildir++'s mark."""
    user.mailbox.append(mail(), "k")
    user.drafts.put(mail(), "k")
    assert not [*user.maildir.glob("tmp/*"), *user.maildir.glob(".Drafts/tmp/*")]
    assert (user.maildir / ".Drafts" / "maildirfolder").is_file()


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("INBOX", Folder.INBOX),
        (".Drafts", Folder.DRAFTS),
        (".Entw&APw-rfe", Folder.DRAFTS),
        (".INBOX.Drafts", Folder.DRAFTS),
        (".Sent Items", Folder.SENT),
        (".Envoy&AOk-s", Folder.SENT),
        (".Gel&APY-schte Elemente", Folder.TRASH),
        (".spam", Folder.JUNK),
        (".Archive.2024.05", Folder.ARCHIVE),
        (".Family", Folder.OTHER),
        (".", Folder.OTHER),
    ],
)
def test_folders_are_known_by_their_names(name: str, role: Folder) -> None:
    """A folder's role follows from its name in the usual languages, or from the folder that it lies in."""
    assert maildir.role(name) is role


def test_wait_wakes_up(user: LocalHarness) -> None:
    """A message that arrives while waiting ends the wait long before its time."""
    mailbox = user.mailbox
    mailbox.changes(None)
    timer = threading.Timer(0.3, lambda: user.mailbox.append(mail(), "k"))
    timer.start()
    begun = time.monotonic()
    assert mailbox.wait(timedelta(seconds=30))
    assert time.monotonic() - begun < 10
    timer.join()


def test_encoded_text_is_searched(user: LocalHarness) -> None:
    """A number in a base64 text and one in an encoded subject are found."""
    body = "QW5uOiArNDkgMzAgOTAxODIwCg==\n"  # "Ann: +49 30 901820"
    refs = {
        user.deliver_mail(mail(number=1, body=body, Content_Type="text/plain", Content_Transfer_Encoding="base64")),
        user.deliver_mail(mail("=?utf-8?b?MDMwIDkwMTgyMA==?=", number=2)),
    }
    user.deliver_mail(mail(number=3, body=body, Content_Type="audio/wav", Content_Transfer_Encoding="base64"))
    assert {head.ref for head in user.mailbox.search("+4930901820")} == refs
