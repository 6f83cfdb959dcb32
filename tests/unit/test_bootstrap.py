"""What one pass leaves for the next process: which words were tried, and by which program."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from assistant import bootstrap, settings
from assistant.errors import TemplateError
from assistant.words import Words

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from assistant.pipeline import Parts

CLOCK = bootstrap.FixedClock(datetime(2026, 11, 16, 13, tzinfo=UTC))
CONFIG = """[[account]]
provider = "local"
maildir = "{root}/Maildir"
"""


@pytest.fixture
def parts(tmp_path: Path) -> Callable[[], Parts]:
    """Return what opens everything as a new process does."""
    (tmp_path / "config.toml").write_text(CONFIG.format(root=tmp_path), encoding="utf-8")

    def opened() -> Parts:
        places = settings.places({}, tmp_path / "config.toml")
        ledger = bootstrap.open_ledger(places, CLOCK)
        try:
            loaded = bootstrap.load_settings(places)
            return bootstrap.parts(loaded, places, ledger, CLOCK, lambda *_: None)
        finally:
            ledger.database.close()

    return opened


@pytest.fixture
def trials(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that grows with each version of the words that is tried."""
    found: list[str] = []
    trial = Words._trial_faults

    def tried(words: Words) -> object:
        found.append(words.version)
        return trial(words)

    monkeypatch.setattr(Words, "_trial_faults", tried)
    return found


def templates(root: Path) -> Path:
    """Return the folder of the user's own templates, made."""
    folder = settings.places({}, root / "config.toml").templates / "en"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def test_words_are_tried_once(parts: Callable[[], Parts], trials: list[str]) -> None:
    """Another process does not try the same words again."""
    first, second = parts(), parts()
    assert trials == [first.words.version] == [second.words.version]


def test_other_words_are_tried(parts: Callable[[], Parts], trials: list[str], tmp_path: Path) -> None:
    """Words of the user's own are tried, and a faulty template is refused each time."""
    parts()
    (templates(tmp_path) / "apology.txt.j2").write_text("Sorry.\n", encoding="utf-8")
    parts()
    assert len(set(trials)) == len(trials) == 2
    (templates(tmp_path) / "apology.txt.j2").write_text("{{ nobody }}\n", encoding="utf-8")
    for _ in range(2):
        with pytest.raises(TemplateError):
            parts()


def test_another_program_tries_them_again(
    parts: Callable[[], Parts], trials: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an upgrade what was usable may not be."""
    parts()
    monkeypatch.setattr(bootstrap, "program", lambda: "another")
    assert parts().program == "another"
    assert len(trials) == 2


def test_a_program_is_what_its_files_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of ours that is edited, comes or goes makes another program; what Python compiles does not."""
    for package in ("assistant", "providers/local"):
        (tmp_path / package).mkdir(parents=True)
        (tmp_path / package / "a.py").write_text("a = 1\n", encoding="utf-8")
    monkeypatch.setattr(bootstrap, "TEMPLATES", tmp_path / "templates")
    before = bootstrap.program()
    (tmp_path / "assistant" / "__pycache__").mkdir()
    (tmp_path / "assistant" / "__pycache__" / "a.pyc").touch()
    assert bootstrap.program() == before
    found = {before}
    os.utime(tmp_path / "providers" / "local" / "a.py", (1, 1))
    found.add(bootstrap.program())
    (tmp_path / "assistant" / "queries.sql").touch()
    found.add(bootstrap.program())
    (tmp_path / "assistant" / "a.py").unlink()
    found.add(bootstrap.program())
    assert len(found) == 4
