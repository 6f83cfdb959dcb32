"""One signed-in Exchange account: calls, patience, and errors in the words of the ports."""

from __future__ import annotations

import email.utils
import functools
import logging
import re
import time
from contextlib import suppress
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, TypeVar

import exchangelib
from exchangelib.errors import UnauthorizedError, UnknownTimeZone
from exchangelib.protocol import Protocol

from assistant.errors import TransientError
from providers._keys import PROPERTY_SET
from providers._net import Patience, persevere
from providers.exchange import remembered
from providers.exchange.errors import NAME, RAISED, SIGN_IN, said, unreached
from providers.exchange.transport import Once, wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from providers.exchange.remembered import Signed

__all__ = ["NAME", "PROPERTY_SET", "SIGN_IN", "Exchange", "is_id", "said"]

# They write whole requests, with what stands in mails and who signs in with what, to their logs; we tell in our words.
for _name in ("exchangelib", "oauthlib", "requests_oauthlib", "requests_ntlm", "spnego"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)

_NONE = Patience(total=timedelta(), throttled=timedelta())
_ANY = ""
_CONNECTIONS = 2
"""One of them may be waiting for news."""
_ID = re.compile(r"[!#-%(-;=?-~]{1,512}")
"""Printable, without white space and what means something in XML, as long as the library writes; most are base64."""
T = TypeVar("T")
_Id = TypeVar("_Id", bound=str)


def is_id(text: str) -> bool:
    """Tell whether a text may be an id of a server's; others are not asked for."""
    return _ID.fullmatch(text) is not None


class Exchange:
    """One signed-in account.

    Args:
        signed: what a sign-in leaves.
        patience: how long one request and all its tries may take.
        zone: in which the server tells whole days; None for UTC.
        renewed: is given a refresh token that replaces the one of the sign-in.
        refused: is called when the sign-in is not accepted.
        problems: is told of what cannot be asked for, one line each.
    """

    def __init__(
        self,
        signed: Signed,
        *,
        patience: Patience | None = None,
        zone: ZoneInfo | None = None,
        renewed: Callable[[str], None] | None = None,
        refused: Callable[[], None] | None = None,
        problems: Callable[[str], None] | None = None,
    ) -> None:
        self.signed = signed
        self._renewed, self._refused, self._problems = renewed, refused, problems
        self._odd: set[str] = set()
        self._policy = Once()
        self._locked: tuple[float, UnauthorizedError] | None = None
        self.patience = patience or Patience()
        self._zone = zone
        self._spent: set[str] = set()

    @functools.cached_property
    def account(self) -> exchangelib.Account:
        """Return the library's account, for `call` to work with; nothing is asked of the server by this."""
        config = remembered.configuration(self.signed, self._policy, _CONNECTIONS, self._renewed)
        account = exchangelib.Account(
            self.signed.address, config=config, access_type=exchangelib.DELEGATE, default_timezone=self._timezone()
        )
        with suppress(KeyError):
            del Protocol[config]
        account.protocol = wire(config, self.patience)
        return account

    def askable(self, refs: Iterable[_Id]) -> list[_Id]:
        """Return those that may be ids; of each other one a problem is told, once."""
        found = list(refs)
        odd = [ref for ref in found if not is_id(ref) and ref not in self._odd]
        self._odd.update(odd)
        for ref in odd:
            self._tell(f"the id {ref[:80]!r} is none that can be asked for; what it stands for is passed over")
        return [ref for ref in found if is_id(ref)]

    def _tell(self, problem: str) -> None:
        if self._problems is not None:
            self._problems(problem)

    def call(self, operation: str, work: Callable[[exchangelib.Account], T], *, again: bool = True) -> T:
        """Return what `work` returns, which must have read all of the answer: many of the library's are generators.

        Args:
            operation: of the port, for errors.
            work: makes the request or requests, each sent once.
            again: True if doing it twice is once; False does it once, and after a `TransientError` the caller looks
                whether it took effect before doing it again.

        Raises:
            ProviderError: each in its class; see `said`.
        """
        if not again:
            return self._once(operation, work)
        return self.persevere(operation, lambda: self._once(operation, work))

    def persevere(self, operation: str, attempt: Callable[[], T]) -> T:
        """Return what `attempt` returns, trying with patience.

        Once it was all used up for an operation, or for any because the server does not answer, there is one try each
        until one works again: what is out of order costs a pass its patience once, not once for each thing to do.

        Raises:
            TransientError: the last one.
        """
        spent = bool({operation, _ANY} & self._spent)
        try:
            found = persevere(_NONE if spent else self.patience, attempt)
        except TransientError as error:
            self._spent.add(_ANY if unreached(error) else operation)
            raise
        self._spent -= {operation, _ANY}
        return found

    def _once(self, operation: str, work: Callable[[exchangelib.Account], T]) -> T:
        """Do it, unless the password was wrong a short while ago: each try more may lock the account for everything."""
        if self._locked is not None:
            since, error = self._locked
            if time.monotonic() - since < remembered.QUIET.total_seconds():
                raise said(operation, error)
        try:
            return work(self.account)
        except RAISED as error:
            found = said(operation, error)
            if isinstance(error, UnauthorizedError):
                self._locked = time.monotonic(), error
                if self._refused is not None:
                    self._refused()
            raise found from error

    @property
    def served(self) -> datetime | None:
        """Return the server's clock at its last answer, None where it did not say."""
        try:
            found = email.utils.parsedate_to_datetime(self._policy.date)
        except ValueError:
            return None
        return found if found.tzinfo else found.replace(tzinfo=UTC)

    def _timezone(self) -> exchangelib.EWSTimeZone:
        if self._zone is not None:
            with suppress(UnknownTimeZone):  # Windows has no name for it
                return exchangelib.EWSTimeZone(self._zone.key)
        return exchangelib.UTC

    def close(self) -> None:
        """Close the connections."""
        if "account" in vars(self):
            self.account.protocol.close()
