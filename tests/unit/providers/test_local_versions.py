"""Versions: what the local provider says of a calendar or an address book instead of having it read."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from assistant.errors import NotFoundError
from providers.local.calendar import LocalCalendar
from providers.local.contacts import LocalContacts
from tests.contract.harness import MONDAY, REGION, ZONE, ics

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MEETING = "SUMMARY:Budget\nDTSTART:20261116T140000Z\nDTEND:20261116T150000Z"
CARD = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:{}\r\nTEL:+12125550141\r\nEND:VCARD\r\n"


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """A calendar of ours with one meeting, and a busy one with another."""
    own, busy = tmp_path / "own", tmp_path / "busy"
    for folder in (own, busy):
        folder.mkdir()
        (folder / "a.ics").write_bytes(ics(MEETING))
    return own, busy


def calendar(own: Path, busy: Path, problems: list[str] | None = None) -> LocalCalendar:
    """Open it as a new process would."""
    told = [] if problems is None else problems
    return LocalCalendar(own, [busy], ZONE, told.append)


CHANGES: dict[str, Callable[[Path], object]] = {
    "a new file": lambda folder: (folder / "b.ics").write_bytes(ics(MEETING)),
    "a file gone": lambda folder: (folder / "a.ics").unlink(),
    "a file changed": lambda folder: (folder / "a.ics").write_bytes(ics(MEETING.replace("1116T15", "1116T16"))),
    "a file renamed": lambda folder: (folder / "a.ics").rename(folder / "c.ics"),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("which", [0, 1])
def test_a_calendar_that_changed_has_another_version(folders: tuple[Path, Path], which: int, change: str) -> None:
    """Whatever happens to a file in any of the folders, in this process or another, the version is another."""
    here = calendar(*folders)
    before = here.version()
    assert before == calendar(*folders).version()
    CHANGES[change](folders[which])
    assert before != here.version() == calendar(*folders).version()


def test_times_of_files_are_no_versions(folders: tuple[Path, Path]) -> None:
    """The content counts: a file that was only touched is the same."""
    before = calendar(*folders).version()
    os.utime(folders[0] / "a.ics", (1, 1))
    assert calendar(*folders).version() == before


def test_a_calendar_with_damage_has_no_version(folders: tuple[Path, Path]) -> None:
    """A calendar that told of a damaged file is read again and again, so that each process tells of it."""
    (folders[1] / "b.ics").write_bytes(b"BEGIN:VEVENT")
    problems: list[str] = []
    here = calendar(*folders, problems)
    assert here.version() is not None
    here.agenda(MONDAY, MONDAY + timedelta(days=1))
    assert len(problems) == 1
    assert here.version() is None


def test_a_missing_busy_calendar_is_said(folders: tuple[Path, Path], tmp_path: Path) -> None:
    """A folder that is not there has no version, and that is an error as it is when the agenda is read."""
    with pytest.raises(NotFoundError):
        calendar(folders[0], tmp_path / "nowhere").version()


def test_an_address_book_that_changed_has_another_version(tmp_path: Path) -> None:
    """A new, a changed and a renamed file of cards make another version; another process finds the same one."""
    folder = tmp_path / "cards"
    folder.mkdir()
    book = LocalContacts(folder, REGION, lambda _: None)
    seen = {book.version()}
    (folder / "a.vcf").write_text(CARD.format("Ann"), encoding="utf-8")
    seen.add(book.version())
    (folder / "a.vcf").write_text(CARD.format("Ann Byrne"), encoding="utf-8")
    seen.add(book.version())
    assert book.version() == LocalContacts(folder, REGION, lambda _: None).version()
    (folder / "a.vcf").rename(folder / "b.vcf")
    seen.add(book.version())
    assert len(seen) == 4
    assert None not in seen


def test_a_missing_address_book_is_a_version_of_its_own(tmp_path: Path) -> None:
    """That it is not there is said when somebody is looked up in it, not before."""
    book = LocalContacts(tmp_path / "nowhere", REGION, lambda _: None)
    before = book.version()
    (tmp_path / "nowhere").mkdir()
    assert before != book.version()
