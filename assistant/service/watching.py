"""Notice new mail at once, where the account can push."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

from assistant.errors import ProviderError, UnsupportedError

if TYPE_CHECKING:
    from assistant.ports import Mailbox
    from assistant.service.schedule import Schedule
    from assistant.service.tick import Ticker

LONGEST_WAIT = timedelta(minutes=5)
SETTLE_SECONDS = 0.5
"""A burst of mails becomes one pass."""
BACK_OFF_SECONDS = 60.0
"""After a pass that failed, or an account that cannot be watched now."""


def watch(name: str, mailbox: Mailbox, schedule: Schedule, ticker: Ticker) -> None:
    """Start a thread that asks for a pass whenever something may have changed in a mailbox.

    It dies with the process: nothing of it needs an orderly end.
    """
    watcher = _Watcher(mailbox, schedule, ticker)
    threading.Thread(target=watcher.run, name=f"watching {name}", daemon=True).start()


class _Watcher:
    def __init__(self, mailbox: Mailbox, schedule: Schedule, ticker: Ticker) -> None:
        self._mailbox, self._schedule, self._ticker = mailbox, schedule, ticker
        self._stop = ticker.stop

    def run(self) -> None:
        """Watch until the service stops, or for ever in vain where the account cannot push."""
        while not self._stop.is_set():
            try:
                changed = self._mailbox.wait(LONGEST_WAIT)
            except UnsupportedError:
                return
            except ProviderError:  # the next pass meets the same fault and tells it
                self._stop.wait(BACK_OFF_SECONDS)
                continue
            if changed and not self._stop.wait(SETTLE_SECONDS) and not self._pass():
                self._stop.wait(BACK_OFF_SECONDS)

    def _pass(self) -> bool:
        """Have a pass made and wait for its end; tell whether it worked."""
        ended, worked = threading.Event(), []

        def job() -> None:
            try:
                worked.append(self._ticker.tick())
            finally:
                ended.set()

        if not self._stop.is_set():
            self._schedule.ask(job)
        while not ended.wait(1.0):
            if self._stop.is_set():
                return False
        return any(worked)
