"""The commands that look: what they show, as text and as JSON."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.unit.cli.process import ROOT, Home, copied, fresh, id_of, valid

if TYPE_CHECKING:
    from pathlib import Path

DRAFT = "apology to winona.castle@castlebakes.example"


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Make a home after its first sync; tests only look at it."""
    home = fresh(tmp_path_factory.mktemp("home") / "dana")
    ran = home.run("sync")
    assert ran.code == 0, ran
    return home


def test_a_dry_run_prints_what_the_real_run_does(tmp_path: Path) -> None:
    """`sync --dry-run` prints line for line what `sync` then does, and writes nothing."""
    home = fresh(tmp_path / "dana")
    before = {path.name for path in home.path.rglob("*") if path.is_file()}
    dry = home.run("sync", "--dry-run")
    assert {path.name for path in home.path.rglob("*") if path.is_file()} == before
    real = home.run("sync")
    assert (dry.code, real.code) == (0, 0)
    assert dry.out == real.out
    assert any(line.startswith("create slot  Fri 13 Nov ") for line in real.lines), real.out
    assert any(line.startswith("create hold  ") and "Jude Falkner" in line for line in real.lines), real.out
    assert any(DRAFT in line for line in real.lines), real.out
    assert [line for line in real.lines if line.startswith("label")][-1] == 'label  1 mail as "Check sender"'


