"""Every suite runs through the live harness: on the fake always, on Exchange when the environment names a mailbox."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pytest

from providers.exchange.remembered import Signed
from tests.live.account import RefusedToRunError
from tests.live.conftest import plain_name, reaching_out
from tests.live.exchange.excluded import reason
from tests.live.exchange.harness import LiveExchangeHarness
from tests.live.exchange.mailbox import ADDRESS, FILE, LiveMailbox, from_environment
from tests.servers.ews.server import EwsServer

if TYPE_CHECKING:
    from collections.abc import Iterator

OWNER = "owner@example.org"
# Read once: each test is given an environment without the user's variables.
_NAMED = pytest.StashKey[Mapping[str, str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Note what the environment names."""
    config.stash[_NAMED] = {name: os.environ[name] for name in (FILE, ADDRESS) if name in os.environ}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take out the tests on Exchange unless it is named, and everywhere those that hands cannot do."""
    taken = [item for item in items if _is_taken_out(config, item)]
    if taken:
        config.hook.pytest_deselected(items=taken)
        items[:] = [item for item in items if item not in taken]


def _is_taken_out(config: pytest.Config, item: pytest.Item) -> bool:
    if not isinstance(item, pytest.Function) or "exchange_harness" not in item.fixturenames or item.cls is None:
        return False
    if item.get_closest_marker("live") is not None and FILE not in config.stash[_NAMED]:
        return True
    return reason(item.cls.__name__, plain_name(item)) is not None


@pytest.fixture(scope="session")
def exchange_mailbox(pytestconfig: pytest.Config) -> Iterator[LiveMailbox]:
    with reaching_out():
        try:
            mailbox = LiveMailbox(from_environment(pytestconfig.stash[_NAMED]))
        except RefusedToRunError as error:
            pytest.exit(str(error), returncode=pytest.ExitCode.USAGE_ERROR)
    yield mailbox
    with reaching_out():
        mailbox.leave()


@pytest.fixture(scope="session")
def fake_mailbox() -> Iterator[LiveMailbox]:
    with EwsServer(OWNER) as server:
        before = {each.name for each in server.state.folders.all.values()}
        signed = Signed(endpoint=server.url, address=server.address, user=server.user, secret=server.password)
        mailbox = LiveMailbox(signed)
        yield mailbox
        mailbox.leave()
        assert {each.name for each in server.state.folders.all.values()} == before
        assert list(server.state.items.everything()) == []
        assert server.violations == []
        assert server.sends() == []


@pytest.fixture(params=["fake", pytest.param("exchange", marks=pytest.mark.live)])
def exchange_harness(request: pytest.FixtureRequest) -> Iterator[LiveExchangeHarness]:
    with reaching_out() if request.param == "exchange" else contextlib.nullcontext():
        found = LiveExchangeHarness(request.getfixturevalue(f"{request.param}_mailbox"))
        yield found
        found.close()


@pytest.fixture
def harness(exchange_harness: LiveExchangeHarness) -> LiveExchangeHarness:
    """Return a mailbox that is empty; the suites know it by this name."""
    return exchange_harness
