"""A user's own formats and words, and what is said of files that cannot be used."""

from __future__ import annotations

import pytest

from assistant import recognise
from assistant.model.call import Kind
from assistant.recognise import formats, patterns
from tests.unit.recognise.samples import BERLIN, CORPUS, LABELS, NEW_YORK, mail, reader_of

KNOWN = formats.load()
RING = """\
vendor = "Ring Ring"
[[identify]]
subject = '^Ring ring'
[[shapes]]
kind = "missed_call"
subject = ['Ring ring: {caller} \\({clock}\\)']
"""


def _problem(text: str) -> str:
    known, (problem,) = recognise.with_own(KNOWN, {"own.toml": text})
    assert known == KNOWN
    return problem


def test_a_format_of_ones_own_is_read() -> None:
    """A format that the program does not know reads its mails, and the others stay."""
    known, problems = recognise.with_own(KNOWN, {"ring.toml": RING})
    found = recognise.recognise(mail("Ring ring: Ann Lee 2125550134 (10:05)", ""), NEW_YORK, known)
    assert problems == ()
    assert (found.vendor, found.calls[0].calling_number) == ("Ring Ring", "+12125550134")
    assert len(known.formats) == len(KNOWN.formats) + 1


def test_a_format_of_the_same_name_replaces_ours() -> None:
    """A user's format takes the place of ours with its vendor name, and ours no longer claims mails."""
    own = 'vendor = "Grasshopper"\n[[identify]]\nsubject = "^Never"\n'
    known, _ = recognise.with_own(KNOWN, {"own.toml": own})
    label = next(label for label in LABELS if label["vendor"] == "Grasshopper" and label["kind"] == Kind.VOICEMAIL)
    raw = (CORPUS / label["file"]).read_bytes()
    assert recognise.recognise(raw, reader_of(label), KNOWN).vendor == "Grasshopper"
    assert recognise.recognise(raw, reader_of(label), known).vendor is None
    assert len(known.formats) == len(KNOWN.formats)


def test_words_are_added_to_a_language() -> None:
    """A language with a known code adds its words to ours under each key, and ours stay."""
    known, problems = recognise.with_own(KNOWN, {"own.toml": 'code = "en"\n[labels]\nnumber = ["ringer"]\n'})
    english, ours = (next(one for one in some.languages if one.code == "en") for some in (known, KNOWN))
    assert problems == ()
    assert english.labels["number"] == ("ringer", *ours.labels["number"])
    assert english.labels["time"] == ours.labels["time"]
    body = "A new voicemail came in.\n\nRinger: (212) 555-0134\nSwitchboard line   (212) 555-0100\n"
    assert recognise.recognise(mail("New voicemail", body), NEW_YORK, known).calls[0].calling_number == "+12125550134"


