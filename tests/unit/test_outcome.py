"""What the user did on the calendar, among the drafts and with labels, read as facts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from assistant import outcome
from assistant.model.calendar import Event, EventRef, StoredEvent
from assistant.model.callback import Callback, DraftState, DraftStatus, Gone, Placed, Promise, Status
from assistant.model.journal import (
    Attempted,
    AttemptResult,
    Closed,
    DraftDropped,
    DraftEdited,
    DraftMissing,
    DraftSeen,
    EventEdited,
    EventGone,
    EventMoved,
    EventSeen,
    Outcome,
    Promised,
    PromiseSettled,
    Purpose,
    Reopened,
    Snoozed,
    Source,
    Subject,
    Told,
    Verdict,
)
from assistant.model.mailbox import Draft, DraftRef, ETag, Label, Ref
from assistant.model.manage import Sign, Signs

if TYPE_CHECKING:
    from assistant.model.journal import AnyFact

NOW = datetime(2026, 11, 16, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
TOMORROW = NOW + 24 * HOUR
SIGNS = Signs(
    words={
        Sign.DONE: ("done", "called"),
        Sign.LEFT_MESSAGE: ("left message", "left a message"),
        Sign.NO_ANSWER: ("no answer",),
        Sign.LATER: ("later", "später"),
    }
)
HOLD = Placed(
    uid="k.1",
    generation=1,
    ref=EventRef(ref=Ref("e"), etag=ETag("1")),
    start=NOW - HOUR,
    end=NOW - HOUR + 10 * MINUTE,
    title="CALL ANN",
    body="b",
)
OPEN = Callback(id=Subject("1"), opened_at=NOW - 24 * HOUR, hold=HOLD)
CLOSED = replace(OPEN, status=Status.CLOSED, outcome=Outcome.REACHED, closed_at=NOW, closed_by=Source.CALENDAR)


def later() -> datetime:
    return TOMORROW


# --- signs


@pytest.mark.parametrize(
    ("title", "sign"),
    [
        ("Call Ann Byrne", None),
        ("", None),
        ("Calledinho Ann", None),
        ("Doner kebab with Ann", None),
        ("Call Ann later", None),
        ("Call Ann (left message)", None),
        ("Call Ann, no answer expected", None),
        ("[] Call Ann", None),
        ("✓ Call Ann", Sign.DONE),
        ("Call Ann ✓", Sign.DONE),
        ("✓Call Ann", Sign.DONE),
        ("  ✅   Call Ann", Sign.DONE),
        ("✔\N{VARIATION SELECTOR-16} Call Ann", Sign.DONE),
        ("Call Ann ☑\N{VARIATION SELECTOR-16}", Sign.DONE),
        ("[X] Call Ann", Sign.DONE),
        ("Call Ann [x]", Sign.DONE),
        ("✓", Sign.DONE),
        ("DONE", Sign.DONE),
        ("done: Call Ann", Sign.DONE),
        ("Done - Call Ann", Sign.DONE),
        ("called Ann", Sign.DONE),
        ("Left  message: Call Ann", Sign.LEFT_MESSAGE),
        ("LEFT A MESSAGE", Sign.LEFT_MESSAGE),
        ("✓ left message Call Ann", Sign.LEFT_MESSAGE),
        ("✓: left message, Call Ann", Sign.LEFT_MESSAGE),
        ("✔\N{VARIATION SELECTOR-16} left message", Sign.LEFT_MESSAGE),
        ("✓ Call Ann left message", Sign.LEFT_MESSAGE),
        ("Call Ann - no answer ✓", Sign.NO_ANSWER),
        ("no answer Call Ann", Sign.NO_ANSWER),
        ("called, no answer", Sign.NO_ANSWER),
        ("Called - left message. Call Ann", Sign.LEFT_MESSAGE),
        ("done (no answer)", Sign.NO_ANSWER),
        ("later", Sign.LATER),
        ("Later: Call Ann", Sign.LATER),
        ("SPÄTER Call Ann", Sign.LATER),
        ("spa\N{COMBINING DIAERESIS}ter Call Ann", Sign.LATER),
        ("laterally Call Ann", None),
    ],
)
def test_signs_in_titles(title: str, sign: Sign | None) -> None:
    """A sign is a mark at either end or a word at the front, in any spelling, and a try is never read as done."""
    assert outcome.read_sign(title, SIGNS) == sign


def test_no_words_no_signs() -> None:
    """Without words in the language only marks mean something."""
    assert outcome.read_sign("done", Signs()) is None
    assert outcome.read_sign("✓ left message", Signs()) == Sign.DONE


# --- events


def seen(
    title: str = "Call Ann", etag: str = "1", start: datetime = HOLD.start, end: datetime = HOLD.end
) -> StoredEvent:
    event = Event(uid="k.1", key="k", start=start, end=end, zone="UTC", summary=title)
    return StoredEvent(ref=EventRef(ref=Ref("e"), etag=ETag(etag)), event=event)


def test_an_event_as_known_says_nothing() -> None:
    """An event without a difference is no fact, and a new version of it is only seen."""
    assert outcome.read_event(HOLD, seen(), str.upper) == ()
    assert outcome.read_event(HOLD, seen(etag="2"), str.upper) == (EventSeen(ref=seen(etag="2").ref),)


def test_the_same_instant_in_another_zone_is_no_move() -> None:
    """A calendar that writes the times in another zone moved nothing."""
    there = HOLD.start.astimezone(datetime.fromisoformat("2026-11-16T00:00:00+05:45").tzinfo)
    assert outcome.read_event(HOLD, seen(start=there), str.upper) == ()


@pytest.mark.parametrize(("start", "end"), [(HOUR, HOUR), (timedelta(0), HOUR), (-HOUR, timedelta(0))])
def test_moved_or_stretched(start: timedelta, end: timedelta) -> None:
    """Either end at another time is a move, also where the etag stayed."""
    there = seen(start=HOLD.start + start, end=HOLD.end + end)
    fact = EventMoved(ref=there.ref, start=HOLD.start + start, end=HOLD.end + end)
    assert outcome.read_event(HOLD, there, str.upper) == (fact,)


def test_moved_and_edited() -> None:
    """A move and a new title are two facts."""
    there = seen("Ring Ann", "2", end=HOLD.end + HOUR)
    facts = outcome.read_event(HOLD, there, str.upper)
    assert facts == (
        EventMoved(ref=there.ref, start=HOLD.start, end=HOLD.end + HOUR),
        EventEdited(ref=there.ref, title="RING ANN"),
    )


def test_titles_that_say_how_it_went() -> None:
    """Each sign in a new title is its fact; a hold that ended dates what was done in it."""
    at = HOLD.end
    read = {title: outcome.read_title(OPEN, title, SIGNS, NOW, later) for title in ("✓", "left message", "no answer")}
    assert read["✓"] == (Closed(outcome=Outcome.REACHED, at=at, source=Source.CALENDAR),)
    assert read["left message"] == (
        Attempted(at=at, result=AttemptResult.LEFT_MESSAGE, next_at=TOMORROW, source=Source.CALENDAR),
    )
    assert read["no answer"] == (
        Attempted(at=at, result=AttemptResult.NO_ANSWER, next_at=TOMORROW, source=Source.CALENDAR),
    )
    assert outcome.read_title(OPEN, "later", SIGNS, NOW, later) == (Snoozed(until=TOMORROW, source=Source.CALENDAR),)
    assert outcome.read_title(OPEN, "Ring Ann", SIGNS, NOW, later) == ()


def test_a_tick_before_the_time_is_dated_when_it_is_read() -> None:
    """A call made before its hold ends was made by now."""
    ahead = replace(OPEN, hold=replace(HOLD, end=NOW + HOUR))
    for callback in (ahead, replace(OPEN, hold=None)):
        assert outcome.read_title(callback, "✓", SIGNS, NOW, later) == (
            Closed(outcome=Outcome.REACHED, at=NOW, source=Source.CALENDAR),
        )


REOPENED = Reopened(why="you took the tick out of its title", source=Source.CALENDAR)


def test_a_tick_that_was_taken_out_reopens() -> None:
    """A closed callback is owed again when its tick is gone, whoever put it there, and not while there is one."""
    by_us = replace(CLOSED, closed_by=Source.COMMAND, hold=replace(HOLD, done=True))
    for callback in (CLOSED, by_us):
        assert outcome.read_title(callback, "Call Ann", SIGNS, NOW, later) == (REOPENED,)
        assert outcome.read_title(callback, "✓ Call Ann!", SIGNS, NOW, later) == ()


def test_a_tick_that_became_a_try_is_one() -> None:
    """A tick that is replaced by a sign reopens the callback and is that sign too."""
    assert outcome.read_title(CLOSED, "left message", SIGNS, NOW, later)[0] == REOPENED
    assert outcome.read_title(CLOSED, "later", SIGNS, NOW, later)[1:] == (
        Snoozed(until=TOMORROW, source=Source.CALENDAR),
    )


def test_a_title_that_never_had_a_tick_reopens_nothing() -> None:
    """Rewording the title of a call that was closed by command before it was ticked leaves it closed."""
    callback = replace(CLOSED, closed_by=Source.COMMAND)
    for title in ("Call Ann about the boat", "later"):
        assert outcome.read_title(callback, title, SIGNS, NOW, later) == ()


@pytest.mark.parametrize(
    ("gone", "resync", "fault"),
    [(0, False, False), (1, False, False), (3, False, False), (4, False, True), (1, True, True), (0, True, True)],
)
def test_absence(gone: int, resync: bool, fault: bool) -> None:  # noqa: FBT001  parameters of the test
    """Up to three holds gone are the user's decision; more at once, or a calendar read anew, are a fault."""
    assert outcome.read_absence(gone, resync=resync) == EventGone(fault=fault)


