"""The local provider under the contract suites: mail programs and calendars played on its files."""

from __future__ import annotations

import mailbox as maildirs
import os
import shutil
from typing import TYPE_CHECKING

import icalendar

from assistant.model.mailbox import Folder, Label, Ref
from providers import local
from providers.local import keywords
from tests.contract.harness import REGION, ZONE, Harness
from tests.contract.memory import CLOCK, NoSecrets

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from assistant.ports import Account

FOLDERS = {
    Folder.INBOX: "INBOX",
    Folder.ARCHIVE: ".Archive",
    Folder.DRAFTS: ".Drafts",
    Folder.SENT: ".Sent",
    Folder.JUNK: ".Junk",
    Folder.TRASH: ".Trash",
    Folder.OTHER: ".Family",
}


class LocalHarness(Harness):
    """Folders in a temporary place. The standard library's Maildir plays the user's mail program."""

    def __init__(self, place: Path) -> None:
        self.maildir, self.vdir, self.busy = place / "Maildir", place / "calls", place / "work"
        self.cards = place / "contacts"
        for folder in (self.vdir, self.busy, self.cards):
            folder.mkdir()
        self.inbox = maildirs.Maildir(self.maildir)
        self.problems: list[str] = []
        self._count = 0

    def settings(self) -> dict[str, object]:
        """Return the section of the config that names the folders."""
        places = {"maildir": self.maildir, "calendar": self.vdir, "contacts": self.cards}
        return {name: str(place) for name, place in places.items()} | {"busy": [str(self.busy)]}

    def connect(self) -> Account:
        return local.connect(self.settings(), ZONE, NoSecrets(), REGION, self.problems.append, CLOCK)

    def folder(self, folder: Folder) -> maildirs.Maildir:
        """Return a folder as the mail program sees it."""
        name = FOLDERS[folder]
        return self.inbox if name == "INBOX" else maildirs.Maildir(self.maildir / name)

    def path(self, ref: Ref) -> Path:
        """Return the file of a message."""
        folder, _, unique = ref.partition("/")
        place = self.maildir if folder == "INBOX" else self.maildir / folder
        return next(path for sub in ("new", "cur") for path in (place / sub).glob(f"{unique}*"))

    def deliver_mail(self, raw: bytes, folder: Folder | None = None) -> Ref:
        role = folder or Folder.INBOX
        unique = self.folder(role).add(raw)
        ref = Ref(f"{FOLDERS[role]}/{unique}")
        self._count += 1
        os.utime(self.path(ref), (1_774_000_000 + self._count,) * 2)
        return ref

    def user_labels(self, ref: Ref, label: Label | None) -> None:
        path = self.path(ref)
        place = path.parent.parent
        letter = keywords.letter_for(place, label) if label else ""
        unique, _, info = path.name.partition(":2,")
        others = [each for each in info if each not in keywords.labels(place)]
        path.rename(place / "cur" / f"{unique}:2,{''.join(sorted([*others, *letter]))}")

    def user_moves_mail(self, ref: Ref, folder: Folder) -> Ref:
        raw = self.path(ref).read_bytes()
        self.path(ref).unlink()
        return self.deliver_mail(raw, folder)

    def user_deletes_mail(self, ref: Ref) -> None:
        self.path(ref).unlink()

    def unread(self, ref: Ref) -> bool:
        return "S" not in self.path(ref).name.partition(":2,")[2]

    def user_writes_draft(self, raw: bytes) -> Ref:
        message = maildirs.MaildirMessage(raw)
        message.set_subdir("cur")
        message.set_flags("DS")
        return Ref(f".Drafts/{self.folder(Folder.DRAFTS).add(message)}")

    def user_edits_draft(self, ref: Ref, raw: bytes) -> None:
        self.path(ref).write_bytes(raw)

    def user_deletes_draft(self, ref: Ref) -> None:
        self.path(ref).unlink()

    def user_sends_draft(self, ref: Ref) -> None:
        self.user_moves_mail(ref, Folder.SENT)

    def user_adds_events(self, ics: bytes) -> None:
        self._count += 1
        (self.busy / f"user-{self._count}.ics").write_bytes(ics)

    def _edit(self, ref: Ref, **changes: object) -> None:
        path = self.vdir / ref
        calendar = icalendar.Calendar.from_ical(path.read_bytes())
        event = calendar.walk("VEVENT")[0]
        for name, value in changes.items():
            event.pop(name)
            event.add(name, value)
        path.write_bytes(calendar.to_ical())

    def user_moves_event(self, ref: Ref, start: datetime) -> None:
        event = icalendar.Calendar.from_ical((self.vdir / ref).read_bytes()).events[0]
        self._edit(ref, DTSTART=start, DTEND=start + event.duration)

    def user_renames_event(self, ref: Ref, title: str) -> None:
        self._edit(ref, SUMMARY=title)

    def user_deletes_event(self, ref: Ref) -> None:
        (self.vdir / ref).unlink()

    def user_cancels_event(self, ref: Ref) -> None:
        self._edit(ref, STATUS="CANCELLED")

    def calendar_goes_missing(self) -> None:
        shutil.move(self.vdir, self.vdir.with_name("elsewhere"))

    def user_adds_contacts(self, vcf: bytes) -> None:
        self._count += 1
        (self.cards / f"card-{self._count}.vcf").write_bytes(vcf)

    def expire_cursors(self) -> None:
        """Move the Maildir's history out of reach: a folder keeps none, so the cursor of another one stands for it."""
        moved = self.maildir.with_name("Moved")
        self.maildir.rename(moved)
        self.maildir = moved
        self.inbox = maildirs.Maildir(moved)
        self.vdir = self.vdir.rename(self.vdir.with_name("moved"))