def test_a_new_language_needs_only_the_words_it_has() -> None:
    """A language that the program does not know is read by the tables that its file has."""
    own = (
        'code = "sv"\n[labels]\nnumber = ["nummer"]\ntime = ["tid"]\n'
        '[notice]\nmissed_call = ["missat samtal"]\nfrom = ["från"]\n'
    )
    known, problems = recognise.with_own(KNOWN, {"sv.toml": own})
    raw = mail("Missat samtal från 08-123 456 78", "Du har ett missat samtal.\n\nNummer: 08-123 456 78\n")
    found = recognise.recognise(
        raw, reader_of({"mailbox": {"region": "SE", "tz": "Europe/Stockholm", "address": ""}}), known
    )
    assert problems == ()
    assert (found.kind, [call.calling_number for call in found.calls]) == (Kind.MISSED_CALL, ["+46812345678"])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("vendor = ", "is not valid TOML"),
        ("x = 1\n", 'write vendor = "NAME" for a format, or code = "xx" for a language'),
        ('vendor = "A"\nidentfy = 1\n[[identify]]\nsubject = "x"\n', "unknown field `identfy`"),
        ('vendor = "A"\n[[identify]]\nsubject = "(x"\n', "line 3: identify[0].subject: bad pattern"),
        (RING.replace("{clock}", "{colour}"), "line 6: shapes[0].subject: unknown slot {colour}"),
        (RING + 'headers = { nummer = "X-A" }\n', "shapes.headers: there is no 'nummer'. Did you mean 'number'?"),
        (RING.replace("{caller}", "({caller}, )+"), "could take very long: a repeat without end stands inside another"),
        ('refines = ["Astersk"]\n' + RING, "refines: there is no 'Astersk'. Did you mean 'Asterisk'?"),
        ('code = "en"\n[lables]\nnumber = ["x"]\n', "unknown field `lables`"),
        ('code = "en"\n[labels]\nnumbr = ["x"]\n', "labels: there is no 'numbr'. Did you mean 'number'?"),
        ('code = "en"\n[labels]\nnumber = ["(x"]\n', "line 3: labels.number[0]: bad pattern"),
        ('code = "en"\n[labels]\nnumber = "x"\n', "Expected `array`, got `str`"),
        ('code = "xx"\n', "code: 'xx' is no language with known names of days"),
    ],
)
def test_a_bad_file_is_told_of(text: str, told: str) -> None:
    """A file that cannot be used is named with the line or key and what to do, and nothing of it is taken."""
    problem = _problem(text)
    assert problem.startswith("own.toml: ")
    assert told in problem


def test_a_bad_file_does_not_stop_the_others() -> None:
    """Of several files the good ones are used, and a vendor that stands twice is told of."""
    known, problems = recognise.with_own(KNOWN, {"a.toml": "vendor = ", "b.toml": RING, "c.toml": RING})
    assert [problem.partition(":")[0] for problem in problems] == ["a.toml", "c.toml"]
    assert "stands in b.toml too" in problems[1]
    assert known.formats[-1].vendor == "Ring Ring"


@pytest.mark.parametrize("pattern", ["(a+)+b", r"(?:\w+ )*x", "(a|b*)*", "(?:{caller},)+", "((a*)b)+", "(a+){2,}"])
def test_a_repeat_inside_a_repeat_is_a_risk(pattern: str) -> None:
    """A repeat without end inside another is found."""
    assert patterns.risk(pattern)


@pytest.mark.parametrize(
    "pattern", ["a+b*", "(?:a|b)+", r"\(a+\)+", "[(+]*x", "(?:a+){0,9}", r"(?:x+)?y+", "{caller}, {time}"]
)
def test_plain_repeats_are_none(pattern: str) -> None:
    """Repeats beside each other, of single characters or with an upper bound are let pass."""
    assert patterns.risk(pattern) == ""


def test_narrowing_the_languages_changes_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking only for the words of languages that a mail may be in gives the kinds, trust and calls of all."""

    def answers() -> list[tuple[object, ...]]:
        mails = ((CORPUS / label["file"], reader_of(label)) for label in LABELS)
        found = (recognise.recognise(path.read_bytes(), reader) for path, reader in mails)
        return [(one.kind, one.vendor, one.trust, one.calls) for one in found]

    narrowed = answers()
    with monkeypatch.context() as patch:
        patch.setattr(formats.Formats, "of_text", lambda self, _text: self)
        assert answers() == narrowed


def test_a_mail_is_read_in_its_language_and_in_english() -> None:
    """A German text keeps German and English, an English one English alone."""
    german = "Sie haben einen Anruf in Abwesenheit erhalten. Bitte rufen Sie am Dienstag zurück."
    assert sorted(KNOWN.of_text(german).codes) == ["de", "en"]
    assert KNOWN.of_text("You have a new voicemail.").codes == ["en"]
    found = recognise.recognise(mail("Verpasster Anruf von 030 1234567", german), BERLIN)
    assert found.kind is Kind.MISSED_CALL
