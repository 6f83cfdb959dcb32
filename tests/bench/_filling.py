"""Mailboxes on servers that passes are measured on."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.remote_world import RemoteWorld

MAILS, CALLS = 5_000, 300
NEW = 20
START = "2026-11-16 08:00"
_OTHER = (
    "From: News <news@list.example>\nTo: dana@whitfieldlegal.example\nSubject: Offer {0}\nMessage-ID: <{0}@x>\n"
    "List-Id: <news.list.example>\nList-Unsubscribe: <https://list.example/u>\n\n"
)


def fill(world: RemoteWorld, others: int, calls: int, first: int = 0) -> None:
    """Let mails arrive, the calls among them evenly; each caller has a number of their own."""
    for number in range(first, first + others + calls):
        if number % ((others + calls) // calls) == 0:
            world.missed_call(f"Caller {number}", f"212555{number:04}", "2026-11-13 15:10")
        else:
            raw = _OTHER.format(number).encode() + b"Lorem ipsum.\n" * 100
            world.arrive(raw, world.clock.now() - timedelta(minutes=number))
