"""No pattern and no mail takes more than linear time.

Every pattern that the recogniser compiles is fed what it finds hardest (`worst_food`), in a process of its own with a
limit; then whole mails of such food are read. RINGBACK_LINEAR=all feeds more and larger food, up to 1 MB.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from assistant import recognise
from assistant.errors import RecognitionError
from tests.unit.recognise.samples import NEW_YORK, mail

if TYPE_CHECKING:
    from collections.abc import Callable

ALL = os.environ.get("RINGBACK_LINEAR") == "all"
LARGEST, FOODS = ("1048576", "40") if ALL else ("8192", "3")
PATIENCE = 3600 if ALL else 300
UNITS = (
    "a",
    " ",
    "1",
    ":",
    "<",
    "(",
    "[",
    "-",
    ".",
    "|",
    "\n",
    "a\n",
    "1 ",
    "A ",
    "von ",
    "From: ",
    "call me ",
    "=?",
    "http://",
    "https%3a%2f%2f",
    "a@",
    "> ",
    "-- \n",
    "0 1:",
    "a b ",
    "Anruf von A ",
    "555-0134 ",
    "1:00 ",
    "tomorrow ",
    "me at 5 ",
    "2026-11-10 ",
    "Mon ",
    "double ",
    "電",
    "\u0661",
    "a | b\n",
    "1 | 555-0134 12:30\n",
    "Name: A\nTime: 1:00\n",
    "&",
    "tel:",
    "* ",
)
PLACES = ("subject", "body", "label", "transcript", "letter", "page", "field", "sender", "results", "forward")
GROWTH = 2.6
FEWEST = 250_000 if ALL else 6000
FLOOR = 0.1


def test_no_pattern_takes_more_than_linear_time() -> None:
    """Four times the worst food takes any pattern some four times as long, and never sixteen."""
    command = [sys.executable, "-m", "tests.unit.recognise.worst_food", LARGEST, FOODS]
    try:
        run = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE, check=True, cwd=Path(__file__).parents[3]
        )
    except subprocess.TimeoutExpired as late:
        last = (late.stdout or b"").decode("utf-8", "replace").splitlines()[-1:]
        pytest.fail(f"no end of it: {last}")
    lines = run.stdout.splitlines()
    assert sum(line.startswith("FEED") for line in lines) > 500
    assert [line for line in lines if line.startswith("SLOW")] == []


@pytest.mark.parametrize("place", PLACES)
def test_no_mail_takes_more_than_linear_time(place: str) -> None:
    """A mail of worst food is read in time that grows with its size; what is cut off before reading takes none."""
    slow = [(unit, growth) for unit in UNITS if (growth := _growth(place, unit)) > GROWTH]
    assert slow == []


def _growth(place: str, unit: str) -> float:
    """Return how much longer a mail of twice the size takes, measured again where that seems too much."""
    small, big = (_mail(place, unit, size) for size in (FEWEST, FEWEST * 2))
    if _seconds(big) < FLOOR:
        return 0
    growths = [_seconds(big) / _seconds(small)]
    while growths[-1] > GROWTH and len(growths) < 3:
        growths.append(_seconds(big) / _seconds(small))
    return min(growths)


def _seconds(raw: bytes) -> float:
    start = time.thread_time()
    with suppress(RecognitionError):
        recognise.recognise(raw, NEW_YORK)
    return time.thread_time() - start


def _mail(place: str, unit: str, size: int) -> bytes:
    food = unit * (size // len(unit.encode()))
    flat = food.replace("\n", " ")
    subject, text = "New voicemail from (212) 555-0134", "You have a message.\n"
    letter = "Hi Dana,\nplease call me back tomorrow. " + food
    passed = (
        "From: a@b.example\nDate: Tue, Nov 10, 2026 at 8:05 AM\nSubject: Voicemail from 212-555-0134\nTo: x\n\n" + food
    )
    made: dict[str, Callable[[], bytes]] = {
        "subject": lambda: mail(flat, text),
        "field": lambda: mail(subject, text, head=f"X-Caller-ID: {flat}\n"),
        "results": lambda: mail(subject, text, head=f"Authentication-Results: mx.office.example; {flat}\n"),
        "sender": lambda: mail(subject, text, sender=f'"{flat.replace(chr(34), "")}" <a@b.example>'),
        "page": lambda: mail(subject, "<p>" + food, html=True),
        "letter": lambda: mail("hello", letter, sender="Ann Lee <ann@b.example>"),
        "forward": lambda: mail("Fwd: x", "---------- Forwarded message ---------\n" + passed),
        "body": lambda: mail(subject, food),
        "label": lambda: mail(subject, f"Caller: {food}\nDuration: 1:20\n"),
        "transcript": lambda: mail(subject, f"From: (212) 555-0134\nTranscript: {food}\n"),
    }
    return made[place]()
