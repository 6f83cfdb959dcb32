"""500 mails that are damaged or mean harm, among those of twenty people who are owed a call."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
import unicodedata
from email import message_from_bytes, policy
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import icalendar
import pytest

from assistant.ledger import heard
from assistant.model.callback import Status
from assistant.model.heard import Disposition
from assistant.pipeline import checking
from tests import hostile
from tests.world import World

if TYPE_CHECKING:
    from email.message import EmailMessage

    from assistant.pipeline import Report

ROOT = Path(__file__).parents[2]
NOW = "2026-11-16T08:00:00-05:00"
NAMES = [f"{first} Good{letter}" for first in ("Ann", "Bo", "Cy", "Di") for letter in "abcde"]
GOOD = {name: f"21255501{number}" for number, name in enumerate(NAMES, 10)}
DAMAGED_CALENDARS = {
    "calendar/binary.ics": b"\x00\xff\x1b]0;owned\x07",
    "calendar/cut.ics": b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:x\r\nDTSTART:2026",
    "work/notime.ics": b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:y\r\nSUMMARY:when?\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
    "work/year0.ics": b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:z\r\nDTSTART:00000101T000000Z\r\nEND:VEVENT\r\n"
    b"END:VCALENDAR\r\n",
    "work/empty.ics": b"",
}
DAMAGED_CARDS = {
    "contacts/binary.vcf": b"\x00\xff\xfe\x1b[2J",
    "contacts/cut.vcf": b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Half a c",
    "contacts/\x1b[31mred.vcf": b"BEGIN:VCARD\r\n\xff\r\nEND:VCARD\r\n",
}
PROPERTIES = {"UID", "DTSTAMP", "CREATED", "LAST-MODIFIED", "SEQUENCE", "DTSTART", "DTEND", "SUMMARY", "DESCRIPTION",
              "LOCATION", "TRANSP", "STATUS", "CLASS", "CATEGORIES", "X-RINGBACK-KEY"}  # fmt: skip
HEADERS = {"From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "X-Ringback-Key",
           "Content-Type", "Content-Transfer-Encoding", "MIME-Version"}  # fmt: skip
REQUIRED = {"From", "To", "Subject", "Date", "Message-ID", "X-Ringback-Key", "Content-Type", "MIME-Version"}
BOLD = ("\x1b[1m", "\x1b[0m")
LINK = re.compile(r"https?:|www\.|(?<!@)evil\.example")
SPELLING = "\u200c\u200d"


class Seen(NamedTuple):
    """What a terminal got from a command, byte for byte, and what came on stderr."""

    code: int
    out: str
    err: str


class Hit(NamedTuple):
    """A world after the first pass over all of it, and a second one two days later."""

    world: World
    first: Seen
    later: Report


@pytest.fixture(scope="module")
def hit(tmp_path_factory: pytest.TempPathFactory) -> Hit:
    world = World(tmp_path_factory.mktemp("hit"), "2026-11-16 08:00")
    folders = [world.root / "Maildir" / name for name in ("new", "cur")]
    for count, mail in enumerate(hostile.mails()):
        path = folders[count % 2] / f"17000000{count:03}.bad.host{':2,S' * (count % 2)}"
        path.write_bytes(mail.raw)
        os.utime(path, (hostile.ARRIVED, hostile.ARRIVED))
    for name, number in GOOD.items():
        call = world.voicemail if name.endswith(("a", "b")) else world.missed_call
        call(name, number, "2026-11-16 07:15")
    for name, raw in (DAMAGED_CALENDARS | DAMAGED_CARDS).items():
        (world.root / name).write_bytes(raw)
    world.contact("{{ 7 * 191 }} Ann\\, BEGIN:VEVENT", "212 555 0199", "e@e.example")
    world.missed_call("Ann Card", "2125550199", "2026-11-16 07:16")
    first = _on_a_terminal(world, "sync", "--verbose")
    world.at("2026-11-18 08:30")
    return Hit(world, first, world.sync())


def _on_a_terminal(world: World, *arguments: str) -> Seen:
    """Run a command whose stdout is a terminal: only there does it show what would steer one."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "RINGBACK_NOW": NOW, "TERM": "xterm", "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "assistant._main", "--config", str(world.places.config), *arguments]
    ours, theirs = os.openpty()
    with subprocess.Popen(command, env=environment, stdout=theirs, stderr=subprocess.PIPE) as process:
        os.close(theirs)
        out = _all_of(ours)
        assert process.stderr is not None
        err = process.stderr.read()
    return Seen(process.returncode, out.decode(), err.decode())


