"""Mail into the ledger: heads, candidates, calls, callbacks. Every message considered is accounted for."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import logging
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from assistant import match
from assistant.errors import CursorExpiredError, RecognitionError
from assistant.ledger import heard
from assistant.model.call import Kind, Recognition, Trust
from assistant.model.callback import Status
from assistant.model.heard import Disposition, Envelope, KnownCall, Message
from assistant.model.journal import CallId, Heard, MessageId, Opened
from assistant.model.mailbox import Cursor, Folder
from assistant.pipeline.drafts import SENT_FIELDS, asked_for
from assistant.standards.compose import KEY_HEADER
from assistant.standards.mail import address

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from assistant.ledger.journal import Ledger
    from assistant.model.call import Call
    from assistant.model.callback import Callback
    from assistant.model.journal import Subject
    from assistant.model.mailbox import Contact, Head, Label, MailChanges, Ref
    from assistant.pipeline.parts import Parts, Report
    from assistant.ports import Mailbox

BATCH = 200
_CALL_FIELDS = frozenset({"from", "reply-to", "subject", "message-id", "references"})
"""What is kept of a call's heads until its mail is read."""
_LOG = logging.getLogger(__name__)


_Read = tuple[Recognition, str | None]
"""What was recognised, and why the mail could not be read if so."""


class Heads(NamedTuple):
    """What one mailbox had to tell beside new notifications: sent mail to look at, and labels of known messages.

    With a label goes whether an older one of ours still stands beside it. `is_quiet` tells that no message at all came,
    changed or went, drafts among them.
    """

    sent: list[Head]
    changed: list[tuple[Message, Label, bool]]
    is_quiet: bool = False


def source_of(mailbox: str) -> str:
    """Return the name of a mailbox's cursor in the ledger."""
    return f"mail {mailbox}"


def read_mailbox(parts: Parts, name: str, mailbox: Mailbox, report: Report) -> tuple[Heads, Cursor]:
    """Bring all that is new in a mailbox into the ledger.

    Returns:
        What else changed, and the cursor to store once that is applied too.
    """
    since = _since(parts, name)
    changes, anew = _changes(parts.ledger, name, mailbox, since)
    missing = heard.known_refs(parts.ledger, name, since) if anew else set()
    sifted = _Sifted(Heads([], []), {}, missing, asked_for(parts, name), since)
    done = 0
    while count := _sift(parts, name, itertools.islice(changes.heads, BATCH), sifted, report):
        done += count
        parts.progress(f"reading {name}", done, changes.total)
    _read_calls(parts, name, mailbox, sifted.candidates, report)
    with parts.ledger.transaction():
        for ref in sorted(missing) if anew else changes.removed:
            heard.mark_gone(parts.ledger, name, ref)
    quiet = not (anew or done or changes.removed)
    return sifted.heads._replace(is_quiet=quiet), changes.cursor


def _since(parts: Parts, name: str) -> datetime:
    """Return how far back the mails of a mailbox count: as the first pass over it did, however long ago that is."""
    mark, bound = f"look back {name}", parts.ledger.now() - parts.look_back
    first = parts.ledger.mark(mark)
    if first is None:
        parts.ledger.put_mark(mark, bound.isoformat())
        return bound
    return min(bound, datetime.fromisoformat(first))


def _changes(ledger: Ledger, name: str, mailbox: Mailbox, since: datetime) -> tuple[MailChanges, bool]:
    """Return what changed, and whether that is all there is because the cursor is new or expired."""
    stored = ledger.cursor(source_of(name))
    if stored is not None:
        with contextlib.suppress(CursorExpiredError):
            return mailbox.changes(Cursor(stored)), False
    return mailbox.changes(None, since), True


class _Sifted(NamedTuple):
    """What is kept of the heads: of each only what is asked for later, for there may be 100,000."""

    heads: Heads
    candidates: dict[Ref, Head]
    missing: set[Ref]
    is_asked_for: Callable[[Head], bool]
    since: datetime


