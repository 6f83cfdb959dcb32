"""The cheap look that lets most mails go: it may err to one side only."""

from __future__ import annotations

import json
from email.message import EmailMessage
from pathlib import Path

import pytest

from assistant import recognise
from assistant.model.call import Kind
from assistant.recognise import needed, patterns, sift, tongue
from assistant.standards import mail as codec
from tests.unit.recognise.samples import CORPUS, NEW_YORK, reader_of

FORMATS = recognise.load()
CORPORA = (CORPUS, CORPUS.parent / "corpus_hard")
TABLES = [(table, key) for tables in (sift.WITHIN, sift.ACROSS) for table, keys in tables.items() for key in keys]


def _mail(text: str, subject: str = "Figures") -> codec.Mail:
    made = EmailMessage()
    made["From"], made["Subject"] = "Ann Lee <ann@firm.example>", subject
    made.set_content(text, cte="8bit")
    return codec.parse(made.as_bytes())


@pytest.mark.parametrize("folder", CORPORA, ids=lambda folder: Path(folder).name)
def test_what_is_let_go_would_have_been_no_call(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mail of the corpora that is let go gets the answer that it gets when all of it is read."""
    labels = [json.loads(line) for line in (folder / "labels.jsonl").read_text("utf-8").splitlines() if line.strip()]
    raws = {label["file"]: (folder / label["file"]).read_bytes() for label in labels}
    gone = [label for label in labels if sift.is_silent(codec.parse(raws[label["file"]]), reader_of(label), FORMATS)]
    quick = [recognise.recognise(raws[label["file"]], reader_of(label)) for label in gone]
    monkeypatch.setattr(sift, "is_silent", lambda *_: False)
    assert quick == [recognise.recognise(raws[label["file"]], reader_of(label)) for label in gone]


def test_mails_of_calls_are_kept() -> None:
    """No mail of the corpora that reports a call or lures with one is let go."""
    for folder in CORPORA:
        for line in filter(str.strip, (folder / "labels.jsonl").read_text("utf-8").splitlines()):
            label = json.loads(line)
            mail = codec.parse((folder / label["file"]).read_bytes())
            assert label["kind"] == "none" or not sift.is_silent(mail, reader_of(label), FORMATS), label["file"]


@pytest.mark.parametrize(("table", "key"), TABLES, ids=".".join)
def test_every_trigger_of_every_language_is_kept(table: str, key: str) -> None:
    """A text in which a pattern of calls is found, written in several ways, is never let go."""
    checked = 0
    for word in FORMATS.words(table, key):
        pattern = patterns.of_language(word)
        for text in {" ".join(written.split()) for written in tongue._written(word)}:
            if pattern.search(text):
                checked += 1
                assert not sift.is_silent(_mail(f"Budget.\n\n{text}\n"), NEW_YORK, FORMATS), (word, text)
    assert checked


def test_ordinary_mail_is_let_go() -> None:
    """A thread about figures with a signature's number is let go, the same with a call in it is not."""
    text = "The draft budget is attached, please review the notes.\n\n-- \nAnn Lee\nTel. (212) 555-0147\n"
    assert sift.is_silent(_mail(text), NEW_YORK, FORMATS)
    assert not sift.is_silent(_mail("Please call me.\n" + text), NEW_YORK, FORMATS)


def test_a_pattern_of_which_nothing_is_known_keeps_every_mail() -> None:
    """A user's language with a pattern that needs no word at all makes every mail be read."""
    own, problems = recognise.with_own(FORMATS, {"sv.toml": 'code = "sv"\n[sentences]\nlure = ["\\\\d\\\\d"]\n'})
    assert problems == ()
    assert not sift.is_silent(_mail("Nothing."), NEW_YORK, own)


def test_every_word_of_a_way_is_asked_for() -> None:
    """Each alternative of a pattern has groups of its own, of each of which one text must be there."""
    assert needed.ways("ab(?:cd|ef)|gh") == ((frozenset({"ab"}), frozenset({"cd", "ef"})), (frozenset({"gh"}),))


def test_the_answer_for_a_mail_let_go_is_none() -> None:
    """What is let go is recognised as none, by nobody and plain."""
    made = EmailMessage()
    made["From"], made["Subject"] = "Ann Lee <ann@firm.example>", "Figures"
    made.set_content("The budget.")
    found = recognise.recognise(made.as_bytes(), NEW_YORK)
    assert (found.kind, found.vendor, found.reasons) == (Kind.NONE, None, ("it reports no call",))
