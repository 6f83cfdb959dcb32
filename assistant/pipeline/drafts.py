"""Read what became of the drafts: edited, saved under another id, sent, thrown away."""

from __future__ import annotations

import functools
from email.utils import getaddresses
from typing import TYPE_CHECKING

from assistant import outcome
from assistant.ledger import heard
from assistant.model.callback import DraftStatus
from assistant.model.journal import DraftSeen, Promised, Source, Told
from assistant.pipeline.people import person
from assistant.pipeline.telling import is_draft, names_time
from assistant.standards import compose, mail

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from assistant.model.callback import Callback, DraftState
    from assistant.model.journal import AnyFact
    from assistant.model.mailbox import Draft, Head
    from assistant.pipeline.parts import Parts, Report

_WATCHED = {DraftStatus.STANDING, DraftStatus.EDITED, DraftStatus.MISSING, DraftStatus.DROPPED, DraftStatus.REMOVED}
_IN_FOLDER = {DraftStatus.STANDING, DraftStatus.EDITED, DraftStatus.MISSING}
SENT_FIELDS = frozenset({"to", "cc", "message-id", compose.KEY_HEADER.lower()})
"""What is looked at of a sent mail."""


def asked_for(parts: Parts, account: str) -> Callable[[Head], bool]:
    """Return what tells which sent mail of an account `observe_drafts` may ask for; the rest need not be kept."""

    @functools.cache
    def watched() -> tuple[set[str | None], set[str | None], datetime | None]:
        drafts = [draft for callback in parts.ledger.callbacks() for draft in callback.drafts]
        ours = [draft for draft in drafts if draft.account == account and draft.status in _WATCHED]
        since = min((draft.written_at for draft in ours if draft.status in _IN_FOLDER), default=None)
        return {draft.key for draft in ours}, {draft.message_id for draft in ours}, since

    def asked(head: Head) -> bool:
        keys, ids, since = watched()
        ours = head.header(compose.KEY_HEADER) in keys or head.header("Message-ID") in ids
        return ours or (since is not None and head.received_at >= since)

    return asked


def observe_drafts(parts: Parts, sent: Mapping[str, list[Head]], quiet: Collection[str], report: Report) -> None:
    """Bring into the ledger what the user did with the drafts; Sent is looked at before a draft counts as missing.

    Args:
        parts: of the pass.
        sent: by account, the heads that `asked_for` chose of the sent mail that is new since the last pass; accounts
            not read are left out.
        quiet: accounts in which no message changed since the last pass: neither did a draft, and none is read again.
        report: is told what was found.
    """
    present = {name: _present(parts, name) for name in parts.accounts if name not in report.unread}
    for callback in parts.ledger.callbacks():
        for draft in callback.drafts:
            if draft.status in _WATCHED and (draft.account not in quiet or draft.status == DraftStatus.MISSING):
                facts = _observe(parts, callback, draft, sent.get(draft.account), present)
                if facts:
                    parts.ledger.append(callback.id, *facts)
                    _hand_on(parts, callback, facts)
                report.observed += sum(not isinstance(fact, DraftSeen) for fact in facts)


def _hand_on(parts: Parts, callback: Callback, facts: Sequence[AnyFact]) -> None:
    """Let a promise made in the draft of a merged callback bind the one that it was merged into."""
    for fact in facts:
        if isinstance(fact, Told) and fact.named_time is not None and callback.merged_into is not None:
            parts.ledger.append(callback.merged_into, Promised(at=fact.named_time, source=Source.SENT))


def _present(parts: Parts, name: str) -> Callable[[], list[Draft]]:
    """Return what reads the drafts of an account, once and only when a draft of ours is looked for."""
    box = parts.accounts[name].drafts
    read: list[list[Draft]] = []

    def drafts() -> list[Draft]:
        if not read:
            read.append([] if box is None else list(box.list()))
        return read[0]

    return drafts


def _observe(
    parts: Parts,
    callback: Callback,
    draft: DraftState,
    sent: list[Head] | None,
    present: Mapping[str, Callable[[], list[Draft]]],
) -> Sequence[AnyFact]:
    """Return what became of one draft. `sent` is None where Sent was not looked at: then nothing counts as missing."""
    head = next((head for head in sent or () if is_draft(head, draft)), None)
    if head is not None:
        return outcome.read_sent(callback, draft, names_time=_names_time(parts, draft, head))
    if draft.status not in _IN_FOLDER or draft.account not in present:
        return ()
    addresses = person(parts, callback, heard.calls_of(parts.ledger, callback.id)).addresses
    drafts = present[draft.account]()
    found = outcome.find_draft(draft, drafts, compose.digest, lambda one: _goes_to(one.raw, addresses))
    if found is None:
        head = next((head for head in sent or () if _answers(head, draft, addresses)), None)
    if head is not None:
        return outcome.read_sent(callback, draft, names_time=_names_time(parts, draft, head))
    if found is None and sent is None:
        return ()
    return outcome.read_draft(draft, found, compose.digest)


def _answers(head: Head, draft: DraftState, addresses: tuple[str, ...]) -> bool:
    """Tell whether a mail took the place of a draft that is gone: some programs send under ids of their own."""
    return head.received_at >= draft.written_at and any(one in addresses for one in _recipients(head))


def _recipients(head: Head) -> list[str]:
    fields = [head.header("To") or "", head.header("Cc") or ""]
    return [spec.lower() for _, spec in getaddresses(fields)]


def _goes_to(raw: bytes, addresses: tuple[str, ...]) -> bool:
    return any(spec.lower() in addresses for _, spec in getaddresses([mail.parse(raw).header("To")]))


def _names_time(parts: Parts, draft: DraftState, head: Head) -> bool:
    mailbox = parts.accounts[draft.account].mailbox
    if draft.named_time is None or mailbox is None:
        return False
    raw = dict(mailbox.fetch([head.ref])).get(head.ref)
    return raw is not None and names_time(parts, raw, draft.named_time)
