"""The shipped texts, word for word."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from assistant.model.planning import Bucket
from assistant.model.speech import (
    BucketCount,
    Caller,
    DigestFacts,
    DigestItem,
    LostDay,
    PastAttempt,
    Question,
    QuestionKind,
    SlotCall,
    SlotFacts,
)
from tests.unit.words.conftest import ANN, AT, NOW, apology, hold, loaded, will_call

if TYPE_CHECKING:
    from assistant.words import Words

HOURS, DAYS, WEEKS = timedelta(hours=3), timedelta(days=3), timedelta(days=20)


@pytest.mark.parametrize(
    ("language", "gap", "sorry", "called"),
    [
        ("en", HOURS, "Sorry for the delay.", "You called on Monday 23 November, 07:00 EST,"),
        ("en", DAYS, "I am sorry for the delay.", "You called on Friday 20 November, 10:00 EST,"),
        ("en", WEEKS, "I am very sorry for the long delay.", "You called on Tuesday 3 November, 10:00 EST,"),
        ("de", HOURS, "bitte entschuldigen Sie die Verzögerung.", "am Montag, 23. November, 13:00 Uhr MEZ, angerufen"),
        (
            "de",
            DAYS,
            "es tut mir leid, dass Sie auf meinen Rückruf warten mussten.",
            "am Freitag, 20. November, 16:00 Uhr MEZ, angerufen",
        ),
        (
            "de",
            WEEKS,
            "es tut mir sehr leid, dass Sie so lange auf meinen Rückruf warten mussten.",
            "am Dienstag, 3. November, 16:00 Uhr MEZ, angerufen",
        ),
    ],
)
def test_apology_is_upfront_and_grows_with_the_gap(
    language: str, gap: timedelta, sorry: str, called: str, request: pytest.FixtureRequest
) -> None:
    """An apology opens with one sorry in proportion to the gap and states the date of the call."""
    words: Words = request.getfixturevalue({"en": "english", "de": "german"}[language])
    letter = words.apology(apology(called_at=NOW - gap))
    greeting, text = letter.body.split("\n")[0], letter.body.split("\n")[2]
    assert greeting.endswith("Ann Byrne,")
    assert text.startswith(sorry)
    assert called in text
    everything = (letter.subject + letter.body).lower()
    assert sum(everything.count(word) for word in ("sorry", "apolog", "entschuldig", "leid", "pardon")) == 1


def test_english_apology_word_for_word(english: Words) -> None:
    """The English apology says sorry once, names the time, and leaves two other ways open."""
    letter = english.apology(apology(called_at=NOW - DAYS, calls=2))
    assert letter.subject == "Your call on Friday 20 November"
    assert letter.body == (
        "Hello Ann Byrne,\n\n"
        "I am sorry for the delay. You have called 2 times since Friday 20 November, 10:00 EST, and you should have "
        "heard from me before now.\n\n"
        "I will call you on Tuesday 24 November, 10:00 EST. If another time suits you better, tell me which; if "
        "writing is easier, just answer this message.\n\n"
        "Kind regards\nBo Li\n"
    )


def test_german_apology_without_a_time_asks_for_one(german: Words) -> None:
    """Without a free time the apology asks for one and offers to settle it in writing."""
    body = german.apology(apology(at=None)).body
    assert "Welcher Tag und welche Uhrzeit passen Ihnen" in body
    assert "antworten Sie einfach auf diese Nachricht" in body


def test_will_call_at_names_weekday_clock_and_zone(english: Words, german: Words) -> None:
    """A will_call_at names the time in subject and body, in the language of the user."""
    letter = english.will_call_at(will_call())
    assert letter.subject == "I will call you on Tuesday 24 November, 10:00 EST"
    assert "I will call you on Tuesday 24 November, 10:00 EST.\n" in letter.body
    letter = german.will_call_at(will_call())
    assert letter.subject == "Mein Anruf bei Ihnen: Dienstag, 24. November, 16:00 Uhr MEZ"
    assert "Ich rufe Sie am Dienstag, 24. November, 16:00 Uhr MEZ, an.\n" in letter.body


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("Europe/Dublin", "10:00 EST (15:00 GMT)"),
        ("Asia/Tokyo", "10:00 EST (Wednesday 25 November, 00:00 JST)"),
        ("Asia/Kathmandu", "10:00 EST (20:45 UTC+5:45)"),
        ("America/Detroit", "10:00 EST."),
        ("../../etc/passwd", "10:00 EST."),
        ("America", "10:00 EST."),
        ("Mars/Olympus", "10:00 EST."),
    ],
)
def test_the_caller_reads_their_own_clock_too(english: Words, zone: str, shown: str) -> None:
    """Where the caller's clock differs it stands in brackets; a zone that does not exist is none."""
    assert shown in english.will_call_at(will_call(replace(ANN, zone=zone))).body


