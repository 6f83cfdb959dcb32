"""How Exchange knows what is ours, on the premises and in the cloud: a mailbox that moves keeps its holds."""

from __future__ import annotations

from uuid import UUID

PROPERTY_SET = UUID("7d1a7c0e-5a3b-4f3c-9c57-2b1f9a4e6d21")
"""Of our own named properties: ringbackUid and ringbackKey. Never another one: it marks what lies in mailboxes."""
