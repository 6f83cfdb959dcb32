"""`serve` as a process, and its schedule."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import filelock
import pytest
from msgspec.structs import replace

from assistant import bootstrap, settings
from assistant.errors import AuthError, TemplateError
from assistant.ledger import heard
from assistant.model.callback import Status
from assistant.model.heard import Disposition
from assistant.pipeline import checking
from assistant.service import tick as ticking
from assistant.service.schedule import DIGEST, PASS, DigestDays, DigestTrigger, Schedule
from assistant.service.tick import Ticker
from assistant.service.watching import watch
from assistant.settings import ServeSettings
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from email.message import EmailMessage

    from assistant.pipeline import Parts

ROOT = Path(__file__).parents[2]
NEW_YORK = ZoneInfo("America/New_York")
NOW = "2026-11-16 08:00"
RARELY = '\n[serve]\nevery_minutes = 720\ndigest = "off"\n'
ALWAYS_DUE = """
[serve]
every_minutes = 720
digest = "{kind}"
digest_minutes_before = 0

[hours.working]
"""
ALWAYS_DUE += "".join(f'{day} = ["00:00", "23:59"]\n' for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun"))


class Service:
    """A running `serve`, with what it wrote so far."""

    def __init__(self, world: World) -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "RINGBACK_NOW": world.clock.now().isoformat()}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "assistant._main", "--config", str(world.places.config), "serve"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.out: list[str] = []
        self.err: list[str] = []
        self._readers = [
            threading.Thread(target=kept.extend, args=(stream,))
            for kept, stream in ((self.out, self.process.stdout), (self.err, self.process.stderr))
        ]
        for reader in self._readers:
            reader.start()

    def wait_for(self, fact: Callable[[], object], what: str) -> None:
        """Wait until something is so, for half a minute at most."""
        deadline = time.monotonic() + 30
        while not fact():
            assert self.process.poll() is None, f"the service ended: {self.err}"
            assert time.monotonic() < deadline, f"{what}: {self.out} {self.err}"
            time.sleep(0.05)

    def wait_until_ready(self) -> None:
        """Wait for the first pass and the greeting."""
        self.wait_for(lambda: any("Stop with Ctrl-C" in line for line in self.out), "no greeting")

    def end(self, number: int) -> float:
        """Stop it; returns how many seconds that took."""
        begun = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(timeout=20)
        took = time.monotonic() - begun
        for reader in self._readers:
            reader.join()
        return took


@pytest.fixture
def started() -> Iterator[Callable[[World], Service]]:
    """Start services that do not outlive the test."""
    running: list[Service] = []

    def start(world: World) -> Service:
        running.append(Service(world))
        return running[-1]

    yield start
    for service in running:
        service.process.kill()
        service.process.wait()
        for reader in service._readers:
            reader.join()
        assert service.process.stdout is not None
        assert service.process.stderr is not None
        service.process.stdout.close()
        service.process.stderr.close()


def _holds(world: World) -> list[Path]:
    return [path for path in (world.root / "calendar").glob("*.ics") if b"Call " in path.read_bytes()]


def _is_planned(world: World, name: str) -> bool:
    names = heard.names_with_status(world.ledger(), Status.OPEN)
    ids = [subject for subject, (known, _) in names.items() if known == name]
    return bool(ids) and world.ledger().callback(ids[0]).hold is not None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_mail_makes_a_hold_within_seconds(tmp_path: Path, started: Callable[[World], Service], number: int) -> None:
    """A mail file is noticed long before the next pass is due, and a signal ends the waiting service cleanly."""
    world = World(tmp_path, NOW, RARELY)
    service = started(world)
    service.wait_until_ready()
    world.missed_call("Ann Byrne", "2125550141", "2026-11-16 07:50")
    service.wait_for(lambda: _is_planned(world, "Ann Byrne"), "no hold for the new mail")
    assert service.end(number) < 3
    assert service.process.returncode == 0
    assert service.err == []
    assert service.out[-1] == "Stopped.\n"
    assert checking.faults(world.parts()) == []


def test_the_digest_comes_as_one_mail_a_day(tmp_path: Path, started: Callable[[World], Service]) -> None:
    """A digest by mail is put into the Maildir once, also over a restart, and is no call of anybody's."""
    world = World(tmp_path, NOW, ALWAYS_DUE.format(kind="mail"))
    world.missed_call("Ann Byrne", "2125550141", "2026-11-16 07:50")
    for _ in range(2):
        service = started(world)
        service.wait_for(lambda: world.ledger().mark(ticking.MARK), "no digest")
        service.wait_until_ready()
        service.end(signal.SIGTERM)
        assert service.err == []
    (digest,) = [found for found in _inbox(world) if found["Auto-Submitted"] == "auto-generated"]
    assert digest["From"] == digest["To"] == "Dana Whitfield <dana@whitfieldlegal.example>"
    assert digest["Subject"] == "1 call to return"
    assert "Ann Byrne, +1 212-555-0141" in digest.get_content()
    world.sync()
    assert [one.id for one in world.ledger().owed()] == ["1"]
    (own,) = heard.messages(world.ledger(), Disposition.NO_CALL)
    assert own.reason == "its heads are those of no call notification"


