"""The planning problem and its plan, field for field as `ringback plan --problem` reads and writes them."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import msgspec


class Bucket(StrEnum):
    """How soon a caller is to be called; `never` is only for spam, wrong numbers and opt-outs and is not planned."""

    NOW = "now"
    TODAY = "today"
    TOMORROW = "tomorrow"
    FEW_DAYS = "few_days"
    NEVER = "never"


class SlotState(StrEnum):
    """Why a slot is kept as it is. `skipped` means the user deleted it: none that day."""

    BEGUN = "begun"
    PINNED = "pinned"
    SKIPPED = "skipped"


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of busy time, aware; may be of zero length and may overlap others.

    `why` is what reasons say of it where it is more than an appointment, such as "you are out of office all day".
    """

    start: datetime
    end: datetime
    why: str = ""


class Avoided(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch that suits a call less than others: a holiday of the callee's, an hour at which nobody answered.

    A hold that starts in it (`end` not included) costs `cost` more for every ten minutes of the call. `why` is what
    reasons say of it.
    """

    start: datetime
    end: datetime
    cost: float
    why: str = ""


class SlotRule(msgspec.Struct, frozen=True, kw_only=True):
    """The daily slot: wall-clock start "HH:MM" in the problem's zone, lengths in minutes."""

    at: str
    minutes: int
    min_minutes: int
    max_minutes: int


class GivenSlot(msgspec.Struct, frozen=True, kw_only=True):
    """A slot that is settled already. `start` and `end` are None when skipped."""

    date: date
    state: SlotState
    start: datetime | None = None
    end: datetime | None = None


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One call to be planned.

    `callee_hours` are wall-clock bounds in `callee_zone`; they are hard, and so are `not_before` and `not_after`.
    `pinned_at` is a start that must not move, `previous` the start in the last plan; None where there is none.
    `further_zones` are zones that the callee may be in as well: `callee_hours` hold in each. `avoid` are preferences.
    """

    id: str
    minutes: int
    bucket: Bucket
    due: datetime
    waiting_since: datetime
    not_before: datetime | None = None
    not_after: datetime | None = None
    callee_zone: str | None = None
    callee_hours: tuple[str, str] | None = None
    pinned_at: datetime | None = None
    previous: datetime | None = None
    further_zones: tuple[str, ...] = ()
    avoid: tuple[Avoided, ...] = ()


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the planner may look at.

    `working_hours` maps mon..sun to ("HH:MM", "HH:MM"); days left out are not worked.
    """

    now: datetime
    zone: str
    horizon_days: int
    working_hours: dict[str, tuple[str, str]]
    slot: SlotRule
    holidays: tuple[date, ...] = ()
    slots: tuple[GivenSlot, ...] = ()
    buffer_minutes: int = 0
    busy: tuple[Period, ...] = ()
    callbacks: tuple[Request, ...] = ()


class PlannedSlot(msgspec.Struct, frozen=True, kw_only=True):
    """A slot (or a bookend) of the plan. `moved` is true when it is not at the wanted time."""

    date: date
    start: datetime
    end: datetime
    moved: bool = False
    why: str = ""


class LostSlot(msgspec.Struct, frozen=True, kw_only=True):
    """A working day without room for a slot; the user must acknowledge it."""

    date: date
    why: str


class PlannedHold(msgspec.Struct, frozen=True, kw_only=True):
    """The time of one call."""

    id: str
    start: datetime
    end: datetime
    in_slot: bool
    why: tuple[str, ...] = ()


class Clash(msgspec.Struct, frozen=True, kw_only=True):
    """A pinned hold on top of busy time ("busy") or of another pinned hold (its id)."""

    id: str
    with_: str = msgspec.field(name="with")
    why: str = ""


class Unplaced(msgspec.Struct, frozen=True, kw_only=True):
    """A call that cannot be placed under the hard rules."""

    id: str
    why: str


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a `Problem`; `cost` is the sum that planning minimises."""

    slots: tuple[PlannedSlot, ...] = ()
    lost_slots: tuple[LostSlot, ...] = ()
    holds: tuple[PlannedHold, ...] = ()
    clashes: tuple[Clash, ...] = ()
    unplaced: tuple[Unplaced, ...] = ()
    cost: float = 0.0


class Timetable(msgspec.Struct, frozen=True, kw_only=True):
    """The user's wall-clock rules, from the settings.

    `working_hours` and `slot` as in `Problem`; `callee_hours` are the hours in which others are called, in their zone.
    `holiday_region` (ISO 3166-1 or -2) has public holidays besides `holidays`, None where none count.
    """

    zone: str
    working_hours: dict[str, tuple[str, str]]
    slot: SlotRule
    holidays: tuple[date, ...] = ()
    buffer_minutes: int = 5
    horizon_days: int = 10
    callee_hours: tuple[str, str] = ("09:00", "18:00")
    holiday_region: str | None = None
