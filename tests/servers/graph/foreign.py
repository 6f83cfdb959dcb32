"""A foreign sign-in service of Microsoft's kind, written by others: the npm package emulate, which wants Node 22."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import socket
import subprocess
import time
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator

_FOLDER = Path(__file__).parent
_PROGRAM = _FOLDER / "node_modules" / "emulate" / "dist" / "index.js"
_NEWEST_TOO_OLD = 21
_STARTING = 20
_FORM = re.compile(r"<form.*?</form>", re.DOTALL)
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')


def is_here() -> bool:
    """Tell whether this machine can run it."""
    node = shutil.which("node")
    if node is None or not _PROGRAM.exists():
        return False
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    return int(told.strip().removeprefix("v").partition(".")[0]) > _NEWEST_TOO_OLD


@contextlib.contextmanager
def running(folder: Path, address: str) -> Iterator[str]:
    """Start it for one user, and yield its address, which ends in "/"."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    seed = folder / "seed.json"
    # Without a registration any is taken; with one it would compare the port of the redirect, which Microsoft does not.
    seed.write_text(json.dumps({"microsoft": {"users": [{"email": address, "name": "Dana Whitfield"}]}}))
    line = ["node", str(_PROGRAM), "start", "--service", "microsoft", "--port", str(port), "--seed", str(seed)]
    with subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            url = f"http://127.0.0.1:{port}/"
            _wait(url)
            yield url
        finally:
            process.terminate()


def _wait(url: str) -> None:
    end = time.monotonic() + _STARTING
    while True:
        try:
            httpx.get(f"{url}.well-known/openid-configuration", trust_env=False).raise_for_status()
        except httpx.HTTPError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
        else:
            return


def agree(url: str, address: str) -> httpx.Response:
    """Choose the user on its page and do what the page then does."""
    with httpx.Client(follow_redirects=True, timeout=10, trust_env=False) as client:
        page = client.get(url)
        fields = next(each for each in map(_fields, _FORM.findall(page.text)) if each[1].get("email") == address)
        page = client.post(urljoin(url, fields[0]), data=fields[1])
        action, answer = _fields(_FORM.findall(page.text)[0])
        return client.post(action, data=answer)


def _fields(form: str) -> tuple[str, dict[str, str]]:
    """Return where a form goes and what it says."""
    inputs = [dict(_ATTRIBUTE.findall(each)) for each in re.findall(r"<input[^>]*>", form)]
    action = dict(_ATTRIBUTE.findall(form.partition(">")[0]))["action"]
    return unescape(action), {each["name"]: unescape(each.get("value", "")) for each in inputs if "name" in each}
