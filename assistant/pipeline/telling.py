"""Recognise a draft of ours in a sent mail, and the time that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.standards import compose

if TYPE_CHECKING:
    from datetime import datetime

    from assistant.model.callback import DraftState
    from assistant.model.mailbox import Head
    from assistant.model.operation import PutDraft
    from assistant.pipeline.parts import Parts


def is_draft(head: Head, draft: DraftState | PutDraft) -> bool:
    """Tell whether a mail is this very draft, by the ids that mail programs keep."""
    return head.header(compose.KEY_HEADER) == draft.key or head.header("Message-ID") == draft.message_id


def names_time(parts: Parts, raw: bytes, at: datetime | None) -> bool:
    """Tell whether a mail still names the time of a draft: the user may have changed the words."""
    return at is not None and f"{at.astimezone(parts.zone):%H:%M}" in compose.text_of(raw)
