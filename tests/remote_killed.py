"""What the kill tests of remote providers kill: a warm interpreter that forks one `ringback sync` for each order.

Its argument names a module to load before. An order is a line of JSON on stdin: the arguments of the command, and the
time that its clock shows. The first answer is the number of the new process, which waits; it begins with the next line,
and its exit code is the second answer.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import sys
import traceback
from typing import NoReturn

from assistant import bootstrap
from assistant.cli import ending
from tests.killed import warm

_PATIENCE = 120  # seconds; a pass takes less than one


def main() -> None:
    """Answer orders until there are no more."""
    warm()
    importlib.import_module(sys.argv[1])
    for line in sys.stdin:
        order = json.loads(line)
        begin, beginning = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(beginning)
            _sync(begin, order["arguments"], order["now"], order["log"])
        os.close(begin)
        _answer(child)
        sys.stdin.readline()
        with contextlib.suppress(BrokenPipeError):
            os.write(beginning, b"go")
        os.close(beginning)
        _answer(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def _answer(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def _sync(begin: int, arguments: list[str], now: str, log: str) -> NoReturn:
    """Run the command as its user does, and end."""
    code = 70
    signal.alarm(_PATIENCE)
    with contextlib.suppress(BaseException):
        os.read(begin, 2)
        out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(out, 1)
        os.dup2(out, 2)
        os.environ[bootstrap.NOW] = now
        try:
            code = ending.run(arguments)
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
            raise
    os._exit(code)


if __name__ == "__main__":
    main()
