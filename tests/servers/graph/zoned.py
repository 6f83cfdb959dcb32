"""Times with their zones, as Graph writes them (learn.microsoft.com/graph/api/resources/datetimetimezone)."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, available_timezones

from tests.servers.ews import zones
from tests.servers.ews.occurrences import zone_of
from tests.servers.ews.times import moment
from tests.servers.graph.calls import GraphError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.servers.ews.items import Item
    from tests.servers.graph.calls import Call


def windows(name: str) -> str:
    """Return the Windows name of a zone that is named either way."""
    if name in zones.known():
        return name
    if name not in available_timezones():
        text = "A valid TimeZone value must be specified. The following TimeZone value is not supported"
        raise GraphError("TimeZoneNotSupportedException", f"{text}: '{name}'.")
    return zones.windows(name)


def zone(name: str) -> ZoneInfo:
    """Return a zone by its Windows or IANA name."""
    known = windows(name)
    return zones.zone(known) if name == known else ZoneInfo(name)


def read(given: Mapping[str, Any] | None) -> tuple[datetime, str]:
    """Return the instant and the Windows zone of a dateTimeTimeZone; one without a zone is in UTC."""
    if not given or not given.get("dateTime"):
        raise GraphError("ErrorPropertyValidationFailure", "At least one property failed validation.")
    name = given.get("timeZone") or "UTC"
    within = zone(name)
    try:
        made = datetime.fromisoformat(given["dateTime"])
    except ValueError:
        raise GraphError("ErrorInvalidRequest", f"Cannot convert '{given['dateTime']}' to a date.") from None
    return made.astimezone(within) if made.tzinfo else made.replace(tzinfo=within), windows(name)


def shown(item: Item, name: str, call: Call) -> dict[str, str]:
    """Return Start or End in the zone that the request prefers, else in UTC.

    Those of an all-day event are always midnights, whatever zone is asked for
    (github.com/microsoftgraph/microsoft-graph-docs/issues/1802); its own zone is originalStartTimeZone.
    """
    wanted = call.prefers("outlook.timezone") or "UTC"
    there = zone(wanted)
    at = moment(item.text(name)).astimezone(zone_of(item) if item.text("IsAllDayEvent") == "true" else there)
    return {"dateTime": at.strftime("%Y-%m-%dT%H:%M:%S.0000000"), "timeZone": wanted}


def instant(text: str) -> datetime:
    """Read startDateTime or endDateTime of a view; one without an offset is in UTC."""
    try:
        made = datetime.fromisoformat(text)
    except ValueError:
        raise GraphError("ErrorInvalidParameter", f"The value '{text}' is no date and time.") from None
    return made if made.tzinfo else made.replace(tzinfo=UTC)


def check_day(at: datetime, name: str) -> None:
    """Refuse a start or end of an all-day event that is no midnight."""
    if at.time() != time():
        text = f"The Event.{name} property for an all-day event needs to be set to midnight."
        raise GraphError("ErrorInvalidRequest", text)
