"""What changed since last time on all calendars that count, and a version of the whole agenda.

One request asks for the marks of all folders; what changed is asked for only where a mark says that something did.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from assistant.errors import CursorExpiredError, NotFoundError, ProviderError
from assistant.model.calendar import CalendarChanges, EventRef
from assistant.model.mailbox import Cursor, ETag, Ref
from providers._marks import decoded, encoded, renamed
from providers.exchange import querying
from providers.exchange.appointments import CALENDAR, STATE
from providers.exchange.calendars import TRASH, Folder, as_said, is_away, look, missing
from providers.exchange.service import NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import exchangelib

    from providers.exchange.appointments import Held
    from providers.exchange.calendars import Calendars, Wanted
    from providers.exchange.querying import Changes
    from providers.exchange.service import Exchange

LISTED_FOR = timedelta(hours=1)
"""So long the set of calendars is believed, and a cursor kept if nothing changes."""
_OPERATION = "calendar.changes"
_SETTLES = timedelta(seconds=3)
"""Marks have whole seconds: once one has stood for longer, the next change is another mark."""
_CLOCKS_AGREE = timedelta(minutes=10)
"""So far at most the server's clock is from ours; signing in by Kerberos allows five minutes."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen of one calendar.

    `state` is of SyncFolderItems, None where none is needed; `since` is when this mark was first seen. `settled`: all
    that the mark stands for has been taken account of, so that nothing changed while it stays.
    """

    state: str | None = None
    mark: str | None = None
    since: datetime
    settled: bool = False


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where reading stopped, as the cursor says it.

    `calendar` and `named` are the settings then, `main` is the calendar of our events. `version` is of all agendas,
    None while one is away. `expands`: whether the server was seen to expand series; None if neither was seen.
    """

    calendar: str
    named: tuple[str, ...]
    main: str
    seen: dict[str, Seen]
    version: str | None
    listed: datetime
    expands: bool | None = None


class Step(NamedTuple):
    """Changes, with the version of all agendas after them."""

    changes: CalendarChanges
    version: str | None
    place: Place


class _Look(NamedTuple):
    """What came of looking at one calendar; `seen` is None for one that is away."""

    seen: Seen | None
    changes: Changes | None
    quiet: bool


def unpack(cursor: Cursor, options: Wanted) -> Place:
    """Read a cursor.

    Raises:
        CursorExpiredError: it is none, or of another calendar.
    """
    place = decoded(cursor, Place, NAME)
    if place.calendar != options.calendar or place.main not in place.seen:
        raise renamed(NAME)
    return place


