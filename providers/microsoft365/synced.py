"""What changed since last time on all calendars that count: one batch, and a version of the whole agenda.

Change tracking in Graph v1.0 is of a calendar's view, a stretch of time. What changes outside it is told as removed too
(learn.microsoft.com/graph/api/event-delta), so that what is told as removed is looked for before it counts as gone.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from assistant.errors import (
    AuthError,
    CursorExpiredError,
    InvalidResponseError,
    NotFoundError,
    ProviderError,
    TransientError,
)
from assistant.model.calendar import CalendarChanges, EventRef
from assistant.model.mailbox import Cursor, ETag, Ref
from providers._marks import decoded, encoded, renamed
from providers.microsoft365 import errors
from providers.microsoft365.appointments import OCCURRENCES, PAGE, STATE, TEXT, etag
from providers.microsoft365.calendars import CALENDAR, LISTING, Calendars, is_away, missing, path
from providers.microsoft365.errors import NAME
from providers.microsoft365.listing import REMOVED, Listing, read
from providers.microsoft365.service import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from providers.microsoft365.calendars import Wanted
    from providers.microsoft365.looking import Looking
    from providers.microsoft365.service import Graph

KEPT_FOR = timedelta(hours=1)
"""So long a cursor is kept if nothing changes: Microsoft does not say how long its tokens live."""
RENEWED = timedelta(days=30)
"""So long the same stretch of time is watched."""
_BEFORE, _AFTER = timedelta(days=7), timedelta(days=92)
"""What is watched around the day on which it is begun; what changes elsewhere is told as removed."""
_OPERATION = "calendar.changes"
_ASKED = {"Prefer": f"{TEXT['Prefer']}, odata.maxpagesize={PAGE}"}


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where reading stopped, as the cursor says it.

    `calendar` and `named` are the settings then, `main` is the calendar of our events, `links` go on in each calendar.
    `version` is of all agendas, None while one cannot be watched. `begun` is the day of the stretch that is watched.
    """

    calendar: str
    named: tuple[str, ...] | None
    main: str
    links: dict[str, str]
    version: str | None
    at: datetime
    begun: datetime


class Step(NamedTuple):
    """Changes, with the version of all agendas after them."""

    changes: CalendarChanges
    version: str | None


def unpack(cursor: Cursor, options: Wanted) -> Place:
    """Read a cursor.

    Raises:
        CursorExpiredError: it is none, or of another calendar.
    """
    place = decoded(cursor, Place, NAME)
    if place.calendar != options.calendar or place.main not in place.links:
        raise renamed(NAME)
    return place