def _inbox(world: World) -> list[EmailMessage]:
    files = [path for folder in ("new", "cur") for path in (world.root / "Maildir" / folder).iterdir()]
    return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in files]


def test_the_digest_stands_on_the_terminal(tmp_path: Path, started: Callable[[World], Service]) -> None:
    """A digest for the terminal is printed, and not mailed."""
    world = World(tmp_path, NOW, ALWAYS_DUE.format(kind="terminal"))
    world.missed_call("Ann Byrne", "2125550141", "2026-11-16 07:50")
    service = started(world)
    service.wait_for(lambda: any("To call, in this order" in line for line in service.out), "no digest")
    service.end(signal.SIGTERM)
    assert any("1. Ann Byrne, +1 212-555-0141" in line for line in service.out)
    assert len(_inbox(world)) == 1


def test_it_steps_aside_for_a_sync(tmp_path: Path, started: Callable[[World], Service]) -> None:
    """While another pass runs, the service says so and goes on later."""
    world = World(tmp_path, NOW, RARELY)
    world.places.data.mkdir(parents=True)
    with filelock.FileLock(world.places.data / "pass.lock"):
        service = started(world)
        service.wait_for(lambda: service.err, "no word of the other pass")
    world.missed_call("Ann Byrne", "2125550141", "2026-11-16 07:50")
    service.wait_for(lambda: any("It works again" in line for line in service.out), "no pass afterwards")
    service.end(signal.SIGTERM)
    assert _is_planned(world, "Ann Byrne")
    assert len(service.err) == 1
    assert "Another Ringback is in the middle of a pass" in service.err[0]


# --- the parts of it, in this process


class Told:
    """What a ticker showed."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.err: list[str] = []


def _ticker(world: World, told: Told, clock: bootstrap.FixedClock | None = None) -> Ticker:
    loaded = settings.load(world.places.config)
    ticker = Ticker(world.places, loaded, clock or world.clock, told.out.append, told.err.append)
    ticker.prepare()
    return ticker


def test_a_lasting_fault_is_told_once(tmp_path: Path) -> None:
    """A mailbox that is gone is told at the first of many passes, and its return too; the ledger stays whole."""
    world, told = World(tmp_path, NOW, RARELY), Told()
    ticker = _ticker(world, told)
    (tmp_path / "Maildir").rename(tmp_path / "away")
    assert [ticker.tick() for _ in range(3)] == [False, False, False]
    assert len(told.err) == 1
    assert "no Maildir at" in told.err[0]
    (tmp_path / "away").rename(tmp_path / "Maildir")
    assert ticker.tick()
    assert "It works again" in told.out[0]
    assert len(told.err) == 1


def test_a_dead_account_is_shouted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An account that wants a sign-in stands on the terminal and among the questions of the digest."""
    world, told = World(tmp_path, NOW, ALWAYS_DUE.format(kind="terminal")), Told()
    ticker = _ticker(world, told)

    def refuse(_parts: Parts) -> None:
        raise AuthError("google", "mailbox.changes", "sign in again: ringback connect google")

    monkeypatch.setattr(ticking, "run_pass", refuse)
    assert not ticker.tick()
    assert "SIGN-IN NEEDED" in told.out[0]
    assert "Please answer" in told.out[1]
    assert "sign in again: ringback connect google" in told.out[1]
    assert not ticker.tick()
    assert len(told.out) == 2
    assert len(told.err) == 1