class Synced:
    """Reads changes by marks and sync states.

    Args:
        exchange: the account.
        calendars: which ones count.
        options: the settings that say so.
        now: the present instant, aware.
    """

    def __init__(self, exchange: Exchange, calendars: Calendars, options: Wanted, now: Callable[[], datetime]) -> None:
        self._exchange = exchange
        self._calendars = calendars
        self._options = options
        self._now = now

    def step(self, cursor: Cursor | None, *, expands: bool | None = None) -> Step:
        """Return what changed; the cursor's text stays while nothing does.

        Args:
            cursor: of the last step, None to begin.
            expands: whether this connection saw the server expand series, None if it saw neither.

        Raises:
            CursorExpiredError: the cursor or the main calendar's sync state is too old.
            NotFoundError: the main calendar is missing.
        """
        place = None if cursor is None else unpack(cursor, self._options)
        if place is not None:
            self._calendars.remember(place.main)
        main = self._calendars.main(_OPERATION)
        now = self._now().astimezone(UTC)
        fresh = place is not None and self._is_fresh(place, now)
        busy = tuple(one for one in place.seen if one != main) if place is not None and fresh else self._busy()
        looks = self._looks(main, busy, place, now)
        quiet = place is not None and looks.keys() == place.seen.keys() and all(each.quiet for each in looks.values())
        after = Place(
            calendar=self._options.calendar,
            named=self._options.busy,
            main=main,
            seen={one: found.seen or Seen(since=now) for one, found in looks.items()},
            version=place.version if place is not None and quiet else _version(looks, now),
            listed=place.listed if place is not None and fresh else now,
            expands=expands if expands is not None or place is None else place.expands,
        )
        if place is not None and cursor is not None and fresh and quiet and _is_alike(after, place):
            return Step(CalendarChanges(changed=(), removed=(), cursor=cursor), place.version, place)
        return Step(_changes(looks[main].changes, encoded(after), whole=place is None), after.version, after)

    def _is_fresh(self, place: Place, now: datetime) -> bool:
        return place.named == self._options.busy and place.listed <= now < place.listed + LISTED_FOR

    def _busy(self) -> tuple[str, ...]:
        """Return the further calendars; one that the settings name and that is not there is told of by the agenda."""
        try:
            return self._calendars.busy(_OPERATION)
        except NotFoundError:
            return tuple(one for one in (CALENDAR,) if one != self._calendars.main(_OPERATION))

    def _looks(self, main: str, busy: Sequence[str], place: Place | None, now: datetime) -> dict[str, _Look]:
        """Look at all calendars: one request, and one for each that changed and whose changes count."""
        wanted = (main, *busy, *((TRASH,) if main != CALENDAR else ()))
        found = dict(zip(wanted, self._exchange.call(_OPERATION, lambda account: look(account, wanted)), strict=True))
        trash = found.pop(TRASH, None)
        gone = trash.id if isinstance(trash, Folder) else None
        looks: dict[str, _Look] = {}
        for one, folder in found.items():
            before = place.seen.get(one) if place is not None else None
            try:
                looks[one] = self._look(one, _standing(folder, gone), before, now, ours=one == main)
            except ProviderError as error:
                if not is_away(error):
                    raise
                if one == main:
                    raise self._of_main(error, place) from error
                looks[one] = _Look(None, None, quiet=before is not None and before.mark is None and not before.state)
        return looks

    def _look(self, one: str, folder: Folder, before: Seen | None, now: datetime, *, ours: bool) -> _Look:
        same = before is not None and folder.mark is not None and before.mark == folder.mark
        if before is not None and same and before.settled:
            return _Look(before, None, quiet=True)
        since = before.since if before is not None and same else now
        long_ago = folder.committed is not None and folder.committed + _CLOCKS_AGREE < now
        state = None if before is None else before.state
        changes = self._sync(one, state, ours=ours) if ours or folder.mark is None else None
        after = Seen(
            state=changes.state if changes is not None else None,
            mark=folder.mark,
            since=since,
            settled=folder.mark is not None and (long_ago or since + _SETTLES <= now),
        )
        quiet = changes is not None and not changes.whole and not (changes.changed or changes.removed)
        return _Look(after, changes, quiet=quiet)

    def _sync(self, one: str, state: str | None, *, ours: bool) -> Changes:
        """Return what changed; a state that a further calendar's server forgot is no matter."""

        def work(account: exchangelib.Account) -> Changes:
            return querying.changes(account, one, state, STATE)

        try:
            return self._exchange.call(_OPERATION, work)
        except CursorExpiredError:
            if ours or state is None:
                raise
        return self._sync(one, None, ours=ours)

    def _of_main(self, error: ProviderError, place: Place | None) -> ProviderError:
        if place is not None and self._calendars.look_again(_OPERATION) != place.main:
            return CursorExpiredError(NAME, _OPERATION, "the calendar was made anew; read all again")
        return missing(_OPERATION, error)


def _standing(folder: Folder | Exception, trash: str | None) -> Folder:
    """Return a folder that is there.

    Raises:
        ProviderError: it is not, or the user put it among the deleted ones.
    """
    error = as_said(_OPERATION, folder)
    if error is not None:
        raise error
    assert isinstance(folder, Folder), "an answer is no error"
    if trash is not None and folder.parent == trash:
        raise NotFoundError(NAME, _OPERATION, "it lies among the deleted items")
    return folder


def _is_alike(after: Place, before: Place) -> bool:
    """Tell whether two places say the same, states aside: an older one brings what a newer one does."""
    seen = [{one: (each.mark, each.settled) for one, each in place.seen.items()} for place in (after, before)]
    return after.expands == before.expands and seen[0] == seen[1]


def _changes(found: Changes | None, cursor: Cursor, *, whole: bool) -> CalendarChanges:
    if found is None:
        return CalendarChanges(changed=(), removed=(), cursor=cursor)
    stands = tuple(_ref(each) for each in found.changed if not each.is_cancelled)
    gone = (*found.removed, *(each.id for each in found.changed if each.is_cancelled))
    return CalendarChanges(changed=stands, removed=() if whole else tuple(map(Ref, gone)), cursor=cursor)


def _ref(held: Held) -> EventRef:
    return EventRef(ref=Ref(held.id), etag=ETag(held.change))


def _version(looks: dict[str, _Look], now: datetime) -> str | None:
    """Return a version that was never there before, None while a calendar is away."""
    if any(each.seen is None for each in looks.values()):
        return None
    told = sorted((one, found.seen) for one, found in looks.items())
    return hashlib.blake2b(msgspec.json.encode((told, now)), digest_size=16).hexdigest()
