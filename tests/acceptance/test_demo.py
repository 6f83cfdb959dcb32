"""`ringback demo`: the whole job on the sample that is shipped."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from email import message_from_bytes, policy
from email.utils import getaddresses
from pathlib import Path
from typing import TYPE_CHECKING

import phonenumbers
import pytest

from assistant import bootstrap, demo, settings
from assistant.demo.unpack import MARK, SAMPLE
from assistant.errors import UsageError
from assistant.ledger import heard
from assistant.model.callback import Status
from assistant.model.heard import Disposition
from assistant.pipeline import checking

if TYPE_CHECKING:
    from email.message import EmailMessage

    from assistant.pipeline import Parts

ROOT = Path(__file__).parents[2]
MAILS = sorted((SAMPLE / "mail").glob("*.eml"))
# Kept free for fiction or tests: North America 555-01xx, Berlin 030 23125 xxx, France 01 99 00 xx xx.
_FICTION = re.compile(r"\+1\d{3}55501\d\d|\+493023125\d{3}|\+33199\d{6}")
# Two services are known by their own domains alone; a mail of theirs from elsewhere would be a forgery.
_SERVICES = ("ringcentral.com", "google.com")


def _run(folder: Path) -> list[str]:
    lines: list[str] = []
    demo.run(folder, lines.append)
    return "\n".join(lines).splitlines()


def _ringback(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "assistant._main", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _parts(folder: Path) -> Parts:
    clock = bootstrap.FixedClock(demo.MORNING)
    places = settings.places({}, folder / "config.toml")
    ledger = bootstrap.open_ledger(places, clock)
    return bootstrap.parts(settings.load(places.config), places, ledger, clock, lambda *_: None)


def _bytes(folder: Path) -> dict[str, bytes]:
    """Return every file, but for those that SQLite keeps beside its own while it is open."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(("-wal", "-shm"))]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def _names(folder: Path) -> list[str]:
    """Return what lies where; the names of drafts hold the moment of writing."""
    paths = [str(path.relative_to(folder)) for path in folder.rglob("*") if path.parent.parent.name != ".Drafts"]
    return sorted(paths)


def _message(path: Path) -> EmailMessage:
    return message_from_bytes(path.read_bytes(), policy=policy.default)


def test_nobody_in_the_sample_exists() -> None:
    """The sample has at least 27 mails, whose people have invented addresses and numbers kept for fiction."""
    assert len(MAILS) >= 27
    text = "\n".join(path.read_text("ascii") for path in MAILS)
    for found in phonenumbers.PhoneNumberMatcher(text, "US"):
        number = phonenumbers.format_number(found.number, phonenumbers.PhoneNumberFormat.E164)
        assert _FICTION.fullmatch(number), found.raw_string
    for path in MAILS:
        message = _message(path)
        fields = [str(value) for name in ("From", "To", "Cc", "Reply-To") for value in message.get_all(name, [])]
        for _, address in getaddresses(fields):
            domain = address.rpartition("@")[2]
            assert domain.endswith((".example", *_SERVICES)), f"{path.name}: {address}"


