"""The commands that need no account, and what is so for every command: help, errors, exit codes."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from assistant.cli.app import COMMANDS
from tests.unit.cli.process import CORPUS, Home, fresh, valid

if TYPE_CHECKING:
    from pathlib import Path

PROBLEM: dict[str, Any] = {
    "now": "2026-11-23T08:00:00-05:00",
    "zone": "America/New_York",
    "horizon_days": 2,
    "working_hours": {"mon": ["09:00", "17:00"], "tue": ["09:00", "17:00"]},
    "slot": {"at": "16:00", "minutes": 45, "min_minutes": 15, "max_minutes": 120},
    "callbacks": [
        {
            "id": "c1",
            "minutes": 10,
            "bucket": "today",
            "due": "2026-11-23T17:00:00-05:00",
            "waiting_since": "2026-11-20T10:00:00-05:00",
        }
    ],
}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Make a home without mail, ledger or config."""
    (tmp_path / "home").mkdir()
    return Home(tmp_path / "home")


def test_recognise_reads_files_folders_and_standard_input(home: Home) -> None:
    """`recognise --json` prints one object a mail with the labels' field names, from wherever the mail comes."""
    folder = home.path / "mails"
    folder.mkdir()
    for name in ("m015.eml", "m016.eml"):
        shutil.copy(CORPUS / name, folder)
    ran = home.run(
        "recognise", "--tz", "America/New_York", "--json", folder, "-", stdin=(CORPUS / "m028.eml").read_bytes()
    )
    assert (ran.code, ran.err) == (0, "")
    found = [valid("recognise", line) for line in ran.lines]
    assert [one["file"] for one in found] == [str(folder / "m015.eml"), str(folder / "m016.eml"), "-"]
    assert [one["calls"][0]["number_e164"] for one in found] == ["+16465550157", None, "+18035550134"]
    labels = {one["file"]: one for one in map(json.loads, (CORPUS / "labels.jsonl").read_text().splitlines())}
    assert found[0]["calls"][0].keys() == labels["m015.eml"]["calls"][0].keys()


def test_recognise_goes_on_after_a_file_that_cannot_be_read(home: Home) -> None:
    """A missing file is named on stderr and has an answer that says so, the others are read, and the exit code is 4."""
    ran = home.run("recognise", "--json", "absent.eml", CORPUS / "m015.eml")
    assert ran.code == 4
    assert ran.err == "absent.eml: cannot be read: No such file or directory\n"
    absent, read = (json.loads(line) for line in ran.lines)
    assert (absent["kind"], absent["trust"], absent["calls"]) == ("none", "suspect", [])
    assert read["kind"] == "voicemail"


def test_recognise_explains(home: Home) -> None:
    """`recognise --explain` names the words behind each field, as text and as JSON."""
    shown = home.run("recognise", "--explain", CORPUS / "m015.eml").lines
    assert '  Length: 19 s, from "00:19" in the body (label Length)' in shown
    assert '    not "(212) 555-0100" in the body: the line called' in shown
    evidence = valid("recognise", home.run("recognise", "--json", "--explain", CORPUS / "m015.eml").out)["evidence"]
    assert {"number_e164", "called_at", "duration_s"} <= {item["field"] for item in evidence}


def test_recognise_takes_who_is_reading(home: Home) -> None:
    """Region, zone, own numbers and trusted senders count; wrong ones are wrong usage."""
    mail = CORPUS / "m015.eml"
    options = ["--trusted-sender", "ringcentral.com", "--authserv-id", "mx.google.com", "--address", "dana@x.example"]
    found = valid("recognise", home.run("recognise", *options, "--own-number", "+12125550100", "--json", mail).out)
    assert found["trust"] == "verified"
    assert home.run("recognise", "--tz", "Mars/Olympus", mail).code == 3
    assert home.run("recognise", "--own-number", "12", mail).code == 3


def test_plan_solves_a_problem(home: Home) -> None:
    """`plan --json` prints the plan in the names of its values, from a file and from standard input alike."""
    (home.path / "problem.json").write_text(json.dumps(PROBLEM))
    ran = home.run("plan", "--problem", "problem.json", "--json")
    made = valid("plan", ran.out)
    valid("problem", json.dumps(PROBLEM))
    assert made.keys() == {"slots", "lost_slots", "holds", "clashes", "unplaced", "cost"}
    assert [hold["id"] for hold in made["holds"]] == ["c1"]
    assert home.run("plan", "--problem", "-", "--json", stdin=json.dumps(PROBLEM).encode()).out == ran.out


def test_plan_is_readable(home: Home) -> None:
    """Without --json, `plan` prints a line for each slot and hold, with the reason."""
    (home.path / "problem.json").write_text(json.dumps(PROBLEM))
    ran = home.run("plan", "--problem", "problem.json")
    assert ran.lines[0].split() == ["what", "when", "why"]
    assert any(line.startswith("c1") and "in the slot" in line for line in ran.lines), ran.out


def test_a_broken_problem_is_wrong_usage(home: Home) -> None:
    """A problem that is no JSON, lacks fields or is not there ends with 3."""
    assert home.run("plan", "--problem", "-", stdin=b"{").code == 3
    assert home.run("plan", "--problem", "-", stdin=b"{}").code == 3
    assert home.run("plan", "--problem", "absent.json").code == 3


