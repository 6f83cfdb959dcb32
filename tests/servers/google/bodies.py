"""Event resources: what Google keeps of what a client writes, and how it shows what it keeps."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tests.servers.google.calls import RefusedError
from tests.servers.google.recurring import instant

if TYPE_CHECKING:
    from tests.servers.google.book import Body, Book, Stored

_ID = re.compile(r"[a-v0-9]{5,1024}")
_RULE = re.compile(r"(RRULE|EXRULE|RDATE|EXDATE)[:;]")
_COMPUTED = {
    "kind", "etag", "htmlLink", "created", "updated", "creator", "organizer", "hangoutLink", "locked",
    "recurringEventId", "originalStartTime", "attendeesOmitted", "privateCopy",
}  # fmt: skip
# Left out of answers when they say what is so anyway.
_DEFAULTS: Body = {
    "summary": "", "description": "", "location": "", "transparency": "opaque", "visibility": "default",
    "colorId": "", "attendees": [], "recurrence": [], "attachments": [], "extendedProperties": {},
    "anyoneCanAddSelf": False, "guestsCanInviteOthers": True, "guestsCanModify": False,
    "guestsCanSeeOtherGuests": True, "endTimeUnspecified": False,
}  # fmt: skip
_BUSY = {
    "kind", "etag", "id", "status", "start", "end", "recurrence", "recurringEventId", "originalStartTime",
    "transparency", "iCalUID", "eventType", "updated", "created", "sequence",
}  # fmt: skip
_MINIMUM = {"kind", "etag", "id", "status", "recurringEventId", "originalStartTime"}
_FOUR_WEEKS = 40320
_MOST_REMINDERS = 5
_SEQUENCE = (
    "Invalid sequence value. The specified sequence number is below the current sequence number of the resource. "
    "Re-fetch the resource and use its sequence number on the following request."
)


def invalid(message: str, reason: str = "invalid", *, domain: str = "global", location: str = "") -> RefusedError:
    """Return a refusal of status 400."""
    return RefusedError(400, reason, message, domain=domain, location=location)


def check_id(id_: str) -> None:
    """Refuse an id that a client may not choose."""
    if not _ID.fullmatch(id_):
        raise invalid("Invalid resource id value.")


def kept(body: Body, zone: str) -> Body:
    """Return what is kept of a complete body.

    Args:
        body: as a client wrote it, or as merged by a patch.
        zone: of the calendar, for times that name none.

    Raises:
        RefusedError: Google would not have it.
    """
    found = {name: value for name, value in body.items() if name not in _COMPUTED and value is not None}
    found |= {
        side: _moment(found.get(side), side, zone, recurs=bool(found.get("recurrence"))) for side in ("start", "end")
    }
    _check_times(found, ZoneInfo(zone))
    if any(not _RULE.match(line) for line in found.get("recurrence", ())):
        raise invalid("Invalid recurrence rule.")
    found["status"] = found.get("status", "confirmed")
    if found["status"] not in {"confirmed", "tentative", "cancelled"}:
        raise invalid("Invalid value for: status")
    found["reminders"] = _reminders(found.get("reminders"))
    found["extendedProperties"] = _properties(found.get("extendedProperties") or {})
    found["attendees"] = [{"responseStatus": "needsAction"} | each for each in found.get("attendees", ())]
    return {name: value for name, value in found.items() if _DEFAULTS.get(name) != value}


def _moment(value: Body | None, side: str, zone: str, *, recurs: bool) -> Body:
    """Check one side of an event and return it with offset and zone."""
    found = {name: each for name, each in (value or {}).items() if each is not None}
    if not found.get("date") and not found.get("dateTime"):
        raise invalid(f"Missing {side} time.", "required")
    if "date" in found and "dateTime" in found:
        raise invalid(f"Invalid {side} time.")
    if "date" in found:
        return {"date": found["date"]}
    if recurs and not found.get("timeZone"):
        raise invalid(f"Missing time zone definition for {side} time.", "required")
    written = datetime.fromisoformat(found["dateTime"])
    if written.tzinfo is None and not found.get("timeZone"):
        raise invalid(f"Missing time zone definition for {side} time.", "required")
    name = found.get("timeZone") or zone
    try:
        local = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise invalid(f"Invalid time zone definition for {side} time.") from error
    moment = written if written.tzinfo else written.replace(tzinfo=local)
    return {"dateTime": moment.replace(microsecond=0).isoformat(), "timeZone": name}


def _check_times(body: Body, zone: ZoneInfo) -> None:
    start, end = body["start"], body["end"]
    if ("date" in start) != ("date" in end):
        raise invalid("Start and end times must either both be date or both be dateTime.")
    first, last = instant(start, zone).timestamp(), instant(end, zone).timestamp()
    if last < first or (last == first and "date" in start):
        raise invalid("The specified time range is empty.", "timeRangeEmpty", domain="calendar", location="timeMax")


def _reminders(value: Body | None) -> Body:
    """Return reminders as Google rewrites them: in bounds, each once, in an order of its own."""
    given = value or {"useDefault": True}
    overrides = [each for each in given.get("overrides") or () if each.get("method") in {"popup", "email"}]
    if given.get("useDefault") and overrides:
        message = "Cannot specify both default reminders and overrides at the same time."
        raise invalid(message, "cannotUseDefaultRemindersAndSpecifyOverride", domain="calendar")
    if len(overrides) > _MOST_REMINDERS:
        raise invalid("Too many override reminders.", "eventRemindersCountExceedsLimit", domain="calendar")
    once = {(each["method"], min(max(int(each.get("minutes", 0)), 0), _FOUR_WEEKS)) for each in overrides}
    if given.get("useDefault"):
        return {"useDefault": True}
    listed = [{"method": method, "minutes": minutes} for method, minutes in sorted(once, key=lambda each: -each[1])]
    return {"useDefault": False} | ({"overrides": listed} if listed else {})


def _properties(value: Body) -> Body:
    """Return extended properties within their published limits: long names dropped, long values cut."""
    found = {
        side: {name: text[:1024] for name, text in (value.get(side) or {}).items() if text is not None}
        for side in ("private", "shared")
    }
    found = {side: {name: text for name, text in each.items() if len(name) <= 44} for side, each in found.items()}
    return {side: each for side, each in found.items() if each}


def merged(old: Body, patch: Body) -> Body:
    """Return a body after a patch: objects are merged and a null removes, lists and `reminders` are replaced."""
    result = dict(old)
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict) and name != "reminders":
            result[name] = merged(result.get(name) or {}, value)
        else:
            result[name] = value
    return result


def succeeding(old: Body, new: Body, given: int | None) -> int:
    """Return the sequence number of a changed event; it counts changes of time (RFC 5546 2.1.4).

    Raises:
        RefusedError: the client gave a number that is behind.
    """
    current = int(old.get("sequence", 0))
    if given is not None and given < current:
        raise invalid(_SEQUENCE)
    timing = ("start", "end", "recurrence")
    moved = any(old.get(name) != new.get(name) for name in timing)
    return max(current + moved, given or 0)


def shown(book: Book, stored: Stored, zone: str, body: Body | None = None, *, full: bool = True) -> Body:
    """Return an event as the API answers it.

    Args:
        book: its calendar; the role there decides how much is seen.
        stored: the event, or the series that `body` is an instance of.
        zone: whose offset the times get.
        body: an instance made by the rule.
        full: False leaves nothing but its identity of a cancelled one.
    """
    found = {**(body or stored.body)}
    found |= {side: _in_zone(found[side], zone) for side in ("start", "end", "originalStartTime") if side in found}
    found |= {"kind": "calendar#event", "etag": stored.etag}
    if found["status"] == "cancelled" and not full:
        return {name: value for name, value in found.items() if name in _MINIMUM}
    found |= {"created": _text(stored.created), "updated": _text(stored.updated)}
    if "date" in found["start"] and found["reminders"] == {"useDefault": True}:
        # An all-day event has the calendar's reminders as its own.
        found["reminders"] = {"useDefault": False, "overrides": book.default_reminders}
    found.setdefault("sequence", 0)
    found.setdefault("eventType", "default")
    hidden = book.role == "reader" and found.get("visibility") in {"private", "confidential"}
    if book.role == "freeBusyReader" or hidden:
        return {name: value for name, value in found.items() if name in _BUSY} | {"visibility": "private"}
    found["htmlLink"] = f"https://www.google.com/calendar/event?eid={found['id']}"
    found.setdefault("creator", _person(book, book.owner))
    found.setdefault("organizer", _person(book, book.id) | ({} if book.primary else {"displayName": book.summary}))
    return found


def _person(book: Book, address: str) -> dict[str, Any]:
    return {"email": address} | ({"self": True} if address == book.id else {})


def _in_zone(moment: Body, zone: str) -> Body:
    if "date" in moment:
        return moment
    local = datetime.fromisoformat(moment["dateTime"]).astimezone(ZoneInfo(zone))
    return moment | {"dateTime": local.isoformat().replace("+00:00", "Z")}


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
