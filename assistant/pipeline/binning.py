"""The review bin: mails that nobody should be called for before the user has looked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from assistant.errors import RecognitionError, UsageError
from assistant.ledger import heard
from assistant.model.call import Call, Kind, Recognition, Trust
from assistant.model.heard import Disposition
from assistant.pipeline.reading import take

if TYPE_CHECKING:
    from assistant.ledger.journal import Ledger
    from assistant.model.heard import Message
    from assistant.pipeline.parts import Parts, Report


def accept(parts: Parts, message: Message, report: Report) -> None:
    """Take a mail out of the bin: its calls become callbacks, whatever its trust.

    Raises:
        UsageError: the mail is no longer in its mailbox.
        ProviderError: it cannot be read now.
    """
    found = _read(parts, message)
    calls = [replace(call, wants_callback=True) for call in found.calls]
    if not calls:
        calls = [Call(kind=Kind.MISSED_CALL, start_time=message.received_at)]
    kind = found.kind if found.kind.reports_calls else Kind.MISSED_CALL
    found = replace(found, kind=kind, trust=Trust.PLAIN, calls=tuple(calls))
    taken = replace(message, disposition=Disposition.CALL, kind=kind, trust=Trust.PLAIN, reason="you accepted it")
    take(parts, taken, found, heard.envelope(parts.ledger, message.id), report)


def _read(parts: Parts, message: Message) -> Recognition:
    account = parts.accounts.get(message.mailbox)
    if account is None or account.mailbox is None:
        raise UsageError(f"The mail is in the mailbox {message.mailbox!r}, which the settings no longer name.")
    raw = dict(account.mailbox.fetch([message.ref])).get(message.ref)
    if raw is None:
        raise UsageError("The mail is no longer in its mailbox. Add the call by hand: ringback add")
    try:
        return parts.recogniser.recognise(raw, parts.reader, message.received_at)
    except RecognitionError:
        return Recognition(kind=Kind.MISSED_CALL)


def dismiss(ledger: Ledger, message: Message) -> None:
    """Say that a mail in the bin is nothing; it stays accounted for."""
    heard.put_message(ledger, replace(message, disposition=Disposition.DISMISSED, reason="you dismissed it"))
