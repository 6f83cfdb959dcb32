"""Fuzzing that keeps the structure of a mail: parts, header fields and lines of the corpus, mixed and damaged.

RINGBACK_FUZZ=SECONDS goes on for that long; else a fixed number of mails is tried.
"""

from __future__ import annotations

import json
import os
import time
from datetime import datetime
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

import phonenumbers
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant import recognise
from assistant.errors import RecognitionError
from assistant.model.call import Kind, Trust, Urgency
from tests.unit.recognise.mutations import put, texts, written
from tests.unit.recognise.samples import CORPUS, LABELS, reader_of

if TYPE_CHECKING:
    from email.message import Message

SECONDS = float(os.environ.get("RINGBACK_FUZZ", "0"))
RAW = {label["file"]: (CORPUS / label["file"]).read_bytes() for label in LABELS}
READERS = {label["file"]: reader_of(label) for label in LABELS}
FILES = sorted(RAW)
SPELLS = (
    "\u202e",
    "\u2066",
    "\u2069",
    "\u200b",
    "\u0000",
    "\u001b[2J",
    "\u2028",
    "\u0085",
    "\u3000",
    "\u00ad",
    "\ufeff",
    "\ud7ff",
    "電話",
    "不在着信 ",
    "نص ",
    "הודעה ",
    "\u0661\u0662\u0663",
    "\uff11\uff12",
    "\uff11：\uff13\uff10",
    "e\u0301" * 9,
    "🤙🏽",
    "İ",
    "ß",
    "ﬀ",
    "ᛗ",
    "From: ",
    "Von: ",
    "Anrufer: ",
    "Time: ",
    "99:99",
    "31/02/2026 25:61",
    "00:00",
    "0",
    "9" * 40,
    "+",
    "+999999999999999999",
    "(212) 555-0134",
    "tel:+1;ext=9",
    "2026-13-45",
    "Feb 30",
    "12:60 pm",
    "-- ",
    "> ",
    "<td>",
    "</table>",
    "{name}",
    "%s",
    "\\1",
    "call me back ",
    "rufen Sie mich morgen um 25 Uhr an ",
    "rappelez-moi hier ",
    "in 99999999 hours ",
    "mañana a las 30 ",
    "double double triple ",
    "1970-01-01 00:00",
    "December 31, 9999 11:59 PM",
    "January 1, 0001",
    "24:00",
    "next february 29 ",
)
LINES = sorted({line for raw in RAW.values() for line in raw.decode("latin-1").splitlines() if 3 < len(line) < 120})


def _spliced(draw: st.DrawFn, text: str) -> str:
    """Return a text with lines of other mails in it, lines lost, doubled or swapped, and odd characters."""
    for _ in range(draw(st.integers(0, 4))):
        rows = text.split("\n")
        spot, other = draw(st.integers(0, len(rows) - 1)), draw(st.integers(0, len(rows) - 1))
        way = draw(st.sampled_from(("foreign", "lose", "double", "swap", "spell", "letters", "cut")))
        if way == "foreign":
            rows.insert(spot, draw(st.sampled_from(LINES)))
        elif way == "lose":
            del rows[spot]
        elif way == "double":
            rows[spot:spot] = rows[spot : spot + 3]
        elif way == "swap":
            rows[spot], rows[other] = rows[other], rows[spot]
        elif way == "cut":
            rows = rows[: spot + 1]
        else:
            place = draw(st.integers(0, len(rows[spot])))
            odd = draw(st.sampled_from(SPELLS)) if way == "spell" else draw(st.text(max_size=12))
            rows[spot] = rows[spot][:place] + odd + rows[spot][place:]
        text = "\n".join(rows)
    return text


def _respelled(draw: st.DrawFn, message: Message) -> None:
    for part in texts(message):
        payload = part.get_payload(decode=True)
        old = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
        new = _spliced(draw, old).encode("utf-8", "replace").decode()
        put(part, new, draw(st.sampled_from(("utf-8", "utf-16", "gb18030"))), draw(st.sampled_from(("base64", "8bit"))))


def _reheaded(draw: st.DrawFn, message: Message, other: Message) -> None:
    """Swap, lose or respell header fields; two mails lend each other theirs."""
    names = sorted({name for name, _ in other.items() if not name.lower().startswith(("content-", "mime"))})
    for name in draw(st.lists(st.sampled_from(names), max_size=4)):
        way = draw(st.sampled_from(("lose", "lend", "twice", "spell")))
        if way != "twice":
            del message[name]
        if way != "lose":
            value = str(other[name]).replace("\n", " ").replace("\r", " ")
            odd = draw(st.sampled_from(SPELLS)).replace("\n", " ") if way == "spell" else ""
            place = draw(st.integers(0, len(value)))
            message[name] = value[:place] + odd.encode("ascii", "replace").decode() + value[place:]


@st.composite
def mails(draw: st.DrawFn) -> tuple[str, bytes]:
    """Return a file, whose reader it is for, and a mail made of it and of another one."""
    file, lender = draw(st.sampled_from(FILES)), draw(st.sampled_from(FILES))
    message, other = (message_from_bytes(RAW[name], policy=policy.compat32) for name in (file, lender))
    _respelled(draw, message)
    _reheaded(draw, message, other)
    if message.is_multipart() and draw(st.booleans()):
        parts: Any = message.get_payload()
        kept: list[Message | str] = [part for part in parts if draw(st.booleans())]
        lent: list[Any] = [part for part in other.walk() if not part.is_multipart()][: draw(st.integers(0, 2))]
        message.set_payload(kept + lent)
    raw = written(message)
    cut = draw(st.one_of(st.none(), st.integers(0, len(raw))))
    return file, raw if cut is None else raw[:cut]


def _check(answer: dict[str, Any]) -> None:
    assert answer["kind"] in set(Kind)
    assert answer["trust"] in set(Trust)
    assert bool(answer["calls"]) == Kind(answer["kind"]).reports_calls
    for call in answer["calls"]:
        for name in ("number_e164", "callback_number_e164"):
            if call[name] is not None:
                assert phonenumbers.is_possible_number(phonenumbers.parse(call[name])), call[name]
        requested = call["requested"] or {"not_before": None, "not_after": None}
        for stamp in (call["called_at"], requested["not_before"], requested["not_after"]):
            assert stamp is None or datetime.fromisoformat(stamp).utcoffset() is not None
        assert call["duration_s"] is None or 0 <= call["duration_s"] <= 24 * 3600
        assert call["urgency"] in set(Urgency)
        assert not (call["number_e164"] and call["extension"])


@given(mails())
@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
def _read_some(made: tuple[str, bytes]) -> None:
    file, raw = made
    try:
        explained = recognise.explain(raw, READERS[file])
    except RecognitionError:
        return
    text = json.dumps(recognise.to_json(file, explained.recognition), allow_nan=False)
    json.dumps(recognise.evidence_to_json(explained.evidence), allow_nan=False)
    text.encode("utf-8")
    _check(json.loads(text))


def test_mixed_and_damaged_mails_are_answered_or_refused() -> None:
    """A mail put together from others is answered soundly, as JSON for any reader, or refused; nothing else escapes."""
    end = time.monotonic() + SECONDS
    _read_some()
    while time.monotonic() < end:
        _read_some()
