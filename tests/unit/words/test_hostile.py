"""Names and transcripts are written by strangers."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.model.manage import Signs
from assistant.model.speech import Caller, HoldText, Letter
from assistant.words.clean import without_links
from tests.unit.words.conftest import apology, hold, loaded, will_call

if TYPE_CHECKING:
    from assistant.words import Words

ENGLISH = loaded("en")
HOSTILE = [
    "{{ 7 * 7 }}{% for x in y %}",
    "Ann\r\nBcc: evil@example.com",
    "\x1b[31mAnn\x1b[0m\x1b]0;title\x07",
    "\u202eenryB nnA\u2066\u200f",
    "Ann\u2028Byrne\u2029\x85\x0b\x0c",
    "Ann\x00\x08\x7f\x9b31m",
    "A" * 10_000,
    "\ud800Ann\ue000\ufffe\U000e0041",
    "\u200b\u200d",
    "{{ ''.__class__ }}",
]


def harmless(line: str) -> bool:
    return line == line.strip() and not any(
        unicodedata.category(char) in {"Cc", "Cs", "Co", "Zl", "Zp"} for char in line
    )


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_a_name(english: Words, name: str) -> None:
    """Whatever a caller is called, title and subject are one short line without control or bidi characters."""
    caller = Caller(name=name, organisation=name, number_display=name)
    text: HoldText = english.hold(hold(caller, said=name))
    letter: Letter = english.will_call_at(will_call(caller))
    for line in (text.summary, text.location, letter.subject):
        assert harmless(line)
        assert len(line) <= 250
        assert "\u202e" not in line
    assert harmless(letter.body.replace("\n", " ").strip())
    assert "\nBcc" not in letter.body
    assert len(text.description) < 4000


def test_braces_are_written_not_run(english: Words) -> None:
    """A template in a name is text."""
    assert "{{ 7 * 7 }}" in english.hold(hold(Caller(name="{{ 7 * 7 }}"))).summary


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/pay?x=1",
        "HTTP://EVIL.EXAMPLE",
        "www.evil.example",
        "evil.example/voicemail",
        "javascript:alert(1)",
        "tel:+19005550199",
        "mailto:a@evil.example",
        "sms:+19005550199",
        "ftp://evil.example",
        "evil.example",
        "evil\u3002example/x",
        "e\u200bvil.example",
        "h\u200bttps://evil.example",
    ],
)
def test_no_link_of_a_notification_reaches_hold_or_draft(english: Words, link: str) -> None:
    """A link in a name or transcript is taken out, or broken so that no program finds it."""
    text = english.hold(hold(Caller(name=f"Ann {link}", tel_uri="tel:+14155550123"), said=f"Listen: {link} now"))
    body = english.apology(apology(Caller(name=link))).body
    for written in (text.summary, text.description.replace("tel:+14155550123", ""), body):
        low = written.lower()
        assert all(part not in low for part in ("evil.example", "evil\u3002example", "://", "tel:", "script:", "sms:+"))
    assert "now" in text.description


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Call me at 3.30 p.m. please, e.g. today", "Call me at 3.30 p.m. please, e.g. today"),
        ("It is 24.11.2026. Thanks", "It is 24.11.2026. Thanks"),
        ("today.please call", "today. please call"),
        ("write to ann@acme.example", "write to ann@acme.example"),
        ("either/or, 50/50", "either/or, 50/50"),
    ],
)
def test_plain_speech_survives_the_removal_of_links(said: str, kept: str) -> None:
    """Times, dates, abbreviations, addresses and fractions are no links."""
    assert without_links(said, "[gone]") == kept


@pytest.mark.parametrize(
    "uri", ["tel:+1415\r\nX: y", "https://evil.example", "tel:900", "sms:+14155550123", "tel:+1;x=y"]
)
def test_only_a_real_tel_link_is_written(english: Words, uri: str) -> None:
    """A dialling link that is no global number is left out (RFC 3966)."""
    description = english.hold(hold(Caller(name="Ann", tel_uri=uri))).description
    assert description.startswith("No number\n\nSay first")


@pytest.mark.parametrize("mark", Signs().marks)
def test_a_name_cannot_tick_itself_off(english: Words, german: Words, mark: str) -> None:
    """A tick in a caller's name does not reach the title, where it would read as done."""
    for words in (english, german):
        assert mark not in words.hold(hold(Caller(name=f"{mark} Ann {mark}"))).summary


@settings(deadline=None)
@given(st.text(max_size=300), st.text(max_size=300))
def test_any_name_gives_one_line_titles(name: str, organisation: str) -> None:
    """For any text at all, titles and subjects are one line and the draft is written."""
    caller = Caller(name=name, organisation=organisation)
    assert harmless(ENGLISH.hold(hold(caller, said=name)).summary)
    assert ENGLISH.apology(apology(caller)).body.startswith("Hello")
    assert harmless(ENGLISH.will_call_at(will_call(caller)).subject)
