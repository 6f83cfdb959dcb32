"""What a text must contain for a pattern to be found in it."""

from __future__ import annotations

import pytest

from assistant.recognise import formats, needed
from assistant.standards import mail as codec
from tests.unit.recognise.samples import CORPUS, LABELS

KNOWN = formats.load()
KEYS = [
    *(("sentences", key) for key in ("voicemail", "missed_call", "phone_message", "callback_request")),
    *(("people", key) for key in ("called", "back")),
]


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("call me", {"call me"}),
        ("(?:call|ring) me", {"call", "ring"}),
        ("(?:call|ring)? me back", {" me back"}),
        ("colou?r", {"colo"}),
        ("abcd{0,2}", {"abc"}),
        ("abcd{2}e", {"abcd"}),
        ("ABC", {"abc"}),
        (r"a\.bc\s+", {"a.bc"}),
        ("電話", {"電話"}),
        ("abc|d", set()),
        ("(?=abc)d", set()),
        ("(?!abc)defg", {"defg"}),
        ("[abc]+", set()),
        ("(?:abc|x?)", set()),
        (r"(?P<name>.+?) rang", {" rang"}),
    ],
)
def test_what_a_pattern_needs(pattern: str, words: set[str]) -> None:
    """A pattern needs its plain letters outside of anything optional, one of each way through a group."""
    assert needed.needed(pattern) == words


def test_nothing_that_can_be_found_is_left_out() -> None:
    """Every pattern that is found in a text of the corpus, whole or line by line, is among the likely ones for it."""
    mails = [codec.parse((CORPUS / label["file"]).read_bytes()) for label in LABELS]
    texts = [text for mail in mails for text in (mail.subject, mail.text, *mail.text.splitlines())]
    for table, key in KEYS:
        for text in texts:
            likely = KNOWN.likely(table, key, text)
            assert [one for one in KNOWN.each(table, key) if one.search(text) and one not in likely] == []


def test_most_patterns_are_spared() -> None:
    """A text that speaks of no call leaves few patterns to be searched."""
    every = sum(len(KNOWN.each(*key)) for key in KEYS)
    assert sum(len(KNOWN.likely(*key, "The figures of the second quarter are attached.")) for key in KEYS) < every / 10
