"""A first pass over 10,000 mails with 500 calls, an idle pass after it, and peak memory over mailbox size."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from email.parser import BytesHeaderParser
from pathlib import Path
from zoneinfo import ZoneInfo

SIZES = (2_500, 10_000)
ONE_IN = 20
ZONE = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 16, 8, tzinfo=ZONE)
CONFIG = """[[account]]
provider = "local"
maildir = "{root}/Maildir"
calendar = "{root}/calendar"
[user]
zone = "America/New_York"
addresses = ["dana@whitfieldlegal.example"]
[slot]
max_minutes = 480
horizon_days = 40
"""
CALL = """From: "Asterisk PBX" <asterisk@pbx.whitfieldlegal.example>
To: dana@whitfieldlegal.example
Subject: [PBX]: New message {number} in mailbox 2004
Date: {date:%a, %d %b %Y %H:%M:%S} -0500
Message-ID: <call-{number}@pbx.whitfieldlegal.example>
X-Asterisk-CallerID: 212555{line:04}
X-Asterisk-CallerIDName: Caller {number}

Dear Dana:

\tJust wanted to let you know you were just left a 0:38 long message (number {number})
in mailbox 2004 from Caller {number} <212555{line:04}>, on {date:%A, %B %d, %Y at %I:%M:%S %p} so you might
want to check it when you get a chance.  Thanks!
"""
OTHER = """From: News {number} <news@list.example>
To: dana@whitfieldlegal.example
Subject: Offer {number}
Date: {date:%a, %d %b %Y %H:%M:%S} -0500
Message-ID: <news-{number}@list.example>
List-Id: <news.list.example>
Precedence: bulk

{text}
"""


def fill(root: Path, size: int, one_in: int = ONE_IN) -> None:
    """Write a mailbox of that many mails, one in twenty or so a call of its own caller."""
    for folder in ("Maildir/cur", "Maildir/new", "Maildir/tmp", "calendar"):
        (root / folder).mkdir(parents=True)
    (root / "config.toml").write_text(CONFIG.format(root=root), encoding="utf-8")
    for number in range(size):
        date = NOW - timedelta(minutes=number * 2)
        template = OTHER if number % one_in else CALL
        mail = template.format(number=number, line=number // one_in, date=date, text="Lorem ipsum.\n" * 200)
        (root / "Maildir" / "cur" / f"{number}.M{number}.host:2,S").write_text(mail, encoding="utf-8")


def floor(root: Path) -> float:
    """Return the seconds that reading all headers takes with the standard library alone."""
    before = time.perf_counter()
    for path in (root / "Maildir" / "cur").iterdir():
        with path.open("rb") as file:
            BytesHeaderParser().parse(file)
    return time.perf_counter() - before


def one_pass(config: str) -> None:
    """Run one pass in this process and print seconds, calls, the peak of memory in MiB, and seconds of another pass."""
    from assistant import bootstrap, settings  # noqa: PLC0415  its memory belongs to the measured process
    from assistant.pipeline import run_pass  # noqa: PLC0415  as above

    places = settings.places({}, Path(config))
    clock = bootstrap.FixedClock(NOW)
    before = time.perf_counter()
    ledger = bootstrap.open_ledger(places, clock)
    parts = bootstrap.parts(bootstrap.load_settings(places), places, ledger, clock, lambda *_: None)
    report = run_pass(parts)
    seconds = time.perf_counter() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    before = time.perf_counter()
    run_pass(parts)
    found = {"seconds": seconds, "calls": report.new_calls, "failed": len(report.failed), "peak": peak}
    print(json.dumps({**found, "again": time.perf_counter() - before}))


def measured(root: Path) -> dict[str, float]:
    """Run one pass in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.passes", str(root / "config.toml")]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    shown = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    found: dict[str, float] = json.loads(shown)
    return found


def main() -> None:
    """Print times, memory and ratios for each size."""
    heads = (
        ("mails", 7),
        ("calls", 6),
        ("headers only", 13),
        ("first pass", 11),
        ("idle pass", 10),
        ("idle/first", 10),
        ("serve", 7),
    )
    print(" ".join(f"{name:>{width}}" for name, width in heads), "     peak")
    peaks = []
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            fill(root, size)
            bare, first, _, idle = floor(root), measured(root), measured(root), measured(root)
        peaks.append(first["peak"])
        print(
            f"{size:7} {first['calls']:6.0f} {bare:11.2f} s {first['seconds']:9.2f} s {idle['seconds']:8.2f} s "
            f"{idle['seconds'] / first['seconds']:10.1%} {idle['again'] / first['seconds']:7.1%}"
            f" {first['peak']:5.0f} MiB"
            f"  (the pass after the first: {first['again']:.2f} s)"
        )
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder), SIZES[-1], ONE_IN * SIZES[-1] // SIZES[0])
        same = measured(Path(folder))
    print(f"peak memory, {SIZES[-1]} mails / {SIZES[0]} mails: {peaks[-1] / peaks[0]:.2f} (aim: flat)")
    print(f"the same with {same['calls']:.0f} calls in both: {same['peak']:.0f} MiB, {same['peak'] / peaks[0]:.2f}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        one_pass(sys.argv[1])
    else:
        main()
