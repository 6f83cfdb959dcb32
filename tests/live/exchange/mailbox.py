"""The mailbox of a run: nobody gets here without having named it twice, and it has to be empty."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from providers.exchange.remembered import Signed
from providers.exchange.service import Exchange
from tests.contract.harness import ZONE
from tests.live.account import RefusedToRunError
from tests.live.exchange.asking import Hands, by_id, known

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.servers.ews.soap import Element

FILE, ADDRESS = "RINGBACK_LIVE_EXCHANGE", "RINGBACK_LIVE_MAILBOX"
MAIL = ("inbox", "drafts", "sentitems", "junkemail", "deleteditems")
_ALL = (*MAIL, "calendar", "contacts")
_OWN = ("Archive", "Family")


def from_environment(environment: Mapping[str, str]) -> Signed:
    """Return the sign-in that the environment names.

    Raises:
        RefusedToRunError: a variable is missing, or the file is none of a sign-in, or of another mailbox.
    """
    missing = [name for name in (FILE, ADDRESS) if not environment.get(name)]
    if missing:
        raise RefusedToRunError(f"set {' and '.join(missing)}; see tests/README.md")
    try:
        found = msgspec.json.decode(Path(environment[FILE]).read_bytes(), type=Signed)
    except (OSError, msgspec.DecodeError, msgspec.ValidationError) as error:
        raise RefusedToRunError(f"{FILE} names no file of a sign-in ({error}); see tests/README.md") from error
    if found.address.casefold() != environment[ADDRESS].casefold():
        raise RefusedToRunError(f"the sign-in is not that of {ADDRESS} ({environment[ADDRESS]})")
    return found


class LiveMailbox:
    """One mailbox for all tests of a run. `clean` after each test, `leave` at the end.

    Args:
        signed: the sign-in.

    Raises:
        RefusedToRunError: something is in it, so that it may be somebody's real one.
    """

    def __init__(self, signed: Signed) -> None:
        self.signed = signed
        self._exchange = Exchange(signed, zone=ZONE)
        self.hands = Hands(self._exchange)
        self._check()
        run = secrets.token_hex(2)
        self._folders = {name: self.hands.folder(name, "msgfolderroot") for name in _OWN}
        self.calendar_name = f"Calls {run}"
        self._calendar: str | None = None
        self._is_lost = False

    def _check(self) -> None:
        held = {name: count for name in _ALL if (count := self.hands.count(name))}
        if held:
            self._exchange.close()
            told = ", ".join(f"{count} in {name}" for name, count in held.items())
            raise RefusedToRunError(f"the mailbox is not empty ({told}); make one for the tests: all in it is deleted")

    def folder(self, name: str) -> Element:
        """Return what names a folder in a request: one that every mailbox has, or one of the run's."""
        return by_id(self._folders[name]) if name in self._folders else known(name)

    def open_calendar(self) -> None:
        """Make the calendar that gets our events when it is first needed, unless the test has lost it."""
        if self._calendar is None and not self._is_lost:
            self._calendar = self.hands.folder(self.calendar_name, "calendar", "CalendarFolder", "IPF.Appointment")

    def lose_calendar(self) -> None:
        """Delete the calendar that gets our events, if it is there."""
        if self._calendar is not None:
            self.hands.delete_folder(self._calendar)
        self._calendar, self._is_lost = None, True

    def clean(self) -> None:
        """Empty all folders."""
        self.lose_calendar()
        self._is_lost = False
        for name in (*_OWN, *_ALL):
            while refs := self.hands.listed(self.folder(name)):
                self.hands.delete(refs)

    def leave(self) -> None:
        """Remove the folders of the run and let go of the mailbox."""
        for ref in self._folders.values():
            self.hands.delete_folder(ref)
        self._exchange.close()
