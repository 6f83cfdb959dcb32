"""Patterns that are compiled late, and asked only of texts that may fit, find what others find."""

from __future__ import annotations

import re

import pytest

from assistant.standards import regex

TEXTS = (
    "",
    "Missed CALL",
    "m\u0131ssed call",
    "mi\u017fsed call",
    "MİSSED call",
    "nothing",
    "missed  call",
    "x" * 5000,
)


@pytest.mark.parametrize("text", TEXTS)
def test_a_guarded_pattern_finds_what_the_pattern_finds(text: str) -> None:
    """Whatever the letters, each method answers as that of the plain pattern does."""
    plain = re.compile(r"missed\s+call|m[i\u0131]", re.IGNORECASE)
    guarded = regex.guarded(plain.pattern, re.IGNORECASE, frozenset(["missed", "mi", "m\u0131"]))
    for name in ("search", "match", "fullmatch"):
        ours, theirs = getattr(guarded, name)(text), getattr(plain, name)(text)
        assert (ours and ours.span()) == (theirs and theirs.span())
    assert [found.span() for found in guarded.finditer(text)] == [found.span() for found in plain.finditer(text)]
    assert guarded.findall(text) == plain.findall(text)
    assert guarded.sub("-", text) == plain.sub("-", text)


def test_a_text_without_its_words_is_not_searched() -> None:
    """A pattern whose words are missing is not even compiled: this one is no regular expression."""
    assert regex.guarded("(call", 0, frozenset(["call"])).search("nothing") is None


def test_a_mistake_shows_at_the_first_use() -> None:
    """A lazy pattern raises what the compiler raises, when it is first asked."""
    late = regex.lazy("(call")
    with pytest.raises(re.error):
        late.search("a call")
