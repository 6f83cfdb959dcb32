"""How soon a caller is to be called, at the edges: which deadline, which reason, and the exact moment of a change."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from assistant.model.call import Kind, Urgency, Window
from assistant.model.planning import Bucket
from assistant.model.rules import Rules, WorkingTime
from assistant.triage import after_working_time, end_of_working_day, rank
from tests.unit.test_triage import ANN, BERLIN, OFFICE, WEEK, at, case, ranked, ring

BURST = (ring(at(23, "09:30")), ring(at(23, "11:00")), ring(at(23, "12:30")))


# --- what holds without any sign


def test_a_callback_without_calls_is_an_ordinary_one() -> None:
    """A callback added by hand is for the next working day, as a call without a sign."""
    assert ranked(case()).bucket is Bucket.TOMORROW


def test_a_default_of_the_users_is_named() -> None:
    """Where the settings put ordinary callers elsewhere, the reason says where."""
    made = ranked(case(ring(at(23))), default=Bucket.FEW_DAYS)
    assert (made.due, made.reasons) == (at(27, "17:00"), ("no special sign: in a few days",))
    assert ranked(case(ring(at(23))), default=Bucket.TODAY).reasons == ("no special sign: today",)


def test_the_newest_call_says_whether_one_is_to_be_called_back() -> None:
    """Who said that no call back is needed and rang again later is owed an ordinary call."""
    dismissed = ring(at(23), wants_callback=False)
    assert ranked(case(dismissed)).reasons == ("said that no call back is needed",)
    assert ranked(case(ring(at(24)), dismissed)).bucket is Bucket.TOMORROW


# --- never


def test_never_is_due_since_the_first_call() -> None:
    """Whoever is never has the time of the oldest call as deadline, which nothing puts off, and one reason."""
    one = case(ring(at(23)))
    listed = ranked(one, never_numbers=(ANN,))
    proven = ranked(case(ring(at(23)), earlier_outcomes=("spam",)))
    chosen = ranked(case(ring(at(23)), override=Bucket.NEVER))
    assert [made.due for made in (listed, proven, chosen)] == [at(23)] * 3
    assert (proven.reasons, chosen.reasons) == (("you closed an earlier call as: spam",), ("you chose never",))


def test_a_wish_does_not_lift_never() -> None:
    """A caller on the never list who asks for a time is never."""
    made = ranked(case(ring(at(23)), requested=Window(not_before=at(25))), never_numbers=(ANN,))
    assert (made.bucket, made.due) == (Bucket.NEVER, at(23))


# --- haste


def test_why_a_caller_is_a_vip() -> None:
    """The reason says whether it was the number, the name or the group."""
    one = case(ring(at(23)), caller_name="Ann Byrne", groups=("Board",))
    assert ranked(one, vip_numbers=(ANN,)).reasons == ("VIP: the number is on your list",)
    assert ranked(one, vip_names=("ann byrne",)).reasons == ("VIP: the name is on your list",)
    assert ranked(one, vip_groups=("board",)).reasons == ("VIP: in your group Board",)


def test_haste_leaves_no_word_of_calm() -> None:
    """Who is in a hurry in one call is not also said to be in none."""
    made = ranked(case(ring(at(23), "no rush"), ring(at(24), "now it is urgent")))
    assert made.reasons == ('urgent: said "urgent"',)


@pytest.mark.parametrize(
    ("text", "words"), [("We\u2019ve paid.", "we've paid"), ("Rien d\u2019urgent", "rien d'urgent")]
)
def test_an_apostrophe_is_one_however_it_is_written(text: str, words: str) -> None:
    """A phone's curly apostrophe stands for the plain one of the word lists."""
    assert ranked(case(ring(at(23), text))).reasons[0].endswith(f'"{words}"')


def test_the_longest_words_are_quoted() -> None:
    """Of two entries of a word list that begin alike, the longer one is quoted when it was said."""
    made = ranked(case(ring(at(23), "call me now please")), urgent_words=("now", "now please"))
    assert made.reasons == ('urgent: said "now please"',)


def test_without_words_of_calm_the_text_is_taken_as_it_is() -> None:
    """A user without words of calm still has every word of haste found, with its punctuation."""
    assert ranked(case(ring(at(23), "Now, please")), low_words=(), urgent_words=("now, please",)).bucket is Bucket.TODAY


@pytest.mark.parametrize(("seconds", "bucket"), [(120, Bucket.TOMORROW), (121, Bucket.TODAY)])
def test_two_rings_are_two_after_two_minutes(seconds: int, bucket: Bucket) -> None:
    """Two notifications within two minutes are one ring; later ones are calls of their own."""
    assert ranked(case(ring(at(23)), ring(at(23) + timedelta(seconds=seconds)))).bucket is bucket


def test_a_vip_is_due_at_the_end_of_the_day() -> None:
    """A VIP is due by the end of the working day of the oldest call."""
    made = ranked(case(ring(at(23)), ring(at(24)), groups=("vip",)))
    assert (made.bucket, made.due) == (Bucket.TODAY, at(23, "17:00"))


