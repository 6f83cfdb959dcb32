"""The fake Graph as far as it keeps contacts, driven by plain requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.servers.ews.cards import addresses, phones
from tests.servers.graph import ids
from tests.servers.graph.booked import follow
from tests.servers.graph.client import client, forgiven

if TYPE_CHECKING:
    from tests.servers.ews.contacts import Contacts
    from tests.servers.graph.client import Client
    from tests.servers.graph.server import GraphServer

CARD = b"""BEGIN:VCARD\r
VERSION:3.0\r
FN:Ada Miller\r
N:Miller;Ada;;;\r
ORG:Widgets;Sales\r
TEL;TYPE=CELL:+49 151 1\r
TEL;TYPE=WORK:+49 30 1\r
TEL;TYPE=WORK:+49 30 2\r
TEL;TYPE=HOME:+49 40 1\r
TEL;TYPE=CAR:+49 160 1\r
EMAIL:ada@example.org\r
CATEGORIES:Customers,VIP\r
TZ:Europe/Lisbon\r
END:VCARD\r
"""
ZONE = "String {00020329-0000-0000-c000-000000000046} Name Time zone"


@pytest.fixture
def hands(graph_server: GraphServer) -> Contacts:
    return graph_server.state.contacts


def names(found: list[dict[str, str]]) -> list[str]:
    """Return what contacts or folders are called."""
    return [each["displayName"] for each in found]


def test_a_contact_has_what_the_card_says(graph: Client, hands: Contacts) -> None:
    """Names, numbers, addresses, company and categories of an imported card are shown."""
    (ref,) = hands.add_contacts(CARD)
    (found,) = graph.get("me/contacts")["value"]
    wanted = {
        "id": ids.address(ref),
        "displayName": "Ada Miller",
        "givenName": "Ada",
        "surname": "Miller",
        "fileAs": "Miller, Ada",
        "companyName": "Widgets",
        "department": "Sales",
        "mobilePhone": "+49 151 1",
        "businessPhones": ["+49 30 1", "+49 30 2"],
        "homePhones": ["+49 40 1"],
        "emailAddresses": [{"name": "ada@example.org", "address": "ada@example.org"}],
        "categories": ["Customers", "VIP"],
        "parentFolderId": ids.address(hands.main),
    }
    assert {name: found[name] for name in wanted} == wanted
    assert graph.get(f"me/contacts/{found['id']}")["displayName"] == "Ada Miller"


def test_other_numbers_and_the_zone_are_extended_properties(graph: Client, hands: Contacts) -> None:
    """A number that version 1.0 has no property for, and the zone of a card, are shown where they are expanded."""
    hands.add_contacts(CARD)
    expand = f"singleValueExtendedProperties($filter=id eq 'String 0x3A1E' or id eq '{ZONE}' or id eq 'String 0x3A1F')"
    (found,) = graph.get("me/contacts", select="displayName", expand=expand)["value"]
    assert found["singleValueExtendedProperties"] == [
        {"id": "String 0x3a1e", "value": "+49 160 1"},
        {"id": ZONE, "value": "Europe/Lisbon"},
    ]


def test_a_contact_without_anything_has_empty_lists(graph: Client, hands: Contacts) -> None:
    """What a contact has not is null or an empty list."""
    hands.add({"DisplayName": "Bo"})
    (found,) = graph.get("me/contacts")["value"]
    assert (found["mobilePhone"], found["businessPhones"], found["homePhones"]) == (None, [], [])
    assert (found["emailAddresses"], found["companyName"], found["personalNotes"]) == ([], None, "")


def test_a_list_of_people_is_no_contact(graph: Client, hands: Contacts) -> None:
    """A distribution list that lies among the contacts is not one of them."""
    ref = hands.add_list("Team")
    assert graph.get("me/contacts")["value"] == []
    assert graph.refused("GET", f"me/contacts/{ids.address(ref)}") == (404, "ErrorItemNotFound")


def test_a_book_comes_in_pages(graph: Client, hands: Contacts) -> None:
    """Contacts come ten by ten, or as many as $top says."""
    for number in range(25):
        hands.add({"DisplayName": f"Contact {number}"})
    page = graph.get("me/contacts", select="displayName")
    assert len(page["value"]) == 10
    found, link = [], "me/contacts?$top=20"
    while link:
        page = graph.get(link)
        found += names(page["value"])
        link = page.get("@odata.nextLink", "")
    assert found == [f"Contact {number}" for number in range(25)]


def test_other_folders_are_listed_apart(graph: Client, graph_server: GraphServer, hands: Contacts) -> None:
    """The contacts of the user's own folder are listed by themselves; it is not in the list of folders."""
    folders = graph_server.state.folders
    below = folders.add("Suppliers", hands.main, "IPF.Contact")
    hands.add({"DisplayName": "Ada"})
    hands.add({"DisplayName": "Bo"}, folder=below.id)
    assert names(graph.get("me/contacts")["value"]) == ["Ada"]
    (found,) = graph.get("me/contactFolders")["value"]
    assert (found["id"], found["displayName"]) == (ids.address(below.id), "Suppliers")
    assert names(graph.get(f"me/contactFolders/{found['id']}/contacts")["value"]) == ["Bo"]
    assert names(graph.get("me/contactFolders/contacts/childFolders")["value"]) == ["Suppliers"]
    assert graph.get("me/contactFolders/contacts")["id"] == ids.address(hands.main)


