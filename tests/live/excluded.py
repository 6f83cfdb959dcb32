"""The tests of the suites that a live account does not run, each with its reason."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from tests.live.contacts import WRITES
from tests.live.mail import DELETES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

EVERYWHERE = {
    "TestCalendar::test_an_expired_cursor_is_refused_and_none_still_works": (
        "nobody but Google can make a sync token too old"
    ),
    "TestAgenda::test_people_and_titles": "an organiser other than the account cannot be written by insert",
    "TestAgenda::test_the_free_busy_type[X-MICROSOFT-CDO-BUSYSTATUS:OOF-BUSY-UNAVAILABLE]": (
        "events of the type outOfOffice exist in primary calendars of Workspace alone"
    ),
}
"""Tests that no live account runs: class and name, with the parameters where they matter."""

_MODIFY = "https://www.googleapis.com/auth/gmail.modify"
_CALENDAR = "https://www.googleapis.com/auth/calendar"
_OF_SUITE: dict[str, tuple[str, ...]] = {
    "TestMailbox": (_MODIFY, DELETES),
    "TestDrafts": (_MODIFY, DELETES),
    "TestCalendar": (_CALENDAR,),
    "TestAgenda": (_CALENDAR,),
    "TestContacts": (WRITES,),
}
_OF_HAND = {"user_deletes_mail": DELETES}
ALL_SCOPES = (DELETES, _CALENDAR, WRITES)
"""What every test together needs."""


def reason(suite: str, name: str, test: Callable[..., object], scopes: Collection[str]) -> str | None:
    """Return why a test is not run with a sign-in of these scopes, None when it is.

    Args:
        suite: the test's class.
        name: of the test, with its parameters in brackets.
        test: the function, which tells what hands it needs.
        scopes: as Google writes them.
    """
    for known, why in EVERYWHERE.items():
        if f"{suite}::{name}" == known:
            return why
    if not set(_OF_SUITE[suite]) & set(scopes):
        return f"the sign-in lacks {' or '.join(_OF_SUITE[suite])}"
    source = inspect.getsource(test)
    lacking = [scope for hand, scope in _OF_HAND.items() if hand in source and scope not in scopes]
    return f"the sign-in lacks {lacking[0]}" if lacking else None
