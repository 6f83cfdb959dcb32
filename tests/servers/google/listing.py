"""Which events `events.list` answers: the filters, the order, and what changed since a sync token."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tests.servers.google.bodies import invalid
from tests.servers.google.calls import RefusedError
from tests.servers.google.recurring import instant, occurrences, overlaps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.google.book import Body, Book, Stored

# The document says so of `syncToken`.
_NOT_WITH_TOKEN = (
    "iCalUID", "orderBy", "privateExtendedProperty", "q", "sharedExtendedProperty", "timeMin", "timeMax", "updatedMin",
)  # fmt: skip
_RANGE = ("timeMin", "timeMax")


class Item(NamedTuple):
    """One event of an answer; the body differs from the stored one for an instance that the rule makes."""

    stored: Stored
    body: Body


@dataclass(frozen=True)
class Query:
    """The parameters of a list, checked."""

    book: Book
    zone: str
    single: bool
    deleted: bool | None
    since: int | None
    low: datetime | None
    high: datetime | None
    updated: datetime | None
    order: str | None
    params: dict[str, Any]

    @property
    def mode(self) -> str:
        """Return what must be the same when the sync token is used."""
        return f"{int(self.single)}{','.join(sorted(self.params.get('eventTypes', ())))}"

    @property
    def syncs(self) -> bool:
        """Tell whether the answer has a sync token: a range is allowed, other filters and an order are not."""
        return self.since is not None or not any(name in self.params for name in _NOT_WITH_TOKEN if name not in _RANGE)


def query(book: Book, params: dict[str, Any]) -> Query:
    """Check the parameters of a list.

    Raises:
        RefusedError: Google would not have them.
    """
    low, high, updated = (moment(params, name) for name in ("timeMin", "timeMax", "updatedMin"))
    if low and high and low >= high:
        raise invalid("The specified time range is empty.", "timeRangeEmpty", domain="calendar", location="timeMax")
    single = bool(params.get("singleEvents"))
    order = params.get("orderBy")
    if order == "startTime" and not single:
        raise invalid("The requested ordering is not available for the particular query.", location="orderBy")
    found = Query(
        book, zone_of(book, params), single, params.get("showDeleted"), None, low, high, updated, order, params
    )
    return found if "syncToken" not in params else _since(found, params)


def _since(found: Query, params: dict[str, Any]) -> Query:
    wrong = [name for name in _NOT_WITH_TOKEN if name in params]
    if wrong or params.get("showDeleted") is False:
        raise invalid(f"Sync token cannot be combined with {(wrong or ['showDeleted'])[0]}.", location="syncToken")
    try:
        mode, change, honoured = found.book.redeem(params["syncToken"])
    except ValueError as error:
        raise invalid("Invalid sync token value.", location="syncToken") from error
    if not honoured:
        message = "Sync token is no longer valid, a full sync is required."
        raise RefusedError(410, "fullSyncRequired", message, domain="calendar", location="syncToken")
    if mode != found.mode:
        raise invalid("The sync token was issued for other parameters.", location="syncToken")
    return Query(**{**vars(found), "since": change})


def moment(params: dict[str, Any], name: str) -> datetime | None:
    """Return a time among the parameters, milliseconds ignored as documented; it must have an offset."""
    if name not in params:
        return None
    try:
        found = datetime.fromisoformat(params[name])
    except ValueError as error:
        raise invalid("Bad Request", "badRequest", location=name) from error
    if found.tzinfo is None:
        raise invalid("Bad Request", "badRequest", location=name)
    return found.replace(microsecond=0)


def zone_of(book: Book, params: dict[str, Any]) -> str:
    """Return the zone of the answer."""
    name = str(params.get("timeZone") or book.zone)
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise invalid("Invalid time zone.", location="timeZone") from error


def items(wanted: Query) -> list[Item]:
    """Return what a list answers, in its order."""
    found = [item for item in _candidates(wanted) if _passes(wanted, item)]
    if wanted.order == "startTime":
        zone = ZoneInfo(wanted.zone)
        found.sort(key=lambda item: instant(item.body["start"], zone).timestamp())
    elif wanted.order == "updated":
        found.sort(key=lambda item: item.stored.updated)
    return found


def _candidates(wanted: Query) -> Iterator[Item]:
    book, zone = wanted.book, ZoneInfo(wanted.zone)
    for stored in sorted(book.events.values(), key=lambda each: each.change):
        if wanted.since is not None and stored.change <= wanted.since:
            continue
        if wanted.updated is not None and stored.updated < wanted.updated:
            continue
        if "recurrence" in stored.body:
            yield from _series(wanted, stored, zone)
        elif not _among_instances(wanted, stored) and overlaps(stored.body, wanted.low, wanted.high, zone):
            yield Item(stored, stored.body)


def _among_instances(wanted: Query, stored: Stored) -> bool:
    """Tell whether an exception comes with its series anyway."""
    series = wanted.book.events.get(stored.series or "")
    if not wanted.single or series is None:
        return False
    return wanted.since is None or series.change > wanted.since


def _series(wanted: Query, stored: Stored, zone: ZoneInfo) -> Iterator[Item]:
    found = occurrences(wanted.book, stored.body, wanted.low, wanted.high, zone)
    if not wanted.single:
        bounded = wanted.low is not None or wanted.high is not None
        if not bounded or next(found, None) is not None:
            yield Item(stored, stored.body)
        return
    for body, exception in found:
        yield Item(wanted.book.events[body["id"]] if exception else stored, body)


def _passes(wanted: Query, item: Item) -> bool:
    if item.body["status"] == "cancelled" and not _deleted_too(wanted, item):
        return False
    params, body = wanted.params, item.body
    if body.get("eventType", "default") not in params.get("eventTypes", [body.get("eventType", "default")]):
        return False
    if "iCalUID" in params and body["iCalUID"] != params["iCalUID"]:
        return False
    if not all(_has(body, side, pair) for side in ("private", "shared") for pair in _pairs(params, side)):
        return False
    return all(word in _words(body) for word in str(params.get("q", "")).casefold().split())


def _deleted_too(wanted: Query, item: Item) -> bool:
    """Tell whether a cancelled event is listed; cancelled instances of a living series are, unless expanded."""
    if wanted.deleted or wanted.since is not None or wanted.updated is not None:
        return True
    series = wanted.book.events.get(item.stored.series or "")
    return not wanted.single and series is not None and not series.cancelled


def _pairs(params: dict[str, Any], side: str) -> list[str]:
    found: list[str] = params.get(f"{side}ExtendedProperty", [])
    return found


def _has(body: Body, side: str, pair: str) -> bool:
    name, _, value = pair.partition("=")
    found: Body = body.get("extendedProperties", {}).get(side, {})
    return bool(found.get(name) == value)


def _words(body: Body) -> str:
    people = [*body.get("attendees", ()), body.get("organizer", {})]
    texts = [body.get(name, "") for name in ("summary", "description", "location")]
    return " ".join([*texts, *(each.get(name, "") for each in people for name in ("displayName", "email"))]).casefold()
