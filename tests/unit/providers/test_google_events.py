"""Events as Google Calendar writes them: identity, the way of writing, what others added."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.model.calendar import Event, EventStatus
from providers.google.events import (
    COLOUR,
    PROMISED,
    InexpressibleError,
    UnreadableError,
    event_id,
    is_same,
    own_key,
    read,
    write,
)
from providers.google.markup import LONGEST, escaped, plain
from tests.contract.harness import MONDAY, ZONE, event

ALLOWED = set("abcdefghijklmnopqrstuv0123456789")


def stored(wanted: Event, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    """Return an event as Google would keep it, with changes of somebody's."""
    raw = {"id": event_id(wanted.uid), "etag": '"1"', **write(wanted)}
    return raw | changes


@given(st.text(min_size=1, max_size=400))
def test_every_uid_has_an_id_that_google_takes(uid: str) -> None:
    """An id has 5 to 1024 of the characters allowed, and always the same for one uid."""
    found = event_id(uid)
    assert 5 <= len(found) <= 1024
    assert set(found) <= ALLOWED
    assert event_id(uid) == found


@given(st.sets(st.text(min_size=1, max_size=8), min_size=2, max_size=9))
def test_two_uids_have_two_ids(uids: set[str]) -> None:
    """No two uids share an id, short ones included."""
    assert len({event_id(uid) for uid in uids}) == len(uids)


def test_an_id_is_the_uid_in_base32hex() -> None:
    """The id is that of the examples in RFC 4648 10, in lower case and without padding."""
    assert event_id("foobar") == "cpnmuoj1e8"


@given(st.text(alphabet=st.sampled_from("ab <>&;#x27/!?\nü\"'amplt=-"), max_size=60))
def test_text_survives_a_field_that_shows_html(text: str) -> None:
    """Whatever the text, it comes back unchanged and no client finds a tag or an entity of the caller's in it."""
    written = escaped(text)
    assert plain(written) == text
    assert not any(f"<{each}" in written for each in "ab/!?x")


@pytest.mark.parametrize(
    "text", ["Tom & Jerry", "a < b > c", "1 <2", "AT&T", "https://example.org/?a=1&b=2", "tel:+4930901820", "--> x"]
)
def test_plain_words_are_written_as_they_are(text: str) -> None:
    """What no client takes for markup is not escaped: programs that show the field as it is show the words."""
    assert escaped(text) == text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ('<a href="https://evil.example">Call</a>', '&lt;a href="https://evil.example">Call&lt;/a>'),
        ("&lt;b>", "&amp;lt;b>"),
        ("&copy 2026", "&amp;copy 2026"),
        ("<!-- x", "&lt;!-- x"),
    ],
)
def test_markup_in_a_callers_words_is_text(text: str, written: str) -> None:
    """A tag or an entity in somebody's words is shown, not obeyed."""
    assert escaped(text) == written


def test_a_description_edited_in_a_google_client_is_read_as_text() -> None:
    """The web page stores HTML once a description was edited there."""
    assert plain("<p>one<br>two &amp; three</p>").split("\n") == ["one", "two & three"]


@given(st.integers(min_value=LONGEST - 20, max_value=LONGEST + 20), st.sampled_from(["x", "<b", "&amp;", "ü"]))
def test_a_description_is_cut_to_what_google_keeps(length: int, word: str) -> None:
    """No description is longer than Google's limit, whatever has to be escaped."""
    written = escaped(word * length)
    assert len(written) <= LONGEST
    assert plain(written) == word * length or (word * length).startswith(plain(written))


def test_google_rewrites_are_no_difference() -> None:
    """Defaults left out, another offset, another order of reminders, white space and another name of the zone."""
    wanted = event(
        description="one\ntwo ", opaque=True, private=False, reminders=(timedelta(0), timedelta(minutes=5)), zone="UTC"
    )
    raw = stored(wanted)
    for name in ("transparency", "visibility", "location"):
        del raw[name]
    raw["reminders"]["overrides"].reverse()
    raw |= {"description": "one\ntwo", "start": {"dateTime": "2026-03-23T10:00:00+01:00", "timeZone": "Etc/UTC"}}
    assert is_same(wanted, raw, ZONE)


@pytest.mark.parametrize(
    "change",
    [
        {"summary": "Call Bob"},
        {"start": {"dateTime": "2026-03-23T10:01:00+01:00", "timeZone": "Europe/Berlin"}},
        {"start": {"dateTime": "2026-03-23T10:00:00+01:00", "timeZone": "Asia/Tokyo"}},
        {"start": {"date": "2026-03-23"}},
        {"start": {}},
        {"transparency": "opaque"},
        {"status": "tentative"},
        {"visibility": "default"},
        {"description": "no"},
        {"location": "there"},
        {"reminders": {"useDefault": True}},
        {"extendedProperties": {}},
    ],
)
def test_a_users_change_is_a_difference(change: dict[str, Any]) -> None:
    """An event that somebody changed in any of our fields is not the one that was written."""
    wanted = event(description="yes", reminders=(timedelta(minutes=5),))
    assert is_same(wanted, stored(wanted), ZONE)
    assert not is_same(wanted, stored(wanted, **change), ZONE)


