"""Drafts, calendar and settings of the local provider: crashes, damaged files, names."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from assistant.errors import ConfigError, InvalidResponseError, NotFoundError, UnsupportedError, WrongETagError
from assistant.model.mailbox import Ref
from providers import local, memory
from tests.contract.harness import MONDAY, REGION, ZONE, event, ics, mail
from tests.contract.local import LocalHarness
from tests.contract.memory import CLOCK, NoSecrets

if TYPE_CHECKING:
    from collections.abc import Callable

WEEK = (MONDAY, MONDAY + timedelta(days=7))


class PowerCutError(BaseException):
    """The process ends here: nothing catches this."""


@pytest.fixture
def user(tmp_path: Path) -> LocalHarness:
    """Return empty folders."""
    return LocalHarness(tmp_path)


def cut(monkeypatch: pytest.MonkeyPatch, target: object, name: str) -> Callable[[], None]:
    """Make a call of the system end the process; return what repairs it."""

    def fail(*args: object, **kwargs: object) -> None:
        raise PowerCutError(args, kwargs)

    real = getattr(target, name)
    monkeypatch.setattr(target, name, fail)
    return lambda: monkeypatch.setattr(target, name, real)


@pytest.mark.parametrize("name", ["fsync", "link"])
def test_a_crash_before_a_draft_is_there(user: LocalHarness, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A write cut off early leaves no draft, and the next one makes one."""
    repair = cut(monkeypatch, os, name)
    with pytest.raises(PowerCutError):
        user.drafts.put(mail(), "k")
    repair()
    assert user.drafts.find("k") is None
    user.drafts.put(mail(), "k")
    assert len(list(user.drafts.list())) == 1


