"""The fake Exchange as far as it keeps events, driven by exchangelib and by plain requests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from exchangelib import CalendarItem, EWSDate, ExtendedProperty
from exchangelib.errors import (
    ErrorAccessDenied,
    ErrorCalendarViewRangeTooBig,
    ErrorIrresolvableConflict,
    ErrorItemNotFound,
)
from exchangelib.recurrence import DailyPattern

from tests.contract.harness import ics
from tests.servers.ews.appointing import BERLIN, HOUR, KEPT, MONDAY, NINE, NO_CANCELLATION, made, series
from tests.servers.ews.asking import ask, codes, texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exchangelib import Account

    from tests.servers.ews.calendar_hands import CalendarHands
    from tests.servers.ews.server import EwsServer


class Key(ExtendedProperty):  # type: ignore[misc]  # exchangelib ships no types
    """A property of our own, as programs mark their events."""

    property_set_id = "0d6a3c1e-54f5-4f0a-9a43-2f2f7c7f1a11"
    property_name = "testKey"
    property_type = "String"


@pytest.fixture(autouse=True)
def _registered() -> Iterator[None]:
    CalendarItem.register("test_key", Key)
    yield
    CalendarItem.deregister("test_key")


@pytest.fixture
def hands(ews_server: EwsServer) -> CalendarHands:
    return ews_server.state.calendar


def test_an_event_keeps_what_it_is_given(ews_account: Account) -> None:
    """Every property of an event is read back, with the zone it was written in."""
    given = {
        "uid": "cb1.0",
        "test_key": "cb1",
        "location": "Room 5",
        "categories": ["Callbacks/Held", "x"],
        "legacy_free_busy_status": "Tentative",
        "sensitivity": "Private",
        "reminder_is_set": True,
        "reminder_minutes_before_start": 10,
    }
    item = made(ews_account, body="One\nTwo", **given)
    assert {name: getattr(item, name) for name in given} == given
    assert (item.start, item.end, item.text_body) == (NINE, NINE + HOUR, "One\r\nTwo")
    assert item._start_timezone == item._end_timezone == BERLIN
    assert (item.item_class, item.type, item.duration, item.is_meeting) == ("IPM.Appointment", "Single", "PT1H", False)


def test_a_note_written_in_outlook_is_html(ews_account: Account, hands: CalendarHands) -> None:
    """A description that the user has edited is HTML, and its text is there too."""
    item = made(ews_account, body="Old")
    hands.annotate(item.id, "New & <b>bold</b>")
    item.refresh()
    assert item.body.startswith("<html>")
    assert item.text_body == "New & <b>bold</b>"


def test_defaults_are_those_of_exchange(ews_server: EwsServer) -> None:
    """An event with nothing but times is busy, reminds 15 minutes before and gets a UID of Exchange's own."""
    item = "<t:CalendarItem><t:Start>2026-03-23T08:00:00Z</t:Start><t:End>2026-03-23T09:00:00Z</t:End></t:CalendarItem>"
    created = ask(
        ews_server, f'<m:CreateItem SendMeetingInvitations="SendToNone"><m:Items>{item}</m:Items></m:CreateItem>'
    )
    id_ = next(each.get("Id") for each in created.iter("{*}ItemId"))
    shape = "<m:ItemShape><t:BaseShape>AllProperties</t:BaseShape></m:ItemShape>"
    got = ask(ews_server, f'<m:GetItem>{shape}<m:ItemIds><t:ItemId Id="{id_}"/></m:ItemIds></m:GetItem>')
    assert texts(got, "LegacyFreeBusyStatus") == ["Busy"]
    assert (texts(got, "ReminderIsSet"), texts(got, "ReminderMinutesBeforeStart")) == (["true"], ["15"])
    assert texts(got, "UID")[0].startswith("040000008200E00074C5B7101A82E008")


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ("<m:CreateItem><m:Items>{item}</m:Items></m:CreateItem>", "ErrorSendMeetingInvitationsRequired"),
        (
            (
                '<m:UpdateItem ConflictResolution="AlwaysOverwrite"><m:ItemChanges><t:ItemChange>{id}<t:Updates>'
                '<t:SetItemField><t:FieldURI FieldURI="item:Subject"/><t:CalendarItem><t:Subject>New</t:Subject>'
                "</t:CalendarItem></t:SetItemField></t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>"
            ),
            "ErrorSendMeetingInvitationsOrCancellationsRequired",
        ),
        (
            '<m:DeleteItem DeleteType="HardDelete"><m:ItemIds>{id}</m:ItemIds></m:DeleteItem>',
            "ErrorSendMeetingCancellationsRequired",
        ),
    ],
    ids=["create", "update", "delete"],
)
def test_a_client_has_to_say_what_is_sent(
    ews_server: EwsServer, ews_account: Account, request_: str, code: str
) -> None:
    """A request that leaves open whether people are told is refused, and nothing is done."""
    item = made(ews_account)
    parts = {"id": f'<t:ItemId Id="{item.id}"/>', "item": "<t:CalendarItem><t:Subject>x</t:Subject></t:CalendarItem>"}
    assert codes(ask(ews_server, request_.format(**parts))) == [code]
    assert [each.subject for each in ews_account.calendar.all()] == ["Review"]


