"""What Microsoft 365 is asked: round trips of whole passes, beside the naive way on the same server.

Naive is what one writes with Graph at first: list the mails, get each one, make one event for each call. Ours is
`ringback sync` with all that belongs to it: labels, slots, drafts, the address book. Each pass opens a connection of
its own, as a process does that cron starts; the access token, which lasts an hour, is good.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from providers.microsoft365.service import at
from tests.bench._filling import CALLS, MAILS, NEW, START, fill
from tests.contract.microsoft365 import connected
from tests.microsoft365_world import Microsoft365World

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.servers.graph.server import GraphServer

_BATCH = "POST /$batch"


class Cost(NamedTuple):
    """What one job cost: round trips, requests (each part of a batch is one) by operation, and seconds here."""

    round_trips: int
    operations: Counter[str]
    seconds: float

    def shown(self, name: str) -> str:
        """Return a line of the table."""
        each = ", ".join(f"{count} {operation}" for operation, count in self.operations.most_common())
        figures = f"{self.round_trips:>11,} {self.operations.total():>11,} {self.seconds:>8.2f} s"
        return f"{name:<36} {figures}   {each}"


def cost(server: GraphServer, job: Callable[[], object]) -> Cost:
    """Do a job and return what it cost; a batch as a whole is no request by itself."""
    server.reset_traffic()
    before = time.perf_counter()
    job()
    seconds = time.perf_counter() - before
    assert server.calls("entra.*") == []
    operations = Counter(each.operation for each in server.traffic if each.operation != _BATCH)
    return Cost(server.round_trips(), operations, seconds)


def naive(world: Microsoft365World, inserts: int) -> None:
    """Read all mails and write an event for each call, with one request for each thing."""
    graph = connected(world.server)
    for listed in graph.items("bench", at("me", "messages"), {"$select": "id", "$top": "100"}):
        graph.call("bench", "GET", at("me", "messages", listed["id"]))
    calendar = graph.call("bench", "GET", at("me", "calendar"))["id"]
    moment = {"dateTime": "2026-11-16T16:00:00", "timeZone": "America/New_York"}
    for number in range(inserts):
        body = {"subject": f"Call {number}", "start": moment, "end": moment}
        graph.call("bench", "POST", at("me", "calendars", calendar, "events"), body=body)
    graph.close()


def main() -> None:
    """Print the table."""
    print(f"{'':<36} {'round trips':>11} {'requests':>11}")
    with tempfile.TemporaryDirectory() as root, Microsoft365World(Path(root), START) as world:
        fill(world, MAILS - CALLS, CALLS)
        name = f"{MAILS:,} mails, {CALLS} calls"
        one_by_one = cost(world.server, lambda: naive(world, CALLS))
        print(one_by_one.shown(f"naive: {name}"))
    with tempfile.TemporaryDirectory() as root, Microsoft365World(Path(root), START) as world:
        fill(world, MAILS - CALLS, CALLS)
        first = cost(world.server, world.sync)
        print(first.shown(f"first pass: {name}"))
        print(f"round trips, naive / first pass: {one_by_one.round_trips / first.round_trips:.1f}")
    with tempfile.TemporaryDirectory() as root, Microsoft365World(Path(root), START) as world:
        _later(world)


def _later(world: Microsoft365World) -> None:
    """Print what passes cost that come after the first; a folder counts as read once its last change is seconds ago."""
    world.meeting("Jour fixe", "2026-10-19 12:00", 30, "FREQ=WEEKLY;BYDAY=MO")
    fill(world, 5 * NEW, NEW)
    for minute in ("00", "05", "10"):
        world.at(f"2026-11-16 08:{minute}")
        world.sync()
    world.at("2026-11-16 08:15")
    idle = cost(world.server, world.sync)
    print(idle.shown("idle pass"))
    fill(world, NEW, NEW, first=1000)
    many = cost(world.server, world.sync)
    print(many.shown(f"{NEW} new calls, {NEW} other mails"))
    print(f"each of them: {(many.round_trips - idle.round_trips) / NEW:.1f}")
    for minute in ("20", "25", "30"):
        world.at(f"2026-11-16 08:{minute}")
        world.sync()
    fill(world, 0, 1, first=2000)
    one = cost(world.server, world.sync)
    print(one.shown("one new call"))
    print(f"beyond an idle pass: {one.round_trips - idle.round_trips}")


if __name__ == "__main__":
    main()
