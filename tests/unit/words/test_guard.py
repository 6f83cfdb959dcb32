"""The phrase guard: what nobody shall read, however it is spelt or hidden."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from assistant.errors import TemplateError
from assistant.model.speech import Caller
from assistant.words.guard import Group, Guard, GuardFile
from tests.unit.words.conftest import ANN, TEMPLATES, apology, hold, loaded

if TYPE_CHECKING:
    from assistant.words import Words


def phrases(language: str) -> list[str]:
    groups = tomllib.loads((TEMPLATES / language / "guard.toml").read_text("utf-8"))["groups"]
    return [phrase for group in groups for phrase in group["phrases"]]


LISTED = [(language, phrase) for language in ("en", "de") for phrase in phrases(language)]


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_listed_phrase_is_refused_in_a_template(language: str) -> None:
    """Each phrase of the list, put into the user's apology, is refused with the file and what to write instead."""
    text = (TEMPLATES / language / "apology.txt.j2").read_text("utf-8")
    everything = "".join(f"\n{phrase}." for phrase in phrases(language))
    with pytest.raises(TemplateError) as caught:
        loaded(language, apology__txt=text + everything)
    lines = str(caught.value).splitlines()[1:]
    assert all("mine/apology.txt.j2" in line and "Write instead" in line for line in lines)
    assert len(lines) > len(phrases(language)) / 2  # the longer of two overlapping ones is named


@pytest.mark.parametrize(("language", "phrase"), LISTED)
def test_every_listed_phrase_is_found_in_capitals_and_odd_spaces(language: str, phrase: str) -> None:
    """Case, line breaks and no-break spaces hide no phrase."""
    guard = guard_of(phrases(language))
    assert guard.find(f"Well, {phrase.upper()}!")
    assert guard.find("(" + phrase.replace(" ", "\u00a0\n ") + ")")


def guard_of(listed: list[str]) -> Guard:
    return Guard([GuardFile(groups=(Group(why="it hurts", instead="sorry", phrases=tuple(listed)),))])


@pytest.mark.parametrize(
    "text",
    [
        "I was too busy",
        "TOO\tBUSY",
        "too\u00a0busy",
        "too\u2009busy",
        "too-busy",
        "too, busy",
        "too *busy*",
        "t\u200boo bu\u00adsy",
        "\uff54\uff4f\uff4f busy",
        "I didn't get your message",
        "I didn\u2019t get your message",
        "I didn\u02bct get your message",
        "I didnt get your message",
    ],
)
def test_spelling_hides_nothing(text: str) -> None:
    """White space, punctuation, typographic quotes, invisible and full-width characters are seen through."""
    assert guard_of(["too busy", "didn't get your message"]).find(text)


@pytest.mark.parametrize("text", ["too busyness", "stoo busy", "the line was engaged", "busy too", ""])
def test_only_whole_words_count(text: str) -> None:
    """A phrase is found at word boundaries and in its own order only."""
    assert guard_of(["too busy"]).find(text) == ()


@pytest.mark.parametrize(
    "trick",
    [
        '{{ "too" }} busy',
        'too{# quietly #} {{ "busy" }}',
        '{% set x = "bu" %}too {{ x }}sy',
        '{{ "ysub oot" | reverse }}',
        '{{ ["too", "busy"] | join(" ") }}',
        "{% if not caller.name %}too busy{% endif %}",
        "{% if false %}too busy{% endif %}",
        '{{ "TOO" | lower }}&nbsp;{{ "" }}'.replace("&nbsp;", "\u00a0") + "busy",
        "{% raw %}too busy{% endraw %}",
    ],
)
def test_jinja_tricks_are_caught_when_loading(trick: str) -> None:
    """A phrase assembled by Jinja, or in a branch not taken, is refused before the template is used."""
    with pytest.raises(TemplateError, match="too busy"):
        loaded(apology__txt="Hello, I was " + trick + ". {{ called_at }}")


def test_a_phrase_for_one_caller_only_is_caught_when_rendering() -> None:
    """A phrase that appears only with certain facts is refused at the moment it would be written."""
    words = loaded(
        apology__txt='{% if caller.name == "Bo" %}I was {{ "ysub oot" | reverse }}{% endif %} {{ called_at }}'
    )
    assert words.apology(apology()).body
    with pytest.raises(TemplateError, match="too busy"):
        words.apology(apology(Caller(name="Bo")))


@pytest.mark.parametrize("said", ["I know you are too busy", "I forgot, there was a family emergency. In traffic now."])
def test_the_callers_own_words_are_not_the_templates(english: Words, said: str) -> None:
    """A caller may say what they like: it is quoted and breaks nothing."""
    assert f'"{said}"' in english.hold(hold(said=said)).description


def test_a_caller_called_like_a_phrase_gets_a_draft(english: Words) -> None:
    """A name that is a forbidden phrase is data, in a letter too."""
    assert "Hello Too Busy Ltd," in english.apology(apology(Caller(name="Too Busy Ltd"))).body


def test_data_does_not_cover_a_templates_own_phrase() -> None:
    """A phrase that the template writes with the data blanked is the template's, though a caller says it as well."""
    guard = guard_of(["too busy"])
    assert guard.blame("Too Busy Ltd, I was too busy", "x, I was too busy", ["Too Busy Ltd"]) == ("too busy",)
    assert guard.blame("Too Busy Ltd, sorry", "x, sorry", ["Too Busy Ltd"]) == ()


def test_two_texts_that_only_together_make_a_phrase_break_nothing() -> None:
    """Where one caller's text ends and another begins, no phrase arises."""
    words = loaded(hold__title="Call {{ caller.name }} {{ caller.organisation }}")
    assert words.hold(hold(Caller(name="Ida Too", organisation="Busy Bees"))).summary == "Call Ida Too Busy Bees"


def test_the_users_guard_adds_phrases_and_removes_none() -> None:
    """A guard.toml of the user's stands beside ours: its phrases count, and ours still do."""
    mine = '[[groups]]\nwhy = "it is slang"\ninstead = "hello"\nphrases = ["howdy"]\n'
    for text in ("Howdy! {{ called_at }}", "too busy {{ called_at }}"):
        with pytest.raises(TemplateError, match="Write instead"):
            loaded(guard__toml=mine, apology__txt=text)
    assert loaded(guard__toml=mine).hold(hold(ANN)).summary


def test_an_empty_guard_forbids_nothing() -> None:
    """A guard without phrases finds none."""
    assert Guard([]).find("too busy") == ()
