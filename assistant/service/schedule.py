"""When things are done: APScheduler with its defaults replaced on purpose, and the days of the digest."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from apscheduler.events import EVENT_JOB_ERROR
from apscheduler.executors.pool import BasePoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.interval import IntervalTrigger
from msgspec import Struct

from assistant.plan.grid import WEEKDAYS, wall
from assistant.standards.holiday import public

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from assistant.settings import ServeSettings, Settings

PASS, DIGEST = "pass", "digest"
_FAR_DAYS = 400

# What the library logs is for its developers: what failed is told by us. Without a handler Python prints warnings.
logging.getLogger("apscheduler").addHandler(logging.NullHandler())


class DigestDays(Struct, frozen=True, kw_only=True):
    """The working days, each with the moment of its digest: `before` the first working minute in `zone`.

    `begins` maps mon..sun to the wall-clock start "HH:MM"; days left out have no digest. `region` has public holidays
    besides `holidays`, None where none count.
    """

    zone: str
    begins: dict[str, str]
    holidays: tuple[date, ...] = ()
    before: timedelta = timedelta(0)
    region: str | None = None

    @classmethod
    def of(cls, settings: Settings) -> DigestDays:
        """Return the days of a user; none when the digest is off."""
        working = {} if settings.serve.digest == "off" else settings.hours.working
        return cls(
            zone=settings.user.zone,
            begins={str(day): hours[0] for day, hours in working.items()},
            holidays=settings.hours.holidays,
            before=timedelta(minutes=settings.serve.digest_minutes_before),
            region=settings.holiday_region(),
        )

    def due(self, day: date) -> datetime | None:
        """Return when the digest of a date is due (UTC), None on a day off."""
        begins = self.begins.get(WEEKDAYS[day.weekday()])
        if begins is None or day in self.holidays or (self.region and day in (public(self.region, day.year) or {})):
            return None
        return datetime.fromtimestamp(wall(day, begins, ZoneInfo(self.zone)), UTC) - self.before

    def next_due(self, now: datetime) -> datetime | None:
        """Return the next moment of a digest at or after `now`, None when no day of the next year has one."""
        return next((due for _, due in self._from(now) if due >= now), None)

    def open_day(self, now: datetime) -> date | None:
        """Return the date whose digest is due at `now`: from its moment to the end of that date. Else None."""
        found = [day for day, due in self._from(now) if due <= now]
        return found[-1] if found else None

    def _from(self, now: datetime) -> Iterator[tuple[date, datetime]]:
        """Yield days with their moments, from today on; that of a day that begins early lies on the day before."""
        today = now.astimezone(ZoneInfo(self.zone)).date()
        for day in (today + timedelta(days=number) for number in range(_FAR_DAYS)):
            due = self.due(day)
            if due is not None:
                yield day, due


class DigestTrigger(BaseTrigger):  # type: ignore[misc]  # APScheduler ships no types
    """Fires at the moment of each digest."""

    def __init__(self, days: DigestDays) -> None:
        self.days = days

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        """Return the first moment after `previous`, or the first from `now` on when there was none."""
        return self.days.next_due(now if previous is None else previous + timedelta(microseconds=1))


class _OneByOne(BasePoolExecutor):  # type: ignore[misc]  # APScheduler ships no types
    """One thread: passes and digests come one after the other, whatever asked for them."""

    def __init__(self) -> None:
        super().__init__(ThreadPoolExecutor(max_workers=1, thread_name_prefix="ringback"))


class Schedule:
    """The jobs: a pass every few minutes, the digest, and passes asked for in between.

    A job that could not run in time is not late: what was missed while the machine slept runs once when it wakes
    (`misfire_grace_time` None, `coalesce`), for the work depends on the state found, not on the hour it was due. The
    library's own default would skip it silently after one second.

    Args:
        tick: does what is to be done now.
        trouble: is told of an error that nobody foresaw.
        days: of the digest.
        serve: how often.
    """

    def __init__(
        self, tick: Callable[[], object], trouble: Callable[[str], None], days: DigestDays, serve: ServeSettings
    ) -> None:
        self._tick, self._trouble, self._days, self._serve = tick, trouble, days, serve
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": _OneByOne()},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        self._scheduler.add_listener(self._failed, EVENT_JOB_ERROR)

    def start(self) -> None:
        """Begin: the first pass is due at once."""
        every = IntervalTrigger(minutes=self._serve.every_minutes, timezone=UTC)
        self._scheduler.add_job(self._tick, every, id=PASS, next_run_time=datetime.now(UTC))
        if self._days.next_due(datetime.now(UTC)) is not None:
            self._scheduler.add_job(self._tick, DigestTrigger(self._days), id=DIGEST)
        self._scheduler.start()

    def ask(self, job: Callable[[], object]) -> None:
        """Have something done as soon as what is under way has ended."""
        self._scheduler.add_job(job)

    def wake(self) -> None:
        """Look at the clock again: the machine may have slept."""
        self._scheduler.wakeup()

    def shut_down(self) -> None:
        """Let the job under way come to its end and start no other."""
        self._scheduler.shutdown(wait=True)

    def _failed(self, event: Any) -> None:  # noqa: ANN401  APScheduler ships no types
        self._trouble(f"internal error, please report it: {type(event.exception).__name__}: {event.exception}")