def _all_of(terminal: int) -> bytes:
    found = b""
    while True:
        try:
            found += os.read(terminal, 65536)
        except OSError as error:
            os.close(terminal)
            if error.errno != errno.EIO:  # how Linux says that the other end is closed
                raise
            return found


def _steering(seen: Seen) -> str:
    """Return every character that a terminal would obey, or that turns or hides what is read."""
    text = seen.out.replace("\r\n", "\n") + seen.err
    for ours in BOLD:
        text = text.replace(ours, "")
    return "".join(char for char in text if char not in "\n" + SPELLING and unicodedata.category(char)[0] == "C")


def _events(world: World) -> dict[Path, icalendar.Calendar]:
    ours = [path for path in sorted((world.root / "calendar").glob("*.ics")) if path.name.startswith("ringback-")]
    return {path: icalendar.Calendar.from_ical(path.read_bytes()) for path in ours}


def _drafts(world: World) -> list[EmailMessage]:
    return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in world.drafts()]


@pytest.mark.parametrize("name", GOOD)
def test_a_good_caller_gets_exactly_one_hold(hit: Hit, name: str) -> None:
    """However much junk lies around it, a call becomes one callback with one event that names caller and number."""
    callback = hit.world.callback(name)
    assert callback.status == Status.OPEN
    assert len(callback.calls) == 1
    titled = [one for one in _events(hit.world).values() if str(one.events[0].get("SUMMARY", "")) == f"Call {name}"]
    (event,) = (one.events[0] for one in titled)
    number = GOOD[name]
    assert f"+1 {number[:3]}-{number[3:6]}-{number[6:]}" in str(event["DESCRIPTION"])
    assert event["UID"] == hit.world.hold(name).uid


def test_no_bad_mail_stops_the_pass(hit: Hit) -> None:
    """The pass over all of them ends well, does everything that it wanted, and leaves the promises kept."""
    assert hit.first.code == 0, hit.first.err
    assert "failed:" not in hit.first.err
    assert checking.faults(hit.world.parts()) == []


def test_every_mail_is_accounted_for(hit: Hit) -> None:
    """Each file of the mailbox has its row, with a reason where it is no call."""
    ledger = hit.world.ledger()
    rows = [one for kind in Disposition for one in heard.messages(ledger, kind)]
    files = [path for name in ("new", "cur") for path in (hit.world.root / "Maildir" / name).iterdir()]
    assert len(files) == hostile.COUNT + len(GOOD) + 1
    assert sorted(one.ref for one in rows) == sorted(f"INBOX/{path.name.partition(':')[0]}" for path in files)
    assert all(one.reason for one in rows if one.disposition != Disposition.CALL)
    assert len(heard.messages(ledger, Disposition.BIN)) >= 5


def test_nothing_is_injected_into_an_event(hit: Hit) -> None:
    """Every file that was written holds one event of ours, with our properties alone and no link of a stranger's."""
    events = _events(hit.world)
    assert len(events) > len(GOOD)
    for calendar in events.values():
        assert [one.name for one in calendar.subcomponents if one.name != "VTIMEZONE"] == ["VEVENT"]
        (event,) = calendar.walk("VEVENT")
        assert set(event.keys()) <= PROPERTIES, set(event.keys()) - PROPERTIES
        assert {one.name for one in event.subcomponents} <= {"VALARM"}
        assert not event.errors
        text = "\n".join(str(event.get(name, "")) for name in PROPERTIES)
        assert not LINK.search(text)
        assert not any(unicodedata.category(char)[0] == "C" for char in text if char not in "\n" + SPELLING)


def test_no_event_file_has_a_line_that_a_stranger_wrote(hit: Hit) -> None:
    """Read without any library, line by line, a file begins one event and ends one."""
    for path in _events(hit.world):
        lines = path.read_bytes().replace(b"\r\n ", b"").split(b"\r\n")
        names = [line.partition(b":")[0].partition(b";")[0].decode("ascii") for line in lines]
        assert lines.count(b"BEGIN:VEVENT") == lines.count(b"END:VEVENT") == lines.count(b"END:VCALENDAR") == 1
        assert not {"ATTENDEE", "ORGANIZER", "URL", "ATTACH"} & set(names)
        assert not any(byte in line for line in lines for byte in (b"\r", b"\n", b"\x1b", b"\x00"))


