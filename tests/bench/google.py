"""What Google is asked: round trips, requests and quota units of whole passes, beside the naive way on the same server.

Naive is: list, get one by one, insert one by one. Ours is `ringback sync` with all that belongs to it: labels, slots,
drafts, the address book. Each pass opens its own connection, as a process does that cron starts.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.bench._filling import CALLS, MAILS, NEW, START, fill
from tests.contract.google import connected
from tests.google_world import GoogleWorld

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.servers.google.server import GoogleServer

TOKEN = "oauth2.token"


class Cost(NamedTuple):
    """What one job cost: round trips, requests (each part of a batch is one), units, and seconds on this machine.

    The one that gets an access token, which lasts an hour, is counted by itself.
    """

    round_trips: int
    requests: int
    units: int
    tokens: int
    seconds: float

    def shown(self, name: str, share: int = 1) -> str:
        """Return a line of the table, divided by what it was for."""
        figures = (self.round_trips, self.requests, self.units, self.tokens)
        return f"{name:<44} " + " ".join(f"{each / share:>11,.1f}" for each in figures) + f" {self.seconds:>8.2f} s"


def cost(server: GoogleServer, job: Callable[[], object]) -> Cost:
    """Do a job and return what it cost; a batch as a whole is no request by itself."""
    server.reset_traffic()
    before = time.perf_counter()
    job()
    seconds = time.perf_counter() - before
    tokens = len(server.calls(TOKEN))
    requests = [each for each in server.traffic if each.method_id not in {"batch", TOKEN}]
    return Cost(server.round_trips() - tokens, len(requests), server.units(), tokens, seconds)


def naive(world: GoogleWorld, inserts: int) -> None:
    """Read all mails and write an event for each call, with one request for each thing."""
    google = connected(world.server)
    messages = google.gmail.users().messages()
    request = messages.list(userId="me")
    while request is not None:
        page = google.call("bench", request)
        for one in page["messages"]:
            google.call("bench", messages.get(userId="me", id=one["id"]))
        request = messages.list_next(request, page)
    for number in range(inserts):
        moment = {"dateTime": "2026-11-16T16:00:00-05:00"}
        body = {"summary": f"Call {number}", "start": moment, "end": moment}
        google.call("bench", google.calendar.events().insert(calendarId="primary", body=body))
    google.close()


def main() -> None:
    """Print the table."""
    print(f"{'':<44} {'round trips':>11} {'requests':>11} {'units':>11} {'tokens':>11}")
    with tempfile.TemporaryDirectory() as root, GoogleWorld(Path(root), START) as world:
        fill(world, MAILS - CALLS, CALLS)
        name = f"{MAILS:,} mails, {CALLS} calls"
        one_by_one = cost(world.server, lambda: naive(world, CALLS))
        print(one_by_one.shown(f"naive: {name}"))
    with tempfile.TemporaryDirectory() as root, GoogleWorld(Path(root), START) as world:
        fill(world, MAILS - CALLS, CALLS)
        first = cost(world.server, world.sync)
        print(first.shown(f"first pass: {name}"))
        print(f"round trips, naive / first pass: {one_by_one.round_trips / first.round_trips:.1f}")
    with tempfile.TemporaryDirectory() as root, GoogleWorld(Path(root), START) as world:
        fill(world, 5 * NEW, NEW)
        world.sync()
        world.sync()
        idle = cost(world.server, world.sync)
        print(idle.shown("idle pass"))
        fill(world, NEW, NEW, first=1000)
        more = cost(world.server, world.sync)
        print(more.shown(f"{NEW} new calls"))
        print(more._replace(round_trips=more.round_trips - idle.round_trips).shown("each of them", NEW))


if __name__ == "__main__":
    main()
