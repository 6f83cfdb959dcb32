"""`connect`, `logout`, `doctor` and passes as processes, on a server in the place of an Exchange."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.ring import Keyring
from tests.servers.ews.faults import Broken, Delay, Fault
from tests.servers.ews.server import EwsServer
from tests.unit.cli.process import CONFIG, ROOT, Home, Ran, fresh

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.servers.ews.faults import Kind

EXCHANGE = """
[[account]]
provider = "exchange"
endpoint = "{url}"
auth = "basic"
patience = 2
"""


class Desk:
    """A user's home with an account at the server in the configuration.

    Args:
        server: in the place of an Exchange.
        home: the user's.
    """

    def __init__(self, server: EwsServer, home: Home) -> None:
        self.server, self.home = server, home
        home.config.write_text(CONFIG.partition("[[account]]")[0] + EXCHANGE.format(url=server.url))
        self.environment = {
            "PYTHON_KEYRING_BACKEND": f"{Keyring.__module__}.{Keyring.__qualname__}",
            "RINGBACK_NOW": "",
        }

    def run(self, *arguments: str, **more: str) -> Ran:
        """Run `ringback` where nobody can be asked."""
        return self.home.run(*arguments, stdin=b"", **self.environment, **more)

    def type(self, command: tuple[str, ...], *answers: str) -> Ran:
        """Run `ringback` at a terminal, and answer what it asks."""
        ours, theirs = pty.openpty()
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(self.home.path), "RINGBACK_CONFIG": str(self.home.config),
            "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error", **self.environment,
        }  # fmt: skip
        line = [sys.executable, "-m", "assistant._main", *command]
        left = list(answers)
        with subprocess.Popen(line, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as process:
            os.close(theirs)
            seen = b""
            while part := _read(ours):
                seen += part
                if left and seen.rstrip().endswith(b":"):
                    os.write(ours, f"{left.pop(0)}\n".encode())
                    seen += b"\n"
            process.wait(timeout=60)
        os.close(ours)
        return Ran(process.returncode, seen.decode(), "")

    def connect(self) -> Ran:
        """Sign in."""
        return self.type(("connect", "exchange"), self.server.address, self.server.user, self.server.password)

    @property
    def ring(self) -> dict[str, str]:
        """Return what the keyring has."""
        path = self.home.path / "ring.json"
        return json.loads(path.read_text()) if path.exists() else {}


def _read(handle: int) -> bytes:
    try:
        return os.read(handle, 65536)
    except OSError:
        return b""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Return the desk of a user who has not signed in yet."""
    with EwsServer() as server:
        yield Desk(server, fresh(tmp_path / "dana", ()))
        assert server.violations == []
        assert server.sends() == []


def test_from_nothing_to_the_first_pass_and_out_again(desk: Desk) -> None:
    """`connect` asks for address, user and password, which nobody sees, and names a command that then works."""
    ran = desk.connect()
    assert ran.code == 0, ran
    assert f"Connected: {desk.server.address}, as the account exchange." in ran.out
    assert desk.server.password not in ran.out
    ((name, secret),) = desk.ring.items()
    assert name.startswith("ringback exchange/account")
    assert json.loads(secret)["secret"] == desk.server.password
    assert desk.server.password not in desk.home.config.read_text()
    assert desk.run("sync", "--dry-run").code == 0
    found = desk.run("doctor")
    assert found.code == 0, found
    assert desk.server.url in found.out
    gone = desk.run("logout", "exchange")
    assert gone.code == 0, gone
    assert desk.ring == {}
    assert desk.run("sync").code == 2


def test_a_wrong_password_is_told_in_time(desk: Desk) -> None:
    """The exit code is 2, the server was asked once, and nothing is kept."""
    begun = time.monotonic()
    ran = desk.type(("connect", "exchange"), desk.server.address, desk.server.user, "wrong")
    assert ran.code == 2, ran
    assert "not accepted" in ran.out
    assert time.monotonic() - begun < 5
    assert desk.server.round_trips() == 1
    assert desk.ring == {}


@pytest.mark.parametrize("options", [("--no-input",), ("--json",), ()])
def test_somebody_has_to_answer(desk: Desk, options: tuple[str, ...]) -> None:
    """Without a terminal, or where nothing may be asked, it is wrong usage, and the server is not asked."""
    ran = desk.run("connect", "exchange", *options)
    assert ran.code == 3
    assert "has to be pasted (The mail address of the account)" in ran.err
    assert desk.server.traffic == []


def test_exchange_online_is_noticed(desk: Desk) -> None:
    """The user is pointed to the other provider before a password is asked."""
    ran = desk.type(("connect", "exchange"), "dana@outlook.com")
    assert ran.code == 3, ran
    assert "ringback connect microsoft365" in ran.out
    assert "The password" not in ran.out


@pytest.mark.parametrize(
    ("kind", "seconds"),  # the patience is two seconds, for each service once where nobody answers
    [(Broken.UNAUTHORIZED, 5), (Broken.DROP_BEFORE, 10), (Delay(60), 15), (Broken.DRIP, 15)],
)
def test_an_exchange_out_of_order_stops_no_other_account(tmp_path: Path, kind: Kind, seconds: float) -> None:
    """Mails on disk become callbacks, and what is wrong is told within seconds beyond what a sound server takes."""
    home = fresh(tmp_path / "dana")
    with EwsServer() as server:
        desk = Desk(server, home)
        assert desk.connect().code == 0
        calendar = '[calendar]\naccount = "local"\n'
        home.config.write_text(calendar + CONFIG + EXCHANGE.format(url=server.url))
        desk.environment["RINGBACK_NOW"] = home.now
        begun = time.monotonic()
        assert desk.run("sync", "--dry-run").code == 0
        sound = time.monotonic() - begun
        server.reset_traffic()
        server.faults.add(Fault("*", kind, times=10_000))
        begun = time.monotonic()
        ran = desk.run("sync")
        lost = time.monotonic() - begun - sound
    assert ran.code == 4, ran
    assert "exchange" in ran.err
    assert home.ask("list", "--all")["callbacks"]
    assert lost < seconds
    if kind is Broken.UNAUTHORIZED:
        assert server.round_trips() == 1


def test_pass_upon_pass_with_a_wrong_password_locks_nothing(desk: Desk) -> None:
    """Other processes try it no more for a quarter of an hour; `connect` is the way in."""
    assert desk.connect().code == 0
    desk.server.reset_traffic()
    desk.server.faults.add(Fault("*", Broken.UNAUTHORIZED))
    assert [desk.run("sync").code for _ in range(2)] == [2, 2]
    assert "tried again in" in desk.run("sync").err
    assert desk.server.round_trips() == 1
    assert desk.connect().code == 0
    assert desk.run("sync").code == 0


def test_looking_at_today_loads_no_library(desk: Desk) -> None:
    """The list for the phone comes from the ledger alone."""
    ran = desk.run("today", PYTHONPROFILEIMPORTTIME="1")
    assert ran.code == 0, ran
    assert "import time:" in ran.err
    assert "exchangelib" not in ran.err
