"""The account of a run: nobody gets here without having named it twice."""

from __future__ import annotations

import contextlib
import json
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from google.oauth2.credentials import Credentials

from tests.live.calendars import OwnCalendars
from tests.live.connection import Access, Plain
from tests.live.contacts import OwnContacts
from tests.live.mail import OwnMail

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE, ADDRESS = "RINGBACK_LIVE_GOOGLE", "RINGBACK_LIVE_ACCOUNT"
_MOST = 2000


class RefusedToRunError(RuntimeError):
    """The account is not clearly meant for these tests; nothing was written to it."""


def from_environment(environment: Mapping[str, str]) -> Access:
    """Return the sign-in that the environment names.

    Raises:
        RefusedToRunError: a variable is missing, or the file is none of an authorised user.
    """
    missing = [name for name in (FILE, ADDRESS) if not environment.get(name)]
    if missing:
        raise RefusedToRunError(f"set {' and '.join(missing)}; see tests/README.md")
    try:
        info = json.loads(Path(environment[FILE]).read_text(encoding="utf-8"))
        credentials = Credentials.from_authorized_user_info(info)  # type: ignore[no-untyped-call]  # the library has no types here
    except (OSError, ValueError, AttributeError) as error:
        raise RefusedToRunError(f"{FILE} names no file of an authorised user ({error}); see tests/README.md") from error
    return Access(credentials, environment[ADDRESS])


class LiveAccount:
    """One account for all tests of a run. `clean` after each test, `leave` at the end.

    Args:
        access: the sign-in, and whose it must be.

    Raises:
        RefusedToRunError: it is another's, or holds so much mail that it is somebody's real one.
    """

    def __init__(self, access: Access) -> None:
        self.access = access
        self._plain = Plain(access)
        try:
            self._check()
        except RefusedToRunError:
            self._plain.close()
            raise
        self.mail = OwnMail(self._plain)
        self.calendars = OwnCalendars(self._plain, f"run{secrets.token_hex(4)}", access.address)
        self.contacts = OwnContacts(self._plain)

    def _check(self) -> None:
        profile = self._plain.do(self._plain.users.getProfile(userId="me"))
        if profile["emailAddress"].casefold() != self.access.address.casefold():
            raise RefusedToRunError(f"the sign-in is not that of {ADDRESS} ({self.access.address})")
        if profile["messagesTotal"] > _MOST:
            text = f"{profile['messagesTotal']} messages are in this account; make one for the tests (at most {_MOST})"
            raise RefusedToRunError(text)

    def clean(self) -> None:
        """Remove what a test made."""
        with contextlib.ExitStack() as stack:  # a fault in one leaves the others clean
            for part in (self.mail, self.calendars, self.contacts):
                stack.callback(part.clean)

    def leave(self) -> None:
        """Remove the calendars and let go of the account."""
        with contextlib.closing(self._plain):
            self.calendars.leave()
