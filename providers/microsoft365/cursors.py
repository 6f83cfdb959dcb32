"""Where reading of a mailbox stopped, as text: a link of Microsoft's for each folder, to ask for what came after.

The links of nineteen folders go into one request with the list of all folders. A mailbox with more has marks besides:
counts, and the time of the latest change in a folder. A folder whose mark stands needs no look. The time has whole
seconds, so that what changes in the same second leaves the mark as it is: a mark counts only once the folder was read
after that second was over.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from providers._marks import Marked, Owned, marked


class Kept(Marked, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where reading of one folder stopped: `link` is what to ask next, below the address of the service."""

    link: str


class Stand(Owned, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where reading stopped: of whose mailbox, by folder id.

    `roles`: the ids of the folders that Microsoft has names for. `since`: mail that came before was left out and is not
    told of. `marked`: False where Microsoft told no marks. `listed`: our categories are in the user's list, as far as
    we know.
    """

    v: Literal[1] = 1
    roles: dict[str, str]
    folders: dict[str, Kept]
    since: datetime | None = None
    marked: bool = True
    listed: bool = False

    def marked_as(self, *, listed: bool) -> Stand:
        """Return the same place, with what is known of the user's list."""
        return msgspec.structs.replace(self, listed=listed)


def keep(kept: Kept | None, link: str, mark: str | None, committed: datetime | None, now: float) -> Kept:
    """Return what to remember of a folder that was read just now.

    Args:
        kept: what was remembered.
        link: after reading.
        mark: of about the same moment.
        committed: the time in the mark, by Microsoft's clock.
        now: before anything of this look was asked for, in seconds.
    """
    return Kept(link=link, **marked(kept, mark, committed, now))