def test_one_mail_does_not_keep_it_busy(tmp_path: Path) -> None:
    """What a pass itself writes into the mailbox wakes the watcher once more and then no longer."""
    world, told = World(tmp_path, NOW, RARELY), Told()
    ticker = _ticker(world, told)
    ticks: list[float] = []

    def tick() -> bool:
        ticks.append(time.monotonic())
        return Ticker.tick(ticker)

    ticker.tick = tick  # type: ignore[method-assign]  # the watcher asks for this very method
    schedule = Schedule(ticker.tick, told.err.append, _days(), ServeSettings(every_minutes=720))
    schedule.start()
    try:
        for name, mailbox in ticker.mailboxes():
            watch(name, mailbox, schedule, ticker)
        world.missed_call("Ann Byrne", "2125550141", "2026-11-16 07:50")
        deadline = time.monotonic() + 20
        while not _holds(world) and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(4)
        settled = len(ticks)
        time.sleep(2)
    finally:
        ticker.stop.set()
        schedule.shut_down()
    assert len(_holds(world)) == 1
    assert len(ticks) == settled <= 5


def test_a_digest_that_cannot_be_written_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A digest that fails again and again is one line, and passes go on meanwhile."""
    world, told = World(tmp_path, NOW, ALWAYS_DUE.format(kind="terminal")), Told()
    ticker = _ticker(world, told)

    def refuse(_parts: Parts, _troubles: object) -> None:
        raise TemplateError("digest.txt.j2: not like this")

    monkeypatch.setattr(ticking, "digest_facts", refuse)
    world.missed_call("Ann Byrne", "2125550141", "2026-11-16 07:50")
    assert [ticker.tick() for _ in range(3)] == [False, False, False]
    assert len(told.err) == 1
    assert len(_holds(world)) == 1
    assert not any("It works again" in line for line in told.out)


class StoppingClock(bootstrap.FixedClock):
    """A clock at whose reading the service is told to stop."""

    ticker: Ticker | None = None

    def now(self) -> datetime:
        """Return the time, and set the stop."""
        if self.ticker is not None:
            self.ticker.stop.set()
        return super().now()


def test_a_stop_cuts_a_pass_between_two_operations(tmp_path: Path) -> None:
    """A pass that is told to stop ends in the middle, and the next pass does the rest."""
    world, told = World(tmp_path, NOW, RARELY), Told()
    for number in range(4):
        world.missed_call(f"Caller {number}", f"212555014{number}", "2026-11-16 07:50")
    clock = StoppingClock(world.clock.moment)
    clock.ticker = _ticker(world, told, clock)
    assert not clock.ticker.tick()
    assert _holds(world) == []
    assert told.err == []
    assert _ticker(world, told).tick()
    assert len(_holds(world)) == 4
    assert checking.faults(world.parts()) == []


def _days(**changes: object) -> DigestDays:
    week = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "09:00")
    usual = DigestDays(zone="America/New_York", begins=week, before=timedelta(minutes=15))
    return replace(usual, **changes)


def _fires(days: DigestDays, start: datetime, count: int) -> list[str]:
    trigger, previous, found = DigestTrigger(days), None, []
    for _ in range(count):
        previous = trigger.get_next_fire_time(previous, start)
        assert previous is not None
        found.append(f"{previous.astimezone(ZoneInfo(days.zone)):%a %d %H:%M %z}")
    return found


@pytest.mark.parametrize("off", [{"holidays": (date(2026, 11, 26),)}, {"region": "US"}])
def test_the_digest_skips_days_off(off: dict[str, object]) -> None:
    """The digest comes a quarter of an hour before work, not on the weekend, and on no holiday, own or public."""
    days = _days(**off)
    found = _fires(days, datetime(2026, 11, 20, 8, 45, tzinfo=NEW_YORK), 5)
    assert found == [
        "Fri 20 08:45 -0500",
        "Mon 23 08:45 -0500",
        "Tue 24 08:45 -0500",
        "Wed 25 08:45 -0500",
        "Fri 27 08:45 -0500",
    ]


def test_the_digest_keeps_to_the_wall_clock() -> None:
    """After the clocks were changed the digest still comes at a quarter to nine by them."""
    found = _fires(_days(), datetime(2026, 10, 30, 0, 0, tzinfo=NEW_YORK), 2)
    assert found == ["Fri 30 08:45 -0400", "Mon 02 08:45 -0500"]


def test_the_digest_of_a_night_without_its_hour() -> None:
    """Work that begins in the hour that the clocks skip has its digest once, before that hour."""
    days = _days(begins={"sun": "02:30"}, before=timedelta(minutes=45))
    found = _fires(days, datetime(2026, 3, 7, 12, 0, tzinfo=NEW_YORK), 2)
    assert found == ["Sun 08 01:45 -0500", "Sun 15 01:45 -0400"]


def test_a_digest_is_due_until_its_day_ends() -> None:
    """A machine that wakes late gets the digest of the day, and none for a day that is over."""
    days = _days()

    def day_at(hour: int, day: int = 20) -> date | None:
        return days.open_day(datetime(2026, 11, day, hour, 0, tzinfo=NEW_YORK))

    assert day_at(8) is None
    assert day_at(9) == day_at(23) == date(2026, 11, 20)
    assert day_at(9, day=21) is None


def test_no_digest_where_it_is_off() -> None:
    """Without a digest, or without a working day, no moment is ever due."""
    assert _days(begins={}).next_due(datetime(2026, 11, 20, tzinfo=UTC)) is None
    assert DigestTrigger(_days(begins={})).get_next_fire_time(None, datetime(2026, 11, 20, tzinfo=UTC)) is None


class Counter:
    """A tick that takes a while and notes whether two ever ran at once."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds, self.runs, self.now, self.most = seconds, 0, 0, 0
        self.troubles: list[str] = []

    def tick(self) -> None:
        """Take a while."""
        self.now += 1
        self.most = max(self.most, self.now)
        time.sleep(self.seconds)
        self.runs += 1
        self.now -= 1

    def wait_for(self, runs: int) -> None:
        """Wait until so many have run, then a little for one too many."""
        deadline = time.monotonic() + 10
        while self.runs < runs and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.3)
        assert self.runs == runs


