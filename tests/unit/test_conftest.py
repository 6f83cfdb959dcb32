"""The rules that hold for every test do hold."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import LeavesThisMachineError

_SKIPPING = {
    "in_the_test": "import pytest\n\ndef test_it():\n    pytest.skip('no server here')\n",
    "by_mark": "import pytest\n\n@pytest.mark.skip(reason='no server here')\ndef test_it():\n    pass\n",
    "as_a_module": "import pytest\n\npytest.skip('no server here', allow_module_level=True)\n",
}


def _run(folder: Path, source: str, ci: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_sample.py").write_text(source)
    (folder / "conftest.py").write_text((Path(__file__).parents[1] / "conftest.py").read_text())
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), str(folder)]
    return subprocess.run(
        command, env={**os.environ, "CI": ci}, cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("source", _SKIPPING.values(), ids=_SKIPPING.keys())
def test_a_skip_fails_on_ci_and_says_why(tmp_path: Path, source: str) -> None:
    """On CI a skipped test counts as failed, with its reason."""
    done = _run(tmp_path, source, "true")
    assert done.returncode != 0
    assert "a skipped test fails on CI: Skipped: no server here" in done.stdout


def test_a_skip_is_allowed_elsewhere(tmp_path: Path) -> None:
    """Away from CI a skipped test stays a skipped test."""
    done = _run(tmp_path, _SKIPPING["by_mark"], "")
    assert done.returncode == 0, done.stdout
    assert "1 skipped" in done.stdout


def test_no_test_connects_elsewhere() -> None:
    """A connection to another machine is refused before a packet leaves."""
    with socket.socket() as client, pytest.raises(LeavesThisMachineError, match=r"192\.0\.2\.1"):
        client.connect(("192.0.2.1", 9))


def test_no_test_asks_for_a_name_elsewhere() -> None:
    """A host name is not looked up."""
    with pytest.raises(LeavesThisMachineError, match=r"mail\.example"):
        socket.getaddrinfo("mail.example", 993)


def test_loopback_is_open() -> None:
    """A server on loopback can be reached by address and by name."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(("localhost", server.getsockname()[1])).close()


def test_home_is_empty_and_the_zone_fixed(fresh_home: str) -> None:
    """A test starts with an empty home, no settings of the user's and a zone that is nobody's default."""
    assert list(Path.home().iterdir()) == []
    assert str(Path.home()) == fresh_home
    assert [name for name in os.environ if name.startswith("XDG_")] == []
    assert time.localtime().tm_gmtoff == 5 * 3600 + 45 * 60
