"""Everything in memory: the reference for the ports, and the stage for tests. Not for users.

Settings: `state`, a `State` to share with the test; a fresh one without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.errors import ConfigError
from assistant.ports import Account
from providers.memory.calendar import MemoryCalendar
from providers.memory.contacts import MemoryContacts
from providers.memory.drafts import MemoryDraftBox
from providers.memory.mailbox import MemoryMailbox
from providers.memory.state import State, StoredDraft, StoredMail

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from zoneinfo import ZoneInfo

    from assistant.ports import Clock, Secrets

__all__ = ["State", "StoredDraft", "StoredMail", "connect"]


def connect(
    settings: Mapping[str, object],
    zone: ZoneInfo,
    secrets: Secrets,
    region: str,
    problems: Callable[[str], None],
    clock: Clock,
) -> Account:
    """Open an account over a `State`.

    Raises:
        ConfigError: `state` is something else, or there are other keys.
    """
    del zone, secrets, region, problems, clock
    faults = [f"{key}: unknown; use state" for key in settings if key not in {"state", "provider"}]
    state = settings.get("state", State())
    if not isinstance(state, State):
        faults.append("state: must be a providers.memory.State")
    if faults or not isinstance(state, State):
        raise ConfigError(faults)
    return Account(
        mailbox=MemoryMailbox(state),
        drafts=MemoryDraftBox(state),
        calendar=MemoryCalendar(state),
        contacts=MemoryContacts(state),
    )