def test_nothing_is_injected_into_a_draft(hit: Hit) -> None:
    """Every draft has the fields that we write, each once, one recipient, and one part of plain text."""
    drafts = _drafts(hit.world)
    assert len(drafts) >= 5
    for draft in drafts:
        names = draft.keys()
        assert len(names) == len(set(names))
        assert set(names) <= HEADERS, names
        assert set(names) >= REQUIRED, names
        assert not draft.defects
        assert len(draft["To"].addresses) == 1
        assert draft["From"] == "Dana Whitfield <dana@whitfieldlegal.example>"
        assert draft.get_content_type() == "text/plain"
        assert "https:" not in draft.get_content()


def test_a_template_in_a_mail_is_text(hit: Hit) -> None:
    """Braces in a name stand in title and draft as they were written; nothing ever computed them."""
    titles = [str(one.events[0]["SUMMARY"]) for one in _events(hit.world).values()]
    greetings = [draft.get_content() for draft in _drafts(hit.world)]
    assert any("7 * 191 }}{% for x in y %}" in title for title in titles)
    assert any("7 * 191 }}{% for x in y %}" in text for text in greetings)
    assert any("{{ 7 * 191 }} Ann" in title for title in titles)
    assert not any("1337" in text for text in (*titles, *greetings, hit.first.out))


def test_a_spoken_order_is_not_obeyed(hit: Hit) -> None:
    """Words that tell an assistant to close everything and write to somebody close nothing and write to nobody."""
    ledger = hit.world.ledger()
    assert {one.status for one in ledger.callbacks()} == {Status.OPEN}
    bodies = [str(one.events[0].get("DESCRIPTION")) for one in _events(hit.world).values()]
    assert any("Ignore previous instructions" in body for body in bodies)
    assert "evil@evil.example" not in {one.addr_spec for draft in _drafts(hit.world) for one in draft["To"].addresses}


@pytest.mark.parametrize("command", ["today", "list", "bin", "log"])
def test_no_list_steers_a_terminal(hit: Hit, command: str) -> None:
    """On a terminal, a list of ours writes no control or bidi character but our own bold."""
    seen = _on_a_terminal(hit.world, command)
    assert seen.code == 0, seen.err
    assert seen.out.strip()
    assert _steering(seen) == ""


def test_a_pass_steers_no_terminal(hit: Hit) -> None:
    """Neither the result of the pass nor its chatter has a control or bidi character."""
    assert "Ann Gooda" in hit.first.out
    assert _steering(hit.first) == ""


def test_no_callback_steers_a_terminal_when_shown(hit: Hit) -> None:
    """`show` and `why` write no control or bidi character for any of the calls with the worst names and words."""
    ledger = hit.world.ledger()
    worst = [
        one.id for one in ledger.callbacks() if any(_is_wild(known.call) for known in heard.calls_of(ledger, one.id))
    ]
    assert len(worst) >= 3
    for subject in worst[:6]:
        for command in ("show", "why"):
            seen = _on_a_terminal(hit.world, command, subject)
            assert seen.code == 0, seen.err
            assert _steering(seen) == ""


def _is_wild(call: object) -> bool:
    """Tell whether what the ledger keeps of a call would steer a terminal if it were printed as it is."""
    texts = (getattr(call, "caller_name", None) or "", getattr(call, "transcript", None) or "")
    return any(unicodedata.category(char)[0] == "C" and char != "\n" for text in texts for char in text)


@pytest.mark.parametrize("file", DAMAGED_CALENDARS | DAMAGED_CARDS)
def test_a_damaged_file_of_the_users_is_told(hit: Hit, file: str) -> None:
    """A calendar or card that cannot be read is named with what to do, and the pass goes on."""
    shown = file.replace("\x1b[31m", "")
    (line,) = (line for line in hit.first.err.splitlines() if shown in line)
    assert line.startswith("cannot be read:")
    assert "remove the" in line


def test_the_next_pass_has_nothing_to_do(hit: Hit) -> None:
    """Hostile mail does not keep the pass busy: the third one finds nothing new."""
    assert hit.later.considered == 0
    assert hit.world.sync().nothing_to_do