def test_an_invitation_counts_as_sent(ews_server: EwsServer, ews_account: Account) -> None:
    """Saving an event with attendees and telling them is noted; saving it quietly is not."""
    made(ews_account, required_attendees=["ann@acme.example"])
    assert ews_server.sends() == []
    item = CalendarItem(
        account=ews_account, folder=ews_account.calendar, start=NINE, end=NINE + HOUR, subject="Loud",
        required_attendees=["ann@acme.example"],
    )  # fmt: skip
    item.save(send_meeting_invitations="SendToAllAndSaveCopy")
    assert ews_server.sends() == ["CreateItem: Loud"]
    ews_server.state.sent.clear()


def test_a_stale_change_key_is_a_conflict(ews_account: Account) -> None:
    """A change under an older version is refused and changes nothing."""
    item, other = made(ews_account), ews_account.calendar.get(subject="Review")
    item.subject = "Mine"
    item.save(update_fields=["subject"], **KEPT)
    other.subject = "Theirs"
    with pytest.raises(ErrorIrresolvableConflict):
        other.save(update_fields=["subject"], **KEPT)
    assert [each.subject for each in ews_account.calendar.all()] == ["Mine"]


def test_a_change_that_is_refused_changes_nothing(ews_server: EwsServer, ews_account: Account) -> None:
    """An end before the start is refused with all that came with it, and so is another UID."""
    item = made(ews_account)
    title = _field("item:Subject", "Subject", "New")
    early = _field("calendar:End", "End", "2020-01-01T00:00:00Z")
    assert codes(_update(ews_server, item.id, title + early)) == ["ErrorCalendarEndDateIsEarlierThanStartDate"]
    assert codes(_update(ews_server, item.id, title + _field("calendar:UID", "UID", "x"))) == [
        "ErrorInvalidPropertySet"
    ]
    found = ews_account.calendar.get(subject="Review")
    assert (found.end, found.changekey) == (NINE + HOUR, item.changekey)


def _field(uri: str, name: str, value: str) -> str:
    item = f"<t:CalendarItem><t:{name}>{value}</t:{name}></t:CalendarItem>"
    return f'<t:SetItemField><t:FieldURI FieldURI="{uri}"/>{item}</t:SetItemField>'


def _update(server: EwsServer, id_: str, fields: str) -> Any:  # noqa: ANN401  an element
    change = f'<t:ItemChange><t:ItemId Id="{id_}"/><t:Updates>{fields}</t:Updates></t:ItemChange>'
    how = 'ConflictResolution="AlwaysOverwrite" SendMeetingInvitationsOrCancellations="SendToNone"'
    return ask(server, f"<m:UpdateItem {how}><m:ItemChanges>{change}</m:ItemChanges></m:UpdateItem>")


def test_an_all_day_event_fills_days_of_its_zone(ews_account: Account) -> None:
    """Times of an all-day event are pushed to midnights, and without a length it is one day."""
    item = made(ews_account, start=NINE, end=NINE, is_all_day=True)
    assert (item.start, item.end) == (EWSDate(2026, 3, 23), EWSDate(2026, 3, 23))
    shown = ews_account.calendar.all().only("start", "end").get(subject="Review")
    assert shown.start == MONDAY


def test_our_property_finds_an_event(ews_account: Account) -> None:
    """A restriction on an extended property finds events, also by its beginning."""
    made(ews_account, test_key="cb1.0")
    made(ews_account, test_key="cb2.0")
    assert ews_account.calendar.filter(test_key="cb1.0").count() == 1
    assert ews_account.calendar.filter(test_key__startswith="cb").count() == 2
    assert ews_account.calendar.filter(test_key="cb3.0").count() == 0


def test_the_ends_of_a_view(ews_account: Account) -> None:
    """What ends when a view begins is in it, what begins when it ends is not."""
    made(ews_account, subject="before", start=NINE - HOUR)
    made(ews_account, subject="after", start=NINE + HOUR)
    assert [each.subject for each in ews_account.calendar.view(start=NINE, end=NINE + HOUR)] == ["before"]


def test_a_view_has_limits(ews_server: EwsServer, ews_account: Account) -> None:
    """A view of more than two years, one with an order, and one of a mail folder are refused; one may be cut."""
    series(ews_account, DailyPattern(interval=1), number=5)
    with pytest.raises(ErrorCalendarViewRangeTooBig):
        list(ews_account.calendar.view(start=MONDAY, end=MONDAY + timedelta(days=800)))
    assert codes(_view(ews_server, "inbox")) == ["ErrorCalendarFolderIsInvalidForCalendarView"]
    field = '<t:FieldOrder Order="Ascending"><t:FieldURI FieldURI="item:Subject"/></t:FieldOrder>'
    order = f"<m:SortOrder>{field}</m:SortOrder>"
    assert codes(_view(ews_server, "calendar", order)) == ["ErrorInvalidRequest"]
    cut = _view(ews_server, "calendar", most=2)
    root = next(cut.iter("{*}RootFolder"))
    assert (len(texts(cut, "Subject")), root.get("IncludesLastItemInRange")) == (2, "false")