def test_the_year_is_written_when_it_is_another(english: Words) -> None:
    """A time in another year carries the year."""
    body = english.will_call_at(will_call(at=datetime(2027, 1, 4, 15, 0, tzinfo=UTC))).body
    assert "Monday 4 January 2027, 10:00 EST" in body


def test_summer_time_has_its_own_abbreviation(german: Words) -> None:
    """The zone is the one of that day, not of today."""
    assert "MESZ" in german.will_call_at(will_call(at=datetime(2027, 7, 5, 8, 0, tzinfo=UTC))).body


def test_hold_word_for_word(english: Words) -> None:
    """A hold begins with the number and a tel link, then says what to say, why, since when and how to tick it off."""
    facts = replace(
        hold(said="About the invoice."),
        waiting_since=NOW - DAYS,
        calls=3,
        reasons=("rang three times", "waits for 3 days"),
        attempts=(PastAttempt(at=NOW, result="left_message"),),
    )
    text = english.hold(facts)
    assert text.summary == "Call Ann Byrne (Acme)"
    assert text.location == "+1 415-555-0123"
    assert text.description == (
        "+1 415-555-0123\ntel:+14155550123\n\n"
        'Say first: "Hello Ann Byrne, this is Bo Li. You called on Friday 20 November. Sorry for the delay."\n\n'
        "Waiting since Friday 20 November, 10:00 EST; called 3 times.\n"
        "Why: rang three times; waits for 3 days\n"
        "Tried Monday 23 November, 10:00 EST: left a message\n\n"
        'Their words: "About the invoice."\n\n'
        "When you have called, put one of these in front of the title:\n"
        '✓ = done; "left message" = try again; "later" = another day.\n'
        "Or move this event to when you will call."
    )


def test_titles_of_holds(english: Words, german: Words) -> None:
    """A promise shows its time, a sensitive call shows nobody, a closed one its outcome."""
    promised = replace(hold(), promised_at=AT)
    assert english.hold(promised).summary == "Call Ann Byrne 10:00 (promised)"
    assert german.hold(promised).summary == "Rückruf: Ann Byrne 16:00 (zugesagt)"
    assert "You promised to call on Tuesday 24 November, 10:00 EST." in english.hold(promised).description
    sensitive = english.hold(replace(hold(said="secret"), sensitive=True, promised_at=AT, outcome="reached"))
    assert (sensitive.summary, sensitive.location) == ("✓ Call back", "")
    assert "secret" not in sensitive.description
    assert english.hold(replace(hold(), outcome="update_given")).summary == "✓ Call Ann Byrne (Acme): update given"
    assert german.hold(hold()).summary == "Rückruf: Ann Byrne (Acme)"
    assert english.hold(hold(Caller(number_display="+1 415-555-0123"))).summary == "Call +1 415-555-0123"
    assert english.hold(hold(Caller())).summary == "Call back"


def test_without_a_mail_address_the_hold_has_a_text_message_link(english: Words) -> None:
    """The draft stands on the hold as an sms link with every reserved character encoded (RFC 5724)."""
    text = english.hold(replace(hold(), sms_text="Hello Ann,\nI'll call & ask: 10:00?\n")).description
    assert "sms:+14155550123?body=Hello%20Ann%2C%0AI%27ll%20call%20%26%20ask%3A%2010%3A00%3F\n" in text
    assert "sms:" not in english.hold(hold()).description


def test_the_text_of_a_hold_stays_the_same_while_time_passes(english: Words) -> None:
    """A hold speaks of dates only, so that it is not rewritten every day; facts have no now."""
    assert "now" not in hold().__struct_fields__
    assert english.hold(hold()) == loaded("en").hold(hold())


def test_slot_lists_its_calls_and_says_why_it_moved(english: Words, german: Words) -> None:
    """A slot shows its calls by clock time, hides a sensitive name, and tells why it is elsewhere."""
    calls = (SlotCall(caller=ANN, start=AT), SlotCall(caller=ANN, start=AT, sensitive=True, promised=True))
    facts = SlotFacts(start=AT, end=AT + HOURS, calls=calls, moved=True, why="a meeting stood on it")
    text = english.slot(facts)
    assert text.summary == "Calls (2), moved"
    assert text.description.startswith(
        "Not at the usual time: a meeting stood on it\n\n"
        "10:00 Ann Byrne, +1 415-555-0123\n10:00 Call back (promised), +1 415-555-0123\n\n"
    )
    assert german.slot(SlotFacts(start=AT, end=AT)).summary == "Rückrufe"


