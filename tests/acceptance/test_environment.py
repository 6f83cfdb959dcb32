"""The machine fails: disk, rights, clock, zones, locale, pipes. Each time as a process, and each time it heals."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import icalendar
import pytest

from assistant.ledger import database
from assistant.ledger.database import Database
from assistant.model.callback import Status
from assistant.pipeline import checking
from tests.world import World, new_york

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).parents[2]
MONDAY, TUESDAY = "2026-11-16 08:00", "2026-11-17 08:00"
COMMAND = (sys.executable, "-m", "assistant._main")


class Ran(NamedTuple):
    """How a process ended and what it wrote."""

    code: int
    out: str
    err: str


def _environment(now: str = MONDAY, **more: str) -> dict[str, str]:
    found = {**os.environ, "PYTHONPATH": str(ROOT), "RINGBACK_NOW": new_york(now).isoformat(), **more}
    return {name: value for name, value in found.items() if not name.startswith("LC_") or name in more}


def _arguments(world: World, *arguments: str) -> list[str]:
    return [*COMMAND, "--config", str(world.places.config), *arguments]


def _run(world: World, *arguments: str, now: str = MONDAY, before: Sequence[str] = (), **more: str) -> Ran:
    done = subprocess.run(
        [*before, *_arguments(world, *arguments)],
        env=_environment(now, **more),
        capture_output=True,
        text=True,
        errors="strict",
        encoding="utf-8",
        check=False,
        timeout=60,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def _peopled(root: Path) -> World:
    """Return a world in which four people called, one of them on Friday, and nothing was read yet."""
    world = World(root, MONDAY)
    world.contact("Ann Byrne", "+1 212 555 0141", "ann@byrne.example")
    world.meeting("Budget", "2026-11-16 15:45", 75)
    world.missed_call("Ann Byrne", "2125550141", "2026-11-12 15:10")
    world.voicemail("Bo Tan", "2125550142", "2026-11-14 10:30")
    world.missed_call("Cy D\u00fcnn", "2125550143", "2026-11-15 18:45")
    world.missed_call("Di Fox", "2125550144", "2026-11-15 19:45")
    return world


def _state(world: World) -> list[object]:
    """Return all that a user can see and that is not over: callbacks, events on the calendar, drafts."""
    owed = world.ledger().callbacks()
    callbacks = [(one.id, one.status, one.hold and (one.hold.start, one.hold.gone)) for one in owed]
    events = [
        (str(event["SUMMARY"]), event.start, event.end)
        for path in (world.root / "calendar").glob("*.ics")
        for event in icalendar.Calendar.from_ical(path.read_bytes()).events
        if event.end > world.clock.now()
    ]
    drafts = [path.read_bytes().partition(b"\r\nTo: ")[2].partition(b"\r\n")[0] for path in world.drafts()]
    return [callbacks, sorted(events), sorted(drafts)]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Return a world before its first pass."""
    return _peopled(tmp_path / "world")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[object]]:
    """Return what is to be seen on Monday and on Tuesday where nothing ever fails."""
    calm = _peopled(tmp_path_factory.mktemp("calm") / "world")
    found = {}
    for day in (MONDAY, TUESDAY):
        calm.at(day)
        calm.sync()
        found[day] = _state(calm)
    assert len(calm.drafts()) == 1
    return found


def _heals(world: World, expected: list[object], now: str = MONDAY) -> None:
    """Prove that a normal pass now ends as if nothing had been, and that the one after it finds nothing to do."""
    world.at(now)
    healed = _run(world, "sync", now=now)
    assert healed.code == 0, healed
    assert checking.faults(world.parts()) == []
    assert _state(world) == expected
    assert _run(world, "sync", now=now).out == "nothing to do\n"


# --- disk