class Synced:
    """Reads changes by delta links.

    Args:
        graph: the account.
        calendars: which ones count.
        looking: looks for what is told as removed.
        options: the settings that say so.
        now: the present instant, aware.
    """

    def __init__(
        self,
        graph: Graph,
        calendars: Calendars,
        looking: Looking,
        options: Wanted,
        now: Callable[[], datetime],
    ) -> None:
        self._graph = graph
        self._calendars = calendars
        self._looking = looking
        self._options = options
        self._now = now

    def step(self, cursor: Cursor | None) -> Step:
        """Return what changed; the cursor's text stays for a while where nothing does.

        Raises:
            CursorExpiredError: the cursor or the main calendar's link is too old.
            NotFoundError: the main calendar is missing.
        """
        return self._first() if cursor is None else self._next(cursor, unpack(cursor, self._options))

    # --- all there is

    def _first(self) -> Step:
        main = self._calendars.main(_OPERATION)
        now = self._now().astimezone(UTC)
        links = self._begin((main, *self._busy()), now)
        # After the links: what changes meanwhile is told by both, and nothing by neither.
        listing = self._whole(main)
        place = self._place(main, links, begun=now, version=_version(links, now))
        return Step(CalendarChanges(changed=_standing(listing.items), removed=(), cursor=encoded(place)), place.version)

    def _whole(self, main: str) -> Listing:
        part = Part("GET", path(main, "events"), {**STATE, "$top": PAGE})
        listing = read(self._graph, _OPERATION, {main: part})[main]
        if isinstance(listing, ProviderError):
            raise missing(_OPERATION, listing) from listing
        return listing

    def _begin(self, wanted: Iterable[str], now: datetime) -> dict[str, str]:
        """Return links that go on from now; "" for a further calendar that is away or cannot be watched."""
        main, found = self._calendars.main(_OPERATION), {}
        for one, listing in read(self._graph, _OPERATION, {one: _beginning(one, now) for one in wanted}).items():
            if isinstance(listing, Listing):
                found[one] = self._link(listing)
            elif one == main or not _is_unwatchable(listing):
                raise missing(_OPERATION, listing) from listing
            else:
                found[one] = ""
        return found

    def _link(self, listing: Listing) -> str:
        if not listing.link.startswith(self._graph.root):
            raise errors.unreadable(_OPERATION, "no link to go on from")
        return listing.link.removeprefix(self._graph.root)

    def _busy(self) -> tuple[str, ...]:
        """Return the further calendars; one that the settings name and that is not there is told of by the agenda."""
        try:
            return self._calendars.busy(_OPERATION)
        except NotFoundError:
            return tuple(one for one in (CALENDAR,) if one != self._calendars.main(_OPERATION))

    def _place(self, main: str, links: dict[str, str], *, begun: datetime, version: str | None) -> Place:
        return Place(
            calendar=self._options.calendar,
            named=self._options.busy,
            main=main,
            links=links,
            version=version,
            at=self._now().astimezone(UTC),
            begun=begun,
        )

    # --- what changed

    def _next(self, cursor: Cursor, place: Place) -> Step:
        self._calendars.remember(place.main)
        main, now = self._calendars.main(_OPERATION), self._now().astimezone(UTC)
        if main != place.main:
            raise CursorExpiredError(NAME, _OPERATION, "the calendar was made anew; read all again")
        # Begun anew before the old links are read to their ends: nothing falls between the two.
        is_young = place.begun <= now < place.begun + RENEWED
        renewed = {} if is_young else self._begin(place.links, now)
        found = read(self._graph, _OPERATION, {LISTING: Calendars.PART, **_asked(place, now)})
        self._calendars.take(found.pop(LISTING))
        listing = self._of_main(main, found[main])
        links = {main: self._link(listing), **self._others(place, found, now)}
        quiet = all(_is_quiet(found[one], link) for one, link in place.links.items()) and _is_alike(links, place.links)
        version = place.version if quiet and place.version is not None else _version(links, now)
        if quiet and is_young and version == place.version and place.at <= now < place.at + KEPT_FOR:
            return Step(CalendarChanges(changed=(), removed=(), cursor=cursor), version)
        links |= {one: link for one, link in renewed.items() if one in links}
        after = self._place(main, links, begun=place.begun if is_young else now, version=version)
        return Step(self._changes(listing, encoded(after)), version)

    def _of_main(self, main: str, answer: Listing | ProviderError) -> Listing:
        if isinstance(answer, Listing) and self._calendars.has(main, _OPERATION):
            return answer
        if isinstance(answer, Listing) or is_away(answer):
            if self._calendars.look_again(_OPERATION) != main:
                raise CursorExpiredError(NAME, _OPERATION, "the calendar was made anew; read all again")
            if isinstance(answer, Listing):
                return answer  # it is in the list again
            raise missing(_OPERATION, answer) from answer
        if _is_refused(answer):
            raise CursorExpiredError(NAME, _OPERATION, "the link is too old; read all again") from answer
        raise answer

    def _others(self, place: Place, found: Mapping[str, Listing | ProviderError], now: datetime) -> dict[str, str]:
        """Return the links of the further calendars; those that are new or whose links died are begun."""
        links: dict[str, str] = {}
        new: list[str] = []
        for one in self._busy():
            answer = found.get(one)
            if isinstance(answer, Listing):
                links[one] = self._link(answer)
            elif answer is None or (_is_refused(answer) and place.links[one]):
                new.append(one)
            elif _is_unwatchable(answer):
                links[one] = ""
            else:
                raise answer
        return links | (self._begin(new, now) if new else {})

    def _changes(self, listing: Listing, cursor: Cursor) -> CalendarChanges:
        """Return what changed; what is told as removed may only have left the stretch that is watched."""
        told = [each["id"] for each in listing.items if REMOVED in each]
        stand = self._looking.by_id(_OPERATION, told) if told else {}
        elsewhere = (EventRef(ref=Ref(ref), etag=ETag(each.etag)) for ref, each in stand.items())
        cancelled = [str(each["id"]) for each in listing.items if each.get("isCancelled") is True]
        gone = (*(ref for ref in told if ref not in stand), *cancelled)
        changed = (*_standing(listing.items), *elsewhere)
        return CalendarChanges(changed=changed, removed=tuple(map(Ref, gone)), cursor=cursor)


def _beginning(calendar: str, now: datetime) -> Part:
    day = datetime(now.year, now.month, now.day, tzinfo=UTC)
    span = {"startDateTime": (day - _BEFORE).isoformat(), "endDateTime": (day + _AFTER).isoformat()}
    return Part("GET", path(calendar, "calendarView", "delta"), span, headers=_ASKED)


def _asked(place: Place, now: datetime) -> dict[str, Part]:
    """Return what goes on in each calendar; one that was away is begun."""
    return {
        one: Part("GET", link, headers=_ASKED) if link else _beginning(one, now) for one, link in place.links.items()
    }


def _is_quiet(answer: Listing | ProviderError, link: str) -> bool:
    """Tell whether nothing changed since a link; a calendar that was away and still is has not changed either."""
    if isinstance(answer, Listing):
        return not answer.items
    return _is_unwatchable(answer) and not link


def _is_unwatchable(answer: ProviderError) -> bool:
    """Tell whether a calendar is away, or Microsoft does not tell what changes in it: of some that others share."""
    return not isinstance(answer, AuthError | InvalidResponseError | TransientError)


def _is_refused(answer: ProviderError) -> bool:
    """Tell whether a link was not accepted: too old (410), or damaged (400, which has no class of its own)."""
    return isinstance(answer, CursorExpiredError) or type(answer) is ProviderError


def _is_alike(links: Mapping[str, str], before: Mapping[str, str]) -> bool:
    """Tell whether the same calendars are there and away."""
    one, other = ({name: bool(link) for name, link in each.items()} for each in (links, before))
    return one == other


def _standing(items: Sequence[Mapping[str, Any]]) -> tuple[EventRef, ...]:
    """Return what stands; of a series it is the series."""
    stand = [
        each
        for each in items
        if REMOVED not in each and each.get("isCancelled") is not True and each.get("type") not in OCCURRENCES
    ]
    return tuple(EventRef(ref=Ref(str(each["id"])), etag=ETag(etag(each))) for each in stand)


def _version(links: Mapping[str, str], now: datetime) -> str | None:
    """Return a version that was never there before, None while a calendar cannot be watched."""
    if not all(links.values()):
        return None
    return hashlib.blake2b(msgspec.json.encode((sorted(links.items()), now)), digest_size=16).hexdigest()
