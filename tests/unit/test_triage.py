"""How soon a caller is to be called, and why."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import UsageError
from assistant.model.call import E164, Call, Kind, Urgency, Window
from assistant.model.planning import Bucket
from assistant.model.rules import Case, Rank, Rules, WorkingTime
from assistant.triage import LADDER, after_working_time, end_of_working_day, rank, working_days

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = ("mon", "tue", "wed", "thu", "fri")
OFFICE = WorkingTime(
    zone="Europe/Berlin", hours=dict.fromkeys(WEEK, ("09:00", "17:00")), holidays=(date(2026, 11, 26),)
)
ANN = E164("+493012345678")


def at(day: int, clock: str = "10:00", month: int = 11) -> datetime:
    """Return a time of November 2026 in Berlin; the 23rd is a Monday, the 26th a holiday."""
    return datetime.combine(date(2026, month, day), time.fromisoformat(clock), BERLIN)


def ring(start: datetime, text: str | None = None, **fields: object) -> Call:
    usual = Call(kind=Kind.VOICEMAIL, calling_number=ANN, start_time=start, transcript=text)
    return msgspec.structs.replace(usual, **fields)


def case(*calls: Call, **fields: object) -> Case:
    since = min((call.start_time for call in calls), default=at(23))
    return msgspec.structs.replace(Case(calls=calls, waiting_since=since, numbers=(ANN,)), **fields)


def ranked(one: Case, now: datetime | None = None, **rules: object) -> Rank:
    newest = max((call.start_time for call in one.calls), default=one.waiting_since)
    return rank(one, msgspec.structs.replace(Rules(), **rules), now or newest + timedelta(minutes=5), OFFICE)


def test_ordinary_call_is_for_the_next_working_day() -> None:
    """A single voicemail without any sign is due by the end of the next working day."""
    made = ranked(case(ring(at(23))))
    assert (made.bucket, made.due) == (Bucket.TOMORROW, at(24, "17:00"))
    assert made.reasons == ("no sign of haste: the next working day",)


def test_next_working_day_skips_holidays_and_weekends() -> None:
    """A call on the eve of a holiday is due on the working day after it, one on Friday evening on Monday."""
    assert ranked(case(ring(at(25)))).due == at(27, "17:00")
    assert ranked(case(ring(at(27, "19:00")))).due == at(30, "17:00")


def test_urgent_is_for_today() -> None:
    """A call that the phone system marks urgent is due by the end of the working day."""
    made = ranked(case(ring(at(23), urgency=Urgency.URGENT)))
    assert (made.bucket, made.due) == (Bucket.TODAY, at(23, "17:00"))
    assert made.reasons == ("urgent: marked so by the caller",)


def test_urgent_after_hours_is_due_by_the_end_of_the_next_working_day() -> None:
    """The deadline of an urgent call after the working day is the end of the next one."""
    assert ranked(case(ring(at(23, "18:00"), urgency=Urgency.URGENT))).due == at(24, "17:00")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Please call, it's URGENT.", "urgent"),
        ("call me back as soon as\n possible", "as soon as possible"),
        ("Es ist dringend!", "dringend"),
        ("Rappelez-moi dès que possible", "dès que possible"),
        ("Es urgente, llámeme", "urgente"),
    ],
)
def test_words_of_haste_make_it_today(text: str, word: str) -> None:
    """Words of haste in any language, any case, broken over lines, make it today and are quoted."""
    made = ranked(case(ring(at(23), text)))
    assert made.bucket is Bucket.TODAY
    assert made.reasons == (f'urgent: said "{word}"',)


@pytest.mark.parametrize(
    "text",
    [
        "It's not urgent, call whenever",
        "No rush.",
        "Es ist nicht dringend",
        "Ce n\N{RIGHT SINGLE QUOTATION MARK}est pas urgent",
        "no es urgente",
    ],
)
def test_words_of_no_hurry_put_it_off(text: str) -> None:
    """Not urgent is no haste: the call is due at the end of the third working day."""
    made = ranked(case(ring(at(23), text)))
    assert (made.bucket, made.due) == (Bucket.FEW_DAYS, at(27, "17:00"))
    assert made.reasons[0].startswith("no hurry: said")


def test_words_count_only_whole() -> None:
    """A word inside another is no sign: "insurgent" is not urgent."""
    assert ranked(case(ring(at(23), "about the insurgents"))).bucket is Bucket.TOMORROW


def test_haste_in_one_call_outweighs_calm_in_another() -> None:
    """Who said "no rush" on Monday and "urgent" on Tuesday is urgent."""
    assert ranked(case(ring(at(23), "no rush"), ring(at(24), "now it is urgent"))).bucket is Bucket.TODAY


@pytest.mark.parametrize(
    "fields",
    [{"numbers": (ANN,)}, {"caller_name": "ann  BYRNE"}, {"groups": ("VIP",)}],
    ids=["number", "name", "group"],
)
def test_vip_is_for_today(fields: dict[str, object]) -> None:
    """A VIP by number, name (case and spaces aside) or address-book group is for today."""
    listed = (ANN,) if "numbers" in fields else ()
    made = ranked(case(ring(at(23)), **fields), vip_numbers=listed, vip_names=("Ann Byrne",))
    assert made.bucket is Bucket.TODAY
    assert made.reasons[0].startswith("VIP:")


def test_urgent_vip_is_now() -> None:
    """Urgent and VIP together are now, due one working hour after the call."""
    made = ranked(case(ring(at(23, "16:30"), "urgent"), groups=("vip",)))
    assert (made.bucket, made.due) == (Bucket.NOW, at(23, "17:00"))
    assert made.reasons[0] == "urgent, and a VIP: now"
    alone = ranked(case(ring(at(23, "19:00"), "urgent"), groups=("vip",)))
    assert alone.due == at(24, "10:00")


def test_urgent_and_repeated_is_now() -> None:
    """Urgent and called twice on a day is now."""
    assert ranked(case(ring(at(23, "09:00"), "urgent"), ring(at(23, "15:00")))).bucket is Bucket.NOW


def test_second_call_on_a_day_raises_one_bucket() -> None:
    """The second call on a day makes tomorrow today, and names the count."""
    made = ranked(case(ring(at(23, "09:30")), ring(at(23, "15:00"))))
    assert (made.bucket, made.due) == (Bucket.TODAY, at(23, "17:00"))
    assert made.reasons == ("called 2 times on Mon 23 November: today",)


def test_second_call_raises_a_calm_caller_to_tomorrow_only() -> None:
    """From a few days the second call on a day leads to tomorrow."""
    assert ranked(case(ring(at(23, "09:30"), "no rush"), ring(at(23, "15:00")))).bucket is Bucket.TOMORROW


def test_calls_on_two_days_do_not_raise() -> None:
    """One call a day is no repetition within a day."""
    assert ranked(case(ring(at(23, "09:30")), ring(at(24, "09:00")))).bucket is Bucket.TOMORROW


def test_third_call_within_three_hours_is_now() -> None:
    """The third call within three hours is now, due one working hour after it."""
    made = ranked(case(ring(at(23, "09:30")), ring(at(23, "11:00")), ring(at(23, "12:30"))))
    assert (made.bucket, made.due) == (Bucket.NOW, at(23, "13:30"))
    assert made.reasons[0] == "called 3 times within 3 hours: now"


def test_third_call_after_more_than_three_hours_is_not_now() -> None:
    """Three calls over a longer time stay with the ladder's second step."""
    made = ranked(case(ring(at(23, "09:30")), ring(at(23, "11:00")), ring(at(23, "12:31"))))
    assert made.bucket is Bucket.TODAY