def test_a_crash_between_new_and_old_leaves_the_new(user: LocalHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the old version of a draft could not be removed any more, the next look removes it and keeps the new one."""
    first = user.drafts.put(mail(body="one\n"), "k")
    repair = cut(monkeypatch, type(user.drafts), "_remove")
    with pytest.raises(PowerCutError):
        user.drafts.put(mail(body="two\n"), "k", previous=first)
    repair()
    assert len(list(user.drafts.list())) == 2
    found = user.drafts.find("k")
    assert found is not None
    assert found.raw.endswith(b"two\n")
    assert [draft.ref for draft in user.drafts.list()] == [found.ref]
    assert user.drafts.put(mail(body="two\n"), "k", previous=first) == found.ref


def test_a_version_that_was_edited_after_the_crash_stays(user: LocalHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    """An old version that the user edited before the next look is the user's and is not removed."""
    first = user.drafts.put(mail(body="one\n"), "k")
    repair = cut(monkeypatch, type(user.drafts), "_remove")
    with pytest.raises(PowerCutError):
        user.drafts.put(mail(body="two\n"), "k", previous=first)
    repair()
    user.user_edits_draft(first.ref, mail(body="my own\n", X_Ringback_Key="k"))
    assert user.drafts.find("k") is not None
    assert {draft.raw.splitlines()[-1] for draft in user.drafts.list()} == {b"two", b"my own"}


@pytest.mark.parametrize("key", ["", "a b", "a\r\nBcc: x@example.org", "ä", "x" * 500])
def test_a_key_that_is_no_field_is_refused(user: LocalHarness, key: str) -> None:
    """A key that could not stand in a header field raises UnsupportedError and writes nothing."""
    with pytest.raises(UnsupportedError):
        user.drafts.put(mail(), key)
    assert list(user.drafts.list()) == []


def test_a_draft_without_references_gets_them(user: LocalHarness) -> None:
    """A draft put into a thread answers that thread's first message in every mail program."""
    ref = user.drafts.put(mail(), "k", "<root@example.org>")
    found = user.drafts.get(ref.ref)
    assert b"\nReferences: <root@example.org>\n" in b"\n" + found.raw
    assert b"\nIn-Reply-To: <root@example.org>\n" in b"\n" + found.raw
    assert found.thread == "<root@example.org>"


def test_mail_outside_drafts_is_no_draft(user: LocalHarness) -> None:
    """A message of the inbox cannot be read or deleted as a draft."""
    ref = user.deliver_mail(mail())
    with pytest.raises(NotFoundError):
        user.drafts.get(ref)


@pytest.mark.parametrize("name", ["fsync", "link"])
def test_a_crash_before_an_event_is_there(user: LocalHarness, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A write cut off early leaves no event and no file that a calendar reads, and the next one makes one."""
    repair = cut(monkeypatch, os, name)
    with pytest.raises(PowerCutError):
        user.calendar.put(event())
    repair()
    assert list(user.vdir.glob("*.ics")) == []
    user.calendar.put(event())
    assert [path.name for path in user.vdir.iterdir()] == ["cb1.0.ics"]


def test_a_crash_while_replacing_leaves_the_old(user: LocalHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    """A replacement cut off before its rename leaves the event as it was."""
    ref = user.calendar.put(event())
    repair = cut(monkeypatch, Path, "replace")
    with pytest.raises(PowerCutError):
        user.calendar.put(event(summary="Call Bob"), ref)
    repair()
    assert user.calendar.get(ref.ref).event.summary == "Call Ann Byrne"


def test_leftovers_of_a_crash_are_swept(user: LocalHarness) -> None:
    """A temporary file of an hour ago is removed by the next write; a fresh one may be in use."""
    old, fresh = user.vdir / ".ringback-old.tmp", user.vdir / ".ringback-new.tmp"
    for path in (old, fresh):
        path.touch()
    os.utime(old, (1_700_000_000,) * 2)
    user.calendar.put(event())
    assert (old.exists(), fresh.exists()) == (False, True)


def test_an_edit_in_the_last_moment_is_not_overwritten(user: LocalHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    """An edit made while the replacement is being written raises WrongETagError and stays."""
    ref = user.calendar.put(event())
    real = os.fsync

    def edit(handle: int) -> None:
        real(handle)
        user.user_renames_event(ref.ref, "mine")

    monkeypatch.setattr(os, "fsync", edit)
    with pytest.raises(WrongETagError):
        user.calendar.put(event(summary="Call Bob"), ref)
    monkeypatch.setattr(os, "fsync", real)
    assert user.calendar.get(ref.ref).event.summary == "mine"


def test_a_renamed_file_is_still_the_event(user: LocalHarness) -> None:
    """A file that another program renamed is found, got by its old ref, replaced, and not taken for gone."""
    ref = user.calendar.put(event())
    cursor = user.calendar.changes(None).cursor
    (user.vdir / ref.ref).rename(user.vdir / "0a1b2c.ics")
    found = user.calendar.find("cb1.0")
    assert found is not None
    assert found.ref.ref == "0a1b2c.ics"
    assert user.calendar.get(ref.ref) == found
    news = user.calendar.changes(cursor)
    assert ([one.ref for one in news.changed], news.removed) == ([Ref("0a1b2c.ics")], ())
    assert user.calendar.put(event()) == found.ref
    moved = user.calendar.put(event(summary="Call Bob"), ref)
    assert moved.ref == "0a1b2c.ics"
    user.calendar.delete(moved)
    assert list(user.vdir.iterdir()) == []


def test_a_damaged_event_is_reported_once(user: LocalHarness) -> None:
    """A file that cannot be read is named once for each version, and everything else is on the agenda."""
    user.user_adds_events(ics("DTSTART:20260323T090000Z\nSUMMARY:fine"))
    bad = user.busy / "bad.ics"
    bad.write_bytes(b"garbage")
    calendar = user.calendar
    for _ in range(2):
        assert [entry.title for entry in calendar.agenda(*WEEK)] == ["fine"]
    assert len(user.problems) == 1
    assert str(bad) in user.problems[0]
    assert "repair or remove" in user.problems[0]
    bad.write_bytes(b"other garbage")
    calendar.agenda(*WEEK)
    assert len(user.problems) == 2


def test_a_damaged_event_of_ours_is_no_deletion(user: LocalHarness) -> None:
    """A file of ours that can no longer be read raises InvalidResponseError, it is not gone."""
    ref = user.calendar.put(event())
    (user.vdir / ref.ref).write_bytes(b"garbage")
    with pytest.raises(InvalidResponseError, match=r"cb1\.0\.ics"):
        user.calendar.get(ref.ref)
    with pytest.raises(InvalidResponseError):
        user.calendar.put(event(summary="Call Bob"), ref)


def test_an_event_of_the_user_in_our_folder_is_not_ours(user: LocalHarness) -> None:
    """An event that the user adds to the calendar is among the changes and on the agenda, but none of ours."""
    (user.vdir / "dentist.ics").write_bytes(ics("UID:d\nDTSTART:20260323T090000Z\nSUMMARY:Dentist"))
    assert [one.ref for one in user.calendar.changes(None).changed] == [Ref("dentist.ics")]
    assert [(entry.title, entry.key) for entry in user.calendar.agenda(*WEEK)] == [("Dentist", None)]
    with pytest.raises(NotFoundError):
        user.calendar.get(Ref("dentist.ics"))


def test_a_missing_busy_folder_is_named(user: LocalHarness) -> None:
    """Without one of the folders that count as busy there is no agenda: planning over a meeting would be worse."""
    user.busy.rmdir()
    with pytest.raises(NotFoundError, match=str(user.busy)):
        user.calendar.agenda(*WEEK)


def test_one_folder_under_two_names_counts_once(user: LocalHarness) -> None:
    """The calendar listed among the busy folders again is read once, and its holds stay ours."""
    settings = user.settings() | {"busy": [str(user.busy), str(user.vdir), f"{user.busy}/../calls"]}
    calendar = local.connect(settings, ZONE, NoSecrets(), REGION, user.problems.append, CLOCK).calendar
    assert calendar is not None
    user.calendar.put(event())
    assert [entry.key for entry in calendar.agenda(*WEEK)] == ["cb1"]


def test_a_single_file_counts_as_busy(user: LocalHarness, tmp_path: Path) -> None:
    """A calendar exported to one .ics file may be named as busy."""
    export = tmp_path / "export.ics"
    export.write_bytes(ics("DTSTART:20260323T090000Z\nSUMMARY:a", "DTSTART:20260324T090000Z\nSUMMARY:b"))
    settings = user.settings() | {"busy": [str(export)]}
    calendar = local.connect(settings, ZONE, NoSecrets(), REGION, user.problems.append, CLOCK).calendar
    assert calendar is not None
    assert [entry.title for entry in calendar.agenda(*WEEK)] == ["a", "b"]


def test_a_damaged_card_is_reported_once(user: LocalHarness) -> None:
    """A card file that cannot be read is named once, not at every look."""
    user.user_adds_contacts(b"garbage")
    contacts = user.contacts
    for _ in range(2):
        assert list(contacts.named("Ann")) == []
    assert len(user.problems) == 1


def test_a_service_not_configured_is_none() -> None:
    """Without settings the account has no service at all."""
    assert local.connect({}, ZONE, NoSecrets(), REGION, print, CLOCK) == (None, None, None, None)


def test_all_wrong_settings_are_listed_at_once(tmp_path: Path) -> None:
    """ConfigError names every wrong key, each with what to write."""
    (tmp_path / "file").touch()
    settings = {"maildir": "relative", "calendar": str(tmp_path / "file"), "busy": "x", "contacts": 5, "calender": "y"}
    with pytest.raises(ConfigError) as caught:
        local.connect(settings, ZoneInfo("UTC"), NoSecrets(), REGION, print, CLOCK)
    assert [problem.partition(":")[0] for problem in caught.value.problems] == [
        "calender", "maildir", "calendar", "contacts", "busy",
    ]  # fmt: skip
    with pytest.raises(ConfigError, match="calendar: missing"):
        local.connect({"busy": [str(tmp_path)]}, ZONE, NoSecrets(), REGION, print, CLOCK)


def test_the_memory_provider_takes_a_state_alone() -> None:
    """Another kind of state and other keys are refused, together."""
    with pytest.raises(ConfigError, match="2 mistakes"):
        memory.connect({"state": {}, "maildir": "x"}, ZONE, NoSecrets(), REGION, print, CLOCK)
