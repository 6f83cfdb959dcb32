"""Templates are tried before they are used, and README tells the truth about them."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

import msgspec
import pytest

from assistant.errors import TemplateError
from assistant.model import speech
from assistant.model.journal import AttemptResult, Outcome
from assistant.model.manage import Sign
from assistant.model.planning import Bucket
from assistant.words import Source, Words, overlay
from assistant.words.environment import FILTERS
from assistant.words.sources import FACTS, NAMES
from tests.unit.words.conftest import TEMPLATES, ZONES, apology, hold, loaded, shipped

README = (TEMPLATES / "README.md").read_text("utf-8")
RECORDS = {
    struct.__name__: struct
    for struct in vars(speech).values()
    if isinstance(struct, type) and issubclass(struct, msgspec.Struct)
}


def section(title: str) -> list[str]:
    found = re.search(rf"^### {title}\n(.*?)(?=^### |\Z)", README, re.MULTILINE | re.DOTALL)
    assert found, f"README has no section {title}"
    return re.findall(r"^\| `(\w+)` \| [^|]+ \| [^|]+ \|$", found[1].replace(r"\|", "/"), re.MULTILINE)


@pytest.mark.parametrize(
    ("title", "struct"),
    [
        *FACTS.items(),
        *(
            (name, one)
            for name, one in RECORDS.items()
            if not name.endswith("Facts") and name not in {"Letter", "HoldText"}
        ),
    ],
)
def test_readme_lists_exactly_the_variables(title: str, struct: type[msgspec.Struct]) -> None:
    """README names each variable of each template and record, in order, and no other."""
    assert section(title) == list(struct.__struct_fields__)


def test_readme_lists_every_file_and_filter() -> None:
    """README names every template and each of our filters."""
    assert [name for name in NAMES if f"`{name}`" not in README] == []
    assert [name for name in FILTERS if rf"\| {name}" not in README] == []


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_code_has_a_word(language: str) -> None:
    """Each outcome, attempt result and bucket reads as words in each language."""
    text = (TEMPLATES / language / "language.toml").read_text("utf-8")
    terms = msgspec.toml.decode(text)["terms"]
    assert {*Outcome, *AttemptResult, *Bucket} <= set(terms)


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_hold_offers_only_signs_that_are_understood(language: str) -> None:
    """The words in quotes at the end of a hold are signs of that language, for a message left and for later."""
    words = loaded(language)
    managing = words.hold(hold()).description.split("✓")[1].casefold()
    for sign in (Sign.LEFT_MESSAGE, Sign.LATER):
        assert words.signs.words[sign][0] in managing


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{{ nmae }}", "there is no variable nmae. This template has: caller, user"),
        ("{{ caller.nmae }}", "Caller has no field nmae. It has: name, organisation"),
        ("{% if false %}{{ caller.nmae }}{% endif %}", "Caller has no field nmae"),
        ("{{ caller['nmae'] }}", "nmae"),
        ("{{ caller.name", "line 1"),
        ("{% if %}", "Correct the Jinja syntax"),
        ("{{ caller.name | shout }}", "shout"),
        ("{{ caller }}", "name one field"),
        ("{% include 'hold.txt.j2' %}", "includes another file"),
        ("{{ calls / 0 }}", "division by zero"),
        ("{{ caller.name + calls }}", "README.md"),
        ("{{ called_at.year.x.y }}", "README.md"),
        ("{{ range(9) }}", "no variable range"),
        ("{{ [1, 2] | random }}", "random"),
    ],
)
def test_a_faulty_template_is_refused_with_file_and_remedy(text: str, fault: str) -> None:
    """What cannot work is refused on load; the message names the file and what to do."""
    with pytest.raises(TemplateError) as caught:
        loaded(apology__txt=text)
    assert "mine/apology.txt.j2: " in str(caught.value)
    assert fault in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__ }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ ''['__class__'] }}",
        "{{ caller.__class__.__init__.__globals__ }}",
        "{{ caller.name | attr('__class__') }}",
        "{{ caller['__struct_fields__'] }}",
        "{{ [caller] | map(attribute='__class__') | list }}",
        "{{ self.__init__ }}",
        "{{ '{0.__class__}'.format(caller) }}",
        "{% if false %}{{ caller.__class__ }}{% endif %}",
        "{{ cycler.__init__.__globals__.os }}",
        "{% set _ = attempts.append(1) %}",
        "{% for x in ().__class__.__base__.__subclasses__() %}{{ x }}{% endfor %}",
    ],
)
def test_a_template_cannot_leave_the_sandbox(text: str) -> None:
    """What reaches for Python's insides is refused on load."""
    with pytest.raises(TemplateError, match="mine/hold"):
        loaded(hold__txt="{{ caller.name }}" + text)


