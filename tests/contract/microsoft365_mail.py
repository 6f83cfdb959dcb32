"""The user's hands on a Microsoft 365 account: mail and drafts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from assistant.model.mailbox import Folder, Label, Ref
from tests.servers.graph import ids

if TYPE_CHECKING:
    from tests.servers.ews.hands import Mail
    from tests.servers.graph.server import GraphServer

PARENT = "Callbacks"
_PLACES = {
    Folder.INBOX: "inbox",
    Folder.ARCHIVE: "archive",
    Folder.DRAFTS: "drafts",
    Folder.SENT: "sentitems",
    Folder.JUNK: "junkemail",
    Folder.TRASH: "deleteditems",
    Folder.OTHER: "Family",
}
_FIRST = datetime(2026, 3, 20, 9, tzinfo=UTC)


class Microsoft365MailHands:
    """The half of a harness that is about mail. Who mixes it in starts `server`.

    Refs are immutable ids: they outlive a move. Drafts are edited and sent as Outlook does it: they keep their id and
    our properties until they are sent.
    """

    server: GraphServer

    @property
    def mail(self) -> Mail:
        """Return the mail on the server, by ids of its store."""
        return self.server.state.mail

    def make_folders(self) -> None:
        """Let the user have an archive, which has a name for programs too, and a folder of their own."""
        self.mail.add_folder(_PLACES[Folder.OTHER])
        archive = self.mail.add_folder("Archiv")
        with self.server.lock:
            self.server.state.folders.all[archive].distinguished = _PLACES[Folder.ARCHIVE]

    def deliver_mail(self, raw: bytes, folder: Folder | None = None) -> Ref:
        return self.deliver_into(raw, _PLACES[folder or Folder.INBOX])

    def deliver_into(self, raw: bytes, place: str) -> Ref:
        """Let a message arrive in a folder that is named as the server does."""
        with self.server.lock:
            arrival = _FIRST + timedelta(minutes=sum(1 for _ in self.server.state.items.everything()))
        return _shown(self.mail.deliver(raw, place, arrival))

    def categories(self, ref: Ref) -> list[str]:
        """Return the categories of a message as the user sees them."""
        return self.mail.categories(ids.stored(ref))

    def user_categorises(self, ref: Ref, names: list[str]) -> None:
        """Let the user set the categories of a message."""
        self.mail.user_categorises(ids.stored(ref), names)

    def user_labels(self, ref: Ref, label: Label | None) -> None:
        others = [name for name in self.categories(ref) if not name.startswith(f"{PARENT}/")]
        self.user_categorises(ref, others if label is None else [*others, f"{PARENT}/{label}"])

    def user_moves_mail(self, ref: Ref, folder: Folder) -> Ref:
        return _shown(self.mail.user_moves(ids.stored(ref), _PLACES[folder]))

    def user_deletes_mail(self, ref: Ref) -> None:
        self.mail.user_deletes(ids.stored(ref))

    def unread(self, ref: Ref) -> bool:
        return self.mail.unread(ids.stored(ref))

    def user_writes_draft(self, raw: bytes) -> Ref:
        return _shown(self.mail.user_writes_draft(raw))

    def user_edits_draft(self, ref: Ref, raw: bytes) -> None:
        self.mail.user_edits_draft(ids.stored(ref), raw)

    def user_deletes_draft(self, ref: Ref) -> None:
        self.mail.user_deletes_draft(ids.stored(ref))

    def user_sends_draft(self, ref: Ref) -> None:
        self.mail.user_sends_draft(ids.stored(ref))

    def expire_mail_cursors(self, code: str = "SyncStateNotFound") -> None:
        """Let Microsoft forget what its tokens meant."""
        with self.server.lock:
            self.server.state.delta.expire(code)


def _shown(ref: str) -> Ref:
    return Ref(ids.address(ref))
