"""Triage: how soon each caller is to be called, with the reasons.

Every sign is a claim: a bucket, a deadline and a sentence. The soonest bucket and the earliest deadline win, so a later
sign never lets anybody wait longer. Deadlines count from the calls, never from the present, so that time makes a
callback overdue instead of putting it off; and being overdue raises it.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from assistant.errors import UsageError
from assistant.model.call import Urgency
from assistant.model.planning import Bucket
from assistant.model.rules import Rank
from assistant.standards.days import day_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.model.rules import Case, Rules, WorkingTime

LADDER = (Bucket.NEVER, Bucket.FEW_DAYS, Bucket.TOMORROW, Bucket.TODAY, Bucket.NOW)
CLOSED_FOR_GOOD = {"spam": "spam", "wrong_number": "a wrong number", "opted_out": "wants no calls"}
LEVEL_HOURS = 1000  # what a bucket is worth in hours of waiting: nobody who waits six weeks stands behind a newcomer
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LONGEST_LEAVE = 3660


class _Claim(NamedTuple):
    bucket: Bucket
    due: datetime
    reason: str = ""


class _Signs(NamedTuple):
    """What the calls say, gathered once: rings by time; why the caller is VIP or in no hurry; since when urgent.

    `crowd` is how often the caller rang on the first day with repeated calls, and which ring made it so. Moments are
    the first at which a sign was there, so that a later call puts no deadline off.
    """

    rings: list[datetime]
    vip: str | None
    urgent: tuple[str, datetime] | None
    low: str | None
    crowd: tuple[int, datetime] | None


def rank(case: Case, rules: Rules, now: datetime, calendar: WorkingTime) -> Rank:
    """Return the bucket, deadline, length, reasons and score of one open callback.

    The default is the next working day. `never` is given only to numbers on the user's never list, callers once closed
    as spam, wrong number or opted out (known contacts excepted), and where the user chose it. A later moment never
    lowers a bucket, nor does a further call, unless it says that there is no hurry or asks for another time.

    Raises:
        UsageError: the calendar has no working day.
    """
    signs = _signs(case, rules, calendar)
    never = _never(case, rules)
    claims = [never] if never else sorted(_claims(case, rules, calendar, signs), key=_urgency)
    bucket, due = claims[0].bucket, min(claim.due for claim in claims)
    reasons = [claim.reason for claim in claims if claim.reason] or [_plainly(bucket)]
    if not never and not case.missed_promises:
        bucket, due, reasons = _wished(case, calendar, now, _Claim(bucket, due), reasons)
    if bucket is not Bucket.NEVER:
        bucket, reasons = _aged(rules, calendar, now, _Claim(bucket, due), reasons)
    hours = (now - case.waiting_since.astimezone(UTC)) / timedelta(hours=1)
    score = LEVEL_HOURS * LADDER.index(bucket) + hours
    return Rank(bucket=bucket, due=due, minutes=_minutes(case, rules), reasons=tuple(reasons), score=score)


def _urgency(claim: _Claim) -> int:
    return -LADDER.index(claim.bucket)


def _never(case: Case, rules: Rules) -> _Claim | None:
    listed = next((number for number in case.numbers if number in rules.never_numbers), None)
    if case.override is None and listed:
        return _Claim(Bucket.NEVER, case.waiting_since, f"{listed} is on your never list")
    proven = next((outcome for outcome in case.earlier_outcomes if outcome in CLOSED_FOR_GOOD), None)
    if case.override is None and proven and not case.is_known_contact:
        return _Claim(Bucket.NEVER, case.waiting_since, f"you closed an earlier call as: {CLOSED_FOR_GOOD[proven]}")
    if case.override is Bucket.NEVER:
        return _Claim(Bucket.NEVER, case.waiting_since, "you chose never")
    return None


def _claims(case: Case, rules: Rules, calendar: WorkingTime, signs: _Signs) -> Iterator[_Claim]:
    base = _base(case, rules, signs)
    yield _Claim(base[0], _due(base[0], case.waiting_since, rules, calendar), base[1])
    if case.missed_promises:
        told = min(case.missed_promises)
        yield _Claim(Bucket.NOW, told, f"you promised to call at {_moment(told, calendar)} and did not")
    if case.override is None:
        yield from _said(case, rules, calendar, signs)
        yield from _repeated(rules, calendar, signs, base[0])
        yield from _rang_back(case, calendar, signs)


def _base(case: Case, rules: Rules, signs: _Signs) -> tuple[Bucket, str]:
    """Return the bucket that holds when nothing speaks for haste; no default of the settings may silence a caller."""
    if case.override is not None:
        return case.override, f"you chose {_words(case.override)}"
    if signs.low:
        return Bucket.FEW_DAYS, signs.low
    if not _newest_wants_callback(case):
        return Bucket.FEW_DAYS, "said that no call back is needed"
    return max(rules.default, Bucket.FEW_DAYS, key=LADDER.index), ""


def _plainly(bucket: Bucket) -> str:
    return (
        "no sign of haste: the next working day" if bucket is Bucket.TOMORROW else f"no special sign: {_words(bucket)}"
    )


def _newest_wants_callback(case: Case) -> bool:
    return max(case.calls, key=lambda call: call.start_time).wants_callback if case.calls else True


def _said(case: Case, rules: Rules, calendar: WorkingTime, signs: _Signs) -> Iterator[_Claim]:
    """Yield what urgency, the words of the transcripts and being a VIP claim."""
    if signs.urgent:
        yield _Claim(Bucket.TODAY, end_of_working_day(calendar, signs.urgent[1]), signs.urgent[0])
    if signs.vip:
        yield _Claim(Bucket.TODAY, end_of_working_day(calendar, case.waiting_since), signs.vip)
    if signs.urgent and (signs.vip or signs.crowd):
        since = signs.urgent[1] if signs.vip or not signs.crowd else max(signs.urgent[1], signs.crowd[1])
        why = f"urgent, and {'a VIP' if signs.vip else 'called repeatedly'}: now"
        yield _Claim(Bucket.NOW, _due(Bucket.NOW, since, rules, calendar), why)
    for call in case.calls:
        text = _plain(call.transcript or "")
        for signal in rules.signals:
            found, also = _found(signal.words, text), _found(signal.with_words, text)
            if found and (also or not signal.with_words):
                why = f'{signal.reason}: "{found}"'
                yield _Claim(signal.bucket, _due(signal.bucket, call.start_time, rules, calendar), why)


def _repeated(rules: Rules, calendar: WorkingTime, signs: _Signs, base: Bucket) -> Iterator[_Claim]:
    """Yield the escalation ladder: several calls on a day, one bucket up; several within hours, now."""
    if signs.crowd:
        count, since = signs.crowd
        up = max(_raised(base, 1), Bucket.TODAY if signs.urgent or signs.vip else base, key=LADDER.index)
        why = f"called {count} times on {day_name(_day(since, calendar))}: {_words(up)}"
        yield _Claim(up, _due(up, since, rules, calendar), why)
    for first, last in zip(signs.rings, signs.rings[rules.burst_calls - 1 :], strict=False):
        if rules.burst_calls > 1 and last - first <= timedelta(hours=rules.burst_hours):
            why = f"called {rules.burst_calls} times within {rules.burst_hours} hours: now"
            yield _Claim(Bucket.NOW, _due(Bucket.NOW, last, rules, calendar), why)
            return


def _rang_back(case: Case, calendar: WorkingTime, signs: _Signs) -> Iterator[_Claim]:
    tried = max(case.attempts, default=None)
    again = next((ring for ring in signs.rings if tried is not None and ring > tried), None)
    if tried is not None and again is not None:
        due = end_of_working_day(calendar, again)
        yield _Claim(Bucket.TODAY, due, f"rang back after you tried at {_moment(tried, calendar)}")


def _wished(
    case: Case, calendar: WorkingTime, now: datetime, claim: _Claim, reasons: list[str]
) -> tuple[Bucket, datetime, list[str]]:
    """Fit bucket and deadline to the time the caller asked for; haste does not bring forward one that lies ahead."""
    wish = case.requested
    if wish is None or case.override is not None:
        return claim.bucket, claim.due, reasons
    if wish.not_before is not None:
        day = _next_working_day(calendar, _day(wish.not_before, calendar))
        due = wish.not_after or _hours(calendar, day)[1]
        text = f"asked to be called {_from(wish.not_before, wish.not_after, calendar)}"
    elif wish.not_after is not None and wish.not_after < claim.due:
        due, text = wish.not_after, f"asked to be called by {_moment(wish.not_after, calendar)}"
    else:
        return claim.bucket, claim.due, reasons
    near = _distance(calendar, now, _closing_day(due, calendar))
    ahead = wish.not_before is not None and wish.not_before > now
    return near if ahead else max(claim.bucket, near, key=LADDER.index), due, [text, *reasons]


def _from(start: datetime, end: datetime | None, calendar: WorkingTime) -> str:
    """Return from when on somebody wants to be called; of a whole day nobody says that it begins at midnight."""
    if start.astimezone(ZoneInfo(calendar.zone)).time() != time():
        return f"from {_moment(start, calendar)}"
    day = _day(start, calendar)
    is_over_that_day = end is not None and _closing_day(end, calendar) == day
    return f"on {day_name(day)}" if is_over_that_day else f"from {day_name(day)} on"


def _distance(calendar: WorkingTime, now: datetime, day: date) -> Bucket:
    """Return the bucket a date falls into, seen from now; never sooner than today."""
    days = working_days(calendar, _day(now, calendar), day)
    return Bucket.TODAY if days == 0 else Bucket.TOMORROW if days == 1 else Bucket.FEW_DAYS


def _aged(
    rules: Rules, calendar: WorkingTime, now: datetime, claim: _Claim, reasons: list[str]
) -> tuple[Bucket, list[str]]:
    """Raise who is overdue, at most to today: age alone does not interrupt."""
    late = working_days(calendar, _closing_day(claim.due, calendar), _day(now, calendar))
    if late <= 0:
        return claim.bucket, reasons
    steps = late // rules.overdue_days
    raised = max(claim.bucket, min(_raised(claim.bucket, steps), Bucket.TODAY, key=LADDER.index), key=LADDER.index)
    text = f"{late} working day{'s' if late > 1 else ''} overdue"
    if raised is claim.bucket:
        return raised, [*reasons, text]
    return raised, [f"{text}: raised from {_words(claim.bucket)} to {_words(raised)}", *reasons]


def _raised(bucket: Bucket, steps: int) -> Bucket:
    return LADDER[min(LADDER.index(bucket) + steps, len(LADDER) - 1)]


def _minutes(case: Case, rules: Rules) -> int:
    """Return what the longest kind of the calls takes, rounded up to the planner's five minutes."""
    lengths = (rules.minutes.get(call.kind, rules.default_minutes) for call in case.calls)
    return 5 * max(1, -(-max(lengths, default=rules.default_minutes) // 5))


def _signs(case: Case, rules: Rules, calendar: WorkingTime) -> _Signs:
    rings = _rings(case, rules)
    urgent, low = _hurry(case, rules)
    return _Signs(rings, _vip(case, rules), urgent, low, _crowd(rings, rules, calendar))


def _rings(case: Case, rules: Rules) -> list[datetime]:
    """Return when the phone rang: a missed call and the voicemail it ended in are one ring."""
    rings: list[datetime] = []
    for start in sorted(call.start_time.astimezone(UTC) for call in case.calls):
        if not rings or start - rings[-1] > timedelta(seconds=rules.same_ring_seconds):
            rings.append(start)
    return rings


def _crowd(rings: list[datetime], rules: Rules, calendar: WorkingTime) -> tuple[int, datetime] | None:
    days: dict[date, list[datetime]] = {}
    for ring in rings:
        days.setdefault(_day(ring, calendar), []).append(ring)
    least = max(2, rules.same_day_calls)
    return next(((len(same), same[least - 1]) for same in days.values() if len(same) >= least), None)


def _vip(case: Case, rules: Rules) -> str | None:
    if any(number in rules.vip_numbers for number in case.numbers):
        return "VIP: the number is on your list"
    if case.caller_name and _plain(case.caller_name) in {_plain(name) for name in rules.vip_names}:
        return "VIP: the name is on your list"
    groups = {_plain(group) for group in rules.vip_groups}
    group = next((group for group in case.groups if _plain(group) in groups), None)
    return f"VIP: in your group {group}" if group else None


def _hurry(case: Case, rules: Rules) -> tuple[tuple[str, datetime] | None, str | None]:
    """Return why and since when the caller is in a hurry, and why in none; haste in any call outweighs calm in others.

    Words of calm are taken out first: "not urgent" is no haste.
    """
    urgent = low = None
    for call in sorted(case.calls, key=lambda call: call.start_time):
        text = _plain(call.transcript or "")
        calm = _found(rules.low_words, text)
        haste = _found(rules.urgent_words, _without(rules.low_words, text))
        if urgent is None and (call.urgency is Urgency.URGENT or haste):
            said = f'said "{haste}"' if haste else "marked so by the caller"
            urgent = (f"urgent: {said}", call.start_time)
        if call.urgency is Urgency.LOW or calm:
            low = f'no hurry: said "{calm}"' if calm else "no hurry: marked so by the caller"
    return urgent, None if urgent else low


def _plain(text: str) -> str:
    """Return a text as it is compared: case, kinds of apostrophe and white space set aside."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    return " ".join(folded.split())


@lru_cache(maxsize=256)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted((_plain(word) for word in words), key=len, reverse=True)
    return re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, longest_first)) + r")(?!\w)")


def _found(words: tuple[str, ...], text: str) -> str | None:
    match = _pattern(words).search(text) if words else None
    return match.group() if match else None


def _without(words: tuple[str, ...], text: str) -> str:
    return _pattern(words).sub(" ", text) if words else text


def _due(bucket: Bucket, anchor: datetime, rules: Rules, calendar: WorkingTime) -> datetime:
    """Return the deadline that a bucket sets for a call at `anchor`.

    now: some working hours later. today: the end of the working day, of the next one when that day is over or free.
    tomorrow: the end of the next working day. few_days: the end of the third (or as the rules say) working day after.
    """
    if bucket is Bucket.NOW:
        return after_working_time(calendar, anchor, timedelta(hours=rules.now_hours))
    if bucket is Bucket.TODAY:
        return end_of_working_day(calendar, anchor)
    day = _day(anchor, calendar)
    for _ in range(1 if bucket is Bucket.TOMORROW else rules.few_days_days):
        day = _next_working_day(calendar, day + timedelta(days=1))
    return _hours(calendar, day)[1]


def end_of_working_day(calendar: WorkingTime, moment: datetime) -> datetime:
    """Return the end of the working day that `moment` is in or before, in the calendar's zone; later than `moment`.

    Raises:
        UsageError: the calendar has no working day.
    """
    day = _next_working_day(calendar, _day(moment, calendar))
    end = _hours(calendar, day)[1]
    if end.astimezone(UTC) > moment:
        return end
    return _hours(calendar, _next_working_day(calendar, day + timedelta(days=1)))[1]


def after_working_time(calendar: WorkingTime, moment: datetime, length: timedelta) -> datetime:
    """Return when that much working time has passed since `moment`; nights, weekends and holidays do not count.

    Lengths are elapsed time, also on a day on which the clocks change.

    Raises:
        UsageError: the calendar has no working day.
    """
    day, left = _day(moment, calendar), length
    while True:
        day = _next_working_day(calendar, day)
        start, end = (bound.astimezone(UTC) for bound in _hours(calendar, day))
        begin = max(start, moment.astimezone(UTC))
        if end - begin >= left:
            return (begin + left).astimezone(ZoneInfo(calendar.zone))
        left -= max(timedelta(), end - begin)
        day += timedelta(days=1)


def working_days(calendar: WorkingTime, after: date, until: date) -> int:
    """Count the working days after one date up to and including another; 0 when that is not later."""
    return sum(_works(calendar, after + timedelta(days=number)) for number in range(1, (until - after).days + 1))


def _works(calendar: WorkingTime, day: date) -> bool:
    return _WEEKDAYS[day.weekday()] in calendar.hours and day not in calendar.holidays


def _next_working_day(calendar: WorkingTime, day: date) -> date:
    """Return the first working day that is not before a date."""
    for number in range(_LONGEST_LEAVE):
        if _works(calendar, day + timedelta(days=number)):
            return day + timedelta(days=number)
    raise UsageError("working hours: no day is worked; give at least one day hours, such as mon = 09:00 to 17:00")


def _hours(calendar: WorkingTime, day: date) -> tuple[datetime, datetime]:
    zone = ZoneInfo(calendar.zone)
    bounds = []
    for text in calendar.hours[_WEEKDAYS[day.weekday()]]:
        hour, minute = (int(part) for part in text.split(":"))
        bounds.append(datetime.combine(day + timedelta(days=hour // 24), time(hour % 24, minute), zone))
    return bounds[0], bounds[1]


def _day(moment: datetime, calendar: WorkingTime) -> date:
    return moment.astimezone(ZoneInfo(calendar.zone)).date()


def _closing_day(due: datetime, calendar: WorkingTime) -> date:
    """Return the day that a deadline ends; midnight is the end of the day before."""
    return _day(due.astimezone(UTC) - timedelta(microseconds=1), calendar)


def _moment(moment: datetime, calendar: WorkingTime) -> str:
    local = moment.astimezone(ZoneInfo(calendar.zone))
    return f"{local:%H:%M} on {day_name(local)}"


def _words(bucket: Bucket) -> str:
    return "in a few days" if bucket is Bucket.FEW_DAYS else bucket.value
