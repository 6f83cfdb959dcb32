"""The commands that decide: what stands afterwards in the ledger, on the calendar and in the mailbox."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.cli.process import Home, copied, fresh, id_of, valid

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Make a home after its first sync, to be copied."""
    home = fresh(tmp_path_factory.mktemp("home") / "dana")
    ran = home.run("sync")
    assert ran.code == 0, ran
    return home


@pytest.fixture
def home(synced: Home, tmp_path: Path) -> Home:
    """Copy the synced home for one test."""
    return copied(synced, tmp_path / "dana")


def _callback(home: Home, callback: str) -> dict[str, Any]:
    found: dict[str, Any] = home.ask("show", callback)["callback"]
    return found


def _event(home: Home, callback: str) -> str:
    found = [path.read_text() for path in (home.path / "calendar").glob("*.ics")]
    (text,) = [text for text in found if re.search(rf"UID:ringback-\w+-{callback}\.", text)]
    return text


def test_done_settles_and_undo_takes_it_back(home: Home) -> None:
    """`done` closes the callback and ticks its hold at once; `undo` with the number it named opens it again."""
    jude = id_of(home, "Jude Falkner")
    ran = home.run("done", jude, "update-given", "--note", "sends the papers")
    assert ran.code == 0
    assert ran.lines[0] == f"Done: Jude Falkner  +1 646 555 0157 [{jude}]: update given."
    assert any(line.startswith("tick   hold") for line in ran.lines), ran.out
    assert _callback(home, jude)["outcome"] == "update_given"
    assert "sends the papers" in home.run("show", jude).out
    number = ran.lines[-1].removeprefix("Take it back: ringback undo ")
    assert "Jude Falkner" in home.run("list", "--closed").out
    undone = home.ask("undo", number)
    assert [one["status"] for one in undone["callbacks"]] == ["open"]
    assert "done" in [change["command"].split()[0] for change in home.ask("log")["changes"]]


def test_giving_up_needs_a_reason(home: Home) -> None:
    """`done ID abandoned` without a note is refused, and nothing changes."""
    ran = home.run("done", "1", "abandoned")
    assert ran.code == 3
    assert "--note" in ran.err
    assert home.run("done", "1", "abandoned", "--note", "moved away", "--no-sync").code == 0


def test_a_try_has_a_result_and_a_next_step(home: Home) -> None:
    """`tried` without --next says that the next working day is next, with --next it keeps to that."""
    ran = home.run("tried", "1", "no_answer")
    assert "no answer. Next try: from Mon 16 Nov on, in the slot." in ran.out
    view = home.ask("tried", "2", "left-message", "--by", "Ms Kern", "--next", "tuesday 14:00")
    assert "Next try: Tuesday 17 November 2026, 14:00 EST." in view["said"]
    (item,) = view["callbacks"]
    assert (item["status"], item["until"], item["attempts"]) == ("waiting", "2026-11-17T14:00:00-05:00", 1)
    assert item["hold"]["start"] == item["until"]
    assert "the message was taken by Ms Kern" in home.run("show", "2").out
    assert home.run("tried", "1").code == 3
    assert home.run("tried", "1", "gave up").code == 3


def test_snooze_says_what_it_understood(home: Home) -> None:
    """`snooze` echoes weekday and zone, the hold moves there, and what nobody understands is refused."""
    ran = home.run("snooze", "1", "next", "wednesday")
    assert "until Wednesday 18 November 2026, 09:00 EST." in ran.lines[0]
    assert any(line.startswith("move   hold  Wed 18 Nov") for line in ran.lines), ran.out
    assert _callback(home, "1")["until"] == "2026-11-18T09:00:00-05:00"
    for words in ("whenever it suits", "yesterday", "2026-01-01"):
        ran = home.run("snooze", "1", words)
        assert (ran.code, ran.out) == (3, "")
    assert home.ask("snooze", "1", "in 2 hours")["callbacks"][0]["until"] == "2026-11-13T10:00:00-05:00"


