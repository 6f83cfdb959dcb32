"""`sync` is killed wherever that can matter, run again, and nobody who called is lost or called twice."""

from __future__ import annotations

import json
import os
import queue
import random
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.killed import AFTER, BEFORE, CALLS, COMMIT, STORIES, TORN

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

ROOT = Path(__file__).parents[2]
# RINGBACK_KILLS=all kills at every point of a larger world; else at one of those between which nothing is written.
ALL = os.environ.get("RINGBACK_KILLS") == "all"
MORE_CALLERS = 8 if ALL else 0
SHOTS = 200 if ALL else 20
"""Kills at random instants in each story."""
ROUNDS = 8
KILLED_AGAIN = 10
"""Of so many kills, one is followed by a second one in the pass that follows."""
PROCESSES = 2
LEAST = {
    "first": Counter({"calls": 30, "commits": 38, "files": 80, "torn files": 6}),
    "moved": Counter({"calls": 30, "commits": 38, "files": 42, "torn files": 4}),
    "closings": Counter({"calls": 35, "commits": 48, "files": 80, "torn files": 6}),
    "sent": Counter({"calls": 28, "commits": 46, "files": 42, "torn files": 4}),
    "dropped": Counter({"calls": 25, "commits": 28, "files": 40, "torn files": 2}),
}
"""How many points of each kind the pass of a story comes through, at the least."""


class Point(NamedTuple):
    """Where a pass can be killed. `state` is a digest of what it leaves on the disk there."""

    number: int
    what: str
    when: str
    state: str

    @property
    def kind(self) -> str:
        """Return the row of the table it counts in."""
        if self.what == COMMIT:
            return "commits"
        if self.what.partition(".")[0] in CALLS:
            return "calls"
        return "torn files" if self.when == TORN else "files"


class Probe(NamedTuple):
    """A pass that nobody kills: its points, how long it takes, and what it leads to."""

    points: list[Point]
    seconds: float
    state: dict[str, Any]


