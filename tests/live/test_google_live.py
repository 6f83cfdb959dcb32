"""The contract suites through the live harness, on the fake and, marked `live`, on Google."""

from __future__ import annotations

from tests.contract import test_agenda, test_calendar, test_contacts, test_drafts, test_mailbox

_SUITES = {
    "TestMailbox": test_mailbox,
    "TestDrafts": test_drafts,
    "TestCalendar": test_calendar,
    "TestAgenda": test_agenda,
    "TestContacts": test_contacts,
}

# A class for each suite: some of them have tests of the same name.
for _name, _suite in _SUITES.items():
    _tests = {name: staticmethod(test) for name, test in vars(_suite).items() if name.startswith("test_")}
    globals()[_name] = type(_name, (), _tests)
