"""Every suite runs through the live harness: against the fake always, against Google when the environment names it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pytest

import tests.conftest
from tests.contract.google import QUICK
from tests.live.account import ADDRESS, FILE, LiveAccount, RefusedToRunError, from_environment
from tests.live.connection import Access
from tests.live.excluded import ALL_SCOPES, reason
from tests.live.fake import OWNER, InhabitedGoogle
from tests.live.harness import LiveGoogleHarness

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

# Read once: each test is given an environment without the user's variables.
_NAMED = pytest.StashKey[Mapping[str, str]]()
_NOT_RUN = pytest.StashKey[dict[str, str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Note what the environment names."""
    config.stash[_NAMED] = {name: os.environ[name] for name in (FILE, ADDRESS) if name in os.environ}
    config.stash[_NOT_RUN] = {}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take out the tests on Google unless it is named, and everywhere those that the harness cannot run."""
    named = config.stash[_NAMED]
    try:
        scopes = from_environment(named).credentials.scopes or () if FILE in named else ()
    except RefusedToRunError as error:
        raise pytest.UsageError(str(error)) from error
    taken = [item for item in items if _is_taken_out(config, item, scopes)]
    if taken:
        config.hook.pytest_deselected(items=taken)
        items[:] = [item for item in items if item not in taken]


def _is_taken_out(config: pytest.Config, item: pytest.Item, scopes: Collection[str]) -> bool:
    if not isinstance(item, pytest.Function) or "live_harness" not in item.fixturenames or item.cls is None:
        return False
    on_google = item.get_closest_marker("live") is not None
    if on_google and FILE not in config.stash[_NAMED]:
        return True
    why = reason(item.cls.__name__, plain_name(item), item.function, scopes if on_google else ALL_SCOPES)
    if on_google and why is not None:
        config.stash[_NOT_RUN][item.nodeid] = why
    return why is not None


def plain_name(item: pytest.Function) -> str:
    """Return the name of a test with its parameters, without the one that tells where it runs."""
    others = [part for part in item.name[len(item.originalname) :].strip("[]").split("-") if part]
    del others[:1]
    return f"{item.originalname}[{'-'.join(others)}]" if others else item.originalname


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Name the tests that the live account does not run."""
    for test, why in config.stash[_NOT_RUN].items():
        terminalreporter.write_line(f"not run on the live account: {test}: {why}")


@contextlib.contextmanager
def reaching_out() -> Iterator[None]:
    """Let requests leave this machine: the one exception, and only while a live test runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tests.conftest, "_is_loopback", lambda _: True)
        yield


@pytest.fixture(scope="session")
def google_account(pytestconfig: pytest.Config) -> Iterator[LiveAccount]:
    with reaching_out():
        try:
            account = LiveAccount(from_environment(pytestconfig.stash[_NAMED]))
        except RefusedToRunError as error:
            pytest.exit(str(error), returncode=pytest.ExitCode.USAGE_ERROR)
    yield account
    with reaching_out():
        account.leave()


@pytest.fixture(scope="session")
def fake_account() -> Iterator[LiveAccount]:
    with InhabitedGoogle() as server:
        before = server.snapshot()
        account = LiveAccount(Access(server.credentials(ALL_SCOPES), OWNER, server.url, QUICK))
        yield account
        account.leave()
        assert server.snapshot() == before
        assert server.violations == []
        assert server.sends() == []


@pytest.fixture(params=["fake", pytest.param("google", marks=pytest.mark.live)])
def live_harness(request: pytest.FixtureRequest) -> Iterator[LiveGoogleHarness]:
    with reaching_out() if request.param == "google" else contextlib.nullcontext():
        found = LiveGoogleHarness(request.getfixturevalue(f"{request.param}_account"))
        yield found
        found.close()


@pytest.fixture
def harness(live_harness: LiveGoogleHarness) -> LiveGoogleHarness:
    """Return an account that looks empty; the suites know it by this name."""
    return live_harness
