"""What the Contacts port makes of Google's own ways, on the fake, on good days and bad ones."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from assistant.errors import TransientError
from assistant.model.call import E164
from providers._net import Patience
from providers.google.contacts import BOOK, GoogleContacts
from tests.contract.google import connected
from tests.contract.harness import REGION
from tests.servers.google.faults import Broken, Fault, Status
from tests.servers.google.server import GoogleServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from providers.google.service import Google
    from tests.servers.google.faults import Kind

AWAY = Status(503, "backendError")
HASTY = Patience(request=timedelta(seconds=5), total=timedelta(seconds=0.4), throttled=timedelta(seconds=0.4))


@pytest.fixture
def server() -> Iterator[GoogleServer]:
    """Return Google with an empty address book; afterwards nothing was asked that the documents do not allow."""
    with GoogleServer("owner@example.org") as running:
        yield running
        assert running.violations == []


@pytest.fixture
def google(server: GoogleServer) -> Iterator[Google]:
    """Return a connection."""
    found = connected(server)
    yield found
    found.close()


@pytest.fixture
def hasty(server: GoogleServer) -> Iterator[Google]:
    """Return a connection that gives up soon."""
    found = connected(server, HASTY)
    yield found
    found.close()


def number(text: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    """Return the fields of a contact with one number."""
    return {"names": [{"displayName": "Ann Byrne"}], "phoneNumbers": [{"value": text, **fields}]}


class Ticks:
    """A clock of seconds."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_the_book_is_read_once(server: GoogleServer, google: Google, monkeypatch: pytest.MonkeyPatch) -> None:
    """All its pages serve the lookups of a minute; a process that stays then asks for what changed alone."""
    people = server.state.people
    monkeypatch.setitem(BOOK, "pageSize", 10)
    for count in range(15):
        people.add_contact(number(f"+4930{901000 + count}"))
    ticks = Ticks()
    contacts = GoogleContacts(google, REGION, clock=ticks)
    for count in range(15):
        assert len(contacts.find(E164(f"+4930{901000 + count}"))) == 1
    assert len(server.calls("people.*")) == 2
    gone = people.add_contact(number("+493012345"))
    assert contacts.find(E164("+493012345")) == ()
    ticks.seconds += 61
    assert len(contacts.find(E164("+493012345"))) == 1
    people.delete_contact(gone)
    server.reset_traffic()
    ticks.seconds += 61
    assert contacts.find(E164("+493012345")) == ()
    assert len(server.calls("people.*")) == 1


def test_an_expired_book_is_read_anew(server: GoogleServer, google: Google) -> None:
    """When Google has forgotten what changed, the whole book is read again."""
    server.state.people.add_contact(number("+493012345"))
    contacts = GoogleContacts(google, REGION, timedelta())
    for _ in range(2):
        assert len(contacts.find(E164("+493012345"))) == 1
    server.state.people.expire_sync_tokens()
    server.state.people.add_contact(number("+493012346"))
    assert len(contacts.find(E164("+493012346"))) == 1
    assert len(contacts.find(E164("+493012345"))) == 1


def test_numbers_google_cannot_read_are_read_by_region(server: GoogleServer, google: Google) -> None:
    """A number without a canonical form counts in the user's region; one that is none stops nothing."""
    server.state.people.add_contact(number("030 / 90 18 20"))
    server.state.people.add_contact(number("ask at the desk"))
    contacts = GoogleContacts(google, REGION)
    assert [each.name for each in contacts.find(E164("+4930901820"))] == ["Ann Byrne"]
    assert len(contacts.named("ann byrne")) == 2


def test_a_person_in_pieces_stops_no_other(server: GoogleServer, google: Google) -> None:
    """Contacts without a name, with nothing at all, or with a zone that is none are read as far as they go."""
    people = server.state.people
    people.add_contact({})
    people.add_contact({"phoneNumbers": [{"value": "+493012345"}], "organizations": [{"name": "Acme"}]})
    people.add_contact({**number("+493012345"), "userDefined": [{"key": "Time zone", "value": "Mars/Olympus"}]})
    found = GoogleContacts(google, REGION).find(E164("+493012345"))
    assert {(each.name, each.organisation, each.zone) for each in found} == {
        ("Acme", "Acme", None),
        ("Ann Byrne", None, None),
    }


def test_groups_are_asked_for_when_somebody_is_in_one(server: GoogleServer, google: Google) -> None:
    """A contact in no group of the user's costs no second request; a renamed group has its new name next time."""
    server.state.people.add_contact(number("+493012345"))
    server.state.people.add_contact(number("+493012346"), ["VIP"])
    contacts = GoogleContacts(google, REGION)
    assert contacts.find(E164("+493012345"))[0].groups == ()
    assert server.calls("people.contactGroups.list") == []
    assert contacts.find(E164("+493012346"))[0].groups == ("VIP",)
    server.state.people.rename_group("VIP", "Key customers")
    assert GoogleContacts(google, REGION).find(E164("+493012346"))[0].groups == ("Key customers",)


@pytest.mark.parametrize("fault", [Status(429, "rateLimitExceeded"), AWAY, Broken.DROP_BEFORE, Broken.CUT], ids=str)
def test_the_book_is_whole_after_a_bad_moment(
    server: GoogleServer, google: Google, monkeypatch: pytest.MonkeyPatch, fault: Kind
) -> None:
    """A page that failed is read again; nobody is missing and nobody is there twice."""
    monkeypatch.setitem(BOOK, "pageSize", 4)
    for count in range(9):
        server.state.people.add_contact(number(f"+4930{901000 + count}"))
    server.faults.add(Fault("people.people.connections.list", fault, after=1))
    contacts = GoogleContacts(google, REGION)
    assert [len(contacts.find(E164(f"+4930{901000 + count}"))) for count in range(9)] == [1] * 9


def test_a_book_that_is_known_serves_while_google_is_away(server: GoogleServer, hasty: Google) -> None:
    """Callers keep their names while Google cannot be reached; what changed comes later."""
    server.state.people.add_contact(number("+493012345"))
    contacts = GoogleContacts(hasty, REGION, timedelta())
    assert len(contacts.find(E164("+493012345"))) == 1
    server.state.people.add_contact(number("+493012346"))
    server.faults.add(Fault("people.*", AWAY, times=99))
    assert len(contacts.find(E164("+493012345"))) == 1
    server.faults.clear()
    assert len(contacts.find(E164("+493012346"))) == 1


def test_no_book_at_all_is_an_error(server: GoogleServer, hasty: Google) -> None:
    """A book that was never read is not an empty one."""
    server.faults.add(Fault("people.*", AWAY, times=99))
    with pytest.raises(TransientError):
        GoogleContacts(hasty, REGION).find(E164("+493012345"))
