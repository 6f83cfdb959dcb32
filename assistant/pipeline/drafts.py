"""Read what became of the drafts: edited, saved under another id, sent, thrown away."""

from __future__ import annotations

from email.utils import getaddresses
from typing import TYPE_CHECKING

from assistant import outcome
from assistant.ledger import heard
from assistant.model.callback import DraftStatus
from assistant.model.journal import DraftSeen
from assistant.pipeline.people import person
from assistant.standards import compose, mail

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from assistant.model.callback import Callback, DraftState
    from assistant.model.mailbox import Draft, Head
    from assistant.pipeline.parts import Parts, Report
    from assistant.ports import Mailbox

_WATCHED = {DraftStatus.STANDING, DraftStatus.EDITED, DraftStatus.MISSING, DraftStatus.DROPPED, DraftStatus.REMOVED}
_IN_FOLDER = {DraftStatus.STANDING, DraftStatus.EDITED, DraftStatus.MISSING}


def observe_drafts(parts: Parts, sent: Mapping[str, list[Head]], report: Report) -> None:
    """Bring into the ledger what the user did with the drafts; Sent is looked at before a draft counts as missing.

    Args:
        parts: of the pass.
        sent: by account, the heads of sent mail that is new since the last pass.
        report: is told what was found.
    """
    present = {name: _present(parts, name) for name in parts.accounts}
    for callback in parts.ledger.callbacks():
        for draft in callback.drafts:
            if draft.status in _WATCHED:
                _observe(parts, callback, draft, sent.get(draft.account, []), present, report)


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
    sent: list[Head],
    present: Mapping[str, Callable[[], list[Draft]]],
    report: Report,
) -> None:
    addresses = person(parts, callback, heard.calls_of(parts.ledger, callback.id)).addresses
    head = next((head for head in sent if _is_sent(head, draft, addresses)), None)
    if head is not None:
        facts = outcome.read_sent(callback, draft, names_time=_names_time(parts, draft, head))
    elif draft.status in _IN_FOLDER and draft.account in present:
        found = outcome.find_draft(
            draft, present[draft.account](), compose.digest, lambda one: _goes_to(one.raw, addresses)
        )
        facts = outcome.read_draft(draft, found, compose.digest)
    else:
        return
    if facts:
        parts.ledger.append(callback.id, *facts)
        report.observed += sum(not isinstance(fact, DraftSeen) for fact in facts)


def _is_sent(head: Head, draft: DraftState, addresses: tuple[str, ...]) -> bool:
    if head.header(compose.KEY_HEADER) == draft.key or head.header("Message-ID") == draft.message_id:
        return True
    return head.received_at >= draft.written_at and any(one in addresses for one in _recipients(head))


def _recipients(head: Head) -> list[str]:
    fields = [head.header("To") or "", head.header("Cc") or ""]
    return [spec.lower() for _, spec in getaddresses(fields)]


def _goes_to(raw: bytes, addresses: tuple[str, ...]) -> bool:
    return any(spec.lower() in addresses for _, spec in getaddresses([mail.parse(raw).header("To")]))


def _names_time(parts: Parts, draft: DraftState, head: Head) -> bool:
    """Tell whether the words sent still name the draft's time: the user may have changed them."""
    mailbox: Mailbox | None = parts.accounts[draft.account].mailbox
    if draft.named_time is None or mailbox is None:
        return False
    raw = dict(mailbox.fetch([head.ref])).get(head.ref)
    return raw is not None and _clock(draft.named_time, parts) in compose.text_of(raw)


def _clock(moment: datetime, parts: Parts) -> str:
    return f"{moment.astimezone(parts.zone):%H:%M}"