def test_missed_call_and_its_voicemail_are_one_ring() -> None:
    """Two notifications of one ring do not count as two calls."""
    calls = (ring(at(23, "09:30"), kind=Kind.MISSED_CALL), ring(at(23, "09:31")))
    assert ranked(case(*calls)).bucket is Bucket.TOMORROW


def test_missed_promise_is_now_with_its_old_due_date() -> None:
    """A promise that passed is now, due when it was promised, whatever the caller's own hurry."""
    made = ranked(case(ring(at(20), "no rush"), missed_promises=(at(23, "10:00"),)), at(23, "10:30"))
    assert (made.bucket, made.due) == (Bucket.NOW, at(23, "10:00"))
    assert made.reasons[0] == "you promised to call at 10:00 on Mon 23 November and did not"


@pytest.mark.parametrize(
    ("text", "bucket", "reason"),
    [
        ("I already paid and nothing came", Bucket.TODAY, 'paid and waiting: "already paid"'),
        ("Ich habe bereits bezahlt", Bucket.TODAY, 'paid and waiting: "bereits bezahlt"'),
        ("J'ai déjà payé la facture", Bucket.TODAY, 'paid and waiting: "déjà payé"'),
        ("I want to make a complaint", Bucket.TODAY, 'a complaint: "complaint"'),
        ("The wedding is today", Bucket.NOW, 'an event that day: "wedding"'),
        ("Heute ist die Trauung", Bucket.NOW, 'an event that day: "trauung"'),
        ("The wedding is in May", Bucket.TOMORROW, "no sign of haste: the next working day"),
    ],
)
def test_matters_that_cannot_wait(text: str, bucket: Bucket, reason: str) -> None:
    """Paid and not delivered or a complaint is for today, an event that day is now."""
    made = ranked(case(ring(at(23), text)))
    assert (made.bucket, made.reasons[0]) == (bucket, reason)