def test_a_folder_that_may_not_be_read(graph: Client, graph_server: GraphServer, hands: Contacts) -> None:
    """A withdrawn folder is refused with 403, a deleted one and one of mail with 404."""
    folder = graph_server.state.folders.add("Team", hands.main, "IPF.Contact")
    path = f"me/contactFolders/{ids.address(folder.id)}/contacts"
    folder.denied = True
    assert graph.refused("GET", path) == (403, "ErrorAccessDenied")
    folder.denied = False
    graph_server.state.folders.remove(folder)
    assert graph.refused("GET", path) == (404, "ErrorItemNotFound")
    inbox = graph.get("me/mailFolders/inbox")["id"]
    assert graph.refused("GET", f"me/contactFolders/{inbox}/contacts") == (404, "ErrorItemNotFound")


@pytest.mark.parametrize("path", ["me/contacts/delta", "me/contactFolders/contacts/contacts/delta"])
def test_a_delta_tells_contacts(graph: Client, hands: Contacts, path: str) -> None:
    """Contacts that come, change and go are told, with the properties that the first request selected."""
    (ref,) = hands.add_contacts(CARD)
    (first,), link = follow(graph, f"{path}?$select=displayName,mobilePhone")
    assert set(first) == {"@odata.type", "@odata.etag", "id", "displayName", "mobilePhone"}
    assert follow(graph, link)[0] == []
    hands.edit(ref, PhoneNumbers=phones([(["CELL"], "+49 151 2")]), EmailAddresses=addresses([]))
    (changed,), link = follow(graph, link)
    assert (changed["id"], changed["mobilePhone"]) == (first["id"], "+49 151 2")
    hands.delete(ref)
    ((gone,), link) = follow(graph, link)
    assert (gone["id"], gone["@removed"]) == (first["id"], {"reason": "deleted"})
    assert follow(graph, link)[0] == []


def test_a_delta_of_contacts_expands_nothing(graph: Client, graph_server: GraphServer) -> None:
    """The delta of contacts refuses $expand, and a token that is worth nothing any more."""
    assert graph.refused("GET", "me/contacts/delta?$expand=photo") == (400, "BadRequest")
    assert len(forgiven(graph_server)) == 1
    _, link = follow(graph, "me/contacts/delta")
    graph_server.state.delta.expire()
    assert graph.refused("GET", link) == (410, "SyncStateNotFound")


def test_a_delta_tells_folders(graph: Client, graph_server: GraphServer, hands: Contacts) -> None:
    """Folders of contacts that come and go are told, the default one among them."""
    found, link = follow(graph, "me/contactFolders/delta")
    assert names(found) == ["Contacts"]
    folder = graph_server.state.folders.add("Team", hands.main, "IPF.Contact")
    found, link = follow(graph, link)
    assert names(found) == ["Team"]
    graph_server.state.folders.remove(folder)
    (gone,), _ = follow(graph, link)
    assert (gone["id"], gone["@removed"]) == (ids.address(folder.id), {"reason": "deleted"})


def test_contacts_need_their_permission(graph_server: GraphServer) -> None:
    """Without the right to contacts none is shown."""
    with client(graph_server, ["Mail.ReadWrite", "Calendars.ReadWrite"]) as other:
        assert other.refused("GET", "me/contacts") == (403, "ErrorAccessDenied")
        assert other.refused("GET", "me/contactFolders") == (403, "ErrorAccessDenied")
