"""What Exchange is asked: round trips of whole passes, beside the naive way on the same server.

Naive is what one writes with exchangelib at first: list the inbox, get each mail, save one event for each call. Ours
is `ringback sync` with all that belongs to it: labels, slots, drafts, the address book. Each pass opens a connection of
its own, as a process does that cron starts.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from exchangelib import CalendarItem, EWSDateTime, EWSTimeZone
from exchangelib.items import SEND_TO_NONE

from tests.bench._filling import CALLS, MAILS, NEW, START, fill
from tests.contract.exchange import connected
from tests.exchange_world import ExchangeWorld

if TYPE_CHECKING:
    from collections.abc import Callable

    import exchangelib

    from tests.servers.ews.server import EwsServer


class Cost(NamedTuple):
    """What one job cost: round trips by operation, things that an answer told of, and seconds on this machine."""

    operations: Counter[str]
    items: int
    seconds: float

    @property
    def round_trips(self) -> int:
        """Return how often somebody waited for an answer."""
        return self.operations.total()

    def shown(self, name: str) -> str:
        """Return a line of the table."""
        each = ", ".join(f"{count} {operation}" for operation, count in self.operations.most_common())
        return f"{name:<36} {self.round_trips:>11,} {self.items:>11,} {self.seconds:>8.2f} s   {each}"


def cost(server: EwsServer, job: Callable[[], object]) -> Cost:
    """Do a job and return what it cost."""
    server.reset_traffic()
    before = time.perf_counter()
    job()
    seconds = time.perf_counter() - before
    return Cost(Counter(each.operation for each in server.traffic), sum(each.items for each in server.traffic), seconds)


def naive(world: ExchangeWorld, inserts: int) -> None:
    """Read all mails and write an event for each call, with one request for each thing."""

    def work(account: exchangelib.Account) -> None:
        for listed in account.inbox.all().only("id"):
            account.inbox.get(id=listed.id)
        start = EWSDateTime(2026, 11, 16, 16, tzinfo=EWSTimeZone("America/New_York"))
        for number in range(inserts):
            event = CalendarItem(
                account=account,
                folder=account.calendar,
                subject=f"Call {number}",
                start=start,
                end=start + timedelta(minutes=5),
            )
            event.save(send_meeting_invitations=SEND_TO_NONE)

    exchange = connected(world.server)
    exchange.call("bench", work)
    exchange.close()


def main() -> None:
    """Print the table."""
    print(f"{'':<36} {'round trips':>11} {'items':>11}")
    with tempfile.TemporaryDirectory() as root, ExchangeWorld(Path(root), START) as world:
        fill(world, MAILS - CALLS, CALLS)
        name = f"{MAILS:,} mails, {CALLS} calls"
        one_by_one = cost(world.server, lambda: naive(world, CALLS))
        print(one_by_one.shown(f"naive: {name}"))
    with tempfile.TemporaryDirectory() as root, ExchangeWorld(Path(root), START) as world:
        fill(world, MAILS - CALLS, CALLS)
        first = cost(world.server, world.sync)
        print(first.shown(f"first pass: {name}"))
        print(f"round trips, naive / first pass: {one_by_one.round_trips / first.round_trips:.1f}")
    with tempfile.TemporaryDirectory() as root, ExchangeWorld(Path(root), START) as world:
        _later(world)


def _later(world: ExchangeWorld) -> None:
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
