"""Read what the user did on the calendar, among the drafts, in the sent mail and with labels, as facts."""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta
from typing import TYPE_CHECKING

from assistant.model.callback import DraftStatus, Status
from assistant.model.journal import (
    CALLED,
    Attempted,
    AttemptResult,
    Closed,
    DraftDropped,
    DraftEdited,
    DraftMissing,
    DraftSeen,
    EventEdited,
    EventGone,
    EventMoved,
    EventSeen,
    Outcome,
    Promised,
    PromiseSettled,
    Reopened,
    Snoozed,
    Source,
    Told,
    Verdict,
)
from assistant.model.mailbox import Label
from assistant.model.manage import Sign, Signs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from assistant.model.calendar import StoredEvent
    from assistant.model.callback import Callback, DraftState, Placed
    from assistant.model.journal import AnyFact
    from assistant.model.mailbox import Draft, DraftRef

GRACE = timedelta(minutes=15)
"""A promise is kept when the call comes within this time (D5: ten minutes may become fifteen)."""
_BETWEEN = " :;-,./()\N{EN DASH}\N{EM DASH}"
"""What may stand between a sign and the rest of a title."""
_EMOJI = "\N{VARIATION SELECTOR-16}"
"""Phones put it behind a mark to have it in colour."""
MANY = 3
"""More holds than these gone at once are a fault, not a decision."""


def read_sign(title: str, signs: Signs) -> Sign | None:
    """Return what the user wrote into a title, None when nothing in it is a sign.

    A word counts before anything else ("✓ left message Call Ann" is a message left), "done" after all others ("called,
    no answer" is not done); a mark alone is done.
    """
    plain = " ".join(unicodedata.normalize("NFC", title).replace(_EMOJI, "").casefold().split())
    marked = next((mark for mark in signs.marks if plain.startswith(mark) or plain.endswith(mark)), None)
    rest = plain.replace(marked, "").strip(_BETWEEN) if marked else plain
    done = max((word for word in signs.words.get(Sign.DONE, ()) if _opens(rest, word)), key=len, default="")
    rest = rest.removeprefix(done).strip(_BETWEEN)
    for sign, words in signs.words.items():
        if sign != Sign.DONE and any(_opens(rest, word) or (marked and _closes(rest, word)) for word in words):
            return sign
    return Sign.DONE if marked or done else None


def _opens(text: str, word: str) -> bool:
    after = text.removeprefix(word)
    return after != text and (not after or not after[0].isalnum())


def _closes(text: str, word: str) -> bool:
    before = text.removesuffix(word)
    return before != text and (not before or not before[-1].isalnum())


def without_sign(title: str, signs: Signs) -> str:
    """Return a title without the signs at its front and the marks at its end; one that is nothing else stays."""
    words = sorted((word for said in signs.words.values() for word in said), key=len, reverse=True)
    marks = "|".join(map(re.escape, signs.marks))
    between = f"[{re.escape(_BETWEEN)}{_EMOJI}]*"
    front = rf"(?:(?:{marks}){between}|(?:{'|'.join(map(re.escape, words)) or marks})(?!\w){between})+"
    rest = re.sub(rf"^{front}|{between}(?:{marks}){_EMOJI}?$", "", title.strip(), flags=re.IGNORECASE)
    return rest.strip() or title


def read_event(placed: Placed, seen: StoredEvent, digest: Callable[[str], str]) -> tuple[AnyFact, ...]:
    """Return how an event of ours differs from what we know of it, etags alone being no difference.

    Args:
        placed: as last written or read.
        seen: as it is on the calendar.
        digest: how the ledger digests a title.
    """
    event = seen.event
    facts: list[AnyFact] = []
    if (event.start, event.end) != (placed.start, placed.end):
        facts.append(EventMoved(ref=seen.ref, start=event.start, end=event.end))
    title = digest(event.summary)
    if title != placed.title:
        facts.append(EventEdited(ref=seen.ref, title=title))
    if not facts and seen.ref != placed.ref:
        return (EventSeen(ref=seen.ref),)
    return tuple(facts)


def read_title(
    callback: Callback, title: str, signs: Signs, now: datetime, later: Callable[[], datetime]
) -> tuple[AnyFact, ...]:
    """Return what a newly edited title says about the call.

    Args:
        callback: as known; a closed one is owed again when its tick is gone.
        title: the user's words.
        signs: the words that mean something.
        now: when it was read.
        later: gives the time that "later" means.
    """
    sign = read_sign(title, signs)
    said = _read_sign(callback, sign, now, later)
    if callback.status != Status.CLOSED:
        return said
    ticked = callback.closed_by == Source.CALENDAR or (callback.hold is not None and callback.hold.done)
    if sign == Sign.DONE or not ticked:
        return ()
    return (Reopened(why="you took the tick out of its title", source=Source.CALENDAR), *said)


def _read_sign(
    callback: Callback, sign: Sign | None, now: datetime, later: Callable[[], datetime]
) -> tuple[AnyFact, ...]:
    at = now if callback.hold is None else min(now, callback.hold.end)
    match sign:
        case Sign.DONE:
            return (Closed(outcome=Outcome.REACHED, at=at, source=Source.CALENDAR),)
        case Sign.LEFT_MESSAGE:
            return (_tried(at, AttemptResult.LEFT_MESSAGE, later(), Source.CALENDAR),)
        case Sign.NO_ANSWER:
            return (_tried(at, AttemptResult.NO_ANSWER, later(), Source.CALENDAR),)
        case Sign.LATER:
            return (Snoozed(until=later(), source=Source.CALENDAR),)
    return ()


def _tried(at: datetime, result: AttemptResult, next_at: datetime, source: Source) -> Attempted:
    return Attempted(at=at, result=result, next_at=next_at, source=source)