# --- labels

AHEAD = replace(OPEN, hold=replace(HOLD, start=NOW + HOUR, end=NOW + 2 * HOUR))
LEFT = Attempted(at=NOW, result=AttemptResult.LEFT_MESSAGE, next_at=TOMORROW, source=Source.LABEL)
WAITING = replace(OPEN, status=Status.WAITING, until=TOMORROW, attempts=(LEFT,))
TO_CALL = Reopened(why="you moved its mail back to To call", source=Source.LABEL)


@pytest.mark.parametrize(
    ("callback", "label", "facts"),
    [
        (OPEN, Label.DONE, (Closed(outcome=Outcome.REACHED, at=NOW, source=Source.LABEL),)),
        (CLOSED, Label.DONE, ()),
        (OPEN, Label.LEFT_MESSAGE, (LEFT,)),
        (WAITING, Label.LEFT_MESSAGE, ()),
        (replace(WAITING, until=NOW), Label.LEFT_MESSAGE, (LEFT,)),
        (CLOSED, Label.LEFT_MESSAGE, ()),
        (CLOSED, Label.TO_CALL, (TO_CALL,)),
        (WAITING, Label.TO_CALL, (TO_CALL,)),
        (OPEN, Label.TO_CALL, ()),
        (AHEAD, Label.PROMISED, (Promised(at=NOW + HOUR, source=Source.LABEL),)),
        (replace(AHEAD, promises=(Promise(at=NOW + HOUR, source=Source.SENT),)), Label.PROMISED, ()),
        (replace(AHEAD, hold=replace(HOLD, start=NOW + HOUR, gone=Gone.BY_USER)), Label.PROMISED, ()),
        (OPEN, Label.PROMISED, ()),
        (replace(OPEN, hold=None), Label.PROMISED, ()),
        (replace(AHEAD, status=Status.CLOSED), Label.PROMISED, ()),
        (OPEN, Label.CHECK, ()),
        (OPEN, Label.CHECK_SENDER, ()),
        (OPEN, None, ()),
    ],
)
def test_labels_are_commands(callback: Callback, label: Label | None, facts: tuple[AnyFact, ...]) -> None:
    """Each label says what its name says, once for a thread of several mails, and nothing where it is so already."""
    assert outcome.read_label(callback, label, NOW, later) == facts