def _on_a_small_disk(world: World, free: int) -> Ran:
    """Run a pass where only so many kB are free, on a file system of its own that only this process sees."""
    seed = world.root.with_name("seed")
    world.root.rename(seed)
    world.root.mkdir()
    script = f"""
        mount -t tmpfs -o size=8m small {world.root} && cp -a {seed}/. {world.root}/ || exit 99
        dd if=/dev/zero of={world.root}/filler bs=1k status=none 2>/dev/null
        truncate -s -{free}k {world.root}/filler
        "$@"
        code=$?
        rm {world.root}/filler && rm -r {seed} && cp -a {world.root} {seed}
        exit $code
    """
    own = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"])]
    command = [*own, "sh", "-c", script, "sh", *_arguments(world, "sync")]
    done = subprocess.run(command, env=_environment(), capture_output=True, text=True, check=False)
    world.root.rmdir()
    seed.rename(world.root)
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("free", [8, 100, 200])
def test_a_full_disk(world: World, undisturbed: dict[str, list[object]], free: int) -> None:
    """Wherever in a pass the disk fills up, the user is told so, and nothing is lost or doubled once there is room."""
    ran = _on_a_small_disk(world, free)
    assert ran.code in {1, 4, 5}, ran
    assert any(words in ran.err for words in ("disk is full", "may be full", "No space left")), ran
    assert "unexpected" not in ran.err
    _heals(world, undisturbed[MONDAY])


