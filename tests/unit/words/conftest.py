"""The shipped templates, loaded, and facts to fill them with."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from assistant.model.speech import ApologyFacts, Caller, HoldFacts, WillCallAtFacts
from assistant.words import Source, Words, overlay

TEMPLATES = Path(__file__).parents[3] / "templates"
ZONES = {"en": ZoneInfo("America/New_York"), "de": ZoneInfo("Europe/Berlin")}
NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
AT = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
ANN = Caller(
    name="Ann Byrne", organisation="Acme", number_display="+1 415-555-0123", tel_uri="tel:+14155550123", zone=None
)


def shipped(language: str) -> dict[str, Source]:
    paths = sorted((TEMPLATES / language).iterdir())
    return {path.name: Source(text=path.read_text("utf-8"), origin=f"{language}/{path.name}") for path in paths}


def loaded(language: str = "en", **users: str) -> Words:
    """Load ours with the user's files laid over; `will_call_at__txt` stands for will_call_at.txt.j2."""
    theirs = {}
    for name, text in users.items():
        file = name.replace("__", ".") + ("" if name.endswith("toml") else ".j2")
        theirs[file] = Source(text=text, origin=f"mine/{file}")
    return Words.load(overlay(shipped(language), theirs), language, ZONES[language])


def apology(caller: Caller = ANN, called_at: datetime = NOW, at: datetime | None = AT, calls: int = 1) -> ApologyFacts:
    return ApologyFacts(caller=caller, user="Bo Li", called_at=called_at, calls=calls, now=NOW, at=at)


def will_call(caller: Caller = ANN, at: datetime = AT) -> WillCallAtFacts:
    return WillCallAtFacts(caller=caller, user="Bo Li", called_at=NOW, calls=1, now=NOW, at=at)


def hold(caller: Caller = ANN, said: str = "") -> HoldFacts:
    return HoldFacts(caller=caller, user="Bo Li", start=AT, waiting_since=NOW, said=said)


@pytest.fixture(scope="session")
def english() -> Words:
    return loaded("en")


@pytest.fixture(scope="session")
def german() -> Words:
    return loaded("de")
