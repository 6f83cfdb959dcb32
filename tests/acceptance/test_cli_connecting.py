"""`connect`, `logout` and `doctor` as processes, on a server in Google's place and a browser that agrees at once."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from assistant.cli import document, ending
from tests.ring import Keyring
from tests.servers.google.faults import Fault, Status
from tests.servers.google.server import GoogleServer
from tests.unit.cli.process import CONFIG, ROOT, Home, Ran, fresh, valid
from tests.unit.providers.google_user import agreed, client_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DANA = "dana@whitfieldlegal.example"
GOOGLE = """
[[account]]
provider = "google"
endpoint = "{url}"
"""
BROWSER = "import sys, urllib.request\nurllib.request.urlopen(sys.argv[1], timeout=30).read()\n"
REFUSING = """
import sys, urllib.parse, urllib.request
asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(sys.argv[1]).query))
answer = urllib.parse.urlencode({"state": asked["state"], "error": "access_denied"})
urllib.request.urlopen(asked["redirect_uri"] + "?" + answer, timeout=30).read()
"""


class Desk:
    """A user's home with an account at Google in the configuration and the OAuth client's file beside it.

    Args:
        server: in Google's place.
        home: the user's.
    """

    def __init__(self, server: GoogleServer, home: Home) -> None:
        self.server = server
        self.home = home
        self.client = home.config.parent / "google-client.json"
        self.client.write_text(json.dumps(client_json(server)))
        home.config.write_text(CONFIG.partition("[[account]]")[0] + GOOGLE.format(url=server.url))
        self.environment = {
            "OAUTHLIB_INSECURE_TRANSPORT": "1",
            "PYTHON_KEYRING_BACKEND": f"{Keyring.__module__}.{Keyring.__qualname__}",
            "RINGBACK_NOW": "",
        }
        self.browser(BROWSER)

    def browser(self, script: str) -> None:
        """Have this program as the user's browser."""
        path = self.home.path / "browser.py"
        path.write_text(script)
        self.environment["BROWSER"] = f"{sys.executable} {path} %s"

    def run(self, *arguments: str) -> Ran:
        """Run `ringback`."""
        return self.home.run(*arguments, stdin=b"", **self.environment)

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
    with GoogleServer(DANA) as server:
        yield Desk(server, fresh(tmp_path / "dana", ()))
        assert server.violations == []
        assert server.sends() == []


def _level(ran: Ran, subject: str) -> str:
    (found,) = (line.split()[0] for line in ran.lines if f": {subject}: " in line)
    return found


def test_two_minutes_from_nothing_to_the_first_pass(desk: Desk) -> None:
    """`connect` explains, signs in, keeps the sign-in in the keyring and names the next command, which then works."""
    ran = desk.run("connect", "google")
    assert ran.code == 0, ran
    assert ran.lines == [
        f"Connected: {DANA}, as the account google.",
        "The sign-in is kept in the keyring of this system.",
        f"The account stands in {desk.home.config}.",
        "Next: ringback sync --dry-run",
    ]
    assert "find out whose number called" in ran.err
    ((name, secret),) = desk.ring.items()
    assert name == f"ringback google/token of {desk.home.config.parent / 'data'}"
    assert json.loads(secret)["address"] == DANA
    assert not list(desk.home.path.rglob("secrets*"))
    followed = desk.run(*ran.lines[-1].split()[2:])
    assert followed.code == 0, followed


def test_the_answer_as_json(desk: Desk) -> None:
    """`connect --json` prints one object of its schema and nothing besides on standard output."""
    view = valid("connect", desk.run("connect", "google", "--json").out)
    assert (view["account"], view["who"], view["kept"]) == ("google", DANA, "keyring")


