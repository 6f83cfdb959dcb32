"""What a user gets who installs Ringback: from the wheel, and from an editable checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("assistant", "providers", "templates")
VERSION: str = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
MOVED = {
    "assistant/_launch.py": "__init__.py",
    "assistant/_main.py": "__main__.py",
    "assistant/py.typed": "py.typed",
}

MAIL = """\
From: "Asterisk PBX" <asterisk@pbx.example>
To: kim@firm.example
Subject: [PBX]: New message 4 in mailbox 200
Date: Tue, 03 Nov 2026 14:22:11 -0500
Message-ID: <Asterisk-4-555-200@pbx.example>
X-Asterisk-CallerID: +12125550147
X-Asterisk-CallerIDName: Dana Reyes
MIME-Version: 1.0
Content-Type: text/plain; charset=UTF-8

Dear Kim:

\tJust wanted to let you know you were just left a 0:21 long message (number 4)
in mailbox 200 from Dana Reyes, on Tuesday, November 03, 2026 at 02:21:50 PM so you might
want to check it when you get a chance.  Thanks!

\t\t\t\t--Asterisk
"""


class Installed(NamedTuple):
    """A virtual environment that holds Ringback and, besides, sees the libraries of the running one."""

    python: Path
    packages: Path

    @property
    def command(self) -> Path:
        """Return the installed `ringback`."""
        return self.python.with_name("ringback")

    def run(self, *command: str | Path, cwd: Path) -> str:
        """Return what the command prints, run away from the checkout."""
        return _run(*command, cwd=cwd)


def _run(*command: str | Path, cwd: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def _install(wheel: Path, folder: Path) -> Installed:
    _run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder.parent)
    python = folder / "bin" / "python"
    pip: list[str | Path] = [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check"]
    _run(*pip, "install", "-q", "--no-deps", "--no-index", "--no-compile", wheel, cwd=folder.parent)
    shown = _run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder)
    packages = Path(shown.strip())
    # The dependencies; written last, so that pip sees nothing but the wheel.
    libraries = dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib"))
    (packages / "libraries_of_the_tests.pth").write_text("\n".join(libraries) + "\n")
    return Installed(python, packages)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel as a release does, with the backend that is installed already."""
    folder = tmp_path_factory.mktemp("dist")
    _run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def editable_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build what `pip install --editable .` installs, by the hook that pip calls (PEP 660)."""
    folder = tmp_path_factory.mktemp("editable")
    _run(sys.executable, "-c", f"from hatchling.build import build_editable; build_editable({str(folder)!r})", cwd=ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module", params=["wheel", "editable_wheel"])
def installed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Install Ringback in a clean environment."""
    return _install(request.getfixturevalue(request.param), tmp_path_factory.mktemp("installed") / "venv")


def test_the_command_knows_its_version(installed: Installed, tmp_path: Path) -> None:
    """`ringback --version` names the version of the package."""
    assert VERSION in installed.run(installed.command, "--version", cwd=tmp_path)


def test_python_m_runs_the_same_command(installed: Installed, tmp_path: Path) -> None:
    """`python -m ringback` is the same program as `ringback`."""
    by_module = installed.run(installed.python, "-m", "ringback", "--version", cwd=tmp_path)
    assert by_module == installed.run(installed.command, "--version", cwd=tmp_path)


def test_it_recognises_a_mail_without_an_account(installed: Installed, tmp_path: Path) -> None:
    """`ringback recognise --json` prints the call of a voicemail mail as one JSON object."""
    mail = tmp_path / "mail.eml"
    mail.write_text(MAIL)
    found = json.loads(installed.run(installed.command, "recognise", "--json", mail, cwd=tmp_path))
    assert found["kind"] == "voicemail"
    assert [call["number_e164"] for call in found["calls"]] == ["+12125550147"]


def test_it_does_the_main_job(installed: Installed, tmp_path: Path) -> None:
    """Demo, list, decision, undo, check and planning all work as installed, away from any checkout."""
    folder = tmp_path / "demo"
    shown = installed.run(installed.command, "demo", "--dir", folder, cwd=tmp_path)
    assert "Owed a call" in shown
    environment = {"RINGBACK_CONFIG": str(folder / "config.toml"), "RINGBACK_NOW": "2026-11-17T08:30:00-05:00"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        view = json.loads(installed.run(installed.command, "list", "--json", cwd=tmp_path))
        first = view["callbacks"][0]["id"]
        assert "Done" in installed.run(installed.command, "done", first, cwd=tmp_path)
        assert "Taken back" in installed.run(installed.command, "undo", cwd=tmp_path)
        again = json.loads(installed.run(installed.command, "list", "--json", cwd=tmp_path))
        assert {row["id"] for row in again["callbacks"]} == {row["id"] for row in view["callbacks"]}
        assert "othing to do" in installed.run(installed.command, "sync", cwd=tmp_path)


def test_others_can_import_the_recogniser(installed: Installed, tmp_path: Path) -> None:
    """`from ringback import recognise` gives a function, which is loaded only then."""
    script = (
        "import sys, ringback\n"
        "print([name for name in sys.modules if name.startswith('assistant')])\n"
        "from ringback import recognise\n"
        "print(callable(recognise), recognise.__module__.partition('.')[0])\n"
    )
    assert installed.run(installed.python, "-c", script, cwd=tmp_path).split("\n")[:2] == ["[]", "True assistant"]


def test_the_package_offers_nothing_else(installed: Installed, tmp_path: Path) -> None:
    """A name that `ringback` does not offer is an AttributeError as of any module."""
    script = "import ringback\ntry:\n    ringback.send\nexcept AttributeError as error:\n    print(error)\n"
    shown = installed.run(installed.python, "-c", script, cwd=tmp_path)
    assert shown == "module 'ringback' has no attribute 'send'\n"


def test_site_packages_gets_one_name(wheel: Path, tmp_path: Path) -> None:
    """The wheel puts `ringback` into site-packages and no folder with a common name."""
    installed = _install(wheel, tmp_path / "venv")
    ours = {path.name for path in installed.packages.iterdir()} - {"libraries_of_the_tests.pth"}
    assert ours == {"ringback", f"ringback-{VERSION}.dist-info"}


def test_the_wheel_has_every_file_of_the_checkout(wheel: Path) -> None:
    """Code, SQL, templates, schemas and sample mails of the checkout all lie in the wheel, and nothing besides."""
    files = {
        path.relative_to(ROOT).as_posix()
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert packed == {f"ringback/{MOVED.get(name, name)}" for name in files}


def test_the_wheel_carries_its_licence(wheel: Path) -> None:
    """The licence travels with the package."""
    assert f"ringback-{VERSION}.dist-info/licenses/LICENSE" in zipfile.ZipFile(wheel).namelist()
