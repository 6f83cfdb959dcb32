"""How little a command loads that only reads the ledger."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.unit.cli.process import ROOT, fresh

if TYPE_CHECKING:
    from pathlib import Path

SLOW = {
    "jinja2", "icalendar", "dateparser", "phonenumbers", "babel", "vobject", "lxml", "inscriptis", "apscheduler",
    "watchdog", "filelock", "tomlkit", "jsonschema", "authres", "recurring_ical_events", "holidays",
    "providers",
}  # fmt: skip
OURS = {"assistant.recognise", "assistant.pipeline", "assistant.plan", "assistant.words", "assistant.triage"}


@pytest.mark.parametrize(
    ("command", "may"),
    [
        (["today"], set()),
        (["list"], {"tabulate"}),
        (["show", "1"], set()),
        (["why", "1"], {"assistant.plan"}),
        (["log"], set()),
    ],
)
def test_looking_loads_no_slow_library(tmp_path: Path, command: list[str], may: set[str]) -> None:
    """`today` and its like import no provider, no recogniser, no template engine; tabulate only for a table."""
    home = fresh(tmp_path / "dana", ("m016",))
    assert home.run("sync").code == 0
    program = (
        "import atexit, json, sys\n"
        "atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.stderr))\n"
        f"sys.argv = ['ringback', '--config', {str(home.config)!r}, *{command!r}]\n"
        "from assistant.cli import main\nmain()\n"
    )
    environment = {"PYTHONPATH": str(ROOT), "RINGBACK_NOW": home.now, "HOME": str(home.path)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    modules = set(json.loads(done.stderr))
    assert modules & (OURS | SLOW | {"tabulate"}) == may


def test_importing_the_door_loads_nothing() -> None:
    """`import assistant.cli` loads neither click nor msgspec."""
    program = "import sys, assistant.cli; print(sorted({'click', 'msgspec'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
