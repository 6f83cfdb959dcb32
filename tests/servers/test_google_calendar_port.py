"""What the Calendar and Contacts ports make of Google's own ways, on the fake."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from google.oauth2.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import AuthError, CursorExpiredError, NotFoundError, UnsupportedError
from assistant.model.calendar import FbType
from assistant.model.mailbox import Ref
from providers.google.calendar import GoogleCalendar
from providers.google.events import KEY, UID, CalendarOptions, event_id
from providers.google.service import Google
from tests.contract.google import QUICK, connected
from tests.contract.harness import MONDAY, ZONE, event, instants
from tests.servers.google.faults import Broken, Fault
from tests.servers.google.server import GoogleServer

if TYPE_CHECKING:
    from collections.abc import Iterator

WEEK = (MONDAY, MONDAY + timedelta(days=7))
TEN = {"start": {"dateTime": "2026-03-23T10:00:00+01:00"}, "end": {"dateTime": "2026-03-23T11:00:00+01:00"}}
OWNER = "owner@example.org"


@pytest.fixture
def server() -> Iterator[GoogleServer]:
    """Return Google with an empty account; afterwards nothing was asked that the documents do not allow."""
    with GoogleServer(OWNER) as running:
        yield running
        assert running.violations == []
        assert running.sends() == []
        assert running.state.calendars.events.invited == []


class Open:
    """Calendars of one connection each, and the clock they share."""

    def __init__(self, server: GoogleServer) -> None:
        self.server = server
        self.now = MONDAY
        self.problems: list[str] = []
        self.google = connected(server)

    def __call__(self, calendar: str = "primary", busy: tuple[str, ...] | None = None) -> GoogleCalendar:
        options = CalendarOptions(calendar=calendar, busy=busy)
        return GoogleCalendar(self.google, options, ZONE, self.problems.append, lambda: self.now)


@pytest.fixture
def opened(server: GoogleServer) -> Iterator[Open]:
    """Return what opens calendars."""
    found = Open(server)
    yield found
    found.google.close()


def add(server: GoogleServer, calendar: str = "primary", **fields: Any) -> str:  # noqa: ANN401 - any field
    """Have an event on Monday at ten; return its id."""
    return server.state.calendars.add_event({"summary": "Meeting", **TEN, **fields}, calendar)


def test_a_quiet_pass_asks_once_and_reads_no_agenda(server: GoogleServer, opened: Open) -> None:
    """With one calendar an idle look is one request, and says that the agenda is as it was."""
    first = opened(busy=())
    cursor = first.changes(None).cursor
    version = first.version()
    assert version is not None
    server.reset_traffic()
    later = opened(busy=())
    assert later.version() is None
    assert later.changes(cursor).cursor == cursor
    assert later.version() == version
    assert [each.method_id for each in server.traffic] == ["calendar.events.list"]


def test_many_calendars_are_read_in_one_round_trip(server: GoogleServer, opened: Open) -> None:
    """An idle look at three calendars is one batch, and so is the agenda of all of them."""
    for name in ("Team", "Family"):
        server.state.calendars.add_calendar(name)
    cursor = opened().changes(None).cursor
    server.reset_traffic()
    assert opened().changes(cursor).cursor == cursor
    assert server.round_trips() == 1
    assert len(server.calls("calendar.events.list")) == 3
    server.reset_traffic()
    opened().agenda(*WEEK)
    assert server.round_trips("calendar.events.list") == 1


def test_a_change_on_any_calendar_is_another_version(server: GoogleServer, opened: Open) -> None:
    """An appointment on a calendar that only counts as busy changes no event of ours, and the version."""
    team = server.state.calendars.add_calendar("Team")
    calendar = opened()
    cursor = calendar.changes(None).cursor
    before = calendar.version()
    add(server, team)
    news = calendar.changes(cursor)
    assert (news.changed, news.removed) == ((), ())
    assert news.cursor != cursor
    assert calendar.version() not in {before, None}


def test_a_calendar_ticked_later_counts_within_the_hour(server: GoogleServer, opened: Open) -> None:
    """Which calendars are shown is looked at again after an hour, and what is new is another version."""
    calendar = opened()
    cursor = calendar.changes(None).cursor
    before = calendar.version()
    add(server, server.state.calendars.add_calendar("Choir"))
    opened.now += timedelta(minutes=59)
    assert calendar.changes(cursor).cursor == cursor
    opened.now += timedelta(minutes=2)
    assert calendar.changes(cursor).cursor != cursor
    assert calendar.version() != before
    assert [entry.title for entry in calendar.agenda(*WEEK)] == ["Meeting"]


def test_quiet_calendars_get_fresh_tokens_in_time(opened: Open) -> None:
    """After an hour without changes the cursor is written anew, lest its tokens grow old, and the version stays."""
    calendar = opened()
    cursor = calendar.changes(None).cursor
    before = calendar.version()
    opened.now += timedelta(hours=2)
    assert calendar.changes(cursor).cursor != cursor
    assert calendar.version() == before


def test_pages_are_read_to_the_last(server: GoogleServer, opened: Open) -> None:
    """Lists that Google cuts into pages are whole: changes, what is gone, the agenda, over two calendars."""
    team = server.state.calendars.add_calendar("Team")
    server.state.calendars.events.page = 2
    refs = [opened().put(event(f"cb{number}.0")) for number in range(5)]
    for _ in range(3):
        add(server, team)
    calendar = opened()
    first = calendar.changes(None)
    assert set(first.changed) == set(refs)
    assert len(calendar.agenda(*WEEK)) == 8
    for one in refs[:4]:
        server.state.calendars.delete_event(one.ref)
    assert set(calendar.changes(first.cursor).removed) == {one.ref for one in refs[:4]}


def test_a_calendar_that_cannot_tell_what_changed(
    server: GoogleServer, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where Google gives no sync token for a calendar that counts as busy nobody knows a version, and all else goes."""
    team = server.state.calendars.add_calendar("Team", role="freeBusyReader")
    add(server, team)
    monkeypatch.setattr(server.state.calendars.books[team], "issue", lambda *_: "")
    calendar = opened()
    cursor = calendar.changes(None).cursor
    assert calendar.version() is None
    assert calendar.changes(cursor).changed == ()
    assert calendar.version() is None
    monkeypatch.undo()
    calendar.changes(cursor)
    assert calendar.version() is not None


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["put", "delete", "rename", "restore", "look"]), st.integers(0, 3))))
def test_changes_summed_up_are_the_calendar(steps: list[tuple[str, int]]) -> None:
    """Whatever is done in whatever order: what the changes told one by one is what a full look tells."""
    with GoogleServer(OWNER) as server:
        opened, hands, known = Open(server), server.state.calendars, dict[str, str]()
        calendar = opened()
        hands.events.page = 2
        cursor = calendar.changes(None).cursor
        for act, number in [*steps, ("look", 0)]:
            ref = event_id(f"cb{number}.0")
            stored = hands.books[OWNER].events.get(ref)
            if act == "put" and stored is None:
                calendar.put(event(f"cb{number}.0"))
            elif act == "delete" and stored is not None:
                hands.delete_event(ref)
            elif act == "rename" and stored is not None and not stored.cancelled:
                hands.rename_event(ref, f"{stored.body['summary']}!")
            elif act == "restore" and stored is not None:
                hands.restore_event(ref)
            elif act == "look":
                news = calendar.changes(cursor)
                known |= {one.ref: one.etag for one in news.changed}
                known = {one: etag for one, etag in known.items() if one not in news.removed}
                cursor = news.cursor
        assert known == {one.ref: one.etag for one in opened().changes(None).changed}
        assert calendar.changes(cursor).cursor == cursor
        opened.google.close()


