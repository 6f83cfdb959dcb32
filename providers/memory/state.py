"""What the account holds, open to tests: they play the user, other programs and the network's faults."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from assistant.model.mailbox import Cursor, ETag, Folder, Label, Ref
from assistant.standards import mail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import timedelta

    from assistant.model.calendar import Entry, Event
    from assistant.model.mailbox import Contact

NAME = "memory"
_ARRIVAL = datetime(2026, 1, 5, 8, tzinfo=UTC)


@dataclass(frozen=True)
class StoredMail:
    """A message; `etag` grows with every change."""

    raw: bytes
    received_at: datetime
    folder: Folder = Folder.INBOX
    label: Label | None = None
    unread: bool = True
    key: str | None = None


@dataclass(frozen=True)
class StoredDraft:
    """A draft; `key` is None for one of the user's."""

    raw: bytes
    key: str | None
    thread: str | None


@dataclass
class State:
    """One account. Change it through the methods, so that versions and cursors follow; read it as you like.

    `hook` is called with the operation ("calendar.put") and "before" or "after" its effect: what it raises reaches the
    caller, as a refusal (before) or as a lost answer (after). Each portion of heads is an operation, "mailbox.heads".
    """

    mails: dict[Ref, StoredMail] = field(default_factory=dict)
    drafts: dict[Ref, StoredDraft] = field(default_factory=dict)
    events: dict[Ref, Event] = field(default_factory=dict)
    agenda: list[Entry] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    deleted_uids: set[str] = field(default_factory=set)
    calendar_missing: bool = False
    hook: Callable[[str, str], None] | None = None
    expired: int = 0
    serial: int = 0
    versions: dict[str, int] = field(default_factory=dict)

    def touch(self, kind: str, ref: Ref) -> None:
        """Note a change of "mail", "draft" or "event" `ref`."""
        self.serial += 1
        self.versions[f"{kind} {ref}"] = self.serial

    def etag(self, kind: str, ref: Ref) -> ETag:
        """Return the version of an object."""
        return ETag(f"v{self.versions[f'{kind} {ref}']}")

    def new_ref(self, kind: str) -> Ref:
        """Return a ref that was never used."""
        self.serial += 1
        return Ref(f"{kind}-{self.serial}")

    @contextlib.contextmanager
    def operation(self, name: str) -> Iterator[None]:
        """Run the hook around an operation's effect."""
        if self.hook:
            self.hook(name, "before")
        yield
        if self.hook:
            self.hook(name, "after")

    def cursor(self) -> Cursor:
        """Return the cursor of this moment."""
        return Cursor(f"memory:{self.serial}")

    def since(self, cursor: Cursor | None) -> int | None:
        """Return the serial of a cursor, 0 for None, and None for one that is unknown or expired."""
        if cursor is None:
            return 0
        word, _, number = cursor.partition(":")
        known = word == NAME and number.isascii() and number.isdigit() and self.expired <= int(number) <= self.serial
        return int(number) if known else None

    def changed(self, kind: str, since: int) -> list[Ref]:
        """Return the refs of a kind that changed after a serial, gone ones included."""
        keys = [key for key, serial in self.versions.items() if serial > since]
        return [Ref(key.removeprefix(f"{kind} ")) for key in keys if key.startswith(f"{kind} ")]

    def expire_cursors(self) -> None:
        """Make every cursor given out so far too old."""
        self.serial += 1
        self.expired = self.serial

    def deliver(self, raw: bytes, received_at: datetime = _ARRIVAL, folder: Folder = Folder.INBOX) -> Ref:
        """Let a message arrive."""
        ref = self.new_ref("m")
        self.mails[ref] = StoredMail(raw, received_at, folder)
        self.touch("mail", ref)
        return ref

    def mail(self, ref: Ref) -> StoredMail | None:
        """Return a message, a draft as one of the drafts folder; None when it is gone."""
        draft = self.drafts.get(ref)
        return self.mails.get(ref) if draft is None else StoredMail(draft.raw, _ARRIVAL, Folder.DRAFTS, unread=False)

    def set_label(self, ref: Ref, label: Label | None) -> None:
        """Let the user relabel a message."""
        self.mails[ref] = replace(self.mails[ref], label=label)
        self.touch("mail", ref)

    def move(self, ref: Ref, folder: Folder) -> None:
        """Let the user move a message."""
        self.mails[ref] = replace(self.mails[ref], folder=folder)
        self.touch("mail", ref)

    def delete_mail(self, ref: Ref) -> None:
        """Let the user delete a message for good."""
        del self.mails[ref]
        self.touch("mail", ref)

    def save_draft(self, raw: bytes, ref: Ref | None = None) -> Ref:
        """Let the user write a draft of their own, or edit one."""
        ref = ref or self.new_ref("d")
        old = self.drafts.get(ref)
        self.drafts[ref] = StoredDraft(raw, old.key if old else None, old.thread if old else None)
        self.touch("draft", ref)
        return ref

    def delete_draft(self, ref: Ref) -> None:
        """Let the user discard a draft."""
        del self.drafts[ref]
        self.touch("draft", ref)

    def send_draft(self, ref: Ref) -> Ref:
        """Let the user send a draft: it leaves the drafts and lies among the sent mail."""
        raw = self.drafts[ref].raw
        self.delete_draft(ref)
        return self.deliver(raw, folder=Folder.SENT)

    def edit_event(self, ref: Ref, **fields: object) -> None:
        """Let the user edit an event of ours."""
        self.events[ref] = msgspec.structs.replace(self.events[ref], **fields)
        self.touch("event", ref)

    def move_event(self, ref: Ref, start: datetime, length: timedelta) -> None:
        """Let the user drag an event of ours."""
        self.edit_event(ref, start=start, end=start + length)

    def delete_event(self, ref: Ref) -> None:
        """Let the user delete an event of ours; its uid stays taken."""
        self.deleted_uids.add(self.events.pop(ref).uid)
        self.touch("event", ref)

    def headers(self, raw: bytes) -> tuple[tuple[str, str], ...]:
        """Return the header fields of a message."""
        return mail.parse(raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0]).headers
