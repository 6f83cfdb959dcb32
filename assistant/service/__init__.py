"""Keep at it: a pass every few minutes and whenever mail comes, and one digest before each working day."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from assistant.service.schedule import DigestDays, Schedule
from assistant.service.stopping import stop_signals
from assistant.service.tick import Ticker
from assistant.service.watching import watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistant.ports import Clock
    from assistant.settings import Places, Settings

HEARTBEAT = timedelta(seconds=30)
"""How late a job may be after the machine slept: the clock that waiting runs on stands still in sleep."""


def serve(
    places: Places,
    settings: Settings,
    clock: Clock,
    echo: Callable[[str], None],
    warn: Callable[[str], None] | None = None,
) -> None:
    """Run until SIGTERM or SIGINT; then finish the operation under way and return. Call it in the main thread.

    Args:
        places: of the user.
        settings: of the user; read once, a change counts after a restart.
        clock: what a pass takes for now. The schedule runs on the machine's own clock.
        echo: shows a line of results; the digest too, unless it goes by mail. Called from several threads.
        warn: shows a line of trouble; None writes to stderr.

    Raises:
        ConfigError: the settings name what does not exist.
        TemplateError: a template cannot be used.
        LedgerError: the ledger cannot be opened.
    """
    with stop_signals() as signals:
        ticker = Ticker(places, settings, clock, echo, warn or _warn)
        schedule = Schedule(ticker.tick, ticker.trouble, DigestDays.of(settings), settings.serve)
        ticker.prepare()
        schedule.start()
        try:
            for name, mailbox in ticker.mailboxes():
                watch(name, mailbox, schedule, ticker)
            echo(_greeting(settings))
            while not signals.wait(HEARTBEAT):
                schedule.wake()
        finally:
            ticker.stop.set()
            schedule.shut_down()
    echo("Stopped.")


def _greeting(settings: Settings) -> str:
    every = settings.serve.every_minutes
    times = f"every {every} minutes" if every > 1 else "every minute"
    due = DigestDays.of(settings).next_due(datetime.now(UTC))
    digest = "" if due is None else f" The next digest: {due.astimezone(settings.zone()):%A %d %B, %H:%M}."
    return f"Looking {times} and whenever mail comes.{digest} Stop with Ctrl-C."


def _warn(line: str) -> None:
    sys.stderr.write(line + "\n")