@pytest.mark.parametrize(
    ("fields", "fbtype"),
    [
        ({}, FbType.BUSY),
        ({"transparency": "transparent"}, FbType.FREE),
        ({"status": "tentative"}, FbType.BUSY_TENTATIVE),
        ({"eventType": "outOfOffice"}, FbType.BUSY_UNAVAILABLE),
        ({"eventType": "focusTime"}, FbType.BUSY),
        ({"eventType": "fromGmail"}, FbType.BUSY),
        ({"eventType": "workingLocation"}, None),
        ({"eventType": "birthday"}, None),
        ({"attendees": [{"email": OWNER, "self": True, "responseStatus": "declined"}]}, None),
        ({"attendees": [{"email": OWNER, "self": True, "responseStatus": "tentative"}]}, FbType.BUSY_TENTATIVE),
        ({"attendees": [{"email": OWNER, "self": True, "responseStatus": "needsAction"}]}, FbType.BUSY),
        ({"attendees": [{"email": "ann@x.example", "responseStatus": "declined"}]}, FbType.BUSY),
    ],
)
def test_what_takes_time(server: GoogleServer, opened: Open, fields: dict[str, Any], fbtype: FbType | None) -> None:
    """Declined invitations, places of work and birthdays take none; being out of office is more than busy."""
    add(server, **fields)
    assert [entry.fbtype for entry in opened().agenda(*WEEK)] == ([] if fbtype is None else [fbtype])


