"""The Contacts port in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.model.call import E164
    from assistant.model.mailbox import Contact
    from providers.memory.state import State


class MemoryContacts:
    """Contacts of a `State`."""

    def __init__(self, state: State) -> None:
        self._state = state

    def find(self, number: E164) -> Sequence[Contact]:
        """Return the contacts with this number."""
        with self._state.operation("contacts.find"):
            return tuple(each for each in self._state.contacts if number in each.numbers)

    def named(self, name: str) -> Sequence[Contact]:
        """Return the contacts of this name."""
        wanted = name.casefold().split()
        with self._state.operation("contacts.named"):
            return tuple(each for each in self._state.contacts if wanted and each.name.casefold().split() == wanted)

    def version(self) -> str | None:
        """Return all that is known of everybody."""
        return repr(self._state.contacts)