def _sift(parts: Parts, name: str, heads: Iterable[Head], sifted: _Sifted, report: Report) -> int:
    """Account for heads that are those of no call, in one transaction; keep what is looked at again.

    Returns:
        How many heads there were.
    """
    batch = list(heads)  # the ledger is not locked while heads are fetched
    with parts.ledger.transaction():
        for head in batch:
            sifted.missing.discard(head.ref)
            known = heard.message_by_ref(parts.ledger, name, head.ref)
            if known is not None:
                _see_again(parts.ledger, known, head, sifted.heads)
            elif head.folder == Folder.SENT:
                if sifted.is_asked_for(head):
                    sifted.heads.sent.append(_only(head, SENT_FIELDS))
            elif head.folder != Folder.DRAFTS and _is_candidate(parts, head, sifted.since):
                sifted.candidates[head.ref] = _only(head, _CALL_FIELDS)
            elif head.folder != Folder.DRAFTS:
                _pass_over(parts, name, head, report, is_old=head.received_at < sifted.since)
    return len(batch)


def _see_again(ledger: Ledger, known: Message, head: Head, heads: Heads) -> None:
    if known.gone:
        heard.mark_back(ledger, known.mailbox, known.ref)
    labels = head.labels - {known.label}
    if labels:
        heads.changed.append((known, min(labels), len(head.labels) > 1))


def _only(head: Head, fields: Collection[str]) -> Head:
    return replace(head, headers=tuple(each for each in head.headers if each[0].lower() in fields))


def _read_calls(parts: Parts, name: str, mailbox: Mailbox, found: Mapping[Ref, Head], report: Report) -> None:
    """Read the mails that may tell of calls, batch by batch; a kill loses at most one batch.

    Mailboxes show their mails in any order, and whose call it is depends on the calls before it: oldest first.
    """
    refs = sorted(found, key=lambda ref: (found[ref].received_at, ref))
    for start in range(0, len(refs), BATCH):
        batch = refs[start : start + BATCH]
        # One mail at a time is held in memory, and the ledger is not locked while mails are read.
        read = {ref: _recognise(parts, raw, found[ref].received_at) for ref, raw in mailbox.fetch(batch)}
        with parts.ledger.transaction():
            for ref in batch:
                if ref in read:  # one that is gone is among the next changes if it comes back
                    _account(parts, name, found[ref], read[ref], report)
        parts.progress(f"reading calls of {name}", start + len(batch), len(refs))


def _is_candidate(parts: Parts, head: Head, since: datetime) -> bool:
    if head.received_at < since or _is_ours(parts, head):
        return False
    return parts.recogniser.is_candidate(head.headers, head.item_class)


def _is_ours(parts: Parts, head: Head) -> bool:
    """Tell whether Ringback wrote the mail: the digest names callers and calls, and is no call."""
    return (head.header(KEY_HEADER) or "").startswith(f"ringback-{parts.style.tag}-")


def _pass_over(parts: Parts, name: str, head: Head, report: Report, *, is_old: bool) -> None:
    report.considered += 1
    why = "older than the look-back" if is_old else "its heads are those of no call notification"
    heard.put_message(parts.ledger, _message(name, head, Recognition(kind=Kind.NONE), Disposition.NO_CALL, why))


def _account(parts: Parts, name: str, head: Head, read: _Read, report: Report) -> None:
    report.considered += 1
    found, fault = read
    take(parts, _classified(name, head, found, fault), found, _envelope(head, found), report)


def _recognise(parts: Parts, raw: bytes, received_at: datetime) -> _Read:
    try:
        return parts.recogniser.recognise(raw, parts.reader, received_at), None
    except RecognitionError as error:
        return Recognition(kind=Kind.NONE), str(error)
    except Exception as error:  # noqa: BLE001  a fault in one format may cost one mail, never the pass
        _LOG.debug("a mail could not be read", exc_info=error)
        return Recognition(kind=Kind.NONE), f"it could not be read ({type(error).__name__})"


def _classified(name: str, head: Head, found: Recognition, fault: str | None) -> Message:
    wanted = any(call.wants_callback for call in found.calls)
    if fault is not None:
        return _message(name, head, found, Disposition.BIN, fault)
    if found.trust == Trust.SUSPECT and (wanted or found.kind == Kind.PHISHING):
        return _message(name, head, found, Disposition.BIN, "; ".join(found.reasons) or "it is suspect")
    if found.kind == Kind.PHISHING:
        return _message(name, head, found, Disposition.BIN, "; ".join(found.reasons) or "it looks like phishing")
    if not found.kind.reports_calls:
        return _message(name, head, found, Disposition.NO_CALL, f"it is no call ({found.kind})")
    if not wanted:
        return _message(name, head, found, Disposition.NO_CALL, f"a {found.kind} that wants no call back")
    return _message(name, head, found, Disposition.CALL, "; ".join(found.reasons))


