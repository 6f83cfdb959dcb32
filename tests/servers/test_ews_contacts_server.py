"""The fake Exchange as far as it knows people, zones and who is busy when, driven by exchangelib and plain requests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from exchangelib import Contact, EWSDateTime, EWSTimeZone, ExtendedProperty
from exchangelib.errors import ErrorNameResolutionNoResults, ErrorTimeIntervalTooBig
from exchangelib.indexed_properties import EmailAddress, PhoneNumber

from tests.contract.harness import ics
from tests.contract.test_contacts import ANN, BOB
from tests.servers.ews import zones
from tests.servers.ews.asking import ask, codes, texts
from tests.servers.ews.resolving import Colleague

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exchangelib import Account

    from tests.servers.ews.contacts import Contacts
    from tests.servers.ews.resolving import Directory
    from tests.servers.ews.server import EwsServer

BERLIN = EWSTimeZone("Europe/Berlin")
MONDAY = EWSDateTime(2026, 3, 23, tzinfo=BERLIN)
CAY = Colleague("Cay Meier", "cay@example.org", "Cay", "Meier", phones={"BusinessPhone": "+49 30 90 18-30"})
AT = "2026-03-23T{}:00:00"


class Zone(ExtendedProperty):  # type: ignore[misc]  # exchangelib ships no types
    """The user's own field that keeps the zone of a contact."""

    distinguished_property_set_id = "PublicStrings"
    property_name = "Time zone"
    property_type = "String"


@pytest.fixture
def _zoned() -> Iterator[None]:
    Contact.register("zone", Zone)
    yield
    Contact.deregister("zone")


@pytest.fixture
def book(ews_server: EwsServer) -> Contacts:
    return ews_server.state.contacts


@pytest.fixture
def directory(ews_server: EwsServer) -> Directory:
    ews_server.state.directory.add(CAY)
    return ews_server.state.directory


def numbers(contact: Any) -> dict[str, str]:  # noqa: ANN401  exchangelib ships no types
    """Return the numbers of a contact by their keys."""
    return {each.label: each.phone_number for each in contact.phone_numbers if each.phone_number}


@pytest.mark.usefixtures("_zoned")
def test_cards_become_contacts(ews_account: Account, book: Contacts) -> None:
    """Numbers have Exchange's keys, categories and organisation are there, and TZ is a field of the user's own."""
    book.add_contacts(ANN + BOB)
    ann = ews_account.contacts.get(display_name="Ann Byrne")
    assert numbers(ann) == {"BusinessPhone": "(030) 90 18-20", "MobilePhone": "+1 415 555 0123"}
    assert [each.email for each in ann.email_addresses] == ["Ann@Acme.example"]
    assert (ann.categories, ann.company_name, ann.department) == (["Customers", "VIP"], "Acme, Inc.", "Sales")
    assert (ann.zone, ann.complete_name.last_name, ann.file_as) == ("America/New_York", "Byrne", "Byrne, Ann")
    bob = ews_account.contacts.get(display_name="Bob Müller ☎")
    assert numbers(bob) == {"HomePhone": "+49-30-901820", "OtherTelephone": "+4917012345678 ext. 5"}