@pytest.mark.parametrize("outcome", ["spam", "wrong_number", "opted_out"])
def test_proven_outcomes_are_never(outcome: str) -> None:
    """A caller once closed as spam, wrong number or opted out is never, however urgent the new call."""
    made = ranked(case(ring(at(23), "urgent"), earlier_outcomes=("reached", outcome)))
    assert made.bucket is Bucket.NEVER
    assert made.reasons[0].startswith("you closed an earlier call as")


def test_known_contact_is_not_never_by_an_old_outcome() -> None:
    """Somebody in the address book is called, even if a call was once closed as a wrong number."""
    made = ranked(case(ring(at(23)), earlier_outcomes=("wrong_number",), is_known_contact=True))
    assert made.bucket is Bucket.TOMORROW


def test_never_list_is_never() -> None:
    """A number on the user's list is never, and the reason names it."""
    made = ranked(case(ring(at(23)), is_known_contact=True), never_numbers=(ANN,))
    assert (made.bucket, made.reasons) == (Bucket.NEVER, (f"{ANN} is on your never list",))


def test_no_default_makes_a_caller_never() -> None:
    """Settings whose default is never still give every caller a few days."""
    assert ranked(case(ring(at(23))), default=Bucket.NEVER).bucket is Bucket.FEW_DAYS


@pytest.mark.parametrize("bucket", list(Bucket))
def test_the_users_choice_wins(bucket: Bucket) -> None:
    """A bucket the user chose stands against words, repetition and the never list."""
    calls = [ring(at(23, clock), "urgent") for clock in ("09:00", "09:30", "10:00")]
    made = ranked(case(*calls, override=bucket), never_numbers=(ANN,))
    assert made.bucket is bucket


def test_no_call_back_needed_is_for_a_few_days() -> None:
    """Who needs no call back is still owed one, in a few days."""
    assert ranked(case(ring(at(23), wants_callback=False))).bucket is Bucket.FEW_DAYS


def test_ringing_back_after_an_attempt_is_for_today() -> None:
    """Who rings back after being tried is for today."""
    made = ranked(case(ring(at(20)), ring(at(23, "11:00")), attempts=(at(23, "09:00"),)))
    assert made.bucket is Bucket.TODAY
    assert "rang back after you tried at 09:00 on Mon 23 November" in made.reasons


def test_requested_time_ahead_sets_bucket_and_due() -> None:
    """Who asks for Wednesday from 14:00 to 16:00 is due then, not sooner, even when urgent."""
    wish = Window(not_before=at(25, "14:00"), not_after=at(25, "16:00"))
    made = ranked(case(ring(at(23), "urgent"), requested=wish))
    assert (made.bucket, made.due) == (Bucket.FEW_DAYS, at(25, "16:00"))
    assert ranked(case(ring(at(23)), requested=wish), at(24)).bucket is Bucket.TOMORROW
    assert ranked(case(ring(at(23)), requested=wish), at(25, "15:00")).bucket is Bucket.TODAY


