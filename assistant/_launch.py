"""Ringback returns your calls: `main` is the command, `recognise` reads the calls in a mail.

Installed, this file is `ringback/__init__.py`. The wheel keeps its folders below `ringback/`, since their names are too
common for site-packages; importing `ringback` puts that folder first on `sys.path`, so that import names are the same
there and in a checkout.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.recognise import recognise

__all__ = ["main", "recognise"]

_HERE = str(Path(__file__).parent)
# Under its name in the checkout this file lies beside the modules of the core, which must not become top-level names.
if __name__ == "ringback" and _HERE not in sys.path:
    sys.path.insert(0, _HERE)


def main() -> None:
    """Run the command line on `sys.argv`. Ends the process with an exit code of README's table."""
    from assistant.cli import main as run

    run()


def __getattr__(name: str) -> object:
    """Load `recognise` on first use (PEP 562): the command starts without it.

    Raises:
        AttributeError: `ringback` offers nothing of that name.
    """
    if name == "recognise":
        from assistant.recognise import recognise

        return recognise
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