def _message(name: str, head: Head, found: Recognition, disposition: Disposition, reason: str) -> Message:
    return Message(
        id=MessageId(hashlib.blake2b(f"{name}\0{head.ref}".encode(), digest_size=8).hexdigest()),
        mailbox=name,
        ref=head.ref,
        received_at=head.received_at,
        thread=head.thread,
        disposition=disposition,
        kind=found.kind,
        trust=found.trust,
        vendor=found.vendor,
        reason=reason,
    )


def _envelope(head: Head, found: Recognition) -> Envelope:
    """Keep the heads; only a person who asks to be called can be answered, never a notification's sender."""
    sender = head.header("From") or ""
    reply = address(head.header("Reply-To") or sender)[1]
    typed = found.kind == Kind.CALLBACK_REQUEST and found.vendor is None
    return Envelope(
        sender=sender,
        subject=head.header("Subject") or "",
        message_id=head.header("Message-ID"),
        references=tuple((head.header("References") or "").split()),
        reply_to=(reply or None) if typed else None,
    )


def take(parts: Parts, message: Message, found: Recognition, envelope: Envelope, report: Report) -> None:
    """Account for a message, and put each of its calls that wants a call back into exactly one callback."""
    keep = message.disposition in {Disposition.BIN, Disposition.CALL}
    heard.put_message(parts.ledger, message, envelope if keep else None)
    if message.disposition == Disposition.BIN:
        report.binned += 1
    if message.disposition == Disposition.CALL:
        calls = [call for call in found.calls if call.wants_callback]
        for number, call in enumerate(calls):
            put_call(parts, call, CallId(f"call-{message.id}-{number}"), message.id)
            report.new_calls += 1


def put_call(parts: Parts, call: Call, call_id: CallId, message: MessageId | None) -> Subject:
    """Put a call into the callback of its caller, opening one where none is owed; a second report joins the first."""
    ledger = parts.ledger
    people = parts.contacts(call.number_to_dial, call.caller_name)
    call, name = identified(call, people)
    known = _known(ledger, call, name, people)
    twin = match.same_call(call, name, known)
    if twin is not None and not _closed_before(ledger.callback(twin.subject), call):
        merged = match.together(twin.call, call)
        heard.put_call(ledger, replace(twin, name=twin.name or name, call=merged))
        _report(ledger, twin.subject, twin.id, twin.call, message)
        return twin.subject
    owed = {one for one in {old.subject for old in known} if ledger.callback(one).status != Status.CLOSED}
    subject = match.owner(call, name, known, owed)
    if subject is None:
        subject = ledger.open_callback(Opened(previous=match.previous(call, name, known), added=message is None))
    number = call.calling_number or call.callback_number
    heard.put_call(ledger, KnownCall(id=call_id, subject=subject, number=number, name=name, call=call))
    _report(ledger, subject, call_id, call, message)
    return subject


def _closed_before(callback: Callback, call: Call) -> bool:
    """Tell whether a call began after the debt was settled: then it is a new one, however soon it came."""
    return callback.closed_at is not None and call.start_time > callback.closed_at


def _report(ledger: Ledger, subject: Subject, call_id: CallId, call: Call, message: MessageId | None) -> None:
    if message is not None:
        heard.add_report(ledger, message, call_id)
    ledger.append(subject, Heard(call=call_id, called_at=call.start_time, message=message))


def identified(call: Call, people: Iterable[Contact]) -> tuple[Call, str | None]:
    """Return the call and the best name for its caller, with the address book's number where the mail gave a name only.

    Several people with one number are a switchboard: then the mail's name stands.
    """
    people = list(people)
    if len(people) != 1:
        agreeing = [one for one in people if call.caller_name and match.names_agree(call.caller_name, one.name)]
        return call, agreeing[0].name if len(agreeing) == 1 else call.caller_name
    person = people[0]
    if call.number_to_dial is None and not call.extension and len(set(person.numbers)) == 1:
        call = replace(call, calling_number=person.numbers[0])
    return call, person.name


def _known(ledger: Ledger, call: Call, name: str | None, people: Sequence[Contact]) -> list[KnownCall]:
    """Return earlier calls of this caller: by all numbers of a confirmed contact, else by number, else by name."""
    numbers = {number for number in (call.calling_number, call.callback_number) if number}
    if len(people) == 1:
        numbers.update(people[0].numbers)
    if numbers:
        return heard.calls_by_number(ledger, sorted(numbers))
    return heard.calls_by_name(ledger, name) if name else []
