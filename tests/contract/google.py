"""The Google provider under the contract suites, against the fake of `tests/servers/google`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from google.oauth2.credentials import Credentials

from assistant.ports import Account
from providers._net import Patience
from providers.google.drafts import GoogleDraftBox
from providers.google.mailbox import GoogleMailbox
from providers.google.scopes import SCOPES
from providers.google.service import Google
from tests.contract.google_calendar import GoogleCalendarHands
from tests.contract.google_mail import GoogleMailHands
from tests.contract.harness import Harness
from tests.servers.google.server import GoogleServer

if TYPE_CHECKING:
    from pathlib import Path

QUICK = Patience(request=timedelta(seconds=5), total=timedelta(seconds=2), throttled=timedelta(seconds=2))


def connected(server: GoogleServer, patience: Patience = QUICK) -> Google:
    """Open a connection with all rights."""
    token = server.sign_in(scope.url for scope in SCOPES)
    names = ("token", "refresh_token", "token_uri", "client_id", "client_secret", "scopes")
    credentials = Credentials(**{name: token[name] for name in names})  # type: ignore[no-untyped-call]  # the library has no types
    credentials.expiry = datetime.fromisoformat(token["expiry"]).replace(tzinfo=None)
    return Google(credentials, root=server.url, patience=patience)


class GoogleHarness(GoogleMailHands, GoogleCalendarHands, Harness):
    """A server of its own for each test, and a new sign-in for each connection."""

    def __init__(self, place: Path | None = None) -> None:
        del place
        self.problems: list[str] = []
        self.server = GoogleServer("owner@example.org")  # me@example.org is somebody else in the suites
        self.server.__enter__()
        self.make_calendars()
        self._open: list[Google] = []

    def open(self) -> Google:
        """Open a connection that is closed with the account."""
        google = connected(self.server)
        self._open.append(google)
        return google

    def connect(self) -> Account:
        google = self.open()
        return Account(
            mailbox=GoogleMailbox(google),
            drafts=GoogleDraftBox(google),
            calendar=self.calendar_of(google),
            contacts=self.contacts_of(google, timedelta()),
        )

    def expire_cursors(self) -> None:
        self.expire_mail_cursors()
        self.expire_calendar_cursors()

    def close(self) -> None:
        for google in self._open:
            google.close()
        self.server.__exit__(None, None, None)
        assert self.server.violations == []
        assert self.server.sends() == []
