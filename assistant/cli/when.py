"""Times as people write them: "tomorrow 10:00", "Friday", "in 2 hours", "morgen um 10 Uhr", 2026-12-01."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from assistant.errors import UsageError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_LONGEST = 100
_AT = re.compile(r"\b(?:at|um|à|a las)\s+(\d{1,2})(?![\d:.h])(?!\s*(?:[ap]\.?m|uhr))", re.IGNORECASE)
_OCLOCK = re.compile(r"\b(?:um\s+|à\s+)?(\d{1,2})(?:[:.](\d\d))?\s*(?:uhr\b|h\b(?!\w))", re.IGNORECASE)
_COMING = re.compile(
    r"\b(?:next|this|coming|nächste[nrsm]?|kommende[nrsm]?|diese[nrsm]?)\s+"
    r"(?=(?:mon|tue|wed|thu|fri|sat|sun|die|mit|mi\b|don|do\b|fre|fr\b|sam|sa\b|son|so\b)\w*)",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"\d{1,2}[:.]\d\d(?:\s*[ap]\.?m\.?)?|\d{1,2}\s*[ap]\.?m\.?", re.IGNORECASE)
_PART_OF_DAY = {"time", "part_of_day"}


class When(NamedTuple):
    """A time that was understood; `has_clock` is false where only a day was named, and `at` is then its midnight."""

    at: datetime
    has_clock: bool


def read(text: str, zone: ZoneInfo, now: datetime, language: str) -> When:
    """Return what a text means, to come rather than past.

    Args:
        text: in the user's language or English.
        zone: whose wall clock is meant where the text names no offset.
        now: from which "in 2 hours" counts.
        language: of the user, as in the settings.

    Raises:
        UsageError: nobody can tell what is meant, or it is past.
    """
    when = _iso(text, zone) or _words(text, zone, now.astimezone(zone), language)
    if when is None:
        raise UsageError(
            f"{text!r} is no time that can be understood. Write it like 'tomorrow 10:00', 'Friday 3pm', 'in 2 hours' "
            "or 2026-12-01"
        )
    past = when.at <= now if when.has_clock else when.at.date() < now.astimezone(zone).date()
    if past:
        raise UsageError(f"{text!r} is past ({when.at:%A %d %B %Y %H:%M %Z}). Name a time to come.")
    return when


def _iso(text: str, zone: ZoneInfo) -> When | None:
    try:
        return When(
            _local(datetime.combine(date.fromisoformat(text.strip()), datetime.min.time()), zone), has_clock=False
        )
    except ValueError:
        pass
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return When(found.astimezone(zone) if found.tzinfo else _local(found, zone), has_clock=True)


def _local(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant of a wall-clock time; one that a change of clocks leaves out is the hour after."""
    return wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)


def _words(text: str, zone: ZoneInfo, now: datetime, language: str) -> When | None:
    from dateparser.date import DateDataParser  # noqa: PLC0415  slow to start, needed only for words

    plain = _plain(text[:_LONGEST])
    local = now.replace(tzinfo=None, second=0, microsecond=0)
    parser = DateDataParser(
        languages=list(dict.fromkeys([language.split("-", maxsplit=1)[0], "en"])),
        settings={"RELATIVE_BASE": local, "PREFER_DATES_FROM": "future", "RETURN_TIME_AS_PERIOD": True},
    )
    found = parser.get_date_data(plain)
    if found.date_obj is None:
        return None
    at = found.date_obj if found.date_obj.tzinfo is None else found.date_obj.astimezone(zone).replace(tzinfo=None)
    has_clock = found.period in _PART_OF_DAY
    if _CLOCK.fullmatch(plain) and at <= local:
        at += timedelta(days=1)
    return When(_local(at if has_clock else datetime.combine(at.date(), datetime.min.time()), zone), has_clock)


def _plain(text: str) -> str:
    """Return the text in the forms that the library knows; it would drop an hour written another way."""
    clocked = _OCLOCK.sub(lambda match: f"{match[1]}:{match[2] or '00'}", text.strip())
    return _COMING.sub("", _AT.sub(r"\1:00", clocked))
