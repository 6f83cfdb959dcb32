"""Which callback a call belongs to, and which mails tell of one ring."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from assistant import match
from assistant.model.call import E164, Call, Kind, Urgency, Window
from assistant.model.heard import KnownCall
from assistant.model.journal import CallId, Subject

NOON = datetime(2026, 11, 16, 12, tzinfo=UTC)
NUMBER = E164("+12125550141")
MINUTE = timedelta(minutes=1)


def call(kind: Kind = Kind.MISSED_CALL, after: timedelta = timedelta(0), name: str | None = "Ann Byrne") -> Call:
    return Call(kind=kind, calling_number=NUMBER, caller_name=name, start_time=NOON + after)


def known(one: Call, subject: str = "1", name: str | None = "Ann Byrne") -> KnownCall:
    at = f"{one.start_time.timestamp()}"
    return KnownCall(id=CallId(f"call-{at}"), subject=Subject(subject), number=NUMBER, name=name, call=one)


WITHHELD = Call(kind=Kind.MISSED_CALL, start_time=NOON)


# --- names


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann Byrne", "Ann Byrne"),
        ("BYRNE ANN", "Ann Byrne"),
        ("Ann", "ann byrne"),
        ("Byrne, A.", "Ann Byrne"),
        ("Dr. Byrne", "Ann Byrne"),
        ("Jürgen Groß", "JÜRGEN GROSS"),
        ("Jürgen", "Jürgen"),
        (None, "Ann Byrne"),
        ("", "Ann Byrne"),
        ("***", "Ann Byrne"),
        ("Dr.", "Dr."),
    ],
)
def test_names_that_may_be_one(one: str | None, other: str | None) -> None:
    """Names agree when one is unknown or they share a word, either way round."""
    assert match.names_agree(one, other)
    assert match.names_agree(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Ann Byrne", "Bo Tan"), ("Dr. Adams", "Dr. Brown"), ("Herr Meier", "Herr Schulz"), ("Ann", "Anna")],
)
def test_names_that_are_two(one: str, other: str) -> None:
    """Names without a word in common are two, and a title is no word of a name."""
    assert not match.names_agree(one, other)
    assert not match.names_agree(other, one)


# --- who is one caller


def test_one_number_is_one_caller() -> None:
    """A call joins the owed callback of its number, the newest of several."""
    calls = [known(call(), "1"), known(call(after=MINUTE), "2"), known(call(after=2 * MINUTE), "3")]
    assert match.owner(call(), "Ann Byrne", calls, {Subject("1"), Subject("2")}) == "2"
    assert match.owner(call(), None, calls, {Subject("1")}) == "1"


def test_a_switchboard_is_parted_by_name() -> None:
    """Callers of different names behind one number have callbacks of their own."""
    calls = [known(call(), "1"), known(call(name="Bo Tan"), "2", "Bo Tan")]
    owed = {Subject("1"), Subject("2")}
    assert match.owner(call(), "Ann Byrne", calls, owed) == "1"
    assert match.owner(call(name="Bo Tan"), "Bo Tan", calls, owed) == "2"
    assert match.owner(call(name="Cy Dunn"), "Cy Dunn", calls, owed) is None
    assert match.owner(call(name=None), None, calls, owed) == "2"


def test_several_numbers_of_a_contact_are_one_caller() -> None:
    """Calls of any number that the address book gives to one person belong together."""
    mobile = replace(known(replace(call(), calling_number=E164("+12125550149"))), number=E164("+12125550149"))
    assert match.owner(call(), "Ann Byrne", [mobile], {Subject("1")}) == "1"


def test_what_is_closed_is_not_joined_and_is_the_callback_before() -> None:
    """A call after the closing opens a new callback that is linked to the newest old one of this caller."""
    calls = [known(call(), "1"), known(call(), "2"), known(call(name="Bo Tan"), "3", "Bo Tan")]
    assert match.owner(call(), "Ann Byrne", calls, set()) is None
    assert match.previous(call(), "Ann Byrne", calls) == "2"
    assert match.previous(call(), "Cy Dunn", calls) is None
    assert match.previous(call(), "Ann Byrne", []) is None


def test_a_withheld_number_never_merges() -> None:
    """A call of which nothing is known joins no callback, no twin and no past, also where such calls are known."""
    old = KnownCall(id=CallId("c"), subject=Subject("1"), number=None, name=None, call=WITHHELD)
    assert match.is_withheld(WITHHELD)
    assert match.same_call(WITHHELD, None, [old]) is None
    assert match.owner(WITHHELD, None, [old], {Subject("1")}) is None
    assert match.previous(WITHHELD, None, [old]) is None


@pytest.mark.parametrize(
    "said",
    [{"calling_number": NUMBER}, {"callback_number": NUMBER}, {"extension": "204"}, {"caller_name": "Ann Byrne"}],
)
def test_what_says_who_called(said: dict[str, str]) -> None:
    """A number, an extension or a name each say who called."""
    assert not match.is_withheld(Call(kind=Kind.MISSED_CALL, start_time=NOON, **said))  # type: ignore[arg-type]  # text


# --- one ring


@pytest.mark.parametrize(
    ("old", "new", "seconds", "same"),
    [
        (Kind.MISSED_CALL, Kind.MISSED_CALL, 0, True),
        (Kind.MISSED_CALL, Kind.MISSED_CALL, 45, True),
        (Kind.MISSED_CALL, Kind.MISSED_CALL, 46, False),
        (Kind.VOICEMAIL, Kind.VOICEMAIL, -45, True),
        (Kind.VOICEMAIL, Kind.VOICEMAIL, 60, False),
        (Kind.MISSED_CALL, Kind.VOICEMAIL, 40, True),
        (Kind.VOICEMAIL, Kind.MISSED_CALL, -40, True),
        (Kind.MISSED_CALL, Kind.VOICEMAIL, 300, True),
        (Kind.MISSED_CALL, Kind.VOICEMAIL, 301, False),
    ],
)
def test_two_mails_of_one_ring(old: Kind, new: Kind, seconds: int, same: bool) -> None:  # noqa: FBT001  a parameter of the test
    """A ring-group's copies are one call within 45 seconds, a missed call and its voicemail within five minutes."""
    first = known(call(old))
    twin = match.same_call(call(new, timedelta(seconds=seconds)), "Ann Byrne", [first])
    assert twin == (first if same else None)


