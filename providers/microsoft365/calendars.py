"""Which of the user's calendars count, and where each is."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple, Protocol

from assistant.errors import NotFoundError, ProviderError, UnsupportedError
from providers.microsoft365.errors import NAME, GraphError
from providers.microsoft365.listing import Listing, read
from providers.microsoft365.service import Part, at

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from providers.microsoft365.service import Graph

CALENDAR = "calendar"
"""The user's own calendar, whatever its id and its name are."""
LISTING = "calendars"
_BELIEVED = timedelta(minutes=1)
_DENIED = 403


class Wanted(Protocol):
    """What the settings say of calendars."""

    @property
    def calendar(self) -> str:
        """Return the name or the id of the calendar that gets our events, "" for the user's own."""
        ...

    @property
    def busy(self) -> tuple[str, ...] | None:
        """Return further calendars that count as busy, by name or id; None for all that are the user's."""
        ...


class CalendarOptions(NamedTuple):
    """Which calendars count; see `Wanted`."""

    calendar: str = ""
    busy: tuple[str, ...] | None = None


class Listed(NamedTuple):
    """A calendar of the user's list; `id` is `CALENDAR` for their own."""

    id: str
    name: str
    ids: tuple[str, ...]
    owner: str
    can_edit: bool


class _List(NamedTuple):
    calendars: tuple[Listed, ...]
    at: datetime


def path(calendar: str, *segments: str) -> str:
    """Return the path of a calendar, or of what is in it."""
    if calendar == CALENDAR and segments[-1:] == ("delta",):
        return at("me", *segments)  # as it is documented
    base = ("me", CALENDAR) if calendar == CALENDAR else ("me", "calendars", calendar)
    return at(*base, *segments)


class Calendars:
    """The calendars of the settings, each by its id or as `CALENDAR`. The user's list is believed for a minute.

    Args:
        graph: the account.
        options: the settings.
        now: the present instant, aware.
    """

    PART = Part("GET", at("me", "calendars"), {"$select": "id,name,isDefaultCalendar,owner,canEdit", "$top": "100"})
    """Asks for the list."""

    def __init__(self, graph: Graph, options: Wanted, now: Callable[[], datetime]) -> None:
        self._graph = graph
        self._options = options
        self._now = now
        self._main: str | None = None if options.calendar else CALENDAR
        self._list: _List | None = None

    def main(self, operation: str) -> str:
        """Return the calendar that gets our events.

        Raises:
            NotFoundError: there is none of this name.
        """
        if self._main is None:
            self._main = self._named(self._options.calendar, operation)
        return self._main

    def remember(self, main: str) -> None:
        """Take the id that was found before for the name in the settings, which the user may have changed since."""
        self._main = self._main or main

    def look_again(self, operation: str) -> str:
        """Return what `main` returns, by the list as it is now."""
        if self._options.calendar:
            self._main = self._list = None
        return self.main(operation)

    def busy(self, operation: str) -> tuple[str, ...]:
        """Return the further calendars that count as busy; the user's own counts always.

        Raises:
            NotFoundError: there is none of a name in the settings.
        """
        main, me = self.main(operation), self.me(operation)
        if self._options.busy is None:
            named = [each.id for each in self._listed(operation) if each.owner == me]
        else:
            named = [self._named(name, operation) for name in self._options.busy]
        return tuple(one for one in dict.fromkeys((CALENDAR, *named)) if one != main)

    def me(self, operation: str) -> str:
        """Return the user's address in lower case, as the owner of their own calendar."""
        return next((each.owner for each in self._listed(operation) if each.id == CALENDAR), "")

    def has(self, calendar: str, operation: str) -> bool:
        """Tell whether a calendar is in the list: one in the trash is not, and can still be read."""
        return calendar == CALENDAR or any(calendar == each.id for each in self._listed(operation))

    def take(self, listing: Listing | ProviderError) -> None:
        """Believe an answer to `PART`.

        Raises:
            ProviderError: there was none.
        """
        if not isinstance(listing, Listing):
            raise listing
        found = []
        for raw in listing.items:
            own = raw.get("isDefaultCalendar") is True
            owner = raw.get("owner")
            address = owner.get("address") if isinstance(owner, dict) else None
            found.append(
                Listed(
                    id=CALENDAR if own else raw["id"],
                    name=str(raw.get("name") or ""),
                    ids=(raw["id"], CALENDAR) if own else (raw["id"],),
                    owner=str(address or "").lower(),
                    can_edit=raw.get("canEdit") is not False,
                )
            )
        self._list = _List(tuple(found), self._now())

    def _named(self, name: str, operation: str) -> str:
        """Return the calendar with this id or name; of several with one name, one that we may write to."""
        listed = sorted(self._listed(operation), key=lambda each: not each.can_edit)
        for same in (str, str.casefold):
            for each in listed:
                if name in each.ids or same(each.name) == same(name):
                    return each.id
        text = f"no calendar {name!r} in the mailbox; make it there again, or correct the settings"
        raise NotFoundError(NAME, operation, text)

    def _listed(self, operation: str) -> tuple[Listed, ...]:
        now = self._now()
        if self._list is None or not self._list.at <= now < self._list.at + _BELIEVED:
            self.take(read(self._graph, operation, {LISTING: self.PART})[LISTING])
        assert self._list is not None, "it was taken"
        return self._list.calendars


# --- calendars that are away


def is_away(error: ProviderError) -> bool:
    """Tell whether a calendar is gone, or all rights on it are."""
    cause = error.__cause__
    denied = isinstance(cause, GraphError) and cause.refusal.status == _DENIED
    return isinstance(error, NotFoundError) or (isinstance(error, UnsupportedError) and denied)


def missing(operation: str, error: ProviderError, calendar: str | None = None) -> ProviderError:
    """Return the error to raise for a calendar that cannot be read: NotFoundError for one that is away."""
    if not is_away(error):
        return error
    which = "the calendar" if calendar is None else f"the calendar {calendar!r}"
    text = f"{which} is gone or no longer shared with you; restore it or correct the settings ({error})"
    found = NotFoundError(NAME, operation, text)
    found.__cause__ = error
    return found