def test_urgent_and_repeated_is_due_one_working_hour_after_it_became_both() -> None:
    """Who says it is urgent and rings again is due an hour after the later of the two."""
    made = ranked(case(ring(at(23, "09:00"), "urgent"), ring(at(23, "15:00"))))
    assert (made.bucket, made.due) == (Bucket.NOW, at(23, "16:00"))
    assert made.reasons[0] == "urgent, and called repeatedly: now"


def test_an_urgent_vip_is_due_one_working_hour_after_the_urgent_call() -> None:
    """A VIP who rings again after an urgent call does not put the deadline off by that."""
    made = ranked(case(ring(at(23, "09:00"), "urgent"), ring(at(23, "15:00")), groups=("vip",)))
    assert (made.bucket, made.due) == (Bucket.NOW, at(23, "10:00"))
    assert made.reasons[0] == "urgent, and a VIP: now"


@pytest.mark.parametrize(
    ("text", "due"), [("The wedding is today", at(23, "11:00")), ("I already paid", at(23, "17:00"))]
)
def test_a_matter_that_cannot_wait_is_due_from_its_call(text: str, due: datetime) -> None:
    """The deadline of what was said counts from the call in which it was said."""
    assert ranked(case(ring(at(23), text))).due == due


def test_a_calm_vip_who_rings_twice_is_for_today_by_both_signs() -> None:
    """Repeated calls never claim less haste than the list of VIPs does."""
    made = ranked(case(ring(at(23, "09:30"), "no rush"), ring(at(23, "15:00")), groups=("vip",)))
    assert made.bucket is Bucket.TODAY
    assert "called 2 times on Mon 23 November: today" in made.reasons


def test_a_second_call_raises_from_today_to_now() -> None:
    """Where ordinary callers are for today, the second call on a day makes it now, due an hour after it."""
    made = ranked(case(ring(at(23, "09:30")), ring(at(23, "15:00"))), default=Bucket.TODAY, same_day_calls=2)
    assert (made.bucket, made.reasons[0]) == (Bucket.NOW, "called 2 times on Mon 23 November: now")
    later = ranked(case(ring(at(23, "16:30")), ring(at(23, "16:45"))), default=Bucket.TODAY)
    assert later.due == at(23, "17:00")


def test_a_second_call_is_never_above_now() -> None:
    """Where ordinary callers are for now already, more calls leave them there."""
    assert ranked(case(ring(at(23, "09:30")), ring(at(23, "15:00"))), default=Bucket.NOW).bucket is Bucket.NOW


def test_how_many_calls_are_a_burst_is_the_users() -> None:
    """Two calls within the hours make it now where the user says so; one alone never does."""
    twice = case(ring(at(23, "09:30")), ring(at(23, "12:30")))
    assert ranked(twice, burst_calls=2).bucket is Bucket.NOW
    assert ranked(case(ring(at(23))), burst_calls=1).bucket is Bucket.TOMORROW


def test_ringing_back_is_later_than_the_try() -> None:
    """Only a ring after the last try is ringing back, due by the end of its day; not one before or just then."""
    tried = (at(20, "15:00"), at(23, "09:00"))
    for start in (at(20, "16:00"), at(23, "09:00")):
        assert ranked(case(ring(start), attempts=tried), at(23, "09:05")).bucket is Bucket.TOMORROW
    back = ranked(case(ring(at(20)), ring(at(23, "09:10")), attempts=tried), default=Bucket.FEW_DAYS)
    assert (back.bucket, back.due) == (Bucket.TODAY, at(23, "17:00"))
    assert back.reasons == ("rang back after you tried at 09:00 on Mon 23 November",)


# --- wishes


def test_a_wish_is_told_first() -> None:
    """The time that a caller asked for is the first reason."""
    start = ranked(case(ring(at(23)), requested=Window(not_before=at(25, "14:00"))))
    assert start.reasons[0] == "asked to be called from 14:00 on Wed 25 November"
    end = ranked(case(ring(at(23)), requested=Window(not_after=at(23, "12:00"))))
    assert end.reasons[0] == "asked to be called by 12:00 on Mon 23 November"


@pytest.mark.parametrize(
    ("end", "told"),
    [
        (at(25, "23:59"), "on Wed 25 November"),
        (at(26, "00:00"), "on Wed 25 November"),
        (at(26, "00:01"), "from Wed 25 November on"),
        (None, "from Wed 25 November on"),
    ],
)
def test_nobody_is_said_to_ask_for_midnight(end: datetime | None, told: str) -> None:
    """A wish for a day, or from a day on, is told without the hour at which the day begins."""
    start = ranked(case(ring(at(23)), requested=Window(not_before=at(25, "00:00"), not_after=end)))
    assert start.reasons[0] == f"asked to be called {told}"


