"""The user's hands on a Google account: mail and drafts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from assistant.model.mailbox import Folder, Label, Ref

if TYPE_CHECKING:
    from tests.servers.google.gmail import Mail
    from tests.servers.google.server import GoogleServer

PARENT = "Callbacks"
_PLACES = {
    Folder.INBOX: ("INBOX", "UNREAD"),
    Folder.ARCHIVE: (),
    Folder.DRAFTS: ("DRAFT",),
    Folder.SENT: ("SENT",),
    Folder.JUNK: ("SPAM", "UNREAD"),
    Folder.TRASH: ("TRASH",),
}
_MOVABLE = {"INBOX", "SPAM", "TRASH"}
_FIRST = datetime(2026, 3, 20, 9, tzinfo=UTC)


class GoogleMailHands:
    """The half of a harness that is about mail. Who mixes it in starts `server`.

    Drafts are edited and sent as another program does it over the API, which keeps every field; what Gmail's web page
    makes of them has tests of its own.
    """

    server: GoogleServer

    @property
    def gmail(self) -> Mail:
        """Return the mailbox on the server."""
        return self.server.state.mail

    def deliver_mail(self, raw: bytes, folder: Folder | None = None) -> Ref:
        arrival = _FIRST + timedelta(minutes=len(self.gmail.messages()))
        labels = self._labels(folder or Folder.INBOX)
        return Ref(self.gmail.deliver(raw, labels, arrival))

    def user_labels(self, ref: Ref, label: Label | None) -> None:
        ours = {name: self.gmail.label_named(f"{PARENT}/{name}") for name in Label}
        add = [] if label is None else [ours[label] or self.gmail.user_creates_label(f"{PARENT}/{label}")]
        on = self.gmail.message(ref).labels
        self.gmail.user_modifies(ref, add, [one for one in ours.values() if one in on and one not in add])

    def user_moves_mail(self, ref: Ref, folder: Folder) -> Ref:
        labels = self._labels(folder)
        self.gmail.user_modifies(ref, labels, _MOVABLE - set(labels))
        return ref

    def user_deletes_mail(self, ref: Ref) -> None:
        self.gmail.user_deletes(ref)

    def unread(self, ref: Ref) -> bool:
        return "UNREAD" in self.gmail.message(ref).labels

    def user_writes_draft(self, raw: bytes) -> Ref:
        return Ref(self.gmail.user_writes_draft(raw))

    def user_edits_draft(self, ref: Ref, raw: bytes) -> None:
        with self.server.lock:
            self.gmail.drafts.replace(ref, raw, self.gmail.draft(ref).thread)

    def user_deletes_draft(self, ref: Ref) -> None:
        self.gmail.user_deletes_draft(ref)

    def user_sends_draft(self, ref: Ref) -> None:
        with self.server.lock:
            self.gmail.drafts.send(ref)

    def expire_mail_cursors(self) -> None:
        """Let Gmail forget its history."""
        self.gmail.forget_history()

    def _labels(self, folder: Folder) -> tuple[str, ...]:
        """Return what a mail in a folder has; one that is filed elsewhere has a label of the user's own."""
        if folder is not Folder.OTHER:
            return _PLACES[folder]
        return (self.gmail.label_named("Family") or self.gmail.user_creates_label("Family"),)
