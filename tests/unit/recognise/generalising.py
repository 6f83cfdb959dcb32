"""Leave one vendor out: its mails read without the file that knows it, by what is common to all systems alone."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from assistant import recognise
from assistant.errors import RecognitionError
from assistant.recognise import identify
from assistant.standards import mail as codec
from tests.corpus.score_recognition import CALLS, Score, score
from tests.unit.recognise.samples import CORPUS, LABELS, reader_of

if TYPE_CHECKING:
    from assistant.recognise.formats import Formats


class LeftOut(NamedTuple):
    """One vendor: the formats taken away, and how its mails were read then."""

    vendor: str
    formats: tuple[str, ...]
    result: Score

    @property
    def calls(self) -> int:
        """Return how many calls with a number to find its mails have."""
        return self.result.total["number_e164"]

    @property
    def right(self) -> int:
        """Return how many of them were found with the right number."""
        return self.result.right["number_e164"]


def leave_out_each() -> list[LeftOut]:
    """Return the result for each vendor of the corpus whose mails report calls and are claimed by a format."""
    known = recognise.load()
    by_vendor = itertools.groupby(sorted(LABELS, key=_vendor), key=_vendor)
    found = [_leave_out(vendor, list(labels), known) for vendor, labels in by_vendor]
    return [one for one in found if one.formats and one.calls]


def _vendor(label: dict[str, Any]) -> str:
    return str(label["vendor"])


def _leave_out(vendor: str, labels: list[dict[str, Any]], known: Formats) -> LeftOut:
    mails = [codec.parse((CORPUS / label["file"]).read_bytes()) for label in labels]
    claiming = {format_.vendor for mail in mails for format_ in identify.claiming(mail, known)}
    rest = tuple(format_ for format_ in known.formats if format_.vendor not in claiming)
    without = msgspec.structs.replace(known, formats=rest)
    answers = {label["file"]: _answer(label, without) for label in labels}
    return LeftOut(vendor, tuple(sorted(claiming)), score([_numbers(label) for label in labels], answers))


def _answer(label: dict[str, Any], formats: Formats) -> dict[str, Any]:
    raw = (CORPUS / label["file"]).read_bytes()
    try:
        return recognise.to_json(label["file"], recognise.recognise(raw, reader_of(label), formats))
    except RecognitionError:
        return {"kind": "none", "calls": []}


def _numbers(label: dict[str, Any]) -> dict[str, Any]:
    """Return the label of a mail, with calls only where these have a number to find."""
    return label if label["kind"] in CALLS else {**label, "calls": []}
