"""The facts that the words are made of, for one callback or slot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.model.journal import Purpose
from assistant.model.speech import ApologyFacts, Caller, HoldFacts, PastAttempt, SlotCall, WillCallAtFacts
from assistant.standards import phone

if TYPE_CHECKING:
    from datetime import datetime

    from assistant.model.callback import Callback
    from assistant.model.heard import KnownCall
    from assistant.model.speech import Letter
    from assistant.pipeline.parts import Parts
    from assistant.pipeline.people import Person


def caller(one: Person) -> Caller:
    """Return the caller as shown to the user; an internal extension stands where a number would."""
    number = phone.international(one.number) if one.number else ""
    return Caller(
        name=one.name or (f"ext. {one.extension}" if one.extension and not number else ""),
        organisation=(one.contact.organisation or "") if one.contact else "",
        number_display=number or (f"ext. {one.extension}" if one.extension else ""),
        tel_uri=phone.tel_uri(one.number) if one.number else "",
        zone=one.zone,
    )


def letter(parts: Parts, callback: Callback, who: Person, purpose: Purpose, at: datetime) -> Letter:
    """Return the words of a draft that names `at`."""
    common = {
        "caller": caller(who),
        "user": parts.user_name,
        "called_at": callback.waiting_since,
        "calls": max(1, len(callback.calls)),
        "now": parts.clock.now(),
        "at": at,
    }
    if purpose == Purpose.APOLOGY:
        return parts.words.apology(ApologyFacts(**common))  # type: ignore[arg-type]  # the two share these fields
    return parts.words.will_call_at(WillCallAtFacts(**common))  # type: ignore[arg-type]  # the two share these fields


def hold_facts(
    parts: Parts, callback: Callback, calls: list[KnownCall], who: Person, start: datetime, reasons: tuple[str, ...]
) -> HoldFacts:
    """Return the facts of a hold, without those that depend on the moment of writing."""
    promise = callback.promise
    return HoldFacts(
        caller=caller(who),
        user=parts.user_name,
        start=start,
        waiting_since=callback.waiting_since,
        calls=max(1, len(callback.calls)),
        reasons=reasons,
        said=next((known.call.transcript for known in reversed(calls) if known.call.transcript), "") or "",
        attempts=tuple(PastAttempt(at=one.at, result=one.result) for one in callback.attempts),
        promised_at=promise.at if promise is not None else None,
        outcome=callback.outcome or "",
    )


def slot_call(callback: Callback, who: Person, start: datetime) -> SlotCall:
    """Return one line of a slot's list."""
    return SlotCall(caller=caller(who), start=start, promised=callback.promise is not None)
