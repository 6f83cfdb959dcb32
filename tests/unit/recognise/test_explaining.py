"""What `explain` says of each field, and of what it was not taken from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assistant import recognise
from assistant.model.call import E164, Kind, Reader
from tests.unit.recognise.samples import CORPUS, LABELS, LONDON, NEW_YORK, mail, reader_of

if TYPE_CHECKING:
    from assistant.recognise import Evidence, Explanation

FIELDS = {
    *("kind", "number_e164", "extension", "caller_name", "called_at", "tz_assumed", "duration_s", "transcript"),
    *("callback_number_e164", "requested", "urgency", "wants_callback"),
}
NOTICE = (
    "You have a new voicemail.\n\nFrom: Ann Byrne (212) 555-0134\nTo: (212) 555-0100\nDate: 11/10/2026 10:15 AM\n"
    "Duration: 0:41\n\nTranscript:\nHi, this is Ann. Please call me back on 646-555-0188 tomorrow after 3. It is not "
    "urgent, I am at the office until noon.\n\nFax: (212) 555-0199\n-- \nExample PBX, (212) 555-0177\n"
)
EXPLAINED = {
    label["file"]: recognise.explain((CORPUS / label["file"]).read_bytes(), reader_of(label)) for label in LABELS
}


def _explained(body: str, reader: Reader = NEW_YORK, subject: str = "New voicemail", head: str = "") -> Explanation:
    return recognise.explain(mail(subject, body, head=head), reader)


def _of(found: Explanation, field: str) -> Evidence:
    (item,) = [item for item in found.evidence if item.field == field]
    return item


def _over(item: Evidence) -> dict[str, str]:
    return {other.text: other.why for other in item.passed_over}


@pytest.mark.parametrize("file", EXPLAINED)
def test_every_field_of_every_call_is_explained(file: str) -> None:
    """Each field of each call of the corpus, and the system and trust of each mail, have their evidence with a rule."""
    found = EXPLAINED[file]
    for number in range(len(found.recognition.calls)):
        of_call = [item for item in found.evidence if item.call == number]
        assert {item.field for item in of_call} == FIELDS
        assert all(item.rule for item in of_call), [item.field for item in of_call if not item.rule]
    whole = {item.field for item in found.evidence if item.call is None}
    assert whole == ({"vendor", "trust"} if found.recognition.calls else {"kind", "vendor", "trust"})


@pytest.mark.parametrize("file", EXPLAINED)
def test_a_value_has_words_behind_it(file: str) -> None:
    """Where a number, a name, a time, a length or words were read, the evidence has the words and their part."""
    found = EXPLAINED[file]
    answer = recognise.to_json(file, found.recognition)
    read = ("number_e164", "extension", "caller_name", "called_at", "duration_s", "transcript", "callback_number_e164")
    for item in found.evidence:
        if item.call is not None and item.field in read and answer["calls"][item.call][item.field] is not None:
            assert item.text, item
            assert item.part, item


def test_explaining_changes_no_answer() -> None:
    """The recognition that is explained is the one that is given without."""
    for label in LABELS:
        plain = recognise.recognise((CORPUS / label["file"]).read_bytes(), reader_of(label))
        assert EXPLAINED[label["file"]].recognition == plain


def test_other_numbers_are_named_with_the_role_that_excluded_them() -> None:
    """The line called, a fax and a number behind the signature are passed over, each with its reason."""
    over = _over(_of(_explained(NOTICE), "number_e164"))
    assert over["(212) 555-0100"] == "the line called"
    assert over["(212) 555-0199"] == "a fax"
    assert over["(212) 555-0177"] == "behind the signature"
    assert "646-555-0188" not in over


def test_a_number_of_ones_own_is_said_to_be() -> None:
    """A number that the reader named as their own is passed over as theirs."""
    reader = Reader(region="US", zone="America/New_York", own_numbers=(E164("+12125550100"),))
    assert _over(_of(_explained(NOTICE, reader), "number_e164"))["(212) 555-0100"] == "yours"


def test_the_wish_is_traced_to_the_callers_words() -> None:
    """The other number, the window and the missing hurry are explained by words of the transcript."""
    found = _explained(NOTICE)
    callback, requested, urgency = (_of(found, name) for name in ("callback_number_e164", "requested", "urgency"))
    assert callback.text.endswith("646-555-0188")
    assert (requested.text, requested.part) == ("tomorrow after 3", "transcript")
    assert (urgency.text.lower(), urgency.rule) == ("is not urgent", "a hurry that is denied")


def test_zone_and_source_of_a_time() -> None:
    """A time without a zone says that the mailbox's is taken, one with a zone that it is written."""
    found = _explained(NOTICE)
    assert _of(found, "tz_assumed").rule == "the time names no zone, so the mailbox's is taken"
    assert "Tue, 10 Nov 2026 15:20:30 +0000" in _over(_of(found, "called_at"))
    zoned = _explained(NOTICE.replace("10:15 AM", "10:15 AM EST"))
    assert _of(zoned, "tz_assumed").rule == "the zone is written with the time"


def test_without_a_time_the_header_is_the_source() -> None:
    """A mail that tells no time has the Date header as its time's evidence."""
    item = _of(_explained("You missed a call from (212) 555-0134.", subject="Missed call"), "called_at")
    assert (item.text, item.part) == ("Tue, 10 Nov 2026 15:20:30 +0000", "header Date")


def test_a_length_of_ringing_is_passed_over() -> None:
    """A missed call has no length, and what is told of one is named."""
    body = "You missed a call.\n\nFrom: (212) 555-0134\nDuration: 0:19\n"
    item = _of(_explained(body, subject="Missed call from (212) 555-0134"), "duration_s")
    assert (item.text, item.rule) == ("", "only a recording has a length")
    assert _over(item) == {"0:19": "how long it rang or was talked"}


def test_a_mark_of_the_system_is_the_evidence_of_hurry() -> None:
    """A message that the phone system marked urgent is explained by the header field."""
    item = _of(_explained(NOTICE.replace("not urgent", "fine"), head="Importance: High\n"), "urgency")
    assert (item.text, item.part) == ("High", "header Importance")


def test_a_mail_without_a_call_names_its_words_of_calls() -> None:
    """A mail that reports no call tells which words of calls it has."""
    found = _explained("Voicemail is included in every plan.", LONDON, subject="Our new plans")
    assert found.recognition.kind is Kind.NONE
    assert "Voicemail" in _over(_of(found, "kind"))


def test_a_format_that_yields_is_passed_over() -> None:
    """FreePBX's mails bear Asterisk's marks too; the evidence says which format yields."""
    assert _over(_of(EXPLAINED["m075.eml"], "vendor")) == {"Asterisk": "FreePBX refines it"}


def test_results_of_servers_that_are_not_yours_prove_nothing() -> None:
    """An Authentication-Results field of an unknown server is passed over, with the reason."""
    head = "Authentication-Results: mx.other.example; dkim=pass header.d=vendor.example\n"
    over = _over(_of(_explained(NOTICE, head=head), "trust"))
    assert over == {"mx.other.example": "the server is none that you named (authserv-id), so it proves nothing"}
