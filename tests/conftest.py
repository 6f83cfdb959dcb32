"""What holds for every test: it may not skip on CI, leave this machine or see the user's own files."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import time
from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

# Neither UTC nor a zone of whole hours: code that leans on the zone of the machine fails here.
TEST_ZONE = "Asia/Kathmandu"

_USER_VARIABLES = ("XDG_", "RINGBACK_", "KHAL_", "VDIRSYNCER_", "DBUS_SESSION_BUS_ADDRESS")

# Audit events of reaching another machine, with the position of the address or host name among their arguments.
_REACHING_OUT = {
    "socket.connect": 1,
    "socket.sendto": 1,
    "socket.sendmsg": 1,
    "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0,
    "socket.gethostbyaddr": 0,
}


class LeavesThisMachineError(RuntimeError):
    """A test tried to reach another machine. Not an OSError, so that no code under test takes it for a weak network."""


def pytest_configure() -> None:
    """Guard the whole process, C code included; a hook stays until the process ends."""
    sys.addaudithook(_refuse_to_leave)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that skips where nothing may be missing."""
    report = yield
    if not hasattr(report, "wasxfail"):
        _fail_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Fail a module that skips as a whole."""
    report = yield
    _fail_skipped(report)
    return report


@pytest.fixture(autouse=True)
def fresh_home(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Give the test, and the processes it starts, an empty home and the one zone of all tests."""
    with tempfile.TemporaryDirectory(prefix="home-", ignore_cleanup_errors=True) as home:
        for name in [name for name in os.environ if name.startswith(_USER_VARIABLES)]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("HOME", home)
        monkeypatch.setenv("TZ", TEST_ZONE)
        monkeypatch.setenv("PIP_NO_INDEX", "1")
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")  # never the developer's own
        logging.disable(logging.NOTSET)  # the command turns logging off in its process
        time.tzset()
        yield home
    monkeypatch.undo()
    time.tzset()


def _fail_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.skipped and os.environ.get("CI") == "true":
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"a skipped test fails on CI: {reason}"


def _refuse_to_leave(event: str, arguments: tuple[object, ...]) -> None:
    if event in _REACHING_OUT:
        address = arguments[_REACHING_OUT[event]]
        # Internet addresses are tuples; text and bytes are Unix sockets when connecting, host names when asking.
        host = address[0] if isinstance(address, tuple) else address
        is_unix = event in {"socket.connect", "socket.sendto", "socket.sendmsg"} and not isinstance(address, tuple)
        if not is_unix and not _is_loopback(host):
            raise LeavesThisMachineError(f"{event}: a test tried to reach {host}; tests talk to loopback only")


def _is_loopback(host: object) -> bool:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host or "localhost")
    try:
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False
