"""The facts of the digest: who is owed a call and what only the user can answer. Reads the ledger alone."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from assistant.ledger import heard, planned
from assistant.ledger.fold import CALENDAR
from assistant.model.call import E164
from assistant.model.callback import Gone, Status
from assistant.model.capacity import NOTICED
from assistant.model.heard import Disposition
from assistant.model.journal import (
    Attempted,
    EventGone,
    EventMoved,
    EventRemoved,
    EventWritten,
    FaultAsked,
    Snoozed,
    Subject,
    Undone,
)
from assistant.model.planning import Bucket
from assistant.model.speech import BucketCount, Caller, DigestFacts, DigestItem, LostDay, Question, QuestionKind
from assistant.pipeline import daysoff
from assistant.plan.grid import WEEKDAYS
from assistant.plan.pose import day_of
from assistant.standards import phone

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from assistant.model.callback import Callback
    from assistant.model.journal import Entry
    from assistant.model.planning import Timetable
    from assistant.pipeline.parts import Parts

_NEVER_STARTS = datetime.max.replace(tzinfo=UTC)
_LONGEST_BREAK = 31
_Hold = tuple[datetime, datetime]


def digest_facts(parts: Parts, troubles: Sequence[str] = ()) -> DigestFacts:
    """Return what the digest says at this moment, as the ledger has it.

    Args:
        parts: of a pass; no service of theirs is asked anything.
        troubles: what the user must know first, a line each, such as an account that wants a new sign-in.
    """
    now = parts.clock.now()
    owed = {callback.id: callback for callback in parts.ledger.owed()}
    callers = _callers(parts)
    items = sorted((_item(parts, one, callers) for one in owed.values()), key=lambda item: _order(item, owed))
    wanted = [item for item in items if item.bucket != Bucket.NEVER]
    room = planned.capacity(parts.ledger)
    questions = [Question(kind=QuestionKind.OTHER, text=text) for text in troubles]
    return DigestFacts(
        now=now,
        counts=tuple(_counts(items)),
        oldest=min(wanted, key=lambda item: item.waiting_since, default=None),
        promises=tuple(sorted((item for item in items if item.promised_at), key=_promised)),
        questions=(*questions, *_calendar_questions(parts), *_hold_questions(parts, owed, callers)),
        lost_days=tuple(_lost_days(parts)),
        full_days=tuple(day for day in room.full if day >= now.astimezone(parts.zone).date()),
        growth=room.growth if room.growth >= NOTICED else None,
        items=tuple(wanted),
        review=sum(not message.gone for message in heard.messages(parts.ledger, Disposition.BIN)),
    )


def _callers(parts: Parts) -> Mapping[Subject, Caller]:
    found = heard.names_with_status(parts.ledger, Status.OPEN, Status.WAITING)
    return {subject: _caller(name, number) for subject, (name, number) in found.items()}


def _caller(name: str | None, number: str | None) -> Caller:
    if not number:
        return Caller(name=name or "")
    dialled = E164(number)
    return Caller(name=name or "", number_display=phone.international(dialled), tel_uri=phone.tel_uri(dialled))


def _item(parts: Parts, callback: Callback, callers: Mapping[Subject, Caller]) -> DigestItem:
    hold, promise = callback.hold, callback.promise
    stands = hold is not None and hold.gone is None and hold.end > parts.clock.now()
    return DigestItem(
        id=callback.id,
        caller=callers.get(callback.id, Caller()),
        bucket=callback.rank.bucket if callback.rank is not None else parts.rules.default,
        waiting_since=callback.waiting_since,
        start=hold.start if stands and hold is not None else None,
        promised_at=promise.at if promise is not None else None,
        calls=max(1, len(callback.calls)),
        attempts=len(callback.attempts),
        no_hold="" if stands else callback.no_hold or "not planned yet",
    )


def _order(item: DigestItem, owed: Mapping[Subject, Callback]) -> tuple[datetime, datetime, datetime]:
    """Return what items are sorted by: the time of the hold, then the deadline, then who waited longest."""
    rank = owed[Subject(item.id)].rank
    return item.start or _NEVER_STARTS, rank.due if rank is not None else _NEVER_STARTS, item.waiting_since


def _promised(item: DigestItem) -> datetime:
    return item.promised_at or _NEVER_STARTS


def _counts(items: Sequence[DigestItem]) -> Iterator[BucketCount]:
    found = Counter(item.bucket for item in items)
    return (BucketCount(bucket=bucket, count=found[bucket]) for bucket in Bucket if found[bucket])


# --- questions


def _calendar_questions(parts: Parts) -> Iterator[Question]:
    """Yield what was asked about the calendar as a whole and is not answered."""
    if parts.ledger.calendar_state().question is None:
        return
    asked = [one.fact for one in parts.ledger.entries(CALENDAR) if isinstance(one.fact, FaultAsked)]
    count = asked[-1].count if asked else 0
    yield Question(kind=QuestionKind.HOLDS_GONE if count else QuestionKind.CALENDAR_MISSING, count=count)


def _hold_questions(
    parts: Parts, owed: Mapping[Subject, Callback], callers: Mapping[Subject, Caller]
) -> Iterator[Question]:
    """Yield a question for each hold that the user deleted, or whose time passed without a word."""
    now = parts.clock.now()
    since = _last_worked(daysoff.kept(parts.ledger, parts.timetable, now), now)
    for subject, callback in owed.items():
        who, hold = callers.get(subject), callback.hold
        if hold is not None and hold.gone == Gone.BY_USER:
            yield Question(kind=QuestionKind.HOLD_DELETED, id=subject, caller=who, at=hold.start)
            continue
        passed = passed_hold(parts.ledger.entries(subject), now)
        if passed is not None and passed[1] > since:
            yield Question(kind=QuestionKind.HOLD_OVER, id=subject, caller=who, at=passed[0])


def passed_hold(entries: Sequence[Entry], now: datetime) -> _Hold | None:
    """Return the newest hold that ended before the user said how it went, None when there is none.

    A pass gives such a call a new time, so the state no longer shows that the old one was let pass; the journal does.
    """
    undone = {seq for entry in entries if isinstance(entry.fact, Undone) for seq in entry.fact.entries}
    standing: _Hold | None = None
    passed: _Hold | None = None
    for entry in entries:
        if entry.seq in undone:
            continue
        if standing is not None and standing[1] <= entry.at and isinstance(entry.fact, EventWritten | EventRemoved):
            passed = standing
        match entry.fact:
            case EventWritten(start=start, end=end) | EventMoved(start=start, end=end):
                standing = (start, end)
            case EventRemoved() | EventGone():
                standing = None
            case Attempted() | Snoozed():
                standing = passed = None
    return standing if standing is not None and standing[1] <= now else passed


def _last_worked(timetable: Timetable, now: datetime) -> datetime:
    """Return the midnight at which the last working day before today began, in the user's zone."""
    zone = ZoneInfo(timetable.zone)
    today = now.astimezone(zone).date()
    days = [today - timedelta(days=number) for number in range(1, _LONGEST_BREAK)]
    day = next((day for day in days if _is_worked(timetable, day)), days[0])
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def _is_worked(timetable: Timetable, day: date) -> bool:
    return WEEKDAYS[day.weekday()] in timetable.working_hours and day not in timetable.holidays


def _lost_days(parts: Parts) -> Iterator[LostDay]:
    today = parts.clock.now().astimezone(parts.zone).date()
    for slot in parts.ledger.slots():
        if slot.lost is not None and not slot.acknowledged and day_of(slot) >= today:
            yield LostDay(date=day_of(slot), why=slot.lost)