def test_people_are_the_others(server: GoogleServer, opened: Open) -> None:
    """The user, rooms and the addresses of calendars are no people."""
    team = server.state.calendars.add_calendar("Team")
    attendees = [{"email": OWNER, "self": True}, {"email": "Ann@X.example"}, {"email": "r@x.example", "resource": True}]
    add(server, team, attendees=attendees, organizer={"email": "bob@x.example"})
    add(server, team, attendees=[{"email": "c_1@group.calendar.google.com"}])
    assert [entry.people for entry in opened().agenda(*WEEK)] == [("bob@x.example", "ann@x.example"), ()]


@pytest.mark.parametrize(
    ("role", "visibility", "title"),
    [
        ("freeBusyReader", "default", None),
        ("reader", "private", None),
        ("reader", "default", "Meeting"),
        ("owner", "private", "Meeting"),
    ],
)
def test_titles_that_are_not_ours_to_see(
    server: GoogleServer, opened: Open, role: str, visibility: str, title: str | None
) -> None:
    """A calendar that shows only when somebody is busy counts, without titles."""
    team = server.state.calendars.add_calendar("Team", role=role)
    add(server, team, visibility=visibility)
    (entry,) = opened(busy=("Team",)).agenda(*WEEK)
    assert (entry.title, entry.fbtype) == (title, FbType.BUSY)


def test_all_day_is_the_users_day(server: GoogleServer, opened: Open) -> None:
    """A date on a calendar of another zone is still the user's day, also at the edge of what was asked for."""
    team = server.state.calendars.add_calendar("Team", zone="Pacific/Auckland")
    add(server, team, start={"date": "2026-03-22"}, end={"date": "2026-03-23"})
    add(server, team, start={"date": "2026-03-23"}, end={"date": "2026-03-24"})
    (entry,) = opened().agenda(MONDAY, MONDAY + timedelta(hours=1))
    assert (entry.start, entry.all_day) == (MONDAY, True)


def test_our_key_on_another_calendar_is_nothing(server: GoogleServer, opened: Open) -> None:
    """Even a perfect copy of a hold, id and all, is the user's own on a calendar that we do not write to."""
    team = server.state.calendars.add_calendar("Team")
    add(server, team, id=event_id("cb1.0"), extendedProperties={"private": {UID: "cb1.0", KEY: "cb1"}})
    assert [entry.key for entry in opened().agenda(*WEEK)] == [None]
    assert opened().find("cb1.0") is None


def test_a_duplicate_of_a_hold_is_the_users(server: GoogleServer, opened: Open) -> None:
    """Google copies private properties when the user duplicates an event; the copy is no hold of ours."""
    ref = opened().put(event(opaque=True))
    copy = server.state.calendars.event(ref.ref)
    add(server, **{name: copy[name] for name in ("start", "end", "extendedProperties")})
    assert [entry.key for entry in opened().agenda(*WEEK)] == ["cb1", None]


