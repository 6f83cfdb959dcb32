"""What `why` and `week` print with `--json`; see `views`."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from assistant.cli.views import HoldView, RoomView, SlotView, View, Who
from assistant.model.callback import Status
from assistant.model.explaining import Rule
from assistant.model.journal import Outcome
from assistant.model.planning import Bucket


class BusyView(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch in which you are busy, as of the last sync."""

    start: datetime
    end: datetime


class WeekHoldView(msgspec.Struct, frozen=True, kw_only=True):
    """A call on the calendar; `promised`: you told the caller this time."""

    id: str
    caller: Who
    start: datetime
    end: datetime
    in_slot: bool
    promised: bool


class DayView(msgspec.Struct, frozen=True, kw_only=True):
    """One day. `off` says why it is not worked, `lost` why it has no slot; `begins` and `ends` are working hours."""

    date: date
    off: str | None
    begins: datetime | None
    ends: datetime | None
    busy: tuple[BusyView, ...]
    slots: tuple[SlotView, ...]
    holds: tuple[WeekHoldView, ...]
    lost: str | None


class WeekView(View, frozen=True, kw_only=True):
    """`ringback week`: the days from today on. What is busy is known since `planned_at`, None before the first plan."""

    now: datetime
    zone: str
    planned_at: datetime | None
    days: tuple[DayView, ...]
    room: RoomView | None


class PassedView(msgspec.Struct, frozen=True, kw_only=True):
    """Starts, from `first` to `last`, that would have been better for a call, and what they were lost to.

    `rule`: asked, callee_hours, day_off, hours, busy, fixed, taken or free. `by` are the callbacks that have the time.
    """

    first: datetime
    last: datetime
    rule: Rule
    by: tuple[str, ...]
    why: str


class TimeView(msgspec.Struct, frozen=True, kw_only=True):
    """Why a callback has its time, by the last plan, which was made at `planned_at` (with the hold at `start`).

    `place` among the `of` callbacks planned is by bucket, due date and waiting; `more_urgent`, `due_sooner` and
    `waiting_longer` count those before it. `passed` are all times that would have been better. `fixed_by` says what
    keeps it from being moved, `kept` why it was not moved to a better time that is free, `avoided` what speaks against
    its time all the same. `current` is false when its hold has changed since.
    """

    planned_at: datetime
    current: bool
    start: datetime | None
    place: int
    of: int
    more_urgent: int
    due_sooner: int
    waiting_longer: int
    fixed_by: str | None
    kept: str | None
    avoided: tuple[str, ...]
    passed: tuple[PassedView, ...]


class WhyView(View, frozen=True, kw_only=True):
    """`ringback why`: the bucket with its reasons, the time with its reasons, what the caller asked for.

    `time` is None for what the last plan did not have: closed callbacks, those without a number, the newest ones.
    """

    id: str
    caller: Who
    status: Status
    bucket: Bucket | None
    bucket_set_by_you: bool
    due: datetime | None
    overdue: bool
    minutes: int | None
    reasons: tuple[str, ...]
    hold: HoldView | None
    planned_why: tuple[str, ...]
    no_hold: str | None
    asked: tuple[str, ...]
    until: datetime | None
    outcome: Outcome | None
    time: TimeView | None = None
