"""What changed since last time on all calendars that count: one request each, and a version of the whole agenda."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from assistant.errors import CursorExpiredError, InvalidResponseError, NotFoundError, ProviderError
from assistant.model.calendar import CalendarChanges, EventRef
from assistant.model.mailbox import Cursor, ETag, Ref
from providers._marks import decoded, encoded, renamed
from providers.google.calendars import PAGE, Listing, events, is_away, missing
from providers.google.events import is_cancelled
from providers.google.service import NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from providers.google.calendars import Calendars
    from providers.google.events import CalendarOptions
    from providers.google.service import Google

LISTED_FOR = timedelta(hours=1)
"""So long the set of calendars is believed and the sync tokens are kept, if nothing changes."""
_OPERATION = "calendar.changes"
_PAST = timedelta(days=1)
_FIELDS = "nextPageToken,nextSyncToken,items(id,etag,status)"


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where reading stopped, as the cursor says it.

    `calendar` and `named` are the settings then, `main` the id of the calendar. `version` is of all agendas; None where
    a calendar cannot tell what changed.
    """

    calendar: str
    named: tuple[str, ...] | None
    main: str
    token: str
    busy: dict[str, str]
    version: str | None
    listed: datetime


class Step(NamedTuple):
    """Changes, with the version of all agendas after them."""

    changes: CalendarChanges
    version: str | None


def unpack(cursor: Cursor, options: CalendarOptions) -> Place:
    """Read a cursor.

    Raises:
        CursorExpiredError: it is none, or of another calendar.
    """
    place = decoded(cursor, Place, NAME)
    if place.calendar != options.calendar:
        raise renamed(NAME)
    return place


class Synced:
    """Reads changes by sync tokens.

    Args:
        google: the account.
        calendars: which ones count.
        options: the settings that say so.
        now: the present instant, aware.
    """

    def __init__(
        self, google: Google, calendars: Calendars, options: CalendarOptions, now: Callable[[], datetime]
    ) -> None:
        self._google = google
        self._calendars = calendars
        self._options = options
        self._now = now

    def step(self, cursor: Cursor | None) -> Step:
        """Return what changed; the cursor's text stays while nothing does, so that it is the version too.

        Raises:
            CursorExpiredError: the cursor or the main calendar's token is too old.
            NotFoundError: the main calendar is missing.
        """
        place = None if cursor is None else unpack(cursor, self._options)
        if place is not None:
            self._calendars.remember(place.main)
        main = self._calendars.main(_OPERATION)
        fresh = self._is_fresh(place)
        busy = tuple(place.busy) if place is not None and fresh else self._busy()
        found = events(self._google, _OPERATION, self._wanted(main, busy, place))
        listing = self._of_main(found[main], place)
        others, kept = self._others(found, busy, place)
        quiet = place is not None and kept and not listing.items
        if place is not None and cursor is not None and quiet and fresh:
            return Step(CalendarChanges(changed=(), removed=(), cursor=cursor), place.version)
        tokens = {main: listing.token or "", **others}
        version = (place.version if place is not None and quiet else None) or _version(tokens)
        after = Place(
            calendar=self._options.calendar,
            named=self._options.busy,
            main=main,
            token=tokens.pop(main),
            busy=tokens,
            version=version,
            listed=self._now().astimezone(UTC),
        )
        return Step(_changes(listing, encoded(after), whole=place is None), version)

    def _is_fresh(self, place: Place | None) -> bool:
        if place is None or place.named != self._options.busy:
            return False
        return place.listed <= self._now() < place.listed + LISTED_FOR

    def _busy(self) -> tuple[str, ...]:
        """Return the further calendars; one that the settings name and the list has not is told of by the agenda."""
        try:
            return self._calendars.busy(_OPERATION)
        except NotFoundError:
            return ()

    def _wanted(self, main: str, busy: tuple[str, ...], place: Place | None) -> dict[str, dict[str, Any]]:
        tokens = {} if place is None else {main: place.token, **place.busy}
        # The whole of our own calendar: what is not named there is gone. Of others only what is to come counts.
        first: dict[str, dict[str, Any]] = {**dict.fromkeys(busy, self._to_come()), main: {}}
        given = {one: {"syncToken": tokens[one]} if tokens.get(one) else first[one] for one in (main, *busy)}
        return {one: _parameters(parameters) for one, parameters in given.items()}

    def _to_come(self) -> dict[str, Any]:
        return {"timeMin": (self._now() - _PAST).astimezone(UTC).isoformat(timespec="seconds")}

    def _of_main(self, answer: Listing | ProviderError, place: Place | None) -> Listing:
        if isinstance(answer, Listing) and answer.token:
            return answer
        if isinstance(answer, Listing):
            raise InvalidResponseError(NAME, _OPERATION, "Google gave no token to go on from; try again later")
        if place is not None and _is_refused(answer):
            raise CursorExpiredError(NAME, _OPERATION, "the sync token is too old; read all again") from answer
        if is_away(answer) and place is not None and self._calendars.look_again(_OPERATION) != place.main:
            raise CursorExpiredError(NAME, _OPERATION, "the calendar was made anew; read all again") from answer
        raise missing(_OPERATION, answer)

    def _others(
        self, found: Mapping[str, Listing | ProviderError], busy: tuple[str, ...], place: Place | None
    ) -> tuple[dict[str, str], bool]:
        """Return the tokens of the further calendars, "" for one that has none, and whether nothing changed there."""
        known = {} if place is None else place.busy
        stale = {one: _parameters(self._to_come()) for one in busy if _is_refused(found[one]) and known.get(one)}
        renewed = {**found, **events(self._google, _OPERATION, stale)}
        tokens: dict[str, str] = {}
        for one in busy:
            answer = renewed[one]
            if isinstance(answer, Listing):
                tokens[one] = answer.token or ""
            elif not is_away(answer):
                raise answer
            elif self._calendars.are_named():
                tokens[one] = ""  # taken away: reading the agenda says so
        kept = not stale and tokens.keys() == known.keys() and all(map(_is_quiet, (found[one] for one in busy)))
        return tokens, kept


def _parameters(given: Mapping[str, Any]) -> dict[str, Any]:
    return {"showDeleted": True, "singleEvents": False, "maxResults": PAGE, "fields": _FIELDS, **given}


def _is_quiet(answer: Listing | ProviderError) -> bool:
    return isinstance(answer, Listing) and not answer.items


def _is_refused(answer: Listing | ProviderError) -> bool:
    """Tell whether the token was not accepted: too old (410), or damaged (400, which has no class of its own)."""
    return isinstance(answer, CursorExpiredError) or type(answer) is ProviderError


def _changes(listing: Listing, cursor: Cursor, *, whole: bool) -> CalendarChanges:
    stands = [each for each in listing.items if not is_cancelled(each)]
    gone = () if whole else tuple(Ref(each["id"]) for each in listing.items if is_cancelled(each))
    changed = tuple(EventRef(ref=Ref(each["id"]), etag=ETag(each.get("etag", ""))) for each in stands)
    return CalendarChanges(changed=changed, removed=gone, cursor=cursor)


def _version(tokens: Mapping[str, str]) -> str | None:
    if not all(tokens.values()):
        return None
    return hashlib.blake2b(msgspec.json.encode(sorted(tokens.items())), digest_size=16).hexdigest()