@pytest.mark.parametrize(
    "wish",
    [Window(), Window(not_after=at(24, "17:00")), Window(not_after=at(25, "12:00"))],
    ids=["none", "same", "late"],
)
def test_a_wish_for_nothing_sooner_changes_nothing(wish: Window) -> None:
    """A wish without times, or for no earlier than the call is due anyway, leaves the rank as it was."""
    assert ranked(case(ring(at(23)), requested=wish)) == ranked(case(ring(at(23))))


def test_haste_counts_again_from_the_time_asked_for() -> None:
    """A burst of calls is now from the very moment from which the caller asked to be called, not before."""
    one = case(*BURST, requested=Window(not_before=at(23, "14:00")))
    assert ranked(one, at(23, "13:59")).bucket is Bucket.TODAY
    assert ranked(one, at(23, "14:00")).bucket is Bucket.NOW


# --- age


def test_one_day_overdue_is_said_and_raises_nobody() -> None:
    """The first working day past due is told last; the second raises an ordinary caller to today and is told first."""
    one = case(ring(at(9)))
    late = {day: ranked(one, at(day)) for day in (10, 11, 12)}
    plain = "no sign of haste: the next working day"
    assert late[10].reasons == (plain,)
    assert (late[11].bucket, late[11].reasons) == (Bucket.TOMORROW, (plain, "1 working day overdue"))
    assert late[12].bucket is Bucket.TODAY
    assert late[12].reasons == ("2 working days overdue: raised from tomorrow to today", plain)


def test_now_stays_now_however_late() -> None:
    """Age lowers nobody: who is now and overdue is now."""
    assert ranked(case(*BURST), at(30)).bucket is Bucket.NOW


# --- working time


def test_the_day_of_a_call_is_the_users() -> None:
    """A call late in the evening counts for that day in the user's zone, whatever day this machine has."""
    assert ranked(case(ring(at(23, "22:00")))).due == at(24, "17:00")


def test_the_end_of_a_working_day() -> None:
    """Within or before the hours it is that day's end; from the end on, that of the next working day."""
    ends = {clock: end_of_working_day(OFFICE, at(23, clock)) for clock in ("07:00", "16:59", "17:00", "18:00")}
    assert list(ends.values()) == [at(23, "17:00"), at(23, "17:00"), at(24, "17:00"), at(24, "17:00")]


def test_working_time_may_end_with_the_day() -> None:
    """An hour that the working day has left ends at its end, in the zone of the calendar, and not on the next day."""
    due = after_working_time(OFFICE, at(23, "16:00").astimezone(ZoneInfo("UTC")), timedelta(hours=1))
    assert (due, due.tzinfo) == (at(23, "17:00"), BERLIN)


def test_hours_may_end_at_midnight_and_have_minutes() -> None:
    """A day worked until 24:00 ends with the next day's first moment; half hours count."""
    late = WorkingTime(zone="Europe/Berlin", hours={"mon": ("22:30", "24:00")})
    assert end_of_working_day(late, at(23)) == at(24, "00:00")
    assert after_working_time(late, at(23), timedelta(minutes=45)) == at(23, "23:15")


def test_a_deadline_at_midnight_is_the_end_of_its_day() -> None:
    """Who is due on a day worked until 24:00 is one working day overdue on the next, and due today on that day."""
    office = WorkingTime(zone="Europe/Berlin", hours=dict.fromkeys(WEEK, ("00:00", "24:00")))
    made = rank(case(ring(at(16))), Rules(), at(18), office)
    assert (made.due, made.reasons[-1]) == (at(18, "00:00"), "1 working day overdue")
    wish = case(ring(at(16)), requested=Window(not_before=at(18)))
    assert rank(wish, Rules(), at(18, "09:00"), office).bucket is Bucket.TODAY


# --- length


def test_lengths_are_whole_steps_of_five_minutes() -> None:
    """A call takes at least five minutes, and a kind without a length of its own takes the usual one."""
    for minutes, taken in ((1, 5), (5, 5), (6, 10)):
        assert ranked(case(ring(at(23))), minutes={Kind.VOICEMAIL: minutes}).minutes == taken
    assert ranked(case(ring(at(23))), minutes={}, default_minutes=20).minutes == 20
    assert ranked(case(), default_minutes=20).minutes == 20


def test_marked_in_no_hurry_by_the_phone_system() -> None:
    """A call that the caller marked as low is for a few days, and the reason says who said so."""
    made = ranked(case(ring(at(23), urgency=Urgency.LOW)))
    assert (made.bucket, made.reasons) == (Bucket.FEW_DAYS, ("no hurry: marked so by the caller",))


def test_the_score_orders_by_bucket_and_then_by_waiting() -> None:
    """A score is a thousand for each step of the ladder and one for each hour of waiting."""
    waited = ranked(case(ring(at(23, "10:00"))), at(23, "12:30"))
    assert waited.score == 2002.5
    assert ranked(case(*BURST), at(23, "12:30")).score == 4003
    assert waited.score - ranked(case(ring(at(23, "10:00"))), at(23, "12:30") - timedelta(hours=1)).score == 1
