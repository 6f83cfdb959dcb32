"""Real servers and readers of what we write, as processes of their own on this machine."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import NoReturn

import pytest


def need(program: str, package: str) -> str:
    """Return the path of a program that a test runs; without it the test is skipped, and on CI it fails.

    Args:
        program: its name on the path, or beside this Python.
        package: what to install to get it, as the installing command wants it.
    """
    beside = Path(sys.executable).parent
    found = shutil.which(program, path=os.pathsep.join([str(beside), os.environ.get("PATH", ""), "/usr/sbin", "/sbin"]))
    if found is None:
        missing(program, package)
    return found


def missing(what: str, command: str) -> NoReturn:
    """Skip the test that wants something; on CI fail it.

    Args:
        what: is not there.
        command: gets it.
    """
    message = f"{what} is missing; get it with: {command}"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)
