"""Titles at the edges: signs that look like words, words that look like signs, and what is left without them."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from assistant import outcome
from assistant.model.journal import Purpose, Reopened, Source, Told
from assistant.model.mailbox import Label
from assistant.model.manage import Sign, Signs
from tests.unit.test_outcome import CLOSED, HOLD, NOW, OPEN, SIGNS, STANDING, TOMORROW, later

LONG_AND_SHORT = Signs(words={Sign.DONE: ("called", "called back"), Sign.LATER: ("later",)})


@pytest.mark.parametrize(
    ("title", "sign"),
    [
        ("✓ - called: left message, Ann", Sign.LEFT_MESSAGE),
        ("✓ Call Ann, left message ✓", Sign.LEFT_MESSAGE),
        ("✓ Call Dr Slater", Sign.DONE),
        ("✓ later", Sign.LATER),
        ("✓ Call Ann, later", Sign.LATER),
    ],
)
def test_marks_beside_words(title: str, sign: Sign) -> None:
    """Marks at both ends and punctuation hide no word, and the end of a name is no word."""
    assert outcome.read_sign(title, SIGNS) == sign


def test_the_longest_word_counts() -> None:
    """Of two words at the front the longer one is taken, so that what follows is read."""
    assert outcome.read_sign("called back: later", LONG_AND_SHORT) == Sign.LATER


@pytest.mark.parametrize(
    ("title", "rest"),
    [
        ("Call Ann", "Call Ann"),
        ("✓ Call Ann", "Call Ann"),
        ("✓Call Ann", "Call Ann"),
        ("✔\N{VARIATION SELECTOR-16} Call Ann", "Call Ann"),
        ("Call Ann ☑\N{VARIATION SELECTOR-16}", "Call Ann"),
        ("✓ Call Ann ✓", "Call Ann"),
        (" Call Ann [X] ", "Call Ann"),
        ("✓ ✅ Call Ann", "Call Ann"),
        ("Done: Call Ann", "Call Ann"),
        ("✓ left message - Call Ann", "Call Ann"),
        ("LEFT A MESSAGE Call Ann", "Call Ann"),
        ("called, no answer. Call Ann", "Call Ann"),
        ("SPÄTER Call Ann", "Call Ann"),
        ("Call Ann later", "Call Ann later"),
        ("laterally Call Ann", "laterally Call Ann"),
        ("Doner kebab with Ann", "Doner kebab with Ann"),
        ("✓", "✓"),
        ("later", "later"),
        ("", ""),
    ],
)
def test_a_title_without_its_signs(title: str, rest: str) -> None:
    """Signs at the front and marks at the end go with what divides them from the words; nothing else does."""
    assert outcome.without_sign(title, SIGNS) == rest


def test_the_longest_word_goes() -> None:
    """A sign of two words goes as a whole, in whatever order the words are given."""
    assert outcome.without_sign("Called back: Ann", LONG_AND_SHORT) == "Ann"


def test_without_words_only_marks_go() -> None:
    """In a language without words a title loses its marks and keeps its words."""
    assert outcome.without_sign("✓ Call Ann", Signs()) == "Call Ann"
    assert outcome.without_sign("✓ done", Signs()) == "done"


def test_the_start_of_a_hold_is_not_to_come() -> None:
    """A label gives no promise for a hold that begins this very moment."""
    begins = replace(OPEN, hold=replace(HOLD, start=NOW))
    assert outcome.read_label(begins, Label.PROMISED, NOW, later) == ()


def test_a_reopening_by_mail_says_so() -> None:
    """Who is told a time after the closing is owed a call again, with the sent mail as source and the reason."""
    assert outcome.read_sent(CLOSED, STANDING, names_time=True) == (
        Reopened(why="you told the caller a time after it was closed", source=Source.SENT),
        Told(purpose=Purpose.WILL_CALL_AT, named_time=TOMORROW),
    )
