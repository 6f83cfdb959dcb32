"""Facts on which every template is tried before it is used; together they take every branch of ours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from assistant.model.planning import Bucket
from assistant.model.speech import (
    ApologyFacts,
    BucketCount,
    Caller,
    DigestFacts,
    DigestItem,
    HoldFacts,
    LostDay,
    PastAttempt,
    Question,
    QuestionKind,
    SlotCall,
    SlotFacts,
    WillCallAtFacts,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assistant.model.speech import Facts

_NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
_AT = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
_ANN = Caller(
    name="Ann Byrne",
    organisation="Acme",
    number_display="+1 415-555-0123",
    tel_uri="tel:+14155550123",
    zone="Europe/Dublin",
)
_NOBODY = Caller()
_GAPS = tuple(timedelta(days=days) for days in (0, 3, 20))

_APOLOGIES = tuple(
    ApologyFacts(caller=caller, user=user, called_at=_NOW - gap, calls=calls, now=_NOW, at=at)
    for gap in _GAPS
    for caller, user, calls, at in ((_ANN, "Bo Li", 2, _AT), (_NOBODY, "", 1, None))
)
_WILL_CALLS = tuple(
    WillCallAtFacts(caller=caller, user=user, called_at=_NOW, calls=calls, now=_NOW, at=_AT)
    for caller, user, calls in ((_ANN, "Bo Li", 2), (_NOBODY, "", 1))
)
_HOLD = HoldFacts(
    caller=_ANN,
    user="Bo Li",
    start=_AT,
    waiting_since=_NOW,
    calls=3,
    reasons=("rang three times",),
    said="Please ring me about the invoice.",
    attempts=(PastAttempt(at=_NOW, result="left_message"),),
)
_HOLDS = (
    *(replace(_HOLD, waiting_since=_AT - gap) for gap in _GAPS),
    replace(_HOLD, promised_at=_AT, sms_text="Hello"),
    replace(_HOLD, sensitive=True),
    replace(_HOLD, outcome="reached"),
    HoldFacts(caller=_NOBODY, user="", start=_AT, waiting_since=_NOW),
)
_SLOTS = (
    SlotFacts(start=_AT, end=_AT + timedelta(hours=1)),
    SlotFacts(
        start=_AT,
        end=_AT + timedelta(hours=1),
        calls=(
            SlotCall(caller=_ANN, start=_AT),
            SlotCall(caller=_ANN, start=_AT, promised=True),
            SlotCall(caller=_ANN, start=_AT, sensitive=True),
            SlotCall(caller=_NOBODY, start=_AT),
        ),
        moved=True,
        why="a meeting stood on it",
    ),
)
_ITEM = DigestItem(id="c1", caller=_ANN, bucket=Bucket.TODAY, waiting_since=_NOW, start=_AT, calls=2, attempts=1)
_DIGESTS = (
    DigestFacts(now=_NOW),
    DigestFacts(
        now=_NOW,
        counts=tuple(BucketCount(bucket=bucket, count=1) for bucket in Bucket),
        oldest=_ITEM,
        promises=(replace(_ITEM, promised_at=_AT),),
        questions=tuple(
            Question(kind=kind, id="c1", caller=_ANN, at=_AT, count=4, text="Is this one caller?")
            for kind in QuestionKind
        ),
        lost_days=(LostDay(date=_NOW.date(), why="no free hour"),),
        full_days=(_NOW.date(), _AT.date()),
        growth=2.5,
        items=(_ITEM, replace(_ITEM, start=None, no_hold="no number", caller=_NOBODY)) * 8,
        review=2,
    ),
)
SAMPLES: Mapping[str, tuple[Facts, ...]] = {
    "apology": _APOLOGIES,
    "will_call_at": _WILL_CALLS,
    "hold": _HOLDS,
    "slot": _SLOTS,
    "digest": _DIGESTS,
}
OTHER_TIMES = (timedelta(hours=1), timedelta(days=1), timedelta(days=7))
"""Shifts of a promised time, each of which must change the words: else they do not name the time."""
