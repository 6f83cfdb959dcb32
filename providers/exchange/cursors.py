"""Where reading of a mailbox stopped, as text: a sync state of the server for each folder.

A folder also has a mark: counts and the time of its latest change, all folders' in one request. A folder whose mark
stands needs no look of its own. The time has whole seconds, so that what changes in the same second leaves the mark as
it is: a mark counts only once the folder was read after that second was over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from providers._marks import Marked, Owned, marked

if TYPE_CHECKING:
    from datetime import datetime


class Kept(Marked, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where reading of one folder stopped: `state` of the server; None for a folder that was empty and never read."""

    state: str | None = None


class Stand(Owned, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where reading stopped: of whose mailbox, by folder id; `roles` are the ids of the folders that every mailbox has.

    `listed`: our categories are in the user's list, as far as we know.
    """

    v: Literal[1] = 1
    roles: dict[str, str]
    folders: dict[str, Kept]
    listed: bool = False


def keep(kept: Kept | None, state: str | None, mark: str | None, committed: datetime | None, now: float) -> Kept:
    """Return what to remember of a folder that was read just now.

    Args:
        kept: what was remembered.
        state: of the server, after reading.
        mark: before reading.
        committed: the time in the mark, by the server's clock.
        now: before the mark was asked for, in seconds.
    """
    return Kept(state=state, **marked(kept, mark, committed, now))