def _view(server: EwsServer, folder: str, order: str = "", most: int = 100) -> Any:  # noqa: ANN401  an element
    shape = (
        "<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties>"
        '<t:FieldURI FieldURI="item:Subject"/><t:FieldURI FieldURI="calendar:Organizer"/>'
        '<t:FieldURI FieldURI="calendar:RequiredAttendees"/></t:AdditionalProperties></m:ItemShape>'
    )
    span = 'StartDate="2026-03-23T00:00:00+01:00" EndDate="2026-03-30T00:00:00+02:00"'
    view = f'<m:CalendarView MaxEntriesReturned="{most}" {span}/>'
    where = f'<m:ParentFolderIds><t:DistinguishedFolderId Id="{folder}"/></m:ParentFolderIds>'
    return ask(server, f'<m:FindItem Traversal="Shallow">{shape}{view}{order}{where}</m:FindItem>')


def test_a_search_answers_less_than_reading(ews_server: EwsServer, ews_account: Account, hands: CalendarHands) -> None:
    """FindItem names the organiser without an address and no attendees; GetItem has both."""
    people = "ORGANIZER;CN=Ann:mailto:a@b.example\nATTENDEE:mailto:me@example.org"
    hands.add_events(ics(f"DTSTART:20260323T090000Z\n{people}"))
    found = _view(ews_server, "calendar")
    assert (texts(found, "Name"), texts(found, "EmailAddress")) == (["Ann"], [])
    item = ews_account.calendar.all()[0]
    assert item.organizer.email_address == "a@b.example"
    assert [each.mailbox.email_address for each in item.required_attendees] == ["me@example.org"]
    assert (item.is_meeting, item.my_response_type) == (True, "NoResponseReceived")


def test_changes_are_told_by_synchronisation(ews_account: Account, hands: CalendarHands) -> None:
    """A new event, a changed series and an event that went to Deleted Items are what a synchronisation tells."""
    gone, master = made(ews_account), series(ews_account, DailyPattern(interval=1), number=3)
    list(ews_account.calendar.sync_items())
    state = ews_account.calendar.item_sync_state
    hands.delete(gone.id)
    master.occurrence(index=2).delete(**NO_CANCELLATION)
    (new,) = hands.add_events(ics("DTSTART:20260323T090000Z"))
    told = {(kind, each.id) for kind, each in ews_account.calendar.sync_items(sync_state=state)}
    assert told == {("delete", gone.id), ("update", master.id), ("create", new)}


def test_deleting_makes_an_id_of_the_past(ews_account: Account) -> None:
    """An event moved to Deleted Items is there under another id; the old one is not found."""
    item = made(ews_account)
    old = item.id
    item.move_to_trash(**NO_CANCELLATION)
    assert [each.subject for each in ews_account.trash.all()] == ["Review"]
    (answer,) = ews_account.fetch([(old, None)])
    assert isinstance(answer, ErrorItemNotFound)


def test_the_user_has_hands_on_events(ews_account: Account, hands: CalendarHands) -> None:
    """Events can be dragged, cancelled, deleted and brought back; a cancelled one stays, a restored one is another."""
    item = made(ews_account)
    hands.move(item.id, datetime(2026, 3, 24, 9, tzinfo=UTC))
    hands.cancel(item.id)
    item.refresh()
    assert (item.start, item.end - item.start) == (NINE + timedelta(days=1, hours=1), HOUR)
    assert (item.is_cancelled, item.legacy_free_busy_status) == (True, "Free")
    hands.delete(item.id)
    (binned,) = ews_account.trash.all()
    assert hands.restore(binned.id) not in {item.id, binned.id}
    (again,) = ews_account.calendar.all()
    hands.delete(again.id, for_good=True)
    assert ews_account.calendar.all().count() == ews_account.trash.all().count() == 0


def test_a_calendar_of_the_users_own(ews_server: EwsServer, ews_account: Account, hands: CalendarHands) -> None:
    """A further calendar lies below the mailbox's, has events of its own, and can be withdrawn."""
    calls = hands.add_calendar("Calls")
    hands.add_events(ics("SUMMARY:a\nDTSTART:20260323T090000Z"), calls)
    folder = ews_account.calendar / "Calls"
    assert [each.subject for each in folder.view(start=MONDAY, end=MONDAY + timedelta(days=1))] == ["a"]
    assert ews_account.calendar.all().count() == 0
    with ews_server.lock:
        ews_server.state.folders.get(calls).denied = True
    with pytest.raises(ErrorAccessDenied):
        list(folder.all())
