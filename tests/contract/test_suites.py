"""The suites themselves: each lets the sound provider pass and catches every broken one."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract import broken, test_agenda, test_calendar, test_contacts, test_drafts, test_mailbox
from tests.contract.memory import MemoryHarness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from tests.contract.harness import Harness

SUITES: list[tuple[str, ModuleType, tuple[type, ...]]] = [
    ("mailbox", test_mailbox, broken.MAILBOXES),
    ("drafts", test_drafts, broken.DRAFT_BOXES),
    ("calendar", test_calendar, broken.CALENDARS),
    ("calendar", test_agenda, broken.AGENDAS),
    ("contacts", test_contacts, broken.ADDRESS_BOOKS),
]
DOUBLES = [
    pytest.param(service, suite, double, id=double.__name__) for service, suite, all_ in SUITES for double in all_
]


def checks(suite: ModuleType) -> Iterator[Callable[[Harness], None]]:
    """Yield the tests of a suite, once for each set of their parameters."""
    for name, test in inspect.getmembers(suite, inspect.isfunction):
        if name.startswith("test_"):
            for arguments in _parameters(test):
                yield functools.partial(test, **arguments)


def _parameters(test: Any) -> list[dict[str, object]]:  # noqa: ANN401 - pytest marks are untyped
    for mark in getattr(test, "pytestmark", []):
        if mark.name == "parametrize":
            names, values = mark.args
            if isinstance(names, str):
                return [{names: value} for value in values]
            return [dict(zip(names, value, strict=True)) for value in values]
    return [{}]


def caught(check: Callable[[Harness], None], harness: Harness) -> bool:
    """Tell whether a test fails on a provider, by an assertion or by any error."""
    try:
        check(harness)
    except BaseException as error:  # noqa: BLE001 - pytest.fail is no Exception, and any way to fail will do
        return not isinstance(error, KeyboardInterrupt)
    return False


@pytest.mark.parametrize(("service", "suite", "double"), DOUBLES)
def test_a_broken_provider_is_caught(service: str, suite: ModuleType, double: type) -> None:
    """At least one test of the suite fails on a provider that breaks one promise, and others pass."""
    failed = [caught(check, broken.BrokenHarness(service, double)) for check in checks(suite)]
    assert any(failed)
    assert not all(failed)


@pytest.mark.parametrize("suite", [suite for _, suite, _ in SUITES], ids=lambda suite: suite.__name__)
def test_a_sound_provider_is_not(suite: ModuleType) -> None:
    """No test of the suite fails, run in this way, on the provider that the broken ones are made from."""
    assert [check for check in checks(suite) if caught(check, MemoryHarness())] == []
