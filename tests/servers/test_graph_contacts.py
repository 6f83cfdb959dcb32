"""The Microsoft 365 address book beyond the contract: what it costs, odd entries, folders, and bad days."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from assistant.errors import AuthError, InvalidResponseError, TransientError
from providers._net import Patience
from providers.microsoft365.contacts import GraphContacts
from tests.contract.harness import REGION
from tests.contract.microsoft365 import connected
from tests.contract.test_contacts import ANN, BOB, MOBILE, OFFICE
from tests.servers.ews.cards import addresses, phones
from tests.servers.graph.faults import Broken, Error, Fault, Status
from tests.servers.graph.server import GraphServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from providers.microsoft365.service import Graph
    from tests.servers.graph.faults import Kind

HASTY = Patience(request=timedelta(seconds=5), total=timedelta(seconds=0.5), throttled=timedelta(seconds=0.5))


class Seconds:
    """A clock in the hands of the test."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def server() -> Iterator[GraphServer]:
    """Return Graph with an empty account; all that was asked of it is allowed."""
    with GraphServer("owner@example.org") as running:
        yield running
        assert running.violations == []


@pytest.fixture
def graph(server: GraphServer) -> Iterator[Graph]:
    """Return a connection that gives up soon."""
    found = connected(server, HASTY)
    yield found
    found.close()


def trips(server: GraphServer) -> int:
    """Return the round trips since the last look."""
    found = server.round_trips("* /*")
    server.reset_traffic()
    return found


def book(graph: Graph) -> GraphContacts:
    """Open the address book, believed for no time."""
    return GraphContacts(graph, REGION, fresh=timedelta())


def test_the_book_is_read_once(server: GraphServer, graph: Graph) -> None:
    """A pass over many callers reads the book in one round trip; a process that stays reads it again after a minute."""
    server.state.contacts.add_contacts(ANN + BOB)
    clock = Seconds()
    contacts = GraphContacts(graph, REGION, clock=clock)
    for number in (OFFICE, MOBILE) * 3:
        assert contacts.find(number)
    assert contacts.named("ann byrne")
    assert trips(server) == 1
    for wait, expected in ((59, 0), (2, 1), (1, 0)):
        clock.now += wait
        assert contacts.find(OFFICE)
        assert trips(server) == expected
    server.state.contacts.add_contacts(ANN.replace(b"Ann Byrne", b"Ann Smith"))
    clock.now += 61
    assert len(contacts.find(MOBILE)) == 2


def test_all_folders_are_one_book(server: GraphServer, graph: Graph) -> None:
    """Contacts in folders of the user's are found, however deep they lie, each once."""
    folders = server.state.folders
    customers = folders.add("Customers", server.state.contacts.main, "IPF.Contact").id
    old = folders.add("Old", customers, "IPF.Contact").id
    server.state.contacts.add_contacts(ANN, customers)
    server.state.contacts.add_contacts(BOB, old)
    contacts = book(graph)
    assert {each.name for each in contacts.find(OFFICE)} == {"Ann Byrne", "Bob Müller ☎"}
    assert len(server.calls("GET /me/contactFolders/{folder}/contacts")) == 2
    assert 2 <= trips(server) <= 3


def test_a_folder_that_goes_meanwhile_takes_its_contacts(server: GraphServer, graph: Graph) -> None:
    """A folder that is gone by the time it is read is no error."""
    server.state.folders.add("Customers", server.state.contacts.main, "IPF.Contact")
    server.state.contacts.add_contacts(ANN)
    server.faults.add(Fault("GET /me/contactFolders/{folder}/contacts", Error("ErrorItemNotFound")))
    assert len(book(graph).find(OFFICE)) == 1
    assert server.faults.pending == 0


def test_a_large_book_is_read_to_its_last_page(
    server: GraphServer, graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A book of more than a page is whole."""
    monkeypatch.setattr("providers.microsoft365.contacts._BOOK", {"$select": "id,displayName", "$top": "100"})
    for number in range(205):
        server.state.contacts.add({"DisplayName": f"p{number}", "CompanyName": "Acme"})
    contacts = GraphContacts(graph, REGION)
    assert all(contacts.named(f"p{number}") for number in (0, 100, 204))
    assert trips(server) == 3


def test_odd_entries_stop_no_other(server: GraphServer, graph: Graph) -> None:
    """Distribution lists, numbers that are none and names of the directory are passed over; a company has a name."""
    server.state.contacts.add_list("Everybody")
    server.state.contacts.add({"CompanyName": "Acme", "PhoneNumbers": phones([([], "ask Ann"), ([], "030 901820")])})
    server.state.contacts.add(
        {
            "DisplayName": "X\u200b  Y",
            "PhoneNumbers": phones([(["FAX"], "+4930901820")]),
            "EmailAddresses": addresses(["/O=ACME/OU=X/CN=Y", "Y@Acme.example"]),
        }
    )
    found = {each.name: each for each in book(graph).find(OFFICE)}
    assert found.keys() == {"Acme", "X\u200b Y"}
    assert found["Acme"].organisation == "Acme"
    assert found["X\u200b Y"].addresses == ("y@acme.example",)


@pytest.mark.parametrize(("zone", "expected"), [("Tokyo Standard Time", "Asia/Tokyo"), ("CET/CEST somewhere", None)])
def test_a_windows_zone_of_a_contact_is_known(
    server: GraphServer, graph: Graph, zone: str, expected: str | None
) -> None:
    """The user's own field may name a zone as Windows does; one that is none is no zone."""
    server.state.contacts.add_contacts(ANN.replace(b"America/New_York", zone.encode()))
    (found,) = book(graph).find(MOBILE)
    assert found.zone == expected


# --- bad days


@pytest.mark.parametrize("operation", ["GET /me/contacts", "POST /$batch"])
@pytest.mark.parametrize(
    "fault",
    [Status(429, "0"), Status(503), Broken.DROP_BEFORE, Broken.DROP_AFTER, Broken.CUT, Error("ErrorServerBusy")],
    ids=str,
)
def test_the_book_is_whole_after_a_bad_moment(server: GraphServer, graph: Graph, fault: Kind, operation: str) -> None:
    """One answer that was lost or refused for now is asked for again."""
    server.state.contacts.add_contacts(ANN)
    server.faults.add(Fault(operation, fault))
    assert book(graph).find(OFFICE)
    assert server.faults.pending == 0


def test_a_book_that_is_known_serves_while_microsoft_is_away(server: GraphServer, graph: Graph) -> None:
    """A service that is away later in a pass makes nobody unknown; a sign-in that ended is said."""
    server.state.contacts.add_contacts(ANN)
    contacts = book(graph)
    assert contacts.find(OFFICE)
    server.faults.add(Fault("* /*", Status(503), times=99))
    assert contacts.find(OFFICE)
    server.faults.clear()
    server.faults.add(Fault("* /*", Broken.UNAUTHORIZED, times=99))
    with pytest.raises(AuthError):
        contacts.find(OFFICE)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [(Status(503), TransientError), (Broken.GARBAGE, InvalidResponseError), (Broken.CUT, TransientError)],
    ids=str,
)
def test_no_book_at_all_is_an_error(server: GraphServer, graph: Graph, fault: Kind, kind: type[Exception]) -> None:
    """A book that could never be read is no empty one."""
    server.faults.add(Fault("GET /me/contacts", fault, times=99))
    with pytest.raises(kind):
        book(graph).find(OFFICE)
