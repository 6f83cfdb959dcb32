"""Real servers and readers of what we write, as processes of their own on this machine."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest


def need(program: str, package: str) -> str:
    """Return the path of a program that a test runs; without it the test is skipped, and on CI it fails.

    Args:
        program: its name on the path, or beside this Python.
        package: what to install to get it, as the installing command wants it.
    """
    beside = Path(sys.executable).parent
    found = shutil.which(program, path=os.pathsep.join([str(beside), os.environ.get("PATH", ""), "/usr/sbin", "/sbin"]))
    if found is not None:
        return found
    message = f"{program} is missing; get it with: {package}"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)