# --- drafts


def ref(name: str, etag: str = "1") -> DraftRef:
    return DraftRef(ref=Ref(name), etag=ETag(etag))


STANDING = DraftState(
    purpose=Purpose.WILL_CALL_AT,
    key="ours",
    ref=ref("d"),
    digest="HELLO",
    message_id="<ours@x.example>",
    account="home",
    written_at=NOW,
    named_time=TOMORROW,
)


def digest(raw: bytes) -> str:
    return raw.decode().upper()


def draft(name: str, raw: bytes = b"hello", key: str | None = None, etag: str = "1") -> Draft:
    return Draft(ref=ref(name, etag), raw=raw, key=key)


def find(*present: Draft, mine: str = "") -> Draft | None:
    return outcome.find_draft(STANDING, present, digest, lambda one: one.ref.ref == mine)


def test_a_draft_is_found_by_its_ref_its_key_its_words_and_its_caller() -> None:
    """The surest sign wins, wherever the draft lies in the folder; another draft of ours is never taken for it."""
    by_ref, by_key = draft("d", b"x"), draft("e", b"x", "ours")
    by_words, by_caller = draft("f"), draft("g", b"x")
    others = [draft("h", b"x"), draft("i", b"hello", "another"), draft("g2", b"x", "another")]
    assert find(*others, by_caller, by_words, by_key, by_ref, mine="g") == by_ref
    assert find(*others, by_caller, by_words, by_key, mine="g") == by_key
    assert find(*others, by_caller, by_words, mine="g") == by_words
    assert find(*others, by_caller, mine="g") == by_caller
    assert find(*others, mine="g2") is None
    assert find() is None