@pytest.mark.parametrize(
    "text",
    [
        "I will call you soon.",
        "{% set x = at %}I will call you soon.",
        "{% if false %}{{ at }}{% endif %}soon",
        "I will call you at {{ at | clock }}.",
        "I will call you on {{ at | day }}.",
        "{% if user %}{{ at }}{% endif %}",
    ],
)
def test_a_promise_must_name_its_time(text: str) -> None:
    """A will_call_at whose words do not depend on day and clock is refused."""
    with pytest.raises(TemplateError, match=r"mine/will_call_at.txt.j2: it (never uses|does not always name)"):
        loaded(will_call_at__txt=text)


def test_all_faults_come_at_once() -> None:
    """Every faulty file is listed in one message."""
    with pytest.raises(TemplateError) as caught:
        loaded(apology__txt="{{ a }}", hold__title="{{ b }}", will_call_at__txt="soon")
    assert str(caught.value).startswith("3 faults in the templates\n")


def test_a_missing_template_is_named() -> None:
    """A language without one of the texts cannot be used."""
    sources = shipped("en")
    del sources["digest.txt.j2"]
    with pytest.raises(TemplateError, match=r"digest\.txt\.j2 is missing"):
        Words.load(sources, "en", ZoneInfo("UTC"))


def test_a_misspelt_file_is_not_ignored() -> None:
    """A file that no purpose reads is an error with the nearest name."""
    with pytest.raises(TemplateError, match=r"Did you mean apology.txt.j2\?"):
        loaded(apologie__txt="Hello")


@pytest.mark.parametrize(
    ("text", "fault"), [("times =", "mine/language.toml"), ("[times]\nmoment = 1", "mine/language.toml")]
)
def test_a_damaged_language_file_is_named(text: str, fault: str) -> None:
    """A TOML file that cannot be read, or lacks something, is named."""
    with pytest.raises(TemplateError, match=fault):
        loaded(language__toml=text)


@pytest.mark.parametrize("language", ["xx-nope", "../en", ""])
def test_an_unknown_language_is_refused(language: str) -> None:
    """A language that Babel does not know cannot be used."""
    with pytest.raises(TemplateError, match="no such language"):
        Words.load(shipped("en"), language, ZoneInfo("UTC"))


def test_the_users_template_takes_the_place_of_ours() -> None:
    """An override is used, and the other texts stay ours."""
    words = loaded(hold__title="Ring {{ caller.name }}")
    assert words.hold(hold()).summary == "Ring Ann Byrne"
    assert words.hold(hold()).location == "+1 415-555-0123"


def test_a_source_is_text_and_origin() -> None:
    """A source says where it came from, for messages."""
    assert Source(text="x", origin="a/b").origin == "a/b"


def test_every_file_the_language_and_the_zone_are_in_the_version() -> None:
    """Words of other files, if only by a space, of another language or zone have another version."""
    sources = shipped("en")
    changed = [
        {**sources, name: Source(text=f"{source.text}\n", origin=source.origin)} for name, source in sources.items()
    ]
    found = [Words.load(each, "en", ZoneInfo("UTC")).version for each in (sources, *changed)]
    found += [Words.load(sources, "en-GB", ZoneInfo("UTC")).version]
    found += [Words.load(sources, "en", ZoneInfo("Europe/Dublin")).version]
    assert len(set(found)) == len(sources) + 3
    assert Words.load(sources, "en", ZoneInfo("UTC")).version == found[0]


def test_only_words_of_the_version_tried_are_not_tried_again() -> None:
    """A fault is found whatever other version was usable before."""
    version = loaded().version
    assert loaded(apology__txt="Sorry.").version != version
    theirs = {"apology.txt.j2": Source(text="{{ nobody }}", origin="mine/apology.txt.j2")}
    with pytest.raises(TemplateError, match="there is no variable nobody"):
        Words.load(overlay(shipped("en"), theirs), "en", ZONES["en"], version)


def test_words_that_were_tried_say_the_same() -> None:
    """Templates compiled when they are needed make the same letter."""
    words = loaded()
    again = Words.load(shipped("en"), "en", ZONES["en"], words.version)
    assert again.apology(apology()) == words.apology(apology())
