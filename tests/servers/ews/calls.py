"""What an operation is to the server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from tests.servers.ews.soap import Call, Element, EwsError, Outcome

Outcomes = list[Outcome | EwsError]
Answer = Outcomes | Element | Iterator[Element]
"""One outcome for each thing asked, or the whole response element, or response elements one by one."""
Handler = Callable[[Call], Answer]


class Part(Protocol):
    """A part of the mailbox that answers operations."""

    def handlers(self) -> dict[str, Handler]:
        """Return what answers each operation."""
        ...