def test_schema_prints_what_is_published(home: Home) -> None:
    """`schema` lists the names and prints each one as JSON."""
    names = home.run("schema").lines
    assert {"today", "config", "error", "plan", "recognise"} <= set(names)
    assert json.loads(home.run("schema", "today").out)["$schema"].endswith("2020-12/schema")
    assert home.ask("schema")["names"] == names
    assert home.run("schema", "nothing").code == 3


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(home: Home, command: str) -> None:
    """`ringback COMMAND --help` says what it does and gives an example that begins as the command does."""
    ran = home.run(command, "--help")
    assert ran.code == 0
    assert f"Usage: ringback {command}" in ran.out
    example = " ".join(ran.out.partition("Example:")[2].split())
    assert example.startswith("ringback ")
    assert f" {command}" in example.partition("Options:")[0]


def test_the_overview_names_every_command(home: Home) -> None:
    """`ringback`, `ringback -h` and `ringback --help` print the overview with every command and the exit codes."""
    ran = home.run("--help")
    assert ran.out == home.run().out == home.run("-h").out
    shown = {line.split()[0] for line in ran.lines if line.startswith("  ")}
    assert set(COMMANDS) <= shown
    assert "10 check found something" in " ".join(ran.out.split())


def test_a_wrong_command_is_answered_with_the_right_one(home: Home) -> None:
    """A mistyped command ends with 3 and names the nearest one."""
    ran = home.run("tody")
    assert ran.code == 3
    assert "Did you mean today?" in ran.err
    assert home.run("frobnicate").code == 3


@pytest.mark.parametrize(
    "arguments", [["done"], ["show", "x"], ["sync", "--what"], ["list", "--limit"], ["plan"], ["undo", "0"]]
)
def test_wrong_usage_ends_with_three(home: Home, arguments: list[str]) -> None:
    """Missing and unknown arguments and options end with 3 and point to the help."""
    ran = home.run(*arguments)
    assert (ran.code, ran.out) == (3, "")
    assert "--help" in ran.err


def test_errors_are_json_too(home: Home) -> None:
    """Under --json every error is an object on stdout, wrong usage included."""
    for arguments in (["today"], ["done", "x"], ["show"], ["plan", "--problem", "absent.json"]):
        ran = home.run(*arguments, "--json")
        error = valid("error", ran.out)
        assert ran.code == error["exit_code"] == 3
        assert error["error"]


def test_without_a_config_the_way_to_one_is_told(home: Home) -> None:
    """Commands on the ledger say that `ringback init` comes first, and make no file."""
    ran = home.run("today")
    assert ran.code == 3
    assert "ringback init" in ran.err
    assert list(home.path.iterdir()) == []


def test_a_config_with_mistakes_tells_all_of_them(tmp_path: Path) -> None:
    """Every mistake of a config file is told at once."""
    home = fresh(tmp_path / "dana", mails=())
    home.config.write_text(home.config.read_text().replace('"US"', '"us"') + '\n[slot]\nat = "late"\nlength = 3\n')
    ran = home.run("today")
    assert ran.code == 3
    assert all(part in ran.err for part in ("user.region", "slot.at", "slot.length"))


def test_a_provider_that_fails_ends_with_one(tmp_path: Path) -> None:
    """A mailbox that is not there is a provider error: exit code 1 and a sentence."""
    home = fresh(tmp_path / "dana", mails=())
    shutil.rmtree(home.maildir)
    ran = home.run("sync")
    assert ran.code == 1
    assert ran.err.startswith("ringback: local ")


def test_the_unexpected_ends_with_five(tmp_path: Path) -> None:
    """A fault of ours is one sentence and exit code 5; --debug before the command shows where."""
    home = fresh(tmp_path / "dana", mails=())
    home.run("sync")
    broken = home.path / "broken"
    broken.mkdir()
    (broken / "sitecustomize.py").write_text(
        "import assistant.ledger.journal as j\n"
        "def broken(self, *statuses):\n    raise RuntimeError('+1 212 555 0147')\n"
        "j.Ledger.callbacks = broken\n"
    )
    path = f"{broken}:{home.path.parents[0]}"
    quiet = home.run("today", PYTHONPATH=f"{path}:{CORPUS.parents[1]}")
    assert quiet.code == 5
    assert "RuntimeError" in quiet.err
    assert "--debug" in quiet.err
    assert "555" not in quiet.err
    loud = home.run("--debug", "today", PYTHONPATH=f"{path}:{CORPUS.parents[1]}")
    assert loud.code == 5
    assert "Traceback" in loud.err


def test_another_pass_is_waited_for_or_told(tmp_path: Path) -> None:
    """While another process holds the lock, `sync` says so and gives up after --wait."""
    import filelock  # noqa: PLC0415  this test alone is another process

    home = fresh(tmp_path / "dana", mails=())
    data = home.config.parent / "data"
    data.mkdir()
    with filelock.FileLock(data / "pass.lock"):
        ran = home.run("sync", "--wait", "0.1")
    assert ran.code == 5
    assert "in the middle of a pass" in ran.err
    assert home.run("sync", "--wait", "0.1").code == 0
