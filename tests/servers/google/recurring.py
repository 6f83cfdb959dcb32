"""Times of events, and recurring events to their instances (`singleEvents=true`)."""

from __future__ import annotations

import functools
import itertools
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.google.book import Body, Book

# Google ends an open expansion somewhere too; where is not published.
_MOST = 730
_MARGIN = timedelta(days=2)
_INHERITED_NOT = ("recurrence", "id")


def instant(moment: Body, zone: ZoneInfo) -> datetime:
    """Return a start or end as an aware time; a date is midnight in `zone`."""
    if "date" in moment:
        return datetime.combine(date.fromisoformat(moment["date"]), time(), zone)
    return datetime.fromisoformat(moment["dateTime"])


def overlaps(body: Body, low: datetime | None, high: datetime | None, zone: ZoneInfo) -> bool:
    """Tell whether an event ends after `low` and starts before `high`, both exclusive as Google has them."""
    if "start" not in body:
        return True
    late = low is None or instant(body["end"], zone).timestamp() > low.timestamp()
    return late and (high is None or instant(body["start"], zone).timestamp() < high.timestamp())


def stamp(original: Body) -> str:
    """Return what an instance's id has after the underscore: its original start."""
    if "date" in original:
        return str(original["date"]).replace("-", "")
    return datetime.fromisoformat(original["dateTime"]).astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def occurrences(
    book: Book, series: Body, low: datetime | None, high: datetime | None, zone: ZoneInfo
) -> Iterator[tuple[Body, bool]]:
    """Yield the instances of a recurring event that overlap, and whether each is an exception stored on its own."""
    exceptions = book.exceptions(series["id"])
    for instance in instances(series, low, high):
        if instance["id"] not in exceptions and overlaps(instance, low, high, zone):
            yield instance, False
    for each in exceptions.values():
        if overlaps(each.body, low, high, zone):
            yield each.body, True


def instance(series: Body, id_: str) -> Body | None:
    """Return one instance by its id, None if the rule makes no such one."""
    tail = id_.removeprefix(series["id"] + "_")
    try:
        day = datetime.strptime(tail[:8], "%Y%m%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    around = instances(series, day - _MARGIN, day + _MARGIN)
    return next((each for each in around if each["id"] == id_), None)


def instances(series: Body, low: datetime | None, high: datetime | None) -> Iterator[Body]:
    """Yield what the rule makes around [low, high), exceptions not yet applied."""
    query = _query(_text(series))
    start = (low or instant(series["start"], ZoneInfo("UTC"))) - _MARGIN
    if high is None:
        found: Any = itertools.islice(query.after(start), _MOST)
    else:
        found = query.between(start, max(high, start) + _MARGIN)
    common = {name: value for name, value in series.items() if name not in _INHERITED_NOT}
    for event in found:
        begin, end = (_written(event[name].dt, series[side]) for name, side in (("DTSTART", "start"), ("DTEND", "end")))
        made = {"id": f"{series['id']}_{stamp(begin)}", "recurringEventId": series["id"], "originalStartTime": begin}
        yield common | made | {"start": begin, "end": end}


@functools.lru_cache(maxsize=256)
def _query(text: str) -> Any:  # noqa: ANN401 - the library is untyped
    return recurring_ical_events.of(icalendar.Calendar.from_ical(text))


def _text(series: Body) -> str:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//test//EN", "BEGIN:VEVENT", "UID:series"]
    lines += [_property("DTSTART", series["start"]), _property("DTEND", series["end"])]
    lines += [*series["recurrence"], "END:VEVENT", "END:VCALENDAR", ""]
    return "\r\n".join(lines)


def _property(name: str, moment: Body) -> str:
    if "date" in moment:
        return f"{name};VALUE=DATE:{moment['date'].replace('-', '')}"
    local = datetime.fromisoformat(moment["dateTime"]).astimezone(ZoneInfo(moment["timeZone"]))
    return f"{name};TZID={moment['timeZone']}:{local:%Y%m%dT%H%M%S}"


def _written(value: date, like: Body) -> Body:
    if not isinstance(value, datetime):
        return {"date": value.isoformat()}
    return {"dateTime": value.isoformat(), "timeZone": like["timeZone"]}
