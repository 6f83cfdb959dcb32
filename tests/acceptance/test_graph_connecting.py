"""`connect`, `logout`, `doctor` and passes as processes, on a server in Microsoft's place and a browser that agrees."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import time
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from tests.ring import Keyring
from tests.servers.graph.faults import Broken, Error, Fault
from tests.servers.graph.server import GraphServer
from tests.unit.cli.process import CONFIG, ROOT, Home, Ran, fresh, valid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DANA = "dana@whitfieldlegal.example"
MICROSOFT = """
[[account]]
provider = "microsoft365"
client_id = "{client}"
endpoint = "{url}"
patience = 2
"""
BROWSER = """
import re, sys, urllib.parse, urllib.request
page = urllib.request.urlopen(sys.argv[1], timeout=30).read().decode()
action = re.search('action="([^"]*)"', page)[1]
fields = re.findall('name="([^"]*)" value="([^"]*)"', page)
urllib.request.urlopen(action, urllib.parse.urlencode(fields).encode(), timeout=30).read()
"""


class Desk:
    """A user's home with an account at Microsoft in the configuration.

    Args:
        server: in Microsoft's place.
        home: the user's.
    """

    def __init__(self, server: GraphServer, home: Home) -> None:
        self.server, self.home = server, home
        self.account = MICROSOFT.format(client=server.state.entra.client_id, url=server.root)
        home.config.write_text(CONFIG.partition("[[account]]")[0] + self.account)
        browser = home.path / "browser.py"
        browser.write_text(BROWSER)
        self.environment = {
            "PYTHON_KEYRING_BACKEND": f"{Keyring.__module__}.{Keyring.__qualname__}",
            "RINGBACK_NOW": "",
            "BROWSER": f"{sys.executable} {browser} %s",
        }

    def run(self, *arguments: str, **more: str) -> Ran:
        """Run `ringback` where nobody can be asked."""
        return self.home.run(*arguments, stdin=b"", **self.environment, **more)

    def python(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run a script at the desk."""
        home = {"PATH": os.environ["PATH"], "HOME": str(self.home.path), "RINGBACK_CONFIG": str(self.home.config)}
        environment = {**home, "PYTHONPATH": str(ROOT), **self.environment}
        line = [sys.executable, "-c", script]
        return subprocess.run(line, env=environment, capture_output=True, text=True, check=False, timeout=60)

    @property
    def ring(self) -> dict[str, str]:
        """Return what the keyring has."""
        path = self.home.path / "ring.json"
        return json.loads(path.read_text()) if path.exists() else {}

    @property
    def accounts(self) -> list[dict[str, Any]]:
        """Return the accounts of the configuration."""
        found: list[dict[str, Any]] = tomllib.loads(self.home.config.read_text())["account"]
        return found


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Return the desk of a user who has not signed in yet."""
    with GraphServer(DANA) as server:
        yield Desk(server, fresh(tmp_path / "dana", ()))
        assert server.violations == []
        assert server.sends() == []


def test_from_nothing_to_the_first_pass_and_out_again(desk: Desk) -> None:
    """`connect` explains, signs in, keeps the sign-in in the keyring and names a command, which then works."""
    ran = desk.run("connect", "microsoft365")
    assert ran.code == 0, ran
    assert ran.lines == [
        f"Connected: {DANA}, as the account microsoft365.",
        "The sign-in is kept in the keyring of this system.",
        f"The account stands in {desk.home.config}.",
        "Next: ringback sync --dry-run",
    ]
    assert "does not ask for Mail.Send" in ran.err
    ((name, secret),) = desk.ring.items()
    assert name.startswith("ringback microsoft365/token")
    assert json.loads(secret)["address"] == DANA
    followed = desk.run(*ran.lines[-1].split()[2:])
    assert followed.code == 0, followed
    found = desk.run("doctor")
    assert found.code == 0, found
    assert f"of {DANA}, a personal account" in found.out
    gone = desk.run("logout")
    assert "https://account.live.com/consent/Manage" in gone.out
    assert desk.ring == {}
    assert desk.run("sync").code == 2
    again = valid("logout", desk.run("logout", "microsoft365", "--json").out)
    assert again["accounts"] == {"microsoft365": None}


def test_the_answer_as_json(desk: Desk) -> None:
    """`connect --json` prints one object of its schema; a device code needs nobody to paste anything."""
    view = valid("connect", desk.run("connect", "microsoft365", "--json", "--headless").out)
    assert (view["account"], view["who"], view["kept"]) == ("microsoft365", DANA, "keyring")


def test_the_id_of_the_app_is_typed_once(desk: Desk) -> None:
    """At a terminal the id is asked for; without one it is wrong usage, and nothing is asked of Microsoft."""
    desk.home.config.write_text(desk.home.config.read_text().replace("client_id", "# client_id"))
    ran = desk.run("connect", "microsoft365")
    assert ran.code == 3
    assert "has to be pasted (The application (client) ID)" in ran.err
    assert desk.server.traffic == []
    code, seen = _typed(desk, desk.server.state.entra.client_id)
    assert code == 0, seen
    assert f"Connected: {DANA}" in seen
    assert desk.run("connect", "microsoft365").code == 0


def _typed(desk: Desk, answer: str) -> tuple[int, str]:
    """Connect at a terminal and answer the one question."""
    ours, theirs = pty.openpty()
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(desk.home.path), "RINGBACK_CONFIG": str(desk.home.config),
        "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error", **desk.environment,
    }  # fmt: skip
    line = [sys.executable, "-m", "assistant._main", "connect", "microsoft365"]
    seen, answered = b"", False
    with subprocess.Popen(line, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        while part := _read(ours):
            seen += part
            if not answered and seen.rstrip().endswith(b"ID:"):
                os.write(ours, f"{answer}\n".encode())
                answered = True
        process.wait(timeout=60)
    os.close(ours)
    return process.returncode, seen.decode()


def _read(handle: int) -> bytes:
    try:
        return os.read(handle, 65536)
    except OSError:
        return b""


def test_a_calendar_of_its_own(desk: Desk) -> None:
    """`--own-calendar` makes the calendar once and writes it into the account."""
    ran = desk.run("connect", "microsoft365", "--own-calendar", "Calls")
    assert ran.code == 0, ran
    (account,) = desk.accounts
    assert (account["calendar"], account["own_calendar"]) == ("Calls", True)
    assert "Calls gets slots and holds" in desk.run("doctor").out
    assert desk.run("connect", "microsoft365").code == 0
    assert len(desk.server.calls("POST /me/calendars")) == 1


def test_an_administrator_has_to_agree(desk: Desk) -> None:
    """It ends with exit code 2 and the address for the administrator; nothing is kept."""
    desk.server.state.entra.refuses = 90094
    ran = desk.run("connect", "microsoft365")
    assert ran.code == 2, ran
    assert "/adminconsent?client_id=" in ran.err
    assert desk.ring == {}


def test_a_revoked_sign_in_ends_with_two(desk: Desk) -> None:
    """A pass and `doctor` name the command that mends it."""
    assert desk.run("connect", "microsoft365").code == 0
    desk.server.state.entra.end_access()
    desk.server.state.entra.revoke()
    ran = desk.run("sync")
    assert ran.code == 2, ran
    assert "Run: ringback connect microsoft365" in ran.err
    assert desk.run("doctor").code == 2
    desk.server.state.entra.grants.clear()
    assert desk.run("connect", "microsoft365").code == 0
    assert desk.run("sync").code == 0


def test_doctor_finds_what_is_wrong(desk: Desk) -> None:
    """What is refused is a fault with exit code 1, beside what is well."""
    desk.run("connect", "microsoft365")
    desk.server.faults.add(Fault("GET /me/contacts", Error("ErrorAccessDenied"), times=9))
    ran = desk.run("doctor")
    assert ran.code == 1, ran
    assert "ErrorAccessDenied" in ran.out
    assert "the inbox can be read" in ran.out


def test_a_microsoft_out_of_order_stops_no_other_account(tmp_path: Path) -> None:
    """Mails on disk become callbacks while it is away, and it is told in time."""
    home = fresh(tmp_path / "dana")
    with GraphServer(DANA) as server:
        desk = Desk(server, home)
        assert desk.run("connect", "microsoft365").code == 0
        home.config.write_text('[calendar]\naccount = "local"\n' + CONFIG + desk.account)
        server.faults.add(Fault("*", Broken.DROP_BEFORE, times=10_000))
        desk.environment["RINGBACK_NOW"] = home.now
        begun = time.monotonic()
        ran = desk.run("sync")
        took = time.monotonic() - begun
    assert ran.code == 4, ran
    assert "microsoft365" in ran.err
    assert home.ask("list", "--all")["callbacks"]
    assert took < 20  # patience is 2 seconds, and used up once


def test_debug_shows_no_secret(desk: Desk) -> None:
    """With --debug neither a code nor a token is printed."""
    ran = desk.run("--debug", "connect", "microsoft365")
    assert ran.code == 0, ran
    printed = ran.out + ran.err
    (refresh,) = desk.server.state.entra.grants
    assert refresh not in printed
    assert "M.C5_BAY" not in printed
    assert "EwB" not in printed


@pytest.mark.parametrize("command", [["connect", "microsoft365"], ["sync"], ["logout"], ["doctor"]])
def test_a_library_that_is_not_installed(desk: Desk, command: list[str]) -> None:
    """Where its libraries are missing, every command that needs them prints the line that installs them."""
    script = (
        "import sys\n"
        "sys.modules |= dict.fromkeys(('msal', 'httpx', 'keyring'))\n"
        "from assistant.cli.ending import run\n"
        f"sys.exit(run({command!r}))\n"
    )
    done = desk.python(script)
    assert done.returncode == (1 if command == ["doctor"] else 3), done
    told = "provider microsoft365 is not installed. Run: pip install 'ringback[microsoft365]'"
    assert told in done.stdout + done.stderr


@pytest.mark.parametrize("command", ["today", "list"])
def test_reading_the_ledger_needs_no_provider(desk: Desk, command: str) -> None:
    """`today` and `list` of a user of Microsoft 365 import neither msal nor httpx, nor anything of a provider's."""
    script = (
        "import sys\n"
        "from assistant.cli.ending import run\n"
        f"code = run([{command!r}])\n"
        "names = {name.partition('.')[0] for name in sys.modules}\n"
        "found = names & {'msal', 'httpx', 'httpcore', 'jwt', 'cryptography', 'keyring', 'requests', 'stamina'}\n"
        "found |= {name for name in sys.modules if name.startswith('providers')}\n"
        "print(code, sorted(found), file=sys.stderr)\n"
    )
    done = desk.python(script)
    assert done.stderr.splitlines()[-1] == "0 []", done
