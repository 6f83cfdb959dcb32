"""What a pass works with, and what it reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import msgspec
from msgspec.structs import replace

from assistant.errors import ProviderError
from assistant.model.operation import AnyOperation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta
    from zoneinfo import ZoneInfo

    from assistant.ledger.journal import Ledger
    from assistant.model.call import E164, Reader, Recognition
    from assistant.model.mailbox import Contact
    from assistant.model.manage import Signs
    from assistant.model.planning import Timetable
    from assistant.model.rules import Rules
    from assistant.ports import Account, Calendar, Clock, Contacts
    from assistant.reconcile import Style
    from assistant.words import Words


class Progress(Protocol):
    """Is told how far long work has come; `total` is None where nobody knows."""

    def __call__(self, what: str, done: int, total: int | None) -> None:
        """Show it."""
        ...


class Recognise(Protocol):
    """The recogniser with its formats: the cheap look at the heads, and the reading of the whole mail."""

    def is_candidate(self, headers: Sequence[tuple[str, str]], item_class: str | None) -> bool:
        """Tell whether the mail is worth fetching."""
        ...

    def recognise(self, raw: bytes, reader: Reader, received_at: datetime) -> Recognition:
        """Read the calls out of a mail that was received then."""
        ...


class Parts(NamedTuple):
    """Everything a pass is given; bootstrap puts it together.

    `accounts` are in the order of the settings; `calendar` is the one calendar that gets slots and holds, None where
    there is none. `problems` receives what a provider could not read, one line each. `program` says which release this
    is: what another one decided is decided anew.
    """

    ledger: Ledger
    clock: Clock
    accounts: Mapping[str, Account]
    calendar: Calendar | None
    calendar_name: str
    recogniser: Recognise
    reader: Reader
    rules: Rules
    timetable: Timetable
    zone: ZoneInfo
    words: Words
    signs: Signs
    style: Style
    user_name: str
    sender: str
    drafts_enabled: bool
    look_back: timedelta
    digest: Callable[[str], str]
    problems: list[str]
    away: set[str]
    progress: Progress
    program: str = ""

    def contacts(self, number: E164 | None, name: str | None) -> list[Contact]:
        """Return the people with this number, or of this name where there is no number."""
        if number is not None:
            return people(self._each_book(lambda book: book.find(number)))
        return people(self._each_book(lambda book: book.named(name))) if name else []

    def _each_book(self, look: Callable[[Contacts], Sequence[Contact]]) -> Iterator[Contact]:
        """Yield what the address books say; one that cannot be read is told of once and stops nobody."""
        for name, account in self.accounts.items():
            if account.contacts is not None and name not in self.away:
                try:
                    yield from look(account.contacts)
                except ProviderError as error:
                    self.away.add(name)
                    self.problems.append(f"The contacts of {name} cannot be read: {error}")


def people(found: Iterable[Contact]) -> list[Contact]:
    """Return contacts with the cards of one person made one: address books of several accounts hold the same people."""
    made: list[Contact] = []
    for card in found:
        number = next((number for number, other in enumerate(made) if _is_one_person(card, other)), None)
        if number is None:
            made.append(card)
        else:
            made[number] = _together(made[number], card)
    return made


def _is_one_person(one: Contact, other: Contact) -> bool:
    shared = set(one.numbers) & set(other.numbers) or set(one.addresses) & set(other.addresses)
    return bool(shared) and one.name.casefold().split() == other.name.casefold().split()


def _together(one: Contact, other: Contact) -> Contact:
    return replace(
        one,
        numbers=tuple(dict.fromkeys(one.numbers + other.numbers)),
        addresses=tuple(dict.fromkeys(one.addresses + other.addresses)),
        organisation=one.organisation or other.organisation,
        groups=tuple(dict.fromkeys(one.groups + other.groups)),
        zone=one.zone or other.zone,
    )


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """An operation that did not work, or whose outcome nobody knows; the next pass tries anew."""

    operation: AnyOperation
    message: str
    exit_code: int


class Report(msgspec.Struct, kw_only=True):
    """What one pass did."""

    dry_run: bool = False
    considered: int = 0
    new_calls: int = 0
    binned: int = 0
    observed: int = 0
    done: list[AnyOperation] = []
    failed: list[Failure] = []
    unread: dict[str, str] = {}
    problems: list[str] = []
    clashes: list[str] = []
    questions: list[str] = []
    alerts: list[str] = []

    @property
    def nothing_to_do(self) -> bool:
        """Tell whether nothing was new and nothing was written."""
        return not (self.considered or self.observed or self.done or self.failed or self.unread)
