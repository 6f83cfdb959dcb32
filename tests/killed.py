"""What runs in the processes that the kill test kills: a warm interpreter that forks one `sync` for each kill.

It reads one order a line from stdin, as JSON, and answers each with one line. The points at which a pass can be killed
are made by wrappers around the accounts, SQLite and `os`, in the forked process alone: the product knows of none.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import hashlib
import io
import json
import os
import re
import secrets
import shutil
import signal
import sqlite3
import stat
import sys
import time
import traceback
import zoneinfo
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn

import icalendar
import msgspec

from assistant import bootstrap, opening, settings
from assistant.cli import ending
from assistant.ledger import decisions
from assistant.model.callback import DraftStatus, Placed
from assistant.model.journal import Outcome
from assistant.model.mailbox import Label
from assistant.pipeline import checking, run_pass
from assistant.ports import Account
from assistant.standards import ical
from assistant.standards.compose import KEY_HEADER
from providers._headers import field, header_fields
from providers.local import keywords
from providers.local.maildir import Maildir
from tests.world import World

if TYPE_CHECKING:
    from types import ModuleType

    from assistant.pipeline import Parts

BEFORE, AFTER, TORN = "before", "after", "torn"
COMMIT = "commit"
CALLS = ("mailbox", "drafts", "calendar", "contacts")
_STEPS = ("link", "rename", "replace", "unlink", "mkdir")
_PATIENCE = 120  # seconds; a pass takes less than one
_READS = ("SELECT", "BEGIN", "ROLLBACK", "PRAGMA user_version")
# A version of an event, and what changes with it; a generation is a new uid after an event that is gone.
_VERSION = re.compile(r"^(DTSTAMP|LAST-MODIFIED|CREATED|SEQUENCE):.*\r?\n", re.MULTILINE)
_GENERATION = re.compile(r"(ringback-[0-9a-f]{8}-[\w-]+)\.\d+")
_HORIZON = "[slot]\nhorizon_days = {days}\n"


# --- the life of a user, told up to each pass that is killed


def first(world: World, more: int) -> str:
    """Let the ledger begin: people with and without a mail address, one overdue, one withheld number, one forgery."""
    world.contact("Ann Byrne", "+1 212 555 0141", "ann@byrne.example")
    world.contact("Bo Tan", "+1 212 555 0142", "bo@tan.example")
    world.missed_call("Ann Byrne", "2125550141", "2026-11-09 15:10")
    world.voicemail("Bo Tan", "2125550142", "2026-11-14 10:30")
    world.missed_call("Cy Dunn", "2125550143", "2026-11-15 18:45")
    for number in range(more):
        world.contact(f"Caller {number}", f"+1 212 555 02{number:02}", f"caller{number}@more.example")
        world.missed_call(f"Caller {number}", f"21255502{number:02}", f"2026-11-{8 + number % 7:02} 11:{number:02}")
    world.deliver("Lunch?", "Are you free for lunch on Friday?\n", "2026-11-15 20:00")
    return "2026-11-16 08:00"


def moved(world: World, more: int) -> str:
    """Put a meeting on the call time, drag one hold, rename another, and let somebody ring again."""
    del more
    world.meeting("Budget", "2026-11-16 15:45", 75)
    world.drag("Ann Byrne", "2026-11-18 11:00")
    world.retitle("Cy Dunn", "{} about the lease")
    world.voicemail("Bo Tan", "2125550142", "2026-11-16 08:40")
    return "2026-11-16 09:30"


def closings(world: World, more: int) -> str:
    """Tick one hold, close another by command, answer a third by label, and let a new caller ring."""
    del more
    decisions.close(world.ledger(), world.id("Ann Byrne"), Outcome.HANDLED_ELSEWHERE)
    world.retitle("Cy Dunn", "✓ {}")
    world.relabel("Bo Tan", Label.LEFT_MESSAGE)
    world.contact("Di Okafor", "+1 212 555 0144", "di@okafor.example")
    world.missed_call("Di Okafor", "2125550144", "2026-11-10 15:00")
    return "2026-11-16 15:20"


def sent(world: World, more: int) -> str:
    """Send one draft, try its caller in vain, let the call time pass, and take a tick out again."""
    del more
    world.send_draft("di@okafor.example")
    world.retitle("Di Okafor", "no answer {}")
    world.retitle("Cy Dunn", "Cy Dunn about the lease")
    world.relabel("Cy Dunn", Label.TO_CALL)
    return "2026-11-17 08:00"


def dropped(world: World, more: int) -> str:
    """Throw a draft away, delete a hold, and let a caller ring again whose callback is closed."""
    del more
    world.discard_draft("bo@tan.example")
    world.remove("Bo Tan")
    world.missed_call("Ann Byrne", "2125550141", "2026-11-17 09:10")
    return "2026-11-17 12:00"


STORIES: dict[str, Callable[[World, int], str]] = {
    each.__name__: each for each in (first, moved, closings, sent, dropped)
}
_PASSES = {dropped.__name__: 2}
"""A draft counts as thrown away when it was nowhere in two passes."""


# --- the points at which a process is killed


class Points:
    """Counts the points that a pass comes through, and ends the process at one of them.

    Args:
        at: the number of the point, None for none.
        look: digests the disk, so that points between which nothing was written can be told; None for no digests.
    """

    def __init__(self, at: int | None, look: Callable[[], str] | None = None) -> None:
        self.at = at
        self.look = look
        self.passed: list[tuple[str, str, str]] = []

    def reached(self, what: str, when: str, wound: Callable[[], object] | None = None) -> None:
        """Come through one point; `wound` is done to a file before the process dies there."""
        if self.at == len(self.passed):
            if wound is not None:
                wound()
            os.kill(os.getpid(), signal.SIGKILL)
        state = "" if self.look is None else f"wound {len(self.passed)}" if wound is not None else self.look()
        self.passed.append((what, when, state))

    def around(self, what: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """Return the call with a point on either side."""

        @functools.wraps(call)
        def watched(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  stands in for any function
            self.reached(what, BEFORE)
            found = call(*args, **kwargs)
            if isinstance(found, Iterator) and not isinstance(found, io.IOBase):
                return self._drained(what, found)
            self.reached(what, AFTER)
            return found

        return watched

    def _drained(self, what: str, found: Iterator[Any]) -> Iterator[Any]:
        yield from found
        self.reached(what, AFTER)


class Watched:
    """One service of an account, with a point before and after each call."""

    def __init__(self, name: str, service: object, points: Points) -> None:
        self._name, self._service, self._points = name, service, points

    def __getattr__(self, method: str) -> Callable[..., Any]:
        return self._points.around(f"{self._name}.{method}", getattr(self._service, method))


class Connection(sqlite3.Connection):
    """A connection with a point before and after each commit, also of a statement that is its own transaction."""

    points = Points(None)

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:  # noqa: ANN401  as sqlite3 has it
        if sql.startswith("PRAGMA synchronous"):
            sql = "PRAGMA synchronous = OFF"  # a kill takes nothing out of the system's cache
        commits = sql == "COMMIT" or not (self.in_transaction or sql.startswith(_READS))
        if commits:
            self.points.reached(COMMIT, BEFORE)
        found = super().execute(sql, parameters)
        if commits:
            self.points.reached(COMMIT, AFTER)
        return found


def watch(points: Points, root: Path) -> None:
    """Put the points into this process: around every call of a provider, every commit, every change of a file."""
    connect = opening.connect

    def connected(*args: Any) -> Account:  # noqa: ANN401  hands on what bootstrap passes
        opened = connect(*args)
        named = zip(CALLS, (opened.mailbox, opened.drafts, opened.calendar, opened.contacts), strict=True)
        services: Any = (None if one is None else Watched(name, one, points) for name, one in named)
        return Account(*services)

    Connection.points = points
    _put(opening, connect=connected)
    _put(sqlite3, connect=functools.partial(sqlite3.connect, factory=Connection))
    _watch_files(points, str(root))


def _watch_files(points: Points, root: str) -> None:
    for name in _STEPS:
        real = getattr(os, name)
        _put(os, **{name: _inside(root, real, points.around(f"file.{name}", real))})
    real_open, watched_open = os.open, points.around("file.create", os.open)
    real_io, watched_io = io.open, points.around("file.create", io.open)

    def opened(path: Any, flags: int, *args: Any, **kwargs: Any) -> int:  # noqa: ANN401  as os.open
        creates = flags & os.O_CREAT and str(path).startswith(root)
        return int((watched_open if creates else real_open)(path, flags, *args, **kwargs))

    def file_opened(path: Any, mode: str = "r", *args: Any, **kwargs: Any) -> IO[Any]:  # noqa: ANN401  as open
        writes = set(mode) & set("wxa") and str(path).startswith(root)
        found: IO[Any] = (watched_io if writes else real_io)(path, mode, *args, **kwargs)
        return found

    def synced(handle: int) -> None:
        if stat.S_ISREG(os.fstat(handle).st_mode):
            half = os.fstat(handle).st_size // 2
            points.reached("file.write", TORN, lambda: os.ftruncate(handle, half))
            points.reached("file.write", AFTER)

    _put(os, open=opened, fsync=synced)
    _put(io, open=file_opened)


def _put(module: ModuleType, **functions: object) -> None:
    for name, function in functions.items():
        setattr(module, name, function)


def _inside(root: str, real: Callable[..., Any], watched: Callable[..., Any]) -> Callable[..., Any]:
    """Return what watches the paths below a root only."""

    def chosen(path: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  stands in for functions of os
        return (watched if str(path).startswith(root) else real)(path, *args, **kwargs)

    return chosen


# --- what is there to see afterwards


def seen(parts: Parts, root: Path) -> dict[str, Any]:
    """Return all that user and ledger can see, without versions, generations and file names."""
    ledger = parts.ledger
    states = [*ledger.callbacks(), *ledger.slots(), ledger.calendar_state()]
    messages = [dict(row) for row in ledger.rows("messages_with_subject")]
    return {
        "events": sorted(_GENERATION.sub(r"\1", _VERSION.sub("", text)) for text in _texts(root / "calendar")),
        "drafts": sorted(raw.decode() for raw in _mails(root, ".Drafts")),
        "mails": sorted(f"{item.unique} {item.flags}" for item in Maildir(root / "Maildir").listing("INBOX").values()),
        "keywords": (root / "Maildir" / "dovecot-keywords").read_text(encoding="utf-8").splitlines(),
        "states": [_plain(msgspec.to_builtins(state)) for state in states],
        "messages": [_plain(each) for each in messages],
        "pending": [row["key"] for row in ledger.rows("pending_operations")],
        "locks": [path.name for path in (root / "Maildir").rglob("*.lock") if not keywords._is_dead(path.read_text())],
    }


def _texts(folder: Path) -> Iterator[str]:
    return (path.read_text(encoding="utf-8") for path in folder.glob("*.ics"))


def _mails(root: Path, folder: str) -> list[bytes]:
    return [item.path.read_bytes() for item in Maildir(root / "Maildir").listing(folder).values()]


def _plain(value: Any) -> Any:  # noqa: ANN401  any JSON
    """Leave out where things lie and in which version."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items() if name not in {"ref", "etag", "generation"}}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return _GENERATION.sub(r"\1", value) if isinstance(value, str) else value