def test_a_promise_moves_the_hold_and_cannot_be_taken_back(home: Home) -> None:
    """`promise` puts the hold at that very time; the caller was told, so `undo` refuses."""
    ran = home.run("promise", "1", "monday", "at", "3pm")
    assert "Monday 16 November 2026, 15:00 EST." in ran.lines[0]
    item = _callback(home, "1")
    assert item["promised_at"] == item["hold"]["start"] == "2026-11-16T15:00:00-05:00"
    assert "TRIGGER" in _event(home, "1")
    refused = home.run("undo")
    assert refused.code == 3
    assert "promise" in refused.err
    vague = home.run("promise", "1", "monday")
    assert (vague.code, "no time of day" in vague.err) == (3, True)
    assert "You promised" in home.run("today", RINGBACK_NOW="2026-11-16T09:00:00-05:00").out


def test_the_users_bucket_stands(home: Home) -> None:
    """`bucket` overrides triage, and `why` says so."""
    corvid = id_of(home, "Corvid Couriers")
    view = home.ask("bucket", corvid, "few-days")
    assert view["callbacks"][0]["bucket"] == "few_days"
    assert home.ask("why", corvid)["bucket_set_by_you"] is True
    assert home.run("bucket", corvid, "soon").code == 3


def test_add_reads_a_line(home: Home) -> None:
    """`add` finds name, number and matter in one line, and the call gets a hold like any other."""
    view = home.ask("add", "Ann Byrne +353 1 555 0123 about the quote")
    (item,) = view["callbacks"]
    assert (item["caller"]["name"], item["caller"]["number"]) == ("Ann Byrne", "+35315550123")
    assert item["hold"] is not None
    assert home.ask("show", item["id"])["calls"][0]["transcript"] == "about the quote"
    assert "Call Ann Byrne" in _event(home, item["id"])
    assert home.run("undo").code == 0
    assert _callback(home, item["id"])["status"] == "closed"
    assert home.run("check").out.count("out of balance") == 0


def test_add_joins_who_is_owed_already(home: Home) -> None:
    """A call added for somebody who is owed one joins that callback."""
    jude = id_of(home, "Jude Falkner")
    before = len(home.ask("list")["callbacks"])
    ran = home.run("add", "Jude Falkner 646-555-0157", "--when", "tomorrow 10:00")
    assert ran.lines[0] == f"Joined to: Jude Falkner  +1 646 555 0157 [{jude}]."
    assert len(home.ask("list")["callbacks"]) == before
    assert home.ask("why", jude)["asked"] == ["tomorrow 10:00"]


def test_add_wants_somebody(home: Home) -> None:
    """`add` refuses a line with two numbers, a wrong --number and an empty line; options say what the line does not."""
    assert home.run("add", "+12125550101 or +12125550102").code == 3
    assert home.run("add", "Ann", "--number", "12").code == 3
    assert home.run("add", " ").code == 3
    view = home.ask("add", "about the lease", "--name", "Bo Lind", "--number", "+46 8 123 456 78", "--no-sync")
    assert view["callbacks"][0]["caller"] == {"name": "Bo Lind", "number": "+46812345678", "extension": None}
    assert view["followed"] is None


def test_merge_and_undo(home: Home) -> None:
    """`merge` lets one call clear both; the other id says where it went, and `undo` parts them again."""
    corvid, winona = id_of(home, "Corvid Couriers"), id_of(home, "Winona Castle")
    view = home.ask("merge", corvid, winona)
    assert [one["calls"] for one in view["callbacks"]] == [2, 0]
    assert view["callbacks"][1]["merged_into"] == corvid
    assert corvid in home.run("done", winona).err
    home.ask("undo", str(view["change"]))
    assert [_callback(home, one)["calls"] for one in (corvid, winona)] == [1, 1]
    assert home.run("check").out.count("out of balance") == 0