def test_a_replaced_event_keeps_what_the_user_added(server: GoogleServer, opened: Open) -> None:
    """Guests, a link, a colour and reminders of the user's stay, in one request where the event was seen before."""
    calendar = opened()
    ref = calendar.put(event(reminders=(timedelta(minutes=5),)))
    own = {
        "attendees": [{"email": "ann@x.example", "responseStatus": "needsAction"}],
        "colorId": "11",
        "reminders": {
            "useDefault": False,
            "overrides": [{"method": "popup", "minutes": 5}, {"method": "email", "minutes": 60}],
        },
        "source": {"url": "https://example.org/", "title": "x"},
    }
    server.state.calendars.edit_event(ref.ref, own)
    later = opened()
    later.agenda(*WEEK)
    server.reset_traffic()
    seen = server.state.calendars.event(ref.ref)
    ref = later.put(event(summary="Call Bob"), type(ref)(ref=ref.ref, etag=seen["etag"]))
    assert [each.method_id for each in server.traffic] == ["calendar.events.patch"]
    raw = server.state.calendars.event(ref.ref)
    assert raw["summary"] == "Call Bob"
    assert raw["reminders"]["overrides"] == [{"method": "email", "minutes": 60}]
    assert [raw[name] for name in ("attendees", "colorId", "source")] == [
        own[name] for name in ("attendees", "colorId", "source")
    ]


def test_an_event_is_written_as_users_expect(server: GoogleServer, opened: Open) -> None:
    """It is private, has a colour and its own reminders, its zone by name, and invites nobody."""
    ref = opened().put(event(reminders=(timedelta(minutes=5),), description="<b>x</b>"))
    raw = server.state.calendars.event(ref.ref)
    assert raw["id"] == event_id("cb1.0")
    assert raw["start"] == {"dateTime": "2026-03-23T10:00:00+01:00", "timeZone": "Europe/Berlin"}
    assert raw["reminders"] == {"useDefault": False, "overrides": [{"method": "popup", "minutes": 5}]}
    assert (raw["visibility"], raw["transparency"], raw["description"]) == (
        "private",
        "transparent",
        "&lt;b>x&lt;/b>",
    )
    assert "attendees" not in raw


def test_a_deleted_uid_is_used_up(server: GoogleServer, opened: Open) -> None:
    """The next generation is another event, and the one after that too, whatever was deleted before."""
    calendar = opened()
    for generation in range(3):
        ref = calendar.put(event(f"cb1.{generation}"))
        server.state.calendars.delete_event(ref.ref)
        with pytest.raises(NotFoundError):
            calendar.get(ref.ref)
    assert server.state.calendars.living() == []


def test_a_hold_the_user_put_back_is_there_again(server: GoogleServer, opened: Open) -> None:
    """An event taken out of the bin is the same event with its key."""
    calendar = opened()
    ref = calendar.put(event())
    cursor = calendar.changes(None).cursor
    server.state.calendars.delete_event(ref.ref)
    gone = calendar.changes(cursor)
    assert gone.removed == (ref.ref,)
    server.state.calendars.restore_event(ref.ref)
    back = calendar.changes(gone.cursor)
    assert [one.ref for one in back.changed] == [ref.ref]
    assert calendar.get(ref.ref).event.key == "cb1"


def test_a_purged_event_is_gone(server: GoogleServer, opened: Open) -> None:
    """What Google has forgotten altogether is not found, and deleting it is success."""
    calendar = opened()
    ref = calendar.put(event())
    server.state.calendars.delete_event(ref.ref)
    server.state.calendars.purge_event(ref.ref)
    assert calendar.find("cb1.0") is None
    calendar.delete(ref)
    with pytest.raises(NotFoundError):
        calendar.put(event(summary="Call Bob"), ref)


def test_a_hold_that_the_user_repeats_stays_ours(server: GoogleServer, opened: Open) -> None:
    """Each repetition has our key, so that none of them counts as an appointment of the user's."""
    ref = opened().put(event())
    server.state.calendars.edit_event(ref.ref, {"recurrence": ["RRULE:FREQ=DAILY;COUNT=3"]})
    assert [entry.key for entry in opened().agenda(*WEEK)] == ["cb1"] * 3
    assert opened().get(ref.ref).event.summary == "Call Ann Byrne"


