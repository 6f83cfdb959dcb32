"""The Exchange address book beyond the contract: what it costs, odd entries, the directory, and bad days."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from assistant.errors import InvalidResponseError, TransientError
from assistant.model.call import E164
from providers._net import Patience
from providers.exchange.contacts import ExchangeContacts
from providers.exchange.directory import Directory
from tests.contract.exchange import connected
from tests.contract.harness import REGION
from tests.contract.test_contacts import ANN, BOB, MOBILE, OFFICE
from tests.servers.ews.cards import addresses, phones
from tests.servers.ews.faults import Broken, Busy, Error, Fault, Status
from tests.servers.ews.resolving import Colleague
from tests.servers.ews.server import EwsServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from providers.exchange.service import Exchange
    from tests.servers.ews.faults import Kind

HASTY = Patience(request=timedelta(seconds=5), total=timedelta(seconds=0.3), throttled=timedelta(seconds=0.3))
EVE = Colleague("Eve Park", "eve@example.org", given="Eve", surname="Park", phones={"BusinessPhone": "+49 30 555123"})


class Seconds:
    """A clock in the hands of the test."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def server() -> Iterator[EwsServer]:
    """Return Exchange with an empty account; all that was asked of it is allowed."""
    with EwsServer("owner@example.org") as running:
        yield running
        assert running.violations == []


@pytest.fixture
def exchange(server: EwsServer) -> Iterator[Exchange]:
    """Return a connection that gives up soon."""
    found = connected(server, HASTY)
    yield found
    found.close()


def asked(server: EwsServer) -> list[str]:
    """Return the operations since the last look."""
    found = [each.operation for each in server.calls()]
    server.reset_traffic()
    return found


def book(exchange: Exchange) -> ExchangeContacts:
    """Open the address book, believed for no time."""
    return ExchangeContacts(exchange, REGION, fresh=timedelta())


def test_the_book_is_read_once(server: EwsServer, exchange: Exchange) -> None:
    """A pass over many callers reads the book in one request; a process that stays asks first whether it changed."""
    server.state.contacts.add_contacts(ANN + BOB)
    clock = Seconds()
    contacts = ExchangeContacts(exchange, REGION, clock=clock)
    for number in (OFFICE, MOBILE) * 3:
        assert contacts.find(number)
    assert contacts.named("ann byrne")
    assert asked(server) == ["FindItem"]
    for wait, expected in ((61, ["GetFolder", "FindItem"]), (61, ["GetFolder"]), (1, []), (61, ["GetFolder"])):
        clock.now += wait
        assert contacts.find(OFFICE)
        assert asked(server) == expected
    server.state.contacts.add_contacts(ANN.replace(b"Ann Byrne", b"Ann Smith"))
    clock.now += 61
    assert len(contacts.find(MOBILE)) == 2


def test_a_change_within_a_second_is_seen(server: EwsServer, exchange: Exchange) -> None:
    """The folder's mark has whole seconds; a contact that is edited in the second of the last look is read anew."""
    (ref,) = server.state.contacts.add_contacts(ANN)
    contacts = book(exchange)
    for name in ("Ann A", "Ann B", "Ann C"):
        server.state.contacts.edit(ref, DisplayName=name)
        assert [each.name for each in contacts.find(OFFICE)] == [name]


def test_a_large_book_is_read_to_its_last_page(server: EwsServer, exchange: Exchange) -> None:
    """A book of more than a page is whole."""
    for number in range(1005):
        server.state.contacts.add({"DisplayName": f"p{number}", "CompanyName": "Acme"})
    contacts = book(exchange)
    assert all(contacts.named(f"p{number}") for number in (0, 500, 1004))
    assert asked(server)[:2] == ["FindItem", "FindItem"]


def test_odd_entries_stop_no_other(server: EwsServer, exchange: Exchange) -> None:
    """Distribution lists, numbers that are none and names of the directory are passed over; a company has a name."""
    server.state.contacts.add_list("Everybody")
    server.state.contacts.add({"CompanyName": "Acme", "PhoneNumbers": phones([([], "ask Ann"), ([], "030 901820")])})
    server.state.contacts.add(
        {
            "DisplayName": "X\u200b  Y",
            "PhoneNumbers": phones([(["FAX"], "+4930901820")]),
            "EmailAddresses": addresses(["/O=ACME/OU=X/CN=Y", "SMTP:Y@Acme.example"]),
        }
    )
    found = {each.name: each for each in book(exchange).find(OFFICE)}
    assert found.keys() == {"Acme", "X\u200b Y"}
    assert found["Acme"].organisation == "Acme"
    assert found["X\u200b Y"].addresses == ("y@acme.example",)


def test_a_windows_zone_of_a_contact_is_known(server: EwsServer, exchange: Exchange) -> None:
    """The user's own field may name a zone as Windows does; one that is none is no zone."""
    for zone, expected in (("Tokyo Standard Time", "Asia/Tokyo"), ("CET/CEST somewhere", None)):
        (ref,) = server.state.contacts.add_contacts(ANN.replace(b"America/New_York", zone.encode()))
        (found,) = book(exchange).find(MOBILE)
        assert found.zone == expected
        server.state.contacts.delete(ref)


# --- the directory


def test_a_colleague_is_found_in_the_directory(server: EwsServer, exchange: Exchange) -> None:
    """A number that the book has not is looked for in the directory, as written there, and only once."""
    server.state.directory.finds_numbers = True
    server.state.directory.add(EVE)
    contacts = book(exchange)
    for _ in range(3):
        (found,) = contacts.find(E164("+4930555123"))
        assert (found.name, found.addresses) == ("Eve Park", ("eve@example.org",))
    assert 1 <= len(server.calls("ResolveNames")) <= 2