EDITED = replace(STANDING, status=DraftStatus.EDITED, edited=True)
MISSING = replace(STANDING, status=DraftStatus.MISSING)


@pytest.mark.parametrize(
    ("state", "found", "facts"),
    [
        (STANDING, draft("d"), ()),
        (STANDING, draft("d", etag="2"), (DraftSeen(purpose=Purpose.WILL_CALL_AT, ref=ref("d", "2")),)),
        (STANDING, draft("d", b"hi", etag="2"), (DraftEdited(purpose=Purpose.WILL_CALL_AT, ref=ref("d", "2")),)),
        (STANDING, draft("e"), (DraftEdited(purpose=Purpose.WILL_CALL_AT, ref=ref("e")),)),
        (STANDING, None, (DraftMissing(purpose=Purpose.WILL_CALL_AT),)),
        (MISSING, None, (DraftDropped(purpose=Purpose.WILL_CALL_AT),)),
        (MISSING, draft("d"), (DraftSeen(purpose=Purpose.WILL_CALL_AT, ref=ref("d")),)),
        (MISSING, draft("d", b"hi"), (DraftEdited(purpose=Purpose.WILL_CALL_AT, ref=ref("d")),)),
        (EDITED, draft("d", b"hi"), ()),
        (EDITED, draft("e", b"hi"), (DraftSeen(purpose=Purpose.WILL_CALL_AT, ref=ref("e")),)),
        (EDITED, None, (DraftMissing(purpose=Purpose.WILL_CALL_AT),)),
        (
            replace(EDITED, status=DraftStatus.MISSING),
            draft("d", b"hi"),
            (DraftSeen(purpose=Purpose.WILL_CALL_AT, ref=ref("d")),),
        ),
        (replace(EDITED, status=DraftStatus.MISSING), None, (DraftDropped(purpose=Purpose.WILL_CALL_AT),)),
        (replace(STANDING, status=DraftStatus.SENT), None, ()),
        (replace(STANDING, status=DraftStatus.DROPPED), draft("d"), ()),
        (replace(STANDING, status=DraftStatus.REMOVED), None, ()),
    ],
)
def test_what_became_of_a_draft(state: DraftState, found: Draft | None, facts: tuple[AnyFact, ...]) -> None:
    """A draft is as it was, re-saved, the user's now, missing for the first time, or dropped."""
    assert outcome.read_draft(state, found, digest) == facts


