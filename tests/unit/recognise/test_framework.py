"""What the framework promises: claims, errors, data files, evidence."""

from __future__ import annotations

import re

import msgspec
import pytest

from assistant import recognise
from assistant.errors import RecognitionError
from assistant.model.call import Kind
from assistant.recognise import formats, patterns
from tests.unit.recognise.samples import CORPUS, LABELS, NEW_YORK, mail, reader_of

BUILT_IN = formats.load()


def test_two_claims_are_an_error_of_that_mail() -> None:
    """A mail that two formats claim raises, and names both of them."""
    raw = mail("Voice Message Attached from 2125550134 - ANN", "Time: x", head="X-Mailer: FreeSWITCH\n")
    with pytest.raises(RecognitionError, match="BroadWorks and FreeSWITCH"):
        recognise.recognise(raw, NEW_YORK)


def test_a_refining_format_wins() -> None:
    """FreePBX sends through Asterisk, and its mails are FreePBX's alone."""
    label = next(label for label in LABELS if label["file"] == "m075.eml")
    assert recognise.recognise((CORPUS / "m075.eml").read_bytes(), reader_of(label)).vendor == "FreePBX"


def test_a_claimed_notice_without_anything_readable_is_an_error() -> None:
    """A mail that is surely a notice, but of which nothing can be read, goes to the user."""
    raw = mail("(no subject)", "", head="Content-Class: voice-ca\n")
    with pytest.raises(RecognitionError, match="nothing in it can be read"):
        recognise.recognise(raw, NEW_YORK)


def test_a_call_without_any_date_is_an_error_unless_the_provider_knows() -> None:
    """A notice whose date cannot be read needs the time at which the provider got it."""
    raw = mail("Missed call from (212) 555-0134", "Missed call from (212) 555-0134", date="never")
    with pytest.raises(RecognitionError, match="no date"):
        recognise.recognise(raw, NEW_YORK)
    received = msgspec.convert("2026-11-10T15:20:30Z", type=__import__("datetime").datetime)
    assert recognise.recognise(raw, NEW_YORK, received_at=received).calls[0].start_time == received


def test_formats_are_an_argument() -> None:
    """Without formats and languages nothing is recognised, and a format of one's own is used."""
    raw = mail("Ring ring: 2125550134", "")
    none = formats.Formats(formats=(), languages=())
    assert recognise.recognise(raw, NEW_YORK, none).kind is Kind.NONE
    own = formats.Format(
        vendor="Own",
        identify=(formats.Marks(subject="^Ring ring"),),
        shapes=(formats.Shape(kind=Kind.MISSED_CALL, subject=("Ring ring: {caller}",)),),
    )
    found = recognise.recognise(raw, NEW_YORK, formats.Formats(formats=(own,), languages=()))
    assert (found.vendor, found.calls[0].calling_number) == ("Own", "+12125550134")


def test_every_pattern_compiles() -> None:
    """Every pattern of every data file is a regular expression whose slots exist."""
    for language in BUILT_IN.languages:
        for table in ("labels", "names", "urgency", "wishes", "when", "digits", "units", "subjects", "sentences"):
            for words in getattr(language, table).values():
                for word in words:
                    assert re.compile(patterns.of_language(word).pattern).pattern
    for format_ in BUILT_IN.formats:
        for shape in format_.shapes:
            for pattern in (*shape.subject, *shape.text):
                assert patterns.of_format(pattern).pattern


def test_every_language_has_the_same_tables() -> None:
    """A language's file has every key that the English one has."""
    english = next(language for language in BUILT_IN.languages if language.code == "en")
    for language in BUILT_IN.languages:
        for table in ("labels", "subjects", "sentences", "names", "urgency", "wishes", "when", "digits", "units"):
            missing = getattr(english, table).keys() - getattr(language, table).keys()
            assert not missing, (language.code, table)


def test_an_unknown_slot_is_refused() -> None:
    """A pattern with a slot that does not exist is an error that names the slot."""
    with pytest.raises(ValueError, match=r"unknown slot .colour."):
        patterns.of_format("a {colour} call")


def test_evidence_names_part_and_rule() -> None:
    """Explaining says in which part of the mail a field stood and by which rule it was taken."""
    label = next(label for label in LABELS if label["file"] == "m027.eml")
    explained = recognise.explain((CORPUS / "m027.eml").read_bytes(), reader_of(label))
    number = next(item for item in explained.evidence if item.field == "number_e164")
    assert (number.text, number.part, number.rule) == ("2125550147", "header X-Asterisk-CallerID", "Asterisk")


def test_a_class_of_exchange_decides_the_look() -> None:
    """Exchange's message class decides alone where it is one of calls, of meetings or of faxes."""
    head = [("Subject", "anything"), ("List-Id", "<x>")]
    assert recognise.is_candidate(head, "IPM.Note.Microsoft.Missed.Voice")
    assert recognise.is_candidate(head, "IPM.Note.Microsoft.Voicemail.UM.CA")
    assert not recognise.is_candidate([("Subject", "call")], "IPM.Schedule.Meeting.Request")
    assert not recognise.is_candidate([("Subject", "call")], "IPM.Note.Microsoft.Fax.CA")


@pytest.mark.parametrize(
    ("head", "passes"),
    [
        ([("Subject", "Lunch?")], True),
        ([("Subject", "Lunch?"), ("Auto-Submitted", "auto-generated")], True),
        ([("Subject", "Voicemail from Ann"), ("Auto-Submitted", "auto-replied")], False),
        ([("Subject", "Our autumn offers"), ("List-Unsubscribe", "<x>")], False),
        ([("Subject", "New voicemail from Ann"), ("List-Id", "<office.example>")], True),
        ([("subject", "=?utf-8?q?Appel_manqu=C3=A9?="), ("precedence", "bulk")], True),
        ([], True),
    ],
)
def test_the_look_errs_towards_reading(head: list[tuple[str, str]], *, passes: bool) -> None:
    """Only automatic answers and bulk mail that speaks of no call are left unread."""
    assert recognise.is_candidate(head) is passes