def test_a_directory_that_finds_somebody_else_finds_nobody(server: EwsServer, exchange: Exchange) -> None:
    """What the directory answers counts only if the number, or the whole name, is the one that was looked for."""
    server.state.directory.finds_numbers = True
    server.state.directory.add(EVE)
    server.state.directory.add(Colleague("Eve Parker", "parker@example.org"))
    contacts = book(exchange)
    assert contacts.find(E164("+493055512")) == ()
    assert contacts.named("Eve") == ()
    assert [each.addresses for each in contacts.named("EVE  park")] == [("eve@example.org",)]


def test_a_directory_that_knows_no_numbers_is_left_alone(server: EwsServer, exchange: Exchange) -> None:
    """An unknown caller costs one request; after three that nobody has no more is asked, in later passes neither."""
    server.state.directory.add(EVE)
    learned: list[str] = []
    contacts = ExchangeContacts(exchange, REGION, directory=Directory(exchange, REGION, None, learned.append))
    assert contacts.find(E164("+4930555100")) == ()
    assert len(server.calls("ResolveNames")) == 2  # the user's own entry, and the caller
    for number in range(10):
        assert contacts.find(E164(f"+49305551{number:02}")) == ()
    assert len(server.calls("ResolveNames")) == 4
    later = ExchangeContacts(exchange, REGION, directory=Directory(exchange, REGION, learned[0]))
    assert later.find(E164("+4930555100")) == ()
    assert [each.name for each in later.named("eve park")] == ["Eve Park"]
    assert len(server.calls("ResolveNames")) == 5


@pytest.mark.parametrize(("own", "number"), [("+49 30 555999", "+49 30 555123"), ("+4930555999", "+4930555123")])
@pytest.mark.parametrize("finds", [True, False])
def test_the_own_entry_shows_how_to_search(
    server: EwsServer, exchange: Exchange, own: str, number: str, *, finds: bool
) -> None:
    """The user's own number tells how numbers are written there, and whether they are found at all: for good."""
    server.state.directory.finds_numbers = finds
    server.state.directory.add(Colleague("Alex Doe", server.address, phones={"BusinessPhone": own}))
    server.state.directory.add(replace(EVE, phones={"BusinessPhone": number}))
    learned: list[str] = []
    contacts = ExchangeContacts(exchange, REGION, directory=Directory(exchange, REGION, None, learned.append))
    for _ in range(2):
        assert bool(contacts.find(E164("+4930555123"))) is finds
        assert contacts.find(E164("+12125550123")) == ()
    assert len(server.calls("ResolveNames")) == (4 if finds else 2)
    server.reset_traffic()
    later = ExchangeContacts(exchange, REGION, directory=Directory(exchange, REGION, learned[0]))
    assert bool(later.find(E164("+4930555123"))) is finds
    assert len(server.calls("ResolveNames")) == finds


def test_an_own_entry_that_shows_nothing_forbids_nothing(server: EwsServer, exchange: Exchange) -> None:
    """Where the user's own number is none, or written in a way of its own, others are looked for all the same."""
    server.state.directory.finds_numbers = True
    server.state.directory.add(Colleague("Alex Doe", server.address, phones={"BusinessPhone": "ext. 99"}))
    server.state.directory.add(EVE)
    assert [each.name for each in book(exchange).find(E164("+4930555123"))] == ["Eve Park"]


def test_a_server_without_a_directory_has_a_book(server: EwsServer, exchange: Exchange) -> None:
    """Where ResolveNames is refused the book alone counts, and it is asked once."""
    server.state.contacts.add_contacts(ANN)
    server.faults.add(Fault("ResolveNames", Error("ErrorInvalidOperation"), times=9))
    contacts = book(exchange)
    assert contacts.find(E164("+493012345")) == ()
    assert contacts.named("Nobody") == ()
    assert contacts.find(OFFICE)
    assert len(server.calls("ResolveNames")) == 1


# --- bad days


@pytest.mark.parametrize(
    "fault", [Busy(0), Status(503), Broken.DROP_BEFORE, Broken.CUT, Error("ErrorServerBusy")], ids=str
)
def test_the_book_is_whole_after_a_bad_moment(server: EwsServer, exchange: Exchange, fault: Kind) -> None:
    """One answer that was lost or refused for now is asked for again."""
    server.state.contacts.add_contacts(ANN)
    server.faults.add(Fault("FindItem", fault))
    assert book(exchange).find(OFFICE)


def test_a_book_that_is_known_serves_while_the_server_is_away(server: EwsServer, exchange: Exchange) -> None:
    """A server that is away later in a pass makes nobody unknown."""
    server.state.contacts.add_contacts(ANN)
    contacts = book(exchange)
    assert contacts.find(OFFICE)
    server.faults.add(Fault("*", Status(503), times=99))
    assert contacts.find(OFFICE)


@pytest.mark.parametrize(("fault", "kind"), [(Status(503), TransientError), (Broken.GARBAGE, InvalidResponseError)])
def test_no_book_at_all_is_an_error(server: EwsServer, exchange: Exchange, fault: Kind, kind: type[Exception]) -> None:
    """A book that could never be read is no empty one."""
    server.faults.add(Fault("FindItem", fault, times=99))
    with pytest.raises(kind):
        book(exchange).find(OFFICE)
