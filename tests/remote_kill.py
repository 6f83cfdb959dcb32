"""Killing `ringback sync` while a request is on its way to a server, and seeing what a further run makes of it.

The server kills the process before a request takes effect, or after, when nobody has heard of it yet.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from assistant.pipeline import checking
from tests.killed import _PASSES, STORIES, _plain

if TYPE_CHECKING:
    from tests.remote_world import RemoteWorld

ROOT = Path(__file__).parents[1]
WANTED = os.environ.get("RINGBACK_KILLS", "20")
KILLS = None if WANTED == "all" else int(WANTED) // len(STORIES)
"""How many kills in the pass of each story; None for one at every point."""
_GENERATION = re.compile(r"(ringback-[0-9a-f]{8}-[\w-]+)\.\d+")
_WRITTEN = " (writes)"


class Kept(NamedTuple):
    """The world as it is before the pass of a story: the server's part of it, and the folder."""

    story: str
    now: str
    state: Any
    folder: Path


class Stage:
    """A world on a server that is set up again before each kill.

    Args:
        root: an empty folder.
        kind: of the world.
    """

    def __init__(self, root: Path, kind: type[RemoteWorld]) -> None:
        self._root = root
        self.world = kind(root / "world", "2026-11-16 08:00")
        self.kept: dict[str, Kept] = {}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.remote_killed", kind.library.__name__],
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

        def watch(moment: str, request: object) -> None:
            if len(self.points) == kill_at:
                os.kill(child, signal.SIGKILL)
            name, writes = self.world.point(request)
            self.points.append(f"{moment} {name}{_WRITTEN if writes else ''}")

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
        parts, events = self.world.parts(), self.world.events()
        ledger = parts.ledger
        states = [*ledger.callbacks(), *ledger.slots(), ledger.calendar_state()]
        plain = [json.dumps(event, sort_keys=True) for key in events for event in events[key]]
        return {
            "events": sorted(_GENERATION.sub(r"\1", event) for event in plain),
            "drafts": sorted(raw.decode() for raw in self.world.draft_texts()),
            "labels": sorted(self.world.labels()),
            "states": [_plain(msgspec.to_builtins(state)) for state in states],
            "messages": [_plain(dict(row)) for row in ledger.rows("messages_with_subject")],
            "pending": [row["key"] for row in ledger.rows("pending_operations")],
            "faults": checking.faults(parts),
            "doubled": [key for key, each in events.items() if len(each) > 1],
        }

    def check(self, story: str) -> str:
        """Kill the pass of a story at chosen points; return how often. What follows each ends as if nobody had."""
        kept = self.kept[story]
        self.set_up(kept)
        undisturbed = self.settle(story)
        assert undisturbed["faults"] == undisturbed["doubled"] == undisturbed["pending"] == []
        self.set_up(kept)
        assert self.sync() == 0
        points = self.points
        kills = chosen(points, random.Random(story))
        for number in kills:
            self.set_up(kept)
            assert self.sync(number) == -signal.SIGKILL, f"{story}, point {number}: {points[number]}"
            assert self.settle(story) == undisturbed, f"{story}, killed {points[number]}"
        assert len(points) > 10
        assert self.world.server.sends() == []
        where = type(self.world).__name__
        return f"\nkills in the pass {story!r} of a {where}: {len(kills)} of {len(points)} points\n"


def chosen(points: list[str], dice: random.Random) -> list[int]:
    """Return the numbers of the points to kill at: writes after they took effect above all."""
    if KILLS is None:
        return list(range(len(points)))
    written = [number for number, point in enumerate(points) if point.startswith("after") and point.endswith(_WRITTEN)]
    picked = dice.sample(written, min(len(written), KILLS - 1))
    rest = [number for number in range(len(points)) if number not in picked]
    return sorted([*picked, *dice.sample(rest, min(len(rest), KILLS - len(picked)))])