def test_split_gives_a_call_its_own_callback(home: Home) -> None:
    """`split` takes a call out into a new callback; a call that is not there is refused."""
    jude = id_of(home, "Jude Falkner")
    call = home.ask("show", jude)["calls"][0]["id"]
    view = home.ask("split", jude, call)
    assert [one["calls"] for one in view["callbacks"]] == [2, 1]
    assert home.run("split", jude, "call-of-nobody").code == 3
    assert home.run("check").out.count("out of balance") == 0


def test_restore_brings_a_deleted_hold_back(home: Home) -> None:
    """A hold that the user deleted stays away until `restore` brings it back."""
    jude = id_of(home, "Jude Falkner")
    (event,) = [
        path
        for path in (home.path / "calendar").glob("*.ics")
        if re.search(rf"UID:ringback-\w+-{jude}\.", path.read_text())
    ]
    event.unlink()
    home.run("sync")
    assert _callback(home, jude)["hold"] is None
    view = home.ask("restore", jude)
    assert view["callbacks"][0]["hold"] is not None
    nothing = home.run("restore")
    assert (nothing.code, "nothing to bring back" in nothing.err) == (3, True)


def test_acknowledge_answers_a_lost_slot(home: Home) -> None:
    """A day without room is asked about until it is acknowledged."""
    (home.path / "calendar" / "away.ics").write_text(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nBEGIN:VEVENT\r\nUID:away\r\n"
        "DTSTAMP:20261101T000000Z\r\nDTSTART;VALUE=DATE:20261117\r\nDTEND;VALUE=DATE:20261118\r\nSUMMARY:Away\r\n"
        "TRANSP:OPAQUE\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    assert "question: There is no call slot on Tue 17 Nov" in home.run("sync").err
    (question,) = home.ask("today")["questions"]
    assert question["answers"] == ["ringback acknowledge 2026-11-17"]
    assert home.ask("acknowledge", "2026-11-17")["said"] == "Acknowledged: no call slot on 2026-11-17."
    assert home.ask("today")["questions"] == []
    assert home.run("acknowledge").code == 3


def test_bin_accepts_and_dismisses(home: Home) -> None:
    """An accepted mail's caller is owed a call; a dismissed one leaves the bin."""
    spare = copied(home, home.path.parent / "spare")
    before = len(home.ask("list")["callbacks"])
    view = valid("bin-accept", home.run("bin", "--accept", "1", "--json").out)
    assert len(view["callbacks"]) == 1
    assert len(home.ask("list")["callbacks"]) == before + 1
    assert home.run("bin").out == "The review bin is empty.\n"
    said = valid("bin-dismiss", spare.run("bin", "--dismiss", "1", "--json").out)["said"]
    assert said.startswith("Dismissed: New Voice Message from (332) 555-0111")
    assert spare.ask("bin")["mails"] == []
    assert len(spare.ask("list")["callbacks"]) == before
    assert spare.run("bin", "--dismiss", "1").code == 3
    assert spare.run("bin", "--dismiss", "1", "--accept", "1").code == 3
    assert spare.run("check").out.count("out of balance") == 0


def test_a_decision_stands_when_the_calendar_is_away(home: Home) -> None:
    """Without its calendar the account fails; the decision stands, and exit code 4 and a sentence say what is to do."""
    shutil.move(home.path / "calendar", home.path / "elsewhere")
    ran = home.run("done", "1", "--json")
    assert ran.code == 4
    assert "The decision stands." in ran.err
    view = valid("done", ran.out)
    assert view["followed"]["problem"]
    assert view["callbacks"][0]["status"] == "closed"
    assert home.run("sync").code == 1
    shutil.move(home.path / "elsewhere", home.path / "calendar")
    assert "Done" in home.run("sync").out


def test_no_sync_only_notes(home: Home) -> None:
    """With --no-sync the calendar is left alone until the next sync."""
    before = _event(home, "1")
    assert home.run("done", "1", "--no-sync").code == 0
    assert _event(home, "1") == before
    assert home.run("sync").out != "nothing to do\n"
