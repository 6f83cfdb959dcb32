"""Run `ringback` as a process on a small mailbox, with the clock standing still."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema

from assistant.cli import schemas

ROOT = Path(__file__).parents[3]
CORPUS = ROOT / "tests" / "corpus"
NOW = "2026-11-13T08:00:00-05:00"
# Of Dana Whitfield: one caller three times, an extension, a number alone, a client who writes, a forged notice, an ad.
MAILS = ("m012", "m015", "m016", "m028", "m035", "m058", "m065", "m074", "m098", "m099")

CONFIG = """\
[user]
name = "Dana Whitfield"
zone = "America/New_York"
region = "US"
addresses = ["dana@whitfieldlegal.example"]
authserv_ids = ["mx.google.com"]

[[account]]
provider = "local"
maildir = "~/Maildir"
calendar = "~/calendar"
contacts = "~/contacts"
"""


class Ran(NamedTuple):
    """What a process left."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """Return the lines of the result."""
        return self.out.splitlines()


class Home(NamedTuple):
    """A user's home folder, in which nothing but the files is kept from run to run."""

    path: Path
    now: str = NOW

    @property
    def maildir(self) -> Path:
        """Return the mailbox."""
        return self.path / "Maildir"

    @property
    def config(self) -> Path:
        """Return the config file."""
        return self.path / "ringback" / "config.toml"

    def run(self, *arguments: str | Path, stdin: bytes = b"", **more: str) -> Ran:
        """Run `ringback` with these arguments; `more` are variables of its environment."""
        names = ("PATH", "LANG", "TZ", "SYSTEMROOT")
        environment = {name: os.environ[name] for name in names if name in os.environ}
        environment |= {"HOME": str(self.path), "RINGBACK_NOW": self.now, "RINGBACK_CONFIG": str(self.config)}
        environment |= {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error", **more}
        command = [sys.executable, "-m", "assistant._main", *map(str, arguments)]
        done = subprocess.run(command, input=stdin, cwd=self.path, env=environment, capture_output=True, check=False)
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    def ask(self, command: str, *arguments: str | Path) -> Any:  # noqa: ANN401  JSON can be any value
        """Run a command with --json, check its output against the published schema and return it."""
        ran = self.run(command, *arguments, "--json")
        assert ran.code in {0, 10}, ran
        return valid(command, ran.out)


def valid(schema: str, text: str) -> Any:  # noqa: ANN401  JSON can be any value
    """Return the one JSON value of a text that keeps to a published schema."""
    value = json.loads(text)
    published = json.loads((schemas.FOLDER / f"{schema}.json").read_text())
    jsonschema.Draft202012Validator(published, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER).validate(
        value
    )
    if "schema" in value:
        assert value["schema"] == f"ringback/{schema}/1"
    return value


def fresh(path: Path, mails: tuple[str, ...] = MAILS) -> Home:
    """Make a home with a mailbox, an empty calendar and a config."""
    home = Home(path)
    for name in ("cur", "new", "tmp"):
        (home.maildir / name).mkdir(parents=True)
    (path / "calendar").mkdir()
    (path / "contacts").mkdir()
    for mail in mails:
        shutil.copy(CORPUS / f"{mail}.eml", home.maildir / "new" / f"{mail}.host")
    home.config.parent.mkdir()
    home.config.write_text(CONFIG)
    return home


def copied(home: Home, path: Path) -> Home:
    """Return a copy of a home, to be changed."""
    shutil.copytree(home.path, path)
    return Home(path, home.now)


def id_of(home: Home, name: str) -> str:
    """Return the id of the callback of a caller."""
    (found,) = (one["id"] for one in home.ask("list", "--all")["callbacks"] if one["caller"]["name"] == name)
    return str(found)
