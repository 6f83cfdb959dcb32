"""The user's hands on an Exchange account: mail and drafts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from assistant.model.mailbox import Folder, Label, Ref

if TYPE_CHECKING:
    from tests.servers.ews.hands import Mail
    from tests.servers.ews.server import EwsServer

PARENT = "Callbacks"
QUIRKS = ("wrong_is_draft", "no_extended_headers", "no_restrictions", "no_folder_marks", "no_greater_or_equal")
"""Ways of other servers with Exchange Web Services that mail has to do with."""
_PLACES = {
    Folder.INBOX: "inbox",
    Folder.ARCHIVE: "Archive",
    Folder.DRAFTS: "drafts",
    Folder.SENT: "sentitems",
    Folder.JUNK: "junkemail",
    Folder.TRASH: "deleteditems",
    Folder.OTHER: "Family",
}
_FIRST = datetime(2026, 3, 20, 9, tzinfo=UTC)


class ExchangeMailHands:
    """The half of a harness that is about mail. Who mixes it in starts `server`.

    Drafts are edited and sent as Outlook does it: they keep their id and our properties until they are sent.
    """

    server: EwsServer

    @property
    def mail(self) -> Mail:
        """Return the mail on the server."""
        return self.server.state.mail

    def make_folders(self) -> None:
        """Let the user have an archive, and a folder of their own."""
        for role in (Folder.ARCHIVE, Folder.OTHER):
            self.mail.add_folder(_PLACES[role])

    def deliver_mail(self, raw: bytes, folder: Folder | None = None) -> Ref:
        with self.server.lock:
            arrival = _FIRST + timedelta(minutes=sum(1 for _ in self.server.state.items.everything()))
        return Ref(self.mail.deliver(raw, _PLACES[folder or Folder.INBOX], arrival))

    def user_labels(self, ref: Ref, label: Label | None) -> None:
        others = [name for name in self.mail.categories(ref) if not name.startswith(f"{PARENT}/")]
        self.mail.user_categorises(ref, others if label is None else [*others, f"{PARENT}/{label}"])

    def user_moves_mail(self, ref: Ref, folder: Folder) -> Ref:
        return Ref(self.mail.user_moves(ref, _PLACES[folder]))

    def user_deletes_mail(self, ref: Ref) -> None:
        self.mail.user_deletes(ref)

    def unread(self, ref: Ref) -> bool:
        return self.mail.unread(ref)

    def user_writes_draft(self, raw: bytes) -> Ref:
        return Ref(self.mail.user_writes_draft(raw))

    def user_edits_draft(self, ref: Ref, raw: bytes) -> None:
        self.mail.user_edits_draft(ref, raw)

    def user_deletes_draft(self, ref: Ref) -> None:
        self.mail.user_deletes_draft(ref)

    def user_sends_draft(self, ref: Ref) -> None:
        self.mail.user_sends_draft(ref)

    def expire_mail_cursors(self) -> None:
        """Let the server forget what its sync states meant."""
        with self.server.lock:
            self.server.state.sync.expire()
