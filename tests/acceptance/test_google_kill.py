"""`sync` on Google is killed while a request is on its way, run again, and nothing is doubled and nobody is lost."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import pytest

from assistant.pipeline import checking
from tests.google_world import GoogleWorld
from tests.killed import _PASSES, STORIES, _plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.google.calls import Request
    from tests.servers.google.state import State

ROOT = Path(__file__).parents[2]
WANTED = os.environ.get("RINGBACK_KILLS", "20")
KILLS = None if WANTED == "all" else int(WANTED) // len(STORIES)
"""How many kills in the pass of each story; None for one at every point."""
_GENERATION = re.compile(r"(ringback-[0-9a-f]{8}-[\w-]+)\.\d+")
_FLEETING = ("id", "etag", "sequence", "created", "updated", "htmlLink", "iCalUID")
"""What Google says of an event beside what we wrote."""


class Kept(NamedTuple):
    """The world as it is before the pass of a story."""

    story: str
    now: str
    state: State
    folder: Path


class Stage:
    """A world on Google that is set up again before each kill."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.world = GoogleWorld(root / "world", "2026-11-16 08:00")
        self.kept: dict[str, Kept] = {}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.google_killed"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def tell(self) -> None:
        """Keep the world as it is before each pass that will be killed."""
        for name, story in STORIES.items():
            now = story(self.world, 0)
            self.world.at(now)
            folder = self._root / name
            shutil.copytree(self.world.root, folder)
            self.kept[name] = Kept(name, now, self.world.server.keep(), folder)
            for _ in range(_PASSES.get(name, 1)):
                assert self.sync() == 0, self.log()

    def end(self) -> None:
        """End the process and the server."""
        with self._process:
            self._process.kill()
        self.world.__exit__()

    def log(self) -> str:
        """Return what the last command said."""
        return (self._root / "log.txt").read_text(encoding="utf-8")

    def set_up(self, kept: Kept) -> None:
        """Let everything be as it was before a story's pass."""
        shutil.rmtree(self.world.root)
        shutil.copytree(kept.folder, self.world.root)
        self.world.server.restore(kept.state)
        self.world.at(kept.now)

    def sync(self, kill_at: int | None = None) -> int:
        """Run the command; returns its exit code, negative when it was killed.

        Args:
            kill_at: the number of the point at which it is killed: before and after each request there is one.
        """
        order = {
            "arguments": ["--debug", "--config", str(self.world.root / "config.toml"), "sync"],
            "now": self.world.clock.now().isoformat(),
            "log": str(self._root / "log.txt"),
        }
        child = self._ask(json.dumps(order))
        self.points: list[str] = []

        def watch(moment: str, request: Request) -> None:
            if len(self.points) == kill_at:
                os.kill(child, signal.SIGKILL)
            self.points.append(f"{moment} {request.http} {request.target.partition('?')[0]}")

        self.world.server.watch = watch
        code = self._ask("go")
        self.world.server.watch = lambda *_: None
        return code

    def _ask(self, line: str) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def settle(self, story: str) -> dict[str, Any]:
        """Run the command until it has nothing to do, and return all that user and ledger can see."""
        for _ in range(_PASSES.get(story, 1)):
            assert self.sync() == 0, self.log()
        found = self.seen()
        assert self.sync() == 0, self.log()
        assert self.seen() == found, "a further pass had something to do"
        return found

    def seen(self) -> dict[str, Any]:
        """Return all that user and ledger can see, without ids, versions and generations."""
        parts, mail = self.world.parts(), self.world.server.state.mail
        ledger = parts.ledger
        events = [
            {name: value for name, value in event.items() if name not in _FLEETING}
            for event in self.world.everything_planned()
        ]
        states = [*ledger.callbacks(), *ledger.slots(), ledger.calendar_state()]
        return {
            "events": sorted(_GENERATION.sub(r"\1", json.dumps(event, sort_keys=True)) for event in events),
            "drafts": sorted(raw.decode() for raw in self.world.draft_texts()),
            "labels": sorted(
                (one.subject, *sorted(map(mail.box.names.__getitem__, one.labels))) for one in mail.messages()
            ),
            "states": [_plain(msgspec.to_builtins(state)) for state in states],
            "messages": [_plain(dict(row)) for row in ledger.rows("messages_with_subject")],
            "pending": [row["key"] for row in ledger.rows("pending_operations")],
            "faults": checking.faults(parts),
            "doubled": [key for key, count in Counter(map(_key, events)).items() if count > 1],
        }


def _key(event: dict[str, Any]) -> str:
    return str(event["extendedProperties"]["private"]["ringbackKey"])


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One world for all stories."""
    made = Stage(tmp_path_factory.mktemp("google"))
    try:
        made.tell()
        yield made
    finally:
        made.end()


def chosen(points: list[str], dice: random.Random) -> list[int]:
    """Return the numbers of the points to kill at: writes after they took effect above all."""
    if KILLS is None:
        return list(range(len(points)))
    written = [number for number, point in enumerate(points) if point.startswith("after") and " GET " not in point]
    picked = dice.sample(written, min(len(written), KILLS - 1))
    rest = [number for number in range(len(points)) if number not in picked]
    return sorted([*picked, *dice.sample(rest, min(len(rest), KILLS - len(picked)))])


@pytest.mark.parametrize("story", STORIES)
def test_killed_between_request_and_answer(stage: Stage, capsys: pytest.CaptureFixture[str], story: str) -> None:
    """A pass killed before or after a request took effect and run again ends as one that nobody killed."""
    kept = stage.kept[story]
    stage.set_up(kept)
    undisturbed = stage.settle(story)
    assert undisturbed["faults"] == undisturbed["doubled"] == undisturbed["pending"] == []
    stage.set_up(kept)
    assert stage.sync() == 0
    points = stage.points
    kills = chosen(points, random.Random(story))
    for number in kills:
        stage.set_up(kept)
        assert stage.sync(number) == -signal.SIGKILL, f"{story}, point {number}: {points[number]}"
        assert stage.settle(story) == undisturbed, f"{story}, killed {points[number]}"
    with capsys.disabled():
        sys.stdout.write(f"\nkills in the pass {story!r} on Google: {len(kills)} of {len(points)} points\n")
    assert len(points) > 10
    assert stage.world.server.sends() == []
