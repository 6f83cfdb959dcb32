"""The golden test: every mail of the corpus against its label."""

from __future__ import annotations

import email
from email import policy

import pytest

from assistant import recognise
from assistant.model.call import Kind, Reader, Trust
from tests.corpus.score_recognition import CALLS, Score, score
from tests.unit.recognise.samples import CORPUS, LABELS, reader_of


@pytest.fixture(scope="module")
def answers() -> dict[str, dict[str, object]]:
    return {
        label["file"]: recognise.to_json(
            label["file"], recognise.recognise((CORPUS / label["file"]).read_bytes(), reader_of(label))
        )
        for label in LABELS
    }


@pytest.fixture(scope="module")
def result(answers: dict[str, dict[str, object]]) -> Score:
    return score(LABELS, answers)


def test_corpus_is_whole() -> None:
    """Every label has its mail and every mail its label."""
    assert {label["file"] for label in LABELS} == {path.name for path in CORPUS.glob("*.eml")}
    assert len(LABELS) == 101


def test_no_caller_is_lost_and_nothing_else_becomes_a_hold(result: Score) -> None:
    """No mail that reports no call would become a hold, and no caller who wants a call is lost."""
    assert result.false_holds == []
    assert result.lost == []
    assert result.extra_calls == 0


def test_every_kind_and_field_is_right(result: Score) -> None:
    """Kinds and fields of all corpus mails are those of the labels."""
    assert result.misses == []
    assert result.summary()["all_fields"] == 1.0


@pytest.mark.parametrize("confidence", ["exact", "close", "guess"])
def test_every_class_of_evidence_is_read(answers: dict[str, dict[str, object]], confidence: str) -> None:
    """Layouts that are known, nearly known and guessed are all read, none at the cost of another."""
    labels = [label for label in LABELS if label["confidence"] == confidence]
    assert labels
    assert score(labels, {label["file"]: answers[label["file"]] for label in labels}).misses == []


def test_phishing_is_suspect_with_a_reason(answers: dict[str, dict[str, object]]) -> None:
    """Each phishing mail of the corpus is suspect, says why and has no calls."""
    for label in LABELS:
        if label["kind"] == Kind.PHISHING:
            answer = answers[label["file"]]
            assert (answer["kind"], answer["trust"], answer["calls"]) == (Kind.PHISHING, Trust.SUSPECT, [])
            assert answer["reasons"]


def test_phishing_stays_out_without_known_servers() -> None:
    """A reader who named no receiving server is still not taken in by the corpus's phishing."""
    for label in LABELS:
        if label["kind"] == Kind.PHISHING:
            box = label["mailbox"]
            reader = Reader(region=box["region"], zone=box["tz"])
            found = recognise.recognise((CORPUS / label["file"]).read_bytes(), reader)
            assert found.trust is Trust.SUSPECT, label["file"]


def test_the_look_at_heads_drops_no_call() -> None:
    """No corpus mail that reports a call is dropped by its head, and some that report none are."""
    dropped = []
    for label in LABELS:
        message = email.message_from_bytes((CORPUS / label["file"]).read_bytes(), policy=policy.compat32)
        if not recognise.is_candidate([(name, str(value)) for name, value in message.items()], None):
            dropped.append(label["kind"])
    assert not CALLS.intersection(dropped)
    assert dropped.count(Kind.NONE) >= 2


def test_sources_and_zones_of_times(answers: dict[str, dict[str, object]]) -> None:
    """Where a time was read, and which zone was taken for granted, is what the labels say."""
    for label in LABELS:
        calls = answers[label["file"]]["calls"]
        assert isinstance(calls, list)
        for want, got in zip(label["calls"], calls, strict=True):
            if {"called_at", "tz_assumed"} & set((label.get("dont_score") or []) + (want.get("dont_score") or [])):
                continue
            assert (got["called_at_source"], got["tz_assumed"]) == (want["called_at_source"], want["tz_assumed"])
