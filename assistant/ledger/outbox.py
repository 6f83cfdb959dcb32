"""The outbox: an operation is written here before it is tried, and settled after."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from assistant.ledger.journal import stamp
from assistant.model.operation import AnyOperation, key_of

if TYPE_CHECKING:
    from assistant.ledger.journal import Ledger

_OPERATION = msgspec.json.Decoder(AnyOperation)


def announce(ledger: Ledger, operation: AnyOperation) -> None:
    """Write down what is about to be tried; the text of it stays only until it is settled."""
    ledger.run(
        "put_operation",
        key=key_of(operation),
        subject=operation.subject,
        operation=msgspec.json.encode(operation).decode(),
        created_at=stamp(ledger.now()),
    )


def settle(ledger: Ledger, operation: AnyOperation, ref: str | None = None, etag: str | None = None) -> None:
    """Mark an operation as done, with where its object lies."""
    ledger.run("settle_operation", key=key_of(operation), state="done", ref=ref, etag=etag)


def withdraw(ledger: Ledger, operation: AnyOperation) -> None:
    """Mark an operation as not done; the next pass decides anew."""
    ledger.run("settle_operation", key=key_of(operation), state="withdrawn", ref=None, etag=None)


def pending(ledger: Ledger) -> list[AnyOperation]:
    """Return the operations of which nobody knows whether they took effect, oldest first."""
    return [_OPERATION.decode(row["operation"]) for row in ledger.rows("pending_operations")]
