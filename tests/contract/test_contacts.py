"""The contract of the Contacts port."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.model.call import E164

if TYPE_CHECKING:
    from tests.contract.harness import Harness

ANN = b"""BEGIN:VCARD\r
VERSION:3.0\r
FN:Ann Byrne\r
N:Byrne;Ann;;;\r
ORG:Acme\\, Inc.;Sales\r
TEL;TYPE=WORK,VOICE:(030) 90 18-20\r
TEL;TYPE=CELL:+1 415 555 0123\r
EMAIL:Ann@Acme.example\r
CATEGORIES:Customers,VIP\r
TZ:America/New_York\r
END:VCARD\r
"""
BOB = """BEGIN:VCARD
VERSION:4.0
FN:Bob Müller ☎
TEL;VALUE=uri;TYPE="voice,home":tel:+49-30-901820
TEL;VALUE=uri:tel:+4917012345678;ext=5
END:VCARD
""".encode()
OFFICE, MOBILE = E164("+4930901820"), E164("+14155550123")


def test_a_number_finds_its_contact(harness: Harness) -> None:
    """A contact is found by each of its numbers, however the card writes them, with all that is known."""
    harness.user_adds_contacts(ANN)
    for number in (OFFICE, MOBILE):
        (found,) = harness.contacts.find(number)
        assert found.name == "Ann Byrne"
        assert set(found.numbers) == {OFFICE, MOBILE}
        assert found.addresses == ("ann@acme.example",)
        assert found.groups == ("Customers", "VIP")
        assert found.zone == "America/New_York"
        assert "Acme, Inc." in (found.organisation or "")


def test_several_may_share_a_number(harness: Harness) -> None:
    """All contacts with a number are returned."""
    harness.user_adds_contacts(ANN + BOB)
    assert {each.name for each in harness.contacts.find(OFFICE)} == {"Ann Byrne", "Bob Müller ☎"}
    assert [each.name for each in harness.contacts.find(MOBILE)] == ["Ann Byrne"]


def test_an_unknown_number_finds_nobody(harness: Harness) -> None:
    """A number that no card has returns nothing, nor does one that merely ends alike."""
    harness.user_adds_contacts(ANN)
    assert list(harness.contacts.find(E164("+4940901820"))) == []
    assert list(harness.contacts.find(E164("+930901820"))) == []


def test_a_name_finds_its_contact(harness: Harness) -> None:
    """Case and white space of a name do not count; parts of a name do not match, nor does an empty one."""
    harness.user_adds_contacts(ANN + BOB)
    assert [each.name for each in harness.contacts.named("  ann   BYRNE ")] == ["Ann Byrne"]
    assert list(harness.contacts.named("Ann")) == []
    assert list(harness.contacts.named("")) == []


def test_a_new_card_is_seen(harness: Harness) -> None:
    """A card added between two looks of one connection is found."""
    contacts = harness.contacts
    assert list(contacts.find(OFFICE)) == []
    harness.user_adds_contacts(ANN)
    assert [each.name for each in contacts.find(OFFICE)] == ["Ann Byrne"]
