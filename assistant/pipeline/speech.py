"""The facts that the words are made of, for one callback or slot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.errors import TemplateError
from assistant.model.journal import Purpose
from assistant.model.speech import ApologyFacts, Caller, HoldFacts, HoldText, PastAttempt, SlotCall, WillCallAtFacts
from assistant.standards import phone, plain

if TYPE_CHECKING:
    from datetime import datetime

    from assistant.model.callback import Callback
    from assistant.model.heard import KnownCall
    from assistant.model.journal import Subject
    from assistant.model.speech import Letter, SlotFacts
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


def letter(parts: Parts, callback: Callback, who: Person, purpose: Purpose, at: datetime) -> Letter | None:
    """Return the words of a draft that names `at`, None where the template fails on this caller; that is told."""
    common = {
        "caller": caller(who),
        "user": parts.user_name,
        "called_at": callback.waiting_since,
        "calls": max(1, len(callback.calls)),
        "now": parts.clock.now(),
        "at": at,
    }
    try:
        if purpose == Purpose.APOLOGY:
            return parts.words.apology(ApologyFacts(**common))  # type: ignore[arg-type]  # the two share these fields
        return parts.words.will_call_at(WillCallAtFacts(**common))  # type: ignore[arg-type]  # the two share these fields
    except TemplateError as error:
        _tell(parts, callback.id, error)
        return None


def hold_text(parts: Parts, callback: Callback, facts: HoldFacts) -> HoldText:
    """Return the texts of a hold; bare ones where the template fails on this caller: the call is owed all the same."""
    try:
        return parts.words.hold(facts)
    except TemplateError as error:
        _tell(parts, callback.id, error)
    who = facts.caller
    name = "" if facts.sensitive else plain.one_line(who.name or who.organisation or who.number_display)
    tick = f"{parts.signs.marks[0]} " if facts.outcome and parts.signs.marks else ""
    lines = [line for line in (who.number_display, who.tel_uri) if line]
    return HoldText(summary=f"{tick}Call {name or 'back'}", description="\n".join(lines), location=who.number_display)


def slot_text(parts: Parts, subject: Subject, facts: SlotFacts) -> HoldText:
    """Return the texts of a slot; bare ones where the template fails on it."""
    try:
        return parts.words.slot(facts)
    except TemplateError as error:
        _tell(parts, subject, error)
    return HoldText(summary=f"Calls ({len(facts.calls)})", description="")


def _tell(parts: Parts, subject: Subject, error: TemplateError) -> None:
    problem = f"{subject}: {error}"
    if problem not in parts.problems:
        parts.problems.append(problem)


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
