"""Events as a program makes them over plain requests, for the tests of our server."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from tests.servers.graph.client import Client

BERLIN = "Europe/Berlin"
NINE = datetime(2026, 3, 23, 9)  # noqa: DTZ001  Graph keeps the zone beside the time
HOUR = timedelta(hours=1)
KEY = "String {0d6a3c1e-54f5-4f0a-9a43-2f2f7c7f1a11} Name testKey"
DAILY: dict[str, Any] = {
    "pattern": {"type": "daily", "interval": 1},
    "range": {"type": "numbered", "startDate": "2026-03-23", "numberOfOccurrences": 5},
}


def at(time: datetime, zone: str = BERLIN) -> dict[str, str]:
    """Return a dateTimeTimeZone."""
    return {"dateTime": time.isoformat(), "timeZone": zone}


def keyed(value: str) -> dict[str, Any]:
    """Return the property of our own with a value, as a body has it."""
    return {"singleValueExtendedProperties": [{"id": KEY, "value": value}]}


def event(start: datetime = NINE, **fields: object) -> dict[str, Any]:
    """Return the body of an event of an hour."""
    return {"subject": "Review", "start": at(start), "end": at(start + HOUR), **fields}


def made(graph: Client, start: datetime = NINE, **fields: object) -> dict[str, Any]:
    """Make an event in the user's own calendar; return it as it is answered."""
    return graph.post("me/events", **event(start, **fields))


def span(days: int = 1, first: str = "2026-03-23", **options: str) -> str:
    """Return the query of a view of some days in UTC, other options of OData without their dollar sign."""
    high = datetime.fromisoformat(first) + timedelta(days=days)
    times = {"startDateTime": f"{first}T00:00:00Z", "endDateTime": f"{high.isoformat()}Z"}
    return urlencode(times | {f"${name}": value for name, value in options.items()})


def seen(graph: Client, days: int = 7, calendar: str = "me") -> list[tuple[str, str]]:
    """Return starts in UTC and types of what a calendar view shows."""
    found = graph.get(f"{calendar}/calendarView?{span(days)}&$top=1000")["value"]
    return [(each["start"]["dateTime"][:16], each["type"]) for each in found]


def tracked(graph: Client, days: int = 7, calendar: str = "me") -> tuple[list[dict[str, Any]], str]:
    """Return all that the first round of a view's delta tells, and the link to the next one."""
    return follow(graph, f"{calendar}/calendarView/delta?{span(days)}")


def follow(graph: Client, link: str) -> tuple[list[dict[str, Any]], str]:
    """Return all that a round tells, and the link to the next one."""
    found: list[dict[str, Any]] = []
    while True:
        page = graph.get(link)
        found += page["value"]
        if "@odata.deltaLink" in page:
            return found, str(page["@odata.deltaLink"])
        link = page["@odata.nextLink"]
