"""vCards to contacts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.standards import vcard

OLD = b"""BEGIN:VCARD
VERSION:2.1
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;Eva;;;
TEL;CELL:0170 1234567
END:VCARD
"""
GROUPED = b"""BEGIN:VCARD
VERSION:3.0
N:;;;;
FN:
ORG:Acme Inc.
item1.TEL;type=pref:+1 415-555-0123
item1.X-ABLabel:_$!<Main>!$_
item2.EMAIL:Sales@acme.example
TZ:-05:00
NOTE:a folded
 line\\, with commas
END:VCARD
"""


def test_an_old_card_is_read() -> None:
    """A card of version 2.1 with quoted-printable text has its name and number."""
    (contact,), faults = vcard.parse(OLD, "DE")
    assert (contact.name, contact.numbers, faults) == ("Eva Müller", ("+491701234567",), ())


def test_a_company_is_its_own_name() -> None:
    """A card without a person's name has the organisation's; an offset is no zone; grouped fields count."""
    (contact,), faults = vcard.parse(GROUPED, "US")
    assert faults == ()
    assert (contact.name, contact.organisation, contact.zone) == ("Acme Inc.", "Acme Inc.", None)
    assert contact.numbers == ("+14155550123",)
    assert contact.addresses == ("sales@acme.example",)


@pytest.mark.parametrize("bad", [b"BEGIN:VCARD\nthis is no line\nEND:VCARD\n", b"BEGIN:VCARD\nVERSION:3.0\nFN:cut o\n"])
def test_a_damaged_card_takes_no_other_with_it(bad: bytes) -> None:
    """Of three cards the two sound ones are read, and the fault tells which one is not."""
    contacts, faults = vcard.parse(OLD + bad + GROUPED, "US")
    assert {"Eva Müller", "Acme Inc."} <= {contact.name for contact in contacts}
    assert [fault.split(" (")[0] for fault in faults] in ([], ["card 2 cannot be read"])
    assert len(contacts) + len(faults) == 3


def test_a_file_without_cards_is_a_fault() -> None:
    """A file with other text is named, an empty one is not."""
    assert vcard.parse(b"hello", "US") == ((), ("no card in it",))
    assert vcard.parse(b"\n", "US") == ((), ())


@given(
    raw=st.one_of(
        st.binary(max_size=300),
        st.text(max_size=200).map(lambda body: f"BEGIN:VCARD\n{body}\nEND:VCARD\n".encode("utf-8", "replace")),
    )
)
def test_any_bytes_are_read_or_named(raw: bytes) -> None:
    """Whatever a file holds, reading it ends, and what is no contact is a fault of one line."""
    contacts, faults = vcard.parse(raw, "US")
    assert bool(contacts or faults) == bool(raw.strip())
    assert not [fault for fault in faults if "\n" in fault]
