"""Refuse a problem that makes no sense, naming the field and what it may hold."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from assistant.errors import UsageError
from assistant.model.planning import Bucket, SlotState
from assistant.plan.grid import TICK_MINUTES, WEEKDAYS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from assistant.model.planning import GivenSlot, Problem, Request, SlotRule

LONGEST_HORIZON = 366
LONGEST_CALL = 24 * 60
DEAREST = 1000
YEARS = (1972, 9000)  # since 1972 every zone is whole minutes off UTC; up to 9000 no arithmetic leaves `datetime`
_WALL = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")


def check(problem: Problem) -> None:
    """Accept a sensible problem silently.

    Lengths must be multiples of 5 minutes: rounding them would make the plan an answer to another problem.

    Raises:
        UsageError: fields are wrong; all of them, one line each.
    """
    faults = list(_faults(problem))
    if faults:
        shown = faults[:20] + [f"and {len(faults) - 20} more"] * (len(faults) > 20)  # noqa: PLR2004 - one screen
        raise UsageError("the problem cannot be planned: " + "\n  ".join(shown))


def _faults(problem: Problem) -> Iterator[str]:
    yield from _moment("now", problem.now)
    yield from _zone("zone", problem.zone)
    if not 1 <= problem.horizon_days <= LONGEST_HORIZON:
        yield f"horizon_days: 1 to {LONGEST_HORIZON} is allowed, not {problem.horizon_days}"
    yield from _length("buffer_minutes", problem.buffer_minutes, least=0)
    for name, hours in problem.working_hours.items():
        if name not in WEEKDAYS:
            yield f"working_hours: {name!r} is no day; {', '.join(WEEKDAYS)} are"
        yield from _hours(f"working_hours.{name}", hours)
    yield from _slot_rule(problem.slot)
    for number, given in enumerate(problem.slots):
        yield from _given(f"slots[{number}]", given)
    for number, period in enumerate(problem.busy):
        yield from _period(f"busy[{number}]", period.start, period.end, empty=True)
    yield from _requests(problem.callbacks)


def _slot_rule(rule: SlotRule) -> Iterator[str]:
    if not _WALL.fullmatch(rule.at) or rule.at == "24:00":
        yield f"slot.at: a time of day HH:MM is needed, not {rule.at!r}"
    for name in ("minutes", "min_minutes", "max_minutes"):
        yield from _length(f"slot.{name}", getattr(rule, name))
    if not rule.min_minutes <= rule.minutes <= rule.max_minutes:
        yield "slot: min_minutes <= minutes <= max_minutes is needed"


def _given(where: str, given: GivenSlot) -> Iterator[str]:
    if given.state is SlotState.SKIPPED:
        return
    if given.start is None or given.end is None:
        yield f"{where}: a {given.state.value} slot needs start and end"
    else:
        yield from _period(where, given.start, given.end, empty=False)


def _requests(requests: tuple[Request, ...]) -> Iterator[str]:
    seen: set[str] = set()
    for number, request in enumerate(requests):
        where = f"callbacks[{number}]"
        if request.id in seen:
            yield f"{where}.id: {request.id!r} is there twice"
        seen.add(request.id)
        yield from _request(where, request)


def _request(where: str, request: Request) -> Iterator[str]:
    yield from _length(f"{where}.minutes", request.minutes)
    if request.bucket is Bucket.NEVER:
        yield f"{where}.bucket: now, today, tomorrow and few_days are planned; leave {request.id!r} out"
    for name in ("due", "waiting_since", "not_before", "not_after", "pinned_at", "previous"):
        moment = getattr(request, name)
        if moment is not None:
            yield from _moment(f"{where}.{name}", moment)
    if request.not_before is not None and request.not_after is not None:
        yield from _period(where, request.not_before, request.not_after, empty=True, names=("not_before", "not_after"))
    if request.callee_zone is not None:
        yield from _zone(f"{where}.callee_zone", request.callee_zone)
    for number, zone in enumerate(request.further_zones):
        yield from _zone(f"{where}.further_zones[{number}]", zone)
    for number, one in enumerate(request.avoid):
        yield from _period(f"{where}.avoid[{number}]", one.start, one.end, empty=True)
        if not 0 <= one.cost <= DEAREST:
            yield f"{where}.avoid[{number}].cost: 0 to {DEAREST} is allowed, not {one.cost}"
    if request.callee_hours is not None:
        yield from _hours(f"{where}.callee_hours", request.callee_hours)


def _length(where: str, minutes: int, least: int = TICK_MINUTES) -> Iterator[str]:
    if minutes % TICK_MINUTES or not least <= minutes <= LONGEST_CALL:
        yield f"{where}: a multiple of {TICK_MINUTES} from {least} to {LONGEST_CALL} is allowed, not {minutes}"


def _moment(where: str, moment: datetime) -> Iterator[str]:
    if moment.utcoffset() is None:
        yield f"{where}: {moment.isoformat()} needs an offset, such as +01:00 or Z"
    elif not YEARS[0] <= moment.year <= YEARS[1]:
        yield f"{where}: a year from {YEARS[0]} to {YEARS[1]} is allowed, not {moment.year}"


def _period(
    where: str, start: datetime, end: datetime, *, empty: bool, names: tuple[str, str] = ("start", "end")
) -> Iterator[str]:
    faults = [*_moment(f"{where}.{names[0]}", start), *_moment(f"{where}.{names[1]}", end)]
    if not faults and (end < start or (end == start and not empty)):
        faults.append(f"{where}: {names[1]} must be later than {names[0]}")
    yield from faults


def _hours(where: str, hours: tuple[str, str]) -> Iterator[str]:
    if not all(_WALL.fullmatch(text) for text in hours) or hours[0] >= hours[1]:
        yield f"{where}: two times of day HH:MM, the first earlier, are needed, not {list(hours)}"


def _zone(where: str, name: str) -> Iterator[str]:
    if not _is_zone(name):
        yield f"{where}: {name!r} is no zone of the IANA database; Europe/Berlin is one"


@lru_cache(maxsize=512)
def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a path, a folder of zones and odd bytes each raise their own
        return False
    return True