def test_a_dry_run_after_changes_prints_them_too(synced: Home, tmp_path: Path) -> None:
    """A meeting on top of the slot makes the dry run print the same moves as the real run, labels in full too."""
    home = copied(synced, tmp_path / "dana")
    (home.path / "calendar" / "meeting.ics").write_text(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nBEGIN:VEVENT\r\nUID:meeting\r\n"
        "DTSTAMP:20261101T000000Z\r\nDTSTART:20261113T203000Z\r\nDTEND:20261113T220000Z\r\nSUMMARY:Board\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    dry = home.run("sync", "--dry-run", "--verbose")
    assert dry.out == home.run("sync", "-v").out
    assert any(line.startswith("move   slot") for line in dry.lines), dry.out


def test_a_second_sync_finds_nothing_to_do(tmp_path: Path) -> None:
    """`sync` twice is once: the second one says that there is nothing to do."""
    home = fresh(tmp_path / "dana", ("m012", "m016", "m028", "m035", "m065"))
    assert home.run("sync").out != "nothing to do\n"
    assert home.run("sync").out == "nothing to do\n"
    assert home.ask("sync")["nothing_to_do"] is True


def test_sync_says_in_json_what_it_did(tmp_path: Path) -> None:
    """`sync --json` counts the mails and names each operation with its times and reasons."""
    view = fresh(tmp_path / "dana").ask("sync", "--dry-run")
    assert (view["considered"], view["new_calls"], view["binned"], view["dry_run"]) == (10, 8, 1, True)
    (draft,) = [one for one in view["operations"] if one["what"] == "draft"]
    (hold,) = [one for one in view["operations"] if (one["what"], one["subject"]) == ("hold", draft["subject"])]
    assert draft["named_time"] == hold["start"]
    assert hold["start"].endswith("-05:00")
    assert all(one["why"] for one in view["operations"])


def test_today_is_one_screen(synced: Home) -> None:
    """`today` names the zone, the slot, and each call with time, caller and number, in the order of the clock."""
    ran = synced.run("today")
    assert ran.code == 0
    assert "Friday 13 November 2026, 08:00 EST  (America/New_York)" in ran.lines[0]
    assert re.fullmatch(r"Call slot \d\d:\d\d-\d\d:\d\d(, moved)?", ran.lines[1]), ran.out
    clocks = re.findall(r"^  (\d\d:\d\d)  ", ran.out, re.MULTILINE)
    assert clocks == sorted(clocks)
    assert re.search(r"^  \d\d:\d\d  Jude Falkner  \+1 646 555 0157  \[\d+\]  3 calls  now$", ran.out, re.MULTILINE)
    assert "1 mail to look at: ringback bin" in ran.lines[-1]
    assert len(ran.lines) < 25


def test_today_puts_every_owed_callback_in_one_place(synced: Home) -> None:
    """The five lists of `today --json` hold each owed callback once."""
    view = synced.ask("today")
    ids = [one["id"] for name in ("promised", "today", "overdue", "without_hold", "later") for one in view[name]]
    assert len(ids) == len(set(ids)) == view["owed"] == len(synced.ask("list")["callbacks"])


def test_list_shows_every_caller(synced: Home) -> None:
    """`list` has a line for each owed callback; nothing is closed yet."""
    ran = synced.run("list")
    assert ran.lines[0].split() == ["id", "caller", "number", "how", "soon", "when", "waiting"]
    assert len(ran.lines) == 1 + len(synced.ask("list")["callbacks"])
    assert "ext. 223" in ran.out
    assert synced.run("list", "--closed").out == "None.\n"


def test_show_tells_all(synced: Home) -> None:
    """`show` has the calls with the caller's words, the mails, the draft and the history."""
    jude = synced.run("show", id_of(synced, "Jude Falkner"))
    assert "| Dana, Jude Falkner, third time today." in jude.out
    assert "mail from RingCentral <notify@ringcentral.com>" in jude.out
    assert "called Wed 4 Nov 09:05" in jude.out
    view = synced.ask("show", id_of(synced, "Winona Castle"))
    assert [draft["status"] for draft in view["drafts"]] == ["standing"]
    assert len(synced.ask("show", id_of(synced, "Jude Falkner"))["calls"]) == 3


def test_why_gives_reasons(synced: Home) -> None:
    """`why` gives the reasons for the bucket and for the time."""
    view = synced.ask("why", id_of(synced, "Jude Falkner"))
    assert view["bucket"] == "now"
    assert any("urgent" in reason for reason in view["reasons"])
    assert view["planned_why"]
    assert view["hold"]["start"]
    shown = synced.run("why", "#" + view["id"]).out
    assert all(reason in shown for reason in (*view["reasons"], *view["planned_why"]))


def test_log_numbers_the_changes(synced: Home) -> None:
    """`log` shows the first pass as a change with a number, cut short, and one callback's part in full."""
    ran = synced.run("log")
    assert re.search(r"^ +1  Fri 13 Nov 08:00  sync$", ran.out, re.MULTILINE), ran.out
    assert "more; `ringback log ID`" in ran.out
    jude = id_of(synced, "Jude Falkner")
    entries = synced.ask("log", jude)["changes"][0]["entries"]
    assert {entry["subject"] for entry in entries} == {jude}
    assert [entry["kind"] for entry in entries][:4] == ["opened", "heard", "heard", "heard"]


def test_bin_says_why(synced: Home) -> None:
    """`bin` numbers the mails that wait for a look and says what is wrong with each."""
    (mail,) = synced.ask("bin")["mails"]
    assert (mail["number"], mail["message"]["trust"]) == (1, "suspect")
    assert "RingCentral" in mail["message"]["sender"]
    assert "spf" in synced.run("bin").out


def test_check_finds_the_overdue(synced: Home) -> None:
    """`check` ends with 10 and names who is overdue; the books themselves are in balance."""
    for arguments in ((), ("--ledger-only",)):
        ran = synced.run("check", *arguments)
        assert ran.code == 10
        assert "overdue: Jude Falkner" in ran.out
        assert "out of balance" not in ran.out
    view = synced.ask("check")
    assert view["faults"] == []
    assert view["overdue"]


def test_check_is_content_when_nobody_waits(tmp_path: Path) -> None:
    """Without any call owed, `check` ends with 0."""
    home = fresh(tmp_path / "dana", mails=("m012",))
    home.run("sync")
    ran = home.run("check")
    assert (ran.code, ran.out) == (0, "In balance: 0 owed, none overdue.\n")
    assert "You owe nobody a call." in home.run("today").out


def test_check_sees_a_hold_that_vanished(tmp_path: Path) -> None:
    """An event that is gone from the calendar is found out of balance until the next sync, which asks about it."""
    home = fresh(tmp_path / "dana")
    home.run("sync")
    home.run("sync")
    jude = id_of(home, "Jude Falkner")
    (event,) = [
        path
        for path in (home.path / "calendar").glob("*.ics")
        if re.search(rf"UID:ringback-\w+-{jude}\.", path.read_text())
    ]
    event.unlink()
    ran = home.run("check")
    assert f"out of balance: callback {jude}: its hold is no longer on the calendar" in ran.out
    home.run("sync")
    assert "out of balance" not in home.run("check").out
    question = f"You deleted the hold of callback {jude}. Is the call settled?"
    assert question in home.run("today").out
    assert f"ringback restore {jude}" in home.run("today").out


def test_a_pipe_that_closes_is_no_error(synced: Home) -> None:
    """`ringback log | head -1` prints one line and no complaint."""
    command = f"'{sys.executable}' -m assistant._main log --limit 50 | head -1"
    environment = {
        **os.environ, "PYTHONPATH": str(ROOT), "HOME": str(synced.path), "RINGBACK_CONFIG": str(synced.config),
        "RINGBACK_NOW": synced.now,
    }  # fmt: skip
    done = subprocess.run(["/bin/sh", "-c", command], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 1


def test_a_mail_cannot_steer_the_terminal(tmp_path: Path) -> None:
    """Escape sequences and bidi marks in a caller's name reach neither the text nor the JSON, which keeps the name."""
    home = fresh(tmp_path / "dana", mails=())
    hostile = "Eve \x1b[31mRed\x1b]0;owned\x07 \u202eevil\u202c"
    (home.maildir / "new" / "evil.host").write_text(
        "From: PBX <asterisk@pbx.example>\nTo: dana@whitfieldlegal.example\n"
        "Subject: [PBX]: New message 4 in mailbox 200\n"
        "Date: Thu, 12 Nov 2026 14:22:11 -0500\nMessage-ID: <Asterisk-4-555-200@pbx.example>\n"
        f"X-Asterisk-CallerID: +12125550147\nX-Asterisk-CallerIDName: {hostile}\nMIME-Version: 1.0\n"
        "Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n\n"
        "Dear Kim:\n\n\tJust wanted to let you know you were just left a 0:21 long message (number 4)\n"
        f"in mailbox 200 from {hostile}, on Thursday, November 12, 2026 at 02:21:50 PM so you might\n"
        "want to check it when you get a chance.  Thanks!\n\n\t\t\t\t--Asterisk\n",
        encoding="utf-8",
    )
    shown = [home.run("sync").out, *(home.run(*words).out for words in (["today"], ["list"], ["show", "1"], ["bin"]))]
    assert "Eve" in "".join(shown)
    raw = home.run("list", "--json").out
    for text in (*shown, raw):
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text), text
    assert "Eve" in valid("list", raw)["callbacks"][0]["caller"]["name"]


def _on_a_terminal(home: Home, *arguments: str, **more: str) -> bytes:
    """Return what a command prints on a terminal."""
    ours, theirs = pty.openpty()
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(home.path), "RINGBACK_CONFIG": str(home.config),
        "RINGBACK_NOW": home.now, "PYTHONPATH": str(ROOT), **more,
    }  # fmt: skip
    command = [sys.executable, "-m", "assistant._main", *arguments]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        text = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:
                break
            if not part:
                break
            text += part
        process.wait(timeout=60)
    os.close(ours)
    return text


def test_bold_is_for_terminals_alone(synced: Home) -> None:
    """Headings are bold on a terminal, and plain there with NO_COLOR and in a pipe."""
    assert b"\x1b[1m" in _on_a_terminal(synced, "today")
    assert b"\x1b" not in _on_a_terminal(synced, "today", NO_COLOR="1")
    assert "\x1b" not in synced.run("today").out