def read_absence(gone: int, *, resync: bool) -> EventGone:
    """Return what it means that holds are no longer there: the user's decision, or a fault to ask about.

    Args:
        gone: how many holds that were still to come are gone at once.
        resync: whether the calendar was read anew, so that nothing was seen to go.
    """
    return EventGone(fault=resync or gone > MANY)


def read_label(
    callback: Callback, label: Label | None, now: datetime, later: Callable[[], datetime]
) -> tuple[AnyFact, ...]:
    """Return what the user said by giving a message another label of ours."""
    closed = callback.status == Status.CLOSED
    match label:
        case Label.DONE if not closed:
            return (Closed(outcome=Outcome.REACHED, at=now, source=Source.LABEL),)
        case Label.LEFT_MESSAGE if not closed and not _left_message(callback, now):
            return (_tried(now, AttemptResult.LEFT_MESSAGE, later(), Source.LABEL),)
        case Label.TO_CALL if callback.status != Status.OPEN:
            return (Reopened(why="you moved its mail back to To call", source=Source.LABEL),)
        case Label.PROMISED if (at := _promisable(callback, now)) is not None:
            return (Promised(at=at, source=Source.LABEL),)
    return ()


def _left_message(callback: Callback, now: datetime) -> bool:
    """Tell whether a message left is known and waits for its answer: a thread gets the label on each of its mails."""
    waits = callback.status == Status.WAITING and callback.until is not None and callback.until > now
    return waits and bool(callback.attempts) and callback.attempts[-1].result == AttemptResult.LEFT_MESSAGE


def _promisable(callback: Callback, now: datetime) -> datetime | None:
    """Return the time of a hold that is still to come and not promised yet."""
    hold = callback.hold
    if hold is None or hold.gone is not None or hold.start <= now or callback.status == Status.CLOSED:
        return None
    known = callback.promise is not None and callback.promise.at == hold.start
    return None if known else hold.start


def find_draft(
    draft: DraftState, present: Sequence[Draft], digest: Callable[[bytes], str], to_caller: Callable[[Draft], bool]
) -> Draft | None:
    """Return the draft among those in the folder, None when it is not there.

    Args:
        draft: as last written or read.
        present: all drafts of the folder.
        digest: how a draft's words are digested.
        to_caller: whether a draft goes to this caller; mail clients that save a draft anew drop our key.
    """
    rules: tuple[Callable[[Draft], bool], ...] = (
        lambda one: one.ref.ref == draft.ref.ref,
        lambda one: one.key == draft.key,
        lambda one: one.key is None and digest(one.raw) == draft.digest,
        lambda one: one.key is None and to_caller(one),
    )
    return next((one for rule in rules for one in present if rule(one)), None)


def read_draft(draft: DraftState, found: Draft | None, digest: Callable[[bytes], str]) -> tuple[AnyFact, ...]:
    """Return what became of a draft that is in nobody's sent mail.

    Args:
        draft: as last written or read; sent, dropped and removed ones have nothing more to tell.
        found: the draft as it lies in the folder now, None when it is not there.
        digest: how a draft's words are digested.
    """
    if draft.status not in {DraftStatus.STANDING, DraftStatus.EDITED, DraftStatus.MISSING}:
        return ()
    if found is None:
        gone = draft.status == DraftStatus.MISSING
        return (DraftDropped(purpose=draft.purpose) if gone else DraftMissing(purpose=draft.purpose),)
    return _read_present(draft, found.ref, same=digest(found.raw) == draft.digest)


def _read_present(draft: DraftState, ref: DraftRef, *, same: bool) -> tuple[AnyFact, ...]:
    known = ref == draft.ref and draft.status != DraftStatus.MISSING
    if draft.edited:
        return () if known else (DraftSeen(purpose=draft.purpose, ref=ref),)
    if ref.ref != draft.ref.ref or not same:
        return (DraftEdited(purpose=draft.purpose, ref=ref),)
    return () if known else (DraftSeen(purpose=draft.purpose, ref=ref),)


def read_sent(callback: Callback, draft: DraftState, *, names_time: bool) -> tuple[AnyFact, ...]:
    """Return that the caller was told; a closed callback is owed again when the words named a time.

    Args:
        callback: whose draft it was.
        draft: the draft that lies in the sent mail.
        names_time: whether the words sent still name the draft's time.
    """
    if draft.status == DraftStatus.SENT:
        return ()
    named = draft.named_time if names_time else None
    told = Told(purpose=draft.purpose, named_time=named)
    if callback.status == Status.CLOSED and named is not None:
        return (Reopened(why="you told the caller a time after it was closed", source=Source.SENT), told)
    return (told,)


def settle_promises(callback: Callback, now: datetime) -> tuple[AnyFact, ...]:
    """Return which promises were kept, late or missed: by the attempts made and by the closing call.

    A callback that was closed without a call leaves its promise open: nobody rang, and nobody is to ring any more.
    """
    closing = [callback.closed_at] if callback.closed_at and callback.outcome in CALLED else []
    calls = sorted([*(attempt.at for attempt in callback.attempts), *closing])
    facts = []
    for promise in callback.promises:
        after = next((at for at in calls if at >= promise.at - GRACE), None)
        if promise.verdict is not None:
            continue
        if after is not None:
            verdict = Verdict.KEPT if after <= promise.at + GRACE else Verdict.LATE
            facts.append(PromiseSettled(at=promise.at, verdict=verdict))
        elif now > promise.at + GRACE and callback.status != Status.CLOSED:
            facts.append(PromiseSettled(at=promise.at, verdict=Verdict.MISSED))
    return tuple(facts)
