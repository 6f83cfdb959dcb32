"""How a number or an address is asked for, and what counts as found."""

from __future__ import annotations

import re

import pytest

from providers.google.searching import Wanted


def words(text: str) -> str:
    """Return a text as Gmail compares it: its words, each between blanks."""
    return f" {' '.join(re.findall('[0-9a-z]+', text.lower()))} "


def found(query: str, text: str) -> bool:
    """Tell whether one of the queries finds a text."""
    wanted = Wanted.of(query)
    assert wanted is not None
    return any(words(each) in words(text) for each in wanted.queries)


@pytest.mark.parametrize(
    ("number", "written"),
    [
        ("+4930901820", "+49 30 9018-20"),
        ("+4930901820", "(030) 901820"),
        ("+4930901820", "+4930901820"),
        ("+4930901820", "004930901820"),
        ("+4930901820", "+49 (0)30 90 18 20"),
        ("+4930901820", "030/901 820"),
        ("+12125550123", "(212) 555-0123"),
        ("+12125550123", "+1 212-555-0123"),
        ("+12125550123", "212.555.0123"),
        ("+12125550123", "12125550123"),
        ("+442079460123", "020 7946 0123"),
        ("+442079460123", "+44 20 7946 0123"),
        ("+447700900123", "07700 900123"),
        ("+33142685300", "01 42 68 53 00"),
        ("+33142685300", "+33 1 42 68 53 00"),
        ("+4915123456789", "0151 23456789"),
        ("+4915123456789", "+49 1512 3456789"),
        ("+4521123456", "21 12 34 56"),
        ("2004", "extension 2004"),
    ],
)
def test_a_number_is_asked_for_as_people_write_it(number: str, written: str) -> None:
    """The usual groups, with country code, with a leading nought and without, are found, and pass our own look."""
    wanted = Wanted.of(number)
    assert wanted is not None
    assert found(number, f"Call from {written} today.")
    assert wanted.pattern.search(f"Call from {written} today.")
    assert len(wanted.queries) <= 50


@pytest.mark.parametrize("text", ["+49309018201", "130901820", "+49 30 901821", "309018 2"])
def test_another_number_is_not_taken_for_it(text: str) -> None:
    """Longer numbers, and others, do not pass our own look."""
    wanted = Wanted.of("+4930901820")
    assert wanted is not None
    assert not wanted.pattern.search(text)


def test_an_address_is_asked_for_by_sides_and_as_words() -> None:
    """An address is asked for as sender, as recipient and in the text, and joann is not ann."""
    wanted = Wanted.of(" Ann@acme.example ")
    assert wanted is not None
    assert wanted.queries == ("from:Ann@acme.example", "to:Ann@acme.example", '"Ann@acme.example"')
    assert wanted.pattern.search("to <ann@ACME.example>")
    assert not wanted.pattern.search("joann@acme.example")


@pytest.mark.parametrize("query", ['in:trash" OR "x', "from:a@b.c OR is:unread", "aa@bb (cc@dd)"])
def test_operators_in_a_query_are_words(query: str) -> None:
    """What a query holds beside an address reaches Gmail inside one pair of quotes."""
    wanted = Wanted.of(query)
    assert wanted is not None
    assert [(each[0], each[-1], each.count('"')) for each in wanted.queries] == [('"', '"', 2)]


@pytest.mark.parametrize("query", ["", "  ", ".*@.*", "@", '"'])
def test_what_no_mail_can_name_is_not_asked_for(query: str) -> None:
    """A query without a word finds nothing and asks nothing."""
    assert Wanted.of(query) is None