def test_the_demo_does_the_whole_job(tmp_path: Path) -> None:
    """The first run shows who is owed a call, the plan with reasons, what was written, and what is in the bin."""
    folder = tmp_path / "sample"
    result = _ringback("demo", "--dir", str(folder), cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    shown = result.stdout
    assert f"{len(MAILS)} mails read" in shown
    assert re.search(r"Iris Calloway +\+1 617-555-0147 +rang 3x", shown)
    assert "moved from 16:00: busy 16:00 to 17:00" in shown
    assert "no room for calls: your calendar is busy all day" in shown
    assert "asked to be called from 15:00 on Tue 17 November" in shown
    assert re.search(r"Katharina Vogt +\(1[5-9]:\d\d there\)", shown)
    assert "unknown caller: no number: the caller withheld it" in shown
    assert re.search(r"draft +apology +to walter@okafor\.example", shown)
    assert re.search(r"draft +will call at +to benito@kapoor\.example", shown)
    assert "The review bin: 2 mails" in shown
    assert "it asks for a password" in shown
    assert "http" not in shown
    assert str(folder) in shown
    assert checking.faults(_parts(folder)) == []


def test_the_sample_has_every_sort_of_caller(tmp_path: Path) -> None:
    """One call told by two mails is one; three rings of one caller and a digest of several callers are told apart."""
    folder = tmp_path / "sample"
    _run(folder)
    ledger = _parts(folder).ledger
    names = heard.names_with_status(ledger, Status.OPEN)
    calls = {name: ledger.callback(subject).calls for subject, (name, _) in names.items()}
    assert len(calls["Iris Calloway"]) == 3
    assert [len(call.messages) for call in calls["Orla Tennant"]] == [2]
    assert calls["Ottoline Baird"][0].messages == calls["Desi Arroyo"][0].messages
    assert [number for name, number in names.values() if name is None] == [None]
    assert ("Arlo", "+16175550188") in names.values()
    assert {"Mr. Petrosyan", "Winona Castle", "Katharina Vogt", "Mathilde Aubry"} <= set(calls)
    assert len(heard.messages(ledger, Disposition.NO_CALL)) == 8


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    """On the same folder the demo says that there is nothing to do and leaves every byte as it is."""
    _run(tmp_path)
    before = _bytes(tmp_path)
    lines = _run(tmp_path)
    assert any(line.startswith("Nothing to do") for line in lines)
    assert _bytes(tmp_path) == before


def test_the_page_is_narrow(tmp_path: Path) -> None:
    """No line is 100 columns wide, but for the one that is a long path."""
    for _ in range(2):
        lines = [line for line in _run(tmp_path) if str(tmp_path) not in line]
        assert max(map(len, lines)) < 100


def test_every_run_says_the_same(tmp_path: Path) -> None:
    """The demo runs on its own clock and names: on another day and in another folder it shows the same page."""
    pages = []
    for name in ("one", "two"):
        page = "\n".join(_run(tmp_path / name))
        pages.append(page.replace(str(tmp_path / name), "FOLDER"))
    assert pages[0] == pages[1]


def test_a_folder_of_the_users_is_left_alone(tmp_path: Path) -> None:
    """A folder with anything else in it is refused, and nothing is put into it."""
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"is not empty, and the demo did not make it"):
        _run(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    """A path that cannot be a folder is named in words, with what to do."""
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"letter\.txt: File exists\. Name a folder"):
        _run(tmp_path / "letter.txt")


def test_a_demo_that_was_cut_off_is_completed(tmp_path: Path) -> None:
    """A folder in which only the mark was written becomes the same sample as any other."""
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / MARK).touch()
    _run(tmp_path / "half")
    _run(tmp_path / "whole")
    assert _names(tmp_path / "half") == _names(tmp_path / "whole")


def test_the_commands_it_names_work(tmp_path: Path) -> None:
    """Every Ringback command on the page can be copied and run."""
    lines = _run(tmp_path)
    exported = next(line for line in lines if line.startswith("  export RINGBACK_CONFIG"))
    now = exported.partition("RINGBACK_NOW=")[2]
    commands = [line.partition("#")[0] for line in lines if line.startswith("  ringback ")]
    assert len(commands) >= 3
    for command in commands:
        arguments = shlex.split(command)[1:]
        config = str(tmp_path / "config.toml")
        result = _ringback(*arguments, cwd=tmp_path, RINGBACK_CONFIG=config, RINGBACK_NOW=now)
        assert result.returncode == 0, result.stderr


def test_khal_shows_the_calls(tmp_path: Path) -> None:
    """The khal command on the page lists the calls beside the user's own meetings."""
    lines = _run(tmp_path)
    command = shlex.split(next(line for line in lines if line.startswith("  khal ")).partition("#")[0])
    khal = str(Path(sys.executable).parent / command[0])
    shown = subprocess.run([khal, *command[1:]], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert "Call Iris Calloway" in shown
    assert "16:00-17:00 Workshop meeting" in shown
