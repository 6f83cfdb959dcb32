"""Import every module of a package and print, as JSON, what its own lines did meanwhile. A program: FOLDER PACKAGE.

What a library does while it is imported is its own matter; a line of the package is to blame when no library stands
between it and the act.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import sys
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

WATCHED = {"open", "sqlite3.connect", "socket.connect", "subprocess.Popen", "os.mkdir", "os.listdir", "os.scandir"}


class Watch:
    """Notes acts of the lines below a folder."""

    def __init__(self, folder: Path, package: str) -> None:
        self.folder = str(folder)
        self.own = str(folder / package) + os.sep
        self.seen: list[str] = []

    def note(self, act: str) -> None:
        """Note an act if a line of the package is to blame."""
        frame: FrameType | None = sys._getframe(1)
        while frame:
            name = frame.f_code.co_filename
            # An import or a library answers for what lies below it.
            if name.startswith("<frozen importlib") or "site-packages" in name:
                return
            if name.startswith(self.own):
                self.seen.append(f"{os.path.relpath(name, self.folder)}:{frame.f_lineno} {act}")
                return
            frame = frame.f_back

    def audit(self, event: str, arguments: tuple[object, ...]) -> None:
        """Receive an audit event (PEP 578)."""
        if event in WATCHED:
            self.note(f"{event} {arguments[0]!r}")


class WatchedEnvironment(MutableMapping[str, str]):
    """The environment, noting who reads which variable."""

    def __init__(self, environment: MutableMapping[str, str], watch: Watch) -> None:
        self._environment = environment
        self._watch = watch

    def __getitem__(self, name: str) -> str:
        self._watch.note(f"environment {name}")
        return self._environment[name]

    def __setitem__(self, name: str, value: str) -> None:
        self._watch.note(f"environment {name}")
        self._environment[name] = value

    def __delitem__(self, name: str) -> None:
        self._watch.note(f"environment {name}")
        del self._environment[name]

    def __iter__(self) -> Iterator[str]:
        self._watch.note("environment")
        return iter(self._environment)

    def __len__(self) -> int:
        return len(self._environment)

    def copy(self) -> dict[str, str]:
        """Return a plain dictionary, as os.environ does."""
        return dict(self)


def _watch(folder: Path, name: str) -> list[str]:
    sys.path.insert(0, str(folder))
    watch = Watch(folder, name)
    sys.addaudithook(watch.audit)
    vars(os)["environ"] = WatchedEnvironment(os.environ, watch)
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(package.__path__, f"{name}."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    return watch.seen


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_watch(Path(sys.argv[1]), sys.argv[2])))