def test_a_calendar_of_its_own(desk: Desk) -> None:
    """`--own-calendar` makes the calendar and writes it into the account, and the next passes use it."""
    ran = desk.run("connect", "google", "--own-calendar", "Calls")
    assert ran.code == 0, ran
    assert desk.accounts == [
        {"provider": "google", "endpoint": desk.server.url, "calendar": "Calls", "own_calendar": True}
    ]
    found = desk.run("doctor")
    assert "Calls gets slots and holds (owner)" in found.out
    assert desk.run("connect", "google").code == 0
    assert len(desk.server.calls("calendar.calendars.insert")) == 1


def test_before_the_sign_in_every_command_says_what_to_do(desk: Desk) -> None:
    """Without a sign-in a pass ends with exit code 2 and names the command."""
    ran = desk.run("sync")
    assert ran.code == 2
    assert "Run: ringback connect google" in ran.err


def test_without_a_keyring_the_file_is_told(desk: Desk) -> None:
    """Where no keyring works, one warning names the file, which is the user's alone; `doctor` says so too."""
    desk.environment["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
    ran = desk.run("connect", "google")
    path = desk.home.config.parent / "data" / "secrets.json"
    assert ran.code == 0, ran
    assert ran.err.count("warning:") == 1
    assert f"The sign-in is kept in {path}." in ran.lines
    assert path.stat().st_mode & 0o777 == 0o600
    assert str(path) in desk.run("doctor").out
    path.chmod(0o644)
    wide = desk.run("doctor")
    assert wide.code == 1
    assert f"chmod 600 {path}" in wide.out


def test_a_client_file_that_is_missing(desk: Desk) -> None:
    """The place of the client's file is named, the configuration and the keyring stay as they were."""
    desk.client.unlink()
    before = desk.home.config.read_bytes()
    ran = desk.run("connect", "google")
    assert ran.code == 3
    assert str(desk.client) in ran.err
    assert '"Desktop app"' in ran.err
    assert (desk.home.config.read_bytes(), desk.ring) == (before, {})


def test_who_says_no_changes_nothing(tmp_path: Path) -> None:
    """A consent denied ends with exit code 2; no configuration is written where there was none."""
    home = fresh(tmp_path / "dana", ())
    home.config.unlink()
    with GoogleServer(DANA) as server:
        desk = Desk(server, home)
        own = client_json(server)
        own["installed"] |= {"auth_uri": "https://accounts.example/auth", "token_uri": "https://accounts.example/token"}
        desk.client.write_text(json.dumps(own))
        home.config.unlink()
        desk.browser(REFUSING)
        ran = desk.run("connect", "google")
        assert server.calls() == []
    assert ran.code == 2, ran
    assert "did not agree" in ran.err
    assert not home.config.exists()
    assert desk.ring == {}


def test_headless_on_a_terminal(desk: Desk) -> None:
    """On a terminal without a browser the address is shown, and what a browser elsewhere shows can be pasted."""
    ours, theirs = pty.openpty()
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(desk.home.path), "RINGBACK_CONFIG": str(desk.home.config),
        "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error", **desk.environment,
    }  # fmt: skip
    command = [sys.executable, "-m", "assistant._main", "connect", "google", "--headless"]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        seen, pasted = b"", False
        while part := _read(ours):
            seen += part
            if not pasted and seen.rstrip().endswith(b"of that page:"):
                url = re.search(rb"http://\S+/o/oauth2/\S+", seen)
                assert url is not None
                os.write(ours, agreed(url[0].decode()).encode() + b"\n")
                pasted = True
        process.wait(timeout=60)
    os.close(ours)
    assert process.returncode == 0, seen
    assert f"Connected: {DANA}".encode() in seen
    assert len(desk.ring) == 1


def _read(handle: int) -> bytes:
    try:
        return os.read(handle, 65536)
    except OSError:
        return b""


@pytest.mark.parametrize("options", [("--no-input",), ("--json",), ()])
def test_headless_needs_somebody_to_paste(desk: Desk, options: tuple[str, ...]) -> None:
    """Without a terminal, or where nothing may be asked, headless signing in is wrong usage."""
    ran = desk.run("connect", "google", "--headless", *options)
    assert ran.code == 3
    assert "has to be pasted" in ran.err
    assert desk.ring == {}


