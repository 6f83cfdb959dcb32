"""The in-memory provider under the contract suites."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from assistant.bootstrap import SystemClock
from assistant.model.calendar import EventStatus
from assistant.model.mailbox import Folder, Label, Ref
from assistant.standards import ical, recurrence, vcard
from providers import memory
from tests.contract.harness import REGION, ZONE, Harness

if TYPE_CHECKING:
    from pathlib import Path

    from assistant.ports import Account


CLOCK = SystemClock()


class NoSecrets:
    """A keyring for accounts that need none."""

    def get(self, name: str) -> str | None:
        raise AssertionError(name)

    def set(self, name: str, value: str) -> None:
        raise AssertionError(name, value)

    def delete(self, name: str) -> None:
        raise AssertionError(name)


class MemoryHarness(Harness):
    """A `State` in the hands of a user."""

    def __init__(self, place: Path | None = None) -> None:
        del place
        self.state = memory.State()
        self.problems: list[str] = []

    def connect(self) -> Account:
        return memory.connect({"state": self.state}, ZONE, NoSecrets(), REGION, self.problems.append, CLOCK)

    def deliver_mail(self, raw: bytes, folder: Folder | None = None) -> Ref:
        arrival = datetime(2026, 3, 20, 9, tzinfo=UTC) + timedelta(minutes=len(self.state.mails))
        return self.state.deliver(raw, arrival, folder or Folder.INBOX)

    def user_labels(self, ref: Ref, label: Label | None) -> None:
        self.state.set_label(ref, label)

    def user_moves_mail(self, ref: Ref, folder: Folder) -> Ref:
        self.state.move(ref, folder)
        return ref

    def user_deletes_mail(self, ref: Ref) -> None:
        self.state.delete_mail(ref)

    def unread(self, ref: Ref) -> bool:
        return self.state.mails[ref].unread

    def user_writes_draft(self, raw: bytes) -> Ref:
        return self.state.save_draft(raw)

    def user_edits_draft(self, ref: Ref, raw: bytes) -> None:
        self.state.save_draft(raw, ref)

    def user_deletes_draft(self, ref: Ref) -> None:
        self.state.delete_draft(ref)

    def user_sends_draft(self, ref: Ref) -> None:
        self.state.send_draft(ref)

    def user_adds_events(self, ics: bytes) -> None:
        series, _ = recurrence.split(ical.parse(ics), ZONE)
        start, end = datetime(2025, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
        for each in series:
            self.state.agenda += recurrence.entries(each, start, end, ZONE, ours=False)

    def user_moves_event(self, ref: Ref, start: datetime) -> None:
        event = self.state.events[ref]
        self.state.move_event(ref, start, event.end - event.start)

    def user_renames_event(self, ref: Ref, title: str) -> None:
        self.state.edit_event(ref, summary=title)

    def user_deletes_event(self, ref: Ref) -> None:
        self.state.delete_event(ref)

    def user_cancels_event(self, ref: Ref) -> None:
        self.state.edit_event(ref, status=EventStatus.CANCELLED)

    def calendar_goes_missing(self) -> None:
        self.state.calendar_missing = True

    def user_adds_contacts(self, vcf: bytes) -> None:
        self.state.contacts += vcard.parse(vcf, REGION)[0]

    def expire_cursors(self) -> None:
        self.state.expire_cursors()
