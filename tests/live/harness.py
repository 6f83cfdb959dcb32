"""The Google provider under the contract suites, on a live account."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from assistant.model.mailbox import Folder, Label, Ref
from assistant.ports import Account
from providers.google.contacts import GoogleContacts
from providers.google.drafts import GoogleDraftBox
from providers.google.mailbox import GoogleMailbox
from tests.contract.harness import REGION, Harness
from tests.live.connection import Restricted

if TYPE_CHECKING:
    from datetime import datetime

    from tests.live.account import LiveAccount


class LiveGoogleHarness(Harness):
    """An account that looks empty to the suites, whatever else it holds.

    The user's hands act through the API by a second, plain connection. The suites speak of everything there is. A live
    mailbox is never empty, so the provider's connection leaves out of Gmail's and People's lists what the test did not
    make (`connection.Restricted`, and `mail.OwnMail` for what that is); the calendars are made for the run, and uids in
    them for the test (`calendars.Namespaced`). What the provider asks and what Google does with it stays as it is.
    `excluded` names the tests that this cannot run, and why.

    Nothing is sent: a draft that the user sends is filed under SENT and deleted from the drafts.

    Args:
        account: of the run.
    """

    def __init__(self, account: LiveAccount) -> None:
        self._account = account
        self._mail = account.mail
        self._calendars = account.calendars
        self._open: list[Restricted] = []
        self.problems: list[str] = []

    def connect(self) -> Account:
        google = Restricted(self._account.access, self._mail, self._account.contacts)
        self._open.append(google)
        return Account(
            mailbox=GoogleMailbox(google),
            drafts=GoogleDraftBox(google),
            calendar=self._calendars.open(google, self.problems.append),
            contacts=GoogleContacts(google, REGION, fresh=timedelta()),
        )

    def close(self) -> None:
        for google in self._open:
            google.close()
        self._account.clean()

    def deliver_mail(self, raw: bytes, folder: Folder | None = None) -> Ref:
        return self._mail.deliver(raw, folder or Folder.INBOX)

    def user_labels(self, ref: Ref, label: Label | None) -> None:
        self._mail.show(ref, label)

    def user_moves_mail(self, ref: Ref, folder: Folder) -> Ref:
        self._mail.move(ref, folder)
        return ref

    def user_deletes_mail(self, ref: Ref) -> None:
        self._mail.delete(ref)

    def unread(self, ref: Ref) -> bool:
        return "UNREAD" in self._mail.labels_on(ref)

    def user_writes_draft(self, raw: bytes) -> Ref:
        return self._mail.write_draft(raw)

    def user_edits_draft(self, ref: Ref, raw: bytes) -> None:
        self._mail.edit_draft(ref, raw)

    def user_deletes_draft(self, ref: Ref) -> None:
        self._mail.discard_draft(ref)

    def user_sends_draft(self, ref: Ref) -> None:
        self._mail.file_draft_as_sent(ref)

    def user_adds_events(self, ics: bytes) -> None:
        self._calendars.add(ics)

    def user_moves_event(self, ref: Ref, start: datetime) -> None:
        self._calendars.move(ref, start)

    def user_renames_event(self, ref: Ref, title: str) -> None:
        self._calendars.rename(ref, title)

    def user_deletes_event(self, ref: Ref) -> None:
        self._calendars.delete(ref)

    def user_cancels_event(self, ref: Ref) -> None:
        self._calendars.cancel(ref)

    def calendar_goes_missing(self) -> None:
        self._calendars.lose()

    def user_adds_contacts(self, vcf: bytes) -> None:
        self._account.contacts.add(vcf)

    def expire_cursors(self) -> None:
        """Let Gmail be asked with a history id that it forgot long ago; sync tokens cannot be made old."""
        self._mail.expire()