def test_digest_word_for_word(english: Words) -> None:
    """The digest counts, names who waits longest, lists promises and questions, then the calls."""
    item = DigestItem(
        id="c1", caller=ANN, bucket=Bucket.TODAY, waiting_since=NOW - WEEKS, start=AT, promised_at=AT, calls=2
    )
    facts = DigestFacts(
        now=NOW,
        counts=(BucketCount(bucket=Bucket.TODAY, count=1), BucketCount(bucket=Bucket.FEW_DAYS, count=2)),
        oldest=item,
        promises=(item,),
        questions=(Question(kind=QuestionKind.HOLD_DELETED, id="c1", caller=ANN),),
        lost_days=(LostDay(date=AT.date(), why="no free hour"),),
        items=(item, replace(item, id="c2", caller=Caller(), start=None, no_hold="no number", calls=1, attempts=2)),
        review=1,
    )
    letter = english.digest(facts)
    assert letter.subject == "3 calls to return, 1 promised"
    assert letter.body == (
        "today: 1, in a few days: 2\n\n"
        "Longest waiting: Ann Byrne, 2 weeks ago (Tuesday 3 November, 10:00 EST)\n\n"
        "Promised\n- Tuesday 24 November, 10:00 EST: Ann Byrne, +1 415-555-0123\n\n"
        "Please answer\n"
        "- You deleted the hold of Ann Byrne: was the call made? (ringback done c1, or snooze c1 WHEN)\n"
        "- Tuesday 24 November has no time for calls: no free hour. (ringback acknowledge)\n\n"
        "To call, in this order\n"
        "1. Ann Byrne, +1 415-555-0123: Tuesday 24 November, 10:00 EST, called 2 times\n"
        "2. unknown caller: no time (no number), tried 2 times\n\n"
        "1 mail needs a look: ringback bin\n"
    )


def test_a_full_digest_stays_on_one_screen(english: Words, german: Words) -> None:
    """However much is owed, the digest has at most 40 lines and says how many more there are."""
    item = DigestItem(id="c1", caller=ANN, bucket=Bucket.NOW, waiting_since=NOW, start=AT)
    asked = Question(kind=QuestionKind.HOLD_OVER, id="c1", caller=ANN)
    lost = LostDay(date=AT.date(), why="no free hour")
    facts = DigestFacts(
        now=NOW,
        counts=(BucketCount(bucket=Bucket.NOW, count=1000),),
        oldest=item,
        promises=(item,) * 50,
        questions=(asked,) * 50,
        lost_days=(lost,) * 50,
        items=(item,) * 1000,
    )
    for words, more in ((english, "and 992 more: ringback list"), (german, "und 992 weitere: ringback list")):
        body = words.digest(facts).body
        assert more in body
        assert len(body.splitlines()) <= 40


def test_an_empty_digest_says_so(english: Words) -> None:
    """With nobody waiting the digest says that, in subject and body; callers in the bin do not count."""
    letter = english.digest(DigestFacts(now=NOW, counts=(BucketCount(bucket=Bucket.NEVER, count=3),)))
    assert (letter.subject, letter.body) == ("No calls to return", "Nobody is waiting for a call.\n")


@pytest.mark.parametrize(
    ("days", "english_gap", "german_gap"),
    [
        (0, "earlier today", "heute"),
        (1, "yesterday", "gestern"),
        (3, "3 days ago", "vor 3 Tagen"),
        (14, "2 weeks ago", "vor 2 Wochen"),
        (20, "2 weeks ago", "vor 2 Wochen"),
        (90, "3 months ago", "vor 3 Monaten"),
    ],
)
def test_gaps_in_words(english: Words, german: Words, days: int, english_gap: str, german_gap: str) -> None:
    """The digest says how long the oldest call has waited, in whole units."""
    item = DigestItem(id="c1", caller=ANN, bucket=Bucket.NOW, waiting_since=NOW - timedelta(days=days))
    facts = DigestFacts(now=NOW, oldest=item)
    assert f"Ann Byrne, {english_gap} (" in english.digest(facts).body
    assert f"Ann Byrne, {german_gap} (" in german.digest(facts).body