@pytest.mark.parametrize("job", [PASS, DIGEST])
def test_what_was_slept_through_runs_once(job: str) -> None:
    """Of all passes and digests that came due in hours of sleep, one of each runs on waking, and none is skipped."""
    counter = Counter()
    schedule = Schedule(counter.tick, counter.troubles.append, _days(), ServeSettings(every_minutes=5))
    schedule.start()
    try:
        counter.wait_for(1)
        schedule._scheduler.pause()
        schedule._scheduler.modify_job(job, next_run_time=datetime.now(UTC) - timedelta(hours=3))
        time.sleep(1.5)
        schedule._scheduler.resume()
        schedule.wake()
        counter.wait_for(2)
    finally:
        schedule.shut_down()
    assert counter.troubles == []


def test_passes_never_overlap() -> None:
    """A pass asked for while another runs comes after it and is not dropped."""
    counter = Counter(seconds=0.3)
    schedule = Schedule(counter.tick, counter.troubles.append, _days(), ServeSettings())
    schedule.start()
    try:
        for _ in range(3):
            schedule.ask(counter.tick)
        counter.wait_for(4)
    finally:
        schedule.shut_down()
    assert counter.most == 1


def test_an_unforeseen_error_is_told_and_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """An error in a tick reaches the user in one line, and the next tick comes."""
    counter = Counter()

    def fail() -> None:
        raise ZeroDivisionError("a mistake of ours")

    schedule = Schedule(fail, counter.troubles.append, _days(), ServeSettings())
    schedule.start()
    try:
        schedule.ask(counter.tick)
        counter.wait_for(1)
    finally:
        schedule.shut_down()
    assert counter.troubles == ["internal error, please report it: ZeroDivisionError: a mistake of ours"]
    assert any("raised an exception" in record.message for record in caplog.records)