def test_a_copy_of_our_event_is_the_users() -> None:
    """A duplicate has our properties under another id; only the id that belongs to the uid is ours."""
    raw = stored(event())
    assert own_key(raw) == "cb1"
    assert own_key(raw | {"id": "0123456789abcdef"}) is None
    assert own_key(raw | {"id": f"{raw['id']}_20260323T090000Z", "recurringEventId": raw["id"]}) == "cb1"


@pytest.mark.parametrize("properties", [None, [], {"private": 5}, {"private": {"ringbackUid": 5, "ringbackKey": []}}])
def test_damaged_properties_are_nobodys(properties: object) -> None:
    """An event whose properties make no sense is not ours and can still be read."""
    raw = stored(event(), extendedProperties=properties)
    assert own_key(raw) is None
    assert read(raw, ZONE).summary == "Call Ann Byrne"


def test_reminders_of_the_user_stay() -> None:
    """Ours are replaced, the user's own ones are kept, and only ours are read back."""
    raw = stored(event(reminders=(timedelta(minutes=5),)))
    raw["reminders"]["overrides"] += [{"method": "email", "minutes": 60}, {"method": "popup", "minutes": 20}]
    assert read(raw, ZONE).reminders == (timedelta(minutes=5),)
    body = write(event(reminders=(timedelta(minutes=10),)), raw)
    assert body["reminders"]["overrides"] == [
        {"method": "popup", "minutes": 10},
        {"method": "email", "minutes": 60},
        {"method": "popup", "minutes": 20},
    ]


def test_defaults_that_the_user_chose_stay() -> None:
    """An event set back to the calendar's own reminders keeps them where we want none."""
    raw = stored(event(), reminders={"useDefault": True})
    assert write(event(), raw)["reminders"] == {"useDefault": True}


@pytest.mark.parametrize(
    "wanted",
    [
        event(reminders=(timedelta(minutes=-5),)),
        event(reminders=(timedelta(weeks=5),)),
        event(reminders=tuple(timedelta(minutes=each) for each in range(6))),
        event(zone="Nowhere/At_All"),
        event("x" * 1100 + ".0"),
    ],
)
def test_what_google_has_not_is_said(wanted: Event) -> None:
    """An event that Google Calendar cannot hold is refused rather than changed."""
    with pytest.raises(InexpressibleError):
        write(wanted)


def test_a_promise_has_a_colour_of_its_own() -> None:
    """Holds and slots have one colour, a promise (reminded of before its start) another; the user's choice stays."""
    hold, promise = event(reminders=(timedelta(0),)), event(reminders=(timedelta(minutes=5),))
    assert (write(hold)["colorId"], write(promise)["colorId"]) == (COLOUR, PROMISED)
    assert write(promise, stored(hold))["colorId"] == PROMISED
    assert "colorId" not in write(promise, stored(hold, colorId="11"))
    assert "colorId" not in write(promise, {name: value for name, value in stored(hold).items() if name != "colorId"})


def test_long_categories_fit_googles_properties() -> None:
    """What is longer than a property may be goes into several, and leaves with the event's next version."""
    wanted = event(categories=("x" * 3000, "Ünï"))
    raw = stored(wanted)
    values = raw["extendedProperties"]["private"].values()
    assert max(map(len, values)) <= 1024
    assert read(raw, ZONE).categories == wanted.categories
    private = write(event(categories=("a",)), raw)["extendedProperties"]["private"]
    assert [value for name, value in private.items() if name.startswith("ringbackCategories") and value] == ['["a"]']
    assert json.dumps(private).count("null") == 2


def test_an_event_made_all_day_by_the_user() -> None:
    """It is read from midnight to midnight, and written with times again."""
    raw = stored(event(), start={"date": "2026-03-23"}, end={"date": "2026-03-24"})
    found = read(raw, ZONE)
    assert (found.start, found.end) == (MONDAY, MONDAY + timedelta(days=1))
    assert write(event(), raw)["start"]["date"] is None


@pytest.mark.parametrize(
    "start", [None, [], {}, {"date": "someday"}, {"dateTime": "yesterday"}, {"dateTime": "2026-13-01T00:00:00Z"}]
)
def test_an_event_without_times_cannot_be_read(start: object) -> None:
    """A time that is missing or none is said, not guessed."""
    with pytest.raises(UnreadableError):
        read(stored(event(), start=start), ZONE)


def test_a_zone_nobody_knows_is_the_users() -> None:
    """A name that no table has leaves the instants and shows them in the user's zone."""
    times = {"dateTime": "2026-03-23T10:00:00+01:00", "timeZone": "Mars/Olympus"}
    found = read(stored(event(), start=times), ZONE)
    assert (found.zone, found.start) == ("Europe/Berlin", MONDAY.replace(hour=10))
    naive = {"dateTime": "2026-03-23T10:00:00", "timeZone": "America/New_York"}
    assert read(stored(event(), start=naive), ZONE).start == MONDAY.replace(
        hour=10, tzinfo=ZoneInfo("America/New_York")
    )


def test_what_google_calls_anything_else_is_confirmed() -> None:
    """A status that is none of iCalendar's is the default."""
    assert read(stored(event(), status="odd"), ZONE).status is EventStatus.CONFIRMED