class Butcher:
    """A warm process that runs and kills passes in a folder of its own."""

    def __init__(self, root: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.killed", str(root), str(MORE_CALLERS)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.probes: dict[str, Probe] = {}

    def order(self, **order: object) -> dict[str, Any]:
        """Have one order carried out; see `tests.killed`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def probe(self, story: str) -> Probe:
        """Learn what the pass of a story is when nobody kills it."""
        if story not in self.probes:
            answer = self.order(story=story)
            assert answer["wrong"] == []
            points = [Point(number, *each) for number, each in enumerate(answer["points"])]
            self.probes[story] = Probe(points, answer["seconds"], answer["state"])
        return self.probes[story]

    def end(self) -> None:
        """End the process."""
        with self._process:
            self._process.kill()


@pytest.fixture(scope="module")
def butchers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Butcher]]:
    """Processes that kill."""
    started = [Butcher(tmp_path_factory.mktemp("killed")) for _ in range(PROCESSES)]
    yield started
    for one in started:
        one.end()


class Outcome(NamedTuple):
    """What came of one kill."""

    killed: bool
    again: bool
    faults: list[str]


class Kill(NamedTuple):
    """Where one pass, and maybe the next, is killed: at the numbers of points, or after some seconds."""

    at: int | None = None
    after: float | None = None
    again: int | None = None


def try_all(butchers: list[Butcher], story: str, kills: list[Kill]) -> list[Outcome]:
    """Have passes of a story killed by whoever is free; returns in the order asked."""
    free: queue.SimpleQueue[Butcher] = queue.SimpleQueue()
    for one in butchers:
        free.put(one)

    def carry_out(kill: Kill) -> Outcome:
        butcher = free.get()
        try:
            undisturbed = butcher.probe(story).state
            answer = butcher.order(story=story, **kill._asdict())
        finally:
            free.put(butcher)
        faults = [*answer["wrong"], *differences(answer["state"], undisturbed)]
        return Outcome(answer["killed"], answer["again"], [f"{story}, {kill}: {fault}" for fault in faults])

    with ThreadPoolExecutor(len(butchers)) as pool:
        return list(pool.map(carry_out, kills))


def lost(outcomes: list[Outcome]) -> list[str]:
    """Return all faults."""
    return [fault for outcome in outcomes for fault in outcome.faults]


def differences(state: dict[str, Any], undisturbed: dict[str, Any]) -> Iterator[str]:
    """Yield what is not as it is where nobody killed."""
    for name, found in state.items():
        wanted = undisturbed[name]
        if found != wanted:
            missing = [one for one in wanted if one not in found]
            surplus = [one for one in found if one not in wanted]
            yield f"{name} differ: not there {missing}, there instead {surplus}"


def chosen(points: list[Point], dice: random.Random) -> list[Point]:
    """Return the points to kill at: a kill leaves nothing but the disk, so one of those with the same disk will do.

    Each kind of call, before and after, gets a kill in any case.
    """
    if ALL:
        return points
    kills = [dice.choice(group) for group in _grouped(points, lambda point: point.state)]
    places = {point[1:3] for point in kills}
    rest = (group for group in _grouped(points, lambda point: point[1:3]) if group[0][1:3] not in places)
    return sorted([*kills, *map(dice.choice, rest)])


def _grouped(points: list[Point], key: Callable[[Point], Hashable]) -> list[list[Point]]:
    groups: dict[Hashable, list[Point]] = {}
    for point in points:
        groups.setdefault(key(point), []).append(point)
    return list(groups.values())


def table(story: str, points: list[Point], kills: list[Point], again: int) -> str:
    """Return how many points there are, and how many kills before and after each."""
    lines = [f"\nkills in the pass {story!r}", f"  {'':22}{'points':>8}{'before':>8}{'after':>8}{'torn':>8}"]
    for what in sorted({point.what for point in points}, key=lambda what: (what == COMMIT, "file" in what, what)):
        count = Counter(point.when for point in kills if point.what == what)
        total = sum(point.what == what for point in points)
        lines.append(f"  {what:22}{total:8}{count[BEFORE]:8}{count[AFTER]:8}{count[TORN]:8}")
    lines.append(f"  {len(points)} points, {len(kills)} kills, {again} of the passes that followed were killed too")
    return "\n".join([*lines, ""])


@pytest.mark.parametrize("story", STORIES)
def test_killed_at_any_point(butchers: list[Butcher], capsys: pytest.CaptureFixture[str], story: str) -> None:
    """A pass killed before or after a call, a commit or a write and run again ends as one that nobody killed."""
    points = butchers[0].probe(story).points
    assert [point[:3] for point in butchers[1].probe(story).points] == [point[:3] for point in points]
    dice = random.Random(story)
    kills = chosen(points, dice)
    again = {point.number: dice.randrange(len(points)) for point in kills[::KILLED_AGAIN]}
    outcomes = try_all(butchers, story, [Kill(at=point.number, again=again.get(point.number)) for point in kills])
    with capsys.disabled():
        sys.stdout.write(table(story, points, kills, sum(outcome.again for outcome in outcomes)))
    assert not lost(outcomes), "\n".join(lost(outcomes))
    assert all(outcome.killed for outcome in outcomes)
    assert any(outcome.again for outcome in outcomes)
    assert {point.state for point in kills} == {point.state for point in points}
    found = Counter(point.kind for point in points)
    assert found >= LEAST[story], found
    assert {point[1:3] for point in kills} == {point[1:3] for point in points}


@pytest.mark.parametrize("story", STORIES)
def test_killed_at_random_instants(butchers: list[Butcher], capsys: pytest.CaptureFixture[str], story: str) -> None:
    """A pass killed from outside at any instant and run again ends as one that nobody killed."""
    dice = random.Random(f"instants of {story}")
    longest = min(butcher.probe(story).seconds for butcher in butchers)
    outcomes: list[Outcome] = []
    for _ in range(ROUNDS):  # a shot that came too late is repeated sooner: the machine may be faster now than before
        missing = SHOTS - sum(outcome.killed for outcome in outcomes)
        outcomes += try_all(butchers, story, [Kill(after=dice.uniform(0, longest)) for _ in range(missing)])
        longest /= 2
    kills = sum(outcome.killed for outcome in outcomes)
    with capsys.disabled():
        sys.stdout.write(f"\nkills in the pass {story!r} at random instants: {kills} of {len(outcomes)} shots\n")
    assert not lost(outcomes), "\n".join(lost(outcomes))
    assert kills == SHOTS
