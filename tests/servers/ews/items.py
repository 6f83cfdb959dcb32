"""The items of the mailbox, of whatever kind, with their versions."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.servers.ews.ids import Ids, checked
from tests.servers.ews.soap import Element, EwsError, local

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from tests.servers.ews.properties import Extended, Value
    from tests.servers.ews.state import State

NOT_FOUND = "The specified object was not found in the store."


@dataclass
class Item:
    """One item.

    Args:
        id: its ItemId.
        folder: id of the folder it is in.
        kind: name of its element, such as Message or CalendarItem.
        created: when it came into being.
        values: property elements by name, texts where there is nothing more to them.
        extended: extended properties.
        raw: MIME, where it has some.
    """

    id: str
    folder: str
    kind: str
    created: datetime
    modified: datetime
    change: int
    values: dict[str, Value] = field(default_factory=dict)
    extended: dict[Extended, str | list[str]] = field(default_factory=dict)
    raw: bytes | None = None
    entered: int = 0
    """The version at which it came into its folder."""
    edited: int = 0
    """The latest version in which more than the read flag changed."""
    exceptions: dict[str, Item] = field(default_factory=dict)
    """Of a series: its changed occurrences by their original starts."""
    removed: set[str] = field(default_factory=set)
    """Of a series: the original starts of occurrences that were deleted."""

    @property
    def key(self) -> str:
        """Return its change key."""
        return Ids.key(self.change)

    def text(self, name: str, default: str = "") -> str:
        """Return a property that is only text."""
        value = self.values.get(name, default)
        return value if isinstance(value, str) else str(value.text or default)


@dataclass
class Gone:
    """An item that left a folder, as synchronisation tells it."""

    id: str
    at: int
    entered: int


class Items:
    """All items.

    Args:
        state: what they belong to.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._all: dict[str, Item] = {}
        self._places: dict[str, dict[str, Item]] = {}
        self.gone: dict[str, list[Gone]] = {}
        self.locators: dict[str, Callable[[Element], Item]] = {}
        """Other ways to name an item in a request: OccurrenceItemId, RecurringMasterItemId."""
        self.virtual: list[Callable[[str], Item | None]] = []
        """Finders of items by id that are computed, such as occurrences."""
        self.listeners: list[Callable[[str, str, str], None]] = []
        """Told of every change: what (created, modified, deleted, moved), folder, item."""

    def add(self, kind: str, folder: str) -> Item:
        """Put a new, empty item into a folder. Fill it, then call `touch`."""
        now = self._state.clock.now()
        version = self._state.ids.change()
        made = Item(self._state.ids.new(), folder, kind, now, now, version, entered=version, edited=version)
        self._all[made.id] = made
        self._places.setdefault(folder, {})[made.id] = made
        self._state.folders.touch(folder)
        self._tell("created", made)
        return made

    def get(self, ref: str) -> Item:
        """Return an item by its id."""
        found = self._all.get(ref) or next((one for each in self.virtual if (one := each(ref))), None)
        if found is None:
            checked(ref)
            raise EwsError("ErrorItemNotFound", NOT_FOUND)
        if self._state.folders.all[found.folder].denied:
            raise EwsError("ErrorAccessDenied", "Access is denied. Check credentials and try again.")
        return found

    def located(self, element: Element) -> Item:
        """Return the item that t:ItemId, or one of its other names, tells."""
        name = local(element)
        return self.locators[name](element) if name in self.locators else self.get(element.get("Id"))

    def inside(self, folder: str) -> Iterator[Item]:
        """Yield what is in a folder, in the order in which it came."""
        yield from list(self._places.get(folder, {}).values())

    def everything(self) -> Iterator[Item]:
        """Yield all items."""
        yield from list(self._all.values())

    def count(self, folder: str) -> int:
        """Return how many items are in a folder."""
        return len(self._places.get(folder, {}))

    def unread(self, folder: str) -> int:
        """Return how many of them are not read."""
        return sum(each.values.get("IsRead") == "false" for each in self._places.get(folder, {}).values())

    def touch(self, item: Item, *, read_flag_only: bool = False) -> None:
        """Give an item that was changed its next version."""
        item.change = self._state.ids.change()
        if not read_flag_only:
            item.edited = item.change
        item.modified = self._state.clock.now()
        self._state.folders.touch(item.folder)
        self._tell("modified", item)

    def remove(self, item: Item) -> None:
        """Delete an item for good."""
        del self._all[item.id]
        self._leave(item)
        self._tell("deleted", item)

    def move(self, item: Item, folder: str) -> Item:
        """Move an item; in the other folder it has another id, as with Exchange."""
        old, before = item.id, item.folder
        if not self.has(item):
            raise EwsError("ErrorCalendarCannotMoveOrCopyOccurrence", "An occurrence cannot be moved or copied.")
        self._leave(item)
        del self._all[old]
        item.id, item.folder = self._state.ids.new(), folder
        item.change = item.entered = item.edited = self._state.ids.change()
        self._all[item.id] = item
        self._places.setdefault(folder, {})[item.id] = item
        self._state.folders.touch(folder)
        self._tell("moved", item)
        for each in self.listeners:
            each("moved", before, item.id)
        return item

    def copy(self, item: Item, folder: str) -> Item:
        """Copy an item."""
        if not self.has(item):
            raise EwsError("ErrorCalendarCannotMoveOrCopyOccurrence", "An occurrence cannot be moved or copied.")
        made = self.add(item.kind, folder)
        made.values, made.extended, made.raw = deepcopy(item.values), dict(item.extended), item.raw
        return made

    def has(self, item: Item) -> bool:
        """Return whether an item is still there."""
        return item.id in self._all

    def empty(self, folder: str) -> None:
        """Delete all that is in a folder."""
        for each in self.inside(folder):
            self.remove(each)

    def _leave(self, item: Item) -> None:
        self._places[item.folder].pop(item.id)
        self.gone.setdefault(item.folder, []).append(Gone(item.id, self._state.ids.change(), item.entered))
        self._state.folders.touch(item.folder, left=True)

    def _tell(self, what: str, item: Item) -> None:
        for each in self.listeners:
            each(what, item.folder, item.id)