def test_requested_start_without_end_is_due_that_working_day() -> None:
    """A wish "from next Monday" is due by the end of that Monday, and is not overdue before."""
    made = ranked(case(ring(at(23)), requested=Window(not_before=at(30, "08:00"))), at(30, "09:00"))
    assert (made.bucket, made.due) == (Bucket.TODAY, at(30, "17:00"))


def test_requested_end_brings_the_deadline_forward() -> None:
    """Who asks to be called by noon today is for today, due at noon."""
    made = ranked(case(ring(at(23, "09:30")), requested=Window(not_after=at(23, "12:00"))))
    assert (made.bucket, made.due) == (Bucket.TODAY, at(23, "12:00"))


def test_being_overdue_raises_up_to_today() -> None:
    """Every two working days overdue raise a caller one bucket, up to today and with the count as reason."""
    one = case(ring(at(9), "no rush"))
    assert ranked(one).due == at(12, "17:00")
    made = {day: ranked(one, at(day)) for day in (12, 13, 16, 18, 30)}
    assert [made[day].bucket for day in made] == [
        Bucket.FEW_DAYS,
        Bucket.FEW_DAYS,
        Bucket.TOMORROW,
        Bucket.TODAY,
        Bucket.TODAY,
    ]
    assert made[18].reasons[0] == "4 working days overdue: raised from in a few days to today"


def test_length_is_that_of_the_longest_kind() -> None:
    """The call takes what the longest kind of its calls takes, rounded up to five minutes."""
    minutes = {Kind.MISSED_CALL: 5, Kind.VOICEMAIL: 12}
    made = ranked(case(ring(at(23)), ring(at(24), kind=Kind.MISSED_CALL)), minutes=minutes)
    assert made.minutes == 15
    assert ranked(case()).minutes == 10


def test_calendar_without_working_days_is_refused() -> None:
    """Where no day is worked there is no deadline, which is said instead of searching for ever."""
    with pytest.raises(UsageError, match=r"^working hours: no day is worked"):
        rank(case(ring(at(23))), Rules(), at(23), WorkingTime(zone="UTC", hours={}))


def test_working_hours_are_counted_over_nights_and_weekends() -> None:
    """Two working hours after Friday 16:30 is Monday 10:30."""
    assert after_working_time(OFFICE, at(27, "16:30"), timedelta(hours=2)) == at(30, "10:30")


def test_working_hours_are_elapsed_time_when_clocks_change() -> None:
    """On the night the clocks go forward, three working hours from 01:00 end at 05:00."""
    night = WorkingTime(zone="Europe/Berlin", hours={"sun": ("01:00", "09:00")})
    start = datetime(2026, 3, 29, 1, tzinfo=BERLIN)
    assert after_working_time(night, start, timedelta(hours=3)) == datetime(2026, 3, 29, 5, tzinfo=BERLIN)