def doubled(parts: Parts, root: Path) -> list[str]:
    """Return the keys that are not on exactly the one hold, slot or draft that the ledger says there is."""
    events, drafts = _keys_of_events(root), Counter(_key_of(raw) for raw in _mails(root, ".Drafts"))
    key = f"ringback-{parts.style.tag}"
    wanted = Counter({f"{key}-{one.id}": 1 for one in parts.ledger.callbacks() if _has_event(one.hold)})
    wanted.update({f"{key}-{one.id}": 1 for one in parts.ledger.slots() if _has_event(one.event)})
    letters = [one for callback in parts.ledger.callbacks() for one in callback.drafts]
    written = Counter({one.key: 1 for one in letters if one.status in {DraftStatus.STANDING, DraftStatus.EDITED}})
    return [
        f"{found[one]} {what} for {one}, not {shall[one]}"
        for what, found, shall in (("events", events, wanted), ("drafts", drafts, written))
        for one in sorted(found | shall)
        if found[one] != shall[one]
    ]


def _has_event(placed: Placed | None) -> bool:
    return placed is not None and placed.gone is None


def _keys_of_events(root: Path) -> Counter[str]:
    found: Counter[str] = Counter()
    for text in _texts(root / "calendar"):
        calendar = icalendar.Calendar.from_ical(text)
        assert isinstance(calendar, icalendar.Calendar)
        found.update(str(event.get(ical.KEY, "no key")) for event in calendar.events)
    return found


