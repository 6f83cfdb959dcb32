"""Damaged and hostile mails: recognition answers or raises RecognitionError, nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant import recognise
from assistant.errors import RecognitionError
from assistant.standards import mail as codec
from tests.unit.recognise.samples import BERLIN, CORPUS, LABELS, NEW_YORK, mail, reader_of

if TYPE_CHECKING:
    from assistant.model.call import Call, Recognition

QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much]
RAW = {label["file"]: (CORPUS / label["file"]).read_bytes()[:6000] for label in LABELS}
READERS = {label["file"]: reader_of(label) for label in LABELS}


def _sound(call: Call) -> bool:
    aware = call.start_time.utcoffset() is not None
    long_enough = call.duration is None or call.duration >= timedelta(0)
    return aware and long_enough and (call.calling_number or "+").startswith("+")


def _answer(raw: bytes, file: str | None = None) -> Recognition | None:
    try:
        found = recognise.recognise(raw, READERS[file] if file else NEW_YORK)
    except RecognitionError:
        return None
    assert all(map(_sound, found.calls))
    return found


@given(st.binary(max_size=400))
@settings(max_examples=150, deadline=None, suppress_health_check=QUIET)
def test_random_bytes_report_no_call(raw: bytes) -> None:
    """Random bytes are a message of some sort to the parser, and never a call."""
    answer = _answer(raw)
    assert answer is not None
    assert not answer.calls


@given(st.sampled_from(sorted(RAW)), st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=QUIET)
def test_damaged_notices_never_break_the_reader(file: str, data: st.DataObject) -> None:
    """A corpus mail with bytes cut out, repeated or overwritten is answered or refused."""
    raw = RAW[file]
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, min(len(raw), start + 300)))
    filling = data.draw(st.one_of(st.binary(max_size=40), st.just(raw[start:end] * 2), st.just(b"")))
    answer = _answer(raw[:start] + filling + raw[end:], file)
    assert answer is None or answer.kind.reports_calls == bool(answer.calls)


@given(st.text(max_size=80), st.text(max_size=300))
@settings(max_examples=150, deadline=None, suppress_health_check=QUIET)
def test_any_text_can_stand_in_a_notice(subject: str, body: str) -> None:
    """Whatever a caller's name or words are, the mail is answered or refused."""
    flat = subject.replace("\n", " ").replace("\r", " ").encode("utf-8", "replace").decode()
    raw = mail(f"New voicemail from {flat}", "Transcript:\n" + body.encode("utf-8", "replace").decode())
    answer = _answer(raw)
    assert answer is None or answer.kind.reports_calls == bool(answer.calls)


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
@settings(max_examples=100, deadline=None, suppress_health_check=QUIET)
def test_any_html_becomes_text(source: str) -> None:
    """HTML of any sort becomes text."""
    assert isinstance(codec.html_to_text("<p>" + source), str)


def test_deeply_nested_parts_end() -> None:
    """A message nested a thousand deep is read without following it down."""
    head = b"Subject: deep\n" + b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(1000)
    )
    assert codec.parse(head + b"\nend").subject == "deep"


def test_long_lines_are_read_in_time() -> None:
    """A line of a hundred thousand characters made to look like labels takes no more than moments."""
    for filling in ("From: " * 16000, "call me " * 12000, "0 " * 50000, "A" * 100000, "on at to " * 11000):
        raw = mail("New voicemail from (212) 555-0134", filling)
        assert recognise.recognise(raw, BERLIN).kind is not None
