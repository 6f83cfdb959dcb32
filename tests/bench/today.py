"""Start-up: `ringback today` with 1,000 open callbacks beside `khal list` with the same 1,000 events."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from assistant import bootstrap, settings
from assistant.ledger import heard
from assistant.model.calendar import Event, EventRef
from assistant.model.call import E164, Call, Kind
from assistant.model.heard import KnownCall
from assistant.model.journal import CallId, EventWritten, Heard, Planned, Ranked
from assistant.model.mailbox import ETag, Ref
from assistant.model.planning import Bucket
from assistant.standards import ical

COUNT = 1000
RUNS = 7
ZONE = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 16, 8, tzinfo=ZONE)
KHAL = """[calendars]
[[calls]]
path = {root}/calendar
type = calendar
[locale]
timeformat = %H:%M
dateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdateformat = %Y-%m-%d
longdatetimeformat = %Y-%m-%d %H:%M
local_timezone = America/New_York
default_timezone = America/New_York
[default]
default_calendar = calls
[sqlite]
path = {root}/khal.db
"""
CONFIG = """[[account]]
provider = "local"
calendar = "{root}/calendar"
[user]
zone = "America/New_York"
"""


def fill(root: Path) -> None:
    """Write a ledger with open callbacks, and a calendar with their holds."""
    (root / "calendar").mkdir()
    (root / "config.toml").write_text(CONFIG.format(root=root), encoding="utf-8")
    (root / "khal.conf").write_text(KHAL.format(root=root), encoding="utf-8")
    places = settings.places({}, root / "config.toml")
    ledger = bootstrap.open_ledger(places, bootstrap.FixedClock(NOW))
    with ledger.change("sync"):
        for number in range(COUNT):
            start = NOW + timedelta(minutes=30 * (number % 20), days=number // 20 % 10)
            event = Event(
                uid=f"hold-{number}",
                key=f"hold-{number}",
                start=start,
                end=start + timedelta(minutes=10),
                zone=str(ZONE),
                summary=f"Call Caller {number}",
            )
            (root / "calendar" / f"{event.uid}.ics").write_bytes(ical.write_event(event, NOW))
            subject = ledger.open_callback()
            call = Call(kind=Kind.MISSED_CALL, calling_number=E164(f"+1212555{number:04}"), start_time=NOW)
            known = KnownCall(
                id=CallId(f"c{number}"), subject=subject, number=call.calling_number, name=f"Caller {number}", call=call
            )
            heard.put_call(ledger, known)
            ref = EventRef(ref=Ref(f"{event.uid}.ics"), etag=ETag("1"))
            ledger.append(
                subject,
                Heard(call=known.id, called_at=NOW),
                Ranked(bucket=Bucket.TOMORROW, due=NOW + timedelta(days=1), minutes=10),
                Planned(start=event.start, end=event.end, in_slot=True, why=("in the slot",)),
                EventWritten(
                    uid=event.uid, generation=1, ref=ref, start=event.start, end=event.end, title="t", body="b"
                ),
            )


def measure(command: list[str], environment: dict[str, str]) -> float:
    """Return the median seconds of a command, after a first run that fills its caches."""
    times = []
    for _ in range(RUNS + 1):
        before = time.perf_counter()
        subprocess.run(command, env=environment, check=True, capture_output=True)
        times.append(time.perf_counter() - before)
    return statistics.median(times[1:])


def main() -> None:
    """Print the two medians, a bare interpreter's, and the ratios."""
    khal = shutil.which("khal", path=str(Path(sys.executable).parent)) or shutil.which("khal")
    if khal is None:
        raise SystemExit("khal is missing. Install it: pip install khal")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        fill(root)
        environment = {**os.environ, "RINGBACK_NOW": NOW.isoformat(), "PYTHONPATH": str(Path.cwd()), "HOME": folder}
        bare = measure([sys.executable, "-c", "import sqlite3"], environment)
        ours = measure(
            [sys.executable, "-m", "assistant._main", "--config", str(root / "config.toml"), "today"], environment
        )
        theirs = measure([khal, "-c", str(root / "khal.conf"), "list", "2026-11-16", "1d"], environment)
    print(f"{'python with sqlite3':32} {bare * 1000:7.0f} ms")
    print(f"{f'ringback today, {COUNT} callbacks':32} {ours * 1000:7.0f} ms")
    print(f"{f'khal list, {COUNT} events':32} {theirs * 1000:7.0f} ms")
    print(f"ringback / khal {ours / theirs:.2f} (aim: below 0.50), ringback / bare python {ours / bare:.1f}")


if __name__ == "__main__":
    main()