zones = st.sampled_from(("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"))
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(lambda naive: naive.replace(tzinfo=UTC))  # noqa: DTZ001 - hypothesis wants naive bounds
calendars = st.builds(
    WorkingTime,
    zone=zones,
    hours=st.dictionaries(
        st.sampled_from((*WEEK, "sat", "sun")),
        st.sampled_from([("09:00", "17:00"), ("00:00", "24:00"), ("02:30", "04:00")]),
        min_size=1,
    ),
    holidays=st.lists(st.dates(date(2026, 1, 1), date(2027, 12, 31)), max_size=20).map(tuple),
)
texts = st.sampled_from((None, "urgent", "no rush", "already paid", "the wedding is today", "hello"))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw a caller with one to four calls within a week and any other facts."""
    first = draw(moments)
    offsets = draw(st.lists(st.integers(0, 7 * 1440), max_size=3))
    calls = [ring(first + timedelta(minutes=offset), draw(texts)) for offset in (0, *offsets)]
    wish = first + timedelta(hours=draw(st.integers(1, 200)))
    return case(
        *calls,
        groups=draw(st.sampled_from(((), ("VIP",)))),
        missed_promises=draw(st.sampled_from(((), (first + timedelta(days=1),)))),
        attempts=draw(st.sampled_from(((), (first + timedelta(hours=5),)))),
        earlier_outcomes=draw(st.sampled_from(((), ("spam",)))),
        override=draw(st.none() | st.sampled_from(list(Bucket))),
        requested=draw(st.sampled_from((None, Window(not_before=wish), Window(not_after=wish)))),
    )


@given(cases(), calendars, st.integers(0, 90 * 1440), st.integers(1, 90 * 1440))
def test_waiting_only_ever_raises(one: Case, calendar: WorkingTime, minutes: int, more: int) -> None:
    """With the facts unchanged, a later look never lowers the bucket, raises the score and keeps the due date."""
    newest = max(call.start_time for call in one.calls)
    early, late = newest + timedelta(minutes=minutes), newest + timedelta(minutes=minutes + more)
    before, after = (rank(one, Rules(), now, calendar) for now in (early, late))
    assert LADDER.index(after.bucket) >= LADDER.index(before.bucket)
    assert after.score > before.score
    assert after.due == before.due


@given(cases(), calendars)
def test_nobody_starves(one: Case, calendar: WorkingTime) -> None:
    """Whoever is not never is for today or now once four working days past due."""
    made = rank(one, Rules(), max(call.start_time for call in one.calls), calendar)
    later = made.due
    for _ in range(4):
        later = end_of_working_day(calendar, later)
    if made.bucket is not Bucket.NEVER:
        assert rank(one, Rules(), later, calendar).bucket in {Bucket.TODAY, Bucket.NOW}


@given(cases(), calendars)
def test_another_call_never_lowers(one: Case, calendar: WorkingTime) -> None:
    """One call more, with no wish in play, never lowers the bucket nor puts the deadline off."""
    plain = msgspec.structs.replace(one, requested=None)
    now = max(call.start_time for call in one.calls) + timedelta(hours=1)
    more = msgspec.structs.replace(plain, calls=(*plain.calls, ring(now)))
    before, after = rank(plain, Rules(), now, calendar), rank(more, Rules(), now, calendar)
    assert LADDER.index(after.bucket) >= LADDER.index(before.bucket)
    assert after.due <= before.due


@given(cases(), calendars)
def test_every_rank_is_explained(one: Case, calendar: WorkingTime) -> None:
    """Every rank has reasons, none empty or said twice in a row, and a length on the planner's grid."""
    made = rank(one, Rules(), max(call.start_time for call in one.calls), calendar)
    assert made.reasons
    assert all(made.reasons)
    assert made.minutes % 5 == 0


@given(calendars, moments, st.integers(0, 100))
def test_deadlines_lie_in_working_time(calendar: WorkingTime, moment: datetime, count: int) -> None:
    """A deadline of working hours is not before its start and falls on a working day, within its hours."""
    due = after_working_time(calendar, moment, timedelta(hours=count))
    local = due.astimezone(ZoneInfo(calendar.zone))
    days = {local.date(), (local - timedelta(microseconds=1)).date()}
    assert due >= moment
    assert any(working_days(calendar, day - timedelta(days=1), day) for day in days)


@given(calendars, moments, st.integers(0, 40), st.integers(0, 40))
def test_working_time_adds_up(calendar: WorkingTime, moment: datetime, first: int, second: int) -> None:
    """Adding working hours in two steps is adding them at once."""
    steps = after_working_time(calendar, moment, timedelta(hours=first))
    once = after_working_time(calendar, moment, timedelta(hours=first + second))
    assert after_working_time(calendar, steps, timedelta(hours=second)).astimezone(UTC) == once.astimezone(UTC)


@given(calendars, moments)
def test_end_of_the_working_day_is_ahead(calendar: WorkingTime, moment: datetime) -> None:
    """The end of the working day is later than the moment, and no other working day ends between the two."""
    end = end_of_working_day(calendar, moment)
    assert end > moment
    zone = ZoneInfo(calendar.zone)
    between = working_days(
        calendar, moment.astimezone(zone).date(), (end - timedelta(seconds=1)).astimezone(zone).date()
    )
    assert between <= 1
