"""When a caller is best reached, learned from the tries and calls of the past; a few lucky ones do not rule."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from assistant.model.journal import CALLED, AttemptResult
from assistant.model.planning import Avoided
from assistant.plan.grid import wall

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from zoneinfo import ZoneInfo

    from assistant.ledger.journal import Ledger
    from assistant.model.callback import Callback
    from assistant.model.journal import Subject

PRIOR = 4
"""So many calls that reached the caller and so many that did not are counted before any was made: Beta(4, 4)."""
WEIGHT = 5.0
"""What it costs for ten minutes to call where a call is sure to fail instead of where it is sure to succeed."""
LATE = timedelta(hours=1)
"""A call closed later than that after its hold was made at a time that nobody knows."""
_FAILED = {AttemptResult.NO_ANSWER, AttemptResult.LEFT_VOICEMAIL, AttemptResult.LEFT_MESSAGE}


class Part(StrEnum):
    """A part of the day on the callee's clock."""

    MORNING = "in the morning"
    AFTERNOON = "in the afternoon"
    EVENING = "in the evening"


_HOURS = {Part.MORNING: ("00:00", "12:00"), Part.AFTERNOON: ("12:00", "17:00"), Part.EVENING: ("17:00", "24:00")}
_NOON, _FIVE = 12, 17


class Reach(NamedTuple):
    """By part of the day, how many calls were made and how many reached the caller, in `zone`."""

    zone: ZoneInfo
    made: dict[Part, int]
    reached: dict[Part, int]

    def chance(self, part: Part) -> float:
        """Return the chance that a call in this part reaches the caller."""
        return (self.reached.get(part, 0) + PRIOR) / (self.made.get(part, 0) + 2 * PRIOR)

    @property
    def best(self) -> float:
        """Return the best chance of any part."""
        return max(map(self.chance, Part))

    def told(self, start: datetime) -> str | None:
        """Return what is known of the part of the day in which a time lies, None when nothing is."""
        part = part_of(start, self.zone)
        made = self.made.get(part, 0)
        return f"reached {self.reached.get(part, 0)} of {made} times {part}" if made else None


def part_of(moment: datetime, zone: ZoneInfo) -> Part:
    """Return the part of the day on the clock of a zone."""
    hour = moment.astimezone(zone).hour
    return Part.MORNING if hour < _NOON else (Part.AFTERNOON if hour < _FIVE else Part.EVENING)


def learned(ledger: Ledger, callback: Callback, zone: ZoneInfo) -> Reach | None:
    """Return what the tries and calls of a caller teach, None where there were none."""
    reach = Reach(zone, {}, {})
    for at, hit in (found for one in _lifeline(ledger, callback) for found in tries(one)):
        part = part_of(at, zone)
        reach.made[part] = reach.made.get(part, 0) + 1
        reach.reached[part] = reach.reached.get(part, 0) + hit
    return reach if reach.made else None


def tries(callback: Callback) -> Iterator[tuple[datetime, bool]]:
    """Yield when the caller was called and whether that reached them; a line that was busy or failed tells nothing."""
    for attempt in callback.attempts:
        if attempt.result in _FAILED:
            yield attempt.at, False
    hold, closed = callback.hold, callback.closed_at
    if callback.outcome not in CALLED or closed is None:
        return
    if hold is not None and hold.start <= closed <= hold.end + LATE:
        yield hold.start, True
    elif hold is None or closed < hold.start:
        yield closed, True


def _lifeline(ledger: Ledger, callback: Callback) -> Iterator[Callback]:
    """Yield a callback and the earlier debts of the same caller."""
    seen: set[Subject] = set()
    one: Callback | None = callback
    while one is not None and one.id not in seen:
        seen.add(one.id)
        yield one
        one = ledger.callback(one.previous) if one.previous is not None else None


def avoided(reach: Reach, zone: ZoneInfo, days: Iterable[date]) -> Iterator[Avoided]:
    """Yield the parts of days that are worse than the best one, each by how much worse it is."""
    for part, hours in _HOURS.items():
        cost = round(WEIGHT * (reach.best - reach.chance(part)), 3)
        if cost > 0:
            why = f"a less good time to reach them: {_sample(reach, part)}"
            for day in days:
                begin, end = (datetime.fromtimestamp(wall(day, text, zone), UTC) for text in hours)
                yield Avoided(start=begin, end=end, cost=cost, why=why)


def _sample(reach: Reach, part: Part) -> str:
    made = reach.made.get(part, 0)
    if made:
        return f"reached {reach.reached.get(part, 0)} of {made} times {part}"
    best = max(Part, key=reach.chance)
    return f"reached {reach.reached.get(best, 0)} of {reach.made.get(best, 0)} times {best}"