def _key_of(raw: bytes) -> str:
    return field(header_fields(raw), KEY_HEADER) or "no key"


# --- processes


class Stage:
    """A folder in which a world is set up again and again, always at the same place, since cursors know their place.

    Args:
        root: an empty folder.
        more: callers beside those of the stories.
    """

    def __init__(self, root: Path, more: int) -> None:
        self.root = root / "world"
        self._kept = root / "kept"
        self._answer = root / "answer.json"
        self._log = root / "log.txt"
        self._now: dict[str, str] = {}
        self._tell(more)

    def _tell(self, more: int) -> None:
        """Keep the world as it is before each pass that will be killed. This warms the process up, too."""
        world = World(self.root, "2026-11-16 08:00", _HORIZON.format(days=2 if more == 0 else 6))
        for name, story in STORIES.items():
            now = story(world, more)
            world.at(now)
            self._now[name] = world.clock.now().isoformat()
            gc.collect()
            shutil.copytree(self.root, self._kept / name)
            world.sync()
        gc.collect()
        gc.freeze()  # a collection in a forked process would copy every page

    def probe(self, story: str) -> dict[str, Any]:
        """Run the pass of a story that nobody kills: its points, its seconds and the world that it leads to."""
        self._set_up(story)
        points = self._fork(self._pass_points)["answer"]
        self._set_up(story)
        begun = time.monotonic()
        self._fork(self._sync)
        return {"points": points, "seconds": time.monotonic() - begun, **self._settled(story)}

    def kill(self, story: str, at: int | None, after: float | None, again: int | None) -> dict[str, Any]:
        """Kill the pass of a story, then run it again.

        Args:
            story: which.
            at: the number of the point at which the process kills itself, None to kill it from outside.
            after: how many seconds after its start it is killed from outside.
            again: the point at which the pass that follows is killed too, None to let it live.
        """
        self._set_up(story)
        killed = self._cut(at) if at is not None else self._fork(self._sync, after)["killed"]
        cut_again = again is not None and self._cut(again)
        return {"killed": killed, "again": cut_again, **self._settled(story)}

    def _set_up(self, story: str) -> None:
        shutil.rmtree(self.root)
        shutil.copytree(self._kept / story, self.root)
        os.environ[bootstrap.NOW] = self._now[story]

    def _settled(self, story: str) -> dict[str, Any]:
        settle = functools.partial(self._settle, _PASSES.get(story, 1))
        answer: dict[str, Any] = self._fork(settle)["answer"]
        return answer

    def _cut(self, at: int) -> bool:
        return bool(self._fork(lambda: self._sync(Points(at)))["killed"])

    def _fork(self, work: Callable[[], object], after: float | None = None) -> dict[str, Any]:
        """Do work in a process of its own, which is killed from outside after some seconds unless that is None."""
        self._answer.unlink(missing_ok=True)
        child = os.fork()
        if child == 0:
            self._live(work)
        if after is not None:
            time.sleep(after)
            os.kill(child, signal.SIGKILL)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert status in {0, -signal.SIGKILL}, f"exit code {status}: {self._log.read_text(encoding='utf-8')}"
        if status != 0:
            return {"killed": True}
        return {"killed": False, "answer": json.loads(self._answer.read_text(encoding="utf-8"))}

    def _live(self, work: Callable[[], object]) -> NoReturn:
        code = 70
        signal.alarm(_PATIENCE)
        with contextlib.suppress(BaseException):
            log = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(log, 1)
            os.dup2(log, 2)
            try:
                answer = work()
                self._answer.write_text(json.dumps(answer), encoding="utf-8")
                code = 0
            except BaseException:
                traceback.print_exc()
                sys.stderr.flush()
                raise
        os._exit(code)

    def _sync(self, points: Points | None = None) -> None:
        """Run the command as its user does."""
        if points is not None:
            watch(points, self.root)
        code = ending.run(["--debug", "--config", str(self.root / "config.toml"), "sync"])
        assert code == ending.OK, f"ringback sync ended with {code}"

    def _pass_points(self) -> list[tuple[str, str, str]]:
        points = Points(None, self._look)
        self._sync(points)
        return points.passed

    def _look(self) -> str:
        """Digest what would be on the disk if the process died now; the index of the log is no part of it."""
        digest = hashlib.blake2b(digest_size=8)
        for path in sorted(self.root.rglob("*")):
            digest.update(str(path).encode())
            if path.is_file() and not path.name.endswith("-shm"):
                digest.update(path.read_bytes())
        return digest.hexdigest()

    def _settle(self, passes: int) -> dict[str, Any]:
        """Run the command again, and then say what there is to see and what is wrong."""
        watch(Points(None), self.root)
        for _ in range(passes):
            self._sync()
        parts = self._parts()
        wrong = [*checking.faults(parts), *doubled(parts, self.root)]
        state = seen(parts, self.root)
        report = run_pass(self._parts())
        if not report.nothing_to_do or seen(self._parts(), self.root) != state:
            wrong.append(f"a further pass has something to do: {report}")
        return {"wrong": wrong, "state": state}

    def _parts(self) -> Parts:
        places = settings.places({}, self.root / "config.toml")
        clock = bootstrap.clock(os.environ)
        loaded, ledger = bootstrap.load_settings(places), bootstrap.open_ledger(places, clock)
        return bootstrap.parts(loaded, places, ledger, clock, lambda *_: None)


def warm() -> None:
    """Load templates and formats once for all processes, and let ledgers begin alike."""
    _put(bootstrap, words=_once(bootstrap.words), Recogniser=_once(bootstrap.Recogniser))
    _put(settings, available_timezones=_once(zoneinfo.available_timezones))
    _put(secrets, token_hex=lambda _: "5eed5eed")


def _once(make: Callable[..., Any]) -> Callable[..., Any]:
    made: list[Any] = []

    def known(*args: Any) -> Any:  # noqa: ANN401  stands in for any function
        if not made:
            made.append(make(*args))
        return made[0]

    return known


def main() -> None:
    """Answer orders until there are no more."""
    warm()
    stage = Stage(Path(sys.argv[1]), int(sys.argv[2]))
    for line in sys.stdin:
        order = json.loads(line)
        try:
            answer = stage.kill(**order) if len(order) > 1 else stage.probe(**order)
        except AssertionError as error:
            answer = {"killed": False, "again": False, "wrong": [str(error)], "state": {}}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
