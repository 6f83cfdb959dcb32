"""The command line: a thin door. `app` finds a command and loads its module only then; `ending` chooses the exit code.

One module a family of commands; `gather` reads the ledger into `views`, which are what `--json` prints and what the
texts are made from. Results go to stdout, everything else to stderr.
"""

from __future__ import annotations


def main() -> None:
    """Run `ringback` on the arguments of the process and end the process with an exit code of README's table."""
    from assistant.cli.ending import end  # noqa: PLC0415  importing this package loads no click yet

    end()
