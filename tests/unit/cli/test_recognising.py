"""`recognise`: golden pairs, a user's own files, and an answer for every mail."""

from __future__ import annotations

import json
import re
import textwrap
from typing import TYPE_CHECKING

import pytest

from assistant.cli import ending
from assistant.cli.golden import differences
from tests.unit.cli.process import CORPUS, ROOT

if TYPE_CHECKING:
    from pathlib import Path

FORMAT = """\
vendor = "Ring Ring"
[[identify]]
subject = '^Ring ring'
[[shapes]]
kind = "missed_call"
subject = ['Ring ring: {caller}']
"""
MAIL = "From: x@pbx.example\nSubject: Ring ring: Ann Lee 2125550134\nDate: Tue, 10 Nov 2026 15:20:30 +0000\n\nhello\n"


@pytest.fixture(autouse=True)
def _own_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGBACK_CONFIG", str(tmp_path / "config" / "config.toml"))


@pytest.fixture
def pair(tmp_path: Path) -> Path:
    """A folder with a format, a mail and what it should be read as."""
    folder = tmp_path / "pair"
    folder.mkdir()
    (folder / "ring.toml").write_text(FORMAT, encoding="utf-8")
    (folder / "ring.eml").write_text(MAIL, encoding="utf-8")
    wanted = {"kind": "missed_call", "vendor": "Ring Ring", "calls": [{"number_e164": "+12125550134"}]}
    (folder / "ring.json").write_text(json.dumps(wanted), encoding="utf-8")
    return folder


def test_a_golden_pair_is_right(pair: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A mail that is read as its JSON file says is right; what the file does not name may be anything."""
    assert ending.run(["recognise", "--formats", str(pair), "--check", str(pair)]) == ending.OK
    assert capsys.readouterr().out == f"{pair / 'ring.eml'}: right\n"


def test_a_golden_pair_that_differs_is_wrong(pair: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without the format the same pair is wrong: the value read and the value wanted are named, the exit code is 10."""
    assert ending.run(["recognise", "--check", str(pair)]) == ending.FOUND
    shown = capsys.readouterr().out
    assert shown.startswith(f"{pair / 'ring.eml'}: wrong\n")
    assert '  vendor is null and should be "Ring Ring"' in shown


def test_a_mailbox_beside_the_expectations(pair: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The JSON file may say whose mailbox the mail was in."""
    (pair / "ring.eml").write_text(MAIL.replace("2125550134", "030 1234567"), encoding="utf-8")
    wanted = {"mailbox": {"region": "DE", "tz": "Europe/Berlin"}, "calls": [{"number_e164": "+49301234567"}]}
    (pair / "ring.json").write_text(json.dumps(wanted), encoding="utf-8")
    assert ending.run(["recognise", "--formats", str(pair), "--check", str(pair), "--json"]) == ending.OK
    assert json.loads(capsys.readouterr().out)["differences"] == []


def test_a_mail_without_expectations_is_wrong_usage(pair: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A mail to check without a JSON file beside it is told of, with the command that writes one."""
    (pair / "ring.json").unlink()
    assert ending.run(["recognise", "--check", str(pair)]) == 3
    assert "ringback recognise --json" in capsys.readouterr().err


def test_formats_beside_the_config_are_read(tmp_path: Path, pair: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A format in the folder `formats` beside the config file is read without being named."""
    (tmp_path / "config" / "formats").mkdir(parents=True)
    (pair / "ring.toml").rename(tmp_path / "config" / "formats" / "ring.toml")
    assert ending.run(["recognise", "--json", str(pair)]) == ending.OK
    answer = json.loads(capsys.readouterr().out)
    assert answer["vendor"] == "Ring Ring"


def test_a_bad_format_is_told_and_the_rest_read(pair: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A format file with a mistake is named on stderr, the mails are read, and the exit code is 4."""
    (pair / "bad.toml").write_text('vendor = "B"\n[[identify]]\nsubject = "("\n', encoding="utf-8")
    assert ending.run(["recognise", "--formats", str(pair), "--json", str(pair)]) == ending.PARTLY
    told = capsys.readouterr()
    assert "bad.toml: line 3: identify[0].subject: bad pattern" in told.err
    assert json.loads(told.out)["vendor"] == "Ring Ring"


def test_every_mail_has_an_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A notice that cannot be understood and a file that cannot be opened have an answer too, with the reason."""
    odd = tmp_path / "odd.eml"
    odd.write_text(
        MAIL.replace("Subject: Ring ring: Ann Lee 2125550134", "Content-Class: voice-ca").replace("hello", ""),
        encoding="utf-8",
    )
    missing = tmp_path / "missing.eml"
    assert ending.run(["recognise", "--json", "--explain", str(odd), str(missing)]) == ending.PARTLY
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["kind"], one["trust"], one["calls"]) for one in answers] == [("none", "suspect", [])] * 2
    assert "nothing in it can be read" in answers[0]["reasons"][0]
    assert "cannot be read" in answers[1]["reasons"][0]


def test_an_explanation_reads_as_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    """Without --json each field is a line: value, words and rule; what was passed over stands below."""
    options = ["--tz", "America/Los_Angeles", "--explain", str(CORPUS / "m006.eml")]
    assert ending.run(["recognise", *options]) == ending.OK
    lines = capsys.readouterr().out.splitlines()
    assert '  Number: +14085550150, from "(408) 555-0150" in the body (label Caller)' in lines
    assert '    not "(800) 555-0199" in the body: the line called' in lines


def test_the_walk_through_of_the_readme_is_true(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Mail, expectations and format of the README are a golden pair, and are explained as it says."""
    text = (ROOT / "assistant" / "recognise" / "README.md").read_text(encoding="utf-8")
    told = text.split("### A format in five minutes")[1].split("\n## ")[0]
    blocks = [textwrap.dedent(block) for block in re.findall(r"(?:^ {7}.*\n|^\n(?= {7}))+", told, re.MULTILINE)]
    mail, nothing, wanted, format_, explained = blocks
    for name, content in (("odd.eml", mail), ("odd.json", wanted), ("odd.toml", format_)):
        (tmp_path / name).write_text(content.lstrip("\n"), encoding="utf-8")
    options = ["recognise", "--region", "IE", "--tz", "Europe/Dublin", "--explain", str(tmp_path / "odd.eml")]
    assert ending.run(options) == ending.OK
    shown = capsys.readouterr().out
    assert all(line.strip().partition("...")[0] in shown for line in nothing.splitlines())
    assert ending.run([*options, "--formats", str(tmp_path), "--check"]) == ending.OK
    shown = capsys.readouterr().out
    assert all(line.strip().partition("...")[0] in shown for line in explained.splitlines())


def test_differences_name_the_place() -> None:
    """A value inside a list of objects is named by its path; lists of other lengths are shown whole."""
    wanted = {"calls": [{"a": 1, "b": 2}], "kind": "x"}
    assert list(differences(wanted, {"calls": [{"a": 1, "b": 3, "c": 4}], "kind": "x"})) == [
        "calls[0].b is 3 and should be 2"
    ]
    assert list(differences({"calls": []}, {"calls": [1]})) == ["calls is [1] and should be []"]