def test_a_contact_has_a_place_for_every_number(ews_account: Account, book: Contacts) -> None:
    """Numbers of one kind take further keys, since each key can be there once."""
    tels = "".join(f"TEL;TYPE=WORK:+49 30 {number}\r\n" for number in range(1000, 1005))
    book.add_contacts(f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Zoe\r\nN:;Zoe;;;\r\n{tels}END:VCARD\r\n".encode())
    found = numbers(ews_account.contacts.all()[0])
    assert list(found.values()) == [f"+49 30 {number}" for number in range(1000, 1005)]
    assert list(found)[:2] == ["BusinessPhone", "BusinessPhone2"]


def test_a_contact_is_created_and_changed(ews_account: Account) -> None:
    """A contact without a name gets one of its parts; one entry of a list can be found by and replaced."""
    contact = Contact(account=ews_account, folder=ews_account.contacts, given_name="Zoe", surname="Ax", display_name="")
    contact.phone_numbers = [PhoneNumber(label="MobilePhone", phone_number="+49 170 1")]
    contact.email_addresses = [EmailAddress(label="EmailAddress1", email="zoe@example.org")]
    contact.save()
    found = ews_account.contacts.get(phone_numbers__MobilePhone="+49 170 1")
    assert found.display_name == "Zoe Ax"
    found.phone_numbers = [PhoneNumber(label="MobilePhone", phone_number="+49 170 2")]
    found.save(update_fields=["phone_numbers"])
    found.refresh()
    assert numbers(found) == {"MobilePhone": "+49 170 2"}


def test_finding_contacts_answers_their_numbers(ews_server: EwsServer, book: Contacts) -> None:
    """FindItem answers whole lists and single entries of them; a contact without such an entry has no list."""
    book.add_contacts(ANN + BOB)
    book.add_list("Friends")
    whole = _find(ews_server, '<t:FieldURI FieldURI="contacts:PhoneNumbers"/>')
    assert sorted(texts(whole, "Entry")) == [
        "(030) 90 18-20",
        "+1 415 555 0123",
        "+49-30-901820",
        "+4917012345678 ext. 5",
    ]
    uri = '<t:IndexedFieldURI FieldURI="contacts:PhoneNumber" FieldIndex="MobilePhone"/>'
    assert texts(_find(ews_server, uri), "Entry") == ["+1 415 555 0123"]


def _find(server: EwsServer, wanted: str) -> Any:  # noqa: ANN401  an element
    extra = f"<t:AdditionalProperties>{wanted}</t:AdditionalProperties>"
    shape = f"<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape>{extra}</m:ItemShape>"
    where = '<m:ParentFolderIds><t:DistinguishedFolderId Id="contacts"/></m:ParentFolderIds>'
    return ask(server, f'<m:FindItem Traversal="Shallow">{shape}{where}</m:FindItem>')


def test_events_and_contacts_stay_in_their_folders(ews_server: EwsServer) -> None:
    """A contact cannot be made in a calendar, nor an event among contacts."""
    where = '<m:SavedItemFolderId><t:DistinguishedFolderId Id="{}"/></m:SavedItemFolderId>'
    make = "<m:CreateItem{}>" + where + "<m:Items>{}</m:Items></m:CreateItem>"
    contact = make.format("", "calendar", "<t:Contact><t:GivenName>A</t:GivenName></t:Contact>")
    assert codes(ask(ews_server, contact)) == ["ErrorCannotCreateContactInNonContactFolder"]
    event = make.format(' SendMeetingInvitations="SendToNone"', "contacts", "<t:CalendarItem/>")
    assert codes(ask(ews_server, event)) == ["ErrorCannotCreateCalendarItemInNonCalendarFolder"]


def test_names_are_resolved(ews_account: Account, book: Contacts, directory: Directory) -> None:
    """The directory comes before the contacts; beginnings of names and addresses are enough, and scopes can be left."""
    book.add_contacts(ANN.replace(b"Ann Byrne", b"Cay Byrne").replace(b"Byrne;Ann", b"Byrne;Cay"))
    resolve = ews_account.protocol.resolve_names
    both = resolve(["cay"], return_full_contact_data=True)
    assert [box.mailbox_type for box, _ in both] == ["Mailbox", "Contact"]
    assert both[0][1].contact_source == "ActiveDirectory"
    assert numbers(both[0][1]) == {"BusinessPhone": "+49 30 90 18-30"}
    assert [box.email_address for box in resolve(["Me Ca"])] == ["cay@example.org"]
    assert [box.item_id is None for box in resolve(["cay"], search_scope="Contacts")] == [False]
    directory.remove("cay@example.org")
    (nobody,) = resolve(["cay@"])
    assert isinstance(nobody, ErrorNameResolutionNoResults)


def test_a_directory_finds_numbers_only_if_administrators_say_so(ews_account: Account, directory: Directory) -> None:
    """By default a number resolves nobody; where numbers are searchable, its beginning as it is written does."""
    resolve = ews_account.protocol.resolve_names
    assert isinstance(resolve(["+49 30 90 18-30"])[0], ErrorNameResolutionNoResults)
    directory.finds_numbers = True
    assert [box.name for box in resolve(["+49 30 90 18"])] == ["Cay Meier"]
    assert isinstance(resolve(["+493090183"])[0], ErrorNameResolutionNoResults)


def test_more_than_a_hundred_are_cut(ews_server: EwsServer, directory: Directory) -> None:
    """A hundred answers are the most, marked as not all, with a warning that there are several."""
    for number in range(101):
        directory.add(Colleague(f"Many {number}", f"m{number}@example.org"))
    entry = "<m:UnresolvedEntry>many</m:UnresolvedEntry>"
    answer = ask(ews_server, f'<m:ResolveNames ReturnFullContactData="false">{entry}</m:ResolveNames>')
    assert codes(answer) == ["ErrorNameResolutionMultipleResults"]
    found = next(answer.iter("{*}ResolutionSet"))
    assert (len(found), found.get("IncludesLastItemInRange")) == (100, "false")


def test_zones_have_rules(ews_account: Account, ews_server: EwsServer) -> None:
    """Every zone of Windows is known by its IANA zone, with rules; a server without the operation says so."""
    found = {each.id: each for each in ews_account.protocol.get_timezones(return_full_timezone_data=True)}
    assert len(found) == len(zones.known()) > 130
    standard, daylight, period = found["W. Europe Standard Time"].get_std_and_dst(for_year=2026)
    assert (period.bias_in_minutes, standard.bias, daylight.bias) == (-60, 0, -60)
    assert (standard.iso_month, daylight.iso_month) == (10, 3)
    assert zones.windows("Europe/Vienna") == "W. Europe Standard Time"
    assert zones.windows("America/Indiana/Knox") == "Central Standard Time"
    ews_server.state.quirks.no_server_time_zones = True
    assert codes(ask(ews_server, '<m:GetServerTimeZones ReturnFullTimeZoneData="false"/>')) == ["ErrorInvalidRequest"]


def test_an_event_of_an_unknown_zone_is_refused(ews_server: EwsServer) -> None:
    """A zone that no Windows knows is an error, and nothing is made."""
    zone = '<t:StartTimeZone Id="Middle-earth Standard Time"/>'
    times = f"<t:Start>{AT.format('09')}</t:Start><t:End>{AT.format('10')}</t:End>"
    item = f"<t:CalendarItem>{times}{zone}</t:CalendarItem>"
    make = '<m:CreateItem SendMeetingInvitations="SendToNone"><m:Items>{}</m:Items></m:CreateItem>'
    assert codes(ask(ews_server, make.format(item))) == ["ErrorTimeZone"]
    assert ews_server.state.calendar.living() == []
    known = item.replace("Middle-earth Standard Time", "Tokyo Standard Time")
    ask(ews_server, make.format(known))
    assert ews_server.state.calendar.living()[0].text("Start") == "2026-03-23T00:00:00Z"


def test_times_without_a_zone_are_in_that_of_the_header(ews_server: EwsServer) -> None:
    """A time without an offset is in the zone of TimeZoneContext, in which an event also lives by default."""
    header = '<t:TimeZoneContext><t:TimeZoneDefinition Id="Eastern Standard Time"/></t:TimeZoneContext>'
    times = f"<t:Start>{AT.format('09')}</t:Start><t:End>{AT.format('10')}</t:End>"
    item = f"<m:Items><t:CalendarItem>{times}</t:CalendarItem></m:Items>"
    ask(ews_server, f'<m:CreateItem SendMeetingInvitations="SendToNone">{item}</m:CreateItem>', header)
    (made,) = ews_server.state.calendar.living()
    assert made.text("Start") == "2026-03-23T13:00:00Z"
    zone = made.values["StartTimeZone"]
    assert not isinstance(zone, str)
    assert zone.get("Id") == "Eastern Standard Time"


def test_availability_says_when_the_user_is_busy(ews_server: EwsServer, ews_account: Account) -> None:
    """Occurrences of a series are told one by one in the zone of the request, with their kind, merged and in detail."""
    ews_server.state.calendar.add_events(
        ics(
            "DTSTART:20260323T080000Z\nDTEND:20260323T090000Z\nRRULE:FREQ=DAILY;COUNT=3\nSUMMARY:a\nCLASS:PRIVATE",
            "DTSTART:20260323T083000Z\nDTEND:20260323T093000Z\nX-MICROSOFT-CDO-BUSYSTATUS:OOF",
            "DTSTART:20260323T220000Z\nDTEND:20260323T230000Z\nTRANSP:TRANSPARENT",
        )
    )
    asked = [(ews_account, "Organizer", False), ("ann@elsewhere.example", "Required", False)]
    span = {"start": MONDAY, "end": MONDAY + timedelta(days=1)}
    mine, other = ews_account.protocol.get_free_busy_info(accounts=asked, **span)
    assert [(each.busy_type, f"{each.start:%H:%M %Z}") for each in mine.calendar_events] == [
        ("Busy", "09:00 CET"), ("OOF", "09:30 CET"), ("Free", "23:00 CET"),
    ]  # fmt: skip
    assert (mine.calendar_events[0].details.is_recurring, mine.calendar_events[0].details.is_private) == (True, True)
    assert mine.merged[18:22] == "2330"
    assert type(other).__name__ == "ErrorMailRecipientNotFound"
    with pytest.raises(ErrorTimeIntervalTooBig):
        raise next(iter(ews_account.protocol.get_free_busy_info(asked[:1], MONDAY, MONDAY + timedelta(days=90))))


def test_imports_keep_instants(ews_server: EwsServer) -> None:
    """RDATE and rules without a pattern become events of their own; a zone of the file itself is respected."""
    hands = ews_server.state.calendar
    hands.add_events(
        ics(
            "DTSTART:20260323T080000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=2\nRDATE:20260325T080000Z",
            "DTSTART:20260324T080000Z\nDURATION:PT1H\nRRULE:FREQ=MONTHLY;BYMONTHDAY=24,26;COUNT=3",
        )
    )
    found = hands.occurrences(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC))
    assert [each.text("Start")[5:10] for each in found] == ["03-23", "03-24", "03-25", "03-26", "03-30", "04-24"]
    assert len(hands.living()) == 5