def test_three_calls_in_a_day_stay_three() -> None:
    """Calls of an hour apart are calls of their own, and a mail about one of them joins that one."""
    calls = [known(call(after=hours * 60 * MINUTE)) for hours in range(3)]
    assert match.same_call(call(after=3 * 60 * MINUTE), "Ann Byrne", calls) is None
    assert match.same_call(call(after=30 * MINUTE), "Ann Byrne", calls) is None
    assert match.same_call(call(Kind.VOICEMAIL, 61 * MINUTE), "Ann Byrne", calls) == calls[1]


def test_the_nearest_ring_is_the_twin() -> None:
    """Of two rings shortly after each other the voicemail belongs to the nearer."""
    calls = [known(call()), known(call(after=3 * MINUTE))]
    assert match.same_call(call(Kind.VOICEMAIL, 4 * MINUTE), "Ann Byrne", calls) == calls[1]


def test_two_callers_of_a_switchboard_at_once_are_two_rings() -> None:
    """Mails of one number and moment with different names tell of two calls."""
    assert match.same_call(call(name="Bo Tan"), "Bo Tan", [known(call())]) is None


# --- two reports together


def test_together_the_voicemail_leads_and_gaps_are_filled() -> None:
    """What either mail knows is known, whichever comes first."""
    missed = replace(call(), extension="204", urgency=Urgency.URGENT)
    window = Window(text="after three")
    voicemail = replace(call(Kind.VOICEMAIL, MINUTE, None), transcript="Call me", duration=MINUTE, requested=window)
    for merged in (match.together(missed, voicemail), match.together(voicemail, missed)):
        assert (merged.kind, merged.transcript, merged.duration) == (Kind.VOICEMAIL, "Call me", MINUTE)
        assert (merged.caller_name, merged.extension, merged.requested) == ("Ann Byrne", "204", window)
        assert (merged.urgency, merged.start_time, merged.calling_number) == (Urgency.URGENT, NOON, NUMBER)


def test_together_of_one_kind_the_first_leads() -> None:
    """A copy changes nothing that the first mail said, and one wish to be called is enough."""
    first = replace(call(), transcript="one", wants_callback=False, urgency=Urgency.LOW)
    merged = match.together(first, replace(call(after=MINUTE), transcript="two"))
    assert (merged.transcript, merged.wants_callback, merged.urgency) == ("one", True, Urgency.LOW)
    assert match.together(first, first) == first
