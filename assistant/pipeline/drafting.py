"""Which drafts there shall be: an apology when overdue, else the time of the call when it is not today."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant import reconcile
from assistant.model.callback import DraftStatus, Status
from assistant.model.journal import Purpose
from assistant.model.operation import PutDraft
from assistant.pipeline import speech
from assistant.standards import compose, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from assistant.model.heard import Envelope, Message
    from assistant.model.journal import Subject
    from assistant.model.operation import AnyOperation
    from assistant.model.planning import PlannedHold
    from assistant.model.speech import Letter
    from assistant.pipeline.matter import Matter
    from assistant.pipeline.parts import Parts

SUBJECT_CAP = 500
_NAMES_A_TIME = {DraftStatus.STANDING, DraftStatus.EDITED, DraftStatus.MISSING}


def draft_operations(
    parts: Parts, holds: Mapping[str, PlannedHold], matters: Mapping[Subject, Matter]
) -> Iterator[AnyOperation]:
    """Yield what brings the drafts in line with the holds, and removes untouched ones that no longer hold true."""
    for subject, matter in matters.items():
        purpose = _purpose_written(parts, matter, holds.get(subject))
        operation = _operation(parts, matter, holds.get(subject))
        kept = _kept(matter, purpose, holds.get(subject), operation)
        yield from reconcile.stale_drafts(matter.callback, () if kept is None else (kept,))
        if operation is not None:
            yield operation
    for callback in parts.ledger.callbacks(Status.CLOSED):
        yield from reconcile.stale_drafts(callback, ())


def purpose_of(parts: Parts, matter: Matter, planned: PlannedHold | None) -> Purpose | None:
    """Return what the caller should be told, None when nothing.

    One acknowledgement for each wait (G6): who was told the time is told again only when it was missed.
    """
    callback, now = matter.callback, parts.clock.now()
    if planned is None or callback.added or callback.promise is not None:
        return None
    told = {draft.purpose for draft in callback.drafts if draft.status == DraftStatus.SENT}
    if matter.rank.due < now:
        return None if Purpose.APOLOGY in told else Purpose.APOLOGY
    other_day = planned.start.astimezone(parts.zone).date() != now.astimezone(parts.zone).date()
    standing = callback.draft(Purpose.WILL_CALL_AT)
    still_true = standing is not None and standing.status in _NAMES_A_TIME and standing.named_time == planned.start
    return Purpose.WILL_CALL_AT if not told and (other_day or still_true) else None


def is_offered(parts: Parts, matter: Matter, planned: PlannedHold) -> bool:
    """Tell whether a draft names the time of this hold, so that it is tentative until it is promised."""
    if matter.callback.promise is not None:
        return False
    operation = _operation(parts, matter, planned)
    kept = _kept(matter, _purpose_written(parts, matter, planned), planned, operation)
    stand = [one for one in matter.callback.drafts if one.purpose == kept or one.status != DraftStatus.STANDING]
    return operation is not None or any(
        draft.named_time == planned.start and draft.status in _NAMES_A_TIME for draft in stand
    )


def sms_text(parts: Parts, matter: Matter, planned: PlannedHold) -> str:
    """Return the words for a text message where no mail address is known, else an empty text."""
    purpose = purpose_of(parts, matter, planned)
    if purpose is None or matter.person.addresses or matter.person.number is None or not parts.drafts_enabled:
        return ""
    letter = speech.letter(parts, matter.callback, matter.person, purpose, planned.start)
    return "" if letter is None else letter.body.strip()


def _purpose_written(parts: Parts, matter: Matter, planned: PlannedHold | None) -> Purpose | None:
    """Return for what there shall be a draft, None where none is wanted or nobody knows where to send it."""
    if not parts.drafts_enabled or not matter.person.addresses or _account(parts, matter) is None:
        return None
    return purpose_of(parts, matter, planned)


def _operation(parts: Parts, matter: Matter, planned: PlannedHold | None) -> PutDraft | None:
    """Return what writes the draft that is wanted, None when it stands, is the user's, or was dropped."""
    purpose, account = _purpose_written(parts, matter, planned), _account(parts, matter)
    if purpose is None or planned is None or account is None:
        return None
    if not reconcile.is_draft_due(matter.callback, purpose, planned.start):
        return None
    letter = speech.letter(parts, matter.callback, matter.person, purpose, planned.start)
    if letter is None:
        return None
    return reconcile.put_draft(matter.callback, _put(parts, matter, purpose, planned.start, account, letter))


def _kept(
    matter: Matter, purpose: Purpose | None, planned: PlannedHold | None, operation: PutDraft | None
) -> Purpose | None:
    """Return for what a draft stays or comes; where words fail, an old time may not stay."""
    if purpose is None or planned is None:
        return None
    stands = not reconcile.is_draft_due(matter.callback, purpose, planned.start)
    return purpose if operation is not None or stands else None


def _account(parts: Parts, matter: Matter) -> str | None:
    """Return the account whose drafts folder gets the draft: where the newest thread lives, else the first with one."""
    newest = matter.person.newest.mailbox if matter.person.newest is not None else ""
    with_drafts = [name for name, account in parts.accounts.items() if account.drafts is not None]
    return newest if newest in with_drafts else next(iter(with_drafts), None)


def _put(parts: Parts, matter: Matter, purpose: Purpose, at: datetime, account: str, letter: Letter) -> PutDraft:
    key = f"{reconcile.key_of(matter.callback.id, parts.style.tag)}-{purpose}"
    sender = parts.sender
    message_id = f"<{key}@{sender.rpartition('@')[2] or 'ringback.invalid'}>"
    answers = matter.person.answers
    subject = letter.subject if answers is None else _reply_subject(answers[1], letter.subject)
    to = matter.person.addresses[0]
    raw = compose.compose(
        sender=compose.Party(sender, parts.user_name) if compose.is_address(sender) else None,
        to=[compose.Party(to, plain.one_line(matter.person.name or ""))],
        subject=subject,
        body=letter.body,
        key=key,
        message_id=message_id,
        date=parts.clock.now().astimezone(parts.zone),
        in_reply_to=answers[1].message_id if answers is not None else None,
        references=answers[1].references if answers is not None else (),
    )
    return PutDraft(
        subject=matter.callback.id,
        why="the call is overdue" if purpose == Purpose.APOLOGY else "the call is not today",
        purpose=purpose,
        key=key,
        account=account,
        raw=raw,
        digest=compose.digest(raw),
        message_id=message_id,
        to=to,
        text=letter.body,
        named_time=at,
        thread=_thread(answers, account),
    )


def _thread(answers: tuple[Message, Envelope] | None, account: str) -> str | None:
    return answers[0].thread if answers is not None and answers[0].mailbox == account else None


def _reply_subject(envelope: Envelope, subject: str) -> str:
    """Return the subject of an answer; threads hold together only under the subject they began with."""
    if not envelope.subject:
        return subject
    theirs = plain.one_line(envelope.subject, SUBJECT_CAP)
    return theirs if theirs.lower().startswith("re:") else f"Re: {theirs}"