def test_an_event_that_cannot_be_read_is_told_of_once(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stops no other, is named once, and while it is there no version says that all is known."""
    calendar = opened(busy=())
    calendar.changes(None)
    odd = {"id": "odd00", "etag": '"1"', "start": {"dateTime": "25 o'clock"}, "end": {}}
    answer = {"items": [odd, {"id": "good0", "summary": "Meeting", **TEN}, "rubbish", {}], "accessRole": "owner"}
    monkeypatch.setattr(opened.google, "call", lambda *_: answer)
    for _ in range(2):
        assert [entry.title for entry in calendar.agenda(*WEEK)] == ["Meeting"]
    assert ["odd00" in line for line in opened.problems] == [True]
    assert calendar.version() is None


# --- which calendar


def test_a_calendar_is_found_by_its_name(server: GoogleServer, opened: Open) -> None:
    """Of several with one name that one gets our events which we may write to."""
    server.state.calendars.add_calendar("Calls", role="reader")
    own = server.state.calendars.add_calendar("Calls")
    ref = opened("Calls").put(event())
    assert [each["id"] for each in server.state.calendars.living(own)] == [ref.ref]
    assert opened(own).get(ref.ref).event.uid == "cb1.0"


def test_a_renamed_calendar_is_still_the_one(server: GoogleServer, opened: Open) -> None:
    """The cursor remembers which calendar the name meant."""
    own = server.state.calendars.add_calendar("Calls")
    ref = opened("Calls").put(event())
    cursor = opened("Calls").changes(None).cursor
    server.state.calendars.rename_calendar(own, "Ringback")
    calendar = opened("Calls")
    assert calendar.changes(cursor).removed == ()
    assert calendar.get(ref.ref).event.uid == "cb1.0"
    with pytest.raises(NotFoundError, match="no calendar 'Calls'"):
        opened("Calls").find("cb1.0")


def test_another_calendar_in_the_settings_is_another_place(server: GoogleServer, opened: Open) -> None:
    """A cursor of one calendar says nothing about another, nor about one that was made anew under the same name."""
    own = server.state.calendars.add_calendar("Calls")
    cursor = opened("Calls").changes(None).cursor
    with pytest.raises(CursorExpiredError):
        opened().changes(cursor)
    server.state.calendars.withdraw(own)
    with pytest.raises(NotFoundError):
        opened("Calls").changes(cursor)
    server.state.calendars.add_calendar("Calls")
    with pytest.raises(CursorExpiredError):
        opened("Calls").changes(cursor)


def with_rights(opened: Open, *scopes: str) -> None:
    """Open a connection with these rights alone."""
    token = opened.server.sign_in(f"https://www.googleapis.com/auth/{scope}" for scope in scopes)["token"]
    opened.google.close()
    credentials = Credentials(token)  # type: ignore[no-untyped-call]  # the library has no types
    opened.google = Google(credentials, root=opened.server.url, patience=QUICK)


def test_a_calendar_is_made_once(server: GoogleServer, opened: Open) -> None:
    """Making a calendar of a name that is there returns the one that is, also after a lost answer."""
    with_rights(opened, "calendar.events", "calendar.calendarlist.readonly", "calendar.app.created")
    server.faults.add(Fault("calendar.calendars.insert", Broken.DROP_AFTER))
    made = opened().create_calendar("Calls")
    assert opened().create_calendar("Calls") == made
    assert len(server.calls("calendar.calendars.insert")) == 1
    assert opened("Calls").changes(None).changed == ()


def test_a_calendar_is_not_made_without_the_right_to(opened: Open) -> None:
    """Reading and writing events is not enough; the error says what is."""
    with_rights(opened, "calendar.events", "calendar.calendarlist.readonly")
    with pytest.raises(AuthError, match="ringback connect google"):
        opened().create_calendar("Calls")


def test_a_calendar_missing_from_the_settings_is_named(server: GoogleServer, opened: Open) -> None:
    """A busy calendar that is named and not there is an error of the agenda, which would else plan over it."""
    team = server.state.calendars.add_calendar("Team")
    calendar = opened(busy=("Team",))
    cursor = calendar.changes(None).cursor
    server.state.calendars.withdraw(team)
    later = opened(busy=("Team",))
    cursor = later.changes(cursor).cursor
    assert later.version() is None
    with pytest.raises(NotFoundError, match="Team"):
        later.agenda(*WEEK)


def test_a_shown_calendar_taken_away_counts_no_more(server: GoogleServer, opened: Open) -> None:
    """One that was merely ticked in the list is left out, and the version says that the agenda changed."""
    team = server.state.calendars.add_calendar("Team")
    add(server, team)
    calendar = opened()
    cursor = calendar.changes(None).cursor
    before = calendar.version()
    server.state.calendars.withdraw(team)
    later = opened()
    cursor = later.changes(cursor).cursor
    assert later.version() not in {before, None}
    assert list(later.agenda(*WEEK)) == []
    assert later.changes(cursor).cursor == cursor


def test_a_right_that_was_taken_back_is_said(server: GoogleServer, opened: Open) -> None:
    """Where we may only read, writing is refused with what to do, nothing is lost, and reading goes on."""
    own = server.state.calendars.add_calendar("Calls")
    calendar = opened("Calls")
    ref = calendar.put(event())
    server.state.calendars.share(own, "reader")
    for write in (
        lambda: calendar.put(event("cb2.0")),
        lambda: calendar.put(event(summary="x"), ref),
        lambda: calendar.delete(ref),
    ):
        with pytest.raises(UnsupportedError, match="write access"):
            write()
    assert calendar.changes(None).changed == (ref,)


def test_the_absence_of_an_event_counts_only_where_its_calendar_is(server: GoogleServer, opened: Open) -> None:
    """With the whole calendar gone nothing is "not found" and nothing counts as deleted."""
    own = server.state.calendars.add_calendar("Calls")
    calendar = opened("Calls")
    ref = calendar.put(event())
    server.state.calendars.withdraw(own)
    with pytest.raises(NotFoundError, match="calendar is gone"):
        calendar.find("cb1.0")
    with pytest.raises(NotFoundError, match="calendar is gone"):
        calendar.delete(ref)
    server.state.calendars.give_back(own)
    assert calendar.find("cb1.0") is not None


def test_the_zone_is_that_of_the_settings(server: GoogleServer, opened: Open) -> None:
    """`doctor` compares the user's own setting; a name that no table has is none."""
    server.state.calendars.settings["timezone"] = "America/New_York"
    zone = opened().zone()
    assert zone is not None
    assert zone.key == "America/New_York"
    server.state.calendars.settings["timezone"] = "Mars/Olympus"
    assert opened().zone() is None
    del server.state.calendars.settings["timezone"]
    zone = opened().zone()
    assert zone is not None
    assert zone.key == "Europe/Berlin"


@pytest.mark.parametrize("ref", ["", ".", "..", "a/b", "x?y=z", "../calendarList", "%2e%2e", "primary\n", "ä" * 9])
def test_a_ref_never_becomes_another_address(server: GoogleServer, opened: Open, ref: str) -> None:
    """A ref that is no id is asked of nobody."""
    calendar = opened()
    with pytest.raises(NotFoundError):
        calendar.get(Ref(ref))
    assert server.traffic == []


def test_instants_of_the_agenda_are_right_in_another_zone(server: GoogleServer, opened: Open) -> None:
    """A calendar kept in Kathmandu tells the same instants."""
    team = server.state.calendars.add_calendar("Team", zone="Asia/Kathmandu")
    add(server, team)
    (entry,) = opened().agenda(*WEEK)
    ends = (MONDAY.replace(hour=10), MONDAY.replace(hour=11))
    assert instants((entry.start, entry.end)) == instants(ends)
    assert isinstance(entry.start, datetime)
