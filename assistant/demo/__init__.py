"""The whole job on a sample mailbox, on a morning in November 2026 that never ages."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from assistant import bootstrap, settings
from assistant.demo import tell
from assistant.demo.unpack import unpack
from assistant.pipeline import run_pass

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from assistant.pipeline import Parts, Report

MORNING = datetime(2026, 11, 17, 8, 30, tzinfo=timezone(timedelta(hours=-5)))
"""When the sample takes place: a Tuesday in New York's winter time, half an hour before work."""
TAG = "demo"
LOCK_WAIT = timedelta(seconds=10)


def run(folder: Path, echo: Callable[[str], None]) -> None:
    """Set up the sample in a folder unless it is there, make one pass, and show what came of it.

    A second time on the same folder finds nothing to do and changes no file.

    Args:
        folder: absent, empty, or one that the demo made.
        echo: shows a line; none is wider than 100 columns unless the folder's own path is.

    Raises:
        UsageError: the folder holds something else, or cannot be written.
        LedgerError: another pass works on it.
    """
    folder = folder.expanduser().absolute()
    unpack(folder)
    clock = bootstrap.FixedClock(MORNING)
    places = settings.places({}, folder / settings.FILE_NAME)
    with bootstrap.one_at_a_time(places, LOCK_WAIT):
        ledger = bootstrap.open_ledger(places, clock)
        try:
            if ledger.mark("tag") is None:
                ledger.put_mark("tag", TAG)
            parts = bootstrap.parts(bootstrap.load_settings(places), places, ledger, clock, lambda *_: None)
            report = run_pass(parts)
            if not report.nothing_to_do:
                run_pass(parts)  # learns that the changes since are its own, so that the next run has none to note
            for line in _lines(folder, parts, report):
                echo(line)
        finally:
            ledger.database.close()


def _lines(folder: Path, parts: Parts, report: Report) -> list[str]:
    lines = [*tell.greeting(parts), ""]
    if report.nothing_to_do:
        lines += tell.nothing_to_do(parts)
    else:
        for section in (tell.mail(parts, report), tell.owed(parts), tell.planned(parts, report)):
            lines += [*section, ""]
        lines += [*tell.done(parts, report), "", *tell.review(parts)]
    return [*lines, "", *tell.places(folder), "", *tell.next_steps(folder, parts)]
