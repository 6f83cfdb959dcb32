"""What is done at each tick: one pass, and the digest when it is due and was not given yet."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from assistant import bootstrap
from assistant.errors import AssistantError, AuthError, ProviderError
from assistant.pipeline import run_pass
from assistant.pipeline.digesting import digest_facts
from assistant.service.schedule import DigestDays
from assistant.standards import compose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from assistant.ledger.journal import Ledger
    from assistant.model.speech import Letter
    from assistant.pipeline import Parts, Report
    from assistant.ports import Clock, Mailbox
    from assistant.settings import Places, Settings

LOCK_WAIT = timedelta(seconds=1)
PASS, TICK = "pass", "tick"
MARK = "digest"
"""The mark of the ledger with the date of the last digest given."""


class _StoppedError(Exception):
    """The service is to end; raised between two operations, never within one."""


class Ticker:
    """Makes passes and digests, one at a time, each with a connection to the ledger of its own thread.

    Args:
        places: of the user.
        settings: of the user.
        clock: what a pass takes for now.
        echo: shows a line of results.
        warn: shows a line of trouble.
    """

    def __init__(
        self,
        places: Places,
        settings: Settings,
        clock: Clock,
        echo: Callable[[str], None],
        warn: Callable[[str], None],
    ) -> None:
        self._places, self._settings, self._clock, self._echo, self._warn = places, settings, clock, echo, warn
        self._days = DigestDays.of(settings)
        self._parts: Parts | None = None
        self._told: set[str] = set()
        self._failures: dict[str, str] = {}
        self.stop = threading.Event()

    def prepare(self) -> None:
        """Open the accounts and read the templates, once for the life of the service."""
        ledger = bootstrap.open_ledger(self._places, self._clock)
        try:
            self._parts = bootstrap.parts(self._settings, self._places, ledger, self._clock, self._progress)
        finally:
            ledger.database.close()

    def mailboxes(self) -> Iterator[tuple[str, Mailbox]]:
        """Yield the mailboxes by account; they are the very ones that passes read."""
        accounts = self._parts.accounts if self._parts is not None else {}
        return ((name, account.mailbox) for name, account in accounts.items() if account.mailbox is not None)

    def trouble(self, line: str) -> None:
        """Tell a trouble unless it was told at the last tick already."""
        if line not in self._told:
            self._told.add(line)
            self._warn(line)

    def tick(self) -> bool:
        """Make a pass, then the digest if it is due. Returns whether the pass worked; tells why not."""
        if self.stop.is_set():
            return False
        try:
            with bootstrap.one_at_a_time(self._places, LOCK_WAIT):
                ledger = bootstrap.open_ledger(self._places, self._clock)
                try:
                    worked = self._work(ledger)
                finally:
                    ledger.database.close()
        except _StoppedError:
            return False
        except AssistantError as error:
            self._fail(TICK, error)
            return False
        self._recover(TICK)
        return worked

    def _work(self, ledger: Ledger) -> bool:
        assert self._parts is not None, "prepare() comes first"
        parts = self._parts._replace(ledger=ledger)
        worked = self._pass(parts)
        day = self._days.open_day(datetime.now(UTC))
        if day is not None and ledger.mark(MARK) != day.isoformat():
            self._give_digest(parts, day)
            ledger.put_mark(MARK, day.isoformat())
        return worked

    def _pass(self, parts: Parts) -> bool:
        try:
            report = run_pass(parts)
        except AssistantError as error:
            self._fail(PASS, error)
            return False
        finally:
            parts.problems.clear()  # the report has them; the accounts live longer than one pass
        self._recover(PASS)
        self._tell(report)
        return not report.failed

    def _progress(self, what: str, done: int, total: int | None) -> None:
        """Interrupt a pass between two operations when the service is to end; the next pass goes on from there."""
        del what, done, total
        if self.stop.is_set():
            raise _StoppedError

    # --- telling

    def _fail(self, what: str, error: AssistantError) -> None:
        """Tell a failure unless it is the one that this had the last time too."""
        line = str(error)
        if line == self._failures.get(what):
            return
        self._failures[what] = line
        self._warn(f"{self._now():%H:%M} {line}")
        if isinstance(error, AuthError):
            self._echo(f"{self._now():%H:%M} SIGN-IN NEEDED, until then no call is seen: {line}")

    def _recover(self, what: str) -> None:
        if self._failures.pop(what, None):
            self._echo(f"{self._now():%H:%M} It works again.")

    def _tell(self, report: Report) -> None:
        """Show what a pass did, and each trouble once as long as it lasts."""
        counts = (
            (report.new_calls, "new calls"),
            (report.binned, "mails to check"),
            (report.observed, "changes of yours"),
            (len(report.done), "events, drafts and labels written"),
        )
        if any(number for number, _ in counts):
            self._echo(f"{self._now():%H:%M} " + ", ".join(f"{number} {noun}" for number, noun in counts if number))
        failures = (failure.message for failure in report.failed)
        current = [*report.unread.values(), *failures, *report.problems, *report.clashes, *report.alerts]
        self._told &= set(current)
        for line in current:
            self.trouble(line)

    def _now(self) -> datetime:
        return datetime.now(self._settings.zone())

    # --- the digest

    def _give_digest(self, parts: Parts, day: date) -> None:
        failure = self._failures.get(PASS)
        letter = parts.words.digest(digest_facts(parts, (failure,) if failure else ()))
        if self._settings.serve.digest != "mail" or not self._mailed(parts, day, letter):
            self._echo(f"{letter.subject}\n\n{letter.body}")

    def _mailed(self, parts: Parts, day: date, letter: Letter) -> bool:
        """Put the digest into the first mailbox that takes it; tell whether there was one."""
        if not compose.is_address(parts.sender):
            self.trouble("The digest cannot go by mail: write your address into user.addresses of the config.")
            return False
        key = f"ringback-{parts.style.tag}-digest-{day.isoformat()}"
        raw = digest_mail(letter, key, compose.Party(parts.sender, parts.user_name), self._now())
        for _, mailbox in self.mailboxes():
            try:
                mailbox.append(raw, key)
            except ProviderError as error:
                self.trouble(str(error))
            else:
                return True
        return False


def digest_mail(letter: Letter, key: str, user: compose.Party, date: datetime) -> bytes:
    """Return the digest as a mail from the user to the user, marked as written by a program (RFC 3834 5)."""
    raw = compose.compose(
        sender=user,
        to=[user],
        subject=letter.subject,
        body=letter.body,
        key=key,
        message_id=f"<{key}@{user.address.rpartition('@')[2]}>",
        date=date,
    )
    return b"Auto-Submitted: auto-generated\r\n" + raw
