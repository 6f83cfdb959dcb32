"""`init`: what it finds out, keeps, refuses and shows."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.cli.process import CONFIG, ROOT, Home, fresh, valid

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Make a home with mail and calendars, and no config."""
    home = fresh(tmp_path / "dana", ("m015", "m016", "m028", "m035"))
    home.config.unlink()
    home.config.parent.rmdir()
    for name in ("private", "work"):
        folder = home.path / ".calendars" / name
        folder.mkdir(parents=True)
        (folder / "one.ics").write_text("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nEND:VCALENDAR\r\n")
    return home


def _config(home: Home) -> dict[str, Any]:
    return tomllib.loads(home.config.read_text())


def test_it_finds_what_it_can_and_shows_who_is_owed(home: Home) -> None:
    """Without questions, `init` finds mail, calendars, zone and region, and shows who is owed a call."""
    ran = home.run("--no-input", "init", TZ="Europe/Berlin", EMAIL="dana@whitfieldlegal.example", LANG="de_DE.UTF-8")
    assert ran.code == 0, ran
    assert ran.lines == [
        "You owe 3 people a call.",
        "The longest wait: Jude Falkner  +49 6465550157, 8 days.",
        "1 mail needs a look before anybody is called.",
        "Next: ringback sync",
    ]
    config = _config(home)
    (account,) = config["account"]
    assert account["maildir"] == str(home.path / "Maildir")
    assert account["calendar"] == str(home.path / ".calendars" / "private")
    assert account["busy"] == [str(home.path / ".calendars" / "work")]
    user = config["user"]
    assert (user["zone"], user["region"], user["language"]) == ("Europe/Berlin", "DE", "de")
    assert user["addresses"] == ["dana@whitfieldlegal.example"]
    assert home.config.stat().st_mode & 0o777 == 0o600


def test_the_scan_only_reads(home: Home) -> None:
    """`init` writes no event, no draft, no label and no ledger."""
    before = {path: path.read_bytes() for path in home.path.rglob("*") if path.is_file()}
    home.run("--no-input", "init", "--zone", "America/New_York")
    after = {path: path.read_bytes() for path in home.path.rglob("*") if path.is_file()}
    assert {path: after[path] for path in before} == before
    assert after.keys() - before.keys() == {home.config}


def test_the_sync_after_it_works(home: Home) -> None:
    """What `init` wrote is all that `sync` needs, and `today` shows as many as `init` counted."""
    options = [
        "--zone",
        "America/New_York",
        "--region",
        "us",
        "--language",
        "en",
        "--name",
        "Dana",
        "--address",
        "d@x.example",
    ]
    view = valid("init", home.run("--no-input", "init", *options, "--json").out)
    assert home.run(*view["next"].split()[1:]).code == 0
    assert home.ask("today")["owed"] == view["people"] == 3


def test_a_later_run_keeps_what_is_there(home: Home) -> None:
    """A second `init` changes what is named and keeps comments, other keys and their order."""
    home.config.parent.mkdir()
    home.config.write_text("# my own words\n" + CONFIG + '\n[slot]\nat = "15:00"  # after lunch\n')
    ran = home.run("--no-input", "init", "--no-scan", "--region", "IE", "--contacts", home.path / "contacts")
    assert (ran.code, ran.out) == (0, "Next: ringback sync\n")
    text = home.config.read_text()
    assert text.startswith("# my own words\n[user]\n")
    assert 'at = "15:00"  # after lunch' in text
    config = _config(home)
    assert (config["user"]["region"], config["user"]["zone"]) == ("IE", "America/New_York")
    assert config["account"][0]["contacts"] == str(home.path / "contacts")
    assert config["account"][0]["calendar"] == "~/calendar"
    home.run("--no-input", "init", "--no-scan")
    assert home.config.read_text() == text


def test_it_asks_on_a_terminal(home: Home) -> None:
    """On a terminal each question proposes what was found, and an answer stands in the file."""
    ours, theirs = pty.openpty()
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(home.path), "RINGBACK_CONFIG": str(home.config),
        "PYTHONPATH": str(ROOT), "RINGBACK_NOW": home.now, "TZ": "America/New_York",
    }  # fmt: skip
    command = [sys.executable, "-m", "assistant._main", "init", "--name", "Dana", "--no-scan"]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        seen = b""
        answers = {b"Maildir with your mail": b"\n", b"Calendar folder": b"~/calendar\n", b"contact": b"\n",
                   b"mail addresses": b"d@x.example, e@x.example\n"}  # fmt: skip
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:
                break
            if not part:
                break
            seen += part
            for question in [one for one in answers if one in seen and seen.rstrip().endswith((b"]:", b":"))]:
                os.write(ours, answers.pop(question))
        process.wait(timeout=60)
    os.close(ours)
    assert process.returncode == 0, seen
    assert answers == {}, seen
    config = _config(home)
    assert config["account"][0]["calendar"] == "~/calendar"
    assert config["user"]["addresses"] == ["d@x.example", "e@x.example"]


def test_a_broken_config_is_left_alone(home: Home) -> None:
    """`init` refuses to overwrite a file with mistakes and tells them all."""
    home.config.parent.mkdir()
    home.config.write_text('[user]\nzone = "Mars/Olympus"\nregion = "usa"\n[slot]\nat = "late"\n')
    ran = home.run("--no-input", "init")
    assert ran.code == 3
    assert all(part in ran.err for part in ("user.region", "slot.at", "account"))
    assert "late" in home.config.read_text()
    home.config.write_text("[user\n")
    assert home.run("--no-input", "init").code == 3
    assert home.config.read_text() == "[user\n"


def test_values_that_are_wrong_write_nothing(home: Home) -> None:
    """A folder that is no Maildir and a zone that does not exist are wrong usage, and no config is written."""
    assert home.run("--no-input", "init", "--maildir", home.path / "calendar").code == 3
    assert home.run("--no-input", "init", "--zone", "Mars/Olympus").code == 3
    assert not home.config.exists()


def test_without_mail_it_says_what_to_name(tmp_path: Path) -> None:
    """Where no Maildir is found, `init` says how to name one."""
    (tmp_path / "empty").mkdir()
    home = Home(tmp_path / "empty")
    ran = home.run("--no-input", "init")
    assert ran.code == 3
    assert "ringback init --maildir PATH" in ran.err
    assert list(home.path.iterdir()) == []
