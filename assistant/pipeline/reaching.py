"""When a caller is best reached, by part of the day and weekday, learned from calls; a few lucky ones do not rule."""

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


_NAMED = {Part.MORNING: "mornings", Part.AFTERNOON: "afternoons", Part.EVENING: "evenings"}
_WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ENOUGH = 4
"""So many calls on one weekday are named as such; fewer are told of with those of the other days."""


class Reach(NamedTuple):
    """By part of the day, how many calls were made and how many reached the caller, in `zone`.

    `days` has the same (made, reached) by weekday (Monday is 0) and part.
    """

    zone: ZoneInfo
    made: dict[Part, int]
    reached: dict[Part, int]
    days: dict[tuple[int, Part], tuple[int, int]]

    def chance(self, part: Part, weekday: int | None = None) -> float:
        """Return the chance that a call in this part, of this weekday, reaches the caller.

        A weekday starts from the chance of the part on any day, which counts as much as the part's own prior does.
        """
        any_day = (self.reached.get(part, 0) + PRIOR) / (self.made.get(part, 0) + 2 * PRIOR)
        if weekday is None:
            return any_day
        made, reached = self.days.get((weekday, part), (0, 0))
        return (reached + 2 * PRIOR * any_day) / (made + 2 * PRIOR)

    def best(self) -> tuple[int, Part]:
        """Return the weekday and part with the best chance, the most tried of several."""
        times = [(day, part) for day in range(len(_WEEK)) for part in Part]
        return max(times, key=lambda time: (self.chance(time[1], time[0]), self._sample(*time)[1], -time[0]))

    def told(self, start: datetime) -> str | None:
        """Return what is known of the part of the day in which a time lies, None when nothing is."""
        when, made, reached = self._sample(start.astimezone(self.zone).weekday(), part_of(start, self.zone))
        return f"reached {reached} of {made} times {when}" if made else None

    def beside(self, weekday: int, part: Part) -> str:
        """Return how a part of a weekday did, beside the best."""
        when, made, reached = self._sample(weekday, part)
        best, most, hits = self._sample(*self.best())
        own = f"reached {reached} of {made} times {when}" if made else f"never called {when}"
        return f"{own}, {hits} of {most} {best}" if most and best != when else own

    def _sample(self, weekday: int, part: Part) -> tuple[str, int, int]:
        """Return the time, how many calls were made then and how many of them reached the caller."""
        made, reached = self.days.get((weekday, part), (0, 0))
        if made >= ENOUGH:
            return f"on {_WEEK[weekday]} {_NAMED[part]}", made, reached
        return part, self.made.get(part, 0), self.reached.get(part, 0)


def part_of(moment: datetime, zone: ZoneInfo) -> Part:
    """Return the part of the day on the clock of a zone."""
    hour = moment.astimezone(zone).hour
    return Part.MORNING if hour < _NOON else (Part.AFTERNOON if hour < _FIVE else Part.EVENING)


def learned(ledger: Ledger, callback: Callback, zone: ZoneInfo) -> Reach | None:
    """Return what the tries and calls of a caller teach, None where there were none."""
    reach = Reach(zone, {}, {}, {})
    for at, hit in (found for one in _lifeline(ledger, callback) for found in tries(one)):
        part, weekday = part_of(at, zone), at.astimezone(zone).weekday()
        reach.made[part] = reach.made.get(part, 0) + 1
        reach.reached[part] = reach.reached.get(part, 0) + hit
        made, reached = reach.days.get((weekday, part), (0, 0))
        reach.days[weekday, part] = (made + 1, reached + hit)
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
    weekday, part = reach.best()
    best = reach.chance(part, weekday)
    for day in days:
        for part, hours in _HOURS.items():
            cost = round(WEIGHT * (best - reach.chance(part, day.weekday())), 3)
            if cost > 0:
                begin, end = (datetime.fromtimestamp(wall(day, text, zone), UTC) for text in hours)
                why = f"a less good time to reach them: {reach.beside(day.weekday(), part)}"
                yield Avoided(start=begin, end=end, cost=cost, why=why)