def test_sent() -> None:
    """A sent draft told the caller, the time too where the words still name it, and only once."""
    told = Told(purpose=Purpose.WILL_CALL_AT, named_time=TOMORROW)
    assert outcome.read_sent(OPEN, STANDING, names_time=True) == (told,)
    assert outcome.read_sent(OPEN, STANDING, names_time=False) == (Told(purpose=Purpose.WILL_CALL_AT),)
    assert outcome.read_sent(OPEN, replace(STANDING, status=DraftStatus.SENT), names_time=True) == ()
    assert outcome.read_sent(OPEN, replace(STANDING, status=DraftStatus.DROPPED), names_time=True) == (told,)


def test_a_time_told_after_the_closing_reopens() -> None:
    """A closed callback whose caller was told a time is owed again; one told no time stays closed."""
    facts = outcome.read_sent(CLOSED, STANDING, names_time=True)
    assert [type(fact) for fact in facts] == [Reopened, Told]
    assert [type(fact) for fact in outcome.read_sent(CLOSED, STANDING, names_time=False)] == [Told]


# --- promises

AT = NOW
GRACE = outcome.GRACE
SECOND = timedelta(seconds=1)


def settled(*tried: datetime, now: datetime, closed: Callback | None = None) -> list[Verdict]:
    attempts = tuple(Attempted(at=at, result=AttemptResult.NO_ANSWER) for at in tried)
    callback = replace(closed or OPEN, attempts=attempts, promises=(Promise(at=AT, source=Source.SENT),))
    facts = outcome.settle_promises(callback, now)
    assert all(isinstance(fact, PromiseSettled) and fact.at == AT for fact in facts)
    return [fact.verdict for fact in facts if isinstance(fact, PromiseSettled)]


@pytest.mark.parametrize(
    ("offset", "verdicts"),
    [
        (-GRACE - SECOND, []),
        (-GRACE, [Verdict.KEPT]),
        (timedelta(0), [Verdict.KEPT]),
        (GRACE, [Verdict.KEPT]),
        (GRACE + SECOND, [Verdict.LATE]),
        (3 * HOUR, [Verdict.LATE]),
    ],
)
def test_a_call_around_the_promised_time(offset: timedelta, verdicts: list[Verdict]) -> None:
    """A try or a closing call within the grace keeps the promise, a later one is late, an earlier one is another's."""
    now = AT + max(offset, timedelta(0)) if verdicts else AT
    assert settled(AT + offset, now=now) == verdicts
    assert settled(now=now, closed=replace(CLOSED, closed_at=AT + offset)) == verdicts


@pytest.mark.parametrize(("after", "verdicts"), [(timedelta(0), []), (GRACE, []), (GRACE + SECOND, [Verdict.MISSED])])
def test_a_promise_without_a_call(after: timedelta, verdicts: list[Verdict]) -> None:
    """A promise is missed once the grace is over and not before, an early try notwithstanding."""
    assert settled(now=AT + after) == verdicts
    assert settled(AT - HOUR, now=AT + after) == verdicts


@pytest.mark.parametrize("ended", [Outcome.ABANDONED, Outcome.SPAM, Outcome.HANDLED_ELSEWHERE, None])
def test_a_closing_without_a_call_keeps_nothing(ended: Outcome | None) -> None:
    """Giving a caller up or merging at the promised time is not calling; nobody waits for it any more either."""
    assert settled(now=AT + HOUR, closed=replace(CLOSED, outcome=ended, closed_at=AT)) == []


def test_a_settled_promise_is_not_settled_again() -> None:
    """Only the open one of two promises gets a verdict."""
    promises = (
        Promise(at=AT - 2 * HOUR, source=Source.SENT, verdict=Verdict.MISSED),
        Promise(at=AT, source=Source.COMMAND),
    )
    callback = replace(OPEN, promises=promises, attempts=(Attempted(at=AT, result=AttemptResult.BUSY),))
    assert outcome.settle_promises(callback, AT) == (PromiseSettled(at=AT, verdict=Verdict.KEPT),)
    assert outcome.settle_promises(OPEN, NOW) == ()
