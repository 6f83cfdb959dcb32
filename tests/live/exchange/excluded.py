"""The tests of the suites that hands cannot do over Exchange Web Services, each with its reason."""

from __future__ import annotations

_DELIVERY = "Exchange puts mail into conversations when it is delivered, and hands only save"
_STATES = "nobody but the server can forget a sync state"
EXCLUDED = {
    "TestMailbox::test_a_thread_is_one_whatever_arrives_first": _DELIVERY,
    "TestDrafts::test_an_answer_joins_its_thread": _DELIVERY,
    "TestMailbox::test_an_expired_cursor_is_refused_and_none_still_works": _STATES,
    "TestCalendar::test_an_expired_cursor_is_refused_and_none_still_works": _STATES,
    "TestCalendar::test_a_cancelled_event_is_gone": "no program can mark an event as cancelled",
    "TestAgenda::test_an_override_may_move_into_the_span": "Exchange moves no occurrence beyond its neighbours",
    "TestAgenda::test_people_and_titles": "an organiser other than the account cannot be written",
}
"""Tests that no live mailbox runs: class and name."""


def reason(suite: str, name: str) -> str | None:
    """Return why a test is not run, None when it is.

    Args:
        suite: the test's class.
        name: of the test, with its parameters in brackets.
    """
    return EXCLUDED.get(f"{suite}::{name}")