def test_a_provider_that_cannot_be_connected(desk: Desk) -> None:
    """Each name that cannot be connected is answered with what there is, and nothing is written."""
    before = desk.home.config.read_bytes()
    for name, said in {
        "gogle": "there is no provider 'gogle'. Known: exchange, google, local, microsoft365",
        "local": "The provider local needs no sign-in. Set it up with: ringback init",
    }.items():
        ran = desk.run("connect", name)
        assert ran.code == 3
        assert said in ran.err
    assert desk.home.config.read_bytes() == before


def test_an_account_is_added_beside_the_others(desk: Desk) -> None:
    """Several accounts each have their own sign-in; comments and other tables of the file stay."""
    text = f'# mine\n[slot]\nat = "15:00"  # after lunch\n\n{CONFIG}'
    desk.home.config.write_text(text)
    desk.browser(REFUSING)
    desk.client.write_text(json.dumps(_far(desk.server)))
    assert desk.run("connect", "google", "--account", "work").code == 2
    assert desk.home.config.read_text() == text
    more = GOOGLE.format(url=desk.server.url) + 'name = "work"\n'
    desk.home.config.write_text(text + more + GOOGLE.format(url=desk.server.url))
    desk.browser(BROWSER)
    desk.client.write_text(json.dumps(client_json(desk.server)))
    ran = desk.run("connect", "google", "--account", "work")
    assert ran.code == 0, ran
    assert 'account = "work" in [calendar]' in ran.out
    assert desk.home.config.read_text().startswith(text)
    assert "Say which: --account work or google" in desk.run("connect", "google").err
    assert desk.run("connect", "google", "--account", "google").code == 0
    assert len(desk.ring) == 2
    assert desk.run("connect", "google", "--account", "local").code == 3
    assert "Say which account: work, google" in desk.run("logout").err
    assert desk.run("logout", "work").code == 0
    assert [name.split()[1] for name in desk.ring] == ["google/token"]


def _far(server: GoogleServer) -> dict[str, Any]:
    own = client_json(server)
    own["installed"] |= {"auth_uri": "https://accounts.example/auth", "token_uri": "https://accounts.example/token"}
    return own