def test_a_file_that_may_not_grow(world: World, undisturbed: dict[str, list[object]]) -> None:
    """A quota on the ledger ends the pass with a message, and the next pass without it makes up for all."""
    command = ["prlimit", "--fsize=60000", *_arguments(world, "sync")]
    done = subprocess.run(command, env=_environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 5
    assert str(world.places.ledger) in done.stderr
    assert "unexpected" not in done.stderr
    _heals(world, undisturbed[MONDAY])


# --- rights


def _bound() -> list[str]:
    """Return what makes rights bind a process, which those of root do not."""
    return ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if os.geteuid() == 0 else []


def test_a_read_only_calendar(world: World, undisturbed: dict[str, list[object]]) -> None:
    """Where events cannot be written, each one is told, the calls are kept, and the holds come when they can."""
    folder = world.root / "calendar"
    folder.chmod(0o555)
    ran = _run(world, "sync", before=_bound())
    assert ran.code == 4, ran
    assert str(folder) in ran.err
    assert "Permission denied" in ran.err
    assert len(world.ledger().owed()) == 4
    assert not list(folder.iterdir())
    folder.chmod(0o755)
    _heals(world, undisturbed[MONDAY])


def test_a_read_only_mailbox(world: World) -> None:
    """Where labels and drafts cannot be written, the holds stand nevertheless."""
    for path in (world.root / "Maildir").rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    (world.root / "Maildir").chmod(0o555)
    ran = _run(world, "sync", before=_bound())
    assert ran.code == 4, ran
    assert len(list((world.root / "calendar").glob("*.ics"))) >= 5
    assert "Permission denied" in ran.err


def test_a_home_that_cannot_be_written(world: World) -> None:
    """Without a place for the ledger there is a message that names it, and no traceback."""
    home = world.root / "home"
    (home / ".config/ringback").mkdir(parents=True)
    shutil.copy(world.places.config, home / ".config/ringback/config.toml")
    for path in (home, *home.rglob("*")):
        path.chmod(0o555)
    done = subprocess.run(
        [*_bound(), *COMMAND, "sync"], env=_environment(HOME=str(home)), capture_output=True, text=True, check=False
    )
    assert done.returncode == 5
    assert str(home / ".local") in done.stderr
    assert "unexpected" not in done.stderr


def test_a_mailbox_that_is_not_there(world: World, undisturbed: dict[str, list[object]]) -> None:
    """A missing Maildir is named with what to do; when it is back, the pass goes on."""
    moved = world.root / "elsewhere"
    (world.root / "Maildir").rename(moved)
    ran = _run(world, "sync")
    assert ran.code == 1, ran
    assert str(world.root / "Maildir") in ran.err
    assert "settings" in ran.err
    moved.rename(world.root / "Maildir")
    _heals(world, undisturbed[MONDAY])


# --- the ledger's file


@contextlib.contextmanager
def _locking(path: Path) -> Iterator[None]:
    """Let another process hold the lock of a database for writing."""
    code = (
        "import sqlite3, sys; one = sqlite3.connect(sys.argv[1]); one.execute('BEGIN IMMEDIATE'); "
        "print('locked', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == b"locked\n"
        yield
        other.stdin.close()


def test_a_ledger_locked_by_another_process(world: World, undisturbed: dict[str, list[object]]) -> None:
    """Reading goes on, writing waits and then says what holds it, and the next pass is as any other."""
    world.at("2026-11-13 08:00")
    world.ledger().database.close()
    with _locking(world.places.ledger):
        assert _run(world, "list").code == 0
        began = time.monotonic()
        ran = _run(world, "sync")
        assert 9 < time.monotonic() - began < 25
    assert ran.code == 5, ran
    assert "another process is writing to the ledger" in ran.err
    assert not list((world.root / "calendar").iterdir())
    _heals(world, undisturbed[MONDAY])


@pytest.mark.parametrize("damage", ["head", "middle", "cut"])
def test_a_damaged_ledger(world: World, damage: str) -> None:
    """A ledger that cannot be read is named with what to do, and nothing in it or on the calendar is touched."""
    world.sync()
    file = world.places.ledger
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for beside in ("-wal", "-shm"):
        Path(f"{file}{beside}").unlink(missing_ok=True)
    whole = file.read_bytes()
    broken = {
        "head": b"not a database, but long enough to be taken for one" + whole[51:],
        "middle": whole[:4096] + b"\xa5" * (len(whole) - 4096),
        "cut": whole[: len(whole) // 2],
    }[damage]
    file.write_bytes(broken)
    events = {path: path.read_bytes() for path in (world.root / "calendar").iterdir()}
    for command in ("sync", "today"):
        ran = _run(world, command)
        assert ran.code == 5, ran
        assert f"{file} is damaged" in ran.err
        assert "backup" in ran.err
        assert ran.out == ""
    assert file.read_bytes() == broken
    assert {path: path.read_bytes() for path in (world.root / "calendar").iterdir()} == events


def test_a_backup_before_each_migration(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, undisturbed: dict[str, list[object]]
) -> None:
    """Before a newer release changes the ledger, a whole copy of it lies beside it, for its owner alone."""
    world.sync()
    before = world.ledger().entries()
    newer = tmp_path / "newer"
    shutil.copytree(database.HERE, newer)
    (newer / f"schema_{database.VERSION + 1}.sql").write_text("DROP TABLE entry;\n")
    monkeypatch.setattr(database, "HERE", newer)
    monkeypatch.setattr(database, "VERSION", database.VERSION + 1)
    Database.open(world.places.ledger).close()
    copy = Path(f"{world.places.ledger}.v{database.VERSION - 1}.bak")
    assert copy.stat().st_mode & 0o777 == 0o600
    monkeypatch.undo()
    copy.replace(world.places.ledger)
    for beside in ("-wal", "-shm"):
        Path(f"{world.places.ledger}{beside}").unlink(missing_ok=True)
    assert world.ledger().entries() == before
    _heals(world, undisturbed[MONDAY])


# --- settings, clock, zones


def test_five_mistakes_at_once(world: World, undisturbed: dict[str, list[object]]) -> None:
    """A config with five mistakes is refused once, with all five."""
    good = world.places.config.read_text()
    bad = good.replace("New_York", "Neu_York").replace('"US"', '"usa"')
    world.places.config.write_text(f'{bad}\n[slot]\nat = "25:00"\nmin_minuts = 10\n[serve]\nevery_minutes = 0\n')
    ran = _run(world, "sync")
    assert ran.code == 3, ran
    for mistake in ("user.zone", "user.region", "slot.at", "slot.min_minuts", "serve.every_minutes"):
        assert mistake in ran.err, mistake
    assert "5 mistakes" in ran.err
    assert not world.places.ledger.exists()
    world.places.config.write_text(good)
    _heals(world, undisturbed[MONDAY])


def test_a_clock_set_back_by_a_day(world: World, undisturbed: dict[str, list[object]]) -> None:
    """A pass that believes to be in yesterday doubles and closes nothing, and entries keep the order of writing."""
    for day in (MONDAY, TUESDAY, MONDAY):
        assert _run(world, "sync", now=day).code == 0
    world.at(MONDAY)
    ledger = world.ledger()
    assert [one.status for one in ledger.callbacks()] == [Status.OPEN] * 4
    assert checking.faults(world.parts()) == []
    order = [entry.seq for entry in ledger.entries()]
    assert order == sorted(set(order))
    numbers = [change.id for change in ledger.changes(limit=100)]
    assert numbers == sorted(numbers, reverse=True)
    _heals(world, undisturbed[TUESDAY], now=TUESDAY)


def test_no_zone_data(world: World, tmp_path: Path, undisturbed: dict[str, list[object]]) -> None:
    """On a machine without any zone data the message says what to install, and does not blame the config."""
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['tzdata'] = None\n")
    path = f"{tmp_path}{os.pathsep}{ROOT}"
    ran = _run(world, "sync", PYTHONPATH=path, PYTHONTZPATH="")
    assert ran.code == 3, ran
    assert "pip install tzdata" in ran.err
    assert "is no IANA time zone" not in ran.err
    _heals(world, undisturbed[MONDAY])


# --- locale and pipes


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_that_knows_few_letters(world: World, encoding: str) -> None:
    """Names that the terminal cannot show are shown as well as can be, and nothing fails for them."""
    world.missed_call("\u738b\u5c0f\u660e \U0001f600", "2125550145", "2026-11-15 19:50")
    more = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": encoding}
    for command in ("sync", "list", "today"):
        done = subprocess.run(
            _arguments(world, command), env=_environment(**more), capture_output=True, check=False, timeout=60
        )
        assert done.returncode == 0, done
        assert b"Bo Tan" in done.stdout
        assert b"Traceback" not in done.stderr


def test_a_locale_that_does_not_exist(world: World) -> None:
    """A wrong LANG is no reason to fail."""
    ran = _run(world, "sync", LANG="xx_YY.UTF-9", LC_ALL="xx_YY.UTF-9")
    assert ran.code == 0, ran


@pytest.mark.parametrize("to", [">&-", ">/dev/full", "| head -c 0"])
def test_an_output_that_nobody_reads(world: World, undisturbed: dict[str, list[object]], to: str) -> None:
    """A closed pipe, a closed output or a full disk behind it ends in no traceback, and the pass was made."""
    command = ["sh", "-c", f'"$@" {to}', "sh", *_arguments(world, "sync")]
    done = subprocess.run(command, env=_environment(), stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert "unexpected" not in done.stderr
    assert _state(world) == undisturbed[MONDAY]
    _heals(world, undisturbed[MONDAY])


# --- size


def test_listing_a_large_mailbox_takes_little_memory(tmp_path: Path) -> None:
    """The names of 100,000 mails fit into a hundred megabytes; none of the mails is opened for them."""
    new = tmp_path / "Maildir" / "new"
    for name in ("new", "cur", "tmp"):
        (tmp_path / "Maildir" / name).mkdir(parents=True)
    for start in (0, 50_000):  # a file may have no more names than some tens of thousands
        first = new / f"1700000000.M{start}.host"
        first.write_bytes(b"Subject: x\r\n\r\n")
        for number in range(start + 1, start + 50_000):
            os.link(first, new / f"1700000000.M{number}.host")
    code = (
        "import resource, sys, pathlib\nfrom providers.local.maildir import INBOX, Maildir\n"
        "def used(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = used()\nfound = Maildir(pathlib.Path(sys.argv[1])).listing(INBOX)\nprint(len(found), used() - before)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "Maildir")]
    done = subprocess.run(command, env=_environment(), capture_output=True, text=True, check=True)
    count, kilobytes = map(int, done.stdout.split())
    assert count == 100_000
    assert kilobytes < 100_000
