"""The fake of Google contacts, driven by Google's own client over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.servers.google.client import Made, built, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.google.people import People
    from tests.servers.google.server import GoogleServer

FIELDS = "names,phoneNumbers,organizations,memberships,metadata"
ANN = b"""BEGIN:VCARD\r
VERSION:3.0\r
FN:Ann Byrne\r
N:Byrne;Ann;;;\r
ORG:Acme\\, Inc.;Sales\r
TEL;TYPE=WORK,VOICE:(030) 90 18-20\r
TEL;TYPE=CELL:+1 415 555 0123\r
TEL:ask at the desk\r
EMAIL:Ann@Acme.example\r
CATEGORIES:Customers,VIP\r
TZ:America/New_York\r
END:VCARD\r
"""


@pytest.fixture
def api(server: GoogleServer) -> Iterator[Made]:
    with built(server, "people") as client:
        yield client


@pytest.fixture
def mine(server: GoogleServer) -> People:
    return server.state.people


def asked(api: Made, **params: object) -> Made:
    """Return a request for the list."""
    return api.people().connections().list(resourceName="people/me", **({"personFields": FIELDS} | params))


def listed(api: Made, **params: object) -> dict[str, Any]:
    """Return a page of the list."""
    found: dict[str, Any] = asked(api, **params).execute()
    return found


def refusal(api: Made, **params: object) -> dict[str, Any]:
    """Return the error that a list is refused with; the status is 400."""
    status, error = refused(asked(api, **params))
    assert status == 400
    return error


def test_a_card_becomes_a_person(api: Made, mine: People) -> None:
    """Numbers have their canonical form where they can be read, groups are ids, and only fields asked for come."""
    resource = mine.add_contacts(ANN)[0]
    (person,) = listed(api)["connections"]
    assert person["resourceName"] == resource
    assert person["names"][0]["displayName"] == "Ann Byrne"
    assert [(each["value"], each.get("canonicalForm")) for each in person["phoneNumbers"]] == [
        ("(030) 90 18-20", "+4930901820"),
        ("+1 415 555 0123", "+14155550123"),
        ("ask at the desk", None),
    ]
    assert (person["organizations"][0]["name"], person["organizations"][0]["department"]) == ("Acme, Inc.", "Sales")
    assert not person.keys() & {"emailAddresses", "userDefined"}
    groups = api.contactGroups().list(pageSize=1000).execute()["contactGroups"]
    names = {each["resourceName"]: each["name"] for each in groups}
    held = [each["contactGroupMembership"]["contactGroupResourceName"] for each in person["memberships"]]
    assert [names[each] for each in held] == ["myContacts", "Customers", "VIP"]
    assert api.people().get(resourceName=resource, personFields="userDefined").execute()["userDefined"][0]["value"] == (
        "America/New_York"
    )


def test_fields_have_to_be_named(api: Made) -> None:
    """Without personFields, or with one that does not exist, a list is refused; so is a page of more than 1000."""
    assert "mask is required" in refusal(api, personFields="")["message"]
    assert "Invalid personFields mask path" in refusal(api, personFields="names,nose")["message"]
    assert refusal(api, pageSize=1001)["status"] == "INVALID_ARGUMENT"


def test_a_book_in_pages(api: Made, mine: People) -> None:
    """Pages are of 100 unless asked otherwise; the sync token is on the last one, and only when asked for."""
    for number in range(120):
        mine.add_contact({"names": [{"displayName": f"Contact {number}"}]})
    first = listed(api, requestSyncToken=True)
    assert (len(first["connections"]), first["totalItems"]) == (100, 120)
    assert "nextSyncToken" not in first
    last = listed(api, requestSyncToken=True, pageToken=first["nextPageToken"])
    assert len(last["connections"]) == 20
    assert "nextSyncToken" in last
    assert "nextSyncToken" not in listed(api, pageSize=1000)


def test_a_sync_tells_changed_and_deleted_contacts(api: Made, mine: People) -> None:
    """A sync token brings what changed since; a deleted contact says so in its metadata and has no fields."""
    ann, bob = mine.add_contacts(ANN)[0], mine.add_contact({"names": [{"displayName": "Bob"}]})
    since = listed(api, requestSyncToken=True)["nextSyncToken"]
    mine.edit_contact(bob, {"names": [{"displayName": "Robert"}]})
    mine.delete_contact(ann)
    news = listed(api, syncToken=since)
    found = {each["resourceName"]: each for each in news["connections"]}
    assert found[bob]["names"][0]["displayName"] == "Robert"
    assert found[ann]["metadata"]["deleted"] is True
    assert "names" not in found[ann]
    assert "connections" not in listed(api, syncToken=news["nextSyncToken"])
    assert [each["resourceName"] for each in listed(api)["connections"]] == [bob]


def test_a_sync_token_dies_seven_days_after_the_full_sync(api: Made, server: GoogleServer, mine: People) -> None:
    """Syncing does not prolong a token; the refusal says EXPIRED_SYNC_TOKEN, and one forgotten earlier the same."""
    server.clock.set(server.clock.now())
    since = listed(api, requestSyncToken=True)["nextSyncToken"]
    server.clock.advance(timedelta(days=6))
    since = listed(api, syncToken=since)["nextSyncToken"]
    server.clock.advance(timedelta(days=1, seconds=1))
    mine.expire_sync_tokens()
    assert refusal(api, syncToken=since)["details"][0]["reason"] == "EXPIRED_SYNC_TOKEN"


def test_a_token_binds_the_parameters(api: Made) -> None:
    """A sync token is refused with other fields than it was given for, and none is given for another order."""
    since = listed(api, requestSyncToken=True)["nextSyncToken"]
    assert refusal(api, syncToken=since, personFields="names")["status"] == "INVALID_ARGUMENT"
    assert refusal(api, requestSyncToken=True, sortOrder="LAST_MODIFIED_DESCENDING")["status"] == "INVALID_ARGUMENT"


def test_search_needs_a_warm_up(api: Made, mine: People) -> None:
    """The search knows what was there at the last empty query, and matches prefixes of words and digits as typed."""
    mine.add_contacts(ANN)

    def found(query: str) -> int:
        request = api.people().searchContacts(query=query, readMask="names", pageSize=30)
        return len(request.execute().get("results", ()))

    assert found("Ann") == 0
    assert found("") == 0
    expected = {"ann": 1, "Ann By": 1, "byr": 1, "nn": 0, "(030) 90": 1, "30901820": 0, "acme": 1, "+1 415": 1}
    assert {query: found(query) for query in expected} == expected