def test_a_fresh_configuration_knows_the_user(desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without a configuration `connect` writes one as `init` does, with the account, its address and this zone."""
    template = tmp_path / "template.toml"
    template.write_text(document.TEMPLATE.read_text() + f'endpoint = "{desk.server.url}"\n')
    monkeypatch.setattr(document, "TEMPLATE", template)
    desk.home.config.unlink()
    for name, value in {**desk.environment, "TZ": "Europe/Dublin", "HOME": str(desk.home.path)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("keyring.core._keyring_backend", None)
    assert ending.run(["--config", str(desk.home.config), "connect", "google", "--account", "me"]) == 0
    assert desk.accounts == [{"provider": "google", "endpoint": desk.server.url, "name": "me"}]
    user = tomllib.loads(desk.home.config.read_text())["user"]
    assert (user["addresses"], user["region"], user["zone"]) == ([DANA], "IE", "Europe/Dublin")
    assert desk.home.config.stat().st_mode & 0o777 == 0o600


def test_logout_revokes_and_deletes(desk: Desk) -> None:
    """`logout` ends the sign-in at Google, deletes it here, says where to check it, and is happy a second time."""
    desk.run("connect", "google")
    ran = desk.run("logout")
    assert ran.code == 0, ran
    assert "revoked and deleted" in ran.out
    assert "https://myaccount.google.com/connections" in ran.out
    assert desk.ring == {}
    assert all(grant.revoked for grant in desk.server.state.oauth.grants.values())
    again = valid("logout", desk.run("logout", "google", "--json").out)
    assert again["accounts"] == {"google": None}
    assert desk.run("sync").code == 2


def test_logout_of_what_does_not_exist(desk: Desk) -> None:
    """An unknown account and one without a sign-in are wrong usage."""
    assert "There are: google" in desk.run("logout", "work").err
    desk.home.config.write_text(CONFIG)
    assert "needs no sign-in" in desk.run("logout", "local").err
    ran = desk.run("logout")
    assert (ran.code, "No account of the configuration" in ran.err) == (3, True)


def test_doctor_finds_a_good_account_well(desk: Desk) -> None:
    """With everything right `doctor` ends with 0; the calendar's zone is compared with the configuration's."""
    desk.run("connect", "google")
    ran = desk.run("doctor")
    assert ran.code == 0, ran
    assert _level(ran, "zone") == "warning"
    assert "the calendar's zone is Europe/Berlin, the one here is America/New_York" in ran.out
    desk.home.config.write_text(desk.home.config.read_text().replace("America/New_York", "Europe/Stockholm"))
    ran = desk.run("doctor")
    assert ran.code == 0, ran
    assert ran.lines[-1] == "All is well."
    assert _level(ran, "zone") == _level(ran, "mail") == _level(ran, "secrets") == "ok"


def test_doctor_says_that_a_sign_in_is_needed(desk: Desk) -> None:
    """Without a sign-in `doctor` ends with 2, and its JSON says which finding signing in mends."""
    ran = desk.run("doctor", "--json")
    assert ran.code == 2
    view = valid("doctor", ran.out)
    (fault,) = (one for one in view["findings"] if one["level"] == "fault")
    assert (fault["account"], fault["subject"], fault["sign_in"]) == ("google", "sign-in", True)
    assert view["faults"] == 1
    assert desk.run("connect", "google").code == 0
    assert valid("doctor", desk.run("doctor", "--json").out)["faults"] == 0


def test_doctor_finds_what_is_wrong_at_google(desk: Desk) -> None:
    """An API that is off is a fault with exit code 1, beside what is well."""
    desk.run("connect", "google")
    desk.server.faults.add(Fault("people.people.connections.list", Status(403, "accessNotConfigured"), times=9))
    ran = desk.run("doctor")
    assert ran.code == 1
    assert _level(ran, "contacts") == "fault"
    assert _level(ran, "mail") == "ok"


def test_doctor_on_files(desk: Desk) -> None:
    """Folders that are missing, no Maildir or not writable are faults with what to do; good ones are not."""
    home = desk.home
    home.config.write_text(CONFIG)
    ran = desk.run("doctor")
    assert (ran.code, ran.lines[-1]) == (0, "All is well."), ran
    assert "sign-ins" not in ran.out
    assert "those of US are days off; the next is " in ran.out
    (home.path / "contacts").rmdir()
    (home.maildir / "cur").rmdir()
    ran = desk.run("doctor")
    assert ran.code == 1
    assert (_level(ran, "maildir"), _level(ran, "calendar"), _level(ran, "contacts")) == ("fault", "ok", "fault")
    assert ran.lines[-1] == "2 faults, 0 warnings."


def test_doctor_on_a_broken_machine(desk: Desk) -> None:
    """A configuration, a ledger and a template that cannot be used are each a fault, and no traceback."""
    home = desk.home
    home.config.write_text(CONFIG)
    templates = home.config.parent / "templates" / "en"
    templates.mkdir(parents=True)
    (templates / "apology.txt.j2").write_text("{{ nobody }}\n")
    (home.config.parent / "data").mkdir()
    (home.config.parent / "data" / "ledger.sqlite").write_text("no ledger " * 100)
    (home.config.parent / "formats").mkdir()
    (home.config.parent / "formats" / "mine.toml").write_text("[")
    ran = desk.run("doctor")
    assert ran.code == 1
    assert (_level(ran, "ledger"), _level(ran, "templates"), _level(ran, "formats")) == ("fault", "fault", "warning")
    home.config.write_text("[user\n")
    ran = desk.run("doctor")
    assert (ran.code, _level(ran, "configuration")) == (1, "fault")
    home.config.unlink()
    assert "Run: ringback init" in desk.run("doctor").out


def test_doctor_knows_regions_without_holidays(desk: Desk) -> None:
    """A region of which no holidays are known is a warning that says what to write; without holidays there is none."""
    desk.home.config.write_text(f'{CONFIG}\n[hours]\nholiday_region = "DE-ZZ"\n')
    ran = desk.run("doctor")
    assert (ran.code, _level(ran, "holidays")) == (0, "warning")
    assert "no public holidays are known of 'DE-ZZ'. Write a country or one of its parts" in ran.out
    desk.home.config.write_text(f'{CONFIG}\n[hours]\npublic_holidays = false\nholiday_region = "DE-ZZ"\n')
    assert "DE-ZZ" not in desk.run("doctor").out


def test_doctor_without_a_calendar(desk: Desk) -> None:
    """Where no account has a calendar, that is a warning."""
    desk.home.config.write_text(CONFIG.replace('calendar = "~/calendar"\n', ""))
    ran = desk.run("doctor")
    assert ran.code == 0, ran
    assert "no account has a calendar" in ran.out


def test_debug_shows_no_secret(desk: Desk) -> None:
    """With --debug neither a code nor a token nor the client's secret is printed."""
    ran = desk.run("--debug", "connect", "google")
    assert ran.code == 0, ran
    (secret,) = desk.ring.values()
    printed = ran.out + ran.err
    assert json.loads(secret)["refresh_token"] not in printed
    assert desk.server.state.oauth.client_secret not in printed
    assert not re.search(r"ya29\.|code_verifier|code=4", printed)


@pytest.mark.parametrize("command", [["connect", "google"], ["sync"], ["logout"], ["doctor"]])
def test_a_library_that_is_not_installed(desk: Desk, command: list[str]) -> None:
    """Where Google's libraries are missing, every command that needs them prints the line that installs them."""
    script = (
        "import sys\n"
        "sys.modules |= dict.fromkeys(('googleapiclient', 'google_auth_oauthlib', 'google.auth', 'keyring'))\n"
        "from assistant.cli.ending import run\n"
        f"sys.exit(run({command!r}))\n"
    )
    done = _python(desk, script)
    assert done.returncode == (1 if command == ["doctor"] else 3), done
    assert "provider google is not installed. Run: pip install 'ringback[google]'" in done.stdout + done.stderr


def _python(desk: Desk, script: str) -> subprocess.CompletedProcess[str]:
    """Run a script at the desk."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(desk.home.path), "RINGBACK_CONFIG": str(desk.home.config)}
    return subprocess.run(
        [sys.executable, "-c", script],
        env={**environment, "PYTHONPATH": str(ROOT), **desk.environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("command", ["today", "list"])
def test_reading_the_ledger_needs_no_provider(desk: Desk, command: str) -> None:
    """`today` and `list` of a user of Google import nothing of Google's, no keyring and no HTTP."""
    script = (
        "import sys\n"
        f"sys.argv = ['ringback', {command!r}]\n"
        "from assistant.cli.ending import run\n"
        "code = run(sys.argv[1:])\n"
        "names = {name.partition('.')[0] for name in sys.modules}\n"
        "found = names & {'google', 'googleapiclient', 'google_auth_oauthlib', 'keyring', 'requests', 'httplib2', "
        "'oauthlib', 'stamina', 'msal', 'httpx', 'httpcore', 'jwt'}\n"
        "found |= {name for name in sys.modules if name.startswith('providers')}\n"
        "print(code, sorted(found), file=sys.stderr)\n"
    )
    done = _python(desk, script)
    assert done.stderr.splitlines()[-1] == "0 []", done
