"""The contract suites as classes, one for each: some of them have tests of the same name."""

from __future__ import annotations

from tests.contract import test_agenda, test_calendar, test_contacts, test_drafts, test_mailbox

_SUITES = {
    "TestMailbox": test_mailbox,
    "TestDrafts": test_drafts,
    "TestCalendar": test_calendar,
    "TestAgenda": test_agenda,
    "TestContacts": test_contacts,
}


def classes() -> dict[str, type]:
    """Return the classes by their names."""
    made = {}
    for name, suite in _SUITES.items():
        tests = {each: staticmethod(test) for each, test in vars(suite).items() if each.startswith("test_")}
        made[name] = type(name, (), tests)
    return made
