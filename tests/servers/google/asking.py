"""Requests to the calendar as the tests of this server make them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.contract.harness import MONDAY
from tests.servers.google.client import refused

if TYPE_CHECKING:
    from tests.servers.google.client import Made

ID = "cb1abc"


def body(**fields: object) -> dict[str, Any]:
    """Return an event of half an hour on Monday at ten."""
    start = MONDAY.replace(hour=10)
    times = {"start": start, "end": start + timedelta(minutes=30)}
    written = {side: {"dateTime": each.isoformat(), "timeZone": "Europe/Berlin"} for side, each in times.items()}
    return {"id": ID, "summary": "Call Ann", **written, **fields}


def insert(api: Made, **fields: object) -> dict[str, Any]:
    """Make an event in the primary calendar."""
    made: dict[str, Any] = api.events().insert(calendarId="primary", body=body(**fields)).execute()
    return made


def listed(api: Made, **params: object) -> list[dict[str, Any]]:
    """Return the first page of a list of the primary calendar."""
    found: list[dict[str, Any]] = api.events().list(calendarId="primary", **params).execute()["items"]
    return found


def reason(request: Made) -> tuple[int, str]:
    """Return status and reason of a refusal."""
    status, error = refused(request)
    return status, str(error["errors"][0]["reason"])


def token(api: Made, **params: object) -> str:
    """Return the sync token of a list."""
    found: dict[str, Any] = api.events().list(calendarId="primary", **params).execute()
    return str(found["nextSyncToken"])
